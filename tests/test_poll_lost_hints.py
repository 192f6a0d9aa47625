"""No lead that needs a look goes without one, whatever part of Redis is lost, and whoever dies with it."""

from __future__ import annotations

import pytest

from sfsync.errors import Transient
from sfsync.poll import CLAIM_LASTS, DETECTOR_EVERY, OVERLAP, tick
from sfsync.ports import Reply
from sfsync.salesforce.reader import LeadReader
from tests.fakes import PARTS
from tests.inprocess import Send, World, begun, handed

WIDE = 200


def test_redis_emptied_in_the_middle_of_a_poll_starts_cold_and_loses_nothing() -> None:
    world = begun()
    world.app.settings.composite_page_rows = WIDE
    leads = world.create_leads(4 * WIDE)
    calls = []

    def empty_at_the_second_page(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        calls.append(path)
        if len(calls) == 3:
            world.store.forget()
            world.queue.messages.clear()
        return send()

    with world.interposed(empty_at_the_second_page):
        tick(world.worker())
    assert world.store.marks() is None
    world.queue.messages.clear()
    assert tick(world.worker()).cold
    assert sorted(handed(world)) == sorted(leads)
    assert not tick(world.worker()).cold


@pytest.mark.parametrize("lost", [("due",), ("claims",), ("claims", "due"), ("fingerprints",), PARTS])
def test_whatever_part_of_redis_is_lost_every_step_still_comes(lost: tuple[str, ...]) -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.at(hours=36)
    world.store.forget(lost)
    for _ in range(20):
        world.once()
        world.advance(minutes=1)
    assert world.kinds(lead) == ["Band Entered", "Warned"]


def lose_hand_outs(world: World) -> None:
    """Poll until the overlap has passed what has changed, and lose all that was handed out of it."""
    for minutes in (0, 6):
        world.advance(minutes=minutes)
        tick(world.worker())
        world.queue.messages.clear()
        world.store.forget(("claims", "due"))


def test_the_detector_finds_a_new_lead_whose_hand_out_was_lost() -> None:
    world = begun()
    lead = world.create_lead()
    lose_hand_outs(world)
    world.advance(seconds=DETECTOR_EVERY.total_seconds() - 6 * 60 - 2)
    tick(world.worker())
    assert handed(world) == []
    world.advance(seconds=2)
    tick(world.worker())
    assert handed(world) == [lead]


def test_the_detector_finds_a_lead_that_was_closed_when_its_hand_out_was_lost() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(hours=1)
    world.once()
    world.update(lead, by=world.rep, Status="Rejected")
    lose_hand_outs(world)
    world.at(hours=37)
    world.once()
    assert world.kinds(lead) == ["Band Entered", "Met"]
    assert world.lead(lead).get("SLA_Next_Check__c") is None


def test_a_cold_start_finds_a_lead_that_was_rejected_while_the_hints_were_lost() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(hours=1)
    world.update(lead, by=world.rep, Status="Rejected")
    world.store.forget()
    world.advance(hours=1)
    assert world.once().cold
    assert world.kinds(lead) == ["Band Entered", "Met"]
    assert world.lead(lead)["SLA_Status__c"] == "Not Applicable"
    world.store.forget()
    assert world.once().looks == 0


def test_a_cold_start_finds_a_lead_that_was_over_before_anybody_looked_at_it() -> None:
    world = begun()
    lead = world.create_lead()
    world.advance(hours=1)
    world.update(lead, by=world.rep, Status="Rejected")
    world.store.forget()
    assert world.once().cold
    assert world.kinds(lead) == ["Met"]
    assert world.lead(lead)["SLA_Status__c"] == "Not Applicable"


def test_an_interrupted_cold_start_begins_again() -> None:
    world = begun()
    world.app.settings.composite_page_rows = WIDE
    leads = world.create_leads(3 * WIDE)
    world.store.forget()
    world.fault("expired_locator", "/composite", nth=3)
    with pytest.raises(Transient):
        tick(world.worker())
    handed(world)
    assert tick(world.worker()).cold
    assert sorted(handed(world)) == sorted(leads)


def test_leads_that_a_crashed_worker_was_at_are_taken_over_when_its_claim_runs_out() -> None:
    world = begun()
    lead = world.create_lead()
    tick(world.worker())
    assert handed(world) == [lead]
    world.at(0, seconds=int((CLAIM_LASTS + OVERLAP).total_seconds()))  # no poll sees it any more
    tick(world.worker())
    world.drain()
    assert world.kinds(lead) == ["Band Entered"]


def test_whoever_works_alone_takes_them_over_at_once() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(hours=1)
    world.update(lead, by=world.rep, Status="Accepted")
    tick(world.worker())
    handed(world)
    world.advance(minutes=6)
    tick(world.worker())
    handed(world)
    world.advance(minutes=1)
    tick(world.worker())
    assert handed(world) == [], "claimed, and out of the overlap"
    tick(world.worker(), alone=True)
    assert handed(world) == [lead]


def test_the_detector_finds_a_lead_whose_owner_change_is_withheld_when_only_redis_knew_when_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = begun()
    lead = world.create_lead()
    loads = LeadReader.loads
    monkeypatch.setattr(LeadReader, "loads", lambda self, *given: (loads(self, *given)[0], 0))
    for hours in (0, 36, 48, 72, 96):
        world.at(hours=hours, seconds=2)
        world.once()
    assert "Reassigned" not in world.kinds(lead)
    assert world.lead(lead)["SLA_Next_Check__c"] == int(world.now.timestamp()) + 3600
    world.advance(minutes=6)
    world.once()
    world.store.forget(("due", "claims"))
    world.advance(minutes=9)
    tick(world.worker())
    assert handed(world) == [], "only Redis knew of this time"
    world.at(hours=97, seconds=123 + int(DETECTOR_EVERY.total_seconds()))
    tick(world.worker())
    assert handed(world) == [lead]
