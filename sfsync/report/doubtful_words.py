"""Texts that speak another language than the files do, lists that name something twice, groups that are one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sfsync.core.documents import MOST_OF_A_VERSION
from sfsync.core.policy import Policy
from sfsync.errors import Problem
from sfsync.mappings.conditions import compared, conditions_in
from sfsync.mappings.ladders import PLACEHOLDERS
from sfsync.mappings.loading import Documents
from sfsync.mappings.words import nearest
from sfsync.mappings.yaml_lines import Path, Source

_WORD = "|".join(PLACEHOLDERS)
_OTHER_PLACEHOLDER = re.compile(rf"<(?:{_WORD})>|\[(?:{_WORD})\]|%(?:{_WORD})%|\$\{{(?:{_WORD})\}}")
_NO_VALUE = frozenset({"blank", "null", "nil", "empty", "n/a", "any", "all", "*"})
_PATTERN = re.compile(r"\A[*%]|[*%]\Z|\A(?:!|=|not\s)|\|")


def lists(documents: Documents) -> Iterator[Problem]:
    """Entries that stand in their list twice."""
    for source in documents.sources.values():
        yield from _twice(source, source.data, ())


def _twice(source: Source, data: Any, at: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        here = (*at, key)
        if isinstance(value, dict | list):
            yield from _twice(source, value, here)
        elif isinstance(data, list) and at[-1] != "signed_by":
            if str(value).casefold() in seen:
                yield source.problem(here, f"`{value}` stands in this list twice: was another meant?")
            seen.add(str(value).casefold())


def texts(documents: Documents) -> Iterator[Problem]:
    """Placeholders of other languages, and values that look like patterns, lists or nothing."""
    sla = documents.sources["sla"]
    for name, clock in documents.sla.clocks.items():
        for index, step in enumerate(clock.steps):
            for found in _OTHER_PLACEHOLDER.finditer(step.says):
                word = re.sub(r"\W", "", found[0])
                message = f"{found[0]} is shown as it stands: a placeholder is written {{{word}}}"
                yield sla.problem(("clocks", name, "steps", index, "says"), message)
    known = _translated(documents)
    for source in documents.sources.values():
        for condition, at in conditions_in(source.data):
            for name, wanted, here in compared(condition, at):
                why = _value(name, wanted, known.get(name, ())) if isinstance(wanted, str) else None
                if why is not None:
                    yield source.problem(here, why)
                if isinstance(wanted, dict):
                    yield from _parts(documents, source, name, wanted, here)


def _parts(
    documents: Documents, source: Source, name: str, wanted: dict[str, Any], at: Path
) -> Iterator[Problem]:
    """What is doubtful about the longer form of a comparison."""
    for operator in ("contains", "starts_with"):
        part = wanted.get(operator)
        if isinstance(part, str) and _PATTERN.search(part):
            message = f"{part!r} is looked for as it stands: ask with `matches`, or for several under `any`"
            yield source.problem((*at, operator), message)
    field = documents.lead.fields.get(name)
    if wanted.get("blank") is True and field is not None and field.default not in (None, ""):
        message = f"`{name}` is never blank, as lead.yaml says its `default`: ask for {field.default!r}"
        yield source.problem((*at, "blank"), message)


def _value(name: str, wanted: str, translated: tuple[str, ...]) -> str | None:
    """What is doubtful about `field: value`; the longer `field: {is: value}` says that just this is meant."""
    as_it_stands = f"; where just this text is meant, write `{name}: {{is: {wanted!r}}}`"
    if wanted.strip().casefold() in _NO_VALUE:
        return (
            f"this asks for the text {wanted!r}: whether there is a value is asked with `blank`{as_it_stands}"
        )
    if _PATTERN.search(wanted):
        other = "ask with `contains`, `starts_with`, `matches` or `is_not`"
        return f"{wanted!r} is compared as it stands: {other}{as_it_stands}"
    if "," in wanted:
        return f"{wanted!r} is one value: several are a list, such as [{wanted}]{as_it_stands}"
    if translated and wanted.casefold() not in {one.casefold() for one in translated}:
        near = nearest(wanted, translated)
        if near is not None:
            return f"lead.yaml makes no {wanted!r} of any value: did you mean `{near}`?{as_it_stands}"
    return None


def _translated(documents: Documents) -> dict[str, tuple[str, ...]]:
    """The values that lead.yaml makes of others, by field."""
    return {
        name: tuple({str(one): None for one in (*field.values.values(), field.default) if one is not None})
        for name, field in documents.lead.fields.items()
        if field.values and not field.ranges and field.type in (None, "text")
    }


def people_alike(documents: Documents) -> Iterator[Problem]:
    """Groups of people that are the same people: who is told of what they did themselves?"""
    routing = documents.routing
    for name, group in (("managers", routing.managers), ("executive", routing.executive)):
        if group == routing.reps:
            message = f"`{name}` are the same people as `reps`: what a rep misses goes to whom it is about"
            yield documents.problem("routing", (name,), message)


def versions(documents: Documents, policy: Policy) -> Iterator[Problem]:
    """Versions that together are longer than the org keeps."""
    together = policy.versions
    if len(together) > MOST_OF_A_VERSION:
        message = (
            f"the files' versions together are {together!r}, of which the org keeps {MOST_OF_A_VERSION} characters: "
            "shorten them, or give all files the same"
        )
        yield documents.problem("scoring", ("version",), message)
