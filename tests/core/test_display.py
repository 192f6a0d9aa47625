"""What stands on the lead about its clocks (requirements P12, P26), and when it is looked at again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sfsync.core.model import Facts, Loads
from tests.core.builders import (
    HOUR,
    MARKETING,
    POOR,
    QUEUE,
    REPS,
    SECOND_REP,
    START,
    World,
    lead,
    org,
    policy,
)


def climbed(until: float, **parts: Any) -> World:
    world = World(**parts)
    for hour in (0, 36, 48, 72):
        if hour <= until:
            world.look_at_hour(hour)
    return world


@pytest.mark.parametrize(
    ("hour", "status", "next_step", "check"),
    [
        (0, "On Track", "Warning to the owner: Tue 3 Nov 2026 16:00 (America/New York)", 36),
        (36, "At Risk", "Reminder to the owner: Wed 4 Nov 2026 04:00 (America/New York)", 48),
        (48, "Overdue", "Escalation to the manager: Thu 5 Nov 2026 04:00 (America/New York)", 72),
        (72, "Overdue", "Reassignment to somebody else: Fri 6 Nov 2026 04:00 (America/New York)", 96),
    ],
)
def test_the_lead_shows_how_it_stands_and_what_comes_next(
    hour: int, status: str, next_step: str, check: int
) -> None:
    world = climbed(hour)
    row = world.facts.lead.sla
    assert (row.clock, row.due_at) == ("Accept the lead", START + 48 * HOUR)
    assert (row.status, row.next_step, row.next_check) == (status, next_step, START + check * HOUR)
    assert world.plan is not None
    assert world.plan.next_check == row.next_check


def test_times_are_said_in_the_owners_zone_and_for_a_queue_in_its_managers() -> None:
    people = org(rep1={"time_zone": "Asia/Tokyo"}, manager1={"time_zone": "Europe/Berlin"})
    assert "06:00 (Asia/Tokyo)" in str(climbed(0, org=people).facts.lead.sla.next_step)
    full = Loads(dict.fromkeys(REPS, 100))
    waiting = World(Facts(lead=lead(owner_id=QUEUE)), org=people, loads=full)
    waiting.look()
    _, breached = waiting.look_at_hour(8)
    assert breached.detail.endswith("(Lead Queue, due Mon 2 Nov 2026 18:00 (Europe/Berlin)).")


def test_the_most_urgent_of_several_clocks_shows() -> None:
    def one_more(sla: dict[str, Any]) -> None:
        sla["clocks"]["contact"] = {
            "label": "Contact the lead",
            "time": "24 hours",
            "runs_while": {"stage": ["open", "accepted"], "owner": "user"},
        }

    world = climbed(0, policy=policy(sla=one_more))
    assert world.facts.lead.sla.clock == "Contact the lead"
    world.accept(START + HOUR)
    world.look()
    row = world.facts.lead.sla
    assert (row.clock, row.due_at, row.status) == ("Contact the lead", START + 24 * HOUR, "On Track")
    assert row.next_check == START + 24 * HOUR
    assert [effect.clock for effect in world.look_at_hour(24)] == ["contact"]


def test_a_lead_is_met_only_if_the_run_that_ended_last_was() -> None:
    world = World(Facts(lead=lead(owner_id=QUEUE)))
    world.look()
    for hour in (36, 48):
        world.look_at_hour(hour)
    world.accept(START + 50 * HOUR)
    world.look()
    assert world.facts.lead.sla.status == "Not Applicable"


def test_a_lead_on_which_nothing_falls_due_is_looked_at_within_thirty_days_and_not_written_every_time() -> (
    None
):
    world = World(Facts(lead=lead(values=POOR)))
    world.look()
    check = world.facts.lead.sla.next_check
    assert check == START + timedelta(days=30)
    before = world.facts.lead.sla
    world.look_at_hour(100)
    assert world.facts.lead.sla == before
    world.look(check)
    assert world.facts.lead.sla.next_check == START + timedelta(days=60)


def test_a_lead_that_is_over_shows_nothing_and_is_not_looked_at_again() -> None:
    world = climbed(36)
    world.change(SECOND_REP, at=START + 40 * HOUR, status="Rejected")
    world.look()
    row = world.facts.lead.sla
    assert (row.status, row.clock, row.due_at, row.next_step, row.next_check) == (
        "Not Applicable",
        None,
        None,
        None,
        None,
    )
    world.change(MARKETING, at=START + 41 * HOUR, status="Open - Not Contacted")
    world.look()
    assert world.facts.lead.sla.due_at == START + 89 * HOUR


MINUTES = timedelta(minutes=1)


def test_what_waits_for_somebody_to_take_it_is_said_to_be_looked_at_within_the_hour_and_written_once_in_it() -> (
    None
):
    world = climbed(72, loads=Loads(dict.fromkeys(REPS, 100)))
    due = START + 96 * HOUR
    world.look(due)
    row = world.facts.lead.sla
    assert str(row.next_step).startswith("Waits: ")
    assert row.next_check == due + HOUR
    for minutes, again in ((0, 15), (15, 30), (50, 60)):
        world.look(due + minutes * MINUTES)
        assert world.plan is not None
        assert world.plan.next_check == due + again * MINUTES, (
            "asked about more often, and never later than said"
        )
        assert world.facts.lead.sla == row
    world.look(due + HOUR)
    assert world.facts.lead.sla.next_check == due + 2 * HOUR


def test_a_withheld_owner_change_is_said_to_be_looked_at_again_before_another_step_or_within_the_hour() -> (
    None
):
    world = climbed(72)
    world.look(START + 96 * HOUR, owner_changes_left=0)
    row = world.facts.lead.sla
    assert (row.next_step, row.next_check) == (
        "Withheld: the limit of owner changes is reached",
        START + 97 * HOUR,
    )
    world.look(START + 96 * HOUR + 15 * MINUTES, owner_changes_left=1)
    assert world.plan is not None
    assert world.plan.owner_id is not None
    assert world.facts.lead.sla.next_check == START + (96.25 + 36) * HOUR
