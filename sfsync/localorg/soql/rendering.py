"""Rows become JSON-ready records: `attributes` first, then the fields in the order of the SELECT list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sfsync.localorg.schema import Field, ObjectType, Row, Value
from sfsync.localorg.soql.scope import NAME_ENTITY, Follow, Hop, Statement, Target

Record = dict[str, Any]
Render = Callable[[Row], Any]

_DOUBLES = frozenset({"double", "currency", "percent"})
_STATE_AND_COUNTRY_CODES = ("countryCode", "stateCode")
"""Parts of an address only where State and Country are picklists."""
_ADDRESS_PARTS = (
    "city",
    "country",
    "geocodeAccuracy",
    "latitude",
    "longitude",
    "postalCode",
    "state",
    "street",
)


@lru_cache(maxsize=65_536)
def datetime_text(seconds: int | float) -> str:
    """A moment as the REST API writes it: '2026-11-02T09:00:00.000+0000'."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def json_value(kind: str, value: Value | None) -> Any:
    """A value in memory as JSON shows it, by field type."""
    if value is None:
        return None
    if kind == "datetime" and not isinstance(value, str):
        return datetime_text(value)
    if kind in _DOUBLES and not isinstance(value, str):
        return float(value)
    return value


def column_renderer(described: Field, object_type: ObjectType) -> Render:
    """Renders one field of a row."""
    name = described.name
    match described.type:
        case "datetime":

            def moment(row: Row) -> Any:
                value = row.get(name)
                return None if value is None else datetime_text(value)

            return moment
        case "double" | "currency" | "percent":

            def number(row: Row) -> Any:
                value = row.get(name)
                return None if value is None else float(value)

            return number
        case "boolean":
            return lambda row: row.get(name, False)
        case "address":
            return _address_renderer(described, object_type)
    return lambda row: row.get(name)


def _address_renderer(described: Field, object_type: ObjectType) -> Render:
    prefix = described.name.removesuffix("Address")
    parts = [
        (part, object_type.field(prefix + part)) for part in (*_ADDRESS_PARTS, *_STATE_AND_COUNTRY_CODES)
    ]
    columns = [(part, found.name) for part, found in parts if found is not None]

    def address(row: Row) -> Any:
        values = {part: row.get(column) for part, column in columns}
        if all(value is None for value in values.values()):
            return None
        return {**dict.fromkeys(_ADDRESS_PARTS), **values}

    return address


class Shape:
    """What is shown of the rows of one object, parents and children included."""

    def __init__(self, statement: Statement, entity: str) -> None:
        self._statement = statement
        self._entity = entity
        self._entries: dict[str, Render | _Parent] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def add(self, name: str, render: Render) -> None:
        """Show the value that `render` makes of the row."""
        self._entries[name] = render

    def add_target(self, target: Target) -> bool:
        """Show a field, below its parents' names where it has parents; False when it is shown already."""
        shape = self
        for hop in target.hops:
            shape = shape._parent(hop)
        if target.column in shape:
            return False
        if target.described is None:
            shape.add(target.column, target.read_last)
        else:
            shape.add(target.column, column_renderer(target.described, target.owner))
        return True

    def _parent(self, hop: Hop) -> Shape:
        entry = self._entries.get(hop.name)
        if not isinstance(entry, _Parent):
            entry = _Parent(hop.follow, Shape(self._statement, hop.entity))
            self._entries[hop.name] = entry
        return entry.shape

    def renderer(self) -> Render:
        """Renders one row as a record."""
        entries = [
            (name, entry.renderer() if isinstance(entry, _Parent) else entry)
            for name, entry in self._entries.items()
        ]
        prefix = f"/services/data/v{self._statement.version}/sobjects/"
        entity = self._entity
        schema = self._statement.database.schema

        def record(row: Row) -> Record:
            record_id = str(row["Id"])
            actual = entity
            if entity == NAME_ENTITY:
                found = schema.of_id(record_id)
                actual = found.name if found else entity
            shown: Record = {"attributes": {"type": entity, "url": f"{prefix}{actual}/{record_id}"}}
            for name, render in entries:
                shown[name] = render(row)
            return shown

        return record


class _Parent:
    """A parent's shape and the way to its row."""

    def __init__(self, follow: Follow, shape: Shape) -> None:
        self._follow = follow
        self.shape = shape

    def renderer(self) -> Render:
        """Renders the parent of a row, or None."""
        follow, render = self._follow, self.shape.renderer()

        def parent(row: Row) -> Any:
            found = follow(row)
            return None if found is None else render(found)

        return parent
