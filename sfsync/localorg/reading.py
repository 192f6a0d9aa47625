"""One row as `GET /sobjects/…` shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.checks import no_such_column
from sfsync.localorg.dml import find_by_external_id
from sfsync.localorg.engine import Engine, not_found
from sfsync.localorg.errors import ApiError
from sfsync.localorg.schema import Field, ObjectType
from sfsync.localorg.soql.rendering import column_renderer


def read(
    engine: Engine, session: Session, object_name: str, record_id: str, fields: Sequence[str] | None
) -> dict[str, Any]:
    """The row with the named fields, or all that the user sees.

    Raises ApiError 404 NOT_FOUND or ENTITY_IS_DELETED, 400 MALFORMED_ID or INVALID_FIELD.
    """
    object_type = engine.object_type(object_name)
    if not session.permissions.on(object_type).read:
        raise not_found()
    identifier = engine.record_id(object_type, record_id)
    row = engine.database.table(object_type.name).get(identifier)
    sees = session.sees(object_type.name)
    if row is None or (sees is not None and not sees(row)):
        raise not_found()
    if row.get("IsDeleted"):
        raise ApiError.of(404, "ENTITY_IS_DELETED", "entity is deleted")
    shown: dict[str, Any] = {
        "attributes": {
            "type": object_type.name,
            "url": f"/services/data/vXX.0/sobjects/{object_type.name}/{identifier}",
        }
    }
    for field in _fields(session, object_type, fields):
        shown[field.name] = column_renderer(field, object_type)(row)
    if fields is not None:
        shown.setdefault("Id", identifier)
    return shown


def read_by_external_id(
    engine: Engine,
    session: Session,
    object_name: str,
    external_name: str,
    external_value: str,
    fields: Sequence[str] | None,
) -> dict[str, Any]:
    """The one row with this external id. Raises ApiError 404 for none, 300 with URLs for several."""
    object_type = engine.object_type(object_name)
    if not session.permissions.on(object_type).read:
        raise not_found()
    _, found = find_by_external_id(engine, session, object_type, external_name, external_value)
    if not found:
        raise not_found()
    if len(found) > 1:
        raise ApiError(300, (), [f"/services/data/vXX.0/sobjects/{object_type.name}/{one}" for one in found])
    return read(engine, session, object_type.name, found[0], fields)


def _fields(session: Session, object_type: ObjectType, names: Sequence[str] | None) -> list[Field]:
    permissions = session.permissions
    if names is None:
        return [one for one in object_type.fields.values() if permissions.can_read_field(object_type, one)]
    fields = []
    for name in names:
        field = object_type.field(name)
        if field is None or not permissions.can_read_field(object_type, field):
            raise no_such_column(name, object_type)
        fields.append(field)
    return fields
