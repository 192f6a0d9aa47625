"""The session judges replies, repeats what may be repeated, and keeps Salesforce's time and quota."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sfsync.errors import Budget, Config, Permanent, Transient
from sfsync.ports import Reply
from sfsync.salesforce.session import ATTEMPTS, NEWEST_TESTED, Session, Usage

NOON = "Mon, 02 Nov 2026 12:00:00 GMT"
AT_NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
FOUR_DAYS_ON = "Fri, 06 Nov 2026 12:00:00 GMT"
LOCKED = [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}]


def reply(body: object = None, status: int = 200, *, date: str = NOON, **headers: str) -> Reply:
    encoded = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"date": date, **told} if date else told, encoded)


class Script:
    """A transport that answers by the book, a waiter that doesn't wait, and dice that show the highest."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, bytes | None, Mapping[str, str]]] = []
        self.slept: list[float] = []
        self.passed = 0.0

    def send(self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str]) -> Reply:
        self.sent.append((method, path, body, headers))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def token(self) -> str:
        return "0123456789abcdef"

    def uniform(self, low: float, high: float) -> float:
        return high

    def session(self) -> Session:
        return Session(self, self.sleep, self, elapsed=lambda: self.passed)


def test_a_path_is_put_under_the_version() -> None:
    script = Script(reply({}), reply({}))
    session = script.session()
    session.get("limits")
    session.post("/services/data/v60.0/composite", {"a": 1}, headers={"Sforce-Auto-Assign": "FALSE"})
    assert script.sent == [
        ("GET", f"/services/data/v{NEWEST_TESTED}/limits", None, {}),
        ("POST", "/services/data/v60.0/composite", b'{"a":1}', {"Sforce-Auto-Assign": "FALSE"}),
    ]


def test_an_answer_carries_the_body_the_time_and_the_usage() -> None:
    usage = "api-usage=18/5000; per-app-api-usage=17/250(appName=sfsync)"
    answer = Script(reply({"done": True}, sforce_limit_info=usage)).session().get("query")
    assert answer.body == {"done": True}
    assert answer.now == datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert answer.usage == Usage(18, 5000)


def test_a_body_is_decoded_into_the_type_asked_for() -> None:
    class Row(msgspec.Struct):
        at: datetime

    body = Script(reply([{"at": "2026-11-02T12:00:00.000+0000"}])).session().get("query", into=list[Row]).body
    assert body == [Row(datetime(2026, 11, 2, 12, tzinfo=UTC))]


def test_an_empty_body_is_none() -> None:
    assert Script(reply(status=204)).session().patch("sobjects/Lead/00Q", {}).body is None


def test_salesforces_time_never_goes_back() -> None:
    session = Script(reply({}), reply({}), reply({}, date="Mon, 02 Nov 2026 11:59:58 GMT")).session()
    assert [session.get("limits").now for _ in range(3)] == [AT_NOON] * 3


def test_what_another_thread_learns_meanwhile_makes_no_facts_younger() -> None:
    """Decided at that thread's time, a call that came after these facts would be no call at all."""
    later = "Mon, 02 Nov 2026 12:00:40 GMT"
    script = Script(*(reply({}) for _ in range(3)), *(reply({}, date=later) for _ in range(2)))
    session = script.session()
    session.get("limits"), session.get("limits")
    send = script.send

    def slow(*asked: Any, **options: Any) -> Reply:
        answer = send(*asked, **options)
        if asked[1].endswith("facts"):
            script.passed += 40
            assert (session.get("limits").now, session.get("limits").now) == (session.now, session.now)
        return answer

    script.send = slow  # type: ignore[method-assign]
    assert session.get("facts").now == AT_NOON
    assert session.now == AT_NOON + timedelta(seconds=40)


def test_the_date_of_a_proxys_page_is_not_salesforces_time() -> None:
    """It was: one page dated four days ahead, and what was then due for the first time was noted as long past."""
    page = reply(b"<html>busy</html>", 503, date=FOUR_DAYS_ON)
    session = Script(reply({}), reply({}), page, reply({})).session()
    assert [session.get("limits").now for _ in range(3)] == [AT_NOON] * 3
    assert session.now == AT_NOON


@pytest.mark.parametrize("wrong", range(4))
def test_one_date_that_is_far_ahead_moves_no_clock(wrong: int) -> None:
    dates = [NOON] * 5
    dates[wrong] = FOUR_DAYS_ON
    session = Script(*(reply({}, date=date) for date in dates)).session()
    told = [session.get("limits").now for _ in dates]
    assert told[1:] == [AT_NOON] * 4
    assert session.now == AT_NOON


def test_a_clock_that_did_jump_is_believed_once_two_replies_say_so() -> None:
    """A machine that was asleep has counted no seconds."""
    script = Script(*[reply({})] * 2, *[reply({}, date=FOUR_DAYS_ON)] * 2)
    session = script.session()
    later = AT_NOON + timedelta(days=4)
    assert [session.get("limits").now for _ in range(4)] == [AT_NOON, AT_NOON, AT_NOON, later]


def test_time_that_has_passed_here_has_passed_there() -> None:
    script = Script(*[reply({})] * 2, reply({}, date=FOUR_DAYS_ON))
    session = script.session()
    session.get("limits")
    session.get("limits")
    script.passed = 4 * 86_400.0
    assert session.get("limits").now == AT_NOON + timedelta(days=4)


def test_a_reply_that_was_long_on_its_way_holds_no_clock_back() -> None:
    """It is dated two minutes before it comes; the next one comes at once."""
    script = Script(*[reply({})] * 3, reply({}, date="Mon, 02 Nov 2026 12:02:00 GMT"))
    session = script.session()
    session.get("limits")
    session.get("limits")
    script.passed = 120.0
    session.get("limits")
    assert session.get("limits").now == AT_NOON + timedelta(minutes=2)


def test_a_newer_stamp_is_newer_time() -> None:
    session = Script(reply({})).session()
    later = datetime(2026, 11, 2, 12, 0, 3, tzinfo=UTC)
    session.saw(later)
    assert session.get("limits").now == later


def test_usage_is_read_from_failures_too() -> None:
    limit = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    session = Script(reply(limit, 403, sforce_limit_info="api-usage=5000/5000")).session()
    with pytest.raises(Budget):
        session.get("limits")
    assert session.usage == Usage(5000, 5000)


def test_what_was_certainly_not_carried_out_is_sent_again_with_its_headers() -> None:
    script = Script(Transient("refused"), reply(LOCKED, 400), reply({"done": True}))
    answer = script.session().post("composite", {"a": 1}, headers={"Sforce-Auto-Assign": "FALSE"})
    assert answer.body == {"done": True}
    assert script.sent[0] == script.sent[1] == script.sent[2]
    assert script.slept == [1.0, 2.0]


@pytest.mark.parametrize(
    "lost",
    [
        Transient("reset", maybe_done=True),
        reply(b"<html>busy</html>", 503),
        reply([{"errorCode": "SERVER_UNAVAILABLE", "message": "Server too busy"}], 503),
        reply(b'{"graphs":[{', 200),
        reply(b"", 200),
        reply({}, date=""),
    ],
    ids=["connection lost", "html page", "too busy", "cut off", "cut off in the headers", "no date"],
)
def test_what_may_have_been_carried_out_is_sent_again_only_when_repeatable(lost: Reply | Exception) -> None:
    script = Script(lost)
    with pytest.raises(Transient) as caught:
        script.session().post("composite/graph", {})
    assert caught.value.maybe_done
    assert len(script.sent) == 1

    script = Script(lost, reply({"graphs": []}))
    assert script.session().post("composite/graph", {}, repeatable=True).body == {"graphs": []}
    assert Script(lost, reply([])).session().get("limits").body == []


@pytest.mark.parametrize("code", ["REQUEST_RUNNING_TOO_LONG", "UNABLE_TO_LOCK_ROW"])
def test_what_is_done_in_parts_may_be_half_done_whatever_the_failure_says(code: str) -> None:
    stopped = reply([{"errorCode": code, "message": ""}], 503)
    script = Script(stopped)
    with pytest.raises(Transient) as caught:
        script.session().post("chatter/feed-elements/batch", {}, in_parts=True)
    assert caught.value.maybe_done
    assert len(script.sent) == 1
    assert Script(stopped, reply([])).session().post("composite", {}).body == []


def test_what_is_done_in_parts_is_sent_again_when_it_never_began() -> None:
    too_many = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentPerOrgLongTxn Limit exceeded."}]
    script = Script(Transient("refused"), reply(too_many, 403), reply([]))
    assert script.session().post("chatter/feed-elements/batch", {}, in_parts=True).body == []


def test_it_gives_up_after_four_attempts_with_the_last_failure() -> None:
    script = Script(*[reply(LOCKED, 400)] * ATTEMPTS)
    with pytest.raises(Transient) as caught:
        script.session().get("query")
    assert caught.value.error_code == "UNABLE_TO_LOCK_ROW"
    assert script.slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("code", "kind"),
    [("REQUIRED_FIELD_MISSING", Permanent), ("INVALID_FIELD", Config), ("INVALID_QUERY_LOCATOR", Transient)],
)
def test_what_cannot_get_better_is_not_sent_again(code: str, kind: type[Exception]) -> None:
    script = Script(reply([{"errorCode": code, "message": ""}], 400))
    with pytest.raises(kind):
        script.session().get("query")
    assert len(script.sent) == 1


def test_a_redirect_is_not_followed_but_a_setting_to_mend() -> None:
    script = Script(reply(b"", 302, location="https://evil.example/"))
    with pytest.raises(Config, match="SFSYNC_INSTANCE_URL"):
        script.session().get("limits")
    assert len(script.sent) == 1


def test_a_reply_of_another_shape_names_the_place_and_no_value() -> None:
    with pytest.raises(Config) as caught:
        Script(reply({"n": "canary@example.com"})).session().get("limits", into=dict[str, int])
    assert "canary" not in str(caught.value)
    assert "$[...]" in str(caught.value)


@pytest.mark.parametrize("body", [b"\xff\xfe", b'"\xff"', b"[1,", b"<html>"])
def test_a_body_that_is_not_json_is_transient(body: bytes) -> None:
    with pytest.raises(Transient):
        Script(reply(body)).session().post("composite", {})


def test_a_refusal_that_broke_off_is_transient_since_nobody_knows_what_it_said() -> None:
    broken = reply(b'[{"errorCode": "DUPL', 400, content_type="application/json;charset=UTF-8")
    with pytest.raises(Transient) as caught:
        Script(broken).session().post("sobjects/Lead", {})
    assert caught.value.maybe_done


@pytest.mark.parametrize(
    ("served", "spoken"),
    [(["60.0", "63.0"], "63.0"), (["60.0", "64.0", "68.0"], "64.0"), (["9.0", "62.0"], "62.0")],
)
def test_the_newest_version_that_both_know_is_spoken(served: list[str], spoken: str) -> None:
    listed = [{"label": "x", "url": f"/services/data/v{version}", "version": version} for version in served]
    script = Script(reply(listed))
    session = Session.negotiated(script, script.sleep, script)
    assert session.version == spoken
    assert script.sent[0][1] == "/services/data"


def test_an_org_with_only_newer_versions_is_refused() -> None:
    script = Script(reply([{"version": "90.0"}]))
    with pytest.raises(Config, match="tested"):
        Session.negotiated(script, script.sleep, script)


@pytest.mark.parametrize(
    "url",
    [
        "/services/data/v64.0/query/01gRO0000016PIAYA2-500",
        "/services/data/v64.0/queryAll/0r8xx3d7Fl8Z-2000",
        "/services/data/v64.0/chatter/feeds/record/00Q000000000001AAA/feed-elements?page=2&pageSize=25",
    ],
)
def test_a_next_page_is_followed(url: str) -> None:
    script = Script(reply({"done": True}))
    assert script.session().next_page(url).body == {"done": True}
    assert script.sent[0][1] == url


@given(
    st.text()
    | st.text(alphabet="/.@:%\\?#servicdatqu0164e-_ \t\n", max_size=60).map(
        lambda tail: "/services/data/" + tail
    )
    | st.text(alphabet="/.@:%\\?#a1 ", max_size=20).map(lambda tail: "/services/data/v64.0/query/" + tail)
)
@example("@evil.example/x")
@example("https://evil.example/services/data/v64.0/query/x")
@example("//evil.example/services/data/v64.0/query/x")
@example("/services/data/v64.0/../../../secret")
@example("/services/data/v64.0/query/%2e%2e/x")
@example("/services/data/v64.0/query/x\r\nHost: evil.example")
@example("/services/data/v64.0/query/x\n")
@example("/services/apexrest/x")
def test_no_other_next_page_is(url: str) -> None:
    script = Script(reply({}))
    try:
        script.session().next_page(url)
    except Config:
        assert not script.sent
    else:
        segments = url.split("?")[0].split("/")
        assert segments[:3] == ["", "services", "data"]
        assert not any(segment.startswith(".") or segment == "" for segment in segments[3:])
        assert not set("@:\\#% \r\n\t") & set(url.split("?")[0])
