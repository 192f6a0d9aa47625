"""The clock's work: `tick` every poll interval until told to stop."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from sfsync.errors import Budget, Stale, Transient


def tick_until_stopped(
    tick: Callable[[], object],
    interval_s: float,
    stopped: Callable[[], bool],
    wait: Callable[[float], object],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Call `tick` at once and then every `interval_s` seconds, until `stopped()`.

    A tick that takes longer than the interval is followed by the next at once; none is made up for, since
    one looks at everything that is due. Transient, Stale and Budget failures are logged and the next tick
    tries again; any other error ends the loop, for nothing will get better by itself.
    """
    log = structlog.get_logger("sfsync.ticker")
    while not stopped():
        began = clock()
        try:
            tick()
        except (Transient, Stale, Budget) as error:
            log.warning(
                "this tick failed, the next tries again", reason=str(error), kind=type(error).__name__
            )
        wait(max(0.0, interval_s - (clock() - began)))


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set, however often they come. Main thread only."""
    stop = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
