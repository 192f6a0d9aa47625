"""The acceptance ladder of requirements P6 and P13, and what may befall it on the way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from sfsync.core.model import Kind, Loads
from tests.core.builders import (
    EXECUTIVE,
    HOUR,
    LEAD,
    MANAGER,
    OPEN,
    OTHER_MANAGER,
    QUEUE,
    REP,
    REPS,
    SECOND,
    SECOND_REP,
    START,
    THIRD_REP,
    World,
    brief,
    lead,
    on_time,
    org,
    policy,
)

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in (3, 4, 5, 6))
STEPS = (
    (36, ["Warned accept:created:warn"]),
    (48, ["Reminded accept:created:remind", "Breached accept:created:breached"]),
    (72, ["Escalated accept:created:escalate"]),
    (
        96,
        [
            "Reassigned accept:created:reassign",
            "Executive Notified accept:created:reassign:executive-notified",
            "Closed Late accept:created:closed-late",
        ],
    ),
)


@pytest.mark.parametrize(("hour", "expected"), STEPS)
def test_a_step_is_done_at_its_second_and_not_one_second_earlier(hour: int, expected: list[str]) -> None:
    climbed = on_time(until=hour - 12)
    assert climbed.look_at_hour(hour, seconds=-1) == []
    assert brief(climbed.look_at_hour(hour)) == expected
    assert climbed.look_at_hour(hour, seconds=1) == []


def test_the_warning_goes_to_the_owner_with_a_task_on_the_day_of_the_deadline() -> None:
    (warned,) = on_time().look_at_hour(36)
    assert warned.due_at == datetime(2026, 11, 3, 21, tzinfo=UTC)
    assert warned.started_at == START
    assert (warned.rep, warned.run, warned.step) == (REP, "created", "warn")
    assert warned.task is not None
    assert (warned.task.owner_id, warned.task.due, warned.task.priority) == (REP, WEDNESDAY, "High")
    assert warned.mentions == (REP,)
    assert warned.adherent is None
    assert warned.detail == (
        "Please accept this lead by Wed 4 Nov 2026 04:00 (America/New York): "
        "36 hours of its 48 hours have passed."
    )


def test_at_the_deadline_the_owner_is_reminded_and_the_breach_counts_against_them_once() -> None:
    reminded, breached = on_time(36).look_at_hour(48)
    assert (reminded.mentions, reminded.task) == ((REP,), None)
    assert (breached.mentions, breached.task, breached.step) == ((), None, None)
    assert reminded.due_at == breached.due_at == datetime(2026, 11, 4, 9, tzinfo=UTC)
    assert (reminded.adherent, breached.adherent) == (None, 0)


def test_the_escalation_gives_the_manager_a_task_for_today_and_mentions_owner_and_manager() -> None:
    (escalated,) = on_time(48).look_at_hour(72)
    assert escalated.due_at == datetime(2026, 11, 5, 9, tzinfo=UTC)
    assert escalated.task is not None
    assert (escalated.task.owner_id, escalated.task.due) == (MANAGER, THURSDAY)
    assert escalated.mentions == (REP, MANAGER)
    assert escalated.to_user == MANAGER
    assert "Rep 1 has not accepted this lead for 3 days" in escalated.detail


def test_the_reassignment_tells_new_owner_manager_and_executive_and_starts_a_new_clock() -> None:
    climbed = on_time(72)
    reassigned, told, closed = climbed.look_at_hour(96)
    assert (reassigned.rep, reassigned.from_user, reassigned.to_user) == (REP, REP, SECOND_REP)
    assert reassigned.task is not None
    assert (reassigned.task.owner_id, reassigned.task.due) == (SECOND_REP, FRIDAY)
    assert reassigned.mentions == (SECOND_REP, MANAGER)
    assert (told.mentions, told.to_user, told.step) == ((EXECUTIVE,), EXECUTIVE, None)
    assert {one.due_at for one in (reassigned, told, closed)} == {datetime(2026, 11, 6, 9, tzinfo=UTC)}
    assert (closed.rep, closed.adherent) == (REP, None)
    row = climbed.facts.lead
    assert row.owner_id == SECOND_REP
    assert row.sla.due_at == datetime(2026, 11, 8, 9, tzinfo=UTC)
    assert row.sla.status == "On Track"
    assert brief(climbed.look_at_hour(96 + 36)) == [f"Warned accept:{climbed.facts.changes[-1].id}:warn"]


@pytest.mark.parametrize("hour", [36, 48, 72, 96])
def test_a_lead_accepted_a_second_before_a_step_gets_no_further_step(hour: int) -> None:
    climbed = on_time(until=hour - 12)
    climbed.accept(START + hour * HOUR - SECOND)
    kinds = [effect.kind for effect in climbed.look_at_hour(hour)]
    assert kinds == ([Kind.MET] if hour <= 48 else [Kind.CLOSED_LATE])
    for later in range(hour + 1, 200, 7):
        assert climbed.look_at_hour(later) == []


def test_a_lead_accepted_in_time_counts_once_for_its_rep() -> None:
    climbed = on_time(36)
    climbed.accept(START + 40 * HOUR)
    (met,) = climbed.look()
    assert (met.kind, met.key, met.adherent, met.rep) == (Kind.MET, f"{LEAD}:accept:created:met", 1, REP)
    assert met.due_at == START + 48 * HOUR
    assert climbed.facts.lead.sla.status == "Met"
    assert (climbed.facts.lead.sla.due_at, climbed.facts.lead.sla.clock) == (None, None)


def test_a_lead_accepted_late_is_breached_and_closed_late_but_not_met() -> None:
    climbed = on_time(48)
    climbed.accept(START + 50 * HOUR)
    (closed,) = climbed.look()
    assert (closed.kind, closed.adherent, closed.due_at) == (Kind.CLOSED_LATE, None, START + 48 * HOUR)
    assert climbed.facts.lead.sla.status == "Not Applicable"


def test_a_lateness_that_nobody_saw_is_written_down_when_the_lead_is_next_looked_at() -> None:
    climbed = on_time(36)
    climbed.accept(START + 50 * HOUR)
    climbed.now += HOUR
    breached, closed = climbed.look()
    assert (breached.kind, breached.adherent) == (Kind.BREACHED, 0)
    assert closed.kind == Kind.CLOSED_LATE


def test_disposing_of_a_lead_in_time_counts_as_much_as_accepting_it() -> None:
    climbed = on_time(36)
    climbed.accept(START + 40 * HOUR, status="Rejected")
    (met,) = climbed.look()
    assert (met.kind, met.adherent) == (Kind.MET, 1)
    assert climbed.facts.lead.sla.next_check is None
    assert climbed.plan is not None
    assert climbed.plan.next_check is None


def test_a_breach_that_history_read_late_disproves_is_excused_and_counts_as_neither() -> None:
    climbed = on_time(48)
    climbed.change(REP, at=START + 48 * HOUR - SECOND, status="Accepted")
    climbed.now = START + 49 * HOUR
    (excused,) = climbed.look()
    assert (excused.kind, excused.adherent) == (Kind.EXCUSED, None)
    assert excused.key == f"{LEAD}:accept:created:excused"


def test_an_acceptance_taken_back_starts_a_run_named_by_its_history_row() -> None:
    climbed = on_time()
    climbed.accept(START + 10 * HOUR)
    climbed.look()
    climbed.change(REP, at=START + 20 * HOUR, status=OPEN)
    climbed.look()
    row = climbed.facts.changes[-1].id
    assert climbed.facts.lead.sla.due_at == START + 68 * HOUR
    assert climbed.look_at_hour(56, seconds=-1) == []
    assert brief(climbed.look_at_hour(56)) == [f"Warned accept:{row}:warn"]


def test_an_owner_who_is_changed_by_a_person_starts_anew_and_nobody_failed() -> None:
    climbed = on_time(36)
    climbed.change(MANAGER, at=START + 40 * HOUR, owner_id=SECOND_REP)
    assert climbed.look() == []
    assert climbed.facts.lead.sla.due_at == START + 88 * HOUR
    assert brief(climbed.look_at_hour(76)) == [f"Warned accept:{climbed.facts.changes[-1].id}:warn"]


def test_a_lead_is_never_given_back_to_somebody_who_failed_it_and_ends_in_the_queue() -> None:
    climbed = World()
    owners = [REP]
    hour = 0.0
    while not climbed.facts.lead.owner_id.startswith("00G"):
        for step in (0, 36, 48, 72, 96):
            climbed.look_at_hour(hour + step)
        owners.append(climbed.facts.lead.owner_id)
        hour += 96
    assert sorted(owners[:-1]) == sorted(REPS)
    assert owners[-1] == QUEUE
    reassigned = next(effect for effect in reversed(climbed.done) if effect.kind == Kind.REASSIGNED)
    assert (reassigned.to_user, reassigned.to_queue, reassigned.task) == (None, QUEUE, None)
    assert reassigned.mentions == (OTHER_MANAGER,)
    assert "it now belongs to Lead Queue" in reassigned.detail


def test_the_grace_counts_from_when_the_warning_was_committed_not_from_when_it_was_decided() -> None:
    late = World()
    late.look()
    late.look_at_hour(75)  # Thursday 12:00 UTC, before the office in New York opens
    assert late.kinds()[-2:] == ["Warned", "Breached"]
    committed = START + timedelta(
        hours=80
    )  # two hours after it has opened: the request was under way for long
    ledger = [msgspec.structs.replace(row, committed_at=committed) for row in late.facts.ledger]
    late.facts = msgspec.structs.replace(late.facts, ledger=tuple(ledger))
    assert late.look_at_hour(84, seconds=-1) == []
    assert brief(late.look_at_hour(84)) == ["Escalated accept:created:escalate"]


def test_without_a_queue_a_lead_that_nobody_can_take_stays_and_the_escalation_still_happens() -> None:
    everybody_full = Loads(dict.fromkeys(REPS, 100))
    climbed = on_time(48, loads=everybody_full, policy=policy(routing=lambda rules: rules.pop("queue")))
    assert brief(climbed.look_at_hour(100)) == ["Escalated accept:created:escalate"]
    assert climbed.facts.lead.owner_id == REP
    assert climbed.plan is not None
    assert climbed.plan.next_check == climbed.now + timedelta(minutes=15)
    assert "at capacity" in str(climbed.facts.lead.sla.next_step)
    climbed.loads = Loads()
    assert "Reassigned accept:created:reassign" in brief(climbed.look_at_hour(101))


def test_beyond_the_limit_of_owner_changes_a_reassignment_waits_and_says_so() -> None:
    climbed = on_time(72)
    assert climbed.look(START + 96 * HOUR, owner_changes_left=0) == []
    assert climbed.plan is not None
    assert climbed.plan.withheld == "the limit of owner changes is reached"
    assert climbed.facts.lead.sla.next_step == "Withheld: the limit of owner changes is reached"
    assert "Reassigned accept:created:reassign" in brief(climbed.look_at_hour(97))


def test_choosing_somebody_needs_loads_and_the_plan_says_so() -> None:
    climbed = on_time(72)
    climbed.now = START + 96 * HOUR
    climbed.loads = None  # type: ignore[assignment]
    plan = climbed.decide()
    assert plan.needs_routing
    assert plan.owner_id is None


@pytest.mark.parametrize("missing", [{"rep1": {"manager_id": None}}, {"manager1": {"active": False}}])
def test_a_rep_whose_manager_is_missing_or_gone_is_escalated_to_the_policys_managers(
    missing: dict[str, dict[str, object]],
) -> None:
    (escalated,) = on_time(48, org=org(**missing)).look_at_hour(72)
    stand_in = MANAGER if "rep1" in missing else OTHER_MANAGER
    assert escalated.task is not None
    assert escalated.task.owner_id == escalated.to_user == stand_in


def test_with_no_manager_at_all_the_executive_is_escalated_to() -> None:
    (escalated,) = on_time(48, org=org(manager1=None, manager2=None)).look_at_hour(72)
    assert escalated.mentions == (REP, EXECUTIVE)


def test_without_an_executive_the_reassignment_is_written_down_and_nobody_else_is_mentioned() -> None:
    effects = on_time(72, org=org(executive=None)).look_at_hour(96)
    told = next(effect for effect in effects if effect.kind == Kind.EXECUTIVE_NOTIFIED)
    assert (told.mentions, told.to_user) == ((), None)


def test_what_is_meant_for_an_owner_who_was_deactivated_goes_to_the_manager() -> None:
    (warned,) = on_time(org=org(rep1={"active": False})).look_at_hour(36)
    assert warned.task is not None
    assert warned.task.owner_id == MANAGER
    assert warned.mentions == (MANAGER,)
    assert warned.rep == REP
    assert warned.detail.endswith("(Rep 1 is no longer active; this goes to Max Manager.)")


def in_office_hours(sla: dict) -> None:
    sla["clocks"]["accept"]["hours"] = "office"
    sla["clocks"]["accept"]["time"] = "8 hours"
    for step, at in zip(
        sla["clocks"]["accept"]["steps"], ("75 %", "8 hours", "12 hours", "16 hours"), strict=True
    ):
        step["at"] = at


def test_in_office_hours_the_ladder_counts_working_time_over_a_weekend_and_a_dst_night() -> None:
    """New York's clocks go back on Sunday 1 November 2026: Friday 16:00 is UTC-4, Monday is UTC-5."""
    friday = datetime(2026, 10, 30, 20, tzinfo=UTC)
    climbed = World(
        msgspec.structs.replace(World().facts, lead=lead(created_at=friday)),
        policy=policy(sla=in_office_hours),
    )
    climbed.org = msgspec.structs.replace(climbed.org, enforce_from=friday)
    climbed.look(friday)
    for at, expected in (
        (datetime(2026, 11, 2, 19, tzinfo=UTC), "Warned"),
        (datetime(2026, 11, 2, 21, tzinfo=UTC), "Reminded"),
        (datetime(2026, 11, 3, 17, tzinfo=UTC), "Escalated"),
        (datetime(2026, 11, 3, 21, tzinfo=UTC), "Reassigned"),
    ):
        assert climbed.look(at - SECOND) == []
        done = climbed.look(at)
        assert (done[0].kind.value, done[0].due_at) == (expected, at)
        if expected == "Warned":
            assert "6 hours of its" in done[0].detail


def test_a_renamed_step_and_a_renamed_clock_are_not_done_again() -> None:
    def renamed(sla: dict) -> None:
        clock = sla["clocks"].pop("accept")
        clock["was"] = "accept"
        clock["steps"][0] |= {"step": "first_notice", "was": "warn"}
        sla["clocks"]["acceptance"] = clock

    climbed = on_time(48)
    climbed.policy = policy(sla=renamed)
    assert climbed.look_at_hour(49) == []
    assert brief(climbed.look_at_hour(72)) == ["Escalated acceptance:created:escalate"]
    climbed.accept(START + 73 * HOUR)
    assert brief(climbed.look()) == ["Closed Late acceptance:created:closed-late"]


def test_a_process_that_has_not_the_files_yet_in_which_a_step_was_renamed_does_not_do_it_again() -> None:
    """Two tickers with different files take turns while these are deployed (found by the simulation)."""

    def renamed(sla: dict) -> None:
        for step in sla["clocks"]["accept"]["steps"]:
            step |= {"step": f"new_{step['step']}", "was": step["step"]}

    climbed = World(policy=policy(sla=renamed))
    climbed.look()
    for hour, done in ((36, "new_warn"), (48, "new_remind"), (72, "new_escalate")):
        climbed.policy = policy(sla=renamed)
        assert brief(climbed.look_at_hour(hour))[0].endswith(done)
        climbed.policy = policy()
        assert climbed.look_at_hour(hour + 1) == []
    assert brief(climbed.look_at_hour(96))[0] == "Reassigned accept:created:reassign"


def test_a_later_step_is_done_when_an_earlier_one_with_its_event_was_taken_out() -> None:
    def earlier(sla: dict) -> None:
        steps = sla["clocks"]["accept"]["steps"]
        steps.insert(0, steps[0] | {"step": "early", "at": "12 hours"})

    climbed = World(policy=policy(sla=earlier))
    climbed.look()
    assert brief(climbed.look_at_hour(12)) == ["Warned accept:created:early"]
    climbed.policy = policy()
    assert climbed.look_at_hour(13) == []
    assert brief(climbed.look_at_hour(36)) == ["Warned accept:created:warn"]


def test_a_ladder_that_promises_no_notice_before_the_deadline_needs_none_for_its_breach() -> None:
    def reminder_first(sla: dict) -> None:
        sla["clocks"]["accept"]["steps"].pop(0)

    _, breached = on_time(policy=policy(sla=reminder_first)).look_at_hour(48, seconds=5)
    assert breached.adherent == 0


def test_a_third_owner_is_chosen_when_the_second_fails_too() -> None:
    climbed = on_time(96)
    for hour in (132, 144, 168, 192):
        climbed.look_at_hour(hour)
    assert climbed.facts.lead.owner_id == THIRD_REP
    runs = {effect.run for effect in climbed.done if effect.clock == "accept"}
    assert runs == {climbed.facts.changes[0].id}
