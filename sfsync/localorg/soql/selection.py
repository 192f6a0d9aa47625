"""The SELECT list of a query that is not an aggregate."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from sfsync.localorg.errors import ApiError
from sfsync.localorg.schema import Field, Row
from sfsync.localorg.soql import syntax
from sfsync.localorg.soql.refusals import at, malformed
from sfsync.localorg.soql.rendering import Render, Shape
from sfsync.localorg.soql.scope import Scope, Target, through

MOST_ROWS_OF_ALL_FIELDS = 200
MOST_KEPT = 256


RenderChildren = Callable[[syntax.Query], tuple[str, Render]]
"""Of a child subquery: the relationship's name and what renders a parent's children."""


class SelectLists:
    """Plain SELECT lists that were asked for before, ready to show rows.

    An org keeps them, as a database keeps prepared statements: a schema never changes, nor do permissions, which
    are others when assignments change.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, Render] = {}

    def renderer(self, query: syntax.Query, scope: Scope, children: RenderChildren) -> Render:
        """What renders a row. Raises ApiError for unknown, unreadable or repeated fields."""
        if not query.plain:
            return select_shape(query, scope, children).renderer()
        statement = scope.statement
        until_source = statement.text[: query.source_position]
        named = until_source, scope.object_type.name, query.alias
        key = *named, statement.version, statement.session.permissions
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = select_shape(query, scope, children).renderer()
        return found


def select_shape(query: syntax.Query, scope: Scope, children: RenderChildren) -> Shape:
    """What is shown of each row. Raises ApiError for unknown, unreadable or repeated fields."""
    shape = Shape(scope.statement, scope.object_type.name)
    for item in query.items:
        if isinstance(item, syntax.Query):
            name, render = children(item)
            if name in shape:
                raise malformed(f"Cannot follow the same child relationship twice: {name}")
            shape.add(name, render)
            continue
        operand = item.operand
        if isinstance(operand, syntax.FunctionCall):
            _add_function(shape, scope, query, operand, item.alias)
            continue
        if item.alias is not None:
            raise malformed("only aggregate expressions use field aliasing")
        _add(shape, scope, scope.field(operand), operand)
    return shape


def _add(shape: Shape, scope: Scope, target: Target, operand: syntax.FieldPath) -> None:
    if not shape.add_target(target):
        raise at(
            scope.statement.text,
            operand.position,
            "INVALID_FIELD",
            f"duplicate field selected: {operand.text}",
        )


def _add_function(
    shape: Shape, scope: Scope, query: syntax.Query, call: syntax.FunctionCall, alias: str | None
) -> None:
    argument = call.argument
    if not isinstance(argument, syntax.FieldPath):
        scope.refuse_function(call)
    if call.name == "FIELDS":
        _add_all(shape, scope, query, argument)
    elif call.name == "TOLABEL":
        target = scope.field(argument)
        name = alias or target.column
        if name in shape:
            raise malformed(f"duplicate field selected: {call.text}")
        shape.add(name, _label(target))
    else:
        scope.refuse_function(call)


def _label(target: Target) -> Render:
    """The label of a picklist's value; the value itself where it has none."""
    entries = target.described.picklist if target.described is not None else ()
    labels: dict[Any, str] = {entry.value: entry.label for entry in entries}
    read = through(target.hops, target.read_last)

    def label(row: Row) -> Any:
        value = read(row)
        return labels.get(value, value)

    return label


def _add_all(shape: Shape, scope: Scope, query: syntax.Query, group: syntax.FieldPath) -> None:
    """FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM)."""
    wanted = group.text.upper()
    if wanted not in ("ALL", "STANDARD", "CUSTOM"):
        raise malformed(f"Invalid argument of FIELDS(): {group.text}")
    if wanted != "STANDARD" and (query.limit is None or query.limit > MOST_ROWS_OF_ALL_FIELDS):
        raise ApiError.bare(
            400,
            "MALFORMED_QUERY",
            f"The SOQL FIELDS function must have a LIMIT of at most {MOST_ROWS_OF_ALL_FIELDS}",
        )
    permissions = scope.statement.session.permissions
    for described in scope.object_type.fields.values():
        if _belongs(described, wanted) and permissions.can_read_field(scope.object_type, described):
            shape.add_target(scope.field(syntax.FieldPath((described.name,), group.position)))


def _belongs(described: Field, wanted: str) -> bool:
    return wanted == "ALL" or described.custom == (wanted == "CUSTOM")
