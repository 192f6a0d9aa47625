"""What `explain` promises is what the worker does: each next step at its time, and nothing that it does not name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsync.core.explain import Explanation, explain
from sfsync.core.model import Facts, Lead, Org
from tests.core.builders import GOOD, HOUR, POOR, QUEUE, REP, START, WHOLE, World, lead, org, policy
from tests.core.test_decide_properties import OWNERS, Act, act_on, leads, seconds, settle

DAY = timedelta(days=1)
LADDERS = {ladder.name for ladder in WHOLE.ladders}
LIFE = 40 * DAY
LOOKS = 30
"""So many looks, each when the one before asked for it, are past the end of every ladder."""
lives = settings(max_examples=80, deadline=None)

Promises = dict[tuple[str, str | None], tuple[str, datetime]]


def strict(sla: dict[str, Any]) -> None:
    """Ladders for clocks of all sorts: met by interactions, begun anew by them, in office hours, and silent."""
    warn = {"step": "warn", "at": "50 %", "event": "Warned", "says": "{deadline}", "post": ["owner"]}
    told = {"step": "tell", "at": "120 %", "event": "Escalated", "says": "{deadline}", "post": ["manager"]}
    for name in ("first_contact", "follow_up", "silence", "qualify"):
        sla["clocks"][name]["steps"] = [warn, told]
    sla["clocks"]["qualify"]["paused_while"] = {"stage": ["open"]}


STRICT = policy(whole=True, sla=strict)

acts = st.lists(
    st.builds(
        Act,
        seconds,
        st.sampled_from(["status", "status", "owner", "take", "score", "talk", "talk"]),
        st.integers(0, 5),
    ),
    max_size=8,
    unique_by=lambda act: act.second,
).map(sorted)


def explained(lived: World, at: datetime | None = None) -> Explanation:
    return explain(lived.facts, lived.policy, lived.org, lived.now, lived.loads, at=at)


def promised(said: Explanation) -> Promises:
    """The next step of each run and its time."""
    return {
        (view.clock, view.run): (view.next_step, view.next_at)
        for view in said.clocks
        if view.next_step is not None and view.next_at is not None
    }


def look(lived: World, at: datetime) -> Promises:
    """Look as a worker does; the steps of clocks that were done, by run, with their times."""
    known = len(lived.done)
    settle(lived, at)
    return {
        (one.clock, one.run): (one.step, one.occurred_at)
        for one in lived.done[known:]
        if one.step is not None and one.clock in LADDERS
    }


def begun(row: Lead, made: list[Act], *, enforced: Org, known: bool) -> World:
    """A lead after all that people did to it, looked at each time."""
    lived = World(Facts(lead=row, history_known=known), policy=STRICT, org=enforced)
    settle(lived, START)
    for act in made:
        if act.what == "talk":
            owner = lived.facts.lead.owner_id
            lived.talk(act.at, by=owner if act.choice % 2 and owner != QUEUE else OWNERS[0])
        else:
            act_on(lived, act)
        settle(lived, act.at)
    return lived


@lives
@given(leads, acts)
def test_each_step_is_done_when_explain_said_and_none_that_it_did_not_name(
    row: Lead, made: list[Act]
) -> None:
    lived = begun(row, made, enforced=org(), known=True)
    said = explained(lived)
    for _ in range(LOOKS):
        check = lived.plan.next_check if lived.plan is not None else None
        if check is None:
            return
        assert said.next_check == check
        told = promised(said)
        assert all(at >= check for _, at in told.values()), "nobody looks in time"
        done = look(lived, check)
        assert {run: told.get(run) for run in done} == done, "a step that was not promised"
        said = explained(lived)
        ended = {(view.clock, view.run) for view in said.clocks if view.ended_at == check}
        undone = {run for run, (_, at) in told.items() if at == check and run not in done}
        assert undone <= ended, "a step that was promised was not done, and its run goes on"


@lives
@given(leads, acts, st.integers(1, 40 * 24))
def test_looking_changes_nothing_that_was_promised(row: Lead, made: list[Act], hours: int) -> None:
    """What the plan of the moment changes is in the promise already: a run that it ends promises nothing."""
    lived = begun(row, made, enforced=org(), known=True)
    lived.now += hours * HOUR
    told = promised(explained(lived))
    plan = lived.decide()
    lived.carry_out(plan)
    after = promised(explained(lived))
    if plan.next_check != lived.now:
        assert {run: after.get(run) for run in told} == told
        before = {(view.clock, view.run) for view in explained(lived).clocks if view.started_at != lived.now}
        assert {run for run in after if run in before} == set(told)


IDLE = ["exempt", "unknown", "before", "rejected", "converted"]


@lives
@given(leads, acts, st.sampled_from(IDLE))
def test_where_nothing_is_done_nothing_is_promised_and_it_says_why(
    row: Lead, made: list[Act], why: str
) -> None:
    enforced = msgspec.structs.replace(org(), enforce_from=START + LIFE) if why == "before" else org()
    row = msgspec.structs.replace(row, exempt=why == "exempt")
    lived = begun(row, made, enforced=enforced, known=why != "unknown")
    if why == "rejected":
        lived.change(REP, status="Rejected")
    elif why == "converted":
        lived.change(REP, is_converted=True)
    settle(lived, lived.now)
    known = len(lived.done)
    for at in (lived.now, *(lived.now + days * DAY for days in (1, 3, 10))):
        lived.now = at
        told = explained(lived)
        assert promised(told) == {}
        assert told.next_follow_up is None
        assert why == "before" or told.idle is not None
        counting = [view for view in told.clocks if view.ended_at is None and view.started_at != at]
        assert [view.state for view in counting if not view.state.startswith("does not count: ")] == []
        look(lived, at)
    assert [one for one in lived.done[known:] if one.step is not None] == []


@pytest.mark.parametrize(
    ("fields", "known", "why"),
    [
        ({"exempt": True}, True, "the lead is exempt (SLA_Exempt__c)"),
        ({"status": "Rejected"}, True, "the lead is over (stage rejected)"),
        ({"is_converted": True}, True, "the lead is converted"),
        (
            {},
            False,
            "the lead's history is not known: it does not lead to the owner and the status that the lead has",
        ),
    ],
)
def test_a_lead_none_of_whose_clocks_counts_says_why_at_the_top_and_at_each_clock(
    fields: dict[str, Any], known: bool, why: str
) -> None:
    lived = World(policy=WHOLE)
    lived.look()
    assert explained(lived).idle is None
    row = msgspec.structs.replace(lived.facts.lead, **fields)
    lived.facts = msgspec.structs.replace(lived.facts, lead=row, history_known=known)
    told = explained(lived, at=START + 40 * HOUR)
    assert told.idle == why
    if not fields.keys() & {"status", "is_converted"}:
        assert {view.state for view in told.clocks} == {f"does not count: {why}"}
        assert {view.clock for view in told.clocks} == {"accept", "first_contact", "follow_up", "silence"}
    assert [view.next_at for view in told.clocks if view.next_at is not None] == []


def test_of_two_steps_at_one_moment_the_one_that_is_done_is_promised() -> None:
    """A notice that came very late: escalation and reassignment both wait out the grace after it."""
    lived = World(policy=WHOLE)
    lived.look(START)
    lived.look(START + 5 * DAY)
    (promise,) = promised(explained(lived)).values()
    assert promise[0] == "reassign"
    assert look(lived, promise[1]) == {("accept", "created"): promise}


def test_where_the_history_is_not_known_no_clock_has_a_start_or_a_deadline() -> None:
    told = explained(World(Facts(lead=lead(), history_known=False), policy=WHOLE))
    assert {(view.run, view.started_at, view.due_at) for view in told.clocks} == {(None, None, None)}


def test_a_lead_that_goes_to_nurture_now_is_promised_neither_a_step_nor_a_follow_up() -> None:
    """Its clocks still count as it stands, until the look that is due enters the band."""
    lived = World(Facts(lead=lead(values=POOR)), policy=WHOLE)
    told = explained(lived)
    assert told.would_do[-1] == "Status → Nurture"
    assert {view.next_step for view in told.clocks} == {None}
    assert told.next_follow_up is None


def test_what_the_org_refused_and_why_runs_do_nothing_is_said() -> None:
    row = lead(values=GOOD)
    row = msgspec.structs.replace(row, sla=msgspec.structs.replace(row.sla, sync_error="a rule said no"))
    told = explain(Facts(lead=row), WHOLE, org(), START, World().loads, halted="nothing is done: off")
    assert (told.refused, told.halted) == ("a rule said no", "nothing is done: off")
