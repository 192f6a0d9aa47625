"""Business time: speed of an operation, and agreement with a wall clock read minute by minute.

    .venv/bin/python -m benchmarks.bench_hours [--cases 1000000] [--seed 1]

Prints microseconds an operation, and in how many random cases `due`, `elapsed`, both of them with pauses, `next_open`
and `is_open` agree with the oracle of tests/core/strategies.py. An operation beyond its mark (2 µs, and 1 µs more for
each pause, which is to be looked up at both its ends) fails the run. So does a disagreement, and it is printed.

The oracle watches its wall clock for some weeks. What lies after them it cannot tell; there the answer must only lie
after them, too. The cases in which that is so of one of the answers are counted.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsync.core.hours import ALWAYS, Calendar
from tests.core.strategies import DAYS, EVENTFUL_ZONES, MONTHS, RECURRENCES, ZONES, WallClock, clock

WINDOW_DAYS = 21
"""Everything that is asked begins in these days, in which holidays and special hours are, too."""

WATCHED_DAYS = 35
MARK = 2.0
MARK_OF_A_PAUSE = 1.0
BATCH = 100
CASES_A_CALENDAR = 2_500
EPOCH = datetime(1975, 1, 1, tzinfo=UTC)
OFFICE = {day: [["09:00", "12:30"], ["13:30", "17:30"]] for day in DAYS[:5]}


def some_spans(rng: random.Random) -> list[list[str]]:
    return [
        [clock(rng.randrange(1440)), clock(rng.randrange(1441))] for _ in range(rng.choice((0, 1, 1, 2, 3)))
    ]


def some_holiday(rng: random.Random, near: datetime) -> str | dict[str, Any]:
    day = near.date() + timedelta(days=rng.randrange(WINDOW_DAYS))
    if rng.random() < 0.4:
        return day.isoformat()
    begins = rng.randrange(1439)
    row: dict[str, Any] = {
        "IsAllDay": rng.random() < 0.5,
        "StartTimeInMinutes": begins,
        "EndTimeInMinutes": rng.randrange(begins + 1, 1441),
        "ActivityDate": day.isoformat(),
        "IsRecurrence": rng.random() < 0.7,
    }
    if row["IsRecurrence"]:
        row |= {
            "RecurrenceType": rng.choice(RECURRENCES),
            "RecurrenceStartDate": (day - timedelta(days=rng.randrange(800))).isoformat(),
            "RecurrenceEndDateOnly": (day + timedelta(days=rng.randrange(800))).isoformat(),
            "RecurrenceInterval": rng.randrange(1, 6),
            "RecurrenceDayOfWeekMask": rng.randrange(1, 128),
            "RecurrenceDayOfMonth": rng.randrange(1, 32),
            "RecurrenceInstance": rng.choice(("First", "Second", "Third", "Fourth", "Last")),
            "RecurrenceMonthOfYear": rng.choice(MONTHS),
        }
    return row


def some_calendar(rng: random.Random, near: datetime) -> dict[str, Any]:
    week = {day: some_spans(rng) for day in DAYS} if rng.random() < 0.8 else OFFICE
    about = [near.date() + timedelta(days=n) for n in range(WINDOW_DAYS)]
    return {
        "tz": rng.choice(ZONES if rng.random() < 0.7 else EVENTFUL_ZONES),
        "week": week if any(week.values()) else OFFICE,
        "holidays": [some_holiday(rng, near) for _ in range(rng.randrange(4))],
        "special_hours": {day.isoformat(): some_spans(rng) for day in rng.sample(about, rng.randrange(3))},
    }


def some_pauses(rng: random.Random, near: datetime) -> list[tuple[datetime, datetime]]:
    """As many as three, in any order, overlapping or not, some of them without length."""
    begins = [near + timedelta(seconds=rng.randrange(WINDOW_DAYS * 86_400)) for _ in range(rng.randrange(4))]
    return [
        (begin, begin + timedelta(seconds=rng.choice((0, rng.randrange(86_400), rng.randrange(604_800)))))
        for begin in begins
    ]


def uses_up(
    oracle: WallClock,
    start: datetime,
    due: datetime,
    seconds: int,
    pauses: Sequence[tuple[datetime, datetime]],
) -> bool | None:
    """Whether these seconds, at least one, are over at `due` and not before; None where the oracle cannot tell."""
    if due > oracle.until:
        return None if oracle.elapsed(start, oracle.until, pauses) < seconds else False
    return oracle.elapsed(start, due, pauses) == seconds and (
        oracle.elapsed(start, due - timedelta(seconds=1), pauses) < seconds
    )


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked of one calendar."""

    start: datetime
    end: datetime
    seconds: int
    pauses: list[tuple[datetime, datetime]]

    @classmethod
    def of(cls, rng: random.Random, near: datetime) -> Case:
        return cls(
            start=near + timedelta(seconds=rng.randrange(60, WINDOW_DAYS * 86_400)),
            end=near + timedelta(seconds=rng.randrange(60, WINDOW_DAYS * 86_400)),
            seconds=rng.choice((0, rng.randrange(3600), rng.randrange(40 * 3600))),
            pauses=some_pauses(rng, near),
        )

    def answers(self, calendar: Calendar, oracle: WallClock) -> Iterator[bool | None]:
        """Whether each answer agrees; None where the oracle cannot tell and the answer lies after its days."""
        start, end, seconds, pauses = self.start, self.end, self.seconds, self.pauses
        yield calendar.elapsed(start, end) == oracle.elapsed(start, end)
        yield calendar.elapsed(start, end, pauses) == oracle.elapsed(start, end, pauses)
        yield calendar.is_open(end) == oracle.is_open(end)
        for answer, told in (
            (calendar.next_open(end), oracle.next_open(end)),
            (calendar.due(start, seconds), oracle.due(start, seconds)),
        ):
            yield (None if answer >= oracle.until else False) if told is None else answer == told
        if seconds:
            yield uses_up(oracle, start, calendar.due(start, seconds, pauses), seconds, pauses)


def compare(cases: int, seed: int) -> tuple[int, int]:
    """In how many cases something disagreed (each one printed), and in how many something could not be told."""
    rng = random.Random(seed)
    done = wrong = untold = 0
    while done < cases:
        near = EPOCH + timedelta(minutes=rng.randrange(63 * 365 * 1440))
        if rng.random() < 0.5:
            # Most zones change their clocks in these weeks.
            near = near.replace(month=rng.choice((3, 10)), day=rng.randrange(7, 16))
        spec = some_calendar(rng, near)
        calendar, oracle = Calendar(**spec), WallClock(spec, near, WATCHED_DAYS)
        for _ in range(min(CASES_A_CALENDAR, cases - done)):
            case = Case.of(rng, near)
            agree = list(case.answers(calendar, oracle))
            if False in agree:
                wrong += 1
                print(f"disagreement: {spec} {case} {agree}")
            untold += None in agree
            done += 1
    return wrong, untold


def microseconds(operation: Callable[..., object], asked: list[tuple[Any, ...]]) -> float:
    """The median of what an operation takes; timed by the hundred, so that what interrupts one counts once."""
    taken: list[float] = []
    for _ in range(3):
        for first in range(0, len(asked), BATCH):
            batch = asked[first : first + BATCH]
            begun = time.perf_counter_ns()
            for arguments in batch:
                operation(*arguments)
            taken.append((time.perf_counter_ns() - begun) / len(batch) / 1000)
    return statistics.median(taken)


def two_pauses(rng: random.Random, start: datetime) -> list[tuple[datetime, datetime]]:
    first = start + timedelta(seconds=rng.randrange(3 * 86_400))
    second = first + timedelta(seconds=rng.randrange(86_400, 3 * 86_400))
    return [(first, first + timedelta(hours=8)), (second, second + timedelta(hours=20))]


def speeds(seed: int) -> bool:
    """Whether each operation keeps to its mark; each is printed."""
    rng = random.Random(seed)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    starts = [begin + timedelta(seconds=rng.randrange(365 * 86_400)) for _ in range(50_000)]
    alone: list[tuple[Any, ...]] = [(start,) for start in starts]
    lengths: list[tuple[Any, ...]] = [(start, 172_800) for start in starts]
    pairs: list[tuple[Any, ...]] = [
        (start, start + timedelta(seconds=rng.randrange(14 * 86_400))) for start in starts
    ]
    pauses = [two_pauses(rng, start) for start in starts]
    holidays = [f"{year}-12-25" for year in range(2020, 2030)]
    kept = True
    for name, calendar in (("New York", Calendar("America/New_York", OFFICE, holidays)), ("24x7", ALWAYS)):
        calendar.due(begin + timedelta(days=365), 40 * 3600)
        for operation, call, asked, paused in (
            ("due", calendar.due, lengths, 0),
            ("elapsed", calendar.elapsed, pairs, 0),
            ("next_open", calendar.next_open, alone, 0),
            ("is_open", calendar.is_open, alone, 0),
            ("due", calendar.due, [(*one, two) for one, two in zip(lengths, pauses, strict=True)], 2),
            ("elapsed", calendar.elapsed, [(*one, two) for one, two in zip(pairs, pauses, strict=True)], 2),
        ):
            median, mark = microseconds(call, asked), MARK + paused * MARK_OF_A_PAUSE
            kept &= median <= mark
            told = f"{operation}, {paused} pauses" if paused else operation
            print(f"{name:9} {told:17} {median:6.2f} µs of {mark:g}{'' if median <= mark else ': too slow'}")
    return kept


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    kept = speeds(chosen.seed)
    begun = time.perf_counter()
    wrong, untold = compare(chosen.cases, chosen.seed)
    print(
        f"{chosen.cases:,} random cases against a wall clock: {wrong:,} disagree; in {untold:,} an answer lies after "
        f"the {WATCHED_DAYS} days that it was watched; {time.perf_counter() - begun:.0f} s"
    )
    return 0 if kept and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
