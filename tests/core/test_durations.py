"""Lengths of time in an admin's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsync.core.durations import Moment, moment, seconds, words


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1 minute", 60),
        ("30 minutes", 1800),
        ("1.5 hours", 5400),
        ("48 hours", 172_800),
        ("3 days", 259_200),
        ("2 weeks", 1_209_600),
        (" 4  hours ", 14_400),
        ("0 minutes", 0),
        ("3660 days", 3660 * 86_400),
    ],
)
def test_a_length_of_time_is_read_in_seconds(text: str, length: int) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "48",
        "48h",
        "two days",
        "-1 hours",
        "1 hour 30 minutes",
        "",
        "1 month",
        "hours",
        48,
        None,
        True,
        ["1 hour"],
    ],
)
def test_what_is_no_length_of_time_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="write a length of time like '30 minutes', '48 hours' or '2 weeks'"):
        seconds(text)


@pytest.mark.parametrize("text", ["3661 days", "600 weeks", "9" * 400 + " weeks"])
def test_a_length_that_cannot_pass_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="longer than ten years"):
        seconds(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "0 minutes"),
        (60, "1 minute"),
        (5400, "90 minutes"),
        (3600, "1 hour"),
        (129_600, "36 hours"),
        (172_800, "48 hours"),
        (259_200, "3 days"),
        (345_600, "4 days"),
        (262_800, "73 hours"),
    ],
)
def test_a_length_is_said_as_people_say_it(length: int, text: str) -> None:
    assert words(length) == text


@given(st.integers(1, 10_000), st.sampled_from([60, 3600, 86_400]))
def test_what_is_said_can_be_read_again(count: int, unit: int) -> None:
    length = min(count * unit, 3660 * 86_400)
    assert seconds(words(length)) == length


@pytest.mark.parametrize(
    ("text", "expected", "of_48_hours"),
    [
        ("75 %", Moment(fraction=0.75), 36 * 3600),
        ("75%", Moment(fraction=0.75), 36 * 3600),
        ("150 %", Moment(fraction=1.5), 72 * 3600),
        ("0 %", Moment(fraction=0.0), 0),
        ("72 hours", Moment(offset=72 * 3600), 72 * 3600),
    ],
)
def test_a_moment_is_a_share_of_the_clock_or_a_time_after_its_start(
    text: str, expected: Moment, of_48_hours: int
) -> None:
    assert moment(text) == expected
    assert moment(moment(text)) == expected
    assert expected.after(48 * 3600) == of_48_hours


@pytest.mark.parametrize("text", ["75", "75 percent", "-5 %", "half", None, 0.75])
def test_what_is_no_moment_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="write a moment like '75 %', '72 hours' or '4 hours before due'"):
        moment(text)


@pytest.mark.parametrize(
    ("text", "why"), [("9" * 400 + " %", "too late"), ("4000 days", "longer than ten years")]
)
def test_a_moment_that_never_comes_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        moment(text)
