"""Runs a Query: which rows match, in which order, and how each page of them is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, overload
from zoneinfo import ZoneInfo

from sfsync.localorg.access import Session
from sfsync.localorg.database import RANGE_FIELDS, Database, Table
from sfsync.localorg.errors import ApiError
from sfsync.localorg.schema import ObjectType, Row, Value
from sfsync.localorg.soql import syntax
from sfsync.localorg.soql.aggregates import execute_aggregate, is_aggregate
from sfsync.localorg.soql.conditions import Compiled, Conditions, Lookup, Plan, Span
from sfsync.localorg.soql.filters import Today
from sfsync.localorg.soql.ordering import KeptOrder, kept_order, resolve_order, sort
from sfsync.localorg.soql.refusals import at, malformed, no_such_relationship
from sfsync.localorg.soql.rendering import Record, Render
from sfsync.localorg.soql.scope import Scope, Statement
from sfsync.localorg.soql.selection import SelectLists, select_shape


class Records(Sequence[Record]):
    """Records of matching rows, rendered only when asked for."""

    def __init__(self, rows: Sequence[Row], render: Render) -> None:
        self._rows = rows
        self._render = render

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return list(map(self._render, self._rows[index]))
        record: Record = self._render(self._rows[index])
        return record

    def __iter__(self) -> Iterator[Record]:
        return map(self._render, self._rows)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a statement found.

    Attributes:
        total_size: the number of rows; for COUNT() the count, with no records.
        records: JSON-ready, rendered when indexed or sliced.
    """

    total_size: int
    records: Sequence[Record]


def execute(
    query: syntax.Query,
    database: Database,
    *,
    now: int,
    user: Session,
    select_lists: SelectLists,
    all_rows: bool = False,
    version: str = "XX.0",
    switched_off: Collection[str] = (),
) -> QueryResult:
    """Run a parsed statement for a user.

    `now` (Unix seconds) and the user's time zone give date literals their days. `select_lists` are those that
    this database was asked for before. `all_rows` is queryAll: deleted and archived rows too. `version` stands
    in the records' URLs. `switched_off` are the objects of features that the org does not use. Raises
    ApiError 400.
    """
    today = Today(now, _time_zone(database, user))
    statement = Statement(
        query.text, database, user, today, all_rows or query.all_rows, version, switched_off
    )
    try:
        return _Executor(statement, select_lists).run(query)
    except RecursionError:
        raise ApiError.bare(
            400,
            "QUERY_TOO_COMPLICATED",
            "Query is either selecting too many fields or the filter conditions are too complicated.",
        ) from None


def _time_zone(database: Database, user: Session) -> ZoneInfo:
    row = database.table("User").get(user.user_id) if "User" in database.schema.objects else None
    return ZoneInfo(str((row or {}).get("TimeZoneSidKey", "UTC")))


class _Executor:
    """Runs a statement and its subqueries."""

    def __init__(self, statement: Statement, select_lists: SelectLists) -> None:
        self._statement = statement
        self._select_lists = select_lists

    def run(self, query: syntax.Query) -> QueryResult:
        object_type = self._statement.object_type(query.source, query.source_position)
        scope = Scope(self._statement, object_type, query.alias)
        if is_aggregate(query):
            total, records = execute_aggregate(query, scope, self._matching(query, scope, order=False))
            return QueryResult(total, records)
        render = self._select_lists.renderer(query, scope, lambda child: self._child(child, object_type))
        rows = self._matching(query, scope, order=True)
        return QueryResult(len(rows), Records(rows, render))

    def _table(self, object_type: ObjectType) -> Table:
        return self._statement.database.table(object_type.name)

    def _visible(self, object_type: ObjectType) -> list[Callable[[Row], bool]]:
        """Tests that every row has to pass: not deleted, not archived, shared with the user."""
        tests: list[Callable[[Row], bool]] = []
        if not self._statement.all_rows:
            if "IsDeleted" in object_type.fields:
                tests.append(lambda row: not row.get("IsDeleted"))
            if "IsArchived" in object_type.fields:
                tests.append(lambda row: not row.get("IsArchived"))
        sees = self._statement.session.sees(object_type.name)
        if sees is not None:
            tests.append(sees)
        return tests

    def _matching(self, query: syntax.Query, scope: Scope, *, order: bool) -> list[Row]:
        """The rows of the result, after ORDER BY, OFFSET and LIMIT (all of which an aggregate skips)."""
        table = self._table(scope.object_type)
        where = None
        if query.where is not None:
            where = Conditions(scope, table, self._semi_join_values).compile(query.where)
        plan = where.plan if where else None
        if not order:
            return list(self._filtered(_candidates(table, plan), scope, where))
        ordered = resolve_order(scope, query.order_by)
        stop = None if query.limit is None else query.offset + query.limit
        kept = kept_order(ordered, RANGE_FIELDS)
        if kept is not None:
            if plan is None:
                plan = Span(kept.column, None, None)
            if isinstance(plan, Span) and plan.column == kept.column:
                found = self._filtered(_candidates(table, plan, kept), scope, where)
                return list(islice(found, query.offset, stop))
        found = self._filtered(_candidates(table, plan), scope, where)
        if not ordered:
            return list(islice(found, query.offset, stop))
        rows = list(found)
        sort(rows, ordered)
        return rows[query.offset : stop]

    def _filtered(self, rows: Iterable[Row], scope: Scope, where: Compiled | None) -> Iterator[Row]:
        found = iter(rows)
        for test in self._visible(scope.object_type):
            found = filter(test, found)
        return filter(where.test, found) if where else found

    def _semi_join_values(self, query: syntax.Query) -> tuple[str, frozenset[Value]]:
        """The type and values of an inner select's one column."""
        if query.children or len(query.select) != 1 or query.group_by or is_aggregate(query):
            raise malformed("Semi join sub-selects can only select one column")
        if query.limit is not None or query.offset or query.order_by:
            raise malformed("ORDER BY, LIMIT and OFFSET are not allowed in semi join sub-selects")
        object_type = self._statement.object_type(query.source, query.source_position)
        if object_type.worked_out:
            raise malformed(f"Entity '{object_type.name}' is not supported for semi join inner selects")
        scope = Scope(self._statement, object_type, query.alias)
        target = scope.resolve(query.select[0].operand)
        table = self._table(object_type)
        where = Conditions(scope, table, None).compile(query.where) if query.where else None
        rows = self._filtered(_candidates(table, where.plan if where else None), scope, where)
        values = frozenset(value for value in map(target.read, rows) if value is not None)
        return target.subject.type, values

    def _child(self, query: syntax.Query, parent: ObjectType) -> tuple[str, Render]:
        """The name of a child relationship and what renders a parent's children."""
        text = self._statement.text
        relationship = parent.child(query.source)
        if relationship is None:
            raise no_such_relationship(text, query.source_position, query.source, "FROM part of query call")
        if query.children or is_aggregate(query) or query.offset:
            raise at(
                text,
                query.source_position,
                "MALFORMED_QUERY",
                "Only root queries support aggregate expressions, OFFSET and child subqueries here",
            )
        object_type = self._statement.object_type(relationship.child_object, query.source_position)
        scope = Scope(self._statement, object_type, query.alias)
        table = self._table(object_type)
        where = Conditions(scope, table, self._semi_join_values).compile(query.where) if query.where else None
        ordered = resolve_order(scope, query.order_by)
        render = select_shape(query, scope, lambda child: self._child(child, object_type)).renderer()
        key, limit = relationship.field, query.limit

        def children(row: Row) -> Any:
            ids = table.find(key, (row["Id"],))
            rows = list(self._filtered(_rows(table, ids), scope, where))
            sort(rows, ordered)
            shown = rows[:limit]
            if not shown:
                return None
            return {"totalSize": len(shown), "done": True, "records": list(map(render, shown))}

        return relationship.relationship_name or query.source, children


def _rows(table: Table, ids: Iterable[str]) -> Iterator[Row]:
    return (row for row in map(table.get, ids) if row is not None)


def _candidates(table: Table, plan: Plan, kept: KeptOrder | None = None) -> Iterable[Row]:
    """The rows that a plan leads to, each once: in Id order for a lookup, in the kept order for a span."""
    if isinstance(plan, Lookup):
        ids = {found for column, values in plan.values_of for found in table.find(column, values)}
        return _rows(table, sorted(ids))
    if isinstance(plan, Span):
        if kept is None:
            return _rows(table, table.range(plan.column, plan.low, plan.high))
        return _rows(
            table, table.range(plan.column, plan.low, plan.high, kept.descending, kept.ids_descending)
        )
    return table.rows.values()
