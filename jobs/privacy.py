"""What failures leave behind: places in the code and kinds of errors, never the values they were about.

Dramatiq keeps a failed job's traceback with the job for days and logs it; an exception's text may quote
anything. Ours are written not to, others' are dropped.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from dramatiq import Broker, Message, MessageProxy, Middleware

from sfsync.errors import SfsyncError


def places(error: BaseException) -> str:
    """Where `error` came from and what kind it is, with its causes; its text only if it is one of ours."""
    seen: list[str] = []
    step: BaseException | None = error
    while step is not None:
        text = f": {step}" if isinstance(step, SfsyncError) else ""
        seen.append(f"{_frames(step.__traceback__)}{type(step).__qualname__}{text}")
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    return "\ncaused\n".join(reversed(seen))


def _frames(trace: TracebackType | None) -> str:
    return "".join(
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
        for frame in traceback.extract_tb(trace)
    )


class TracebacksWithoutValues(Middleware):
    """Replaces the traceback that Retries put into a job before the job is stored.

    It stands after Retries in the list, so that it sees the exception first (`after_…` runs backwards), and
    it changes the job in `before_enqueue`, which is the last moment before Redis.
    """

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        if exception is not None:
            message.options["places"] = places(exception)

    def before_enqueue(self, broker: Broker, message: Message[object], delay: int | None) -> None:
        told = message.options.pop("places", None)
        if told is not None:
            message.options["traceback"] = told


class _WithoutValues(logging.Handler):
    """Passes Dramatiq's records on to the root's handlers, with places where exceptions stood."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = places(record.exc_info[1])
            record.exc_info = None
        logging.getLogger().handle(record)


def keep_values_out_of_logs() -> None:
    """Make Dramatiq log failures without the texts of exceptions, and urllib3 no URLs.

    All of Dramatiq's loggers are children of one, whatever they are called: a consumer's name holds its queue, and
    the broker logs what a middleware could not do, which is where a job's crash goes while Redis is away.
    """
    every = logging.getLogger("dramatiq")
    if not any(isinstance(known, _WithoutValues) for known in every.handlers):
        every.addHandler(_WithoutValues())
        every.propagate = False
    # It quotes whole URLs, hence queries, when a header cannot be parsed.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
