"""Real Dramatiq workers on real Redis, in this process.

Dramatiq's own command is not used: its worker takes the second SIGTERM as "die now", and platforms send more
than one. More load takes more processes like this one.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dramatiq
import structlog
from dramatiq import Middleware, Worker
from dramatiq.middleware import AgeLimit

from jobs.actors import Handle, TryAgain, declare_actors
from jobs.broker import LAST_REPLY_S, QUEUES_AND_DELAYED, SHUTDOWN_MS, RedisFailed, SteadyBroker
from jobs.ticker import Beside, Stop, stop_on_signals
from sfsync.errors import Transient
from sfsync.store import redis_errors

_IDLE_MS = 50
_LOOK_AGAIN_S = 0.01


class Failures(Middleware):
    """Collects the errors of jobs that were given up, the newest thousand."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._errors: deque[BaseException] = deque(maxlen=1000)

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        if exception is not None and message.failed:
            with self._lock:
                self._errors.append(exception.error if isinstance(exception, TryAgain) else exception)

    def take(self) -> list[BaseException]:
        """The errors since the last call."""
        with self._lock:
            taken = list(self._errors)
            self._errors.clear()
            return taken


class InProcessWorkers:
    """Running workers and the broker they serve."""

    def __init__(self, worker: Worker, broker: SteadyBroker, failures: Failures) -> None:
        self.broker = broker
        self._worker = worker
        self._failures = failures

    def drain(self, timeout_s: float, stop: Stop | None = None) -> list[BaseException]:
        """Wait until no message is left, whoever put it, retries included.

        What this process took and nobody in it has in hand for a heartbeat was lost on the way (a reply of Redis
        that did not come, a text that Redis has lost), and is given back, as that of the dead is.
        Returns the errors of the jobs that were given up since the last call. Raises Transient when messages
        are left after `timeout_s` seconds or when `stop` is told.
        """
        busy_at = time.monotonic()
        deadline = busy_at + timeout_s
        wait = time.sleep if stop is None else stop.wait
        with redis_errors():
            while self._left():
                now = time.monotonic()
                if now > deadline:
                    raise Transient(f"Jobs were still waiting after {timeout_s:.0f} seconds.")
                if wait(_LOOK_AGAIN_S):
                    raise Transient("Told to stop while jobs were waiting: the next run does them.")
                if self._in_hand():
                    busy_at = now
                elif now - busy_at > self.broker.heartbeat_timeout / 1000:
                    _give_back(self.broker)
                    busy_at = now
        return self.failures()

    def _left(self) -> int:
        """How many messages wait in a queue or are in the hands of a worker that anybody knows.

        Not how many Redis has the text of (Dramatiq's `qsize`): where a part of Redis was lost, a text may be left
        that nobody will ever be given.
        """
        redis, namespace = self.broker.client, self.broker.namespace
        known = {self.broker.broker_id.encode(), *redis.zrange(f"{namespace}:__heartbeats__", 0, -1)}
        with redis.pipeline(transaction=True) as counts:
            for name in QUEUES_AND_DELAYED:
                counts.llen(f"{namespace}:{name}")
                for worker in known:
                    counts.scard(f"{namespace}:__acks__.{worker.decode()}.{name}")
            return sum(counts.execute())

    def _in_hand(self) -> int:
        """How many messages this process' threads are at or hold in memory until they may be tried again."""
        waiting = sum(consumer.delay_queue.unfinished_tasks for consumer in self._worker.consumers.values())
        return waiting + self._worker.work_queue.unfinished_tasks

    def failures(self) -> list[BaseException]:
        """The errors of the jobs that were given up since the last call."""
        return self._failures.take()


@contextmanager
def in_process_workers(broker: SteadyBroker, handle: Handle, threads: int) -> Iterator[InProcessWorkers]:
    """Let `threads` workers in this process hand `broker`'s messages to `handle`.

    On the way out they finish what they are at; what they haven't begun stays in Redis.
    """
    failures = Failures()
    broker.add_middleware(failures, before=AgeLimit)  # first in the list: the last to see a failure
    declare_actors(broker, handle)
    broker.emit_after("process_boot")
    worker = Worker(broker, worker_threads=threads, worker_timeout=_IDLE_MS)
    worker.start()
    try:
        yield InProcessWorkers(worker, broker, failures)
    finally:
        with broker.ending():
            _stop(worker)
            _give_back(broker)


def _stop(worker: Worker) -> None:
    """Let the jobs in hand finish for 20 seconds, then the consumers, which send signs of life meanwhile.

    Dramatiq's own waiting takes the time that has passed off once for each thread, so that the third is not waited
    for; and it begins anew for the consumers.
    """
    told_at, jobs_s = time.monotonic(), SHUTDOWN_MS / 1000
    for threads, patience_s in (
        (worker.workers, jobs_s),
        (worker.consumers.values(), jobs_s + LAST_REPLY_S),
    ):
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(max(0.0, told_at + patience_s - time.monotonic()))
    worker.stop(timeout=0)


def _give_back(broker: SteadyBroker) -> None:
    """Put back what was fetched and not done, also what Dramatiq forgets: a consumer's unopened messages.

    Without it they would wait for a heartbeat to run out, which is what happens when Redis is out of reach.
    """
    log = structlog.get_logger("sfsync.jobs")
    try:
        for queue in QUEUES_AND_DELAYED:
            broker.give_back(queue)
    except RedisFailed as failed:
        log.warning("jobs that were not done are given back later", reason=str(failed))


def serve(
    broker: SteadyBroker,
    handle: Handle,
    threads: int,
    meanwhile: Callable[[InProcessWorkers, Stop], object],
) -> None:
    """Run workers while `meanwhile` runs, which is given the Stop that SIGTERM and SIGINT tell.

    Main thread only, and the process ends afterwards: it heeds no more signals. However often the signal
    comes, the workers and `meanwhile` get 20 seconds altogether to finish what they are at. Raises what
    `meanwhile` ended with.
    """
    with stop_on_signals(deaf_afterwards=True) as stop:
        with in_process_workers(broker, handle, threads) as workers:
            beside = Beside(lambda: meanwhile(workers, stop), stop)
            stop.wait()
            told_at = time.monotonic()
        beside.end(SHUTDOWN_MS / 1000 - (time.monotonic() - told_at))
