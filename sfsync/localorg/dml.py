"""Creating and changing rows, in Salesforce's order of execution.

Values are checked, before-save flows run, the org works out its own fields, validation rules and
duplicate rules judge, unique keys are held, the assignment rule may take the lead, the row is stamped and
saved, history is written. Anything that refuses leaves no trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.aftermath import after_save
from sfsync.localorg.checks import (
    Changes,
    check_references,
    check_required,
    check_unique,
    read_values,
)
from sfsync.localorg.derived import DERIVED
from sfsync.localorg.engine import Engine, not_found
from sfsync.localorg.errors import ApiError
from sfsync.localorg.history import record_changes, record_created
from sfsync.localorg.ids import canonical
from sfsync.localorg.linked import fill_from_links
from sfsync.localorg.plan import Plan
from sfsync.localorg.rules import assigned_owner, check_duplicates, check_rules, run_flows
from sfsync.localorg.schema import Field, ObjectType, Row
from sfsync.localorg.setup_rows import complete_setup_row


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What a request's headers say about a write.

    Attributes:
        auto_assign: the active assignment rule may take the lead (Sforce-Auto-Assign, absent means TRUE).
        allow_duplicates: duplicate rules that only alert are passed (Sforce-Duplicate-Rule-Header).
    """

    auto_assign: bool = True
    allow_duplicates: bool = False


def create(
    engine: Engine, session: Session, object_name: str, raw: Mapping[str, Any], options: WriteOptions
) -> str:
    """Create a row and return its Id."""
    object_type = engine.object_type(object_name)
    rights = session.permissions.on(object_type)
    if not rights.read and not rights.create:
        raise not_found()
    if not object_type.createable or not rights.create:
        raise _no_right(engine, object_type, "inserted", object_type.createable)
    plan = engine.plan(object_type.name)
    changes = read_values(engine, session, object_type, raw, creating=True)
    row: Row = dict(plan.defaults)
    _apply(row, changes)
    if "OwnerId" in object_type.fields and "OwnerId" not in row and not object_type.setup:
        row["OwnerId"] = session.user_id
    complete_setup_row(engine, object_type, row)
    with engine.database.transaction():
        row["Id"] = engine.new_id(object_type.name)
        for field in plan.auto_numbers:
            row[field.name] = engine.next_number(object_type.name, field.name, str(field.auto_number))
        if object_type.custom and "Name" not in row:
            row["Name"] = str(row["Id"])
        _save(engine, session, plan, row, None, changes, options)
    return str(row["Id"])


def update(
    engine: Engine,
    session: Session,
    object_name: str,
    record_id: str,
    raw: Mapping[str, Any],
    options: WriteOptions,
) -> None:
    """Change a row."""
    object_type = engine.object_type(object_name)
    rights = session.permissions.on(object_type)
    if not rights.read:
        raise not_found()
    identifier = engine.record_id(object_type, record_id)
    before = engine.database.table(object_type.name).get(identifier)
    if before is None:
        raise engine.missing()
    if before.get("IsDeleted"):
        raise ApiError.of(404, "ENTITY_IS_DELETED", "entity is deleted")
    if not object_type.updateable or not rights.edit:
        raise _no_right(engine, object_type, "updated", object_type.updateable)
    plan = engine.plan(object_type.name)
    changes = read_values(engine, session, object_type, raw, creating=False)
    change_row(engine, session, plan, before, changes, options)


def change_row(
    engine: Engine, session: Session, plan: Plan, before: Row, changes: Changes, options: WriteOptions
) -> None:
    """Apply values that passed their own checks to a row, with all that hangs on a save."""
    object_type = plan.object_type
    engine.check_lock(str(before["Id"]))
    if before.get("IsConverted") and "ViewAndEditConvertedLeads" not in session.permissions.system:
        raise ApiError.of(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    if not engine.may_edit_row(session, object_type, before):
        raise engine.refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    row = dict(before)
    _apply(row, changes)
    moves = plan.owned and row.get("OwnerId") != before.get("OwnerId")
    if moves and "OwnerId" in row and not engine.may_transfer(session, object_type, before):
        raise engine.refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    with engine.database.transaction():
        _save(engine, session, plan, row, before, changes, options)


def _apply(row: Row, changes: Changes) -> None:
    for name, value in changes.items():
        if value is None:
            row.pop(name, None)
        else:
            row[name] = value


def _save(
    engine: Engine,
    session: Session,
    plan: Plan,
    row: Row,
    before: Row | None,
    changes: Changes,
    options: WriteOptions,
) -> None:
    object_type = plan.object_type
    name = object_type.name
    if engine.customer.flows:
        run_flows(engine, session, plan, row, before)
    check_required(engine, plan, row, changes, creating=before is None)
    check_references(engine, session, plan, row, before)
    now = engine.now()
    derive = DERIVED.get(name)
    if derive is not None:
        derive(object_type, row, before, now, session.user_id)
    fill_from_links(engine, name, row)
    check_rules(engine, session, plan, row, before)
    if engine.settings.duplicate_rules:
        check_duplicates(engine, plan, row, before, options.allow_duplicates)
    check_unique(engine, plan, row, before)
    if options.auto_assign and engine.settings.assignment_rule:
        owner = assigned_owner(engine, session, plan, row, before)
        if owner is not None:
            row["OwnerId"] = owner
    stamp(object_type, row, before, now, session.user_id)
    engine.database.table(name).put(row)
    engine.touched(name)
    if plan.tracked or name in engine.settings.tracked_fields:
        if before is None:
            record_created(engine, plan, row, session.user_id)
        else:
            record_changes(engine, plan, before, row, session.user_id)
    after_save(engine, object_type, row, before)


def stamp(object_type: ObjectType, row: Row, before: Row | None, now: int, user_id: str) -> None:
    """Put the audit fields that the object has to the present second and user."""
    fields = object_type.fields
    if before is None:
        if "IsDeleted" in fields:
            row["IsDeleted"] = False
        if "CreatedDate" in fields:
            row["CreatedDate"] = now
        if "CreatedById" in fields:
            row["CreatedById"] = user_id
    if "LastModifiedDate" in fields:
        row["LastModifiedDate"] = now
    if "LastModifiedById" in fields:
        row["LastModifiedById"] = user_id
    if "SystemModstamp" in fields:
        row["SystemModstamp"] = now


def _no_right(engine: Engine, object_type: ObjectType, verb: str, possible: bool) -> ApiError:
    if not possible:
        return ApiError.of(
            400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be {verb}: {object_type.label}"
        )
    return engine.refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")


def external_field(engine: Engine, session: Session, object_type: ObjectType, name: str) -> Field:
    """The field that an upsert may find rows by; ApiError 404 NOT_FOUND when it is none."""
    field = object_type.field(name)
    if (
        field is None
        or not (field.external_id or field.id_lookup)
        or not session.permissions.can_read_field(object_type, field)
    ):
        raise ApiError.bare(
            404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}"
        )
    return field


def find_by_external_id(
    engine: Engine, session: Session, object_type: ObjectType, name: str, value: str
) -> tuple[Field, list[str]]:
    """The field and the ids of the rows, not deleted and seen by the user, that hold this value in it."""
    field = external_field(engine, session, object_type, name)
    table = engine.database.table(object_type.name)
    if field.name == "Id":
        found = table.find("Id", [canonical(value) or value])
    elif table.is_indexed(field.name):
        found = table.find(field.name, [value])
    else:
        found = [
            one for one, row in table.rows.items() if str(row.get(field.name, "")).lower() == value.lower()
        ]
    sees = session.sees(object_type.name)
    live = [
        one
        for one in found
        if not table.rows[one].get("IsDeleted") and (sees is None or sees(table.rows[one]))
    ]
    return field, live


def upsert(
    engine: Engine,
    session: Session,
    object_name: str,
    external_name: str,
    external_value: str,
    raw: Mapping[str, Any],
    options: WriteOptions,
) -> tuple[str, bool]:
    """Create or change the row with this external id; returns (Id, created)."""
    object_type = engine.object_type(object_name)
    if not session.permissions.on(object_type).read:
        raise not_found()
    field, found = find_by_external_id(engine, session, object_type, external_name, external_value)
    if any(object_type.field(name) is field for name in raw):
        raise ApiError.of(
            400,
            "INVALID_FIELD",
            f"The {field.name} field should not be specified in the sobject data.",
            (field.name,),
        )
    if len(found) > 1:
        urls = [f"/services/data/vXX.0/sobjects/{object_type.name}/{one}" for one in found]
        raise ApiError(300, (), urls)
    if found:
        update(engine, session, object_type.name, found[0], raw, options)
        return found[0], False
    if field.name == "Id":
        raise ApiError.bare(404, "NOT_FOUND", "The requested resource does not exist")
    return create(engine, session, object_type.name, {**raw, field.name: external_value}, options), True
