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
from sfsync.salesforce.session import Session

IDS_A_PART = 50_000
WAITS_S = (1.0, 2.0, 4.0, 8.0, *[15.0] * 20)
"""Between two questions whether the job is complete; five minutes altogether."""


class _Job(msgspec.Struct):
    id: str
    state: str


def ids(session: Session, statement: str, sleep: Sleep) -> Iterator[list[str]]:
    """The ids that a SOQL statement selects first, in parts of at most 50,000, in no order.

    Raises Transient when the job does not complete in time, Permanent when Salesforce gave it up, and what
    the org says of the requests themselves.
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
    locator: str | None = ""
    while locator is not None:
        more = f"&locator={locator}" if locator else ""
        answer = session.get(
            f"jobs/query/{job.id}/results?maxRecords={IDS_A_PART}{more}",
            into=bytes,
            headers={"Accept": "text/csv"},
        )
        lines = csv.reader(answer.body.decode().splitlines())
        next(lines, None)  # the names of the columns
        yield [line[0] for line in lines if line and soql.is_id(line[0])]
        following = answer.headers.get("sforce-locator", "null")
        locator = None if following == "null" else following
