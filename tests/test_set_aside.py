"""Leads that kill whoever looks at them: set aside with the reason, and the others go on."""

from __future__ import annotations

import dataclasses
from collections import Counter
from contextlib import suppress

import msgspec
import pytest
from structlog.testing import capture_logs

from sfsync import reconcile
from sfsync.batch import QUARANTINE
from sfsync.core.decide import decide
from sfsync.errors import Transient
from sfsync.limits import LAST_TRY
from sfsync.poll import DETECTOR_EVERY, tick
from sfsync.ports import Look, Reply
from sfsync.reconcile import SUSPECT_AFTER, handle
from tests import shipped
from tests.inprocess import Crash, Interpose, Send, begun, deliver

GRAPH = "composite/graph"
ONCE = {"Band Entered": 1}


def killing(lead: str, path: str = GRAPH) -> Interpose:
    """A process that sends this lead's write dies of it."""

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        if asked.endswith(path) and lead.encode() in (body or b""):
            raise Crash
        return send()

    return interpose


def unanswered(method: str, path: str, body: bytes | None, send: Send) -> Reply:
    """The org does not answer writes."""
    if path.endswith(GRAPH):
        raise Transient("no answer", maybe_done=True)
    return send()


def test_a_lead_that_kills_every_worker_is_set_aside_with_its_reason_and_the_others_go_on() -> None:
    world = begun()
    poison = world.create_lead()
    world.update(poison, by=world.executive, OwnerId=world.org.people.reps[1])
    others = [world.create_lead() for _ in range(4)]
    deaths = 0
    with world.interposed(killing(poison)):
        for _ in range(4 * SUSPECT_AFTER):
            tick(world.worker())
            deaths += deliver(world)
            world.advance(minutes=11)
        assert SUSPECT_AFTER <= deaths <= 2 * SUSPECT_AFTER
        assert world.lead(poison)["SLA_Sync_Error__c"] == "looking at this lead never came to an end"
        assert tick(world.worker()).looks == 0, "the poll reads the lead again, and knows it"
    for lead in others:
        assert Counter(world.kinds(lead)) == ONCE
    assert world.kinds(poison) == ["Error"]


def test_what_a_process_of_other_files_is_given_in_between_does_not_make_deaths_forgotten() -> None:
    """In the middle of a deployment, which may take hours."""
    world = begun()
    poison = world.create_lead()
    old = world.worker(shipped.everything())
    deaths = 0
    with world.interposed(killing(poison)):
        for _ in range(4 * SUSPECT_AFTER):
            tick(world.worker())
            world.drain(old)
            tick(world.worker())
            deaths += deliver(world)
            world.advance(minutes=11)
    assert deaths <= 2 * SUSPECT_AFTER
    assert world.kinds(poison) == ["Error"]


def test_looks_that_something_else_has_stopped_in_between_do_not_make_deaths_forgotten() -> None:
    """An org that is short of API requests again and again, or does not answer."""
    world = begun()
    poison = world.create_lead()
    deaths = 0
    for _ in range(4 * SUSPECT_AFTER):
        tick(world.worker())
        with world.interposed(killing(poison)):
            deaths += deliver(world)
        world.advance(minutes=11)
        tick(world.worker())
        with world.interposed(unanswered), suppress(Transient):
            world.drain()
        world.queue.messages.clear()
        world.advance(minutes=11)
    assert deaths <= 2 * SUSPECT_AFTER
    assert world.kinds(poison) == ["Error"]


def test_a_look_that_gets_no_turn_does_not_bring_back_a_lead_that_is_set_aside_meanwhile() -> None:
    """A message delivered twice did: the lead killed as many processes again."""
    world = begun()
    poison = world.create_lead()
    with world.interposed(killing(poison)):
        deaths = 0
        while deaths < 2 * SUSPECT_AFTER:
            tick(world.worker())
            deaths += deliver(world)
            world.advance(minutes=11)
        until = int(world.now.timestamp()) + 60
        assert world.store.lease(LAST_TRY, "another lead's", until - 60, until)

        def wait(seconds: float) -> None:
            """The turn is free for a moment, and another look has it."""
            if not world.lead(poison).get("SLA_Sync_Error__c"):
                world.store.release(LAST_TRY, "another lead's")
                handle(Look((poison,)), world.worker())
                assert world.store.lease(LAST_TRY, "another lead's", until - 60, until)

        waiting = world.worker()
        waiting.ports = dataclasses.replace(world.ports, sleep=wait)
        handle(Look((poison,)), waiting)
        assert world.kinds(poison) == ["Error"]
        for _ in range(SUSPECT_AFTER):
            tick(world.worker())
            assert deliver(world) == 0
            world.advance(minutes=11)
    assert world.kinds(poison) == ["Error"]


def test_a_lead_that_was_set_aside_is_tried_again_when_it_changes() -> None:
    world = begun()
    poison = world.create_lead()
    with world.interposed(killing(poison)):
        for _ in range(3 * SUSPECT_AFTER):
            tick(world.worker())
            deliver(world)
            world.advance(minutes=11)
    world.update(poison, by=world.rep, Description="mended")
    world.once()
    assert world.kinds(poison) == ["Error", "Band Entered"]
    assert world.lead(poison).get("SLA_Sync_Error__c") is None


def test_a_lead_that_was_set_aside_is_tried_again_after_a_day_and_not_before() -> None:
    world = begun()
    poison = world.create_lead()
    with world.interposed(killing(poison)):
        while not world.lead(poison).get("SLA_Sync_Error__c"):
            tick(world.worker())
            deliver(world)
            world.advance(minutes=11)
    set_aside = world.now
    for _ in range(4):
        world.advance(seconds=DETECTOR_EVERY.total_seconds())
        world.once()
    assert world.kinds(poison) == ["Error"]
    world.org.clock.set(int((set_aside + QUARANTINE).timestamp()))
    world.once()
    assert "Band Entered" in world.kinds(poison)


def test_an_org_that_fails_for_an_hour_makes_no_lead_suspect() -> None:
    world = begun()
    leads = [world.create_lead() for _ in range(3)]
    worker = world.worker()
    tick(worker)
    message = world.queue.messages.pop()
    world.fault("http_503", "/composite", times=10_000)
    for _ in range(12 * SUSPECT_AFTER):
        with pytest.raises(Transient):
            handle(message, worker)
    world.app.faults.clear()
    world.once()
    assert all(Counter(world.kinds(lead)) == ONCE for lead in leads)
    assert all(world.lead(lead).get("SLA_Sync_Error__c") is None for lead in leads)


def test_a_lead_that_stays_locked_for_hours_waits_for_ticks_and_for_nothing_else() -> None:
    """Each delivery of its job would ask the org a dozen times more; and no look at it has died."""
    world = begun()
    locked, other = world.create_lead(), world.create_lead()
    world.fault("lock_row", GRAPH, times=1000, arg=locked)
    for _ in range(2 * SUSPECT_AFTER):
        world.advance(minutes=1)
        tick(world.worker())
        world.drain()  # raises nothing, so that Dramatiq delivers nothing again
    assert Counter(world.kinds(other)) == ONCE
    assert world.kinds(locked) == []
    world.app.faults.clear()
    world.advance(minutes=1)
    world.once()
    assert Counter(world.kinds(locked)) == ONCE


def test_a_call_that_fails_of_one_lead_is_taken_apart() -> None:
    world = begun()
    poison = world.create_lead()
    others = [world.create_lead() for _ in range(3)]

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if path.endswith(GRAPH) and poison.encode() in (body or b""):
            error = [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}]
            return Reply(500, {}, msgspec.json.encode(error))
        return send()

    with world.interposed(interpose):
        for _ in range(3 * SUSPECT_AFTER):
            tick(world.worker())
            deliver(world)
            world.advance(minutes=11)
    assert all(Counter(world.kinds(lead)) == ONCE for lead in others)
    assert world.lead(poison)["SLA_Sync_Error__c"] == "looking at this lead never came to an end"


def test_a_decision_that_fails_sets_one_lead_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    world = begun()
    bad, good = world.create_lead(LastName="Canary"), world.create_lead()

    def failing(facts, *rest, **more):  # type: ignore[no-untyped-def]
        if facts.lead.id == bad:
            raise ZeroDivisionError("Canary")
        return decide(facts, *rest, **more)

    monkeypatch.setattr(reconcile, "decide", failing)
    with capture_logs() as logs:
        world.once()
    assert Counter(world.kinds(good)) == ONCE
    assert "ZeroDivisionError" in world.lead(bad)["SLA_Sync_Error__c"]
    assert "Canary" not in str(logs)
