"""Date literals (TODAY, LAST_N_DAYS:7, …) and date functions (CALENDAR_MONTH, …) of SOQL.

Literals are days of the user's time zone, weeks begin on Sunday, the fiscal year is the calendar year; date
functions read datetimes in UTC unless convertTimezone() stands inside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sfsync.localorg.schema import Value
from sfsync.localorg.soql.syntax import DateFormula

_UNITS = ("WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")

DATE_FORMULAS: Mapping[str, bool] = {
    **dict.fromkeys(("YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"), False),
    **{f"{when}_{unit}": False for when in ("LAST", "THIS", "NEXT") for unit in _UNITS},
    **{f"{when}_N_{unit}S": True for when in ("LAST", "NEXT") for unit in ("DAY", *_UNITS)},
    **{f"N_{unit}S_AGO": True for unit in ("DAY", *_UNITS)},
}
"""Each relative date and whether it takes a number after a colon."""


def _start(unit: str, day: date) -> date:
    """The first day of the unit that holds the day."""
    if unit == "DAY":
        return day
    if unit == "WEEK":
        return day - timedelta(days=day.isoweekday() % 7)
    if unit == "MONTH":
        return day.replace(day=1)
    if unit == "QUARTER":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def _shifted(unit: str, start: date, count: int) -> date:
    """The first day of the unit `count` units later."""
    if unit in ("DAY", "WEEK"):
        return start + timedelta(days=count * (7 if unit == "WEEK" else 1))
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit] * count
    total = start.year * 12 + start.month - 1 + months
    return start.replace(year=total // 12, month=total % 12 + 1)


def day_range(formula: DateFormula, today: date) -> tuple[date, date]:
    """First day and first day after of a relative date."""
    name, count = formula.name, formula.count or 0
    fixed = {"YESTERDAY": (-1, 0), "TODAY": (0, 1), "TOMORROW": (1, 2), "LAST_90_DAYS": (-90, 1)}
    fixed["NEXT_90_DAYS"] = (0, 91)
    if name in fixed:
        first, after = fixed[name]
        return today + timedelta(days=first), today + timedelta(days=after)
    if name == "LAST_N_DAYS":
        return today - timedelta(days=count), today + timedelta(days=1)
    if name == "NEXT_N_DAYS":
        return today, today + timedelta(days=count + 1)
    when, _, rest = name.partition("_")
    unit = rest.replace("FISCAL_", "").removeprefix("N_").removesuffix("_AGO")
    if formula.count is not None:
        unit = unit.removesuffix("S")
    if when == "N":
        first, after = -count, 1 - count
    elif formula.count is not None:
        first, after = (-count, 0) if when == "LAST" else (1, count + 1)
    else:
        first = {"LAST": -1, "THIS": 0, "NEXT": 1}[when]
        after = first + 1
    start = _start(unit, today)
    return _shifted(unit, start, first), _shifted(unit, start, after)


def second_range(formula: DateFormula, now: int, zone: ZoneInfo) -> tuple[int, int]:
    """First second and first second after of a relative date, in Unix seconds."""
    first, after = day_range(formula, datetime.fromtimestamp(now, zone).date())
    midnight = datetime.min.time()
    return (
        int(datetime.combine(first, midnight, zone).timestamp()),
        int(datetime.combine(after, midnight, zone).timestamp()),
    )


def _week_in_year(moment: datetime) -> int:
    return (moment.timetuple().tm_yday - 1) // 7 + 1


DATE_FUNCTIONS: Mapping[str, Callable[[datetime], Value]] = {
    "CALENDAR_YEAR": lambda moment: moment.year,
    "CALENDAR_QUARTER": lambda moment: (moment.month - 1) // 3 + 1,
    "CALENDAR_MONTH": lambda moment: moment.month,
    "FISCAL_YEAR": lambda moment: moment.year,
    "FISCAL_QUARTER": lambda moment: (moment.month - 1) // 3 + 1,
    "FISCAL_MONTH": lambda moment: moment.month,
    "DAY_IN_MONTH": lambda moment: moment.day,
    "DAY_IN_WEEK": lambda moment: moment.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda moment: moment.timetuple().tm_yday,
    "DAY_ONLY": lambda moment: moment.date().isoformat(),
    "HOUR_IN_DAY": lambda moment: moment.hour,
    "WEEK_IN_MONTH": lambda moment: (moment.day - 1) // 7 + 1,
    "WEEK_IN_YEAR": _week_in_year,
}
"""What each date function takes from a moment."""


def moment_of(value: Value, zone: tzinfo = UTC) -> datetime:
    """A date's or datetime's value in memory as a moment in the zone."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return datetime.fromtimestamp(value, zone)
