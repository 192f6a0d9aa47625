"""Dramatiq as it must be run: crashes recovered within seconds, nothing old, nothing personal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.common import dq_name
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AgeLimit, Retries, TimeLimit

from jobs.privacy import TracebacksWithoutValues, keep_values_out_of_logs
from sfsync.errors import SfsyncError
from sfsync.ports import Look, Message
from sfsync.store import redis_errors

HEARTBEAT_MS = 15_000
ALWAYS = 1_000_000
MAX_AGE_MS = 3 * 60 * 60 * 1000
TIME_LIMIT_MS = 30 * 60 * 1000
MAX_RETRIES = 3
MIN_BACKOFF_MS = 1_000
MAX_BACKOFF_MS = 30_000
DEAD_LETTERS_MS = 24 * 60 * 60 * 1000
SHUTDOWN_MS = 20_000
"""How long whoever was told to end lets jobs and ticks finish; platforms kill after 25 to 30 seconds."""

LAST_REPLY_S = 2.0
"""How long whoever was told to end waits for a reply of Redis, so that it ends in time also when there is none."""

LOOK_QUEUE = "look"
POST_QUEUE = "post"
QUEUES = (LOOK_QUEUE, POST_QUEUE)
QUEUES_AND_DELAYED = tuple(name for canonical in QUEUES for name in (canonical, dq_name(canonical)))


class RedisFailed(ConnectionClosed):
    """Redis did not do what was asked, for whatever reason; Dramatiq's threads ask again.

    Attributes:
        error: what happened, as the rest of sfsync knows it.
    """

    def __init__(self, error: SfsyncError) -> None:
        super().__init__(str(error))  # type: ignore[no-untyped-call]
        self.error = error


class SteadyBroker(RedisBroker):
    """A RedisBroker whose consumers outlive every failure of Redis.

    Dramatiq's threads ask again after a connection that was closed. Of anything else a consumer dies, for good
    when messages wait in it: Redis that is full or cannot save, and a reply that does not come in time.
    """

    _ending = False

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Meanwhile this process' threads end, whether Redis answers or not.

        Nobody says again what Redis did not take the first time, and Dramatiq gives nothing back: that is for who
        ends the threads, with `give_back`. What is asked from here on waits two seconds for its reply.
        """
        patient = self.client.connection_pool
        waits = {"socket_timeout": LAST_REPLY_S, "socket_connect_timeout": LAST_REPLY_S}
        hasty = redis.ConnectionPool(patient.connection_class, **patient.connection_kwargs | waits)
        self.client.connection_pool, self._ending = hasty, True
        try:
            yield
        finally:
            self.client.connection_pool, self._ending = patient, False
            hasty.close()

    def _dispatch(self, command: str) -> Callable[..., Any]:
        dispatch = super()._dispatch(command)  # type: ignore[no-untyped-call]

        def do_dispatch(queue_name: str, *args: object) -> Any:
            if self._ending and command == "requeue":
                return None
            try:
                with _closed_connections():
                    return dispatch(queue_name, *args)
            except RedisFailed:
                if self._ending and command != "enqueue":
                    return []
                raise

        return do_dispatch

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> dramatiq.Consumer:
        """A consumer of this queue, once what another of the same delay queue took and lost waits there again.

        When a consumer starts anew, Dramatiq forgets the delayed messages that it held in memory, which nobody
        else is given as long as this process lives.
        """
        if queue_name in self.delay_queues and not self._ending:
            self.give_back(queue_name)
        return super().consume(queue_name, prefetch, timeout)

    def give_back(self, queue_name: str) -> None:
        """Let what this process took off the queue and has not done wait there again, as far as Redis has its text.

        Raises RedisFailed.
        """
        with _closed_connections():
            held = self.client.smembers(f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}")
            if held:
                super()._dispatch("requeue")(queue_name, *held)  # type: ignore[no-untyped-call]


class StorableRetries(Retries):
    """Retries that give a job up when Redis does not take its retry.

    Without it Dramatiq logs a traceback for each and takes the job for done.
    """

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        try:
            super().after_process_message(broker, message, result=result, exception=exception)  # type: ignore[no-untyped-call]
        except RedisFailed as failed:
            message.fail()
            structlog.get_logger("sfsync.jobs").warning(
                "given up for now: that it is to be tried again cannot be stored", reason=str(failed)
            )


@contextmanager
def _closed_connections() -> Iterator[None]:
    try:
        with redis_errors():
            yield
    except SfsyncError as error:
        raise RedisFailed(error) from error.__cause__


def build_broker(client: redis.Redis, name: str) -> SteadyBroker:
    """Return the broker of the org `name`; nothing is sent yet."""
    keep_values_out_of_logs()
    return SteadyBroker(  # type: ignore[no-untyped-call]
        client=client,
        namespace=f"sfsync:{{{name}}}:jobs",
        # A worker that was killed is noticed after one heartbeat, because every command looks for it. With
        # Dramatiq's own values (60 s, one command in a thousand) its jobs wait for minutes.
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=ALWAYS,
        dead_message_ttl=DEAD_LETTERS_MS,
        middleware=[
            # Messages only say "look at these": what is hours old has long been said again. The age is told by two
            # machines' clocks, and a worker that is an hour ahead must have something left to do.
            AgeLimit(max_age=MAX_AGE_MS),
            # Above what a look may take of an org that does not answer, so that it only ever ends what hangs for
            # no reason: five minutes (reconcile.LONGEST_LOOK_S), then one call that is made four times, each waited
            # for as long as the settings allow, and as much again to say of leads why they are refused.
            TimeLimit(time_limit=TIME_LIMIT_MS),
            # Few and soon, then the claim runs out and the due index brings the lead back, counted.
            StorableRetries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS),
            TracebacksWithoutValues(),
            # Left out: ShutdownNotifications (a job that is interrupted costs the API calls it has made; one
            # that is let finish costs nothing, and one that cannot is redelivered after a heartbeat),
            # Callbacks, Pipelines and Results (one job never waits for another), Prometheus (opens a port).
        ],
    )


def presume_workers_dead(broker: SteadyBroker) -> None:
    """Give back at once what earlier workers were at, instead of after a heartbeat.

    Only for a Redis that nobody else can be using: a private one, just started.
    """
    heartbeats = f"{broker.namespace}:__heartbeats__"
    with redis_errors():
        known = broker.client.zrange(heartbeats, 0, -1)
        if known:
            broker.client.zadd(heartbeats, dict.fromkeys(known, 0), xx=True)


class DramatiqQueue:
    """`ports.Queue` over a broker; it knows the actors by name only."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        self._broker = broker

    def put(self, messages: Sequence[Message]) -> None:
        try:
            for message in messages:
                self._broker.enqueue(_to_dramatiq(message))
        except RedisFailed as failed:
            raise failed.error from failed.__cause__


def _to_dramatiq(message: Message) -> dramatiq.Message[None]:
    if isinstance(message, Look):
        name, ids = LOOK_QUEUE, message.lead_ids
    else:
        name, ids = POST_QUEUE, message.event_ids
    return dramatiq.Message(queue_name=name, actor_name=name, args=(list(ids),), kwargs={}, options={})
