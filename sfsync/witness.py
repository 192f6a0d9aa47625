"""What decisions were made of, as their ledger rows keep it (Evidence__c)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from sfsync.core import evidence
from sfsync.core.model import Facts, Loads, Plan
from sfsync.worker import Configuration, Worker

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Input:
    """What a decision with effects was made of, apart from policy and org."""

    facts: Facts
    now: datetime
    loads: Loads | None
    owner_changes_left: int | None


def kept(
    worker: Worker, configuration: Configuration, plans: Sequence[Plan], inputs: Mapping[str, Input]
) -> dict[str, str]:
    """What the ledger rows of these plans are to keep, by lead, the policy's text being in the org by then.

    Plans without effects keep nothing. No effect is held up: where its evidence cannot be written, the row
    says so.
    """
    policy, found = configuration.policy, dict[str, str]()
    for plan in plans:
        if not plan.effects:
            continue
        worker.publish(policy, worker.session.now or configuration.read_at)
        one = inputs[plan.lead.id]
        try:
            made = evidence.evidence(
                plan, one.facts, policy, configuration.org(), one.now, one.loads, one.owner_changes_left
            )
            found[plan.lead.id] = evidence.written(made)
        except Exception as error:  # noqa: BLE001 - as with decisions: one lead must not stop the others
            log.error("evidence cannot be written", lead_id=plan.lead.id, error=type(error).__name__)
            found[plan.lead.id] = evidence.left_out(f"it could not be written ({type(error).__name__})")
    return found
