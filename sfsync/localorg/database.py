"""The org's rows: one table per object, indexes built when first asked for, and an undo log.

Rows are never changed in place: a change puts a new dict in the old one's stead, so the undo log only keeps
references and a rollback restores rows and indexes exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Protocol, TypeVar

from sortedcontainers import SortedList

from sfsync.localorg.schema import ObjectType, Row, Schema, Value

Result = TypeVar("Result")
RANGE_FIELDS = frozenset({"SystemModstamp", "CreatedDate", "Id"})
"""Fields whose order is kept, once it has been asked for."""


class TimeIndex(Protocol):
    """(value, Id) pairs in order."""

    def add(self, item: tuple[int, str]) -> None: ...
    def remove(self, item: tuple[int, str]) -> None: ...
    def irange(
        self,
        minimum: Place = ...,
        maximum: Place = ...,
        reverse: bool = ...,
    ) -> Iterator[tuple[int, str]]: ...


class IdIndex(Protocol):
    """Ids in order."""

    def add(self, item: str) -> None: ...
    def remove(self, item: str) -> None: ...
    def irange(
        self,
        minimum: str | None = ...,
        maximum: str | None = ...,
        inclusive: tuple[bool, bool] = ...,
        reverse: bool = ...,
    ) -> Iterator[str]: ...


Place = tuple[Value, str] | None
"""(value, Id) at an end of a range; None is an open end."""


class Table:
    """The rows of one object by Id, deleted ones (`IsDeleted` true) among them."""

    __slots__ = ("_database", "_hashes", "_ids", "_indexed", "_times", "object_type", "rows")

    def __init__(self, database: Database, object_type: ObjectType) -> None:
        self._database = database
        self.object_type = object_type
        self.rows: dict[str, Row] = {}
        self._indexed = frozenset(
            name
            for name, field in object_type.fields.items()
            if field.type == "reference" or field.unique or field.external_id
        )
        self._hashes: dict[str, dict[Value, dict[str, None]]] = {}
        self._times: dict[str, TimeIndex] = {}
        self._ids: IdIndex | None = None

    def get(self, record_id: str) -> Row | None:
        """The row of this 18-character id, deleted or not."""
        return self.rows.get(record_id)

    def is_indexed(self, field: str) -> bool:
        """`find` answers for this field without a scan (Id, references, unique and external-id fields)."""
        return field == "Id" or field in self._indexed

    def find(self, field: str, values: Iterable[Value]) -> list[str]:
        """Ids of the rows, deleted ones too, whose indexed field has one of the values.

        Text of a field that is not case-sensitive is compared without regard to case. Order: by value as
        given, then as the rows came to hold it.
        """
        if field == "Id":
            return [str(value) for value in dict.fromkeys(values) if value in self.rows]
        index = self._hashes.get(field)
        if index is None:
            index = self._build_hash(field)
        keys = dict.fromkeys(self._key(field, value) for value in values)
        return [record_id for key in keys for record_id in index.get(key, ())]

    def range(
        self, field: str, low: Place, high: Place, reverse: bool = False, ids_reverse: bool | None = None
    ) -> Iterator[str]:
        """Ids of the rows, deleted ones too, with low <= (value, Id) <= high, in that order.

        `field` is one of RANGE_FIELDS; None is an open end. `ids_reverse` (by default as `reverse`) says in
        which order the ids of one and the same time come.
        """
        if field == "Id":
            yield from self._id_range(low, high, reverse)
            return
        found = self._time_index(field).irange(low, high, reverse=reverse)
        if ids_reverse is None or ids_reverse == reverse:
            for _, record_id in found:
                yield record_id
            return
        for _, moment in groupby(found, key=itemgetter(0)):
            yield from reversed([record_id for _, record_id in moment])

    def _id_range(self, low: Place, high: Place, reverse: bool) -> Iterator[str]:
        """A place (id, "") is before that id, (id, "~") after it, as among times."""
        if self._ids is None:
            self._ids = SortedList(self.rows)
        return self._ids.irange(
            None if low is None else str(low[0]),
            None if high is None else str(high[0]),
            inclusive=(low is None or low[1] == "", high is None or high[1] != ""),
            reverse=reverse,
        )

    def index_orders(self) -> None:
        """Make `range` ready for its first use of Id and, where there is one, SystemModstamp."""
        self._ids = SortedList(self.rows)
        if "SystemModstamp" in self.object_type.fields:
            self._time_index("SystemModstamp")

    def put(self, row: Row) -> None:
        """Add the row, or put it in the stead of the one with its Id."""
        record_id = row["Id"]
        assert isinstance(record_id, str)
        self._database.log_row(self, record_id, self.rows.get(record_id))
        self._set(record_id, row)

    def discard(self, record_id: str) -> None:
        """Take the row away altogether."""
        old = self.rows.get(record_id)
        if old is not None:
            self._database.log_row(self, record_id, old)
            self._set(record_id, None)

    def extend(self, rows: Iterable[Row]) -> None:
        """Add many new rows. Outside of transactions only: there is no undo."""
        self.rows.update((str(row["Id"]), row) for row in rows)
        self._hashes.clear()
        self._times.clear()
        self._ids = None

    def restore(self, record_id: str, row: Row | None) -> None:
        """Make the row what it was, without a trace: the undo log's way back."""
        self._set(record_id, row)

    def _set(self, record_id: str, row: Row | None) -> None:
        old = self.rows.get(record_id)
        if row is None:
            self.rows.pop(record_id, None)
        else:
            self.rows[record_id] = row
        if self._ids is not None and (old is None) != (row is None):
            if row is None:
                self._ids.remove(record_id)
            else:
                self._ids.add(record_id)
        for field, index in self._hashes.items():
            before = old.get(field) if old is not None else None
            after = row.get(field) if row is not None else None
            if before == after:
                continue
            if before is not None:
                key = self._key(field, before)
                members = index[key]
                del members[record_id]
                if not members:
                    del index[key]
            if after is not None:
                index.setdefault(self._key(field, after), {})[record_id] = None
        for field, times in self._times.items():
            before = old.get(field) if old is not None else None
            after = row.get(field) if row is not None else None
            if before == after:
                continue
            if isinstance(before, int):
                times.remove((before, record_id))
            if isinstance(after, int):
                times.add((after, record_id))

    def _key(self, field: str, value: Value) -> Value:
        if not isinstance(value, str):
            return value
        described = self.object_type.fields[field]
        if described.case_sensitive or described.type == "reference":
            return value
        return value.lower()

    def _build_hash(self, field: str) -> dict[Value, dict[str, None]]:
        index: dict[Value, dict[str, None]] = {}
        for record_id, row in self.rows.items():
            value = row.get(field)
            if value is not None:
                index.setdefault(self._key(field, value), {})[record_id] = None
        self._hashes[field] = index
        return index

    def _time_index(self, field: str) -> TimeIndex:
        index = self._times.get(field)
        if index is None:
            if field not in RANGE_FIELDS:
                raise KeyError(field)
            index = SortedList((row[field], record_id) for record_id, row in self.rows.items())
            self._times[field] = index
        return index


class _Rehearsed(Exception):
    """Raised to take a rehearsed write back."""


class Database:
    """The tables of one org and the undo log of its open transaction."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._tables: dict[str, Table] = {}
        self._undo: list[tuple[Table, str, Row | None] | Callable[[], None]] | None = None

    def table(self, object_name: str) -> Table:
        """The table of an object, by its canonical name."""
        table = self._tables.get(object_name)
        if table is None:
            table = self._tables[object_name] = Table(self, self.schema.objects[object_name])
        return table

    def log_row(self, table: Table, record_id: str, before: Row | None) -> None:
        """Remember what the row was, while a transaction is open."""
        if self._undo is not None:
            self._undo.append((table, record_id, before))

    def log(self, undo: Callable[[], None]) -> None:
        """Remember how to take back a change that is not a row's, while a transaction is open."""
        if self._undo is not None:
            self._undo.append(undo)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: an exception takes back every change since here. Nested ones are savepoints."""
        outermost = self._undo is None
        if self._undo is None:
            self._undo = []
        undo = self._undo
        mark = len(undo)
        try:
            yield
        except BaseException:
            while len(undo) > mark:
                entry = undo.pop()
                if isinstance(entry, tuple):
                    table, record_id, before = entry
                    table.restore(record_id, before)
                else:
                    entry()
            raise
        finally:
            if outermost:
                self._undo = None

    def rehearse(self, write: Callable[[], Result]) -> tuple[Result, list[tuple[Table, str, Row | None]]]:
        """Run a write and take it back; returns its result and each row as it had left it."""
        result: list[Result] = []
        rows: dict[tuple[str, str], tuple[Table, str, Row | None]] = {}
        try:
            with self.transaction():
                mark = len(self._undo or ())
                result.append(write())
                for entry in (self._undo or ())[mark:]:
                    if isinstance(entry, tuple):
                        table, record_id, _ = entry
                        rows[table.object_type.name, record_id] = (table, record_id, table.get(record_id))
                raise _Rehearsed
        except _Rehearsed:
            return result[0], list(rows.values())
