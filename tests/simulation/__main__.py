"""`python -m tests.simulation`: many seeds, one with its trace, or the guards taken out one by one."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.simulation.guards import QUICK, RARE
from tests.simulation.partings import end_at_once_when_interrupted
from tests.simulation.policy import moment
from tests.simulation.seeds import PARTINGS, found_out, roots, simulate
from tests.simulation.sizes import FULL, HARSH, RACY, SMALL, Outcome

SIZES = {"small": SMALL, "harsh": HARSH, "racy": RACY, "full": FULL}


def show(outcome: Outcome) -> None:
    for at, who, text in outcome.trace:
        print(f"{moment(at)}  {who:<14} {text}")
    print(f"seed {outcome.seed}: {outcome.broken or 'holds'}; {outcome.calls} API calls")


def guards(seeds: int) -> int:
    missed = 0
    for guard, size in (*QUICK, *RARE):
        found = found_out(guard, size, seeds)
        missed += found is None
        told = f"seed {found[0]:4}: {found[1]}" if found else f"NOT FOUND OUT in {seeds} seeds"
        print(f"{guard.__name__:50} {told}", flush=True)
    return 1 if missed else 0


def seed(text: str) -> tuple[int, str]:
    """The number of a seed and the ways taken at its partings: `12` or `12:0110`."""
    number, _, ways = text.partition(":")
    if not number.isdecimal() or ways.strip("01"):
        raise argparse.ArgumentTypeError("a number, or a number and its ways, such as 12:0110")
    return int(number), ways


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=1000, help="at least so many")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first number")
    parser.add_argument(
        "--partings", type=int, default=PARTINGS, help="so often a week goes on both ways: 7 are 128 seeds"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=seed, help="only this one, as a failure names it")
    parser.add_argument("--trace", action="store_true", help="with all that happened (goes with --seed)")
    parser.add_argument("--size", choices=SIZES, default="full", help="how much of everything in a seed")
    parser.add_argument("--guards", action="store_true", help="take each guard out until a seed finds out")
    chosen = parser.parse_args(arguments)
    end_at_once_when_interrupted()
    size = SIZES[chosen.size]
    if chosen.guards:
        return guards(chosen.seeds)
    if chosen.seed is not None:
        outcome = simulate(chosen.seed[0], size, chosen.seed[1])
        if not chosen.trace:
            outcome.trace.clear()
        show(outcome)
        return 1 if outcome.broken else 0
    return many(chosen.first, chosen.seeds, chosen.size, chosen.partings, chosen.jobs)


def many(first: int, seeds: int, size: str, partings: int, jobs: int) -> int:
    """Run so many seeds and say how long that took and what they came by; stop at the first that breaks."""
    began, done, told = time.perf_counter(), 0, 0
    faults: Counter[str] = Counter()
    states: Counter[str] = Counter()
    while done < seeds:  # a week in which something is under way at its end parts less often
        count = -(-(seeds - done) // 2**partings)
        for outcomes in roots(first, count, SIZES[size], partings, jobs):
            for outcome in outcomes:
                done += 1
                faults.update(outcome.faults)
                states.update(outcome.states)
            if outcomes[-1].broken is not None:
                broken = outcomes[-1].seed
                if ":" in broken:
                    broken = broken.ljust(broken.index(":") + 1 + partings, "0")
                show(outcomes[-1])
                print(f"replay: python -m tests.simulation --seed {broken} --size {size} --trace")
                return 1
            if done >= told + 1000:
                told = done
                print(f"{done} seeds hold after {time.perf_counter() - began:.0f} s", flush=True)
        first += count
    took = time.perf_counter() - began
    print(f"{done} seeds in {took:.1f} s: {done / took:.1f} a second, {sum(faults.values())} faults")
    for title, counted in (("states (seeds)", states), ("faults", faults)):
        print(f"\n{title}")
        for name, number in sorted(counted.items()):
            print(f"  {number:7}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
