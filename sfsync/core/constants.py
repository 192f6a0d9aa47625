"""Values that an org wants on each record that sfsync creates there: a record type, a required field."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sfsync.core.mistakes import Mistake, refuse

Constants = dict[str, dict[str, str | int | float | bool]]
"""By object and field; days as ISO dates."""

OWN = {"Task": ("WhoId", "OwnerId", "Subject", "ActivityDate", "Priority", "Description", "SFSync_Key__c")}
"""What sfsync itself writes on the records that it creates, by object; its ledger is not for others to extend."""

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_ID = re.compile(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?\Z")


def _constants(value: object) -> Constants:
    if not isinstance(value, dict):
        raise ValueError("write the object, and below it each field with its value")
    found: list[Mistake] = []
    for name, fields in value.items():
        if name not in OWN:
            found.append(
                ((name,), f"sfsync creates no {name} that could have constants; only {', '.join(OWN)}")
            )
        elif not isinstance(fields, dict) or not fields:
            found.append(((name,), "write each field with its value"))
        else:
            found += [
                ((name, field), why) for field, one in fields.items() if (why := _wrong(name, field, one))
            ]
    refuse(found)
    return {
        name: {field: one.isoformat() if isinstance(one, date) else one for field, one in fields.items()}
        for name, fields in value.items()
    }


def _wrong(name: str, field: object, value: object) -> str | None:
    if not isinstance(field, str) or not _FIELD.match(field):
        return f"{field!r} is not an API name of a Salesforce field"
    if field in OWN[name]:
        return f"sfsync itself writes {field} on each {name}; take it out"
    if value == "" or isinstance(value, datetime) or not isinstance(value, str | int | float | date):
        return "write a text, a number, true or false, or a day such as 2026-12-25"
    if field.endswith("Id") and not (isinstance(value, str) and _ID.match(value)):
        return f"{field} takes an Id of 15 or 18 characters, such as 0125g000000XyzAAAK, not {value!r}"
    return None


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        name: {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        }
        for name in OWN
    },
    "additionalProperties": False,
}

ConstantsDocument = Annotated[Constants, PlainValidator(_constants), WithJsonSchema(_SCHEMA)]
