"""Observe, decide, act: whoever else acts meanwhile, whatever the org refuses, and however workers die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from sfsync import reconcile
from sfsync.core.decide import decide
from sfsync.errors import Budget, Config, Transient
from sfsync.poll import DETECTOR_EVERY, tick
from sfsync.ports import Look, Reply
from sfsync.reconcile import QUARANTINE, ROUNDS, SUSPECT_AFTER, handle
from sfsync.worker import Worker
from tests.inprocess import Crash, Interpose, Send, World, begun

GRAPH = "composite/graph"
ONCE = {"Band Entered": 1}


def meanwhile(
    act: Callable[[], object], *, path: str = GRAPH, times: int = 1, holding: str = ""
) -> Interpose:
    """Do `act` just before a write to this path (whose body holds this text) goes on."""
    done = []

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        if asked.endswith(path) and holding.encode() in (body or b"") and len(done) < times:
            done.append(True)
            act()
        return send()

    return interpose


def deliver(world: World) -> int:
    """Hand each message to a worker that may die of it; how many died."""
    died = 0
    while world.queue.messages:
        message = world.queue.messages.pop(0)
        try:
            handle(message, world.worker())
        except Crash:
            died += 1
        except Transient:
            pass
    return died


def killing(lead: str, path: str = GRAPH) -> Interpose:
    """A process that sends this lead's write dies of it."""

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        if asked.endswith(path) and lead.encode() in (body or b""):
            raise Crash
        return send()

    return interpose


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
    world.store.settle(marks.epoch, {world.rep: 1, "00Q5g000000zzzzEAA": 1}, {})
    world.once()
    assert world.store.next_due(marks.epoch) is None


# Poison.


def test_a_lead_that_kills_every_worker_is_set_aside_with_its_reason_and_the_others_go_on() -> None:
    world = begun()
    poison = world.create_lead()
    others = [world.create_lead() for _ in range(4)]
    deaths = 0
    with world.interposed(killing(poison)):
        for _ in range(4 * SUSPECT_AFTER):
            tick(world.worker())
            deaths += deliver(world)
            world.advance(minutes=11)
        assert SUSPECT_AFTER <= deaths <= 2 * SUSPECT_AFTER
        assert world.lead(poison)["SLA_Sync_Error__c"] == "looking at this lead never came to an end"
        settled = deaths
        tick(world.worker())
        assert deliver(world) == 0
        assert deaths == settled
    for lead in others:
        assert Counter(world.kinds(lead)) == ONCE
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


# What a customer's org refuses.


def refuse(world: World, how: str) -> None:
    """Let the org refuse every write to a lead named Poison."""
    match how:
        case "rule":
            world.customer_rule('LastName = "Poison"', "Poison may not be touched.")
        case "flow":
            flow = {"object_name": "Lead", "condition": 'LastName = "Poison"', "refusal": "Flow says no."}
            world.control("customer_rules", flows=[flow])
        case "trigger":
            trigger = {
                "object_name": "Lead",
                "condition": 'LastName = "Poison"',
                "refusal": "Apex says no.",
                "code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            }
            world.control("customer_rules", flows=[trigger])
        case "required":
            world.control("customer_rules", required=[["Lead", "City"]])


@pytest.mark.parametrize("how", ["rule", "flow", "trigger", "required"])
def test_a_lead_that_its_org_refuses_to_let_us_write_stops_no_other_and_is_tried_when_it_changes(
    how: str,
) -> None:
    world = begun()
    bad, good = world.create_lead(LastName="Poison"), world.create_lead(City="Berlin")
    refuse(world, how)
    with capture_logs() as logs:
        world.once()
    assert Counter(world.kinds(good)) == ONCE
    assert world.kinds(bad) == ["Error"]
    refused = [entry for entry in logs if entry["event"] == "refused"]
    assert [entry["lead_id"] for entry in refused] == [bad]
    world.advance(minutes=1)
    with world.counted() as calls:
        world.once()
    assert GRAPH not in calls, "nothing has changed: it is not tried again and again"
    world.update(bad, City="Hamburg", LastName="Mended")
    world.once()
    assert world.kinds(bad) == ["Error", "Band Entered"]
    assert world.lead(bad).get("SLA_Sync_Error__c") is None


def test_a_lead_that_is_refused_day_after_day_is_one_event_and_each_new_reason_another() -> None:
    world = begun()
    lead = world.create_lead(LastName="Poison")
    world.customer_rule('LastName = "Poison"', "Poison may not be touched.")
    for _ in range(4):
        world.once()
        world.advance(seconds=QUARANTINE.total_seconds())
    [error] = world.events(lead)
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in error["Detail__c"]
    assert "Poison" not in error["Detail__c"], (
        "the org's own words, which may echo values, stand on the lead alone"
    )
    assert error["Rep__c"] == world.rep
    assert error["Key__c"].startswith(f"{lead}:error:")
    world.rest("DELETE", "/_org/customer_rules")
    world.control("customer_rules", required=[["Lead", "City"]])
    world.advance(seconds=QUARANTINE.total_seconds())
    world.once()
    assert world.kinds(lead) == ["Error", "Error"]


def test_a_refused_lead_is_tried_again_when_the_configuration_changes() -> None:
    world = begun()
    lead = world.create_lead(LastName="Poison")
    world.customer_rule('LastName = "Poison"')
    world.once()
    world.rest("DELETE", "/_org/customer_rules")
    world.once()
    assert world.kinds(lead) == ["Error"], "nobody knows yet"
    rep = world.org.people.reps[5]
    users = world.org.database.table("User")
    users.put({**users.rows[rep], "ManagerId": world.executive})
    world.once()
    assert world.kinds(lead) == ["Error", "Band Entered"]


def test_an_error_that_cannot_be_recorded_stops_nobody() -> None:
    world = begun()
    bad, good = world.create_lead(LastName="Poison"), world.create_lead()
    rule = {
        "object_name": "SLA_Event__c",
        "name": "No",
        "formula": 'ISPICKVAL(Kind__c, "Error")',
        "message": "No.",
    }
    lead_rule = {"object_name": "Lead", "name": "Bad", "formula": 'LastName = "Poison"', "message": "No."}
    world.control("customer_rules", validation_rules=[rule, lead_rule])
    with capture_logs() as logs:
        world.once()
    assert world.kinds(bad) == []
    assert Counter(world.kinds(good)) == ONCE
    assert [one["lead_id"] for one in logs if one["event"] == "could not record a refusal"] == [bad]


def test_the_lead_says_what_its_org_said_and_the_log_does_not() -> None:
    world = begun()
    lead = world.create_lead()
    world.customer_rule("ISCHANGED(SLA_Band__c)", "Ask Canary Person before you set a band.")
    with capture_logs() as logs:
        world.once()
    told = world.lead(lead)["SLA_Sync_Error__c"]
    assert "a validation rule or trigger of the org refuses it" in told
    assert "Ask Canary Person" in told
    assert "Canary" not in str(logs)
    world.rest("DELETE", "/_org/customer_rules")
    world.update(lead, by=world.rep, Description="mended")
    world.once()
    assert world.lead(lead).get("SLA_Sync_Error__c") is None


def test_a_lead_that_says_why_it_is_refused_is_left_alone_for_a_day() -> None:
    world = begun()
    lead = world.create_lead()
    world.customer_rule("ISCHANGED(SLA_Band__c)")
    world.once()
    tried_again = world.once()
    assert (tried_again.looks, world.kinds(lead)) == (1, ["Error"])
    for _ in range(8):
        world.advance(seconds=DETECTOR_EVERY.total_seconds())
        with world.counted() as calls:
            assert world.once().looks == 0
    assert GRAPH not in calls
    world.rest("DELETE", "/_org/customer_rules")
    world.advance(seconds=QUARANTINE.total_seconds())
    world.once()
    assert "Band Entered" in world.kinds(lead)


def test_what_was_mended_while_the_lead_was_told_why_it_is_refused_is_seen() -> None:
    world = begun()
    lead = world.create_lead(LastName="Poison")
    world.customer_rule('AND(ISCHANGED(SLA_Band__c), LastName = "Poison")')

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if b"a validation rule or trigger" in (body or b"") and b"SLA_Sync_Error__c" in (body or b""):
            world.update(lead, by=world.rep, LastName="Mended")
        return send()

    with world.interposed(interpose):
        world.once()
    assert world.lead(lead)["LastName"] == "Mended"
    assert world.lead(lead).get("SLA_Sync_Error__c") is not None
    world.once()
    assert "Band Entered" in world.kinds(lead)
    assert world.lead(lead).get("SLA_Sync_Error__c") is None


def test_a_refused_task_leaves_neither_row_nor_field_behind() -> None:
    world = begun()
    lead = world.create_lead()
    world.customer_rule('CONTAINS(Subject, "Contact this lead")', "No such tasks.", on="Task")
    world.once()
    assert world.kinds(lead) == ["Error"]
    assert world.soql("SELECT Id FROM Task") == []
    assert world.lead(lead).get("SLA_Score__c") is None
    assert "No such tasks." in world.lead(lead)["SLA_Sync_Error__c"]


def test_an_active_assignment_rule_never_takes_a_lead_that_we_write() -> None:
    world = begun()
    leads = [world.create_lead(), world.create_lead(SLA_Budget__c="No Budget")]
    world.control("assignment_rule", owner_id=world.org.people.reps[5])
    for hours in (0, 36, 48):
        world.at(hours)
        world.once()
    assert [world.lead(lead)["OwnerId"] for lead in leads] == [world.rep] * 2
    assert len(world.soql("SELECT Id FROM LeadHistory WHERE Field = 'Owner'")) == 0


def test_a_new_owners_time_counts_from_the_second_in_which_the_lead_became_theirs() -> None:
    """The write takes half a minute: the decision could not know when it would be committed."""
    world = begun()
    lead = world.create_lead()
    for hours in (0, 36, 48, 72):
        world.at(hours, seconds=1)
        world.once()
    world.at(96, seconds=1)
    with world.interposed(meanwhile(lambda: world.advance(seconds=30))):
        world.once()
    assert world.lead(lead)["OwnerId"] != world.rep
    taken_over = world.now
    world.advance(minutes=1)
    world.once()
    assert world.lead(lead)["SLA_Due_At__c"] == int((taken_over + timedelta(hours=48)).timestamp())


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
    if b"must be refused" not in (body or b""):
        return reply
    answers = [
        {"body": None, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": f"probe{n}"} for n in (0, 1)
    ]
    return Reply(200, reply.headers, msgspec.json.encode({"compositeResponse": answers}))


def test_guards_are_proven_once_in_ten_minutes() -> None:
    world = begun()
    worker = world.worker()
    probes = []

    def counting(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        probes.extend([path] if b"must be refused" in (body or b"") else [])
        return send()

    with world.interposed(counting):
        for minutes, expected in ((0, 1), (5, 1), (6, 2)):
            world.advance(minutes=minutes)
            world.create_lead()
            world.once(worker)
            assert len(probes) == expected


def test_nothing_is_looked_at_while_enforcement_has_not_begun() -> None:
    world = World()
    with pytest.raises(Transient, match="enforcement"):
        handle(Look((world.create_lead(),)), world.worker())


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
