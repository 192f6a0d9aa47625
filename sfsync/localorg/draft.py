"""Objects on the way to a schema: standard ones are read first, metadata adds to them, then all is linked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sfsync.localorg.formula import Formula, FormulaError, Kind, Reference, Resolve
from sfsync.localorg.rights import PermissionBundle
from sfsync.localorg.schema import ChildRelationship, Field, ObjectType, RecordType, Schema, ValidationRule


class MetadataError(Exception):
    """Raised when metadata would not deploy, or uses what the emulated org does not emulate."""


@dataclass(slots=True)
class RuleDraft:
    """A validation rule as its file states it."""

    name: str
    formula: str
    message: str
    error_field: str | None
    source: str


@dataclass(slots=True)
class ObjectDraft:
    """An object that can still be added to.

    Attributes:
        child_names: by reference field, what the parents call these rows.
        activity: rows are activities; custom fields of `Activity` go here.
        secured: field-level security applies to its fields.
        activities, feeds: rows may be `What` of activities, subjects of feeds.
    """

    name: str
    key_prefix: str
    label: str
    label_plural: str
    fields: dict[str, Field] = field(default_factory=dict)
    child_names: dict[str, str] = field(default_factory=dict)
    rules: list[RuleDraft] = field(default_factory=list)
    sharing: str = "ReadWrite"
    custom: bool = False
    custom_setting: bool = False
    setup: bool = False
    readonly: bool = False
    undeletable: bool = False
    activity: bool = False
    secured: bool = True
    activities: bool = False
    feeds: bool = False
    mergeable: bool = False
    history_of: str | None = None
    feed_of: str | None = None
    worked_out: bool = False

    def add(self, item: Field) -> None:
        """Add a field, or put it in the stead of the one with its name."""
        self.fields[item.name] = item


Drafts = dict[str, ObjectDraft]


def spaced(name: str) -> str:
    """`FirstName` as people read it: `First Name`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)


def finish(
    drafts: Drafts,
    bundles: tuple[PermissionBundle, ...] = (),
    custom_permissions: frozenset[str] = frozenset(),
    record_types: tuple[RecordType, ...] = (),
) -> Schema:
    """The schema of all drafts: references linked, child relationships known, rules compiled.

    Raises MetadataError for a rule whose formula Salesforce would not accept.
    """
    _link(drafts)
    children: dict[str, list[ChildRelationship]] = {name: [] for name in drafts}
    for draft in drafts.values():
        for item in draft.fields.values():
            for parent in item.reference_to:
                children.setdefault(parent, []).append(
                    ChildRelationship(
                        draft.name,
                        item.name,
                        draft.child_names.get(item.name),
                        cascade_delete=item.delete_constraint == "Cascade",
                        restricted_delete=item.delete_constraint == "Restrict",
                    )
                )
    objects = [_object_type(draft, tuple(children[draft.name])) for draft in drafts.values()]
    unruled = Schema(objects)
    rules = {
        draft.name: tuple(_compile(unruled, draft.name, rule, custom_permissions) for rule in draft.rules)
        for draft in drafts.values()
        if draft.rules
    }
    return Schema(objects, rules, bundles, record_types)


def _object_type(draft: ObjectDraft, children: tuple[ChildRelationship, ...]) -> ObjectType:
    derived = draft.history_of is not None or draft.feed_of is not None
    writable = not derived and not draft.readonly
    return ObjectType(
        name=draft.name,
        key_prefix=draft.key_prefix,
        label=draft.label,
        label_plural=draft.label_plural,
        fields=draft.fields,
        children=children,
        sharing=draft.sharing,
        custom=draft.custom,
        custom_setting=draft.custom_setting,
        createable=writable,
        updateable=(writable or draft.name == "Organization")
        and draft.name not in ("GroupMember", "QueueSobject"),
        deletable=writable and not draft.undeletable,
        undeletable="IsDeleted" in draft.fields and not derived and draft.name != "FeedItem",
        mergeable=draft.mergeable,
        replicateable=not derived and not draft.custom_setting and "SystemModstamp" in draft.fields,
        feed_enabled=draft.feeds,
        setup=draft.setup,
        history_of=draft.history_of,
        feed_of=draft.feed_of,
        worked_out=draft.worked_out,
    )


def _link(drafts: Drafts) -> None:
    also_what = tuple(draft.name for draft in drafts.values() if draft.custom and draft.activities)
    also_feed = tuple(draft.name for draft in drafts.values() if draft.custom and draft.feeds)
    for draft in drafts.values():
        for item in list(draft.fields.values()):
            if item.type != "reference":
                continue
            targets = item.reference_to
            if draft.activity and item.name == "WhatId":
                targets += also_what
            if draft.name in ("FeedItem", "EmailMessage") and item.name in ("ParentId", "RelatedToId"):
                targets += also_feed
            # A standard reference may name what an org without a feature lacks, such as Case.
            known = tuple(dict.fromkeys(one for one in targets if one in drafts or not item.custom))
            if not known:
                raise MetadataError(
                    f"{draft.name}.{item.name}: {', '.join(targets)} is no object of this org"
                )
            if known != item.reference_to:
                draft.fields[item.name] = replace(item, reference_to=known)


def _compile(
    schema: Schema, object_name: str, rule: RuleDraft, permissions: frozenset[str]
) -> ValidationRule:
    try:
        formula = Formula.parse(rule.formula, resolver(schema, object_name, permissions))
    except FormulaError as error:
        raise MetadataError(f"{rule.source}: {error}") from error
    if formula.kind is not Kind.BOOLEAN:
        raise MetadataError(
            f"{rule.source}: Formula result is data type ({formula.kind.value}), incompatible "
            "with expected data type (true or false)."
        )
    if rule.error_field is not None:
        described = schema.objects[object_name].field(rule.error_field)
        if described is None:
            raise MetadataError(f"{rule.source}: there is no field {object_name}.{rule.error_field}")
        rule.error_field = described.name
    return ValidationRule(object_name, rule.name, formula, rule.message, rule.error_field)


_USER_GLOBALS: Mapping[str, str] = {"$user": "User", "$userrole": "UserRole", "$profile": "Profile"}


def resolver(schema: Schema, object_name: str, permissions: frozenset[str]) -> Resolve:
    """What names mean in a formula on this object: own fields, parents' fields, `$User`, `$Permission`."""
    custom_permissions = {name.lower(): name for name in permissions}

    def walk(start: ObjectType, steps: list[str]) -> tuple[str, str] | None:
        names: list[str] = []
        at = start
        for step in steps[:-1]:
            relationship, _, target = step.partition(":")
            item = at.parent(relationship) or (
                at.parent(relationship[:-3]) if relationship.endswith("__r") else None
            )
            if item is None:
                return None
            parent_name = target or item.reference_to[0]
            parent = schema.object(parent_name)
            if parent is None or parent.name not in item.reference_to or (item.polymorphic and not target):
                return None
            names.append(f"{item.name}:{parent.name}")
            at = parent
        last = at.field(steps[-1])
        if last is None:
            return None
        return ".".join([*names, last.name]), last.type

    def resolve(path: str) -> Reference | None:
        head, *rest = path.split(".")
        if head.lower() == "$permission" and len(rest) == 1:
            name = custom_permissions.get(rest[0].lower())
            return Reference(f"$Permission.{name}", "boolean") if name else None
        if head.lower() in _USER_GLOBALS and len(rest) == 1:
            item = schema.objects[_USER_GLOBALS[head.lower()]].field(rest[0])
            canonical = {"$user": "$User", "$userrole": "$UserRole", "$profile": "$Profile"}[head.lower()]
            return Reference(f"{canonical}.{item.name}", item.type) if item else None
        if head.lower() == "$setup" and len(rest) == 2:
            setting = schema.object(rest[0])
            item = setting.field(rest[1]) if setting is not None and setting.custom_setting else None
            return Reference(f"$Setup.{setting.name}.{item.name}", item.type) if setting and item else None
        if head.startswith("$"):
            return None
        found = walk(schema.objects[object_name], path.split("."))
        return Reference(*found) if found else None

    return resolve
