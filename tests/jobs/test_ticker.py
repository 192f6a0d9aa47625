"""The ticker ticks, whatever a tick meets, until it is told to stop or nothing will ever work."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from jobs.ticker import Beside, Stop, stop_on_signals, tick_until_stopped
from sfsync.errors import Budget, Config, Stale, Transient


class Clock:
    """Time that passes only where somebody waits or works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waited: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


def run(tick: Callable[[int], object], times: int) -> Clock:
    clock = Clock()
    ticks = 0

    def count() -> None:
        nonlocal ticks
        ticks += 1
        clock.now += 10 * ticks
        tick(ticks)

    tick_until_stopped(count, 60, lambda: ticks == times, clock.wait, clock)
    return clock


def test_it_ticks_at_once_and_then_every_interval_however_long_a_tick_takes() -> None:
    assert run(lambda _: None, 3).waited == [50, 40, 30]


def test_after_a_tick_longer_than_the_interval_the_next_follows_at_once() -> None:
    assert run(lambda _: None, 8).waited[-3:] == [0, 0, 0]


@pytest.mark.parametrize("error", [Transient("busy"), Stale("moved")])
def test_a_failed_tick_is_followed_by_the_next(error: Exception) -> None:
    def tick(number: int) -> None:
        if number == 1:
            raise error

    assert run(tick, 3).waited == [50, 40, 30]


def test_without_quota_it_asks_again_after_ten_minutes() -> None:
    def tick(number: int) -> None:
        if number == 1:
            raise Budget("no quota")

    assert run(tick, 3).waited == [590, 40, 30]


@pytest.mark.parametrize("error", [Config("set it"), KeyError("bug")])
def test_what_will_not_get_better_by_itself_ends_it(error: Exception) -> None:
    def tick(number: int) -> None:
        raise error

    with pytest.raises(type(error)):
        run(tick, 3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_however_often_they_come(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signals() as stop:
        assert not stop.is_set()
        for _ in range(3):
            os.kill(os.getpid(), number)
        assert stop.wait(5)
    assert signal.getsignal(number) is before


def test_a_process_that_is_about_to_end_heeds_no_further_signal() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with stop_on_signals(deaf_afterwards=True) as stop:
            os.kill(os.getpid(), signal.SIGTERM)
            assert stop.wait(5)
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_work_beside_that_goes_on_is_left_and_what_ended_it_is_raised() -> None:
    never = threading.Event()
    with closing(Stop()) as stop:
        hanging = Beside(never.wait, stop)
        hanging.end(0.01)
        assert not stop.is_set()
        never.set()
        assert stop.wait(20)

    def fails() -> None:
        raise Config("set it")

    with closing(Stop()) as stop:
        failing = Beside(fails, stop)
        assert stop.wait(20)
        with pytest.raises(Config):
            failing.end(20)
