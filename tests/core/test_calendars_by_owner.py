"""A calendar can depend on the lead's territory and on who owes: each run counts in its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfsync.core import routing
from sfsync.core.model import Facts, Loads
from sfsync.core.policy import Policy
from tests.core.builders import (
    GOOD,
    HOUR,
    QUEUE,
    REP,
    SECOND,
    SECOND_REP,
    START,
    World,
    brief,
    lead,
    org,
    policy,
    user_id,
)

LOCAL = {
    "berlin": {
        "time_zone": "Europe/Berlin",
        "week": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]},
    },
    "tokyo": {"time_zone": "Asia/Tokyo", "week": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}},
    "local": {
        "choose": [
            {"when": {"country": "Japan"}, "use": "tokyo"},
            {"when": {"owner_time_zone": "Europe/Berlin"}, "use": "berlin"},
            {"when": {"owner_role": "Night Shift"}, "use": "always"},
        ],
        "otherwise": "office",
    },
}


def local(*, time_by: tuple[dict[str, Any], ...] = (), grace: str = "office", hours: str = "local") -> Policy:
    """`accept` gives four hours of the calendar that fits, and is then done with."""

    def change(document: dict[str, Any]) -> None:
        document["calendars"] |= LOCAL
        document["grace_hours"] = grace
        clock = document["clocks"]["accept"]
        clock |= {"time": "4 hours", "hours": hours, "time_by": list(time_by), "steps": []}
        document["clocks"] = {"accept": clock}

    return policy(sla=change)


def utc(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "rep", "due"),
    [
        ({}, {}, utc(2, 18)),  # the office opens at 14:00 UTC
        ({}, {"time_zone": "Europe/Berlin"}, utc(2, 13)),  # open since 08:00; the lead came at 09:00
        ({}, {"role": "Night Shift"}, utc(2, 13)),
        ({"Country": "Japan"}, {"time_zone": "Europe/Berlin"}, utc(3, 4)),  # the first that fits counts
    ],
)
def test_the_calendar_is_that_of_the_territory_or_the_rep(
    values: dict[str, str], rep: dict[str, str], due: datetime
) -> None:
    world = World(Facts(lead=lead(values=GOOD | values)), local(), org(rep1=rep))
    world.look()
    assert world.facts.lead.sla.due_at == due
    world.look(due - SECOND)
    assert "Breached" not in world.kinds()
    assert "Breached accept:created:breached" in brief(world.look(due))


def test_a_lead_in_a_queue_has_no_owner_to_ask() -> None:
    def change(document: dict[str, Any]) -> None:
        document["calendars"] |= LOCAL
        document["clocks"] = {"assign": document["clocks"]["assign"] | {"hours": "local", "steps": []}}

    none_at_work = org(**{f"rep{n}": {"active": False} for n in range(1, 7)})
    world = World(Facts(lead=lead(owner_id=QUEUE)), policy(sla=change), none_at_work)
    world.look()
    assert world.facts.lead.sla.due_at == utc(2, 22), "eight hours of the office"


def test_after_a_reassignment_the_new_run_counts_by_the_new_owner_and_the_old_one_stands() -> None:
    berlin = {"time_zone": "Europe/Berlin"}
    world = World(policy=local(), org=org(rep2=berlin))
    world.look()
    assert world.facts.lead.sla.due_at == utc(2, 18)
    world.change(REP, at=utc(2, 15), owner_id=SECOND_REP)
    world.look()
    assert world.facts.lead.sla.due_at == utc(3, 11), "an hour of Monday is left in Berlin, three of Tuesday"
    world.change(SECOND_REP, at=utc(2, 16), owner_id=REP)
    world.look()
    assert world.facts.lead.sla.due_at == utc(2, 20), "a new run of the first rep's, by the office again"
    assert "Breached" not in world.kinds()


def test_an_old_run_is_judged_by_its_own_owners_calendar_whoever_has_the_lead_now() -> None:
    berlin = {"time_zone": "Europe/Berlin"}
    world = World(policy=local(), org=org(rep1=berlin))
    world.look()
    world.change(REP, at=utc(2, 14), owner_id=SECOND_REP)
    late = [one for one in world.look() if one.kind.value in ("Breached", "Closed Late")]
    assert [(one.rep, one.started_at, one.due_at) for one in late] == [(REP, START, utc(2, 13))] * 2
    assert late[0].minutes is not None
    assert late[0].minutes.rep == 240
    in_time = World(policy=local(), org=org(rep2=berlin))
    in_time.look()
    in_time.change(REP, at=utc(2, 14), owner_id=SECOND_REP)
    assert "Breached" not in [one.kind.value for one in in_time.look()]


def test_times_by_band_grace_and_calendars_are_chosen_together() -> None:
    by_band = ({"when": {"band": "Immediate Sales Contact"}, "time": "2 hours"},)
    for rep, due in (({}, utc(2, 16)), ({"time_zone": "Europe/Berlin"}, utc(2, 11))):
        world = World(policy=local(time_by=by_band, grace="local"), org=org(rep1=rep))
        world.look()
        assert world.facts.lead.sla.due_at == due


def test_grace_counts_in_the_calendar_of_whom_it_is_given_to() -> None:
    def change(document: dict[str, Any]) -> None:
        document["calendars"] |= LOCAL
        document["grace_hours"] = "local"

    friday = timedelta(hours=96)
    for zone, until in (("America/New_York", 5 + 4), ("Europe/Berlin", 72 - 1 + 4)):
        world = World(policy=policy(sla=change), org=org(rep1={"time_zone": zone}))
        world.look()
        world.look(START + friday)  # after an outage: the warning comes first, on a day when Berlin is closed
        assert world.kinds()[-2:] == ["Warned", "Breached"]
        world.look(START + friday + until * HOUR - SECOND)
        assert "Reassigned" not in world.kinds()
        world.look(START + friday + until * HOUR)
        assert "Reassigned" in world.kinds()


def test_a_rep_is_at_work_by_the_calendar_that_fits_the_rep() -> None:
    def rules(document: dict[str, Any]) -> None:
        document["calendars"] |= LOCAL

    def at_work(document: dict[str, Any]) -> None:
        document["working_hours"] = "local"

    found = policy(sla=rules, routing=at_work)
    people = org(**{f"rep{n}": {"time_zone": "Europe/Berlin"} if n == 4 else {} for n in range(1, 7)})
    choice = routing.choose({}, found, people, Loads(), START)  # 10:00 in Berlin, 04:00 in New York
    assert choice.user_id == user_id(13)
    assert "at work now" in choice.reason


def test_without_a_choice_nothing_is_asked_of_the_owner() -> None:
    for ladder in policy(whole=True).ladders:
        assert not ladder.asks_owner
    (ladder,) = local().ladders
    assert ladder.asks_owner
    assert [inner.calendar.tz for _, inner in ladder.by_lead] == ["Asia/Tokyo", "Europe/Berlin", "UTC"]
    assert ladder.otherwise is not None
    assert ladder.calendar is ladder.otherwise.calendar
