"""Very many ids at once: a Bulk API 2.0 query, a few calls however large its result.

The job is made, asked about until it is complete, and its result fetched in parts of CSV [D]. A job left behind
by a crash ends by itself: Salesforce keeps it for seven days and nobody asks.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

import msgspec

from sfsync.errors import Permanent, Transient
from sfsync.ports import Sleep
from sfsync.salesforce import soql
from sfsync.salesforce.session import Answer, Session

IDS_A_PART = 50_000
WAITS_S = (1.0, 2.0, 4.0, 8.0, *[15.0] * 20)
"""Between two questions whether the job is complete; five minutes altogether."""


class _Job(msgspec.Struct, rename="camel"):
    id: str
    state: str
    number_records_processed: int | None = None


def ids(session: Session, statement: str, sleep: Sleep) -> Iterator[list[str]]:
    """The ids that a SOQL statement selects first, in parts of at most 50,000, in no order.

    Raises Transient when the job does not complete in time or what comes is not its whole result, Permanent when
    Salesforce gave it up, and what the org says of the requests themselves.
    """
    body = {"operation": "query", "query": statement}
    job: _Job = session.post("jobs/query", body, repeatable=True, into=_Job).body
    for seconds in WAITS_S:
        job = session.get(f"jobs/query/{job.id}", into=_Job).body
        if job.state == "JobComplete":
            break
        if job.state in ("Failed", "Aborted"):
            raise Permanent(f"the Bulk query's job is {job.state}")
        sleep(seconds)
    else:
        raise Transient("the Bulk query's job did not complete in time")
    come = 0
    locator: str | None = ""
    while locator is not None:
        more = f"&locator={locator}" if locator else ""
        answer = session.get(
            f"jobs/query/{job.id}/results?maxRecords={IDS_A_PART}{more}",
            into=bytes,
            headers={"Accept": "text/csv"},
        )
        part = _listed(answer)
        come += len(part)
        yield part
        following = answer.headers.get("sforce-locator", "null")
        locator = None if following == "null" else following
    if job.number_records_processed not in (None, come):
        raise Transient(f"{come} of the Bulk query's {job.number_records_processed} ids have come")


def _listed(answer: Answer) -> list[str]:
    """The ids that this part of a result lists; Transient when it is none, such as a proxy's page, or not whole."""
    try:
        lines = [line[0] for line in csv.reader((answer.body or b"").decode().splitlines()) if line]
    except (UnicodeDecodeError, csv.Error):
        lines = []
    listed = lines[1:]
    told = answer.headers.get("sforce-numberofrecords", str(len(listed)))
    if lines[:1] != ["Id"] or not all(map(soql.is_id, listed)) or told != str(len(listed)):
        raise Transient("what came is no part of the Bulk query's result")
    return listed
