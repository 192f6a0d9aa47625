"""The shipped documents, and some with other words of the language, ready for both sides."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from sfsync.core.holidays import Holiday
from sfsync.core.hours import Calendar
from sfsync.core.org_hours import OrgHours
from sfsync.core.policy import Policy
from sfsync.mappings.loading import MODELS, Documents, check
from sfsync.mappings.yaml_lines import read
from tests.month.months import MONTHS, OFFICES, ORDINARY
from tests.month.oracle import Oracle
from tests.month.papers import Papers
from tests.month.wall import Wall
from tests.shipped import MAPPINGS

USERS = "runs_while: {stage: [open], owner: user}"
LATER = "runs_while: {stage: [accepted, working], owner: user}"
HOLD = "\n    paused_while: {status: [On Hold]}"
CHOICE = """  org: {business_hours: default, holidays: all}
  berlin:
    time_zone: Europe/Berlin
    week: {mon: [["08:30", "12:00"], ["13:00", "17:15"]], wed: [["08:30", "19:00"]], sat: [["22:00", "03:00"]]}
    holidays: [2026-10-28, 2026-03-18]
    special_hours:
      "2026-10-28": [["10:00", "12:30"]]
      "2026-11-05": [["18:00", "01:00"]]
      "2026-03-16": []
      "2026-12-12": [["00:00", "24:00"]]
  kolkata:
    time_zone: Asia/Kolkata
    week: {tue: [["00:00", "24:00"]], thu: [["20:00", "04:00"]], fri: [["10:00", "09:59"]]}
  office:
    choose:
      - {when: {country: [Germany, DE]}, use: berlin}
      - {when: {owner_time_zone: Asia/Kolkata}, use: kolkata}
      - {when: {band: Immediate Executive Contact, product: {contains: roof}}, use: always}
    otherwise: org"""
TIMES = """    time: 48 hours
    time_by:
      - {when: {source: Web, country: [Germany, DE]}, time: 30 hours}
      - {when: {product: {starts_with: Solar}}, time: 60 hours}
      - {when: {any: [{source: Partner}, {band: Immediate Executive Contact}]}, time: 40 hours}
    hours: always
    runs_while: {stage: [open], owner: user}"""
ACQUIRE = "acquire: {label: Enter the lead, since: acquired, time: 24 hours, hours: office}"
TERRITORIES = """territories:
  - {name: Germany, when: {country: [Germany, DE]}, reps: {users: [rep.0@example.com, rep.1@example.com]}}
  - {name: India, when: {country: India, source: Web}, reps: {users: [manager.0@example.com]}}"""
EXPERTISE = """expertise:
  - {name: Roofs, when: {product: {contains: roof}}, reps: {users: [rep.1@example.com, rep.2@example.com]}}"""
ABSENCES = """absences:
  - {user: rep.1@example.com, first: 2026-10-20, last: 2026-10-27}
  - {user: rep.2@example.com, first: 2026-03-06, last: 2026-12-11}"""
CHANGED: dict[str, dict[str, str]] = {
    "shipped": {},
    "email_message": {"email_source: task ": "email_source: email_message "},
    "on hold": {USERS: USERS + HOLD, LATER: LATER + HOLD},
    "no taking": {"taking_from_queue_accepts: true": "taking_from_queue_accepts: false"},
    "before due": {"at: 75 %": "at: 12 hours before due", "max_lateness: 30 days": "max_lateness: 3 days"},
    "territories": {
        "  office: {business_hours: default, holidays: all}": CHOICE,
        "    time: 48 hours\n    hours: always\n    runs_while: {stage: [open], owner: user}": TIMES,
        "    time: 7 days\n    hours: always": "    time: 2 days\n    hours: office",
        "acquire: {label: Enter the lead, since: acquired, time: 24 hours}": ACQUIRE,
        "territories: []": TERRITORIES,
        "expertise: []": EXPERTISE,
        "absences: []": ABSENCES,
    },
}
HOLIDAY = {"Name": "A day off", "IsRecurrence": False}
WATCHED = 75
"""So many days the walls are watched, from two weeks before the month."""


@cache
def texts(variant: str) -> dict[str, str]:
    found = {name: (MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8") for name in MODELS}
    for old, new in CHANGED[variant].items():
        (name,) = (name for name, text in found.items() if old in text)
        found[name] = found[name].replace(old, new)
    return found


@cache
def _documents(variant: str) -> Documents:
    return check(
        [read(MAPPINGS / f"{name}.yaml", text.encode()) for name, text in texts(variant).items()], []
    )


def _minutes(wall: str) -> int:
    return int(wall[:2]) * 60 + int(wall[3:])


@cache
def policy(variant: str, office: int) -> Policy:
    """The policy as sfsync reads it."""
    spec = OFFICES[office]
    whole = [{**HOLIDAY, "ActivityDate": day, "IsAllDay": True} for day in spec["holidays"]]
    parts = [
        {**HOLIDAY, "ActivityDate": day, "IsAllDay": False}
        | {"StartTimeInMinutes": _minutes(shuts), "EndTimeInMinutes": _minutes(reopens)}
        for day, closings in spec["closings"].items()
        for shuts, reopens in closings
    ]
    days = {str(number): (Holiday.from_salesforce(row),) for number, row in enumerate([*whole, *parts])}
    hours = OrgHours({"default": Calendar(spec["tz"], spec["week"], (), spec["special"])}, days)
    return _documents(variant).policy(hours)


def _offices(variant: str, office: int) -> dict[str, dict[str, Any] | None]:
    """The hours of each calendar that is no choice; `office` are the org's own."""
    found: dict[str, dict[str, Any] | None] = {"always": None}
    for name, one in _papers(variant).sla["calendars"].items():
        if "business_hours" in one:
            found[name] = OFFICES[office]
        elif "week" in one:
            found[name] = ORDINARY | {
                "tz": one["time_zone"],
                "week": one["week"],
                "holidays": [str(day) for day in one.get("holidays", [])],
                "special": one.get("special_hours", {}),
            }
    return found


WALLS: dict[str, Wall] = {}
"""Those that were watched, by month and hours."""


def _wall(spec: dict[str, Any] | None, month: int) -> Wall:
    key = f"{month} {spec}"
    if key not in WALLS:
        WALLS[key] = Wall(spec, MONTHS[month] - timedelta(days=14), WATCHED)
    return WALLS[key]


@cache
def _papers(variant: str) -> Papers:
    return Papers(texts(variant))


@cache
def oracle(variant: str, office: int, month: int) -> Oracle:
    """The same as the oracle reads it."""
    offices = _offices(variant, office)
    return Oracle(_papers(variant), {name: _wall(spec, month) for name, spec in offices.items()}, offices)
