"""What stands on the lead about its most urgent clock, and when anything falls due."""

from __future__ import annotations

from datetime import datetime, timedelta

from sfsync.core import words
from sfsync.core.clock import Ladder, Run, Standing, stood_still
from sfsync.core.draft import Draft
from sfsync.core.engagement import next_at
from sfsync.core.ladder import counting, was_met
from sfsync.core.model import Kind, SlaStatus

HORIZON = timedelta(days=30)
"""A lead on which nothing is going to fall due is looked at again after this long."""

SAID_AHEAD = timedelta(hours=1)
"""What waits for others is asked about more often than the lead says, so that it is not written each time."""

_NEXT = {
    Kind.WARNED: "Warning to the owner",
    Kind.REMINDED: "Reminder to the owner",
    Kind.ESCALATED: "Escalation to the manager",
    Kind.REASSIGNED: "Reassignment to somebody else",
}


def show(draft: Draft) -> None:
    """Let the most urgent clock stand on the lead, and when it is looked at again.

    Where none counts, the lead is Met if the run that ended last was done in time.
    """
    urgent: Standing | None = None
    label = ""
    checks = draft.checks + _score_changes(draft)
    for ladder, stand in counting(draft):
        run = stand.run
        if run.pauses and run.is_paused:
            if urgent is None:
                urgent, label = stand, ladder.clock.label
            continue
        if stand.next_at is not None and stand.next_at > draft.now:
            checks.append(stand.next_at)
        if stand.deadline > draft.now:
            checks.append(stand.deadline)
        if urgent is None or stand.deadline < urgent.deadline or urgent.run.is_paused:
            urgent, label = stand, ladder.clock.label
    if urgent is not None:
        _show_urgent(draft, urgent, label)
    elif draft.clocked and _last_was_met(draft):
        show_status(draft, SlaStatus.MET)
    else:
        show_status(draft, SlaStatus.NOT_APPLICABLE)
    draft.fields["next_check"] = _next_check(draft, checks)


def _score_changes(draft: Draft) -> list[datetime]:
    """When the score next changes by time alone; left out beyond the horizon, when it is asked again."""
    if draft.scored is None:
        return []
    found: list[datetime] = []
    ages = draft.policy.scorer.changes_at(draft.values)
    if ages is not None and ages - draft.now < HORIZON:
        found.append(ages)
    ahead = next_at(draft.facts.interactions, draft.now) if draft.policy.engaged else None
    if ahead is not None and ahead - draft.now < HORIZON:
        found.append(ahead)
    return found


def _last_was_met(draft: Draft) -> bool:
    """Whether the run that ended last, of those that are their clock's last, was done in time."""
    ended = [
        (run.ended_at, run, ladder)
        for ladder in draft.policy.ladders
        for run in draft.runs()[ladder.name][-1:]
        if run.ended_at is not None
    ]
    last = max((at for at, _, _ in ended), default=None)
    return last is not None and all(
        _was_in_time(draft, run, ladder, at) for at, run, ladder in ended if at == last
    )


def _was_in_time(draft: Draft, run: Run, ladder: Ladder, ended_at: datetime) -> bool:
    timed = ladder.timed(run, draft.values, draft.org)
    start = timed.start(run, draft.entries(run))
    return was_met(run, timed) and ended_at <= timed.deadline(start, stood_still(run, draft.now))


def _next_check(draft: Draft, checks: list[datetime]) -> datetime:
    """When the lead is looked at again, at the latest: when something falls due. Where nothing does, or something waits
    for others, what stands on the lead, as long as that will do."""
    if checks and not draft.waits:
        return min(checks)
    latest = min([draft.now + (SAID_AHEAD if draft.waits else HORIZON), *checks])
    written = draft.before.sla.next_check
    return written if written is not None and draft.now < written <= latest else latest


def _show_urgent(draft: Draft, stand: Standing, label: str) -> None:
    if draft.now >= stand.deadline:
        status = SlaStatus.OVERDUE
    elif stand.run.is_paused:
        status = SlaStatus.PAUSED
    elif stand.warned_at is not None:
        status = SlaStatus.AT_RISK
    else:
        status = SlaStatus.ON_TRACK
    next_step = None
    if draft.unroutable is not None:
        next_step = f"Waits: {draft.unroutable}"
    elif draft.withheld is not None:
        next_step = f"Withheld: {draft.withheld}"
    elif stand.next_step is not None and stand.next_at is not None:
        coming = _NEXT.get(stand.next_step.event, stand.next_step.event.value)
        next_step = f"{coming}: {words.moment(stand.next_at, draft.reader_zone(draft.lead.owner_id))}"
    due_at = None if status is SlaStatus.PAUSED else stand.deadline
    show_status(draft, status, clock=label, due_at=due_at, next_step=next_step)


def show_status(
    draft: Draft,
    status: SlaStatus,
    *,
    clock: str | None = None,
    due_at: datetime | None = None,
    next_step: str | None = None,
) -> None:
    """Let this stand on the lead; without a clock, the clock's fields are blank."""
    fields = draft.fields
    fields["status"] = str(status)
    fields["clock"] = clock
    fields["due_at"] = due_at
    fields["next_step"] = next_step[:255] if next_step else None
