"""What holds for every life of a lead: nothing twice, nothing early, nothing left undone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsync.core.decide import decide
from sfsync.core.model import Change, Effect, Facts, Kind, Loads, Plan
from tests.core.builders import (
    BEST,
    FAIR,
    GOOD,
    MANAGER,
    MARKETING,
    OPEN,
    POOR,
    QUEUE,
    REPS,
    SHIPPED,
    START,
    World,
    lead,
    org,
)

ORG = org()
INPUTS = (POOR, FAIR, GOOD, BEST)
STATUSES = (OPEN, "Accepted", "Working - Contacted", "Nurture", "Qualified", "Rejected")
LIFETIME = timedelta(days=24)
OWNERS = (*REPS[:3], QUEUE)


class Act(NamedTuple):
    """What somebody does to the lead, so many seconds after its creation."""

    second: int
    what: str
    choice: int

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.second)


seconds = st.integers(1, int(LIFETIME.total_seconds()))
acts = st.lists(
    st.builds(
        Act, seconds, st.sampled_from(["status", "status", "owner", "take", "score"]), st.integers(0, 5)
    ),
    max_size=8,
    unique_by=lambda act: act.second,
).map(sorted)
looks = st.lists(seconds, max_size=20).map(lambda some: [START + timedelta(seconds=one) for one in some])
leads = st.builds(
    lambda owner, inputs: lead(owner_id=OWNERS[owner], values=INPUTS[inputs]),
    st.integers(0, 3),
    st.integers(0, 3),
)
lives = settings(max_examples=120, deadline=None)


def act_on(world: World, act: Act) -> None:
    row = world.facts.lead
    if act.what == "status":
        world.change(
            row.owner_id if row.owner_id in REPS else MANAGER, at=act.at, status=STATUSES[act.choice]
        )
    elif act.what == "owner":
        world.change(MANAGER, at=act.at, owner_id=OWNERS[act.choice % 4])
    elif act.what == "take":
        world.change(REPS[act.choice], at=act.at, owner_id=REPS[act.choice])
    else:
        world.change(MARKETING, at=act.at, values=INPUTS[act.choice % 4])


def settle(world: World, at: datetime) -> None:
    """Look until nothing asks for a look at once, as a worker does; deciding again then finds no effect.

    A lead that enters a band in its queue asks for one: its run has no name before the entry has its Id.
    """
    world.now = max(world.now, at)
    for _ in range(6):
        plan = world.plan = world.decide()
        world.carry_out(plan)
        if plan.next_check == world.now:
            continue
        assert not world.decide().effects
        if (
            plan.owner_id is None
            and plan.status is None
            and (plan.next_check is None or plan.next_check > world.now)
        ):
            assert not world.decide().changes_fields
            return
    raise AssertionError("never settles")


def live(world: World, acts: Sequence[Act], looks: Sequence[datetime] = (), *, prompt: bool = True) -> World:
    """Let the life pass: acts and looks at their times, and, when `prompt`, a look whenever one is due."""
    settle(world, START)
    end = START + LIFETIME
    pending = sorted(
        [(act.at, 0, act) for act in acts] + [(at, 1, None) for at in looks], key=lambda one: one[:2]
    )
    while world.now < end:
        upcoming = pending[0][0] if pending else end
        check = world.plan.next_check if world.plan is not None and prompt else None
        if check is not None and check < upcoming:
            settle(world, check)
            continue
        world.now = upcoming
        if not pending:
            break
        _, _, act = pending.pop(0)
        if act is not None:
            act_on(world, act)
        if prompt or act is None:
            settle(world, world.now)
    settle(world, end)
    return world


def seen(effects: Sequence[Effect]) -> list[tuple[object, ...]]:
    return [
        (
            one.key,
            one.kind,
            one.started_at,
            one.due_at,
            one.occurred_at,
            one.rep,
            one.to_user,
            one.adherent,
            one.detail,
        )
        for one in effects
    ]


@lives
@given(leads, acts, looks, st.booleans())
def test_over_any_life_no_key_comes_twice_and_every_plan_settles(
    row: object, acts: list[Act], looks: list[datetime], prompt: bool
) -> None:
    """`World.carry_out` refuses a key that the ledger has; `settle` a plan that leaves something undone."""
    live(World(Facts(lead=row)), acts, looks, prompt=prompt)  # type: ignore[arg-type]


@lives
@given(leads, acts, looks, st.booleans())
def test_no_step_comes_before_it_is_due_and_none_to_an_owner_who_was_not_warned(
    row: object, acts: list[Act], looks: list[datetime], prompt: bool
) -> None:
    world = live(World(Facts(lead=row)), acts, looks, prompt=prompt)  # type: ignore[arg-type]
    offsets = {
        (ladder.name, rung.step.step): timedelta(seconds=rung.seconds)
        for ladder in SHIPPED.ladders
        for rung in ladder.rungs
    }
    warned: dict[str, datetime] = {}
    for effect in world.done:
        if effect.step is None:
            continue
        assert effect.started_at is not None
        assert effect.due_at is not None
        assert effect.due_at <= effect.occurred_at
        assert effect.due_at - effect.started_at >= offsets[str(effect.clock), effect.step]
        run = f"{effect.clock}:{effect.run}"
        if effect.kind in (Kind.WARNED, Kind.REMINDED):
            warned.setdefault(run, effect.occurred_at)
        elif effect.clock == "accept":
            assert run in warned
        if effect.kind == Kind.REASSIGNED:
            grace = SHIPPED.calendars["office"].due(warned[run], 4 * 3600)
            assert effect.occurred_at >= grace


@lives
@given(leads, acts, looks, st.booleans())
def test_a_run_counts_at_most_once_for_adherence_and_ends_at_most_once(
    row: object, acts: list[Act], looks: list[datetime], prompt: bool
) -> None:
    world = live(World(Facts(lead=row)), acts, looks, prompt=prompt)  # type: ignore[arg-type]
    runs: dict[tuple[str | None, str | None], list[Effect]] = {}
    for effect in world.done:
        if effect.clock is not None:
            runs.setdefault((effect.clock, effect.run), []).append(effect)
    for effects in runs.values():
        assert sum(effect.adherent is not None for effect in effects) <= 1
        assert sum(effect.kind in (Kind.MET, Kind.CLOSED_LATE, Kind.EXCUSED) for effect in effects) <= 1
        assert len({effect.started_at for effect in effects}) == 1


@lives
@given(leads, acts, looks)
def test_looking_more_often_than_needed_changes_nothing(
    row: object, acts: list[Act], looks: list[datetime]
) -> None:
    once = live(World(Facts(lead=row)), acts)  # type: ignore[arg-type]
    often = live(World(Facts(lead=row)), acts, looks)  # type: ignore[arg-type]
    assert seen(often.done) == seen(once.done)
    assert often.facts.lead.owner_id == once.facts.lead.owner_id
    assert often.facts.lead.sla == once.facts.lead.sla


@lives
@given(leads, st.integers(1, 3599))
def test_a_poll_that_comes_late_changes_only_when_a_step_was_done(row: object, late: int) -> None:
    """Up to the first owner change of ours, whose time is that of the poll."""
    world, slow = World(Facts(lead=row)), World(Facts(lead=row))  # type: ignore[arg-type]
    for one in (world, slow):
        settle(one, START)
    delay = timedelta(seconds=late)
    while world.facts.lead.owner_id == lead().owner_id and world.now < START + LIFETIME:
        assert world.plan is not None
        check = world.plan.next_check
        if check is None:
            break
        settle(world, check)
        settle(slow, check + delay)
        assert [one[:4] + one[5:8] for one in seen(slow.done)] == [
            one[:4] + one[5:8] for one in seen(world.done)
        ]


@lives
@given(leads, acts, st.randoms(use_true_random=False))
def test_the_order_of_history_rows_of_one_second_does_not_matter(
    row: object, acts: list[Act], rng: random.Random
) -> None:
    world = live(World(Facts(lead=row)), acts)  # type: ignore[arg-type]
    facts = _in_one_second(world.facts, rng)
    mixed = _mixed(facts, rng)
    now = world.now + timedelta(hours=1)
    assert _plan(mixed, now) == _plan(facts, now)


def _in_one_second(facts: Facts, rng: random.Random) -> Facts:
    """The same life with some neighbouring changes in one second."""
    changes: list[Change] = []
    for change in facts.changes:
        at = changes[-1].at if changes and rng.random() < 0.5 else change.at
        changes.append(msgspec.structs.replace(change, at=max(at, changes[-1].at) if changes else at))
    return msgspec.structs.replace(facts, changes=tuple(changes))


def _mixed(facts: Facts, rng: random.Random) -> Facts:
    """The rows of each second in another order; those about one field keep theirs."""
    left = {field: [one for one in facts.changes if one.field == field] for field in ("Owner", "Status")}
    changes: list[Change] = []
    while any(left.values()):
        first = min(rows[0].at for rows in left.values() if rows)
        rows = rng.choice([rows for rows in left.values() if rows and rows[0].at == first])
        changes.append(rows.pop(0))
    return msgspec.structs.replace(facts, changes=tuple(changes))


def _plan(facts: Facts, now: datetime) -> Plan:
    return decide(facts, SHIPPED, ORG, now, Loads())


@lives
@given(leads, acts, looks)
def test_the_same_facts_give_the_same_plan_and_are_left_as_they_were(
    row: object, acts: list[Act], looks: list[datetime]
) -> None:
    world = live(World(Facts(lead=row)), acts, looks, prompt=False)  # type: ignore[arg-type]
    before = msgspec.json.encode(world.facts)
    now = world.now + timedelta(hours=37)
    copy = msgspec.json.decode(before, type=Facts)
    assert _plan(world.facts, now) == _plan(copy, now) == _plan(world.facts, now)
    assert msgspec.json.encode(world.facts) == before
