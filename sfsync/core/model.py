"""The facts that decisions are made of, and the plans that come out.

Everything here is frozen, and built of plain values, so that a decision can be written down and made again.
All datetimes are aware UTC. Ids are Salesforce's 18 characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import final

import msgspec

Value = str | int | float | bool | None
"""What a field of Salesforce's holds, as it arrives; a whole number stays one, being another text than with a point."""

Mapped = Value | datetime
"""What the mapping makes of it, and conditions compare."""

NOW = "now"
"""The time of the decision is one of the values that conditions see; no field can be called so."""


class Kind(StrEnum):
    """What an SLA_Event__c row records (its Kind__c)."""

    BAND_ENTERED = "Band Entered"
    WARNED = "Warned"
    REMINDED = "Reminded"
    ESCALATED = "Escalated"
    EXECUTIVE_NOTIFIED = "Executive Notified"
    REASSIGNED = "Reassigned"
    ROUTED = "Routed"
    MET = "Met"
    BREACHED = "Breached"
    CLOSED_LATE = "Closed Late"
    NURTURED = "Nurtured"
    ATTEMPT_DUE = "Attempt Due"
    MANAGER_DECISION = "Manager Decision"
    LATE_ENTRY = "Late Entry"
    EXCUSED = "Excused"
    REVIEW_DUE = "Review Due"
    RELEASED = "Released"
    ERROR = "Error"
    ARCHIVED = "Archived"


class SlaStatus(StrEnum):
    """How the lead's most urgent clock stands (SLA_Status__c)."""

    ON_TRACK = "On Track"
    AT_RISK = "At Risk"
    OVERDUE = "Overdue"
    MET = "Met"
    PAUSED = "Paused"
    NOT_APPLICABLE = "Not Applicable"


class LeadSla(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The worker-owned fields of a lead, as they stand on the row."""

    score: int | None = None
    band: str | None = None
    reasons: str | None = None
    status: str | None = None
    clock: str | None = None
    due_at: datetime | None = None
    next_check: datetime | None = None
    next_step: str | None = None
    attempts: int | None = None
    sync_error: str | None = None
    revision: int = 0


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """One Lead row.

    Attributes:
        modified_at: SystemModstamp.
        modified_by: LastModifiedById.
        master_id: the winner's id when this lead lost a merge.
        exempt: SLA_Exempt__c: scored, but no clock and no effect touches it.
        values: the fields that the mapping reads, by Salesforce's name.
    """

    id: str
    owner_id: str
    status: str
    created_at: datetime
    modified_at: datetime
    modified_by: str
    is_converted: bool = False
    is_deleted: bool = False
    master_id: str | None = None
    exempt: bool = False
    values: Mapping[str, Value] = {}
    sla: LeadSla = LeadSla()


class Change(msgspec.Struct, frozen=True, gc=False):
    """A LeadHistory row about owner or status. `field` is `Owner` or `Status`; owners are ids."""

    id: str
    field: str
    old: str | None
    new: str | None
    at: datetime
    by: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of the ledger, SLA_Event__c.

    Attributes:
        occurred_at: when it was decided.
        policy: the hash of the policy that wrote it.
        committed_at: when the org had it; None for one that is about to be, and in evidence of before this was kept.
    """

    id: str
    key: str
    kind: str
    clock: str | None = None
    run: str | None = None
    step: str | None = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    occurred_at: datetime
    rep: str | None = None
    from_user: str | None = None
    to_user: str | None = None
    policy: str | None = None
    committed_at: datetime | None = None

    @property
    def told_at(self) -> datetime:
        """When whoever it is about could know of it: between decision and commit hours may pass."""
        return self.committed_at or self.occurred_at


@final
class Interaction(msgspec.Struct, frozen=True, gc=False):
    """A contact between a rep and a lead: a completed Task, an Event that was or will be held, an e-mail.

    Attributes:
        id: of the Task, Event or EmailMessage.
        kind: `call`, `email`, `meeting` or `reply`.
        at: when it took place; of an Event that lies ahead, when it will be over.
        by: whose it is (OwnerId); empty for a reply, which is the lead's own.
        known_at: when the org was last told about it: what was logged late shows.
        answered: the lead spoke: a reply, a meeting, or what the policy's words say.
    """

    id: str
    kind: str
    at: datetime
    by: str
    known_at: datetime
    answered: bool = False


class OpenTask(msgspec.Struct, frozen=True, gc=False):
    """A Task of the worker's own making that is not completed; `key` is the effect's that made it."""

    id: str
    key: str
    owner_id: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision about one lead needs to know of that lead.

    `changes`, `ledger` and `interactions` are in the order in which they happened; the last are empty, like
    `open_tasks`, where the policy does not ask for them. Where `history_known` is False the history does not
    lead to what stands on the row: no clock can be counted.
    """

    lead: Lead
    changes: tuple[Change, ...] = ()
    ledger: tuple[Entry, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    open_tasks: tuple[OpenTask, ...] = ()
    history_known: bool = True

    def held(self, now: datetime) -> tuple[Interaction, ...]:
        """The interactions that took place in the lead's life until `now`."""
        found, since = self.interactions, self.lead.created_at
        if not found or (since <= found[0].at and found[-1].at <= now):
            return found
        return tuple(one for one in found if since <= one.at <= now)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A Salesforce user, as far as routing and escalation care."""

    id: str
    username: str
    name: str
    role: str | None = None
    manager_id: str | None = None
    active: bool = True
    time_zone: str = "UTC"


OWNER = ("owner_username", "owner_role", "owner_time_zone")
"""What conditions can ask of the user who owns a lead or a run, where they are told whose it is."""


def of_owner(user: User | None) -> dict[str, Mapped]:
    """These values of a user; all blank for a queue."""
    if user is None:
        return dict.fromkeys(OWNER)
    return dict(zip(OWNER, (user.username, user.role, user.time_zone), strict=True))


class Org(msgspec.Struct, frozen=True, kw_only=True):
    """What is configured in the org: people and queues, and since when the policy is enforced.

    Attributes:
        worker_id: the user that sfsync signs in as.
        users: by id.
        queues: a queue's id to its name.
        enforce_from: runs and bands that began earlier are baselined.
    """

    worker_id: str
    users: Mapping[str, User]
    queues: Mapping[str, str]
    enforce_from: datetime


def is_queue(owner_id: str) -> bool:
    """Whether a lead with this owner waits in a queue."""
    return owner_id.startswith("00G")


class Loads(msgspec.Struct, frozen=True):
    """How much each rep carries, and when each was last given a lead; both by user id."""

    open_leads: Mapping[str, int] = {}
    last_given: Mapping[str, datetime] = {}

    def given(self, user_id: str, at: datetime) -> Loads:
        """The loads after this rep was given one more lead at `at`."""
        return Loads(
            {**self.open_leads, user_id: self.open_leads.get(user_id, 0) + 1},
            {**self.last_given, user_id: at},
        )


class TaskToCreate(msgspec.Struct, frozen=True):
    """A Task for a person, due on a day of that person's calendar."""

    owner_id: str
    subject: str
    due: date
    priority: str = "Normal"
    description: str = ""


class Minutes(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The wall time of a run by cause, in minutes to the hundredth; core/blame.py says what each one is."""

    outside_hours: float = 0.0
    paused: float = 0.0
    unassigned: float = 0.0
    sync: float = 0.0
    rep: float = 0.0


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens exactly once: a ledger row, and what goes with it.

    Attributes:
        key: names the fact that caused it, never the time at which it was noticed.
        due_at: when what this row records fell due.
        adherent: 1 met, 0 breached, None where the row does not count towards adherence.
        uncounts: the Id of an earlier row, which does not count towards adherence any more.
        minutes: the run's time by cause, on rows that say that it is or was too late.
        mentions: whom the row's Chatter post mentions; no post when empty.
        detail: what happened, in a rep's words; also the post's text.
    """

    key: str
    kind: Kind
    clock: str | None = None
    run: str | None = None
    step: str | None = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    occurred_at: datetime
    rep: str | None = None
    from_user: str | None = None
    to_user: str | None = None
    to_queue: str | None = None
    adherent: int | None = None
    uncounts: str | None = None
    minutes: Minutes | None = None
    task: TaskToCreate | None = None
    mentions: tuple[str, ...] = ()
    detail: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done about one lead, and when to look again.

    Attributes:
        lead: the row that was decided on; the guards compare with it.
        effects: in the order in which they are to be written.
        owner_id, status: the new ones, or None to leave them.
        sla: the worker-owned fields as they shall stand; written where they differ.
        next_check: when to look again; None for a lead that is over.
        needs_routing: the plan is not final: decide again with loads.
        withheld: why an owner change that is due is not in the plan, if so.
        left_alone: no policy applies to this lead.
        closes: our own Tasks that are done with; best effort, since a rep's Tasks may be out of our reach.
    """

    lead: Lead
    effects: tuple[Effect, ...] = ()
    owner_id: str | None = None
    status: str | None = None
    sla: LeadSla
    next_check: datetime | None = None
    needs_routing: bool = False
    withheld: str | None = None
    left_alone: bool = False
    closes: tuple[str, ...] = ()

    @property
    def changes_fields(self) -> bool:
        """Whether anything on the lead is to be written."""
        return self.owner_id is not None or self.status is not None or self.sla != self.lead.sla
