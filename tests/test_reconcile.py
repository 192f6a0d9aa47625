"""Observe, decide, act: whoever else acts meanwhile, whatever reply is lost, and whatever stops the work."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from sfsync.core.decide import decide
from sfsync.errors import Budget, Config, Transient
from sfsync.poll import tick
from sfsync.ports import Look, Reply
from sfsync.reconcile import ROUNDS, handle
from sfsync.worker import Worker
from tests import shipped
from tests.inprocess import Crash, Send, World, begun, deliver, meanwhile

GRAPH = "composite/graph"
ONCE = {"Band Entered": 1}


# Other people act while a write is on its way.


def test_a_lead_that_changed_hands_meanwhile_keeps_its_new_owner() -> None:
    world = begun()
    lead, other = world.create_lead(), world.org.people.reps[3]
    for hours in (0, 36, 48, 72):
        world.at(hours)
        world.once()
    world.at(96)
    with world.interposed(meanwhile(lambda: world.update(lead, by=world.rep, OwnerId=other))):
        world.once()
    assert world.lead(lead)["OwnerId"] == other
    assert "Reassigned" not in world.kinds(lead)


def test_a_status_set_meanwhile_is_not_set_back() -> None:
    world = begun()
    lead = world.create_lead(SLA_Budget__c="No Budget", SLA_Authority__c="Unknown", SLA_Need__c="None")
    accept = meanwhile(lambda: world.update(lead, by=world.rep, Status="Accepted"))
    with world.interposed(accept):
        world.once()
    assert world.lead(lead)["Status"] == "Accepted"


def test_a_field_edited_meanwhile_is_scored_as_it_is_now() -> None:
    world = begun()
    lead = world.create_lead()
    edit = meanwhile(lambda: world.update(lead, by=world.rep, SLA_Budget__c="Approved"))
    with world.interposed(edit):
        world.once()
    world.advance(minutes=1)
    world.once()
    assert world.lead(lead)["SLA_Budget__c"] == "Approved"
    assert world.lead(lead)["SLA_Score__c"] == 76
    assert Counter(world.kinds(lead)) == ONCE


def test_a_worker_that_stalled_never_writes_an_older_value_over_a_newer() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(minutes=1)
    world.update(lead, by=world.rep, SLA_Budget__c="Approved")

    def another_worker_sees_more() -> None:
        world.transport.interpose = None
        for budget in ("Approved", "Exploring"):
            world.update(lead, by=world.rep, SLA_Budget__c=budget, SLA_Timeline__c="None")
            handle(Look((lead,)), world.worker())
        assert world.lead(lead)["SLA_Score__c"] == 42

    stalled = meanwhile(another_worker_sees_more, path="/composite", holding='"SLA_Score__c":76')
    with world.interposed(stalled):
        handle(Look((lead,)), world.worker())
        assert world.transport.interpose is None, "the other worker came between"
    assert world.lead(lead)["SLA_Score__c"] == 42


def test_a_look_that_stalled_does_not_hide_what_another_has_found_since() -> None:
    """Its check is the one of before somebody changed the lead, and the poll's overlap is over when it settles."""
    documents = shipped.everything()
    world = World()
    world.once(world.worker(documents))
    world.at(6)
    lead = world.create_lead(SLA_Budget__c="Exploring")
    slow, other = world.worker(documents), world.worker(documents)
    world.once(slow)
    best = {"SLA_Budget__c": "Approved", "SLA_Authority__c": "Decision Maker"}
    best |= {"SLA_Need__c": "Critical", "SLA_Timeline__c": "Under 3 Months"}
    found = []

    def stall(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if b"LeadHistory" in (body or b"") and not found:
            found.append(0)
            world.advance(seconds=1)
            world.update(lead, by=world.rep, **best)
            for _ in range(7):
                world.advance(minutes=1)
                tick(other)
                world.drain(other)
            found[0] = checked(world, lead)
        return reply

    with world.interposed(stall):
        handle(Look((lead,)), slow)
    assert found[0] - world.org.clock.now() < 3600
    assert checked(world, lead) == found[0]


def checked(world: World, lead: str) -> int:
    marks = world.store.marks()
    assert marks is not None
    (at,) = world.store.known(marks.epoch, [lead])
    assert at is not None
    return at


def test_a_lead_that_somebody_changes_again_and_again_is_given_up_for_now_and_the_others_go_on() -> None:
    world = begun()
    restless, quiet = world.create_lead(), world.create_lead()
    owners = iter(world.org.people.reps[1:] * 20)
    give_away = meanwhile(lambda: world.update(restless, OwnerId=next(owners)), times=100, holding=restless)
    with world.interposed(give_away), world.counted() as calls:
        world.once()
    assert Counter(world.kinds(quiet)) == ONCE
    assert world.kinds(restless) == []
    assert calls.count(GRAPH) == ROUNDS
    world.once()
    assert Counter(world.kinds(restless)) == ONCE


def test_a_restless_lead_that_is_converted_in_the_end_has_done_nothing_wrong() -> None:
    """Its last refusal is none of round after round (found by the simulation)."""
    world = begun()
    restless = world.create_lead()
    owners = iter(world.org.people.reps[1:ROUNDS])
    rounds = iter(range(ROUNDS))

    def somebody_is_faster() -> None:
        if next(rounds) < ROUNDS - 1:
            world.update(restless, OwnerId=next(owners))
        else:
            world.control("convert", lead_id=restless, user_id=world.rep)

    with world.interposed(meanwhile(somebody_is_faster, times=ROUNDS, holding=restless)):
        world.once()
    world.once()
    assert world.lead(restless)["IsConverted"]
    assert "Error" not in world.kinds(restless)


def test_a_lead_converted_meanwhile_is_let_go() -> None:
    world = begun()
    lead = world.create_lead()
    convert = meanwhile(lambda: world.control("convert", lead_id=lead, user_id=world.rep))
    with world.interposed(convert):
        world.once()
    world.once()
    assert "Warned" not in world.kinds(lead)
    assert world.lead(lead)["IsConverted"]


def test_a_lead_deleted_meanwhile_is_let_go() -> None:
    world = begun()
    lead = world.create_lead()
    with world.interposed(meanwhile(lambda: world.rest("DELETE", f"sobjects/Lead/{lead}"))):
        world.once()
    assert world.kinds() == []
    assert world.soql("SELECT Id FROM Task WHERE IsDeleted = false") == []


# Messages and lost replies.


def test_a_message_delivered_again_does_nothing() -> None:
    world = begun()
    lead = world.create_lead()
    for _ in range(3):
        handle(Look((lead,)), world.worker())
    assert Counter(world.kinds(lead)) == ONCE
    assert len(world.soql("SELECT Id FROM Task")) == 1


@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("fault", ["drop_after_commit", "drop_before", "truncated_json", "http_500"])
def test_whichever_reply_is_lost_each_effect_is_there_once(fault: str, nth: int) -> None:
    world = begun()
    leads = [world.create_lead() for _ in range(3)]
    world.fault(fault, "/composite", nth=nth)
    for _ in range(2):
        tick(world.worker())
        deliver(world)
        world.advance(minutes=16)
    for lead in leads:
        assert Counter(world.kinds(lead)) == ONCE
        assert len(world.posts(lead)) == 1
    assert len(world.soql("SELECT Id FROM Task")) == 3


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_worker_that_dies_before_any_call_is_made_up_for(nth: int) -> None:
    world = begun()
    lead = world.create_lead()
    died = []

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        died.append(path)
        if len(died) == nth:
            raise Crash
        return send()

    tick(world.worker())
    with world.interposed(interpose):
        deliver(world)
    for _ in range(3):
        world.advance(minutes=11)
        world.once()
    assert Counter(world.kinds(lead)) == ONCE
    assert len(world.posts(lead)) == 1


def test_an_effect_whose_row_is_found_by_its_key_alone_is_not_tried_for_ever() -> None:
    world = begun()
    lead = world.create_lead()
    worker = world.worker()
    [planned] = plans_of(world, worker, lead)
    world.org.load(
        "SLA_Event__c",
        [{"Key__c": planned, "Kind__c": "Band Entered", "Occurred_At__c": world.org.clock.now()}],
    )
    with world.counted() as calls:
        world.once(worker)
    assert world.lead(lead)["SLA_Score__c"] == 68
    assert calls.count(GRAPH) == 1
    assert world.soql("SELECT Id FROM Task") == []


def plans_of(world: World, worker: Worker, lead: str) -> list[str]:
    """The keys of the effects that are due for this lead now."""
    configuration = worker.configuration()
    observed = worker.reader(configuration.policy).observe([lead])
    plan = decide(observed.facts[lead], configuration.policy, configuration.org(), observed.now)
    return [effect.key for effect in plan.effects]


def test_what_is_no_id_goes_out_of_the_index_and_stops_nobody() -> None:
    world = begun()
    lead = world.create_lead()
    marks = world.store.marks()
    assert marks is not None
    no_ids = {"x' OR Id != '": 1, f"{lead}\n": 1, "": 1}
    world.store.settle(marks.epoch, no_ids, {})
    world.once()
    assert Counter(world.kinds(lead)) == ONCE
    assert world.store.take_due(marks.epoch, world.org.clock.now(), 2**40, 10) == []


def test_an_id_that_is_no_leads_goes_out_of_the_index() -> None:
    world = begun()
    marks = world.store.marks()
    assert marks is not None
    no_leads = [world.rep, "00Q5g000000zzzzEAA"]
    world.store.settle(marks.epoch, dict.fromkeys(no_leads, 1), {})
    world.once()
    assert world.store.known(marks.epoch, no_leads) == [None, None]


# Stops.


def test_a_spent_quota_ends_the_look_and_what_was_not_done_is_done_later() -> None:
    world = begun()
    lead = world.create_lead()
    tick(world.worker())
    world.fault("limit_exceeded", GRAPH, times=10)
    with pytest.raises(Budget):
        world.drain()
    world.app.faults.clear()
    world.advance(minutes=1)
    world.once()
    assert Counter(world.kinds(lead)) == ONCE


def test_guards_that_are_switched_off_stop_effects() -> None:
    world = begun()
    lead = world.create_lead()
    with world.interposed(_letting_probes_through), pytest.raises(Config, match="switched off"):
        world.once()
    assert world.kinds(lead) == []


def _letting_probes_through(method: str, path: str, body: bytes | None, send: Send) -> Reply:
    reply = send()
    if b"sfsync probe" not in (body or b""):
        return reply
    answers = [
        {"body": None, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": f"probe{n}"}
        for n in (0, 1, 2)
    ]
    return Reply(200, reply.headers, msgspec.json.encode({"compositeResponse": answers}))


def test_guards_are_proven_once_in_ten_minutes() -> None:
    world = begun()
    worker = world.worker()
    probes = []

    def counting(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        probes.extend([path] if b"sfsync probe" in (body or b"") else [])
        return send()

    with world.interposed(counting):
        for minutes, expected in ((0, 1), (5, 1), (6, 2)):
            world.advance(minutes=minutes)
            world.create_lead()
            world.once(worker)
            assert len(probes) == expected


def test_nothing_is_looked_at_while_enforcement_has_not_begun() -> None:
    world = begun()
    world.change_settings(Enforce_From__c=None)
    with pytest.raises(Transient, match="enforcement"):
        handle(Look((world.create_lead(),)), world.worker())


def test_who_cannot_know_what_files_leads_are_decided_with_waits_for_the_next_tick() -> None:
    """Redis is emptied while a message is on its way to a process that has files of before a deployment."""
    world = begun()
    lead, worker = world.create_lead(), world.worker()
    tick(worker)
    world.store.forget()
    world.drain(worker)
    assert world.kinds(lead) == []
    world.once(worker, alone=False)
    assert Counter(world.kinds(lead)) == ONCE


def test_what_was_done_is_counted() -> None:
    world = begun()
    worker = world.worker()
    for _ in range(3):
        world.create_lead()
    world.once(worker)
    tally = worker.tally
    assert (tally.looked, tally.events, tally.leads_written, tally.refused, tally.posts) == (3, 3, 3, 0, 3)


def test_looking_at_what_is_as_it_should_be_writes_nothing() -> None:
    world = begun()
    leads = tuple(world.create_lead() for _ in range(3))
    world.once()
    before = {lead: world.lead(lead) for lead in leads}
    worker = world.worker()
    worker.configuration()
    with world.counted() as calls:
        handle(Look(leads), worker)
    assert calls == ["composite"]
    assert {lead: world.lead(lead) for lead in leads} == before


def test_a_step_falls_due_without_any_change_and_not_a_second_early() -> None:
    world = begun()
    worker = world.worker()
    lead = world.create_lead()
    world.once(worker)
    world.org.clock.set(int((world.now + timedelta(hours=36)).timestamp()) - 1)
    world.once(worker)
    assert world.kinds(lead) == ["Band Entered"]
    world.advance(seconds=1)
    world.once(worker)
    assert world.kinds(lead) == ["Band Entered", "Warned"]
