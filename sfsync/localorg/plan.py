"""What a write of one object has to look at, worked out once per schema."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sfsync.localorg.schema import Field, ObjectType, Row, Schema, ValidationRule


@dataclass(frozen=True, slots=True)
class Plan:
    """The fields of an object by what a write does with them.

    Attributes:
        required: fields that may not be null, those the org fills in left out.
        defaults: what a new row begins with.
        references: reference fields that a caller may set.
        unique: fields whose values may stand in one row only.
        tracked: fields that history is kept for.
        auto_numbers: fields the org counts up.
        owned: rows have an OwnerId that users and queues share.
    """

    object_type: ObjectType
    required: tuple[Field, ...]
    defaults: Row
    references: tuple[Field, ...]
    unique: tuple[Field, ...]
    tracked: tuple[Field, ...]
    auto_numbers: tuple[Field, ...]
    owned: bool
    rules: tuple[ValidationRule, ...]


_PLANS: WeakKeyDictionary[Schema, dict[str, Plan]] = WeakKeyDictionary()


def plans_of(schema: Schema) -> dict[str, Plan]:
    """The plans of a schema by object name, shared by all its orgs."""
    plans = _PLANS.get(schema)
    if plans is None:
        plans = _PLANS[schema] = {name: _plan(schema, item) for name, item in schema.objects.items()}
    return plans


def _plan(schema: Schema, item: ObjectType) -> Plan:
    fields = list(item.fields.values())
    history = f"{item.name}History" in schema.objects
    return Plan(
        object_type=item,
        required=tuple(
            one
            for one in fields
            if not one.nillable
            and one.type != "boolean"
            and not one.system
            and not one.auto_number
            and (one.createable or one.updateable)
        ),
        defaults={one.name: one.default for one in fields if one.default is not None},
        references=tuple(
            one for one in fields if one.type == "reference" and (one.createable or one.updateable)
        ),
        unique=tuple(one for one in fields if one.unique),
        tracked=tuple(one for one in fields if one.tracked) if history else (),
        auto_numbers=tuple(one for one in fields if one.auto_number),
        owned="OwnerId" in item.fields and not item.setup,
        rules=schema.rules.get(item.name, ()),
    )
