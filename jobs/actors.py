"""The two jobs. They hand their message to `handle` and say to Dramatiq what a failure means for the job."""

from __future__ import annotations

from collections.abc import Callable

import dramatiq
import structlog
from dramatiq.errors import Retry

from jobs.broker import LOOK_QUEUE, POST_QUEUE
from sfsync.errors import Budget, Config, Permanent, SfsyncError, Stale, Transient
from sfsync.ports import Look, Message, Post

Handle = Callable[[Message], None]

_POSTS_LATER = 10


class TryAgain(Retry):
    """Raised when the job may succeed soon; Dramatiq doesn't log it as a crash.

    Attributes:
        error: what happened.
    """

    def __init__(self, error: SfsyncError) -> None:
        super().__init__(str(error))
        self.error = error


def declare_actors(broker: dramatiq.Broker, handle: Handle) -> None:
    """Make `broker`'s workers hand every message to `handle`.

    Transient and Stale failures are tried again; so is whatever isn't ours, for a crash may not repeat.
    The others end the job: what it was about comes back through the due index.
    """
    log = structlog.get_logger("sfsync.jobs")

    def run(message: Message) -> None:
        try:
            handle(message)
        except (Transient, Stale) as error:
            log.warning("will be tried again", reason=str(error), kind=type(error).__name__)
            raise TryAgain(error) from error
        except SfsyncError as error:
            log.error("given up for now", reason=str(error), kind=type(error).__name__)
            raise

    @dramatiq.actor(
        broker=broker, actor_name=LOOK_QUEUE, queue_name=LOOK_QUEUE, throws=(Budget, Config, Permanent)
    )
    def look(lead_ids: list[str]) -> None:
        run(Look(tuple(lead_ids)))

    @dramatiq.actor(
        broker=broker,
        actor_name=POST_QUEUE,
        queue_name=POST_QUEUE,
        priority=_POSTS_LATER,
        throws=(Budget, Config, Permanent),
    )
    def post(event_ids: list[str]) -> None:
        run(Post(tuple(event_ids)))
