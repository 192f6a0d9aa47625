"""Opening hours as people write them: a zone, a week, spans of wall-clock time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from sfsync.core.holidays import CalendarError
from sfsync.core.opening_times import SECONDS_A_DAY, Span

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?")
_SALESFORCE_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d+)?Z?")


def parse_zone(tz: str) -> str:
    try:
        ZoneInfo(tz)
    except (KeyError, ValueError, OSError) as error:
        raise CalendarError(
            f"{tz!r} is not a time zone; use an IANA name such as America/New_York"
        ) from error
    return tz


def parse_week(week: Mapping[str, Iterable[Sequence[str]]]) -> tuple[tuple[Span, ...], ...]:
    if unknown := [day for day in week if day not in WEEKDAYS]:
        raise CalendarError(f"{unknown[0]!r} is not a day of the week; use {', '.join(WEEKDAYS)}")
    return tuple(parse_spans(day, week.get(day) or ()) for day in WEEKDAYS)


def parse_spans(day: object, spans: Iterable[Sequence[str]]) -> tuple[Span, ...]:
    return tuple(sorted({_span(day, span) for span in spans}))


def _span(day: object, span: Sequence[str]) -> Span:
    if isinstance(span, str) or len(span) != 2:
        raise CalendarError(f'{day}: {span!r} is not a span; write ["09:00", "17:00"]')
    opens, closes = (_seconds_of_day(day, time) for time in span)
    if opens == SECONDS_A_DAY:
        raise CalendarError(f"{day}: 24:00 is the end of a day; hours that begin at midnight begin at 00:00")
    return opens, closes if closes > opens else closes + SECONDS_A_DAY


def _seconds_of_day(day: object, time: object) -> int:
    found = _TIME.fullmatch(time) if isinstance(time, str) else None
    if found is None:
        raise CalendarError(f"{day}: {time!r} is not a time; write it as 09:00, up to 24:00")
    hour, minute, second = (int(part or 0) for part in found.groups())
    seconds = hour * 3600 + minute * 60 + second
    if seconds > SECONDS_A_DAY:
        raise CalendarError(f"{day}: {time!r} is not a time; write it as 09:00, up to 24:00")
    return seconds


def write_spans(spans: Iterable[Span]) -> list[list[str]]:
    return [
        [_clock(opens), _clock(closes if closes <= SECONDS_A_DAY else closes - SECONDS_A_DAY)]
        for opens, closes in spans
    ]


def _clock(seconds: int) -> str:
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def salesforce_day(day: str, start: object, end: object) -> list[list[str]]:
    if start is None and end is None:
        return []
    times = [_SALESFORCE_TIME.fullmatch(time) if isinstance(time, str) else None for time in (start, end)]
    if times[0] is None or times[1] is None:
        raise CalendarError(
            f"{day} is from {start!r} to {end!r}; two times such as '09:00:00.000Z' are needed, or none"
        )
    opens, closes = (":".join(time.groups()) for time in times if time)
    return [["00:00", "24:00"]] if opens == closes else [[opens, closes]]
