"""What a formula computes with: kinds, values and the record it looks at.

Blank rules, as salesforce/formula-engine has them: text is never null but empty; a comparison or a sum with a
null number, date or datetime is null; null in a condition counts as not met.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

Value = str | int | float | bool | None


class Kind(Enum):
    """A formula's own types; picklists stand apart because few functions take them."""

    TEXT = "Text"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    DATE = "Date"
    DATETIME = "Date/Time"
    TIME = "Time"
    PICKLIST = "Picklist"
    NULL = "Null"


KIND_OF_FIELD_TYPE: Mapping[str, Kind] = {
    "boolean": Kind.BOOLEAN,
    "currency": Kind.NUMBER,
    "double": Kind.NUMBER,
    "int": Kind.NUMBER,
    "long": Kind.NUMBER,
    "percent": Kind.NUMBER,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "time": Kind.TIME,
    "picklist": Kind.PICKLIST,
    "multipicklist": Kind.PICKLIST,
}
"""Field types of a describe that are not text to a formula."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that exists: its canonical spelling and its describe type (`id`, `picklist`, …)."""

    name: str
    type: str


def _nothing_related(path: str) -> Value:
    raise LookupError(f"this formula's context has no value for {path}")


@dataclass(frozen=True, slots=True)
class FormulaContext:
    """One record at the moment a formula looks at it.

    Attributes:
        record: the new values by canonical field name; a null field is absent. Datetimes are Unix seconds
            (UTC), dates are 'YYYY-MM-DD', ids have 18 characters.
        prior: the committed values before this write; None while the record is being created.
        now: the org's clock, Unix seconds.
        user_id: who writes (`$User.Id`).
        permissions: developer names of the custom permissions that the user holds.
        time_zone: the user's; TODAY() and DATEVALUE() are local days.
        related: the value of a path with dots (`Owner:User.ManagerId`, `$Setup.X.Y`, `$User.Email`).
    """

    record: Mapping[str, Value]
    prior: Mapping[str, Value] | None
    now: int
    user_id: str
    permissions: Collection[str] = ()
    time_zone: str = "UTC"
    related: Callable[[str], Value] = field(default=_nothing_related)


Run = Callable[[FormulaContext], Value]


@dataclass(frozen=True, slots=True)
class Node:
    """A compiled expression: its kind and the function that computes it."""

    kind: Kind
    run: Run


def blank_of(kind: Kind) -> Value:
    """What an empty field of this kind is inside a formula."""
    if kind in (Kind.TEXT, Kind.PICKLIST):
        return ""
    return False if kind is Kind.BOOLEAN else None


def local_day(seconds: int | float, time_zone: str) -> str:
    """The calendar day of a moment in a time zone, as 'YYYY-MM-DD'."""
    return datetime.fromtimestamp(seconds, ZoneInfo(time_zone)).date().isoformat()


def as_text(value: Value, kind: Kind) -> str:
    """TEXT(): how a value reads; null reads as nothing."""
    if value is None:
        return ""
    if kind is Kind.DATETIME and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(value, ".15g")
    return str(value)


def day_number(day: str) -> int:
    """The proleptic ordinal of an ISO day, for arithmetic with dates."""
    return date.fromisoformat(day).toordinal()


def day_of_number(number: float) -> str:
    """The ISO day of an ordinal; part days are dropped."""
    return date.fromordinal(int(number // 1)).isoformat()
