"""Statements that differ in nothing but their literals share one tree: parsing is what costs most of a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from sfsync.localorg.soql import syntax

_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.DOTALL)
_SOME_MOMENT = "2000-01-01T00:00:00Z"

ReadMoment = Callable[[str], syntax.DateTimeLiteral]


def stencil(text: str) -> tuple[str, list[str]]:
    """A statement of the same length with other text and other moments in it, and those it had, in order.

    Names, numbers and all positions are the same; so is every token's kind.
    """
    found: list[str] = []

    def blank(match: re.Match[str]) -> str:
        literal = match[0]
        found.append(literal)
        return f"'{'x' * (len(literal) - 2)}'" if literal[0] == "'" else _SOME_MOMENT

    return _LITERAL.sub(blank, text), found


def filled(tree: syntax.Query, literals: list[str], read_moment: ReadMoment) -> syntax.Query | None:
    """The tree with these literals in place of its own; None when they are not of the same number.

    Raises what `read_moment` raises.
    """
    values = iter(
        [
            syntax.StringLiteral(literal[1:-1]) if literal[0] == "'" else read_moment(literal)
            for literal in literals
        ]
    )
    try:
        found = _query(tree, values)
    except _Missing:
        return None
    return found if next(values, None) is None else None


class _Missing(Exception):
    """Raised when a tree has more literals than there are."""


def _next(values: Iterator[syntax.LiteralValue]) -> syntax.LiteralValue:
    value = next(values, None)
    if value is None:
        raise _Missing
    return value


def _query(tree: syntax.Query, values: Iterator[syntax.LiteralValue]) -> syntax.Query:
    """In the order in which they are written: the SELECT list, WHERE, HAVING."""
    items = tree.items
    if tree.children:
        items = tuple(_query(one, values) if isinstance(one, syntax.Query) else one for one in items)
    where = None if tree.where is None else _condition(tree.where, values)
    having = None if tree.having is None else _condition(tree.having, values)
    return replace(tree, items=items, where=where, having=having)


def _condition(tree: syntax.Condition, values: Iterator[syntax.LiteralValue]) -> syntax.Condition:
    match tree:
        case syntax.And(conditions):
            return syntax.And(tuple([_condition(one, values) for one in conditions]))
        case syntax.Or(conditions):
            return syntax.Or(tuple([_condition(one, values) for one in conditions]))
        case syntax.Not(inner):
            return syntax.Not(_condition(inner, values))
        case syntax.Comparison(left, operator, right):
            if isinstance(right, syntax.Query):
                return syntax.Comparison(left, operator, _query(right, values))
            if isinstance(right, tuple):
                return syntax.Comparison(left, operator, tuple([_literal(one, values) for one in right]))
            return syntax.Comparison(left, operator, _literal(right, values))


def _literal(value: syntax.LiteralValue, values: Iterator[syntax.LiteralValue]) -> syntax.LiteralValue:
    if isinstance(value, syntax.StringLiteral | syntax.DateTimeLiteral):
        return _next(values)
    return value
