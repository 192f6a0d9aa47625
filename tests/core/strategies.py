"""Hypothesis strategies for the pure core, and slow, independent answers to compare it with.

A calendar is drawn as the plain values of a mapping file, and the oracle reads only these: it steps over a
wall clock minute by minute and shares no code with `sfsync.core`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
RECURRENCES = (
    *("RecursDaily", "RecursEveryWeekday", "RecursWeekly", "RecursMonthly"),
    *("RecursMonthlyNth", "RecursYearly", "RecursYearlyNth"),
)
# "localtime" is this machine's and "Factory" nobody's; the others are the tz database's.
ZONES = sorted(available_timezones() - {"localtime", "Factory"})
EVENTFUL_ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Paris",
    "Australia/Lord_Howe",  # half an hour of summer time
    "America/Santiago",  # changes at midnight
    "Asia/Kathmandu",  # +05:45
    "Africa/Casablanca",  # four changes a year
    "Pacific/Apia",  # left out 30 December 2011
    "America/Havana",  # the hour before midnight twice
)

zones = st.one_of(st.sampled_from(EVENTFUL_ZONES), st.sampled_from(ZONES))
moments = st.one_of(
    st.datetimes(datetime(2011, 12, 20), datetime(2012, 1, 10), timezones=st.just(UTC)),
    st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 12), timezones=st.just(UTC)),
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC)),
)
whole_moments = moments.map(lambda at: at.replace(microsecond=0))
durations = st.one_of(st.just(0), st.integers(0, 8 * 3600), st.integers(0, 30 * 86400))

_minutes = st.one_of(st.integers(0, 95).map(lambda quarter: quarter * 15), st.integers(0, 1439))


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


spans = st.tuples(_minutes, st.one_of(_minutes, st.just(1440))).map(
    lambda span: [clock(span[0]), clock(span[1])]
)
days = st.lists(spans, max_size=3)
weeks = st.one_of(
    st.just({day: [["09:00", "17:00"]] for day in DAYS[:5]}),
    st.fixed_dictionaries({}, optional=dict.fromkeys(DAYS, days)).filter(lambda week: any(week.values())),
)


@st.composite
def holiday_rows(draw: st.DrawFn, first: date, latest: date) -> dict[str, Any]:
    """A row of Salesforce's Holiday object, of any recurrence, beginning between two dates."""
    starts = draw(st.dates(first, latest))
    row: dict[str, Any] = {"Name": "Some Holiday", "IsAllDay": draw(st.booleans())}
    if not row["IsAllDay"]:
        begins = draw(st.integers(0, 1438))
        row |= {"StartTimeInMinutes": begins, "EndTimeInMinutes": draw(st.integers(begins + 1, 1440))}
    recurrence = draw(st.sampled_from(["", *RECURRENCES]))
    if not recurrence:
        return row | {"IsRecurrence": False, "ActivityDate": starts.isoformat()}
    row |= {
        "IsRecurrence": True,
        "RecurrenceType": recurrence,
        "RecurrenceStartDate": starts.isoformat(),
        "RecurrenceEndDateOnly": (starts + timedelta(days=draw(st.integers(0, 900)))).isoformat(),
        "RecurrenceInterval": draw(st.integers(1, 5)),
    }
    if "Nth" in recurrence:
        row["RecurrenceInstance"] = draw(st.sampled_from(["First", "Second", "Third", "Fourth", "Last"]))
    if recurrence in ("RecursWeekly", "RecursMonthlyNth", "RecursYearlyNth"):
        row["RecurrenceDayOfWeekMask"] = draw(st.integers(1, 127))
    if recurrence in ("RecursMonthly", "RecursYearly"):
        row["RecurrenceDayOfMonth"] = draw(st.integers(1, 31))
    if recurrence.startswith("RecursYearly"):
        row["RecurrenceMonthOfYear"] = draw(st.sampled_from(MONTHS))
    return row


@st.composite
def calendars(draw: st.DrawFn, near: date) -> dict[str, Any]:
    """The arguments of a Calendar whose holidays and special hours fall about a date."""
    about = st.dates(near - timedelta(days=20), near + timedelta(days=20))
    return {
        "tz": draw(zones),
        "week": draw(weeks),
        "holidays": draw(
            st.lists(
                st.one_of(
                    about.map(date.isoformat),
                    holiday_rows(near - timedelta(days=400), near + timedelta(days=20)),
                ),
                max_size=4,
            )
        ),
        "special_hours": draw(st.dictionaries(about.map(date.isoformat), days, max_size=3)),
    }


def dates_of(row: Mapping[str, Any]) -> set[date]:
    """Every date of a Holiday row that has an end, written out from its first month to its last."""
    if not row["IsRecurrence"]:
        return {date.fromisoformat(row["ActivityDate"])}
    first, last = (date.fromisoformat(row[f"Recurrence{end}"]) for end in ("StartDate", "EndDateOnly"))
    kind, every = row["RecurrenceType"], row["RecurrenceInterval"]
    mask = row.get("RecurrenceDayOfWeekMask", 0)
    wanted = {weekday for weekday in range(7) if mask & (1 << (weekday + 1) % 7)}
    found: set[date] = set()
    if kind == "RecursDaily":
        found = {first + timedelta(days=n) for n in range(0, (last - first).days + 1, every)}
    elif kind == "RecursEveryWeekday":
        found = {
            day for n in range((last - first).days + 1) if (day := first + timedelta(days=n)).weekday() < 5
        }
    elif kind == "RecursWeekly":
        sunday = first - timedelta(days=(first.weekday() + 1) % 7)
        while sunday <= last:
            week = [sunday + timedelta(days=n) for n in range(7)]
            found |= {day for day in week if day.weekday() in wanted}
            sunday += timedelta(weeks=every)
    else:
        yearly = kind.startswith("RecursYearly")
        year = first.year
        month = MONTHS.index(row["RecurrenceMonthOfYear"]) + 1 if yearly else first.month
        while date(year, month, 1) <= last:
            whole = [date(year, month, n) for n in range(1, monthrange(year, month)[1] + 1)]
            if "Nth" in kind:
                place = ["First", "Second", "Third", "Fourth", "Last"].index(row["RecurrenceInstance"])
                matching = [day for day in whole if day.weekday() in wanted]
                found |= {matching[-1]} if place == 4 else set(matching[place : place + 1])
            else:
                found |= set(whole[row["RecurrenceDayOfMonth"] - 1 : row["RecurrenceDayOfMonth"]])
            months = year * 12 + month - 1 + (12 * every if yearly else every)
            year, month = divmod(months, 12)
            month += 1
    return {day for day in found if first <= day <= last}


class WallClock:
    """The oracle: looks at a wall clock every minute of some days and writes down whether it is open.

    Answers are in seconds, for moments of whole seconds in those days; every zone's offset is whole minutes
    since 1973, so that nothing opens or closes within a minute. `until` is the end of those days.
    """

    def __init__(self, spec: Mapping[str, Any], since: datetime, days: int) -> None:
        self.since = since.replace(second=0, microsecond=0)
        self.until = self.since + timedelta(days=days)
        whole_days: set[date] = set()
        closed: dict[date, list[tuple[int, int]]] = {}
        for holiday in spec["holidays"]:
            if isinstance(holiday, str):
                whole_days.add(date.fromisoformat(holiday))
            elif holiday["IsAllDay"]:
                whole_days |= dates_of(holiday)
            else:
                for day in dates_of(holiday):
                    minutes = (holiday["StartTimeInMinutes"], holiday["EndTimeInMinutes"])
                    closed.setdefault(day, []).append(minutes)
        special = spec["special_hours"]

        def hours(day: date) -> list[tuple[int, int]]:
            if day.isoformat() in special:
                written = special[day.isoformat()]
            else:
                written = [] if day in whole_days else spec["week"].get(DAYS[day.weekday()], [])
            minutes = [tuple(int(time[:2]) * 60 + int(time[3:]) for time in span) for span in written]
            return [(opens, closes + 1440 if closes <= opens else closes) for opens, closes in minutes]

        readings: dict[date, bytearray] = {}

        def face(day: date) -> bytearray:
            shown = bytearray(1440)

            def paint(begins: int, ends: int, open_: bool) -> None:
                for minute in range(max(begins, 0), min(ends, 1440)):
                    shown[minute] = open_

            for opens, closes in hours_of[day - timedelta(1)]:
                paint(opens - 1440, closes - 1440, True)
            for opens, closes in hours_of[day]:
                paint(opens, closes, True)
            if day.isoformat() not in special:
                for begins, ends in closed.get(day, []):
                    paint(begins, ends, False)
            return shown

        zone = ZoneInfo(spec["tz"])
        start_day = self.since.astimezone(zone).date()
        hours_of = {day: hours(day) for n in range(-3, days + 4) if (day := start_day + timedelta(days=n))}
        self.open: list[bool] = []
        self.sums = [0]
        for n in range(days * 1440):
            local = (self.since + timedelta(minutes=n)).astimezone(zone)
            day = local.date()
            if day not in readings:
                readings[day] = face(day)
            self.open.append(bool(readings[day][local.hour * 60 + local.minute]))
            self.sums.append(self.sums[-1] + 60 * self.open[-1])

    def _worked(self, at: datetime) -> int:
        minute, second = divmod(int((at - self.since).total_seconds()), 60)
        return self.sums[minute] + (second if second and self.open[minute] else 0)

    def elapsed(
        self, start: datetime, end: datetime, pauses: Sequence[tuple[datetime, datetime]] = ()
    ) -> int:
        """Pauses may overlap: every stretch between two of the moments counts or is in one of them."""
        if end < start:
            return -self.elapsed(end, start, pauses)
        inside = {moment for pause in pauses for moment in pause if start < moment < end}
        return sum(
            self._worked(until) - self._worked(since)
            for since, until in pairwise(sorted({start, end, *inside}))
            if not any(paused <= since and until <= resumed for paused, resumed in pauses)
        )

    def is_open(self, at: datetime) -> bool:
        return self.open[int((at - self.since).total_seconds()) // 60]

    def next_open(self, at: datetime) -> datetime | None:
        """The first open second from `at` on; None if not in these days."""
        first = int((at - self.since).total_seconds()) // 60
        minute = bisect_right(self.sums, self.sums[first], lo=first) - 1
        return max(at, self.since + timedelta(minutes=minute)) if minute < len(self.open) else None

    def due(self, start: datetime, seconds: int) -> datetime | None:
        """The first second, open or a closing, by which `seconds` have passed; None if not in these days."""
        wanted = self._worked(start) + seconds
        first = int((start - self.since).total_seconds()) // 60
        if not seconds:
            on_the_minute = start.second == 0
            if self.open[first] or (on_the_minute and first and self.open[first - 1]):
                return start
            minute = next((m for m in range(first, len(self.open)) if self.open[m]), len(self.open))
        else:
            minute = bisect_left(self.sums, wanted, lo=first + 1) - 1
        if minute >= len(self.open):
            return None
        begins = max(start, self.since + timedelta(minutes=minute))
        return begins + timedelta(seconds=wanted - self._worked(begins))
