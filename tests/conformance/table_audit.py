"""What salesforce-facts.md states beside: SOQL, conversion, history, transfers, rules, limits, headers."""

from __future__ import annotations

import gzip

from tests.conformance.cases import (
    ABSENT,
    ANYTHING,
    FACTS,
    NO_RULES,
    TEXT,
    Case,
    Check,
    Step,
    delete,
    each,
    entry,
    error,
    get,
    lead,
    like,
    new_lead,
    patch,
    post,
    soql,
    sub,
    with_keys,
)

NOBODY = "00Q000000000EAA"
TASK = post("/sobjects/Task", {"WhoId": "{lead}", "Subject": "Call", "OwnerId": "{rep}"}, keep={"task": "id"})


def _found(statement: str, *values: dict[str, object]) -> Check:
    records = [with_keys(**one) for one in values]
    return Check(soql(statement), 200, with_keys(totalSize=len(values), done=True, records=records))


SOQL = (
    Case(
        "semi-joins and anti-joins find leads by their tasks",
        "SOQL reference",
        "D",
        (
            _found("SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task)", {"Id": "{lead}"}),
            _found("SELECT Id FROM Lead WHERE Id NOT IN (SELECT WhoId FROM Task)", {"Id": "{other}"}),
        ),
        given=(new_lead(), new_lead("other"), TASK),
    ),
    Case(
        "aggregates group, are named and are filtered by HAVING",
        "SOQL reference",
        "D",
        (
            _found(
                "SELECT Status, COUNT(Id) FROM Lead GROUP BY Status HAVING COUNT(Id) > 1",
                {"Status": "Open - Not Contacted", "expr0": 2},
            ),
            _found("SELECT MAX(NumberOfEmployees) most FROM Lead", {"most": 7}),
            Check(soql("SELECT COUNT() FROM Lead"), 200, {"totalSize": 3, "done": True, "records": []}),
        ),
        given=(new_lead(NumberOfEmployees=7), new_lead("two"), new_lead("three", Status="Nurture")),
    ),
    Case(
        "date literals, LIKE, NULLS LAST, LIMIT and OFFSET",
        "SOQL reference",
        "D",
        (
            _found(
                "SELECT Id FROM Lead WHERE CreatedDate = TODAY AND LastName LIKE 'cas_'", {"Id": "{lead}"}
            ),
            _found(
                "SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS:7 AND Title = null", {"Id": "{other}"}
            ),
            _found("SELECT Id FROM Lead ORDER BY Title NULLS LAST LIMIT 1", {"Id": "{lead}"}),
            _found("SELECT Id FROM Lead ORDER BY Title NULLS LAST LIMIT 1 OFFSET 1", {"Id": "{other}"}),
        ),
        given=(new_lead(Title="Buyer"), new_lead("other", LastName="Other")),
    ),
    Case(
        "AND NOT needs its parentheses, a datetime no quotes, an offset is at most 2,000",
        FACTS,
        "R",
        (
            Check(soql("SELECT Id FROM Lead WHERE Title = 'a' AND (NOT City = 'b')"), 200),
            Check(
                soql("SELECT Id FROM Lead WHERE Title = 'a' AND NOT City = 'b'"),
                400,
                error("MALFORMED_QUERY"),
            ),
            Check(
                soql("SELECT Id FROM Lead WHERE CreatedDate > '2026-11-02T09:00:00Z'"),
                400,
                error("INVALID_FIELD"),
            ),
            Check(soql("SELECT Id FROM Lead OFFSET 2001"), 400, error("NUMBER_OUTSIDE_VALID_RANGE")),
        ),
    ),
    Case(
        "at most 20 child queries",
        FACTS,
        "D",
        (
            Check(
                soql("SELECT Id, " + ", ".join(["(SELECT Id FROM Tasks)"] * 21) + " FROM Lead"),
                400,
                error("MALFORMED_QUERY"),
            ),
        ),
    ),
    Case(
        "a statement of more than 100,000 characters is refused, in composite too",
        FACTS,
        "D",
        (
            Check(
                post("/composite", {"compositeRequest": [sub("a", "GET", f"/query?q={'x' * 100_001}")]}),
                200,
                {"compositeResponse": [entry("a", 400, error("MALFORMED_QUERY"))]},
            ),
        ),
    ),
    Case(
        "old closed activities and deleted rows are found by queryAll only",
        FACTS,
        "D",
        (
            _found("SELECT Id FROM Task"),
            Check(get("/queryAll?q=SELECT IsArchived FROM Task"), 200, with_keys(totalSize=1)),
            Check(get("/queryAll?q=SELECT Id FROM Lead WHERE IsDeleted = true"), 200, with_keys(totalSize=1)),
        ),
        given=(
            new_lead(),
            new_lead("other"),
            post("/sobjects/Task", {"WhoId": "{lead}", "Status": "Completed", "ActivityDate": "2025-01-01"}),
            delete("/sobjects/Lead/{other}"),
            post("/_org/clock", {"advance_s": 86_400}),
        ),
    ),
    Case(
        "a locator is refused once it is closed",
        FACTS,
        "C",
        (Check(get("/query/01g000000000001AAA-2000"), 400, error("INVALID_QUERY_LOCATOR")),),
    ),
)

LIVES = (
    Case(
        "conversion makes a contact and an opportunity, to which the activities move",
        FACTS,
        "D",
        (
            _found(
                "SELECT Status, IsConverted FROM Lead", {"Status": "Closed - Converted", "IsConverted": True}
            ),
            _found("SELECT WhoId, WhatId FROM Task", {"WhoId": "{contact}", "WhatId": "{deal}"}),
            _found("SELECT Name FROM Contact WHERE Id = '{contact}'", {"Name": "Case"}),
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
            _found("SELECT Lead__c, Lead_Id__c FROM SLA_Event__c", {"Lead__c": None, "Lead_Id__c": "{lead}"}),
            _found("SELECT Id FROM Task"),
            Check(post("/_org/undelete", {"id": "{lead}"}), 200),
            _found("SELECT Lead__c FROM SLA_Event__c", {"Lead__c": "{lead}"}),
            _found("SELECT WhoId FROM Task", {"WhoId": "{lead}"}),
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
            _found("SELECT Id FROM Lead"),
            Check(post("/_org/clock", {"advance_s": 30}), 200),
            _found("SELECT SystemModstamp FROM Lead", {"SystemModstamp": "2026-11-02T09:00:00.000+0000"}),
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
            _found("SELECT OwnerId FROM Lead", {"OwnerId": "{rep}"}),
            Check(patch("/sobjects/Lead/{lead}", {"Title": "y"}), 204),
            _found("SELECT OwnerId FROM Lead", {"OwnerId": "{queue}"}),
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

REFUSALS = (
    Case(
        "an id that is none, or of another object, is malformed",
        FACTS,
        "C",
        (
            Check(patch("/sobjects/Lead/abc", {"Title": "x"}), 400, error("MALFORMED_ID")),
            Check(patch("/sobjects/Lead/{worker}", {"Title": "x"}), 400, error("MALFORMED_ID")),
            Check(get(f"/sobjects/Lead/{NOBODY}"), 404, error("NOT_FOUND")),
            Check(post("/sobjects/Lead", lead(OwnerId="{lead}")), 400, error("MALFORMED_ID")),
        ),
        given=(new_lead(),),
    ),
    Case(
        "a field that there is not is refused when a row is read",
        FACTS,
        "R",
        (
            Check(
                get("/sobjects/Lead/{lead}?fields=foo"),
                400,
                error("INVALID_FIELD", "No such column 'foo' on sobject of type Lead"),
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "headers of their own that a subrequest may not have refuse the whole composite",
        FACTS,
        "D",
        tuple(
            Check(
                post(
                    "/composite",
                    {"compositeRequest": [{**sub("a", "GET", "/sobjects"), "httpHeaders": {name: "x"}}]},
                ),
                400,
                error("JSON_PARSER_ERROR"),
            )
            for name in ("Accept", "authorization", "Content-Type")
        ),
    ),
    Case(
        "more than 15 kinds of nodes in a graph call are refused",
        "REST developer guide; the code is not known",
        "G",
        (
            Check(
                post(
                    "/composite/graph",
                    {
                        "graphs": [
                            {
                                "graphId": "1",
                                "compositeRequest": [
                                    sub(f"n{number}", "POST", f"/sobjects/Kind{number}__c", {})
                                    for number in range(16)
                                ],
                            }
                        ]
                    },
                ),
                400,
                error("LIMIT_EXCEEDED"),
            ),
        ),
    ),
    Case(
        "26 subrequests of a batch are refused",
        "REST developer guide; the code is not known",
        "G",
        (
            Check(
                post("/composite/batch", {"batchRequests": [{"method": "GET", "url": "v68.0/limits"}] * 26}),
                400,
                [ANYTHING],
            ),
        ),
    ),
    Case(
        "batch reaches Chatter and its calls are counted one by one",
        FACTS,
        "D",
        (
            Check(
                post(
                    "/composite/batch",
                    {
                        "batchRequests": [
                            {"method": "GET", "url": "v68.0/chatter/feeds/record/{lead}/feed-elements"},
                            {
                                "method": "GET",
                                "url": "v68.0/chatter/feeds/record/{lead}/feed-elements?pageSize=1",
                            },
                        ]
                    },
                ),
                200,
                {"hasErrors": False, "results": each(with_keys(statusCode=200), 2)},
                {"Sforce-Limit-Info": "api-usage=3/110000"},
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "several rows of one external id answer 300 when one is read",
        "REST developer guide",
        "R",
        (Check(get("/sobjects/SLA_Event__c/Lead_Id__c/{lead}"), 300, [TEXT, TEXT]),),
        given=(
            new_lead(),
            *(
                post("/sobjects/SLA_Event__c", {"Key__c": key, "Kind__c": "Met", "Lead_Id__c": "{lead}"})
                for key in "ab"
            ),
        ),
    ),
    Case(
        "a lookup may be given by the parent's external id",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/sobjects/SLA_Event__c",
                    {"Key__c": "k", "Kind__c": "Met", "Lead__r": {"SLA_Source_Id__c": "one"}},
                ),
                201,
            ),
            _found("SELECT Lead__c FROM SLA_Event__c", {"Lead__c": "{lead}"}),
        ),
        given=(new_lead(SLA_Source_Id__c="one"),),
    ),
)

HEADERS = (
    Case(
        "a body may come packed by gzip",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/sobjects/Lead",
                    gzip.compress(b'{"LastName": "Zip", "Company": "Zip"}', mtime=0),
                    headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
                ),
                201,
            ),
            _found("SELECT LastName FROM Lead", {"LastName": "Zip"}),
        ),
    ),
    Case(
        "HEAD answers as GET does, without a body",
        "REST developer guide",
        "D",
        (Check(Step("HEAD", "/sobjects/Lead/{lead}"), 200, ABSENT),),
        given=(new_lead(),),
    ),
    Case(
        "PATCH may go as a POST that says so",
        "REST developer guide",
        "D",
        (
            Check(post("/sobjects/Lead/{lead}?_HttpMethod=PATCH", {"Title": "x"}), 204),
            _found("SELECT Title FROM Lead", {"Title": "x"}),
        ),
        given=(new_lead(),),
    ),
    Case(
        "batchSize is a hint between 200 and 2,000",
        FACTS,
        "D",
        (
            Check(
                soql("SELECT Id FROM Lead", headers={"Sforce-Query-Options": "batchSize=1"}),
                200,
                with_keys(done=True, records=each(ANYTHING, 3)),
            ),
        ),
        given=(new_lead(), new_lead(), new_lead()),
    ),
)

AUDIT = (*SOQL, *LIVES, *RULES, *REFUSALS, *HEADERS)
