"""Conversion, deletion, late commits, and a customer's own rules and rights."""

from __future__ import annotations

from tests.conformance.cases import (
    ANYTHING,
    FACTS,
    NO_RULES,
    TEXT,
    Case,
    Check,
    delete,
    error,
    get,
    lead,
    like,
    new_lead,
    patch,
    post,
    soql,
    with_keys,
)
from tests.conformance.table_soql import TASK, found

LIVES = (
    Case(
        "conversion makes a contact and an opportunity, to which the activities move",
        FACTS,
        "D",
        (
            found(
                "SELECT Status, IsConverted FROM Lead", {"Status": "Closed - Converted", "IsConverted": True}
            ),
            found("SELECT WhoId, WhatId FROM Task", {"WhoId": "{contact}", "WhatId": "{deal}"}),
            found("SELECT Name FROM Contact WHERE Id = '{contact}'", {"Name": "Case"}),
        ),
        given=(
            new_lead(),
            TASK,
            post(
                "/_org/convert",
                {"lead_id": "{lead}"},
                keep={"contact": "contact_id", "deal": "opportunity_id"},
            ),
        ),
    ),
    Case(
        "a deleted lead empties lookups to it, takes its tasks along and comes back with them",
        FACTS,
        "D",
        (
            Check(delete("/sobjects/Lead/{lead}"), 204, None),
            found("SELECT Lead__c, Lead_Id__c FROM SLA_Event__c", {"Lead__c": None, "Lead_Id__c": "{lead}"}),
            found("SELECT Id FROM Task"),
            Check(post("/_org/undelete", {"id": "{lead}"}), 200),
            found("SELECT Lead__c FROM SLA_Event__c", {"Lead__c": "{lead}"}),
            found("SELECT WhoId FROM Task", {"WhoId": "{lead}"}),
        ),
        given=(
            new_lead(),
            TASK,
            post(
                "/sobjects/SLA_Event__c",
                {"Key__c": "k", "Kind__c": "Met", "Lead__c": "{lead}", "Lead_Id__c": "{lead}"},
            ),
        ),
    ),
    Case(
        "getDeleted reaches back 15 days",
        FACTS,
        "D",
        (
            Check(
                get("/sobjects/Lead/deleted?start=2026-10-01T00:00:00Z&end=2026-11-02T09:00:00Z"),
                400,
                error("INVALID_REPLICATION_DATE"),
            ),
        ),
    ),
    Case(
        "a write held back becomes visible later with its old SystemModstamp",
        FACTS,
        "C",
        (
            found("SELECT Id FROM Lead"),
            Check(post("/_org/clock", {"advance_s": 30}), 200),
            found("SELECT SystemModstamp FROM Lead", {"SystemModstamp": "2026-11-02T09:00:00.000+0000"}),
        ),
        given=(post("/_org/late_commit", {"sobject": "Lead", "values": lead(), "after_s": 20}),),
    ),
    Case(
        "history is read-only",
        FACTS,
        "D",
        (Check(post("/sobjects/LeadHistory", {"LeadId": "{lead}", "Field": "Owner"}), 400, [ANYTHING]),),
        given=(new_lead(),),
    ),
    Case(
        "on update too the assignment rule takes a lead that does not say Sforce-Auto-Assign FALSE",
        FACTS,
        "D",
        (
            Check(patch("/sobjects/Lead/{lead}", {"Title": "x"}, headers=NO_RULES), 204),
            found("SELECT OwnerId FROM Lead", {"OwnerId": "{rep}"}),
            Check(patch("/sobjects/Lead/{lead}", {"Title": "y"}), 204),
            found("SELECT OwnerId FROM Lead", {"OwnerId": "{queue}"}),
        ),
        given=(new_lead(), post("/_org/assignment_rule", {"entries": [{"owner_id": "{queue}"}]})),
    ),
)

RULES = (
    Case(
        "a duplicate rule that alerts is passed with allowSave",
        FACTS,
        "C",
        (
            Check(
                post("/sobjects/Lead", lead(Email="a@b.example"), headers=NO_RULES),
                400,
                [with_keys(errorCode="DUPLICATES_DETECTED", message=TEXT, duplicateResut=ANYTHING)],
            ),
            Check(
                post(
                    "/sobjects/Lead",
                    lead(Email="a@b.example"),
                    headers={**NO_RULES, "Sforce-Duplicate-Rule-Header": "allowSave=true"},
                ),
                201,
            ),
        ),
        given=(
            new_lead(Email="a@b.example"),
            post("/_org/duplicate_rules", {"rules": [{"object_name": "Lead", "match_fields": ["Email"]}]}),
        ),
    ),
    Case(
        "all validation rules that fail are told, each in its own text",
        FACTS,
        "C",
        (
            Check(
                post("/sobjects/Lead", lead(), headers=NO_RULES),
                400,
                [
                    {
                        "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                        "message": "No city",
                        "fields": ["City"],
                    },
                    {"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "No title", "fields": []},
                ],
            ),
        ),
        given=(
            post(
                "/_org/customer_rules",
                {
                    "validation_rules": [
                        {
                            "object_name": "Lead",
                            "formula": "ISBLANK(City)",
                            "message": "No city",
                            "error_field": "City",
                        },
                        {"object_name": "Lead", "formula": "ISBLANK(Title)", "message": "No title"},
                    ]
                },
            ),
        ),
    ),
    Case(
        "a customer's flow may refuse our writes",
        FACTS,
        "G",
        (
            Check(
                patch("/sobjects/Lead/{lead}", {"Title": "x"}, headers=NO_RULES),
                400,
                error("CANNOT_EXECUTE_FLOW_TRIGGER", like("(?s).*Not today.*")),
            ),
        ),
        given=(
            new_lead(),
            post("/_org/customer_rules", {"flows": [{"object_name": "Lead", "refusal": "Not today"}]}),
        ),
    ),
    Case(
        "a customer's own required field is required of us",
        FACTS,
        "C",
        (Check(post("/sobjects/Lead", lead()), 400, error("REQUIRED_FIELD_MISSING", like(".*City.*"))),),
        given=(post("/_org/customer_rules", {"required": [["Lead", "City"]]}),),
    ),
    Case(
        "field-level security: a rep cannot write what sfsync owns",
        FACTS,
        "C",
        (
            Check(
                patch("/sobjects/Lead/{lead}", {"SLA_Score__c": 5}, user="rep"),
                400,
                error(
                    "INVALID_FIELD_FOR_INSERT_UPDATE",
                    like(
                        r"Unable to create/update fields: SLA_Score__c. Please check the security settings .*"
                    ),
                    ["SLA_Score__c"],
                ),
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "nobody deletes from the ledger",
        "design.md, section 7",
        "D",
        (Check(delete("/sobjects/SLA_Event__c/{event}"), 403, error("INSUFFICIENT_ACCESS_OR_READONLY")),),
        given=(post("/sobjects/SLA_Event__c", {"Key__c": "k", "Kind__c": "Met"}, keep={"event": "id"}),),
    ),
    Case(
        "a post takes no custom field, a task does",
        FACTS,
        "D",
        (
            Check(post("/sobjects/Task", {"SFSync_Key__c": "k", "WhoId": "{lead}"}), 201),
            Check(
                post("/sobjects/FeedItem", {"ParentId": "{lead}", "Body": "x", "SFSync_Key__c": "k"}),
                400,
                error("INVALID_FIELD"),
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "what a plain org has not is not in the describe",
        FACTS,
        "R",
        (
            Check(soql("SELECT FirstCallDateTime FROM Lead"), 400, error("INVALID_FIELD")),
            Check(soql("SELECT LastTransferDate FROM Lead"), 400, error("INVALID_FIELD")),
        ),
    ),
)

FACTS_OF_LEADS = (*LIVES, *RULES)
