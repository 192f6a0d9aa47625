"""A run's time by cause (design.md section 6): only the last part is charged to a rep.

The parts add up to the wall time from the run's start to its end. Each moment belongs to the first of these
that fits:

- outside hours: the clock's calendar was closed;
- paused: the clock stood still;
- unassigned: the lead waited in a queue, nobody could act on it;
- sync: sfsync was late. It had not yet told the owner of the lead (its band was entered later than it counts
  from), or had not yet given the notice that the ladder promises before the deadline; what it says counts from
  its commit;
- rep: the rest.

So unassigned, sync and rep together are what the clock counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate, pairwise

from sfsync.core.clock import NOTICES, Ladder, Run
from sfsync.core.hours import Calendar
from sfsync.core.model import Entry, Kind, Minutes, is_queue

Spans = Sequence[tuple[datetime, datetime]]
"""Pairs of from and to, in any order, overlapping or not; they may reach beyond the run."""


def minutes(
    ladder: Ladder, run: Run, start: datetime, end: datetime, ledger: Iterable[Entry], pauses: Spans = ()
) -> Minutes:
    """The time of this run from `start` to `end` by cause, as the lead's ledger shows it."""
    unassigned: Spans = [(start, end)] if is_queue(run.owner_id) else ()
    return split(
        start, end, ladder.calendar, pauses, unassigned, _late(ladder, run, start, end, ledger, pauses)
    )


def split(
    start: datetime,
    end: datetime,
    calendar: Calendar,
    pauses: Spans = (),
    unassigned: Spans = (),
    late: Spans = (),
) -> Minutes:
    """The time from `start` to `end` by cause, in minutes to the hundredth that add up exactly."""
    if end <= start:
        return Minutes()
    taken: list[tuple[datetime, datetime]] = []
    left = [(end - start).total_seconds()]
    for spans in ((), pauses, unassigned, late):
        taken += spans
        left.append(calendar.elapsed(start, end, taken))
    parts = [before - after for before, after in pairwise([*left, 0.0])]
    # Rounding the running sum, not the parts: the parts of a rounded sum add up to it.
    marks = [round(total * 100 / 60) for total in accumulate(parts, initial=0.0)]
    outside_hours, paused, queued, sync, rep = ((to - since) / 100 for since, to in pairwise(marks))
    return Minutes(outside_hours=outside_hours, paused=paused, unassigned=queued, sync=sync, rep=rep)


def _late(
    ladder: Ladder, run: Run, start: datetime, end: datetime, ledger: Iterable[Entry], pauses: Spans
) -> Spans:
    """When the owner did not know yet what sfsync was to tell."""
    found: list[tuple[datetime, datetime]] = []
    told: datetime | None = None
    for entry in ledger:
        if entry.kind == Kind.BAND_ENTERED and entry.started_at is not None:
            found.append((entry.started_at, max(entry.started_at, entry.told_at)))
        elif entry.kind in NOTICES and entry.run == run.id and entry.clock in (ladder.name, ladder.clock.was):
            told = min(told or entry.told_at, entry.told_at)
    if ladder.notice is not None and ladder.notice.seconds < ladder.clock.time:
        promised = ladder.after(start, ladder.notice, pauses)
        found.append((promised, max(promised, told or end)))
    return found
