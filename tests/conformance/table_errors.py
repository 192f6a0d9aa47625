"""Wrong requests, by kind and by family of resources: status, errorCode and shape of each refusal."""

from __future__ import annotations

from typing import Any

from tests.conformance.cases import (
    ANYTHING,
    FACTS,
    Case,
    Certainty,
    Check,
    Step,
    delete,
    entry,
    error,
    get,
    item_error,
    lead,
    like,
    new_lead,
    patch,
    post,
    soql,
    sub,
    with_keys,
)

GUIDE = "REST API developer guide"
NOWHERE = "00Q000000000000EAA"
LEAD: dict[str, Any] = {"attributes": {"type": "Lead"}}
NOT_FOUND = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
JSON = {"Content-Type": "application/json"}


def _case(says: str, source: str, certainty: Certainty, *checks: Check) -> Case:
    return Case(says, source, certainty, checks, (new_lead(),))


def _no_column(name: str) -> list[Any]:
    return error("INVALID_FIELD", f"No such column '{name}' on sobject of type Lead")


def _marked(code: str, column: int, sentence: str) -> list[Any]:
    return error(code, like(rf"(?s)\n.*\^\nERROR at Row:1:Column:{column}\n{sentence}"))


def _composite(*subrequests: dict[str, Any]) -> Step:
    return post("/composite", {"compositeRequest": list(subrequests)})


def _composed(*entries: Any) -> Any:
    return with_keys(compositeResponse=list(entries))


ERRORS = (
    _case(
        "a wrong field is INVALID_FIELD in every family",
        FACTS,
        "R",
        Check(post("/sobjects/Lead", lead(foo=1)), 400, _no_column("foo")),
        Check(patch("/sobjects/Lead/{lead}", {"foo": 1}), 400, _no_column("foo")),
        Check(patch("/sobjects/Lead/SLA_Source_Id__c/k", {"foo": 1}), 400, _no_column("foo")),
        Check(get("/sobjects/Lead/{lead}?fields=Id,foo"), 400, _no_column("foo")),
        Check(
            soql("SELECT foo FROM Lead"),
            400,
            _marked("INVALID_FIELD", 8, r"No such column 'foo' on entity 'Lead'\..*"),
        ),
        Check(
            post("/composite/sobjects", {"records": [{**LEAD, **lead(foo=1)}]}),
            200,
            [item_error("INVALID_FIELD")],
        ),
        Check(
            post("/composite/sobjects/Lead", {"ids": ["{lead}"], "fields": ["foo"]}), 400, _no_column("foo")
        ),
        Check(
            _composite(sub("a", "PATCH", "/sobjects/Lead/{lead}", {"foo": 1})),
            200,
            _composed(entry("a", 400, _no_column("foo"))),
        ),
        Check(
            post(
                "/composite/batch",
                {
                    "batchRequests": [
                        {"method": "PATCH", "url": "v68.0/sobjects/Lead/{lead}", "richInput": {"foo": 1}}
                    ]
                },
            ),
            200,
            {"hasErrors": True, "results": [{"statusCode": 400, "result": _no_column("foo")}]},
        ),
        Check(
            post(
                "/composite/graph",
                {
                    "graphs": [
                        {
                            "graphId": "g",
                            "compositeRequest": [sub("a", "PATCH", "/sobjects/Lead/{lead}", {"foo": 1})],
                        }
                    ]
                },
            ),
            200,
            with_keys(
                graphs=[
                    with_keys(isSuccessful=False, graphResponse=_composed(entry("a", 400, _no_column("foo"))))
                ]
            ),
        ),
        Check(
            post("/jobs/query", {"operation": "query", "query": "SELECT foo FROM Lead"}),
            400,
            error("INVALID_FIELD"),
        ),
    ),
    _case(
        "an unknown object is not found in a path, and an invalid type in SOQL",
        FACTS,
        "R",
        *(
            Check(step, 404, NOT_FOUND)
            for step in (
                get("/sobjects/Nothing__c"),
                post("/sobjects/Nothing__c", {}),
                get("/sobjects/Nothing__c/describe"),
                get("/sobjects/Nothing__c/{lead}"),
                patch("/sobjects/Nothing__c/Key__c/k", {"Name": "x"}),
                get("/sobjects/Nothing__c/updated?start=2026-11-02T08:00:00Z&end=2026-11-02T09:00:00Z"),
                post("/composite/sobjects/Nothing__c", {"ids": ["{lead}"], "fields": ["Id"]}),
                patch("/composite/sobjects/Nothing__c/Key__c", {"records": []}),
            )
        ),
        Check(
            soql("SELECT Id FROM Nothing__c"),
            400,
            _marked("INVALID_TYPE", 16, r"sObject type 'Nothing__c' is not supported\..*"),
        ),
        Check(
            _composite(sub("a", "POST", "/sobjects/Nothing__c", {})),
            200,
            _composed(entry("a", 404, NOT_FOUND)),
        ),
    ),
    _case(
        "what is no id stands for an external id, which there is not",
        "ex_force test/ex_force_test.exs: DELETE …/Account/foo; the same of GET …/-1",
        "C",
        *(
            Check(
                step,
                404,
                error("NOT_FOUND", "Provided external ID field does not exist or is not accessible: foo"),
            )
            for step in (
                get("/sobjects/Lead/foo"),
                patch("/sobjects/Lead/foo", {"City": "x"}),
                delete("/sobjects/Lead/foo"),
            )
        ),
    ),
    _case(
        "an id of nothing, and an id of another object",
        FACTS,
        "C",
        Check(get(f"/sobjects/Lead/{NOWHERE}"), 404, NOT_FOUND),
        Check(
            patch(f"/sobjects/Lead/{NOWHERE}", {"City": "x"}),
            400,
            error("INVALID_CROSS_REFERENCE_KEY", fields=[]),
        ),
        Check(delete(f"/sobjects/Lead/{NOWHERE}"), 400, error("INVALID_CROSS_REFERENCE_KEY", fields=[])),
        Check(
            patch("/sobjects/Lead/{lead}", {"OwnerId": "{lead}"}),
            400,
            error("MALFORMED_ID", like("Owner ID: id value of incorrect type: .*"), ["OwnerId"]),
        ),
        Check(
            patch("/composite/sobjects", {"records": [{**LEAD, "id": "foo"}, {**LEAD, "id": NOWHERE}]}),
            200,
            [item_error("MALFORMED_ID", fields=["Id"]), item_error("INVALID_CROSS_REFERENCE_KEY", fields=[])],
        ),
        Check(delete("/composite/sobjects?ids=foo"), 200, [item_error("MALFORMED_ID")]),
        Check(
            post("/composite/sobjects/Lead", {"ids": ["foo", NOWHERE], "fields": ["Id"]}),
            200,
            [None, None],
        ),
        Check(
            get("/query/01g000000000000-2000"), 400, error("INVALID_QUERY_LOCATOR", "invalid query locator")
        ),
    ),
    _case(
        "a comparison that does not fit its field is marked in the statement",
        "error texts in clients' bug reports",
        "C",
        Check(
            soql("SELECT Id FROM Lead WHERE Id = 'foo'"),
            400,
            _marked("INVALID_QUERY_FILTER_OPERATOR", 27, "invalid ID field: foo"),
        ),
        Check(
            soql("SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01'"),
            400,
            _marked(
                "INVALID_FIELD",
                27,
                "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be "
                "enclosed in quotes",
            ),
        ),
        Check(
            soql("SELECT Description FROM Lead GROUP BY Description"),
            400,
            _marked("MALFORMED_QUERY", 39, "field 'Description' can not be grouped in a query call"),
        ),
        Check(
            soql("SELECT City, COUNT(Id) FROM Lead GROUP BY Status"),
            400,
            _marked("MALFORMED_QUERY", 8, "Field must be grouped or aggregated: City"),
        ),
    ),
    _case(
        "too much in one request is refused as a whole",
        f"{FACTS}; {GUIDE}",
        "C",
        *(
            Check(step, 400, error("EXCEEDED_ID_LIMIT", like(f"record limit reached. .* {most} records .*")))
            for step, most in (
                (post("/composite/sobjects", {"records": [{**LEAD, **lead()}] * 201}), 200),
                (patch("/composite/sobjects", {"records": [{**LEAD, "id": "{lead}"}] * 201}), 200),
                (patch("/composite/sobjects/Lead/SLA_Source_Id__c", {"records": [LEAD] * 201}), 200),
                (delete(f"/composite/sobjects?ids={','.join([NOWHERE] * 201)}"), 200),
                (post("/composite/sobjects/Lead", {"ids": ["{lead}"] * 2001, "fields": ["Id"]}), 2000),
            )
        ),
    ),
    _case(
        "a body that is malformed, or lacks what it must have, is a parser error in every family",
        GUIDE,
        "G",
        *(
            Check(Step(method, path, body, headers=JSON), 400, error("JSON_PARSER_ERROR"))
            for method, path in (
                ("POST", "/sobjects/Lead"),
                ("PATCH", "/sobjects/Lead/{lead}"),
                ("POST", "/composite"),
                ("POST", "/composite/batch"),
                ("POST", "/composite/graph"),
                ("POST", "/composite/sobjects"),
                ("PATCH", "/composite/sobjects"),
                ("POST", "/composite/sobjects/Lead"),
                ("POST", "/chatter/feed-elements"),
                ("POST", "/jobs/query"),
                ("POST", "/jobs/ingest"),
            )
            for body in ("{", "[]")
        ),
        *(
            Check(post(path, {}), 400, error("JSON_PARSER_ERROR", f"'{name}' is a required field."))
            for path, name in (
                ("/composite", "compositeRequest"),
                ("/composite/batch", "batchRequests"),
                ("/composite/graph", "graphs"),
                ("/composite/sobjects", "records"),
                ("/composite/sobjects/Lead", "ids"),
            )
        ),
        Check(
            patch("/sobjects/Lead/{lead}", {"AnnualRevenue": "much"}),
            400,
            error(
                "JSON_PARSER_ERROR",
                like("Cannot deserialize instance of currency from VALUE_STRING value much .*"),
            ),
        ),
    ),
    _case(
        "a token that is none is refused before anything else, in every family",
        FACTS,
        "R",
        *(
            Check(
                Step(method, path, {}, headers={"Authorization": "Bearer 00Dnobody"}, user=""),
                401,
                [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
            )
            for method, path in (
                ("GET", "/limits"),
                ("GET", "/sobjects/Lead/{lead}"),
                ("PUT", "/sobjects/Lead"),
                ("GET", "/query?q=nonsense"),
                ("POST", "/composite"),
                ("POST", "/composite/graph"),
                ("POST", "/composite/sobjects"),
                ("POST", "/chatter/feed-elements"),
                ("POST", "/jobs/query"),
                ("GET", "/nothing"),
            )
        ),
        Check(
            get("/limits", headers={"Authorization": "Basic dXNlcjpwYXNz"}, user=""),
            401,
            error("INVALID_AUTH_HEADER"),
        ),
    ),
    _case(
        "a wrong method is refused in every family, and the refusal says what is left of the day's calls",
        GUIDE,
        "G",
        *(
            Check(
                Step(method, path),
                405,
                error("METHOD_NOT_ALLOWED", like(f"HTTP Method '{method}' not allowed. Allowed are [A-Z,]+")),
                {"Sforce-Limit-Info": like(r"api-usage=\d+/\d+")},
            )
            for method, path in (
                ("PUT", "/sobjects"),
                ("PATCH", "/sobjects/Lead"),
                ("OPTIONS", "/sobjects/Lead"),
                ("PUT", "/sobjects/Lead/{lead}"),
                ("POST", "/sobjects/Lead/describe"),
                ("POST", "/query"),
                ("DELETE", "/composite"),
                ("GET", "/composite/batch"),
                ("PUT", "/composite/sobjects"),
                ("GET", "/chatter/feed-elements"),
                ("POST", "/limits"),
            )
        ),
    ),
    _case(
        "graphs came with version 50",
        FACTS,
        "D",
        Check(post("/services/data/v49.0/composite/graph", {"graphs": []}), 404, NOT_FOUND),
        Check(post("/services/data/v50.0/composite/graph", {"graphs": []}), 200, {"graphs": []}),
    ),
    _case(
        "login fails in OAuth's own shape",
        "OAuth 2.0; Salesforce help: OAuth error codes",
        "D",
        *(
            Check(
                Step(
                    "POST",
                    "/services/oauth2/token",
                    form,
                    {"Content-Type": "application/x-www-form-urlencoded"},
                    user="",
                ),
                400,
                {"error": code, "error_description": ANYTHING},
            )
            for form, code in (
                ("grant_type=magic", "unsupported_grant_type"),
                ("grant_type=client_credentials&client_id=nobody&client_secret=x", "invalid_client_id"),
                ("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x", "invalid_grant"),
            )
        ),
    ),
)
