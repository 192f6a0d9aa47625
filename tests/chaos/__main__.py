"""`make chaos`: real processes killed at random moments, and an independent look at the ledger after each round."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.fleet import Fleet
from tests.chaos.ledger import Broken
from tests.chaos.rounds import Rounds, live


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forked", action="store_true", help="fork the processes instead of executing them")
    given = parser.parse_args()
    began = time.monotonic()

    def tell(number: int, world: Rounds, running: Fleet) -> None:
        if number % 10 == 0:
            kills = ", ".join(f"{name} {times}" for name, times in sorted(running.killed.items()))
            print(f"round {number}: {time.monotonic() - began:.0f} s; killed: {kills}", flush=True)

    with tempfile.TemporaryDirectory(prefix="sfsync-chaos-") as directory:
        try:
            found, running = live(given.seed, given.rounds, Path(directory), tell, forked=given.forked)
        except Broken as broken:
            print(f"BROKEN after {time.monotonic() - began:.0f} s\n{broken}")
            for log in sorted(Path(directory).glob("*.log")):
                print(f"--- {log.name}, its end\n{log.read_text(errors='replace')[-1500:]}")
            print(f"again: python -m tests.chaos --seed {given.seed} --rounds {given.rounds}")
            return 1
    print(f"{found.rounds} rounds with seed {given.seed} in {time.monotonic() - began:.0f} s")
    for name, times in sorted(running.killed.items()):
        print(f"  killed {name}: {times} times")
    for name, times in sorted(running.came_back.items()):
        print(f"  ended by itself, without a Redis, and was started again: {name}, {times} times")
    print(f"  Redis lost its file {found.emptied} times; faults of the org set: {found.faults}")
    print(f"  leads {found.leads}, effects {found.effects}, posts {found.posts}, each once, none early")
    print("  " + ", ".join(f"{kind} {times}" for kind, times in sorted(found.kinds.items())))
    print(f"  slowest round {found.slowest_s:.1f} s; clock moved on for a claim {found.nudges} times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
