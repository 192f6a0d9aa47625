"""The transport: what goes over the wire, what comes back, and where the token never goes."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import responses
from pydantic import SecretStr
from requests.exceptions import InvalidHeader, InvalidURL, MissingSchema, RequestException
from responses import matchers

from sfsync.errors import Config, Transient
from sfsync.salesforce.authentication import AccessToken, Authentication
from sfsync.salesforce.connections import InTime
from sfsync.salesforce.transport import SalesforceTransport
from sfsync.salesforce.wire import Wire, allowed_origin

ORG = "https://example.my.salesforce.com"
PATH = "/services/data/v64.0/composite"
EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def tokens(*values: str) -> Authentication:
    rest = iter(values)
    return Authentication(lambda: SecretStr(next(rest)))


@pytest.fixture
def transport() -> Iterator[SalesforceTransport]:
    transport = SalesforceTransport(ORG, tokens("first", "second", "third"))
    yield transport
    transport.close()


@contextmanager
def server(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server on loopback that gives each connection one answer, byte for byte, and hangs up."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answer in answers:
                connection, _ = listening.accept()
                with connection:
                    received.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", received
        thread.join(10)


@responses.activate
def test_a_request_carries_the_token_our_headers_and_those_of_the_call(
    transport: SalesforceTransport,
) -> None:
    responses.post(
        ORG + PATH,
        json={"compositeResponse": []},
        headers={"Sforce-Limit-Info": "api-usage=1/100", "Date": "Mon, 02 Nov 2026 12:00:00 GMT"},
        match=[matchers.json_params_matcher({"allOrNone": True})],
    )
    reply = transport.send("POST", PATH, body=b'{"allOrNone":true}', headers={"Sforce-Auto-Assign": "FALSE"})
    assert reply.status == 200
    assert reply.body == b'{"compositeResponse": []}'
    assert reply.headers["sforce-limit-info"] == "api-usage=1/100"
    sent = responses.calls[0].request.headers
    assert sent["Authorization"] == "Bearer first"
    assert sent["Sforce-Auto-Assign"] == "FALSE"
    assert sent["Sforce-Call-Options"] == "client=sfsync"
    assert sent["Accept-Encoding"] == "gzip"
    assert sent["Content-Type"] == "application/json"
    assert "X-PrettyPrint" not in sent


@responses.activate
@pytest.mark.parametrize("status", [200, 204, 300, 302, 400, 403, 404, 500, 503])
def test_every_status_comes_back_as_it_is(transport: SalesforceTransport, status: int) -> None:
    body = b"" if status == 204 else b"<html>"
    responses.get(ORG + PATH, status=status, body=body)
    reply = transport.send("GET", PATH, headers={})
    assert (reply.status, reply.body) == (status, body)


@responses.activate
def test_after_a_401_the_request_is_sent_once_more_with_a_new_token_and_all_its_headers(
    transport: SalesforceTransport,
) -> None:
    responses.patch(ORG + PATH, status=401, json=EXPIRED)
    responses.patch(ORG + PATH, json=[])
    reply = transport.send("PATCH", PATH, body=b"{}", headers={"Sforce-Auto-Assign": "FALSE"})
    assert reply.status == 200
    first, second = (call.request for call in responses.calls)
    assert first.headers["Authorization"] == "Bearer first"
    assert second.headers["Authorization"] == "Bearer second"
    assert second.headers["Sforce-Auto-Assign"] == "FALSE"
    assert second.body == b"{}"


@responses.activate
def test_a_lasting_401_is_handed_back_after_one_new_token(transport: SalesforceTransport) -> None:
    responses.get(ORG + PATH, status=401, json=EXPIRED)
    assert transport.send("GET", PATH, headers={}).status == 401
    assert len(responses.calls) == 2


@responses.activate
def test_a_given_token_that_is_refused_says_what_to_set() -> None:
    responses.get(ORG + PATH, status=401, json=EXPIRED)
    transport = SalesforceTransport(ORG, Authentication(AccessToken(SecretStr("static"))))
    for _ in range(2):
        with pytest.raises(Config, match="SFSYNC_ACCESS_TOKEN"):
            transport.send("GET", PATH, headers={})
    assert len(responses.calls) == 1
    transport.close()


@responses.activate
def test_a_redirect_is_not_followed(transport: SalesforceTransport) -> None:
    responses.get(ORG + PATH, status=302, headers={"Location": "https://evil.example/"})
    evil = responses.get("https://evil.example/")
    assert transport.send("GET", PATH, headers={}).status == 302
    assert evil.call_count == 0


@responses.activate
def test_cookies_and_the_environment_are_ignored(
    transport: SalesforceTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    responses.get(ORG + PATH, headers={"Set-Cookie": "BrowserId=x; path=/; secure"})
    transport.send("GET", PATH, headers={})
    transport.send("GET", PATH, headers={})
    assert "Cookie" not in responses.calls[1].request.headers
    assert not responses.calls[1].request.req_kwargs["proxies"]  # type: ignore[attr-defined]


@responses.activate
def test_each_thread_has_a_client_of_its_own_and_all_share_the_token(transport: SalesforceTransport) -> None:
    responses.get(ORG + PATH, json=[])
    threads = [
        threading.Thread(target=transport.send, args=("GET", PATH), kwargs={"headers": {}}) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {call.request.headers["Authorization"] for call in responses.calls} == {"Bearer first"}
    assert len(transport._wires) == 4


@pytest.mark.parametrize(
    "path",
    [
        "@evil.example/services/data",
        "https://evil.example/services/data",
        "//evil.example/services/",
        "/services/data/x\r\nHost: evil.example",
        "/services/data/x y",
        "/services/data\\@evil.example",
        "/services/data#fragment",
        "/secur/frontdoor.jsp",
    ],
)
@responses.activate
def test_a_path_that_could_lead_elsewhere_is_not_sent(transport: SalesforceTransport, path: str) -> None:
    with pytest.raises(Config):
        transport.send("GET", path, headers={})
    assert len(responses.calls) == 0


@pytest.mark.parametrize("token", ["canary\n", "can\r\nary: x", "canary€", "canary\udcff", ""])
@responses.activate
def test_a_token_that_no_header_can_hold_is_not_sent_and_not_shown(token: str) -> None:
    transport = SalesforceTransport(ORG, tokens(token))
    with pytest.raises(Config, match="the header Authorization cannot hold") as caught:
        transport.send("GET", PATH, headers={})
    assert "can" not in str(caught.value).replace("cannot", "")
    assert "\n" not in str(caught.value)
    assert len(responses.calls) == 0
    transport.close()


@pytest.mark.parametrize("kind", [InvalidHeader, InvalidURL, MissingSchema])
@responses.activate
def test_what_requests_says_of_a_request_is_not_shown(
    transport: SalesforceTransport, kind: type[RequestException]
) -> None:
    responses.get(ORG + PATH, body=kind("'Bearer canary'"))
    with pytest.raises(Config, match=f"cannot be sent .{kind.__name__}.") as caught:
        transport.send("GET", PATH, headers={})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://example.my.salesforce.com", "https://example.my.salesforce.com"),
        ("https://Example.my.salesforce.com/", "https://example.my.salesforce.com"),
        ("https://example.my.salesforce.com:8443", "https://example.my.salesforce.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_instance_url_is_a_host(url: str, origin: str) -> None:
    assert allowed_origin(url, "SFSYNC_INSTANCE_URL") == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://example.my.salesforce.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "https://user:password@example.com",
        "https://example.com@evil.example",
        "https://example.com\\@evil.example",
        "https://example.com/path",
        "https://example.com?x",
        "https://example.com#x",
        "https://",
        "https://example.com:99999",
        "https://example.com:x",
        "https://[::2",
        "ftp://example.com",
        "example.com",
        "",
        "https://exa mple.com",
        "https://example.com:",
        "https://example.com:0",
        "https://example.com:0443",
        "https://example.com#",
        "https://example.com\n",
        "https://exa\tmple.com",
        "https://example..com",
        f"https://{'a' * 64}.example.com",
        "https://example.com\u3002evil.example",
    ],
)
def test_any_other_instance_url_is_a_configuration_error(url: str) -> None:
    with pytest.raises(Config, match="SFSYNC_INSTANCE_URL") as caught:
        allowed_origin(url, "SFSYNC_INSTANCE_URL")
    assert "password" not in str(caught.value)


def get(origin: str, **options: float) -> Callable[[], object]:
    def send() -> object:
        with Wire(origin, **options) as wire:  # type: ignore[arg-type]
            return wire.exchange("GET", "/services/data", headers={})

    return send


def test_a_connection_that_is_refused_was_not_carried_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Transient) as caught:
        get(f"http://127.0.0.1:{port}")()
    assert not caught.value.maybe_done


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n[{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\nnope",
    ],
    ids=["nothing", "cut in the body", "cut in a chunk", "not gzip"],
)
def test_a_reply_that_breaks_off_may_have_been_carried_out(answer: bytes) -> None:
    with server(answer) as (origin, _), pytest.raises(Transient) as caught:
        get(origin)()
    assert caught.value.maybe_done


def test_a_server_that_keeps_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Transient) as caught:
            get(origin, read_timeout_s=0.05)()
    assert caught.value.maybe_done


@contextmanager
def trickle(head: bytes, drop: bytes, rest: bytes) -> Iterator[str]:
    """A server that lets a reply trickle in for about two seconds, never silent for as long as a client may wait."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(head)
                for _ in range(400):
                    if done.wait(0.005):
                        return
                    connection.sendall(drop)
                connection.sendall(rest)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        done.set()
        thread.join(10)


END = b"\r\nContent-Length: 2\r\n\r\n[]"


@pytest.mark.parametrize(
    ("head", "drop", "rest"),
    [
        (b"HTTP/1.1 200 O", b"K", END),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK" + END),
        (b"HTTP/1.1 200 OK\r\nDate: ", b"x", END),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"x", b"\r\n[]\r\n0\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", b" ", b""),
    ],
    ids=["status line", "informational", "header", "chunk's head", "body"],
)
def test_a_reply_that_trickles_in_anywhere_is_given_up(head: bytes, drop: bytes, rest: bytes) -> None:
    with trickle(head, drop, rest) as origin, pytest.raises(Transient, match="in time") as caught:
        get(origin, read_timeout_s=0.05)()
    assert caught.value.maybe_done


def test_the_end_of_one_reply_shortens_no_time_out_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10.0)
        began = time.monotonic()
        received = InTime(ours.makefile("rb", buffering=0), ours)
        theirs.sendall(b"ab")
        monkeypatch.setattr(time, "monotonic", lambda: began + 29)
        assert received.read(1) == b"a"
        assert ours.gettimeout() == 10.0
        monkeypatch.setattr(time, "monotonic", lambda: began + 31)
        with pytest.raises(TimeoutError):
            received.read(1)


def test_a_compressed_reply_is_unpacked() -> None:
    packed = gzip.compress(b"[1]")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with server(head + packed) as (origin, received), Wire(origin) as wire:
        assert wire.exchange("GET", "/services/data?q=a+b", headers={}).body == b"[1]"
    assert received[0].startswith(b"GET /services/data?q=a+b HTTP/1.1\r\n")


def test_a_reply_larger_than_sane_is_not_read_on() -> None:
    packed = gzip.compress(b"0" * 1_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with server(head + packed) as (origin, _), pytest.raises(Config, match="larger"):
        get(origin, largest_body=500_000)()


@pytest.mark.parametrize("location", [b"https://[::1", b"\xff\xfe", b"https://evil.example/\xc3\x28", b"//"])
def test_a_redirect_is_not_even_worked_out(location: bytes) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 600000\r\n\r\n" % location
    with server(head + b"0" * 600_000) as (origin, _), pytest.raises(Config, match="larger"):
        get(origin, largest_body=500_000)()


def test_the_emulated_orgs_plain_http_is_spoken_on_loopback() -> None:
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]") as (origin, received):
        transport = SalesforceTransport(origin, tokens("first"))
        assert transport.send("GET", "/services/data/v64.0/limits", headers={}).body == b"[]"
        transport.close()
    assert b"Authorization: Bearer first\r\n" in received[0]
