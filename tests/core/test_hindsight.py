"""A lead as it stood: cut off at a moment, the facts are those that were there then."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsync.core.decide import decide
from sfsync.core.explain import explain
from sfsync.core.hindsight import as_of
from sfsync.core.model import Facts
from tests.core.builders import HOUR, MARKETING, OPEN, POOR, REP, SECOND_REP, START, World
from tests.core.test_decide_properties import Act, act_on, acts, leads, lives, settle


def lived() -> World:
    world = World()
    for hour in (0, 36, 48, 72, 96):
        world.look_at_hour(hour)
    world.accept(START + 100 * HOUR)
    world.look_at_hour(101)
    return world


@pytest.mark.parametrize(
    ("hour", "owner", "status", "rows"),
    [
        (0, REP, OPEN, 1),
        (36 - 1 / 3600, REP, OPEN, 1),
        (36, REP, OPEN, 2),
        (96 - 1 / 3600, REP, OPEN, 5),
        (96, SECOND_REP, OPEN, 8),
        (100, SECOND_REP, "Accepted", 8),
        (900, SECOND_REP, "Accepted", 9),
    ],
)
def test_owner_status_and_ledger_are_those_of_the_moment(
    hour: float, owner: str, status: str, rows: int
) -> None:
    then = as_of(lived().facts, START + hour * HOUR)
    assert (then.lead.owner_id, then.lead.status, len(then.ledger)) == (owner, status, rows)


def test_the_clock_stands_as_it_stood_and_what_was_due_then_is_said() -> None:
    world = lived()
    at = START + 40 * HOUR
    told = explain(world.facts, world.policy, world.org, world.now, world.loads, at=at)
    (view,) = told.clocks
    assert (told.now, told.read_at, told.owner) == (at, world.now, "Rep 1")
    assert (view.next_step, view.next_at) == ("remind", START + 48 * HOUR)
    assert told.would_do == []
    assert [moment.what for moment in told.timeline] == ["created", "Band Entered", "Warned (accept warn)"]


def test_a_moment_that_lies_ahead_shows_what_would_be_due_if_nothing_happened() -> None:
    world = World()
    world.look_at_hour(0)
    told = explain(world.facts, world.policy, world.org, world.now, world.loads, at=START + 36 * HOUR)
    assert [line.partition(":")[0] for line in told.would_do] == ["Warned"]


def test_before_its_creation_there_is_no_lead() -> None:
    with pytest.raises(ValueError, match="was created at 2026-11-02 09:00:00 UTC, after that"):
        as_of(lived().facts, START - timedelta(seconds=1))


def test_the_band_before_the_ledgers_first_entry_is_the_one_that_it_left() -> None:
    world = World()
    world.look_at_hour(0)
    world.change(MARKETING, at=START + 5 * HOUR, values=POOR)
    world.look()
    first, second = world.facts.ledger[0], world.facts.ledger[1:]
    assert as_of(world.facts, START + HOUR).lead.sla.band == "Immediate Sales Contact"
    assert as_of(world.facts, START + 6 * HOUR).lead.sla.band == "Nurture"
    older = Facts(lead=world.facts.lead, changes=world.facts.changes, ledger=second)
    assert first.kind == "Band Entered"
    assert as_of(older, START + HOUR).lead.sla.band == "Immediate Sales Contact"


@lives
@given(leads, acts, st.integers(1, 24 * 24))
def test_what_is_seen_in_hindsight_is_what_was_there(first: object, life: list[Act], hour: int) -> None:
    world = World(Facts(lead=first))  # type: ignore[arg-type]
    seen = []
    settle(world, START)
    for act in life:
        act_on(world, act)
        settle(world, act.at)
        seen.append((world.now, world.facts))
    for at, facts in seen:
        then = as_of(world.facts, at)
        assert (then.lead.owner_id, then.lead.status) == (facts.lead.owner_id, facts.lead.status)
        assert (then.changes, then.ledger) == (facts.changes, facts.ledger)
    decide(as_of(world.facts, START + hour * HOUR), world.policy, world.org, START + hour * HOUR, world.loads)


def test_what_was_decided_and_not_committed_yet_had_not_been_done() -> None:
    """The warning took two hours to be written: at 37 h nobody was warned, and a run would have warned."""
    world = World()
    for hour in (0, 36):
        world.look_at_hour(hour)
    entered, warned = world.facts.ledger
    warned = msgspec.structs.replace(warned, committed_at=START + 38 * HOUR)
    late = msgspec.structs.replace(world.facts, ledger=(entered, warned))
    for hour, rows, would_do in ((36, 1, ["Warned"]), (37, 1, ["Warned"]), (38, 2, [])):
        at = START + hour * HOUR
        assert len(as_of(late, at).ledger) == rows
        told = explain(late, world.policy, world.org, START + 39 * HOUR, world.loads, at=at)
        assert [line.partition(":")[0] for line in told.would_do] == would_do
        assert sum(moment.what.startswith("Warned") for moment in told.timeline) == rows - 1


def test_a_lead_that_was_given_away_has_its_new_owner_and_the_row_about_it_at_once() -> None:
    """Both were committed in one transaction, a minute after it was decided."""
    world = lived()
    done = START + 96 * HOUR + HOUR / 60
    facts = msgspec.structs.replace(
        world.facts,
        changes=tuple(
            msgspec.structs.replace(one, at=done) if one.field == "Owner" else one
            for one in world.facts.changes
        ),
        ledger=tuple(
            msgspec.structs.replace(one, committed_at=done) if one.occurred_at == START + 96 * HOUR else one
            for one in world.facts.ledger
        ),
    )
    for at, owner, moves in ((done - HOUR / 120, REP, 0), (done, SECOND_REP, 1)):
        then = as_of(facts, at)
        assert (then.lead.owner_id, sum(one.kind == "Reassigned" for one in then.ledger)) == (owner, moves)
