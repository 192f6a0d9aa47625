"""A lead as it stood at a moment: the facts cut off there, each by its own time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from sfsync.core.ledger import Ledger
from sfsync.core.model import Change, Facts, LeadSla


def as_of(facts: Facts, at: datetime) -> Facts:
    """The facts as they were at `at`: what happened later has not happened, however early it was known.

    Owner and status are those of the history, the band that of the ledger, and a conversion is the row's
    latest change. A row of the ledger is there from when it was committed: what was decided before then had not been
    done yet, and nobody could know of it. No history is kept of other fields: they are as they are now. Of a moment
    that lies ahead it is what is known so far.

    Raises ValueError when the lead was not there yet.
    """
    lead = facts.lead
    if at < lead.created_at:
        raise ValueError(f"the lead was created at {lead.created_at:%Y-%m-%d %H:%M:%S} UTC, after that")
    ledger = tuple(entry for entry in facts.ledger if entry.told_at <= at)
    bands = Ledger(ledger).bands
    over = lead.is_converted and lead.modified_at <= at
    row = msgspec.structs.replace(
        lead,
        owner_id=_then(facts.changes, "Owner", at, lead.owner_id),
        status=_then(facts.changes, "Status", at, lead.status),
        modified_at=min(lead.modified_at, at),
        is_converted=over,
        sla=LeadSla(band=bands[-1].entered if bands else _band(facts), revision=lead.sla.revision),
    )
    return msgspec.structs.replace(
        facts,
        lead=row,
        changes=tuple(change for change in facts.changes if change.at <= at),
        ledger=ledger,
        interactions=tuple(one for one in facts.interactions if one.at <= at or one.known_at <= at),
        open_tasks=tuple(task for task in facts.open_tasks if task.key in {entry.key for entry in ledger}),
    )


def _band(facts: Facts) -> str | None:
    """The band before the first entry that the ledger has: the one which that entry left, else the row's."""
    bands = Ledger(facts.ledger).bands
    return bands[0].left if bands else facts.lead.sla.band


def _then(changes: Sequence[Change], field: str, at: datetime, now: str) -> str:
    """What a tracked field held at this moment."""
    held = now
    for change in reversed(changes):
        if change.field == field and change.at > at:
            held = change.old or held
    return held
