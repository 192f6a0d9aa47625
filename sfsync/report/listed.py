"""Do the org's picklists list the values that the files name?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from sfsync.core.mapping import FieldMapping
from sfsync.errors import Problem
from sfsync.mappings.conditions import conditions_in, named_values
from sfsync.mappings.loading import CHOICE, Documents
from sfsync.mappings.words import nearest
from sfsync.mappings.yaml_lines import Path

ASKING = ("scoring", "sla", "routing", CHOICE)
"""The files with conditions over lead.yaml."""

Level = Literal["warning", "error"]

_SHOWN = 12


class Picklist(msgspec.Struct, frozen=True):
    """What a picklist, or several that count as one, may hold.

    Attributes:
        values: those that can be chosen, by their folded form.
        before: those that are no longer active, and that rows of before may still have.
    """

    values: Mapping[str, str]
    before: Mapping[str, str]

    @classmethod
    def of(cls, fields: Sequence[Mapping[str, Any] | None]) -> Picklist | None:
        """The picklist of these fields, as the REST API describes them; None where one of them takes any value."""
        values: dict[str, str] = {}
        before: dict[str, str] = {}
        for field in fields:
            if field is None or field["type"] != "picklist":
                return None
            for one in field["picklistValues"]:
                (values if one["active"] else before)[one["value"].casefold()] = one["value"]
        return cls(values, before)

    def made(self, one: FieldMapping) -> Picklist:
        """What lead.yaml makes of it, with the values that it says there are besides."""
        translation = {key.strip().casefold(): str(value) for key, value in one.values.items()}

        def to(values: Mapping[str, str]) -> dict[str, str]:
            made = (translation.get(folded, value) for folded, value in values.items())
            return {value.strip().casefold(): value for value in made}

        besides = [*translation.values(), *([] if one.default is None else [str(one.default)])]
        listed = {**self.values, **{value.strip().casefold(): value for value in one.unlisted}}
        return Picklist({**to(listed), **{value.casefold(): value for value in besides}}, to(self.before))

    def __or__(self, other: Picklist) -> Picklist:
        return Picklist({**self.values, **other.values}, {**self.before, **other.before})

    def lacks(self, value: str, unlisted: Collection[str] = ()) -> Level | None:
        """How wrong it is to name this value: it is not listed, or no longer; None where nothing is."""
        folded = value.strip().casefold()
        if folded in self.values or folded in {one.strip().casefold() for one in unlisted}:
            return None
        return "warning" if folded in self.before else "error"


def lacking(what: str, name: str, value: str, listed: Collection[str], level: Level) -> str:
    """What is wrong with a value that this field does not list, and what to do about it.

    `what` says what follows, such as `no lead has 'X'`; `listed` are the values that there are.
    """
    if level == "warning":
        return f"{name} has {value!r} no longer among its active values: only rows of before have it"
    return f"{what}{meant(value, listed)} Where some have it all the same, name it under `unlisted`"


def meant(value: str, listed: Collection[str]) -> str:
    """The end of a message about a value that is not listed: what was meant, else what there is."""
    near = nearest(value, listed)
    if near is not None:
        return f"; did you mean `{near}`?"
    return f"; it has {', '.join(list(listed)[:_SHOWN])}" + (", …." if len(listed) > _SHOWN else ".")


def translated(
    documents: Documents, one: FieldMapping, at: Path, listed: Picklist
) -> Iterator[tuple[Level, Problem]]:
    """The values that a field of lead.yaml translates and its picklist does not have."""
    if one.pattern is not None:
        return
    name = f"the picklist {one.sources[0]}"
    for value in one.values:
        if (level := listed.lacks(value, one.unlisted)) is not None:
            what = f"{name} has no value {value!r}"
            message = lacking(what, name, value, listed.values.values(), level)
            yield level, documents.problem("lead", (*at, "values", value), message)


def asked(
    documents: Documents, name: str, mapped: Sequence[tuple[FieldMapping, Picklist | None]]
) -> Iterator[tuple[Level, Problem]]:
    """What rules and conditions ask of this field of lead.yaml and no lead has; `mapped` are all its sources, by record
    type too, with what they list.
    """
    known = Picklist({}, {})
    for one, listed in mapped:
        if listed is None or one.pattern or one.type not in (None, "text") or one.ranges:
            return
        known |= listed.made(one)
    source = f"the picklist {mapped[0][0].sources[0]}"
    for file, value, here in (*_points(documents, name), *_compared(documents, name)):
        if (level := known.lacks(value)) is not None:
            what = f"no lead has {value!r}: {source} does not list it"
            message = lacking(what, source, value, known.values.values(), level)
            yield level, documents.problem(file, here, message)


def _points(documents: Documents, name: str) -> Iterator[tuple[str, str, Path]]:
    for key, criterion in documents.scoring.criteria.items():
        for number, rule in enumerate(criterion.rules):
            for value in rule.points if rule.field == name and isinstance(rule.points, dict) else ():
                yield "scoring", value, ("criteria", key, "rules", number, "points", value)


def _compared(documents: Documents, name: str) -> Iterator[tuple[str, str, Path]]:
    for file, asked_of, wanted, here in in_conditions(documents):
        if asked_of == name and isinstance(wanted, str):
            yield file, wanted, here


def in_conditions(documents: Documents) -> Iterator[tuple[str, str, object, Path]]:
    """The file, the field, the value and the path of each value that a condition over lead.yaml names."""
    for file in ASKING:
        if file in documents.sources:
            data = documents.sources[file].data
            for condition, at in conditions_in(data):
                if at[:1] != ("interactions",):
                    yield from ((file, *found) for found in named_values(condition, at))
