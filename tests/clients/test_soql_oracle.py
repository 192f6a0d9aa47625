"""The SOQL that sfsync sends is SOQL to Salesforce's Apex grammar too, and the org's parser agrees with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sfsync.localorg.errors import ApiError
from sfsync.localorg.org import Org
from sfsync.localorg.soql import parse
from tests.clients.conftest import HERE, SCHEMA, START
from tests.clients.soql_differences import NOT_EMULATED, ONLY_IN_APEX, ONLY_IN_SOQL, REFUSED_WHEN_RUN

ROOT = HERE.parents[1]
COLLECTED = ROOT / "build" / "soql-statements.jsonl"
"""What `make test` has left: the statements of its whole run."""


def oracle(statements: list[str]) -> dict[str, str | None]:
    """Each statement with the grammar's complaint, or None."""
    done = subprocess.run(
        ["node", str(HERE / "soql_oracle.mjs")],
        input=json.dumps(statements),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(statements, json.loads(done.stdout), strict=True))


def accepted_by_oracle(statements: list[str]) -> set[str]:
    return {statement for statement, complaint in oracle(statements).items() if complaint is None}


def accepted_by_org(statements: list[str]) -> set[str]:
    accepted = set()
    for statement in statements:
        try:
            parse(statement)
        except ApiError as refusal:
            if (refusal.status, refusal.code) != (400, "MALFORMED_QUERY"):
                raise
        else:
            accepted.add(statement)
    return accepted


def table(name: str) -> list[str]:
    lines = (HERE / "soql" / f"{name}.soql").read_text("utf-8").splitlines()
    assert len(lines) == len(set(lines))
    return lines


def test_org_and_grammar_agree_on_what_is_soql() -> None:
    valid = table("valid")
    assert accepted_by_oracle(valid) == set(valid)
    assert accepted_by_org(valid) == set(valid)


def test_org_and_grammar_agree_on_what_is_none() -> None:
    invalid = table("invalid")
    assert accepted_by_oracle(invalid) == set()
    assert accepted_by_org(invalid) == set()


def test_the_table_is_long_enough() -> None:
    assert len(table("valid")) >= 100
    assert len(table("invalid")) >= 100


def test_what_they_differ_on_is_known() -> None:
    only_in_apex = [*NOT_EMULATED, *(one for group in ONLY_IN_APEX.values() for one in group)]
    assert accepted_by_oracle(only_in_apex) == set(only_in_apex)
    assert accepted_by_org(only_in_apex) == set()
    only_in_soql = list(ONLY_IN_SOQL)
    assert accepted_by_oracle(only_in_soql) == set()
    assert accepted_by_org(only_in_soql) == set(only_in_soql)


def test_what_only_the_parser_lets_pass_is_refused_when_it_is_run() -> None:
    assert accepted_by_oracle(list(REFUSED_WHEN_RUN)) == set()
    org = Org(SCHEMA, START)
    session = org.session(org.issue_token(org.people.integration))
    for statement in REFUSED_WHEN_RUN:
        with pytest.raises(ApiError) as caught:
            org.query(session, statement)
        assert (caught.value.status, caught.value.code) == (400, "MALFORMED_QUERY")


def collected(tmp_path: Path) -> list[str]:
    """What sfsync sent in the last `make test`; else, in what of it takes seconds."""
    if COLLECTED.exists():
        sent = COLLECTED
    else:
        sent = tmp_path / "statements.jsonl"
        watching = {"PYTHONPATH": str(HERE / "collecting"), "SOQL_STATEMENTS": str(sent)}
        quick = ["pytest", "-p", "no:cacheprovider", "tests/salesforce/test_reader.py"]
        for command in (["sfsync", "demo", "--json"], quick):
            done = subprocess.run(
                [sys.executable, "-m", *command],
                env=os.environ | watching,
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    return sorted({str(json.loads(line)) for line in sent.read_text("utf-8").splitlines()})


def test_every_statement_that_sfsync_sends_is_soql(tmp_path: Path) -> None:
    statements = collected(tmp_path)
    assert len(statements) > 10
    assert {one: told for one, told in oracle(statements).items() if told is not None} == {}
