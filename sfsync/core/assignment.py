"""Leads that wait in a queue are given to a rep (requirement P5)."""

from __future__ import annotations

from sfsync.core import routing, words
from sfsync.core.clock import Run
from sfsync.core.draft import Draft
from sfsync.core.model import Effect, Entry, Kind


def route(draft: Draft) -> None:
    """Give a qualified lead that waits in a queue to a rep."""
    waiting = _waiting(draft)
    if waiting is None:
        return
    run, name = waiting
    if draft.loads is None:
        draft.needs_routing = True
        return
    choice = routing.choose(
        draft.values, draft.policy, draft.org, draft.loads, draft.now, never=failed_before(draft)
    )
    if choice.user_id is None:
        draft.unroutable = choice.reason
        return
    if not draft.may_change_owner():
        return
    old = draft.lead.owner_id
    new = choice.user_id
    people = draft.people(owner=None, new_owner=new)
    who = words.person(draft.org, new)
    detail = f"{who} gets this lead from {words.person(draft.org, old)}: {choice.reason}."
    draft.set_owner(new)
    draft.add(
        Effect(
            key=f"{draft.lead.id}:{name}:{run.id}:routed",
            kind=Kind.ROUTED,
            clock=name,
            run=run.id,
            started_at=run.started_at,
            occurred_at=draft.now,
            due_at=run.started_at,
            rep=new,
            to_user=new,
            task=draft.task(draft.policy.routing.task, people, None, detail),
            mentions=(new,),
            detail=detail,
        )
    )


def _waiting(draft: Draft) -> tuple[Run, str] | None:
    """The enforced run of the queue's clock, if the lead waits in one."""
    if not draft.org.is_queue(draft.lead.owner_id):
        return None
    for name, clock in draft.policy.sla.clocks.items():
        if clock.runs_while.owner == "queue":
            run = draft.runs(name, clock)[-1:]
            if run and run[0].ended_at is None and run[0].started_at >= draft.org.enforce_from:
                return run[0], name
    return None


def failed_before(draft: Draft) -> set[str]:
    """The users who had this lead and let it go over its time."""
    return {
        entry.from_user or entry.rep or ""
        for entry in draft.facts.ledger
        if entry.kind in (Kind.REASSIGNED, Kind.CLOSED_LATE, Kind.BREACHED)
        and not _is_queue_run(draft, entry)
    }


def _is_queue_run(draft: Draft, entry: Entry) -> bool:
    clock = draft.policy.sla.clocks.get(entry.clock or "")
    return clock is not None and clock.runs_while.owner == "queue"
