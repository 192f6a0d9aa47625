"""Lengths of time in sla.yaml, each with the calendars that it is counted in, and how long they take there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from sfsync.core.documents import SlaDocument
from sfsync.core.hours import Calendar
from sfsync.errors import Problem
from sfsync.mappings.calendars import Tell
from sfsync.mappings.yaml_lines import Path

WEEK = 7 * 24 * 3600
_LONGEST_DAYS = 3660.0
"""No deadline is ten years ahead: what takes longer in its calendar can as well never pass."""


class Length(msgspec.Struct, frozen=True):
    """A length of time as the file has it.

    Attributes:
        at: where it stands in sla.yaml.
        seconds: of open time.
        calendars: the names of those that it may be counted in, none of which chooses among others.
    """

    at: Path
    seconds: int
    calendars: tuple[str, ...]


def lengths(sla: SlaDocument) -> Iterator[Length]:
    """Every length of time of this document that is counted in a calendar."""

    def counted(name: str) -> tuple[str, ...]:
        one = sla.calendars.get(name)
        return one.uses if one is not None and one.choose else (name,)

    yield Length(("grace",), sla.grace, counted(sla.grace_hours))
    if sla.acquire is not None:
        yield Length(("acquire", "time"), sla.acquire.time, counted(sla.acquire.hours))
    for name, clock in sla.clocks.items():
        at: Path = ("clocks", name)
        calendars = counted(clock.hours)
        yield Length((*at, "time"), clock.time, calendars)
        for index, other in enumerate(clock.time_by):
            yield Length((*at, "time_by", index, "time"), other.time, calendars)
        for index, step in enumerate(clock.steps):
            yield Length((*at, "steps", index, "at"), max(map(step.at.after, clock.times)), calendars)


def open_a_week(calendar: Calendar) -> int:
    """The seconds that this calendar is open in a week without holidays."""
    return sum(closes - opens for spans in calendar.week for opens, closes in spans)


def days_of(length: Length, calendars: Mapping[str, Calendar]) -> tuple[float, str]:
    """How many days of the wall this length takes, by and large, in the slowest of its calendars, and that one's
    name; a calendar that opens on no day of the week in itself does not count.
    """
    return max(
        (length.seconds / a_week * 7, name)
        for name in length.calendars
        for a_week in [open_a_week(calendars[name]) or WEEK]
    )


def endless(sla: SlaDocument, calendars: Mapping[str, Calendar], tell: Tell) -> Iterator[Problem]:
    """Lengths that never pass in their calendar."""
    for length in lengths(sla):
        days, name = days_of(length, calendars)
        if days > _LONGEST_DAYS:
            yield tell(
                length.at,
                f"{length.seconds / 3600:g} open hours of `{name}`, which is open "
                f"{open_a_week(calendars[name]) / 3600:g} hours a week, take {days / 365:.0f} years: write less, or "
                "count in another calendar",
            )
