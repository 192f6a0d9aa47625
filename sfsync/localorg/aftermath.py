"""What a saved row does to others: activities date their people, feed items show on their records."""

from __future__ import annotations

from sfsync.localorg.engine import Engine
from sfsync.localorg.schema import ObjectType, Row


def after_save(engine: Engine, object_type: ObjectType, row: Row, before: Row | None) -> None:
    """Carry a saved row's consequences to other rows, inside the same transaction."""
    name = object_type.name
    if name in ("Task", "Event"):
        _date_people(engine, row, closed=name == "Event" or bool(row.get("IsClosed")))
    elif name == "FeedItem":
        _show_in_feed(engine, row)


def _date_people(engine: Engine, row: Row, closed: bool) -> None:
    """`LastActivityDate` of the person is the latest day of a closed activity; it moves no SystemModstamp."""
    day = row.get("ActivityDate")
    if not closed or not isinstance(day, str):
        return
    for link in ("WhoId", "WhatId"):
        target_id = str(row.get(link, ""))
        target_type = engine.schema.of_id(target_id)
        if target_type is None or "LastActivityDate" not in target_type.fields:
            continue
        table = engine.database.table(target_type.name)
        target = table.get(target_id)
        if target is not None and str(target.get("LastActivityDate", "")) < day:
            table.put({**target, "LastActivityDate": day})


def _show_in_feed(engine: Engine, row: Row) -> None:
    parent = engine.schema.of_id(str(row["ParentId"]))
    feed_name = f"{parent.name}Feed" if parent else ""
    feed_type = engine.schema.objects.get(feed_name)
    if feed_type is not None:
        shown = {name: value for name, value in row.items() if name in feed_type.fields}
        engine.database.table(feed_name).put(shown)
