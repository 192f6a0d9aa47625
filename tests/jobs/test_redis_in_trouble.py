"""Redis is full, cannot save, is mute or away: no thread of the workers ends of it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import dramatiq
import pytest
import redis
from structlog.testing import capture_logs

from jobs.broker import DramatiqQueue, RedisFailed, SteadyBroker, build_broker
from jobs.in_process import in_process_workers
from sfsync.errors import Transient
from sfsync.ports import Look, Message
from sfsync.store import connect_redis

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


def test_a_job_whose_retry_redis_does_not_take_is_given_up_in_one_line(
    broker: SteadyBroker, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    """`run --once` took it for done, and Dramatiq logged thirty lines."""
    lock = Transient("lock")

    def handle(message: Message) -> None:
        trouble.error = TROUBLE[0]
        raise lock

    with (
        heard("ConsumerThread(look)", "Failed to post_process_message") as untold,
        capture_logs() as lines,
        in_process_workers(broker, handle, 1) as workers,
    ):
        DramatiqQueue(broker).put([LOOK])
        assert untold.wait(5)
        trouble.error = None
        assert workers.drain(timeout_s=5) == [lock]
    assert [line["event"] for line in lines] == [
        "will be tried again",
        "given up for now: that it is to be tried again cannot be stored",
    ]
    assert "Unexpected failure" not in caplog.text


@pytest.mark.parametrize("error", TROUBLE, ids=lambda error: type(error).__name__)
def test_who_is_told_to_end_while_redis_is_in_trouble_ends_with_one_line(
    broker: SteadyBroker, trouble: Trouble, client: redis.Redis, error: redis.RedisError
) -> None:
    """It ended with a traceback, and after the twenty seconds in which the job that was done said so in vain."""
    begun, told = threading.Event(), threading.Event()
    began = time.monotonic()

    def handle(message: Message) -> None:
        begun.set()
        assert told.wait(5)

    with capture_logs() as lines:
        with in_process_workers(broker, handle, 1):
            DramatiqQueue(broker).put([LOOK, LOOK, LOOK])
            assert begun.wait(5)
            trouble.error = error
            told.set()
        assert [line["event"] for line in lines] == ["jobs that were not done are given back later"]
    assert time.monotonic() - began < 5
    trouble.error = None
    broker.give_back("look")
    assert client.llen(f"{broker.namespace}:look") == 3


def test_what_was_not_begun_is_given_back_when_redis_comes_to_itself_meanwhile(
    broker: SteadyBroker, trouble: Trouble, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, told = threading.Event(), threading.Event()

    def handle(message: Message) -> None:
        begun.set()
        assert told.wait(5)

    stop = dramatiq.Worker.stop

    def stop_and_recover(worker: dramatiq.Worker, timeout: int) -> None:
        stop(worker, timeout)
        trouble.error = None

    monkeypatch.setattr(dramatiq.Worker, "stop", stop_and_recover)
    with in_process_workers(broker, handle, 1):
        DramatiqQueue(broker).put([LOOK, LOOK])
        assert begun.wait(5)
        trouble.error = TROUBLE[0]
        told.set()
    assert client.llen(f"{broker.namespace}:look") == 2
    assert client.keys(f"{broker.namespace}:__acks__*") == []


def test_who_ends_waits_for_a_mute_redis_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its last words took 15 seconds; platforms kill after 25 to 30."""
    monkeypatch.setattr("jobs.broker.LAST_REPLY_S", 0.05)
    with (
        socket.create_server(("127.0.0.1", 0)) as mute,
        closing(connect_redis(f"redis://127.0.0.1:{mute.getsockname()[1]}")) as client,
    ):
        broker, before, began = build_broker(client, "org"), client.connection_pool, time.monotonic()
        with broker.ending(), pytest.raises(RedisFailed):
            broker.give_back("look")
        assert time.monotonic() - began < 5
        assert client.connection_pool is before
