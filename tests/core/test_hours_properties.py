"""What holds for every calendar, zone and moment, and that a slow reader of a wall clock agrees."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsync.core.hours import ALWAYS, Calendar, CalendarError
from tests.core import strategies

QUIET = settings(deadline=None, max_examples=60)


@st.composite
def calendars_and_moments(draw: st.DrawFn) -> tuple[dict[str, Any], datetime]:
    at = draw(strategies.moments)
    return draw(strategies.calendars(at.date())), at


@QUIET
@given(calendars_and_moments(), strategies.durations)
def test_what_is_due_after_a_duration_has_that_duration_elapsed(
    drawn: tuple[dict[str, Any], datetime], seconds: int
) -> None:
    spec, start = drawn
    calendar = Calendar(**spec)
    due = calendar.due(start, seconds)
    assert due >= start
    assert calendar.elapsed(start, due) == seconds


@QUIET
@given(calendars_and_moments(), st.floats(0, 100_000))
def test_a_fraction_of_a_second_elapses_to_the_microsecond(
    drawn: tuple[dict[str, Any], datetime], seconds: float
) -> None:
    spec, start = drawn
    calendar = Calendar(**spec)
    assert calendar.elapsed(start, calendar.due(start, seconds)) == pytest.approx(seconds, abs=6e-7)


@QUIET
@given(calendars_and_moments(), strategies.durations, strategies.durations)
def test_a_longer_duration_is_never_due_earlier(
    drawn: tuple[dict[str, Any], datetime], one: int, other: int
) -> None:
    spec, start = drawn
    calendar = Calendar(**spec)
    shorter, longer = sorted((one, other))
    assert calendar.due(start, shorter) <= calendar.due(start, longer)


@QUIET
@given(calendars_and_moments(), strategies.durations, strategies.durations)
def test_two_durations_after_one_another_are_their_sum(
    drawn: tuple[dict[str, Any], datetime], one: int, other: int
) -> None:
    spec, start = drawn
    calendar = Calendar(**spec)
    if other:
        assert calendar.due(calendar.due(start, one), other) == calendar.due(start, one + other)
    middle, end = start + timedelta(seconds=one), start + timedelta(seconds=one + other)
    whole = calendar.elapsed(start, end)
    assert calendar.elapsed(start, middle) + calendar.elapsed(middle, end) == pytest.approx(whole, abs=1e-6)
    assert 0 <= whole <= one + other
    assert calendar.elapsed(end, start) == -whole


@QUIET
@given(calendars_and_moments(), strategies.durations)
def test_a_duration_is_due_inside_opening_time_or_at_a_closing(
    drawn: tuple[dict[str, Any], datetime], seconds: int
) -> None:
    spec, start = drawn
    calendar = Calendar(**spec)
    due = calendar.due(start, seconds)
    assert calendar.is_open(due) or calendar.is_open(due - timedelta(microseconds=1))
    opens = calendar.next_open(start)
    assert opens >= start
    assert calendar.is_open(opens)
    assert calendar.elapsed(start, opens) == 0


@QUIET
@given(
    calendars_and_moments(),
    strategies.durations,
    st.lists(st.tuples(st.integers(-86400, 20 * 86400), st.integers(0, 5 * 86400)), max_size=4),
)
def test_pauses_only_move_the_due_time(
    drawn: tuple[dict[str, Any], datetime], seconds: int, offsets: list[tuple[int, int]]
) -> None:
    spec, start = drawn
    calendar = Calendar(**spec)
    pauses = [
        (begins, begins + timedelta(seconds=length))
        for offset, length in offsets
        for begins in [start + timedelta(seconds=offset)]
    ]
    due = calendar.due(start, seconds, pauses)
    assert due >= calendar.due(start, seconds)
    assert calendar.elapsed(start, due, pauses) == seconds
    assert calendar.due(start, seconds, list(reversed(pauses))) == due
    assert calendar.due(start, seconds, pauses + pauses) == due
    if seconds:
        assert not any(begins < due <= ends for begins, ends in pauses)


@QUIET
@given(calendars_and_moments(), st.integers(0, 10 * 86400), strategies.durations)
def test_a_wall_clock_read_minute_by_minute_agrees(
    drawn: tuple[dict[str, Any], datetime], ahead: int, seconds: int
) -> None:
    spec, at = drawn
    start = at.replace(microsecond=0)
    calendar, oracle = Calendar(**spec), strategies.WallClock(spec, start - timedelta(hours=1), days=11)
    end = start + timedelta(seconds=ahead)
    hours = timedelta(seconds=2 * min(seconds, 40_000))
    pauses = [(end - hours, end), (start, start + hours), (start + hours // 2, start + hours)]
    assert calendar.elapsed(start, end) == oracle.elapsed(start, end)
    assert calendar.elapsed(start, end, pauses) == oracle.elapsed(start, end, pauses)
    assert calendar.is_open(end) == oracle.is_open(end)
    if (opens := oracle.next_open(end)) is not None:
        assert calendar.next_open(end) == opens
    for needed in (0, seconds % 40_000, seconds):
        expected = oracle.due(start, needed)
        if expected is not None:
            assert calendar.due(start, needed) == expected


@QUIET
@given(calendars_and_moments())
def test_the_next_working_day_is_the_first_on_which_hours_begin(
    drawn: tuple[dict[str, Any], datetime],
) -> None:
    spec, at = drawn
    calendar = Calendar(**spec)
    today, day = calendar.day(at), calendar.next_working_day(calendar.day(at))
    assert day >= today
    assert calendar.next_working_day(day) == day
    assert all(calendar.next_working_day(today + timedelta(n)) == day for n in range((day - today).days))
    if not calendar.is_open(at):
        assert day <= calendar.day(calendar.next_open(at))


@QUIET
@given(calendars_and_moments())
def test_a_calendar_survives_being_written_down(drawn: tuple[dict[str, Any], datetime]) -> None:
    spec, at = drawn
    calendar = Calendar(**spec)
    written = json.dumps(calendar.to_dict(), sort_keys=True)
    read = Calendar(**json.loads(written))
    assert (read, hash(read)) == (calendar, hash(calendar))
    assert json.dumps(read.to_dict(), sort_keys=True) == written
    assert read.due(at, 86400) == calendar.due(at, 86400)
    assert pickle.loads(pickle.dumps(calendar)) == calendar


@QUIET
@given(calendars_and_moments(), st.lists(strategies.moments, min_size=1, max_size=4))
def test_no_answer_depends_on_what_was_asked_before(
    drawn: tuple[dict[str, Any], datetime], earlier: list[datetime]
) -> None:
    spec, at = drawn
    asked = Calendar(**spec)
    for moment in earlier:
        asked.due(moment, 1000)
    fresh = Calendar(**spec)
    assert asked.due(at, 5000) == fresh.due(at, 5000)
    assert asked.next_open(at) == Calendar(**spec).next_open(at)
    assert asked.elapsed(min(earlier), at) == Calendar(**spec).elapsed(min(earlier), at)


@settings(deadline=None, max_examples=300)
@given(st.data(), st.dates(date(2020, 1, 1), date(2024, 6, 1)))
def test_a_recurring_holiday_falls_on_the_dates_that_a_calendar_shows(data: st.DataObject, day: date) -> None:
    row = data.draw(strategies.holiday_rows(day, day))
    row["IsAllDay"] = True
    whole_day = {name: [["00:00", "24:00"]] for name in strategies.DAYS}
    calendar = Calendar("UTC", whole_day, [row])
    shown = strategies.dates_of(row)
    for n in range(-3, 1000):
        on = day + timedelta(days=n)
        assert calendar.is_open(datetime(on.year, on.month, on.day, 12, tzinfo=UTC)) == (on not in shown)


def test_around_the_clock_every_zone_has_every_second() -> None:
    start, days = datetime(2025, 9, 1, 9, tzinfo=UTC), 400
    week = {day: [["00:00", "24:00"]] for day in strategies.DAYS}
    for zone in strategies.ZONES:
        calendar = Calendar(zone, week)
        assert calendar.elapsed(start, start + timedelta(days=days)) == days * 86400, zone
        assert calendar.due(start, days * 86400) == start + timedelta(days=days), zone
    assert ALWAYS.due(start, 1) == start + timedelta(seconds=1)


def test_every_zone_keeps_its_hours_through_spring_and_autumn() -> None:
    hours = {day: [["00:15", "03:00"], ["22:30", "24:00"]] for day in strategies.DAYS}
    for zone in strategies.ZONES:
        spec = {"tz": zone, "week": hours, "holidays": [], "special_hours": {}}
        calendar = Calendar(**spec)
        tz = strategies.ZoneInfo(zone)
        for month, first, days in ((3, 7, 3), (3, 26, 12), (10, 24, 10)):
            begins = datetime(2026, month, first, tzinfo=UTC)
            quarters = [begins + timedelta(minutes=15 * n) for n in range(days * 96)]
            clocks = [at.astimezone(tz) for at in quarters]
            minutes = [clock.hour * 60 + clock.minute for clock in clocks]
            expected = sum(900 for minute in minutes if 15 <= minute < 180 or minute >= 1350)
            assert calendar.elapsed(begins, begins + timedelta(days=days)) == expected, zone


@given(st.floats(max_value=-1e-9) | st.just(float("nan")) | st.just(float("inf")))
def test_a_duration_that_cannot_elapse_is_refused(seconds: float) -> None:
    with pytest.raises(CalendarError, match="cannot elapse"):
        ALWAYS.due(datetime(2026, 1, 1, tzinfo=UTC), seconds)
