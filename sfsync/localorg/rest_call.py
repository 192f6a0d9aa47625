"""A call is one request to one REST resource, whether it came over HTTP or inside a composite body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, unquote

import msgspec

from sfsync.localorg.access import Session
from sfsync.localorg.errors import ApiError
from sfsync.localorg.org import Org, WriteOptions

if TYPE_CHECKING:
    from sfsync.localorg.calls import CallRecord
    from sfsync.localorg.rest_bulk import Jobs
    from sfsync.localorg.rest_query import Locators
    from sfsync.localorg.rest_settings import HttpSettings

# Before 46 an upsert that updates answered otherwise; clients in use default to 50 (jsforce) and 59.
OLDEST_VERSION = 46
NEWEST_VERSION = 68
DATA_PREFIX = "/services/data/"


Handler = Callable[["Call"], "Answer"]


class RowFault(Protocol):
    """What an injected fault says to one row that is about to be written."""

    def __call__(self, record_id: str) -> None:
        """Raise ApiError when the row with this id ('' for a new one) is to fail."""


@dataclass(slots=True)
class Context:
    """What an outer request and everything inside it share.

    Attributes:
        org: the org; its lock is held.
        session: who is calling.
        settings: the switchable limits of the HTTP side.
        locators: the org's open query locators.
        record: the outer call's line in the call log; SOQL is noted on it.
        query_timeout: the next query takes too long: an injected fault.
        row_fault: an injected fault for single rows, if there is one.
        jobs: the org's Bulk API 2.0 jobs.
        dispatch: finds the resource of a call and runs it, for subrequests.
        api_calls_used: API calls of the last 24 hours.
    """

    org: Org
    session: Session
    settings: HttpSettings
    locators: Locators
    record: CallRecord
    row_fault: RowFault | None
    query_timeout: bool
    jobs: Jobs
    dispatch: Handler
    api_calls_used: Callable[[], int]


@dataclass(slots=True)
class Call:
    """One request to one resource below `/services/data/vNN.0/`.

    Attributes:
        context: what it shares with its siblings.
        method: in capitals.
        version: e.g. '68.0'.
        segments: the decoded path below the version, without empty parts.
        params: query parameters, decoded.
        headers: by lower-case name; for a subrequest only those that it carries itself.
        body: the decoded JSON body; None where there is none.
        raw: the body as it came (Bulk API uploads are CSV).
        inner: it is a subrequest of a composite resource.
        all_or_none: an enclosing composite with allOrNone=true overrides the call's own flag.
    """

    context: Context
    method: str
    version: str
    segments: tuple[str, ...]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    raw: bytes = b""
    inner: bool = False
    all_or_none: bool = False

    @property
    def org(self) -> Org:
        """The org that is called."""
        return self.context.org

    @property
    def session(self) -> Session:
        """Who calls."""
        return self.context.session

    @property
    def base(self) -> str:
        """The path of this API version, without a slash at its end."""
        return f"/services/data/v{self.version}"

    def options(self) -> WriteOptions:
        """What the call's own headers say about its writes; absent Sforce-Auto-Assign means TRUE."""
        auto_assign = self.headers.get("sforce-auto-assign", "TRUE").strip().upper() != "FALSE"
        duplicates = self.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
        return WriteOptions(auto_assign=auto_assign, allow_duplicates="allowsave=true" in duplicates)

    def require(self, *methods: str) -> None:
        """Raise 405 METHOD_NOT_ALLOWED unless the method is one of these."""
        if self.method not in methods:
            allowed = ",".join(("HEAD", *methods) if "GET" in methods else methods)
            raise ApiError.bare(
                405, "METHOD_NOT_ALLOWED", f"HTTP Method '{self.method}' not allowed. Allowed are {allowed}"
            )

    def json_object(self) -> dict[str, Any]:
        """The body, which is a JSON object; raises 400 JSON_PARSER_ERROR for anything else."""
        if isinstance(self.body, dict):
            return self.body
        if self.body is None:
            raise parser_error("The HTTP entity body is required, but this request has no entity body.")
        raise parser_error("Unexpected JSON value: an object was expected at [line:1, column:1]")

    def flag(self, name: str) -> bool:
        """The boolean query parameter `name`; absent means false."""
        return self.params.get(name, "false").lower() == "true"


@dataclass(slots=True)
class Answer:
    """What a resource answers; `body` is JSON-ready, None for an empty reply, or bytes sent as they are."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def parser_error(message: str) -> ApiError:
    """A body that cannot be understood: 400 JSON_PARSER_ERROR."""
    return ApiError.bare(400, "JSON_PARSER_ERROR", message)


def not_found() -> ApiError:
    """A resource that there is not: 404 NOT_FOUND, in the recorded words."""
    return ApiError.bare(404, "NOT_FOUND", "The requested resource does not exist")


def decode_json(raw: bytes) -> Any:
    """The JSON value of a body, None for an empty one; raises 400 JSON_PARSER_ERROR."""
    if not raw.strip():
        return None
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise parser_error(f"Unexpected character or end of input: {error}") from None


def whole_number(text: str) -> int | None:
    """The number that a text of one to nine digits states; None for any other text."""
    return int(text) if text.isdecimal() and len(text) <= 9 else None


def boolean(body: Mapping[str, Any], name: str) -> bool:
    """The JSON boolean `name` of a body; absent means false; anything else is 400 JSON_PARSER_ERROR."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise parser_error(f"Cannot deserialize value of '{name}': a boolean was expected")
    return value


def split_url(url: str) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """(version, segments, params) of a data URL such as `/services/data/v68.0/sobjects/Lead?fields=Id`.

    Raises 404 NOT_FOUND for a URL outside the data API or a version that is not served.
    """
    path, _, query = url.partition("?")
    if not path.startswith(DATA_PREFIX):
        raise not_found()
    version, *rest = path[len(DATA_PREFIX) :].split("/")
    if not is_served(version):
        raise not_found()
    segments = tuple(unquote(part) for part in rest if part)
    return version[1:], segments, dict(parse_qsl(query, keep_blank_values=True))


def is_served(version: str) -> bool:
    """`version`, such as 'v68.0', is one of those that the org serves."""
    number = whole_number(version[1:-2])
    return (
        version.startswith("v")
        and version.endswith(".0")
        and number is not None
        and OLDEST_VERSION <= number <= NEWEST_VERSION
    )
