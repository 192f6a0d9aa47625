"""The score's band, and what entering it does (requirements P2, P3, P15)."""

from __future__ import annotations

from sfsync.core import routing
from sfsync.core.documents import Band
from sfsync.core.draft import Draft
from sfsync.core.model import Effect, Kind, is_queue


def score(draft: Draft) -> None:
    """Let score and reasons stand on the lead."""
    draft.scored = draft.policy.scorer.score(draft.values)
    draft.fields |= {"score": draft.scored.total, "reasons": draft.scored.reasons, "sync_error": None}


def show_band(draft: Draft) -> None:
    """Let the score's band stand on a lead that no effect may touch."""
    assert draft.scored is not None
    draft.set_band(draft.policy.scorer.band(draft.scored, draft.band).band)


def enter_band(draft: Draft) -> None:
    """Enter the band of the score, once per entry.

    The band that it leaves is the one that the ledger says was entered last; what stands on the lead counts
    only for a lead from before the policy was enforced, whose first band is not in the ledger. A first band
    counts from the lead's creation, a later one from the moment it is noticed. An entry from before the
    policy was enforced is only written down on the lead. An entry that changes the owner waits while owner
    changes are withheld.
    """
    assert draft.scored is not None
    entries = draft.ledger.bands
    if entries:
        left: str | None = entries[-1].entered
    else:
        left = draft.band if draft.lead.created_at < draft.org.enforce_from else None
    band = draft.policy.scorer.band(draft.scored, left)
    entered_at = draft.lead.created_at if left is None else draft.now
    if band.band == left or entered_at < draft.org.enforce_from:
        draft.set_band(band.band)
        return
    status = _new_status(draft, band)
    new_owner = _new_owner(draft, band) if status is not None else None
    if new_owner is not None and not draft.may_change_owner():
        return
    draft.set_band(band.band)
    people = draft.people(owner=draft.rep)
    came_from = f" (was {left})" if left else ""
    number = draft.ledger.archived_bands + len(entries) + 1
    entry = Effect(
        key=f"{draft.lead.id}:band:{number}:{left or ''}>{band.band}",
        kind=Kind.BAND_ENTERED,
        started_at=entered_at,
        due_at=entered_at,
        occurred_at=draft.now,
        rep=draft.rep,
        task=draft.task(band.task, people, None, f"Score {draft.scored.total}: {band.band}"),
        mentions=draft.mentions(band.post, people),
        detail=f"Score {draft.scored.total} of 100: {band.band}{came_from}.",
    )
    draft.add(entry)
    if status is not None:
        draft.set_status(status)
    if new_owner is not None:
        draft.add(
            Effect(
                key=f"{entry.key}:nurtured",
                kind=Kind.NURTURED,
                started_at=entered_at,
                due_at=entered_at,
                occurred_at=draft.now,
                from_user=draft.rep,
                to_user=None if is_queue(new_owner) else new_owner,
                to_queue=new_owner if is_queue(new_owner) else None,
                detail=f"Score {draft.scored.total} of 100: {draft.name(new_owner)} nurtures this lead.",
            )
        )
        draft.set_owner(new_owner)


def _new_status(draft: Draft, band: Band) -> str | None:
    """The status for nurture or back (P15). A lead that a rep works on stays where it is."""
    leaves, enters = ("open", "nurture") if band.nurture else ("nurture", "open")
    if draft.stage != leaves:
        return None
    return draft.policy.lead.status_for(enters)


def _new_owner(draft: Draft, band: Band) -> str | None:
    """Whom the band gives its leads to, unless they have this one."""
    if band.owner is None:
        return None
    owner = routing.user_called(band.owner, draft.org) or routing.queue_called(band.owner, draft.org)
    return owner if owner != draft.lead.owner_id else None
