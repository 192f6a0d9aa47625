"""Opening hours by the wall clock: on which dates hours begin, and from when to when, less what closes them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sfsync.core.holidays import CalendarError, Holiday
from sfsync.core.opening_times import (
    EPOCH_ORDINAL,
    SECONDS_A_DAY,
    Span,
    instants,
    offsets,
    union,
    without,
)

# Weekdays and dates repeat together after 28 years (but for a missing leap day in three centuries of four).
_WEEKS_REPEAT_DAYS = 28 * 366


class WallClock:
    """The opening hours of a calendar in local time. Dates are counted as `date.toordinal` does.

    The working days of a year are worked out when they are first asked for, and kept.
    """

    __slots__ = ("_recurring", "_single", "_special", "_tz", "_week", "_working_days")

    def __init__(
        self,
        tz: str,
        week: Sequence[tuple[Span, ...]],
        holidays: Iterable[Holiday],
        special_hours: Mapping[date, tuple[Span, ...]],
    ) -> None:
        """The zone's IANA name, and spans in seconds after local midnight, of seven days from Monday on.

        Raises:
            CalendarError: it never opens, or its holidays close it for ever from some date on.
        """
        self._tz = tz
        self._week = week
        self._single: dict[int, tuple[Holiday, ...]] = {}
        self._recurring: tuple[Holiday, ...] = ()
        for holiday in holidays:
            if holiday.recurrence:
                self._recurring += (holiday,)
            else:
                ordinal = holiday.first.toordinal()
                self._single[ordinal] = (*self._single.get(ordinal, ()), holiday)
        self._special = {day.toordinal(): spans for day, spans in special_hours.items()}
        self._working_days: dict[int, tuple[int, ...]] = {}
        self._refuse_if_closed_for_ever(holidays)

    def opening_times(self, year: int) -> list[Span]:
        """The opening times of a UTC year in epoch seconds, in order and apart."""
        return instants(self._tz, year, self._local_spans)

    def next_working_day(self, day: date, within: int) -> date | None:
        """The first date from `day` on, itself included, on which hours begin; None if none of so many days is."""
        ordinal = day.toordinal()
        for year in range(day.year, day.year + within // 365 + 1):
            working = self._working_days.get(year)
            if working is None:
                working = self._working_days[year] = self._working_days_of(year)
            after = bisect_left(working, ordinal)
            if after < len(working):
                return date.fromordinal(working[after]) if working[after] < ordinal + within else None
        return None

    def _working_days_of(self, year: int) -> tuple[int, ...]:
        """The dates of a year on which hours begin, in order; none do on one that the zone left out."""
        shifts = [shift for near in (year - 1, year, year + 1) for shift in offsets(self._tz, near)]
        first, stop = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1
        return tuple(
            ordinal
            for ordinal in range(first, stop)
            if any(
                opens - offset < end and begin < closes - offset
                for opens, closes in self._spans_beginning(range(ordinal, ordinal + 1))
                for begin, end, offset in shifts
            )
        )

    def _local_spans(self, begin: int, end: int) -> list[Span]:
        """The spans that matter between two local seconds: hours over midnight reach at most one day further."""
        first = begin // SECONDS_A_DAY + EPOCH_ORDINAL - 1
        stop = end // SECONDS_A_DAY + EPOCH_ORDINAL + 1
        return self._spans_beginning(range(first, stop))

    def _spans_beginning(self, ordinals: range) -> list[Span]:
        """Local hours that begin on some dates, less all closings by the wall clock, in order and apart."""
        spans: list[Span] = []
        closings: list[Span] = []
        # The day after the last one may close the rest of a night.
        for ordinal in range(ordinals.start, ordinals.stop + 1):
            midnight = (ordinal - EPOCH_ORDINAL) * SECONDS_A_DAY
            hours, closed = self._day(ordinal)
            if ordinal in ordinals:
                spans += [(midnight + opens, midnight + closes) for opens, closes in hours]
            closings += [(midnight + shut, midnight + reopened) for shut, reopened in closed]
        return without(union(spans), closings)

    def _day(self, ordinal: int) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """The hours that begin on a date and the times its holidays close, in seconds after midnight."""
        special = self._special.get(ordinal)
        if special is not None:
            return special, ()
        holidays = self._single.get(ordinal, ())
        if self._recurring:
            day = date.fromordinal(ordinal)
            holidays += tuple(holiday for holiday in self._recurring if holiday.falls_on(day))
        hours = self._week[(ordinal - 1) % 7]
        if any(holiday.all_day for holiday in holidays):
            hours = ()
        return hours, tuple((h.begins * 60, h.ends * 60) for h in holidays if not h.all_day)

    def _refuse_if_closed_for_ever(self, holidays: Iterable[Holiday]) -> None:
        if not any(self._week) and not any(self._special.values()):
            raise CalendarError("the calendar never opens: give at least one day of the week some hours")
        if any(self._week) and any(holiday.endless for holiday in holidays):
            bounds = [holiday.first if holiday.endless else holiday.last for holiday in holidays]
            settled = max([*(day.toordinal() for day in bounds), *self._special]) + 1
            if not any(
                self._spans_beginning(range(ordinal, ordinal + 1))
                for ordinal in range(settled, settled + _WEEKS_REPEAT_DAYS)
            ):
                raise CalendarError(
                    f"the holidays close the calendar for ever by {date.fromordinal(settled)}; "
                    "give the one that recurs an end (RecurrenceEndDateOnly)"
                )
