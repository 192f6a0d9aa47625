"""LeadHistory: a row for each tracked field that changed, two for a lookup (names, then ids)."""

from __future__ import annotations

from sfsync.localorg.engine import Engine
from sfsync.localorg.plan import Plan
from sfsync.localorg.schema import Field, Row, Value
from sfsync.localorg.soql import datetime_text

_DATA_TYPES = {
    "reference": "EntityId",
    "picklist": "DynamicEnum",
    "boolean": "Boolean",
    "datetime": "DateTime",
    "date": "DateOnly",
    "double": "Double",
    "int": "Integer",
    "currency": "Currency",
    "percent": "Percent",
    "phone": "PhoneNumber",
    "email": "Email",
    "url": "HyperLink",
}
_LONGEST = 255


def record_created(engine: Engine, plan: Plan, row: Row, user_id: str) -> None:
    """The `created` row that the history of a new row begins with."""
    if plan.tracked and engine.settings.created_history_row:
        write_history(engine, plan, row, user_id, "created", "Text", None, None)


def record_changes(engine: Engine, plan: Plan, before: Row, after: Row, user_id: str) -> None:
    """A history row for each tracked field that differs, in the order of the object's fields."""
    untracked = engine.settings.untracked_fields.get(plan.object_type.name, ())
    for field in plan.tracked:
        if field.name in untracked:
            continue
        if before.get(field.name) != after.get(field.name):
            _record_change(engine, plan, before, after, user_id, field)
    for name in engine.settings.tracked_fields.get(plan.object_type.name, ()):
        further = plan.object_type.field(name)
        if (
            further
            and name not in untracked
            and not further.tracked
            and before.get(further.name) != after.get(further.name)
        ):
            _record_change(engine, plan, before, after, user_id, further)


def _record_change(engine: Engine, plan: Plan, before: Row, after: Row, user_id: str, field: Field) -> None:
    old, new = before.get(field.name), after.get(field.name)
    kind = _DATA_TYPES.get(field.type, "Text")
    if field.type == "reference":
        name = field.name.removesuffix("Id") if not field.custom else field.name
        if field.name == "OwnerId":
            name = engine.settings.owner_history_field
        if engine.settings.owner_history_writes_two_rows:
            names = (_name(engine, old), _name(engine, new))
            write_history(engine, plan, after, user_id, name, "Text", *names)
        write_history(engine, plan, after, user_id, name, kind, old, new)
    elif field.long_text or field.length > _LONGEST:
        write_history(engine, plan, after, user_id, field.name, "Text", None, None)
    else:
        write_history(engine, plan, after, user_id, field.name, kind, _shown(field, old), _shown(field, new))


def _name(engine: Engine, value: Value | None) -> str | None:
    return engine.name_of(str(value)) if value is not None else None


def _shown(field: Field, value: Value | None) -> Value | None:
    if field.type == "datetime" and isinstance(value, int):
        return datetime_text(value)
    return value


def write_history(
    engine: Engine,
    plan: Plan,
    row: Row,
    user_id: str,
    field_name: str,
    data_type: str,
    old: Value | None,
    new: Value | None,
) -> None:
    """One row of history; datetimes come as text, for `OldValue` and `NewValue` are of any type."""
    name = plan.object_type.name
    history = f"{name}History"
    entry: Row = {
        "Id": engine.new_id(history),
        "CreatedDate": engine.now(),
        "CreatedById": user_id,
        "IsDeleted": False,
        f"{name}Id": row["Id"],
        "Field": field_name,
        "DataType": data_type,
    }
    if old is not None:
        entry["OldValue"] = old
    if new is not None:
        entry["NewValue"] = new
    engine.database.table(history).put(entry)
