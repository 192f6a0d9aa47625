"""Aggregate queries: COUNT(), the aggregate functions, GROUP BY and HAVING.

A group becomes one row whose keys are the operands' canonical texts (`Owner.Name`, `COUNT(Id)`), so that
HAVING and ORDER BY run on groups as WHERE and ORDER BY run on rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sfsync.localorg.errors import ApiError
from sfsync.localorg.schema import NUMERIC_TYPES, Row, Value
from sfsync.localorg.soql import syntax
from sfsync.localorg.soql.conditions import Conditions
from sfsync.localorg.soql.filters import Subject
from sfsync.localorg.soql.ordering import resolve_order, sort
from sfsync.localorg.soql.refusals import at, malformed
from sfsync.localorg.soql.rendering import Record, json_value
from sfsync.localorg.soql.scope import AGGREGATE_FUNCTIONS, Scope, Target, is_text

MOST_GROUPS = 2000

Values = list[Any]


def is_aggregate(query: syntax.Query) -> bool:
    """The query groups, or selects an aggregate function."""
    if query.group_by or query.plain:
        return bool(query.group_by)
    return any(
        isinstance(item.operand, syntax.FunctionCall) and item.operand.name in AGGREGATE_FUNCTIONS
        for item in query.select
    )


@dataclass(frozen=True, slots=True)
class _Measure:
    """An aggregate function of one field: how it is read from the rows of a group."""

    read: Callable[[Row], Value | None]
    apply: Callable[[Values], Value | None]
    kind: str


def _extreme(choose: Callable[..., Any], text: bool) -> Callable[[Values], Value | None]:
    if text:
        return lambda values: choose(values, key=str.lower, default=None)
    return lambda values: choose(values, default=None)


def _distinct(values: Values) -> int:
    return len({value.lower() if isinstance(value, str) else value for value in values})


def _sum(values: Values) -> Value | None:
    return sum(values) if values else None


def _average(values: Values) -> Value | None:
    return sum(values) / len(values) if values else None


class _Groups(Scope):
    """The scope of HAVING, ORDER BY and the SELECT list of an aggregate query."""

    def __init__(self, scope: Scope, group_by: Sequence[syntax.Operand]) -> None:
        super().__init__(scope.statement, scope.object_type, None)
        self._rows_scope = scope
        self.keys: dict[str, Target] = {}
        self.measures: dict[str, _Measure] = {}
        for operand in group_by:
            target = scope.resolve(operand)
            if target.described is not None and not target.described.groupable:
                message = f"field '{operand.text}' can not be grouped in a query call"
                raise at(scope.statement.text, operand.position, "MALFORMED_QUERY", message)
            self.keys[_canonical(target)] = target

    def resolve(self, operand: syntax.Operand) -> Target:
        """The target of a grouped field or an aggregate function, read from a group's row."""
        if isinstance(operand, syntax.FunctionCall) and operand.name in AGGREGATE_FUNCTIONS:
            return self._measure(operand)
        target = self._rows_scope.resolve(operand)
        key = _canonical(target)
        if key not in self.keys:
            message = f"Field must be grouped or aggregated: {operand.text}"
            raise at(self.statement.text, operand.position, "MALFORMED_QUERY", message)
        return self._target(key, target.subject, operand)

    def _target(self, key: str, subject: Subject, operand: syntax.Operand) -> Target:
        def read(row: Row) -> Value | None:
            return row.get(key)

        return Target(subject, None, (), key, read, read, self.object_type, operand.position)

    def _measure(self, call: syntax.FunctionCall) -> Target:
        if call.argument is None:
            raise malformed("COUNT() must be the only element of the SELECT list; use COUNT(Id)")
        target = self._rows_scope.resolve(call.argument)
        if target.described is not None and not target.described.aggregatable:
            raise malformed(f"field {call.argument.text} does not support aggregate operator {call.name}")
        kind = target.subject.type
        if call.name in ("SUM", "AVG") and kind not in NUMERIC_TYPES:
            raise malformed(f"field {call.argument.text} does not support aggregate operator {call.name}")
        text = is_text(target)
        apply, result = {
            "COUNT": (len, "int"),
            "COUNT_DISTINCT": (_distinct, "int"),
            "SUM": (_sum, kind),
            "AVG": (_average, "double"),
            "MIN": (_extreme(min, text), kind),
            "MAX": (_extreme(max, text), kind),
        }[call.name]
        key = f"{call.name}({_canonical(target)})"
        self.measures[key] = _Measure(target.read, apply, result)
        return self._target(key, Subject(call.text, result), call)

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """One row for each group, in the order of their first members."""
        reads = [target.read for target in self.keys.values()]
        members: dict[tuple[Value | None, ...], list[Row]] = {} if reads else {(): []}
        for row in rows:
            members.setdefault(tuple(read(row) for read in reads), []).append(row)
        return [self._group(key, group) for key, group in members.items()]

    def _group(self, key: tuple[Value | None, ...], members: list[Row]) -> Row:
        shown = {name: value for name, value in zip(self.keys, key, strict=True) if value is not None}
        for name, measure in self.measures.items():
            found = [value for value in map(measure.read, members) if value is not None]
            result = measure.apply(found)
            if result is not None:
                shown[name] = result
        return shown


def _canonical(target: Target) -> str:
    return ".".join([*(hop.name for hop in target.hops), target.column])


def execute_aggregate(query: syntax.Query, scope: Scope, rows: list[Row]) -> tuple[int, list[Record]]:
    """(totalSize, records) of an aggregate query over the rows that match its WHERE clause."""
    if query.children:
        raise malformed("Child subqueries are not allowed in aggregate queries")
    if _counts_only(query):
        return len(rows[query.offset : _stop(query)]), []
    groups = _Groups(scope, query.group_by)
    columns = _columns(query, groups)
    having = None
    if query.having is not None:
        table = scope.statement.database.table(scope.object_type.name)
        having = Conditions(groups, table, None).compile(query.having).test
    order = resolve_order(groups, query.order_by)
    found = groups.rows(rows)
    if having is not None:
        found = list(filter(having, found))
    sort(found, order)
    page = found[query.offset : _stop(query)]
    if len(page) > MOST_GROUPS:
        raise ApiError.bare(
            400,
            "EXCEEDED_ID_LIMIT",
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single "
            "batch",
        )
    return len(page), [_record(columns, group) for group in page]


def _stop(query: syntax.Query) -> int | None:
    return None if query.limit is None else query.offset + query.limit


def _counts_only(query: syntax.Query) -> bool:
    if len(query.select) != 1 or query.group_by or query.having:
        return False
    operand, alias = query.select[0].operand, query.select[0].alias
    return operand.text == "COUNT()" and alias is None


def _columns(query: syntax.Query, groups: _Groups) -> list[tuple[str, Target]]:
    """Names and targets of the records' keys: alias, else field name, else expr0, expr1, …"""
    columns: list[tuple[str, Target]] = []
    expressions = 0
    for item in query.select:
        target = groups.resolve(item.operand)
        name = item.alias
        if name is None and isinstance(item.operand, syntax.FunctionCall):
            name = f"expr{expressions}"
            expressions += 1
        name = name or target.column.rpartition(".")[2]
        if any(name.lower() == other.lower() for other, _ in columns):
            raise malformed(f"duplicate alias: {name}")
        columns.append((name, target))
    return columns


def _record(columns: list[tuple[str, Target]], group: Row) -> Record:
    record: Record = {"attributes": {"type": "AggregateResult"}}
    for name, target in columns:
        record[name] = json_value(target.subject.type, target.read(group))
    return record
