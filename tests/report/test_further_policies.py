"""What `check` asks of Tasks and Events it asks for each policy, and says it at the line of that policy's own file."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from sfsync.report.check import check
from sfsync.report.finding import Finding
from tests.inprocess import ROOT, World, begun

REQUIRED = "# what this org requires\n" * 7
"""Lines that only the further policy's file has: nothing in it stands where it stands in the main one."""


@pytest.fixture(scope="module")
def world() -> World:
    return begun()


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """Partners have a `lead.yaml` and an `sla.yaml` of their own, which say the same further below."""
    made = copytree(ROOT / "mappings", tmp_path / "mappings")
    (made / "policies.yaml").write_text(
        "policies:\n  - {directory: partners, when: {source: Partner Referral}}\n"
    )
    (made / "partners").mkdir()
    for name in ("lead", "sla"):
        (made / "partners" / f"{name}.yaml").write_text(REQUIRED + (made / f"{name}.yaml").read_text())
    return made


def change(mappings: Path, name: str, old: str, new: str) -> None:
    """The same change in both files."""
    for file in (mappings / f"{name}.yaml", mappings / "partners" / f"{name}.yaml"):
        text = file.read_text()
        assert text.count(old) == 1, (file, old)
        file.write_text(text.replace(old, new))


def found(world: World, mappings: Path) -> list[Finding]:
    return [one for one in check(world.worker(documents(mappings))) if ".yaml" in one.where]


def places(mappings: Path, name: str, part: str) -> list[str]:
    """The line of this text in the main policy's file and in the partners'."""
    files = (mappings / f"{name}.yaml", mappings / "partners" / f"{name}.yaml")
    return [
        f"{file}:{[part in line for line in file.read_text().splitlines()].index(True) + 1}" for file in files
    ]


def test_files_that_say_the_same_are_found_right_twice(world: World, mappings: Path) -> None:
    assert found(world, mappings) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "part", "level", "told"),
    [
        (
            "sla",
            "  answered:",
            "  events: {Typ: x}\n  answered:",
            "events: ",
            "error",
            "the org's Event has no field Typ",
        ),
        ("sla", "  email_source: task ", "  #", "interactions:", "warning", "say where e-mail shows up"),
        (
            "sla",
            "{kind: meeting, when: {Subject: {contains: meeting}}}",
            "{kind: meeting, when: {IsHighPriority: yes}}",
            "IsHighPriority",
            "error",
            "in this org `IsHighPriority` holds true or false, and never 'yes'",
        ),
        (
            "sla",
            "{kind: meeting, when: {Subject: {contains: meeting}}}",
            "{kind: meeting, when: {IsHighPriority: {contains: x}}}",
            "IsHighPriority",
            "error",
            "`contains` is for texts, and `IsHighPriority` holds none: ask for something else here",
        ),
        (
            "sla",
            "CallType: Inbound",
            "CallType: Inbuond",
            "Inbuond",
            "error",
            "no Task has 'Inbuond': the picklist CallType does not list it; did you mean `Inbound`?",
        ),
        (
            "sla",
            "  answered:",
            "  completed: Done\n  answered:",
            "completed: Done",
            "error",
            "'Done' is no Task Status of the org",
        ),
        (
            "lead",
            "fields:\n",
            "constants: {Task: {Statuss: Open}}\nfields:\n",
            "constants: ",
            "error",
            "the org's Task has no field Statuss",
        ),
        (
            "lead",
            "fields:\n",
            "constants: {Task: {Status: Completed}}\nfields:\n",
            "constants: ",
            "error",
            "the Status 'Completed' closes a Task",
        ),
        ("lead", "title: Title", "title: Titel", "title: ", "error", "did you mean `Title`?"),
    ],
)
def test_a_mistake_that_two_policies_make_is_found_at_the_line_of_each(
    world: World, mappings: Path, name: str, old: str, new: str, part: str, level: str, told: str
) -> None:
    change(mappings, name, old, new)
    some = [one for one in found(world, mappings) if told in one.message]
    assert [one.where for one in some] == places(mappings, name, part)
    assert {one.level for one in some} == {level}


def test_constants_that_a_further_policy_does_not_repeat_are_the_main_ones(
    world: World, mappings: Path
) -> None:
    lead = mappings / "lead.yaml"
    lead.write_text(lead.read_text() + "constants: {Task: {TaskSubtype: Call}}\n")
    assert found(world, mappings) == []
