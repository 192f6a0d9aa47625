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


def test_an_absence_of_nobody_is_an_error_at_its_line(world: World, mappings: Path) -> None:
    absence = "{user: nobody@nowhere.example, first: 2026-12-24, last: 2027-01-01}"
    [one] = found(world, mappings, "absences: []", f"absences:\n  - {absence}")
    lines = (mappings / "routing.yaml").read_text().splitlines()
    assert (one.level, one.where) == (
        "error",
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
    ("when", "level", "told"),
    [
        (
            "owner_role: Slaes Rep",
            "error",
            "no active user has the owner_role 'Slaes Rep'; did you mean `Sales Rep`?",
        ),
        ("owner_role: Night Shift", "warning", "no active user has the owner_role 'Night Shift'"),
        ("owner_time_zone: Mars/Base", "warning", "no active user has the owner_time_zone 'Mars/Base'"),
        (
            "owner_username: {in: [nobody@nowhere.example]}",
            "error",
            "no active user has the owner_username 'nobody@",
        ),
        ("owner_role: sales rep", None, None),
    ],
)
def test_a_calendar_for_owners_whom_nobody_is_like_is_told_at_its_line(
    mappings: Path, when: str, level: str | None, told: str | None
) -> None:
    world = begun()
    world.rest("POST", "sobjects/UserRole", {"Name": "Night Shift", "DeveloperName": "Night_Shift"})
    file = mappings / "sla.yaml"
    choice = f"      - {{when: {{{when}}}, use: office}}"
    lines = ["  local:", "    choose:", choice, "    otherwise: always", "  office:"]
    file.write_text(file.read_text().replace("  office:", "\n".join(lines), 1))
    found = [one for one in check(world.worker(documents(mappings))) if "sla.yaml" in one.where]
    if told is None:
        assert found == []
        return
    assert [(one.level, one.where) for one in found] == [
        (level, f"{file}:{file.read_text().splitlines().index(choice) + 1}")
    ]
    assert found[0].message.startswith(told)


def test_a_keeper_who_is_nobody_is_an_error_at_its_line(world: World, mappings: Path) -> None:
    [one] = found(
        world, mappings, "policy: Lead routing", "owner: nobody@nowhere.example\npolicy: Lead routing"
    )
    assert (one.level, one.where) == ("error", f"{mappings / 'routing.yaml'}:2")
    assert one.message.endswith("the executive gets the Task when its review is due")


def told_of_managers(world: World, mappings: Path) -> list[tuple[str, str, str]]:
    """Level, line as it is written, and message of what check says of managers."""
    findings = [one for one in check(world.worker(documents(mappings))) if "manager" in one.message]
    places = [one.where.rpartition(":") for one in findings]
    lines = [Path(file).read_text().splitlines()[int(number) - 1].strip() for file, _, number in places]
    return [(one.level, line, one.message) for one, line in zip(findings, lines, strict=True)]


def username(world: World, id_: str) -> str:
    return str(world.soql(f"SELECT Username FROM User WHERE Id = '{id_}'")[0]["Username"])


def test_a_rep_without_a_manager_is_told_at_the_line_of_the_first_step_that_escalates(mappings: Path) -> None:
    world = begun()
    assert told_of_managers(world, mappings) == []
    world.rest("PATCH", f"sobjects/User/{world.rep}", {"ManagerId": None})
    [(level, line, message)] = told_of_managers(world, mappings)
    assert (level, line) == ("warning", "- step: escalate")
    assert message.startswith(
        f"1 rep has no manager ({username(world, world.rep)}): what is for the manager goes to "
    )
    assert message.endswith("enter one as Manager on the user in Setup")
    lines = (mappings / "sla.yaml").read_text().splitlines()
    escalates = lines.index("      - step: escalate", lines.index("  accept:")) + 1
    assert [one.where for one in check(world.worker(documents(mappings))) if one.message == message] == [
        f"{mappings / 'sla.yaml'}:{escalates}"
    ]


def test_reps_whose_manager_is_inactive_are_told_with_whoever_hears_of_it_instead(mappings: Path) -> None:
    world = begun()
    of_rep = "SELECT ManagerId FROM User WHERE Id = "
    manager = world.soql(f"{of_rep}'{world.rep}'")[0]["ManagerId"]
    reps = world.soql(
        f"SELECT Username FROM User WHERE ManagerId = '{manager}' AND UserRole.Name = 'Sales Rep'"
    )
    [other] = world.soql(
        f"SELECT Username FROM User WHERE UserRole.Name = 'Sales Manager' AND Id != '{manager}'"
    )
    world.rest("PATCH", f"sobjects/User/{manager}", {"IsActive": False})
    [(level, line, message)] = told_of_managers(world, mappings)
    assert (level, line) == ("warning", "- step: escalate")
    assert message.startswith(f"{len(reps)} reps have a manager who is inactive (")
    assert all(one["Username"] in message for one in reps)
    assert f"what is for the manager goes to {other['Username']};" in message


def test_an_escalation_that_reaches_nobody_is_an_error(mappings: Path) -> None:
    world = begun()
    world.rest("PATCH", f"sobjects/User/{world.rep}", {"ManagerId": None})
    file = mappings / "routing.yaml"
    text = file.read_text().replace("{role: Sales Manager}", "{users: [gone@example.com]}")
    file.write_text(text.replace("{role: Executive}", "{users: [gone@example.com]}"))
    told = [one for one in told_of_managers(world, mappings) if "reaches nobody" in one[2]]
    assert [one[:2] for one in told] == [("error", "- step: escalate")]


def test_reps_of_a_territory_are_asked_for_their_managers_too(mappings: Path) -> None:
    world = begun()
    world.rest("PATCH", f"sobjects/User/{world.rep}", {"ManagerId": None})
    territory = f"{{name: A, when: {{country: US}}, reps: {{users: [{username(world, world.rep)}]}}}}"
    file = mappings / "routing.yaml"
    text = file.read_text().replace("reps: {role: Sales Rep}", "reps: {role: Sales Manager}")
    file.write_text(text.replace("territories: []", f"territories:\n  - {territory}"))
    assert any(username(world, world.rep) in message for _, _, message in told_of_managers(world, mappings))
