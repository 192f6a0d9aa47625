"""The syntax tree of a SOQL statement. Names are as written; positions are offsets into the statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field, or a field reached over relationships: `('Owner', 'Profile', 'Name')`."""

    names: tuple[str, ...]
    position: int

    @property
    def text(self) -> str:
        """The path with dots."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function of a field, such as COUNT(Id); `name` is in capitals, COUNT() has no argument."""

    name: str
    argument: Operand | None
    position: int

    @property
    def text(self) -> str:
        """The call as it would be written."""
        return f"{self.name}({self.argument.text if self.argument else ''})"


Operand = FieldPath | FunctionCall


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """Text between quotes; `raw` still holds its escapes, which LIKE reads differently."""

    raw: str


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    value: int | float


@dataclass(frozen=True, slots=True)
class BooleanLiteral:
    value: bool


@dataclass(frozen=True, slots=True)
class NullLiteral:
    """The keyword null."""


@dataclass(frozen=True, slots=True)
class DateTimeLiteral:
    """A moment in Unix seconds (UTC), with a fraction where one was written."""

    seconds: int | float


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """An ISO day."""

    day: str


@dataclass(frozen=True, slots=True)
class TimeLiteral:
    """'HH:MM:SS.000Z'."""

    text: str


@dataclass(frozen=True, slots=True)
class DateFormula:
    """A relative date such as TODAY or LAST_N_DAYS:7, in capitals; `count` is None where it takes none."""

    name: str
    count: int | None


LiteralValue = (
    StringLiteral
    | NumberLiteral
    | BooleanLiteral
    | NullLiteral
    | DateTimeLiteral
    | DateLiteral
    | TimeLiteral
    | DateFormula
)

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`; a set stands on the right of IN, NOT IN, INCLUDES and EXCLUDES."""

    left: Operand
    operator: Operator
    right: LiteralValue | tuple[LiteralValue, ...] | Query


@dataclass(frozen=True, slots=True)
class And:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


Condition = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True)
class Selected:
    """One item of the SELECT list."""

    operand: Operand
    alias: str | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """One item of ORDER BY; nulls come first unless said otherwise."""

    operand: Operand
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT statement or subquery.

    Attributes:
        text: the whole statement, for error messages.
        items: the SELECT list: fields, functions and child subqueries.
        plain: its SELECT list has fields only.
        source: the object or child relationship after FROM; source_position: where it stands.
    """

    text: str
    items: tuple[Selected | Query, ...]
    plain: bool
    source: str
    source_position: int
    alias: str | None
    where: Condition | None
    group_by: tuple[Operand, ...]
    having: Condition | None
    order_by: tuple[Ordered, ...]
    limit: int | None
    offset: int
    all_rows: bool

    @property
    def select(self) -> tuple[Selected, ...]:
        """The fields and functions of the SELECT list."""
        return tuple(item for item in self.items if isinstance(item, Selected))

    @property
    def children(self) -> tuple[Query, ...]:
        """The child subqueries of the SELECT list."""
        return tuple(item for item in self.items if isinstance(item, Query))
