"""How many leads may change bands: a changed policy cannot hand out ten thousand Tasks (design.md 6).

A lead's first band is never bounded, nor is a change of bands that comes together with a step of a clock: clocks
do not wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from sfsync.core.model import Kind, Plan
from sfsync.core.policy import Policy
from sfsync.salesforce import notices, room
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.session import Session

LOOK_AGAIN = timedelta(hours=1)

WITHHELD = "the limit of band changes is reached"


def crosses(plan: Plan) -> bool:
    """Whether all that this plan does is to move its lead from one band to another."""
    entered = [effect for effect in plan.effects if effect.kind == Kind.BAND_ENTERED]
    # The key ends in `number:from>to`.
    moved = any(not effect.key.split(":", 3)[3].startswith(">") for effect in entered)
    return moved and all(effect.clock is None for effect in plan.effects)


def left(session: Session, policy: Policy, now: datetime) -> int:
    """How many band changes the policy's limits still allow: one call, two while some are released."""
    changes = "Kind__c = 'Band Entered' AND (NOT Key__c LIKE '%:1:>%')"
    pages, _ = first_pages(session, room.counting(changes, policy.hash, now))
    return room.left(session, notices.BAND_CHANGES, policy.compliance.band_changes, changes, pages, now)


def bound(plans: Sequence[Plan], allowed: int, now: datetime) -> list[Plan]:
    """The plans in their order; beyond so many changes of bands, one that does nothing and says why."""
    bounded: list[Plan] = []
    for plan in plans:
        if crosses(plan):
            allowed -= 1
            if allowed < 0:
                bounded.append(_withheld(plan, now))
                continue
        bounded.append(plan)
    return bounded


def _withheld(plan: Plan, now: datetime) -> Plan:
    later = now + LOOK_AGAIN
    return msgspec.structs.replace(
        plan,
        effects=(),
        owner_id=None,
        status=None,
        sla=plan.lead.sla,
        next_check=later if plan.next_check is None else min(later, plan.next_check),
        withheld=WITHHELD,
    )
