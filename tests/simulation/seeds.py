"""Running seeds: what all of them share, one, those of one number, many in several processes, and without a guard."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import pytest
import structlog

from sfsync.localorg.metadata import load_schema
from sfsync.localorg.schema import Schema
from tests.simulation.partings import Both, Given, Partings, end_at_once_when_interrupted
from tests.simulation.simulation import Simulation
from tests.simulation.sizes import Outcome, Size

PARTINGS = 7
"""So often a week goes on both ways: of each number 128 seeds are run, in the time of about 32."""

ROOT = Path(__file__).absolute().parents[2]


@cache
def ground() -> Schema:
    return load_schema(ROOT / "salesforce")


def simulate(seed: int, size: Size, ways: str = "") -> Outcome:
    """Run one seed, with the ways given at its partings."""
    return _live(seed, size, Given(ways))


def _live(seed: int, size: Size, partings: Partings) -> Outcome:
    """Live one week; the worker's own log is left out."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        outcome = Simulation(seed, size, ground(), partings).run()
    finally:
        structlog.configure(**before)
    return outcome


def root(seed: int, size: Size, partings: int) -> list[Outcome]:
    """All seeds of this number, both ways at so many partings, up to the first that breaks.

    What struck before a parting is counted once.
    """

    def live(ways: Partings) -> Outcome:
        outcome = _live(seed, size, ways)
        if outcome.broken is None:
            outcome.trace.clear()
        return outcome

    return Both(partings).outcomes(live)


def _settle_down() -> None:
    """What all seeds share stays; what one leaves behind is mostly freed without the collector's help."""
    end_at_once_when_interrupted()
    ground()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def roots(first: int, count: int, size: Size, partings: int, jobs: int) -> Iterator[list[Outcome]]:
    """The seeds of each of these numbers, in order; with several jobs, in that many processes."""
    numbers = range(first, first + count)
    if jobs == 1:
        for number in numbers:
            yield root(number, size, partings)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_settle_down) as pool:
        futures = [pool.submit(root, number, size, partings) for number in numbers]
        try:
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def found_out(guard: Callable[[pytest.MonkeyPatch], None], size: Size, seeds: int) -> tuple[int, str] | None:
    """The first of so many seeds that does not hold without this guard, and what broke; None when all hold."""
    with pytest.MonkeyPatch.context() as patch:
        guard(patch)
        for seed in range(seeds):
            broken = simulate(seed, size).broken
            if broken is not None:
                return seed, broken
    return None
