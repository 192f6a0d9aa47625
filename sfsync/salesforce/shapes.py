"""What a row holds, field by field: a row that holds something else cannot be read.

Salesforce keeps to its fields' types; what stands between it and us, a field that was given another type, or a
proxy, need not. The words for what is wrong name records, fields and types, never a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

import msgspec

from sfsync.salesforce.names import EXEMPT, SLA_FIELDS

At = Annotated[datetime, msgspec.Meta(tz=True)]
"""A REST datetime, `2026-11-02T09:00:00.000+0000`; `utc` makes aware UTC of it."""


class Unreadable(ValueError):
    """Raised when a row does not hold what its fields can hold."""


class Shape(msgspec.Struct, frozen=True, gc=False):
    """A row's fields under the names of the model's; fields of the row that are not named here may hold anything."""


class LeadRow(
    Shape,
    frozen=True,
    gc=False,
    kw_only=True,
    rename={
        "id": "Id",
        "owner_id": "OwnerId",
        "lead_status": "Status",
        "created_at": "CreatedDate",
        "modified_at": "SystemModstamp",
        "modified_by": "LastModifiedById",
        "is_converted": "IsConverted",
        "is_deleted": "IsDeleted",
        "master_id": "MasterRecordId",
        "exempt": EXEMPT,
        **SLA_FIELDS,
    },
):
    """A Lead, but for the fields that the mapping reads."""

    id: str
    owner_id: str
    lead_status: str | None
    created_at: At
    modified_at: At
    modified_by: str
    is_converted: bool
    is_deleted: bool
    master_id: str | None
    exempt: bool | None = None
    score: float | None = None
    band: str | None = None
    reasons: str | None = None
    status: str | None = None
    clock: str | None = None
    due_at: At | None = None
    next_check: At | None = None
    next_step: str | None = None
    attempts: float | None = None
    sync_error: str | None = None
    revision: float | None = None


class HistoryRow(
    Shape,
    frozen=True,
    gc=False,
    rename={
        "id": "Id",
        "field": "Field",
        "old": "OldValue",
        "new": "NewValue",
        "at": "CreatedDate",
        "by": "CreatedById",
    },
):
    """A LeadHistory row about owner or status."""

    id: str
    field: str
    old: str | None
    new: str | None
    at: At
    by: str


class EntryRow(
    Shape,
    frozen=True,
    gc=False,
    rename={
        "id": "Id",
        "key": "Key__c",
        "kind": "Kind__c",
        "clock": "Clock__c",
        "run": "Run__c",
        "step": "Step__c",
        "started_at": "Started_At__c",
        "due_at": "Due_At__c",
        "occurred_at": "Occurred_At__c",
        "rep": "Rep__c",
        "from_user": "From_User__c",
        "to_user": "To_User__c",
        "policy": "Policy__c",
        "committed_at": "CreatedDate",
    },
):
    """A row of the ledger."""

    id: str
    key: str
    kind: str
    clock: str | None
    run: str | None
    step: str | None
    started_at: At | None
    due_at: At | None
    occurred_at: At
    rep: str | None
    from_user: str | None
    to_user: str | None
    policy: str | None
    committed_at: At | None


class TaskRow(
    Shape,
    frozen=True,
    gc=False,
    rename={
        "id": "Id",
        "owner_id": "OwnerId",
        "is_closed": "IsClosed",
        "day": "ActivityDate",
        "created_at": "CreatedDate",
        "completed_at": "CompletedDateTime",
        "modified_at": "LastModifiedDate",
        "modified_by": "LastModifiedById",
        "key": "SFSync_Key__c",
    },
):
    """A Task, but for the fields that the policy's rules read."""

    id: str
    owner_id: str
    is_closed: bool
    day: date | None
    created_at: At
    completed_at: At | None
    modified_at: At
    modified_by: str
    key: str | None


class MeetingRow(
    Shape,
    frozen=True,
    gc=False,
    rename={
        "id": "Id",
        "owner_id": "OwnerId",
        "start": "StartDateTime",
        "end": "EndDateTime",
        "minutes": "DurationInMinutes",
        "day": "ActivityDate",
        "all_day": "IsAllDayEvent",
        "modified_at": "LastModifiedDate",
    },
):
    """An Event, but for the fields that the policy's rules read."""

    id: str
    owner_id: str
    start: At | None
    end: At | None
    minutes: float | None
    day: date | None
    all_day: bool
    modified_at: At


class MessageRow(
    Shape,
    frozen=True,
    gc=False,
    rename={
        "incoming": "Incoming",
        "sent_at": "MessageDate",
        "created_at": "CreatedDate",
        "created_by": "CreatedById",
    },
):
    """An EmailMessage, over the relationship of that name."""

    incoming: bool
    sent_at: At | None
    created_at: At
    created_by: str


class EmailRow(Shape, frozen=True, gc=False, rename={"id": "EmailMessageId", "message": "EmailMessage"}):
    """An EmailMessageRelation."""

    id: str
    message: MessageRow


class WaitingRow(
    Shape,
    frozen=True,
    gc=False,
    rename={
        "id": "Id",
        "name": "Name",
        "lead_id": "Lead_Id__c",
        "mentions": "Mentions__c",
        "text": "Detail__c",
        "state": "Chatter_State__c",
        "claimed_at": "Chatter_Claimed_At__c",
    },
):
    """A row of the ledger whose post is to be made."""

    id: str
    name: str
    lead_id: str
    mentions: str | None
    text: str | None
    state: str
    claimed_at: At | None


class RoleRow(Shape, frozen=True, gc=False, rename={"name": "Name"}):
    """A UserRole, over the relationship of that name."""

    name: str | None


class UserRow(
    Shape,
    frozen=True,
    gc=False,
    rename={
        "id": "Id",
        "username": "Username",
        "name": "Name",
        "manager_id": "ManagerId",
        "active": "IsActive",
        "time_zone": "TimeZoneSidKey",
        "role": "UserRole",
    },
):
    """A User."""

    id: str
    username: str
    name: str
    manager_id: str | None
    active: bool
    time_zone: str | None
    role: RoleRow | None = None


class QueueRow(Shape, frozen=True, gc=False, rename={"id": "Id", "name": "Name"}):
    """A Group that is a queue."""

    id: str
    name: str


_Read = TypeVar("_Read", bound=Shape)

_PLACE = re.compile(r" - at `\$\.([\w.]+)`$")
_ANOTHER = re.compile(r"Expected `([^`]+)`, got `(\w+)`")
_MISSING = re.compile(r"Object missing required field `(\w+)`")


def read(row: Mapping[str, Any], shape: type[_Read], what: str) -> _Read:
    """The row, once it is sure to have this shape; raises Unreadable, which calls it `what`."""
    try:
        return msgspec.convert(row, shape)
    except msgspec.ValidationError as error:
        raise Unreadable(f"{name(row, what)}: {_words(str(error))}") from None


def utc(at: datetime) -> datetime:
    """The same moment in UTC; Salesforce writes no other zone."""
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def optional_utc(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo is UTC else at.astimezone(UTC)


def name(row: Mapping[str, Any], what: str) -> str:
    """What a person finds the row by: its object and its Id, where that is one."""
    found = row.get("Id")
    return f"{what} {found}" if isinstance(found, str) and re.fullmatch("[A-Za-z0-9]{15,18}", found) else what


def _words(said: str) -> str:
    """What msgspec says, as an administrator understands it; none of its words that could quote a value."""
    place = _PLACE.search(said)
    field = place[1] if place is not None else "the row"
    if (missing := _MISSING.match(said)) is not None:
        return f"{missing[1]} is missing"
    if (another := _ANOTHER.match(said)) is not None:
        return f"{field} is {another[2]} where {another[1].removesuffix(' | null')} is expected"
    return f"{field} is not what its type can hold"
