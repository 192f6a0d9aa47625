"""What is logged as done on an earlier day: when it took place, as far as a date can say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sfsync.core.activities import Activities, InteractionsDocument

MONDAY = date(2026, 11, 2)
MONDAY_ENDS = datetime(2026, 11, 3, 5, tzinfo=UTC)
"""In New York."""
TUESDAY_TEN = datetime(2026, 11, 3, 15, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def activities(logged_within: str | None = "3 days") -> Activities:
    when: Any = {"TaskSubtype": "Call"}
    rules = [{"kind": "call", "when": when}]
    return Activities(InteractionsDocument.model_validate({"tasks": rules, "logged_within": logged_within}))


def took_place(day: date | None, completed: datetime, **parts: Any) -> datetime:
    rules = parts.pop("rules", activities())
    others = {"created": completed, "known_at": completed, "zone": "America/New_York"} | parts
    return rules.took_place(day, completed=completed, **others)  # type: ignore[no-any-return]


def test_an_earlier_day_counts_with_its_end_in_the_zone_of_whose_task_it_is() -> None:
    assert took_place(MONDAY, TUESDAY_TEN) == MONDAY_ENDS
    assert took_place(MONDAY, TUESDAY_TEN, zone="Asia/Tokyo") == datetime(2026, 11, 2, 15, tzinfo=UTC)
    assert took_place(date(2026, 10, 31), TUESDAY_TEN - DAY) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert took_place(date(2026, 11, 1), TUESDAY_TEN - DAY) == datetime(2026, 11, 2, 5, tzinfo=UTC), (
        "25 hours"
    )


@pytest.mark.parametrize(
    ("day", "completed"),
    [
        (None, TUESDAY_TEN),
        (date(2026, 11, 3), TUESDAY_TEN),
        (date(2026, 11, 9), TUESDAY_TEN),
        (date(4000, 12, 31), TUESDAY_TEN),
        (date(1700, 1, 1), TUESDAY_TEN),
        (MONDAY, MONDAY_ENDS - SECOND),  # Tuesday already in UTC, Monday still in New York
        (MONDAY, MONDAY_ENDS),
    ],
)
def test_the_same_day_a_later_one_and_none_say_nothing_that_the_completion_does_not(
    day: date | None, completed: datetime
) -> None:
    assert took_place(day, completed) == completed


def test_the_date_of_a_task_that_was_to_be_done_is_its_due_date() -> None:
    assert took_place(MONDAY, TUESDAY_TEN, created=TUESDAY_TEN - timedelta(seconds=61)) == TUESDAY_TEN
    assert took_place(MONDAY, TUESDAY_TEN, created=TUESDAY_TEN - timedelta(seconds=60)) == MONDAY_ENDS


def test_what_was_changed_too_long_afterwards_counts_from_its_completion() -> None:
    last = MONDAY_ENDS + 3 * DAY
    assert took_place(MONDAY, TUESDAY_TEN, known_at=last) == MONDAY_ENDS
    assert took_place(MONDAY, TUESDAY_TEN, known_at=last + SECOND) == TUESDAY_TEN
    assert took_place(MONDAY, last + SECOND) == last + SECOND


def test_a_policy_that_does_not_say_so_counts_everything_from_its_completion() -> None:
    assert took_place(MONDAY, TUESDAY_TEN, rules=activities(None)) == TUESDAY_TEN
