"""Several requests in one counted call: `/composite`, its queries and their further pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from sfsync.errors import Config, SfsyncError, Transient
from sfsync.salesforce.failures import classify
from sfsync.salesforce.session import Session

QUERIES_A_CALL = 5
"""At most so many queries or collections in one composite call [D]."""

RECORDS_A_COLLECTION = 200
"""At most so many records in one collection [D]."""

_PAGE = re.compile(r"^(/services/data/v[0-9]{2,3}\.0/query(?:All)?/[A-Za-z0-9]+)-([0-9]+)$")
"""How locators are written: the query's own name and the number of the page's first row [R]."""

Row = dict[str, Any]


class Subrequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One request inside a composite; `url` is absolute on the host."""

    method: str
    url: str
    reference_id: str
    body: object = None
    http_headers: Mapping[str, str] = {}


class Result(msgspec.Struct, frozen=True, rename="camel"):
    """What one subrequest answered."""

    body: Any
    http_status_code: int
    reference_id: str | None


class _Composite(msgspec.Struct, rename="camel"):
    composite_response: list[Result]


class Page(msgspec.Struct, frozen=True):
    """A page of a query's rows; `rest` are the urls of the further pages, as far as they can be foretold, and
    `total` is how many rows all pages hold."""

    rows: list[Row]
    next_url: str | None
    rest: tuple[str, ...]
    total: int = 0


def composite(
    session: Session, requests: Sequence[Subrequest], *, repeatable: bool, all_or_none: bool = False
) -> tuple[list[Result], datetime]:
    """Send the subrequests, to be run in this order, each on its own or all or none; their results, and the time.

    Raises what the call as a whole failed with; a subrequest's own failure is in its result.
    """
    answer = session.post(
        "composite",
        {"allOrNone": all_or_none, "collateSubrequests": False, "compositeRequest": requests},
        repeatable=repeatable,
        into=_Composite,
    )
    results = answer.body.composite_response
    if len(results) != len(requests):
        failed = results[0] if results else None
        raise classify(failed.body if failed else [], status=failed.http_status_code if failed else None)
    return results, answer.now


_SAFE = ",():'="
"""What SOQL is full of and RFC 3986 lets stand in a query string as it is."""

_ESCAPES = {code: quote(chr(code), safe=_SAFE) for code in range(128)}


def _encoded(query: str) -> str:
    """The statement as the value of a url's parameter; a poll's are long, and `quote` goes byte by byte."""
    return query.translate(_ESCAPES) if query.isascii() else quote(query, safe=_SAFE)


def first_pages(
    session: Session, queries: Sequence[str], *, deleted: bool = False
) -> tuple[list[Page], datetime]:
    """The first page of each of these queries. `deleted` asks for deleted rows too.

    Five queries make one call; what is more goes into calls before it, and the time is the last one's.

    Raises the first query's failure: half an answer is none.
    """
    verb = "queryAll" if deleted else "query"
    requests = [
        Subrequest(
            method="GET",
            url=f"/services/data/v{session.version}/{verb}?q={_encoded(query)}",
            reference_id=f"q{number}",
        )
        for number, query in enumerate(queries)
    ]
    before: list[Page] = []
    while len(requests) > QUERIES_A_CALL:
        many = min(len(requests) - QUERIES_A_CALL, QUERIES_A_CALL)
        results, _ = composite(session, requests[:many], repeatable=True)
        requests = requests[many:]
        before += [_page(result) for result in results]
    results, now = composite(session, requests, repeatable=True)
    return before + [_page(result) for result in results], now


def next_pages(session: Session, page: Page) -> list[Page]:
    """Up to five further pages of a query in one call, in order; none when there are none.

    Where a page turns out shorter than foretold, or a foretold one is refused, what comes after it is asked for
    again by the url that the last good page names.
    """
    urls = page.rest[:QUERIES_A_CALL] or ((page.next_url,) if page.next_url else ())
    if not urls:
        return []
    for url in urls:
        if not url.startswith("/services/data/"):
            raise Config(
                "Salesforce named a next page that is not a path under /services/data/: not followed."
            )
    requests = [
        Subrequest(method="GET", url=url, reference_id=f"p{number}") for number, url in enumerate(urls)
    ]
    results, _ = composite(session, requests, repeatable=True)
    pages = [_page(results[0])]
    for url, result in zip(urls[1:], results[1:], strict=True):
        if pages[-1].next_url != url or result.http_status_code >= 300:
            break
        pages.append(_page(result))
    return pages


def update(session: Session, records: Sequence[Mapping[str, object]]) -> int:
    """Update these records, each for itself and a thousand a call; how many the org refused.

    A lost reply is asked for again: only for what may be written twice. Raises what the org says of the calls
    themselves.
    """
    refused = 0
    most = RECORDS_A_COLLECTION * QUERIES_A_CALL
    for start in range(0, len(records), most):
        portion = records[start : start + most]
        chunks = [
            portion[at : at + RECORDS_A_COLLECTION] for at in range(0, len(portion), RECORDS_A_COLLECTION)
        ]
        requests = [
            Subrequest(
                method="PATCH",
                url=f"/services/data/v{session.version}/composite/sobjects",
                reference_id=f"records{number}",
                body={"allOrNone": False, "records": chunk},
            )
            for number, chunk in enumerate(chunks)
        ]
        results, _ = composite(session, requests, repeatable=True)
        for chunk, result in zip(chunks, results, strict=True):
            taken = result.body if isinstance(result.body, list) and result.http_status_code < 300 else []
            refused += len(chunk) - sum(bool(item.get("success")) for item in taken)
    return refused


def rows(session: Session, page: Page) -> list[Row]:
    """All rows of a query whose first page is `page`."""
    found = list(page.rows)
    while page.next_url is not None:
        pages = next_pages(session, page)
        for page in pages:
            found += page.rows
    return found


def _page(result: Result) -> Page:
    if result.http_status_code >= 300:
        raise classify(result.body, status=result.http_status_code)
    body = result.body
    if not isinstance(body, dict) or "records" not in body:
        raise Transient("A query's result without records.")
    total = body.get("totalSize")
    return Page(
        body["records"],
        body.get("nextRecordsUrl"),
        _foretold(body),
        total if isinstance(total, int) else len(body["records"]),
    )


def _foretold(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The further pages' urls, where the first one tells how they go on; else only the next."""
    url, total, size = body.get("nextRecordsUrl"), body.get("totalSize"), len(body["records"])
    match = _PAGE.match(url or "")
    if match is None or not isinstance(total, int) or not size:
        return (url,) if url else ()
    return tuple(f"{match[1]}-{start}" for start in range(int(match[2]), total, size))


NOT_SHOWN = frozenset({"INVALID_TYPE", "INVALID_FIELD", "INSUFFICIENT_ACCESS"})
"""What an org answers about an object or a field that it has not, or does not show to this user."""


def rows_if_shown(session: Session, query: str) -> list[dict[str, Any]] | None:
    """All rows of one query; None where the org does not show what it asks for."""
    try:
        pages, _ = first_pages(session, [query])
    except SfsyncError as error:
        if error.error_code not in NOT_SHOWN:
            raise
        return None
    return rows(session, pages[0])
