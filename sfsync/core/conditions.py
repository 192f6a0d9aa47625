"""Conditions as data: admins write them in YAML, and nothing an admin writes is ever run as code.

    when: {country: [US, CA], visits: {at_least: 5}}          all of them
    when: {any: [{source: Referral}, {not: {title: {blank: true}}}]}

    when: {last_visit: {newer_than: 14 days}}                 by the time of the decision

A name is a logical field of `mappings/lead.yaml`. Text compares without regard to case, as in Salesforce.
A comparison with a blank field is false. Days begin and end at midnight UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from sfsync.core import patterns
from sfsync.core.durations import seconds
from sfsync.core.mistakes import Mistake, refuse
from sfsync.core.model import NOW, Mapped

_COMPARISON = re.compile(r"\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)\s*\Z")
_WORDS = {">=": "at_least", ">": "more_than", "<=": "at_most", "<": "less_than"}

Test = Callable[[Mapping[str, Mapped]], bool]


class Condition:
    """A parsed condition.

    Attributes:
        source: as the admin wrote it.
        names: the logical fields that it reads.
        ages: those that it compares with the time of the decision, each with the age at which it changes.
        holds: whether it holds for a lead's mapped values.
    """

    __slots__ = ("ages", "holds", "names", "source")

    def __init__(self, source: object) -> None:
        """Parse; raises ValueError (mistakes.refuse) with each part that is wrong and what it can be."""
        reading = _Reading()
        self.source = source
        self.holds: Test = reading.condition(source, ())
        refuse(reading.mistakes)
        self.names = frozenset(reading.names)
        self.ages = tuple(reading.ages)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and other.source == self.source

    def __hash__(self) -> int:
        return hash(repr(self.source))

    def __repr__(self) -> str:
        return f"Condition({self.source!r})"


def _fold(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _is(wanted: object) -> Callable[[Mapped], bool]:
    folded = _fold(_scalar(wanted))
    if isinstance(wanted, str) and (found := _COMPARISON.match(wanted)):
        raise ValueError(f"write `{_WORDS[found[1]]}: {found[2]}`; {wanted!r} is compared as a text")
    truth = isinstance(wanted, bool)
    return lambda value: value is not None and isinstance(value, bool) is truth and _fold(value) == folded


def _scalar(value: object) -> Mapped:
    if value == "":
        raise ValueError("an empty text is compared with `blank: true`")
    if value is None or isinstance(value, dict | list):
        raise ValueError(f"compare with a text, a number or true/false, not {value!r}")
    if isinstance(value, str) and value != value.strip():
        raise ValueError(f"{value!r} begins or ends with a space, as no value of the org's does; take it out")
    if isinstance(value, str | bool | int | float):
        return value
    return str(value)


def _in(wanted: object) -> Callable[[Mapped], bool]:
    if not isinstance(wanted, list) or not wanted:
        raise ValueError("`in` takes a list with at least one value")
    tests = [_is(item) for item in wanted]
    folded = frozenset(_fold(_scalar(item)) for item in wanted if not isinstance(item, bool))
    if len(folded) < len(tests):
        return lambda value: any(test(value) for test in tests)
    return lambda value: value is not None and not isinstance(value, bool) and _fold(value) in folded


def _text(wanted: object, operator: str) -> str:
    if not isinstance(wanted, str) or not wanted:
        raise ValueError(f"`{operator}` takes a text")
    return wanted.casefold()


def _contains(wanted: object) -> Callable[[Mapped], bool]:
    part = _text(wanted, "contains")
    return lambda value: isinstance(value, str) and part in value.casefold()


def _starts_with(wanted: object) -> Callable[[Mapped], bool]:
    part = _text(wanted, "starts_with")
    return lambda value: isinstance(value, str) and value.casefold().startswith(part)


def _matches(wanted: object) -> Callable[[Mapped], bool]:
    _text(wanted, "matches")
    try:
        expression = patterns.compiled(str(wanted), any_case=True)
    except ValueError as error:
        raise ValueError(f"`matches` takes a regular expression; {error}") from None
    if expression.search("") and expression.search("\0"):
        raise ValueError(f"{wanted!r} matches every text; whether there is one is asked with `blank: false`")
    return lambda value: isinstance(value, str) and expression.search(value) is not None


def _number(
    operator: str, compare: Callable[[float, float], bool]
) -> Callable[[object], Callable[[Mapped], bool]]:
    def make(wanted: object) -> Callable[[Mapped], bool]:
        if isinstance(wanted, bool) or not isinstance(wanted, int | float):
            raise ValueError(f"`{operator}` takes a number, not {wanted!r}")
        bound = float(wanted)
        return lambda value: (
            isinstance(value, int | float) and not isinstance(value, bool) and compare(float(value), bound)
        )

    return make


def _day(operator: str, days_on: int) -> Callable[[object], Callable[[Mapped], bool]]:
    def make(wanted: object) -> Callable[[Mapped], bool]:
        if not isinstance(wanted, date) or isinstance(wanted, datetime):
            raise ValueError(f"`{operator}` takes a day such as 2026-01-31, not {wanted!r}")
        edge = datetime.combine(wanted, time(), UTC) + timedelta(days=days_on)
        after = operator == "after"
        return lambda value: isinstance(value, datetime) and (value >= edge) is after

    return make


def _blank(wanted: object) -> Callable[[Mapped], bool]:
    if not isinstance(wanted, bool):
        raise ValueError("`blank` takes true or false")
    return lambda value: (value is None) is wanted


_OPERATORS: dict[str, Callable[[Any], Callable[[Mapped], bool]]] = {
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
    "before": _day("before", 0),
    "after": _day("after", 1),
    "blank": _blank,
}

_OTHER_WORDS = {
    **dict.fromkeys(("=", "==", "equals", "eq"), "is"),
    **dict.fromkeys(("!=", "<>", "not", "ne"), "is_not"),
    **dict.fromkeys((">", "gt", "greater_than", "above"), "more_than"),
    **dict.fromkeys((">=", "gte", "min", "from"), "at_least"),
    **dict.fromkeys(("<", "lt", "below", "under"), "less_than"),
    **dict.fromkeys(("<=", "lte", "max", "to"), "at_most"),
    **dict.fromkeys(("like", "includes"), "contains"),
    **dict.fromkeys(("regex", "regexp"), "matches"),
}
"""What other languages call the comparisons."""

AGES = ("older_than", "newer_than")
"""The comparisons with the time of the decision: a length of time or longer ago; less long ago, or to come."""

COMPARISONS = (*_OPERATORS, *AGES)


def _negate(test: Callable[[Mapped], bool]) -> Callable[[Mapped], bool]:
    return lambda value: value is not None and not test(value)


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda values: all(test(values) for test in tests)


def _any(tests: Sequence[Test]) -> Test:
    return lambda values: any(test(values) for test in tests)


def _denied(test: Test) -> Test:
    return lambda values: not test(values)


def _of(name: str, tests: Sequence[Callable[[Mapped], bool]]) -> Test:
    if len(tests) == 1:
        only = tests[0]
        return lambda values: only(_nothing(values.get(name)))
    return lambda values: all(test(_nothing(values.get(name))) for test in tests)


def _aged(name: str, operator: str, age: timedelta) -> Test:
    older = operator == "older_than"

    def test(values: Mapping[str, Mapped]) -> bool:
        value, now = values.get(name), values.get(NOW)
        return isinstance(value, datetime) and isinstance(now, datetime) and (now - value >= age) is older

    return test


def _nothing(value: Mapped) -> Mapped:
    """An empty text is a blank; 0 and false are not."""
    return None if value == "" else value


class _Reading:
    """One reading of a condition: the names that it uses, and every mistake in it with its path."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.ages: list[tuple[str, timedelta]] = []
        self.mistakes: list[Mistake] = []

    def condition(self, source: object, at: tuple[str | int, ...]) -> Test:
        if not isinstance(source, dict) or not source:
            self.mistakes.append(
                (
                    at,
                    "write `field: value`, or `all:`, `any:`, `not:` with conditions in them",
                )
            )
            return lambda values: False
        return _all([self.part(name, wanted, (*at, name)) for name, wanted in source.items()])

    def part(self, name: str, wanted: object, at: tuple[str | int, ...]) -> Test:
        if name in ("all", "any"):
            if not isinstance(wanted, list) or not wanted:
                self.mistakes.append((at, f"`{name}` takes a list of conditions"))
                return lambda values: False
            tests = [self.condition(part, (*at, index)) for index, part in enumerate(wanted)]
            return _all(tests) if name == "all" else _any(tests)
        if name == "not":
            return _denied(self.condition(wanted, at))
        self.names.append(name)
        timed = list(self.aged(name, wanted, at)) if isinstance(wanted, dict) else []
        plain = list(self.tests(name, wanted, at))
        return _all([*timed, _of(name, plain)] if plain or not timed else timed)

    def aged(self, name: str, wanted: dict[str, Any], at: tuple[str | int, ...]) -> Iterator[Test]:
        """The tests that need to know the time."""
        for operator in AGES:
            if operator not in wanted:
                continue
            try:
                age = timedelta(seconds=seconds(wanted[operator]))
            except ValueError as error:
                self.mistakes.append(((*at, operator), str(error)))
                continue
            self.ages.append((name, age))
            yield _aged(name, operator, age)

    def tests(
        self, name: str, wanted: object, at: tuple[str | int, ...]
    ) -> Iterator[Callable[[Mapped], bool]]:
        if isinstance(wanted, dict):
            if not wanted:
                self.mistakes.append((at, f"`{name}` is compared with nothing; use {', '.join(COMPARISONS)}"))
            comparisons = [
                (operator, operand, (*at, operator))
                for operator, operand in wanted.items()
                if operator not in AGES
            ]
        else:
            comparisons = [("in" if isinstance(wanted, list) else "is", wanted, at)]
        for operator, operand, here in comparisons:
            if operator not in _OPERATORS:
                near = _OTHER_WORDS.get(operator) or next(
                    iter(get_close_matches(operator, COMPARISONS, n=1)), None
                )
                known = f"did you mean `{near}`?" if near else f"there are {', '.join(COMPARISONS)}"
                self.mistakes.append((here, f"`{operator}` is no comparison; {known}"))
                continue
            try:
                yield _OPERATORS[operator](operand)
            except ValueError as error:
                self.mistakes.append((here, str(error)))


def _condition(value: object) -> Condition:
    return value if isinstance(value, Condition) else Condition(value)


_COMPARED = {
    "anyOf": [
        {"type": ["string", "number", "boolean"]},
        {"type": "array", "minItems": 1},
        {"type": "object", "minProperties": 1, "propertyNames": {"enum": list(COMPARISONS)}},
    ]
}
_SCHEMA: dict[str, Any] = {
    "title": "Condition",
    "description": "`field: value`, `field: [values]` or `field: {comparison: value}`; all of them hold",
    "type": "object",
    "minProperties": 1,
    "properties": {
        "all": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        "any": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        "not": {"type": "object", "minProperties": 1},
    },
    "additionalProperties": _COMPARED,
}

When = Annotated[Condition, BeforeValidator(_condition), WithJsonSchema(_SCHEMA)]


def for_good(when: Condition, what: str) -> Condition:
    """The condition of a choice that is made once for good; raises ValueError when it asks for an age."""
    if when.ages:
        raise ValueError(f"{what} does not change with time: ask for no age here")
    return when
