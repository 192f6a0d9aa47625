"""What a request's values must pass before any rule looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.engine import Engine
from sfsync.localorg.errors import ApiError, ErrorItem
from sfsync.localorg.plan import Plan
from sfsync.localorg.schema import Field, ObjectType, Row, Value
from sfsync.localorg.values import BadValue, convert

Changes = dict[str, Value | None]

_DUPLICATE_USERNAME = (
    "Duplicate Username.<br>The username already exists in this or another Salesforce organization. "
    "Usernames must be unique across all Salesforce organizations. To resolve, use a different username "
    "(it doesn't need to match the user's email address)."
)


def read_values(
    engine: Engine, session: Session, object_type: ObjectType, raw: Mapping[str, Any], creating: bool
) -> Changes:
    """Canonical field names to memory values (None is null), checked for existence, rights and form.

    Raises ApiError INVALID_FIELD, INVALID_FIELD_FOR_INSERT_UPDATE, JSON_PARSER_ERROR, or one with all the
    values that are too long, not on a restricted list, out of range, malformed.
    """
    changes: Changes = {}
    closed: list[str] = []
    bad: list[ErrorItem] = []
    permissions = session.permissions
    for name, value in raw.items():
        field = object_type.fields.get(name) or object_type.field(name)
        if field is None:
            if name == "attributes":
                continue
            field, value = _by_external_id(engine, session, object_type, name, value)
        if field.name == "Id":
            raise ApiError.of(
                400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.", ("Id",)
            )
        if not permissions.can_read_field(object_type, field):
            raise no_such_column(name, object_type)
        allowed = field.createable if creating else field.updateable
        if not allowed or not permissions.can_edit_field(object_type, field):
            closed.append(field.name)
            continue
        try:
            changes[field.name] = convert(field, value)
        except BadValue as error:
            bad.append(error.item)
    if closed:
        raise ApiError.of(
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(closed)}. Please check the security settings of "
            "this field and verify that it is read/write for your profile or permission set.",
            closed,
        )
    if bad:
        raise ApiError(400, bad)
    return changes


def no_such_column(name: str, object_type: ObjectType) -> ApiError:
    """INVALID_FIELD as a write gets it."""
    return ApiError.bare(
        400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {object_type.name}"
    )


def _by_external_id(
    engine: Engine, session: Session, object_type: ObjectType, name: str, value: Any
) -> tuple[Field, str | None]:
    """A parent named by a key of its own: `"Lead__r": {"SLA_Source_Id__c": "x"}`."""
    field = object_type.parent(name)
    if field is None or not isinstance(value, dict | None):
        raise no_such_column(name, object_type)
    if value is None:
        return field, None
    keys = {key: text for key, text in value.items() if key != "attributes"}
    stated = value.get("attributes", {}).get("type") if isinstance(value.get("attributes"), dict) else None
    parent = engine.schema.object(stated or field.reference_to[0])
    if parent is None or parent.name not in field.reference_to or len(keys) != 1:
        raise no_such_column(name, object_type)
    ((key, text),) = keys.items()
    described = parent.field(key)
    if described is None or not (described.external_id or described.id_lookup):
        raise no_such_column(key, parent)
    table = engine.database.table(parent.name)
    if described.name == "Id" or table.is_indexed(described.name):
        found = table.find(described.name, [str(text)])
    else:
        found = [
            one
            for one, row in table.rows.items()
            if str(row.get(described.name, "")).lower() == str(text).lower()
        ]
    live = [one for one in found if not table.rows[one].get("IsDeleted")]
    if len(live) != 1:
        raise ApiError.of(
            400,
            "INVALID_FIELD",
            f"Foreign key external ID: {str(text).lower()} not found for field {described.name} "
            f"in entity {parent.name}",
        )
    return field, live[0]


def check_required(engine: Engine, plan: Plan, row: Row, changes: Changes, creating: bool) -> None:
    """ApiError REQUIRED_FIELD_MISSING with all the fields that would be null and may not be."""
    missing = [one.name for one in plan.required if one.name not in row and (creating or one.name in changes)]
    for object_name, name in engine.customer.required:
        if object_name == plan.object_type.name and name not in row:
            missing.append(name)
    if missing:
        raise ApiError.of(
            400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing
        )


def check_references(engine: Engine, session: Session, plan: Plan, row: Row, before: Row | None) -> None:
    """What the row newly points to exists, is of the right kind, and may be pointed to."""
    for field in plan.references:
        value = row.get(field.name)
        if value is None or (before is not None and before.get(field.name) == value):
            continue
        target_type = engine.schema.of_id(str(value))
        if target_type is None or target_type.name not in field.reference_to:
            raise ApiError.of(
                400, "MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", (field.name,)
            )
        target = engine.database.table(target_type.name).get(str(value))
        if target is None:
            raise ApiError.of(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))
        if target.get("IsDeleted"):
            raise ApiError.of(400, "ENTITY_IS_DELETED", "entity is deleted", (field.name,))
        sees = session.sees(target_type.name)
        if sees is not None and not sees(target):
            raise engine.refused(
                "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                "insufficient access rights on cross-reference id",
                (field.name,),
            )
        if field.name == "OwnerId" and plan.owned:
            _check_owner(engine, plan.object_type, str(value), target)
        elif target_type.name == "Lead" and target.get("IsConverted"):
            _check_converted_target(engine)


def _check_converted_target(engine: Engine) -> None:
    if not engine.settings.child_may_look_up_converted_lead:
        raise ApiError.of(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


def _check_owner(engine: Engine, object_type: ObjectType, owner_id: str, owner: Row) -> None:
    if owner_id[:3] == "005":
        if not owner.get("IsActive"):
            raise ApiError.of(
                engine.settings.inactive_owner_status,
                "INACTIVE_OWNER_OR_USER",
                f"operation performed with inactive user [{owner_id}] as owner of "
                f"{object_type.label.lower()}",
                ("OwnerId",),
            )
        if not engine.permissions(owner_id).on(object_type).read:
            raise ApiError.of(
                400, "TRANSFER_REQUIRES_READ", "The new owner must have read permission", ("OwnerId",)
            )
        return
    queues = engine.database.table("QueueSobject")
    kinds = {queues.rows[one]["SobjectType"] for one in queues.find("QueueId", [owner_id])}
    if owner.get("Type") != "Queue" or object_type.name not in kinds:
        raise ApiError.of(
            400, "FIELD_INTEGRITY_EXCEPTION", "Queue not associated with this SObject type", ("OwnerId",)
        )


def check_unique(engine: Engine, plan: Plan, row: Row, before: Row | None) -> None:
    """ApiError DUPLICATE_VALUE when another row, not deleted, holds a value that may stand in one only."""
    table = engine.database.table(plan.object_type.name)
    for field in plan.unique:
        value = row.get(field.name)
        if value is None or (before is not None and before.get(field.name) == value):
            continue
        for other in table.find(field.name, [value]):
            if other == row["Id"] or table.rows[other].get("IsDeleted"):
                continue
            if field.name == "Username":
                raise ApiError.of(
                    400,
                    "DUPLICATE_USERNAME",
                    _DUPLICATE_USERNAME,
                    ("Username",),
                )
            raise ApiError.of(
                400,
                "DUPLICATE_VALUE",
                f"duplicate value found: {field.name} duplicates value on record with id: {other[:15]}",
            )
