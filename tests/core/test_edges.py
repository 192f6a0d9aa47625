"""Every shipped clock through the same edges: the second, the clock change, and what happens in the middle.

Each clock begins for a lead of its own and is due once; the tables say what the ledger has of it in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sfsync.core.model import Facts
from tests.core.builders import (
    EXECUTIVE,
    HOUR,
    MANAGER,
    OPEN,
    QUEUE,
    REP,
    SECOND,
    SECOND_REP,
    START,
    THIRD_REP,
    WHOLE,
    World,
    lead,
    org,
    policy,
)

DAY = 24 * HOUR
NOBODY = {f"rep{number}": {"active": False} for number in range(1, 7)}


@dataclass(frozen=True)
class Case:
    """One clock that counts: since when, until when, and what is written when its time is used up."""

    clock: str
    accepted: bool
    due: datetime
    says: str = "Breached"
    contact: bool = False
    in_queue: bool = False

    def begin(self, at: datetime = START, **parts: Any) -> World:
        parts.setdefault("org", org(**NOBODY) if self.in_queue else org())
        parts.setdefault("policy", WHOLE)
        owner = QUEUE if self.in_queue else REP
        lived = World(Facts(lead=lead(created_at=at, owner_id=owner)), now=at, **parts)
        lived.look()
        if self.accepted:
            lived.accept(at + HOUR)
            lived.look()
        if self.contact:
            lived.talk(at + 2 * HOUR)
            lived.look()
        if self.clock == "accept":
            lived.look(at + 36 * HOUR)
        return lived

    def said(self, lived: World) -> list[str]:
        return [one.kind.value for one in lived.done if one.clock == self.clock and one.step != "warn"]


CASES = {
    case.clock: case
    for case in (
        Case("assign", False, START + 8 * HOUR, in_queue=True),
        Case("accept", False, START + 48 * HOUR),
        Case("first_contact", False, datetime(2026, 11, 2, 18, tzinfo=UTC)),
        Case("follow_up", True, START + 48 * HOUR),
        Case("silence", True, START + 7 * DAY),
        Case("qualify", True, START + HOUR + 21 * DAY),
        Case("follow_ups", True, datetime(2026, 11, 5, 14, tzinfo=UTC), says="Attempt Due", contact=True),
    )
}
each_clock = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each_clock
def test_nothing_a_second_before_once_at_the_second_and_nothing_a_second_after(case: Case) -> None:
    lived = case.begin()
    lived.look(case.due - SECOND)
    before = case.said(lived)
    assert case.says not in before
    lived.look(case.due)
    assert case.said(lived).count(case.says) == 1
    after = case.said(lived)
    lived.look(case.due + SECOND)
    assert case.said(lived) == after


def reassigned_twice(lived: World, at: datetime) -> None:
    lived.change(MANAGER, at=at, owner_id=SECOND_REP)
    lived.look()
    lived.change(MANAGER, at=at + 60 * SECOND, owner_id=THIRD_REP)


def taken_back(lived: World, at: datetime) -> None:
    """Accepted, if it was not before, and un-accepted again half an hour later."""
    if lived.facts.lead.status == OPEN:
        lived.accept(at - HOUR / 2)
        lived.look()
    lived.change(REP, at=at, status=OPEN)


def rejected(lived: World, at: datetime) -> None:
    lived.change(REP, at=at, status="Closed - Not Converted")


def put_into_a_queue(lived: World, at: datetime) -> None:
    lived.org = org(**NOBODY)
    lived.change(MANAGER, at=at, owner_id=QUEUE)


def row(lived: World, at: datetime, **fields: Any) -> None:
    changed = msgspec.structs.replace(lived.facts.lead, modified_at=at, **fields)
    lived.facts = msgspec.structs.replace(lived.facts, lead=changed)
    lived.now = at


def converted(lived: World, at: datetime) -> None:
    """Its activities have gone to the contact."""
    lived.facts = msgspec.structs.replace(lived.facts, interactions=())
    row(lived, at, is_converted=True)


def deleted(lived: World, at: datetime) -> None:
    row(lived, at, is_deleted=True)


def lost_a_merge(lived: World, at: datetime) -> None:
    row(lived, at, is_deleted=True, master_id="00Q000000000002AAA")


def lost_its_history(lived: World, at: datetime) -> None:
    lived.facts = msgspec.structs.replace(lived.facts, history_known=False)
    lived.now = at


def exempted(lived: World, at: datetime) -> None:
    row(lived, at, exempt=True)


EDGES: dict[Callable[[World, datetime], None], dict[str, list[str]]] = {
    reassigned_twice: {"assign": ["Met"], "first_contact": ["Breached"]},
    taken_back: {
        "assign": ["Met"],
        "accept": ["Met"],
        "first_contact": ["Breached"],
        "silence": ["Breached"],
        "follow_ups": ["Attempt Due"],
    },
    rejected: {"assign": ["Met"], "accept": ["Met"], "qualify": ["Met"]},
    put_into_a_queue: {"assign": ["Escalated", "Breached"]},
    converted: {"assign": ["Met"], "accept": ["Met"], "qualify": ["Met"]},
    deleted: {},
    lost_a_merge: {},
    lost_its_history: {},
    exempted: {},
}
"""What the ledger has of a clock to which this happens an hour before it is due; nothing, where it does not stand."""


@each_clock
@pytest.mark.parametrize("happens", EDGES)
def test_what_happens_in_the_middle(case: Case, happens: Callable[[World, datetime], None]) -> None:
    lived = case.begin()
    happens(lived, case.due - HOUR)
    lived.look()
    for at in (case.due, case.due + HOUR, case.due + 6 * HOUR):
        lived.look(at)
    assert case.said(lived) == EDGES[happens].get(case.clock, [])


@pytest.mark.parametrize("clock", ["assign", "accept"])
def test_an_acceptance_that_is_taken_back_met_its_run_and_the_next_one_has_the_whole_time(clock: str) -> None:
    case = CASES[clock]
    lived = case.begin()
    again = case.due - HOUR
    taken_back(lived, again)
    due = again + (case.due - START)
    if clock == "accept":
        lived.look(again + 36 * HOUR)
    lived.look(due - SECOND)
    assert case.said(lived) == ["Met"]
    lived.look(due)
    assert case.said(lived).count(case.says) == 1
    (breached,) = [one for one in lived.done if one.clock == clock and one.kind.value == case.says]
    assert (breached.started_at, breached.due_at) == (again, due)


def test_of_three_owners_in_an_hour_only_the_last_is_charged_from_when_the_lead_came_to_them() -> None:
    case = CASES["first_contact"]
    lived = case.begin()
    reassigned_twice(lived, case.due - HOUR)
    lived.look()
    theirs = case.due + 3 * HOUR + 60 * SECOND
    lived.look(theirs - SECOND)
    assert case.said(lived) == []
    lived.look(theirs)
    (breached,) = [one for one in lived.done if one.clock == case.clock]
    assert (breached.rep, breached.run, breached.due_at) == (
        THIRD_REP,
        lived.facts.changes[-1].id,
        theirs,
    )


@pytest.mark.parametrize(
    ("clock", "resumes_until"),
    [
        ("assign", 6 * HOUR),
        ("accept", 6 * HOUR),
        ("follow_up", 6 * HOUR),
        ("silence", 6 * HOUR),
        ("qualify", 6 * HOUR),
        (
            "first_contact",
            21 * HOUR,
        ),  # on hold from 12:00 to 18:00 in New York; the hour left is Tuesday's first
    ],
)
def test_a_pause_over_the_deadline_moves_it_by_as_much_as_the_clock_would_have_counted(
    clock: str, resumes_until: timedelta
) -> None:
    def paused(sla: dict[str, Any]) -> None:
        sla["clocks"][clock]["paused_while"] = {"status": ["On Hold"]}

    case = CASES[clock]
    lived = case.begin(policy=policy(whole=True, sla=paused))
    lived.change(MANAGER, at=case.due - HOUR, status="On Hold")
    lived.look()
    lived.look(case.due + HOUR)
    lived.change(MANAGER, at=case.due + 5 * HOUR, status="Accepted" if case.accepted else OPEN)
    lived.look(case.due + resumes_until - SECOND)
    assert case.says not in case.said(lived)
    lived.look(case.due + resumes_until)
    assert case.said(lived).count(case.says) == 1


@pytest.mark.parametrize("clock", CASES)
def test_over_the_night_of_the_clock_change_time_is_counted_in_real_seconds_and_days_by_the_wall(
    clock: str,
) -> None:
    friday = datetime(2026, 10, 30, 18, tzinfo=UTC)  # the clocks go back on Sunday at 06:00 UTC
    case = CASES[clock]
    by_the_wall = {
        # Three hours on Friday in New York, and on Monday until ten.
        "first_contact": datetime(2026, 11, 2, 15, tzinfo=UTC),
        # Nine in New York, an hour later than on Friday.
        "follow_ups": datetime(2026, 11, 2, 14, tzinfo=UTC),
    }
    due = by_the_wall.get(clock, friday + (case.due - START))
    people = org(**NOBODY) if case.in_queue else org()
    lived = case.begin(friday, org=msgspec.structs.replace(people, enforce_from=friday))
    lived.look(due - SECOND)
    assert case.says not in case.said(lived)
    lived.look(due)
    assert case.said(lived).count(case.says) == 1


@pytest.mark.parametrize("without_managers", [False, True])
@each_clock
def test_a_rep_who_left_gets_nothing_more_and_somebody_who_is_there_does(
    case: Case, without_managers: bool
) -> None:
    gone = {"manager1": None, "manager2": None} if without_managers else {}
    lived = case.begin(org=org(**NOBODY, **gone)) if case.in_queue else case.begin()
    told = len(lived.done)
    if not case.in_queue:
        lived.org = org(rep1={"active": False}, **gone)
    lived.look(case.due)
    assert case.said(lived).count(case.says) == 1
    addressed = {one.task.owner_id for one in lived.done[told:] if one.task is not None}
    addressed |= {id_ for one in lived.done[told:] for id_ in one.mentions}
    expected = EXECUTIVE if without_managers else MANAGER
    assert addressed == ({expected} if case.clock in ("assign", "accept", "follow_ups") else set())


@pytest.mark.parametrize(
    ("happens", "asked"),
    [
        (None, ["Manager Decision"]),
        (taken_back, ["Manager Decision"]),
        (reassigned_twice, []),
        (rejected, []),
        (put_into_a_queue, []),
        (converted, []),
        (deleted, []),
        (lost_a_merge, []),
        (lost_its_history, []),
        (exempted, []),
    ],
)
def test_the_manager_decides_only_where_the_third_attempt_is_this_owners_and_the_lead_is_theirs(
    happens: Callable[[World, datetime], None] | None, asked: list[str]
) -> None:
    lived = World(Facts(lead=lead()), WHOLE)
    lived.look()
    lived.accept(START + HOUR)
    for hour in (2, 3):
        lived.talk(START + hour * HOUR)
        lived.look()
    if happens is not None:
        happens(lived, START + 4 * HOUR)
        lived.look()
    lived.talk(START + 5 * HOUR)
    lived.look()
    assert [one.kind.value for one in lived.done if one.clock == "decision"] == asked


@pytest.mark.parametrize(
    ("before", "owner", "expected"),
    [
        (DAY, REP, []),
        (DAY + SECOND, REP, ["Late Entry"]),
        (DAY + SECOND, QUEUE, ["Late Entry"]),
        (-HOUR, REP, []),  # acquired after it was entered: a mistake of whoever wrote it, not a late entry
    ],
)
def test_an_entry_is_late_from_the_second_after_a_day_whoever_has_the_lead(
    before: timedelta, owner: str, expected: list[str]
) -> None:
    values = {**lead().values, "SLA_Acquired_At__c": (START - before).isoformat()}
    lived = World(Facts(lead=lead(values=values, owner_id=owner)), WHOLE)
    lived.look()
    assert [one.kind.value for one in lived.done if one.clock == "acquire"] == expected
