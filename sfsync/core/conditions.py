"""Conditions as data: admins write them in YAML, and nothing an admin writes is ever run as code.

    when: {country: [US, CA], visits: {at_least: 5}}          all of them
    when: {any: [{source: Referral}, {not: {title: {blank: true}}}]}

A name is a logical field of `mappings/lead.yaml`. Text compares without regard to case, as in Salesforce.
A comparison with a blank field is false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from sfsync.core.model import Value

Test = Callable[[Mapping[str, Value]], bool]


class Condition:
    """A parsed condition.

    Attributes:
        source: as the admin wrote it.
        names: the logical fields that it reads.
        holds: whether it holds for a lead's mapped values.
    """

    __slots__ = ("holds", "names", "source")

    def __init__(self, source: object) -> None:
        """Parse; raises ValueError that says which part is wrong and what can be written there."""
        names: list[str] = []
        self.source = source
        self.holds: Test = _parse(source, names)
        self.names = frozenset(names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and other.source == self.source

    def __hash__(self) -> int:
        return hash(repr(self.source))

    def __repr__(self) -> str:
        return f"Condition({self.source!r})"


def _fold(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _is(wanted: object) -> Callable[[Value], bool]:
    folded = _fold(_scalar(wanted))
    return lambda value: value is not None and _fold(value) == folded


def _scalar(value: object) -> Value:
    if value is None or isinstance(value, dict | list):
        raise ValueError(f"compare with a text, a number or true/false, not {value!r}")
    if isinstance(value, str | bool | int | float):
        return value
    return str(value)


def _in(wanted: object) -> Callable[[Value], bool]:
    if not isinstance(wanted, list) or not wanted:
        raise ValueError("`in` takes a list with at least one value")
    folded = frozenset(_fold(_scalar(item)) for item in wanted)
    return lambda value: value is not None and _fold(value) in folded


def _text(wanted: object, operator: str) -> str:
    if not isinstance(wanted, str) or not wanted:
        raise ValueError(f"`{operator}` takes a text")
    return wanted.casefold()


def _contains(wanted: object) -> Callable[[Value], bool]:
    part = _text(wanted, "contains")
    return lambda value: isinstance(value, str) and part in value.casefold()


def _starts_with(wanted: object) -> Callable[[Value], bool]:
    part = _text(wanted, "starts_with")
    return lambda value: isinstance(value, str) and value.casefold().startswith(part)


def _matches(wanted: object) -> Callable[[Value], bool]:
    _text(wanted, "matches")
    try:
        pattern = re.compile(str(wanted), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"`matches` takes a regular expression; {wanted!r} is none: {error}") from None
    return lambda value: isinstance(value, str) and pattern.search(value) is not None


def _number(
    operator: str, compare: Callable[[float, float], bool]
) -> Callable[[object], Callable[[Value], bool]]:
    def make(wanted: object) -> Callable[[Value], bool]:
        if isinstance(wanted, bool) or not isinstance(wanted, int | float):
            raise ValueError(f"`{operator}` takes a number, not {wanted!r}")
        bound = float(wanted)
        return lambda value: isinstance(value, int | float) and compare(float(value), bound)

    return make


def _blank(wanted: object) -> Callable[[Value], bool]:
    if not isinstance(wanted, bool):
        raise ValueError("`blank` takes true or false")
    return lambda value: (value is None or value == "") is wanted


_OPERATORS: dict[str, Callable[[Any], Callable[[Value], bool]]] = {
    "is": _is,
    "is_not": lambda wanted: _negate(_is(wanted)),
    "in": _in,
    "not_in": lambda wanted: _negate(_in(wanted)),
    "contains": _contains,
    "starts_with": _starts_with,
    "matches": _matches,
    "at_least": _number("at_least", lambda value, bound: value >= bound),
    "more_than": _number("more_than", lambda value, bound: value > bound),
    "at_most": _number("at_most", lambda value, bound: value <= bound),
    "less_than": _number("less_than", lambda value, bound: value < bound),
    "blank": _blank,
}


def _negate(test: Callable[[Value], bool]) -> Callable[[Value], bool]:
    return lambda value: value is not None and not test(value)


def _parse(source: object, names: list[str]) -> Test:
    if not isinstance(source, dict) or not source:
        raise ValueError(
            "a condition is a list of `field: value`, or `all:`, `any:`, `not:` with conditions in them"
        )
    tests = list(_parts(source, names))
    if len(tests) == 1:
        return tests[0]
    return lambda values: all(test(values) for test in tests)


def _parts(source: Mapping[object, object], names: list[str]) -> Iterator[Test]:
    for name, wanted in source.items():
        if name in ("all", "any"):
            if not isinstance(wanted, list) or not wanted:
                raise ValueError(f"`{name}` takes a list of conditions")
            yield _combined(name == "all", [_parse(part, names) for part in wanted])
        elif name == "not":
            yield _denied(_parse(wanted, names))
        elif isinstance(name, str):
            names.append(name)
            yield _field(name, wanted)
        else:
            raise ValueError(f"a field's name is a text, not {name!r}")


def _combined(every: bool, tests: list[Test]) -> Test:
    if every:
        return lambda values: all(test(values) for test in tests)
    return lambda values: any(test(values) for test in tests)


def _denied(test: Test) -> Test:
    return lambda values: not test(values)


def _field(name: str, wanted: object) -> Test:
    if isinstance(wanted, list):
        tests = [_in(wanted)]
    elif isinstance(wanted, dict):
        unknown = [operator for operator in wanted if operator not in _OPERATORS]
        if unknown or not wanted:
            wrong = ", ".join(map(str, unknown)) or "nothing"
            raise ValueError(f"`{name}` is compared by {', '.join(_OPERATORS)}; {wrong} is none of them")
        tests = [_OPERATORS[operator](operand) for operator, operand in wanted.items()]
    else:
        tests = [_is(wanted)]
    if len(tests) == 1:
        only = tests[0]
        return lambda values: only(values.get(name))
    return lambda values: all(test(values.get(name)) for test in tests)


def _condition(value: object) -> Condition:
    return value if isinstance(value, Condition) else Condition(value)


When = Annotated[
    Condition,
    BeforeValidator(_condition),
    WithJsonSchema({"type": "object", "minProperties": 1, "title": "Condition"}),
]
