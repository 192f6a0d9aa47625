"""Effects only where the org's guard rules were seen to work (design.md 4)."""

from __future__ import annotations

from collections.abc import Iterable

from sfsync.core.model import Plan
from sfsync.errors import Config
from sfsync.salesforce import guard_rules
from sfsync.worker import Worker


def prove(worker: Worker, plans: Iterable[Plan]) -> None:
    """Before effects, see the guard rules of Lead refuse a wrong write; raises Config when one lets it through."""
    now = worker.session.now
    assert now is not None
    if worker.guards_proven(now):
        return
    for plan in plans:
        if not plan.effects or plan.lead.is_converted:
            continue
        lead = plan.lead
        proven = guard_rules.probe(worker.session, lead.id, lead.sla.revision, lead.owner_id, lead.status)
        if proven is False:
            raise Config(
                "The guard rules are switched off: activate the validation rules on Lead whose names begin "
                "with SFSync_Stale (salesforce/core). Until then nothing is done to leads."
            )
        if proven:
            worker.prove_guards(now)
            return
