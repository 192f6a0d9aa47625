"""Do the constants of lead.yaml fit the org, and is there nothing more that it requires?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sfsync.core.constants import OWN
from sfsync.errors import Problem
from sfsync.mappings.loading import Documents
from sfsync.report.fields import Followed, meant, missing

_KINDS: Mapping[str, tuple[type, ...]] = {
    "boolean": (bool,),
    **dict.fromkeys(("int", "double", "currency", "percent"), (int, float)),
}
"""What the kinds of fields that are no texts take."""


def constants(documents: Documents, name: str, described: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the constants of this object, which the REST API describes so; each with its line."""
    given = documents.lead.constants.get(name, {})
    fields = {field["name"]: field for field in described["fields"]}
    for field, value in given.items():
        at = ("constants", name, field)
        if field not in fields:
            found = Followed(None, meant(field, fields))
            yield documents.problem("lead", at, missing(name, field, found))
        elif not fields[field]["createable"]:
            yield documents.problem(
                "lead",
                at,
                f"sfsync may not write {field} on a new {name}: give it the right to edit the field",
            )
        elif why := _unfit(fields[field], value, described):
            yield documents.problem("lead", at, why)
    for field in fields.values():
        if _is_required(field) and field["name"] not in (*OWN[name], *given):
            yield documents.problem(
                "lead",
                ("constants", name) if given else (),
                f"the org requires {field['name']} on each {name}: give it under `constants: {{{name}: …}}`",
            )


def _is_required(field: Mapping[str, Any]) -> bool:
    return bool(
        field["createable"]
        and not field["nillable"]
        and not field["defaultedOnCreate"]
        and field["type"] != "boolean"
    )


def _unfit(field: Mapping[str, Any], value: object, described: Mapping[str, Any]) -> str | None:
    """Why a field of this kind cannot hold this value, or None."""
    name, kind = field["name"], field["type"]
    wanted = _KINDS.get(kind, (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        return f"{name} is a {kind} field and cannot hold {value!r}"
    if name == "RecordTypeId":
        there = [one for one in described["recordTypeInfos"] if one["available"] and not one["master"]]
        if str(value)[:15] not in [one["recordTypeId"][:15] for one in there]:
            listed = ", ".join(f"{one['recordTypeId']} ({one['developerName']})" for one in there) or "none"
            return f"sfsync may use no such record type; there are {listed}"
    elif kind in ("picklist", "multipicklist"):
        values = [one["value"] for one in field["picklistValues"] if one["active"]]
        if missing := [one for one in str(value).split(";") if one not in values]:
            return f"the picklist {name} has no value {missing[0]!r}; it has {', '.join(values)}"
    elif kind == "date" and not _is_day(str(value)):
        return f"{name} is a date field and cannot hold {value!r}; write a day such as 2026-12-25"
    elif field["length"] and len(str(value)) > field["length"]:
        return f"{name} holds {field['length']} characters, and this text has {len(str(value))}"
    return None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
