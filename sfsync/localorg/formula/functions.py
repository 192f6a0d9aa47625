"""Functions that look at nothing but their arguments' values: text, numbers and dates."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sfsync.localorg.formula.values import Kind, Value


@dataclass(frozen=True, slots=True)
class Function:
    """A plain function: what it takes, what it gives.

    Attributes:
        parameters: the kinds in order; the last one repeats when `repeats`.
        required: how many must be given.
        result: the kind of the result.
        apply: computes it from the arguments; not called when a number, date or datetime among them is null,
            since the result is null then.
    """

    parameters: tuple[Kind, ...]
    required: int
    result: Kind
    apply: Callable[..., Value]
    repeats: bool = False


def _length(text: str) -> int:
    return len(text)


def _left(text: str, count: float) -> str:
    return text[: max(0, int(count))]


def _right(text: str, count: float) -> str:
    return text[-int(count) :] if count >= 1 else ""


def _middle(text: str, start: float, count: float) -> str:
    first = max(1, int(start)) - 1
    return text[first : first + max(0, int(count))]


def _begins(text: str, beginning: str) -> bool | None:
    """An empty beginning is met by any text; an empty text gives null for any other (formula-engine)."""
    if beginning == "":
        return True
    return text.startswith(beginning) if text else None


def _contains(text: str, part: str) -> bool:
    return part in text


def _find(part: str, text: str, start: float = 1) -> int:
    return text.find(part, max(1, int(start)) - 1) + 1 if part else 0


def _number(text: str) -> int | float | None:
    stripped = text.strip()
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", stripped):
        return None
    number = float(stripped)
    return int(number) if number.is_integer() else number


def _is_number(text: str) -> bool:
    return _number(text) is not None


def _substitute(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


def _matches(text: str, pattern: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def _round(number: float, digits: float) -> int | float:
    """Halves go away from zero, as Salesforce rounds."""
    scale = 10.0 ** int(digits)
    rounded = math.copysign(math.floor(abs(number) * scale + 0.5) / scale, number)
    return int(rounded) if rounded.is_integer() else rounded


def _modulo(number: float, divisor: float) -> float | None:
    return math.fmod(number, divisor) if divisor else None


def _absolute(number: float) -> float:
    return abs(number)


def _largest(*numbers: Any) -> Value:
    return max(numbers)  # type: ignore[no-any-return]


def _smallest(*numbers: Any) -> Value:
    return min(numbers)  # type: ignore[no-any-return]


def _date(year: float, month: float, day: float) -> str:
    return date(int(year), int(month), int(day)).isoformat()


def _datetime(text: str) -> int | None:
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


_TEXT, _NUMBER = Kind.TEXT, Kind.NUMBER

PLAIN_FUNCTIONS: Mapping[str, Function] = {
    "LEN": Function((_TEXT,), 1, _NUMBER, _length),
    "LEFT": Function((_TEXT, _NUMBER), 2, _TEXT, _left),
    "RIGHT": Function((_TEXT, _NUMBER), 2, _TEXT, _right),
    "MID": Function((_TEXT, _NUMBER, _NUMBER), 3, _TEXT, _middle),
    "BEGINS": Function((_TEXT, _TEXT), 2, Kind.BOOLEAN, _begins),
    "CONTAINS": Function((_TEXT, _TEXT), 2, Kind.BOOLEAN, _contains),
    "FIND": Function((_TEXT, _TEXT, _NUMBER), 2, _NUMBER, _find),
    "UPPER": Function((_TEXT,), 1, _TEXT, str.upper),
    "LOWER": Function((_TEXT,), 1, _TEXT, str.lower),
    "TRIM": Function((_TEXT,), 1, _TEXT, str.strip),
    "SUBSTITUTE": Function((_TEXT, _TEXT, _TEXT), 3, _TEXT, _substitute),
    "REGEX": Function((_TEXT, _TEXT), 2, Kind.BOOLEAN, _matches),
    "VALUE": Function((_TEXT,), 1, _NUMBER, _number),
    "ISNUMBER": Function((_TEXT,), 1, Kind.BOOLEAN, _is_number),
    "ABS": Function((_NUMBER,), 1, _NUMBER, _absolute),
    "ROUND": Function((_NUMBER, _NUMBER), 2, _NUMBER, _round),
    "FLOOR": Function((_NUMBER,), 1, _NUMBER, math.floor),
    "CEILING": Function((_NUMBER,), 1, _NUMBER, math.ceil),
    "MOD": Function((_NUMBER, _NUMBER), 2, _NUMBER, _modulo),
    "MAX": Function((_NUMBER,), 1, _NUMBER, _largest, repeats=True),
    "MIN": Function((_NUMBER,), 1, _NUMBER, _smallest, repeats=True),
    "DATE": Function((_NUMBER, _NUMBER, _NUMBER), 3, Kind.DATE, _date),
    "DATETIMEVALUE": Function((_TEXT,), 1, Kind.DATETIME, _datetime),
    "YEAR": Function((Kind.DATE,), 1, _NUMBER, lambda day: int(day[:4])),
    "MONTH": Function((Kind.DATE,), 1, _NUMBER, lambda day: int(day[5:7])),
    "DAY": Function((Kind.DATE,), 1, _NUMBER, lambda day: int(day[8:10])),
}
