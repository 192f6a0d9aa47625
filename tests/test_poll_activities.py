"""A Task or Event that somebody changed brings a look at its lead: one for each change, and none is lost."""

from __future__ import annotations

import pytest

from sfsync.poll import OVERLAP, tick
from tests.inprocess import Crash, World, begun
from tests.salesforce.test_emails import email, with_messages
from tests.shipped import everything
from tests.test_poll import handed
from tests.test_world_moves_on import call


def settled() -> tuple[World, str]:
    """A world with one lead that was looked at, its echo and everything else polled."""
    world = begun()
    lead = world.create_lead()
    for _ in range(2):
        world.once(world.worker(everything()))
        world.advance(seconds=int(OVERLAP.total_seconds()) + 1)
    assert polled(world) == []
    return world, lead


def polled(world: World) -> list[str]:
    tick(world.worker(everything()))
    return handed(world)


def test_a_change_is_handed_out_once_though_it_is_read_as_long_as_the_overlap_lasts() -> None:
    world, lead = settled()
    call(world, lead, world.rep)
    assert polled(world) == [lead]
    for _ in range(3):
        world.advance(seconds=20)
        assert polled(world) == []


def test_the_next_change_of_the_same_task_is_handed_out_again_and_so_is_its_deletion() -> None:
    world, lead = settled()
    task = call(world, lead, world.rep)
    other = call(world, lead, world.rep)
    assert polled(world) == [lead], "two Tasks, one look"
    world.advance(seconds=1)
    world.rest("PATCH", f"sobjects/Task/{task}", {"CallDisposition": "Connected"}, by=world.rep)
    assert polled(world) == [lead]
    world.advance(seconds=1)
    world.rest("DELETE", f"sobjects/Task/{other}", by=world.rep)
    assert polled(world) == [lead]
    assert polled(world) == []


def test_a_second_change_in_the_very_second_of_the_first_is_handed_out_too() -> None:
    world, lead = settled()
    task = call(world, lead, world.rep)
    assert polled(world) == [lead]
    world.rest("PATCH", f"sobjects/Task/{task}", {"CallDisposition": "Connected"}, by=world.rep)
    assert polled(world) == [lead]
    assert polled(world) == []


def test_an_e_mail_of_the_leads_brings_a_look_where_e_mail_is_kept_as_messages() -> None:
    world = begun()
    lead = world.create_lead()
    worker = world.worker(with_messages())
    world.once(worker)
    world.advance(minutes=16)
    world.once(worker)
    tick(worker)
    assert handed(world) == []
    email(world, lead, incoming=True, sent="2026-11-02T09:10:00Z")
    world.advance(minutes=16)
    tick(worker)
    assert handed(world) == [lead]
    tick(worker)
    assert handed(world) == []


def test_a_lead_that_was_changed_with_its_task_is_handed_out_once() -> None:
    world, lead = settled()
    call(world, lead, world.rep)
    world.update(lead, by=world.rep, Status="Accepted")
    assert polled(world) == [lead]


def test_what_was_not_handed_out_is_not_noted_as_seen() -> None:
    world, lead = settled()
    call(world, lead, world.rep)
    worker = world.worker(everything())
    put = world.queue.put

    def fall(*arguments: object, **named: object) -> None:
        raise Crash

    world.queue.put = fall  # type: ignore[method-assign]
    with pytest.raises(Crash):
        tick(worker)
    world.queue.put = put  # type: ignore[method-assign]
    assert polled(world) == [lead]
    assert polled(world) == []


def test_an_emptied_store_hands_out_what_it_has_forgotten() -> None:
    world, lead = settled()
    call(world, lead, world.rep)
    assert polled(world) == [lead]
    world.store.forget()
    assert lead in polled(world)
