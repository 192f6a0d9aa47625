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
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

SECONDS_A_DAY = 24 * 3600
MICROSECONDS = 1_000_000
# The day count of datetime.date (1 is 0001-01-01) at the epoch.
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

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
    """The UTC offsets in force in `zone` during a UTC year: (from, to, offset) in seconds, in order, gapless."""
    tz = ZoneInfo(zone)

    def offset_at(second: int) -> int:
        offset = datetime.fromtimestamp(second, tz).utcoffset()
        assert offset is not None  # an aware datetime has one
        return offset.days * SECONDS_A_DAY + offset.seconds

    begin, end = start_of_year(year), start_of_year(year + 1)
    found: list[tuple[int, int, int]] = []
    since, now = begin, offset_at(begin)
    for probe in [*range(begin + _PROBE_SECONDS, end - 1, _PROBE_SECONDS), end - 1]:
        if (then := offset_at(probe)) != now:
            change = (
                bisect_left(
                    range(probe),
                    True,
                    lo=max(since, probe - _PROBE_SECONDS),
                    key=lambda s: offset_at(s) == then,
                )
                if probe > 0
                else _first_second(offset_at, then, probe)
            )
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
