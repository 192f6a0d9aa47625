"""Holidays are days, or minutes of days, on which opening hours do not hold.

A holiday is a plain date or a row of Salesforce's Holiday object, with every recurrence that the object
has. Salesforce's own fields are the written form (mapping files, evidence), so that an admin who copies a
row out of the org and one who writes a row by hand say it the same way.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sfsync.errors import Config

MINUTES_A_DAY = 24 * 60
# What Salesforce's date fields can hold.
EARLIEST_DATE = date(1700, 1, 1)
LATEST_DATE = date(4000, 12, 31)
_EVERY_WEEKDAY = 0b0111110
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
_LAST = -1
# The API says "First"; the object reference's own example says "2nd".
_INSTANCES = {
    "First": 1,
    "Second": 2,
    "Third": 3,
    "Fourth": 4,
    "Last": _LAST,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
}
_INSTANCE_NAMES = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", _LAST: "Last"}
# Which fields give a recurrence its meaning (Object Reference, Holiday).
_NEEDS = {
    "RecursDaily": (),
    "RecursEveryWeekday": (),
    "RecursWeekly": ("RecurrenceDayOfWeekMask",),
    "RecursMonthly": ("RecurrenceDayOfMonth",),
    "RecursMonthlyNth": ("RecurrenceInstance", "RecurrenceDayOfWeekMask"),
    "RecursYearly": ("RecurrenceDayOfMonth", "RecurrenceMonthOfYear"),
    "RecursYearlyNth": ("RecurrenceInstance", "RecurrenceDayOfWeekMask", "RecurrenceMonthOfYear"),
}


class CalendarError(Config, ValueError):
    """Raised when a calendar or holiday cannot mean what it says, or never opens when it has to."""


def weekday_bit(day: date) -> int:
    """The bit of a date in Salesforce's RecurrenceDayOfWeekMask: Sunday 1, Monday 2 … Saturday 64."""
    return 1 << (day.toordinal() % 7)


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """One holiday; equal holidays close the same time, whatever they are called.

    Attributes:
        first: the date, or the first date on which a recurring one may fall.
        last: the last date on which it may fall (inclusive); date.max when it recurs for ever.
        all_day: it takes away all hours that begin on its date, those after midnight included.
        begins, ends: when not all_day, the minutes of the day between which it is closed (at most 1440).
        recurrence: Salesforce's RecurrenceType; "" for a single date.
        interval: every how many days, weeks, months or years, counted from `first`.
        weekdays: bits of RecurrenceDayOfWeekMask.
        day_of_month, month: 1-based; 0 when the recurrence has none.
        instance: which of the matching days of a month, 1 to 4, or -1 for the last.
    """

    first: date
    last: date
    all_day: bool = True
    begins: int = 0
    ends: int = MINUTES_A_DAY
    recurrence: str = ""
    interval: int = 1
    weekdays: int = 0
    day_of_month: int = 0
    month: int = 0
    instance: int = 0

    @classmethod
    def on(cls, day: date) -> Holiday:
        """A whole single day."""
        return cls(first=day, last=day)

    @classmethod
    def from_salesforce(cls, row: Mapping[str, object]) -> Holiday:
        """The holiday that a row of Salesforce's Holiday object describes.

        Args:
            row: the fields as the REST API gives them; absent and null are the same; others are ignored.

        Raises:
            CalendarError: the row lacks what its recurrence needs, or holds a value without meaning.
        """
        all_day, begins, ends = _closed_minutes(row)
        if not row.get("IsRecurrence"):
            day = _date(row, "ActivityDate")
            if day is None:
                raise _error(row, "has no ActivityDate")
            return cls(first=day, last=day, all_day=all_day, begins=begins, ends=ends)
        first = _date(row, "RecurrenceStartDate") or _date(row, "ActivityDate")
        if first is None:
            raise _error(row, "has no RecurrenceStartDate")
        last = _date(row, "RecurrenceEndDateOnly") or date.max
        if last == LATEST_DATE:
            last = date.max
        if last < first:
            raise _error(row, f"ends on {last} before it starts on {first}")
        recurrence = row.get("RecurrenceType")
        if not isinstance(recurrence, str) or recurrence not in _NEEDS:
            raise _error(row, f"has the RecurrenceType {recurrence!r}; use one of {', '.join(_NEEDS)}")
        for field in _NEEDS[recurrence]:
            if row.get(field) is None:
                raise _error(row, f"has no {field}, which {recurrence} needs")
        needs = _NEEDS[recurrence]
        weekdays = 0
        if recurrence == "RecursEveryWeekday":
            weekdays = _EVERY_WEEKDAY
        elif "RecurrenceDayOfWeekMask" in needs:
            weekdays = _integer(row, "RecurrenceDayOfWeekMask", 1, 127)
        counts = recurrence != "RecursEveryWeekday" and row.get("RecurrenceInterval") is not None
        return cls(
            first=first,
            last=last,
            all_day=all_day,
            begins=begins,
            ends=ends,
            recurrence=recurrence,
            interval=_integer(row, "RecurrenceInterval", 1, 9999) if counts else 1,
            weekdays=weekdays,
            day_of_month=_integer(row, "RecurrenceDayOfMonth", 1, 31)
            if "RecurrenceDayOfMonth" in needs
            else 0,
            month=_choice(row, "RecurrenceMonthOfYear", _MONTHS) if "RecurrenceMonthOfYear" in needs else 0,
            instance=_choice(row, "RecurrenceInstance", _INSTANCES) if "RecurrenceInstance" in needs else 0,
        )

    @property
    def endless(self) -> bool:
        """It recurs with no last date."""
        return self.last == date.max

    def falls_on(self, day: date) -> bool:
        """Whether `day`, a date in the calendar's zone, is one of its dates.

        A month that lacks the day (the 31st of April, the 29th of February 2027) has no such holiday. Weeks
        begin on Sunday when every n-th week counts, as Salesforce's weekday mask does.
        """
        if not self.first <= day <= self.last:
            return False
        if self.weekdays and not self.weekdays & weekday_bit(day):
            return False
        if self.month and day.month != self.month:
            return False
        if self.day_of_month and day.day != self.day_of_month:
            return False
        if self.instance and not self._is_its_instance(day):
            return False
        return self.interval == 1 or self._periods_since_first(day) % self.interval == 0

    def _is_its_instance(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        matching = [n for n in range(1, length + 1) if self.weekdays & weekday_bit(day.replace(day=n))]
        wanted = self.instance if self.instance == _LAST else self.instance - 1
        return wanted < len(matching) and matching[wanted] == day.day

    def _periods_since_first(self, day: date) -> int:
        match self.recurrence:
            case "RecursDaily":
                return (day - self.first).days
            case "RecursWeekly":
                # Day 7 of the ordinal count is the first Sunday, so these are weeks from Sunday to Saturday.
                return day.toordinal() // 7 - self.first.toordinal() // 7
            case "RecursMonthly" | "RecursMonthlyNth":
                return (day.year - self.first.year) * 12 + day.month - self.first.month
            case _:
                return day.year - self.first.year

    def to_plain(self) -> str | dict[str, object]:
        """The written form: an ISO date, or a Holiday row that `from_salesforce` reads back as the same."""
        if not self.recurrence and self.all_day:
            return self.first.isoformat()
        row: dict[str, object] = {"IsAllDay": self.all_day}
        if not self.all_day:
            row |= {"StartTimeInMinutes": self.begins, "EndTimeInMinutes": self.ends}
        if not self.recurrence:
            return row | {"ActivityDate": self.first.isoformat()}
        row |= {
            "IsRecurrence": True,
            "RecurrenceType": self.recurrence,
            "RecurrenceStartDate": self.first.isoformat(),
        }
        if not self.endless:
            row["RecurrenceEndDateOnly"] = self.last.isoformat()
        if self.interval != 1:
            row["RecurrenceInterval"] = self.interval
        if self.weekdays:
            row["RecurrenceDayOfWeekMask"] = self.weekdays
        if self.day_of_month:
            row["RecurrenceDayOfMonth"] = self.day_of_month
        if self.month:
            row["RecurrenceMonthOfYear"] = calendar.month_name[self.month]
        if self.instance:
            row["RecurrenceInstance"] = _INSTANCE_NAMES[self.instance]
        return row


def parse_holiday(value: object) -> Holiday:
    """The holiday meant by a date, an ISO date, a Holiday row, or a Holiday itself.

    Raises:
        CalendarError: it is none of these.
    """
    if isinstance(value, Holiday):
        return value
    if isinstance(value, Mapping):
        return Holiday.from_salesforce(value)
    return Holiday.on(parse_date(value))


def parse_date(value: object) -> date:
    """The date meant by a date or by an ISO date.

    Raises:
        CalendarError: it is neither, or Salesforce cannot hold it.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        day = value
    else:
        # A Holiday's date may come with a midnight UTC, which "is not relevant" (Object Reference).
        text = value.partition("T")[0] if isinstance(value, str) else ""
        if not _ISO_DATE.fullmatch(text):
            raise CalendarError(f"{value!r} is not a date; write it as 2026-12-25")
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise CalendarError(f"{value!r} is not a date: {error}") from error
    if not EARLIEST_DATE <= day <= LATEST_DATE:
        raise CalendarError(f"{day} is not between the years 1700 and 4000 that Salesforce can hold")
    return day


def _closed_minutes(row: Mapping[str, object]) -> tuple[bool, int, int]:
    begins, ends = row.get("StartTimeInMinutes"), row.get("EndTimeInMinutes")
    if row.get("IsAllDay") or (begins is None and ends is None):
        return True, 0, MINUTES_A_DAY
    begin = 0 if begins is None else _integer(row, "StartTimeInMinutes", 0, MINUTES_A_DAY)
    end = MINUTES_A_DAY if ends is None else _integer(row, "EndTimeInMinutes", 0, MINUTES_A_DAY)
    # An end at 12:00 AM is the midnight that ends the day.
    end = end or MINUTES_A_DAY
    if begin >= end:
        raise _error(row, f"starts at minute {begin} of the day and ends at minute {end}; it must end later")
    return False, begin, end


def _date(row: Mapping[str, object], field: str) -> date | None:
    value = row.get(field)
    return None if value is None else parse_date(value)


def _integer(row: Mapping[str, object], field: str, low: int, high: int) -> int:
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise _error(row, f"has the {field} {value!r}; a whole number is needed")
    if not low <= value <= high:
        raise _error(row, f"has the {field} {value}; it must be from {low} to {high}")
    return int(value)


def _choice(row: Mapping[str, object], field: str, choices: Mapping[str, int]) -> int:
    value = row.get(field)
    if not isinstance(value, str) or value not in choices:
        raise _error(row, f"has the {field} {value!r}; use one of {', '.join(choices)}")
    return choices[value]


def _error(row: Mapping[str, object], text: str) -> CalendarError:
    return CalendarError(f"holiday {row.get('Name') or row.get('Id') or '(without a name)'} {text}")
