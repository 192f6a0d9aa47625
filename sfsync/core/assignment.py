"""Leads that wait in a queue are given to a rep (requirement P5)."""

from __future__ import annotations

from sfsync.core import routing
from sfsync.core.clock import Ladder, Run
from sfsync.core.draft import PENDING, Draft
from sfsync.core.model import Effect, Entry, Kind


def route(draft: Draft) -> None:
    """Give a qualified lead that waits in a queue to a rep; nobody can take it: it waits on."""
    if draft.rep is not None:
        return
    waiting = _waiting(draft)
    if waiting is None:
        return
    run, ladder = waiting
    if run.id == PENDING:
        draft.look_again = True
        return
    if not draft.may_change_owner():
        return
    assert draft.loads is not None
    choice = routing.choose(
        draft.values, draft.policy, draft.org, draft.loads, draft.now, never=failed_before(draft)
    )
    if choice.user_id is None:
        draft.unroutable = choice.reason
        return
    new = choice.user_id
    people = draft.people(owner=None, new_owner=new)
    detail = f"{draft.name(new)} gets this lead from {draft.name(draft.lead.owner_id)}: {choice.reason}."
    draft.set_owner(new)
    draft.add(
        Effect(
            key=f"{draft.lead.id}:{ladder.name}:{run.id}:routed",
            kind=Kind.ROUTED,
            clock=ladder.name,
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


def _waiting(draft: Draft) -> tuple[Run, Ladder] | None:
    """The enforced run of the queue's clock, if the lead waits in one."""
    for ladder in draft.policy.ladders:
        if ladder.clock.runs_while.owner == "queue":
            run = next(reversed(draft.runs()[ladder.name]), None)
            if run is not None and run.ended_at is None:
                return run, ladder
    return None


def failed_before(draft: Draft) -> set[str]:
    """The users who had this lead and let it go over its time; whoever was excused did not."""
    queues = {
        name
        for ladder in draft.policy.ladders
        if ladder.clock.runs_while.owner == "queue"
        for name in (ladder.name, ladder.clock.was)
        if name is not None
    }
    failures = (Kind.REASSIGNED, Kind.CLOSED_LATE, Kind.BREACHED)
    ledger = draft.facts.ledger
    excused = {(entry.clock, entry.run) for entry in ledger if entry.kind == Kind.EXCUSED}
    return {
        failed
        for entry in ledger
        if entry.kind in failures
        and entry.clock not in queues
        and (entry.clock, entry.run) not in excused
        and (failed := _who(entry)) is not None
    }


def _who(entry: Entry) -> str | None:
    return entry.from_user or entry.rep
