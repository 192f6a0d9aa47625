"""What interactions set off or spare: follow-ups (P9), the manager's decision (P11), and late entries (P1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sfsync.core.model import Facts, Kind, OpenTask
from tests.core.builders import (
    HOUR,
    MANAGER,
    MARKETING,
    REP,
    SECOND_REP,
    START,
    WHOLE,
    World,
    about,
    done,
    lead,
    whole_policy,
)

DAY = 24 * HOUR


def test_follow_ups_come_on_days_three_seven_and_fourteen_moved_to_working_days() -> None:
    lived = whole_policy()
    lived.accept(START + HOUR)
    contact = lived.talk(datetime(2026, 11, 4, 15, tzinfo=UTC))  # a Wednesday
    lived.look()
    days = []
    for _ in range(20):
        assert lived.plan is not None
        assert lived.plan.next_check is not None
        for effect in lived.look(lived.plan.next_check):
            if effect.kind == Kind.ATTEMPT_DUE:
                assert effect.task is not None
                assert (effect.task.owner_id, effect.run, effect.due_at) == (REP, contact, lived.now)
                days.append((effect.step, effect.task.due.isoformat()))
    assert days == [("day_3", "2026-11-09"), ("day_7", "2026-11-11"), ("day_14", "2026-11-18")]


def test_after_an_outage_only_the_newest_follow_up_comes_and_none_for_a_lead_that_is_over() -> None:
    lived = whole_policy()
    lived.accept(START + HOUR)
    lived.talk(START + 2 * HOUR)
    lived.look()
    copy = World(lived.facts, WHOLE, now=lived.now, records=lived.records)
    lived.look(START + 8 * DAY)
    assert [one.step for one in lived.done if one.kind == Kind.ATTEMPT_DUE] == ["day_7"]
    copy.change(REP, at=START + DAY, status="Rejected")
    copy.look(START + 8 * DAY)
    assert Kind.ATTEMPT_DUE not in copy.kinds()


def test_an_interaction_closes_the_follow_up_and_a_new_owner_leaves_it() -> None:
    lived = whole_policy()
    lived.accept(START + HOUR)
    lived.talk(START + 2 * HOUR)
    lived.look()
    lived.look(START + 3 * DAY + 5 * HOUR)
    row = lived.facts.ledger[-1]
    assert row.kind == Kind.ATTEMPT_DUE
    open_task = OpenTask("00T000000000099AAA", row.key, REP)
    lived.facts = msgspec.structs.replace(lived.facts, open_tasks=(open_task,))
    assert lived.decide().closes == ()
    for change in (lambda: lived.talk(lived.now + HOUR), lambda: lived.change(MANAGER, owner_id=SECOND_REP)):
        before = lived.facts
        change()
        assert lived.decide().closes == (open_task.id,)
        lived.facts = before


def test_three_attempts_without_a_response_are_the_managers_to_decide_once() -> None:
    lived = whole_policy()
    lived.accept(START + HOUR)
    for hour in (2, 3):
        lived.talk(START + hour * HOUR)
        assert about("decision", lived.look()) == []
    assert lived.facts.lead.sla.attempts == 2
    last = lived.talk(START + 4 * HOUR, kind="email")
    asked = next(one for one in lived.look() if one.kind == Kind.MANAGER_DECISION)
    assert asked.task is not None
    assert (asked.task.owner_id, asked.run, asked.mentions) == (MANAGER, last, (MANAGER,))
    assert "email Mon 2 Nov 2026 08:00 (America/New York) (Rep 1)" in asked.detail
    lived.talk(START + 5 * HOUR)
    assert about("decision", lived.look()) == []
    lived.talk(START + 6 * HOUR, by="", kind="reply", answered=True)
    lived.look()
    assert lived.facts.lead.sla.attempts == 0
    for hour in (7, 8, 9):
        lived.talk(START + hour * HOUR)
        lived.look()
    assert done(lived, "decision") == ["Manager Decision"] * 2


@pytest.mark.parametrize(("hours", "expected"), [(24, []), (24.001, ["Late Entry"]), (None, [])])
def test_a_lead_that_was_entered_late_is_written_down_once(hours: float | None, expected: list[str]) -> None:
    acquired = None if hours is None else (START - timedelta(hours=hours)).isoformat()
    values = {**lead().values, "SLA_Acquired_At__c": acquired}
    lived = whole_policy(facts=Facts(lead=lead(values=values)))
    assert done(lived, "acquire") == expected
    lived.change(MARKETING, at=START + HOUR, values={**values, "SLA_Acquired_At__c": "2020-01-01"})
    lived.look()
    lived.look(START + 2 * HOUR)
    assert done(lived, "acquire") == ["Late Entry"]


@pytest.mark.parametrize("fields", [{"status": "Rejected"}, {"is_converted": True}])
def test_a_lead_that_was_over_before_anybody_looked_was_entered_late_all_the_same(
    fields: dict[str, Any],
) -> None:
    values = {**lead().values, "SLA_Acquired_At__c": (START - 25 * HOUR).isoformat()}
    lived = whole_policy(facts=Facts(lead=lead(values=values, **fields)))
    lived.look(START + HOUR)
    assert done(lived, "acquire") == ["Late Entry"]
