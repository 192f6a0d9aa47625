"""`/query` and `/queryAll`: pages of at most 2,000 rows and locators that belong to one session."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sfsync.localorg.errors import ApiError
from sfsync.localorg.ids import IdSequence
from sfsync.localorg.rest_call import Answer, Call, not_found, whole_number

OPEN_LOCATORS = 10
"""A user's eleventh open query closes the oldest [D]."""
LARGEST_BATCH = 2000
SMALLEST_BATCH = 200


@dataclass(frozen=True, slots=True)
class Locator:
    """An open query: its whole result, rendered page by page.

    Attributes:
        token: the session it belongs to.
        total_size, records: the result; records are rendered when they are sliced.
        batch: rows of a page.
    """

    token: str
    total_size: int
    records: Sequence[dict[str, Any]]
    batch: int


class Locators:
    """The org's open queries."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Locator] = OrderedDict()
        self._ids = IdSequence("01g", "000")

    def add(self, locator: Locator) -> str:
        """The id of a newly opened query; the session's oldest goes when there are more than ten."""
        own = [name for name, other in self._open.items() if other.token == locator.token]
        for name in own[: len(own) - OPEN_LOCATORS + 1]:
            del self._open[name]
        name = self._ids.next()
        self._open[name] = locator
        return name

    def get(self, name: str, token: str) -> Locator:
        """The open query; raises 400 INVALID_QUERY_LOCATOR for one that is gone or another session's."""
        locator = self._open.get(name)
        if locator is None or locator.token != token:
            raise invalid_locator()
        return locator

    def close_session(self, token: str) -> None:
        """Close all queries of a session that has ended."""
        for name in [name for name, locator in self._open.items() if locator.token == token]:
            del self._open[name]


def invalid_locator() -> ApiError:
    """A locator that is unknown, expired or another session's."""
    return ApiError.bare(400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def query(call: Call) -> Answer:
    """`/query?q=…`, `/queryAll?q=…` and `/query/<locator>-<offset>`."""
    call.require("GET")
    match call.segments:
        case (("query" | "queryAll") as resource,):
            return _first_page(call, resource)
        case (("query" | "queryAll") as resource, locator):
            return _next_page(call, resource, locator)
    raise not_found()


def _first_page(call: Call, resource: str) -> Answer:
    statement = call.params.get("q")
    if statement is None:
        raise ApiError.bare(400, "MALFORMED_QUERY", "A query string has to be specified")
    call.context.record.soql.append(statement)
    if call.context.query_timeout:
        call.context.query_timeout = False
        raise ApiError.bare(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
    result = call.org.query(call.session, statement, all_rows=resource == "queryAll")
    batch = _batch_size(call)
    locator = Locator(call.session.token, result.total_size, result.records, batch)
    name = call.context.locators.add(locator) if len(result.records) > batch else ""
    return Answer(200, _page(call, resource, locator, name, 0))


def _next_page(call: Call, resource: str, text: str) -> Answer:
    name, _, digits = text.rpartition("-")
    offset = whole_number(digits)
    locator = call.context.locators.get(name, call.session.token)
    if offset is None or offset >= len(locator.records):
        raise invalid_locator()
    return Answer(200, _page(call, resource, locator, name, offset))


def _page(call: Call, resource: str, locator: Locator, name: str, offset: int) -> dict[str, Any]:
    end = offset + locator.batch
    records = list(locator.records[offset:end])
    done = end >= len(locator.records)
    page: dict[str, Any] = {"totalSize": locator.total_size, "done": done}
    if not done:
        page["nextRecordsUrl"] = f"{call.base}/{resource}/{name}-{end}"
    page["records"] = records
    return page


def _batch_size(call: Call) -> int:
    settings = call.context.settings
    most = settings.composite_page_rows if call.inner else settings.page_rows
    for option in call.headers.get("sforce-query-options", "").split(","):
        label, _, value = option.partition("=")
        size = whole_number(value.strip())
        if label.strip().lower() == "batchsize" and size is not None:
            return min(max(size, SMALLEST_BATCH), LARGEST_BATCH, most)
    return min(LARGEST_BATCH, most)
