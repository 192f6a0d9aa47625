"""Late commits: a write happens now and becomes visible later, with the SystemModstamp of now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sfsync.localorg.database import Table
from sfsync.localorg.engine import Engine
from sfsync.localorg.schema import Row

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class HeldWrite:
    """Rows as a held-back write leaves them.

    Attributes:
        rows: (table, id, row after the write or None for one that is gone).
        visible_at: Unix seconds of the org's clock; None waits for `release`.
    """

    rows: tuple[tuple[Table, str, Row | None], ...]
    visible_at: int | None


class LateCommits:
    """The held-back writes of one org, in the order they were made."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: list[HeldWrite] = []

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, write: Callable[[], Result], visible_at: int | None) -> Result:
        """Run a write and hide what it did until `visible_at`; its rows are locked for others until then.

        Outside of any transaction only. What the write returns or raises is as if it were visible.
        """
        result, rows = self._engine.database.rehearse(write)
        self._held.append(HeldWrite(tuple(rows), visible_at))
        for _, record_id, _ in rows:
            self._engine.locked.setdefault(record_id, self._engine.now())
        return result

    def release(self, everything: bool = False) -> int:
        """Make visible what is due, or everything; returns how many writes."""
        now = self._engine.now()
        due = [
            one for one in self._held if everything or (one.visible_at is not None and one.visible_at <= now)
        ]
        for held in due:
            self._held.remove(held)
            for table, record_id, row in held.rows:
                self._engine.locked.pop(record_id, None)
                if row is None:
                    table.discard(record_id)
                else:
                    table.put(row)
                self._engine.touched(table.object_type.name)
        return len(due)
