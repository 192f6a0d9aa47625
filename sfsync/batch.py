"""How far a batch of leads has come, and what its settling will write into the index.

Nothing here speaks to the org or to Redis: sfsync/reconcile.py does, and says here what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from sfsync import witness
from sfsync.core.model import Lead, Plan
from sfsync.errors import SfsyncError
from sfsync.salesforce import refusals, rows
from sfsync.salesforce.refusals import Refusal

QUARANTINE = timedelta(days=1)
"""A lead that cannot be written is tried again when it or the policy changes, and after this long."""

SOMEBODY_LEFT = "INACTIVE_OWNER_OR_USER"


@dataclass(slots=True)
class Batch:
    """The leads of one look; ids of leads wherever nothing else is said.

    Attributes:
        pending: not settled yet, in their order.
        keys: of the effects that were tried without coming to an end: the ledger is asked for them.
        inputs: what was decided on where there are effects, to be kept as evidence.
        last_error: why a lead is observed again.
        checks: when to look again, in seconds since 1970; None takes the lead out of the index.
        fingerprints: the rows as they stand now, so that our own writes wake nobody.
        refused: what the org does not let us write.
        to_post: ids of the ledger rows that have a post to make.
        withheld: so many plans wait for API requests.
        events: so many ledger rows were written.
        fields: so many leads were written.
        people_known: the users were read again since somebody turned out to have left.
    """

    pending: dict[str, None]
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: dict[str, witness.Input] = field(default_factory=dict)
    last_error: dict[str, SfsyncError] = field(default_factory=dict)
    checks: dict[str, int | None] = field(default_factory=dict)
    fingerprints: dict[str, bytes] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    to_post: list[str] = field(default_factory=list)
    withheld: int = 0
    events: int = 0
    fields: int = 0
    people_known: bool = False

    def may_be_of_old_people(self, error: SfsyncError) -> bool:
        """Whether the org refuses a user who has left since the users were read: then others are to be chosen."""
        return error.error_code == SOMEBODY_LEFT and not self.people_known

    def asks_who_is_there(self) -> bool:
        """Whether the users are to be read before the next round; true once."""
        asks = any(map(self.may_be_of_old_people, self.last_error.values()))
        self.people_known = self.people_known or asks
        return asks

    def finish(self, lead_id: str, check: datetime | None, fingerprint: bytes | None = None) -> None:
        """The lead is settled: looked at again at `check`, never with None, and when its row is another."""
        del self.pending[lead_id]
        self.checks[lead_id] = None if check is None else int(check.timestamp())
        if fingerprint is not None:
            self.fingerprints[lead_id] = fingerprint

    def done(self, plan: Plan, worker_id: str) -> None:
        """The plan is carried out: remember the row as it stands now.

        A change of owner or status is not remembered: its history row bears the time that counts, so the lead is
        looked at once more when the poll brings it.
        """
        self.events += len(plan.effects)
        moved = plan.owner_id is not None or plan.status is not None
        written = bool(plan.effects) or plan.changes_fields
        self.fields += written
        fingerprint = None
        if not moved:
            lead = plan.lead
            if written:
                sla = msgspec.structs.replace(plan.sla, revision=lead.sla.revision + 1)
                lead = msgspec.structs.replace(lead, sla=sla, modified_by=worker_id)
            fingerprint = rows.fingerprint(lead, worker_id)
        self.finish(plan.lead.id, plan.next_check, fingerprint)

    def refuse(self, lead: Lead, reason: str, now: datetime, code: str, said: str = "") -> None:
        """This lead cannot be written until it or the configuration changes; the others go on."""
        told = f"{reason}: {said}" if said else reason
        one = Refusal(lead, reason, told, code, now, now + QUARANTINE)
        self.refused.append(one)
        self.finish(lead.id, lead.sla.next_check if refusals.is_said(one) else one.again)

    def put_back(self, now: datetime) -> None:
        """The leads that are left are due still: the next tick that reaches the org hands them out.

        Settling them forgets the attempt, which did come to an end: after an hour without an org, or behind a row
        lock that lasted, no lead is suspect.
        """
        for lead_id in self.pending:
            self.checks[lead_id] = int(now.timestamp())
