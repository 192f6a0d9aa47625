"""`sfsync release`: let withheld owner changes and band changes happen, once, in somebody's name."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.core.durations import seconds
from sfsync.errors import Config
from sfsync.salesforce import notices


def release(
    by: Annotated[str, typer.Option(metavar="NAME", help="Who answers for it; stands in the ledger.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; stands in the ledger.")],
    owner_changes: Annotated[
        int, typer.Option(min=0, metavar="NUMBER", help="How many more owner changes are allowed.")
    ] = 0,
    band_changes: Annotated[
        int, typer.Option(min=0, metavar="NUMBER", help="How many more leads may change bands.")
    ] = 0,
    lasts: Annotated[str, typer.Option("--for", metavar="TIME", help="How long it is valid.")] = "2 hours",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Allow owner or band changes beyond the limits, for a while.

    They hold under the policy as it now stands in mappings/ only, and are written to the ledger.
    """
    if not owner_changes and not band_changes:
        raise Config("say what is allowed: --owner-changes NUMBER, --band-changes NUMBER, or both")
    try:
        length = timedelta(seconds=seconds(lasts))
    except ValueError as error:
        raise Config(f"--for: {error}") from None
    settings = settings_and_logging(quiet=True)
    with looking(settings) as worker:
        configuration = worker.configuration()
        until = configuration.read_at + length
        key = f"released:{worker.token}"
        policy = configuration.policy.hash
        for what, number in ((notices.OWNER_CHANGES, owner_changes), (notices.BAND_CHANGES, band_changes)):
            if number:
                row = f"{key}:{what}"
                notices.release(worker.session, row, number, until, by, reason, policy, what)
    show.facts(
        {
            "released": owner_changes,
            "released_band_changes": band_changes,
            "until": until,
            "by": by,
            "policy": configuration.policy.hash,
            "key": key,
        },
        as_json=as_json,
    )
