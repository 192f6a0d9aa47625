"""Leads that their org refuses to let us write: each says why, once, and the others go on."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from structlog.testing import capture_logs

from sfsync.batch import QUARANTINE
from sfsync.poll import DETECTOR_EVERY
from sfsync.ports import Reply
from tests.inprocess import Interpose, Send, World, begun

GRAPH = "composite/graph"
ONCE = {"Band Entered": 1}


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


def answering(code: str, message: str) -> Interpose:
    """Each graph of a worker's is refused with this, whatever is in it."""

    def refused(graph: str) -> dict[str, object]:
        items = [{"errorCode": code, "message": message}]
        response = {"body": items, "httpStatusCode": 400, "referenceId": "task0"}
        return {
            "graphId": graph,
            "isSuccessful": False,
            "graphResponse": {"compositeResponse": [response]},
        }

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if not path.endswith(GRAPH):
            return send()
        graphs = [refused(one["graphId"]) for one in msgspec.json.decode(body or b"")["graphs"]]
        return Reply(200, send(b'{"graphs": []}').headers, msgspec.json.encode({"graphs": graphs}))

    return interpose


def test_a_record_that_is_missing_for_good_is_told_like_any_refusal() -> None:
    """A wrong record type in `constants`, say: the first answers look like somebody else's haste."""
    world = begun()
    lead = world.create_lead()
    worker = world.worker()
    with world.interposed(answering("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")):
        world.once(worker)
    assert world.kinds(lead) == ["Error"]
    assert "INVALID_CROSS_REFERENCE_KEY" in world.lead(lead)["SLA_Sync_Error__c"]
    assert worker.tally.refused == 1
    world.update(lead, by=world.rep, Description="mended")
    world.once(worker)
    assert world.kinds(lead) == ["Error", "Band Entered"]


def test_a_lead_that_others_change_all_the_time_is_not_told_that_it_is_refused() -> None:
    world = begun()
    lead = world.create_lead()
    stale = "SFSYNC_STALE: the lead is no longer what was decided on."
    with world.interposed(answering("FIELD_CUSTOM_VALIDATION_EXCEPTION", stale)), capture_logs() as logs:
        world.once()
    assert world.kinds(lead) == []
    assert world.lead(lead).get("SLA_Sync_Error__c") is None
    assert [one["lead_id"] for one in logs if one["event"] == "still stale"] == [lead]
    world.update(lead, by=world.rep, Description="done")
    world.once()
    assert world.kinds(lead) == ["Band Entered"]


def test_who_left_since_the_users_were_read_gets_no_task_and_the_lead_is_not_refused() -> None:
    world = begun()
    worker = world.worker()
    world.once(worker)
    lead = world.create_lead()
    users = world.org.database.table("User")
    refused: list[bytes] = []

    def leaving(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if path.endswith(GRAPH) and not refused:
            users.put({**users.rows[world.rep], "IsActive": False})
        reply = send()
        if b"INACTIVE_OWNER_OR_USER" in reply.body:
            refused.append(reply.body)
        return reply

    with world.interposed(leaving):
        world.once(worker)
    assert len(refused) == 1
    assert "Error" not in world.kinds(lead)
    assert "Band Entered" in world.kinds(lead)
    assert world.lead(lead).get("SLA_Sync_Error__c") is None
    owners = {task["OwnerId"] for task in world.org.database.table("Task").rows.values()}
    assert owners == {users.rows[world.rep]["ManagerId"]}


def test_a_refused_task_leaves_neither_row_nor_field_behind() -> None:
    world = begun()
    lead = world.create_lead()
    world.customer_rule('CONTAINS(Subject, "Contact this lead")', "No such tasks.", on="Task")
    world.once()
    assert world.kinds(lead) == ["Error"]
    assert world.soql("SELECT Id FROM Task") == []
    assert world.lead(lead).get("SLA_Score__c") is None
    assert "No such tasks." in world.lead(lead)["SLA_Sync_Error__c"]
