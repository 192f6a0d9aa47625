"""What the org suffers from, or another lead does, says nothing about a lead: none is set aside for it."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from sfsync.errors import SfsyncError, Transient
from sfsync.poll import tick
from sfsync.ports import Look, Reply
from sfsync.reconcile import LONGEST_LOOK_S, ROUNDS, SUSPECT_AFTER, handle
from tests.inprocess import Crash, Interpose, Send, World, begun, handed

GRAPH = "composite/graph"
DELIVERIES = 4
"""The first and three more, as Dramatiq does it (jobs/broker.py)."""


def failing(*about: str, path: str = GRAPH, code: str = "UNKNOWN_EXCEPTION") -> Interpose:
    """The org fails on writes to this path, if they are about one of these leads, or on all."""

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        if asked.endswith(path) and (not about or any(one.encode() in (body or b"") for one in about)):
            said = [{"errorCode": code, "message": "An unexpected error occurred."}]
            return Reply(500, {}, msgspec.json.encode(said))
        return send()

    return interpose


def minutes(world: World, number: int, interpose: Interpose) -> int:
    """So many minutes of ticks and redelivered jobs with this in their way; how many deliveries failed."""
    ticker, worker = world.worker(), world.worker()
    worker.configuration()
    failed = 0
    for _ in range(number):
        tick(ticker)
        with world.interposed(interpose):
            for message in list(world.queue.messages):
                world.queue.messages.remove(message)
                for _ in range(DELIVERIES):
                    try:
                        handle(message, worker)
                    except SfsyncError:
                        failed += 1
                    else:
                        break
        world.advance(minutes=1)
    return failed


@pytest.mark.parametrize("code", ["UNKNOWN_EXCEPTION", "REQUEST_RUNNING_TOO_LONG"])
def test_an_org_that_fails_on_every_lead_for_minutes_sets_none_aside(code: str) -> None:
    world = begun()
    leads = [world.create_lead() for _ in range(5)]
    assert minutes(world, 12, failing(code=code)) > 0
    world.once()
    for lead in leads:
        assert world.kinds(lead) == ["Band Entered"]
        assert world.lead(lead).get("SLA_Sync_Error__c") is None


def test_that_mere_fields_can_be_written_does_not_make_leads_suspect_whose_steps_fail() -> None:
    world = begun()
    silent = [world.create_lead(SLA_Budget__c="No Budget", SLA_Need__c="None") for _ in range(2)]
    leads = [world.create_lead() for _ in range(2)]
    minutes(world, 12, failing(*leads))
    world.once()
    for lead in leads:
        assert world.kinds(lead) == ["Band Entered"]
    assert all("Error" not in world.kinds(lead) for lead in silent)


def test_a_lead_on_which_the_org_fails_holds_no_other_up_and_is_set_aside_after_some_hours() -> None:
    world = begun()
    bad = world.create_lead()
    others = [world.create_lead() for _ in range(9)]
    assert minutes(world, 1, failing(bad)) == 0
    assert all(world.kinds(lead) == ["Band Entered"] for lead in others)
    assert minutes(world, 30, failing(bad)) == 0
    assert world.kinds(bad) == [], "half an hour may be the org's"
    minutes(world, 120, failing(bad))
    assert world.kinds(bad) == ["Error"]
    assert world.lead(bad)["SLA_Sync_Error__c"] == "looking at this lead never came to an end"
    assert all(Counter(world.kinds(lead)) == {"Band Entered": 1} for lead in others)


def test_a_run_that_leaves_a_lead_behind_on_which_the_org_fails_counts_it_as_refused() -> None:
    world = begun()
    bad, good = world.create_lead(), world.create_lead()
    worker = world.worker()
    with world.interposed(failing(bad)):
        world.once(worker)
    assert (worker.tally.refused, world.kinds(good)) == (1, ["Band Entered"])


def test_leads_that_were_counted_while_they_waited_are_tried_before_anything_is_said_of_them() -> None:
    world = begun()
    leads = tuple(world.create_lead() for _ in range(3))
    tick(world.worker())
    [message] = world.queue.messages
    marks = world.store.marks()
    assert marks is not None
    for _ in range(4 * SUSPECT_AFTER):
        world.store.attempt(marks.epoch, leads)
    world.queue.messages += [message] * (4 * SUSPECT_AFTER)
    world.drain()
    assert [world.kinds(lead) for lead in leads] == [["Band Entered"]] * 3


def test_an_org_that_does_not_answer_is_not_asked_again_in_the_same_job() -> None:
    world = begun()
    lead = world.create_lead()
    tick(world.worker())
    worker = world.worker()
    worker.configuration()
    asked = []

    def silence(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        asked.append(path)
        raise Transient("The server did not answer in time.", maybe_done=True)

    for _ in range(3 * SUSPECT_AFTER):
        with world.interposed(silence), pytest.raises(Transient):
            handle(Look((lead,)), worker)
    assert len(asked) == 3 * SUSPECT_AFTER * 4, "what the session itself sends again"
    world.queue.messages.clear()
    world.once()
    assert world.kinds(lead) == ["Band Entered"]


def test_a_look_that_takes_too_long_gives_the_rest_back_before_its_job_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sfsync.reconcile.LEADS_A_READING", 2)
    world = begun()
    leads = [world.create_lead() for _ in range(6)]
    tick(world.worker())
    handed(world)

    def slow(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if path.endswith(GRAPH):
            world.waited_s += LONGEST_LOOK_S * 0.6
        return send()

    with world.interposed(slow), pytest.raises(Transient, match="this look took more than 300 seconds"):
        handle(Look(tuple(leads)), world.worker())
    assert [len(world.kinds(lead)) for lead in leads] == [1, 1, 1, 1, 0, 0]
    tick(world.worker())
    assert handed(world)[:2] == leads[4:], "they are due still"


def test_a_lost_reply_to_a_write_is_looked_into_in_the_same_job() -> None:
    world = begun()
    lead = world.create_lead()
    world.fault("drop_after_commit", GRAPH, times=ROUNDS - 1)
    world.once()
    assert world.kinds(lead) == ["Band Entered"]


def test_a_lead_whose_looks_die_of_another_in_the_same_process_is_not_set_aside_for_it() -> None:
    """Each look at it is under way in one thread when another thread looks at the one that kills the process."""
    world = begun()
    poison, neighbour = world.create_lead(), world.create_lead()
    deaths = 0

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if path.endswith(GRAPH) and poison.encode() in (body or b""):
            raise Crash
        if path.endswith(GRAPH) and neighbour.encode() in (body or b""):
            handle(Look((poison,)), world.worker())
        return send()

    with world.interposed(interpose):
        for _ in range(4 * SUSPECT_AFTER):
            tick(world.worker())
            while world.queue.messages:
                message = world.queue.messages.pop(0)
                if message != Look((poison,)):  # that one is in the other thread
                    try:
                        handle(message, world.worker())
                    except Crash:
                        deaths += 1
            world.advance(minutes=11)
    assert deaths >= SUSPECT_AFTER
    assert world.kinds(neighbour) == ["Band Entered"]
    assert world.lead(neighbour).get("SLA_Sync_Error__c") is None
