"""What the limits of changes leave, and what of a release is spent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsync.core.blast_radius import Grant, left
from sfsync.core.limits_document import BlastRadius

NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)
LIMITS = BlastRadius(per_hour=3, per_day=5)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("made", "now", "wanted"),
    [
        ([], 0, 3),
        ([0, 0, 0], 0, 0),
        ([0, 0, 0], 59, 0),
        ([0, 0, 0], 60, 2),
        ([0, 0, 0, 60, 60], 120, 0),
        ([0, 0, 0, 0], 0, -1),
    ],
)
def test_the_limits_are_those_of_a_rolling_hour_and_day(made: list[int], now: int, wanted: int) -> None:
    assert left(map(at, made), LIMITS, [], at(now)) == wanted


@pytest.mark.parametrize(
    ("made", "now", "wanted"),
    [
        ([], 0, 3 + 2),
        ([0, 0, 0], 1, 0 + 2),
        ([0, 0, 0, 1], 1, 0 + 1),
        ([0, 0, 0, 1, 1], 2, 0 + 0),
        ([0, 0, 0, 1, 1], 60, 2 + 0),
        ([0, 0, 0, 1, 1, 60, 60], 61, 0 + 0),
        ([0, 0, 0], 119, 2 + 2),
        ([0, 0, 0], 120, 2),
        ([-1, -1, -1, -1], 0, -1 + 2),
    ],
)
def test_what_is_released_is_spent_where_the_limits_leave_no_room_and_only_once(
    made: list[int], now: int, wanted: int
) -> None:
    grant = Grant(at(0), at(120), 2)
    assert left(map(at, made), LIMITS, [grant], at(now)) == wanted


def test_of_two_releases_the_one_that_ends_first_is_spent_first() -> None:
    grants = [Grant(at(0), at(240), 2), Grant(at(0), at(30), 1)]
    made = [at(0)] * 3 + [at(1)]
    assert left(made, LIMITS, grants, at(2)) == 0 + 2
    assert left(made, LIMITS, grants, at(31)) == 0 + 2


@given(st.lists(st.integers(0, 600), max_size=30), st.integers(1, 9), st.integers(60, 600))
def test_who_makes_only_what_is_left_never_makes_more_than_the_limits_and_the_release(
    times: list[int], number: int, minutes: int
) -> None:
    grant = Grant(at(0), at(minutes), number)
    made: list[datetime] = []
    for time in sorted(times):
        if left(made, LIMITS, [grant], at(time)) > 0:
            made.append(at(time))
    for moment in made:
        within = [one for one in made if moment - timedelta(hours=1) < one <= moment]
        assert len(within) <= LIMITS.per_hour + number
    assert len(made) <= LIMITS.per_day + number
