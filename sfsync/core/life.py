"""A lead's life, rebuilt from history, interactions and ledger, and the runs of the clocks in it.

Nothing of it is stored: a change that is read late, or out of order, finds its place by its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import merge
from operator import attrgetter

from sfsync.core.clock import Cause, Run
from sfsync.core.ledger import BandEntry
from sfsync.core.model import Change, Facts, Interaction, is_queue
from sfsync.core.policy import Policy

Moment = BandEntry | Change | Interaction

_at = attrgetter("at")
_NO_CLOCKS: frozenset[str] = frozenset()


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
    lead, rules, nurturing = facts.lead, policy.life, policy.is_nurture
    owner = _before(facts.changes, "Owner", lead.owner_id)
    if bands:
        band = bands[0].left
        if band is None:
            band, bands = bands[0].entered, bands[1:]
    status = _before(facts.changes, "Status", lead.status)
    phase = rules.phase(status, is_queue(owner), nurturing(band), False)

    found: dict[str, list[Run]] = {ladder.name: [] for ladder in policy.ladders}
    begun: dict[str, Run] = {}
    for name in phase.counting:
        run = begun[name] = Run(name, "created", owner, lead.created_at, band)
        if name in rules.minded:
            rules.mind(run, phase, lead.created_at)
    met = _NO_CLOCKS
    noticed: str | None = None
    for moment in _moments(facts, bands, now):
        at = moment.at
        if type(moment) is Interaction:
            is_owner = moment.by == owner
            for name in rules.renewed_by_owner if is_owner else rules.renewed_by_anybody:
                if name in begun:
                    run = begun[name]
                    run.ended_at, run.cause = at, "interaction"
                    found[name].append(run)
                    run = begun[name] = Run(name, moment.id, owner, at, band)
                    if name in rules.minded:
                        rules.mind(run, phase, at)
            resting = rules.resting_by_owner if is_owner else rules.resting_by_anybody
            if not resting <= met:
                for name in resting:
                    if name in begun:
                        run = begun.pop(name)
                        run.ended_at, run.cause = at, "interaction"
                        found[name].append(run)
                met |= resting
            continue
        if type(moment) is BandEntry:
            cause: Cause = "band"
            band, noticed = moment.entered, moment.id
            turn = rules.to_band(phase, nurturing(band))
        elif moment.field == "Owner":
            cause = "owner"
            owner, met = moment.new or owner, _NO_CLOCKS
            turn = rules.to_owner(phase, is_queue(owner), phase.in_queue and moment.new == moment.by)
        else:
            cause = "stage"
            status = moment.new or status
            turn = rules.to_status(phase, status)
        phase = turn.after
        for name in turn.ends:
            if name not in begun:
                continue
            run = begun.pop(name)
            if run.id == noticed and run.started_at == at and not _is_ours(moment, worker_id):
                continue
            is_missed = cause == "stage" and name in turn.missed and not lead.is_converted
            run.ended_at, run.cause = at, "left" if is_missed else cause
            found[name].append(run)
        for name in turn.begins:
            if name not in begun and name not in met:
                begun[name] = Run(name, moment.id, owner, at, band)
        for name in turn.minded:
            if name in begun:
                rules.mind(begun[name], phase, at)
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
