"""Whose time a run took: the parts add up to the wall time, and only the last is the rep's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsync.core.blame import split
from sfsync.core.hours import ALWAYS, Calendar
from sfsync.core.model import Effect, Kind, Minutes
from tests.core.builders import HOUR, OFFICE, QUEUE, START, World, lead, policy

MINUTE = timedelta(minutes=1)
BERLIN = Calendar("Europe/Berlin", {day: [("00:00", "06:00")] for day in ("sat", "sun", "mon")})
SPRING = datetime(2027, 3, 27, 23, tzinfo=UTC)
"""Midnight in Berlin before the night that loses an hour: from 2 to 3."""
AUTUMN = datetime(2026, 10, 24, 22, tzinfo=UTC)
"""Midnight in Berlin before the night that has an hour twice."""


def total(minutes: Minutes) -> float:
    parts = (minutes.outside_hours, minutes.paused, minutes.unassigned, minutes.sync, minutes.rep)
    return round(sum(parts), 2)


def hours(since: float, to: float) -> tuple[datetime, datetime]:
    return START + since * HOUR, START + to * HOUR


@pytest.mark.parametrize(
    ("calendar", "start", "end", "expected"),
    [
        (ALWAYS, START, START + 48 * HOUR, Minutes(rep=2880)),
        (OFFICE, START, START + 24 * HOUR, Minutes(outside_hours=16 * 60, rep=8 * 60)),
        (BERLIN, SPRING, SPRING + 5 * HOUR, Minutes(rep=5 * 60)),
        (BERLIN, SPRING, SPRING + 6 * HOUR, Minutes(outside_hours=60, rep=5 * 60)),
        (BERLIN, AUTUMN, AUTUMN + 8 * HOUR, Minutes(outside_hours=60, rep=7 * 60)),
        (ALWAYS, START, START + timedelta(seconds=1), Minutes(rep=0.02)),
        (ALWAYS, START, START, Minutes()),
        (ALWAYS, START + HOUR, START, Minutes()),
    ],
)
def test_hours_in_which_the_calendar_is_closed_are_nobodys(
    calendar: Calendar, start: datetime, end: datetime, expected: Minutes
) -> None:
    assert split(start, end, calendar) == expected


@pytest.mark.parametrize(
    ("pauses", "unassigned", "late", "expected"),
    [
        ([hours(1, 2)], (), (), Minutes(paused=60, rep=540)),
        ([hours(-5, 2), hours(1, 3)], (), (), Minutes(paused=180, rep=420)),
        ((), [hours(0, 4)], [hours(3, 5)], Minutes(unassigned=240, sync=60, rep=300)),
        ([hours(3, 5)], [hours(0, 4)], [hours(0, 99)], Minutes(paused=120, unassigned=180, sync=300)),
        ((), (), [hours(9, 20)], Minutes(sync=60, rep=540)),
        ([hours(20, 21)], (), [hours(10, 12)], Minutes(rep=600)),
    ],
)
def test_a_moment_belongs_to_the_first_cause_that_fits(
    pauses: Any, unassigned: Any, late: Any, expected: Minutes
) -> None:
    assert split(*hours(0, 10), ALWAYS, pauses, unassigned, late) == expected


def test_a_pause_while_the_calendar_is_closed_takes_nothing_away() -> None:
    # In New York START is 4 o'clock: the office opens five hours later.
    found = split(*hours(0, 13), OFFICE, [hours(0, 6)])
    assert found == Minutes(outside_hours=300, paused=60, rep=420)


spans = st.lists(
    st.tuples(st.integers(-3000, 9000), st.integers(0, 4000)).map(
        lambda one: (START + one[0] * MINUTE, START + (one[0] + one[1]) * MINUTE)
    ),
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6000), st.sampled_from([ALWAYS, OFFICE]), spans, spans, spans)
def test_the_parts_are_what_somebody_counts_who_looks_every_minute(
    length: int, calendar: Calendar, pauses: Any, unassigned: Any, late: Any
) -> None:
    counted = dict.fromkeys(("outside_hours", "paused", "unassigned", "sync", "rep"), 0.0)
    for minute in range(length):
        at = START + minute * MINUTE
        causes = (
            ("outside_hours", not calendar.is_open(at)),
            ("paused", _within(at, pauses)),
            ("unassigned", _within(at, unassigned)),
            ("sync", _within(at, late)),
            ("rep", True),
        )
        counted[next(cause for cause, fits in causes if fits)] += 1
    found = split(START, START + length * MINUTE, calendar, pauses, unassigned, late)
    assert found == Minutes(**counted)


def _within(at: datetime, some: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(since <= at < to for since, to in some)


@given(st.integers(1, 10**7), st.lists(st.integers(0, 10**7), min_size=2, max_size=2).map(sorted))
def test_whatever_is_rounded_the_parts_add_up(length: int, span: list[int]) -> None:
    start, end = START, START + timedelta(seconds=length)
    late = [(START + timedelta(seconds=span[0]), START + timedelta(seconds=span[1]))]
    found = split(start, end, OFFICE, (), (), late)
    assert total(found) == pytest.approx(length / 60, abs=0.0051)
    assert min(found.outside_hours, found.sync, found.rep) >= 0


def of(effects: list[Effect], kind: Kind) -> Minutes:
    (found,) = [effect.minutes for effect in effects if effect.kind is kind]
    assert found is not None
    return found


def climbed(*looks: float, made: World | None = None) -> World:
    made = made or World()
    for hour in looks:
        made.look_at_hour(hour)
    return made


def test_a_ladder_climbed_on_time_charges_the_rep_with_all_of_it() -> None:
    world = climbed(0, 36, 48, 72, 96)
    assert of(world.done, Kind.BREACHED) == Minutes(rep=48 * 60)
    assert of(world.done, Kind.CLOSED_LATE) == Minutes(rep=96 * 60)
    assert all(
        effect.minutes is None
        for effect in world.done
        if effect.kind not in (Kind.BREACHED, Kind.CLOSED_LATE)
    )


def test_what_an_outage_took_is_not_the_reps() -> None:
    """Nobody looked from the first hour to the forty-second: the warning of hour 36 came six hours late."""
    world = climbed(1, 42, 48)
    assert of(world.done, Kind.BREACHED) == Minutes(sync=(1 + 6) * 60, rep=41 * 60)


def test_without_any_notice_the_time_since_it_was_due_is_ours() -> None:
    world = climbed(0, 50)
    assert of(world.done, Kind.BREACHED) == Minutes(sync=12 * 60, rep=36 * 60)


def test_a_lead_that_closes_late_divides_its_time_until_the_end() -> None:
    world = climbed(0, 36, 48)
    world.accept(START + 60 * HOUR)
    world.look_at_hour(61)
    assert of(world.done, Kind.CLOSED_LATE) == Minutes(rep=60 * 60)


def test_a_lead_that_nobody_has_is_charged_to_nobody() -> None:
    made = World(policy=policy(routing=lambda document: document.update(capacity=1)))
    made.facts = type(made.facts)(lead=lead(owner_id=QUEUE))
    made.loads = type(made.loads)(dict.fromkeys(made.org.users, 9))
    climbed(0, made=made)
    made.look_at_hour(0, seconds=1)
    world = climbed(8, made=made)
    assert of(world.done, Kind.BREACHED) == Minutes(unassigned=8 * 60)


def test_in_office_hours_the_counted_parts_are_the_time_that_the_clock_gives() -> None:
    def office(document: Any) -> None:
        document["clocks"]["accept"] |= {"hours": "office", "time": "16 hours"}
        document["clocks"]["accept"]["steps"] = document["clocks"]["accept"]["steps"][:1]

    world = climbed(0, *range(8, 60, 4), made=World(policy=policy(sla=office)))
    found = of(world.done, Kind.BREACHED)
    assert found.sync + found.rep == 16 * 60
    assert total(found) == (5 + 24 + 8) * 60


def test_until_the_org_has_what_tells_the_owner_the_time_is_ours() -> None:
    """Between a decision and its commit hours may pass: the owner can know of nothing before."""
    world = climbed(1, 42)
    ledger = [
        msgspec.structs.replace(row, committed_at=row.occurred_at + 2 * HOUR) for row in world.facts.ledger
    ]
    world.facts = msgspec.structs.replace(world.facts, ledger=tuple(ledger))
    world.look_at_hour(48)
    assert of(world.done, Kind.BREACHED) == Minutes(sync=(1 + 2 + 6 + 2) * 60, rep=37 * 60)
