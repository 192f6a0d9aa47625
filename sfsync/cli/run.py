"""`sfsync run`: the worker and its ticker in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from jobs.in_process import InProcessWorkers, in_process_workers, serve
from jobs.ticker import Stop, tick_until_stopped
from sfsync.cli import show
from sfsync.cli.doors import Doors, settings_and_logging, working
from sfsync.errors import SfsyncError, Transient
from sfsync.poll import tick
from sfsync.ports import Message
from sfsync.reconcile import handle

DRAIN_S = 3600.0


def run(
    once: Annotated[
        bool, typer.Option("--once", help="Do all that is due or changed, then exit; 0 when nothing failed.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --once: print what was done as JSON.")
    ] = False,
) -> None:
    """Enforce the policy: poll every interval, look at what changed or fell due, until told to stop."""
    settings = settings_and_logging()
    with working(settings) as doors:
        if once:
            failures = run_once(doors, settings.threads, as_json)
            if failures:
                raise (
                    failures[0]
                    if isinstance(failures[0], SfsyncError)
                    else Transient(f"a job failed: {type(failures[0]).__name__}; run it again")
                )
            return

        def meanwhile(workers: InProcessWorkers, stop: Stop) -> None:
            tick_until_stopped(lambda: tick(doors.worker), settings.poll_interval, stop.is_set, stop.wait)

        serve(doors.broker, handling(doors), settings.threads, meanwhile)


def handling(doors: Doors) -> Callable[[Message], None]:
    """What Dramatiq calls with each message."""
    return lambda message: handle(message, doors.worker)


def run_once(doors: Doors, threads: int, as_json: bool) -> list[BaseException]:
    """Tick once, drain everything, say what was done; the errors of jobs that were given up."""
    with in_process_workers(doors.broker, handling(doors), threads) as workers:
        ticked = tick(doors.worker, alone=True)
        failures = workers.drain(DRAIN_S)
    done = asdict(doors.worker.tally) | {"enabled": ticked.enabled, "cold_start": ticked.cold}
    usage = doors.worker.session.usage
    if usage is not None:
        done |= {"api_used": usage.used, "api_limit": usage.total}
    show.facts(done, as_json=as_json)
    return failures
