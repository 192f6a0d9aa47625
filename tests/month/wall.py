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
    return _opened_on(spec, local) is not None


def _opened_on(spec: Mapping[str, Any], local: datetime) -> date | None:
    """The day to which the hours belong that are open at this time on the wall: it, or the day before."""
    today, wall = local.date(), f"{local.hour:02}:{local.minute:02}"
    closings = [] if str(today) in spec["special"] else spec["closings"].get(str(today), [])
    if any(shuts <= wall < reopens for shuts, reopens in closings):
        return None
    if any(opens <= wall < closes or closes <= opens <= wall for opens, closes in _hours(spec, today)):
        return today
    night = today - timedelta(days=1)
    return night if any(wall < closes <= opens for opens, closes in _hours(spec, night)) else None


def _hours(spec: Mapping[str, Any], day: date) -> Sequence[tuple[str, str]]:
    """The hours that begin on this day: special ones replace all else, and a holiday takes them away."""
    if str(day) in spec["special"]:
        found: Sequence[tuple[str, str]] = spec["special"][str(day)]
        return found
    return [] if str(day) in spec["holidays"] else spec["week"].get(WEEKDAYS[day.weekday()], [])


class Wall:
    """When somewhere is open, written down quarter by quarter for some days.

    `spec` is `tz` and `week` as a mapping file has them, in whole quarters; `holidays` are days, `closings` and
    `special` are hours by day, in which it is closed by the wall and which a day has in place of its own. None is
    open always.
    """

    def __init__(self, spec: Mapping[str, Any] | None, first: date, length: int) -> None:
        self.zone = ZoneInfo(spec["tz"] if spec else "UTC")
        self._openings: dict[date, int] = {}
        self._begins: set[date] = set()
        self.open: list[tuple[int, int]] = []
        if spec is None:
            self.open = [(-AGES, AGES)]
            for number in range(length):
                day = first + timedelta(days=number)
                self._begins.add(day)
                self._openings[day] = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
            return
        since = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
        for quarter in range(since, since + length * 86400, 900):
            local = datetime.fromtimestamp(quarter, self.zone)
            opened = _opened_on(spec, local)
            if opened is None:
                continue
            self._begins.add(opened)
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

    def between(self, start: int, end: int, pauses: Sequence[tuple[int, int]] = ()) -> int:
        """The open seconds between two moments, the pauses left out."""
        return sum(
            ends - begins
            for opens, closes in self.open
            for begins, ends in _without(max(opens, start), min(closes, end), pauses)
        )

    def day(self, at: int) -> date:
        """The date on this wall."""
        return datetime.fromtimestamp(at, self.zone).date()

    def working_day(self, day: date) -> int:
        """When it is first open on this day, or else on the next day, on which hours begin."""
        while day not in self._begins:
            day += timedelta(days=1)
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
