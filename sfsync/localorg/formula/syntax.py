"""The syntax tree of a formula, and the parser that makes it from text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken


class FormulaError(Exception):
    """Raised when a formula does not compile, in the words of Salesforce's formula editor."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `value` is None for NULL."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A field, a path over relationships or a global such as `$User.Id`, as it was written."""

    path: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator (operators stand under their own sign) applied to arguments."""

    function: str
    arguments: tuple[Expression, ...]


Expression = Literal | Name | Call

_CONSTANTS: dict[str, bool | None] = {"TRUE": True, "FALSE": False, "NULL": None}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_SAME_OPERATOR = {"==": "=", "!=": "<>"}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text)


class _ToTree(Transformer[Token, Expression]):
    """Each method bears the name of its alternative in grammar.lark."""

    def number(self, children: list[Token]) -> Literal:
        text = str(children[0])
        return Literal(float(text) if "." in text else int(text))

    def string(self, children: list[Token]) -> Literal:
        return Literal(_unescaped(children[0][1:-1]))

    def name(self, children: list[Token]) -> Expression:
        constant = children[0].upper()
        return Literal(_CONSTANTS[constant]) if constant in _CONSTANTS else Name(str(children[0]))

    def arguments(self, children: list[Expression]) -> tuple[Expression, ...]:
        return tuple(children)

    def call(self, children: list[Any]) -> Call:
        return Call(children[0].upper(), children[1] or ())

    def binary(self, children: list[Any]) -> Call:
        left, operator, right = children
        return Call(_SAME_OPERATOR.get(operator, str(operator)), (left, right))

    def logical_or(self, children: list[Expression]) -> Call:
        return Call("OR", tuple(children))

    def logical_and(self, children: list[Expression]) -> Call:
        return Call("AND", tuple(children))

    def logical_not(self, children: list[Expression]) -> Call:
        return Call("NOT", tuple(children))

    def negative(self, children: list[Expression]) -> Call:
        return Call("-", (Literal(0), children[0]))

    def positive(self, children: list[Expression]) -> Call:
        return Call("+", (Literal(0), children[0]))


_PARSER = Lark(
    files(__package__).joinpath("grammar.lark").read_text("utf-8"),
    parser="lalr",
    transformer=_ToTree(),
    maybe_placeholders=True,
)


def parse(text: str) -> Expression:
    """The tree of a formula's text. Raises FormulaError for a syntax error."""
    try:
        return _PARSER.parse(text)  # type: ignore[return-value]
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise FormulaError("Syntax error. Unexpected end of the formula") from error
        raise _extra(str(error.token), error) from error
    except UnexpectedCharacters as error:
        raise _extra(error.char, error) from error


def _extra(found: str, error: UnexpectedInput) -> FormulaError:
    return FormulaError(f"Syntax error. Extra '{found}' at line {error.line}, column {error.column}")
