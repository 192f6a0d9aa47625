"""Ids, limits and forms that are refused, and what headers do."""

from __future__ import annotations

import gzip

from tests.conformance.cases import (
    ABSENT,
    ANYTHING,
    FACTS,
    TEXT,
    Case,
    Check,
    Step,
    each,
    error,
    get,
    lead,
    new_lead,
    patch,
    post,
    soql,
    sub,
    with_keys,
)
from tests.conformance.table_soql import found

NOBODY = "00Q000000000EAA"


REFUSALS = (
    Case(
        "an id of another object is malformed",
        FACTS,
        "C",
        (
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
            found("SELECT Lead__c FROM SLA_Event__c", {"Lead__c": "{lead}"}),
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
            found("SELECT LastName FROM Lead", {"LastName": "Zip"}),
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
            found("SELECT Title FROM Lead", {"Title": "x"}),
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

LIMITS = (*REFUSALS, *HEADERS)
