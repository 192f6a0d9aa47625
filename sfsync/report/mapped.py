"""Do the fields that the mapping names hold in this org what the policy asks of them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec

from sfsync.core.mapping import FieldMapping
from sfsync.errors import Problem
from sfsync.mappings.conditions import conditions_in, held_problems, held_rule_problems, named_values
from sfsync.mappings.loading import CHOICE, Documents
from sfsync.mappings.yaml_lines import Path
from sfsync.report.described import Describe, held_by, picklist
from sfsync.report.fields import follow, of_leads
from sfsync.salesforce.names import GUARD, SLA_FIELDS

_NEVER: Mapping[str, frozenset[str]] = {
    "number": frozenset({"boolean", "date", "datetime", "time", "id", "reference"}),
    "date": frozenset({"boolean", "int", "double", "currency", "percent", "time", "id", "reference"}),
    "boolean": frozenset({"date", "datetime", "time", "id", "reference"}),
    "text": frozenset(),
}
"""The kinds of fields that never hold what a `type` reads."""

_COMPOUND: Mapping[str, str] = {"address": "Street or City", "location": "its latitude (…__Latitude__s)"}
"""The kinds of fields whose value is a group of values, and what to name instead."""

_OURS = frozenset({*SLA_FIELDS.values(), GUARD})

_ASKING = ("scoring", "sla", "routing", CHOICE)
"""The files with conditions over lead.yaml."""

_LISTED = 12


class Mapped(msgspec.Struct, frozen=True):
    """One thing that is wrong with a mapped field; an error stops the worker or makes it do wrong."""

    level: Literal["warning", "error"]
    problem: Problem


def mapped_fields(documents: Documents, describe: Describe) -> Iterator[Mapped]:
    """What is wrong with the fields of lead.yaml in this org, each with its line."""
    fields: list[tuple[str, FieldMapping, Path]] = [
        (name, one, ("fields", name)) for name, one in documents.lead.fields.items()
    ]
    for record_type, other in documents.lead.record_types.items():
        fields += [
            (name, one, ("record_types", record_type, "fields", name)) for name, one in other.fields.items()
        ]
    for problem in of_leads(documents, describe):
        yield Mapped("error", problem)
    for name, one, at in fields:
        found = [(source, follow(source, describe).field) for source in one.sources]
        for source, field in found:
            if field is not None:
                yield from _type(documents, one, at, source, field)
                yield from _to_no_end(documents, one, at, source, field)
        if at[0] == "fields" and one.model_fields_set <= {"field", "first_of"}:
            yield from _unlike(documents, name, _held([field for _, field in found]))
        values = picklist([field for _, field in found])
        if values is not None:
            yield from _values(documents, name, one, at, values)


def _said(
    documents: Documents, level: Literal["warning", "error"], file: str, at: Path, message: str
) -> Mapped:
    return Mapped(level, documents.problem(file, at, message))


def _type(
    documents: Documents, one: FieldMapping, at: Path, source: str, field: Mapping[str, Any]
) -> Iterator[Mapped]:
    kind = field["type"]
    read = "number" if one.ranges else one.type
    if kind in _COMPOUND:
        message = (
            f"{source} holds several values at once and is read as blank: name one of them, such as "
            f"{_COMPOUND[kind]}"
        )
        yield _said(documents, "error", "lead", at, message)
    elif source in _OURS:
        message = (
            f"sfsync itself writes {source}: what is read from it would be its own last answer; name another"
        )
        yield _said(documents, "error", "lead", at, message)
    elif read is not None and kind in _NEVER[read]:
        yield _said(
            documents,
            "error",
            "lead",
            at,
            f"{source} is a {kind} field, and never holds a {read}; correct `type`",
        )
    elif read is None and kind in ("date", "datetime"):
        yield _said(
            documents,
            "warning",
            "lead",
            at,
            f"{source} is a {kind} field; with `type: date` its age can be asked for",
        )
    elif kind == "multipicklist":
        yield _said(
            documents,
            "warning",
            "lead",
            at,
            f"{source} holds several values at once (`A;B`): ask for one with `contains`, not with a table",
        )


def _to_no_end(
    documents: Documents, one: FieldMapping, at: Path, source: str, field: Mapping[str, Any]
) -> Iterator[Mapped]:
    """What lead.yaml does with this field, and never comes to."""
    if source in one.first_of[:-1] and not field["nillable"] and "." not in source:
        message = f"{source} is never blank, so that what stands behind it in `first_of` never counts"
        here = (*at, "first_of", one.first_of.index(source))
        yield _said(documents, "warning", "lead", here, message)
    held = held_by(field)
    if one.values and one.pattern is None and held in ("boolean", "number"):
        what = "numbers" if held == "number" else "true or false"
        message = f"`values` translates texts, and {source} holds {what}: ask for these where they are needed"
        yield _said(documents, "warning", "lead", (*at, "values"), message)


def _held(fields: list[Mapping[str, Any] | None]) -> str | None:
    """The type of what these fields hold, where it is the same for all."""
    held = {None if field is None else held_by(field) for field in fields}
    return held.pop() if len(held) == 1 else None


def _unlike(documents: Documents, name: str, held: str | None) -> Iterator[Mapped]:
    """What is asked of a field that, holding this in the org, it never is: it would match no lead."""
    if held is None:
        return
    for file in _ASKING:
        if file in documents.sources:
            source = documents.sources[file]
            for condition, at in conditions_in(source.data):
                if at[:1] != ("interactions",):
                    for problem in held_problems(source, name, held, condition, at):
                        yield Mapped("error", _in_the_org(problem))
    scoring = documents.sources["scoring"]
    for _, criterion in scoring.entries("criteria"):
        for rule, at in scoring.entries(*criterion, "rules"):
            for problem in held_rule_problems(scoring, name, held, rule, at):
                yield Mapped("error", _in_the_org(problem))


def _in_the_org(problem: Problem) -> Problem:
    return replace(problem, message=f"in this org {problem.message}")


def _values(
    documents: Documents, name: str, one: FieldMapping, at: Path, values: Mapping[str, str]
) -> Iterator[Mapped]:
    """What the files name and this picklist does not have."""
    listed = ", ".join(list(values.values())[:_LISTED]) + (", …" if len(values) > _LISTED else "")
    for value in one.values:
        if value.strip().casefold() not in values:
            yield _said(
                documents,
                "warning",
                "lead",
                (*at, "values", value),
                f"the picklist {one.sources[0]} has no value {value!r}; it has {listed}",
            )
    if one.pattern or one.type not in (None, "text") or one.ranges or at[0] != "fields":
        return
    known = {str(one.values.get(value, value)).casefold() for value in values.values()}
    known |= {str(value).casefold() for value in one.values.values()} | {str(one.default).casefold()}
    for key, criterion in documents.scoring.criteria.items():
        for number, rule in enumerate(criterion.rules):
            for value in rule.points if rule.field == name and isinstance(rule.points, dict) else ():
                if value.strip().casefold() not in known:
                    yield _said(
                        documents,
                        "warning",
                        "scoring",
                        ("criteria", key, "rules", number, "points", value),
                        f"no lead has {value!r}: the picklist {one.sources[0]} has {listed}",
                    )
    for file, asked, wanted, here in in_conditions(documents):
        if asked == name and isinstance(wanted, str) and wanted.strip().casefold() not in known:
            message = f"no lead has {wanted!r}: the picklist {one.sources[0]} has {listed}"
            yield _said(documents, "warning", file, here, message)


def in_conditions(documents: Documents) -> Iterator[tuple[str, str, object, Path]]:
    """The file, the field, the value and the path of each value that a condition over lead.yaml names."""
    for file in _ASKING:
        if file in documents.sources:
            data = documents.sources[file].data
            for condition, at in conditions_in(data):
                if at[:1] != ("interactions",):
                    yield from ((file, *found) for found in named_values(condition, at))
