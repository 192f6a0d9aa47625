"""A field that the org does not have ends every command that reads leads with its file, its line and what was meant."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from tests.acceptance.conftest import ROOT, Command, OutsideOrg, start_org, stop_org


@pytest.fixture(scope="module")
def org() -> Iterator[OutsideOrg]:
    """An org with three leads, of which the first was called: enforcement has not begun."""
    process, org = start_org("--leads", "3")
    lead, *_ = org.soql("SELECT Id, OwnerId FROM Lead ORDER BY Id")
    call = {"WhoId": lead["Id"], "OwnerId": lead["OwnerId"], "Subject": "Call", "TaskSubtype": "Call"}
    org.rest("POST", "sobjects/Task", call | {"Status": "Completed"})
    yield org
    stop_org(process, org)


@pytest.fixture
def sfsync(org: OutsideOrg, tmp_path: Path) -> Command:
    return Command(org, tmp_path / "data", copytree(ROOT / "mappings", tmp_path / "mappings"))


def change(sfsync: Command, name: str, old: str, new: str) -> str:
    """Make a mistake; where it is."""
    file = sfsync.mappings / f"{name}.yaml"
    text = file.read_text()
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new))
    return f"{file}:{text[: text.index(old)].count(chr(10)) + 1}"


def said(sfsync: Command, *arguments: str) -> list[str]:
    """What the command that fails says at its end, all but its log."""
    done = sfsync(*arguments, check=False)
    assert done.returncode == 1, done.stdout
    return [line for line in done.stderr.splitlines() if line.startswith((str(sfsync.mappings), "sfsync:"))]


@pytest.mark.parametrize("command", ["plan", "explain", "run --once", "run"])
def test_a_misspelt_field_is_one_line_with_file_line_and_the_name_that_was_meant(
    org: OutsideOrg, sfsync: Command, command: str
) -> None:
    where = change(sfsync, "lead", "title: Title", "title: Titel")
    lead = org.soql("SELECT Id FROM Lead LIMIT 1")[0]["Id"]
    began = time.monotonic()
    assert said(sfsync, *command.split(), *([lead] if command == "explain" else [])) == [
        f"{where}: the org's Lead has no field Titel, or sfsync may not read it; did you mean `Title`?"
    ]
    assert time.monotonic() - began < 45, "it waited for its next poll, a minute later"


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "lead",
            "title: Title",
            "title: title",
            "Lead has no field title, or sfsync may not read it; did you",
        ),
        ("lead", "title: Title", "title: Owner.Department", "Owner may be rows of several kinds, of which"),
        ("lead", "title: Title", "title: status", "did you mean `Status`?"),
        (
            "sla",
            "{kind: call, when: {TaskSubtype: Call}}",
            "{kind: call, when: {tasksubtype: Call}}",
            "the org's Task has no field tasksubtype, or sfsync may not read it; did you mean `TaskSubtype`?",
        ),
    ],
)
def test_what_salesforce_takes_and_answers_by_another_name_is_no_blank(
    sfsync: Command, name: str, old: str, new: str, told: str
) -> None:
    where = change(sfsync, name, old, new)
    [line] = said(sfsync, "plan")
    assert line.startswith(f"{where}: ")
    assert told in line


def test_when_all_is_well_the_org_is_asked_for_no_description(org: OutsideOrg, sfsync: Command) -> None:
    org.control("DELETE", "calls")
    sfsync("plan")
    paths = [call["path"] for call in org.control("GET", "calls")]
    assert paths
    assert not [path for path in paths if path.endswith("/describe")]
