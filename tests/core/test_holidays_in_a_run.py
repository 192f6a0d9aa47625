"""A holiday that comes or goes in the middle of a run counts from the next look on; what was done stays done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfsync.core.hours import Calendar
from sfsync.core.model import SlaStatus
from sfsync.core.policy import Policy
from tests.core.builders import OFFICE, SECOND, World, brief, policy


def counted(*holidays: object) -> Policy:
    """`accept` counts ten hours of the office: a warning after six, a reminder at the end, no further step."""

    def change(document: dict[str, Any]) -> None:
        clock = document["clocks"]["accept"]
        clock |= {"time": "10 hours", "hours": "office"}
        clock["steps"] = [
            step | {"at": at} for step, at in zip(clock["steps"], ("6 hours", "10 hours"), strict=False)
        ]

    office = Calendar(**{**OFFICE.to_dict(), "holidays": list(holidays)})  # type: ignore[arg-type]
    return policy(office=office, sla=change)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


OPEN_ALL_WEEK = counted()
TUESDAY_CLOSED = counted("2026-11-03")
TUESDAY_AFTERNOON_CLOSED = counted(
    {"ActivityDate": "2026-11-03", "IsAllDay": False, "StartTimeInMinutes": 600, "EndTimeInMinutes": 1440}
)
# The office opens at 14:00 UTC and closes at 22:00. The lead is created on Monday before it opens: the warning is
# at 20:00, and two of the ten hours are left for Tuesday.
WARNING, DEADLINE, DAY = utc(2, 20), utc(3, 16), timedelta(days=1)


def due_at(world: World) -> datetime | None:
    world.look()
    return world.facts.lead.sla.due_at


@pytest.mark.parametrize(
    ("then", "due"),
    [
        (TUESDAY_CLOSED, DEADLINE + DAY),
        (TUESDAY_AFTERNOON_CLOSED, utc(4, 15)),
        (counted("2026-11-02"), utc(4, 16)),
        (counted("2026-11-04"), DEADLINE),
        (counted("2026-11-01"), DEADLINE),
    ],
)
def test_a_holiday_that_is_added_moves_the_deadline_and_one_removed_moves_it_back(
    then: Policy, due: datetime
) -> None:
    world = World(policy=OPEN_ALL_WEEK)
    assert due_at(world) == DEADLINE
    world.now = utc(2, 17)
    world.policy = then
    assert due_at(world) == due
    world.now = utc(2, 18)
    world.policy = OPEN_ALL_WEEK
    assert due_at(world) == DEADLINE


def test_a_step_is_done_by_the_calendar_of_the_moment() -> None:
    world = World(policy=OPEN_ALL_WEEK)
    world.look()
    assert brief(world.look(WARNING)) == ["Warned accept:created:warn"]
    world.policy = TUESDAY_CLOSED
    for at in (DEADLINE, DEADLINE + DAY - SECOND):
        assert world.look(at) == []
    world.policy = OPEN_ALL_WEEK
    assert brief(world.look(DEADLINE + DAY - SECOND)) == [
        "Reminded accept:created:remind",
        "Breached accept:created:breached",
    ]
    assert {one.due_at for one in world.done[2:]} == {DEADLINE}, "the holiday was taken back"


def test_what_was_done_before_the_holiday_was_known_is_not_done_again() -> None:
    world = World(policy=OPEN_ALL_WEEK)
    world.look()
    world.look(WARNING)
    world.look(DEADLINE)
    before = len(world.done)
    world.policy = TUESDAY_CLOSED
    world.look(DEADLINE + SECOND)
    assert world.facts.lead.sla.status == SlaStatus.AT_RISK
    world.look(DEADLINE + DAY)
    assert (len(world.done), world.facts.lead.sla.status) == (before, SlaStatus.OVERDUE)


def test_a_breach_that_a_holiday_told_of_later_explains_is_excused() -> None:
    world = World(policy=OPEN_ALL_WEEK)
    world.look()
    world.look(WARNING)
    world.look(DEADLINE)
    world.accept(DEADLINE + DAY - SECOND)
    world.policy = TUESDAY_CLOSED
    assert brief(world.look()) == ["Excused accept:created:excused"]
    world.policy = OPEN_ALL_WEEK
    assert world.look(DEADLINE + DAY) == [], "an excuse is for good"


def test_a_holiday_before_the_warning_moves_the_warning() -> None:
    monday_closed = counted("2026-11-02")
    world = World(policy=monday_closed)
    world.look()
    assert world.look(WARNING) == []
    world.policy = OPEN_ALL_WEEK
    late = WARNING + timedelta(minutes=10)
    (warned,) = world.look(late)
    assert (warned.due_at, warned.occurred_at) == (WARNING, late)
