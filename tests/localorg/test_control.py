"""The control plane, in process: time, faults, the call log, switches."""

from __future__ import annotations

from typing import Any

import pytest

from sfsync.localorg.app import App, ConnectionDropped
from sfsync.localorg.org import Org
from tests.conformance.cases import Step, delete, get, lead, new_lead, patch, post, soql, sub
from tests.conformance.harness import SCHEMA, START, Conversation, begin

LIMITS = get("/limits")
TITLE = {"Title": "x"}


class Waits:
    """Stands in for time.sleep and keeps what was asked of it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def talk(waits: Waits) -> Conversation:
    return begin(App(Org(SCHEMA, START), wait=waits))


def ok(talk: Conversation, step: Step) -> Any:
    """The body of a request that must succeed."""
    status, _, body = talk.run(step)
    assert status < 400, body
    return body


def fault(name: str, path: str = "", method: str = "", nth: int | None = None, **more: Any) -> Step:
    """A rule for the control plane."""
    match = {"method": method or None, "path": path or None, "nth": nth}
    return post("/_org/faults", {"match": match, "fault": name, **more})


def count(talk: Conversation, statement: str = "SELECT COUNT() FROM Lead") -> int:
    """How many rows a COUNT() query finds."""
    found = ok(talk, soql(statement))["totalSize"]
    assert isinstance(found, int)
    return found


def test_the_clock_stands_still_until_it_is_told(talk: Conversation) -> None:
    assert ok(talk, get("/_org/clock"))["now"] == "2026-11-02T09:00:00Z"
    assert ok(talk, post("/_org/clock", {"advance_s": 3600}))["now"] == "2026-11-02T10:00:00Z"
    assert ok(talk, post("/_org/clock", {"now": "2026-12-24T18:30:00Z"}))["now"] == "2026-12-24T18:30:00Z"
    assert ok(talk, get("/_org/clock"))["now"] == "2026-12-24T18:30:00Z"


def test_the_clock_can_be_let_flow_and_stopped(talk: Conversation) -> None:
    before = ok(talk, get("/_org/clock"))["now"]
    assert ok(talk, post("/_org/clock", {"flow": True})).keys() == {"now"}
    while ok(talk, get("/_org/clock"))["now"] == before:
        continue
    after = ok(talk, post("/_org/clock", {"flow": False}))["now"]
    assert after > before
    assert ok(talk, get("/_org/clock")) == {"now": after}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance_s": -1},
        {"advance_s": "10"},
        {"now": "yesterday"},
        {"now": "2026-11-02T09:00:00"},
        {"flow": 1},
    ],
)
def test_a_clock_request_that_makes_no_sense_is_refused_and_changes_nothing(
    talk: Conversation, body: dict[str, Any]
) -> None:
    status, _, answer = talk.run(post("/_org/clock", body))
    assert status == 400
    assert "error" in answer
    assert ok(talk, get("/_org/clock"))["now"] == "2026-11-02T09:00:00Z"


def test_a_request_dropped_before_is_not_carried_out(talk: Conversation) -> None:
    ok(talk, fault("drop_before", "/sobjects/Lead"))
    with pytest.raises(ConnectionDropped) as dropped:
        talk.run(new_lead())
    assert not dropped.value.carried_out
    assert count(talk) == 0


def test_a_request_dropped_after_commit_is_carried_out(talk: Conversation) -> None:
    ok(talk, fault("drop_after_commit", "/composite"))
    with pytest.raises(ConnectionDropped) as dropped:
        talk.run(post("/composite", {"compositeRequest": [sub("a", "POST", "/sobjects/Lead", lead())]}))
    assert dropped.value.carried_out
    assert count(talk) == 1


def test_only_the_nth_matching_request_is_struck_and_then_the_rule_is_spent(talk: Conversation) -> None:
    ok(talk, fault("http_503", "/limits", nth=2))
    assert [talk.run(LIMITS)[0] for _ in range(4)] == [200, 503, 200, 200]


def test_times_says_how_many_in_a_row_are_struck(talk: Conversation) -> None:
    ok(talk, fault("http_503", "/limits", nth=2, times=2))
    assert [talk.run(LIMITS)[0] for _ in range(5)] == [200, 503, 503, 200, 200]


def test_a_rule_speaks_of_its_method_only(talk: Conversation) -> None:
    ok(talk, new_lead())
    ok(talk, fault("http_503", "/sobjects/Lead", method="PATCH"))
    assert talk.run(get("/sobjects/Lead/{lead}"))[0] == 200
    assert talk.run(patch("/sobjects/Lead/{lead}", {"Title": "x"}))[0] == 503


def test_a_rule_speaks_of_the_outer_request_only(talk: Conversation) -> None:
    ok(talk, fault("http_503", "/sobjects/Lead"))
    body = ok(talk, post("/composite", {"compositeRequest": [sub("a", "POST", "/sobjects/Lead", lead())]}))
    assert body["compositeResponse"][0]["httpStatusCode"] == 201


def test_faults_can_be_cleared(talk: Conversation) -> None:
    ok(talk, fault("http_503", "/limits", times=9))
    assert len(ok(talk, get("/_org/faults"))) == 1
    ok(talk, delete("/_org/faults"))
    assert talk.run(LIMITS)[0] == 200


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "earthquake"},
        {"fault": "http_503", "times": 0},
        {"fault": "http_503", "match": {"nth": "2"}},
        {"fault": "http_503", "match": {"url": "/x"}},
        {"fault": "latency"},
        {"fault": "http_503", "often": 3},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(talk: Conversation, rule: dict[str, Any]) -> None:
    assert talk.run(post("/_org/faults", rule))[0] == 400
    assert ok(talk, get("/_org/faults")) == []


def test_the_control_plane_is_never_struck_and_costs_nothing(talk: Conversation) -> None:
    ok(talk, fault("http_503", times=99))
    assert talk.run(get("/_org/clock", user=""))[0] == 200
    ok(talk, delete("/_org/faults"))
    assert talk.run(LIMITS)[1]["sforce-limit-info"] == "api-usage=1/110000"


def test_latency_comes_before_the_request_is_carried_out_and_may_go_with_another_fault(
    talk: Conversation, waits: Waits
) -> None:
    ok(talk, fault("latency", "/limits", arg=1.5))
    ok(talk, fault("http_503", "/limits"))
    assert talk.run(LIMITS)[0] == 503
    assert talk.run(LIMITS)[0] == 200
    assert waits.seconds == [1.5]


def test_an_expired_session_can_be_for_once_or_for_good(talk: Conversation) -> None:
    ok(talk, fault("session_expired", "/limits"))
    assert [talk.run(LIMITS)[0] for _ in range(2)] == [401, 200]
    ok(talk, fault("session_expired", "/limits", arg="revoke"))
    assert [talk.run(LIMITS)[0] for _ in range(2)] == [401, 401]


def test_an_expired_locator_ends_the_paging(talk: Conversation) -> None:
    for _ in range(2):
        records = [{"attributes": {"type": "Lead"}, **lead()} for _ in range(150)]
        ok(talk, post("/composite/sobjects", {"records": records}))
    batches = {"Sforce-Query-Options": "batchSize=200"}
    ok(talk, soql("SELECT Id FROM Lead", headers=batches, keep={"next": "nextRecordsUrl"}))
    ok(talk, fault("expired_locator", "/query/01g"))
    status, _, body = talk.run(get("{next}"))
    assert (status, body[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_a_query_inside_composite_can_time_out_by_itself(talk: Conversation) -> None:
    ok(talk, fault("query_timeout", "/composite"))
    queries = [sub(f"q{n}", "GET", "/query?q=SELECT+Id+FROM+Lead") for n in range(2)]
    answer = ok(talk, post("/composite", {"compositeRequest": queries}))["compositeResponse"]
    assert [one["httpStatusCode"] for one in answer] == [400, 200]
    assert answer[0]["body"][0]["errorCode"] == "QUERY_TIMEOUT"


def test_the_control_plane_says_what_it_offers(talk: Conversation) -> None:
    offered = ok(talk, get("/_org", user=""))
    assert "advance_s" in offered["/_org/clock"]["POST"]
    assert all(text for works in offered.values() for text in works.values())


def test_truncated_json_arrives_after_the_work_was_done(talk: Conversation) -> None:
    ok(talk, fault("truncated_json", "/sobjects/Lead"))
    with pytest.raises(ValueError, match="truncated"):
        talk.run(new_lead())
    assert count(talk) == 1


def test_a_partial_failure_strikes_some_rows_the_same_ones_for_the_same_seed(talk: Conversation) -> None:
    records = [{"attributes": {"type": "Lead"}, **lead()} for _ in range(50)]
    step = post("/composite/sobjects", {"records": records})
    shapes = []
    for _ in range(2):
        ok(talk, fault("partial_failure", "/composite/sobjects", arg=0.3, seed=7))
        results = ok(talk, step)
        shapes.append([result["success"] for result in results])
        failed = [result for result in results if not result["success"]]
        assert {error["statusCode"] for result in failed for error in result["errors"]} == {
            "UNABLE_TO_LOCK_ROW"
        }
    assert shapes[0] == shapes[1]
    assert 0 < shapes[0].count(False) < 50
    assert count(talk) == 2 * shapes[0].count(True)


def test_a_locked_row_fails_its_graph_and_the_others_stay(talk: Conversation) -> None:
    ok(talk, new_lead("one"))
    ok(talk, new_lead("two"))
    ok(talk, fault("lock_row", "/composite/graph", arg=talk.known["two"]))
    graphs = [
        {
            "graphId": name,
            "compositeRequest": [sub("a", "PATCH", f"/sobjects/Lead/{{{name}}}", {"Title": "x"})],
        }
        for name in ("one", "two")
    ]
    answer = ok(talk, post("/composite/graph", {"graphs": graphs}))
    assert [graph["isSuccessful"] for graph in answer["graphs"]] == [True, False]
    refused = answer["graphs"][1]["graphResponse"]["compositeResponse"][0]
    assert refused["body"][0]["errorCode"] == "UNABLE_TO_LOCK_ROW"


def test_the_call_log_names_every_call_with_its_cost_and_its_soql(talk: Conversation) -> None:
    count(talk)
    ok(talk, new_lead())
    ok(
        talk,
        post(
            "/composite",
            {
                "compositeRequest": [
                    sub("q", "GET", "/query?q=SELECT+Id+FROM+Lead"),
                    sub("p", "PATCH", "/sobjects/Lead/{lead}", {"Title": "x"}),
                ]
            },
        ),
    )
    ok(
        talk,
        post(
            "/composite/batch",
            {
                "batchRequests": [
                    {"method": "GET", "url": "v68.0/limits"},
                    {"method": "GET", "url": "v68.0/sobjects"},
                ]
            },
        ),
    )
    calls = ok(talk, get("/_org/calls"))
    api = "/services/data/v68.0"
    assert [(call["method"], call["path"], call["cost"], call["status"]) for call in calls] == [
        ("GET", f"{api}/query", 1, 200),
        ("POST", f"{api}/sobjects/Lead", 1, 201),
        ("POST", f"{api}/composite", 1, 200),
        ("POST", f"{api}/composite/batch", 2, 200),
    ]
    assert calls[0]["soql"] == ["SELECT COUNT() FROM Lead"]
    assert calls[1]["headers"]["sforce-auto-assign"] == "FALSE"
    assert calls[2]["soql"] == ["SELECT Id FROM Lead"]
    assert [one["method"] for one in calls[2]["subrequests"]] == ["GET", "PATCH"]
    assert {call["at"] for call in calls} == {"2026-11-02T09:00:00Z"}


def test_versions_and_tokens_are_no_api_calls_and_a_refused_session_costs_nothing(talk: Conversation) -> None:
    talk.run(get("/services/data", user=""))
    talk.run(post("/services/oauth2/token", "grant_type=password"))
    talk.run(get("/limits", user=""))
    assert [(call["status"], call["cost"]) for call in ok(talk, get("/_org/calls"))] == [(401, 0)]


def test_the_call_log_can_be_forgotten_but_not_what_was_spent(talk: Conversation) -> None:
    ok(talk, LIMITS)
    ok(talk, delete("/_org/calls"))
    assert ok(talk, get("/_org/calls")) == []
    assert talk.run(LIMITS)[1]["sforce-limit-info"] == "api-usage=2/110000"


def test_anybody_can_be_logged_in_by_name_or_id(talk: Conversation) -> None:
    username = ok(talk, soql("SELECT Username FROM User WHERE Id = '{rep}'"))["records"][0]["Username"]
    answer = ok(talk, post("/_org/login", {"username": username.upper()}))
    assert answer["user_id"] == talk.known["rep"]
    talk.tokens["named"] = answer["access_token"]
    ok(talk, post("/sobjects/Lead", lead(), user="named", keep={"lead": "id"}))
    row = ok(talk, get("/sobjects/Lead/{lead}?fields=CreatedById"))
    assert row["CreatedById"] == talk.known["rep"]


def test_nobody_unknown_is_logged_in(talk: Conversation) -> None:
    assert talk.run(post("/_org/login", {"username": "nobody@example.invalid"}))[0] == 400
    assert talk.run(post("/_org/login", {"user_id": "005000000000000AAA"}))[0] >= 400
    assert talk.run(post("/_org/login", {}))[0] == 400


def test_switches_can_be_read_and_turned_and_a_wrong_one_is_refused(talk: Conversation) -> None:
    before = ok(talk, get("/_org/settings"))
    assert before["lock_row_status"] == 400
    assert ok(talk, post("/_org/settings", {"lock_row_status": 500}))["lock_row_status"] == 500
    assert talk.run(post("/_org/settings", {"nothing_such": 1}))[0] == 400
    assert talk.run(post("/_org/settings", {"lock_row_status": "many"}))[0] == 400
    assert ok(talk, get("/_org/settings"))["lock_row_status"] == 500


def test_what_is_not_on_the_control_plane_is_said(talk: Conversation) -> None:
    assert talk.run(get("/_org/weather"))[0] == 404
    assert talk.run(Step("PUT", "/_org/clock", {}))[0] == 405
