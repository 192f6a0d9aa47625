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
from zoneinfo import ZoneInfo

SECONDS_A_DAY = 24 * 3600
MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The day count of datetime.date (1 is 0001-01-01) at the epoch.
EPOCH_ORDINAL = _EPOCH.toordinal()

Span = tuple[int, int]
"""An opening and its closing, in seconds of one time line; open at the first, closed at the second."""

# No zone of the tz database has ever changed its offset twice within 6 days: every 2 days none is missed.
_PROBE_SECONDS = 2 * SECONDS_A_DAY


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans in order that neither overlap nor touch."""
    merged: list[Span] = []
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
    """Opening times of a run of UTC years, in microseconds since the epoch.

    Attributes:
        first_year, stop_year: the years covered: first_year ≤ year < stop_year.
        begin, end: the same as instants.
        changes: opening, closing, opening, closing … in order: after an odd number of them it is open.
        sums: after the k-th change, the open time since `begin`; less the moment itself while it is open, so
            that adding the moment gives the sum.
        worked: open time before the i-th opening, and, last, in the whole table.
    """

    first_year: int
    stop_year: int
    begin: int
    end: int
    changes: tuple[int, ...]
    sums: tuple[int, ...]
    worked: tuple[int, ...]


_NOTHING_YET = Table(0, 0, 0, 0, (), (0,), (0,))


class Timeline:
    """Sums over opening times, looked up in a table that grows by years as far as it is asked.

    All times are microseconds since the epoch. Safe to share between threads: a table is never changed, only
    replaced by a longer one. No answer depends on how long the table is.
    """

    __slots__ = ("_growing", "_opening_times", "_table")

    def __init__(self, opening_times: Callable[[int], list[Span]]) -> None:
        """`opening_times` gives a UTC year's opening times in epoch seconds, in order and apart."""
        self._opening_times = opening_times
        self._table = _NOTHING_YET
        self._growing = threading.Lock()

    def worked_between(self, start: int, end: int) -> int:
        """Open microseconds from `start` until `end` (start ≤ end)."""
        table = self._table
        if not (table.begin < start and end < table.end):
            table = self._covering(start, end)
        changes, sums = table.changes, table.sums
        before, until = bisect_right(changes, start), bisect_right(changes, end)
        return (sums[until] + end if until & 1 else sums[until]) - (
            sums[before] + start if before & 1 else sums[before]
        )

    def is_open(self, at: int) -> bool:
        """Whether `at` is at or after an opening and before its closing."""
        table = self._table
        if not table.begin < at < table.end:
            table = self._covering(at, at)
        return bisect_right(table.changes, at) & 1 == 1

    def next_open(self, at: int, horizon: int) -> int | None:
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

    def due(self, start: int, needed: int, horizon: int) -> int | None:
        """The first moment from `start`, open or a closing, by which it was open for `needed`.

        None if there is none up to `horizon`.
        """
        table = self._table
        if not table.begin < start < table.end:
            table = self._covering(start, start)
        if not needed:
            k = bisect_right(table.changes, start)
            closes_now = k > 0 and table.changes[k - 1] == start
            return start if closes_now else self.next_open(start, horizon)
        while True:
            k = bisect_right(table.changes, start)
            target = needed + (table.sums[k] + start if k & 1 else table.sums[k])
            if target <= table.worked[-1]:
                break
            if table.end > horizon:
                return None
            table = self._covering(start, _further(table))
        opening = bisect_left(table.worked, target) - 1
        due = target - table.sums[2 * opening + 1]
        return due if due <= horizon else None

    def _covering(self, start: int, end: int) -> Table:
        """A table that begins before `start` and ends after `end`, kept for the next question."""
        with self._growing:
            table = self._table
            # A closing on the very instant a table begins would be unseen: so one year earlier then.
            first, stop = _year(start - 1), _year(end) + 1
            if table.stop_year:
                first, stop = min(first, table.first_year), max(stop, table.stop_year)
            if (first, stop) != (table.first_year, table.stop_year):
                table = self._table = self._grown(table, first, stop)
            return table

    def _grown(self, table: Table, first: int, stop: int) -> Table:
        known_from, known_to = (table.first_year, table.stop_year) if table.stop_year else (stop, stop)
        known = zip(table.changes[::2], table.changes[1::2], strict=True)
        spans = union([*self._spans(first, known_from), *known, *self._spans(known_to, stop)])
        worked = tuple(accumulate((closes - opens for opens, closes in spans), initial=0))
        sums = [0]
        for (opens, _), before, after in zip(spans, worked, worked[1:], strict=False):
            sums += (before - opens, after)
        return Table(
            first_year=first,
            stop_year=stop,
            begin=start_of_year(first) * MICROSECONDS,
            end=start_of_year(stop) * MICROSECONDS,
            changes=tuple(chain.from_iterable(spans)),
            sums=tuple(sums),
            worked=worked,
        )

    def _spans(self, first: int, stop: int) -> Iterable[Span]:
        for year in range(first, stop):
            for opens, closes in self._opening_times(year):
                yield opens * MICROSECONDS, closes * MICROSECONDS


def _further(table: Table) -> int:
    """An instant beyond the table by half its length, so that growing far costs no more than it gives."""
    return table.end + (table.end - table.begin) // 2


def _year(at: int) -> int:
    return (_EPOCH + timedelta(microseconds=at)).year
