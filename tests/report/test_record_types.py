"""A record type that Lead does not have gives nobody another policy, another field or another score, and is told."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.policies import documents
from sfsync.report.record_types import record_types
from tests.inprocess import ROOT

INFOS = [
    {"name": "Master", "developerName": "Master", "master": True},
    {"name": "Channel Partner", "developerName": "Partner", "master": False},
    {"name": "Direct", "developerName": "Direct_Sales", "master": False},
]
POLICIES = "policies:\n  - directory: partners\n    when: {record_type: %s}\n"


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    made = copytree(ROOT / "mappings", tmp_path / "mappings")
    lead = (made / "lead.yaml").read_text()
    (made / "lead.yaml").write_text(lead + "  record_type: RecordType.DeveloperName\n")
    (made / "partners").mkdir()
    (made / "partners" / "scoring.yaml").write_text((made / "scoring.yaml").read_text())
    return made


def told(mappings: Path, infos: list[dict[str, object]] = INFOS) -> list[str]:
    found = [str(problem) for problem in record_types(documents(mappings), infos)]
    return [one.removeprefix(f"{mappings}/") for one in found]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("Partner", None),
        ("[partner, Direct_Sales]", None),
        ("Partnr", "'Partnr': no lead is of it; did you mean `Partner`?"),
        ("Channel Partner", "'Channel Partner': no lead is of it; did you mean `Partner`?"),
        ("Direct", "'Direct': no lead is of it; did you mean `Direct_Sales`?"),
        ("Xyz", "'Xyz': no lead is of it; it has Partner, Direct_Sales"),
    ],
)
def test_a_policy_for_a_record_type_that_is_not_there_is_an_error_at_its_line(
    mappings: Path, written: str, message: str | None
) -> None:
    (mappings / "policies.yaml").write_text(POLICIES % written)
    prefix = "policies.yaml:3: the org's Lead has no record type of the DeveloperName "
    assert told(mappings) == ([] if message is None else [prefix + message])


def test_fields_of_a_record_type_that_is_not_there_are_an_error_at_its_line(mappings: Path) -> None:
    (mappings / "policies.yaml").write_text(POLICIES % "Partner")
    lead = mappings / "lead.yaml"
    lead.write_text(lead.read_text() + "record_types:\n  Direct:\n    fields: {title: Company}\n")
    line = len(lead.read_text().splitlines()) - 1
    [one] = told(mappings)
    assert one.startswith(
        f"lead.yaml:{line}: the org's Lead has no record type of the DeveloperName 'Direct'"
    )


def test_an_org_without_record_types_is_told_of_elsewhere(mappings: Path) -> None:
    (mappings / "policies.yaml").write_text(POLICIES % "Partnr")
    assert told(mappings, INFOS[:1]) == []
