"""Business time: when a calendar is open, how much open time has passed, and when some of it is used up.

The only place where local time exists. Times go in and come out as aware UTC datetimes; durations are real
seconds, so a day on which the clocks change has 23 or 25 hours to give.

Where libraries for business time disagree, this one says:

- A duration that is used up exactly at closing is due at closing, not at the next opening; so is a duration
  of zero that starts there. A duration of zero that starts while closed is due at the next opening.
- A span over midnight belongs to the day it opens on: a holiday on that day takes all of it away, a holiday
  on the next day none of it. A holiday of some minutes is a closing by the wall clock, whatever span it hits.
- Special hours replace the whole day: its weekly hours and any holiday on it.
- A span whose closing is not after its opening ends on the next day, so 00:00-00:00 is the whole day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from sfsync.core.holidays import (
    EARLIEST_DATE,
    LATEST_DATE,
    CalendarError,
    Holiday,
    parse_date,
    parse_holiday,
)
from sfsync.core.opening_times import Span, Timeline, union
from sfsync.core.wall_clock import WallClock
from sfsync.core.written_hours import (
    WEEKDAYS,
    parse_spans,
    parse_week,
    parse_zone,
    salesforce_day,
    write_spans,
)

__all__ = ["ALWAYS", "Calendar", "CalendarError", "Holiday"]

_SALESFORCE_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(EARLIEST_DATE.year, 1, 1, tzinfo=UTC)
_LATEST = datetime(LATEST_DATE.year + 1, 1, 1, tzinfo=UTC)
_BEFORE_ALL = _EARLIEST - timedelta.resolution
HORIZON = timedelta(days=36_525)
"""How far ahead an opening or the end of a duration is looked for: 100 years."""
_HORIZON_SECONDS = int(HORIZON.total_seconds())

NAIVE = "{!r} has no time zone; business time needs aware datetimes"

Pauses = Iterable[tuple[datetime, datetime]]
"""Pairs of from and to, in any order, overlapping or not; an unfinished pause ends at the decision's now."""


@dataclass(frozen=True, slots=True, init=False)
class Calendar:
    """Opening hours in one time zone, less holidays.

    Equal and of the same hash when written the same, whatever the order of spans and holidays.

    Attributes:
        tz: the IANA name of the zone (Salesforce's TimeZoneSidKey).
        week: seven tuples of spans from Monday on, in seconds after local midnight; a closing of the next day
            is later than 24 hours.
        holidays: in order.
        special_hours: (date, spans) in order.
    """

    tz: str
    week: tuple[tuple[Span, ...], ...]
    holidays: tuple[Holiday, ...]
    special_hours: tuple[tuple[date, tuple[Span, ...]], ...]
    _zone: ZoneInfo = field(repr=False, compare=False)
    _wall_clock: WallClock = field(repr=False, compare=False)
    _timeline: Timeline = field(repr=False, compare=False)

    def __init__(
        self,
        tz: str,
        week: Mapping[str, Iterable[Sequence[str]]],
        holidays: Iterable[object] = (),
        special_hours: Mapping[str, Iterable[Sequence[str]]] | Mapping[date, Iterable[Sequence[str]]] = {},
    ) -> None:
        """A calendar in the shapes of a mapping file.

        Args:
            tz: an IANA zone name.
            week: "mon" … "sun" to spans ["09:00", "17:00"], local time; a day left out is closed; "24:00" is
                allowed as a closing; a closing not after its opening is the next day's. Spans may overlap.
            holidays: dates, ISO dates, or rows of Salesforce's Holiday object (`Holiday.from_salesforce`).
            special_hours: dates or ISO dates to the spans that replace that day; no span closes it.

        Raises:
            CalendarError (a ValueError): something is malformed, or the calendar never opens, or its holidays
                close it for ever from some date on.
        """
        special = {parse_date(day): parse_spans(day, spans) for day, spans in special_hours.items()}
        store = partial(object.__setattr__, self)
        store("tz", parse_zone(tz))
        store("week", parse_week(week))
        store("holidays", tuple(sorted({parse_holiday(holiday) for holiday in holidays})))
        store("special_hours", tuple(sorted(special.items())))
        store("_zone", ZoneInfo(self.tz))
        store("_wall_clock", WallClock(self.tz, self.week, self.holidays, special))
        store("_timeline", Timeline(self._wall_clock.opening_times))

    @classmethod
    def from_salesforce(
        cls, hours_row: Mapping[str, object], holiday_rows: Iterable[Mapping[str, object]] = ()
    ) -> Calendar:
        """The calendar of a BusinessHours row and the Holiday rows that the mapping joins to it.

        Equal start and end mean the whole day, both null a closed day. The rows are as the REST API gives
        them; a time is "09:00:00.000Z", which despite its Z is local to TimeZoneSidKey.

        Raises:
            CalendarError: as for the constructor; the text names the BusinessHours row.
        """
        name = hours_row.get("Name") or hours_row.get("Id") or "(without a name)"
        try:
            week = {
                short: salesforce_day(day, hours_row.get(f"{day}StartTime"), hours_row.get(f"{day}EndTime"))
                for short, day in zip(WEEKDAYS, _SALESFORCE_DAYS, strict=True)
            }
            return cls(str(hours_row.get("TimeZoneSidKey")), week, holiday_rows)
        except CalendarError as error:
            raise CalendarError(f"business hours {name}: {error}") from error

    def __reduce__(self) -> tuple[object, ...]:
        plain = self.to_dict()
        return Calendar, (plain["tz"], plain["week"], plain["holidays"], plain["special_hours"])

    def to_dict(self) -> dict[str, object]:
        """The calendar as JSON values, equal for equal calendars; `Calendar(**values)` gives it back."""
        return {
            "tz": self.tz,
            "week": {day: write_spans(spans) for day, spans in zip(WEEKDAYS, self.week, strict=True)},
            "holidays": [holiday.to_plain() for holiday in self.holidays],
            "special_hours": {day.isoformat(): write_spans(spans) for day, spans in self.special_hours},
        }

    def due(self, start: datetime, seconds: float, pauses: Pauses = ()) -> datetime:
        """When `seconds` of open time after `start`, pauses not counted, are used up.

        The first moment that is open, or a closing, by which they have passed.

        Args:
            seconds: zero or more, to the microsecond.
            pauses: must have ended; time in several of them at once is taken out once.

        Returns: aware UTC.

        Raises:
            CalendarError: it is not within 100 years, or an argument has no meaning here.
        """
        # What `_instant` would look at is mostly as it should be: that spares a tenth of the time.
        at = start if start.tzinfo is UTC and _EARLIEST <= start < _LATEST else _instant(start)
        # The comparison also refuses NaN.
        if not 0 <= seconds <= _HORIZON_SECONDS:
            raise CalendarError(f"a duration of {seconds} s cannot elapse; use 0 s to 100 years")
        needed = _length(seconds)
        timeline = self._timeline
        if pauses:
            for paused, resumed in _merged(pauses):
                if resumed <= at:
                    continue
                if at <= paused:
                    worked = timeline.worked_between(at, paused)
                    # Where nothing is needed any more, it still has to open before the pause.
                    if needed <= worked:
                        due = timeline.due(at, needed, HORIZON)
                        if due is not None and due <= paused:
                            return due
                    needed -= worked
                at = resumed
        due = timeline.due(at, needed, HORIZON)
        if due is None:
            raise CalendarError(
                f"{seconds} s of open time do not pass within 100 years of {start.isoformat()}"
            )
        return due

    def elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> float:
        """Seconds of open time between two moments, less the pauses; negative when `end` is before `start`.

        Args:
            pauses: as for `due`.

        Raises:
            CalendarError: a datetime is naive, or a pause ends before it begins.
        """
        begin = start if start.tzinfo is UTC and _EARLIEST <= start < _LATEST else _instant(start)
        stop = end if end.tzinfo is UTC and _EARLIEST <= end < _LATEST else _instant(end)
        backwards = stop < begin
        if backwards:
            begin, stop = stop, begin
        timeline = self._timeline
        worked = timeline.worked_between(begin, stop)
        if pauses:
            for paused, resumed in _merged(pauses):
                if paused < stop and begin < resumed:
                    worked -= timeline.worked_between(
                        paused if begin < paused else begin, resumed if resumed < stop else stop
                    )
        return (-worked if backwards else worked).total_seconds()

    def next_open(self, at: datetime) -> datetime:
        """The first open moment from `at` on: `at` itself when it is open then. A closing is not open.

        Raises:
            CalendarError: there is none within 100 years.
        """
        moment = _instant(at)
        found = self._timeline.next_open(moment, moment + HORIZON)
        if found is None:
            raise CalendarError(f"the calendar does not open within 100 years of {at.isoformat()}")
        return found

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at this moment: from an opening on, until just before its closing."""
        return self._timeline.is_open(_instant(at))

    def day(self, at: datetime) -> date:
        """The date on the wall in the calendar's zone.

        Raises:
            CalendarError: `at` has no time zone.
        """
        if at.tzinfo is None:
            raise CalendarError(NAIVE.format(at))
        return at.astimezone(self._zone).date()

    def opening(self, day: date) -> datetime:
        """When it opens on the first working day from `day` on, or is open already at that day's midnight.

        Args:
            day: a date in the calendar's zone.

        Returns: aware UTC.

        Raises:
            CalendarError: it does not open within 100 years.
        """
        working = self.next_working_day(day)
        midnight = datetime(working.year, working.month, working.day, tzinfo=self._zone)
        return self.next_open(midnight.astimezone(UTC))

    def next_working_day(self, day: date) -> date:
        """The first date from `day` on, itself included, on which hours begin.

        Args:
            day: a date in the calendar's zone.

        Raises:
            CalendarError: there is none within 100 years.
        """
        working = self._wall_clock.next_working_day(parse_date(day), HORIZON.days)
        if working is None:
            raise CalendarError(f"the calendar does not open within 100 years of {day.isoformat()}")
        return working


@lru_cache(maxsize=1024)
def _length(seconds: float) -> timedelta:
    """So many seconds. They are mostly one of a policy's few lengths, which take longer to make than to look up."""
    return timedelta(seconds=seconds)


def _instant(at: datetime) -> datetime:
    """The same moment in UTC, refused where it is none, or none that Salesforce can hold."""
    try:
        held = _EARLIEST <= at < _LATEST
    except TypeError as error:
        raise CalendarError(NAIVE.format(at)) from error
    if not held:
        raise CalendarError(
            f"{at.isoformat()} is not between the years 1700 and 4000 that Salesforce can hold"
        )
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _merged(pauses: Pauses) -> Sequence[tuple[datetime, datetime]]:
    """The same time as pauses that are in order and apart, which they mostly are."""
    written = pauses if isinstance(pauses, list | tuple) else list(pauses)
    before = _BEFORE_ALL
    for paused, resumed in written:
        if not (paused.tzinfo is UTC is resumed.tzinfo and before < paused <= resumed < _LATEST):
            return _put_in_order(written)
        before = resumed
    return written


def _put_in_order(pauses: Pauses) -> list[tuple[datetime, datetime]]:
    spans = [(_instant(paused), _instant(resumed)) for paused, resumed in pauses]
    for paused, resumed in spans:
        if resumed < paused:
            raise CalendarError(f"a pause ends {(paused - resumed).total_seconds()} s before it begins")
    return union(spans)


ALWAYS = Calendar("UTC", {day: [["00:00", "24:00"]] for day in WEEKDAYS})
"""Open at every moment: a clock on it counts 24x7."""
