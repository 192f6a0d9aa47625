"""`sfsync check --rehearse` tries what is due on a lead, a new owner and a new Status, and keeps nothing."""

from __future__ import annotations

import pytest

from sfsync.localorg.database import Row
from sfsync.report.rehearsal import rehearse
from tests.inprocess import World, begun

PARTS = "a Task, a ledger row and the lead's fields"
OBJECTS = ("Lead", "LeadHistory", "Task", "SLA_Event__c", "SLA_Policy__c", "FeedItem")
GOOD = {
    "SLA_Budget__c": "Planned",
    "SLA_Authority__c": "Recommender",
    "SLA_Need__c": "Important",
    "SLA_Timeline__c": "3-6 Months",
}


def rows(world: World) -> dict[str, dict[str, Row]]:
    return {name: dict(world.org.database.table(name).rows) for name in OBJECTS}


def told(world: World, lead: str) -> list[tuple[str, str]]:
    """What a rehearsal of this lead says; it keeps nothing."""
    before = rows(world)
    found = [(one.level, one.message) for one in rehearse(world.worker(), lead)]
    assert rows(world) == before
    return found


def test_what_is_due_a_new_owner_and_a_new_status_are_rehearsed() -> None:
    world = begun()
    [due, owner, status] = told(world, world.create_lead(**GOOD))
    assert due == ("ok", f"due now: {PARTS} would be accepted")
    assert owner[0] == status[0] == "ok"
    assert owner[1].startswith("made up, as if it went to ")
    assert owner[1].endswith(f": {PARTS} with its owner would be accepted")
    assert status[1] == f"made up, as if its Status became Nurture: {PARTS} with its Status would be accepted"


@pytest.mark.parametrize(
    ("formula", "refused"),
    [
        ("ISCHANGED(OwnerId)", "made up, as if it went to "),
        ('ISPICKVAL(Status, "Nurture")', "made up, as if its Status became Nurture: "),
    ],
)
def test_a_customers_rule_on_owner_or_status_is_told_before_a_step_is_due(formula: str, refused: str) -> None:
    world = begun()
    lead = world.create_lead(**GOOD)
    world.once()
    world.customer_rule(formula)
    found = told(world, lead)
    assert found[0] == ("ok", f"made up, as no step is due: {PARTS} would be accepted")
    [message] = [message for level, message in found if level == "error"]
    assert message.startswith(refused)
    assert "the org refuses the lead's fields with its " in message
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in message
    assert len(found) == 3


def test_a_reassignment_that_is_due_is_rehearsed_as_it_would_be_written() -> None:
    world = begun()
    lead = world.create_lead(**GOOD)
    world.once()
    for hours in (36, 12, 24, 24):
        world.once()
        world.advance(hours=hours)
    [due, status] = told(world, lead)
    assert due[0] == "ok"
    assert "the lead's fields with its owner would be accepted" in due[1]
    assert status[1].startswith("made up, as if its Status became ")
    world.customer_rule("ISCHANGED(OwnerId)")
    [due, status] = told(world, lead)
    assert due[0] == "error"
    assert due[1].startswith("due now: the org refuses the lead's fields with its owner: ")
    assert status[0] == "ok"


def test_what_is_refused_of_any_write_is_told_once() -> None:
    world = begun()
    lead = world.create_lead(**GOOD)
    world.control("customer_rules", required=[["Task", "Type"]])
    [(level, message)] = told(world, lead)
    assert level == "error"
    assert message.startswith("due now: the org refuses a Task: REQUIRED_FIELD_MISSING")


@pytest.mark.parametrize("status", ["Accepted", "Closed - Not Converted"])
def test_what_sfsync_would_not_change_is_not_rehearsed(status: str) -> None:
    world = begun()
    lead = world.create_lead(**GOOD)
    world.once()
    world.update(lead, Status=status)
    messages = [message for _, message in told(world, lead)]
    assert not any("Status became" in message for message in messages)
    assert any("went to" in message for message in messages) == (status == "Accepted")
