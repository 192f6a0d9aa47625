"""Deleting puts a row in the recycle bin with what hangs on it; undeleting brings all of it back."""

from __future__ import annotations

from sfsync.localorg.access import Session
from sfsync.localorg.checks import check_unique
from sfsync.localorg.engine import Engine, Removal, not_found
from sfsync.localorg.errors import ApiError
from sfsync.localorg.ids import canonical
from sfsync.localorg.schema import ChildRelationship, ObjectType, Row


def delete(engine: Engine, session: Session, object_name: str, record_id: str) -> None:
    """Delete a row; its activities, history and posts go with it, other lookups to it are emptied.

    Raises ApiError 404 NOT_FOUND or ENTITY_IS_DELETED, DELETE_FAILED where a lookup forbids it, and the
    INSUFFICIENT_ACCESS refusal.
    """
    object_type = engine.object_type(object_name)
    if not session.permissions.on(object_type).read:
        raise not_found()
    identifier = engine.record_id(object_type, record_id)
    row = engine.database.table(object_type.name).get(identifier)
    if row is None:
        raise engine.missing()
    if row.get("IsDeleted"):
        raise ApiError.of(404, "ENTITY_IS_DELETED", "entity is deleted")
    if not object_type.deletable:
        raise ApiError.of(
            400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be deleted: {object_type.label}"
        )
    engine.check_lock(identifier)
    permitted = session.permissions.on(object_type).delete and engine.may_delete_row(
        session, object_type, row
    )
    if not permitted:
        raise engine.refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    with engine.database.transaction():
        removal = Removal(engine.now())
        _remove(engine, object_type, row, session.user_id, removal)
        engine.add_removal(identifier, removal)


def _remove(engine: Engine, object_type: ObjectType, row: Row, user_id: str, removal: Removal) -> None:
    identifier = str(row["Id"])
    table = engine.database.table(object_type.name)
    if "IsDeleted" not in object_type.fields:
        table.discard(identifier)
    else:
        table.put(bin_row(object_type, row, engine.now(), user_id))
    engine.touched(object_type.name)
    for twin in _types_of(engine, identifier):
        shown = engine.database.table(twin.name).get(identifier)
        if twin.feed_of is not None and shown is not None:
            engine.database.table(twin.name).put({**shown, "IsDeleted": True})
    for relationship in object_type.children:
        children = engine.database.table(relationship.child_object)
        for child_id in children.find(relationship.field, [identifier]):
            child = children.rows[child_id]
            if not child.get("IsDeleted"):
                _let_go(engine, relationship, child, user_id, removal)


def _let_go(
    engine: Engine, relationship: ChildRelationship, child: Row, user_id: str, removal: Removal
) -> None:
    child_id = str(child["Id"])
    child_type = engine.schema.objects[relationship.child_object]
    if relationship.restricted_delete:
        raise ApiError.of(
            400,
            "DELETE_FAILED",
            "Your attempt to delete the record could not be completed because it is associated with the "
            f"following {child_type.label_plural}: {engine.name_of(child_id) or child_id}",
        )
    if relationship.cascade_delete:
        removal.cascaded.append(child_id)
        _remove(engine, child_type, child, user_id, removal)
    else:
        removal.cleared.append((child_type.name, child_id, relationship.field))
        kept = {name: value for name, value in child.items() if name != relationship.field}
        engine.database.table(child_type.name).put(kept)


def bin_row(object_type: ObjectType, row: Row, now: int, user_id: str) -> Row:
    """The row as it lies in the recycle bin."""
    binned = {**row, "IsDeleted": True}
    if "SystemModstamp" in object_type.fields:
        binned["SystemModstamp"] = now
    if "LastModifiedDate" in object_type.fields and object_type.history_of is None:
        binned["LastModifiedDate"] = now
    if "LastModifiedById" in object_type.fields:
        binned["LastModifiedById"] = user_id
    return binned


def undelete(engine: Engine, session: Session, record_id: str) -> None:
    """Bring a deleted row back, with what went with it and the lookups that still are empty.

    Raises ApiError 404 when there is no such row, UNDELETE_FAILED when it is not in the recycle bin,
    DUPLICATE_VALUE when a unique value is taken by now.
    """
    identifier = canonical(record_id) or record_id
    object_type = engine.schema.of_id(identifier)
    row = engine.row(identifier)
    if object_type is None or row is None:
        raise not_found()
    removal = engine.removals.get(identifier)
    kept_until = (removal.at if removal else 0) + engine.settings.deleted_kept_days * 86400
    if removal is None or not row.get("IsDeleted") or engine.now() > kept_until:
        raise ApiError.of(400, "UNDELETE_FAILED", "Entity is not in the recycle bin")
    if not session.permissions.on(object_type).delete:
        raise engine.refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    with engine.database.transaction():
        for one in (identifier, *removal.cascaded):
            _restore(engine, one, session.user_id)
        for object_name, child_id, field in removal.cleared:
            table = engine.database.table(object_name)
            child = table.get(child_id)
            if child is not None and field not in child:
                table.put({**child, field: identifier})
        engine.drop_removal(identifier)


def _restore(engine: Engine, record_id: str, user_id: str) -> None:
    for object_type in _types_of(engine, record_id):
        table = engine.database.table(object_type.name)
        row = table.get(record_id)
        if row is None:
            continue
        restored = {name: value for name, value in row.items() if name != "MasterRecordId"}
        restored["IsDeleted"] = False
        for name in ("SystemModstamp", "LastModifiedDate"):
            if name in object_type.fields and object_type.history_of is None:
                restored[name] = engine.now()
        if "LastModifiedById" in object_type.fields:
            restored["LastModifiedById"] = user_id
        check_unique(engine, engine.plan(object_type.name), restored, None)
        table.put(restored)
        engine.touched(object_type.name)


def _types_of(engine: Engine, record_id: str) -> list[ObjectType]:
    """All objects whose rows have ids like this one: history and feed rows share theirs."""
    return [one for one in engine.schema.objects.values() if one.key_prefix == record_id[:3]]
