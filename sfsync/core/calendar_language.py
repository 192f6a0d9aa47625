"""Calendars as admins write them: the org's own opening hours, or hours written out, less holidays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import Field, PlainValidator, WithJsonSchema, field_validator, model_validator

from sfsync.core.conditions import Condition, When, for_good
from sfsync.core.holidays import CalendarError, parse_date
from sfsync.core.hours import Calendar
from sfsync.core.mistakes import Mistake, refuse
from sfsync.core.model import Mapped
from sfsync.core.shapes import Document
from sfsync.core.written_hours import parse_spans, parse_zone

Holidays = Literal["all", "none"] | tuple[date | str, ...]
"""All of the org's, none, or these: days, and Holidays of the org by name."""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_HOLIDAYS_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"enum": ["all", "none"]},
        {"type": "array", "items": {"type": "string"}},
    ]
}


def _holidays(value: object) -> Holidays:
    if value == "all" or value == "none":
        return "all" if value == "all" else "none"
    if not isinstance(value, list | tuple):
        raise ValueError(f"write `all`, `none`, or a list of days and of the org's Holidays, not {value!r}")
    found: list[Mistake] = []
    for index, one in enumerate(value):
        if isinstance(one, str) and one and not one[0].isdigit():
            continue
        if not isinstance(one, date) or isinstance(one, datetime):
            found.append(
                ((index,), f"write a day such as 2026-12-25, or a Holiday's name in quotes, not {one!r}")
            )
    refuse(found)
    return tuple(value)


def calendar_key(directory: str, name: str) -> str:
    """How a calendar is called in evidence: by its name, before it the directory of a further policy."""
    return f"{directory}/{name}" if directory else name


_NO_PLACES = ("EST", "MST", "HST", "Factory", "localtime", "posixrules")
"""Names that are no place's: without daylight saving time, or whatever the machine says."""


def _of_zone(zone: str) -> Iterator[Mistake]:
    """What is wrong with the name of a time zone, or with taking it for a place's."""
    at = ("time_zone",)
    try:
        parse_zone(zone)
    except CalendarError as error:
        known = {
            name.casefold(): name
            for name in sorted(available_timezones())
            if "/" in name and name[:4] != "Etc/"
        }
        wanted = zone.strip().replace(" ", "_").casefold()
        places = [name for one, name in known.items() if one.rpartition("/")[2] == wanted]
        near = places or [known[one] for one in get_close_matches(wanted, known, n=1)]
        yield at, str(error) if not near else f"{zone!r} is not a time zone; did you mean `{near[0]}`?"
    else:
        if zone in _NO_PLACES:
            yield (
                at,
                f"{zone} has no daylight saving time, or is the machine's: name a place, such as Europe/Berlin",
            )
        elif zone.startswith(("Etc/GMT+", "Etc/GMT-")):
            yield at, f"{zone} means the opposite (Etc/GMT+1 is an hour behind UTC): name a place"


def _of_hours(day: str, spans: Sequence[Sequence[str]]) -> Iterator[Mistake]:
    """What is wrong with the hours of one day: times that are none, spans that are empty or overlap."""
    before = 0
    for index, span in enumerate(spans):
        try:
            [(opens, closes)] = parse_spans(day, [span])
        except CalendarError as error:
            yield (index,), str(error)
            continue
        if span[0] == span[1]:
            yield (index,), f'{day}: opens and closes at {span[0]}; a whole day is ["00:00", "24:00"]'
        elif opens < before:
            yield (
                (index,),
                f"{day}: {span[0]} is before the span before it ends; put them in order, apart",
            )
        before = closes


def _of_each(key: str, hours: Mapping[str, Sequence[Sequence[str]]]) -> Iterator[Mistake]:
    """What is wrong with the hours of several days, which stand under this key."""
    for day, spans in hours.items():
        yield from (((key, day, *at), message) for at, message in _of_hours(day, spans))


def _of_dates(dates: Iterable[str]) -> Iterator[Mistake]:
    """What is wrong with the dates of special hours."""
    for written in dates:
        try:
            day = parse_date(written)
        except CalendarError as error:
            yield ("special_hours", written), str(error)
        else:
            if day.isoformat() != written:
                yield ("special_hours", written), f"{written!r} is not a date; write it as {day}"


class CalendarChoice(Document):
    """A calendar for the leads and owners for which a condition holds."""

    when: When = Field(description="Over the names of lead.yaml, `band`, and `owner_time_zone` and the like")
    use: str = Field(description="Name of another calendar")

    @field_validator("when")
    @classmethod
    def _for_good(cls, when: Condition) -> Condition:
        return for_good(when, "which calendar counts")


class CalendarDocument(Document):
    """Opening hours: the org's own BusinessHours by name, or written out; or a choice among other calendars."""

    business_hours: str | None = Field(
        default=None, description="Name of the org's BusinessHours; `default` for its default"
    )
    time_zone: str | None = None
    week: dict[Day, list[list[str]]] | None = None
    holidays: Annotated[Holidays, PlainValidator(_holidays), WithJsonSchema(_HOLIDAYS_SCHEMA)] = Field(
        default="none",
        description="Which of the org's Holidays close it: `all`, `none`, or a list of their names; days too",
    )
    special_hours: dict[str, list[list[str]]] = Field(
        default={},
        description="Dates and the hours of each, in place of its weekly hours and of holidays; [] is closed",
        json_schema_extra={"propertyNames": {"pattern": r"^\d{4}-\d{2}-\d{2}$"}},
    )
    choose: list[CalendarChoice] = Field(
        default=[], description="Instead of hours: other calendars; the first whose `when` holds counts"
    )
    otherwise: str | None = Field(default=None, description="The calendar where no `when` of `choose` holds")

    @model_validator(mode="after")
    def _either(self) -> CalendarDocument:
        if [self.business_hours is None, self.week is None, not self.choose].count(False) != 1:
            raise ValueError("give either `business_hours`, or `week` with `time_zone`, or `choose`")
        if bool(self.choose) != (self.otherwise is not None):
            raise ValueError("`choose` and `otherwise` go together: some lead always fits no condition")
        if self.choose and not self.model_fields_set <= {"choose", "otherwise"}:
            raise ValueError(
                "the calendars under `choose` have their own hours and holidays; remove them here"
            )
        if self.business_hours is not None and self.time_zone is not None:
            raise ValueError("the org's BusinessHours have their own time zone; remove it here")
        found = [*_of_dates(self.special_hours), *_of_each("special_hours", self.special_hours)]
        if self.week is not None:
            if self.time_zone is None:
                raise ValueError("`week` needs a `time_zone` such as Europe/Berlin")
            found += [*_of_zone(self.time_zone), *_of_each("week", self._week())]
        refuse(found)
        if self.week is not None:
            # Special hours come to an end: who is open on no other day is closed from then on.
            Calendar(str(self.time_zone), self._week(), self.days)
        return self

    def _week(self) -> dict[str, list[list[str]]]:
        return {str(day): spans for day, spans in (self.week or {}).items()}

    @property
    def days(self) -> tuple[date, ...]:
        """The days among its holidays."""
        return tuple(one for one in self.holidays if isinstance(one, date))

    @property
    def named(self) -> tuple[tuple[int, str], ...]:
        """The org's Holidays among its holidays, each with its place in the list."""
        if isinstance(self.holidays, str):
            return ()
        return tuple((index, one) for index, one in enumerate(self.holidays) if isinstance(one, str))

    @property
    def asks_the_org(self) -> bool:
        """Whether it can be counted in only once the org was asked."""
        return self.business_hours is not None or self.holidays == "all" or bool(self.named)

    def calendar(self) -> Calendar | None:
        """What the file itself says of it, None where the org's hours are meant.

        Raises ValueError when the hours make no calendar.
        """
        if self.week is None:
            return None
        return Calendar(str(self.time_zone), self._week(), self.days, self.special_hours)

    @property
    def uses(self) -> tuple[str, ...]:
        """The calendars that it chooses among."""
        return (*(one.use for one in self.choose), *([self.otherwise] if self.otherwise is not None else []))

    def chosen(self, values: Mapping[str, Mapped]) -> str:
        """The name of the calendar that counts for a lead and an owner with these values."""
        assert self.otherwise is not None
        return next((one.use for one in self.choose if one.when.holds(values)), self.otherwise)
