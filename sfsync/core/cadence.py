"""What interactions set off besides clocks: follow-ups, attempts that are counted, the manager's decision.

Everything is worked out from the facts anew; the ledger says what was done already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sfsync.core import words
from sfsync.core.draft import PENDING, Draft
from sfsync.core.engagement import next_at
from sfsync.core.mapping import OVER
from sfsync.core.model import Effect, Entry, Interaction, Kind
from sfsync.core.tasks import FollowUps

FOLLOW_UPS = "follow_ups"
DECISION = "decision"
ACQUIRE = "acquire"
"""What stands as the clock on their rows of the ledger."""

FollowUp = tuple[str, timedelta, datetime]
"""Its name, how long it is after the first contact, and when its Task is due."""


def enter_late(draft: Draft) -> None:
    """Write down once that the lead came into the CRM late, whatever became of it since (requirement P1)."""
    rules = draft.policy.sla.acquire
    if rules is None or draft.lead.created_at < draft.org.enforce_from:
        return
    acquired = draft.values.get(rules.since)
    if not isinstance(acquired, datetime) or ACQUIRE in draft.ledger.about:
        return
    created = draft.lead.created_at
    due_at = draft.calendar(rules.hours).due(min(acquired, created), rules.time)
    if created <= due_at:
        return
    took = words.length((created - acquired).total_seconds())
    late = words.length((created - due_at).total_seconds())
    draft.add(
        Effect(
            key=f"{draft.lead.id}:{ACQUIRE}:created:late-entry",
            kind=Kind.LATE_ENTRY,
            clock=ACQUIRE,
            run="created",
            started_at=acquired,
            due_at=due_at,
            occurred_at=draft.now,
            detail=f"{rules.label}: entered {took} after it was acquired, {late} too late.",
        )
    )


def follow_up(draft: Draft) -> None:
    """Give the owner the follow-up that is due, count attempts, and ask the manager where they were in vain."""
    held = draft.facts.held(draft.now)
    ahead = next_at(draft.facts.interactions, draft.now)
    if ahead is not None:
        draft.checks.append(ahead)
    if draft.policy.activities is None or draft.rep is None:
        return
    assigned_at = _assigned_at(draft)
    _follow_up(draft, held, assigned_at)
    attempts = _attempts(held, max(assigned_at, draft.org.enforce_from))
    if attempts or draft.before.sla.attempts:
        draft.fields["attempts"] = len(attempts)
    _ask_the_manager(draft, attempts)


def _assigned_at(draft: Draft) -> datetime:
    """When the lead came to its owner."""
    for change in reversed(draft.facts.changes):
        if change.field == "Owner":
            return change.at
    return draft.lead.created_at


def _applies(draft: Draft, stages: Collection[str]) -> bool:
    return draft.stage in stages and draft.band not in draft.policy.life.nurture


def _follow_up(draft: Draft, held: Sequence[Interaction], assigned_at: datetime) -> None:
    """Make the follow-up that is due."""
    rules = draft.policy.sla.follow_ups
    if rules is None or (series := _follow_ups(draft, rules, held, assigned_at)) is None:
        return
    run, began, due, ahead = series
    if ahead is not None:
        draft.checks.append(ahead[2])
    if due is None:
        return
    step, after, opens = due
    assert draft.rep is not None
    detail = f"{rules.label}: {after.days} days after the first contact ({_when(draft, began)})."
    draft.add(
        Effect(
            key=f"{draft.lead.id}:{FOLLOW_UPS}:{run}:{step}",
            kind=Kind.ATTEMPT_DUE,
            clock=FOLLOW_UPS,
            run=run,
            step=step,
            started_at=began,
            due_at=opens,
            occurred_at=draft.now,
            rep=draft.rep,
            task=draft.task(rules.task, draft.people(owner=draft.rep), None, detail),
            detail=detail,
        )
    )


def next_follow_up(draft: Draft) -> tuple[datetime, str, datetime] | None:
    """When the first contact was, the step that comes next, and when its Task is due; None where none comes.

    One that is due now and was not made yet is next.
    """
    rules = draft.policy.sla.follow_ups
    if rules is None or draft.policy.activities is None or draft.rep is None:
        return None
    series = _follow_ups(draft, rules, draft.facts.held(draft.now), _assigned_at(draft))
    if series is None or (coming := series[2] or series[3]) is None:
        return None
    return series[1], coming[0], coming[2]


def _follow_ups(
    draft: Draft, rules: FollowUps, held: Sequence[Interaction], assigned_at: datetime
) -> tuple[str, datetime, FollowUp | None, FollowUp | None] | None:
    """The contact that the series began with, its time, and two follow-ups: the newest that is due since, those
    before it being void, and the one after it (P9).
    """
    if not _applies(draft, rules.stage):
        return None
    series = _series(draft, held, assigned_at)
    if series is None:
        return None
    run, began, done = series
    left = draft.policy.follow_ups
    if done:
        for index, (step, _) in enumerate(left, 1):
            if step in done:
                left = draft.policy.follow_ups[index:]
    calendar = draft.calendar(rules.hours)
    began_on = calendar.day(began)
    due: FollowUp | None = None
    for step, after in left:
        opens = calendar.opening(began_on + after)
        if opens > draft.now:
            return run, began, due, (step, after, opens)
        if draft.now - opens <= draft.policy.max_lateness:
            due = step, after, opens
    return run, began, due, None


def _series(
    draft: Draft, held: Sequence[Interaction], assigned_at: datetime
) -> tuple[str, datetime, set[str | None]] | None:
    """The contact that the owner's follow-ups begin with: its id, its time, and the steps that were done.

    A series keeps the contact that it began with, although an earlier one may be logged later.
    """
    rep = draft.rep
    run = began = None
    done: set[str | None] = set()
    for entry in draft.ledger.of_clock(FOLLOW_UPS):
        if entry.rep == rep and entry.started_at is not None and entry.started_at >= assigned_at:
            if run is None:
                run, began = entry.run, entry.started_at
            done.add(entry.step)
    if run is not None and began is not None:
        return run, began, done
    for one in held:
        if one.by == rep and one.at >= assigned_at:
            return (one.id, one.at, set()) if one.at >= draft.org.enforce_from else None
    return None


def _when(draft: Draft, at: datetime) -> str:
    return words.moment(at, draft.reader_zone(draft.lead.owner_id))


def _attempts(held: Sequence[Interaction], since: datetime) -> list[Interaction]:
    """The calls and e-mails in a row, since then, to which the lead has not answered."""
    attempts: list[Interaction] = []
    for one in held:
        if one.at < since:
            continue
        if one.answered:
            attempts.clear()
        else:
            attempts.append(one)
    return attempts


def _ask_the_manager(draft: Draft, attempts: list[Interaction]) -> None:
    """Ask once, until the lead answers or has another owner (requirement P11)."""
    rules = draft.policy.sla.decision
    if rules is None or len(attempts) < rules.attempts or not _applies(draft, rules.stage):
        return
    since = attempts[0].at
    last = attempts[rules.attempts - 1]
    for entry in draft.ledger.of_clock(DECISION):
        if entry.started_at is not None and entry.started_at >= since:
            return
    people = draft.people(owner=draft.rep)
    history = "; ".join(
        f"{one.kind} {_when(draft, one.at)} ({draft.name(one.by)})" for one in attempts[: rules.attempts]
    )
    detail = f"{rules.label}: {rules.attempts} attempts without a response. {history}."
    draft.add(
        Effect(
            key=f"{draft.lead.id}:{DECISION}:{last.id}:decide",
            kind=Kind.MANAGER_DECISION,
            clock=DECISION,
            run=last.id,
            step="decide",
            started_at=last.at,
            due_at=last.at,
            occurred_at=draft.now,
            rep=draft.rep,
            to_user=people.get(rules.task.to),
            task=draft.task(rules.task, people, None, detail),
            mentions=draft.mentions(rules.post, people),
            detail=detail,
        )
    )


def settled_tasks(draft: Draft) -> tuple[str, ...]:
    """The Tasks of follow-ups and decisions that are done with, and still open."""
    if not draft.facts.open_tasks:
        return ()
    rows = {entry.key: entry for entry in draft.facts.ledger if entry.id != PENDING}
    return tuple(
        task.id
        for task in draft.facts.open_tasks
        if (entry := rows.get(task.key)) is not None and _is_settled(draft, entry)
    )


def _is_settled(draft: Draft, entry: Entry) -> bool:
    if entry.kind not in (Kind.ATTEMPT_DUE, Kind.MANAGER_DECISION):
        return False
    if draft.stage in OVER or draft.lead.owner_id != entry.rep:
        return True
    since = list(_since(draft, entry.occurred_at))
    if entry.kind == Kind.ATTEMPT_DUE:
        return bool(since)
    moved = any(
        change.at >= entry.occurred_at and change.by != draft.org.worker_id for change in draft.facts.changes
    )
    return moved or any(one.answered for one in since)


def _since(draft: Draft, at: datetime) -> Iterator[Interaction]:
    return (one for one in draft.facts.interactions if at <= one.at <= draft.now)
