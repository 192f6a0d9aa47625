"""One comparison of a WHERE clause: checked against the field's type, then turned into a test of its value.

A null value meets `= null`, `!=` with anything else, NOT IN and EXCLUDES, and nothing more. Text is compared
without regard to case unless the field is case-sensitive. An empty string is null.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sfsync.localorg import ids
from sfsync.localorg.errors import ApiError
from sfsync.localorg.schema import NUMERIC_TYPES, TEXT_TYPES, Value
from sfsync.localorg.soql import syntax
from sfsync.localorg.soql.dates import day_range, second_range
from sfsync.localorg.soql.refusals import malformed

Test = Callable[[Any], bool]
"""Of a field's value, None for null."""

_ID_TYPES = ("id", "reference")
_TYPE_WORDS = {"datetime": "dateTime", "currency": "double", "percent": "double", "int": "int"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_VERBATIM = "'\"\\_%"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a comparison is about.

    Attributes:
        name: as written, for messages.
        type: the field's type, or the result type of a function.
        case_sensitive: text is compared exactly.
    """

    name: str
    type: str
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """The moment of the query and the user's time zone."""

    now: int
    zone: ZoneInfo


def unescaped(raw: str) -> str:
    """The text of a string literal. Raises MALFORMED_QUERY for an escape that SOQL doesn't know."""
    if "\\" not in raw:
        return raw
    text = _ESCAPE.sub(_character, raw)
    try:
        # Two escapes may make one character beyond U+FFFF.
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise malformed("Invalid string literal. Half of a surrogate pair stands alone.") from None


def _character(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    if code.lower() in _ESCAPED:
        return _ESCAPED[code.lower()]
    if code in _VERBATIM:
        return code
    raise malformed(f"Invalid string literal. Illegal character sequence '\\{code}' in string literal.")


def _refused(message: str) -> ApiError:
    return ApiError.bare(400, "INVALID_QUERY_FILTER_OPERATOR", message)


def _mismatch(subject: Subject) -> ApiError:
    """The literal is of another type than the field."""
    word = _TYPE_WORDS.get(subject.type, subject.type)
    if subject.type in TEXT_TYPES:
        text = f"value of filter criterion for field '{subject.name}' must be of type string and should be "
        text += "enclosed in quotes"
    else:
        text = f"value of filter criterion for field '{subject.name}' must be of type {word} and should not "
        text += "be enclosed in quotes"
    return ApiError.bare(400, "INVALID_FIELD", text)


def constant(subject: Subject, literal: syntax.LiteralValue) -> Value | None:
    """The literal in the field's own form; None for null. Raises for a literal of another type."""
    kind = subject.type
    if isinstance(literal, syntax.NullLiteral):
        return None
    if isinstance(literal, syntax.StringLiteral) and kind in TEXT_TYPES:
        text = unescaped(literal.raw)
        if not text:
            return None
        if kind not in _ID_TYPES:
            return text if subject.case_sensitive else text.lower()
        full = ids.canonical(text)
        if full is None:
            raise _refused(f"invalid ID field: {text}")
        return full
    if isinstance(literal, syntax.NumberLiteral) and kind in NUMERIC_TYPES:
        return literal.value
    if isinstance(literal, syntax.BooleanLiteral) and kind == "boolean":
        return literal.value
    if isinstance(literal, syntax.DateTimeLiteral) and kind == "datetime":
        return literal.seconds
    if isinstance(literal, syntax.DateLiteral) and kind == "date":
        return literal.day
    if isinstance(literal, syntax.TimeLiteral) and kind == "time":
        return literal.text
    raise _mismatch(subject)


def bounds(subject: Subject, formula: syntax.DateFormula, today: Today) -> tuple[Any, Any]:
    """First value and first value after of a relative date, in the field's own form."""
    if subject.type not in ("date", "datetime"):
        raise _mismatch(subject)
    try:
        if subject.type == "datetime":
            return second_range(formula, today.now, today.zone)
        first, after = day_range(formula, datetime.fromtimestamp(today.now, today.zone).date())
    except (OverflowError, ValueError):
        raise malformed(f"Invalid date: {formula.name}:{formula.count} is beyond the calendar") from None
    return first.isoformat(), after.isoformat()


def _folds(subject: Subject) -> bool:
    return subject.type in TEXT_TYPES and subject.type not in _ID_TYPES and not subject.case_sensitive


def compile_test(
    subject: Subject,
    operator: syntax.Operator,
    right: syntax.LiteralValue | tuple[syntax.LiteralValue, ...],
    today: Today,
) -> Test:
    """The test of a comparison with constants. Raises ApiError when they don't fit the field."""
    if isinstance(right, tuple):
        return _multi_test(subject, operator, right)
    if operator == "LIKE":
        return _like_test(subject, right)
    if isinstance(right, syntax.DateFormula):
        return _formula_test(operator, *bounds(subject, right, today))
    if subject.type == "multipicklist" and operator not in ("=", "!="):
        raise _refused(f"invalid operator on multipicklist field: {subject.name}")
    if operator not in ("=", "!=") and subject.type == "boolean":
        raise _refused(f"invalid operator on boolean field: {subject.name}")
    value = constant(subject, right)
    if value is None:
        if operator == "=":
            return lambda found: found is None
        if operator == "!=":
            return lambda found: found is not None
        raise _refused(f"invalid operator on null value: {subject.name}")
    return _ordered_test(operator, value, _folds(subject))


def _ordered_test(operator: str, value: Any, folds: bool) -> Test:
    if folds:
        tests: dict[str, Test] = {
            "=": lambda found: found is not None and found.lower() == value,
            "!=": lambda found: found is None or found.lower() != value,
            "<": lambda found: found is not None and found.lower() < value,
            "<=": lambda found: found is not None and found.lower() <= value,
            ">": lambda found: found is not None and found.lower() > value,
            ">=": lambda found: found is not None and found.lower() >= value,
        }
    else:
        tests = {
            "=": lambda found: bool(found == value),
            "!=": lambda found: bool(found != value),
            "<": lambda found: found is not None and found < value,
            "<=": lambda found: found is not None and found <= value,
            ">": lambda found: found is not None and found > value,
            ">=": lambda found: found is not None and found >= value,
        }
    return tests[operator]


def _formula_test(operator: str, first: Any, after: Any) -> Test:
    tests: dict[str, Test] = {
        "=": lambda found: found is not None and first <= found < after,
        "!=": lambda found: found is None or not first <= found < after,
        "<": lambda found: found is not None and found < first,
        "<=": lambda found: found is not None and found < after,
        ">": lambda found: found is not None and found >= after,
        ">=": lambda found: found is not None and found >= first,
    }
    return tests[operator]


def set_test(
    subject: Subject,
    operator: syntax.Operator,
    values: frozenset[Value | None],
    ranges: list[tuple[Any, Any]],
) -> Test:
    """The test of IN or NOT IN a set of constants and relative dates."""
    member: Test
    if ranges:
        member = lambda found: (  # noqa: E731
            found in values or (found is not None and any(low <= found < high for low, high in ranges))
        )
    elif _folds(subject):
        member = lambda found: (None if found is None else found.lower()) in values  # noqa: E731
    else:
        member = values.__contains__
    return member if operator == "IN" else lambda found: not member(found)


def _like_test(subject: Subject, literal: syntax.LiteralValue) -> Test:
    if subject.type not in TEXT_TYPES or subject.type in (*_ID_TYPES, "multipicklist"):
        raise _refused(f"invalid operator on {subject.type} field: {subject.name}")
    if not isinstance(literal, syntax.StringLiteral):
        raise _mismatch(subject)
    flags = re.DOTALL if subject.case_sensitive else re.DOTALL | re.IGNORECASE
    match = re.compile(_like_pattern(literal.raw), flags).fullmatch
    return lambda found: found is not None and match(found) is not None


def _like_pattern(raw: str) -> str:
    """The regular expression of a LIKE pattern: % any text, _ any one character, both plain after \\."""
    parts: list[str] = []
    position = 0
    while position < len(raw):
        escape = _ESCAPE.match(raw, position)
        if escape:
            parts.append(re.escape(_character(escape)))
            position = escape.end()
            continue
        character = raw[position]
        parts.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
        position += 1
    return "".join(parts)


def _multi_test(subject: Subject, operator: str, literals: tuple[syntax.LiteralValue, ...]) -> Test:
    if subject.type != "multipicklist":
        raise _refused(f"includes and excludes operators only valid on multipicklist fields: {subject.name}")
    wanted = [
        frozenset(text.split(";"))
        for text in (constant(subject, item) for item in literals)
        if isinstance(text, str)
    ]

    def includes(found: str | None) -> bool:
        chosen = frozenset(found.lower().split(";")) if found else frozenset()
        return any(group <= chosen for group in wanted)

    return includes if operator == "INCLUDES" else lambda found: not includes(found)
