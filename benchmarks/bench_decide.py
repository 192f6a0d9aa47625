"""How long one decision takes: one lead with thirty facts under the shipped policy.

    .venv/bin/python -m benchmarks.bench_decide [--decisions 20000]

The facts are its row, three changes of owner and status, five calls, and the rows of the ledger. Every decision is
made on facts of its own, decoded before the time is taken. Prints the median in microseconds; 60 is the mark.

What is of the policy alone stays from one decision to the next, as it does in a worker: its clocks and ladders, the
opening times and the working days of the years in question, the lengths of its steps as timedeltas, the offsets of
time zones, and what events do to its clocks (sfsync/core/life_rules.py), which is worked out when an event first
happens to any lead.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence

import msgspec

from sfsync.core.decide import decide
from sfsync.core.model import Facts, Loads
from tests.core.builders import BEST, HOUR, MARKETING, START, WHOLE, World

FACTS = 30
MARK = 60.0


def eventful() -> World:
    """A lead in its second week: one rep let it lie, the next took it up and keeps calling."""
    world = World(policy=WHOLE)
    for hour in (0, 9, 36, 48, 72, 96):
        world.look_at_hour(hour)
    world.accept(START + 100 * HOUR)
    world.look()
    for hour in (104, 150, 160, 170, 180):
        world.talk(START + hour * HOUR, answered=hour == 150)
        world.look()
    world.change(MARKETING, at=START + 200 * HOUR, values=BEST)
    world.look()
    world.accept(START + 210 * HOUR, status="Working - Contacted")
    world.look()
    world.look_at_hour(215)
    return world


def copied(facts: Facts) -> Facts:
    """The same facts in new objects, as if they had just been read."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Facts)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_decide")
    parser.add_argument("--decisions", type=int, default=20_000)
    decisions = parser.parse_args(arguments).decisions
    world = eventful()
    facts, now, loads = world.facts, world.now + HOUR, Loads()
    assert 1 + len(facts.changes) + len(facts.interactions) + len(facts.ledger) == FACTS
    taken: list[float] = []
    for _ in range(decisions):
        fresh = copied(facts)
        begun = time.perf_counter_ns()
        plan = decide(fresh, world.policy, world.org, now, loads)
        taken.append((time.perf_counter_ns() - begun) / 1000)
    assert not plan.effects
    median = statistics.median(taken)
    slow = statistics.quantiles(taken, n=100)[98]
    print(f"decide: {median:.1f} µs median, {slow:.1f} µs in the slowest hundredth ({FACTS} facts a lead)")
    return 0 if median <= MARK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
