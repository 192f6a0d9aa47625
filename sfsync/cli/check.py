"""`sfsync check`: prove the policy against the org before it can do harm."""

from __future__ import annotations

from typing import Annotated

import typer

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.report import check as checks


def check(
    rehearse: Annotated[
        str | None,
        typer.Option(
            metavar="LEAD", help="Also send this lead's write with a part that must fail: nothing is kept."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Prove the policy in mappings/ against the org.

    Looks at fields, rights, people, queues, switches, guard rules and reviews due. Exits with 1 when something is
    an error.
    """
    settings = settings_and_logging(quiet=True)
    with looking(settings) as worker:
        found = checks.check(worker, rehearse)
    if as_json:
        show.document({"worst": checks.worst(found), "findings": found})
    else:
        show.rows("Findings", ["", "where", "what"], [[one.level, one.where, one.message] for one in found])
    if checks.worst(found) == "error":
        raise typer.Exit(1)
