"""Runs of a clock, rebuilt from history, and the step of the ladder that is due.

A run is one stretch during which a clock counts for one owner. It is named by the record that started it, so
that it has the same name however late it is noticed: a LeadHistory row, the ledger row of a band entry, or
`created`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from sfsync.core.documents import Clock, Step
from sfsync.core.hours import Calendar
from sfsync.core.model import Change, Entry, Facts, Kind
from sfsync.core.policy import Policy

Cause = Literal["stage", "owner", "band", "converted"]

NOTICES = (Kind.WARNED, Kind.REMINDED)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a clock.

    Attributes:
        id: the Id of the record that started it, or `created`.
        owner_id: who owes, from beginning to end; a user or a queue.
        ended_at, cause: None while it counts.
    """

    clock: str
    id: str
    owner_id: str
    started_at: datetime
    ended_at: datetime | None = None
    cause: Cause | None = None


class Turn(msgspec.Struct, frozen=True):
    """A moment at which the lead became different: `what` it is now is in the other attributes."""

    id: str
    at: datetime
    what: Literal["created", "band", "status", "owner", "converted"]
    owner_id: str
    stage: str
    nurture: bool
    taken_from_queue: bool
    converted: bool


def band_entries(ledger: Sequence[Entry]) -> list[tuple[Entry, str | None, str]]:
    """The ledger's band entries with the band left (None at first) and the band entered."""
    found = []
    for entry in ledger:
        if entry.kind == Kind.BAND_ENTERED:
            left, _, entered = entry.key.rsplit(":", 1)[1].partition(">")
            found.append((entry, left or None, entered))
    return found


def turns(facts: Facts, policy: Policy) -> list[Turn]:
    """The lead's life in order: what it was from each moment on.

    Owner and status before the first history row are that row's old values; without history they are the
    row's own. The band before the first ledger entry is the one that entry left; a first band counts from
    creation.
    """
    lead = facts.lead
    owner, status = (
        _before(facts.changes, "Owner", lead.owner_id),
        _before(facts.changes, "Status", lead.status),
    )
    entries = band_entries(facts.ledger)
    band = lead.sla.band
    if entries:
        _, left, entered = entries[0]
        band = left
        if left is None:
            band, entries = entered, entries[1:]
    taken = False
    moments: list[tuple[datetime, int, str, Change | str]] = [
        (entry.started_at or entry.occurred_at, 0, entry.id, entered) for entry, _, entered in entries
    ]
    for change in facts.changes:
        moments.append((change.at, 1 if change.field == "Status" else 2, change.id, change))
    moments.sort(key=lambda moment: moment[0])

    def turn(
        id_: str, at: datetime, what: Literal["created", "band", "status", "owner", "converted"]
    ) -> Turn:
        return Turn(
            id_,
            at,
            what,
            owner,
            policy.lead.stage(status),
            policy.is_nurture(band),
            taken,
            what == "converted",
        )

    life = [turn("created", lead.created_at, "created")]
    for at, order, id_, moment in moments:
        if isinstance(moment, str):
            band = moment
            life.append(turn(id_, at, "band"))
        elif order == 1:
            status = moment.new or status
            taken = False
            life.append(turn(id_, at, "status"))
        else:
            taken = moment.new == moment.by and (moment.old or "").startswith("00G")
            owner = moment.new or owner
            life.append(turn(id_, at, "owner"))
    if lead.is_converted:
        life.append(turn("converted", lead.modified_at, "converted"))
    return life


def _before(changes: Sequence[Change], field: str, now: str) -> str:
    return next((change.old for change in changes if change.field == field and change.old), now)


def runs(name: str, clock: Clock, life: Sequence[Turn], policy: Policy) -> list[Run]:
    """The clock's runs in the lead's life, in order; only the last may still count."""
    found: list[Run] = []
    current: Run | None = None
    for turn in life:
        active = _counts(clock, turn, policy)
        if current is not None and (not active or turn.what == "owner"):
            cause: Cause = "stage" if turn.what in ("status", "created") else turn.what  # type: ignore[assignment]
            found.append(msgspec.structs.replace(current, ended_at=turn.at, cause=cause))
            current = None
        if active and current is None:
            current = Run(clock=name, id=turn.id, owner_id=turn.owner_id, started_at=turn.at)
    if current is not None:
        found.append(current)
    return found


def _counts(clock: Clock, turn: Turn, policy: Policy) -> bool:
    wanted = clock.runs_while
    in_queue = turn.owner_id.startswith("00G")
    if turn.converted or turn.stage not in wanted.stage:
        return False
    if wanted.outside_nurture and turn.nurture:
        return False
    if wanted.owner == "queue":
        return in_queue
    if wanted.owner == "user":
        return not in_queue and not (turn.taken_from_queue and policy.sla.taking_from_queue_accepts)
    return True


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands at `now`.

    Attributes:
        deadline: when the clock's time is used up.
        warned_at: when the owner was first given notice, as committed in the ledger.
        step: the step to be done now, if one is.
        step_due: when that step fell due.
        next_step, next_at: what comes next if nothing happens, and when; None at the ladder's end.
    """

    run: Run
    deadline: datetime
    warned_at: datetime | None
    step: Step | None = None
    step_due: datetime | None = None
    next_step: Step | None = None
    next_at: datetime | None = None


def standing(run: Run, clock: Clock, policy: Policy, entries: Sequence[Entry], now: datetime) -> Standing:
    """What the ladder asks for at `now`, given the run's own rows of the ledger.

    - Of several steps that are due only the last is done: after an outage nobody gets a storm.
    - A step that falls on the owner in front of others (an escalation, a reassignment) needs a committed
      notice to the owner. Without one, the notice is the step that is due.
    - A reassignment also waits out the grace after that notice; so does an escalation whose own time had
      passed when the notice was committed.
    - A step whose time had passed when the newest step was committed is void; so is one later than
      `max_lateness`.
    """
    calendar = policy.calendars[clock.hours]
    recorded = next((entry.started_at for entry in entries if entry.started_at is not None), None)
    start = recorded or run.started_at
    deadline = calendar.due(start, clock.time)
    steps = clock.steps
    order = {name: index for index, step in enumerate(steps) for name in (step.step, step.was) if name}
    done = [(order[entry.step], entry.occurred_at) for entry in entries if entry.step in order]
    newest = max((index for index, _ in done), default=-1)
    committed = max((at for _, at in done), default=None)
    warned_at = min((entry.occurred_at for entry in entries if entry.kind in NOTICES), default=None)
    notice = next((step for step in steps if step.event in NOTICES), None)
    if warned_at is None and newest >= 0:
        warned_at = committed

    fire: tuple[Step, datetime] | None = None
    upcoming: tuple[Step, datetime] | None = None
    for index, step in enumerate(steps):
        own = calendar.due(start, step.at.after(clock.time))
        if index <= newest or now - own > timedelta(seconds=policy.sla.max_lateness):
            continue
        due = own
        if step.event not in NOTICES and notice is not None and warned_at is not None:
            if step.reassign or own <= warned_at:
                due = max(own, policy.calendars[policy.sla.grace_hours].due(warned_at, policy.sla.grace))
        elif committed is not None and own <= committed:
            continue
        if due > now:
            if upcoming is None or due < upcoming[1]:
                upcoming = (step, due)
        elif step.event in NOTICES or notice is None or warned_at is not None:
            fire = (step, due)
        else:
            fire = (notice, calendar.due(start, notice.at.after(clock.time)))
    return Standing(
        run=run,
        deadline=deadline,
        warned_at=warned_at,
        step=fire[0] if fire else None,
        step_due=fire[1] if fire else None,
        next_step=upcoming[0] if upcoming else None,
        next_at=upcoming[1] if upcoming else None,
    )


def start_of(run: Run, entries: Sequence[Entry]) -> datetime:
    """When the run began: as the ledger has it, once it has a row there."""
    return next((entry.started_at for entry in entries if entry.started_at is not None), run.started_at)


def calendar_of(clock: Clock, policy: Policy) -> Calendar:
    """The calendar that the clock counts in."""
    return policy.calendars[clock.hours]
