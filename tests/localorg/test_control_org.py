"""The control plane, in process: what users and admins do to the org from outside the API."""

from __future__ import annotations

from typing import Any

import pytest

from sfsync.localorg.app import App
from sfsync.localorg.org import Org
from tests.conformance.cases import Step, delete, get, lead, new_lead, post, soql
from tests.conformance.harness import SCHEMA, START, Conversation, begin

BAD_RULE = {"object_name": "Lead", "formula": "(", "message": "x"}


@pytest.fixture
def talk() -> Conversation:
    return begin(App(Org(SCHEMA, START)))


def ok(talk: Conversation, step: Step) -> Any:
    """The body of a request that must succeed."""
    status, _, body = talk.run(step)
    assert status < 400, body
    return body


def count(talk: Conversation) -> Any:
    """How many leads there are."""
    return ok(talk, soql("SELECT COUNT() FROM Lead"))["totalSize"]


def test_conversion_moves_the_lead_on_and_names_what_it_made(talk: Conversation) -> None:
    ok(talk, new_lead())
    ok(talk, post("/sobjects/Task", {"WhoId": "{lead}", "Subject": "Call", "OwnerId": "{rep}"}))
    made = ok(talk, post("/_org/convert", {"lead_id": "{lead}"}))
    row = ok(talk, get("/sobjects/Lead/{lead}?fields=IsConverted,ConvertedContactId,ConvertedOpportunityId"))
    assert row["IsConverted"] is True
    assert row["ConvertedContactId"] == made["contact_id"]
    assert row["ConvertedOpportunityId"] == made["opportunity_id"]
    task = ok(talk, soql("SELECT WhoId FROM Task"))["records"][0]
    assert task["WhoId"] == made["contact_id"]


def test_a_late_commit_shows_later_with_its_old_system_modstamp(talk: Conversation) -> None:
    held = ok(
        talk,
        post("/_org/late_commit", {"sobject": "Lead", "values": lead(LastName="Late"), "after_s": 60}),
    )
    assert count(talk) == 0
    ok(talk, post("/_org/clock", {"advance_s": 59}))
    assert count(talk) == 0
    ok(talk, post("/_org/clock", {"advance_s": 1}))
    rows = ok(talk, soql("SELECT Id, LastName, SystemModstamp FROM Lead"))["records"]
    assert [(row["Id"], row["LastName"]) for row in rows] == [(held["id"], "Late")]
    assert rows[0]["SystemModstamp"] == "2026-11-02T09:00:00.000+0000"


def test_a_late_commit_of_a_change_shows_later_too(talk: Conversation) -> None:
    ok(talk, new_lead())
    ok(
        talk,
        post(
            "/_org/late_commit",
            {"sobject": "Lead", "id": "{lead}", "values": {"Title": "Late"}, "after_s": 60},
        ),
    )
    assert ok(talk, get("/sobjects/Lead/{lead}?fields=Title"))["Title"] is None
    ok(talk, post("/_org/clock", {"advance_s": 60}))
    row = ok(talk, get("/sobjects/Lead/{lead}?fields=Title,SystemModstamp"))
    assert (row["Title"], row["SystemModstamp"]) == ("Late", "2026-11-02T09:00:00.000+0000")


def test_a_deleted_lead_can_be_taken_back(talk: Conversation) -> None:
    ok(talk, new_lead())
    ok(talk, delete("/sobjects/Lead/{lead}", user="manager"))
    assert count(talk) == 0
    ok(talk, post("/_org/undelete", {"id": "{lead}"}))
    assert count(talk) == 1


def test_a_customers_own_rule_field_and_flow_speak_until_they_are_cleared(talk: Conversation) -> None:
    ok(
        talk,
        post(
            "/_org/customer_rules",
            {
                "validation_rules": [
                    {"object_name": "Lead", "formula": "ISBLANK(Title)", "message": "A title, please."}
                ]
            },
        ),
    )
    status, _, body = talk.run(new_lead())
    assert (status, body[0]["errorCode"], body[0]["message"]) == (
        400,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "A title, please.",
    )
    ok(talk, delete("/_org/customer_rules"))
    ok(talk, new_lead())
    ok(talk, post("/_org/customer_rules", {"required": [["Lead", "City"]]}))
    assert talk.run(new_lead())[2][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    ok(talk, delete("/_org/customer_rules"))
    ok(talk, post("/_org/customer_rules", {"flows": [{"object_name": "Lead", "changes": {"City": "Oslo"}}]}))
    ok(talk, new_lead("changed"))
    assert ok(talk, get("/sobjects/Lead/{changed}?fields=City"))["City"] == "Oslo"
    ok(talk, post("/_org/customer_rules", {"flows": [{"object_name": "Lead", "refusal": "Not today."}]}))
    status, _, body = talk.run(new_lead())
    assert (status, body[0]["errorCode"]) == (400, "CANNOT_EXECUTE_FLOW_TRIGGER")
    assert "Not today." in body[0]["message"]


def test_a_late_commit_without_a_time_waits_until_it_is_released(talk: Conversation) -> None:
    ok(talk, post("/_org/late_commit", {"sobject": "Lead", "values": lead()}))
    ok(talk, post("/_org/clock", {"advance_s": 86_400}))
    assert count(talk) == 0
    assert ok(talk, post("/_org/late_commit", {"release": True})) == {"released": 1}
    assert count(talk) == 1


def test_a_duplicate_rule_that_only_alerts_lets_a_write_pass_that_says_so(talk: Conversation) -> None:
    rule = {"object_name": "Lead", "match_fields": ["Email"]}
    ok(talk, post("/_org/duplicate_rules", {"rules": [rule]}))
    values = lead(Email="same@example.invalid")
    ok(talk, post("/sobjects/Lead", values))
    status, _, body = talk.run(post("/sobjects/Lead", values))
    assert (status, body[0]["errorCode"]) == (400, "DUPLICATES_DETECTED")
    assert "duplicateResut" in body[0]
    ok(talk, post("/sobjects/Lead", values, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"}))
    assert count(talk) == 2
    ok(talk, post("/_org/duplicate_rules", {"rules": []}))
    ok(talk, post("/sobjects/Lead", values))


def test_an_assignment_rule_can_be_switched_on_for_one_owner_and_off(talk: Conversation) -> None:
    ok(talk, post("/_org/assignment_rule", {"owner_id": talk.known["rep2"]}))
    ok(talk, post("/sobjects/Lead", lead(), keep={"lead": "id"}))
    assert ok(talk, get("/sobjects/Lead/{lead}?fields=OwnerId"))["OwnerId"] == talk.known["rep2"]
    ok(talk, post("/_org/assignment_rule", {"active": False}))
    ok(talk, post("/sobjects/Lead", lead(), keep={"lead": "id"}))
    assert ok(talk, get("/sobjects/Lead/{lead}?fields=OwnerId"))["OwnerId"] == talk.known["rep"]


def test_a_session_can_be_ended(talk: Conversation) -> None:
    ok(talk, post("/_org/logout", {"access_token": talk.tokens["rep"]}))
    assert talk.run(get("/limits", user="rep"))[0] == 401
    assert talk.run(get("/limits"))[0] == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_org/convert", {}),
        ("/_org/convert", {"lead_id": "00Q000000000000EAA"}),
        ("/_org/merge", {"master_id": "{lead}", "loser_ids": "one"}),
        ("/_org/undelete", {"id": 5}),
        ("/_org/late_commit", {"sobject": "Nothing__c", "values": {}}),
        ("/_org/late_commit", {"sobject": "Lead", "values": [], "after_s": 1}),
        ("/_org/late_commit", {"sobject": "Lead", "values": {}, "after_s": -1}),
        (
            "/_org/customer_rules",
            {"validation_rules": [{"object_name": "Lead", "formula": "(", "message": "x"}]},
        ),
        ("/_org/customer_rules", {"flows": [{"object_name": "Nothing__c", "condition": "TRUE"}]}),
        ("/_org/assignment_rule", {"entries": [{"owner": "x"}]}),
        ("/_org/connected_app", {"client_secret": "x"}),
    ],
)
def test_what_makes_no_sense_is_refused(talk: Conversation, path: str, body: dict[str, Any]) -> None:
    ok(talk, new_lead())
    assert 400 <= talk.run(post(path, body))[0] < 500
    assert count(talk) == 1
