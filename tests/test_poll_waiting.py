"""A lead that was handed out waits for its look: the same row brings it into the queue once, a newer one again."""

from __future__ import annotations

import pytest

from sfsync.errors import Transient
from sfsync.poll import CLAIM_LASTS, tick
from sfsync.ports import Look, Reply
from sfsync.reconcile import handle
from tests.inprocess import Send, begun, handed


def test_a_lead_that_waits_for_its_look_is_handed_out_once_however_often_it_is_read() -> None:
    world = begun()
    leads = world.create_leads(3)
    tick(world.worker())
    assert sorted(handed(world)) == sorted(leads)
    for _ in range(6):
        world.advance(minutes=1)
        tick(world.worker())
    assert handed(world) == []


def test_a_lead_that_changes_while_it_waits_is_handed_out_again() -> None:
    world = begun()
    changed, same = world.create_leads(2)
    tick(world.worker())
    handed(world)
    world.update(changed, by=world.rep, Status="Accepted")
    tick(world.worker())
    assert handed(world) == [changed]
    world.advance(seconds=1)
    world.update(same, by=world.rep, Description="a second later, and nothing that a decision reads")
    tick(world.worker())
    assert handed(world) == [same]


def test_what_changes_while_somebody_looks_is_handed_out_though_the_older_look_is_settled_last() -> None:
    world = begun()
    lead = world.create_lead()
    tick(world.worker())
    [older] = world.queue.messages
    world.queue.messages.clear()

    def change_and_poll(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if path.endswith("composite/graph"):
            world.transport.interpose = None
            world.update(lead, by=world.rep, SLA_Budget__c="Approved")
            tick(world.worker())
        return reply

    with world.interposed(change_and_poll):
        handle(older, world.worker())
    world.queue.messages.clear()  # what the change handed out is lost: the row still differs from what was settled
    tick(world.worker())
    assert handed(world) == [lead]


def test_leads_that_could_not_be_enqueued_are_handed_out_by_the_next_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = begun()
    leads = world.create_leads(3)
    with monkeypatch.context() as patch:
        patch.setattr(world.queue, "put", _cannot)
        with pytest.raises(Transient):
            tick(world.worker())
    tick(world.worker())
    assert sorted(handed(world)) == sorted(leads)


def _cannot(messages: object) -> None:
    raise Transient("the queue cannot be reached")


def test_a_hand_out_that_is_lost_is_made_again_when_its_claim_has_run_out() -> None:
    world = begun()
    leads = world.create_leads(3)
    tick(world.worker())
    handed(world)
    world.advance(seconds=CLAIM_LASTS.total_seconds())
    tick(world.worker())
    assert sorted(handed(world)) == sorted(leads)


def test_a_backlog_costs_no_more_looks_than_it_has_leads() -> None:
    world = begun()
    world.create_leads(1500)
    for _ in range(5):
        tick(world.worker())
        world.advance(minutes=1)
    looks = [message for message in world.queue.messages if isinstance(message, Look)]
    assert sum(len(message.lead_ids) for message in looks) == 1500


def test_leads_whose_claims_are_lost_with_what_was_handed_out_are_handed_out_by_the_next_tick() -> None:
    world = begun()
    leads = world.create_leads(3)
    tick(world.worker())
    handed(world)
    world.store.forget(("claims",))
    tick(world.worker())
    assert sorted(handed(world)) == sorted(leads)
