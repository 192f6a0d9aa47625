"""What reps read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sfsync.core import words
from tests.core.builders import QUEUE, REP, org, user_id

LATE = datetime(2026, 11, 4, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/New_York", "Tue 3 Nov 2026 22:05 (America/New York)"),
        ("Asia/Tokyo", "Wed 4 Nov 2026 12:05 (Asia/Tokyo)"),
        ("UTC", "Wed 4 Nov 2026 03:05 (UTC)"),
    ],
)
def test_a_moment_is_said_as_the_readers_own_wall_shows_it(zone: str, expected: str) -> None:
    assert words.moment(LATE, zone) == expected


def test_a_zone_that_is_none_here_is_read_as_utc() -> None:
    assert words.moment(LATE, "Atlantis/Central").startswith("Wed 4 Nov 2026 03:05")
    assert words.day(LATE, "../etc") == date(2026, 11, 4)


def test_a_day_is_the_readers_and_days_on_are_counted_from_it() -> None:
    assert words.day(LATE, "America/New_York") == date(2026, 11, 3)
    assert words.day(LATE, "America/New_York", plus=3) == date(2026, 11, 6)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (129600, "36 hours"),
        (5400, "90 minutes"),
        (5429.0, "90 minutes"),
        (259200, "3 days"),
        (3600, "1 hour"),
        (60, "1 minute"),
        (7140, "119 minutes"),
        (7260, "2 hours 1 minute"),
        (172440.0, "47 hours 54 minutes"),
        (345600 + 60, "4 days 1 minute"),
    ],
)
def test_a_length_of_time_is_said_to_the_minute(seconds: float, expected: str) -> None:
    assert words.length(seconds) == expected


def test_people_and_queues_have_names_and_nobody_is_nobody() -> None:
    people = org()
    assert words.person(people, REP) == "Rep 1"
    assert words.person(people, QUEUE) == "Lead Queue"
    assert words.person(people, None) == "nobody"
    assert words.person(people, user_id(777)) == user_id(777)
