"""A lead's life, rebuilt from history, interactions and ledger, and the runs of the clocks in it.

Nothing of it is stored: a change that is read late, or out of order, finds its place by its own time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from heapq import merge
from operator import attrgetter

from sfsync.core.clock import Cause, Run
from sfsync.core.ledger import BandEntry
from sfsync.core.mapping import OTHER
from sfsync.core.model import Change, Facts, Interaction, is_queue
from sfsync.core.policy import Policy

Moment = BandEntry | Change | Interaction

_at = attrgetter("at")


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
    clocks, minds = rules.counting, rules.minded
    begun = {
        name: Run(name, "created", owner, lead.created_at, band)
        for name in clocks[stage, in_queue, nurture, taken]
    }
    if minds:
        rules.mind(begun, lead.created_at, stage, status, taken=taken)
    met = nobody = frozenset[str]()
    noticed: str | None = None
    for moment in _moments(facts, bands, now):
        at = moment.at
        if isinstance(moment, Interaction):
            for name in rules.renewed_by_owner if moment.by == owner else rules.renewed_by_anybody:
                if name in begun:
                    run = begun[name]
                    run.ended_at, run.cause = at, "interaction"
                    found[name].append(run)
                    begun[name] = Run(name, moment.id, owner, at, band)
                    if name in minds:
                        rules.mind(begun, at, stage, status, taken=taken)
            resting = rules.resting_by_owner if moment.by == owner else rules.resting_by_anybody
            if not met.issuperset(resting):
                for name in resting:
                    if name in begun:
                        run = begun.pop(name)
                        run.ended_at, run.cause = at, "interaction"
                        found[name].append(run)
                met |= resting
            continue
        anew: Collection[str] = ()
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
            met = nobody
            anew = begun
        else:
            cause = "stage"
            status = moment.new or status
            before, stage = stage, stages.get(status, OTHER)
            if stage != before:
                taken, anew = False, rules.anew_by_stage
        counts = clocks[stage, in_queue, nurture, taken]
        for name in [name for name in begun if name in anew or name not in counts]:
            if name not in anew and rules.stands_still(name, stage, status, nurture):
                continue
            run = begun.pop(name)
            if run.id == noticed and run.started_at == at and not _is_ours(moment, worker_id):
                continue
            run.ended_at = at
            run.cause = "left" if cause == "stage" and rules.is_missed(name, stage, lead) else cause
            found[name].append(run)
        for name in counts:
            if name not in begun and name not in met:
                begun[name] = Run(name, moment.id, owner, at, band)
        if minds:
            rules.mind(begun, at, stage, status, taken=taken)
    for name, run in begun.items():
        if lead.is_converted:
            run.ended_at, run.cause = lead.modified_at, "converted"
        found[name].append(run)
    return found


def _moments(facts: Facts, bands: Sequence[BandEntry], now: datetime) -> Iterable[Moment]:
    """Everything that happened to the lead, in order."""
    changes, held = _in_order(facts.changes), facts.held(now)
    if not held:
        if not bands:
            return changes
    elif not bands and not changes:
        return held
    return sorted([*bands, *changes, *held], key=_at)


def _is_ours(moment: BandEntry | Change, worker_id: str) -> bool:
    return isinstance(moment, BandEntry) or moment.by == worker_id


def _in_order(changes: Sequence[Change]) -> Sequence[Change]:
    """Owner and status changes of one second by their Ids; those about one field stay as they are."""
    last: Change | None = None
    for change in changes:
        if last is not None and last.at == change.at and last.field != change.field:
            owners = [change for change in changes if change.field == "Owner"]
            others = [change for change in changes if change.field != "Owner"]
            return [*merge(owners, others, key=lambda change: (change.at, change.id))]
        last = change
    return changes


def _before(changes: Sequence[Change], field: str, now: str) -> str:
    for change in changes:
        if change.field == field and change.old:
            return change.old
    return now
