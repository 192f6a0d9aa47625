"""Lengths of time as admins write them: `48 hours`, `30 minutes`, `2 weeks`, `75 %` of a clock."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from pydantic import BeforeValidator, WithJsonSchema

_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}
_LONGEST = 10 * 366 * 86400
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(minute|hour|day|week)s?\s*$")
_FROM_DUE = re.compile(r"^(.*\S)\s+(before|after)\s+due\s*$")
_HIGHEST_PERCENT = 10_000
_PERCENT = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*%\s*$")


def seconds(text: object) -> int:
    """The seconds in a text like `48 hours`; raises ValueError saying how to write one."""
    match = _DURATION.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"write a length of time like '30 minutes', '48 hours' or '2 weeks', not {text!r}")
    length = float(match[1]) * _UNITS[match[2]]
    if length > _LONGEST:
        raise ValueError(f"{text!r} is longer than ten years; write a length of time that can pass")
    return round(length)


def share(text: object) -> float:
    """The part of a whole in a text like `10 %`, 0 to 1; raises ValueError saying how to write one."""
    match = _PERCENT.match(text) if isinstance(text, str) else None
    if match is None or float(match[1]) > 100:
        raise ValueError(f"write a share like '10 %', at most '100 %', not {text!r}")
    return _of_a_hundred(match[1])


def _of_a_hundred(percent: str) -> float:
    """The part of a whole; raises ValueError for what was meant as one already, such as `0.75 %`."""
    if 0 < float(percent) < 1:
        raise ValueError(
            f"'{percent} %' is less than a hundredth; did you mean '{float(percent) * 100:g} %'?"
        )
    return float(percent) / 100


def words(length: int) -> str:
    """A number of seconds in words: `90 minutes`, `36 hours`, `4 days`."""
    for unit, size, from_ in (("day", 86400, 3 * 86400), ("hour", 3600, 3600)):
        if length >= from_ and length % size == 0:
            return _counted(length // size, unit)
    return _counted(length / 60, "minute")


def _counted(count: float, unit: str) -> str:
    return f"{count:g} {unit}{'' if count == 1 else 's'}"


class Moment(msgspec.Struct, frozen=True):
    """A point on a clock: a fraction of its time, or an offset from its start or from its end."""

    fraction: float | None = None
    offset: int | None = None
    from_due: int | None = None

    def after(self, total: int) -> int:
        """Seconds after the start of a clock whose whole time is `total` seconds; negative before it."""
        if self.from_due is not None:
            return total + self.from_due
        return self.offset if self.offset is not None else round((self.fraction or 0.0) * total)


def moment(text: object) -> Moment:
    """The moment in a text like `75 %`, `72 hours` or `4 hours before due`.

    Raises ValueError saying how to write one.
    """
    if isinstance(text, Moment):
        return text
    match = _PERCENT.match(text) if isinstance(text, str) else None
    if match is not None:
        if float(match[1]) > _HIGHEST_PERCENT:
            raise ValueError(f"{text!r} of a clock is too late; write the moment as a length of time")
        return Moment(fraction=_of_a_hundred(match[1]))
    if isinstance(text, str) and (found := _FROM_DUE.match(text)) is not None:
        length = seconds(found[1])
        return Moment(from_due=-length if found[2] == "before" else length)
    if not isinstance(text, str) or _DURATION.match(text) is None:
        raise ValueError(f"write a moment like '75 %', '72 hours' or '4 hours before due', not {text!r}")
    return Moment(offset=seconds(text))


_EXAMPLE = {"type": "string", "examples": ["30 minutes", "48 hours", "2 weeks"]}

Seconds = Annotated[int, BeforeValidator(seconds), WithJsonSchema(_EXAMPLE)]
Share = Annotated[float, BeforeValidator(share), WithJsonSchema({"type": "string", "examples": ["10 %"]})]
At = Annotated[
    Moment,
    BeforeValidator(moment),
    WithJsonSchema({"type": "string", "examples": ["75 %", "72 hours", "4 hours before due"]}),
]
