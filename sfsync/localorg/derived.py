"""Fields that the org works out itself from others of the same row, before the row is saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sfsync.localorg.errors import ApiError
from sfsync.localorg.schema import ObjectType, Row

_SERIES = ("Recurrence", "IsRecurrence")


def _set(row: Row, name: str, value: str | int | None) -> None:
    if value is None or value == "":
        row.pop(name, None)
    else:
        row[name] = value


def _person(object_type: ObjectType, row: Row, prior: Row | None, now: int, user_id: str) -> None:
    first, last = row.get("FirstName"), row.get("LastName")
    _set(row, "Name", f"{first} {last}" if first and last else str(last or first or ""))


def _lead(object_type: ObjectType, row: Row, prior: Row | None, now: int, user_id: str) -> None:
    _person(object_type, row, prior, now, user_id)
    if prior is None:
        row["IsUnreadByOwner"] = row.get("OwnerId") != user_id
    elif prior.get("OwnerId") != row.get("OwnerId"):
        row["IsUnreadByOwner"] = True


def _refuse_series(row: Row) -> None:
    """A row that would make others is refused, not saved alone."""
    asked = sorted(name for name, value in row.items() if name.startswith(_SERIES) and value is not False)
    if asked:
        raise ApiError.of(
            400, "FIELD_INTEGRITY_EXCEPTION", "recurring activities are not supported by this org", asked
        )


def _task(object_type: ObjectType, row: Row, prior: Row | None, now: int, user_id: str) -> None:
    if str(row.get("WhoId", ""))[:3] == "00Q" and row.get("WhatId") is not None:
        raise ApiError.of(
            400,
            "FIELD_INTEGRITY_EXCEPTION",
            "Related To ID: A lead cannot be associated with a related object",
            ("WhatId",),
        )
    _refuse_series(row)
    status, priority = row.get("Status"), row.get("Priority")
    closed = any(one.closed and one.value == status for one in object_type.fields["Status"].picklist)
    row["IsHighPriority"] = any(
        one.high_priority and one.value == priority for one in object_type.fields["Priority"].picklist
    )
    if closed and not row.get("IsClosed"):
        row["CompletedDateTime"] = now
    elif not closed:
        row.pop("CompletedDateTime", None)
    row["IsClosed"] = closed


def _event(object_type: ObjectType, row: Row, prior: Row | None, now: int, user_id: str) -> None:
    _refuse_series(row)
    if prior is None:
        row.setdefault("EventSubtype", "Event")
    start = row.get("StartDateTime")
    activity = row.get("ActivityDateTime")
    if prior is None or prior.get("StartDateTime") != start:
        activity = start if start is not None else activity
    elif prior.get("ActivityDateTime") != activity:
        start = activity
    start = start if start is not None else activity
    if row.get("IsAllDayEvent") and start is None and isinstance(row.get("ActivityDate"), str):
        start = int(datetime.fromisoformat(str(row["ActivityDate"])).replace(tzinfo=UTC).timestamp())
    if not isinstance(start, int):
        raise ApiError.of(
            400,
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [ActivityDateTime]",
            ("ActivityDateTime",),
        )
    end, minutes = row.get("EndDateTime"), row.get("DurationInMinutes")
    end_moved = prior is None or prior.get("EndDateTime") != end
    minutes_moved = prior is None or prior.get("DurationInMinutes") != minutes
    if isinstance(end, int) and end_moved:
        if minutes_moved and isinstance(minutes, int) and start + minutes * 60 != end:
            raise ApiError.of(
                400,
                "FIELD_INTEGRITY_EXCEPTION",
                "Duration: End must be Start plus Duration",
                ("DurationInMinutes",),
            )
        minutes = (end - start) // 60
    elif isinstance(minutes, int):
        end = start + minutes * 60
    elif row.get("IsAllDayEvent"):
        minutes, end = 1440, start
    if not isinstance(end, int) or not isinstance(minutes, int):
        raise ApiError.of(
            400,
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [DurationInMinutes]",
            ("DurationInMinutes",),
        )
    if minutes < 0:
        raise ApiError.of(
            400,
            "FIELD_INTEGRITY_EXCEPTION",
            "Duration: must be 0 or greater",
            ("DurationInMinutes",),
        )
    row["StartDateTime"] = row["ActivityDateTime"] = start
    row["EndDateTime"], row["DurationInMinutes"] = end, minutes
    begins = datetime.fromtimestamp(start, UTC)
    row["ActivityDate"] = begins.date().isoformat()
    row["EndDate"] = (begins + timedelta(minutes=minutes)).date().isoformat()


def _opportunity(object_type: ObjectType, row: Row, prior: Row | None, now: int, user_id: str) -> None:
    row["IsWon"] = row.get("StageName") == "Closed Won"
    row["IsClosed"] = row["IsWon"] or row.get("StageName") == "Closed Lost"


def _feed_item(object_type: ObjectType, row: Row, prior: Row | None, now: int, user_id: str) -> None:
    if prior is None:
        row.update(CommentCount=0, LikeCount=0, Revision=1, InsertedById=user_id)


Derive = Callable[[ObjectType, Row, Row | None, int, str], None]

DERIVED: dict[str, Derive] = {
    "Lead": _lead,
    "Contact": _person,
    "User": _person,
    "Task": _task,
    "Event": _event,
    "Opportunity": _opportunity,
    "FeedItem": _feed_item,
}
