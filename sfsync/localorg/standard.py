"""The standard objects, read from their one-line-a-field notation.

    object NAME PREFIX LABEL [flags]            flags: setup readonly undeletable mergeable feed activity
                                                nofls (field-level security does not apply)
                                                workedout (its rows are made when they are asked for)
                                                history=OBJECT feedof=OBJECT
      NAME type[(length | precision,scale | targets)] [words]
      *audit | *created                         the audit fields at this place

Words: required, ro, createonly, updateonly, default (a create may leave it out), true (a boolean's default),
name, compound=FIELD, values=A|*B|C (`*` default, `!` closed, `^` closed and converted, `+` high priority),
a value may have a label of its own (`3=Sent`), restricted, zones, long, idlookup, unique, cs, tracked,
permissionable or fixed (field-level security applies to it or doesn't, whatever the other words say), cascade,
relationship=NAME, norelationship, children=NAME, label=LABEL. A line that ends with `|` or `,`, or that is
followed by `label=`, goes on in the next one.
"""

from __future__ import annotations

import re
import shlex
from importlib import resources
from typing import cast

from sfsync.localorg.draft import Drafts, ObjectDraft, spaced
from sfsync.localorg.schema import Field, FieldType, PicklistValue, Value
from sfsync.localorg.standard_activity import ACTIVITY
from sfsync.localorg.standard_sales import SALES
from sfsync.localorg.standard_setup import SETUP

_VALUES = re.compile(r"\bvalues=(.*?)(?= (?:label=|default\b|tracked\b)|$)")
_TYPE = re.compile(r"([A-Za-z]+)(?:\((.*)\))?$")


def _system(name: str, kind: FieldType, label: str, to: str | None = None) -> Field:
    return Field(
        name,
        kind,
        label,
        length=18 if kind in ("id", "reference") else 0,
        nillable=False,
        createable=False,
        updateable=False,
        defaulted=True,
        default=False if kind == "boolean" else None,
        reference_to=(to,) if to else (),
        relationship_name=name.removesuffix("Id") if to else None,
        permissionable=False,
        system=True,
        id_lookup=kind == "id",
    )


def id_field(label: str) -> Field:
    """The Id of an object."""
    return _system("Id", "id", f"{label} ID")


DELETED_FIELD = _system("IsDeleted", "boolean", "Deleted")
CREATED_FIELDS = (
    _system("CreatedDate", "datetime", "Created Date"),
    _system("CreatedById", "reference", "Created By ID", to="User"),
)
MODIFIED_FIELDS = (
    _system("LastModifiedDate", "datetime", "Last Modified Date"),
    _system("LastModifiedById", "reference", "Last Modified By ID", to="User"),
    _system("SystemModstamp", "datetime", "System Modstamp"),
)


def standard_objects() -> Drafts:
    """Drafts of all standard objects, by name."""
    drafts: Drafts = {}
    draft: ObjectDraft | None = None
    for line in re.sub(r"([|,])\n\s+|\n\s+(?=label=)", _joined, SALES + ACTIVITY + SETUP).splitlines():
        if line.startswith("object "):
            draft = _object(line)
            drafts[draft.name] = draft
        elif line.strip() and draft is not None:
            _field_line(draft, line.strip())
    return drafts


def _joined(match: re.Match[str]) -> str:
    return match[1] or " "


def _object(line: str) -> ObjectDraft:
    _, name, prefix, plural, *flags = shlex.split(line)
    label = spaced(name)
    draft = ObjectDraft(name, prefix, label, plural)
    for flag in flags:
        word, _, argument = flag.partition("=")
        match word:
            case "setup":
                draft.setup = True
                draft.secured = False
                draft.sharing = "Read"
            case "readonly":
                draft.readonly = True
            case "undeletable":
                draft.undeletable = True
            case "mergeable":
                draft.mergeable = True
            case "workedout":
                draft.worked_out = True
            case "feed":
                draft.feeds = True
            case "activity":
                draft.activity = True
            case "nofls":
                draft.secured = False
            case "history":
                draft.history_of = argument
            case "feedof":
                draft.feed_of = argument
            case _:
                raise ValueError(f"unknown word {flag!r} in: {line}")
    draft.add(id_field("Activity" if draft.activity else label))
    return draft


def _field_line(draft: ObjectDraft, line: str) -> None:
    if line == "*created":
        for item in CREATED_FIELDS:
            draft.add(item)
    elif line == "*audit":
        if draft.activity:
            draft.add(DELETED_FIELD)
        else:
            fields = dict(draft.fields)
            identifier = fields.pop("Id")
            draft.fields = {"Id": identifier, "IsDeleted": DELETED_FIELD, **fields}
        for item in (*CREATED_FIELDS, *MODIFIED_FIELDS):
            draft.add(item)
    else:
        draft.add(_field(draft, line))


def _picklist(text: str) -> tuple[PicklistValue, ...]:
    values = []
    for part in text.split("|"):
        name, _, label = part.strip("*!^+").partition("=")
        values.append(
            PicklistValue(
                name,
                label or name,
                default=part.startswith("*"),
                closed=part.endswith(("!", "^")),
                converted=part.endswith("^"),
                high_priority=part.endswith("+"),
            )
        )
    return tuple(values)


def time_zones() -> tuple[PicklistValue, ...]:
    """The names of all time zones, as a picklist."""
    names = (resources.files("tzdata") / "zones").read_text().split()
    return tuple(PicklistValue(name, name) for name in sorted(names) if "/" in name or name in ("GMT", "UTC"))


_ZONES = time_zones()


def _field(draft: ObjectDraft, line: str) -> Field:
    values = _VALUES.search(line)
    if values:
        line = line[: values.start()] + line[values.end() :]
    name, typed, *words = shlex.split(line)
    parsed = _TYPE.match(typed)
    if parsed is None:
        raise ValueError(line)
    kind = cast(FieldType, parsed[1])
    argument = parsed[2] or ""
    options = {word.partition("=")[0]: word.partition("=")[2] for word in words}
    picklist = _picklist(values[1]) if values else _ZONES if "zones" in options else ()
    readonly = "ro" in options
    createable = not readonly and "updateonly" not in options
    updateable = not readonly and "createonly" not in options
    nillable = "required" not in options and kind != "boolean" and not _always_set(name, kind, options)
    numbers = [int(part) for part in argument.split(",")] if argument and kind != "reference" else []
    numeric = kind in ("double", "currency", "percent")
    label = options.get("label") or spaced(
        name[:-2] + " ID" if kind == "reference" and name.endswith("Id") else name
    )
    if "children" in options:
        draft.child_names[name] = options["children"]
    relationship = options.get("relationship")
    if kind == "reference" and relationship is None and "norelationship" not in options:
        relationship = name.removesuffix("Id")
    default: Value | None = next((value.value for value in picklist if value.default), None)
    if kind == "boolean":
        default = "true" in options
    return Field(
        name=name,
        type=kind,
        label=label,
        length=18 if kind == "reference" else numbers[0] if numbers and not numeric and kind != "int" else 0,
        precision=numbers[0] if numeric else 0,
        scale=numbers[1] if numeric else 0,
        digits=numbers[0] if kind == "int" else 0,
        nillable=nillable,
        createable=createable,
        updateable=updateable,
        defaulted="default" in options or kind == "boolean",
        default=default,
        reference_to=tuple(argument.split(",")) if kind == "reference" else (),
        relationship_name=relationship,
        picklist=picklist,
        restricted="restricted" in options,
        unique="unique" in options,
        id_lookup="idlookup" in options,
        case_sensitive="cs" in options,
        compound=options.get("compound"),
        name_field="name" in options,
        permissionable="permissionable" in options
        or (
            "fixed" not in options
            and nillable
            and createable
            and updateable
            and options.get("compound") != "Name"
            and draft.secured
        ),
        delete_constraint="Cascade" if "cascade" in options else "SetNull",
        tracked="tracked" in options,
        system=readonly and name in ("LastModifiedDate", "LastModifiedById", "SystemModstamp", "IsDeleted"),
        long_text="long" in options,
    )


def _always_set(name: str, kind: FieldType, options: dict[str, str]) -> bool:
    return kind == "reference" and name == "OwnerId" and "required" in options
