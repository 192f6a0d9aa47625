"""What pydantic found, in an admin's words and at the line of the key or value that is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sfsync.errors import Problem
from sfsync.mappings.yaml_lines import Path, Source, holds

_KEY = "[key]"
_SHOWN = 80
"""So much of a long text is repeated in a message."""

_QUOTED = re.compile(r"'((?:[^']|'(?=\w))*)'")


def nearest(wrong: object, known: Iterable[str]) -> str | None:
    """The one of these names that was probably meant, upper and lower case being the least of differences."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    if (same := folded.get(str(wrong).casefold())) is not None:
        return same
    near = get_close_matches(str(wrong), names, n=1)
    if near:
        return near[0]
    near = get_close_matches(str(wrong).casefold(), folded, n=1)
    return folded[near[0]] if near else None


def hint(wrong: object, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the name that was probably meant, else all there are."""
    names = list(known)
    near = nearest(wrong, names)
    if near is not None:
        return f"; did you mean `{near}`?"
    return f"; there are {', '.join(f'`{name}`' for name in names)}" if names else "; there is none"


def shape_problems(source: Source, model: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Every mistake in the shape of this file."""
    found: dict[Path, list[tuple[str, ErrorDetails]]] = {}
    problems = []
    # What YAML left out has been told of; that it is then missing is no second mistake.
    left_out = {problem.line for problem in source.problems}
    for one in error.errors(include_url=False):
        at, rest = _place(one["loc"], source.data)
        if source.get(*at) is None and source.line(at) in left_out:
            continue
        branch = next((str(part) for part in rest[:1] if str(part).split("[")[0] in _BRANCHES), None)
        if branch is None:
            problems.append(source.problem(at, _message(one, at, rest, source, model)))
        else:
            found.setdefault(_above(one["loc"], source.data), []).append((branch, one))
    for at, branches in found.items():
        problems.extend(_union(at, branches, source, model))
    return problems


def _place(loc: tuple[int | str, ...], data: Any) -> tuple[Path, tuple[int | str, ...]]:
    """The part of pydantic's path that exists in the file, and what pydantic put in besides."""
    at: Path = ()
    rest: tuple[int | str, ...] = ()
    for part in loc:
        if holds(data, part):
            data, at = data[part], (*at, part)
        else:
            rest = (*rest, part)
    return at, rest


def _above(loc: tuple[int | str, ...], data: Any) -> Path:
    """Where the alternatives begin that pydantic tried one after another."""
    at: Path = ()
    for part in loc:
        if not holds(data, part):
            return at
        data, at = data[part], (*at, part)
    return at


def _union(
    at: Path, branches: list[tuple[str, ErrorDetails]], source: Source, model: type[BaseModel]
) -> list[Problem]:
    value = source.get(*at)
    if isinstance(value, dict):
        inside = [one for branch, one in branches if branch.startswith("dict")]
        if inside:
            places = [(one, *_place(one["loc"], source.data)) for one in inside]
            return [
                source.problem(place, _message(one, place, rest[1:], source, model))
                for one, place, rest in places
            ]
    kinds = dict.fromkeys(_BRANCHES.get(branch.split("[")[0], branch) for branch, _ in branches)
    return [source.problem(at, f"{_name(at)} takes {' or '.join(kinds)}, not {_written(value)}")]


_BRANCHES = {
    "str": "a text",
    "float": "a number",
    "int": "a number",
    "bool": "true or false",
    "dict": "a table of values",
    "list": "a list",
}


def _name(at: Path) -> str:
    if not at:
        return "the file"
    if isinstance(at[-1], int):
        return f"entry {at[-1] + 1} of {_name(at[:-1])}"
    return f"`{at[-1]}`"


def _written(value: object) -> str:
    if value == "":
        return "an empty text"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")
    return str(value)


def _message(
    one: ErrorDetails, at: Path, rest: tuple[int | str, ...], source: Source, model: type[BaseModel]
) -> str:
    value, context = source.get(*at), one.get("ctx") or {}
    match one["type"]:
        case "extra_forbidden":
            return f"unknown key {_name(at)}{hint(at[-1], _keys(model, at[:-1]))}"
        case "missing":
            return _missing(str(rest[-1]), at, model)
        case "mistake":
            return str(context["message"])
        case "value_error":
            return str(context["error"])
        case "literal_error" | "enum":
            known = _QUOTED.findall(str(context["expected"]))
            if rest and rest[-1] == _KEY:
                return f"unknown key {_name(at)}{hint(at[-1], known)}"
            return f"{_name(at)} cannot be {_written(value)}{hint(value, known)}"
    say = _SAY.get(one["type"])
    if say is None:
        return f"{_name(at)} cannot be {_written(value)}"
    return f"{_name(at)} {say(value, context)}"


def _missing(key: str, at: Path, model: type[BaseModel]) -> str:
    field = _fields(model, at).get(key)
    meaning = f" ({field.description})" if field is not None and field.description else ""
    where = f" in {_name(at)}" if at else ""
    return f"`{key}`{meaning} is missing{where}; add it"


def _text(value: Any, context: Mapping[str, Any]) -> str:
    if isinstance(value, dict | list):
        return f"takes a text, not {_written(value)}"
    return f'takes a text, and {_written(value)} without quotes is none: write "{_written(value)}"'


def _number(value: Any, context: Mapping[str, Any]) -> str:
    return f"takes a number, without quotes or unit, not {_written(value)}"


def _whole(value: Any, context: Mapping[str, Any]) -> str:
    return f"takes a whole number, without quotes or unit, not {_written(value)}"


def _day(value: Any, context: Mapping[str, Any]) -> str:
    if isinstance(value, date):
        return f"takes a day without a time, such as {value:%Y-%m-%d}"
    return f"takes a day such as 2026-01-31, not {_written(value)}"


def _yes_no(value: Any, context: Mapping[str, Any]) -> str:
    return f"takes true or false, not {_written(value)}"


def _list(value: Any, context: Mapping[str, Any]) -> str:
    example = f"[{value}]" if not isinstance(value, dict) else "[...]"
    return f"takes a list; write {example}, or one entry a line, each after a `- `"


def _keys_and_values(value: Any, context: Mapping[str, Any]) -> str:
    return f"takes keys with values, not {_written(value)}"


def _bound(words: str, name: str) -> Callable[[Any, Mapping[str, Any]], str]:
    return lambda value, context: f"is {_written(value)}; it must be {words} {context[name]:g}"


_SAY: dict[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "string_type": _text,
    "string_too_long": lambda value, context: (
        f"has {len(value)} characters; Salesforce keeps {context['max_length']}, so shorten it"
    ),
    "float_type": _number,
    "int_type": _whole,
    "bool_type": _yes_no,
    "bool_parsing": _yes_no,
    "date_type": _day,
    "date_parsing": _day,
    "date_from_datetime_parsing": _day,
    "date_from_datetime_inexact": _day,
    "list_type": _list,
    "dict_type": _keys_and_values,
    "model_type": _keys_and_values,
    "too_short": lambda value, context: f"is empty; it needs at least {context['min_length']}",
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than_equal": _bound("at most", "le"),
}


def _keys(model: type[BaseModel], at: Path) -> list[str]:
    return list(_fields(model, at))


def _fields(model: type[BaseModel], at: Path) -> Mapping[str, Any]:
    """The fields of the model that validates what stands at this path."""
    annotation: Any = model
    for part in at:
        annotation = _below(annotation, part)
    for one in _alternatives(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one.model_fields
    return {}


def _below(annotation: Any, part: str | int) -> Any:
    for one in _alternatives(annotation):
        origin, inner = get_origin(one), get_args(one)
        if origin is dict:
            return inner[1]
        if origin is list:
            return inner[0]
        if isinstance(one, type) and issubclass(one, BaseModel) and part in one.model_fields:
            return one.model_fields[str(part)].annotation
    return None


def _alternatives(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [one for part in get_args(annotation) for one in _alternatives(part)]
    return [annotation]
