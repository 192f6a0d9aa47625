"""Numbers, days and yes or no, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsync.core import values


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", 12), ("12.5", 12.5), ("12,5", 12.5), ("1,234", 1234), ("1.234", 1234), ("0.125", 0.125),
        ("1.2345", 1.2345), ("1,234.50", 1234.5), ("1.234,50", 1234.5), ("1 234 567", 1234567),
        ("1'000'000", 1e6), ("$5,000", 5000), ("EUR 5 million", 5e6), ("1.5m", 1.5e6), ("12k", 12000),
        ("2 bn", 2e9), ("51-200 employees", 51), ("about 40 people", 40), ("-7", -7), ("3 May", 3),
        ("three", 3), ("two thousand", 2000), ("none", None), ("", None), ("A4", None), (12.5, 12.5), (0, 0),
        (True, None), (None, None),
    ],
)  # fmt: skip
def test_a_number_is_read_out_of_words(written: Any, number: float | None) -> None:
    assert values.number(written) == number


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-02", (2026, 11, 2)), ("2026-11-02T09:30:00.000+0000", (2026, 11, 2, 9, 30)),
        ("2026-11-02T23:30:00-05:00", (2026, 11, 3, 4, 30)), ("2 Nov 2026", (2026, 11, 2)),
        ("the 2nd of November, 2026", (2026, 11, 2)), ("November 2nd, 2026", (2026, 11, 2)),
        ("Mon 2. Nov. 2026", (2026, 11, 2)), ("02.11.2026", (2026, 11, 2)), (" 2026-11-02 ", (2026, 11, 2)),
    ],
)  # fmt: skip
def test_a_day_is_read_out_of_words(written: str, day: tuple[int, ...]) -> None:
    assert values.date(written) == datetime(*day, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "written",
    ["11/02/2026", "soon", "2026-02-30", "31 Feb 2026", "2 Foo 2026", "20.20.2026", "", 5.0, True, None],
)
def test_what_names_no_one_day_is_no_day(written: Any) -> None:
    assert values.date(written) is None


@pytest.mark.parametrize(
    ("written", "truth"),
    [("Yes", True), (" n ", False), (True, True), (0.0, False), (1.0, True), ("maybe", None), (None, None)],
)
def test_yes_and_no_are_read_out_of_words(written: Any, truth: bool | None) -> None:
    assert values.boolean(written) is truth


@pytest.mark.parametrize(
    ("value", "text"), [(12.0, "12"), (12.5, "12.5"), (True, "true"), ("x", "x"), (None, None)]
)
def test_a_text_is_what_people_would_write(value: Any, text: str | None) -> None:
    assert values.text(value) == text


@given(st.one_of(st.none(), st.booleans(), st.floats(), st.text(), st.from_regex(r"[\d.,' -]{1,12}\w{0,4}")))
def test_nothing_that_a_field_holds_makes_reading_fail(value: Any) -> None:
    for reading in (values.number, values.date, values.boolean, values.text):
        reading(value)


@given(st.integers(0, 10**9), st.sampled_from(["{:,}", "{:d}", "about {:,} a year"]))
def test_a_whole_number_is_read_back_however_it_is_grouped(number: int, form: str) -> None:
    assert values.number(form.format(number)) == number


@given(st.dates())
def test_a_day_is_read_back_from_each_way_of_writing_it(day: Any) -> None:
    month = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
             "October", "November", "December")[day.month - 1]  # fmt: skip
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for written in (
        day.isoformat(),
        f"{day.day} {month} {day.year:04}",
        f"{month[:3]} {day.day}, {day.year:04}",
        f"{day.day:02}.{day.month:02}.{day.year:04}",
    ):
        assert values.date(written) == midnight
