"""Which resource a path means."""

from __future__ import annotations

from sfsync.localorg.rest_batch import batch
from sfsync.localorg.rest_bulk_ingest import ingest_jobs
from sfsync.localorg.rest_bulk_query import query_jobs
from sfsync.localorg.rest_call import Answer, Call, not_found
from sfsync.localorg.rest_chatter import chatter
from sfsync.localorg.rest_collections import collections
from sfsync.localorg.rest_composite import composite, graph
from sfsync.localorg.rest_meta import limits, resources
from sfsync.localorg.rest_query import query
from sfsync.localorg.rest_rows import sobjects


def dispatch(call: Call) -> Answer:
    """Run the resource of the call; raises ApiError, 404 NOT_FOUND for a resource that is not served."""
    match call.segments:
        case ():
            return resources(call)
        case ("sobjects", *_):
            return sobjects(call)
        case ("query" | "queryAll", *_):
            return query(call)
        case ("composite", "sobjects", *_):
            return collections(call)
        case ("composite",):
            return composite(call)
        case ("composite", "batch"):
            return batch(call)
        case ("composite", "graph"):
            return graph(call)
        case ("chatter", *_):
            return chatter(call)
        case ("jobs", "query", *_):
            return query_jobs(call)
        case ("jobs", "ingest", *_):
            return ingest_jobs(call)
        case ("limits",):
            return limits(call)
    raise not_found()
