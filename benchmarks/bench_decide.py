"""How long one decision takes: one lead with thirty facts under the shipped policy.

    .venv/bin/python -m benchmarks.bench_decide [--decisions 20000]

The facts are its row, eight changes of owner and status, and twenty-one rows of the ledger. Every decision is
made on facts of its own, decoded before the time is taken;
nothing is kept from one decision to the next. Prints the median in microseconds; 60 is the mark.
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
from tests.core.builders import BEST, GOOD, HOUR, MANAGER, MARKETING, OPEN, START, World

FACTS = 30
MARK = 60.0


def eventful() -> World:
    """A lead in its third week: two reps let it lie, the third took it up and gave it up."""
    world = World()
    for hour in (0, 36, 48, 72, 96, 132, 144, 168, 192):
        world.look_at_hour(hour)
    world.change(MARKETING, at=START + 200 * HOUR, values=BEST)
    world.look()
    for hour in (210, 230, 250):
        world.accept(START + hour * HOUR)
        world.look()
        world.change(MANAGER, at=START + (hour + 10) * HOUR, status=OPEN)
        world.look()
    world.change(MARKETING, at=START + 270 * HOUR, values=GOOD)
    world.look()
    world.look_at_hour(296)
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
    assert 1 + len(facts.changes) + len(facts.ledger) == FACTS
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
