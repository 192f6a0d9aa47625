"""A lead's life, rebuilt from history, interactions and ledger, and the runs of the clocks in it.

Nothing of it is stored: a change that is read late, or out of order, finds its place by its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import merge
from itertools import chain
from operator import attrgetter

from sfsync.core.clock import Run
from sfsync.core.ledger import BandEntry
from sfsync.core.life_rules import BY_ANYBODY, BY_OWNER, TAKEN, TO_BAND, TO_NURTURE, TO_QUEUE, TO_USER, Event
from sfsync.core.model import Change, Facts, Interaction, Lead, is_queue
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
    owner = _before(facts.changes, "Owner", lead.owner_id)
    if bands:
        band = bands[0].left
        if band is None:
            band, bands = bands[0].entered, bands[1:]
    status = _before(facts.changes, "Status", lead.status)
    known = rules.statuses
    turn = rules.first(status if status in known else "", is_queue(owner), band in rules.nurture)
    state = turn.after

    found: dict[str, list[Run]] = {ladder.name: [] for ladder in policy.ladders}
    for name in turn.begins:
        found[name].append(Run(name, "created", owner, lead.created_at, band))
    for name, is_still, speaks in turn.minded:
        _mind(found[name][-1], is_still, speaks, lead.created_at)
    noticed: BandEntry | None = None
    for moment in _moments(facts, bands, now):
        at = moment.at
        event: Event
        unseen: str | None = None
        if type(moment) is Interaction:
            event = BY_OWNER if moment.by == owner else BY_ANYBODY
        elif type(moment) is BandEntry:
            band, noticed = moment.entered, moment
            event = TO_NURTURE if band in rules.nurture else TO_BAND
        else:
            if noticed is not None and noticed.at == at and moment.by != worker_id:
                unseen = noticed.id
            if moment.field == "Owner":
                owner = moment.new or owner
                is_taken = state.phase.in_queue and moment.new == moment.by
                event = TO_QUEUE if is_queue(owner) else TAKEN if is_taken else TO_USER
            else:
                status = moment.new or status
                event = status if status in known else ""
        turn = state.turns.get(event) or rules.turn(state, event)
        for name, cause in turn.ends:
            run = found[name][-1]
            if unseen is not None and run.id == unseen:
                found[name].pop()
                continue
            run.ended_at, run.cause = at, cause
        for name in turn.begins:
            found[name].append(Run(name, moment.id, owner, at, band))
        state = turn.after
        for name, is_still, speaks in turn.minded:
            _mind(found[name][-1], is_still, speaks, at)
    if lead.is_converted:
        _convert(lead, found.values())
    return found


def _mind(run: Run, is_still: bool, speaks: bool | None, at: datetime) -> None:
    """Let the run pause or go on, fall silent or speak from this moment on."""
    if (is_still or run.pauses) and is_still != run.is_paused:
        if is_still:
            run.pauses = (*run.pauses, (at, None))
        else:
            run.pauses = (*run.pauses[:-1], (run.pauses[-1][0], at))
    if speaks is not None:
        run.silent = not speaks
        if speaks and run.heard_at is None:
            run.heard_at = at


def _convert(lead: Lead, found: Iterable[Iterable[Run]]) -> None:
    """A converted lead was not lost: its last runs end with that, and no change of stage before was a wrong one."""
    for run in chain.from_iterable(found):
        if run.ended_at is None:
            run.ended_at, run.cause = lead.modified_at, "converted"
        elif run.cause == "left":
            run.cause = "stage"


def _moments(facts: Facts, bands: Sequence[BandEntry], now: datetime) -> Iterable[Moment]:
    """Everything that happened to the lead, in order."""
    changes, held = _in_order(facts.changes), facts.held(now)
    if not held:
        if not bands:
            return changes
    elif not bands and not changes:
        return held
    return sorted([*bands, *changes, *held], key=_at)


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
