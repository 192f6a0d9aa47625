"""`sfsync demo`: three weeks of a sales floor against the emulated org, by the real worker."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from jobs.in_process import InProcessWorkers, in_process_workers
from sfsync.cli import show
from sfsync.cli.demo_people import DAYS, STEP_HOURS, SalesFloor
from sfsync.cli.doors import Doors, set_up_logging, working
from sfsync.cli.org import metadata_directory
from sfsync.cli.run import DRAIN_S, handling
from sfsync.cli.status import adherence
from sfsync.errors import Config, SfsyncError
from sfsync.poll import tick
from sfsync.report.figures import figures
from sfsync.settings import Settings

START = "2026-11-02T09:00:00Z"


@dataclass(frozen=True, slots=True)
class OrgProcess:
    """An emulated org that runs beside us."""

    instance_url: str
    access_token: str
    control_url: str


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print the closing figures as JSON.")] = False,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Another seed is another three weeks.")] = 1,
) -> None:
    """Play three weeks of a sales floor in under a minute.

    Leads and people are made up and the org is the emulated one; the policy in mappings/, the worker and
    Redis are real. Nothing outside this machine is touched.
    """
    told = Console(stderr=as_json)
    told.print(
        "An emulated Salesforce org, a private Redis and the real worker: three weeks, two hours a step."
    )
    with tempfile.TemporaryDirectory(prefix="sfsync-demo-") as scratch, emulated_org() as org:
        set_up_logging("text", logging.WARNING)
        settings = Settings.model_validate(
            {
                "instance_url": org.instance_url,
                "access_token": org.access_token,
                "mappings": _mappings(),
                "data_dir": Path(scratch) / "data",
            }
        )
        floor = SalesFloor(org.instance_url, org.access_token, org.control_url, seed)
        with (
            # Nobody waits for the three weeks: what passes is the org's own time.
            working(settings, elapsed=lambda: floor.now.timestamp()) as doors,
            in_process_workers(doors.broker, handling(doors), 2) as workers,
        ):
            _play(doors, workers, floor, told)
            _close(doors, floor, as_json)


def _mappings() -> Path:
    here = Path("mappings")
    return here if here.is_dir() else Path(__file__).resolve().parents[2] / "mappings"


def _play(doors: Doors, workers: InProcessWorkers, floor: SalesFloor, told: Console) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[seen]}"),
        TimeElapsedColumn(),
    )
    _tick(doors, workers)
    with Progress(*columns, console=told) as progress:
        steps = DAYS * 24 // STEP_HOURS
        bar = progress.add_task("Mon 2 Nov", total=steps, seen="")
        for _ in range(steps):
            floor.advance()
            floor.act()
            _tick(doors, workers)
            done = doors.worker.tally
            seen = f"{floor.leads_made} leads, {done.events} events, {done.posts} posts"
            progress.update(bar, advance=1, description=floor.day, seen=seen)


def _tick(doors: Doors, workers: InProcessWorkers) -> None:
    tick(doors.worker)
    for failure in workers.drain(DRAIN_S):
        if isinstance(failure, SfsyncError):
            raise failure
        raise Config(f"a job failed ({type(failure).__name__}); please report this")


def _close(doors: Doors, floor: SalesFloor, as_json: bool) -> None:
    names = {id_: user.name for id_, user in doors.worker.configuration().users_and_queues.users.items()}
    found = figures(doors.worker.session, names)
    calls = floor.calls_of_the_worker()
    if as_json:
        show.document({"figures": found, "api_calls": calls, "leads": floor.leads_made})
        return
    adherence(found)
    show.rows("Funnel: leads by status", ["status", "leads"], show.largest_first(found.funnel))
    show.rows("Leads by band, converted ones left out", ["band", "leads"], show.largest_first(found.bands))
    show.rows("What happened", ["event", "times"], show.largest_first(found.events))
    show.rows(
        "Escalations and reassignments",
        ["rep", "escalated to the manager", "leads reassigned away"],
        [[one.rep, one.escalated, one.lost] for one in found.reps],
    )
    show.rows(
        "API calls spent by the worker in three weeks",
        ["request", "calls"],
        [*calls.items(), ("all", sum(calls.values()))],
    )


@contextmanager
def emulated_org(*more: str) -> Iterator[OrgProcess]:
    """Run `sfsync org` in a process of its own; raises Config with its words when it does not start."""
    command = [
        sys.executable,
        "-m",
        "sfsync",
        "org",
        "--start",
        START,
        "--metadata",
        str(metadata_directory()),
        *more,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_without_settings())
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise Config("the emulated org did not start; its own message is above")
        ready: dict[str, Any] = json.loads(line)
        yield OrgProcess(ready["instance_url"], ready["access_token"], ready["control_url"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SFSYNC_")}
