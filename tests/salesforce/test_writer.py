"""Plans carried out: packed full, each lead for itself, refused by the org's own rules where they are stale."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
import responses
from pydantic import SecretStr

from sfsync.core.model import Effect, Kind, Plan, TaskToCreate
from sfsync.errors import Permanent, Stale, Transient
from sfsync.salesforce import settings_record, writer
from sfsync.salesforce.authentication import Authentication
from sfsync.salesforce.session import Session
from sfsync.salesforce.transport import SalesforceTransport
from tests.inprocess import Dice, World
from tests.salesforce.planned import answering, bodies, with_effects, with_fields

GRAPH = "composite/graph"
HASH = "policy-hash"
ORG = "https://example.my.salesforce.com"


def stale(plan: Plan) -> Plan:
    """The plan as somebody would have it who missed that the lead has changed hands."""
    return msgspec.structs.replace(
        plan, lead=msgspec.structs.replace(plan.lead, owner_id="005000000000000AAA")
    )


def done(outcomes: dict[str, writer.Outcome]) -> Counter[str]:
    return Counter(type(one.error).__name__ if one.error else "done" for one in outcomes.values())


def test_graphs_go_seventy_five_a_call() -> None:
    world, plans = with_effects(160)
    sent = bodies(world, GRAPH, lambda: writer.write(world.session(), plans, HASH))
    assert [len(body["graphs"]) for body in sent] == [75, 75, 10]
    assert len(world.soql("SELECT Id FROM Task")) == 160


def test_no_call_holds_more_than_five_hundred_nodes() -> None:
    world, plans = with_effects(60)
    first = plans[0]
    crowded = [
        msgspec.structs.replace(
            plan,
            effects=tuple(
                Effect(
                    key=f"{plan.lead.id}:{number}",
                    kind=Kind.WARNED,
                    occurred_at=first.lead.created_at,
                    task=TaskToCreate(owner_id=world.rep, subject="x", due=first.lead.created_at.date()),
                )
                for number in range(10)
            ),
        )
        for plan in plans
    ]
    sent = bodies(world, GRAPH, lambda: writer.write(world.session(), crowded, HASH))
    nodes = [sum(len(graph["compositeRequest"]) for graph in body["graphs"]) for body in sent]
    assert nodes == [483, 483, 294]
    assert len(world.soql("SELECT Id FROM SLA_Event__c")) == 600


def test_a_graph_holds_tasks_then_ledger_rows_then_the_lead() -> None:
    world, plans = with_effects(1)
    [body] = bodies(world, GRAPH, lambda: writer.write(world.session(), plans, HASH))
    nodes = [
        node["url"].split("/sobjects/")[1].split("/")[0] for node in body["graphs"][0]["compositeRequest"]
    ]
    assert nodes == ["Task", "SLA_Event__c", "Lead"]
    event, task = world.events()[0], world.soql("SELECT Id, SFSync_Key__c FROM Task")[0]
    assert event["Task_Id__c"] == task["Id"]
    assert task["SFSync_Key__c"] == event["Key__c"]


def test_a_thousand_leads_fields_are_one_call_and_one_more_is_another() -> None:
    world, plans = with_fields(1001)
    with world.counted() as calls:
        outcomes = writer.write(world.session(), plans, HASH)
    assert calls == ["composite", "composite"]
    assert done(outcomes) == {"done": 1001}


def test_each_node_of_a_graph_and_each_lead_collection_says_that_owners_stay() -> None:
    """What the org's own automation does to the lead because of a Task counts as written with that."""
    world, plans = with_effects(3)
    [graphs] = bodies(world, GRAPH, lambda: writer.write(world.session(), plans, HASH))
    leads = [node for graph in graphs["graphs"] for node in graph["compositeRequest"]]
    assert len({node["url"].split("/")[-1] for node in leads if node["method"] == "POST"}) == 2
    nodes = len(leads)
    world, plans = with_fields(201)
    [collections] = bodies(world, "/composite", lambda: writer.write(world.session(), plans, HASH))
    leads += collections["compositeRequest"]
    assert len(leads) == nodes + 2
    assert all(one["httpHeaders"] == {"Sforce-Auto-Assign": "FALSE"} for one in leads)


@pytest.mark.parametrize("make", [with_effects, with_fields])
def test_an_active_assignment_rule_takes_no_lead_that_we_write(make: Any) -> None:
    world, plans = make(3)
    world.control("assignment_rule", owner_id=world.org.people.reps[5])
    assert done(writer.write(world.session(), plans, HASH)) == {"done": 3}
    assert {world.lead(plan.lead.id)["OwnerId"] for plan in plans} == {world.rep}
    world.update(plans[0].lead.id, Title="a write without the header")
    assert world.lead(plans[0].lead.id)["OwnerId"] == world.org.people.reps[5], "the rule was active"


@pytest.mark.parametrize("make", [with_effects, with_fields])
def test_one_stale_guard_blocks_no_other_lead_of_its_call(make: Any) -> None:
    world, plans = make(5)
    plans[2] = stale(plans[2])
    with world.counted() as calls:
        outcomes = writer.write(world.session(), plans, HASH)
    assert len(calls) == 1
    assert done(outcomes) == {"done": 4, "Stale": 1}
    assert isinstance(outcomes[plans[2].lead.id].error, Stale)


def test_graphs_halted_behind_fourteen_failures_were_no_attempt_and_are_sent_again() -> None:
    world, plans = with_effects(60)
    plans = [stale(plan) if number < 30 else plan for number, plan in enumerate(plans)]
    with world.counted() as calls:
        outcomes = writer.write(world.session(), plans, HASH)
    assert done(outcomes) == {"done": 30, "Stale": 30}
    assert calls == [GRAPH] * 3


def test_a_key_that_is_in_the_ledger_already_is_stale_and_leaves_nothing() -> None:
    world, plans = with_effects(2)
    first = plans[0].effects[0]
    world.org.load("SLA_Event__c", [{"Key__c": first.key, "Kind__c": "Band Entered"}])
    outcomes = writer.write(world.session(), plans, HASH)
    assert isinstance(outcomes[plans[0].lead.id].error, Stale)
    assert outcomes[plans[1].lead.id].error is None
    assert len(world.soql("SELECT Id FROM Task")) == 1


def test_a_second_write_of_the_same_plan_is_stale() -> None:
    world, plans = with_effects(2)
    assert done(writer.write(world.session(), plans, HASH)) == {"done": 2}
    assert done(writer.write(world.session(), plans, HASH)) == {"Stale": 2}
    assert len(world.soql("SELECT Id FROM Task")) == 2


def test_two_writes_behind_is_stale_for_mere_fields_too() -> None:
    world, plans = with_fields(1)
    plan = plans[0]
    raised = msgspec.structs.replace(plan.lead.sla, revision=plan.lead.sla.revision + 1)
    later = msgspec.structs.replace(plan, lead=msgspec.structs.replace(plan.lead, sla=raised))
    assert done(writer.write(world.session(), [plan], HASH)) == {"done": 1}
    assert done(writer.write(world.session(), [later], HASH)) == {"done": 1}
    assert done(writer.write(world.session(), [plan], HASH)) == {"Stale": 1}


def test_a_locked_row_fails_alone() -> None:
    world, plans = with_fields(4)
    world.fault("lock_row", "/composite", arg=plans[1].lead.id)
    outcomes = writer.write(world.session(), plans, HASH)
    assert done(outcomes) == {"done": 3, "Transient": 1}
    assert outcomes[plans[1].lead.id].error is not None


def test_as_many_outcomes_as_plans_however_many_rows_fail() -> None:
    world, plans = with_fields(400)
    world.fault("partial_failure", "/composite", arg=0.5)
    outcomes = writer.write(world.session(), plans, HASH)
    written = sum(world.lead(plan.lead.id)["SLA_Score__c"] == 76 for plan in plans)
    assert len(outcomes) == 400
    assert done(outcomes) == {"done": written, "Transient": 400 - written}
    assert 0 < written < 400


def test_a_lost_reply_to_a_graph_call_is_not_sent_again_blindly() -> None:
    world, plans = with_effects(2)
    world.fault("drop_after_commit", GRAPH)
    with world.counted() as calls, pytest.raises(Transient) as raised:
        writer.write(world.session(), plans, HASH)
    assert raised.value.maybe_done
    assert calls == [GRAPH]
    assert len(world.soql("SELECT Id FROM Task")) == 2


def test_a_plan_that_changes_nothing_costs_nothing() -> None:
    world, plans = with_fields(1)
    idle = msgspec.structs.replace(plans[0], sla=plans[0].lead.sla)
    with world.counted() as calls:
        assert done(writer.write(world.session(), [idle], HASH)) == {"done": 1}
    assert calls == []


def test_only_what_differs_is_written_and_the_revision_with_it() -> None:
    world, plans = with_fields(1)
    [body] = bodies(world, "/composite", lambda: writer.write(world.session(), plans, HASH))
    [record] = body["compositeRequest"][0]["body"]["records"]
    assert set(record) == {
        *("attributes", "id", "SLA_Score__c", "SLA_Reasons__c", "SLA_Revision__c", "SLA_Guard__c")
    }
    assert record["SLA_Revision__c"] == plans[0].lead.sla.revision + 1


def test_settings_that_another_worker_has_just_made_are_stale() -> None:
    world = World()
    organization = world.org.people.organization
    settings_record.begin_enforcement(world.session(), organization, None, "2026-11-02T09:00:00.000+0000")
    with pytest.raises(Stale):
        settings_record.begin_enforcement(world.session(), organization, None, "2026-11-02T10:00:00.000+0000")
    [row] = world.soql("SELECT Id, Enforce_From__c FROM SFSync_Settings__c")
    assert row["Enforce_From__c"].startswith("2026-11-02T09")
    settings_record.begin_enforcement(
        world.session(), organization, row["Id"], "2026-11-02T11:00:00.000+0000"
    )


# What the emulated org never answers.


def test_a_graph_that_the_reply_does_not_speak_of_may_have_been_carried_out() -> None:
    world, plans = with_effects(3)
    without_last = answering(world, GRAPH, lambda body: {"graphs": body["graphs"][:-1]})
    with world.interposed(**without_last):
        outcomes = writer.write(world.session(), plans, HASH)
    assert done(outcomes) == {"done": 2, "Transient": 1}
    error = outcomes[plans[-1].lead.id].error
    assert isinstance(error, Transient)
    assert error.maybe_done


def test_a_call_whose_graphs_are_all_halted_is_not_sent_for_ever() -> None:
    world, plans = with_effects(2)
    halted = {"errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back."}

    def change(body: dict[str, Any]) -> dict[str, Any]:
        entry = {"body": [halted], "httpHeaders": {}, "httpStatusCode": 400, "referenceId": "lead"}
        return {
            "graphs": [
                {
                    "graphId": graph["graphId"],
                    "graphResponse": {"compositeResponse": [entry]},
                    "isSuccessful": False,
                }
                for graph in body["graphs"]
            ]
        }

    with world.interposed(**answering(world, GRAPH, change)), world.counted() as calls:
        outcomes = writer.write(world.session(), plans, HASH)
    assert done(outcomes) == {"Transient": 2}
    assert calls == [GRAPH]


def test_a_collection_that_failed_as_a_whole_fails_its_leads_and_no_others() -> None:
    world, plans = with_fields(201)

    def change(body: dict[str, Any]) -> dict[str, Any]:
        body["compositeResponse"][0] |= {
            "httpStatusCode": 503,
            "body": [{"errorCode": "SERVER_UNAVAILABLE", "message": "Server too busy"}],
        }
        return body

    with world.interposed(**answering(world, "/composite", change)):
        outcomes = writer.write(world.session(), plans, HASH)
    assert done(outcomes) == {"done": 1, "Transient": 200}


@responses.activate
def test_duplicate_rules_speak_with_a_misspelled_key_and_are_permanent() -> None:
    """The real body carries `duplicateResut` beside the usual keys [C]."""
    _, plans = with_effects(1)
    duplicate = {
        "duplicateResut": {"allowSave": True, "duplicateRule": "Standard_Lead_Duplicate_Rule"},
        "errorCode": "DUPLICATES_DETECTED",
        "message": "You're creating a duplicate record. Ask Canary Person.",
    }
    graph = {
        "graphId": plans[0].lead.id,
        "graphResponse": {
            "compositeResponse": [
                {"body": [duplicate], "httpHeaders": {}, "httpStatusCode": 400, "referenceId": "lead"}
            ]
        },
        "isSuccessful": False,
    }
    responses.post(
        f"{ORG}/services/data/v64.0/{GRAPH}",
        json={"graphs": [graph]},
        headers={"Date": "Mon, 02 Nov 2026 12:00:00 GMT"},
    )
    transport = SalesforceTransport(ORG, Authentication(lambda: SecretStr("token")))
    outcomes = writer.write(Session(transport, lambda _: None, Dice()), plans, HASH)
    transport.close()
    error = outcomes[plans[0].lead.id].error
    assert isinstance(error, Permanent)
    assert error.error_code == "DUPLICATES_DETECTED"
    assert "Canary" not in str(error)
