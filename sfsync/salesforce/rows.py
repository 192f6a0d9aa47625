"""Salesforce's rows as the model's facts, and the model's values as Salesforce writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from sfsync.core.activities import Activities
from sfsync.core.model import Change, Entry, Interaction, Lead, LeadSla, OpenTask, User, Value
from sfsync.errors import Config
from sfsync.salesforce.names import EXEMPT, SLA_FIELDS

Row = Mapping[str, Any]

_WHOLE = frozenset({"score", "revision", "attempts"})
_MOMENTS = frozenset({"due_at", "next_check"})


def moment(text: str) -> datetime:
    """A REST datetime (`2026-11-02T09:00:00.000+0000`) as aware UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def optional_moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def written(value: object) -> object:
    """A value as the REST API takes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date):
        return value.isoformat()
    return value


def lead(row: Row, sources: Sequence[str]) -> Lead:
    """A Lead from its row; `sources` are the fields that the mapping reads."""
    return Lead(
        id=row["Id"],
        owner_id=row["OwnerId"],
        status=row["Status"] or "",
        created_at=moment(row["CreatedDate"]),
        modified_at=moment(row["SystemModstamp"]),
        modified_by=row["LastModifiedById"],
        is_converted=row["IsConverted"],
        is_deleted=row["IsDeleted"],
        master_id=row["MasterRecordId"],
        exempt=bool(row.get(EXEMPT)),
        values={source: _value(row, source) for source in sources},
        sla=_sla(row),
    )


def _value(row: Row, source: str) -> Value:
    found: Any = row
    for part in source.split("."):
        if not isinstance(found, Mapping):
            return None
        if part not in found:
            raise called_otherwise(source)
        found = found[part]
    return found if isinstance(found, str | int | float | bool) else None


def called_otherwise(name: str) -> Config:
    """What is wrong when a row has no field of the name that it was asked for.

    Salesforce takes names in any case and answers with its own: a field in the wrong case would be blank for ever.
    """
    return Config(
        f"the org's field {name} is written otherwise: names are as Setup shows them, also in upper and lower case",
        error_code="INVALID_FIELD",
    )


def _sla(row: Row) -> LeadSla:
    fields: dict[str, Any] = {}
    for name, field in SLA_FIELDS.items():
        value = row.get(field)
        if name in _WHOLE:
            value = int(value) if value is not None else (0 if name == "revision" else None)
        elif name in _MOMENTS:
            value = optional_moment(value)
        fields[name] = value
    return LeadSla(**fields)


def fingerprint(lead: Lead, worker_id: str) -> bytes:
    """What the poll remembers a looked-at row by.

    All that a decision reads of the row is in it. The time of the last change is left out when that change
    was our own, since a write's reply does not tell it; somebody else's change always brings its time.
    """
    ours = lead.modified_by == worker_id
    seen = (
        lead.owner_id,
        lead.status,
        "" if ours else f"{lead.modified_by} {lead.modified_at.timestamp()}",
        lead.is_converted,
        lead.is_deleted,
        lead.exempt,
        sorted(lead.values.items()),
        lead.sla,
    )
    return blake2b(msgspec.msgpack.encode(seen), digest_size=12).digest()


def patch(before: LeadSla, after: LeadSla) -> dict[str, object]:
    """The worker-owned fields to write so that `before` becomes `after`; the revision is not among them."""
    return {
        field: written(getattr(after, name))
        for name, field in SLA_FIELDS.items()
        if name != "revision" and getattr(after, name) != getattr(before, name)
    }


def changes(rows: Iterable[Row]) -> tuple[Change, ...]:
    """LeadHistory rows about owner and status, in the order in which they happened.

    An owner change writes two rows, one with names and one with ids; the one with ids is kept. Rows of one
    second are put in order by the chain of old and new values.
    """
    found: dict[str, list[Change]] = {"Owner": [], "Status": []}
    for row in rows:
        field = row["Field"]
        if field in OWNER_FIELDS:
            if not (_is_owner(row["NewValue"]) and _is_owner(row["OldValue"])):
                continue
            field = "Owner"
        elif field != "Status":
            continue
        found[field].append(
            Change(
                row["Id"],
                field,
                row["OldValue"],
                row["NewValue"],
                moment(row["CreatedDate"]),
                row["CreatedById"],
            )
        )
    ordered = [change for field in found.values() for change in _chained(field)]
    return tuple(sorted(ordered, key=lambda change: change.at))


OWNER_FIELDS = frozenset({"Owner", "ownerAccepted", "ownerAssignment"})
"""Values of LeadHistory.Field that mean a change of owner [G beyond Owner]."""


def _is_owner(value: object) -> bool:
    return isinstance(value, str) and len(value) == 18 and value[:3] in ("005", "00G")


def _chained(found: list[Change]) -> list[Change]:
    remaining = sorted(found, key=lambda change: (change.at, change.id))
    chain: list[Change] = []
    while remaining:
        at = remaining[0].at
        tied = [change for change in remaining if change.at == at]
        previous = chain[-1].new if chain else None
        news = {change.new for change in tied}
        follows = next((change for change in tied if previous is not None and change.old == previous), None)
        first = follows or next((change for change in tied if change.old not in news), tied[0])
        chain.append(first)
        remaining.remove(first)
    return chain


def entry(row: Row) -> Entry:
    """A ledger row."""
    return Entry(
        id=row["Id"],
        key=row["Key__c"],
        kind=row["Kind__c"],
        clock=row["Clock__c"],
        run=row["Run__c"],
        step=row["Step__c"],
        started_at=optional_moment(row["Started_At__c"]),
        due_at=optional_moment(row["Due_At__c"]),
        occurred_at=moment(row["Occurred_At__c"]),
        rep=row["Rep__c"],
        from_user=row["From_User__c"],
        to_user=row["To_User__c"],
        policy=row["Policy__c"],
        committed_at=optional_moment(row["CreatedDate"]),
    )


def task(row: Row, rules: Activities, worker_id: str, zone: str) -> Interaction | OpenTask | None:
    """What a Task about a lead means: an interaction, a Task of our own that waits, or nothing.

    A completed Task took place when it was completed, or on the day for which it was logged in the `zone` of whose
    it is (Activities.took_place). One that the worker itself completed is none: nobody spoke with the lead.
    Without CompletedDateTime it is when the org was last told about it.
    """
    key = row["SFSync_Key__c"]
    if not row["IsClosed"]:
        return OpenTask(row["Id"], key, row["OwnerId"]) if key else None
    if row["LastModifiedById"] == worker_id:
        return None
    kind = rules.task(row, ours=bool(key))
    if kind is None:
        return None
    known_at = moment(row["LastModifiedDate"])
    day = None if row["ActivityDate"] is None else date.fromisoformat(row["ActivityDate"])
    completed = optional_moment(row["CompletedDateTime"]) or known_at
    at = rules.took_place(day, moment(row["CreatedDate"]), completed, known_at, zone)
    return Interaction(
        row["Id"], kind, at, row["OwnerId"], known_at, answered=kind == "meeting" or rules.answered(row)
    )


def meeting(row: Row, rules: Activities) -> Interaction | None:
    """The meeting that an Event is: it takes place when it is over; one without any time is none."""
    at = _over(row)
    if at is None or not rules.is_meeting(row):
        return None
    return Interaction(
        row["Id"], "meeting", at, row["OwnerId"], moment(row["LastModifiedDate"]), answered=True
    )


def _over(row: Row) -> datetime | None:
    """When an Event is over: a whole day's with the end of the day.

    All its times may be empty [D]. Without an end it lasts for its duration, and without that until the end of its
    day.
    """
    end, start = optional_moment(row["EndDateTime"]), optional_moment(row["StartDateTime"])
    if end is not None:
        return end + timedelta(days=1) if row["IsAllDayEvent"] else end
    if start is not None and row["DurationInMinutes"] is not None:
        return start + timedelta(minutes=row["DurationInMinutes"])
    if row["ActivityDate"] is None:
        return start
    return datetime.fromisoformat(row["ActivityDate"]).replace(tzinfo=UTC) + timedelta(days=1)


def in_order(found: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """Interactions as they happened, each once; those of one second by their Ids."""
    return tuple(sorted({one.id: one for one in found}.values(), key=lambda one: (one.at, one.id)))


def email(row: Row) -> Interaction:
    """An EmailMessage, by its relation to the lead: the lead's own reply when it came in, else a rep's."""
    message = row["EmailMessage"]
    known_at = moment(message["CreatedDate"])
    at = optional_moment(message["MessageDate"]) or known_at
    if message["Incoming"]:
        return Interaction(row["EmailMessageId"], "reply", at, "", known_at, answered=True)
    return Interaction(row["EmailMessageId"], "email", at, message["CreatedById"], known_at)


def user(row: Row) -> User:
    """A user; the role's name comes over the relationship UserRole."""
    return User(
        id=row["Id"],
        username=row["Username"],
        name=row["Name"],
        role=(row.get("UserRole") or {}).get("Name"),
        manager_id=row["ManagerId"],
        active=row["IsActive"],
        time_zone=row["TimeZoneSidKey"] or "UTC",
    )
