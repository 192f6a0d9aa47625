"""A lead's write, sent so that nothing of it is kept: what would the org say?"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec

from sfsync.core.model import Effect, Kind, Plan, TaskToCreate, is_queue
from sfsync.errors import SfsyncError
from sfsync.salesforce.composite import Subrequest, composite
from sfsync.salesforce.failures import HALTED, classify
from sfsync.salesforce.names import EVENT
from sfsync.salesforce.session import Session
from sfsync.salesforce.writer import event_reference, subrequests

MOST_SUBREQUESTS = 25
"""At most so many in one composite call [D]."""


class Rehearsal(msgspec.Struct, frozen=True):
    """What the org said of a write that it was not to keep.

    Attributes:
        accepted: what it would have taken, in words; nothing where it refused, or never came to the end.
        refused: what it refused of its own accord.
        part: of which part it refused that, in words.
    """

    accepted: tuple[str, ...] = ()
    refused: SfsyncError | None = None
    part: str | None = None


def rehearse(
    session: Session, plan: Plan, policy_hash: str, now: datetime, evidence: str | None = None
) -> Rehearsal:
    """Send what this plan's graph holds with a last part that must fail, so that nothing is kept.

    A plan without effects is sent with a made-up one, which has a Task for whoever then owns the lead. Of more
    effects than one call holds the last ones are left out.

    A graph's order is documented for references only, and nothing can refer to a lead's patch. So this is a
    composite, all or none and not collated, which runs as it is written [D]: what comes before a last part that
    was refused for its own mistake was taken.
    """
    if not plan.effects:
        plan = msgspec.structs.replace(plan, effects=(_made_up(plan, now),))
    parts = subrequests(session, plan, policy_hash, evidence)
    while len(parts) >= MOST_SUBREQUESTS:
        plan = msgspec.structs.replace(plan, effects=plan.effects[:-1])
        parts = subrequests(session, plan, policy_hash, evidence)
    must_fail = Subrequest(
        method="POST",
        url=f"/services/data/v{session.version}/sobjects/{EVENT}",
        reference_id="mustFail",
        body={"Task_Id__c": f"@{{{event_reference(0)}.id}}", "Detail__c": "no key: the org refuses this"},
    )
    results, _ = composite(session, [*parts, must_fail], repeatable=True, all_or_none=True)
    said = {
        result.reference_id: items
        for result in results
        if isinstance(result.body, list)
        and (items := [item for item in result.body if item.get("errorCode") != HALTED])
    }
    for part in parts:
        if part.reference_id in said:
            error = classify(said[part.reference_id], lead_id=plan.lead.id)
            return Rehearsal(refused=error, part=_words(plan, part.reference_id))
    if must_fail.reference_id not in said:
        return Rehearsal()
    words = Counter(_words(plan, part.reference_id) for part in parts)
    return Rehearsal(
        tuple(word if times == 1 else f"{word} ({times} times)" for word, times in words.items())
    )


def _made_up(plan: Plan, now: datetime) -> Effect:
    owner = plan.owner_id or plan.lead.owner_id
    return Effect(
        key=f"{plan.lead.id}:rehearsal",
        kind=Kind.ERROR,
        occurred_at=now,
        task=None
        if is_queue(owner)
        else TaskToCreate(owner_id=owner, subject="sfsync rehearsal", due=now.date()),
        detail="A rehearsal: nothing is kept.",
    )


def _words(plan: Plan, reference: str) -> str:
    if reference.startswith("task"):
        return "a Task"
    if reference != "lead":
        return "a ledger row" if reference.startswith("event") else "an earlier ledger row"
    changes = [("its owner", plan.owner_id), ("its Status", plan.status)]
    changed = [word for word, value in changes if value is not None]
    return "the lead's fields" + (f" with {' and '.join(changed)}" if changed else "")
