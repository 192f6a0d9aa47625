"""The operators: their kinds are checked when the formula is compiled, null makes null when it runs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sfsync.localorg.formula.syntax import FormulaError
from sfsync.localorg.formula.values import (
    FormulaContext,
    Kind,
    Node,
    Run,
    Value,
    blank_of,
    day_number,
    day_of_number,
)

_SECONDS_A_DAY = 86_400


def expected(name: str, kinds: str, received: Kind) -> FormulaError:
    """The error for an argument of the wrong kind."""
    return FormulaError(f"Incorrect parameter type for {name}. Expected {kinds}, received {received.value}")


def adapted(node: Node, kind: Kind) -> Run:
    """The node's function, with the NULL constant read as a blank of the kind that stands beside it."""
    if node.kind is not Kind.NULL:
        return node.run
    blank = blank_of(kind)
    return lambda context: blank


def _strict(left: Run, right: Run, apply: Callable[[Any, Any], Value]) -> Run:
    def run(context: FormulaContext) -> Value:
        first, second = left(context), right(context)
        return None if first is None or second is None else apply(first, second)

    return run


def _whole(number: float) -> int | float:
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _divided(first: float, second: float) -> Value:
    return _whole(first / second) if second else None


def _raised(first: float, second: float) -> Value:
    return _whole(float(first) ** second)


_NUMERIC: Mapping[str, Callable[[Any, Any], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "^": _raised,
}

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_TIMED: Mapping[tuple[str, Kind, Kind], tuple[Kind, Callable[[Any, Any], Value]]] = {
    ("+", Kind.DATETIME, Kind.NUMBER): (Kind.DATETIME, lambda at, days: at + round(days * _SECONDS_A_DAY)),
    ("+", Kind.NUMBER, Kind.DATETIME): (Kind.DATETIME, lambda days, at: at + round(days * _SECONDS_A_DAY)),
    ("-", Kind.DATETIME, Kind.NUMBER): (Kind.DATETIME, lambda at, days: at - round(days * _SECONDS_A_DAY)),
    ("-", Kind.DATETIME, Kind.DATETIME): (Kind.NUMBER, lambda end, start: (end - start) / _SECONDS_A_DAY),
    ("+", Kind.DATE, Kind.NUMBER): (Kind.DATE, lambda day, days: day_of_number(day_number(day) + days)),
    ("+", Kind.NUMBER, Kind.DATE): (Kind.DATE, lambda days, day: day_of_number(day_number(day) + days)),
    ("-", Kind.DATE, Kind.NUMBER): (Kind.DATE, lambda day, days: day_of_number(day_number(day) - days)),
    ("-", Kind.DATE, Kind.DATE): (Kind.NUMBER, lambda end, start: day_number(end) - day_number(start)),
}
"""Days are the unit of arithmetic with dates and datetimes; a datetime keeps whole seconds."""


def _operand_kind(name: str, left: Node, right: Node) -> Kind:
    """The kind both sides share; NULL takes the other's."""
    for node in (left, right):
        if node.kind is Kind.PICKLIST:
            raise FormulaError(
                "Picklist fields are only supported in certain functions: use ISPICKVAL or TEXT with "
                f"operator '{name}'"
            )
    kind = right.kind if left.kind is Kind.NULL else left.kind
    if right.kind not in (kind, Kind.NULL):
        raise expected(f"operator '{name}'", kind.value, right.kind)
    return kind


def compile_operator(name: str, left: Node, right: Node) -> Node:
    """The node of one binary operator. Raises FormulaError when the kinds don't fit."""
    if name in _COMPARE:
        kind = _operand_kind(name, left, right)
        return Node(Kind.BOOLEAN, _strict(adapted(left, kind), adapted(right, kind), _COMPARE[name]))
    if (name, left.kind, right.kind) in _TIMED:
        result, apply = _TIMED[name, left.kind, right.kind]
        return Node(result, _strict(left.run, right.run, apply))
    kind = _operand_kind(name, left, right)
    if name == "&" or (name == "+" and kind is Kind.TEXT):
        if kind not in (Kind.TEXT, Kind.NULL):
            raise expected(f"operator '{name}'", Kind.TEXT.value, kind)
        return Node(Kind.TEXT, _strict(adapted(left, Kind.TEXT), adapted(right, Kind.TEXT), operator.add))
    if kind not in (Kind.NUMBER, Kind.NULL):
        raise expected(f"operator '{name}'", Kind.NUMBER.value, kind)
    return Node(
        Kind.NUMBER,
        _strict(adapted(left, Kind.NUMBER), adapted(right, Kind.NUMBER), _NUMERIC[name]),
    )
