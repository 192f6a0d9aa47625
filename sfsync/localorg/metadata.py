"""An org's objects come from SFDX source: what deploys to Salesforce is read, the rest is refused aloud."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

from sfsync.localorg.draft import Drafts, MetadataError, ObjectDraft, RuleDraft, finish
from sfsync.localorg.ids import DIGITS
from sfsync.localorg.metadata_fields import read_field, with_values
from sfsync.localorg.metadata_xml import Source, flag, read_source
from sfsync.localorg.rights import ObjectRights, PermissionBundle
from sfsync.localorg.schema import Field, PicklistValue, RecordType, Schema
from sfsync.localorg.standard import (
    CREATED_FIELDS,
    DELETED_FIELD,
    MODIFIED_FIELDS,
    id_field,
    standard_objects,
)

__all__ = ["MetadataError", "load_schema"]

_VALUE_SETS = {
    "LeadStatus": (("Lead", "Status"),),
    "LeadSource": (("Lead", "LeadSource"), ("Contact", "LeadSource"), ("Opportunity", "LeadSource")),
    "Industry": (("Lead", "Industry"), ("Account", "Industry")),
    "AccountRating": (("Lead", "Rating"), ("Account", "Rating")),
    "Salutation": (("Lead", "Salutation"), ("Contact", "Salutation")),
    "TaskStatus": (("Task", "Status"),),
    "TaskPriority": (("Task", "Priority"),),
    "TaskSubject": (("Task", "Subject"),),
    "EventSubject": (("Event", "Subject"),),
    "OpportunityStage": (("Opportunity", "StageName"),),
    "CampaignStatus": (("Campaign", "Status"),),
}


@dataclass(slots=True)
class _Package:
    """One package directory's files by kind, and the custom fields it brought."""

    name: str
    objects: list[Source] = field(default_factory=list)
    fields: list[Source] = field(default_factory=list)
    rules: list[Source] = field(default_factory=list)
    permission_sets: list[Source] = field(default_factory=list)
    custom_permissions: list[Source] = field(default_factory=list)
    value_sets: list[Source] = field(default_factory=list)
    record_types: list[Source] = field(default_factory=list)
    new_fields: list[str] = field(default_factory=list)


def load_schema(*directories: Path | str) -> Schema:
    """The schema of an org with this metadata deployed on top of the standard objects.

    Each directory is an SFDX project (its `sfdx-project.json` names the package directories) or a source
    directory itself. Raises MetadataError, with the file, for what would not deploy and for what is not
    emulated (formula and roll-up fields, global value sets). Takes tens of milliseconds: share the result.
    """
    drafts = standard_objects()
    packages = [package for directory in directories for package in _packages(Path(directory))]
    for package in packages:
        for source in package.objects:
            _object(drafts, source)
    for number, name in enumerate(sorted(name for name, draft in drafts.items() if draft.custom)):
        drafts[name].key_prefix = "a" + DIGITS[number // 62] + DIGITS[number % 62]
    for package in packages:
        for source in package.fields:
            _field(drafts, package, source)
        for source in package.value_sets:
            _value_set(drafts, source)
        for source in package.rules:
            _rule(drafts, source)
    record_types = tuple(
        _record_type(drafts, source) for package in packages for source in package.record_types
    )
    known = {source.name for package in packages for source in package.custom_permissions}
    bundles = [
        _permission_set(drafts, package, source, known)
        for package in packages
        for source in package.permission_sets
    ]
    named = {name for bundle in bundles for name in bundle.readable_fields}
    for package in packages:
        open_fields = frozenset(name for name in package.new_fields if name not in named)
        if open_fields:
            bundles.append(_open_fields(drafts, package, open_fields))
    return finish(drafts, tuple(bundles), frozenset(known), record_types)


def _packages(directory: Path) -> Iterator[_Package]:
    project = directory / "sfdx-project.json"
    if not directory.is_dir():
        raise MetadataError(f"{directory}: there is no such directory")
    roots: Sequence[Path] = [directory]
    if project.is_file():
        roots = _package_directories(project)
    for root in roots:
        package = _Package(root.name)
        for path in sorted(root.rglob("*-meta.xml")):
            _sort(package, path)
        yield package


def _package_directories(project: Path) -> list[Path]:
    try:
        stated = json.loads(project.read_text(encoding="utf-8"))
        return [project.parent / entry["path"] for entry in stated["packageDirectories"]]
    except (ValueError, TypeError, KeyError) as error:
        raise MetadataError(f"{project}: no packageDirectories with a path can be read: {error}") from None


def _sort(package: _Package, path: Path) -> None:
    kinds = {
        ".object-meta.xml": package.objects,
        ".field-meta.xml": package.fields,
        ".validationRule-meta.xml": package.rules,
        ".permissionset-meta.xml": package.permission_sets,
        ".customPermission-meta.xml": package.custom_permissions,
        ".standardValueSet-meta.xml": package.value_sets,
        ".recordType-meta.xml": package.record_types,
    }
    for ending, sources in kinds.items():
        if path.name.endswith(ending):
            sources.append(read_source(path, path.name.removesuffix(ending)))
            return


def _object(drafts: Drafts, source: Source) -> None:
    root, name = source.root, source.name
    if name in drafts or not name.endswith("__c"):
        return
    label = root.findtext("label") or name
    draft = ObjectDraft(name, "", label, root.findtext("pluralLabel") or label, custom=True)
    draft.custom_setting = root.find("customSettingsType") is not None
    draft.activities = flag(root, "enableActivities")
    draft.feeds = flag(root, "enableFeeds")
    draft.sharing = root.findtext("sharingModel") or "ReadWrite"
    draft.add(id_field("Record"))
    draft.add(DELETED_FIELD)
    if draft.custom_setting:
        draft.sharing = "Read"
        draft.add(
            Field("Name", "string", "Name", length=38, defaulted=True, name_field=True, permissionable=False)
        )
        draft.add(
            Field(
                "SetupOwnerId",
                "reference",
                "Location",
                length=18,
                nillable=False,
                defaulted=True,
                updateable=False,
                reference_to=("Organization", "Profile", "User"),
                relationship_name="SetupOwner",
                unique=True,
                permissionable=False,
            )
        )
    else:
        draft.add(_name_field(source))
        draft.add(
            Field(
                "OwnerId",
                "reference",
                "Owner ID",
                length=18,
                nillable=False,
                defaulted=True,
                reference_to=("Group", "User"),
                relationship_name="Owner",
                permissionable=False,
            )
        )
    for item in (*CREATED_FIELDS, *MODIFIED_FIELDS):
        draft.add(item)
    drafts[name] = draft


def _name_field(source: Source) -> Field:
    stated = source.root.find("nameField")
    if stated is None:
        raise MetadataError(f"{source.path}: a custom object needs a nameField")
    label = stated.findtext("label") or "Name"
    if stated.findtext("type") == "AutoNumber":
        return Field(
            "Name",
            "string",
            label,
            length=80,
            nillable=False,
            createable=False,
            updateable=False,
            defaulted=True,
            auto_number=stated.findtext("displayFormat") or "{0}",
            name_field=True,
            id_lookup=True,
            permissionable=False,
        )
    return Field(
        "Name",
        "string",
        label,
        length=80,
        defaulted=True,
        name_field=True,
        id_lookup=True,
        permissionable=False,
    )


def _targets(drafts: Drafts, source: Source) -> list[ObjectDraft]:
    name = source.path.parent.parent.name
    if name == "Activity":
        return [drafts["Task"], drafts["Event"]]
    if name not in drafts:
        raise MetadataError(f"{source.path}: there is no object {name}")
    return [drafts[name]]


def _field(drafts: Drafts, package: _Package, source: Source) -> None:
    for draft in _targets(drafts, source):
        if not source.name.endswith("__c"):
            if source.name not in draft.fields:
                raise MetadataError(f"{source.path}: there is no standard field {draft.name}.{source.name}")
            item = draft.fields[source.name]
            values = source.root.find("valueSet")
            if values is not None:
                item = with_values(item, values, source)
            draft.add(replace(item, tracked=item.tracked or flag(source.root, "trackHistory")))
            continue
        item, children = read_field(source)
        if draft.custom_setting:
            item = replace(item, permissionable=False)
        draft.add(item)
        if children:
            draft.child_names[item.name] = children
        if item.delete_constraint == "Cascade":
            draft.fields.pop("OwnerId", None)
            draft.sharing = "ControlledByParent"
        if item.permissionable:
            package.new_fields.append(f"{draft.name}.{item.name}")


def _value_set(drafts: Drafts, source: Source) -> None:
    places = _VALUE_SETS.get(source.name)
    if places is None:
        raise MetadataError(f"{source.path}: this standard value set is not emulated")
    values = []
    for node in source.root.findall("standardValue"):
        name = node.findtext("fullName") or ""
        converted = flag(node, "converted")
        values.append(
            PicklistValue(
                name,
                node.findtext("label") or name,
                default=flag(node, "default"),
                active=node.findtext("isActive") != "false",
                closed=flag(node, "closed") or converted,
                converted=converted,
                high_priority=flag(node, "highPriority"),
            )
        )
    default = next((value.value for value in values if value.default), None)
    for object_name, field_name in places:
        draft = drafts[object_name]
        draft.add(replace(draft.fields[field_name], picklist=tuple(values), default=default))


def _record_type(drafts: Drafts, source: Source) -> RecordType:
    """The record type; an object that has one has the field that says of which a row is."""
    [draft] = _targets(drafts, source)
    draft.add(
        Field(
            "RecordTypeId",
            "reference",
            "Record Type ID",
            length=18,
            defaulted=True,
            reference_to=("RecordType",),
            relationship_name="RecordType",
            permissionable=False,
        )
    )
    label = source.root.findtext("label") or source.name
    return RecordType(draft.name, source.name, label, flag(source.root, "active"))


def _rule(drafts: Drafts, source: Source) -> None:
    root = source.root
    if root.findtext("active") != "true":
        return
    for draft in _targets(drafts, source):
        draft.rules.append(
            RuleDraft(
                source.name,
                root.findtext("errorConditionFormula") or "",
                root.findtext("errorMessage") or "",
                root.findtext("errorDisplayField"),
                str(source.path),
            )
        )


def _permission_set(drafts: Drafts, package: _Package, source: Source, known: set[str]) -> PermissionBundle:
    root = source.root
    objects: dict[str, ObjectRights] = {}
    for node in root.findall("objectPermissions"):
        name = node.findtext("object") or ""
        if name not in drafts:
            raise MetadataError(
                f"{source.path}: objectPermissions names {name}, which is no object of this org"
            )
        objects[name] = _rights(node)
    for node in root.findall("customSettingAccesses"):
        name = node.findtext("name") or ""
        if name not in drafts or not drafts[name].custom_setting:
            raise MetadataError(
                f"{source.path}: customSettingAccesses names {name}, which is no custom setting"
            )
        if flag(node, "enabled"):
            objects[name] = ObjectRights(read=True)
    readable: set[str] = set()
    editable: set[str] = set()
    for node in root.findall("fieldPermissions"):
        for name in _permitted_fields(drafts, source, node.findtext("field") or ""):
            if flag(node, "readable") or flag(node, "editable"):
                readable.add(name)
            if flag(node, "editable"):
                editable.add(name)
    return PermissionBundle(
        name=source.name,
        label=root.findtext("label") or source.name,
        source=package.name,
        description=root.findtext("description") or "",
        objects=objects,
        readable_fields=frozenset(readable),
        editable_fields=frozenset(editable),
        system=frozenset(_enabled(root, "userPermissions")),
        custom=frozenset(_custom(root, source, known)),
    )


def _rights(node: ElementTree.Element) -> ObjectRights:
    return ObjectRights(
        read=flag(node, "allowRead"),
        create=flag(node, "allowCreate"),
        edit=flag(node, "allowEdit"),
        delete=flag(node, "allowDelete"),
        view_all=flag(node, "viewAllRecords"),
        modify_all=flag(node, "modifyAllRecords"),
    )


def _permitted_fields(drafts: Drafts, source: Source, name: str) -> list[str]:
    object_name, _, field_name = name.partition(".")
    draft = drafts.get(object_name)
    if draft is None or field_name not in draft.fields:
        raise MetadataError(f"{source.path}: fieldPermissions names {name}, which does not exist")
    if not draft.fields[field_name].permissionable:
        raise MetadataError(f"{source.path}: You cannot deploy to a required field: {name}")
    return [name]


def _enabled(root: ElementTree.Element, tag: str) -> list[str]:
    return [node.findtext("name") or "" for node in root.findall(tag) if flag(node, "enabled")]


def _custom(root: ElementTree.Element, source: Source, known: set[str]) -> list[str]:
    names = _enabled(root, "customPermissions")
    for name in names:
        if name not in known:
            raise MetadataError(f"{source.path}: there is no custom permission {name}")
    return names


def _open_fields(drafts: Drafts, package: _Package, names: frozenset[str]) -> PermissionBundle:
    """Fields that no permission set names: visible through the profiles, as a field made by hand is."""
    custom = {name.partition(".")[0] for name in names if drafts[name.partition(".")[0]].custom}
    return PermissionBundle(
        name="",
        source=package.name,
        objects={
            name: ObjectRights(read=True, create=True, edit=True, delete=True) for name in sorted(custom)
        },
        readable_fields=names,
        editable_fields=names,
    )
