"""A fact that arrives late excuses a breach, and a lead taken all the same is given back (design.md section 4).

The only effects that make good what others did. Nothing is undone: the breach stays in the ledger and counts no
longer.
"""

from __future__ import annotations

from datetime import datetime

from sfsync.core import words
from sfsync.core.clock import Ladder, Run
from sfsync.core.draft import PENDING, Draft
from sfsync.core.ledger import has
from sfsync.core.mapping import OVER
from sfsync.core.model import Effect, Entry, Kind, is_queue


def excuse(draft: Draft, run: Run, ladder: Ladder, start: datetime, deadline: datetime) -> None:
    """Write down that a run was over in time, as history shows now, although its breach stands in the ledger.

    It counts as neither, from the same transaction on.
    """
    entries = draft.entries(run)
    if has(entries, Kind.EXCUSED):
        return
    moment = words.moment(deadline, draft.reader_zone(run.owner_id))
    breaches = (entry.id for entry in entries if entry.kind == Kind.BREACHED and entry.id != PENDING)
    draft.add(
        Effect(
            key=f"{draft.lead.id}:{ladder.name}:{run.id}:excused",
            kind=Kind.EXCUSED,
            clock=ladder.name,
            run=run.id,
            started_at=start,
            due_at=deadline,
            occurred_at=draft.now,
            rep=None if is_queue(run.owner_id) else run.owner_id,
            uncounts=next(breaches, None),
            detail=(
                f"{ladder.clock.label}: over in time, as it stands now; the breach does not count"
                f" ({draft.name(run.owner_id)}, due {moment})."
            ),
        )
    )


def give_back(draft: Draft, run: Run, ladder: Ladder, acted_at: datetime) -> None:
    """Give a lead that was taken from an owner who, as history shows now, had acted in time back to them.

    Once for a run. Not to somebody inactive, and only while nobody has done anything about the lead since it
    was taken: whoever has it now and works on it keeps it. An owner change like all others: guarded, within
    the limit, told to both.
    """
    entries = draft.entries(run)
    taken = next((entry for entry in entries if entry.kind == Kind.REASSIGNED), None)
    user = draft.org.users.get(run.owner_id)
    if taken is None or user is None or not user.active or draft.lead.owner_id == run.owner_id:
        return
    if any(":given-back:" in entry.key for entry in entries) or _moved_on(draft, taken):
        return
    if draft.lead.is_converted or draft.stage in OVER:
        return
    if not draft.may_change_owner():
        return
    now_with = draft.lead.owner_id
    moment = words.moment(acted_at, draft.reader_zone(run.owner_id))
    draft.set_owner(run.owner_id)
    draft.add(
        Effect(
            key=f"{draft.lead.id}:{ladder.name}:{run.id}:given-back:{_fact(draft, acted_at)}",
            kind=Kind.ROUTED,
            clock=ladder.name,
            run=run.id,
            started_at=run.started_at,
            due_at=acted_at,
            occurred_at=draft.now,
            rep=run.owner_id,
            from_user=None if is_queue(now_with) else now_with,
            to_user=run.owner_id,
            mentions=tuple(id_ for id_ in (run.owner_id, now_with) if not is_queue(id_)),
            detail=(
                f"{draft.name(run.owner_id)} gets this lead back from {draft.name(now_with)}:"
                f" {ladder.clock.label} was done in time, on {moment}, as is known now."
            ),
        )
    )


def _moved_on(draft: Draft, taken: Entry) -> bool:
    """Whether anybody did anything about the lead since it was taken."""
    since = [change for change in draft.facts.changes if change.at >= taken.occurred_at]
    moves = sum(change.field == "Owner" for change in since)
    spoken = any(
        one.by == draft.lead.owner_id and taken.occurred_at <= one.at <= draft.now
        for one in draft.facts.interactions
    )
    return spoken or moves != 1 or any(change.by != draft.org.worker_id for change in since)


def _fact(draft: Draft, at: datetime) -> str:
    """The Id of the record that ended the run at this moment."""
    found = [one.id for one in draft.facts.interactions if one.at == at]
    found += [one.id for one in draft.facts.changes if one.at == at]
    return found[0] if found else "unknown"
