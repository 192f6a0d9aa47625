"""`sfsync archive`: export the ledger of leads that are long over, and remove it from the org."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.core.durations import seconds
from sfsync.core.mapping import OVER
from sfsync.errors import Config, Permanent
from sfsync.salesforce.archive import archive as archive_ledger

YOUNGEST = timedelta(days=90)


def archive(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the rows go, a line of JSON each; it may exist.")
    ],
    older_than: Annotated[
        str, typer.Option(metavar="TIME", help="Leads that were over before that, unchanged since.")
    ] = "365 days",
    remove: Annotated[
        bool, typer.Option("--remove", help="Do it. Without this nothing is written, only counted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Export and remove the ledger of leads that are long over.

    The rows go to FILE.
    Each lead keeps one row that says so; nothing that was done for it is done again, even if it is reopened.
    Reports count what is left. It may be broken off and started again at any time, with the same FILE. Removing
    needs the permission set SFSync_Archivist.
    """
    try:
        age = timedelta(seconds=seconds(older_than))
    except ValueError as error:
        raise Config(f"--older-than: {error}") from None
    if age < YOUNGEST:
        raise Config(
            f"--older-than: at least {YOUNGEST.days} days; younger rows are what reports are made of"
        )
    settings = settings_and_logging(quiet=True)
    with looking(settings) as worker, Console(stderr=True).status("reading the ledger") as status:
        configuration = worker.configuration()
        over = configuration.policy.lead.statuses(*sorted(OVER))
        done = archive_ledger(
            worker.session,
            over,
            configuration.read_at - age,
            file if remove else None,
            lambda so_far: status.update(f"{so_far.leads} leads, {so_far.removed} rows removed"),
        )
    show.facts(asdict(done) | {"file": str(file) if remove else None}, as_json=as_json)
    if not remove and not as_json and done.leads:
        show.console.print("Nothing was written: --remove exports and removes them.")
    if done.refused:
        raise Permanent(
            f"{done.refused} rows could not be written or removed; the same command tries them again"
        )
