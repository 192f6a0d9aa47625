"""`sfsync check` finds a step, clock or band that was renamed without `was:` by what the org knows."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from sfsync.report.check import check
from tests.inprocess import ROOT, World, begun


@pytest.fixture(scope="module")
def warned() -> World:
    """A world in which one lead's owner was warned."""
    return _warned()


def _warned() -> World:
    world = begun()
    world.create_lead()
    world.once()
    world.at(37)
    world.once()
    assert "Warned" in world.kinds()
    return world


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    return copytree(ROOT / "mappings", tmp_path / "mappings")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def found(world: World, mappings: Path) -> list[tuple[str, str, str, str]]:
    """Level, file, line as it is written there, and message of all that is wrong in the files."""
    return [
        (one.level, *line(one.where), one.message)
        for one in check(world.worker(documents(mappings)))
        if ".yaml:" in one.where
    ]


def line(where: str) -> tuple[str, str]:
    file, _, number = where.rpartition(":")
    return Path(file).name, Path(file).read_text().splitlines()[int(number) - 1].strip()


STEP_RENAMED = (
    "step `warn` was done for 1 open lead, and the clock `accept` has none of this name: if this one was called so, "
    "say `was: warn` here, or it may be done once more; if `warn` was taken out, say `removed: [warn]` in its clock"
)
STEP_GONE = (
    "step `warn` was done for 1 open lead, and the clock `accept` has none of this name: if it was taken out, say "
    "`removed: [warn]` here; if it was renamed, say `was: warn` in the step, or it may be done once more"
)
CLOCK_RENAMED = (
    "steps of a clock `accept` were done for 1 open lead, and the policy has none of this name: if this one was "
    "called so, say `was: accept` here, or its steps are done once more; if `accept` was taken out, say "
    "`removed: [accept]` beside `clocks`"
)
CLOCK_GONE = (
    "steps of a clock `accept` were done for 1 open lead, and the policy has none of this name: if it was taken out, "
    "say `removed: [accept]` beside `clocks`; if it was renamed, say `was: accept` in the clock, or its steps are "
    "done once more"
)


LABEL = "    label: Accept the lead\n"


@pytest.mark.parametrize(
    ("changes", "at", "told"),
    [
        ({"- step: warn": "- step: nudge"}, "- step: nudge", STEP_RENAMED),
        ({"- step: warn": "- step: nudge\n        was: warn"}, None, None),
        ({"- step: warn": "- step: nudge", LABEL: f"{LABEL}    removed: [warn]\n"}, None, None),
        ({"event: Warned": "event: Reminded", "- step: warn": "- step: nudge"}, "accept:", STEP_GONE),
        ({"  accept:\n": "  take_up:\n"}, "take_up:", CLOCK_RENAMED),
        ({"  accept:\n": "  take_up:\n    was: accept\n"}, None, None),
        ({"  accept:\n": "  take_up:\n", "clocks:\n": "removed: [accept]\nclocks:\n"}, None, None),
        ({"  accept:\n": "  take_up:\n", "- step: warn": "- step: nudge"}, "clocks:", CLOCK_GONE),
        ({}, None, None),
    ],
)
def test_a_step_or_clock_that_the_ledger_knows_needs_its_former_name_or_to_be_said_removed(
    warned: World, mappings: Path, changes: dict[str, str], at: str | None, told: str | None
) -> None:
    for old, new in changes.items():
        change(mappings / "sla.yaml", old, new)
    assert found(warned, mappings) == ([("error", "sla.yaml", at, told)] if told else [])


def test_steps_of_clocks_beside_this_one_do_not_take_the_place_of_the_one_that_was_renamed(
    warned: World, mappings: Path
) -> None:
    remind = "      - step: remind\n        at: 48 hours\n        event: Reminded"
    change(mappings / "sla.yaml", remind, remind.replace("Reminded", "Warned"))
    change(mappings / "sla.yaml", "- step: warn", "- step: warn_owner")
    assert [one[:3] for one in found(warned, mappings)] == [("error", "sla.yaml", "- step: warn_owner")]


@pytest.mark.parametrize(
    "change_lead",
    [
        {"Status": "Accepted"},
        {"Status": "Rejected"},
        {"OwnerId": None},
    ],
)
def test_a_run_that_does_nothing_more_may_have_steps_that_are_no_more(
    mappings: Path, change_lead: dict[str, str | None]
) -> None:
    world = _warned()
    [lead] = world.soql("SELECT Id, OwnerId FROM Lead")
    others = world.soql(
        f"SELECT Id FROM User WHERE UserRole.Name = 'Sales Rep' AND Id != '{lead['OwnerId']}'"
    )
    values = {key: value or others[0]["Id"] for key, value in change_lead.items()}
    change(mappings / "sla.yaml", "- step: warn", "- step: nudge")
    assert found(world, mappings) != []
    world.rest("PATCH", f"sobjects/Lead/{lead['Id']}", values)
    assert found(world, mappings) == []


def test_a_run_that_was_met_is_over_even_when_its_lead_is_open_again(mappings: Path) -> None:
    world = _warned()
    [lead] = world.soql("SELECT Id FROM Lead")
    for status in ("Accepted", "Open - Not Contacted"):
        world.advance(seconds=60)
        world.rest("PATCH", f"sobjects/Lead/{lead['Id']}", {"Status": status})
        world.once()
    assert "Met" in world.kinds()
    change(mappings / "sla.yaml", "- step: warn", "- step: nudge")
    assert found(world, mappings) == []


def test_a_step_of_a_queues_clock_counts_while_the_lead_waits_in_a_queue(mappings: Path) -> None:
    world = begun()
    [queue] = world.soql("SELECT Id FROM Group WHERE Type = 'Queue'")
    for rep in world.soql("SELECT Id FROM User WHERE UserRole.Name = 'Sales Rep'"):
        world.rest("PATCH", f"sobjects/User/{rep['Id']}", {"IsActive": False})
    world.create_lead(OwnerId=queue["Id"])
    world.once()
    world.at(9)
    world.once()
    assert "Escalated" in world.kinds()
    change(mappings / "sla.yaml", "- step: escalate", "- step: tell")
    changed = [one for one in found(world, mappings) if one[2] == "- step: tell"]
    assert [one[:2] for one in changed] == [("error", "sla.yaml")]
    assert changed[0][3].startswith(
        "step `escalate` was done for 1 open lead, and the clock `assign` has none"
    )


def test_a_clock_of_a_further_policy_is_named_in_that_policys_file(warned: World, mappings: Path) -> None:
    (mappings / "policies.yaml").write_text(
        "policies:\n  - {directory: web, when: {source: Web}}\notherwise: none\n"
    )
    (mappings / "web").mkdir()
    (mappings / "web" / "sla.yaml").write_text("# of the web\n" + (mappings / "sla.yaml").read_text())
    for file in (mappings / "sla.yaml", mappings / "web" / "sla.yaml"):
        change(file, "- step: warn", "- step: nudge")
    change(mappings / "sla.yaml", "  accept:\n", "  accept_it:\n")
    places = [one.where for one in check(warned.worker(documents(mappings))) if one.level == "error"]
    own = mappings / "web" / "sla.yaml"
    number = own.read_text().splitlines().index("      - step: nudge") + 1
    assert places == [f"{own}:{number}"]


BAND = "1 open lead is in a band 'Lukewarm' that the policy has not: "


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        (
            "",
            "",
            "bands:",
            BAND + "if it was taken out, say `removed: [Lukewarm]` beside `bands`; if it was renamed, say "
            "`was: Lukewarm` in the band, or each enters a band anew",
        ),
        (
            "- band: Nurture",
            "- band: Luke Warm",
            "- band: Luke Warm",
            BAND
            + "if this one was called so, say `was: Lukewarm` here, or each enters a band anew; if 'Lukewarm' "
            "was taken out, say `removed: [Lukewarm]` beside `bands`",
        ),
        ("- band: Nurture", "- band: Nurture\n    was: Lukewarm", None, None),
        ("bands:\n", "removed: [Lukewarm]\nbands:\n", None, None),
    ],
)
def test_a_band_that_leads_are_in_needs_its_former_name_or_to_be_said_removed(
    mappings: Path, old: str, new: str, at: str | None, told: str | None
) -> None:
    world = begun()
    world.org.load("Lead", [{"LastName": "L", "Company": "C", "SLA_Band__c": "Lukewarm"}])
    change(mappings / "scoring.yaml", old, new)
    of_band = [one for one in found(world, mappings) if "SLA_Band__c has no value" not in one[3]]
    assert of_band == ([("error", "scoring.yaml", at, told)] if told else [])


def test_a_lead_that_is_over_may_be_in_a_band_that_is_no_more(mappings: Path) -> None:
    world = begun()
    row = {"LastName": "L", "Company": "C", "SLA_Band__c": "Lukewarm", "Status": "Rejected"}
    world.org.load("Lead", [row])
    assert found(world, mappings) == []
