"""The words that reps read in Tasks and posts, said again. Nothing of sfsync is used; times are Unix seconds."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.month import staff
from tests.month.lives import Case
from tests.month.papers import Papers, Row

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(at: int, zone: str) -> str:
    """`Tue 3 Nov 2026 16:00 (America/New York)`."""
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    day = f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"
    return f"{day} {local.hour:02}:{local.minute:02} ({zone.replace('_', ' ')})"


def length(seconds: int) -> str:
    """`4 days`, `36 hours`, `90 minutes`, `47 hours 54 minutes`."""
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours < 2 and minutes:
        return _counted(hours * 60 + minutes, "minute")
    long = _counted(hours // 24, "day") if hours >= 72 and hours % 24 == 0 else _counted(hours, "hour")
    if hours == 0:
        return _counted(minutes, "minute")
    return f"{long} {_counted(minutes, 'minute')}" if minutes else long


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def name(case: Case, who: str | None) -> str:
    if who is None:
        return "nobody"
    return str(case.users[who]["Name"] if who in case.users else case.queues.get(who, who))


def zone(case: Case, papers: Papers, owner: str) -> str:
    """The zone of whoever reads about this owner's lead: an active user, else the manager."""
    if owner not in case.users or not case.users[owner]["IsActive"]:
        owner = staff.manager(case, papers, owner) or ""
    return str(case.users[owner]["TimeZoneSidKey"]) if owner in case.users else "UTC"


def step(
    case: Case, papers: Papers, template: str, who: dict[str, str], owner: str, new: str | None, times: Row
) -> str:
    """What a step says; `times` are its deadline and how long the clock has counted."""
    boss = who.get("manager")
    found = template.format(
        owner=name(case, owner),
        new_owner=name(case, new),
        manager=name(case, boss),
        deadline=moment(times["deadline"], zone(case, papers, new or owner)),
        lead_time=length(times["counted"]),
    )
    if boss is not None and owner in case.users and not case.users[owner]["IsActive"]:
        found += f" ({name(case, owner)} is no longer active; this goes to {name(case, boss)}.)"
    return found
