"""A lead's life, rebuilt from history and ledger, and the runs of the clocks in it.

Nothing of it is stored: a change that is read late, or out of order, finds its place by its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import merge
from itertools import pairwise
from operator import attrgetter

import msgspec

from sfsync.core.clock import Cause, Run
from sfsync.core.mapping import OTHER
from sfsync.core.model import Change, Entry, Facts, Kind, is_queue
from sfsync.core.policy import Policy

_BAND_ENTERED = Kind.BAND_ENTERED.value


class BandEntry(msgspec.Struct, frozen=True, gc=False):
    """A lead's entry into a band, as the ledger has it.

    Attributes:
        id: of the ledger's row.
        left: the band it came from; None for its first.
    """

    id: str
    at: datetime
    left: str | None
    entered: str


def band_entries(ledger: Iterable[Entry]) -> list[BandEntry]:
    """The band entries among these rows, in their order."""
    return [band_entry(entry) for entry in ledger if entry.kind == _BAND_ENTERED]


def band_entry(entry: Entry) -> BandEntry:
    """What a row of the kind Band Entered says; its key ends in `from>to`."""
    left, _, entered = entry.key.split(":", 3)[3].partition(">")
    return BandEntry(entry.id, entry.started_at or entry.occurred_at, left or None, entered)


def runs(
    facts: Facts, bands: Sequence[BandEntry], band: str | None, policy: Policy, worker_id: str
) -> dict[str, list[Run]]:
    """The runs of each clock in the lead's life, in order; only a clock's last may still count.

    A new owner has a run of their own, whatever was left of the old one's. Owner and status before the first
    history row are that row's old values; without history they are the row's own. The band before the first
    entry is the one that entry left; a first band counts from creation, and without any entry `band` always
    was the band. In one second the band changes first, then owner and status in the order of their history
    rows' Ids; but what somebody other than the worker changed then came before the band was noticed, so no
    run lies between.
    """
    lead = facts.lead
    stages, nurturing = policy.lead.stage_of, policy.is_nurture
    owner = _before(facts.changes, "Owner", lead.owner_id)
    stage = stages.get(_before(facts.changes, "Status", lead.status), OTHER)
    if bands:
        band = bands[0].left
        if band is None:
            band, bands = bands[0].entered, bands[1:]
    in_queue, nurture, taken = is_queue(owner), nurturing(band), False

    found: dict[str, list[Run]] = {ladder.name: [] for ladder in policy.ladders}
    noticed: str | None = None
    counting: dict[str, tuple[str, str, datetime]] = {}
    clocks = policy.counting
    counted = clocks[stage, in_queue, nurture, taken]
    for name in counted:
        counting[name] = ("created", owner, lead.created_at)
    for moment in _moments(facts.changes, bands):
        if isinstance(moment, BandEntry):
            cause: Cause = "band"
            nurture, noticed = nurturing(moment.entered), moment.id
        elif moment.field == "Owner":
            cause = "owner"
            taken = in_queue and moment.new == moment.by
            owner = moment.new or owner
            in_queue = is_queue(owner)
        else:
            cause = "stage"
            before, stage = stage, stages.get(moment.new, OTHER) if moment.new else stage
            taken = taken and stage == before
        counts = clocks[stage, in_queue, nurture, taken]
        if counts == counted and cause != "owner":
            continue
        for name in counted:
            if cause == "owner" or name not in counts:
                id_, owes, begun = counting.pop(name)
                if id_ == noticed and begun == moment.at and not _is_ours(moment, worker_id):
                    continue
                found[name].append(Run(name, id_, owes, begun, moment.at, cause))
        for name in counts:
            if name not in counting:
                counting[name] = (moment.id, owner, moment.at)
        counted = counts
    for name, (id_, owes, begun) in counting.items():
        if lead.is_converted:
            found[name].append(Run(name, id_, owes, begun, lead.modified_at, "converted"))
        else:
            found[name].append(Run(name, id_, owes, begun))
    return found


def _moments(changes: Sequence[Change], bands: Sequence[BandEntry]) -> Iterable[BandEntry | Change]:
    """Everything that happened to the lead, in order."""
    if not bands:
        return _in_order(changes)
    return sorted([*bands, *_in_order(changes)], key=attrgetter("at"))


def _is_ours(moment: BandEntry | Change, worker_id: str) -> bool:
    return isinstance(moment, BandEntry) or moment.by == worker_id


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
