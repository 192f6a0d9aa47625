"""What `explain` says of each clock: how it stands, and what comes next if anything does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from sfsync.core.explain import ClockView, Explanation, explain
from sfsync.core.model import Facts
from tests.core.builders import GOOD, HOUR, REP, SECOND, SECOND_REP, START, WHOLE, World, lead, org, policy

DAY = timedelta(days=1)
THURSDAY = START + 3 * DAY + 5 * HOUR
"""When the office in New York opens on the third day."""


def explained(lived: World, **arguments: Any) -> Explanation:
    return explain(lived.facts, lived.policy, lived.org, lived.now, lived.loads, **arguments)


def views(lived: World) -> dict[str, ClockView]:
    """The last run of each clock."""
    return {view.clock: view for view in explained(lived).clocks}


def world(**parts: Any) -> World:
    made = World(**{"policy": WHOLE, **parts})
    made.look()
    return made


def test_the_rules_points_add_up_to_the_criterias_and_the_criterias_to_the_score() -> None:
    def engaged(scoring: dict[str, Any]) -> None:
        spoke = {"points": 20, "when": {"answers": {"at_least": 1}}, "reason": "spoke with us"}
        cold = {"points": -30, "when": {"country": {"blank": True}}, "reason": "from nowhere"}
        scoring["criteria"]["need"]["rules"].append(spoke)
        scoring["criteria"]["budget"]["rules"].append(cold)

    lived = world(policy=policy(whole=True, scoring=engaged))
    lived.talk(START + HOUR, answered=True)
    told = explained(lived)
    assert [part.line for part in told.criteria] == told.reasons
    assert sum(part.points for part in told.criteria) == told.score
    for part in told.criteria:
        assert min(max(sum(rule.points for rule in part.rules), 0), part.most) == part.points
    assert {part.name: (part.points, part.is_plain) for part in told.criteria} == {
        "budget": (0, False),
        "authority": (17, True),
        "need": (25, False),
        "timeline": (17, True),
    }


def test_a_clock_counts_is_overdue_and_is_over_too_late() -> None:
    lived = world()
    accept = views(lived)["accept"]
    assert (accept.state, accept.next_step, accept.next_at) == ("counts", "warn", START + 36 * HOUR)
    for hour in (36, 48):
        lived.look_at_hour(hour)
    accept = views(lived)["accept"]
    assert (accept.state, accept.next_step) == ("overdue", "escalate")
    lived.accept(START + 50 * HOUR)
    assert views(lived)["accept"].state == "over, too late", "the ledger need not have it yet"
    lived.look()
    assert views(lived)["accept"].state == "over, too late"
    assert views(lived)["accept"].next_step is None


def test_what_was_done_in_time_is_met_and_what_nobody_asked_for_has_no_verdict() -> None:
    lived = world()
    lived.talk(START + HOUR)
    lived.change(REP, at=START + 2 * HOUR, status="Accepted")
    lived.change(REP, at=START + 3 * HOUR, status="Rejected")
    states = {name: view.state for name, view in views(lived).items()}
    assert states == {
        "accept": "met",
        "first_contact": "met",
        "follow_up": "met",
        "silence": "over, without a verdict",
        "qualify": "met",
    }


def test_steps_that_are_never_done_are_named_with_why() -> None:
    lived = world()
    lived.look_at_hour(36)
    assert views(lived)["accept"].left_out == []
    lived.look_at_hour(73)
    accept = views(lived)["accept"]
    assert accept.left_out == ["remind: a later one was done in its place"]
    lived.now = START + 40 * DAY
    accept = views(lived)["accept"]
    assert accept.left_out == [
        "remind: a later one was done in its place",
        "reassign: it fell due longer ago than `max_lateness`",
    ]
    assert (accept.state, accept.next_step) == ("overdue", None)


def test_a_step_whose_time_was_past_when_another_was_done_is_named() -> None:
    lived = world()
    lived.look_at_hour(50)
    assert [entry.step for entry in lived.facts.ledger if entry.clock == "accept" and entry.step] == [
        "remind"
    ]
    assert views(lived)["accept"].left_out == ["warn: a later one was done in its place"]


def test_a_breach_that_was_excused_says_so() -> None:
    lived = world()
    lived.look_at_hour(9)
    lived.talk(START + 8 * HOUR, known_at=START + 30 * HOUR)
    lived.look()
    assert views(lived)["first_contact"].state == "excused: over in time"


def test_a_clock_that_leaves_the_word_to_another_promises_no_step() -> None:
    lived = world()
    lived.look_at_hour(49)
    silent = views(lived)["follow_up"]
    assert silent.state == "says nothing in this stage: another clock counts the same time"
    assert silent.next_step is None


def test_a_run_from_before_enforcement_promises_no_step() -> None:
    later = msgspec.structs.replace(org(), enforce_from=START + HOUR)
    lived = world(facts=Facts(lead=lead()), org=later, now=START + 2 * HOUR)
    accept = views(lived)["accept"]
    why = "it began before enforcement (from 2026-11-02 10:00:00 UTC)"
    assert (accept.state, accept.idle) == (f"does not count: {why}", why)
    assert (accept.enforced, accept.next_step) == (False, None)
    assert explained(lived).idle is None, "others of this lead may count"


def test_a_clock_that_stands_still_says_so() -> None:
    def paused(sla: dict[str, Any]) -> None:
        sla["clocks"]["accept"]["paused_while"] = {"status": ["On Hold"]}

    lived = World(policy=policy(sla=paused))
    lived.look()
    lived.change(REP, at=START + HOUR, status="On Hold")
    assert views(lived)["accept"].state == "stands still"


def by_age(sla: dict[str, Any]) -> None:
    old = {"acquired": {"older_than": "10 days"}}
    sla["clocks"]["qualify"]["time_by"] = [{"when": old, "time": "20 hours"}]


def by_activity(sla: dict[str, Any]) -> None:
    sla["clocks"]["qualify"]["time_by"] = [{"when": {"interactions": {"at_least": 1}}, "time": "30 hours"}]


def by_calendar(sla: dict[str, Any]) -> None:
    touched = {"when": {"interactions": {"at_least": 1}}, "use": "office"}
    sla["calendars"]["touched"] = {"choose": [touched], "otherwise": "always"}
    sla["clocks"]["qualify"] |= {"time": "10 hours", "hours": "touched"}


@pytest.mark.parametrize(
    ("change", "due"),
    [(by_age, START + 20 * HOUR), (by_activity, START + 30 * HOUR), (by_calendar, START + 31 * HOUR)],
)
def test_a_clock_is_due_when_the_decision_takes_it_to_be(
    change: Callable[[dict[str, Any]], None], due: datetime
) -> None:
    """The office opens in New York at 14:00 UTC, five hours after START, and closes at 22:00."""
    values = {**GOOD, "SLA_Acquired_At__c": (START - timedelta(days=20)).isoformat()}
    row = lead(values=values, status="Accepted")
    lived = world(facts=Facts(lead=row), policy=policy(whole=True, sla=change))
    lived.talk(START + timedelta(minutes=5))
    lived.look()

    assert views(lived)["qualify"].due_at == due
    late = [[one.clock for one in lived.look(at) if one.kind == "Breached"] for at in (due - SECOND, due)]
    assert ["qualify" in clocks for clocks in late] == [False, True]


def test_an_age_that_a_clocks_time_asks_for_is_that_at_the_runs_beginning() -> None:
    """Otherwise the deadline would jump to a moment that is over, and the run be breached by it."""
    values = {**GOOD, "SLA_Acquired_At__c": (START - timedelta(days=9)).isoformat()}
    row = lead(values=values, status="Accepted")
    lived = world(facts=Facts(lead=row), policy=policy(whole=True, sla=by_age))
    three_weeks = START + timedelta(days=21)
    for days in (0.5, 1.5, 8):
        assert "qualify" not in [one.clock for one in lived.look(START + timedelta(days=days))]
        assert views(lived)["qualify"].due_at == three_weeks
    lived.change(REP, owner_id=SECOND_REP)
    began = lived.now
    lived.look()
    assert views(lived)["qualify"].due_at == began + 20 * HOUR, "a new owner's run begins with an old lead"


def test_the_next_follow_up_is_shown_with_the_time_at_which_its_task_comes() -> None:
    lived = world()
    lived.accept(START + HOUR)
    assert explained(lived).next_follow_up is None, "nobody has spoken to the lead"
    first = START + 6 * HOUR
    lived.talk(first)
    lived.look()
    for days, due in ((3, THURSDAY), (7, THURSDAY + 4 * DAY), (14, THURSDAY + 11 * DAY)):
        coming = explained(lived).next_follow_up
        assert coming is not None
        assert (coming.step, coming.due_at, coming.first_contact) == (f"day_{days}", due, first)
        assert explained(lived, at=due - SECOND).next_follow_up == coming
        assert explained(lived, at=due).next_follow_up == coming, "due, and not made yet"
        assert "Attempt Due" not in {one.kind for one in lived.look(due - SECOND)}
        assert "Attempt Due" in {one.kind for one in lived.look(due)}
    assert explained(lived).next_follow_up is None, "all were made"


@pytest.mark.parametrize("fields", [{"status": "Rejected"}, {"exempt": True}, {"is_converted": True}])
def test_a_lead_that_gets_no_follow_up_is_promised_none(fields: dict[str, Any]) -> None:
    lived = world()
    lived.accept(START + HOUR)
    lived.talk(START + 6 * HOUR)
    lived.look()
    assert explained(lived).next_follow_up is not None
    row = msgspec.structs.replace(lived.facts.lead, **fields)
    lived.facts = msgspec.structs.replace(lived.facts, lead=row)
    assert explained(lived).next_follow_up is None


@pytest.mark.parametrize("known", [True, False])
def test_the_story_has_what_the_ledgers_rows_say_where_it_is_known(known: bool) -> None:
    lived = world()
    (entered,) = lived.facts.ledger
    details = {entered.id: "Score 68 of 100."} if known else {}
    told = explained(lived, details=details).timeline
    assert [line.detail for line in told if line.what == "Band Entered"] == [
        "Score 68 of 100." if known else ""
    ]
