"""A lead's life, rebuilt from history and ledger, and the runs of a clock in it.

Nothing of it is stored: a change that is read late, or out of order, finds its place by its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import merge
from itertools import pairwise
from typing import Literal

import msgspec

from sfsync.core.clock import Cause, Ladder, Run
from sfsync.core.model import Change, Entry, Facts, Kind, is_queue
from sfsync.core.policy import Policy

What = Literal["created", "band", "status", "owner", "converted"]

_CAUSES: dict[str, Cause] = {"status": "stage", "owner": "owner", "band": "band", "converted": "converted"}


class Turn(msgspec.Struct, frozen=True):
    """A moment at which the lead became different, and what it is from then on.

    Attributes:
        id: the Id of the record that tells of it, or `created`, `converted`.
        taken: its owner took it from a queue, and it has not changed its stage since.
    """

    id: str
    at: datetime
    what: What
    owner_id: str
    in_queue: bool
    stage: str
    nurture: bool
    taken: bool


def band_entries(ledger: Sequence[Entry]) -> list[tuple[Entry, str | None, str]]:
    """The ledger's band entries with the band left (None at first) and the band entered, in order."""
    found = []
    for entry in ledger:
        if entry.kind == Kind.BAND_ENTERED:
            left, _, entered = entry.key.split(":", 3)[3].partition(">")
            found.append((entry, left or None, entered))
    return found


def turns(facts: Facts, policy: Policy, band: str | None) -> list[Turn]:
    """The lead's life in order: what it was from each moment on.

    Owner and status before the first history row are that row's old values; without history they are the
    row's own. The band before the first ledger entry is the one that entry left; a first band counts from
    creation, and without any entry `band` always was the band. In one second the band changes first, then
    owner and status in the order of their history rows' Ids.
    """
    lead = facts.lead
    owner = _before(facts.changes, "Owner", lead.owner_id)
    stage = policy.lead.stage(_before(facts.changes, "Status", lead.status))
    entries = band_entries(facts.ledger)
    if entries:
        _, left, entered = entries[0]
        band = left
        if left is None:
            band, entries = entered, entries[1:]
    moments: list[tuple[datetime, bool, str, Change | str]] = [
        (entry.started_at or entry.occurred_at, False, entry.id, entered) for entry, _, entered in entries
    ]
    moments += [(change.at, True, change.id, change) for change in _in_order(facts.changes)]
    if entries:
        moments.sort(key=_at)
    in_queue, nurture, taken = is_queue(owner), policy.is_nurture(band), False
    life = [Turn("created", lead.created_at, "created", owner, in_queue, stage, nurture, False)]
    for at, _, id_, moment in moments:
        if isinstance(moment, str):
            what: What = "band"
            nurture = policy.is_nurture(moment)
        elif moment.field == "Owner":
            what = "owner"
            taken = in_queue and moment.new == moment.by
            owner = moment.new or owner
            in_queue = is_queue(owner)
        else:
            what = "status"
            before, stage = stage, policy.lead.stage(moment.new) if moment.new else stage
            taken = taken and stage == before
        life.append(Turn(id_, at, what, owner, in_queue, stage, nurture, taken))
    if lead.is_converted:
        life.append(Turn("converted", lead.modified_at, "converted", owner, in_queue, stage, nurture, taken))
    return life


def _at(moment: tuple[datetime, bool, str, Change | str]) -> tuple[datetime, bool]:
    return moment[:2]


def _in_order(changes: Sequence[Change]) -> Iterable[Change]:
    """Owner and status changes of one second by their Ids; those about one field stay as they are."""
    for one, other in pairwise(changes):
        if one.at == other.at and one.field != other.field:
            owners = [change for change in changes if change.field == "Owner"]
            others = [change for change in changes if change.field != "Owner"]
            return merge(owners, others, key=lambda change: (change.at, change.id))
    return changes


def _before(changes: Sequence[Change], field: str, now: str) -> str:
    for change in changes:
        if change.field == field and change.old:
            return change.old
    return now


def runs(ladder: Ladder, life: Sequence[Turn], policy: Policy) -> list[Run]:
    """The clock's runs in the lead's life, in order; only the last may still count.

    A new owner has a run of their own, whatever was left of the old one's.
    """
    wanted = ladder.clock.runs_while
    stages, owners, outside_nurture = wanted.stage, wanted.owner, wanted.outside_nurture
    taking_accepts = policy.sla.taking_from_queue_accepts
    found: list[Run] = []
    start: Turn | None = None
    for turn in life:
        counts = (
            turn.stage in stages
            and turn.what != "converted"
            and not (turn.nurture and outside_nurture)
            and (owners == "any" or (turn.in_queue if owners == "queue" else not turn.in_queue))
            and not (turn.taken and taking_accepts and owners == "user")
        )
        if start is not None and (not counts or turn.what == "owner"):
            found.append(Run(ladder.name, start.id, start.owner_id, start.at, turn.at, _CAUSES[turn.what]))
            start = None
        if counts and start is None:
            start = turn
    if start is not None:
        found.append(Run(ladder.name, start.id, start.owner_id, start.at))
    return found
