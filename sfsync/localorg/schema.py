"""What objects and fields the org has. Immutable once built, and shared by every org built from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sfsync.localorg.formula import Formula
from sfsync.localorg.rights import PermissionBundle

FieldType = Literal[
    "id",
    "string",
    "textarea",
    "email",
    "phone",
    "url",
    "picklist",
    "multipicklist",
    "combobox",
    "reference",
    "boolean",
    "int",
    "double",
    "currency",
    "percent",
    "date",
    "datetime",
    "time",
    "anyType",
    "address",
]

Value = str | int | float | bool
Row = dict[str, Value]
"""One record: canonical field names to values; a field that is null has no key.

Strings, ids, references and picklists are str; booleans bool and always present; int, double, currency and
percent are int or float; datetime is int (Unix seconds, UTC); date is 'YYYY-MM-DD'; time is 'HH:MM:SS.000Z'.
"""

NUMERIC_TYPES = frozenset({"int", "double", "currency", "percent"})
TEXT_TYPES = frozenset(
    {
        "id",
        "string",
        "textarea",
        "email",
        "phone",
        "url",
        "picklist",
        "multipicklist",
        "combobox",
        "reference",
    }
)


@dataclass(frozen=True, slots=True)
class PicklistValue:
    """One entry of a picklist; `closed` and `converted` only mean something for statuses."""

    value: str
    label: str
    default: bool = False
    active: bool = True
    closed: bool = False
    converted: bool = False
    high_priority: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one object, in the words of Salesforce's describe.

    Attributes:
        length: characters, for text-like types; 0 otherwise.
        precision, scale: for double, currency and percent: digits in all, digits after the point.
        digits: for int: digits in all.
        defaulted: a create may leave it out although it is not nillable.
        default: the literal default value, in memory form.
        reference_to: objects a reference may point to.
        relationship_name: how SOQL names the parent (`Owner`), None when it cannot be followed.
        restricted: the picklist refuses values that are not on it.
        unique, external_id, id_lookup, case_sensitive: as in describe.
        auto_number: display format such as `SLA-{000000}`, or None.
        compound: the field this one is a part of (`Name`, `Address`), or None.
        permissionable: field-level security applies to it.
        delete_constraint: what deleting the parent does: SetNull, Restrict or Cascade.
        tracked: history rows are written for it.
        system: set by the org, never by a caller (audit fields, Id, IsDeleted).
    """

    name: str
    type: FieldType
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted: bool = False
    default: Value | None = None
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    picklist: tuple[PicklistValue, ...] = ()
    restricted: bool = False
    unique: bool = False
    external_id: bool = False
    id_lookup: bool = False
    case_sensitive: bool = False
    auto_number: str | None = None
    compound: str | None = None
    name_field: bool = False
    custom: bool = False
    permissionable: bool = True
    delete_constraint: str = "SetNull"
    tracked: bool = False
    system: bool = False
    long_text: bool = False
    help_text: str | None = None

    @property
    def polymorphic(self) -> bool:
        """References more than one kind of object."""
        return len(self.reference_to) > 1

    @property
    def filterable(self) -> bool:
        """May stand in a WHERE clause."""
        return not self.long_text and self.type not in ("address", "anyType")

    @property
    def sortable(self) -> bool:
        """May stand in ORDER BY."""
        return self.filterable and self.type != "multipicklist"

    @property
    def groupable(self) -> bool:
        """May stand in GROUP BY."""
        return self.filterable and self.type not in (
            "datetime",
            "double",
            "currency",
            "percent",
            "multipicklist",
            "combobox",
        )

    @property
    def aggregatable(self) -> bool:
        """May stand in MIN, MAX and COUNT."""
        return self.filterable and self.type != "boolean"


@dataclass(frozen=True, slots=True)
class ChildRelationship:
    """The other end of a reference: `Lead` has the child `Task` through `WhoId`, named `Tasks`."""

    child_object: str
    field: str
    relationship_name: str | None
    cascade_delete: bool
    restricted_delete: bool = False


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """A rule whose formula, when true, refuses the write with its message.

    Attributes:
        error_field: the field the message stands at; None for the whole record.
    """

    object_name: str
    name: str
    formula: Formula
    message: str
    error_field: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One kind of record.

    Attributes:
        fields: by canonical name, in describe's order.
        sharing: Private, Read, ReadWrite, ReadWriteTransfer or ControlledByParent: what a user who neither
            owns a row nor stands above its owner may do with it.
        history_of: the object whose changes this one records, or None.
        feed_of: the object whose posts this one shows, or None.
        worked_out: its rows are made when they are asked for.
    """

    name: str
    key_prefix: str
    label: str
    label_plural: str
    fields: Mapping[str, Field]
    children: tuple[ChildRelationship, ...] = ()
    sharing: str = "ReadWrite"
    custom: bool = False
    custom_setting: bool = False
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    undeletable: bool = True
    queryable: bool = True
    mergeable: bool = False
    replicateable: bool = True
    feed_enabled: bool = False
    setup: bool = False
    history_of: str | None = None
    feed_of: str | None = None
    worked_out: bool = False
    _lower: Mapping[str, Field] = field(default_factory=dict, repr=False, compare=False)
    _parents: Mapping[str, Field] = field(default_factory=dict, repr=False, compare=False)
    _children: Mapping[str, ChildRelationship] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lower", {name.lower(): item for name, item in self.fields.items()})
        parents = {
            item.relationship_name.lower(): item
            for item in self.fields.values()
            if item.relationship_name and item.reference_to
        }
        object.__setattr__(self, "_parents", parents)
        children = {item.relationship_name.lower(): item for item in self.children if item.relationship_name}
        object.__setattr__(self, "_children", children)

    def field(self, name: str) -> Field | None:
        """The field of that name in any case, or None."""
        return self.fields.get(name) or self._lower.get(name.lower())

    def parent(self, relationship_name: str) -> Field | None:
        """The reference field that SOQL follows under this name, in any case, or None."""
        return self._parents.get(relationship_name.lower())

    def child(self, relationship_name: str) -> ChildRelationship | None:
        """The child relationship of this name, in any case, or None."""
        return self._children.get(relationship_name.lower())

    @property
    def name_field(self) -> Field | None:
        """The field that shows a row's name (`Name`, `Subject`), or None."""
        return next((item for item in self.fields.values() if item.name_field), None)


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record type of an object, by its developer name and its label."""

    object_name: str
    name: str
    label: str
    active: bool


class Schema:
    """All objects of an org, found by name in any case and by key prefix, with rules and permission sets.

    Attributes:
        rules: active validation rules by object name.
        bundles: permission sets of the metadata.
        record_types: those of the metadata.
    """

    def __init__(
        self,
        objects: Iterable[ObjectType],
        rules: Mapping[str, tuple[ValidationRule, ...]] | None = None,
        bundles: tuple[PermissionBundle, ...] = (),
        record_types: tuple[RecordType, ...] = (),
    ) -> None:
        self.rules = rules or {}
        self.record_types = record_types
        self.bundles = bundles
        self.objects: dict[str, ObjectType] = {item.name: item for item in objects}
        self._lower = {name.lower(): item for name, item in self.objects.items()}
        self._by_prefix = {
            item.key_prefix: item
            for item in self.objects.values()
            if item.key_prefix and item.history_of is None and item.feed_of is None
        }

    def object(self, name: str) -> ObjectType | None:
        """The object of that name in any case, or None."""
        return self.objects.get(name) or self._lower.get(name.lower())

    def of_id(self, record_id: str) -> ObjectType | None:
        """The object whose ids begin as this one does, or None."""
        return self._by_prefix.get(record_id[:3])
