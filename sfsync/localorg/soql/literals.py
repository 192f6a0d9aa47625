"""A statement without its literals, and the literals.

A client asks the same of other rows again and again; parsing costs more than all the rest of a small query. What is
left of a statement when its texts and moments are blanked out is parsed once, and the tree filled in each time. It is
as long as the statement, so that positions in the tree are right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sfsync.localorg.soql import syntax

_LITERAL = re.compile(
    r"'(?:[^'\\]|\\.)*'|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d((?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))",
    re.DOTALL | re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


def template(statement: str) -> tuple[str, list[str]]:
    """The statement with its texts and moments blanked out, and these in their order, texts with their quotes."""
    found: list[str] = []

    def blank(match: re.Match[str]) -> str:
        literal = match[0]
        found.append(literal)
        if literal[0] == "'":
            return f"'{'x' * (len(literal) - 2)}'"
        return "2000-01-01T00:00:00" + _DIGIT.sub("0", match[1])

    return _LITERAL.sub(blank, statement), found


def moment(text: str) -> syntax.DateTimeLiteral:
    """A moment as it is written. Raises ValueError or OverflowError for one that there is not."""
    seconds = datetime.fromisoformat(text.upper()).astimezone(UTC).timestamp()
    return syntax.DateTimeLiteral(int(seconds) if seconds.is_integer() else seconds)


def filled(query: syntax.Query, literals: Sequence[str]) -> syntax.Query:
    """The tree of a template with the literals in their places.

    Raises ValueError or OverflowError where that cannot be: for a moment that there is not, say.
    """
    left = iter(literals)
    complete = _query(query, left)
    if next(left, None) is not None:
        raise ValueError("a literal that stands nowhere")
    return complete


def _query(query: syntax.Query, literals: Iterator[str]) -> syntax.Query:
    items = query.items
    if query.children:
        items = tuple(_query(item, literals) if isinstance(item, syntax.Query) else item for item in items)
    where = None if query.where is None else _condition(query.where, literals)
    having = None if query.having is None else _condition(query.having, literals)
    return replace(query, items=items, where=where, having=having)


def _condition(condition: syntax.Condition, literals: Iterator[str]) -> syntax.Condition:
    match condition:
        case syntax.And(parts):
            return syntax.And(tuple([_condition(part, literals) for part in parts]))
        case syntax.Or(parts):
            return syntax.Or(tuple([_condition(part, literals) for part in parts]))
        case syntax.Not(part):
            return syntax.Not(_condition(part, literals))
        case syntax.Comparison(left, operator, right):
            if isinstance(right, syntax.Query):
                return syntax.Comparison(left, operator, _query(right, literals))
            if isinstance(right, tuple):
                return syntax.Comparison(left, operator, tuple([_value(one, literals) for one in right]))
            return syntax.Comparison(left, operator, _value(right, literals))


def _value(blank: syntax.LiteralValue, literals: Iterator[str]) -> syntax.LiteralValue:
    match blank:
        case syntax.StringLiteral():
            return syntax.StringLiteral(_next(literals, quoted=True)[1:-1])
        case syntax.DateTimeLiteral():
            return moment(_next(literals, quoted=False))
    return blank


def _next(literals: Iterator[str], *, quoted: bool) -> str:
    literal = next(literals, "")
    if literal.startswith("'") != quoted:
        raise ValueError("a literal of the other kind")
    return literal
