"""Random requests against the emulated org and a simple model beside it.

    .venv/bin/python -m tests.localorg.random_requests [--requests 100000] [--seed 1] [--life 5000]

Each life is a fresh org that takes so many requests through `App.handle`, in process. Every answer is held to
the model's (status, errorCode, values), and at a life's end each row and line of history. An exception, a 500
that was not injected or a life that takes ten minutes ends the run with the seed that repeats it.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sfsync.localorg.metadata import load_schema
from tests.localorg import random_events, random_kinds, random_mutations, random_queries
from tests.localorg.random_life import Life

PACKAGE = Path(__file__).resolve().parents[2] / "salesforce"
LONGEST_LIFE_S = 600
KINDS: Mapping[str, tuple[int, Callable[[Life], bool]]] = {
    "row": (44, random_kinds.single),
    "collection": (9, random_kinds.collection),
    "retrieve": (5, random_kinds.retrieve),
    "composite": (9, random_kinds.composite),
    "graph": (8, random_kinds.graph),
    "batch": (5, random_kinds.batch),
    "query": (14, random_queries.query),
    "changed": (3, random_queries.changed),
    "junk": (4, random_events.junk),
    "mutated": (4, random_mutations.mutated),
    "fault": (2, random_events.struck),
    "clock": (8, random_events.time_passes),
    "rule": (1, random_events.rule),
    "admin": (3, random_events.admin),
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.localorg.random_requests")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first life; each next one has the next")
    parser.add_argument("--life", type=int, default=5000, help="requests that one org takes")
    given = parser.parse_args(arguments)
    schema = load_schema(PACKAGE)
    begun, seed, sent, succeeded, compared, slowest = time.perf_counter(), given.seed, 0, 0, 0, 0.0
    kinds: Counter[str] = Counter()
    while sent < given.requests:
        life = Life(schema, seed)
        faulthandler.dump_traceback_later(LONGEST_LIFE_S, exit=True)
        try:
            life.run(min(given.life, given.requests - sent), KINDS)
            compared += life.check_state()
        except BaseException:
            sys.stderr.write(f"after {life.sent:,} requests of --seed {seed} --life {given.life}:\n")
            raise
        faulthandler.cancel_dump_traceback_later()
        sent, succeeded, seed = sent + life.sent, succeeded + life.succeeded, seed + 1
        slowest, kinds = max(slowest, life.slowest), kinds + life.by_kind
    share = 100 * succeeded / sent
    sys.stdout.write(
        f"{sent:,} requests in {seed - given.seed} orgs, {share:.1f} % carried out in whole\n"
        f"{compared:,} rows and lines of history as the model has them\n"
        f"slowest answer {slowest * 1000:.0f} ms; {time.perf_counter() - begun:.0f} s in all\n"
        + ", ".join(f"{name} {kinds[name]:,}" for name in KINDS)
        + "\n"
    )
    return 0 if share >= 60 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
