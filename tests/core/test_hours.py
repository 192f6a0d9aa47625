"""Business time at its edges: closings, nights, clock changes, holidays, pauses, and what is refused."""

from __future__ import annotations

import copy
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from sfsync.core.hours import ALWAYS, HORIZON, Calendar, CalendarError
from sfsync.errors import Config

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEK = (*WORKDAYS, "sat", "sun")
NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in WORKDAYS}
NEW_YORK = Calendar("America/New_York", NINE_TO_FIVE)
LONDON = Calendar("Europe/London", NINE_TO_FIVE)
HOUR = 3600


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def only(day: str, *spans: list[str]) -> dict[str, list[list[str]]]:
    return {day: list(spans)}


def test_a_duration_used_up_exactly_at_closing_is_due_at_closing() -> None:
    assert NEW_YORK.due(utc("2026-11-06T14:00"), 8 * HOUR) == utc("2026-11-06T22:00")
    assert NEW_YORK.due(utc("2026-11-06T14:00"), 8 * HOUR + 1) == utc("2026-11-09T14:00:01")


def test_a_zero_duration_stays_while_open_and_at_closing_and_else_waits_for_the_opening() -> None:
    assert NEW_YORK.due(utc("2026-11-06T15:00"), 0) == utc("2026-11-06T15:00")
    assert NEW_YORK.due(utc("2026-11-06T22:00"), 0) == utc("2026-11-06T22:00")
    assert NEW_YORK.due(utc("2026-11-06T22:00:01"), 0) == utc("2026-11-09T14:00")


def test_a_zero_duration_at_a_closing_that_ends_a_year_stays_there() -> None:
    calendar = Calendar("UTC", only("thu", ["12:00", "24:00"]))
    assert calendar.due(utc("2027-01-01T00:00"), 0) == utc("2027-01-01T00:00")


def test_the_next_opening_of_a_closing_is_tomorrow_and_of_an_opening_is_itself() -> None:
    assert NEW_YORK.next_open(utc("2026-11-05T22:00")) == utc("2026-11-06T14:00")
    assert NEW_YORK.next_open(utc("2026-11-06T14:00")) == utc("2026-11-06T14:00")
    assert NEW_YORK.is_open(utc("2026-11-06T14:00"))
    assert not NEW_YORK.is_open(utc("2026-11-06T22:00"))


def test_saturday_noon_and_an_hour_of_mon_to_fri_ten_to_six_is_monday_eleven() -> None:
    calendar = Calendar("UTC", {day: [["10:00", "18:00"]] for day in WORKDAYS})
    assert calendar.due(utc("2026-11-07T12:00"), HOUR) == utc("2026-11-09T11:00")


def test_local_hours_move_against_utc_when_the_clocks_change() -> None:
    assert NEW_YORK.next_open(utc("2026-10-30T00:00")) == utc("2026-10-30T13:00")
    assert NEW_YORK.next_open(utc("2026-11-02T00:00")) == utc("2026-11-02T14:00")


def test_a_zone_that_changes_its_clocks_for_a_month_is_followed() -> None:
    casablanca = Calendar("Africa/Casablanca", NINE_TO_FIVE)
    before, during, after = utc("2026-02-09T00:00"), utc("2026-03-02T00:00"), utc("2026-03-30T00:00")
    assert casablanca.next_open(before) == utc("2026-02-09T08:00")
    assert casablanca.next_open(during) == utc("2026-03-02T09:00")
    assert casablanca.next_open(after) == utc("2026-03-30T08:00")


@pytest.mark.parametrize(("sunday", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-11-08", 24)])
def test_a_whole_day_has_the_seconds_that_really_pass(sunday: str, hours: int) -> None:
    calendar = Calendar("America/New_York", only("sun", ["00:00", "24:00"]))
    start = utc(sunday)
    assert calendar.elapsed(start, start + timedelta(days=2)) == hours * HOUR
    assert calendar.due(start, hours * HOUR) == calendar.next_open(start) + timedelta(hours=hours)


def test_a_night_shift_through_a_clock_change_is_shorter_in_spring_and_longer_in_autumn() -> None:
    calendar = Calendar("America/New_York", only("sat", ["22:00", "06:00"]))
    assert calendar.elapsed(utc("2026-03-07T12:00"), utc("2026-03-09T12:00")) == 7 * HOUR
    assert calendar.elapsed(utc("2026-10-31T12:00"), utc("2026-11-02T12:00")) == 9 * HOUR


def test_an_opening_that_the_clock_jumps_over_is_where_the_clock_lands() -> None:
    calendar = Calendar("America/New_York", only("sun", ["02:30", "04:00"]))
    assert calendar.next_open(utc("2026-03-08T00:00")) == utc("2026-03-08T07:00")
    assert calendar.elapsed(utc("2026-03-08T00:00"), utc("2026-03-09T00:00")) == HOUR


def test_an_hour_that_the_clock_shows_twice_counts_twice() -> None:
    calendar = Calendar("America/New_York", only("sun", ["01:00", "02:00"]))
    assert calendar.elapsed(utc("2026-11-01T00:00"), utc("2026-11-02T00:00")) == 2 * HOUR


def test_a_date_that_a_zone_left_out_has_no_hours() -> None:
    apia = Calendar("Pacific/Apia", {day: [["00:00", "24:00"]] for day in WEEK})
    assert apia.next_working_day(date(2011, 12, 30)) == date(2011, 12, 31)
    assert apia.elapsed(utc("2011-12-29T10:00"), utc("2011-12-31T10:00")) == 48 * HOUR


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    monday_night = Calendar("UTC", only("mon", ["22:00", "02:00"]))
    assert monday_night.due(utc("2026-11-02T23:00"), 2 * HOUR) == utc("2026-11-03T01:00")
    assert monday_night.due(utc("2026-11-02T22:00"), 4 * HOUR) == utc("2026-11-03T02:00")
    assert monday_night.next_working_day(date(2026, 11, 3)) == date(2026, 11, 9)


def test_a_holiday_takes_the_night_that_begins_on_it_and_none_that_began_before() -> None:
    nights = {day: [["22:00", "02:00"]] for day in ("mon", "tue")}
    on_tuesday = Calendar("UTC", nights, ["2026-11-03"])
    assert on_tuesday.elapsed(utc("2026-11-02T12:00"), utc("2026-11-05T00:00")) == 4 * HOUR
    on_monday = Calendar("UTC", nights, ["2026-11-02"])
    assert on_monday.next_open(utc("2026-11-02T12:00")) == utc("2026-11-03T22:00")


def test_a_holiday_of_some_minutes_closes_them_whichever_day_the_hours_began() -> None:
    nights = {day: [["22:00", "02:00"]] for day in WEEK}
    minutes = {
        "ActivityDate": "2026-11-03",
        "IsAllDay": False,
        "StartTimeInMinutes": 60,
        "EndTimeInMinutes": 1380,
    }
    calendar = Calendar("UTC", nights, [minutes])
    assert calendar.elapsed(utc("2026-11-02T12:00"), utc("2026-11-03T12:00")) == 3 * HOUR
    assert calendar.elapsed(utc("2026-11-03T12:00"), utc("2026-11-04T12:00")) == 3 * HOUR
    assert calendar.due(utc("2026-11-02T12:00"), 3 * HOUR) == utc("2026-11-03T01:00")


def test_special_hours_replace_the_day_and_its_holiday() -> None:
    calendar = Calendar(
        "UTC", NINE_TO_FIVE, ["2026-12-24"], {"2026-12-24": [["10:00", "12:00"]], "2026-12-28": []}
    )
    assert calendar.due(utc("2026-12-24T00:00"), 2 * HOUR) == utc("2026-12-24T12:00")
    assert calendar.next_working_day(date(2026, 12, 26)) == date(2026, 12, 29)


def test_overlapping_spans_in_any_order_count_once() -> None:
    calendar = Calendar("UTC", only("mon", ["13:00", "17:00"], ["09:00", "14:00"], ["12:00", "12:30"]))
    assert calendar.elapsed(utc("2026-11-02T00:00"), utc("2026-11-03T00:00")) == 8 * HOUR


def test_a_span_with_equal_ends_is_the_whole_day() -> None:
    assert Calendar("UTC", only("mon", ["00:00", "00:00"])) == Calendar(
        "UTC", only("mon", ["00:00", "24:00"])
    )
    from_nine = Calendar("UTC", only("mon", ["09:00", "09:00"]))
    assert from_nine.elapsed(utc("2026-11-02T00:00"), utc("2026-11-04T00:00")) == 24 * HOUR


def test_around_the_clock_every_second_counts() -> None:
    start = utc("2026-11-02T09:00")
    assert ALWAYS.due(start, 96 * HOUR) == start + timedelta(hours=96)
    assert ALWAYS.elapsed(start, start + timedelta(days=1000)) == 1000 * 86400
    assert ALWAYS.due(utc("2026-12-31T23:59:59"), 1) == utc("2027-01-01T00:00")


def test_microseconds_are_kept() -> None:
    start = utc("2026-11-02T14:00:00.000001")
    assert NEW_YORK.due(start, 1) == utc("2026-11-02T14:00:01.000001")
    assert NEW_YORK.elapsed(start, utc("2026-11-02T14:00:00.5")) == 0.499999


def test_times_in_another_zone_are_taken_and_utc_is_given() -> None:
    start = datetime(2026, 11, 2, 15, tzinfo=timezone(timedelta(hours=1)))
    due = NEW_YORK.due(start, HOUR)
    assert due == utc("2026-11-02T15:00")
    assert due.tzinfo is UTC


def test_time_in_a_pause_does_not_count_and_in_two_at_once_is_taken_out_once() -> None:
    start = utc("2026-11-02T14:00")
    pauses = [
        (utc("2026-11-02T16:00"), utc("2026-11-02T18:00")),
        (utc("2026-11-02T15:00"), utc("2026-11-02T17:00")),
        (utc("2026-11-07T00:00"), utc("2026-11-08T00:00")),
    ]
    assert NEW_YORK.elapsed(start, utc("2026-11-02T22:00"), pauses) == 5 * HOUR
    assert NEW_YORK.due(start, 5 * HOUR, pauses) == utc("2026-11-02T22:00")
    assert NEW_YORK.due(start, 5 * HOUR + 60, pauses) == utc("2026-11-03T14:01")


def test_a_duration_used_up_when_a_pause_begins_is_due_then() -> None:
    start, paused, resumed = utc("2026-11-02T14:00"), utc("2026-11-02T15:00"), utc("2026-11-04T15:00")
    assert NEW_YORK.due(start, HOUR, [(paused, resumed)]) == paused
    assert NEW_YORK.due(start, HOUR + 1, [(paused, resumed)]) == resumed + timedelta(seconds=1)


def test_a_clock_started_in_a_pause_begins_when_it_ends() -> None:
    pause = (utc("2026-11-02T10:00"), utc("2026-11-02T20:00"))
    assert NEW_YORK.due(utc("2026-11-02T15:00"), HOUR, [pause]) == utc("2026-11-02T21:00")
    assert NEW_YORK.due(utc("2026-11-02T15:00"), 0, [pause]) == utc("2026-11-02T20:00")


def test_a_pause_that_lasted_half_a_year_leaves_what_was_left() -> None:
    held = (utc("2026-02-02T15:00"), utc("2026-08-03T13:00"))
    assert NEW_YORK.due(utc("2026-02-02T14:00"), 4 * HOUR, [held]) == utc("2026-08-03T16:00")
    assert NEW_YORK.elapsed(utc("2026-02-02T14:00"), utc("2026-08-03T16:00"), [held]) == 4 * HOUR


def test_elapsed_backwards_is_negative_pauses_or_not() -> None:
    start, end = utc("2026-11-02T14:00"), utc("2026-11-02T20:00")
    pause = (utc("2026-11-02T15:00"), utc("2026-11-02T16:00"))
    assert NEW_YORK.elapsed(end, start, [pause]) == -NEW_YORK.elapsed(start, end, [pause]) == -5 * HOUR


def test_the_day_is_the_date_on_the_local_wall() -> None:
    assert NEW_YORK.day(utc("2026-11-03T02:00")) == date(2026, 11, 2)
    assert Calendar("Asia/Tokyo", NINE_TO_FIVE).day(utc("2026-11-02T16:00")) == date(2026, 11, 3)


def test_the_working_day_after_a_weekend_is_monday_and_that_of_monday_is_itself() -> None:
    assert LONDON.next_working_day(date(2026, 7, 4)) == date(2026, 7, 6)
    assert LONDON.next_working_day(date(2026, 7, 6)) == date(2026, 7, 6)


def test_calendars_written_differently_are_equal_when_they_mean_the_same_days() -> None:
    one = Calendar(
        "UTC", {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}, ["2026-12-25", date(2026, 12, 26)]
    )
    other = Calendar(
        "UTC", {"tue": [], "mon": [["13:00:00", "17:00"], ["09:00", "12:00"]]}, ["2026-12-26", "2026-12-25"]
    )
    assert one == other
    assert hash(one) == hash(other)
    assert one.to_dict() == other.to_dict()
    assert one != Calendar("Europe/London", {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]})
    assert copy.deepcopy(one) == one


def test_a_calendar_is_written_as_plain_values() -> None:
    calendar = Calendar("UTC", only("mon", ["22:00", "06:00"]), ["2026-12-25"], {date(2026, 12, 24): []})
    assert calendar.to_dict() == {
        "tz": "UTC",
        "week": {
            "mon": [["22:00", "06:00"]],
            "tue": [],
            "wed": [],
            "thu": [],
            "fri": [],
            "sat": [],
            "sun": [],
        },
        "holidays": ["2026-12-25"],
        "special_hours": {"2026-12-24": []},
    }


def test_a_calendar_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        NEW_YORK.tz = "UTC"  # type: ignore[misc]


def test_a_calendar_that_never_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="never opens"):
        Calendar("UTC", {})
    with pytest.raises(Config, match="never opens"):
        Calendar("UTC", {"mon": []}, special_hours={"2026-12-24": []})


def test_holidays_that_close_the_calendar_for_ever_are_refused() -> None:
    daily = {"IsRecurrence": True, "RecurrenceType": "RecursDaily", "RecurrenceStartDate": "2026-01-01"}
    with pytest.raises(ValueError, match="for ever"):
        Calendar("UTC", NINE_TO_FIVE, [daily])
    with pytest.raises(ValueError, match="for ever"):
        Calendar("UTC", NINE_TO_FIVE, [daily | {"RecurrenceEndDateOnly": "4000-12-31"}])
    with pytest.raises(ValueError, match="for ever"):
        Calendar("UTC", NINE_TO_FIVE, [daily | {"StartTimeInMinutes": 540, "EndTimeInMinutes": 1020}])
    weekdays = daily | {"RecurrenceType": "RecursEveryWeekday"}
    with pytest.raises(ValueError, match="for ever"):
        Calendar("UTC", NINE_TO_FIVE, [weekdays])
    assert Calendar("UTC", {"sat": [["09:00", "10:00"]]}, [weekdays]).next_open(utc("2026-01-01T00:00"))
    assert Calendar("UTC", NINE_TO_FIVE, [daily | {"RecurrenceInterval": 2}]).next_open(
        utc("2026-01-01T00:00")
    )


def test_what_never_comes_again_is_an_error_and_not_a_loop() -> None:
    fair = Calendar("UTC", {}, special_hours={"2026-06-01": [["09:00", "17:00"]]})
    assert fair.due(utc("2026-01-01T00:00"), 8 * HOUR) == utc("2026-06-01T17:00")
    with pytest.raises(CalendarError, match="100 years"):
        fair.due(utc("2026-01-01T00:00"), 8 * HOUR + 1)
    with pytest.raises(CalendarError, match="100 years"):
        fair.next_open(utc("2026-06-01T17:00"))
    with pytest.raises(CalendarError, match="100 years"):
        fair.next_working_day(date(2026, 6, 2))
    assert fair.elapsed(utc("2026-01-01T00:00"), utc("2027-01-01T00:00")) == 8 * HOUR


def test_a_duration_at_the_horizon_is_answered_and_beyond_it_refused() -> None:
    start = utc("2026-01-01T00:00")
    assert ALWAYS.due(start, HORIZON.total_seconds()) == start + HORIZON
    with pytest.raises(CalendarError, match="cannot elapse"):
        ALWAYS.due(start, HORIZON.total_seconds() + 1)
    with pytest.raises(CalendarError, match="100 years"):
        NEW_YORK.due(start, HORIZON.total_seconds())


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"tz": "Mars/Olympus"}, "'Mars/Olympus' is not a time zone"),
    ({"tz": "../etc/passwd"}, "is not a time zone"),
    ({"tz": ""}, "is not a time zone"),
    ({"week": {"monday": [["09:00", "17:00"]]}}, "'monday' is not a day of the week"),
    ({"week": only("mon", ["9:00", "17:00"])}, "mon: '9:00' is not a time"),
    ({"week": only("mon", ["09:00", "24:01"])}, "mon: '24:01' is not a time"),
    ({"week": only("mon", ["24:00", "09:00"])}, "mon: 24:00 is the end of a day"),
    ({"week": {"mon": [["09:00"]]}}, "mon: .* is not a span"),
    ({"week": {"mon": ["09"]}}, "mon: '09' is not a span"),
    ({"holidays": ["2026-02-29"]}, "'2026-02-29' is not a date"),
    ({"holidays": ["25.12.2026"]}, "'25.12.2026' is not a date"),
    ({"holidays": ["20261225"]}, "'20261225' is not a date"),
    ({"holidays": [20261225]}, "20261225 is not a date"),
    ({"special_hours": {"9999-12-31": []}}, "between the years 1700 and 4000"),
    ({"special_hours": {"2026-12-24": [["10:00", "x"]]}}, "2026-12-24: 'x' is not a time"),
]


@pytest.mark.parametrize(("change", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_malformed_calendar_is_refused_with_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CalendarError, match=message):
        Calendar(**{"tz": "UTC", "week": NINE_TO_FIVE} | change)


def test_a_naive_datetime_is_refused() -> None:
    for ask in (NEW_YORK.next_open, NEW_YORK.is_open, NEW_YORK.day, lambda at: NEW_YORK.due(at, 1)):
        with pytest.raises(CalendarError, match="no time zone"):
            ask(datetime(2026, 11, 2))


def test_a_time_that_salesforce_cannot_hold_is_refused() -> None:
    for at in ("1699-12-31T23:59:59", "4001-01-01T00:00"):
        with pytest.raises(CalendarError, match="1700 and 4000"):
            NEW_YORK.next_open(utc(at))
    assert Calendar("America/New_York", NINE_TO_FIVE).next_open(utc("1700-01-01T00:00")).year == 1700
    last = Calendar("Asia/Tokyo", NINE_TO_FIVE)
    assert last.due(utc("4000-12-31T23:59:59"), HOUR) == utc("4001-01-01T01:00")


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    now = utc("2026-11-02T15:00")
    with pytest.raises(CalendarError, match="before it begins"):
        NEW_YORK.due(now, 1, [(now, now - timedelta(hours=1))])


def test_threads_that_ask_at_once_get_the_same_answers() -> None:
    calendar = Calendar("Europe/Paris", NINE_TO_FIVE, ["2026-12-25"])
    starts = [utc(f"{year}-06-15T12:34:56") for year in range(1950, 2050, 3)]
    expected = [
        Calendar("Europe/Paris", NINE_TO_FIVE, ["2026-12-25"]).due(start, 500_000) for start in starts
    ]
    found: dict[int, list[datetime]] = {}
    barrier = threading.Barrier(6)

    def ask(thread: int) -> None:
        barrier.wait(timeout=30)
        order = starts[thread::6] + starts
        found[thread] = [calendar.due(start, 500_000) for start in order][-len(starts) :]

    threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == dict.fromkeys(range(6), expected)
