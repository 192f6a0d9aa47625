"""Seeds hold, replay, and the model's own arithmetic is right."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.simulation import policy
from tests.simulation.rules import SHIPPED, after_grace
from tests.simulation.seeds import root, roots, simulate
from tests.simulation.sizes import FULL, HARSH
from tests.simulation.weeks import (
    ARCHIVED,
    CHANGED,
    HELD_UP,
    LIMITED,
    PAGED,
    POISONED,
    SHORT,
    SWITCHED,
    having_only,
)

ROOTS = 2
PARTINGS = 5
SEEDS = ROOTS * 2**PARTINGS


def test_every_seed_keeps_the_promises() -> None:
    states: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for outcomes in roots(0, ROOTS, FULL, PARTINGS, os.cpu_count() or 1):
        for outcome in outcomes:
            assert outcome.broken is None, (
                f"{outcome.broken}\nreplay: python -m tests.simulation --seed {outcome.seed} --trace"
            )
            states.update(outcome.states)
            faults.update(name.partition(" @ ")[0] for name in outcome.faults)
    # A simulation that stops reaching things holds for no reason.
    for event, _ in SHIPPED.ladder["accept"]:
        assert states[event] > SEEDS / 10, f"{event} is hardly ever reached"
    assert min(states["Band Entered"], states["Met"], states["Routed"], states["Closed Late"]) > SEEDS / 10
    assert {"crash before", "crash after", "drop before", "delayed", "stalled"} <= set(faults)
    assert {"redis emptied", "redis emptied in part", "outage", "late commit"} <= set(faults)
    assert {"duplicate delivery", "session_expired", "http_503"} <= set(faults)
    assert {"quota spent", "configuration changed", "lead refused"} <= set(faults)
    assert {"jobs not fetched", "rep leaves"} <= set(faults)


def test_what_few_weeks_come_by_is_reached_where_little_else_happens() -> None:
    weeks = {POISONED: 8, LIMITED: 4, SHORT: 2, PAGED: 2, CHANGED: 8, SWITCHED: 3, ARCHIVED: 3}
    weeks |= {having_only(fault): 5 for fault in ("configuration changed", "very late commit")}
    weeks |= {having_only(fault): 1 for fault in ("old date", "drop after", "org down", "lock_row")}
    weeks |= {having_only("jobs not fetched"): 2, HELD_UP: 1}
    outcomes = [simulate(seed, size) for size, number in weeks.items() for seed in range(number)]
    assert [outcome.broken for outcome in outcomes] == [None] * len(outcomes)
    states = {state for outcome in outcomes for state in outcome.states}
    faults = {name.partition(" @ ")[0] for outcome in outcomes for name in outcome.faults}
    assert {"configuration changed", "very late commit", "jobs not fetched"} <= faults
    assert {"old date", "drop after", "org down", "lock_row"} <= faults
    assert {"(a decision fails)", "(set aside after its attempts)", "(undeleted)"} <= states
    assert "(alert: owner-changes are withheld)" in states
    assert "(judged while requests are short)" in states
    assert {"(another policy)", "(steps renamed)", "(other hours)"} <= states
    assert {"(a holiday more)", "(a holiday less)"} <= states
    assert "(left to whoever has the ticker's files)" in states
    assert {"(for somebody who has left)", "(repaired by the comparison)", "(a job too old)"} <= states
    assert "(a machine slept)" in states
    assert {"(kill switch)", "(shadow mode)", "(reopened after its ledger was archived)"} <= states


@pytest.mark.parametrize("seed", [3, 12])
def test_a_seed_replays_itself_to_the_last_call(seed: int) -> None:
    first, second = simulate(seed, HARSH), simulate(seed, HARSH)
    assert first.trace == second.trace
    assert len(first.trace) > 100


def test_each_way_on_from_a_parting_is_a_seed_that_replays() -> None:
    partings = 2
    outcomes = root(6, HARSH, partings)
    assert [outcome.seed for outcome in outcomes] == ["6:00", "6:01", "6:10", "6:11"]
    alone = [simulate(6, HARSH, outcome.seed.partition(":")[2]) for outcome in outcomes]
    assert [outcome.calls for outcome in alone] == [outcome.calls for outcome in outcomes]
    assert [outcome.states for outcome in alone] == [outcome.states for outcome in outcomes]
    assert len({tuple(outcome.trace) for outcome in alone}) == 2**partings
    told_once = sum(outcome.faults.total() for outcome in outcomes)
    assert told_once < sum(outcome.faults.total() for outcome in alone)


def test_the_first_way_that_breaks_ends_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "band", lambda _: "no such band")
    outcomes = root(0, HARSH, 3)
    assert outcomes[-1].broken is not None
    assert len(outcomes) == 1
    assert outcomes[-1].trace


@pytest.mark.parametrize(
    ("warned", "graced"),
    [
        ("2026-11-03T15:00", "2026-11-03T19:00"),  # Tuesday 10:00 in New York
        ("2026-11-03T21:00", "2026-11-04T17:00"),  # one hour before the office closes
        ("2026-11-07T12:00", "2026-11-09T18:00"),  # a Saturday: Monday 13:00
        ("2026-03-06T21:00", "2026-03-09T16:00"),  # over the night in which the clocks go forward
    ],
)
def test_the_models_grace_is_four_working_hours_in_new_york(warned: str, graced: str) -> None:
    start = int(datetime.fromisoformat(warned).replace(tzinfo=UTC).timestamp())
    end = int(datetime.fromisoformat(graced).replace(tzinfo=UTC).timestamp())
    assert after_grace(start) == end
