"""What the org works out when it is asked for it: its fields, what the user may do, what everybody may.

FieldDefinition takes conditions on one object's fields and little else [D: Tooling API, "SOQL Operation
Limitations"; the filter that it wants: C]; UserPermissionAccess has one row, the user's own [D]; Organization
tells the sharing default of leads in words of its own [C].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sfsync.localorg.access import Session
from sfsync.localorg.engine import Engine
from sfsync.localorg.schema import Field, ObjectType, Row
from sfsync.localorg.soql import Query, malformed
from sfsync.localorg.soql.aggregates import is_aggregate
from sfsync.localorg.soql.syntax import And, Comparison, Condition, FieldPath, Or

FIELDS = "FieldDefinition"
RIGHTS = "UserPermissionAccess"
ORGANIZATION = "Organization"
_PERMISSION = "Permissions"
_NO_ID = "000000000000000AAA"
_WANTED = ("EntityDefinitionId", "DurableId")
"""One of these must be compared, or FieldDefinition says nothing."""

_DEFAULT_ACCESS = {
    "Private": "None",
    "Read": "Read",
    "ReadWrite": "ReadEdit",
    "ReadWriteTransfer": "ReadEditTransfer",
}
"""Sharing defaults, as the metadata calls them, in Organization's words."""

_TYPES = {
    "string": "Text({length})",
    "textarea": "Long Text Area({length})",
    "reference": "Lookup({to})",
    "picklist": "Picklist",
    "multipicklist": "Picklist (Multi-Select)",
    "boolean": "Checkbox",
    "datetime": "Date/Time",
    "date": "Date",
    "int": "Number({digits}, 0)",
    "double": "Number({whole}, {scale})",
    "currency": "Currency({whole}, {scale})",
    "percent": "Percent({whole}, {scale})",
    "email": "Email",
    "phone": "Phone",
    "url": "URL({length})",
}
"""Kinds of fields in the words of the setup pages."""


def shown(engine: Engine, session: Session, query: Query) -> Query:
    """The query as it is to be run, once the rows are there that it may be about.

    Raises ApiError 400 for what FieldDefinition does not take.
    """
    found = engine.schema.object(query.source)
    if found is not None and found.name == ORGANIZATION:
        access = _DEFAULT_ACCESS[engine.sharing(engine.schema.objects["Lead"])]
        for row in engine.database.table(ORGANIZATION).rows.values():
            row["DefaultLeadAccess"] = access
    if found is None or not found.worked_out:
        return query
    table = engine.database.table(found.name)
    table.rows.clear()
    if found.name == RIGHTS:
        table.extend([_rights(engine, session, found)])
        return query
    table.extend(_fields(engine))
    return _restricted(query)


def _rights(engine: Engine, session: Session, object_type: ObjectType) -> Row:
    held = session.permissions.system
    row: Row = {"Id": _NO_ID, "LastCacheUpdate": engine.now()}
    for name in object_type.fields:
        if name.startswith(_PERMISSION):
            row[name] = name.removeprefix(_PERMISSION) in held
    return row


def _fields(engine: Engine) -> Iterator[Row]:
    settings = engine.settings
    for object_type in engine.schema.objects.values():
        name = object_type.name
        tracks = f"{name}History" in engine.schema.objects
        further = settings.tracked_fields.get(name, ())
        untracked = settings.untracked_fields.get(name, ())
        for field in object_type.fields.values():
            developer_name = _developer_name(field)
            yield {
                "Id": f"{name}.{developer_name}",
                "DurableId": f"{name}.{developer_name}",
                "EntityDefinitionId": name,
                "QualifiedApiName": field.name,
                "DeveloperName": developer_name.removesuffix("__c"),
                "Label": field.label,
                "DataType": _data_type(field),
                "IsFieldHistoryTracked": tracks
                and (field.tracked or field.name in further)
                and field.name not in untracked,
            }


def _developer_name(field: Field) -> str:
    """The field as its durable id has it: a standard lookup without `Id` [R: `Contact.Account`]."""
    if field.type == "reference" and not field.custom:
        return field.name.removesuffix("Id")
    return field.name


def _data_type(field: Field) -> str:
    return _TYPES.get(field.type, field.type).format(
        length=field.length,
        digits=field.digits,
        whole=field.precision - field.scale,
        scale=field.scale,
        to=",".join(field.reference_to),
    )


def _restricted(query: Query) -> Query:
    """The query without LIMIT and OFFSET, which are ignored."""
    if is_aggregate(query):
        raise malformed(
            "The requested operation is not yet supported by this SObject storage type, contact salesforce.com "
            "support for more information."
        )
    compared = list(_compared(query.where)) if query.where is not None else []
    if not any(name.lower() == wanted.lower() for name in compared for wanted in _WANTED):
        raise malformed(f"{FIELDS}: a filter on a reified column is required [{','.join(_WANTED)}]")
    return replace(query, limit=None, offset=0)


def _compared(condition: Condition) -> Iterator[str]:
    """The names of the fields that are compared."""
    match condition:
        case And(conditions):
            for one in conditions:
                yield from _compared(one)
        case Comparison(FieldPath() as left, "=" | "IN"):
            yield left.text
        case Or():
            raise malformed("Disjunctions not supported")
        case _:
            raise malformed("Only equals comparisons permitted")
