"""How far a batch of leads has come, and what its settling will write into the index.

Nothing here speaks to the org or to Redis: sfsync/reconcile.py does, and says here what came of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from sfsync import witness
from sfsync.core.model import Lead, Plan
from sfsync.errors import SfsyncError
from sfsync.salesforce import refusals, rows
from sfsync.salesforce.refusals import Refusal

QUARANTINE = timedelta(days=1)
"""A lead that cannot be written is tried again when it or the policy changes, and after this long."""

SOMEBODY_LEFT = "INACTIVE_OWNER_OR_USER"

MAY_BE_ONE_LEADS = frozenset({"UNKNOWN_EXCEPTION", "QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG"})
"""Failures of a whole call that what one lead holds may cause."""

EVERYWHERE_AFTER = 8
"""So many calls about other leads fail, and none comes off: it is the org's trouble."""


class Call(StrEnum):
    """What is asked of the org about some leads; one kind may fail while another comes off."""

    READ = "read"
    EFFECTS = "effects"
    FIELDS = "fields"


@dataclass(slots=True)
class Batch:
    """The leads of one look; ids of leads wherever nothing else is said.

    Attributes:
        pending: not settled yet, in their order.
        keys: of the effects that were tried without coming to an end: the ledger is asked for them.
        tried: the leads as they were decided on when they were last written.
        inputs: what was decided on where there are effects, to be kept as evidence.
        last_error: why a lead is observed again.
        repeated: those to which the org said the same when they were tried before.
        waited: leads that got no turn in a round, and so were tried less often than ROUNDS says.
        checks: when to look again, in seconds since 1970; None takes the lead out of the index.
        fingerprints: the rows as they stand now, so that our own writes wake nobody.
        over: the rows of leads that are over and stand as they were read, with the times of their last change.
        newest: the newest change of owner or status of each lead that was looked at.
        unsure: the leads of which history and row did not agree: history may be late.
        refused: what cannot be read, and what the org does not let us write.
        converted: those that have events which do not look up yet what they became.
        to_post: ids of the ledger rows that have a post to make.
        withheld: so many plans wait for API requests.
        events: so many ledger rows were written.
        fields: so many leads were written.
        people_known: the users were read again since somebody turned out to have left.
        failed: the calls about some leads that failed in this round, each with the leads that it was about.
        came_off: the kinds of calls about leads that came off in this round.
        at_fault: a call about this lead alone failed, and in the same round one of its kind came off for others.
    """

    pending: dict[str, None]
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tried: dict[str, Lead] = field(default_factory=dict)
    inputs: dict[str, witness.Input] = field(default_factory=dict)
    last_error: dict[str, SfsyncError] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    waited: dict[str, SfsyncError] = field(default_factory=dict)
    checks: dict[str, int | None] = field(default_factory=dict)
    fingerprints: dict[str, bytes] = field(default_factory=dict)
    over: dict[str, int] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)
    converted: dict[str, None] = field(default_factory=dict)
    to_post: list[str] = field(default_factory=list)
    withheld: int = 0
    events: int = 0
    fields: int = 0
    people_known: bool = False
    failed: list[tuple[Call, tuple[str, ...]]] = field(default_factory=list)
    came_off: set[Call] = field(default_factory=set)
    at_fault: dict[str, None] = field(default_factory=dict)

    def may_be_of_old_people(self, error: SfsyncError) -> bool:
        """Whether the org refuses a user who has left since the users were read: then others are to be chosen."""
        return error.error_code == SOMEBODY_LEFT and not self.people_known

    def asks_who_is_there(self) -> bool:
        """Whether the users are to be read before the next round; true once."""
        asks = any(map(self.may_be_of_old_people, self.last_error.values()))
        self.people_known = self.people_known or asks
        return asks

    def not_written(self, lead: Lead, error: SfsyncError) -> None:
        """This lead, as it was decided on, was not written for this reason."""
        if lead.id in self.tried and self.last_code(lead.id) == error.error_code:
            self.repeated.add(lead.id)
        else:
            self.repeated.discard(lead.id)
        self.last_error[lead.id] = error
        self.tried[lead.id] = lead

    def fails(self, call: Call, lead_ids: Sequence[str], error: SfsyncError) -> None:
        """A call about these leads failed of what one of them may hold, or of whatever the org suffers from."""
        self.failed.append((call, tuple(lead_ids)))
        self.last_error |= dict.fromkeys(lead_ids, error)

    def fails_everywhere(self) -> bool:
        """Whether calls of one kind failed for lead after lead in this round, and none came off."""
        counted = Counter(call for call, _ in self.failed if call not in self.came_off)
        each_alone = {call for call, ids in self.failed if len(ids) == 1}
        return any(
            number >= EVERYWHERE_AFTER or (number > 1 and call in each_alone)
            for call, number in counted.items()
        )

    def end_round(self) -> None:
        """See which leads fail by themselves, and begin to count anew."""
        for call, ids in self.failed:
            if len(ids) == 1 and call in self.came_off:
                self.at_fault[ids[0]] = None
        self.failed.clear()
        self.came_off.clear()

    def blamed(self) -> list[str]:
        """The leads of which calls fail as far as can be told: the only one of its look, too."""
        if len(self.checks) + len(self.pending) == 1:
            return [id_ for id_ in self.pending if self.last_code(id_) in MAY_BE_ONE_LEADS]
        return [id_ for id_ in self.pending if id_ in self.at_fault]

    def last_code(self, lead_id: str) -> str | None:
        """What Salesforce said when this lead was tried last."""
        error = self.last_error.get(lead_id)
        return None if error is None else error.error_code

    def finish(self, lead_id: str, check: datetime | None, fingerprint: bytes | None = None) -> None:
        """The lead is settled: looked at again at `check`, never with None, and when its row is another."""
        del self.pending[lead_id]
        self.checks[lead_id] = None if check is None else int(check.timestamp())
        if fingerprint is not None:
            self.fingerprints[lead_id] = fingerprint

    def fingerprint(self, lead: Lead, worker_id: str) -> bytes:
        """What the poll remembers this row by, now that it was looked at with its history."""
        return rows.fingerprint(lead, worker_id, self.newest[lead.id])

    def done(self, plan: Plan, worker_id: str) -> None:
        """The plan is carried out: remember the row as it stands now.

        A change of owner or status is not remembered: its history row bears the time that counts, so the lead is
        looked at once more when the poll brings it. A converted lead is read-only: its row stays as it was read.
        The index keeps nothing of a lead that is over: its row is noted by itself.
        """
        self.events += len(plan.effects)
        moved = plan.owner_id is not None or plan.status is not None
        written = (bool(plan.effects) or plan.changes_fields) and not plan.lead.is_converted
        self.fields += written
        fingerprint = None
        if not moved:
            lead = plan.lead
            if written:
                sla = msgspec.structs.replace(plan.sla, revision=lead.sla.revision + 1)
                lead = msgspec.structs.replace(lead, sla=sla, modified_by=worker_id)
            fingerprint = self.fingerprint(lead, worker_id)
            if plan.next_check is None and not written and lead.id not in self.unsure:
                self.over[rows.change(lead, fingerprint)] = int(lead.modified_at.timestamp())
        self.finish(plan.lead.id, plan.next_check, fingerprint)

    def refuse(
        self,
        lead: Lead,
        reason: str,
        now: datetime,
        code: str,
        said: str = "",
        fingerprint: bytes | None = None,
    ) -> None:
        """This lead cannot be read or written until it or the configuration changes; the others go on."""
        told = f"{reason}: {said}" if said else reason
        one = Refusal(lead, reason, told, code, now, now + QUARANTINE, fingerprint)
        self.refused.append(one)
        self.finish(lead.id, lead.sla.next_check if refusals.is_said(one) else one.again)

    def put_back(self, now: datetime, *, but: Collection[str] = ()) -> None:
        """The leads that are left, but these, are due still: the next tick that reaches the org hands them out.

        Their attempt did come to an end, and is taken back: after an hour without an org, or behind a row lock that
        lasted, no lead is suspect. Those that never ended still count.
        """
        for lead_id in self.pending:
            if lead_id not in but:
                self.checks[lead_id] = int(now.timestamp())
