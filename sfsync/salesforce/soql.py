"""SOQL text from values: quoted, checked, never by plain interpolation of what somebody typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from sfsync.errors import Permanent

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)


def text(value: str) -> str:
    """A SOQL string literal."""
    return f"'{value.translate(_ESCAPES)}'"


def texts(values: Iterable[str]) -> str:
    """A SOQL list of string literals."""
    return f"({', '.join(text(value) for value in values)})"


def is_id(value: str) -> bool:
    """Whether this has the form of a Salesforce id."""
    return _ID.fullmatch(value) is not None


def full_id(value: str) -> str:
    """The 18 characters of an id that was given with 15 or 18; the last three say which letters are capitals."""
    checked = record_id(value)
    if len(checked) == 18:
        return checked
    parts = (checked[start : start + 5] for start in (0, 5, 10))
    numbers = (sum(char.isupper() << place for place, char in enumerate(part)) for part in parts)
    return checked + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[number] for number in numbers)


def record_id(value: str) -> str:
    """The id itself, once it is sure to be one; raises Permanent otherwise."""
    if not is_id(value):
        raise Permanent("this is not a Salesforce id: 15 or 18 letters and digits are one")
    return value


def ids(values: Iterable[str]) -> str:
    """A SOQL list of ids; raises Permanent when one of them is none."""
    quoted = [f"'{record_id(value)}'" for value in values]
    return f"({', '.join(quoted)})"


def moment(at: datetime) -> str:
    """A SOQL datetime literal (unquoted, UTC, seconds)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
