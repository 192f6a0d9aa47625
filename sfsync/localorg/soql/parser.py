"""SOQL text becomes a Query. Nothing is known of objects or fields here."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from sfsync.localorg.errors import ApiError
from sfsync.localorg.soql import syntax
from sfsync.localorg.soql.dates import DATE_FORMULAS, DATE_FUNCTIONS
from sfsync.localorg.soql.literals import filled, moment, template
from sfsync.localorg.soql.refusals import at, malformed, unexpected

LONGEST_STATEMENT = 100_000
MOST_CHILD_QUERIES = 20
LONGEST_NUMBER = 18
LARGEST_OFFSET = 2000

FUNCTIONS = frozenset(DATE_FUNCTIONS) | {
    *("AVG", "COUNT", "COUNT_DISTINCT", "MAX", "MIN", "SUM", "GROUPING", "ROLLUP", "CUBE"),
    *("CONVERTCURRENCY", "CONVERTTIMEZONE", "DISTANCE", "FIELDS", "FORMAT", "GEOLOCATION", "TOLABEL"),
}
"""The functions of SOQL, those that this org does not run among them."""

_FUNCTIONS_OF_MANY = frozenset({"ROLLUP", "CUBE", "DISTANCE", "GEOLOCATION"})
_STRING_IN_LIST = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_FIELD_IN_LIST = re.compile(r"[^\s,][^,]*[^\s,]|[^\s,]")
_COMPARE = {"<>": "!="}
_SPACES = re.compile(r"\s+")


class _Refused(Exception):
    """Raised by the transformer: a token is of the right form but may not stand there."""

    def __init__(self, position: int, found: str) -> None:
        super().__init__(found)
        self.position = position
        self.found = found


class _Unsupported(Exception):
    """Raised by the transformer: SOQL, but not of the kind that the emulated org runs."""

    def __init__(self, position: int, construct: str) -> None:
        super().__init__(construct)
        self.position = position
        self.construct = construct


def _start(token: Token) -> int:
    return token.start_pos or 0


def _capitals(token: Token) -> str:
    return _SPACES.sub(" ", token).upper()


def _path(text: str, position: int) -> syntax.FieldPath:
    names = tuple(part.strip() for part in text.split(".")) if "." in text else (str(text),)
    return syntax.FieldPath(names, position)


@lru_cache(maxsize=256)
def _plain_fields(text: str, start: int) -> tuple[syntax.Selected, ...]:
    """A client asks for the same fields again and again, of other rows."""
    return tuple(
        syntax.Selected(_path(match[0], start + match.start()), None)
        for match in _FIELD_IN_LIST.finditer(text)
    )


def _text(token: Token | None) -> str | None:
    return None if token is None else str(token)


def _whole_number(token: Token) -> int:
    if not token.isdecimal() or len(token) > LONGEST_NUMBER:
        raise _Refused(_start(token), str(token))
    return int(token)


class _ToTree(Transformer[Token, Any]):
    """Each method bears the name of a rule or alternative in grammar.lark."""

    def start(self, children: list[Any]) -> Any:
        return children[0]

    def field(self, children: list[Token]) -> syntax.FieldPath:
        (token,) = children
        return _path(token, _start(token))

    def call(self, children: list[Any]) -> syntax.FunctionCall:
        token, argument = children
        name = token.strip().upper()
        if name not in FUNCTIONS:
            raise _Refused(_start(token) + len(token), "(")
        if argument is None and name != "COUNT":
            raise _Refused(_start(token) + len(token) + 1, ")")
        return syntax.FunctionCall(name, argument, _start(token))

    def selected(self, children: list[Any]) -> syntax.Selected:
        operand, alias = children
        return syntax.Selected(operand, _text(alias))

    def child_query(self, children: list[Any]) -> syntax.Query:
        return cast(syntax.Query, children[0])

    def plain_fields(self, children: list[Token]) -> tuple[syntax.Selected, ...]:
        (token,) = children
        return _plain_fields(str(token), _start(token))

    def select_list(self, children: list[Any]) -> list[Any]:
        return children

    def call_of_many(self, children: list[Any]) -> None:
        token: Token = children[0]
        if token.strip().upper() not in _FUNCTIONS_OF_MANY:
            raise _Refused(_start(token) + len(token), "(")
        self.unsupported(children)

    def unsupported(self, children: list[Any]) -> None:
        token: Token = children[0]
        raise _Unsupported(_start(token), token.split()[0].upper())

    def string(self, children: list[Token]) -> syntax.StringLiteral:
        return syntax.StringLiteral(str(children[0][1:-1]))

    def number(self, children: list[Token]) -> syntax.NumberLiteral:
        text = _SPACES.sub("", children[0])
        if len(text) > LONGEST_NUMBER:
            raise _Refused(_start(children[0]), text)
        return syntax.NumberLiteral(float(text) if "." in text else int(text))

    def datetime(self, children: list[Token]) -> syntax.DateTimeLiteral:
        (token,) = children
        try:
            return moment(token)
        except (ValueError, OverflowError):
            raise _Refused(_start(token), str(token)) from None

    def date(self, children: list[Token]) -> syntax.DateLiteral:
        (token,) = children
        try:
            return syntax.DateLiteral(date.fromisoformat(token).isoformat())
        except ValueError:
            raise _Refused(_start(token), str(token)) from None

    def time(self, children: list[Token]) -> syntax.TimeLiteral:
        seconds, _, fraction = children[0].upper().removesuffix("Z").partition(".")
        return syntax.TimeLiteral(f"{seconds}.{fraction[:3]:0<3}Z")

    def true(self, children: list[Token]) -> syntax.BooleanLiteral:
        return syntax.BooleanLiteral(True)

    def false(self, children: list[Token]) -> syntax.BooleanLiteral:
        return syntax.BooleanLiteral(False)

    def null(self, children: list[Token]) -> syntax.NullLiteral:
        return syntax.NullLiteral()

    def date_formula(self, children: list[Token]) -> syntax.DateFormula:
        (token,) = children
        name, colon, count = token.partition(":")
        name = name.strip().upper()
        takes_count = DATE_FORMULAS.get(name)
        if takes_count is None or takes_count != bool(colon) or len(count) > LONGEST_NUMBER:
            raise _Refused(_start(token), str(token))
        return syntax.DateFormula(name, int(count) if colon else None)

    def strings(self, children: list[Token]) -> tuple[syntax.LiteralValue, ...]:
        return tuple(map(syntax.StringLiteral, _STRING_IN_LIST.findall(children[0])))

    def values(self, children: list[Any]) -> tuple[syntax.LiteralValue, ...]:
        return tuple(children)

    def semi_join(self, children: list[Any]) -> syntax.Query:
        return cast(syntax.Query, children[0])

    def comparison(self, children: list[Any]) -> syntax.Comparison:
        left, token, right = children
        operator = _capitals(token)
        return syntax.Comparison(left, cast(syntax.Operator, _COMPARE.get(operator, operator)), right)

    def conjunction(self, children: list[Any]) -> syntax.And:
        return syntax.And(tuple(children))

    def disjunction(self, children: list[Any]) -> syntax.Or:
        return syntax.Or(tuple(children))

    def negation(self, children: list[Any]) -> syntax.Not:
        return syntax.Not(children[0])

    def where(self, children: list[Any]) -> syntax.Condition:
        return cast(syntax.Condition, children[0])

    having = where

    def group_by(self, children: list[Any]) -> tuple[tuple[syntax.Operand, ...], syntax.Condition | None]:
        return tuple(children[:-1]), children[-1]

    def ordered(self, children: list[Any]) -> syntax.Ordered:
        operand, direction, nulls = children
        return syntax.Ordered(
            operand,
            direction is not None and direction.lower() == "desc",
            nulls is not None and nulls.lower().endswith("last"),
        )

    def order_by(self, children: list[Any]) -> tuple[syntax.Ordered, ...]:
        return tuple(children)

    def limit(self, children: list[Token]) -> int:
        return _whole_number(children[0])

    offset = limit

    def source(self, children: list[Any]) -> list[Any]:
        return children

    filters = order = window = endings = source

    def query(self, children: list[Any]) -> syntax.Query:
        items, (source, alias), (_, where, _), (group_by, order_by), (limit, offset, all_rows), _ = children
        groups, having = group_by or ((), None)
        return syntax.Query(
            text="",
            items=tuple(items),
            plain=isinstance(items, tuple),
            source=str(source),
            source_position=_start(source),
            alias=_text(alias),
            where=where,
            group_by=groups,
            having=having,
            order_by=order_by or (),
            limit=limit,
            offset=offset or 0,
            all_rows=all_rows is not None,
        )


_PARSER = Lark(
    files(__package__).joinpath("grammar.lark").read_text("utf-8"),
    parser="lalr",
    lexer="contextual",
    transformer=_ToTree(),
    maybe_placeholders=True,
)


@lru_cache(maxsize=256)
def parse(text: str) -> syntax.Query:
    """The Query of a statement. Raises ApiError 400 MALFORMED_QUERY or NUMBER_OUTSIDE_VALID_RANGE."""
    if len(text) > LONGEST_STATEMENT:
        raise malformed(f"SOQL statements cannot be longer than {LONGEST_STATEMENT} characters.")
    query = replace(_quickly(text) or _tree(text), text=text)
    if query.offset > LARGEST_OFFSET:
        raise ApiError.bare(
            400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {LARGEST_OFFSET}"
        )
    if len(query.children) > MOST_CHILD_QUERIES:
        raise malformed(f"Maximum of {MOST_CHILD_QUERIES} child subqueries are allowed in one query")
    return query


def _quickly(text: str) -> syntax.Query | None:
    """The tree of a statement whose template was parsed before, or can be; None where the text itself has to be
    parsed, to say what is wrong with it or because it is nested too deeply to be filled in.
    """
    blank, literals = template(text)
    try:
        return filled(_template(blank), literals)
    except (ApiError, ValueError, OverflowError, RecursionError):
        return None


@lru_cache(maxsize=256)
def _template(blank: str) -> syntax.Query:
    return _tree(blank)


def _tree(text: str) -> syntax.Query:
    try:
        return cast(syntax.Query, _PARSER.parse(text))
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise unexpected(text, len(text), "<EOF>") from None
        raise unexpected(text, _start(error.token), str(error.token)) from None
    except UnexpectedCharacters as error:
        raise _bad_character(text, error.pos_in_stream or 0) from None
    except _Unsupported as error:
        message = f"{error.construct} is not supported by this org"
        raise at(text, error.position, "MALFORMED_QUERY", message) from None
    except _Refused as error:
        raise unexpected(text, error.position, error.found) from None


def _bad_character(text: str, position: int) -> ApiError:
    if text[position] == "'":
        return at(text, position, "MALFORMED_QUERY", "Unterminated string literal")
    if text[position] == ":":
        return at(text, position, "MALFORMED_QUERY", "Bind variables only allowed in Apex code")
    word = re.match(r"\w+|.", text[position:], re.DOTALL)
    return unexpected(text, position, word[0] if word else "<EOF>")
