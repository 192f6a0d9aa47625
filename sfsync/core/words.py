"""What reps read: times in their own zone, lengths and names in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sfsync.core.durations import words
from sfsync.core.model import Org

# Not strftime: its words are those of the machine's locale.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@cache
def _zone(name: str) -> tzinfo:
    """The zone of this name; UTC where Salesforce knows one that nobody else does."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def day(at: datetime, zone: str, *, plus: int = 0) -> date:
    """The date on the wall of somebody in `zone` at the instant `at`, some days on."""
    return at.astimezone(_zone(zone)).date() + timedelta(days=plus)


def day_ends(day: date, zone: str) -> datetime:
    """The instant at which this day is over in `zone`."""
    return datetime.combine(day + timedelta(days=1), time(), _zone(zone)).astimezone(UTC)


def moment(at: datetime, zone: str) -> str:
    """An instant as somebody in `zone` says it: `Tue 3 Nov 2026 16:00 (America/New York)`."""
    local = at.astimezone(_zone(zone))
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    wall = f"{local.hour:02}:{local.minute:02}"
    return f"{day} {local.day} {month} {local.year} {wall} ({zone.replace('_', ' ')})"


def length(seconds: float) -> str:
    """A length of time in words, to the minute: `36 hours`, `90 minutes`, `47 hours 54 minutes`."""
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if hours > 1 and rest:
        return f"{words(hours * 3600)} {words(rest * 60)}"
    return words(minutes * 60)


def person(org: Org, id_: str | None) -> str:
    """The name of a user or queue, or `nobody`."""
    if id_ is None:
        return "nobody"
    if id_ in org.users:
        return org.users[id_].name
    return org.queues.get(id_, id_)


def zone_of(org: Org, id_: str | None) -> str:
    """The time zone that this user reads times in; UTC for a queue."""
    user = org.users.get(id_ or "")
    return user.time_zone if user is not None else "UTC"


def filled(template: str, words_for: Mapping[str, str]) -> str:
    """The policy's text with its placeholders filled in."""
    return template.format_map(words_for)
