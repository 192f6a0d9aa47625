"""A day with hours of its own, a second before them, at them and after them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sfsync.core.hours import Calendar

HALF_DAY = {"Name": "Half day", "ActivityDate": "2026-12-24", "IsAllDay": False, "IsRecurrence": False} | {
    "StartTimeInMinutes": 600,
    "EndTimeInMinutes": 660,
}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
DAYS: dict[str, Any] = {day: [["09:00", "17:00"]] for day in WEEKDAYS}
NIGHTS: dict[str, Any] = {day: [["22:00", "06:00"]] for day in WEEKDAYS}
SHORT = {"2026-12-24": [["09:00", "13:00"]]}
CLOSED: dict[str, Any] = {"2026-12-24": []}
SATURDAY = {"2026-12-19": [["10:00", "14:00"]]}
WHOLE = {"2026-12-24": [["00:00", "24:00"]]}
INTO_SUMMER_TIME = {"2026-03-29": [["01:00", "04:00"]]}


def berlin(text: str) -> datetime:
    """This time on a wall in Berlin in the winter of 2026, as UTC."""
    return datetime.fromisoformat(f"{text}+01:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("week", "holidays", "special", "at", "open_"),
    [
        (DAYS, [], SHORT, "2026-12-24T08:59:59", False),
        (DAYS, [], SHORT, "2026-12-24T09:00:00", True),
        (DAYS, [], SHORT, "2026-12-24T12:59:59", True),
        (DAYS, [], SHORT, "2026-12-24T13:00:00", False),
        (DAYS, [], SHORT, "2026-12-24T16:59:59", False),
        (DAYS, [], SHORT, "2026-12-23T16:59:59", True),
        (DAYS, [], SHORT, "2026-12-25T09:00:00", True),
        # They count on a holiday of the whole day, and on one of some minutes.
        (DAYS, ["2026-12-24"], SHORT, "2026-12-24T08:59:59", False),
        (DAYS, ["2026-12-24"], SHORT, "2026-12-24T09:00:00", True),
        (DAYS, ["2026-12-24"], SHORT, "2026-12-24T13:00:00", False),
        (DAYS, [HALF_DAY], SHORT, "2026-12-24T10:30:00", True),
        (DAYS, [HALF_DAY], {}, "2026-12-24T10:30:00", False),
        # Without any the day is closed.
        (DAYS, [], CLOSED, "2026-12-24T09:00:00", False),
        (DAYS, [], CLOSED, "2026-12-24T16:59:59", False),
        (DAYS, [], CLOSED, "2026-12-25T09:00:00", True),
        # A day that the week has closed opens.
        (DAYS, [], SATURDAY, "2026-12-19T09:59:59", False),
        (DAYS, [], SATURDAY, "2026-12-19T10:00:00", True),
        (DAYS, [], SATURDAY, "2026-12-19T13:59:59", True),
        (DAYS, [], SATURDAY, "2026-12-19T14:00:00", False),
        # The night before goes on, that night does not begin.
        (NIGHTS, [], CLOSED, "2026-12-24T05:59:59", True),
        (NIGHTS, [], CLOSED, "2026-12-24T06:00:00", False),
        (NIGHTS, [], CLOSED, "2026-12-24T22:00:00", False),
        (NIGHTS, [], CLOSED, "2026-12-25T05:59:59", False),
        (NIGHTS, [], CLOSED, "2026-12-25T22:00:00", True),
        (DAYS, [], WHOLE, "2026-12-23T23:59:59", False),
        (DAYS, [], WHOLE, "2026-12-24T00:00:00", True),
        (DAYS, [], WHOLE, "2026-12-24T23:59:59", True),
        (DAYS, [], WHOLE, "2026-12-25T00:00:00", False),
        # The clock goes from 02:00 to 03:00: three hours on the wall are two.
        (DAYS, [], INTO_SUMMER_TIME, "2026-03-29T00:59:59", False),
        (DAYS, [], INTO_SUMMER_TIME, "2026-03-29T01:00:00", True),
        (DAYS, [], INTO_SUMMER_TIME, "2026-03-29T02:59:59", True),
        (DAYS, [], INTO_SUMMER_TIME, "2026-03-29T03:00:00", False),
    ],
)
def test_a_day_is_open_in_its_own_hours(
    week: dict[str, Any], holidays: list[Any], special: dict[str, Any], at: str, *, open_: bool
) -> None:
    assert Calendar("Europe/Berlin", week, holidays, special).is_open(berlin(at)) is open_


@pytest.mark.parametrize(
    ("special", "seconds", "due"),
    [
        ({}, 8 * 3600, "2026-12-24T17:00:00"),
        (SHORT, 4 * 3600 - 1, "2026-12-24T12:59:59"),
        (SHORT, 4 * 3600, "2026-12-24T13:00:00"),
        (SHORT, 4 * 3600 + 1, "2026-12-25T09:00:01"),
        (CLOSED, 0, "2026-12-25T09:00:00"),
        (CLOSED, 1, "2026-12-25T09:00:01"),
        (WHOLE, 24 * 3600 - 1, "2026-12-24T23:59:59"),
        (WHOLE, 24 * 3600, "2026-12-25T00:00:00"),
        (WHOLE, 24 * 3600 + 1, "2026-12-25T09:00:01"),
    ],
)
def test_time_that_is_used_up_in_hours_of_their_own_is_due_as_in_others(
    special: dict[str, Any], seconds: int, due: str
) -> None:
    calendar = Calendar("Europe/Berlin", DAYS, [], special)
    start = berlin("2026-12-24T00:00:00")
    assert calendar.due(start, seconds) == berlin(due)
    assert calendar.elapsed(start, berlin(due)) == seconds


def test_a_working_day_is_one_on_which_its_own_hours_begin() -> None:
    calendar = Calendar("Europe/Berlin", DAYS, [], CLOSED | SATURDAY)
    assert calendar.next_working_day(date(2026, 12, 19)) == date(2026, 12, 19)
    assert calendar.next_working_day(date(2026, 12, 24)) == date(2026, 12, 25)
    assert calendar.opening(date(2026, 12, 19)) == berlin("2026-12-19T10:00:00")
