"""Numbers, days and yes or no, as people write them into a CRM.

Each function gives None for what it cannot read; none raises.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sfsync.core.model import Mapped

_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
}
_NUMBER = re.compile(
    r"(?:(?<![\w.,])(?P<minus>-)\s?)?(?<![\w.,])[^\w\s-]?"
    r"(?P<digits>[1-9]\d{0,2}([ '.,\u00a0\u202f])\d{3}(?:\3\d{3})*(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
    r"(?:\s?(?P<scale>k|thousand|m|mn|million|bn|billion)\b)?",
    re.IGNORECASE,
)
_COUNTED = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"
)  # fmt: skip
_WORD = re.compile(rf"\b({'|'.join(_COUNTED)})\b(?:\s+(thousand|million|billion)\b)?", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_FIRST = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?([a-z]{3,9})\.?,?\s+(\d{4})\b", re.IGNORECASE
)
_MONTH_FIRST = re.compile(r"\b([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b", re.IGNORECASE)
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")
_YES = frozenset({"true", "yes", "y", "on", "1"})
_NO = frozenset({"false", "no", "n", "off", "0"})


def number(value: Mapped) -> Mapped:
    """The first number in a text: `1,234.50`, `EUR 5 million`, `51-200 employees` (51), `12k`, `three`.

    A point or comma before exactly three digits groups them; before any other number of digits it is decimal.
    """
    if isinstance(value, bool | datetime) or value is None:
        return None
    if isinstance(value, int | float):
        return value
    found = _NUMBER.search(value)
    if found is None:
        counted = _WORD.search(value)
        if counted is None:
            return None
        return _COUNTED.index(counted[1].casefold()) * _SCALES.get((counted[2] or "").casefold(), 1.0)
    digits, grouped = found["digits"], found[3]
    if grouped is not None:
        digits = digits.replace(grouped, "")
    plain = float(digits.replace(",", ".")) * _SCALES.get((found["scale"] or "").casefold(), 1.0)
    return -plain if found["minus"] else plain


def date(value: Mapped) -> Mapped:
    """The moment that a text names: ISO, `2 Nov 2026`, `November 2nd, 2026`, `02.11.2026`; aware UTC.

    A day without a time is its midnight UTC. `11/02/2026` is two days in different countries, and read as none.
    """
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if text[:4].isdigit():
            found = datetime.fromisoformat(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if day_first := _DAY_FIRST.search(text):
            return _midnight(day_first[3], _month(day_first[2]), day_first[1])
        if month_first := _MONTH_FIRST.search(text):
            return _midnight(month_first[3], _month(month_first[1]), month_first[2])
        if dotted := _DOTTED.search(text):
            return _midnight(dotted[3], int(dotted[2]), dotted[1])
    except (ValueError, OverflowError):
        return None
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].casefold()) + 1


def _midnight(year: str, month: int, day: str) -> datetime:
    return datetime(int(year), month, int(day), tzinfo=UTC)


def boolean(value: Mapped) -> Mapped:
    """Yes or no in a word: true, yes, y, on, 1; false, no, n, off, 0."""
    if isinstance(value, bool):
        return value
    word = text(value)
    folded = word.strip().casefold() if isinstance(word, str) else ""
    return True if folded in _YES else False if folded in _NO else None


def text(value: Mapped) -> Mapped:
    """The value as a text: a whole number without a decimal point, a moment in ISO."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value)
