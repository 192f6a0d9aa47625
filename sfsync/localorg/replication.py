"""getUpdated and getDeleted: which rows changed in a span of time."""

from __future__ import annotations

from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.engine import Engine, not_found
from sfsync.localorg.errors import ApiError
from sfsync.localorg.schema import ObjectType
from sfsync.localorg.soql import datetime_text

_DAY = 86400
_UPDATED_DAYS = 30


def _span(engine: Engine, session: Session, object_name: str, start: int, end: int, days: int) -> ObjectType:
    object_type = engine.object_type(object_name)
    if not session.permissions.on(object_type).read:
        raise not_found()
    if not object_type.replicateable:
        raise ApiError.bare(400, "INVALID_TYPE", f"entity type {object_type.name} is not replicateable")
    if end <= start:
        raise ApiError.bare(
            400,
            "INVALID_REPLICATION_DATE",
            "The end date must be later than the start date by at least one minute",
        )
    if start < engine.now() - days * _DAY:
        raise ApiError.bare(400, "INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    return object_type


def updated(engine: Engine, session: Session, object_name: str, start: int, end: int) -> dict[str, Any]:
    """Ids of live rows changed in [start, end), Unix seconds; covered up to the oldest open write."""
    object_type = _span(engine, session, object_name, start, end, _UPDATED_DAYS)
    table = engine.database.table(object_type.name)
    sees = session.sees(object_type.name)
    ids = [
        one
        for one in table.range("SystemModstamp", (start, ""), (end, ""))
        if not table.rows[one].get("IsDeleted") and (sees is None or sees(table.rows[one]))
    ]
    covered = min([end, engine.now(), *engine.locked.values()])
    return {"ids": ids, "latestDateCovered": datetime_text(covered - covered % 60)}


def deleted(engine: Engine, session: Session, object_name: str, start: int, end: int) -> dict[str, Any]:
    """Rows deleted in [start, end), Unix seconds."""
    days = engine.settings.deleted_kept_days
    object_type = _span(engine, session, object_name, start, end, days)
    table = engine.database.table(object_type.name)
    records = [
        {"id": one, "deletedDate": datetime_text(int(table.rows[one]["SystemModstamp"]))}
        for one in table.range("SystemModstamp", (start, ""), (end, ""))
        if table.rows[one].get("IsDeleted")
    ]
    now = engine.now()
    return {
        "deletedRecords": records,
        "earliestDateAvailable": datetime_text(now - days * _DAY),
        "latestDateCovered": datetime_text(min(end, now) - min(end, now) % 60),
    }
