"""Every few hours the whole index is compared with the org: what everything else has missed is found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sfsync.poll import COMPARE_EVERY, DETECTOR_EVERY, OVERLAP, tick
from sfsync.ports import Reply
from sfsync.report.figures import Comparison, comparison
from tests.inprocess import Crash, Send, World, begun


def found(world: World) -> Comparison:
    return comparison(world.session())


def later(world: World, by: timedelta = COMPARE_EVERY) -> None:
    world.advance(seconds=by.total_seconds())


def due(world: World, leads: list[str]) -> list[int | None]:
    marks = world.store.marks()
    assert marks is not None
    return world.store.known(marks.epoch, leads)


def test_a_lead_that_fell_out_of_the_index_is_back_in_it_long_before_it_is_due() -> None:
    world = begun()
    leads = [world.create_lead() for _ in range(3)]
    world.once()
    checks = due(world, leads)
    world.store.forget(["due"])
    assert due(world, leads) == [None, None, None] != checks
    later(world)
    assert world.once().looks == len(leads)
    assert due(world, leads) == checks
    seen = found(world)
    assert (seen.compared_leads, seen.compared_found) == (3, 3)
    assert seen.compared_at is not None
    later(world)
    assert world.once().looks == 0
    assert found(world) == seen, "somebody shall have the day to see it"
    later(world)
    world.once()
    assert found(world).compared_found == 0


def test_what_people_do_between_poll_and_comparison_is_no_drift_and_comes_with_the_next_poll() -> None:
    world = begun()
    edited, reopened = world.create_lead(), world.create_lead()
    world.update(reopened, by=world.rep, Status="Rejected")
    for _ in range(2):
        world.once()
        world.advance(seconds=2 * OVERLAP.total_seconds())
    later(world)
    calls = []

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if b"/query?q=SELECT%20Id%20FROM%20Lead" in (body or b""):
            calls.append(path)
            world.update(edited, by=world.rep, SLA_Budget__c="Approved")
            world.update(reopened, by=world.rep, Status="Open - Not Contacted")
            world.create_lead()
        return send()

    with world.interposed(interpose):
        assert world.once().looks == 0
    assert len(calls) == 1
    assert not found(world).compared_found
    world.advance(minutes=1)
    assert world.once().looks == 3


def test_a_page_whose_history_is_newer_than_its_rows_is_no_drift() -> None:
    world = begun()
    world.app.settings.composite_page_rows = 1
    leads = [world.create_lead() for _ in range(3)]
    for _ in range(2):
        world.once()
        world.advance(seconds=2 * OVERLAP.total_seconds())
    later(world)
    changed = []

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if b"/query?q=SELECT%20Id%20FROM%20Lead" in (body or b""):
            world.update(leads[-1], by=world.rep, Status="Working - Contacted")
            changed.append(path)
        return reply

    with world.interposed(interpose):
        assert world.once().looks == 0
    assert changed
    assert not found(world).compared_found


def test_an_edit_that_was_committed_later_than_every_overlap_is_seen() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(minutes=1)
    world.control("late_commit", sobject="Lead", id=lead, values={"SLA_Budget__c": "Approved"})
    for _ in range(5):
        later(world, OVERLAP)
        world.once()
    world.control("late_commit", release=True)
    world.once()
    assert world.lead(lead)["SLA_Score__c"] == 68, "the poll has passed it"
    later(world)
    world.once()
    assert world.lead(lead)["SLA_Score__c"] == 76
    assert found(world).compared_found == 1


def test_a_rejection_that_was_committed_later_than_every_overlap_is_seen() -> None:
    world = begun()
    lead, seen = world.create_lead(), world.create_lead()
    world.once()
    world.advance(minutes=1)
    world.control("late_commit", sobject="Lead", id=lead, values={"Status": "Rejected"})
    world.update(seen, by=world.rep, Status="Rejected")
    for _ in range(5):
        later(world, OVERLAP)
        world.once()
    world.control("late_commit", release=True)
    world.once()
    assert [world.kinds(one) for one in (lead, seen)] == [["Band Entered"], ["Band Entered", "Met"]]
    later(world)
    world.once()
    assert world.kinds(lead) == ["Band Entered", "Met"]
    assert found(world).compared_found == 1


def test_a_new_lead_that_was_committed_later_than_every_overlap_is_seen() -> None:
    world = begun()
    values = {"LastName": "Late", "Company": "Example", "OwnerId": world.rep}
    late = world.control("late_commit", sobject="Lead", values=values)["id"]
    for _ in range(5):
        later(world, OVERLAP)
        world.once()
    world.control("late_commit", release=True)
    later(world)
    world.once()
    assert world.lead(late)["SLA_Score__c"] == 0


def test_a_converted_lead_that_was_handed_out_and_lost_gets_its_end() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(hours=1)
    world.control("convert", lead_id=lead, user_id=world.rep)
    for _ in range(2):  # the poll's overlap brings it once more
        tick(world.worker())
        world.queue.messages.clear()
        world.store.forget(["claims"])
        later(world, OVERLAP + timedelta(minutes=1))
    for _ in range(4):
        later(world, DETECTOR_EVERY)
        world.once()
    assert world.kinds(lead) == ["Band Entered"]
    later(world)
    world.once()
    assert world.kinds(lead) == ["Band Entered", "Met"]
    assert not found(world).compared_found, "that one was lost cannot be told from one that was not"


def test_a_comparison_that_finds_nothing_costs_one_call_and_the_first_of_a_day_another() -> None:
    world = begun()
    worker = world.worker()
    for _ in range(5):
        world.create_lead()
    world.once(worker)
    settings = world.soql("SELECT Id FROM SFSync_Settings__c")[0]["Id"]
    for stored in ([], [], [f"sobjects/SFSync_Settings__c/{settings}"], []):  # 15:00, 21:00, 03:00, 09:00
        later(world)
        worker.configuration()
        with world.counted() as calls:
            assert world.once(worker).looks == 0
        assert calls[calls.index("composite") :] == ["composite", "composite", *stored]
    world.advance(minutes=1)
    with world.counted() as calls:
        world.once(worker)
    assert set(calls) == {"composite"}


def test_a_cold_start_is_a_comparison_already() -> None:
    world = World()
    world.create_leads(5)
    world.once()
    with world.counted() as calls:
        world.once()
    assert len(calls) <= 3


def test_an_interrupted_comparison_is_made_again_and_loses_nothing() -> None:
    world = begun()
    world.app.settings.composite_page_rows = 200
    leads = world.create_leads(500, CreatedDate=world.org.clock.now() - 86_400)
    world.once()
    world.store.forget(["due"])
    later(world)

    def second_page_kills(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if b"-200" in (body or b""):
            raise Crash
        return send()

    with world.interposed(second_page_kills), pytest.raises(Crash):
        world.once()
    world.queue.messages.clear()
    world.advance(minutes=1)
    world.once()
    marks = world.store.marks()
    assert marks is not None
    assert all(world.store.known(marks.epoch, leads))


def test_in_shadow_mode_nothing_is_stored() -> None:
    world = begun()
    world.create_lead()
    world.change_settings(Shadow__c=True)
    world.once()
    later(world, timedelta(days=1))
    world.once()
    assert found(world) == Comparison()
