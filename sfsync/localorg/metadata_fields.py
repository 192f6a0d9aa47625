"""A custom field's file says what describe says, in other words."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from sfsync.localorg.draft import MetadataError
from sfsync.localorg.metadata_xml import Source, flag
from sfsync.localorg.schema import Field, FieldType, PicklistValue, Value

_TYPES: dict[str, FieldType] = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Html": "textarea",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Time": "time",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Lookup": "reference",
    "MasterDetail": "reference",
    "AutoNumber": "string",
}
_LENGTHS = {
    "Email": 80,
    "Phone": 40,
    "Url": 255,
    "TextArea": 255,
    "Picklist": 255,
    "MultiselectPicklist": 4099,
    "AutoNumber": 30,
}


def _number(source: Source, tag: str) -> int:
    return int(source.root.findtext(tag) or 0)


def read_field(source: Source) -> tuple[Field, str | None]:
    """The field of a file, and what its parent calls these rows (`SLA_Events__r`), if it has one.

    Raises MetadataError for a type that is not emulated.
    """
    root = source.root
    stated = root.findtext("type") or ""
    if stated not in _TYPES or root.find("formula") is not None:
        kind = "formula" if root.find("formula") is not None else stated or "untyped"
        raise MetadataError(f"{source.path}: {kind} fields are not emulated")
    kind_name = _TYPES[stated]
    required = flag(root, "required") or stated == "MasterDetail"
    boolean = kind_name == "boolean"
    numeric = kind_name in ("double", "currency", "percent")
    reference = kind_name == "reference"
    automatic = stated == "AutoNumber"
    children = root.findtext("relationshipName")
    item = Field(
        name=source.name,
        type=kind_name,
        label=root.findtext("label") or source.name,
        length=18 if reference else _number(source, "length") or _LENGTHS.get(stated, 0),
        precision=_number(source, "precision") if numeric else 0,
        scale=_number(source, "scale") if numeric else 0,
        nillable=not (required or boolean or automatic),
        createable=not automatic,
        updateable=not automatic and (stated != "MasterDetail" or flag(root, "reparentableMasterDetail")),
        defaulted=boolean or automatic,
        default=_default(source, kind_name),
        reference_to=(root.findtext("referenceTo") or "",) if reference else (),
        relationship_name=source.name[:-1] + "r" if reference else None,
        unique=flag(root, "unique"),
        external_id=flag(root, "externalId"),
        id_lookup=flag(root, "externalId"),
        case_sensitive=flag(root, "caseSensitive"),
        auto_number=root.findtext("displayFormat") if automatic else None,
        custom=True,
        permissionable=not required,
        delete_constraint="Cascade"
        if stated == "MasterDetail"
        else root.findtext("deleteConstraint") or "SetNull",
        tracked=flag(root, "trackHistory"),
        long_text=stated in ("LongTextArea", "Html"),
        help_text=root.findtext("inlineHelpText"),
    )
    values = root.find("valueSet")
    if values is not None:
        item = with_values(item, values, source)
    return item, f"{children}__r" if reference and children else None


def with_values(item: Field, node: ElementTree.Element, source: Source) -> Field:
    """The field with a `valueSet`'s entries. Raises MetadataError for a global value set."""
    definition = node.find("valueSetDefinition")
    if definition is None:
        raise MetadataError(f"{source.path}: global value sets are not emulated")
    values = []
    for entry in definition.findall("value"):
        name = entry.findtext("fullName") or ""
        active = entry.findtext("isActive") != "false"
        values.append(PicklistValue(name, entry.findtext("label") or name, flag(entry, "default"), active))
    default = next((value.value for value in values if value.default), None)
    return replace(
        item,
        picklist=tuple(values),
        restricted=flag(node, "restricted"),
        default=default,
        defaulted=item.defaulted or default is not None,
    )


def _default(source: Source, kind: FieldType) -> Value | None:
    text = source.root.findtext("defaultValue")
    if kind == "boolean":
        return text == "true"
    if text is None:
        return None
    if kind in ("double", "currency", "percent"):
        number = float(text)
        return int(number) if number.is_integer() else number
    if kind in ("string", "textarea") and text[:1] == text[-1:] == '"':
        return text[1:-1]
    raise MetadataError(f"{source.path}: a default value formula is not emulated: {text}")
