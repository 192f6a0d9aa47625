"""What holds for every request: versions, sessions, headers, malformed input, faults' shapes."""

from __future__ import annotations

from typing import Any

from tests.conformance.cases import (
    ABSENT,
    ANYTHING,
    FACTS,
    NUMBER,
    TEXT,
    Case,
    Check,
    Step,
    an_id,
    each,
    error,
    get,
    lead,
    like,
    new_lead,
    post,
    soql,
    with_keys,
)

EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def _fault(name: str, path: str, **more: Any) -> Step:
    return post("/_org/faults", {"match": {"path": path}, "fault": name, **more})


REQUESTS = (
    Case(
        "the versions 46.0 to 68.0 are listed without a session",
        "REST developer guide",
        "D",
        (
            Check(
                get("/services/data", user=""),
                200,
                [
                    {"label": TEXT, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
                    for number in range(46, 69)
                ],
                {"Date": "Mon, 02 Nov 2026 09:00:00 GMT", "Sforce-Limit-Info": ABSENT},
            ),
        ),
    ),
    Case(
        "a version that is not served is not found",
        FACTS,
        "G",
        (
            Check(get("/services/data/v31.0/limits"), 404, error("NOT_FOUND")),
            Check(get("/services/data/v69.0/limits"), 404, error("NOT_FOUND")),
        ),
    ),
    Case(
        "a request without a session is refused in the recorded words",
        "restforce spec/fixtures/expired_session_response.json",
        "R",
        (
            Check(get("/limits", user=""), 401, EXPIRED),
            Check(get("/limits", headers={"Authorization": "Bearer nonsense"}), 401, EXPIRED),
        ),
    ),
    Case(
        "Date is the org's clock and every reply says what is left of the day's calls",
        FACTS,
        "G",
        (
            Check(
                get("/limits"),
                200,
                with_keys(DailyApiRequests={"Max": 110_000, "Remaining": 109_999}),
                {
                    "Date": "Mon, 02 Nov 2026 09:00:00 GMT",
                    "Sforce-Limit-Info": "api-usage=1/110000",
                    "Content-Type": "application/json;charset=UTF-8",
                },
            ),
            Check(post("/_org/clock", {"advance_s": 90}), 200, with_keys(now="2026-11-02T09:01:30Z")),
            Check(
                get("/limits"),
                200,
                headers={"Date": "Mon, 02 Nov 2026 09:01:30 GMT", "Sforce-Limit-Info": "api-usage=2/110000"},
            ),
        ),
    ),
    Case(
        "calls older than 24 hours no longer count",
        FACTS,
        "D",
        (
            Check(get("/limits"), 200, headers={"Sforce-Limit-Info": "api-usage=1/110000"}),
            Check(post("/_org/clock", {"advance_s": 86_400}), 200),
            Check(get("/limits"), 200, headers={"Sforce-Limit-Info": "api-usage=1/110000"}),
        ),
    ),
    Case(
        "a spent day is refused",
        "Salesforce documentation and client code",
        "D",
        (
            Check(get("/limits"), 200),
            Check(get("/limits"), 200),
            Check(
                get("/limits"),
                403,
                [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
            ),
        ),
        settings={"api_limit": 2},
    ),
    Case(
        "the concurrency limit has its own name",
        "public client code",
        "C",
        (
            Check(
                get("/limits"),
                403,
                [
                    {
                        "message": "ConcurrentPerOrgLongTxn Limit exceeded.",
                        "errorCode": "REQUEST_LIMIT_EXCEEDED",
                    }
                ],
            ),
            Check(get("/limits"), 200),
        ),
        given=(_fault("limit_exceeded", "/limits", arg="ConcurrentPerOrgLongTxn"),),
    ),
    Case(
        "a query that takes too long says so",
        "restforce #790",
        "R",
        (
            Check(
                soql("SELECT Id FROM Lead"),
                400,
                [{"message": "Your query request was running for too long.", "errorCode": "QUERY_TIMEOUT"}],
            ),
            Check(soql("SELECT Id FROM Lead"), 200),
        ),
        given=(_fault("query_timeout", "/query"),),
    ),
    Case(
        "an overloaded server answers 503, as JSON",
        "restforce #156",
        "R",
        (
            Check(
                get("/limits"),
                503,
                [{"message": "Server too busy", "errorCode": "SERVER_UNAVAILABLE"}],
            ),
        ),
        given=(_fault("http_503", "/limits"),),
    ),
    Case(
        "an overloaded server may answer an HTML page",
        FACTS,
        "C",
        (
            Check(
                post("/sobjects/Lead", lead()),
                503,
                like(r"(?s)<html>.*"),
                {"Content-Type": "text/html;charset=UTF-8"},
            ),
            Check(soql("SELECT COUNT() FROM Lead"), 200, with_keys(totalSize=0)),
        ),
        given=(_fault("html_503", "/sobjects/Lead"),),
    ),
    Case(
        "a lock that cannot be had refuses the row",
        "public client code; the status is disputed",
        "?",
        (
            Check(
                Step("PATCH", "/sobjects/Lead/{lead}", {"Title": "x"}),
                400,
                error(
                    "UNABLE_TO_LOCK_ROW",
                    "unable to obtain exclusive access to this record or 1 records: {lead}",
                    [],
                ),
            ),
            Check(Step("PATCH", "/sobjects/Lead/{lead}", {"Title": "x"}), 204),
        ),
        given=(new_lead(), _fault("lock_row", "/sobjects/Lead/")),
    ),
    Case(
        "a lock that cannot be had may answer 500",
        "public client code; the status is disputed, the other way",
        "?",
        (Check(Step("PATCH", "/sobjects/Lead/{lead}", {"Title": "x"}), 500, error("UNABLE_TO_LOCK_ROW")),),
        given=(new_lead(), _fault("lock_row", "/sobjects/Lead/")),
        settings={"lock_row_status": 500},
    ),
    Case(
        "an address of more than 16 KB is refused with an HTML page",
        FACTS,
        "C",
        (Check(soql("x" * 17_000), 414, like(r"(?s)<html>.*")),),
    ),
    Case(
        "header fields that are too large are refused",
        FACTS,
        "D",
        (Check(get("/limits", headers={"X-Long": "x" * 40_000}), 431, like(r"(?s)<html>.*")),),
    ),
    Case(
        "what does not exist is not found in the recorded words",
        "CumulusCI TestCompositeParallelSalesforce.test_errors.yaml",
        "R",
        tuple(
            Check(
                get(path),
                404,
                [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
            )
            for path in (
                "/sobjects/Nothing__c",
                "/sobjects/Nothing__c/describe",
                "/nothing",
                "/tooling/query",
            )
        ),
    ),
    Case(
        "a body that is no JSON is a parser error",
        "REST developer guide",
        "G",
        tuple(
            Check(
                post("/sobjects/Lead", body, headers={"Content-Type": "application/json"}),
                400,
                error("JSON_PARSER_ERROR"),
            )
            for body in ("(not json", "[1, 2]", '"text"', "")
        ),
    ),
    Case(
        "a wrong method is refused and says which are allowed",
        "REST developer guide",
        "G",
        (
            Check(
                Step("PUT", "/sobjects/Lead"),
                405,
                error("METHOD_NOT_ALLOWED", like("HTTP Method 'PUT' not allowed.*")),
            ),
            Check(Step("DELETE", "/query?q=SELECT Id FROM Lead"), 405, error("METHOD_NOT_ALLOWED")),
            Check(get("/composite/graph"), 405, error("METHOD_NOT_ALLOWED")),
        ),
    ),
    Case(
        "a form is not JSON",
        "REST developer guide",
        "G",
        (
            Check(
                post(
                    "/sobjects/Lead",
                    "LastName=x",
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                ),
                415,
                error("UNSUPPORTED_MEDIA_TYPE"),
            ),
        ),
    ),
    Case(
        "the resources of a version are listed",
        "REST developer guide",
        "D",
        (
            Check(
                get(""), 200, with_keys(sobjects="/services/data/v68.0/sobjects", query=TEXT, identity=TEXT)
            ),
        ),
    ),
    Case(
        "the global describe lists the objects",
        "REST developer guide",
        "D",
        (
            Check(
                get("/sobjects"),
                200,
                with_keys(
                    encoding="UTF-8", maxBatchSize=200, sobjects=each(with_keys(name=TEXT, urls=ANYTHING))
                ),
            ),
        ),
    ),
    Case(
        "the describe of Lead has what clients read",
        "recordings/describe_Lead.json",
        "R",
        (
            Check(
                get("/sobjects/Lead/describe"),
                200,
                with_keys(
                    name="Lead",
                    keyPrefix="00Q",
                    fields=each(
                        with_keys(name=TEXT, type=TEXT, nillable=ANYTHING, length=NUMBER, updateable=ANYTHING)
                    ),
                ),
            ),
        ),
    ),
    Case(
        "a bad client is told in OAuth's own shape",
        "restforce spec/fixtures/auth_error_response.json",
        "R",
        (
            Check(
                post("/_org/password", {"username": "someone@example.invalid", "password": "right"}),
                200,
            ),
            Check(post("/_org/connected_app", {"client_id": "app", "client_secret": "secret"}), 200),
            Check(
                Step(
                    "POST",
                    "/services/oauth2/token",
                    "grant_type=password&client_id=app&client_secret=secret"
                    "&username=someone@example.invalid&password=wrong",
                    {"Content-Type": "application/x-www-form-urlencoded"},
                    user="",
                ),
                400,
                {"error": "invalid_grant", "error_description": "authentication failure - Invalid Password"},
            ),
        ),
    ),
    Case(
        "a token for client credentials comes with the instance it is for",
        "OAuth 2.0 client credentials flow; restforce spec/fixtures/auth_success_response.json",
        "R",
        (
            Check(
                Step(
                    "POST",
                    "/services/oauth2/token",
                    "grant_type=client_credentials&client_id=app&client_secret=secret",
                    {"Content-Type": "application/x-www-form-urlencoded", "Host": "127.0.0.1:1"},
                    user="",
                ),
                200,
                {
                    "access_token": TEXT,
                    "signature": TEXT,
                    "scope": "api",
                    "instance_url": "http://127.0.0.1:1",
                    "id": like("http://127.0.0.1:1/id/00D.*/005.*"),
                    "token_type": "Bearer",
                    "issued_at": like("[0-9]{13}"),
                },
            ),
        ),
        given=(
            Step(
                "GET",
                "/query?q=SELECT Username FROM User WHERE Id = '{worker}'",
                keep={"username": "records.0.Username"},
            ),
            post(
                "/_org/connected_app", {"client_id": "app", "client_secret": "secret", "run_as": "{username}"}
            ),
        ),
    ),
    Case(
        "a made lead has an id of 18 characters and an address",
        "restforce spec/fixtures/create_success_response.json",
        "R",
        (
            Check(
                post("/sobjects/Lead", lead()),
                201,
                {"id": an_id("00Q"), "success": True, "errors": []},
                {"Location": like("/services/data/v68.0/sobjects/Lead/00Q.{15}")},
            ),
        ),
    ),
)
