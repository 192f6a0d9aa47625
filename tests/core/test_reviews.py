"""When a review is due (P4): a quarter for what is scored and promised, a year for the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sfsync.core import reviews
from tests.core.builders import SHIPPED, policy


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (date(2027, 1, 1), []),  # 92 days after 2026-10-01
        (date(2027, 1, 2), ["scoring", "sla"]),
        (date(2027, 10, 2), ["scoring", "sla"]),  # 366 days
        (date(2027, 10, 3), ["scoring", "sla", "routing", "compliance"]),
    ],
)
def test_a_review_is_due_on_the_day_after_its_time(today: date, due: list[str]) -> None:
    assert [review.file for review in reviews.due(SHIPPED, today)] == due


def test_a_review_that_was_held_is_followed_by_another_and_an_unwritten_one_by_none() -> None:
    def reviewed(on: date | None) -> Any:
        return policy(scoring=lambda scoring: scoring.update(reviewed_on=on))

    def found(on: date | None) -> list[str]:
        return [one.key for one in reviews.due(reviewed(on), date(2027, 6, 1)) if one.file == "scoring"]

    assert found(date(2026, 10, 1)) == ["review:scoring:2026-10-01:Lead scoring"]
    assert found(date(2027, 1, 5)) == ["review:scoring:2027-01-05:Lead scoring"]
    assert found(date(2027, 5, 1)) == []
    assert found(None) == []
