"""Opening times on the one time line that has no jumps: UTC.

Local opening hours are wall-clock spans; here they become instants, and business time becomes a sum that
can be looked up. A moment is open when the local wall clock then reads a time inside a span. So a span over
a night in spring is an hour shorter, one in autumn an hour longer; a time that the clock jumps over begins
where it lands; and an hour that the clock shows twice counts both times.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, chain
from typing import TypeVar
from zoneinfo import ZoneInfo

SECONDS_A_DAY = 24 * 3600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The day count of datetime.date (1 is 0001-01-01) at the epoch.
EPOCH_ORDINAL = _EPOCH.toordinal()

Span = tuple[int, int]
"""An opening and its closing, in seconds of one time line; open at the first, closed at the second."""

Moment = TypeVar("Moment", int, datetime)

# No zone of the tz database has ever changed its offset twice within 6 days: every 2 days none is missed.
_PROBE_SECONDS = 2 * SECONDS_A_DAY


def union(spans: Iterable[tuple[Moment, Moment]]) -> list[tuple[Moment, Moment]]:
    """The same time as spans in order that neither overlap nor touch."""
    merged: list[tuple[Moment, Moment]] = []
    for opens, closes in sorted(spans):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


def without(spans: Iterable[Span], closings: Iterable[Span]) -> list[Span]:
    """The time of `spans` (in order, apart) that no closing covers."""
    left = list(spans)
    for shut, reopened in closings:
        left = [
            piece
            for opens, closes in left
            for piece in ((opens, min(closes, shut)), (max(opens, reopened), closes))
            if piece[0] < piece[1]
        ]
    return left


def start_of_year(year: int) -> int:
    """Epoch seconds of 1 January 00:00:00 UTC."""
    return (date(year, 1, 1).toordinal() - EPOCH_ORDINAL) * SECONDS_A_DAY


@lru_cache(maxsize=8192)
def offsets(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """The UTC offsets of `zone` during a UTC year: (from, to, offset) in seconds, in order, without gaps."""
    tz = ZoneInfo(zone)

    def offset_at(second: int) -> int:
        offset = (_EPOCH + timedelta(seconds=second)).astimezone(tz).utcoffset()
        assert offset is not None  # an aware datetime has one
        return offset.days * SECONDS_A_DAY + offset.seconds

    begin, end = start_of_year(year), start_of_year(year + 1)
    found: list[tuple[int, int, int]] = []
    since, now = begin, offset_at(begin)
    for probe in [*range(begin + _PROBE_SECONDS, end - 1, _PROBE_SECONDS), end - 1]:
        if (then := offset_at(probe)) != now:
            earliest = max(since, probe - _PROBE_SECONDS)
            between = range(earliest, probe)
            change = earliest + bisect_left(between, True, key=lambda s: offset_at(s) == then)
            found.append((since, change, now))
            since, now = change, then
    return (*found, (since, end, now))


def instants(zone: str, year: int, local_spans: Callable[[int, int], Iterable[Span]]) -> list[Span]:
    """The UTC spans within a UTC year at which the wall clock of `zone` reads a time inside a local span.

    Args:
        local_spans: the local spans that matter between two local seconds (wall clock, counted as if from an
            epoch without offset), in order and apart.
    """
    pieces: list[Span] = []
    for begin, end, offset in offsets(zone, year):
        for opens, closes in local_spans(begin + offset, end + offset):
            piece = (max(opens - offset, begin), min(closes - offset, end))
            if piece[0] < piece[1]:
                pieces.append(piece)
    return union(pieces)


@dataclass(frozen=True, slots=True)
class Table:
    """Opening times of a run of UTC years.

    Attributes:
        begin, end: 1 January 00:00 UTC of the first year, and of the year after the last.
        length: from one to the other.
        changes: opening, closing, opening, closing … in order: after an odd number of them it is open.
        worked: the open time before the i-th opening, and, last, that of the whole table.
        unbroken: the i-th opening, less the open time before it: what it was open by then and what it is open since
            are together the time since this moment.
    """

    begin: datetime
    end: datetime
    length: timedelta
    changes: tuple[datetime, ...]
    worked: tuple[timedelta, ...]
    unbroken: tuple[datetime, ...]


_NOTHING = timedelta(0)
_NOTHING_YET = Table(_EPOCH, _EPOCH, _NOTHING, (), (_NOTHING,), ())


class Timeline:
    """Sums over opening times, looked up in a table that grows by years as far as it is asked.

    All times are aware UTC. Safe to share between threads: a table is never changed, only replaced by a longer
    one. No answer depends on how long the table is.
    """

    __slots__ = ("_growing", "_opening_times", "_table")

    def __init__(self, opening_times: Callable[[int], list[Span]]) -> None:
        """`opening_times` gives a UTC year's opening times in epoch seconds, in order and apart."""
        self._opening_times = opening_times
        self._table = _NOTHING_YET
        self._growing = threading.Lock()

    def worked_between(self, start: datetime, end: datetime) -> timedelta:
        """Open time from `start` until `end` (start ≤ end)."""
        table = self._table
        if not (table.begin < start and end < table.end):
            table = self._covering(start, end)
        changes, worked, unbroken = table.changes, table.worked, table.unbroken
        before, until = bisect_right(changes, start), bisect_right(changes, end)
        return (end - unbroken[until >> 1] if until & 1 else worked[until >> 1]) - (
            start - unbroken[before >> 1] if before & 1 else worked[before >> 1]
        )

    def is_open(self, at: datetime) -> bool:
        """Whether `at` is at or after an opening and before its closing."""
        table = self._table
        if not table.begin < at < table.end:
            table = self._covering(at, at)
        return bisect_right(table.changes, at) & 1 == 1

    def next_open(self, at: datetime, horizon: datetime) -> datetime | None:
        """The first open moment at or after `at`; None if there is none up to `horizon`."""
        table = self._table
        if not table.begin < at < table.end:
            table = self._covering(at, at)
        while (k := bisect_right(table.changes, at)) == len(table.changes):
            if table.end > horizon:
                return None
            table = self._covering(at, _further(table))
        if k & 1:
            return at
        return table.changes[k] if table.changes[k] <= horizon else None

    def due(self, start: datetime, needed: timedelta, within: timedelta) -> datetime | None:
        """The first moment from `start`, open or a closing, by which it was open for `needed`.

        None if there is none within this time.
        """
        table = self._table
        if not table.begin < start < table.end:
            table = self._covering(start, start)
        if not needed:
            k = bisect_right(table.changes, start)
            closes_now = k > 0 and table.changes[k - 1] == start
            return start if closes_now else self.next_open(start, start + within)
        while True:
            worked, unbroken = table.worked, table.unbroken
            k = bisect_right(table.changes, start)
            span = k >> 1
            target = needed + (start - unbroken[span] if k & 1 else worked[span])
            if target <= worked[-1]:
                break
            if table.end > start + within:
                return None
            table = self._covering(start, _further(table))
        due = unbroken[bisect_left(worked, target) - 1] + target
        return due if table.length <= within or due - start <= within else None

    def _covering(self, start: datetime, end: datetime) -> Table:
        """A table that begins before `start` and ends after `end`, kept for the next question."""
        with self._growing:
            table = self._table
            # A closing on the very instant a table begins would be unseen: so one year earlier then.
            first, stop = (start - timedelta.resolution).year, end.year + 1
            if table is not _NOTHING_YET:
                first, stop = min(first, table.begin.year), max(stop, table.end.year)
            if (first, stop) != (table.begin.year, table.end.year):
                table = self._table = self._grown(table, first, stop)
            return table

    def _grown(self, table: Table, first: int, stop: int) -> Table:
        is_first = table is _NOTHING_YET
        known_from, known_to = (stop, stop) if is_first else (table.begin.year, table.end.year)
        known = zip(table.changes[::2], table.changes[1::2], strict=True)
        spans = union([*self._spans(first, known_from), *known, *self._spans(known_to, stop)])
        worked = tuple(accumulate((closes - opens for opens, closes in spans), initial=_NOTHING))
        begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(stop, 1, 1, tzinfo=UTC)
        return Table(
            begin=begin,
            end=end,
            length=end - begin,
            changes=tuple(chain.from_iterable(spans)),
            worked=worked,
            unbroken=tuple(opens - before for (opens, _), before in zip(spans, worked, strict=False)),
        )

    def _spans(self, first: int, stop: int) -> Iterable[tuple[datetime, datetime]]:
        for year in range(first, stop):
            for opens, closes in self._opening_times(year):
                yield _EPOCH + timedelta(seconds=opens), _EPOCH + timedelta(seconds=closes)


def _further(table: Table) -> datetime:
    """An instant beyond the table by half its length, so that growing far costs no more than it gives."""
    return table.end + (table.end - table.begin) // 2
