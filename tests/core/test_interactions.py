"""The clocks that ask for interactions: P7, P8, P10 and P12."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sfsync.core.hours import Calendar
from sfsync.core.model import Facts, Kind
from sfsync.core.org_hours import OrgHours
from tests.core.builders import (
    BEST,
    FAIR,
    HOUR,
    LEAD,
    MANAGER,
    MARKETING,
    OFFICE,
    OPEN,
    POOR,
    QUEUE,
    REP,
    SECOND,
    SECOND_REP,
    START,
    WHOLE,
    World,
    about,
    brief,
    done,
    lead,
    org,
    policy,
    whole_policy,
)
from tests.shipped import everything

DAY = 24 * HOUR
OFFICE_OPENS = datetime(2026, 11, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "due"),
    [
        (BEST, OFFICE_OPENS + HOUR),
        ({}, None),
        (FAIR, datetime(2026, 11, 4, 22, tzinfo=UTC)),
        (lead().values, OFFICE_OPENS + 4 * HOUR),
    ],
)
def test_the_band_says_how_soon_the_first_contact_is_due_in_office_hours(
    values: dict[str, str], due: datetime | None
) -> None:
    lived = whole_policy(facts=Facts(lead=lead(values=values)))
    if due is None:
        lived.look(START + 40 * DAY)
        assert done(lived, "first_contact") == []
        return
    assert about("first_contact", lived.look(due - SECOND)) == []
    breached = next(effect for effect in lived.look(due) if effect.clock == "first_contact")
    assert (breached.kind, breached.due_at, breached.adherent, breached.rep) == (Kind.BREACHED, due, 0, REP)
    assert about("first_contact", lived.look(due + SECOND)) == []


@pytest.mark.parametrize(("second", "expected"), [(-1, "Met"), (0, "Met"), (1, None)])
def test_a_contact_counts_by_the_second_in_which_it_took_place(second: int, expected: str | None) -> None:
    lived = whole_policy()
    due = OFFICE_OPENS + 4 * HOUR
    lived.talk(due + timedelta(seconds=second))
    lived.look(due + HOUR)
    assert done(lived, "first_contact") == ([expected] if expected else ["Breached", "Closed Late"])


def test_somebody_elses_contact_meets_no_ones_first_contact_and_the_owners_meets_it_once() -> None:
    lived = whole_policy()
    lived.talk(START + HOUR, by=SECOND_REP)
    lived.look()
    lived.talk(START + 2 * HOUR)
    lived.look()
    lived.change(REP, at=START + 3 * HOUR, status="Nurture")
    lived.change(REP, at=START + 4 * HOUR, status=OPEN)
    lived.look(START + 30 * HOUR)
    assert done(lived, "first_contact") == ["Met"]


def test_each_owner_owes_a_first_contact_of_their_own() -> None:
    lived = whole_policy()
    lived.talk(START + HOUR)
    lived.look()
    for hours, owner in ((2, SECOND_REP), (3, REP)):
        lived.change(MANAGER, at=START + hours * HOUR, owner_id=owner)
        lived.look()
    lived.look(OFFICE_OPENS + 4 * HOUR)
    breached = [one for one in lived.done if one.kind == Kind.BREACHED and one.clock == "first_contact"]
    assert [(one.rep, one.run) for one in breached] == [(REP, lived.facts.changes[-1].id)]


def test_a_contact_that_was_logged_late_excuses_the_breach() -> None:
    lived = whole_policy()
    due = OFFICE_OPENS + 4 * HOUR
    lived.look(due)
    lived.talk(due - HOUR, known_at=due + DAY)
    lived.look()
    assert done(lived, "first_contact") == ["Breached", "Excused"]


def test_a_run_that_was_met_is_over_for_good_although_the_call_is_archived_a_year_later() -> None:
    lived = whole_policy()
    lived.talk(START + HOUR)
    lived.look()
    assert done(lived, "first_contact") == ["Met"]
    lived.facts = msgspec.structs.replace(lived.facts, interactions=())
    lived.look(START + 366 * DAY)
    assert done(lived, "first_contact") == ["Met"]
    assert lived.facts.lead.sla.clock != "Contact the lead"


def test_a_meeting_that_lies_ahead_is_looked_at_when_it_is_over() -> None:
    lived = whole_policy()
    over = START + 6 * HOUR
    lived.talk(over, kind="meeting", answered=True)
    lived.now = START + HOUR
    assert lived.look() == []
    assert lived.plan is not None
    assert lived.plan.next_check == over
    assert about("first_contact", lived.look(over)) == ["Met"]


def test_a_new_band_starts_the_first_contact_anew_with_its_own_time() -> None:
    lived = whole_policy(facts=Facts(lead=lead(values=FAIR)))
    lived.change(MARKETING, at=OFFICE_OPENS + HOUR, values=BEST)
    lived.look()
    due = OFFICE_OPENS + 2 * HOUR
    assert about("first_contact", lived.look(due - SECOND)) == []
    assert about("first_contact", lived.look(due)) == ["Breached"]


def test_a_lead_in_a_queue_owes_nobody_a_contact() -> None:
    lived = World(
        Facts(lead=lead(owner_id=QUEUE)), WHOLE, org(**{f"rep{n}": {"active": False} for n in range(1, 7)})
    )
    for hours in (0, 9, 48, 200):
        lived.look_at_hour(hours)
    assert not any(one.clock in ("first_contact", "follow_up", "silence") for one in lived.done)


@pytest.mark.parametrize(
    ("accepted", "expected"), [(10, ["Breached"]), (47, ["Breached"]), (49, []), (None, [])]
)
def test_the_outer_bound_is_charged_only_where_the_acceptance_was_not(
    accepted: int | None, expected: list[str]
) -> None:
    lived = whole_policy()
    for hour in (36, 48, 72):
        if accepted is not None and accepted < hour:
            break
        lived.look_at_hour(hour)
    if accepted is not None:
        lived.accept(START + accepted * HOUR)
        lived.look()
    lived.look_at_hour(48) if accepted is not None and accepted < 48 else lived.look_at_hour(73)
    lived.look_at_hour(80)
    assert done(lived, "follow_up") == expected


def test_a_rep_who_takes_a_lead_from_the_queue_has_accepted_it_and_owes_a_contact_all_the_same() -> None:
    nobody = {f"rep{number}": {"active": False} for number in range(1, 7)}
    lived = World(Facts(lead=lead(owner_id=QUEUE)), WHOLE, org(**nobody))
    lived.look()
    lived.org = org()
    lived.change(REP, at=START + HOUR, owner_id=REP)
    lived.look()
    due = OFFICE_OPENS + 4 * HOUR
    assert about("first_contact", lived.look(due - SECOND)) == []
    assert about("first_contact", lived.look(due)) == ["Breached"]
    assert about("follow_up", lived.look(START + 49 * HOUR)) == ["Breached"]
    lived.look(START + 200 * HOUR)
    assert done(lived, "accept") == []


def test_silence_is_broken_by_any_interaction_and_never_by_a_status() -> None:
    lived = whole_policy()
    lived.accept(START + HOUR)
    lived.look()
    lived.talk(START + 2 * DAY, by=SECOND_REP)
    lived.look()
    lived.change(REP, at=START + 8 * DAY, status="Working - Contacted")
    assert about("silence", lived.look()) == []
    assert about("silence", lived.look(START + 9 * DAY - SECOND)) == []
    assert about("silence", lived.look(START + 9 * DAY)) == ["Breached"]
    reply = lived.talk(START + 10 * DAY, by="", kind="reply", answered=True)
    assert about("silence", lived.look()) == ["Closed Late"]
    lived.look(START + 17 * DAY)
    last = [one for one in lived.done if one.clock == "silence"][-1]
    assert (last.kind, last.run, last.due_at) == (Kind.BREACHED, reply, START + 17 * DAY)


def test_a_lead_that_was_accepted_is_qualified_in_three_weeks() -> None:
    for status, expected in (("Qualified", ["Met"]), (OPEN, []), ("Working - Contacted", [])):
        lived = whole_policy()
        lived.accept(START + HOUR)
        lived.look()
        lived.change(REP, at=START + 20 * DAY, status=status)
        lived.look()
        assert done(lived, "qualify") == expected
    assert about("qualify", lived.look(START + HOUR + 21 * DAY - SECOND)) == []
    assert about("qualify", lived.look(START + HOUR + 21 * DAY)) == ["Breached"]


def paused(sla: dict[str, Any]) -> None:
    sla["clocks"]["accept"]["paused_while"] = {"status": ["On Hold"]}


def test_a_clock_stands_still_while_its_lead_is_on_hold() -> None:
    lived = World(policy=policy(sla=paused))
    lived.look()
    lived.change(REP, at=START + 35 * HOUR, status="On Hold")
    assert lived.look() == []
    assert (lived.facts.lead.sla.status, lived.facts.lead.sla.due_at) == ("Paused", None)
    assert lived.look(START + 135 * HOUR) == []
    lived.change(REP, status=OPEN)
    assert lived.look() == []
    assert lived.facts.lead.sla.due_at == START + 148 * HOUR
    assert brief(lived.look(START + 136 * HOUR)) == ["Warned accept:created:warn"]


def test_a_step_does_not_count_the_time_in_which_its_clock_stood_still() -> None:
    lived = World(policy=policy(sla=paused))
    lived.look()
    lived.change(REP, at=START + 10 * HOUR, status="On Hold")
    lived.look()
    lived.change(REP, at=START + 110 * HOUR, status=OPEN)
    lived.look()
    (warning,) = lived.look(START + 136 * HOUR)
    assert warning.detail.endswith(": 36 hours of its 48 hours have passed.")


def test_a_new_band_leaves_a_clock_that_stands_still_alone_unless_it_is_nurture() -> None:
    for values, due in ((BEST, START + 58 * HOUR), (POOR, START + 68 * HOUR)):
        lived = World(policy=policy(sla=paused))
        lived.look()
        lived.change(REP, at=START + 10 * HOUR, status="On Hold")
        lived.look()
        lived.change(MARKETING, at=START + 12 * HOUR, values=values)
        lived.look()
        lived.change(MARKETING, at=START + 13 * HOUR, values=BEST)
        lived.look()
        lived.change(REP, at=START + 20 * HOUR, status=OPEN)
        lived.look()
        assert lived.facts.lead.sla.due_at == due


def test_a_pause_over_the_deadline_moves_it_and_one_after_it_changes_nothing() -> None:
    lived = World(policy=policy(sla=paused))
    for hour in (0, 36, 48):
        lived.look_at_hour(hour)
    lived.change(REP, at=START + 50 * HOUR, status="On Hold")
    lived.look()
    assert lived.facts.lead.sla.status == "Overdue"
    lived.change(REP, at=START + 60 * HOUR, status="Accepted")
    lived.look()
    assert done(lived, "accept") == ["Warned", "Reminded", "Breached", "Closed Late"]


def test_a_step_can_stand_before_the_deadline_whatever_the_time_is() -> None:
    def change(sla: dict[str, Any]) -> None:
        sla["clocks"]["accept"]["time_by"] = [{"when": {"source": "Web"}, "time": "10 hours"}]
        sla["clocks"]["accept"]["steps"] = [
            {"step": "warn", "at": "4 hours before due", "event": "Warned", "says": "Soon"}
        ]

    for source, due in (("Web", 10), (None, 48)):
        lived = World(Facts(lead=lead(values={**lead().values, "LeadSource": source})), policy(sla=change))
        lived.look()
        assert lived.look_at_hour(due - 4, seconds=-1) == []
        assert brief(lived.look_at_hour(due - 4)) == ["Warned accept:created:warn"]


def test_the_night_of_the_clock_change_and_a_holiday_change_when_the_first_contact_is_due() -> None:
    friday = datetime(2026, 10, 30, 20, tzinfo=UTC)  # 16:00 in New York, an hour before the office closes
    early = org()
    early = msgspec.structs.replace(early, enforce_from=friday)
    lived = World(Facts(lead=lead(created_at=friday)), WHOLE, early, now=friday)
    lived.look()
    monday = datetime(2026, 11, 2, 17, tzinfo=UTC)  # three hours after 09:00, now five hours behind
    assert about("first_contact", lived.look(monday - SECOND)) == []
    assert lived.plan is not None
    assert lived.plan.next_check == monday
    closed = Calendar(**{**OFFICE.to_dict(), "holidays": ["2026-11-02"]})  # type: ignore[arg-type]
    lived.policy = everything().policy(OrgHours({"default": closed}))
    assert about("first_contact", lived.look(monday)) == []
    lived.policy = WHOLE
    assert about("first_contact", lived.look(monday)) == ["Breached"]


def test_a_converted_lead_is_not_breached_for_activities_that_went_to_the_contact() -> None:
    lived = whole_policy()
    lived.talk(START + HOUR)
    facts = msgspec.structs.replace(lived.facts, interactions=())
    row = msgspec.structs.replace(facts.lead, is_converted=True, modified_at=START + 30 * HOUR)
    lived.facts = msgspec.structs.replace(facts, lead=row)
    lived.now = START + 31 * HOUR
    assert about("first_contact", list(lived.decide().effects)) == []


def test_without_history_nothing_is_counted_and_without_a_manager_the_executive_decides() -> None:
    lived = whole_policy()
    for hour in (1, 2, 3):
        lived.talk(START + hour * HOUR)
    unknown = msgspec.structs.replace(lived.facts, history_known=False)
    before, lived.facts = lived.facts, unknown
    assert lived.decide().effects == ()
    lived.facts = before
    lived.org = org(rep1={"manager_id": None}, manager1=None, manager2=None)
    asked = next(one for one in lived.look() if one.kind == Kind.MANAGER_DECISION)
    assert asked.task is not None
    assert lived.org.users[asked.task.owner_id].role == "Executive"


def test_what_is_meant_for_a_rep_who_left_goes_to_the_manager() -> None:
    lived = whole_policy()
    lived.talk(START + HOUR)
    lived.look()
    lived.org = org(rep1={"active": False})
    lived.look(START + 3 * DAY + 5 * HOUR)
    follow_up = next(one for one in lived.done if one.kind == Kind.ATTEMPT_DUE)
    assert follow_up.task is not None
    assert follow_up.task.owner_id == MANAGER


def test_a_lead_in_nurture_is_left_alone() -> None:
    lived = whole_policy(facts=Facts(lead=lead(values=POOR)))
    lived.talk(START + HOUR)
    for days in (1, 4, 30):
        lived.look(START + days * DAY)
    assert not [one for one in lived.done if one.clock is not None]
    assert lived.facts.lead.id == LEAD


def test_a_contact_in_the_second_in_which_a_band_is_noticed_meets_its_first_contact_at_once() -> None:
    lived = whole_policy(facts=Facts(lead=lead(values=FAIR)))
    lived.change(MARKETING, at=START + HOUR, values=BEST)
    lived.talk(START + HOUR)
    lived.carry_out(lived.decide())
    assert done(lived, "first_contact") == []
    lived.look()
    assert done(lived, "first_contact") == ["Met"]
