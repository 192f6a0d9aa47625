"""Queries, paging, what changed in a span, merges, preconditions."""

from __future__ import annotations

from tests.conformance.cases import (
    ANYTHING,
    FACTS,
    NO_RULES,
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

READING = (
    Case(
        "a query answers its rows with their attributes",
        "REST developer guide",
        "R",
        (
            Check(
                soql("SELECT Id, Owner.Name, (SELECT Id FROM Tasks) FROM Lead"),
                200,
                {
                    "totalSize": 1,
                    "done": True,
                    "records": [
                        {
                            "attributes": {
                                "type": "Lead",
                                "url": "/services/data/v68.0/sobjects/Lead/{lead}",
                            },
                            "Id": "{lead}",
                            "Owner": with_keys(attributes=ANYTHING, Name=ANYTHING),
                            "Tasks": None,
                        }
                    ],
                },
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "a malformed query, an unknown field and an unknown object are refused",
        FACTS,
        "R",
        (
            Check(soql("SELECT FROM"), 400, error("MALFORMED_QUERY")),
            Check(
                soql("SELECT foo FROM Lead"),
                400,
                error("INVALID_FIELD", like("(?s).*No such column 'foo' on entity 'Lead'.*")),
            ),
            Check(
                soql("SELECT Id FROM Nothing__c"),
                400,
                error("INVALID_TYPE", like("(?s).*sObject type 'Nothing__c' is not supported.*")),
            ),
            Check(
                soql("SELECT Id FROM Lead WHERE Title = 'a' AND City = 'b' OR City = 'c'"),
                400,
                error("MALFORMED_QUERY"),
            ),
        ),
    ),
    Case(
        "a locator belongs to the session that opened it",
        FACTS,
        "C",
        (
            Check(get("{locator}"), 200, with_keys(done=True, totalSize=201)),
            Check(get("{locator}", user="rep"), 400, error("INVALID_QUERY_LOCATOR")),
        ),
        given=(
            *(
                post(
                    "/composite/sobjects",
                    {"records": [{"attributes": {"type": "Lead"}, **lead()} for _ in range(count)]},
                    headers=NO_RULES,
                )
                for count in (200, 1)
            ),
            soql(
                "SELECT Id FROM Lead",
                headers={"Sforce-Query-Options": "batchSize=200"},
                keep={"locator": "nextRecordsUrl"},
            ),
        ),
    ),
    Case(
        "a locator dies with its session",
        FACTS,
        "C",
        (
            Check(get("{locator}"), 401, error("INVALID_SESSION_ID")),
            Check(get("{locator}"), 400, error("INVALID_QUERY_LOCATOR")),
        ),
        given=(
            *(
                post(
                    "/composite/sobjects",
                    {"records": [{"attributes": {"type": "Lead"}, **lead()} for _ in range(count)]},
                    headers=NO_RULES,
                )
                for count in (200, 1)
            ),
            soql(
                "SELECT Id FROM Lead",
                headers={"Sforce-Query-Options": "batchSize=200"},
                keep={"locator": "nextRecordsUrl"},
            ),
            post("/_org/faults", {"match": {"path": "/query/01g"}, "fault": "session_expired"}),
        ),
    ),
    Case(
        "getUpdated and getDeleted name what changed in a span",
        "restforce spec/fixtures/get_updated_success_response.json and get_deleted_success_response.json",
        "R",
        (
            Check(
                get("/sobjects/Lead/updated?start=2026-11-02T08:59:00Z&end=2026-11-02T09:10:00Z"),
                200,
                {"ids": ["{other}"], "latestDateCovered": ANYTHING},
            ),
            Check(
                get("/sobjects/Lead/deleted?start=2026-11-02T08:59:00Z&end=2026-11-02T09:10:00Z"),
                200,
                {
                    "deletedRecords": [{"id": "{lead}", "deletedDate": "2026-11-02T09:00:00.000+0000"}],
                    "earliestDateAvailable": ANYTHING,
                    "latestDateCovered": ANYTHING,
                },
            ),
        ),
        given=(
            new_lead(),
            new_lead("other"),
            delete("/sobjects/Lead/{lead}", user="manager"),
            post("/_org/clock", {"advance_s": 600}),
        ),
    ),
    Case(
        "a merge's loser is deleted and names the winner",
        FACTS,
        "D",
        (
            Check(
                get("/queryAll?q=SELECT IsDeleted, MasterRecordId FROM Lead WHERE Id = '{other}'"),
                200,
                with_keys(records=[with_keys(IsDeleted=True, MasterRecordId="{lead}")]),
            ),
            Check(soql("SELECT WhoId FROM Task"), 200, with_keys(records=[with_keys(WhoId="{lead}")])),
        ),
        given=(
            new_lead(),
            new_lead("other"),
            post("/sobjects/Task", {"WhoId": "{other}", "Subject": "Call", "OwnerId": "{rep}"}),
            post("/_org/merge", {"master_id": "{lead}", "loser_ids": ["{other}"]}),
        ),
    ),
    Case(
        "a precondition that fails answers 412",
        FACTS,
        "D",
        (
            Check(
                patch(
                    "/sobjects/Lead/{lead}",
                    {"Title": "x"},
                    headers={"If-Unmodified-Since": "Mon, 02 Nov 2026 08:59:59 GMT"},
                ),
                412,
            ),
            Check(
                patch(
                    "/sobjects/Lead/{lead}",
                    {"Title": "x"},
                    headers={"If-Unmodified-Since": "Mon, 02 Nov 2026 09:00:00 GMT"},
                ),
                204,
            ),
        ),
        given=(new_lead(),),
    ),
)
