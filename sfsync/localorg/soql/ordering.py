"""ORDER BY: nulls first unless said otherwise, text without regard to case, picklists in their own order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sfsync.localorg.schema import Row
from sfsync.localorg.soql.refusals import at
from sfsync.localorg.soql.scope import Scope, Target, is_text
from sfsync.localorg.soql.syntax import Ordered

SortKey = Callable[[Row], Any]


def resolve_order(scope: Scope, order_by: Sequence[Ordered]) -> list[tuple[Target, Ordered]]:
    """The targets of ORDER BY. Raises MALFORMED_QUERY for a field that can't be sorted."""
    resolved = []
    for item in order_by:
        target = scope.resolve(item.operand)
        if target.described is not None and not target.described.sortable:
            raise at(
                scope.statement.text,
                target.position,
                "MALFORMED_QUERY",
                f"field '{item.operand.text}' can not be sorted in a query call",
            )
        resolved.append((target, item))
    return resolved


def _comparable(target: Target) -> Callable[[Any], Any]:
    described = target.described
    if described is not None and described.type == "picklist" and described.picklist:
        places = {entry.value: place for place, entry in enumerate(described.picklist)}
        last = len(places)
        return lambda value: (places.get(value, last), value.lower())
    if is_text(target):
        return lambda value: value.lower()
    return lambda value: value


def _key(target: Target, null_rank: int) -> SortKey:
    """Sorts nulls before (rank 0) or after (rank 2) all values."""
    read, comparable = target.read, _comparable(target)

    def key(row: Row) -> Any:
        value = read(row)
        return (null_rank,) if value is None else (1, comparable(value))

    return key


def sort(rows: list[Row], order: Sequence[tuple[Target, Ordered]]) -> None:
    """Sort in place; rows that agree in all keys keep their order."""
    for target, item in reversed(order):
        null_rank = 2 if item.nulls_last != item.descending else 0
        rows.sort(key=_key(target, null_rank), reverse=item.descending)


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """An order that an index keeps: by `column`, then by Id."""

    column: str
    descending: bool
    ids_descending: bool


def kept_order(order: Sequence[tuple[Target, Ordered]], columns: frozenset[str]) -> KeptOrder | None:
    """The order of an index, when ORDER BY is one: one of these columns, then at most Id."""
    if not 1 <= len(order) <= 2 or (len(order) == 2 and order[1][0].own_column != "Id"):
        return None
    column = order[0][0].own_column
    if column not in columns:
        return None
    return KeptOrder(str(column), order[0][1].descending, order[-1][1].descending)
