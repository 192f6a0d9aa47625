"""The policy says which Holidays close which BusinessHours; what the org does not have is named with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from sfsync.core.decide import decide
from sfsync.core.evidence import calendars, evidence, read, replay
from sfsync.core.evidence import written as kept_as
from sfsync.core.hours import Calendar
from sfsync.core.model import Loads
from sfsync.core.org_hours import OrgHours
from sfsync.errors import PolicyError
from sfsync.mappings.loading import documents, reread
from sfsync.report.calendars import unsaid_holidays
from tests.core.builders import OFFICE, World
from tests.mappings.mutations import MAPPINGS

SHIPPED = "  office: {business_hours: default, holidays: all}"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def hours_row(name: str, **fields: Any) -> dict[str, Any]:
    open_hours = {f"{day}StartTime": "09:00:00.000Z" for day in DAYS}
    open_hours |= {f"{day}EndTime": "17:00:00.000Z" for day in DAYS}
    return {"Name": name, "IsDefault": False, "TimeZoneSidKey": "America/New_York", **open_hours, **fields}


def holiday_row(name: str, day: str, **fields: Any) -> dict[str, Any]:
    return {"Name": name, "IsAllDay": True, "ActivityDate": day, "IsRecurrence": False, **fields}


CHRISTMAS = [holiday_row("Christmas", "2026-12-25"), holiday_row("Christmas", "2027-12-25")]
ORG = OrgHours.from_salesforce(
    [hours_row("Default", IsDefault=True), hours_row("Night", TimeZoneSidKey="UTC")],
    [*CHRISTMAS, holiday_row("Election Day", "2026-11-03"), holiday_row("Half Day", "2026-12-24")],
)


def calendar(tmp_path: Path, written: str, org: OrgHours = ORG) -> Calendar:
    made = copytree(MAPPINGS, tmp_path / "mappings", dirs_exist_ok=True)
    sla = (made / "sla.yaml").read_text()
    assert SHIPPED in sla
    (made / "sla.yaml").write_text(sla.replace(SHIPPED, f"  office: {written}"))
    return documents(made).policy(org).calendars["office"]


def closed(found: Calendar) -> list[str]:
    return [holiday.first.isoformat() for holiday in found.holidays]


@pytest.mark.parametrize(
    ("holidays", "days"),
    [
        ("", []),
        (", holidays: none", []),
        (", holidays: []", []),
        (", holidays: all", ["2026-11-03", "2026-12-24", "2026-12-25", "2027-12-25"]),
        (", holidays: [Christmas]", ["2026-12-25", "2027-12-25"]),
        (", holidays: [Election Day, 2026-11-26]", ["2026-11-03", "2026-11-26"]),
    ],
)
def test_a_calendar_has_the_holidays_that_the_policy_gives_it(
    tmp_path: Path, holidays: str, days: list[str]
) -> None:
    for hours in ("default", "Default"):
        found = calendar(tmp_path, f"{{business_hours: {hours}{holidays}}}")
        assert closed(found) == days
        assert found.week == OFFICE.week


def test_the_orgs_holidays_leave_days_with_hours_of_their_own_alone() -> None:
    special = {"2026-11-04": [["10:00", "11:00"]]}
    hours = Calendar(OFFICE.tz, {"mon": [["09:00", "17:00"]]}, (), special)
    joined = documents(MAPPINGS).policy(OrgHours({"default": hours}))
    assert joined.calendars["office"] == hours


SHORT = "special_hours: {'2026-12-24': [['09:00', '13:00']], '2026-11-28': [['10:00', '12:00']]}"


@pytest.mark.parametrize("holidays", ["none", "all", "[Half Day]", "[2026-12-24]"])
def test_days_with_hours_of_their_own_are_said_of_the_orgs_hours_and_count_before_holidays(
    tmp_path: Path, holidays: str
) -> None:
    found = calendar(tmp_path, f"{{business_hours: default, holidays: {holidays}, {SHORT}}}")
    assert found.week == OFFICE.week
    assert found.is_open(datetime(2026, 12, 24, 17, 59, 59, tzinfo=UTC))
    assert not found.is_open(datetime(2026, 12, 24, 18, tzinfo=UTC))
    assert found.is_open(datetime(2026, 11, 28, 15, tzinfo=UTC))
    assert found.is_open(datetime(2026, 12, 23, 21, 59, 59, tzinfo=UTC))


@pytest.mark.parametrize("holidays", ["none", "all", "[2026-12-24]"])
def test_days_with_hours_of_their_own_are_said_of_hours_that_are_written_out(
    tmp_path: Path, holidays: str
) -> None:
    written = "time_zone: Europe/Berlin, week: {thu: [['09:00', '17:00']]}"
    found = calendar(tmp_path, f"{{{written}, holidays: {holidays}, {SHORT}}}")
    assert found.is_open(datetime(2026, 12, 24, 11, 59, 59, tzinfo=UTC))
    assert not found.is_open(datetime(2026, 12, 24, 12, tzinfo=UTC))
    assert found.is_open(datetime(2026, 11, 28, 10, tzinfo=UTC))


def test_what_was_decided_in_hours_of_their_own_is_decided_again_from_its_evidence(tmp_path: Path) -> None:
    in_it = "{business_hours: default, holidays: all, special_hours: {'2026-11-06': [['09:00', '12:00']]}}"
    for written in (in_it, in_it.replace("default", "Default")):
        calendar(tmp_path, written)
        made = documents(tmp_path / "mappings")
        policy = made.policy(ORG)
        world = World(policy=policy)
        plan = decide(world.facts, policy, world.org, world.now, Loads())
        kept = read(kept_as(evidence(plan, world.facts, policy, world.org, world.now, Loads())))
        again = reread(made.text()).policy(calendars(kept))
        assert again.calendars["office"] == policy.calendars["office"]
        assert [str(day) for day, _ in again.calendars["office"].special_hours] == ["2026-11-06"]
        assert replay(kept, again).effects == plan.effects != ()


def test_hours_that_are_written_out_can_have_the_orgs_holidays_too(tmp_path: Path) -> None:
    week = "time_zone: Europe/Berlin, week: {tue: [['09:00', '17:00']]}"
    assert closed(calendar(tmp_path, f"{{{week}, holidays: [Christmas, 2026-10-03]}}")) == [
        "2026-10-03",
        "2026-12-25",
        "2027-12-25",
    ]
    everything = calendar(tmp_path, f"{{{week}, holidays: all}}")
    assert not everything.is_open(datetime(2026, 11, 3, 12, tzinfo=UTC))
    assert everything.is_open(datetime(2026, 11, 10, 12, tzinfo=UTC))


NEVER_OPEN = hours_row("Default", **{f"{day}{edge}Time": None for day in DAYS for edge in ("Start", "End")})
EVERY_DAY = holiday_row(
    "Closed", "2026-01-01", IsRecurrence=True, RecurrenceType="RecursDaily", RecurrenceStartDate="2026-01-01"
)


@pytest.mark.parametrize(
    ("written", "org", "message"),
    [
        ("{business_hours: Defualt}", ORG, "the org has no BusinessHours 'Defualt'; did you mean `Default`?"),
        (
            "{business_hours: default, holidays: [Christmass]}",
            ORG,
            "the org has no Holiday 'Christmass'; did you mean `Christmas`?",
        ),
        (
            "{business_hours: default, holidays: [Christmas]}",
            OrgHours.from_salesforce([hours_row("Default", IsDefault=True)], []),
            "the org has no Holiday 'Christmas'; there is none",
        ),
        (
            "{business_hours: Default}",
            OrgHours.from_salesforce([NEVER_OPEN], []),
            "the org's business hours Default: the calendar never opens: give at least one day of the week",
        ),
        (
            "{business_hours: Default, holidays: all}",
            OrgHours.from_salesforce([hours_row("Default")], [EVERY_DAY]),
            "with the org's holidays the holidays close the calendar for ever by 2026-01-02",
        ),
        (
            "{business_hours: Default, holidays: [Odd]}",
            OrgHours.from_salesforce(
                [hours_row("Default")], [{**EVERY_DAY, "Name": "Odd", "RecurrenceType": "Sometimes"}]
            ),
            "the org's holiday Odd has the RecurrenceType 'Sometimes'; use one of RecursDaily",
        ),
    ],
)
def test_what_the_org_cannot_give_is_an_error_with_its_line(
    tmp_path: Path, written: str, org: OrgHours, message: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        calendar(tmp_path, written, org)
    (problem,) = refused.value.problems
    lines = (tmp_path / "mappings" / "sla.yaml").read_text().splitlines()
    assert lines[problem.line - 1].startswith("  office:")
    assert problem.message.startswith(message)


def test_hours_and_holidays_that_the_policy_does_not_use_may_be_what_they_like(tmp_path: Path) -> None:
    org = OrgHours.from_salesforce(
        [hours_row("Default", IsDefault=True), {**NEVER_OPEN, "Name": "Closed"}],
        [holiday_row("Christmas", "2026-12-25"), {**EVERY_DAY, "RecurrenceType": "Sometimes"}],
    )
    assert closed(calendar(tmp_path, "{business_hours: default, holidays: [Christmas]}", org)) == [
        "2026-12-25"
    ]


@pytest.mark.parametrize(("holidays", "warned"), [("", True), (", holidays: none", False)])
def test_a_calendar_that_says_nothing_of_the_orgs_holidays_is_asked_about(
    tmp_path: Path, holidays: str, *, warned: bool
) -> None:
    calendar(tmp_path, f"{{business_hours: default{holidays}}}")
    read = documents(tmp_path / "mappings")
    told = [problem.message for problem in unsaid_holidays(read, ORG)]
    assert (
        told
        == [
            "the org has 3 Holidays, and `office` is open on all of them: write `holidays: all`, a list of their "
            "names, or `holidays: none`"
        ]
        * warned
    )
    assert not list(unsaid_holidays(read, OrgHours(ORG.hours)))


def test_a_day_of_no_calendar_is_no_holiday(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="write a day such as 2026-12-25, or a Holiday's name"):
        calendar(tmp_path, "{business_hours: default, holidays: [25.12.2026]}")
