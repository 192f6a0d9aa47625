"""What `explain` says of each clock: how it stands, and what comes next if anything does."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sfsync.core.explain import ClockView, Explanation, explain
from sfsync.core.model import Facts
from tests.core.builders import HOUR, REP, START, WHOLE, World, lead, org, policy


def explained(lived: World, **arguments: Any) -> Explanation:
    return explain(lived.facts, lived.policy, lived.org, lived.now, lived.loads, **arguments)


def views(lived: World) -> dict[str, ClockView]:
    """The last run of each clock."""
    return {view.clock: view for view in explained(lived).clocks}


def world(**parts: Any) -> World:
    made = World(policy=WHOLE, **parts)
    made.look()
    return made


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
    assert accept.state == "counts; began before enforcement: nothing is done"
    assert (accept.enforced, accept.next_step) == (False, None)


def test_a_clock_that_stands_still_says_so() -> None:
    def paused(sla: dict[str, Any]) -> None:
        sla["clocks"]["accept"]["paused_while"] = {"status": ["On Hold"]}

    lived = World(policy=policy(sla=paused))
    lived.look()
    lived.change(REP, at=START + HOUR, status="On Hold")
    assert views(lived)["accept"].state == "stands still"


@pytest.mark.parametrize("known", [True, False])
def test_the_story_has_what_the_ledgers_rows_say_where_it_is_known(known: bool) -> None:
    lived = world()
    (entered,) = lived.facts.ledger
    details = {entered.id: "Score 68 of 100."} if known else {}
    told = explained(lived, details=details).timeline
    assert [line.detail for line in told if line.what == "Band Entered"] == [
        "Score 68 of 100." if known else ""
    ]
