"""Activities that ended long ago are archived: they stay, but only queryAll returns them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sfsync.localorg.engine import Engine
from sfsync.localorg.schema import Row


class Archiver:
    """Runs once a day of the org's clock, as Salesforce's own job does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._day = _day(engine.now())

    def run(self) -> None:
        """Archive what is due if a new day has begun. SystemModstamp does not move."""
        day = _day(self._engine.now())
        if day == self._day:
            return
        self._day = day
        kept_from = datetime.fromisoformat(day) - timedelta(days=self._engine.settings.archived_after_days)
        oldest = kept_from.date().isoformat()
        for name in ("Task", "Event"):
            table = self._engine.database.table(name)
            due = [row for row in table.rows.values() if _ended(name, row) < oldest]
            for row in due:
                table.put({**row, "IsArchived": True})


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _ended(object_name: str, row: Row) -> str:
    """The day an activity ended: its due day, else the day it was made; open tasks end at no day."""
    if row["IsArchived"] or (object_name == "Task" and not row["IsClosed"]):
        return "9999-12-31"
    stated = row.get("EndDate" if object_name == "Event" else "ActivityDate")
    return str(stated) if stated is not None else _day(int(row["CreatedDate"]))
