"""Many rows at once, for set-up: a thousand or a million, without rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sfsync.localorg.derived import DERIVED
from sfsync.localorg.engine import Engine
from sfsync.localorg.schema import Row


def load(engine: Engine, object_name: str, rows: Iterable[Row], user_id: str) -> int:
    """Add rows in memory form (see Org.load); returns how many. Unique values are the caller's affair."""
    object_type = engine.object_type(object_name)
    plan = engine.plan(object_type.name)
    table = engine.database.table(object_type.name)
    before = len(table.rows)
    defaults = plan.defaults
    derive = DERIVED.get(object_type.name)
    now = engine.now()
    audited = [one for one in ("LastModifiedDate", "SystemModstamp") if one in object_type.fields]
    people = [one for one in ("CreatedById", "LastModifiedById") if one in object_type.fields]
    deletable = "IsDeleted" in object_type.fields
    owned = "OwnerId" in object_type.fields

    def finished() -> Iterator[Row]:
        for row in rows:
            row["Id"] = engine.new_id(object_type.name)
            for name, value in defaults.items():
                row.setdefault(name, value)
            created = row.setdefault("CreatedDate", now)
            for name in audited:
                row.setdefault(name, created)
            for name in people:
                row.setdefault(name, user_id)
            if owned:
                row.setdefault("OwnerId", user_id)
            if deletable:
                row["IsDeleted"] = False
            for field in plan.auto_numbers:
                row[field.name] = engine.next_number(object_type.name, field.name, str(field.auto_number))
            if derive is not None:
                derive(object_type, row, None, int(created), user_id)
            yield row

    table.extend(finished())
    table.index_orders()
    engine.touched(object_type.name)
    return len(table.rows) - before
