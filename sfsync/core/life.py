"""A lead's life, rebuilt from history, interactions and ledger, and the runs of the clocks in it.

Nothing of it is stored: a change that is read late, or out of order, finds its place by its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import pairwise
from operator import attrgetter

import msgspec

from sfsync.core.clock import Cause, Run
from sfsync.core.mapping import OTHER
from sfsync.core.model import Change, Entry, Facts, Interaction, Kind, Org, is_queue
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


class _Count:
    """A run that counts."""

    __slots__ = ("at", "band", "heard_at", "id", "owner_id", "pauses", "silent")

    def __init__(self, id_: str, owner_id: str, at: datetime, band: str | None) -> None:
        self.id = id_
        self.owner_id = owner_id
        self.at = at
        self.band = band
        self.pauses: list[tuple[datetime, datetime | None]] = []
        self.heard_at: datetime | None = None
        self.silent = False

    def run(self, clock: str, ended_at: datetime | None = None, cause: Cause | None = None) -> Run:
        silent = self.silent if ended_at is None else self.silent and self.heard_at is None
        return Run(
            clock,
            self.id,
            self.owner_id,
            self.at,
            ended_at,
            cause,
            self.band,
            tuple(self.pauses),
            self.heard_at,
            silent,
        )


def since_archived(org: Org, ledger: Iterable[Entry]) -> Org:
    """The org as it is for a lead whose ledger was archived: nothing that began before then is acted on, as if
    the policy were enforced on it from then on. What was done for it is not known any more.
    """
    cuts = [entry.due_at for entry in ledger if entry.kind == Kind.ARCHIVED and entry.due_at is not None]
    return msgspec.structs.replace(org, enforce_from=max([org.enforce_from, *cuts])) if cuts else org


def archived_bands(ledger: Iterable[Entry]) -> int:
    """How many band entries of this lead were archived; the key of the row that was kept ends in it."""
    keys = [entry.key for entry in ledger if entry.kind == Kind.ARCHIVED]
    return max((int(key.rpartition(":")[2]) for key in keys), default=0)


def runs(
    facts: Facts,
    bands: Sequence[BandEntry],
    band: str | None,
    policy: Policy,
    worker_id: str,
    now: datetime,
) -> dict[str, list[Run]]:
    """The runs of each clock in the lead's life until `now`, in order; only a clock's last may still count.

    A new owner has a run of their own, whatever was left of the old one's. Owner and status before the first
    history row are that row's old values; without history they are the row's own. The band before the first
    entry is the one that entry left; a first band counts from creation, and without any entry `band` always
    was the band. In one second the band changes first, then owner and status in the order of their history
    rows' Ids, and interactions come last; but what somebody other than the worker changed then came before
    the band was noticed, so no run lies between.

    A clock that an interaction meets, and that interactions do not start anew, rests afterwards until the
    lead has another owner.
    """
    lead, rules = facts.lead, policy.life
    stages, nurturing = policy.lead.stage_of, policy.is_nurture
    owner = _before(facts.changes, "Owner", lead.owner_id)
    status = _before(facts.changes, "Status", lead.status)
    stage = stages.get(status, OTHER)
    if bands:
        band = bands[0].left
        if band is None:
            band, bands = bands[0].entered, bands[1:]
    in_queue, nurture, taken = is_queue(owner), nurturing(band), False

    found: dict[str, list[Run]] = {name: [] for name in rules.names}
    noticed: str | None = None
    counting: dict[str, _Count] = {}
    met: set[str] = set()
    clocks, answering, minding = rules.counting, rules.answering, rules.minding
    counted = clocks[stage, in_queue, nurture, taken]
    for name in counted:
        counting[name] = _Count("created", owner, lead.created_at, band)
    if minding:
        rules.mind(counting, lead.created_at, stage, status, taken=taken)
    for moment in _moments(facts, bands, now):
        if isinstance(moment, Interaction):
            for name, anybody, renews in answering:
                if not anybody and moment.by != owner:
                    continue
                ended = counting.pop(name, None)
                if ended is not None:
                    found[name].append(ended.run(name, moment.at, "interaction"))
                if not renews:
                    met.add(name)
                elif ended is not None:
                    counting[name] = _Count(moment.id, owner, moment.at, band)
            if minding:
                rules.mind(counting, moment.at, stage, status, taken=taken)
            continue
        anew: frozenset[str] = frozenset()
        if isinstance(moment, BandEntry):
            cause: Cause = "band"
            band = moment.entered
            nurture, noticed = nurturing(band), moment.id
            anew = rules.anew_by_band
        elif moment.field == "Owner":
            cause = "owner"
            taken = in_queue and moment.new == moment.by
            owner = moment.new or owner
            in_queue = is_queue(owner)
            met.clear()
        else:
            cause = "stage"
            status = moment.new or status
            before, stage = stage, stages.get(status, OTHER)
            taken = taken and stage == before
            if stage != before:
                anew = rules.anew_by_stage
        counts = clocks[stage, in_queue, nurture, taken]
        if counts == counted and cause != "owner" and not anew and not minding:
            continue
        for name in tuple(counting):
            if cause != "owner" and (
                (name in counts and name not in anew)
                or (name not in counts and cause == "stage" and rules.is_paused(name, stage, status))
            ):
                continue
            count = counting.pop(name)
            if count.id == noticed and count.at == moment.at and not _is_ours(moment, worker_id):
                continue
            by = "left" if cause == "stage" and rules.is_missed(name, stage, lead) else cause
            found[name].append(count.run(name, moment.at, by))
        for name in counts:
            if name not in counting and name not in met:
                counting[name] = _Count(moment.id, owner, moment.at, band)
        if minding:
            rules.mind(counting, moment.at, stage, status, taken=taken)
        counted = counts
    for name, count in counting.items():
        if lead.is_converted:
            found[name].append(count.run(name, lead.modified_at, "converted"))
        else:
            found[name].append(count.run(name))
    return found


Moment = BandEntry | Change | Interaction


def _moments(facts: Facts, bands: Sequence[BandEntry], now: datetime) -> Iterable[Moment]:
    """Everything that happened to the lead, in order."""
    if not bands and not facts.interactions:
        return _in_order(facts.changes)
    moments: list[Moment] = [*bands, *_in_order(facts.changes)]
    moments += _held(facts, now)
    return sorted(moments, key=attrgetter("at"))


def _held(facts: Facts, now: datetime) -> Iterator[Interaction]:
    """The interactions that took place in the lead's life so far."""
    since = facts.lead.created_at
    return (one for one in facts.interactions if since <= one.at <= now)


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
