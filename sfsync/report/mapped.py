"""Do the fields that the mapping names hold in this org what the policy asks of them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec

from sfsync.core.mapping import FieldMapping
from sfsync.errors import Problem
from sfsync.mappings.conditions import conditions_in, held_problems, held_rule_problems
from sfsync.mappings.loading import Documents
from sfsync.mappings.yaml_lines import Path
from sfsync.report.described import Describe, held_by
from sfsync.report.fields import follow, of_leads
from sfsync.report.listed import ASKING, Picklist, asked, translated
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
    lists: dict[str, list[tuple[FieldMapping, Picklist | None]]] = {}
    for name, one, at in fields:
        found = [(source, follow(source, describe).field) for source in one.sources]
        for source, field in found:
            if field is not None:
                yield from _type(documents, one, at, source, field)
                yield from _to_no_end(documents, one, at, source, field)
        if at[0] == "fields" and one.model_fields_set <= {"field", "first_of", "unlisted"}:
            yield from _unlike(documents, name, _held([field for _, field in found]))
        listed = Picklist.of([field for _, field in found])
        lists.setdefault(name, []).append((one, listed))
        for level, problem in translated(documents, one, at, listed) if listed is not None else ():
            yield Mapped(level, problem)
    for name, mapped in lists.items():
        for level, problem in asked(documents, name, mapped):
            yield Mapped(level, problem)


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
    for file in ASKING:
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
