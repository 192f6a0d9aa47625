"""The org's REST API as one synchronous function: a request goes in, a response comes out, no sockets."""

from __future__ import annotations

import gzip
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

import msgspec

from sfsync.localorg import control
from sfsync.localorg.access import Session
from sfsync.localorg.calls import CallLog, CallRecord
from sfsync.localorg.errors import ApiError
from sfsync.localorg.faults import BEFORE, ROWS, Fault, Faults, RowFailures, lock_error
from sfsync.localorg.org import Org
from sfsync.localorg.rest_batch import read_entries
from sfsync.localorg.rest_bulk import Jobs
from sfsync.localorg.rest_call import Answer, Call, Context, decode_json, parser_error, split_url
from sfsync.localorg.rest_meta import versions
from sfsync.localorg.rest_oauth import OAuth, client_of
from sfsync.localorg.rest_query import Locators
from sfsync.localorg.rest_router import dispatch
from sfsync.localorg.rest_settings import HttpSettings

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
LONGEST_URI = 16_384
LONGEST_HEADERS = 32_768
WORTH_COMPRESSING = 1024
FASTEST = 1
ANY_VERSION = b'"/services/data/vXX.0/'
"""What the engine writes where only the request knows its API version."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        method: any case.
        path: still percent-encoded, with its query string.
        headers: names in any case.
        body: as sent.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response.

    Attributes:
        status: the HTTP status.
        headers: by Salesforce's spelling (`Sforce-Limit-Info`).
        body: as it goes on the wire, compressed if `Content-Encoding` says so.
        delivery: 'whole'; 'closed' or 'reset': the connection ends without a reply; 'slow': spread over
            `seconds`.
        carried_out: the org has done what was asked (only of interest when there is no reply).
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    delivery: Literal["whole", "closed", "reset", "slow"] = "whole"
    seconds: float = 0.0
    carried_out: bool = True


class ConnectionDropped(Exception):
    """Raised in process where over HTTP the connection would end without a reply.

    Attributes:
        carried_out: the request was carried out.
    """

    def __init__(self, carried_out: bool) -> None:
        super().__init__("the connection was closed without a reply")
        self.carried_out = carried_out


@dataclass(frozen=True, slots=True)
class Strike:
    """What is to go wrong with one request: seconds to wait first, then a fault."""

    delay: float = 0.0
    fault: Fault | None = None


class App:
    """The HTTP side of one org.

    Attributes:
        org: the engine; take `lock` to touch it while a server runs.
        faults, calls, oauth, locators, settings: what the control plane reaches.
        under_way: so many requests, those to the control plane left out, are not answered yet.
    """

    def __init__(
        self,
        org: Org,
        *,
        wait: Callable[[float], None] = time.sleep,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.org = org
        self.lock = threading.RLock()
        self.faults = Faults()
        self.calls = CallLog()
        self.oauth = OAuth(org)
        self.locators = Locators()
        self.jobs = Jobs()
        self.settings = HttpSettings()
        self.under_way = 0
        self._wait = wait
        self._wall_clock = wall_clock
        self._date: tuple[int, str] = (-1, "")

    def handle(self, request: Request) -> Response:
        """Answer a request, faults included; raises ConnectionDropped when there is to be no reply."""
        strike = self.strike(request)
        if strike.delay:
            self._wait(strike.delay)
        response = self.carry_out(request, strike.fault)
        if response.delivery in ("closed", "reset"):
            raise ConnectionDropped(response.carried_out)
        return response

    def strike(self, request: Request) -> Strike:
        """Take the faults that are due for this request; the control plane is never struck."""
        path = request.path.partition("?")[0]
        if control.is_control(path):
            return Strike()
        with self.lock:
            taken = self.faults.take(request.method.upper(), unquote(path))
        delay = sum(float(fault.arg) for fault in taken if fault.name == "latency")
        return Strike(delay, next((fault for fault in taken if fault.name != "latency"), None))

    def carry_out(self, request: Request, fault: Fault | None = None) -> Response:
        """Do what the request asks, under the org's lock, with at most one fault."""
        with self.lock:
            headers = {name.lower(): value for name, value in request.headers.items()}
            path, _, query = request.path.partition("?")
            if control.is_control(path):
                answer = control.handle(self, request.method.upper(), path, query, request.body)
                return self._respond(answer, headers, "")
            return self._answer(replace(request, headers=headers), path, query, fault)

    def charge_info(self) -> str:
        """The value of Sforce-Limit-Info now."""
        return f"api-usage={self.calls.used(self.org.clock.now())}/{self.settings.api_limit}"

    def _answer(self, request: Request, path: str, query: str, fault: Fault | None) -> Response:
        if fault is not None and fault.name in ("drop_before", "reset"):
            delivery: Literal["closed", "reset"] = "reset" if fault.name == "reset" else "closed"
            return Response(0, {}, b"", delivery, carried_out=False)
        if fault is not None and fault.name == "html_503":
            return self._html(
                503, "Service Unavailable", "The server is temporarily unable to service your request."
            )
        if len(request.path) > LONGEST_URI:
            return self._html(414, "URI Too Long", "The requested URL's length exceeds the capacity limit.")
        if sum(len(name) + len(value) for name, value in request.headers.items()) > LONGEST_HEADERS:
            return self._html(431, "Request Header Fields Too Large", "Header fields are too large.")
        version = ""
        try:
            if path.rstrip("/") == "/services/data":
                answer = versions()
            elif path == "/services/oauth2/token":
                answer = self._token(request)
            elif path == "/services/oauth2/userinfo" or path.startswith("/id/"):
                answer = self._who(request, path, fault)
            else:
                version, segments, params = split_url(request.path)
                answer = self._data_call(request, path, version, segments, params, fault)
        except ApiError as refusal:
            error = refusal.told(self.org.settings.refusals)
            answer = Answer(error.status, error.body() if error.items or error.payload else None)
        headers = request.headers
        if fault is not None and fault.name == "truncated_json":
            headers = {name: value for name, value in headers.items() if name != "accept-encoding"}
        response = self._respond(answer, headers, version, head=request.method.upper() == "HEAD")
        return _spoil(response, fault)

    def _data_call(
        self,
        request: Request,
        path: str,
        version: str,
        segments: tuple[str, ...],
        params: Mapping[str, str],
        fault: Fault | None,
    ) -> Answer:
        record = self.calls.open(request.method.upper(), path, request.headers, self.org.clock.now())
        record.fault = fault.name if fault is not None else ""
        try:
            session = self._authenticate(request.headers, fault)
            record.user_id = session.user_id
            answer = self._run(request, session, record, version, segments, params, fault)
        except ApiError as error:
            record.status = error.told(self.org.settings.refusals).status
            raise
        record.status = answer.status
        return answer

    def _run(
        self,
        request: Request,
        session: Session,
        record: CallRecord,
        version: str,
        segments: tuple[str, ...],
        params: Mapping[str, str],
        fault: Fault | None,
    ) -> Answer:
        if fault is not None and fault.name in BEFORE:
            raise _refusal(fault)
        if self.calls.used(record.at) >= self.settings.api_limit:
            raise ApiError.bare(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if fault is not None and fault.name == "expired_locator":
            self.locators.close_session(session.token)
        raw = _unpacked(request)
        row_fault = None
        if fault is not None and fault.name in ROWS:
            row_fault = RowFailures(fault, self.org.settings.lock_row_status)
            if request.method.upper() in ("GET", "HEAD"):
                raise lock_error("", self.org.settings.lock_row_status)
        method = request.method.upper()
        if method == "POST":
            method = params.get("_HttpMethod", method).upper()
        context = Context(
            org=self.org,
            session=session,
            settings=self.settings,
            locators=self.locators,
            record=record,
            row_fault=row_fault,
            query_timeout=fault is not None and fault.name == "query_timeout",
            jobs=self.jobs,
            dispatch=dispatch,
            api_calls_used=lambda: self.calls.used(record.at),
        )
        call = Call(
            context=context,
            method="GET" if method == "HEAD" else method,
            version=version,
            segments=segments,
            params=params,
            headers=request.headers,
            body=_json_body(raw, request.headers),
            raw=raw,
        )
        self.calls.charge(record, self._cost(call))
        try:
            with self.org.transaction():
                return dispatch(call)
        except RecursionError:
            raise parser_error("The JSON values of the body are nested too deeply.") from None

    def _authenticate(self, headers: Mapping[str, str], fault: Fault | None) -> Session:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind and kind.lower() not in ("bearer", "oauth"):
            raise ApiError.bare(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        session = self.org.session(token.strip())
        if fault is not None and fault.name == "session_expired":
            self.locators.close_session(session.token)
            if fault.arg == "revoke":
                self.org.expire_token(session.token)
            raise ApiError.bare(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return session

    def _cost(self, call: Call) -> int:
        """Composite counts once, batch counts each subrequest [D]."""
        if call.method == "POST" and call.segments == ("composite", "batch"):
            return max(1, len(read_entries(call.body)))
        if call.segments[:1] == ("chatter",):
            return self.settings.chatter_call_cost
        return 1

    def _who(self, request: Request, path: str, fault: Fault | None) -> Answer:
        """Outside of the REST API a session that has ended is not a 401, but a 403 in plain text [F]."""
        try:
            session = self._authenticate(request.headers, fault)
        except ApiError:
            return Answer(403, b"Bad_OAuth_Token", {"Content-Type": "text/html;charset=UTF-8"})
        if path.startswith("/id/"):
            return self.oauth.identity(session, path)
        return self.oauth.userinfo(session)

    def _token(self, request: Request) -> Answer:
        if request.method.upper() != "POST":
            raise ApiError.bare(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed. Allowed are POST")
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        form.update(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
        form.update(client_of(request.headers.get("authorization", "")))
        asked = f"http://{request.headers.get('host', 'localhost')}"
        instance_url = self.settings.my_domain_url or asked
        return self.oauth.token(form, instance_url=instance_url, wall_clock=int(self._wall_clock()))

    def _respond(
        self, answer: Answer, headers: Mapping[str, str], version: str, head: bool = False
    ) -> Response:
        shown = {"Date": self._now_as_date()}
        if version:
            shown["Sforce-Limit-Info"] = self.charge_info()
        shown.update(answer.headers)
        body = b""
        if isinstance(answer.body, bytes):
            body = answer.body
        elif answer.body is not None:
            shown["Content-Type"] = JSON
            body = msgspec.json.encode(answer.body)
            if version:
                body = body.replace(ANY_VERSION, b'"/services/data/v%b/' % version.encode())
        if len(body) > WORTH_COMPRESSING and "gzip" in headers.get("accept-encoding", ""):
            body = gzip.compress(body, FASTEST, mtime=0)
            shown["Content-Encoding"] = "gzip"
        return Response(answer.status, shown, b"" if head else body)

    def _html(self, status: int, title: str, text: str) -> Response:
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
        headers = {"Date": self._now_as_date(), "Content-Type": HTML}
        return Response(status, headers, page.encode(), carried_out=False)

    def _now_as_date(self) -> str:
        now = self.org.clock.now() + self.settings.date_ahead_s
        if self._date[0] != now:
            self._date = (now, formatdate(now, usegmt=True))
        return self._date[1]


def _refusal(fault: Fault) -> ApiError:
    if fault.name == "limit_exceeded":
        which = fault.arg if isinstance(fault.arg, str) else "TotalRequests"
        return ApiError.bare(403, "REQUEST_LIMIT_EXCEEDED", f"{which} Limit exceeded.")
    if fault.name == "http_500":
        return ApiError.bare(
            500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId"
        )
    return ApiError.bare(503, "SERVER_UNAVAILABLE", "Server too busy")


def _unpacked(request: Request) -> bytes:
    if request.headers.get("content-encoding", "").lower() != "gzip":
        return request.body
    try:
        return gzip.decompress(request.body)
    except (OSError, EOFError, zlib.error):
        raise ApiError.bare(400, "INVALID_REQUEST", "The body is not gzip") from None


def _json_body(raw: bytes, headers: Mapping[str, str]) -> Any:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not raw or kind == "text/csv":
        return None
    if kind not in ("", "application/json"):
        raise ApiError.bare(415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Type '{kind}' is not supported")
    return decode_json(raw)


def _spoil(response: Response, fault: Fault | None) -> Response:
    """The reply as a fault lets it arrive."""
    if fault is None:
        return response
    if fault.name == "drop_after_commit":
        return replace(response, delivery="closed")
    if fault.name == "truncated_json":
        return replace(response, body=response.body[: len(response.body) // 2])
    if fault.name == "slow_body":
        return replace(response, delivery="slow", seconds=float(fault.arg))
    return response
