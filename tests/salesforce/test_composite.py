"""Queries and their pages by `/composite`, against the emulated org and against replies it never gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from pydantic import SecretStr

from sfsync.errors import Config, Permanent, Transient
from sfsync.ports import Reply
from sfsync.salesforce.authentication import Authentication
from sfsync.salesforce.composite import Page, Subrequest, composite, first_pages, next_pages, rows
from sfsync.salesforce.session import Session
from sfsync.salesforce.transport import SalesforceTransport
from tests.inprocess import Dice, Send, World

ALL_LEADS = "SELECT Id FROM Lead ORDER BY Id"
ORG = "https://example.my.salesforce.com"
DATE = {"Date": "Mon, 02 Nov 2026 12:00:00 GMT"}


@pytest.fixture
def world() -> World:
    """An org with 1,000 leads whose query pages hold 200."""
    world = World()
    world.app.settings.composite_page_rows = 200
    world.create_leads(1000)
    return world


@pytest.fixture
def wire() -> Iterator[Session]:
    """A session over real HTTP, for `responses` to answer."""
    transport = SalesforceTransport(ORG, Authentication(lambda: SecretStr("token")))
    yield Session(transport, lambda _: None, Dice())
    transport.close()


def rewriting(change: Callable[[dict[str, Any]], None]) -> Callable[[str, str, bytes | None, Send], Reply]:
    """Let every reply to a composite call arrive as `change` leaves its body."""

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        decoded = json.loads(reply.body)
        change(decoded)
        return Reply(reply.status, reply.headers, json.dumps(decoded).encode())

    return interpose


def all_ids(world: World) -> list[str]:
    session = world.session()
    pages, _ = first_pages(session, [ALL_LEADS])
    return [row["Id"] for row in rows(session, pages[0])]


def expected(world: World) -> list[str]:
    return sorted(world.org.database.table("Lead").rows)


def test_five_pages_are_read_in_two_calls(world: World) -> None:
    with world.counted() as calls:
        assert all_ids(world) == expected(world)
    assert calls == ["composite", "composite"]


def test_a_sixth_page_costs_no_third_call_and_a_seventh_does(world: World) -> None:
    world.create_leads(200)
    with world.counted() as calls:
        assert len(all_ids(world)) == 1200
    assert len(calls) == 2
    world.create_leads(1)
    with world.counted() as calls:
        assert len(all_ids(world)) == 1201
    assert len(calls) == 3


def test_pages_whose_names_cannot_be_foretold_are_followed_one_by_one(world: World) -> None:
    names: dict[str, str] = {}

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        asked = json.loads(body or b"")
        for one in asked["compositeRequest"]:
            one["url"] = names.get(one["url"], one["url"])
        reply = send(json.dumps(asked).encode())
        answered = json.loads(reply.body)
        for one in answered["compositeResponse"]:
            url = one["body"].get("nextRecordsUrl")
            if url is not None:
                opaque = f"/services/data/v64.0/query/0r8xx{len(names):04}"
                names[opaque] = url
                one["body"]["nextRecordsUrl"] = opaque
        return Reply(reply.status, reply.headers, json.dumps(answered).encode())

    with world.counted() as calls, world.interposed(interpose):
        assert all_ids(world) == expected(world)
    assert len(calls) == 5


def test_no_row_is_lost_or_doubled_when_a_page_is_shorter_than_foretold(world: World) -> None:
    """Salesforce gives fewer rows for wide ones: no page says how long the next will be."""

    def shorten(body: dict[str, Any]) -> None:
        for one in body["compositeResponse"]:
            page = one["body"]
            if page["records"][0]["Id"] == fourth_hundred:
                page["records"] = page["records"][:150]
                page["nextRecordsUrl"] = page["nextRecordsUrl"].rsplit("-", 1)[0] + "-550"
                page["done"] = False

    fourth_hundred = expected(world)[400]
    with world.interposed(rewriting(shorten)):
        assert all_ids(world) == expected(world)


def test_a_foretold_page_that_is_refused_is_asked_for_again_by_its_own_name(world: World) -> None:
    struck = []

    def refuse_once(body: dict[str, Any]) -> None:
        third = body["compositeResponse"][2:3]
        if third and not struck:
            struck.append(True)
            third[0]["httpStatusCode"] = 400
            third[0]["body"] = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]

    with world.interposed(rewriting(refuse_once)), world.counted() as calls:
        assert all_ids(world) == expected(world)
    assert struck
    assert len(calls) == 3


def test_pages_that_are_gone_are_transient_and_not_asked_for_again(world: World) -> None:
    session = world.session()
    pages, _ = first_pages(session, [ALL_LEADS])
    world.fault("expired_locator", "/composite")
    with world.counted() as calls, pytest.raises(Transient, match="INVALID_QUERY_LOCATOR"):
        rows(session, pages[0])
    assert len(calls) == 1


def test_a_page_without_further_ones_has_none(world: World) -> None:
    with world.counted() as calls:
        assert next_pages(world.session(), Page([], None, ())) == []
    assert calls == []


def test_one_query_of_several_that_fails_fails_them_all(world: World) -> None:
    with pytest.raises(Config, match="INVALID_FIELD"):
        first_pages(world.session(), [ALL_LEADS, "SELECT Nothing__c FROM Lead"])


def test_deleted_rows_are_there_when_asked_for(world: World) -> None:
    gone = world.create_lead()
    world.rest("DELETE", f"sobjects/Lead/{gone}")
    query = f"SELECT Id FROM Lead WHERE Id = '{gone}'"
    assert first_pages(world.session(), [query])[0][0].rows == []
    assert len(first_pages(world.session(), [query], deleted=True)[0][0].rows) == 1


@pytest.mark.parametrize(
    "url",
    ["@evil.example/x", "https://evil.example/services/data/v64.0/query/01g-2000", "/services/apexrest/"],
)
def test_a_next_page_that_leads_elsewhere_is_not_followed(world: World, url: str) -> None:
    with world.counted() as calls, pytest.raises(Config, match="next page"):
        next_pages(world.session(), Page([], url, ()))
    assert calls == []


@responses.activate
def test_a_call_with_too_many_requests_is_refused_as_a_whole(wire: Session) -> None:
    """The one entry of such a reply belongs to no request: its referenceId is null."""
    refusal = {
        "body": [
            {"errorCode": "LIMIT_EXCEEDED", "message": "The request can’t contain more than 25 operations."}
        ],
        "httpHeaders": {},
        "httpStatusCode": 400,
        "referenceId": None,
    }
    responses.post(
        f"{ORG}/services/data/v64.0/composite", json={"compositeResponse": [refusal]}, headers=DATE
    )
    requests = [Subrequest(method="GET", url="/x", reference_id=f"r{number}") for number in range(26)]
    with pytest.raises(Config, match="LIMIT_EXCEEDED"):
        composite(wire, requests, repeatable=True)


@responses.activate
def test_a_html_page_of_503_is_asked_again_and_then_transient(wire: Session) -> None:
    page = "<html><head><title>Service Unavailable</title></head><body>Try later</body></html>"
    answer = responses.post(
        f"{ORG}/services/data/v64.0/composite", status=503, body=page, content_type="text/html", headers=DATE
    )
    with pytest.raises(Transient, match="HTTP 503") as raised:
        first_pages(wire, [ALL_LEADS])
    assert answer.call_count == 4
    assert "Try later" not in str(raised.value)


@responses.activate
def test_a_reply_with_fewer_results_than_requests_never_stands_for_all_of_them(wire: Session) -> None:
    one = {"body": {"records": [], "totalSize": 0}, "httpStatusCode": 200, "referenceId": "q0"}
    responses.post(f"{ORG}/services/data/v64.0/composite", json={"compositeResponse": [one]}, headers=DATE)
    with pytest.raises((Transient, Permanent, Config)):
        first_pages(wire, [ALL_LEADS, ALL_LEADS])


@responses.activate
def test_a_query_answered_without_records_is_transient(wire: Session) -> None:
    one = {"body": None, "httpStatusCode": 200, "referenceId": "q0"}
    responses.post(f"{ORG}/services/data/v64.0/composite", json={"compositeResponse": [one]}, headers=DATE)
    with pytest.raises(Transient, match="without records"):
        first_pages(wire, [ALL_LEADS])
