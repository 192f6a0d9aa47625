"""How long one decision takes: one lead with thirty facts under the shipped policy.

    .venv/bin/python -m benchmarks.bench_decide [--decisions 20000]

The lead has had three owners, was accepted and given up again, and left rows in the ledger: its row, fifteen
changes and fourteen ledger rows. Every decision is made on facts of its own, copied before the time is taken;
nothing is kept from one decision to the next. Prints the median in microseconds; 60 is the mark.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from sfsync.core.decide import decide
from sfsync.core.model import Facts, Loads
from tests.core.builders import BEST, GOOD, HOUR, MANAGER, MARKETING, OPEN, START, World

FACTS = 30
MARK = 60.0


def eventful() -> World:
    """A lead in its third week, between two steps."""
    world = World()
    world.look()
    for hour in (36, 48, 72, 96, 132):
        world.look_at_hour(hour)
    turn = START + 140 * HOUR
    for _ in range(6):
        world.accept(turn)
        world.look()
        world.change(MANAGER, at=turn + 2 * HOUR, status=OPEN)
        world.look()
        turn += 5 * HOUR
    world.change(MARKETING, at=turn, values=BEST)
    world.look()
    world.change(
        MANAGER, at=turn + HOUR, owner_id=next(iter(set(world.org.users) - {world.facts.lead.owner_id}))
    )
    world.look()
    world.change(MARKETING, at=turn + 2 * HOUR, values=GOOD)
    world.look(turn + timedelta(hours=3))
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
    count = 1 + len(facts.changes) + len(facts.ledger)
    taken: list[float] = []
    for _ in range(decisions):
        fresh = copied(facts)
        begun = time.perf_counter_ns()
        plan = decide(fresh, world.policy, world.org, now, loads)
        taken.append((time.perf_counter_ns() - begun) / 1000)
    assert not plan.effects
    median = statistics.median(taken)
    slow = statistics.quantiles(taken, n=100)[98]
    print(f"decide: {median:.1f} µs median, {slow:.1f} µs in the slowest hundredth ({count} facts a lead)")
    return 0 if median <= MARK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
