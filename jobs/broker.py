"""Dramatiq as it must be run: crashes recovered within seconds, nothing old, nothing personal."""

from __future__ import annotations

from collections.abc import Sequence

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, Retries, TimeLimit

from jobs.privacy import TracebacksWithoutValues, keep_values_out_of_logs
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

LOOK_QUEUE = "look"
POST_QUEUE = "post"
QUEUES = (LOOK_QUEUE, POST_QUEUE)


def build_broker(client: redis.Redis, name: str) -> RedisBroker:
    """Return the broker of the org `name`; nothing is sent yet."""
    keep_values_out_of_logs()
    return RedisBroker(  # type: ignore[no-untyped-call]
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
            # no reason: five minutes (reconcile.LONGEST_LOOK_S), then one read of four times two minutes, and as
            # much again to say of leads why they are refused.
            TimeLimit(time_limit=TIME_LIMIT_MS),
            # Few and soon, then the claim runs out and the due index brings the lead back, counted.
            Retries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS),
            TracebacksWithoutValues(),
            # Left out: ShutdownNotifications (a job that is interrupted costs the API calls it has made; one
            # that is let finish costs nothing, and one that cannot is redelivered after a heartbeat),
            # Callbacks, Pipelines and Results (one job never waits for another), Prometheus (opens a port).
        ],
    )


def presume_workers_dead(broker: RedisBroker) -> None:
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
        with redis_errors():
            for message in messages:
                self._broker.enqueue(_to_dramatiq(message))


def _to_dramatiq(message: Message) -> dramatiq.Message[None]:
    if isinstance(message, Look):
        name, ids = LOOK_QUEUE, message.lead_ids
    else:
        name, ids = POST_QUEUE, message.event_ids
    return dramatiq.Message(queue_name=name, actor_name=name, args=(list(ids),), kwargs={}, options={})
