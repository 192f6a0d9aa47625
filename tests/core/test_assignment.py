"""Leads that wait in a queue (requirement P5, and the `assign` clock of P6)."""

from __future__ import annotations

from datetime import date

import msgspec

from sfsync.core.model import Facts, Kind, Loads
from tests.core.builders import (
    GOOD,
    HOUR,
    LEAD,
    MANAGER,
    MARKETING,
    OTHER_MANAGER,
    POOR,
    QUEUE,
    REP,
    REPS,
    SECOND,
    SECOND_REP,
    START,
    World,
    brief,
    lead,
    policy,
)

NOBODY = Loads(dict.fromkeys(REPS, 100))


def waiting(loads: Loads = Loads(), **fields: object) -> World:  # noqa: B008 - it is frozen
    return World(Facts(lead=lead(owner_id=QUEUE, **fields)), loads=loads)


def test_a_qualified_lead_in_a_queue_is_given_to_a_rep_at_once() -> None:
    made = waiting()
    entered, routed, met = made.look()
    assert (entered.kind, entered.task, entered.mentions) == (Kind.BAND_ENTERED, None, ())
    assert (routed.kind, routed.key) == (Kind.ROUTED, f"{LEAD}:assign:created:routed")
    assert (routed.rep, routed.to_user, routed.mentions) == (REP, REP, (REP,))
    assert routed.task is not None
    assert (routed.task.owner_id, routed.task.due) == (REP, date(2026, 11, 2))
    assert routed.detail == (
        "Rep 1 gets this lead from Lead Queue: all reps; nobody is at work now; given a lead longest ago."
    )
    assert (met.kind, met.clock, met.adherent, met.rep) == (Kind.MET, "assign", 1, None)


def test_whoever_was_given_a_lead_from_a_queue_has_48_hours_to_accept_it() -> None:
    made = waiting()
    made.look()
    assert made.facts.lead.sla.due_at == START + 48 * HOUR
    assert brief(made.look_at_hour(36)) == [f"Warned accept:{made.facts.changes[0].id}:warn"]


def test_a_lead_that_nobody_can_take_is_escalated_to_the_manager_after_eight_hours() -> None:
    made = waiting(NOBODY)
    made.look()
    assert made.look_at_hour(8, seconds=-1) == []
    escalated, breached = made.look_at_hour(8)
    assert (escalated.kind, escalated.key) == (Kind.ESCALATED, f"{LEAD}:assign:created:escalate")
    assert escalated.task is not None
    assert escalated.task.owner_id == MANAGER
    assert escalated.mentions == (MANAGER,)
    assert (escalated.rep, escalated.due_at) == (None, START + 8 * HOUR)
    assert escalated.detail.startswith("This lead has waited 8 hours in Lead Queue")
    assert (breached.kind, breached.adherent, breached.rep) == (Kind.BREACHED, 0, None)


def test_a_lead_that_waits_says_why_and_is_tried_again_within_a_quarter_of_an_hour() -> None:
    made = waiting(NOBODY)
    made.look()
    assert made.facts.lead.sla.next_step == "Waits: no rep can take it (all reps: 6 at capacity)"
    assert made.plan is not None
    assert made.plan.next_check == START + HOUR / 4
    made.loads = Loads()
    assert [effect.kind for effect in made.look_at_hour(0.25)] == [Kind.ROUTED, Kind.MET]


def test_taking_a_lead_from_the_queue_counts_as_acceptance() -> None:
    made = waiting(NOBODY)
    made.look()
    made.change(SECOND_REP, at=START + 2 * HOUR, owner_id=SECOND_REP)
    (met,) = made.look()
    assert (met.kind, met.clock) == (Kind.MET, "assign")
    assert made.facts.lead.sla.status == "Met"
    for hour in (36, 40, 60, 200):
        assert made.look_at_hour(hour) == []


def test_taking_from_the_queue_does_not_accept_where_the_policy_says_so() -> None:
    made = waiting(NOBODY)
    made.policy = policy(sla=lambda document: document.update(taking_from_queue_accepts=False))
    made.look()
    made.change(SECOND_REP, at=START + 2 * HOUR, owner_id=SECOND_REP)
    made.look()
    assert brief(made.look_at_hour(38)) == [f"Warned accept:{made.facts.changes[0].id}:warn"]


def test_a_lead_given_from_the_queue_by_somebody_else_is_not_accepted_yet() -> None:
    made = waiting(NOBODY)
    made.look()
    made.change(MANAGER, at=START + 2 * HOUR, owner_id=SECOND_REP)
    made.look()
    assert brief(made.look_at_hour(38)) == [f"Warned accept:{made.facts.changes[0].id}:warn"]


def test_an_unqualified_lead_waits_in_its_queue_without_a_clock() -> None:
    made = waiting(values=POOR)
    assert [effect.kind for effect in made.look()] == [Kind.BAND_ENTERED]
    assert made.facts.lead.owner_id == QUEUE
    assert made.look_at_hour(9) == []


def test_a_lead_that_qualifies_in_its_queue_is_given_to_a_rep_once_its_entry_has_an_id() -> None:
    made = waiting(values=POOR)
    made.look()
    made.change(MARKETING, at=START + 5 * HOUR, values=GOOD)
    plan = made.decide()
    assert [effect.kind for effect in plan.effects] == [Kind.BAND_ENTERED]
    assert plan.next_check == made.now
    made.carry_out(plan)
    assert [effect.kind for effect in made.look()] == [Kind.ROUTED, Kind.MET]
    assert not any("pending" in effect.key for effect in made.done)


def test_a_lead_in_a_queue_from_before_enforcement_is_not_given_to_anybody() -> None:
    made = waiting(created_at=START - SECOND)
    assert made.look() == []
    assert made.facts.lead.owner_id == QUEUE


def test_an_exempt_lead_in_a_queue_stays_there() -> None:
    made = waiting(exempt=True)
    assert made.look() == []
    assert made.look_at_hour(9) == []


def test_beyond_the_limit_of_owner_changes_a_lead_waits_in_its_queue() -> None:
    made = waiting()
    assert [effect.kind for effect in made.look(owner_changes_left=0)] == [Kind.BAND_ENTERED]
    assert made.plan is not None
    assert made.plan.withheld is not None
    assert made.plan.next_check == START + HOUR / 4


def test_an_org_whose_rep_has_another_manager_names_the_policys_first_manager_for_the_queue() -> None:
    made = waiting(NOBODY)
    people = dict(made.org.users)
    people[MANAGER] = msgspec.structs.replace(people[MANAGER], active=False)
    made.org = msgspec.structs.replace(made.org, users=people)
    made.look()
    assert made.look_at_hour(8)[0].mentions == (OTHER_MANAGER,)


def test_who_let_go_of_a_lead_too_late_does_not_get_it_back_out_of_the_queue() -> None:
    climbed = World(loads=Loads(dict.fromkeys(REPS[1:], 100)))
    climbed.look()
    climbed.look_at_hour(36)
    climbed.change(REP, at=START + 49 * HOUR, owner_id=QUEUE)
    assert brief(climbed.look()) == [
        "Breached accept:created:breached",
        "Closed Late accept:created:closed-late",
    ]
    assert climbed.facts.lead.owner_id == QUEUE
