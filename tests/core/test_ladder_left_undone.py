"""What of the acceptance ladder is left undone: too late after an outage (P13), or for a lead that is left alone."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from sfsync.core.model import Kind
from tests.core.builders import (
    HOUR,
    MANAGER,
    OFFICE,
    REP,
    SECOND,
    SECOND_REP,
    START,
    World,
    brief,
    lead,
    on_time,
)


def test_an_outage_brings_the_warning_alone_and_the_reassignment_only_after_four_working_hours() -> None:
    climbed = on_time()
    warned, breached = climbed.look_at_hour(120)
    assert (warned.kind, warned.due_at) == (Kind.WARNED, START + 36 * HOUR)
    assert "5 days of its 48 hours have passed" in warned.detail
    assert (breached.kind, breached.adherent) == (Kind.BREACHED, None)
    saturday, monday = START + 120 * HOUR, START + 168 * HOUR
    assert OFFICE.due(saturday, 4 * 3600) == monday + 9 * HOUR
    for at in (saturday + SECOND, monday, monday + 9 * HOUR - SECOND):
        assert climbed.look(at) == []
    reassigned = climbed.look(monday + 9 * HOUR)
    assert reassigned[0].kind == Kind.REASSIGNED
    assert reassigned[0].due_at == monday + 9 * HOUR


def test_a_warning_that_came_after_the_deadline_makes_the_breach_uncounted() -> None:
    reminded, breached = on_time().look_at_hour(50)
    assert reminded.kind == Kind.REMINDED
    assert (breached.adherent, breached.due_at) == (None, START + 48 * HOUR)
    assert "no notice was given in time" in breached.detail


def test_a_notice_in_the_second_of_the_deadline_is_no_notice_in_time() -> None:
    effects = on_time().look_at_hour(48)
    assert [(effect.kind, effect.adherent) for effect in effects] == [
        (Kind.REMINDED, None),
        (Kind.BREACHED, None),
    ]


def test_of_several_steps_due_at_once_only_the_latest_is_done() -> None:
    assert brief(on_time(36).look_at_hour(80)) == [
        "Escalated accept:created:escalate",
        "Breached accept:created:breached",
    ]


def test_a_step_later_than_thirty_days_is_never_done() -> None:
    climbed = World()
    climbed.look()
    late = START + timedelta(days=34, hours=1)
    assert [effect.kind for effect in climbed.look(late)] == [Kind.BREACHED]
    assert climbed.look(late + timedelta(days=60)) == []


def test_a_warning_too_late_to_give_leaves_nothing_to_be_done_to_its_owner() -> None:
    effects = on_time().look(START + timedelta(days=30, hours=60))
    assert [effect.kind for effect in effects] == [Kind.BREACHED]


def test_a_run_from_before_enforcement_is_left_alone_and_a_new_owners_run_is_enforced() -> None:
    old = lead(created_at=START - SECOND)
    climbed = World(msgspec.structs.replace(World().facts, lead=old))
    for hour in (0, 36, 48, 72, 96, 500):
        assert climbed.look_at_hour(hour) == []
    assert climbed.facts.lead.sla.status == "Not Applicable"
    climbed.change(MANAGER, owner_id=SECOND_REP)
    climbed.look()
    assert climbed.facts.lead.sla.status == "On Track"
    assert brief(climbed.look_at_hour(536)) == [f"Warned accept:{climbed.facts.changes[0].id}:warn"]


def test_an_exempt_lead_is_scored_and_otherwise_left_alone() -> None:
    climbed = World(msgspec.structs.replace(World().facts, lead=lead(exempt=True)))
    for hour in (0, 36, 48, 72, 96):
        assert climbed.look_at_hour(hour) == []
    row = climbed.facts.lead.sla
    assert (row.score, row.band, row.status) == (68, "Immediate Sales Contact", "Not Applicable")


def test_a_lead_whose_history_is_unknown_is_scored_and_otherwise_left_alone() -> None:
    climbed = World(msgspec.structs.replace(World().facts, history_known=False))
    for hour in (0, 36, 48, 72, 96):
        assert climbed.look_at_hour(hour) == []
    assert climbed.facts.lead.sla.score == 68
    assert climbed.facts.lead.sla.due_at is None


def test_a_converted_lead_is_not_written_and_its_run_is_closed() -> None:
    climbed = on_time(36)
    climbed.change(REP, at=START + 40 * HOUR, status="Closed - Converted", is_converted=True)
    before = climbed.facts.lead.sla
    (met,) = climbed.look()
    assert (met.kind, met.adherent) == (Kind.MET, 1)
    assert climbed.facts.lead.sla == before
    assert climbed.plan is not None
    assert climbed.plan.next_check is None


def test_a_deleted_lead_gets_nothing() -> None:
    climbed = on_time(36)
    climbed.facts = msgspec.structs.replace(climbed.facts, lead=lead(is_deleted=True))
    climbed.now = START + 100 * HOUR
    plan = climbed.decide()
    assert not plan.effects
    assert not plan.changes_fields
    assert plan.next_check is None
