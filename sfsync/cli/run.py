"""`sfsync run`: the worker and its ticker, in one process or in many."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import structlog
import typer

from jobs.broker import SHUTDOWN_MS
from jobs.in_process import InProcessWorkers, in_process_workers, serve
from jobs.ticker import Stop, tick_until_stopped, until_told
from sfsync.cli import show
from sfsync.cli.doors import Doors, settings_and_logging, working
from sfsync.errors import Config, Permanent, SfsyncError, Transient
from sfsync.poll import tick
from sfsync.ports import Message
from sfsync.reconcile import handle
from sfsync.settings import Settings

DRAIN_S = 3600.0

HEEDED_EVERY_S = 1.0
"""So soon a process ends of which a job has found that the configuration is wrong."""


def run(
    once: Annotated[
        bool, typer.Option("--once", help="Do all that is due or changed, then exit; 0 when nothing failed.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker", help="Only look at leads that a ticker hands out (needs REDIS_URL).")
    ] = False,
    ticker: Annotated[
        bool, typer.Option("--ticker", help="Only hand out leads to the workers (needs REDIS_URL).")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --once: print what was done as JSON.")
    ] = False,
) -> None:
    """Enforce the policy until told to stop (Ctrl-C or SIGTERM).

    Every SFSYNC_POLL_INTERVAL seconds it looks at the leads that changed and at those where a step falls due.
    Without an option everything runs in this process. For more load run one or more with --worker and one
    with --ticker, on the same Redis. Exits with 0 when it was told to stop, with 1 when it could not go on.
    """
    settings = settings_and_logging()
    if sum((once, worker, ticker)) > 1:
        raise Config("--once, --worker and --ticker exclude each other: each is a process of its own")
    if as_json and not once:
        raise Config("--json goes with --once: it prints what that one run did")
    if (worker or ticker) and settings.redis_url is None:
        raise Config("REDIS_URL is not set: ticker and workers meet in a Redis that all of them reach")
    with working(settings) as doors:
        if once:
            run_once(doors, settings.threads, as_json)
            return
        if ticker:
            until_told(lambda stop: _tick_until(doors, settings, stop, stop.wait), SHUTDOWN_MS / 1000)
        elif worker:
            serve(
                doors.broker,
                handling(doors),
                settings.threads,
                lambda workers, stop: _work_until(workers, settings, stop),
            )
        else:
            serve(
                doors.broker,
                handling(doors),
                settings.threads,
                lambda workers, stop: _tick_until(
                    doors, settings, stop, lambda seconds: _wait(workers, stop, seconds)
                ),
            )


def handling(doors: Doors) -> Callable[[Message], None]:
    """What Dramatiq calls with each message."""
    return lambda message: handle(message, doors.worker)


def run_once(doors: Doors, threads: int, as_json: bool) -> None:
    """Tick once, drain everything, say what was done.

    Raises the first error of a job that was given up, and Permanent when leads were refused.
    """
    with in_process_workers(doors.broker, handling(doors), threads) as workers:
        ticked = tick(doors.worker, alone=True)
        failures = workers.drain(DRAIN_S)
    tally = doors.worker.tally
    shadow = doors.worker.configuration().settings.shadow
    done = asdict(tally) | {"enabled": ticked.enabled, "shadow": shadow, "cold_start": ticked.cold}
    usage = doors.worker.session.usage
    if usage is not None:
        done |= {"api_used": usage.used, "api_limit": usage.total}
    show.facts(done, as_json=as_json)
    if failures:
        raise _as_ours(failures[0])
    if tally.refused:
        raise Permanent(
            f"{tally.refused} leads could not be read or written; SLA_Sync_Error__c and the log say why"
        )


def _tick_until(doors: Doors, settings: Settings, stop: Stop, wait: Callable[[float], object]) -> None:
    _say_running(settings)
    tick_until_stopped(lambda: tick(doors.worker), settings.poll_interval, stop.is_set, wait)


def _work_until(workers: InProcessWorkers, settings: Settings, stop: Stop) -> None:
    _say_running(settings)
    _wait(workers, stop, math.inf)


def _say_running(settings: Settings) -> None:
    """Said once signals are heeded: from now on a SIGTERM is a request."""
    structlog.get_logger("sfsync").info(
        "running until told to stop", org=settings.login()[0], poll_interval_s=settings.poll_interval
    )


def _wait(workers: InProcessWorkers, stop: Stop, seconds: float) -> None:
    """Wait until told to stop, or so long; raises Config as soon as a job found that the configuration is wrong: no
    other job will fare better.
    """
    ends_at = time.monotonic() + seconds
    while True:
        for failure in workers.failures():
            if isinstance(failure, Config):
                raise failure
        left = ends_at - time.monotonic()
        if left <= 0 or stop.wait(min(HEEDED_EVERY_S, left)):
            return


def _as_ours(failure: BaseException) -> SfsyncError:
    if isinstance(failure, SfsyncError):
        return failure
    return Transient(f"a job failed ({type(failure).__name__}); the log says where, the next run tries again")
