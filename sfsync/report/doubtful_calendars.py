"""Opening hours, holidays and lengths of time that are probably not what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sfsync.core.calendar_language import CalendarDocument
from sfsync.core.policy import Policy
from sfsync.core.written_hours import parse_spans
from sfsync.errors import Problem
from sfsync.mappings.lengths import WEEK, days_of, lengths, open_a_week
from sfsync.mappings.loading import Documents

_LONG_NIGHT = 12 * 3600
"""Who is open over night for longer may have changed opening and closing."""

_SHORT = 600
_A_YEAR = 366
_AHEAD = timedelta(days=5 * 366)


def hours(documents: Documents, today: date) -> Iterator[Problem]:
    """What is doubtful about hours and holidays that are written out."""
    for name, one in documents.sla.calendars.items():
        spans = [span for day in (one.week or {}).values() for span in day]
        days = [("week", str(day), written) for day, written in (one.week or {}).items()]
        days += [("special_hours", day, written) for day, written in one.special_hours.items()]
        for key, day, written in days:
            for index, span in enumerate(written):
                if (message := _hours(span, spans)) is not None:
                    at = ("calendars", name, key, day, index)
                    yield documents.problem("sla", at, f"{day}: {message}")
        if one.choose and len(set(one.uses)) == 1:
            yield documents.problem(
                "sla",
                ("calendars", name, "choose"),
                f"all choices are `{one.otherwise}`: nothing is chosen; name `{one.otherwise}` where `{name}` stands",
            )
        yield from _holidays(documents, name, one, today)
        yield from _special_hours(documents, name, one, today)


def _hours(span: Sequence[str], others: Sequence[Sequence[str]]) -> str | None:
    opens, closes = span
    [(start, end)] = parse_spans("", [span])
    if closes.startswith("23:59"):
        return f"{opens} to {closes} leaves out what is left of the day: write 24:00"
    if end - start < _SHORT:
        return f"{opens} to {closes} is {(end - start) / 60:g} minutes: is it meant so?"
    over_night = end > 24 * 3600
    if over_night and (end - start > _LONG_NIGHT or [closes, opens] in [list(one) for one in others]):
        return (
            f"{opens} to {closes} of the next day is {(end - start) / 3600:g} hours: is the closing after the opening, "
            f'and the afternoon written as 17:00? Where the night is meant, write ["{opens}", "24:00"], and '
            f'["00:00", "{closes}"] on the next day'
        )
    return None


def _holidays(documents: Documents, name: str, one: CalendarDocument, today: date) -> Iterator[Problem]:
    at = ("calendars", name, "holidays")
    if one.days and not one.named and max(one.days) < today:
        message = (
            f"all holidays of `{name}` are over (the last was {max(one.days)}): add those that are to come"
        )
        yield documents.problem("sla", at, message)
    for index, day in enumerate(one.holidays):
        if isinstance(day, date) and day > today + _AHEAD:
            yield documents.problem("sla", (*at, index), f"{day} is years ahead: is the year right?")


def _special_hours(documents: Documents, name: str, one: CalendarDocument, today: date) -> Iterator[Problem]:
    at = ("calendars", name, "special_hours")
    days = {date.fromisoformat(day): day for day in one.special_hours}
    if days and max(days) < today:
        message = f"all special hours of `{name}` are over (the last were on {max(days)}): add those that are to come"
        yield documents.problem("sla", at, message)
    for day, written in days.items():
        if day > today + _AHEAD:
            yield documents.problem("sla", (*at, written), f"{day} is years ahead: is the year right?")
        if day in one.days:
            message = (
                f"{day} is one of `holidays`, too, and its special hours count: take it out of one of the two"
            )
            yield documents.problem("sla", (*at, written), message)


def long_times(documents: Documents, policy: Policy) -> Iterator[Problem]:
    """Days and weeks that are counted in opening hours, and times of more than a year."""
    source = documents.sources["sla"]
    for length in lengths(documents.sla):
        days, name = days_of(length, policy.calendars)
        a_week = open_a_week(policy.calendars[name])
        if a_week >= WEEK:
            continue
        written = str(source.get(*length.at))
        if "day" in written or "week" in written:
            yield source.problem(
                length.at,
                f"a day is 24 open hours: {written} of `{name}`, open {a_week / 3600:g} hours a week, take about "
                f"{days:.0f} days; write `{length.seconds / 3600:g} hours` if they are meant, or count working days in "
                "hours",
            )
        elif days > _A_YEAR:
            yield source.problem(
                length.at,
                f"{written} of `{name}`, open {a_week / 3600:g} hours a week, take about {days:.0f} days: so long?",
            )
