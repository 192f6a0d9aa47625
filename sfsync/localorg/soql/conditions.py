"""A WHERE clause becomes one test of a row and, where an index helps, a plan of which rows to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sfsync.localorg.database import RANGE_FIELDS, Place, Table
from sfsync.localorg.errors import ApiError
from sfsync.localorg.schema import Row, Value
from sfsync.localorg.soql import syntax
from sfsync.localorg.soql.filters import bounds, compile_test, constant, set_test
from sfsync.localorg.soql.refusals import at, malformed
from sfsync.localorg.soql.scope import Scope, Target

RowTest = Callable[[Row], bool]
_AFTER_ANY_ID = "~"
_MOST_SEMI_JOINS = 2


@dataclass(frozen=True, slots=True)
class Lookup:
    """The rows whose indexed column has one of these values, for one or more columns."""

    values_of: tuple[tuple[str, tuple[Value, ...]], ...]

    @property
    def size(self) -> int:
        """How many values are looked up."""
        return sum(len(values) for _, values in self.values_of)


@dataclass(frozen=True, slots=True)
class Span:
    """The rows with low <= (value, Id) <= high in the order of a time column or of Id."""

    column: str
    low: Place
    high: Place


Plan = Lookup | Span | None
"""Where to look; None means every row. The test is still applied to each row found."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition's test and its plan."""

    test: RowTest
    plan: Plan


RunSemiJoin = Callable[[syntax.Query], tuple[str, frozenset[Value]]]
"""Runs an inner select of one id column; gives the column's type and its values."""


class Conditions:
    """Compiles the conditions of one FROM object."""

    def __init__(self, scope: Scope, table: Table, run_semi_join: RunSemiJoin | None) -> None:
        self._scope = scope
        self._table = table
        self._run_semi_join = run_semi_join
        self._semi_joins = 0

    def compile(self, condition: syntax.Condition, inside_or: bool = False) -> Compiled:
        """The test and plan of a condition. Raises ApiError for what doesn't fit the schema."""
        match condition:
            case syntax.And(conditions):
                parts = [self.compile(part, inside_or) for part in conditions]
                return Compiled(_all([part.test for part in parts]), _narrowest([p.plan for p in parts]))
            case syntax.Or(conditions):
                parts = [self.compile(part, True) for part in conditions]
                return Compiled(_any([part.test for part in parts]), _union([p.plan for p in parts]))
            case syntax.Not(inner):
                test = self.compile(inner, True).test
                return Compiled(lambda row: not test(row), None)
            case syntax.Comparison():
                return self._comparison(condition, inside_or)

    def _comparison(self, comparison: syntax.Comparison, inside_or: bool) -> Compiled:
        target = self._scope.resolve(comparison.left)
        if target.described is not None and not target.described.filterable:
            raise at(
                self._scope.statement.text,
                target.position,
                "INVALID_FIELD",
                f"field '{comparison.left.text}' can not be filtered in a query call",
            )
        if isinstance(comparison.right, syntax.Query):
            return self._semi_join(target, comparison, comparison.right, inside_or)
        try:
            return self._compared(target, comparison)
        except ApiError as refusal:
            if refusal.code not in ("INVALID_FIELD", "INVALID_QUERY_FILTER_OPERATOR"):
                raise
            text = self._scope.statement.text
            raise at(text, target.position, refusal.code, refusal.items[0].message) from None

    def _compared(self, target: Target, comparison: syntax.Comparison) -> Compiled:
        operator, right = comparison.operator, comparison.right
        assert not isinstance(right, syntax.Query)
        if isinstance(right, tuple) and operator in ("IN", "NOT IN"):
            return self._set(target, operator, right)
        test = _on(target, compile_test(target.subject, operator, right, self._scope.statement.today))
        column = target.own_column
        if column is None or isinstance(right, tuple):
            return Compiled(test, None)
        if operator == "=" and self._table.is_indexed(column):
            return Compiled(test, _lookup(column, [constant(target.subject, right)]))
        if column in RANGE_FIELDS:
            return Compiled(test, self._span(target, column, operator, right))
        return Compiled(test, None)

    def _set(
        self, target: Target, operator: syntax.Operator, literals: tuple[syntax.LiteralValue, ...]
    ) -> Compiled:
        """IN and NOT IN: each literal is read once, however many there are."""
        values: list[Value | None] = []
        ranges = []
        for literal in literals:
            if isinstance(literal, syntax.DateFormula):
                ranges.append(bounds(target.subject, literal, self._scope.statement.today))
            else:
                values.append(constant(target.subject, literal))
        test = _on(target, set_test(target.subject, operator, frozenset(values), ranges))
        column = target.own_column
        if operator == "IN" and not ranges and column is not None and self._table.is_indexed(column):
            return Compiled(test, _lookup(column, values))
        return Compiled(test, None)

    def _span(self, target: Target, column: str, operator: str, right: syntax.LiteralValue) -> Plan:
        first: Place
        last: Place
        if isinstance(right, syntax.DateFormula):
            start, after = bounds(target.subject, right, self._scope.statement.today)
            first, last = (start, ""), (after, "")
        else:
            value = constant(target.subject, right)
            if value is None:
                return None
            first, last = (value, ""), (value, _AFTER_ANY_ID)
        spans: dict[str, tuple[Place, Place]] = {
            "=": (first, last),
            ">": (last, None),
            ">=": (first, None),
            "<": (None, first),
            "<=": (None, last),
        }
        return Span(column, *spans[operator]) if operator in spans else None

    def _semi_join(
        self, target: Target, comparison: syntax.Comparison, query: syntax.Query, inside_or: bool
    ) -> Compiled:
        if self._run_semi_join is None:
            raise malformed("Nesting of semi join sub-selects is not supported")
        if inside_or:
            raise malformed("Semi join sub-selects are not allowed with the 'OR' operator")
        self._semi_joins += 1
        if self._semi_joins > _MOST_SEMI_JOINS:
            raise malformed(f"Cannot have more than {_MOST_SEMI_JOINS} semi join sub-selects in one query")
        kind, values = self._run_semi_join(query)
        if target.subject.type not in ("id", "reference"):
            raise malformed(
                f"The left operand field in the where expression for outer query should be an id field, "
                f"cannot use: '{comparison.left.text}'"
            )
        if kind not in ("id", "reference"):
            raise malformed("The inner select field should be an id field")
        column = target.own_column
        if comparison.operator == "NOT IN":
            return Compiled(_on(target, lambda found: found not in values), None)
        indexed = column is not None and self._table.is_indexed(column)
        plan = Lookup(((column, tuple(values)),)) if column is not None and indexed else None
        return Compiled(_on(target, values.__contains__), plan)


def _lookup(column: str, values: list[Value | None]) -> Plan:
    """An index holds no nulls, so a set with null in it is not looked up."""
    known = tuple(value for value in values if value is not None)
    return Lookup(((column, known),)) if len(known) == len(values) else None


def _on(target: Target, test: Callable[[Any], bool]) -> RowTest:
    """A test of a value as a test of the row that holds it."""
    column = target.own_column
    if column is None or (target.described is not None and target.described.type == "boolean"):
        read = target.read
        return lambda row: test(read(row))
    return lambda row: test(row.get(column))


def _all(tests: list[RowTest]) -> RowTest:
    """Halves, not a loop: a conjunction of two closures is the fastest test there is."""
    if len(tests) == 1:
        return tests[0]
    middle = len(tests) // 2
    first, second = _all(tests[:middle]), _all(tests[middle:])
    return lambda row: first(row) and second(row)


def _any(tests: list[RowTest]) -> RowTest:
    if len(tests) == 1:
        return tests[0]
    middle = len(tests) // 2
    first, second = _any(tests[:middle]), _any(tests[middle:])
    return lambda row: first(row) or second(row)


def _narrowest(plans: list[Plan]) -> Plan:
    """The best plan of conditions that must all hold: the shortest lookup, else the common span.

    A span of times is taken to be narrower than one of ids.
    """
    lookups = [plan for plan in plans if isinstance(plan, Lookup)]
    if lookups:
        return min(lookups, key=lambda plan: plan.size)
    spans = [plan for plan in plans if isinstance(plan, Span)]
    if not spans:
        return None
    common = next((span for span in spans if span.column != "Id"), spans[0])
    for span in spans:
        if span.column == common.column:
            lows = [low for low in (common.low, span.low) if low is not None]
            highs = [high for high in (common.high, span.high) if high is not None]
            common = replace(common, low=max(lows, default=None), high=min(highs, default=None))
    return common


def _union(plans: list[Plan]) -> Plan:
    """A plan that finds every row that any of the conditions may find."""
    lookups = [plan for plan in plans if isinstance(plan, Lookup)]
    if len(lookups) == len(plans):
        return Lookup(tuple(pair for plan in lookups for pair in plan.values_of))
    spans = [plan for plan in plans if isinstance(plan, Span)]
    if len(spans) < len(plans) or len({span.column for span in spans}) > 1:
        return None
    lows = [span.low for span in spans if span.low is not None]
    highs = [span.high for span in spans if span.high is not None]
    return Span(
        spans[0].column,
        min(lows) if len(lows) == len(spans) else None,
        max(highs) if len(highs) == len(spans) else None,
    )
