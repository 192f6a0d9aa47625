"""`sfsync replay ID`: past decisions made again from their evidence."""

from __future__ import annotations

from typing import Annotated

import typer

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.core.evidence import ENGINE
from sfsync.report.replay import Replayed, agree
from sfsync.report.replay import replay as replayed

NOT_THE_SAME = 3


def replay(
    about: Annotated[
        str,
        typer.Argument(help="A Lead's id, an event's id, or an event's name (SLA-000123).", metavar="ID"),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make past decisions again from what the ledger keeps of them.

    Each event of the lead, or the one event, is decided again from its evidence under the policy of that time, and
    held against the ledger field by field. Nothing is written. Exits with 0 when all are the same, with 3 when one
    differs or cannot be decided again.
    """
    settings = settings_and_logging(quiet=True)
    with looking(settings) as worker:
        found = replayed(worker.session, about)
    if as_json:
        show.document({"agree": agree(found), "engine": ENGINE, "events": found})
    else:
        _print(found)
    if not agree(found):
        raise typer.Exit(NOT_THE_SAME)


def _print(found: list[Replayed]) -> None:
    show.rows(
        "Decided again",
        ["event", "when", "kind", "verdict"],
        [[one.event, one.occurred_at, one.kind, one.verdict] for one in found],
    )
    for one in found:
        if one.verdict == "differs":
            show.rows(
                f"{one.event}: {one.why}",
                ["what", "in the ledger", "decided now"],
                [[item.what, item.recorded, item.replayed] for item in one.differences],
            )
    for one in found:
        if one.verdict == "unknown":
            show.console.print(f"{one.event}: {one.why}", soft_wrap=True, markup=False)
    same = sum(one.verdict == "same" for one in found)
    decisions = sum(one.verdict != "no decision" for one in found)
    show.console.print(f"{same} of {decisions} decisions come out as they stand in the ledger.")
