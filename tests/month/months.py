"""Random months: who does what to thirty leads, and when sfsync looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from hypothesis import strategies as st

HOUR, DAY = 3600, 86400
LENGTH = 31 * DAY
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")

MONTHS = (date(2026, 10, 12), date(2026, 3, 2), date(2026, 12, 7))
"""The first holds the end of summer time in Europe and America, the second its beginning, the third Christmas."""

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata")
HOLIDAYS = ["2026-03-17", "2026-10-12", "2026-10-30", "2026-11-11", "2026-12-24", "2026-12-25", "2027-01-01"]
NINE_TO_FIVE: dict[str, Any] = {day: [["09:00", "17:00"]] for day in WEEKDAYS}
WITH_LUNCH: dict[str, Any] = {day: [["08:30", "12:00"], ["13:00", "17:15"]] for day in WEEKDAYS[:4]}
SIX_DAYS: dict[str, Any] = {day: [["00:00", "24:00"]] for day in (*WEEKDAYS, "sat")}
NIGHTS: dict[str, Any] = {day: [["22:00", "06:00"]] for day in ("mon", "tue", "wed", "fri", "sat")}
NEVER_AT_NOON: dict[str, Any] = {day: [["13:00", "12:00"]] for day in (*WEEKDAYS, "sun")}
SHORT_DAYS: dict[str, Any] = {
    "2026-10-16": [["10:00", "12:00"]],
    "2026-10-31": [["20:00", "04:00"]],
    "2026-10-30": [],
    "2026-03-07": [["22:00", "05:00"]],
    "2026-03-13": [],
    "2026-03-17": [["09:00", "09:30"]],
    "2026-12-18": [["06:00", "07:00"], ["20:00", "24:00"]],
    "2026-12-25": [["09:00", "13:00"]],
}
PARTIES: dict[str, Any] = {
    day: [["11:30", "15:00"]] for day in ("2026-10-15", "2026-11-11", "2026-03-09", "2026-12-16")
}
PARTIES |= {day: [["00:00", "02:30"]] for day in ("2026-10-25", "2026-10-31", "2026-03-14", "2026-12-19")}
ORDINARY: dict[str, Any] = {"holidays": [], "closings": {}, "special": {}}
OFFICES: tuple[dict[str, Any], ...] = (
    ORDINARY | {"tz": "America/New_York", "week": NINE_TO_FIVE, "holidays": HOLIDAYS},
    ORDINARY | {"tz": "Europe/Berlin", "week": WITH_LUNCH, "holidays": HOLIDAYS},
    ORDINARY | {"tz": "Asia/Kolkata", "week": SIX_DAYS},
    ORDINARY | {"tz": "Europe/Berlin", "week": NIGHTS, "holidays": HOLIDAYS, "closings": PARTIES},
    ORDINARY | {"tz": "America/New_York", "week": NINE_TO_FIVE, "special": SHORT_DAYS, "closings": PARTIES},
    ORDINARY | {"tz": "America/New_York", "week": NEVER_AT_NOON, "holidays": HOLIDAYS, "special": SHORT_DAYS},
)
"""Hours by day, over noon, over midnight; holidays, closings by the wall, and days with hours of their own."""

INTERVALS = (1, 60, 300, 900, HOUR)
DELAYS = (0, 0, 1, 45, 2 * HOUR)
ACTS = (
    *("accept", "accept", "unaccept", "work", "status", "status", "owner", "owner", "take", "take"),
    *("score", "score", "call", "call", "call", "call", "answered", "email task", "other task"),
    *(
        "someone's call",
        "meeting",
        "meeting ahead",
        "meeting late",
        "call late",
        "call late",
        "email",
        "reply",
        "reply late",
    ),
    *(
        "complete",
        "accept late",
        "hold",
        "hold",
        "convert",
        "delete",
        "merge",
        "unlog",
        "moves",
        "exempt",
        "prefers",
        "staff",
    ),
)
JITTER = (0, 0, 0, 1, -1, 1801, 17 * 60 + 3, -20 * 60)
ACT = 720 * 2 * len(JITTER) * len(ACTS) * 24
LIFE = 9 * 8 * 4 * 4
UNTRACKED = 10 * 700
REBUILT = 2 * len(OFFICES) * 600
VARIANTS = (
    "shipped",
    "shipped",
    "email_message",
    "on hold",
    "no taking",
    "before due",
    "territories",
    "territories",
)


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does; `choice` says to whom, with what, and how late it is known."""

    at: int
    what: str
    choice: int


@dataclass(frozen=True, slots=True)
class Life:
    """A lead's creation, in seconds from the month's first, and all that people do to it."""

    created: int
    owner: int
    inputs: int
    acquired: int
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a sales floor.

    Attributes:
        first: its first second.
        interval: between polls; gaps: when sfsync was down, or could give nobody a lead (`withheld`).
        reps: how many are there from the start; the others are inactive.
        delay: the seconds that some writes take, from the decision on.
        rebuilt: when the org's hours become those of another office, and which.
        untracked: whose history the org does not keep, from then till then.
    """

    first: int
    office: int
    variant: str
    interval: int
    reps: int
    delay: int
    untracked: tuple[tuple[str, int, int], ...]
    rebuilt: tuple[tuple[int, int], ...]
    gaps: tuple[tuple[int, int], ...]
    withheld: tuple[tuple[int, int], ...]
    order: int
    lives: tuple[Life, ...]


def _act(created: int, number: int) -> Act:
    """Half of all acts are in the first days of a lead, and many at a whole hour of its life or beside one."""
    number, hour = divmod(number, 720)
    number, dense = divmod(number, 2)
    number, jitter = divmod(number, len(JITTER))
    choice, what = divmod(number, len(ACTS))
    at = created + (hour // 6 if dense else hour) * HOUR + JITTER[jitter]
    return Act(max(created + 1, at), ACTS[what], choice)


def _life(hour: int, start: int, acts: list[int]) -> Life:
    start, owner = divmod(start, 9)
    start, inputs = divmod(start, 8)
    created = hour * HOUR + (0, 0, 7, 1800)[start % 4]
    return Life(
        created,
        owner,
        inputs,
        start // 4,
        tuple(sorted((_act(created, one) for one in acts), key=lambda a: a.at)),
    )


_acts = st.lists(st.integers(0, ACT - 1), max_size=12)
_life_of = st.builds(_life, st.integers(-48, 400), st.integers(0, LIFE - 1), _acts)
_gaps = st.lists(st.tuples(st.integers(0, 700), st.integers(1, 120)), max_size=2)


def _spans(found: list[tuple[int, int]], most: int) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((at * HOUR, (at + min(length, most)) * HOUR) for at, length in found))


def _untracked(number: int) -> tuple[tuple[str, int, int], ...]:
    """In six months of ten all history is kept; in others none of some field, or none for twenty days."""
    begins, kind = divmod(number, 10)
    fields = {6: ["Owner"], 7: ["Status"], 8: ["Owner", "Status"], 9: ["Owner", "Status"]}.get(kind, [])
    span = (-10 * DAY, 2 * LENGTH) if kind == 9 else (begins * HOUR, begins * HOUR + 20 * DAY)
    return tuple((name, *span) for name in fields)


def _rebuilt(number: int) -> tuple[tuple[int, int], ...]:
    """In every other month the hours change once."""
    number, office = divmod(number // 2, len(OFFICES)) if number % 2 else (0, -1)
    return ((number * HOUR, office),) if office >= 0 else ()


@st.composite
def months(draw: st.DrawFn, leads: int = 30) -> Month:
    """A month with so many leads."""
    first = draw(st.sampled_from(MONTHS))
    return Month(
        int(datetime(first.year, first.month, first.day, 6, tzinfo=UTC).timestamp()),
        draw(st.integers(0, len(OFFICES) - 1)),
        draw(st.sampled_from(VARIANTS)),
        draw(st.sampled_from(INTERVALS)),
        draw(st.sampled_from((6, 6, 3, 2, 1))),
        draw(st.sampled_from(DELAYS)),
        _untracked(draw(st.integers(0, UNTRACKED - 1))),
        _rebuilt(draw(st.integers(0, REBUILT - 1))),
        _spans(draw(_gaps), 120),
        _spans(draw(st.lists(st.tuples(st.integers(0, 700), st.integers(1, 6)), max_size=1)), 6),
        draw(st.integers(0, 1 << 20)),
        tuple(draw(st.lists(_life_of, min_size=leads, max_size=leads))),
    )


def month(random: Random, leads: int, variant: str | None = None) -> Month:
    """The same without Hypothesis: by chance, but the same for the same chance."""
    first = random.choice(MONTHS)
    lives = (
        _life(random.randrange(-48, 400), random.randrange(LIFE), [random.randrange(ACT) for _ in range(10)])
        for _ in range(leads)
    )
    return Month(
        int(datetime(first.year, first.month, first.day, 6, tzinfo=UTC).timestamp()),
        random.randrange(len(OFFICES)),
        variant or random.choice(VARIANTS),
        random.choice(INTERVALS),
        random.choice((6, 6, 3, 2, 1)),
        random.choice(DELAYS),
        _untracked(random.randrange(UNTRACKED)),
        _rebuilt(random.randrange(REBUILT)),
        _spans([(random.randrange(700), random.randrange(1, 100))], 120),
        (),
        random.randrange(1 << 20),
        tuple(lives),
    )
