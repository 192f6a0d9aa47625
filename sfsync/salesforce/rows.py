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
from sfsync.salesforce import shapes
from sfsync.salesforce.names import EVENT, GUARD, HISTORIES, SLA_FIELDS
from sfsync.salesforce.shapes import Unreadable

Row = Mapping[str, Any]

_LARGEST = 2**63
"""What a number of Salesforce's stays below, and msgspec can write."""


def moment(text: str) -> datetime:
    """A REST datetime (`2026-11-02T09:00:00.000+0000`) as aware UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def optional_moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def legible_moment(found: object) -> datetime | None:
    """The moment that stands there; None where there is none that can be read."""
    try:
        return moment(found) if isinstance(found, str) else None
    except (ValueError, OverflowError):
        return None


def written(value: object) -> object:
    """A value as the REST API takes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date):
        return value.isoformat()
    return value


def lead(row: Row, sources: Sequence[str]) -> Lead:
    """A Lead from its row; `sources` are the fields that the mapping reads. Raises Unreadable."""
    found = shapes.read(row, shapes.LeadRow, "Lead")
    return Lead(
        id=found.id,
        owner_id=found.owner_id,
        status=found.lead_status or "",
        created_at=shapes.utc(found.created_at),
        modified_at=shapes.utc(found.modified_at),
        modified_by=found.modified_by,
        is_converted=found.is_converted,
        is_deleted=found.is_deleted,
        master_id=found.master_id,
        exempt=bool(found.exempt),
        values={source: _value(row, source) for source in sources},
        sla=LeadSla(
            score=_whole(found.score),
            band=found.band,
            reasons=found.reasons,
            status=found.status,
            clock=found.clock,
            due_at=shapes.optional_utc(found.due_at),
            next_check=shapes.optional_utc(found.next_check),
            next_step=found.next_step,
            attempts=_whole(found.attempts),
            sync_error=found.sync_error,
            revision=_whole(found.revision) or 0,
        ),
    )


def _value(row: Row, source: str) -> Value:
    found: Any = row
    for part in source.split("."):
        if not isinstance(found, Mapping):
            return None
        if part not in found:
            raise called_otherwise(source)
        found = found[part]
    if type(found) is int and not -_LARGEST <= found < _LARGEST:
        raise Unreadable(f"{shapes.name(row, 'Lead')}: {source} is larger than any number of Salesforce's")
    return found if isinstance(found, str | int | float | bool) else None


def called_otherwise(name: str) -> Config:
    """What is wrong when a row has no field of the name that it was asked for.

    Salesforce takes names in any case and answers with its own: a field in the wrong case would be blank for ever.
    """
    return Config(
        f"the org's field {name} is written otherwise: names are as Setup shows them, also in upper and lower case",
        error_code="INVALID_FIELD",
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


_BLANK = {
    "Id": "",
    "OwnerId": "",
    "Status": None,
    "CreatedDate": "1970-01-01T00:00:00.000+0000",
    "SystemModstamp": "1970-01-01T00:00:00.000+0000",
    "LastModifiedById": "",
    "IsConverted": False,
    "IsDeleted": False,
    "MasterRecordId": None,
}


def salvaged(row: Row) -> Lead:
    """What can be read of a Lead that cannot be read as a whole, without the fields that the mapping reads.

    The rest is blank: nothing may be decided on it.
    """
    readable = dict(_BLANK)
    for field, value in row.items():
        try:
            lead({**_BLANK, field: value}, ())
        except (Unreadable, OverflowError):
            continue
        readable[field] = value
    return lead(readable, ())


def raw_fingerprint(row: Row, worker_id: str) -> bytes:
    """What the poll remembers a row by that cannot be read; like `fingerprint`, our own writes do not change it."""
    unseen = {"attributes", HISTORIES, GUARD, *SLA_FIELDS.values()}
    if row.get("LastModifiedById") == worker_id:
        unseen |= {"SystemModstamp", "LastModifiedById"}
    seen = sorted((field, repr(value)) for field, value in row.items() if field not in unseen)
    return blake2b(repr(seen).encode("utf-8", "backslashreplace"), digest_size=12).digest()


def fingerprint(lead: Lead, worker_id: str, newest: str) -> bytes:
    """What the poll remembers a looked-at row by; `newest` is the newest of its history that was looked at.

    All that a decision reads of the row is in it. The time of the last change is left out when that change
    was our own, since a write's reply does not tell it; somebody else's change always brings its time. Where both
    happened, ours hides theirs: an owner who has got the lead back, or a status that is as it was, shows in
    history alone.
    """
    ours = lead.modified_by == worker_id
    seen = (
        lead.owner_id,
        lead.status,
        "" if ours else f"{lead.modified_by} {lead.modified_at.timestamp()}",
        lead.is_converted,
        lead.is_deleted,
        lead.exempt,
        newest,
        sorted(lead.values.items()),
        lead.sla,
    )
    return blake2b(msgspec.msgpack.encode(seen), digest_size=12).digest()


def change(lead: Lead, fingerprint: bytes) -> str:
    """What the poll remembers the row of a lead that is over by while it reads it again.

    With the time of the last change, whoever made it: nobody looks at the lead later on if this is taken for another.
    """
    return f"{lead.id} {lead.modified_at.timestamp():.0f} {fingerprint.hex()}"


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
    second are put in order by the chain of old and new values. Raises Unreadable.
    """
    found: dict[str, list[Change]] = {"Owner": [], "Status": []}
    for row in rows:
        field = row["Field"]
        if not isinstance(field, str):
            raise Unreadable(f"{shapes.name(row, 'LeadHistory')}: Field is no text")
        if field in OWNER_FIELDS:
            if not (_is_owner(row["NewValue"]) and _is_owner(row["OldValue"])):
                continue
            field = "Owner"
        elif field != "Status":
            continue
        one = shapes.read(row, shapes.HistoryRow, "LeadHistory")
        found[field].append(Change(one.id, field, one.old, one.new, shapes.utc(one.at), one.by))
    ordered = [change for field in found.values() for change in _chained(field)]
    return tuple(sorted(ordered, key=lambda change: change.at))


def newest(history: Iterable[Row]) -> str:
    """The Id of the newest legible row about owner or status; blank where there is none."""
    found = (
        (row["CreatedDate"], row["Id"])
        for row in history
        if isinstance(row["Field"], str) and row["Field"] in (*OWNER_FIELDS, "Status")
    )
    return max(filter(_are_texts, found), default=("", ""))[1]


def _are_texts(found: tuple[object, ...]) -> bool:
    return all(isinstance(one, str) for one in found)


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
    """A ledger row. Raises Unreadable."""
    found = shapes.read(row, shapes.EntryRow, EVENT)
    return Entry(
        id=found.id,
        key=found.key,
        kind=found.kind,
        clock=found.clock,
        run=found.run,
        step=found.step,
        started_at=shapes.optional_utc(found.started_at),
        due_at=shapes.optional_utc(found.due_at),
        occurred_at=shapes.utc(found.occurred_at),
        rep=found.rep,
        from_user=found.from_user,
        to_user=found.to_user,
        policy=found.policy,
        committed_at=shapes.optional_utc(found.committed_at),
    )


def task(row: Row, rules: Activities, worker_id: str, zone: str) -> Interaction | OpenTask | None:
    """What a Task about a lead means: an interaction, a Task of our own that waits, or nothing. Raises Unreadable.

    A completed Task took place when it was completed, or on the day for which it was logged in the `zone` of whose
    it is (Activities.took_place). One that the worker itself completed is none: nobody spoke with the lead.
    Without CompletedDateTime it is when the org was last told about it.
    """
    found = shapes.read(row, shapes.TaskRow, "Task")
    if not found.is_closed:
        return OpenTask(found.id, found.key, found.owner_id) if found.key else None
    if found.modified_by == worker_id:
        return None
    kind = rules.task(row, ours=bool(found.key))
    if kind is None:
        return None
    known_at = shapes.utc(found.modified_at)
    completed = shapes.optional_utc(found.completed_at) or known_at
    at = rules.took_place(found.day, shapes.utc(found.created_at), completed, known_at, zone)
    answered = kind == "meeting" or rules.answered(row)
    return Interaction(found.id, kind, at, found.owner_id, known_at, answered=answered)


def meeting(row: Row, rules: Activities) -> Interaction | None:
    """The meeting that an Event is: it takes place when it is over; one without any time is none. Raises Unreadable."""
    found = shapes.read(row, shapes.MeetingRow, "Event")
    at = _over(found)
    if at is None or not rules.is_meeting(row):
        return None
    return Interaction(found.id, "meeting", at, found.owner_id, shapes.utc(found.modified_at), answered=True)


def _over(event: shapes.MeetingRow) -> datetime | None:
    """When an Event is over: a whole day's with the end of the day.

    All its times may be empty [D]. Without an end it lasts for its duration, and without that until the end of its
    day.
    """
    end, start = shapes.optional_utc(event.end), shapes.optional_utc(event.start)
    if end is not None:
        return end + timedelta(days=1) if event.all_day else end
    if start is not None and event.minutes is not None:
        return start + timedelta(minutes=event.minutes)
    if event.day is None:
        return start
    return datetime(event.day.year, event.day.month, event.day.day, tzinfo=UTC) + timedelta(days=1)


def in_order(found: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """Interactions as they happened, each once; those of one second by their Ids."""
    return tuple(sorted({one.id: one for one in found}.values(), key=lambda one: (one.at, one.id)))


def email(row: Row) -> Interaction:
    """An EmailMessage, by its relation to the lead: the lead's own reply when it came in, else a rep's.

    Raises Unreadable.
    """
    found = shapes.read(row, shapes.EmailRow, "EmailMessageRelation")
    message = found.message
    known_at = shapes.utc(message.created_at)
    at = shapes.optional_utc(message.sent_at) or known_at
    if message.incoming:
        return Interaction(found.id, "reply", at, "", known_at, answered=True)
    return Interaction(found.id, "email", at, message.created_by, known_at)


def user(row: Row) -> User:
    """A user; the role's name comes over the relationship UserRole. Raises Unreadable."""
    found = shapes.read(row, shapes.UserRow, "User")
    return User(
        id=found.id,
        username=found.username,
        name=found.name,
        role=None if found.role is None else found.role.name,
        manager_id=found.manager_id,
        active=found.active,
        time_zone=found.time_zone or "UTC",
    )


def queue(row: Row) -> tuple[str, str]:
    """A queue's id and name. Raises Unreadable."""
    found = shapes.read(row, shapes.QueueRow, "Group")
    return found.id, found.name
