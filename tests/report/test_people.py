"""`sfsync check` says who of the policy is nobody in this org, and which name means several, at its line."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from sfsync.report.check import check
from sfsync.report.finding import Finding
from tests.inprocess import ROOT, World, begun


@pytest.fixture(scope="module")
def world() -> World:
    return begun()


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    return copytree(ROOT / "mappings", tmp_path / "mappings")


def found(world: World, mappings: Path, old: str, new: str) -> list[Finding]:
    """What check finds in routing.yaml once this is changed there."""
    file = mappings / "routing.yaml"
    text = file.read_text()
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new))
    return [one for one in check(world.worker(documents(mappings))) if "routing.yaml" in one.where]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "reps: {role: Sales Rep}",
            "reps: {role: Sales Reps}",
            "no active user of the org has the role 'Sales Reps'; did you mean `Sales Rep`?",
        ),
        (
            "managers: {role: Sales Manager}",
            "managers: {role: sales manager, users: [ada.berg@example.com]}",
            "no active user of the org has the role 'sales manager'; did you mean `Sales Manager`?",
        ),
        (
            "territories: []",
            "territories: [{name: A, when: {country: US}, reps: {users: [nobody@nowhere.example]}}]",
            "nobody@nowhere.example is no active user of the org",
        ),
    ],
)
def test_people_whom_the_org_does_not_have_are_an_error_with_what_was_meant(
    world: World, mappings: Path, old: str, new: str, told: str
) -> None:
    messages = [one.message for one in found(world, mappings, old, new) if one.level == "error"]
    assert any(message.startswith(told) for message in messages), messages


def test_a_username_with_a_slip_is_followed_by_the_right_one(world: World, mappings: Path) -> None:
    [user] = world.soql(f"SELECT Username FROM User WHERE Id = '{world.rep}'")
    right = user["Username"]
    [one] = found(world, mappings, "reps: {role: Sales Rep}", f"reps: {{users: [{right[1:]}]}}")
    assert one.message == f"{right[1:]} is no active user of the org; did you mean `{right}`?"


def test_an_absence_of_nobody_is_a_warning_at_its_line(world: World, mappings: Path) -> None:
    absence = "{user: nobody@nowhere.example, first: 2026-12-24, last: 2027-01-01}"
    [one] = found(world, mappings, "absences: []", f"absences:\n  - {absence}")
    lines = (mappings / "routing.yaml").read_text().splitlines()
    assert (one.level, one.where) == (
        "warning",
        f"{mappings / 'routing.yaml'}:{lines.index(f'  - {absence}') + 1}",
    )
    assert "is no active user of the org" in one.message
    assert one.message.endswith("nobody is absent by this line")


def test_a_role_that_another_is_called_like_is_a_warning_at_its_line(mappings: Path) -> None:
    world = begun()
    world.rest("POST", "sobjects/UserRole", {"Name": "Sales Rep", "DeveloperName": "Sales_Rep_2"})
    found = [one for one in check(world.worker(documents(mappings))) if "routing.yaml" in one.where]
    assert [(one.level, one.message) for one in found] == [
        ("warning", "the org has 2 roles called 'Sales Rep': the users of all are meant")
    ]


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("owner_role: Slaes Rep", "no active user has the owner_role 'Slaes Rep'; did you mean `Sales Rep`?"),
        ("owner_time_zone: Mars/Base", "no active user has the owner_time_zone 'Mars/Base'"),
        ("owner_username: {in: [nobody@nowhere.example]}", "no active user has the owner_username 'nobody@"),
        ("owner_role: sales rep", None),
    ],
)
def test_a_calendar_for_owners_whom_nobody_is_like_is_a_warning_at_its_line(
    world: World, mappings: Path, when: str, told: str | None
) -> None:
    file = mappings / "sla.yaml"
    choice = f"      - {{when: {{{when}}}, use: office}}"
    lines = ["  local:", "    choose:", choice, "    otherwise: always", "  office:"]
    file.write_text(file.read_text().replace("  office:", "\n".join(lines), 1))
    found = [one for one in check(world.worker(documents(mappings))) if "sla.yaml" in one.where]
    if told is None:
        assert found == []
        return
    assert [(one.level, one.where) for one in found] == [
        ("warning", f"{file}:{file.read_text().splitlines().index(choice) + 1}")
    ]
    assert found[0].message.startswith(told)


def test_a_keeper_who_is_nobody_is_a_warning_at_its_line(world: World, mappings: Path) -> None:
    [one] = found(
        world, mappings, "policy: Lead routing", "owner: nobody@nowhere.example\npolicy: Lead routing"
    )
    assert (one.level, one.where) == ("warning", f"{mappings / 'routing.yaml'}:2")
    assert one.message.endswith("the executive gets the Task when its review is due")
