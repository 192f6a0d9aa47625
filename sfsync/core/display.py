"""What stands on the lead about its most urgent clock, and when anything falls due."""

from __future__ import annotations

from datetime import datetime, timedelta

from sfsync.core import clock as clocks
from sfsync.core import words
from sfsync.core.clock import Standing
from sfsync.core.documents import Clock
from sfsync.core.draft import Draft
from sfsync.core.ladder import was_met
from sfsync.core.model import Kind, SlaStatus

HORIZON = timedelta(days=30)
"""A lead on which nothing is going to fall due is looked at again after this long."""

_NEXT = {
    Kind.WARNED: "Warning to the owner",
    Kind.REMINDED: "Reminder to the owner",
    Kind.ESCALATED: "Escalation to the manager",
    Kind.REASSIGNED: "Reassignment to somebody else",
}


def show(draft: Draft) -> list[datetime]:
    """Let the most urgent clock stand on the lead; the times at which anything falls due."""
    urgent: tuple[Standing, Clock] | None = None
    checks: list[datetime] = []
    met = False
    for name, clock in draft.policy.sla.clocks.items() if draft.clocked else ():
        enforced = [run for run in draft.runs(name, clock) if run.started_at >= draft.org.enforce_from]
        if not enforced:
            continue
        run = enforced[-1]
        stand = clocks.standing(run, clock, draft.policy, draft.entries(run), draft.now)
        if run.ended_at is not None:
            met = met or (run.ended_at <= stand.deadline and was_met(draft, run, clock))
            continue
        checks += [at for at in (stand.next_at, stand.deadline) if at is not None and at > draft.now]
        if urgent is None or stand.deadline < urgent[0].deadline:
            urgent = stand, clock
    if urgent is None:
        show_status(draft, SlaStatus.MET if met else SlaStatus.NOT_APPLICABLE)
    else:
        _show_urgent(draft, *urgent)
    written = draft.before.sla.next_check
    if checks:
        upcoming = min(checks)
    elif written is not None and draft.now < written <= draft.now + HORIZON:
        upcoming = written
    else:
        upcoming = draft.now + HORIZON
    draft.set_sla(next_check=upcoming)
    return checks


def _show_urgent(draft: Draft, stand: Standing, clock: Clock) -> None:
    if draft.now >= stand.deadline:
        status = SlaStatus.OVERDUE
    elif stand.warned_at is not None:
        status = SlaStatus.AT_RISK
    else:
        status = SlaStatus.ON_TRACK
    zone = words.zone_of(draft.org, draft.lead.owner_id)
    next_step = None
    if draft.unroutable is not None:
        next_step = f"Waits: {draft.unroutable}"
    elif draft.withheld is not None:
        next_step = f"Withheld: {draft.withheld}"
    elif stand.next_step is not None and stand.next_at is not None:
        coming = _NEXT.get(stand.next_step.event, stand.next_step.step)
        next_step = f"{coming}: {words.moment(stand.next_at, zone)}"
    show_status(draft, status, clock=clock.label, due_at=stand.deadline, next_step=next_step)


def show_status(
    draft: Draft,
    status: SlaStatus,
    *,
    clock: str | None = None,
    due_at: datetime | None = None,
    next_step: str | None = None,
) -> None:
    draft.set_sla(
        status=status.value, clock=clock, due_at=due_at, next_step=next_step[:255] if next_step else None
    )
