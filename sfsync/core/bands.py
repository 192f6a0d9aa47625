"""The score's band, and what entering it does (requirements P2, P3, P15)."""

from __future__ import annotations

from sfsync.core import clock as clocks
from sfsync.core.documents import Band
from sfsync.core.draft import Draft
from sfsync.core.model import Effect, Kind


def score(draft: Draft) -> None:
    draft.scored = draft.policy.scorer.score(draft.values)
    draft.set_sla(score=draft.scored.total, reasons=draft.scored.reasons, sync_error=None)


def enter_band(draft: Draft) -> None:
    """Enter the band of the score, once per entry.

    A first band counts from the lead's creation, a later one from the moment it is noticed. An entry from
    before the policy was enforced is only written down on the lead.
    """
    assert draft.scored is not None
    band, left = draft.scored.band, draft.lead.sla.band
    if band.band == left:
        return
    entries = clocks.band_entries(draft.facts.ledger)
    first = left is None and not entries
    entered_at = draft.lead.created_at if first else draft.now
    draft.set_sla(band=band.band)
    if entered_at < draft.org.enforce_from:
        return
    owner = None if draft.org.is_queue(draft.lead.owner_id) else draft.lead.owner_id
    came_from = f" (was {left})" if left else ""
    people = draft.people(owner=owner)
    draft.add(
        Effect(
            key=f"{draft.lead.id}:band:{len(entries) + 1}:{left or ''}>{band.band}",
            kind=Kind.BAND_ENTERED,
            started_at=entered_at,
            due_at=entered_at,
            occurred_at=draft.now,
            rep=owner,
            task=draft.task(band.task, people, None, f"Score {draft.scored.total}: {band.band}"),
            mentions=draft.mentions(band.post, people) if owner else (),
            detail=f"Score {draft.scored.total} of 100: {band.band}{came_from}.",
        )
    )
    _move_stage(draft, band)


def _move_stage(draft: Draft, band: Band) -> None:
    """Into nurture and back (P15). A lead that a rep has begun to work stays where the rep put it."""
    leaves = "open" if band.nurture else "nurture"
    if draft.policy.lead.stage(draft.lead.status) != leaves:
        return
    wanted = "nurture" if band.nurture else "open"
    status = draft.policy.lead.status_for(wanted)
    if status is None:
        return
    draft.set_status(status)
    if band.nurture and band.owner is not None:
        owner = _named(draft, band.owner)
        if owner is not None and owner != draft.lead.owner_id and draft.may_change_owner():
            draft.set_owner(owner)


def _named(draft: Draft, name: str) -> str | None:
    """The id of the active user or the queue with this name."""
    for user in draft.org.users.values():
        if user.username.casefold() == name.casefold() and user.active:
            return user.id
    return next((id_ for id_, queue in draft.org.queues.items() if queue == name), None)
