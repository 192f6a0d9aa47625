"""How much of everything a seed has, and the lengths of time that all of it is about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MINUTE, HOUR, DAY = 60, 3600, 86_400
MONDAY = 1_793_610_000  # Mon 2026-11-02 09:00:00 UTC

REQUESTS = 110_000
"""API requests that the org's day has."""

COMPARES = 6 * HOUR + 10 * MINUTE
"""So long it takes until the whole index has been compared with the org once more."""

COMPARED = 2 * 3
"""Calls that a comparison costs besides: a look at the leads that were converted, which also reads what their events
look up, delivered twice at the worst.
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything.

    Attributes:
        interval: seconds from one poll to the next.
        waves: leads come in so many; those of one within a minute, and people see to several of them at a time.
        faults: at most so many a seed.
        rates: how likely a fault is at each port call; one is drawn for the seed.
        acting: how likely somebody acts at each port call; one is drawn for the seed.
        slow: how likely a worker that is about to write is held up for a while, in a week in which anything goes
            wrong.
        held_up: at most so often a seed.
        twice: how likely a message is delivered twice.
        only: the kinds of faults there are; empty for all.
        limited: how likely it is that few owner and band changes are allowed.
        changed: how likely it is that another policy is deployed in the middle of the week, that the office changes
            its hours, and that the week begins with the other policy, each by itself.
        archived: how likely it is that the ledger of leads that are over is archived.
        switched: how likely it is that all is switched off for a while, or only logged.
        paged: how likely it is that a page of a query's rows is short, and that people change several leads at once.
    """

    leads: int = 2
    waves: int = 2
    days: int = 5
    interval: int = MINUTE
    processes: int = 2
    faults: int = 3
    rates: tuple[float, ...] = (0.0, 0.005, 0.02, 0.08)
    acting: tuple[float, ...] = (0.0, 0.0, 0.01, 0.05)
    slow: float = 0.002
    held_up: int = 3
    twice: float = 0.03
    only: tuple[str, ...] = ()
    limited: float = 0.0
    changed: float = 0.0
    archived: float = 0.0
    switched: float = 0.1
    paged: float = 0.0

    @property
    def detected(self) -> int:
        """The detector comes by every quarter of an hour and finds what is two intervals late."""
        return 15 * MINUTE + 3 * self.interval + 2 * MINUTE

    @property
    def recovers(self) -> int:
        """After a fault: claims of ten minutes and the detector's quarter of an hour have run out, twice over."""
        return 2 * (23 * MINUTE + self.interval)


SMALL = Size()
HARSH = Size(
    leads=3,
    waves=3,
    days=6,
    processes=3,
    faults=6,
    rates=(0.01, 0.03),
    acting=(0.01, 0.05),
    slow=0.05,
    twice=0.3,
)
RACY = Size(
    days=2,
    processes=3,
    faults=1,
    rates=(0.001,),
    acting=(0.05,),
    slow=0.3,
    held_up=10,
    twice=0.5,
)
FULL = Size(
    leads=20,
    waves=4,
    days=7,
    interval=5 * MINUTE,
    processes=3,
    faults=8,
    rates=(0.0, 0.003, 0.01, 0.03),
    acting=(0.0, 0.002, 0.01, 0.03),
    held_up=6,
    twice=0.1,
    limited=0.15,
    changed=0.15,
    archived=0.15,
    paged=0.1,
)


@dataclass(slots=True)
class Outcome:
    """What became of a seed.

    Attributes:
        seed: its name, a number and the ways taken at its partings.
        broken: the promise that does not hold.
        trace: the time, who, and what.
    """

    seed: str
    broken: str | None = None
    trace: list[tuple[int, str, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    states: set[str] = field(default_factory=set)
    calls: int = 0
