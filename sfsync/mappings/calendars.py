"""The policy's calendars, joined from what sla.yaml says and what the org has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sfsync.core.calendar_language import CalendarDocument, calendar_key
from sfsync.core.holidays import CalendarError
from sfsync.core.hours import Calendar
from sfsync.core.org_hours import OrgHours
from sfsync.errors import PolicyError, Problem
from sfsync.mappings.words import hint
from sfsync.mappings.yaml_lines import Path

Tell = Callable[[Path, str], Problem]
"""Makes a problem of sla.yaml from a path of keys and a message."""


def joined(calendars: Mapping[str, CalendarDocument], org: OrgHours, tell: Tell) -> dict[str, Calendar]:
    """Those of these calendars that ask the org, by name; raises PolicyError with each that cannot be."""
    found: dict[str, Calendar] = {}
    problems: list[Problem] = []
    for name, one in calendars.items():
        if not one.asks_the_org:
            continue
        wrong = [tell(("calendars", name, *at), message) for at, message in _mistakes(one, org)]
        problems += wrong
        if not wrong:
            try:
                found[name] = _calendar(one, org)
            except CalendarError as error:
                problems.append(tell(("calendars", name), f"with the org's holidays {error}"))
    if problems:
        raise PolicyError(problems)
    return found


def kept(
    calendars: Mapping[str, CalendarDocument], written: Mapping[str, Calendar], directory: str, tell: Tell
) -> dict[str, Calendar]:
    """Those of these calendars that ask the org, as a decision's evidence holds them; raises PolicyError.

    `written` has them under `calendar_key`; evidence of before holidays were joined has the BusinessHours alone.
    """
    found: dict[str, Calendar] = {}
    for name, one in calendars.items():
        if one.asks_the_org:
            calendar = written.get(calendar_key(directory, name)) or written.get(
                f"BusinessHours {one.business_hours}"
            )
            if calendar is None:
                raise PolicyError([tell(("calendars", name), "the evidence does not hold this calendar")])
            found[name] = calendar
    return found


def _mistakes(one: CalendarDocument, org: OrgHours) -> Iterator[tuple[Path, str]]:
    if one.business_hours is not None:
        hours = org.hours.get(one.business_hours)
        if hours is None:
            yield (
                ("business_hours",),
                f"the org has no BusinessHours {one.business_hours!r}{hint(one.business_hours, org.hours)}",
            )
        elif isinstance(hours, str):
            yield ("business_hours",), f"the org's {hours}"
    for index, name in one.named:
        if name not in org.holidays:
            yield (
                ("holidays", index),
                f"the org has no Holiday {name!r}{hint(name, org.holidays)}",
            )
    for name in _holidays(one, org):
        holiday = org.holidays.get(name)
        if isinstance(holiday, str):
            yield ("holidays",), f"the org's {holiday}; correct it in Setup, Holidays"


def _holidays(one: CalendarDocument, org: OrgHours) -> list[str]:
    """The names of the org's Holidays that close it."""
    return list(org.holidays) if one.holidays == "all" else [name for _, name in one.named]


def _calendar(one: CalendarDocument, org: OrgHours) -> Calendar:
    """The calendar, of which everything is there."""
    base = one.calendar() if one.business_hours is None else org.hours[one.business_hours]
    assert isinstance(base, Calendar)
    days: list[object] = list(one.days)
    for name in _holidays(one, org):
        days += org.holidays[name]
    plain: dict[str, Any] = base.to_dict()
    special = {**plain["special_hours"], **one.special_hours}
    return Calendar(base.tz, plain["week"], [*base.holidays, *days], special)
