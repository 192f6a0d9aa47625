"""Business time: speed of an operation, and agreement with a wall clock read minute by minute.

    .venv/bin/python -m benchmarks.bench_hours [--cases 1000000] [--seed 1]

Prints microseconds an operation (median of rounds) and the number of random cases in which `due` and
`elapsed` agree with the oracle of tests/core/strategies.py. Any disagreement is printed and fails the run.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsync.core.hours import ALWAYS, Calendar
from tests.core.strategies import DAYS, EVENTFUL_ZONES, MONTHS, RECURRENCES, ZONES, WallClock, clock

WINDOW_DAYS = 21
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


def compare(cases: int, seed: int) -> tuple[int, int]:
    """Cases compared, and how many disagreed (each one printed)."""
    rng = random.Random(seed)
    done = wrong = 0
    while done < cases:
        near = EPOCH + timedelta(minutes=rng.randrange(63 * 365 * 1440))
        if rng.random() < 0.5:
            # Most zones change their clocks in these weeks.
            near = near.replace(month=rng.choice((3, 10)), day=rng.randrange(7, 16))
        spec = some_calendar(rng, near)
        calendar, oracle = Calendar(**spec), WallClock(spec, near, WINDOW_DAYS)
        for _ in range(min(CASES_A_CALENDAR, cases - done)):
            start = near + timedelta(seconds=rng.randrange(60, WINDOW_DAYS * 86_400))
            end = near + timedelta(seconds=rng.randrange(60, WINDOW_DAYS * 86_400))
            seconds = rng.choice((0, rng.randrange(3600), rng.randrange(40 * 3600)))
            due = oracle.due(start, seconds)
            agrees = (
                calendar.elapsed(start, end) == oracle.elapsed(start, end)
                and calendar.is_open(end) == oracle.is_open(end)
                and (due is None or calendar.due(start, seconds) == due)
            )
            if not agrees:
                wrong += 1
                print(f"disagreement: {spec} start {start} end {end} seconds {seconds} due {due}")
            done += 1
    return done, wrong


def microseconds(operation: Callable[..., object], asked: list[tuple[Any, ...]]) -> float:
    """The median over rounds of the mean time of an operation, nothing being asked twice in a round."""
    rounds: list[float] = []
    for _ in range(7):
        begun = time.perf_counter()
        for arguments in asked:
            operation(*arguments)
        rounds.append((time.perf_counter() - begun) / len(asked) * 1e6)
    return statistics.median(rounds)


def speeds(seed: int) -> None:
    rng = random.Random(seed)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    starts = [begin + timedelta(seconds=rng.randrange(365 * 86_400)) for _ in range(100_000)]
    alone: list[tuple[Any, ...]] = [(start,) for start in starts]
    lengths: list[tuple[Any, ...]] = [(start, 172_800) for start in starts]
    pairs: list[tuple[Any, ...]] = [
        (start, start + timedelta(seconds=rng.randrange(14 * 86_400))) for start in starts
    ]
    holidays = [f"{year}-12-25" for year in range(2020, 2030)]
    for name, calendar in (("New York", Calendar("America/New_York", OFFICE, holidays)), ("24x7", ALWAYS)):
        calendar.due(begin + timedelta(days=365), 40 * 3600)
        for operation, call, asked in (
            ("due", calendar.due, lengths),
            ("elapsed", calendar.elapsed, pairs),
            ("next_open", calendar.next_open, alone),
            ("is_open", calendar.is_open, alone),
        ):
            print(f"{name:9} {operation:10} {microseconds(call, asked):6.2f} µs")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    speeds(chosen.seed)
    begun = time.perf_counter()
    done, wrong = compare(chosen.cases, chosen.seed)
    print(
        f"{done:,} random cases against a wall clock: {wrong} disagree, {time.perf_counter() - begun:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
