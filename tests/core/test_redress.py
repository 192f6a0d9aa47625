"""Facts that arrive late: a breach is excused, and a lead that was taken all the same is given back, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sfsync.core.model import Change, Effect, Kind
from tests.core.builders import (
    HOUR,
    MANAGER,
    OPEN,
    REP,
    SECOND_REP,
    START,
    THIRD_REP,
    World,
    brief,
    org,
    policy,
)

LATE_ROW = "017zzzzzzzzzzzzAAA"


def climbed(until: float) -> World:
    world = World()
    for hour in (0, 36, 48, 72, 96):
        if hour <= until:
            world.look_at_hour(hour)
    return world


def arrives(world: World, hour: float, *, status: str = "Accepted", by: str = REP, read_at: float) -> World:
    """The history row of a change of status at `hour` is read only now."""
    row = Change(LATE_ROW, "Status", OPEN, status, START + hour * HOUR, by)
    changes = tuple(sorted((*world.facts.changes, row), key=lambda change: change.at))
    lead = world.facts.lead
    if lead.status == OPEN:
        lead = msgspec.structs.replace(lead, status=status)
    world.facts = msgspec.structs.replace(world.facts, lead=lead, changes=changes)
    world.now = START + read_at * HOUR
    return world


def of(effects: list[Effect], kind: Kind) -> Effect:
    (found,) = [effect for effect in effects if effect.kind is kind]
    return found


def test_another_policy_that_leaves_more_time_excuses_nobody_who_was_late_before() -> None:
    """Found by the simulation: all who had closed a lead late were excused, "as history shows now"."""
    world = climbed(48)
    world.accept(START + 55 * HOUR)
    assert brief(world.look()) == ["Closed Late accept:created:closed-late"]
    written = [msgspec.structs.replace(entry, policy=world.policy.hash) for entry in world.facts.ledger]
    world.facts = msgspec.structs.replace(world.facts, ledger=tuple(written))

    def longer(sla: dict[str, Any]) -> None:
        sla["clocks"]["accept"]["time"] = "60 hours"

    world.policy = policy(sla=longer)
    assert world.look_at_hour(61) == []


def test_a_breach_is_excused_and_counts_no_longer() -> None:
    world = arrives(climbed(48), 47, read_at=50)
    (breach,) = [entry for entry in world.facts.ledger if entry.kind == Kind.BREACHED]
    (excused,) = world.look()
    assert brief([excused]) == ["Excused accept:created:excused"]
    assert (excused.uncounts, excused.rep, excused.adherent) == (breach.id, REP, None)
    assert "over in time, as it stands now; the breach does not count" in excused.detail
    assert world.facts.lead.owner_id == REP
    assert world.look_at_hour(60) == []


def test_a_lead_that_was_taken_from_an_owner_who_had_acted_in_time_is_given_back() -> None:
    world = arrives(climbed(96), 30, read_at=97)
    assert world.facts.lead.owner_id == SECOND_REP
    effects = world.look()
    assert brief(effects) == [
        "Excused accept:created:excused",
        f"Routed accept:created:given-back:{LATE_ROW}",
    ]
    back = of(effects, Kind.ROUTED)
    assert (back.from_user, back.to_user, back.rep) == (SECOND_REP, REP, REP)
    assert back.mentions == (REP, SECOND_REP)
    assert back.detail == (
        "Rep 1 gets this lead back from Rep 2: Accept the lead was done in time, on"
        " Tue 3 Nov 2026 10:00 (America/New York), as is known now."
    )
    assert world.facts.lead.owner_id == REP
    assert world.look_at_hour(200) == []


@pytest.mark.parametrize("hour", [48, 47.9])
def test_acting_at_the_last_second_is_in_time(hour: float) -> None:
    assert of(arrives(climbed(96), hour, read_at=97).look(), Kind.ROUTED).to_user == REP


@pytest.mark.parametrize("hour", [48 + 1 / 3600, 95])
def test_acting_late_is_no_excuse(hour: float) -> None:
    world = arrives(climbed(96), hour, read_at=97)
    assert world.look() == []
    assert world.facts.lead.owner_id == SECOND_REP


def moved(world: World) -> None:
    world.change(MANAGER, at=START + 96.5 * HOUR, owner_id=THIRD_REP)


def worked_on(world: World) -> None:
    world.change(SECOND_REP, at=START + 96.5 * HOUR, status="Working - Contacted")


def left(world: World) -> None:
    world.org = org(rep1={"active": False})


def unknown(world: World) -> None:
    world.org = org(rep1=None)


def given_by_hand(world: World) -> None:
    world.change(MANAGER, at=START + 96.5 * HOUR, owner_id=REP)


@pytest.mark.parametrize("happens", [moved, worked_on, left, unknown, given_by_hand])
def test_it_is_excused_but_stays_where_it_is(happens: Callable[[World], None]) -> None:
    world = climbed(96)
    happens(world)
    owner = world.facts.lead.owner_id
    found = arrives(world, 30, read_at=97).look()
    assert Kind.ROUTED not in {effect.kind for effect in found}
    assert of(found, Kind.EXCUSED).rep == REP
    assert world.facts.lead.owner_id == owner


def test_a_lead_that_is_over_is_not_given_back() -> None:
    world = arrives(climbed(96), 30, status="Rejected", read_at=97)
    assert brief(world.look()) == ["Excused accept:created:excused"]
    assert world.facts.lead.owner_id == SECOND_REP


def test_it_is_given_back_once_even_if_it_is_taken_again_by_hand() -> None:
    world = arrives(climbed(96), 30, read_at=97)
    world.look()
    world.change(MANAGER, at=START + 98 * HOUR, owner_id=SECOND_REP)
    assert world.look_at_hour(99) == []
    assert world.facts.lead.owner_id == SECOND_REP


def test_beyond_the_limit_of_owner_changes_it_waits_and_the_excuse_does_not() -> None:
    world = arrives(climbed(96), 30, read_at=97)
    assert brief(world.look(owner_changes_left=0)) == ["Excused accept:created:excused"]
    assert world.plan is not None
    assert world.plan.withheld == "the limit of owner changes is reached"
    assert world.facts.lead.owner_id == SECOND_REP
    assert brief(world.look(START + 98 * HOUR)) == [f"Routed accept:created:given-back:{LATE_ROW}"]


def test_whoever_is_excused_did_not_fail_and_may_get_the_lead_again() -> None:
    world = arrives(climbed(96), 30, read_at=97)
    world.look()
    world.change(MANAGER, at=START + 98 * HOUR, status=OPEN, owner_id=SECOND_REP)
    for hour in (98, 134, 146, 170):
        world.look_at_hour(hour)
    world.loads = msgspec.structs.replace(
        world.loads, last_given={id_: START + 150 * HOUR for id_ in world.org.users if id_ != REP}
    )
    reassigned = of(world.look_at_hour(194), Kind.REASSIGNED)
    assert (reassigned.from_user, reassigned.to_user) == (SECOND_REP, REP)


def test_loads_are_asked_for_before_a_lead_is_given_back() -> None:
    world = arrives(climbed(96), 30, read_at=97)
    world.loads = None  # type: ignore[assignment]
    assert world.decide().needs_routing
