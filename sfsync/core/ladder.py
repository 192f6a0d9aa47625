"""The clocks' ladders: the steps that are due, and the runs that are over (requirements P6, P13)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from sfsync.core import clock as clocks
from sfsync.core import routing, words
from sfsync.core.assignment import failed_before
from sfsync.core.clock import Run, Standing
from sfsync.core.documents import Clock, Step
from sfsync.core.draft import PENDING, Draft
from sfsync.core.model import Effect, Kind


def run_clocks(draft: Draft) -> None:
    """Do the steps that are due and close the runs that are over, until nothing is due."""
    rounds = sum(len(clock.steps) + 1 for clock in draft.policy.sla.clocks.values()) + 1
    for _ in range(rounds):
        before = len(draft.effects)
        for name, clock in draft.policy.sla.clocks.items():
            for run in draft.runs(name, clock):
                if run.started_at >= draft.org.enforce_from and run.id != PENDING:
                    _attend(draft, run, clock)
        if len(draft.effects) == before or draft.needs_routing:
            return


def _attend(draft: Draft, run: Run, clock: Clock) -> None:
    entries = draft.entries(run)
    stand = clocks.standing(run, clock, draft.policy, entries, draft.now)
    end = run.ended_at
    if end is None:
        if stand.step is not None and not _do(draft, stand, clock, stand.step):
            return
        if draft.now >= stand.deadline:
            _breach(draft, stand, clock)
    elif end > stand.deadline:
        _breach(draft, stand, clock)
        _close(draft, stand, clock, stand.deadline)
    elif was_met(draft, run, clock):
        _end(draft, stand, clock, Kind.MET, "met", stand.deadline, 1, "done in time")


def was_met(draft: Draft, run: Run, clock: Clock) -> bool:
    if clock.runs_while.owner == "queue":
        return run.cause in ("owner", "stage", "converted")
    return run.cause in ("stage", "converted")


def _breach(draft: Draft, stand: Standing, clock: Clock) -> None:
    """The run's time is used up. It counts against the owner only if notice was given in time."""
    entries = draft.entries(stand.run)
    warned_at = min((entry.occurred_at for entry in entries if entry.kind in clocks.NOTICES), default=None)
    has_notice = any(step.event in clocks.NOTICES for step in clock.steps)
    fair = not has_notice or (warned_at is not None and warned_at <= stand.deadline)
    why = "" if fair else "; not counted, because no notice was given in time"
    _end(draft, stand, clock, Kind.BREACHED, "breached", stand.deadline, 0 if fair else None, f"overdue{why}")


def _close(draft: Draft, stand: Standing, clock: Clock, due_at: datetime) -> None:
    _end(draft, stand, clock, Kind.CLOSED_LATE, "closed-late", due_at, None, "closed after its deadline")


def _end(
    draft: Draft,
    stand: Standing,
    clock: Clock,
    kind: Kind,
    suffix: str,
    due_at: datetime,
    adherent: int | None,
    what: str,
) -> None:
    run = stand.run
    key = f"{draft.lead.id}:{run.clock}:{run.id}:{suffix}"
    if any(entry.key == key for entry in draft.facts.ledger):
        return
    rep = None if draft.org.is_queue(run.owner_id) else run.owner_id
    start = clocks.start_of(run, draft.entries(run))
    draft.add(
        Effect(
            key=key,
            kind=kind,
            clock=run.clock,
            run=run.id,
            started_at=start,
            due_at=due_at,
            occurred_at=draft.now,
            rep=rep,
            adherent=adherent,
            detail=f"{clock.label}: {what} ({words.person(draft.org, run.owner_id)}, "
            f"due {words.moment(stand.deadline, words.zone_of(draft.org, run.owner_id))}).",
        )
    )


def _do(draft: Draft, stand: Standing, clock: Clock, step: Step) -> bool:
    """Do one step of the ladder; False when it cannot be done now."""
    run = stand.run
    owner = run.owner_id
    rep = None if draft.org.is_queue(owner) else owner
    new_owner: str | None = None
    if step.reassign:
        new_owner = _successor(draft)
        if new_owner is None:
            return False
    people = draft.people(owner=rep, new_owner=new_owner, answerable=owner)
    start = clocks.start_of(run, draft.entries(run))
    detail = _says(draft, step, stand, owner, new_owner, start)
    assert stand.step_due is not None
    base = Effect(
        key=f"{draft.lead.id}:{run.clock}:{run.id}:{step.step}",
        kind=step.event,
        clock=run.clock,
        run=run.id,
        step=step.step,
        started_at=start,
        due_at=stand.step_due,
        occurred_at=draft.now,
        rep=rep,
        detail=detail,
    )
    to_user = new_owner if new_owner in draft.org.users else None
    escalated_to = people.get("manager") if "manager" in step.post and not step.reassign else None
    draft.add(
        msgspec.structs.replace(
            base,
            from_user=rep if step.reassign else None,
            to_user=to_user if step.reassign else escalated_to,
            to_queue=new_owner if step.reassign and to_user is None else None,
            task=draft.task(step.task, people, stand.deadline, detail),
            mentions=draft.mentions(step.post, people),
        )
    )
    for also in step.also:
        draft.add(
            msgspec.structs.replace(
                base,
                key=f"{base.key}:{also.event.value.lower().replace(' ', '-')}",
                kind=also.event,
                step=None,
                to_user=people.get(also.post[0]) if also.post else None,
                mentions=draft.mentions(also.post, people),
            )
        )
    if new_owner is not None:
        if draft.now >= stand.deadline:
            _breach(draft, stand, clock)
            _close(draft, stand, clock, stand.step_due)
        draft.set_owner(new_owner)
    return True


def _successor(draft: Draft) -> str | None:
    """Who gets the lead that its owner let lie: a rep who has not failed it yet, else the queue."""
    if draft.loads is None:
        draft.needs_routing = True
        return None
    if not draft.may_change_owner():
        return None
    never = failed_before(draft) | {draft.lead.owner_id}
    choice = routing.choose(draft.values, draft.policy, draft.org, draft.loads, draft.now, never=never)
    if choice.user_id is not None:
        return choice.user_id
    fallback = routing.queue(draft.policy, draft.org)
    if fallback is None:
        draft.unroutable = choice.reason
    return fallback


def _says(
    draft: Draft, step: Step, stand: Standing, owner: str, new_owner: str | None, start: datetime
) -> str:
    zone = words.zone_of(draft.org, owner)
    return words.filled(
        step.says,
        {
            "owner": words.person(draft.org, owner),
            "new_owner": words.person(draft.org, new_owner),
            "manager": words.person(draft.org, routing.manager_of(owner, draft.policy, draft.org)),
            "lead_time": words.length(((stand.step_due or draft.now) - start).total_seconds()),
            "deadline": words.moment(stand.deadline, zone),
            "score": str(draft.lead.sla.score or 0),
            "band": draft.lead.sla.band or "",
        },
    )
