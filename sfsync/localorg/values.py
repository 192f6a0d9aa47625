"""JSON values become the org's own, checked field by field as Salesforce checks them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sfsync.localorg.errors import ApiError, ErrorItem
from sfsync.localorg.ids import canonical
from sfsync.localorg.schema import Field, Value

_EMAIL = re.compile(
    r"[^\s@<>(),;:\"\[\]]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
)
_DATETIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s*(Z|[+-]\d\d:?\d\d)?)?$"
)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?Z?$")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
_MOST_DIGITS = 20
_FIRST_YEAR, _LAST_YEAR = 1700, 4000
_KINDS = {
    "string": "string",
    "boolean": "boolean",
    "int": "int",
    "double": "double",
    "currency": "currency",
    "percent": "double",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
}


class BadValue(Exception):
    """Raised when a value does not pass its field's own checks; all of a record's are reported together."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(message)
        self.item = ErrorItem(code, message, (field,))


def _unreadable(described: Field, raw: Any) -> ApiError:
    token = (
        "START_OBJECT"
        if isinstance(raw, dict)
        else "START_ARRAY"
        if isinstance(raw, list)
        else "VALUE_TRUE"
        if raw is True
        else "VALUE_FALSE"
        if raw is False
        else "VALUE_NUMBER_INT"
        if isinstance(raw, int)
        else "VALUE_NUMBER_FLOAT"
        if isinstance(raw, float)
        else "VALUE_STRING"
    )
    shown = "" if isinstance(raw, dict | list) else f" value {raw}"
    return ApiError.bare(
        400,
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {_KINDS.get(described.type, 'string')} from {token}{shown} "
        "or request may be missing a required field at [line:1, column:1]",
    )


def convert(described: Field, raw: Any) -> Value | None:
    """The memory form of a JSON value for this field; None is null.

    Raises ApiError JSON_PARSER_ERROR for a value of the wrong kind, BadValue for one the field refuses.
    """
    if raw is None:
        if described.type == "boolean":
            raise _unreadable(described, raw)
        return None
    return _CONVERTERS.get(described.type, _text)(described, raw)


def _text(described: Field, raw: Any) -> Value | None:
    if not isinstance(raw, str):
        raise _unreadable(described, raw)
    text = raw.strip()
    if not text:
        return None
    if len(text) > described.length:
        raise BadValue(
            "STRING_TOO_LONG",
            f"{described.label}: data value too large: {text} (max length={described.length})",
            described.name,
        )
    return text


def _email(described: Field, raw: Any) -> Value | None:
    text = _text(described, raw)
    if isinstance(text, str) and not _EMAIL.match(text):
        raise BadValue(
            "INVALID_EMAIL_ADDRESS", f"{described.label}: invalid email address: {text}", described.name
        )
    return text


def _picklist(described: Field, raw: Any) -> Value | None:
    text = _text(described, raw)
    if not isinstance(text, str):
        return None
    for value in described.picklist:
        if value.value == text:
            if value.active or not described.restricted:
                return value.value
            break
    if described.restricted:
        raise BadValue(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{described.label}: bad value for restricted picklist field: {text}",
            described.name,
        )
    return sys.intern(text)


def _multipicklist(described: Field, raw: Any) -> Value | None:
    text = _text(described, raw)
    if not isinstance(text, str):
        return None
    chosen = [part.strip() for part in text.split(";") if part.strip()]
    known = [value.value for value in described.picklist]
    for part in chosen:
        if described.restricted and part not in known:
            raise BadValue(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{described.label}: bad value for restricted picklist field: {part}",
                described.name,
            )
    ordered = [value for value in known if value in chosen] + [part for part in chosen if part not in known]
    return ";".join(dict.fromkeys(ordered)) or None


def _reference(described: Field, raw: Any) -> Value | None:
    if not isinstance(raw, str):
        raise _unreadable(described, raw)
    if not raw.strip():
        return None
    identifier = canonical(raw.strip())
    if identifier is None:
        raise BadValue(
            "MALFORMED_ID", f"{described.label}: id value of incorrect type: {raw}", described.name
        )
    return identifier


def _boolean(described: Field, raw: Any) -> Value:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in ("true", "false", "1", "0"):
        return raw.lower() in ("true", "1")
    raise _unreadable(described, raw)


def _decimal(described: Field, raw: Any) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise _unreadable(described, raw)
    if isinstance(raw, str) and not _NUMBER.match(raw):
        raise _unreadable(described, raw)
    number = Decimal(str(raw))
    if not number.is_finite():
        raise _unreadable(described, raw)
    if number and number.adjusted() > _MOST_DIGITS:
        raise _out_of_range(described, raw)
    return number


def _integer(described: Field, raw: Any) -> Value:
    if type(raw) is int:
        number = raw
    else:
        exact = _decimal(described, raw)
        if exact != exact.to_integral_value():
            raise _unreadable(described, raw)
        number = int(exact)
    if not -(2**31) <= number < 2**31 or (described.digits and abs(number) >= 10**described.digits):
        raise _out_of_range(described, raw)
    return number


def _double(described: Field, raw: Any) -> Value:
    if type(raw) is int and described.precision:
        if abs(raw) >= 10 ** (described.precision - described.scale):
            raise _out_of_range(described, raw)
        return raw
    exact = _decimal(described, raw)
    if described.precision:
        beyond = 10 ** (described.precision - described.scale)
        # Before it is rounded too: a number of more digits than the field has cannot be.
        if abs(exact) >= beyond:
            raise _out_of_range(described, raw)
        exact = exact.quantize(Decimal(1).scaleb(-described.scale), ROUND_HALF_UP)
        if abs(exact) >= beyond:
            raise _out_of_range(described, raw)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _out_of_range(described: Field, raw: Any) -> BadValue:
    return BadValue(
        "NUMBER_OUTSIDE_VALID_RANGE",
        f"{described.label}: value outside of valid range on numeric field: {raw}",
        described.name,
    )


def parse_datetime(text: str) -> int | None:
    """Unix seconds of an ISO date or datetime as Salesforce reads them; None when it is not one."""
    match = _DATETIME.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    zone = match[7] or "Z"
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    offset = 0
    if zone != "Z":
        digits = zone[1:].replace(":", "")
        offset = (int(digits[:2]) * 60 + int(digits[2:])) * (-60 if zone[0] == "-" else 60)
    return int(moment.timestamp()) - offset


def _datetime(described: Field, raw: Any) -> Value:
    seconds = parse_datetime(raw) if isinstance(raw, str) else None
    if seconds is None:
        raise _unreadable(described, raw)
    _check_year(described, raw)
    return seconds


def _check_year(described: Field, text: str) -> None:
    """Salesforce keeps dates from 1700 to 4000 [D]; the wording is [C]."""
    if not _FIRST_YEAR <= int(text[:4]) <= _LAST_YEAR:
        raise BadValue(
            "FIELD_INTEGRITY_EXCEPTION", f"{described.label}: invalid date: {text}", described.name
        )


def _date(described: Field, raw: Any) -> Value:
    if not isinstance(raw, str) or parse_datetime(raw) is None:
        raise _unreadable(described, raw)
    _check_year(described, raw)
    return date.fromisoformat(raw[:10]).isoformat()


def _time(described: Field, raw: Any) -> Value:
    match = _TIME.match(raw) if isinstance(raw, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise _unreadable(described, raw)
    return f"{match[1]}:{match[2]}:{match[3] or '00'}.{(match[4] or '0').ljust(3, '0')}Z"


_CONVERTERS: dict[str, Callable[[Field, Any], Value | None]] = {
    "email": _email,
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "reference": _reference,
    "id": _reference,
    "boolean": _boolean,
    "int": _integer,
    "double": _double,
    "currency": _double,
    "percent": _double,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
}
