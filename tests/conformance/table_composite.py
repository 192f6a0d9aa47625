"""Composite and batch."""

from __future__ import annotations

from tests.conformance.cases import (
    ANYTHING,
    FACTS,
    NO_RULES,
    Case,
    Check,
    an_id,
    entry,
    error,
    item_error,
    lead,
    like,
    new_lead,
    post,
    soql,
    sub,
    with_keys,
)

HALTED = [
    {
        "errorCode": "PROCESSING_HALTED",
        "message": "The transaction was rolled back since another operation in the same transaction failed.",
    }
]
NOT_THERE = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
COUNT = "SELECT COUNT() FROM Lead"
NONE_LEFT = Check(soql(COUNT), 200, {"totalSize": 0, "done": True, "records": []})
NO_NAME = {"Company": "Without a name", "OwnerId": "{rep}"}
RULE = post("/_org/assignment_rule", {"entries": [{"owner_id": "{queue}"}]})


def _composite(*subrequests: object, **flags: bool) -> dict[str, object]:
    return {**flags, "compositeRequest": list(subrequests)}


def _owner_is(who: str) -> Check:
    return Check(soql("SELECT OwnerId FROM Lead"), 200, with_keys(records=[with_keys(OwnerId=who)]))


COMPOSITE = (
    Case(
        "a later subrequest may use the id that an earlier one made",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite",
                    _composite(
                        sub("made", "POST", "/sobjects/Lead", lead()),
                        sub("task", "POST", "/sobjects/Task", {"WhoId": "@{made.id}", "Subject": "Call"}),
                        sub("read", "GET", "/sobjects/Lead/@{made.id}?fields=LastName"),
                        allOrNone=True,
                    ),
                ),
                200,
                {
                    "compositeResponse": [
                        entry(
                            "made",
                            201,
                            {"id": an_id("00Q"), "success": True, "errors": []},
                            {"Location": like("/services/data/v68.0/sobjects/Lead/00Q.{15}")},
                        ),
                        entry("task", 201, {"id": an_id("00T"), "success": True, "errors": []}),
                        entry("read", 200, with_keys(LastName="Case"), {}),
                    ]
                },
            ),
        ),
    ),
    Case(
        "with allOrNone one failure halts the others, before and after it, and nothing stays",
        "CumulusCI cumulusci/tasks/salesforce/composite.py",
        "C",
        (
            Check(
                post(
                    "/composite",
                    _composite(
                        sub("a", "POST", "/sobjects/Lead", lead()),
                        sub("b", "POST", "/sobjects/Lead", NO_NAME),
                        sub("c", "POST", "/sobjects/Lead", lead()),
                        allOrNone=True,
                    ),
                ),
                200,
                {
                    "compositeResponse": [
                        entry("a", 400, HALTED, {}),
                        entry("b", 400, error("REQUIRED_FIELD_MISSING"), {}),
                        entry("c", 400, HALTED, {}),
                    ]
                },
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "without allOrNone the others stay",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite",
                    _composite(
                        sub("a", "POST", "/sobjects/Lead", lead()),
                        sub("b", "POST", "/sobjects/Lead", NO_NAME),
                    ),
                ),
                200,
                {"compositeResponse": [entry("a", 201, ANYTHING), entry("b", 400, ANYTHING)]},
            ),
            Check(soql(COUNT), 200, with_keys(totalSize=1)),
        ),
    ),
    Case(
        "a reference to a failed subrequest is halted and says which value is missing",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite",
                    _composite(
                        sub("a", "POST", "/sobjects/Lead", NO_NAME),
                        sub("b", "PATCH", "/sobjects/Lead/@{a.id}", {"Title": "x"}),
                    ),
                ),
                200,
                {
                    "compositeResponse": [
                        entry("a", 400, ANYTHING),
                        entry(
                            "b",
                            400,
                            error(
                                "PROCESSING_HALTED",
                                like(r"Invalid reference specified\. No value for a\.id found in a\..*"),
                            ),
                        ),
                    ]
                },
            ),
        ),
    ),
    Case(
        "more than 25 subrequests are refused in one entry without a reference id",
        "guardian/support-service-lambdas PR #766, a production log",
        "C",
        (
            Check(
                post(
                    "/composite",
                    _composite(*(sub(f"r{n}", "POST", "/sobjects/Lead", lead()) for n in range(26))),
                ),
                200,
                {
                    "compositeResponse": [
                        entry(
                            None,
                            400,
                            [
                                {
                                    "errorCode": "LIMIT_EXCEEDED",
                                    "message": "The request can’t contain more than 25 operations.",
                                }
                            ],
                        )
                    ]
                },
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "more than five queries and collections are refused",
        "REST developer guide; the shape of the refusal is not known",
        "G",
        (
            Check(
                post("/composite", _composite(*(sub(f"q{n}", "GET", "/query?q=x") for n in range(6)))),
                200,
                {"compositeResponse": [entry(None, 400, error("LIMIT_EXCEEDED"))]},
            ),
        ),
    ),
    Case(
        "a subrequest without a reference id is a parser error of the whole call",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite",
                    {"compositeRequest": [{"method": "GET", "url": "/services/data/v68.0/limits"}]},
                ),
                400,
                error("JSON_PARSER_ERROR", "'referenceId' is a required field."),
            ),
        ),
    ),
    *(
        Case(
            f"{name} in a subrequest's headers is refused as a whole",
            FACTS,
            "D",
            (
                Check(
                    post(
                        "/composite",
                        _composite(sub("a", "GET", "/sobjects/Lead", httpHeaders={name: "anything"})),
                    ),
                    400,
                    error("JSON_PARSER_ERROR"),
                ),
            ),
        )
        for name in ("Accept", "Authorization", "Content-Type")
    ),
    Case(
        "a subrequest to what does not exist answers 404 in the recorded words",
        "CumulusCI TestCompositeParallelSalesforce.test_errors.yaml",
        "R",
        (
            Check(
                post("/composite", _composite(sub("a", "GET", "/sobjects/Nothing__c/describe"))),
                200,
                {"compositeResponse": [entry("a", 404, NOT_THERE, {})]},
            ),
        ),
    ),
    Case(
        "Chatter cannot be reached through composite",
        FACTS,
        "D",
        (
            Check(
                post("/composite", _composite(sub("a", "POST", "/chatter/feed-elements", {}))),
                200,
                {"compositeResponse": [entry("a", 404, NOT_THERE)]},
            ),
        ),
    ),
    Case(
        "allOrNone of the composite overrides the flag of a collection inside",
        FACTS,
        "D",
        (
            Check(
                post(
                    "/composite",
                    _composite(
                        sub(
                            "a",
                            "POST",
                            "/composite/sobjects",
                            {
                                "allOrNone": False,
                                "records": [
                                    {"attributes": {"type": "Lead"}, **lead()},
                                    {"attributes": {"type": "Lead"}, **NO_NAME},
                                ],
                            },
                        ),
                        sub("b", "POST", "/sobjects/Lead", lead()),
                        allOrNone=True,
                    ),
                ),
                200,
                {"compositeResponse": [with_keys(referenceId="a"), entry("b", 400, HALTED)]},
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "without allOrNone a collection inside keeps its own flag",
        FACTS,
        "D",
        (
            Check(
                post(
                    "/composite",
                    _composite(
                        sub(
                            "a",
                            "POST",
                            "/composite/sobjects",
                            {
                                "allOrNone": True,
                                "records": [
                                    {"attributes": {"type": "Lead"}, **lead()},
                                    {"attributes": {"type": "Lead"}, **NO_NAME},
                                ],
                            },
                        ),
                        sub("b", "POST", "/sobjects/Lead", lead()),
                    ),
                ),
                200,
                {
                    "compositeResponse": [
                        entry(
                            "a",
                            200,
                            [
                                item_error("ALL_OR_NONE_OPERATION_ROLLED_BACK"),
                                item_error("REQUIRED_FIELD_MISSING"),
                            ],
                        ),
                        entry("b", 201, ANYTHING),
                    ]
                },
            ),
            Check(soql(COUNT), 200, with_keys(totalSize=1)),
        ),
    ),
    Case(
        "an outer Sforce-Auto-Assign is not honoured for subrequests",
        FACTS + ", question 2",
        "?",
        (
            Check(
                post("/composite", _composite(sub("a", "POST", "/sobjects/Lead", lead())), headers=NO_RULES),
                200,
            ),
            _owner_is("{queue}"),
        ),
        given=(RULE,),
    ),
    Case(
        "an outer Sforce-Auto-Assign may be honoured for subrequests",
        FACTS + ", question 2, the other way",
        "?",
        (
            Check(
                post("/composite", _composite(sub("a", "POST", "/sobjects/Lead", lead())), headers=NO_RULES),
                200,
            ),
            _owner_is("{rep}"),
        ),
        given=(RULE,),
        settings={"outer_auto_assign_honoured": True},
    ),
    Case(
        "Sforce-Auto-Assign in a subrequest's own headers keeps the assignment rule away",
        FACTS,
        "D",
        (
            Check(
                post(
                    "/composite",
                    _composite(sub("a", "POST", "/sobjects/Lead", lead(), httpHeaders=NO_RULES)),
                ),
                200,
            ),
            _owner_is("{rep}"),
        ),
        given=(RULE,),
    ),
    Case(
        "a composite call counts as one API call whatever is in it",
        FACTS,
        "D",
        (
            Check(
                post(
                    "/composite",
                    _composite(*(sub(f"r{n}", "GET", "/sobjects/Lead/{lead}") for n in range(5))),
                ),
                200,
                headers={"Sforce-Limit-Info": "api-usage=2/110000"},
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "nextRecordsUrl may be followed through composite",
        FACTS,
        "D",
        (
            Check(
                post(
                    "/composite",
                    _composite(
                        sub("q", "GET", "/query?q=SELECT+Id+FROM+User+WHERE+IsActive=true"),
                        sub("bad", "GET", "/query/01g000000000001AAA-2000"),
                    ),
                ),
                200,
                {
                    "compositeResponse": [
                        entry("q", 200, with_keys(done=True)),
                        entry("bad", 400, error("INVALID_QUERY_LOCATOR", "invalid query locator")),
                    ]
                },
            ),
        ),
    ),
)
