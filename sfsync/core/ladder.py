"""The clocks' ladders: the steps that are due, and the runs that are over (requirements P6, P13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from sfsync.core import blame, redress, routing, words
from sfsync.core.assignment import failed_before
from sfsync.core.clock import Ladder, Run, Standing, stood_still
from sfsync.core.documents import Step
from sfsync.core.draft import PENDING, Draft
from sfsync.core.ledger import NO_RUNS, has, is_settled
from sfsync.core.model import Effect, Entry, Kind, Minutes, is_queue
from sfsync.core.tasks import Person

# Looking up the members of an enumeration takes longer than all that is done with a run that was met.
_MET, _BREACHED, _CLOSED_LATE = Kind.MET.value, Kind.BREACHED.value, Kind.CLOSED_LATE.value

PROMPT = timedelta(hours=1)
"""A step done this soon after its time speaks of its own time; a later one of the time that has passed."""


def run_clocks(draft: Draft) -> None:
    """Do the steps that are due and close the runs that are over, until nothing is due."""
    for _ in range(draft.policy.rounds):
        before = len(draft.effects)
        for ladder in draft.policy.ladders:
            runs = draft.runs()[ladder.name]
            if runs:
                _look(draft, ladder, runs)
        if len(draft.effects) == before or draft.needs_routing:
            return


def _look(draft: Draft, ladder: Ladder, runs: Sequence[Run]) -> None:
    """Do what is due of one clock: most of its runs were met, and need no look."""
    about = draft.ledger.about.get(ladder.name, NO_RUNS)
    for run in runs:
        rows = about.get(run.id, ())
        if rows:
            if rows[-1].kind == _MET:
                continue
        elif run.id == PENDING:
            draft.look_again |= run.ended_at is not None and was_met(run, ladder)
            continue
        timed = ladder.timed(run, draft.values, draft.org) if ladder.by_lead else ladder
        if rows and is_settled(rows):
            # What ended one that counts is out of sight: archived after a year, deleted, moved elsewhere.
            if run.ended_at is not None and has(rows, _CLOSED_LATE):
                _redress(draft, run, timed, rows, run.ended_at)
        elif run.ended_at is None:
            _attend(draft, run, timed, rows)
        else:
            _settle(draft, run, timed, rows, run.ended_at)


def close_runs(draft: Draft) -> None:
    """Close the runs that are over, of a lead in a queue: whoever had it too long does not get it again."""
    if draft.rep is not None:
        return
    for ladder in draft.policy.ladders:
        about = draft.ledger.about.get(ladder.name, NO_RUNS)
        for run in draft.runs()[ladder.name]:
            rows = about.get(run.id, ())
            if run.id != PENDING and run.ended_at is not None and not is_settled(rows):
                _settle(draft, run, ladder.timed(run, draft.values, draft.org), rows, run.ended_at)


def counting(draft: Draft) -> Iterator[tuple[Ladder, Standing]]:
    """The runs that count or stand still, each clock's with where it stands: all that steps can still come of."""
    if not draft.clocked:
        return
    lived = draft.runs()
    for ladder in draft.policy.ladders:
        runs = lived.get(ladder.name)
        if not runs or (run := runs[-1]).ended_at is not None:
            continue
        rows = draft.entries(run)
        if rows and is_settled(rows):
            continue
        timed = ladder.timed(run, draft.values, draft.org) if ladder.by_lead else ladder
        stand = draft.standing(run, timed, rows)
        if not timed.is_void(run, stand.deadline):
            yield timed, stand


def _attend(draft: Draft, run: Run, ladder: Ladder, entries: Sequence[Entry]) -> None:
    """A run that counts: its step that is due, and its breach."""
    stand = draft.standing(run, ladder, entries)
    if ladder.is_void(run, stand.deadline):
        return
    for step, due_at in stand.due:
        if _do(draft, ladder, stand, step, due_at) or draft.needs_routing:
            break
    if draft.now >= stand.deadline:
        _breach(draft, run, ladder, stand.start, stand.deadline)


def _settle(draft: Draft, run: Run, ladder: Ladder, entries: Sequence[Entry], ended_at: datetime) -> None:
    """A run that is over: in time, or late.

    One that history, read late, shows to have ended in time although its breach stands in the ledger is
    excused: it counts as neither. One that was silent, or whose lead was converted, is not breached now: what
    would have met it may have gone to the contact, with all of the lead's activities.
    """
    if not entries and not was_met(run, ladder) and ended_at - run.started_at <= ladder.shortest:
        return
    start = ladder.start(run, entries) if entries else run.started_at
    deadline = ladder.deadline(start, stood_still(run, draft.now) if run.pauses else ())
    if ended_at > deadline:
        breached = has(entries, _BREACHED)
        lost = draft.lead.is_converted and "interaction" in ladder.met_causes
        if not breached and (lost or ladder.is_void(run, deadline)):
            return
        _breach(draft, run, ladder, start, deadline)
        _close_late(draft, run, ladder, start, deadline, deadline, ended_at)
    elif has(entries, _BREACHED):
        redress.excuse(draft, run, ladder, start, deadline)
    elif was_met(run, ladder):
        _end(draft, run, ladder, Kind.MET, start, deadline, deadline, "done in time", adherent=1)


def _redress(draft: Draft, run: Run, ladder: Ladder, entries: Sequence[Entry], ended_at: datetime) -> None:
    """A run that the ledger has as closed late: history, read late, may show that it was not.

    Another policy, which leaves more time, shows nothing: the deadline stays what it was under the one of then.
    """
    start = ladder.start(run, entries)
    deadline = ladder.deadline(start, stood_still(run, draft.now) if run.pauses else ())
    breach = next((entry for entry in entries if entry.kind == _BREACHED), None)
    if breach is not None and breach.due_at is not None and breach.policy not in (None, draft.policy.hash):
        deadline = breach.due_at
    if ended_at <= deadline:
        redress.excuse(draft, run, ladder, start, deadline)
        if was_met(run, ladder):
            redress.give_back(draft, run, ladder, ended_at)


def was_met(run: Run, ladder: Ladder) -> bool:
    """Whether the way in which a run ended is what its clock asks for."""
    return run.cause in ladder.met_causes


def _breach(draft: Draft, run: Run, ladder: Ladder, start: datetime, deadline: datetime) -> None:
    """The run's time is used up. It counts against the owner only if notice was given in time."""
    if has(draft.entries(run), _BREACHED):
        return
    fair = ladder.warned_in_time(draft.entries(run), deadline)
    why = "" if fair else "; not counted, because no notice was given in time"
    adherent = 0 if fair else None
    pauses = stood_still(run, draft.now)
    minutes = blame.minutes(ladder, run, start, deadline, draft.facts.ledger, pauses)
    what = f"overdue{why}"
    _end(
        draft, run, ladder, Kind.BREACHED, start, deadline, deadline, what, adherent=adherent, minutes=minutes
    )


def _close_late(
    draft: Draft,
    run: Run,
    ladder: Ladder,
    start: datetime,
    deadline: datetime,
    due_at: datetime,
    ended_at: datetime,
) -> None:
    pauses = stood_still(run, draft.now)
    minutes = blame.minutes(ladder, run, start, ended_at, draft.facts.ledger, pauses)
    what = "closed after its deadline"
    _end(draft, run, ladder, Kind.CLOSED_LATE, start, deadline, due_at, what, minutes=minutes)


_SUFFIX = {
    Kind.MET: "met",
    Kind.BREACHED: "breached",
    Kind.CLOSED_LATE: "closed-late",
}


def _end(
    draft: Draft,
    run: Run,
    ladder: Ladder,
    kind: Kind,
    start: datetime,
    deadline: datetime,
    due_at: datetime,
    what: str,
    *,
    adherent: int | None = None,
    minutes: Minutes | None = None,
) -> None:
    """Write down an end of the run, unless the ledger has it."""
    if has(draft.entries(run), kind):
        return
    moment = words.moment(deadline, draft.reader_zone(run.owner_id))
    draft.add(
        Effect(
            key=f"{draft.lead.id}:{ladder.name}:{run.id}:{_SUFFIX[kind]}",
            kind=kind,
            clock=ladder.name,
            run=run.id,
            started_at=start,
            due_at=due_at,
            occurred_at=draft.now,
            rep=None if is_queue(run.owner_id) else run.owner_id,
            adherent=adherent,
            minutes=minutes,
            detail=f"{ladder.clock.label}: {what} ({draft.name(run.owner_id)}, due {moment}).",
        )
    )


def _do(draft: Draft, ladder: Ladder, stand: Standing, step: Step, due_at: datetime) -> bool:
    """Do one step of the ladder; False when it cannot be done now."""
    run = stand.run
    owner = run.owner_id
    rep = None if is_queue(owner) else owner
    new_owner: str | None = None
    if step.reassign:
        new_owner = _successor(draft)
        if new_owner is None:
            return False
    people = draft.people(owner=rep, new_owner=new_owner, answerable=owner)
    detail = _says(draft, ladder, stand, step, due_at, people, new_owner)
    to_queue = new_owner if new_owner is not None and is_queue(new_owner) else None
    escalated_to = people.get("manager") if "manager" in step.post else None
    done = Effect(
        key=f"{draft.lead.id}:{ladder.name}:{run.id}:{step.step}",
        kind=step.event,
        clock=ladder.name,
        run=run.id,
        step=step.step,
        started_at=stand.start,
        due_at=due_at,
        occurred_at=draft.now,
        rep=rep,
        from_user=rep if step.reassign else None,
        to_user=people.get("new_owner") if step.reassign else escalated_to,
        to_queue=to_queue,
        task=draft.task(step.task, people, stand.deadline, detail),
        mentions=draft.mentions(step.post, people),
        detail=detail,
    )
    draft.add(done)
    for also in step.also:
        draft.add(
            msgspec.structs.replace(
                done,
                key=f"{done.key}:{also.event.value.lower().replace(' ', '-')}",
                kind=also.event,
                step=None,
                from_user=None,
                to_user=people.get(also.post[0]) if also.post else None,
                to_queue=None,
                task=None,
                mentions=draft.mentions(also.post, people),
            )
        )
    if new_owner is not None:
        if draft.now >= stand.deadline:
            _breach(draft, run, ladder, stand.start, stand.deadline)
            _close_late(draft, run, ladder, stand.start, stand.deadline, due_at, draft.now)
        draft.set_owner(new_owner)
    return True


def _successor(draft: Draft) -> str | None:
    """Who gets the lead that its owner let lie: a rep who has not failed it yet, else the queue."""
    if not draft.may_change_owner():
        return None
    assert draft.loads is not None
    never = failed_before(draft) | {draft.lead.owner_id}
    choice = routing.choose(draft.values, draft.policy, draft.org, draft.loads, draft.now, never=never)
    if choice.user_id is None:
        draft.unroutable = choice.reason
        return routing.queue(draft.policy, draft.org)
    return choice.user_id


def _says(
    draft: Draft,
    ladder: Ladder,
    stand: Standing,
    step: Step,
    due_at: datetime,
    people: Mapping[Person, str],
    new_owner: str | None,
) -> str:
    """The step's words, times in the zone of who reads them first."""
    owner = stand.run.owner_id
    manager = people.get("manager")
    counted_to = draft.now if draft.now - due_at > PROMPT else due_at
    pauses = stood_still(stand.run, draft.now)
    said = words.filled(
        step.says,
        {
            "owner": draft.name(owner),
            "new_owner": draft.name(new_owner),
            "manager": draft.name(manager),
            "lead_time": words.length(ladder.calendar.elapsed(stand.start, counted_to, pauses)),
            "deadline": words.moment(stand.deadline, draft.reader_zone(new_owner or owner)),
            "score": str(draft.scored.total if draft.scored else draft.before.sla.score or 0),
            "band": draft.band or "",
        },
    )
    if draft.is_inactive(owner) and manager is not None:
        said += f" ({draft.name(owner)} is no longer active; this goes to {draft.name(manager)}.)"
    return said
