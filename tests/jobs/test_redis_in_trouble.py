"""Redis is full, cannot save, is mute or away: no thread of the workers ends of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from jobs.broker import DramatiqQueue, SteadyBroker
from jobs.in_process import in_process_workers
from sfsync.errors import Transient
from sfsync.ports import Look, Message

LOOK = Look(("00Q000000000001AAA",))
TROUBLE = [
    redis.exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
    redis.ResponseError("MISCONF Redis is configured to save RDB snapshots"),
    redis.TimeoutError("Timeout reading from socket"),
    redis.ConnectionError("Connection refused"),
]


class Trouble:
    """What Redis answers to the jobs' commands while `error` is set."""

    def __init__(self, broker: SteadyBroker) -> None:
        self.error: redis.RedisError | None = None
        self._dispatch = broker.scripts["dispatch"]
        broker.scripts["dispatch"] = self

    def __call__(self, keys: list[str], args: list[object]) -> object:
        if self.error is not None:
            raise self.error
        return self._dispatch(keys=keys, args=args)


@pytest.fixture
def trouble(broker: SteadyBroker, monkeypatch: pytest.MonkeyPatch) -> Trouble:
    monkeypatch.setattr("dramatiq.worker.CONSUMER_RESTART_DELAY_SECS", 0.01)
    monkeypatch.setattr("dramatiq.worker.POST_PROCESS_MESSAGE_RETRY_DELAY_SECS", 0.01)
    return Trouble(broker)


@contextmanager
def heard(name: str, beginning: str) -> Iterator[threading.Event]:
    """An event that is set when Dramatiq's logger `name` says something that begins so."""
    said, logger, handler = threading.Event(), logging.getLogger(f"dramatiq.worker.{name}"), logging.Handler()
    handler.addFilter(lambda record: record.getMessage().startswith(beginning) and said.set())
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)


@pytest.mark.parametrize("error", TROUBLE, ids=lambda error: type(error).__name__)
def test_a_retry_that_waits_while_redis_is_in_trouble_is_done_when_it_is_over(
    broker: SteadyBroker, trouble: Trouble, error: redis.RedisError
) -> None:
    """The thread that hands out retries died of any trouble but a closed connection, and of that forgot them."""
    broker.middleware[2].min_backoff = 50  # type: ignore[attr-defined]
    tried: list[Message] = []

    def handle(message: Message) -> None:
        tried.append(message)
        if len(tried) == 1:
            raise Transient("lock")

    with (
        heard("ConsumerThread(look.DQ)", "Pushing message") as waits,
        heard("ConsumerThread(look.DQ)", "Restarting consumer") as troubled,
        in_process_workers(broker, handle, 1) as workers,
    ):
        DramatiqQueue(broker).put([LOOK])
        assert waits.wait(5)
        trouble.error = error
        assert troubled.wait(5)
        trouble.error = None
        assert workers.drain(timeout_s=5) == []
    assert tried == [LOOK, LOOK]


@pytest.mark.parametrize("error", TROUBLE, ids=lambda error: type(error).__name__)
def test_a_job_that_ends_while_redis_is_in_trouble_is_done_once(
    broker: SteadyBroker, trouble: Trouble, error: redis.RedisError
) -> None:
    """That it was done could not be said, nor was it said again: `run --once` waited for an hour."""
    done: list[Message] = []

    def handle(message: Message) -> None:
        trouble.error = error
        done.append(message)

    with (
        heard("ConsumerThread(look)", "Failed to post_process_message") as untold,
        in_process_workers(broker, handle, 1) as workers,
    ):
        DramatiqQueue(broker).put([LOOK])
        assert untold.wait(5)
        trouble.error = None
        assert workers.drain(timeout_s=5) == []
    assert done == [LOOK]


def test_what_a_full_redis_says_of_a_message_is_what_the_rest_of_sfsync_says(
    broker: SteadyBroker, trouble: Trouble
) -> None:
    trouble.error = TROUBLE[0]
    with pytest.raises(Transient, match="Redis is full"):
        DramatiqQueue(broker).put([LOOK])
