"""BusinessHours and Holiday rows, as the REST API gives them, mean what Salesforce means by them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sfsync.core.holidays import Holiday, parse_holiday
from sfsync.core.hours import ALWAYS, Calendar, CalendarError

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def hours(**times: tuple[str, str] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "attributes": {"type": "BusinessHours", "url": "/services/data/v68.0/sobjects/BusinessHours/01m"},
        "Id": "01m000000000001AAA",
        "Name": "Default",
        "IsActive": True,
        "IsDefault": True,
        "TimeZoneSidKey": "America/New_York",
    }
    for day in DAYS:
        start, end = times.get(day) or (None, None)
        row |= {f"{day}StartTime": start, f"{day}EndTime": end}
    return row


OFFICE = hours(**dict.fromkeys(DAYS[:5], ("09:00:00.000Z", "17:00:00.000Z")))
ROUND_THE_CLOCK = hours(**dict.fromkeys(DAYS, ("00:00:00.000Z", "00:00:00.000Z")))


def recurring(kind: str, **fields: object) -> dict[str, Any]:
    return {
        "Id": "0C0000000000001AAA",
        "Name": "Company Day",
        "ActivityDate": "2026-01-01",
        "IsAllDay": True,
        "StartTimeInMinutes": None,
        "EndTimeInMinutes": None,
        "IsRecurrence": True,
        "RecurrenceType": f"Recurs{kind}",
        "RecurrenceStartDate": "2026-01-01",
        "RecurrenceEndDateOnly": None,
        "RecurrenceInterval": None,
        "RecurrenceDayOfWeekMask": None,
        "RecurrenceDayOfMonth": None,
        "RecurrenceInstance": None,
        "RecurrenceMonthOfYear": None,
    } | {f"Recurrence{name}": value for name, value in fields.items()}


def dates(row: dict[str, Any], first: str, count: int) -> list[str]:
    """The first `count` dates of a holiday from a date on."""
    holiday, day, found = Holiday.from_salesforce(row), date.fromisoformat(first), list[str]()
    while len(found) < count:
        if holiday.falls_on(day):
            found.append(day.isoformat())
        day += timedelta(days=1)
    return found


def test_times_of_day_are_local_although_they_end_in_z() -> None:
    calendar = Calendar.from_salesforce(OFFICE)
    assert calendar == Calendar(
        "America/New_York", {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    )
    assert calendar.next_open(datetime(2026, 11, 2, tzinfo=UTC)) == datetime(2026, 11, 2, 14, tzinfo=UTC)


def test_equal_start_and_end_mean_the_whole_day() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    calendar = Calendar.from_salesforce(ROUND_THE_CLOCK)
    assert calendar.elapsed(start, start + timedelta(days=300)) == ALWAYS.elapsed(
        start, start + timedelta(days=300)
    )
    assert Calendar.from_salesforce(hours(Monday=("09:00:00.000Z", "09:00:00.000Z"))).to_dict()["week"] == {
        "mon": [["00:00", "24:00"]]
    } | {day: [] for day in ("tue", "wed", "thu", "fri", "sat", "sun")}


def test_an_end_at_midnight_is_the_end_of_the_day() -> None:
    calendar = Calendar.from_salesforce(hours(Monday=("09:00:00.000Z", "00:00:00.000Z")))
    assert calendar.due(datetime(2026, 11, 2, 14, tzinfo=UTC), 15 * 3600) == datetime(
        2026, 11, 3, 5, tzinfo=UTC
    )


def test_business_hours_without_a_day_are_refused_by_name() -> None:
    with pytest.raises(CalendarError, match="business hours Default: the calendar never opens"):
        Calendar.from_salesforce(hours())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MondayEndTime": None}, "business hours Default: Monday is from '09:00:00.000Z' to None"),
        ({"MondayEndTime": "5 PM"}, "Monday is from '09:00:00.000Z' to '5 PM'"),
        ({"TimeZoneSidKey": None}, "'None' is not a time zone"),
    ],
)
def test_malformed_business_hours_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CalendarError, match=message):
        Calendar.from_salesforce(OFFICE | change)


def test_a_single_all_day_holiday_closes_its_date() -> None:
    row = {"Name": "Thanksgiving", "IsAllDay": True, "IsRecurrence": False, "ActivityDate": "2026-11-26"}
    calendar = Calendar.from_salesforce(OFFICE, [row])
    assert calendar.next_working_day(date(2026, 11, 26)) == date(2026, 11, 27)
    assert calendar == Calendar.from_salesforce(
        OFFICE, [row | {"ActivityDate": "2026-11-26T00:00:00.000+0000"}]
    )


def test_a_holiday_of_some_minutes_closes_only_these() -> None:
    row = {
        "IsAllDay": False,
        "IsRecurrence": False,
        "ActivityDate": "2026-12-24",
        "StartTimeInMinutes": 12 * 60,
        "EndTimeInMinutes": 24 * 60,
    }
    calendar = Calendar.from_salesforce(OFFICE, [row])
    assert calendar.due(datetime(2026, 12, 24, 12, tzinfo=UTC), 3 * 3600) == datetime(
        2026, 12, 24, 17, tzinfo=UTC
    )
    assert Calendar.from_salesforce(OFFICE, [row | {"EndTimeInMinutes": 0}]) == calendar
    lunch = Calendar.from_salesforce(OFFICE, [row | {"EndTimeInMinutes": 13 * 60}])
    assert lunch.due(datetime(2026, 12, 24, 16, tzinfo=UTC), 7200) == datetime(2026, 12, 24, 19, tzinfo=UTC)


def test_an_all_day_holiday_that_also_has_minutes_is_all_day() -> None:
    row = recurring("Yearly", DayOfMonth=25, MonthOfYear="December")
    assert Holiday.from_salesforce(
        row | {"StartTimeInMinutes": 60, "EndTimeInMinutes": 120}
    ) == Holiday.from_salesforce(row)


CASES: list[tuple[str, dict[str, Any], str, list[str]]] = [
    (
        "every third day",
        recurring("Daily", Interval=3),
        "2026-01-01",
        ["2026-01-01", "2026-01-04", "2026-01-07"],
    ),
    (
        "every weekday",
        recurring("EveryWeekday", DayOfWeekMask=62),
        "2026-01-01",
        ["2026-01-01", "2026-01-02", "2026-01-05"],
    ),
    (
        "every second week on Sunday and Saturday, weeks from Sunday on",
        recurring("Weekly", Interval=2, DayOfWeekMask=65),
        "2026-01-01",
        ["2026-01-03", "2026-01-11", "2026-01-17", "2026-01-25"],
    ),
    (
        "every second month on the 15th",
        recurring("Monthly", Interval=2, DayOfMonth=15),
        "2026-01-01",
        ["2026-01-15", "2026-03-15", "2026-05-15"],
    ),
    (
        "on the 31st, where a month has one",
        recurring("Monthly", Interval=1, DayOfMonth=31),
        "2026-01-01",
        ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"],
    ),
    (
        "the last Friday of every third month",
        recurring("MonthlyNth", Interval=3, Instance="Last", DayOfWeekMask=32),
        "2026-01-01",
        ["2026-01-30", "2026-04-24", "2026-07-31"],
    ),
    (
        "the second weekday of a month",
        recurring("MonthlyNth", Interval=1, Instance="Second", DayOfWeekMask=62),
        "2026-01-01",
        ["2026-01-02", "2026-02-03", "2026-03-03"],
    ),
    (
        "Independence Day",
        recurring("Yearly", DayOfMonth=4, MonthOfYear="July"),
        "2026-01-01",
        ["2026-07-04", "2027-07-04", "2028-07-04"],
    ),
    (
        "a leap day, in leap years",
        recurring("Yearly", DayOfMonth=29, MonthOfYear="February"),
        "2026-01-01",
        ["2028-02-29", "2032-02-29"],
    ),
    (
        "Thanksgiving, the fourth Thursday in November",
        recurring("YearlyNth", Instance="Fourth", DayOfWeekMask=16, MonthOfYear="November"),
        "2026-01-01",
        ["2026-11-26", "2027-11-25", "2028-11-23"],
    ),
    (
        "Memorial Day, the last Monday in May",
        recurring("YearlyNth", Instance="Last", DayOfWeekMask=2, MonthOfYear="May"),
        "2026-01-01",
        ["2026-05-25", "2027-05-31", "2028-05-29"],
    ),
]


@pytest.mark.parametrize(
    ("row", "first", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_recurring_holiday_falls_on(row: dict[str, Any], first: str, expected: list[str]) -> None:
    assert dates(row, first, len(expected)) == expected


@pytest.mark.parametrize("row", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_a_recurring_holiday_reads_back_what_it_writes(row: dict[str, Any]) -> None:
    for change in (
        {},
        {"IsAllDay": False, "StartTimeInMinutes": 30},
        {"RecurrenceEndDateOnly": "2030-05-05"},
    ):
        holiday = Holiday.from_salesforce(row | change)
        assert parse_holiday(json.loads(json.dumps(holiday.to_plain()))) == holiday


def test_a_recurring_holiday_keeps_within_its_first_and_last_date() -> None:
    row = recurring("Monthly", DayOfMonth=1, StartDate="2026-02-02", EndDateOnly="2026-04-01")
    holiday = Holiday.from_salesforce(row)
    fallen = [month for month in range(1, 13) if holiday.falls_on(date(2026, month, 1))]
    assert fallen == [3, 4]


def test_a_recurrence_without_a_start_begins_on_its_activity_date() -> None:
    row = recurring("Daily", StartDate=None)
    assert Holiday.from_salesforce(row).first == date(2026, 1, 1)


def test_what_a_recurrence_does_not_use_changes_nothing() -> None:
    row = recurring("Yearly", DayOfMonth=25, MonthOfYear="December")
    assert Holiday.from_salesforce(
        row | {"RecurrenceDayOfWeekMask": 2, "Name": "X"}
    ) == Holiday.from_salesforce(row)
    assert Holiday.from_salesforce(row | {"IsAllDay": 1, "RecurrenceInterval": 1}) == Holiday.from_salesforce(
        row
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (recurring("Fortnightly"), "holiday Company Day has the RecurrenceType 'RecursFortnightly'"),
        (recurring("Weekly", Interval=1), "has no RecurrenceDayOfWeekMask, which RecursWeekly needs"),
        (recurring("Weekly", DayOfWeekMask=0), "RecurrenceDayOfWeekMask 0; it must be from 1 to 127"),
        (recurring("Monthly", DayOfMonth="x"), "RecurrenceDayOfMonth 'x'; a whole number"),
        (recurring("Monthly", DayOfMonth=1, Interval=0), "RecurrenceInterval 0; it must be from 1"),
        (
            recurring("MonthlyNth", Instance="Fifth", DayOfWeekMask=2),
            "RecurrenceInstance 'Fifth'; use one of",
        ),
        (recurring("Yearly", DayOfMonth=1, MonthOfYear="Jan"), "RecurrenceMonthOfYear 'Jan'; use one of"),
        (recurring("Daily", EndDateOnly="2025-12-31"), "ends on 2025-12-31 before it starts"),
        (recurring("Daily", StartDate=None) | {"ActivityDate": None}, "has no RecurrenceStartDate"),
        ({"IsAllDay": True, "Name": "Lost"}, "holiday Lost has no ActivityDate"),
        (
            {"ActivityDate": "2026-01-01", "StartTimeInMinutes": 600, "EndTimeInMinutes": 540},
            r"holiday \(without a name\) starts at minute 600",
        ),
    ],
)
def test_a_holiday_without_a_meaning_is_refused_by_name(row: dict[str, Any], message: str) -> None:
    with pytest.raises(CalendarError, match=message):
        Calendar.from_salesforce(OFFICE, [row])
