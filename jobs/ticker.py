"""The clock's work: `tick` every poll interval until told to stop."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from sfsync.errors import Budget, Stale, Transient

WITHOUT_QUOTA_S = 600.0
"""So long the ticker waits before it asks again whether the org has API requests left."""


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
    tries again, without quota after ten minutes; any other error ends the loop, for nothing will get better by itself.
    """
    log = structlog.get_logger("sfsync.ticker")
    while not stopped():
        began, pause_s = clock(), interval_s
        try:
            tick()
        except (Transient, Stale, Budget) as error:
            log.warning(
                "this tick failed, the next tries again", reason=str(error), kind=type(error).__name__
            )
            if isinstance(error, Budget):
                pause_s = max(interval_s, WITHOUT_QUOTA_S)
        wait(max(0.0, pause_s - (clock() - began)))


class Beside:
    """Work in a thread of its own, so that whoever is told to stop need not wait for it.

    A tick may be waiting for the org for minutes. When the work ends by itself, `stop` is told. What is still at
    work when the process ends ends with it, as if it had been killed.
    """

    def __init__(self, work: Callable[[], object], stop: Stop) -> None:
        self._work = work
        self._stop = stop
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="beside", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - `end` raises it
            self._error = error
        finally:
            self._stop.set()

    def end(self, timeout_s: float) -> None:
        """Wait at most so long for the work to end; raises what it ended with, and says when it did not end."""
        self._thread.join(max(0.0, timeout_s))
        if self._thread.is_alive():
            structlog.get_logger("sfsync.ticker").warning("what was under way is broken off")
        elif self._error is not None:
            raise self._error


class Stop:
    """Told once, known for ever.

    A `threading.Event` must not be set by a signal handler: the handler runs inside the very thread that may
    hold the event's lock just then, as its waiter does. Writing to a pipe needs no lock.
    """

    def __init__(self) -> None:
        self._told = False
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def set(self) -> None:
        """Say so; any number of times, from a signal handler too."""
        if not self._told:
            self._told = True
            os.write(self._write, b".")

    def is_set(self) -> bool:
        return self._told

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until told, or for `seconds` at the most; returns whether it was told."""
        select.select([self._read], [], [], seconds)
        return self._told

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)


def until_told(work: Callable[[Stop], object], patience_s: float) -> None:
    """Do `work`, which is given the Stop that SIGTERM and SIGINT tell, until it ends, or until so many seconds
    after the signal. Raises what it ended with.

    Main thread only, and the process ends afterwards: it heeds no more signals.
    """
    with stop_on_signals(deaf_afterwards=True) as stop:
        beside = Beside(lambda: work(stop), stop)
        stop.wait()
        beside.end(patience_s)


@contextmanager
def stop_on_signals(*, deaf_afterwards: bool = False) -> Iterator[Stop]:
    """Yield a Stop that SIGTERM and SIGINT tell, however often they come. Main thread only.

    `deaf_afterwards` says that the process ends now: no further signal cuts short how it closes its doors.
    """
    stop = Stop()

    def note(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if deaf_afterwards else handler)
        stop.close()
