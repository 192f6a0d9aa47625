"""Opening hours by looking at a wall clock each quarter of an hour, in Unix seconds. Nothing of sfsync is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AGES = 1 << 40


def at_work(spec: Mapping[str, Any], zone: str, at: int) -> bool:
    """Whether these hours, by the clock on a wall in this zone, are open."""
    return _is_open(spec, datetime.fromtimestamp(at, ZoneInfo(zone)))


def _is_open(spec: Mapping[str, Any], local: datetime) -> bool:
    wall = f"{local.hour:02}:{local.minute:02}"
    hours = spec["week"].get(WEEKDAYS[local.weekday()], [])
    return (
        any(opens <= wall < closes for opens, closes in hours) and f"{local:%Y-%m-%d}" not in spec["holidays"]
    )


class Wall:
    """When somewhere is open, written down quarter by quarter for some days.

    `spec` is `tz`, `week` and `holidays` as a mapping file has them, in whole quarters, none over
    midnight; None is open always.
    """

    def __init__(self, spec: Mapping[str, Any] | None, first: date, length: int) -> None:
        self.zone = ZoneInfo(spec["tz"] if spec else "UTC")
        self._openings: dict[date, int] = {}
        self.open: list[tuple[int, int]] = []
        if spec is None:
            self.open = [(-AGES, AGES)]
            for number in range(length):
                day = first + timedelta(days=number)
                self._openings[day] = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
            return
        since = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
        for quarter in range(since, since + length * 86400, 900):
            local = datetime.fromtimestamp(quarter, self.zone)
            if not _is_open(spec, local):
                continue
            self._openings.setdefault(local.date(), quarter)
            if self.open and self.open[-1][1] == quarter:
                self.open[-1] = (self.open[-1][0], quarter + 900)
            else:
                self.open.append((quarter, quarter + 900))

    def after(self, start: int, seconds: int, pauses: Sequence[tuple[int, int]] = ()) -> int:
        """When so many open seconds, one at least, have passed after `start`, the pauses left out."""
        left = seconds
        for opens, closes in self.open:
            for begins, ends in _without(max(opens, start), closes, pauses):
                if ends - begins >= left:
                    return begins + left
                left -= ends - begins
        raise AssertionError("the wall clock was not watched for long enough")

    def day(self, at: int) -> date:
        """The date on this wall."""
        return datetime.fromtimestamp(at, self.zone).date()

    def working_day(self, day: date) -> int:
        """When it opens on this day, or else on the next day on which it does."""
        while day not in self._openings:
            day += timedelta(days=1)
        return self._openings[day]


def _without(begins: int, ends: int, pauses: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of a stretch of time."""
    left = [(begins, ends)] if begins < ends else []
    for stops, resumes in pauses:
        left = [
            part
            for since, until in left
            for part in ((since, min(until, stops)), (max(since, resumes), until))
            if part[0] < part[1]
        ]
    return left
