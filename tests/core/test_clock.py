"""Runs rebuilt from history and ledger (design.md section 4): named by records, however read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from sfsync.core import life
from sfsync.core.clock import Run
from sfsync.core.ledger import Ledger
from sfsync.core.model import Change, Entry, Facts, Kind
from tests.core.builders import (
    HOUR,
    LEAD,
    MANAGER,
    OPEN,
    QUEUE,
    REP,
    SECOND_REP,
    SHIPPED,
    START,
    WORKER,
    World,
    lead,
    policy,
)


def change(number: int, hour: float, field: str, old: str, new: str, by: str = MANAGER) -> Change:
    return Change(f"017{number:012d}AAA", field, old, new, START + hour * HOUR, by)


def row(number: int) -> str:
    return f"017{number:012d}AAA"


def runs(*changes: Change, ledger: tuple[Entry, ...] = (), clock: str = "accept", **fields: Any) -> list[Run]:
    for one in changes:
        fields["owner_id" if one.field == "Owner" else "status"] = one.new
    facts = Facts(lead=lead(**fields), changes=changes, ledger=ledger)
    bands = Ledger(ledger).bands
    found = life.runs(facts, bands, "Immediate Sales Contact", SHIPPED, WORKER, START + 1000 * HOUR)
    return [msgspec.structs.replace(run, band=None) for run in found[clock]]


def entered(number: int, hour: float, left: str, band: str) -> Entry:
    at = START + hour * HOUR
    return Entry(
        id=f"a00{number:012d}AAA",
        key=f"{LEAD}:band:{number}:{left}>{band}",
        kind=Kind.BAND_ENTERED,
        started_at=at,
        occurred_at=at + HOUR,
    )


def test_without_history_the_run_counts_since_creation() -> None:
    assert runs() == [Run("accept", "created", REP, START)]


def test_the_owner_before_the_first_change_is_the_one_it_left() -> None:
    assert runs(change(1, 5, "Owner", REP, SECOND_REP)) == [
        Run("accept", "created", REP, START, ended_at=START + 5 * HOUR, cause="owner"),
        Run("accept", row(1), SECOND_REP, START + 5 * HOUR),
    ]


def test_leaving_the_stage_ends_a_run_and_coming_back_starts_one() -> None:
    found = runs(change(1, 5, "Status", OPEN, "Accepted"), change(2, 9, "Status", "Accepted", OPEN))
    assert [(run.id, run.cause) for run in found] == [("created", "stage"), (row(2), None)]


def test_a_change_within_the_stage_is_none() -> None:
    both = policy(
        sla=lambda document: document["clocks"]["accept"]["runs_while"].update(stage=["open", "accepted"])
    )
    facts = Facts(lead=lead(status="Accepted"), changes=(change(1, 5, "Status", OPEN, "Accepted"),))
    (run,) = life.runs(facts, [], "Immediate Sales Contact", both, WORKER, START + 1000 * HOUR)["accept"]
    assert (run.id, run.ended_at) == ("created", None)


def test_a_run_begins_with_the_entry_into_a_band_outside_nurture_and_ends_with_the_fall() -> None:
    ledger = (
        entered(1, 0, "", "Nurture"),
        entered(2, 4, "Nurture", "Scheduled Follow-Up"),
        entered(3, 6, "Scheduled Follow-Up", "Immediate Sales Contact"),
        entered(4, 8, "Immediate Sales Contact", "Nurture"),
    )
    (run,) = runs(ledger=ledger)
    assert (run.id, run.started_at) == ("a00000000000002AAA", START + 4 * HOUR)
    assert (run.ended_at, run.cause) == (START + 8 * HOUR, "band")


def test_the_band_of_a_lead_from_before_enforcement_is_the_one_its_first_entry_left() -> None:
    (run,) = runs(ledger=(entered(1, 4, "Immediate Sales Contact", "Nurture"),))
    assert (run.id, run.ended_at) == ("created", START + 4 * HOUR)


def test_taking_from_a_queue_counts_as_acceptance_until_the_stage_changes() -> None:
    took = change(1, 2, "Owner", QUEUE, REP, by=REP)
    assert runs(took) == []
    assert [run.id for run in runs(took, clock="assign")] == ["created"]
    found = runs(took, change(2, 5, "Status", OPEN, "Accepted"), change(3, 7, "Status", "Accepted", OPEN))
    assert [run.id for run in found] == [row(3)]


def test_within_one_second_the_ids_say_what_came_first() -> None:
    """A lead is opened again in its queue and given to a rep at once: the queue's run was, and is met."""
    reopened, given = change(1, 5, "Status", "Accepted", OPEN), change(2, 5, "Owner", QUEUE, REP)
    for order in ((reopened, given), (given, reopened)):
        (run,) = runs(*order, clock="assign")
        assert (run.id, run.started_at, run.ended_at, run.cause) == (
            row(1),
            START + 5 * HOUR,
            START + 5 * HOUR,
            "owner",
        )


def test_what_others_did_in_the_second_in_which_a_band_was_noticed_came_before_it() -> None:
    ledger = (entered(1, 0, "", "Nurture"), entered(2, 5, "Nurture", "Scheduled Follow-Up"))
    assert runs(change(1, 5, "Status", OPEN, "Accepted"), ledger=ledger) == []
    given = change(1, 5, "Owner", QUEUE, REP, by=WORKER)
    (routed,) = runs(given, ledger=ledger, clock="assign")
    assert (routed.id, routed.cause) == ("a00000000000002AAA", "owner")


def test_a_converted_lead_has_no_run_that_counts() -> None:
    (run,) = runs(is_converted=True, modified_at=START + 9 * HOUR)
    assert (run.ended_at, run.cause) == (START + 9 * HOUR, "converted")


def test_a_change_that_is_read_late_takes_its_place_by_its_own_time() -> None:
    """The owner was changed at hour 30; it is read at hour 40, after the old owner was warned."""
    world = World()
    world.look()
    world.look_at_hour(36)
    world.change(MANAGER, at=START + 30 * HOUR, owner_id=SECOND_REP)
    world.look_at_hour(40)
    assert world.facts.lead.sla.due_at == START + 78 * HOUR
    (warned,) = world.look_at_hour(66)
    assert (warned.rep, warned.key) == (SECOND_REP, f"{LEAD}:accept:{world.facts.changes[0].id}:warn")


def test_a_run_with_a_row_in_the_ledger_began_when_that_row_says() -> None:
    started = START + timedelta(minutes=7)
    warned = Entry(
        id="a00000000000001AAA",
        key=f"{LEAD}:accept:created:warn",
        kind=Kind.WARNED,
        clock="accept",
        run="created",
        step="warn",
        started_at=started,
        occurred_at=START + 36 * HOUR,
    )
    ladder = next(ladder for ladder in SHIPPED.ladders if ladder.name == "accept")
    stand = ladder.standing(Run("accept", "created", REP, START), [warned], START + 40 * HOUR)
    assert stand.start == started
    assert stand.deadline == started + 48 * HOUR
