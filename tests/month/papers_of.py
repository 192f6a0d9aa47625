"""The shipped documents, and some with other words of the language, ready for both sides."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from sfsync.core.holidays import Holiday
from sfsync.core.hours import Calendar
from sfsync.core.org_hours import OrgHours
from sfsync.core.policy import Policy
from sfsync.policies import MODELS, Documents, check
from sfsync.yaml_lines import read
from tests.month.months import MONTHS, OFFICES
from tests.month.oracle import Oracle
from tests.month.papers import Papers
from tests.month.wall import Wall
from tests.shipped import MAPPINGS

USERS = "runs_while: {stage: [open], owner: user}"
LATER = "runs_while: {stage: [accepted, working], owner: user}"
HOLD = "\n    paused_while: {status: [On Hold]}"
CHANGED: dict[str, dict[str, str]] = {
    "shipped": {},
    "email_message": {"email_source: task ": "email_source: email_message "},
    "on hold": {USERS: USERS + HOLD, LATER: LATER + HOLD},
    "no taking": {"taking_from_queue_accepts: true": "taking_from_queue_accepts: false"},
    "before due": {"at: 75 %": "at: 12 hours before due", "max_lateness: 30 days": "max_lateness: 3 days"},
}
HOLIDAY = {"Name": "A day off", "IsRecurrence": False}
WATCHED = 75
"""So many days the walls are watched, from two weeks before the month."""


@cache
def texts(variant: str) -> dict[str, str]:
    found = {name: (MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8") for name in MODELS}
    for old, new in CHANGED[variant].items():
        assert old in found["sla"]
        found["sla"] = found["sla"].replace(old, new)
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


@cache
def _wall(month: int, office: int | None) -> Wall:
    first = MONTHS[month] - timedelta(days=14)
    return Wall(None if office is None else OFFICES[office], first, WATCHED)


@cache
def _papers(variant: str) -> Papers:
    return Papers(texts(variant))


@cache
def oracle(variant: str, office: int, month: int) -> Oracle:
    """The same as the oracle reads it."""
    walls = {"always": _wall(month, None), "office": _wall(month, office)}
    return Oracle(_papers(variant), walls, OFFICES[office])
