"""Running seeds: what all of them share, one of them, and many in several processes."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import structlog

from sfsync.localorg.metadata import load_schema
from sfsync.localorg.schema import Schema
from sfsync.policies import Documents
from tests.shipped import acceptance_only
from tests.simulation.simulation import Simulation
from tests.simulation.sizes import Outcome, Size

BATCH = 5
ROOT = Path(__file__).absolute().parents[2]


@cache
def ground() -> tuple[Schema, Documents]:
    return load_schema(ROOT / "salesforce"), acceptance_only()


def simulate(seed: int, size: Size) -> Outcome:
    """Run one seed; the worker's own log is left out."""
    schema, policy = ground()
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        return Simulation(seed, size, schema, policy).run()
    finally:
        structlog.configure(**before)


def batch(first: int, count: int, size: Size) -> list[Outcome]:
    """These seeds, up to the first that breaks; traces of the others are left out."""
    outcomes = []
    for seed in range(first, first + count):
        outcome = simulate(seed, size)
        if outcome.broken is None:
            outcome.trace.clear()
        outcomes.append(outcome)
        if outcome.broken is not None:
            break
    return outcomes


def _settle_down() -> None:
    """What all seeds share stays; what one leaves behind is mostly freed without the collector's help."""
    ground()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def batches(first: int, count: int, size: Size, jobs: int) -> Iterator[list[Outcome]]:
    """All seeds in batches, in order; with several jobs, each in its own process."""
    starts = range(first, first + count, BATCH)
    counts = [min(BATCH, first + count - start) for start in starts]
    if jobs == 1:
        for start, number in zip(starts, counts, strict=True):
            yield batch(start, number, size)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_settle_down) as pool:
        futures = [
            pool.submit(batch, start, number, size) for start, number in zip(starts, counts, strict=True)
        ]
        try:
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)
