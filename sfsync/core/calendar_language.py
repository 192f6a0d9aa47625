"""Calendars as admins write them: the org's own opening hours, or hours written out, less holidays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, field_validator, model_validator

from sfsync.core.conditions import Condition, When, for_good
from sfsync.core.hours import Calendar
from sfsync.core.mapping import Document
from sfsync.core.mistakes import Mistake, refuse
from sfsync.core.model import Mapped

Holidays = Literal["all", "none"] | tuple[date | str, ...]
"""All of the org's, none, or these: days, and Holidays of the org by name."""

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
    week: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[list[str]]] | None = None
    holidays: Annotated[Holidays, PlainValidator(_holidays), WithJsonSchema(_HOLIDAYS_SCHEMA)] = Field(
        default="none",
        description="Which of the org's Holidays close it: `all`, `none`, or a list of their names; days too",
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
        if self.week is not None:
            if self.time_zone is None:
                raise ValueError("`week` needs a `time_zone` such as Europe/Berlin")
            self.calendar()
        return self

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
        week = {str(day): spans for day, spans in self.week.items()}
        return Calendar(str(self.time_zone), week, self.days)

    @property
    def uses(self) -> tuple[str, ...]:
        """The calendars that it chooses among."""
        return (*(one.use for one in self.choose), *([self.otherwise] if self.otherwise is not None else []))

    def chosen(self, values: Mapping[str, Mapped]) -> str:
        """The name of the calendar that counts for a lead and an owner with these values."""
        assert self.otherwise is not None
        return next((one.use for one in self.choose if one.when.holds(values)), self.otherwise)
