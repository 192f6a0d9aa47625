"""Messages reach `handle`, failures come to light, and nothing personal stays behind."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest
import redis
from dramatiq.worker import WorkerThread

from jobs.actors import Handle
from jobs.broker import (
    ALWAYS,
    TIME_LIMIT_MS,
    DramatiqQueue,
    SteadyBroker,
    build_broker,
    presume_workers_dead,
)
from jobs.in_process import in_process_workers
from jobs.ticker import Stop
from sfsync.errors import Budget, Config, Permanent, SfsyncError, Stale, Transient
from sfsync.ports import Look, Message, Post
from sfsync.reconcile import LONGEST_LOOK_S
from sfsync.salesforce.session import ATTEMPTS, LONGEST_BACKOFF_S
from sfsync.settings import MOST_TO_CONNECT_S, MOST_TO_READ_S
from sfsync.store import connect_redis

LOOK = Look(("00Q000000000001AAA", "00Q000000000002AAA"))
POST = Post(("a00000000000001AAA",))


def drain(broker: SteadyBroker, handle: Handle, *messages: Message, threads: int = 2) -> list[BaseException]:
    DramatiqQueue(broker).put(messages)
    with in_process_workers(broker, handle, threads) as workers:
        return workers.drain(timeout_s=20)


def test_a_look_is_over_before_its_job_is_ended_however_long_the_settings_let_it_wait() -> None:
    """It begins nothing more after its five minutes; then one call, and one that says why leads are refused."""
    call_s = ATTEMPTS * (MOST_TO_CONNECT_S + MOST_TO_READ_S) + (ATTEMPTS - 1) * LONGEST_BACKOFF_S
    assert LONGEST_LOOK_S + 2 * call_s < TIME_LIMIT_MS / 1000


def test_every_message_is_handled_as_it_was_put(broker: SteadyBroker) -> None:
    handled: list[Message] = []
    assert drain(broker, handled.append, LOOK, POST) == []
    assert sorted(handled, key=repr) == [LOOK, POST]


@pytest.mark.parametrize("offset_s", [3600, -3600])
def test_a_worker_whose_clock_is_an_hour_off_is_as_good_as_any(
    broker: SteadyBroker, client: redis.Redis, monkeypatch: pytest.MonkeyPatch, offset_s: int
) -> None:
    """One that was ahead threw every message away, with nobody besides it to take them."""
    DramatiqQueue(build_broker(client, "org")).put([LOOK])
    right, handled = time.time, list[Message]()
    monkeypatch.setattr(time, "time", lambda: right() + offset_s)
    assert drain(broker, handled.append, POST) == []
    assert sorted(handled, key=repr) == [LOOK, POST]


def test_draining_waits_for_what_jobs_put_themselves(broker: SteadyBroker) -> None:
    handled: list[Message] = []
    queue = DramatiqQueue(broker)

    def handle(message: Message) -> None:
        handled.append(message)
        if isinstance(message, Look) and len(message.lead_ids) < 5:
            queue.put([Look((*message.lead_ids, "00Q000000000003AAA")), POST])

    assert drain(broker, handle, LOOK) == []
    assert len(handled) == 7


@pytest.mark.parametrize("error", [Transient("lock"), Stale("moved on"), KeyError("bug")])
def test_what_may_get_better_is_tried_four_times_and_then_told(
    broker: SteadyBroker, error: Exception
) -> None:
    tried: list[Message] = []

    def handle(message: Message) -> None:
        tried.append(message)
        raise error

    assert drain(broker, handle, LOOK) == [error]
    assert tried == [LOOK] * 4


@pytest.mark.parametrize("error", [Budget("no quota"), Config("set it"), Permanent("refused")])
def test_what_cannot_get_better_is_tried_once_and_told(broker: SteadyBroker, error: SfsyncError) -> None:
    tried: list[Message] = []

    def handle(message: Message) -> None:
        tried.append(message)
        raise error

    assert drain(broker, handle, LOOK) == [error]
    assert len(tried) == 1


def test_a_failure_that_went_away_is_no_failure(broker: SteadyBroker) -> None:
    errors = [Transient("lock"), Transient("lock")]

    def handle(message: Message) -> None:
        if errors:
            raise errors.pop()

    assert drain(broker, handle, LOOK) == []


def test_one_failing_job_does_not_keep_the_others_from_being_done(broker: SteadyBroker) -> None:
    handled: list[Message] = []

    def handle(message: Message) -> None:
        if message == LOOK:
            raise Permanent("refused")
        handled.append(message)

    assert len(drain(broker, handle, LOOK, POST, POST)) == 1
    assert handled == [POST, POST]


def test_draining_that_takes_too_long_is_transient(broker: SteadyBroker) -> None:
    release = threading.Event()
    DramatiqQueue(broker).put([LOOK])
    with in_process_workers(broker, lambda _: release.wait(20) and None, 1) as workers:
        with pytest.raises(Transient, match="still waiting"):
            workers.drain(timeout_s=0.05)
        release.set()


@pytest.mark.parametrize("lost", ["look", "__heartbeats__"])
def test_draining_does_not_wait_for_what_nobody_will_ever_be_given(
    broker: SteadyBroker, client: redis.Redis, lost: str
) -> None:
    """Part of Redis was lost, and the text of a message was left: `run --once` waited for an hour."""
    other = build_broker(client, "org")
    DramatiqQueue(other).put([LOOK])
    if lost == "__heartbeats__":
        assert other.do_fetch("look", 1)
    assert client.delete(f"{broker.namespace}:{lost}")
    assert client.hlen(f"{broker.namespace}:look.msgs") == 1
    with in_process_workers(broker, lambda _: None, 1) as workers:
        assert workers.drain(timeout_s=5) == []


@pytest.mark.parametrize("lost", ["text", "reply"])
def test_what_this_process_took_and_lost_is_given_back_after_a_heartbeat(
    broker: SteadyBroker, client: redis.Redis, lost: str
) -> None:
    """Nobody else was given it while this process lived: `run --once` waited for an hour."""
    DramatiqQueue(broker).put([LOOK])
    if lost == "text":
        assert client.delete(f"{broker.namespace}:look.msgs")
    else:
        assert broker.do_fetch("look", 1)
    broker.heartbeat_timeout = 100
    handled: list[Message] = []
    assert drain(broker, handled.append, POST) == []
    assert handled == ([POST] if lost == "text" else [POST, LOOK])


def test_what_is_in_hand_for_longer_than_a_heartbeat_is_not_given_back(broker: SteadyBroker) -> None:
    broker.heartbeat_timeout = 50
    handled: list[Message] = []

    def handle(message: Message) -> None:
        threading.Event().wait(0.3)
        handled.append(message)
        if len(handled) == 1:
            raise Transient("lock")

    broker.middleware[2].min_backoff = 150  # type: ignore[attr-defined]
    assert drain(broker, handle, LOOK) == []
    assert handled == [LOOK, LOOK]


def test_draining_ends_when_it_is_told_to(broker: SteadyBroker) -> None:
    release = threading.Event()
    DramatiqQueue(broker).put([LOOK])
    with (
        closing(Stop()) as stop,
        in_process_workers(broker, lambda _: release.wait(20) and None, 1) as workers,
    ):
        stop.set()
        with pytest.raises(Transient, match="Told to stop"):
            workers.drain(timeout_s=20, stop=stop)
        release.set()


def test_all_jobs_in_hand_have_the_same_time_to_finish(
    broker: SteadyBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dramatiq waits for the first thread so long, then less and less: the third was broken off."""
    monkeypatch.setattr("jobs.in_process.SHUTDOWN_MS", 1000)
    begun, done = threading.Semaphore(0), threading.Semaphore(0)

    def handle(message: Message) -> None:
        begun.release()
        at_work = [thread for thread in threading.enumerate() if isinstance(thread, WorkerThread)]
        threading.Event().wait(0.7 if threading.current_thread() is at_work[-1] else 0.55)
        done.release()

    with in_process_workers(broker, handle, 4):
        DramatiqQueue(broker).put([LOOK] * 4)
        assert all(begun.acquire(timeout=5) for _ in range(4))
    assert all(done.acquire(blocking=False) for _ in range(4))


def canary() -> None:
    name = "Canary Person"
    try:
        raise ValueError(f"{name} <canary@example.com>")
    except ValueError as error:
        raise KeyError(name) from error


@pytest.mark.parametrize("raising", [canary])
def test_a_crash_leaves_places_and_no_values(
    broker: SteadyBroker, client: redis.Redis, caplog: pytest.LogCaptureFixture, raising: Callable[[], None]
) -> None:
    stored: list[bytes] = []

    def handle(message: Message) -> None:
        for key in client.keys("*"):  # type: ignore[union-attr]
            if client.type(key) == b"hash":
                stored.extend(client.hvals(key))  # type: ignore[arg-type]
        raising()

    with caplog.at_level(logging.DEBUG):
        drain(broker, handle, LOOK)
    logged = "".join(logging.Formatter("%(message)s").format(record) for record in caplog.records)
    kept = b"".join(stored) + client.hvals("sfsync:{org}:jobs:look.XQ.msgs")[0]  # type: ignore[index]
    assert "KeyError" in logged
    assert "in canary" in logged
    assert b"KeyError" in kept
    assert b"ValueError" in kept
    assert b"in canary" in kept
    for text in (logged, kept.decode()):
        assert "Canary" not in text
        assert "canary@" not in text


def test_a_crash_while_redis_is_away_leaves_no_values_in_the_log(
    broker: SteadyBroker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the retry cannot be stored, and Dramatiq's broker logs that together with the crash."""

    def away(message: object, *, delay: int | None = None) -> None:
        raise redis.ConnectionError("refused")

    def handle(message: Message) -> None:
        monkeypatch.setattr(broker, "enqueue", away)
        canary()

    with caplog.at_level(logging.DEBUG):
        drain(broker, handle, LOOK)
    logged = "".join(logging.Formatter("%(message)s").format(record) for record in caplog.records)
    assert "Unexpected failure in after_process_message" in logged
    assert "in canary" in logged
    assert "Canary" not in logged
    assert "canary@" not in logged


@pytest.mark.parametrize(
    "name", ["broker.SteadyBroker", "worker.ConsumerThread(look.DQ)", "worker.WorkerThread", "worker.Worker"]
)
def test_none_of_dramatiqs_loggers_tells_values(
    broker: SteadyBroker, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    logger = logging.getLogger(f"dramatiq.{name}")
    try:
        canary()
    except KeyError:
        logger.exception("it failed")
    told = logging.Formatter("%(message)s").format(caplog.records[-1])
    assert told.startswith("it failed")
    assert "in canary" in told
    assert "Canary" not in told


def take_and_die(url: str) -> None:
    """Fetch a message as a worker does, and never be heard of again."""
    client = connect_redis(url)
    dead = build_broker(client, "org")
    dead.declare_queue("look")
    assert next(dead.consume("look")) is not None
    client.close()


def test_a_killed_workers_job_is_given_back_after_a_heartbeat(broker: SteadyBroker, redis_url: str) -> None:
    DramatiqQueue(broker).put([LOOK])
    take_and_die(redis_url)
    broker.heartbeat_timeout = -1  # the heartbeat has passed
    handled: list[Message] = []
    assert drain(broker, handled.append) == []
    assert handled[0] == LOOK


def test_on_a_private_redis_it_is_given_back_at_once(broker: SteadyBroker, redis_url: str) -> None:
    DramatiqQueue(broker).put([LOOK])
    take_and_die(redis_url)
    presume_workers_dead(broker)
    handled: list[Message] = []
    assert drain(broker, handled.append) == []
    assert handled == [LOOK]


def test_the_broker_is_set_as_it_must_be(broker: SteadyBroker) -> None:
    assert broker.heartbeat_timeout == 15_000
    assert broker.maintenance_chance == ALWAYS == 1_000_000
    assert [type(known).__name__ for known in broker.middleware] == [
        "AgeLimit",
        "TimeLimit",
        "StorableRetries",
        "TracebacksWithoutValues",
    ]


def test_a_message_older_than_an_hour_is_not_handled(
    broker: SteadyBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dramatiq.message.time.time", lambda: 1_000_000_000)
    DramatiqQueue(broker).put([LOOK])
    monkeypatch.undo()
    handled: list[Message] = []
    drain(broker, handled.append)
    assert handled == []


def test_a_queue_whose_redis_is_gone_is_transient(tmp_path: object) -> None:
    broker = build_broker(connect_redis(f"unix://{tmp_path}/none.sock"), "org")
    with pytest.raises(Transient):
        DramatiqQueue(broker).put([LOOK])
