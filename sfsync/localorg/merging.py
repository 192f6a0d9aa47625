"""Merging moves what hangs on the losers to the winner and bins the losers, which then name their master."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.checks import read_values
from sfsync.localorg.dml import WriteOptions, change_row
from sfsync.localorg.engine import Engine, Removal, not_found
from sfsync.localorg.errors import ApiError
from sfsync.localorg.history import write_history
from sfsync.localorg.ids import canonical
from sfsync.localorg.removal import bin_row
from sfsync.localorg.schema import ObjectType, Row

_MOST_LOSERS = 2


def merge(
    engine: Engine, session: Session, master_id: str, loser_ids: Sequence[str], values: Mapping[str, Any]
) -> None:
    """Merge up to two rows into the master, which takes `values`.

    Raises ApiError 404 for rows that are not there, 400 for objects that do not merge or bad losers, and
    whatever the update of the master raises.
    """
    master, object_type = _live(engine, master_id)
    if not object_type.mergeable:
        raise ApiError.of(
            400, "INVALID_TYPE_FOR_OPERATION", f"entity type {object_type.name} does not support merge"
        )
    losers = [_live(engine, one)[0] for one in loser_ids]
    identifiers = {str(row["Id"]) for row in losers}
    wrong = any(str(one)[:3] != object_type.key_prefix for one in identifiers)
    if (
        not 1 <= len(identifiers) <= _MOST_LOSERS
        or len(identifiers) != len(losers)
        or wrong
        or master["Id"] in identifiers
    ):
        raise ApiError.of(
            400, "INVALID_ARGUMENT_TYPE", "a merge takes one master and one or two other records of its kind"
        )
    rights = session.permissions.on(object_type)
    if not (rights.edit and rights.delete):
        raise engine.refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    plan = engine.plan(object_type.name)
    changes = read_values(engine, session, object_type, values, creating=False)
    with engine.database.transaction():
        for loser in losers:
            _absorb(engine, session, object_type, str(master["Id"]), loser)
            if plan.tracked:
                write_history(engine, plan, master, session.user_id, "leadMerged", "Text", None, None)
        change_row(engine, session, plan, master, changes, WriteOptions(auto_assign=False))


def _live(engine: Engine, text: str) -> tuple[Row, ObjectType]:
    identifier = canonical(text) or text
    row, object_type = engine.row(identifier), engine.schema.of_id(identifier)
    if row is None or object_type is None:
        raise not_found()
    if row.get("IsDeleted"):
        raise ApiError.of(404, "ENTITY_IS_DELETED", "entity is deleted")
    return row, object_type


def _absorb(engine: Engine, session: Session, object_type: ObjectType, master_id: str, loser: Row) -> None:
    loser_id = str(loser["Id"])
    for relationship in object_type.children:
        child_type = engine.schema.objects[relationship.child_object]
        table = engine.database.table(child_type.name)
        for child_id in table.find(relationship.field, [loser_id]):
            child = table.rows[child_id]
            if child.get("IsDeleted"):
                continue
            if child_type.history_of is not None:
                table.put({**child, "IsDeleted": True})
                continue
            moved = {**child, relationship.field: master_id}
            if "SystemModstamp" in child_type.fields:
                moved["SystemModstamp"] = engine.now()
            table.put(moved)
    binned = bin_row(object_type, loser, engine.now(), session.user_id)
    engine.database.table(object_type.name).put({**binned, "MasterRecordId": master_id})
    engine.add_removal(loser_id, Removal(engine.now()))
