"""`/composite` and `/composite/graph`: subrequests that share a transaction and refer to each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfsync.localorg.errors import ApiError, ErrorItem
from sfsync.localorg.rest_call import Answer, Call, boolean, not_found, parser_error, split_url
from sfsync.localorg.rest_references import BadReference, names_in, resolve

MOST_SUBREQUESTS = 25
MOST_QUERIES = 5
FIRST_WITH_GRAPHS = 50
MOST_GRAPHS = 75
MOST_NODES = 500
MOST_DEPTH = 15
MOST_KINDS = 15
FORBIDDEN_HEADERS = ("accept", "authorization", "content-type")
REFERENCE_ID = re.compile(r"[A-Za-z0-9_]+")
ROLLED_BACK = ErrorItem(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
    bare=True,
)
NOT_ATTEMPTED = ErrorItem(
    "PROCESSING_HALTED", "Processing was halted since too many graphs of this request failed.", bare=True
)

_Allowed = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Subrequest:
    """One entry of a `compositeRequest`; headers by lower-case name."""

    reference_id: str
    method: str
    url: str
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a subrequest; `failed` is also true of a rolled-back collection."""

    status: int
    body: Any
    headers: Mapping[str, str]
    failed: bool

    def as_json(self, reference_id: str | None) -> dict[str, Any]:
        """The entry of a `compositeResponse`."""
        return {
            "body": self.body,
            "httpHeaders": self.headers,
            "httpStatusCode": self.status,
            "referenceId": reference_id,
        }


class _Halt(Exception):
    """Raised to take back a transaction of which a subrequest has failed."""


def composite(call: Call) -> Answer:
    """POST `/composite`: HTTP 200 even when subrequests fail."""
    call.require("POST")
    body = call.json_object()
    all_or_none = boolean(body, "allOrNone")
    boolean(body, "collateSubrequests")
    subrequests = _read_subrequests(body)
    if len(subrequests) > MOST_SUBREQUESTS:
        return _too_many(call, f"The request can’t contain more than {MOST_SUBREQUESTS} operations.")
    if sum(_is_query_or_collection(one.url) for one in subrequests) > MOST_QUERIES:
        return _too_many(
            call,
            f"The request can’t contain more than {MOST_QUERIES} query or sObject collection operations.",
        )
    outcomes = _run(call, subrequests, all_or_none, _is_allowed_in_composite)
    return Answer(
        200,
        {
            "compositeResponse": [
                outcome.as_json(one.reference_id) for one, outcome in zip(subrequests, outcomes, strict=True)
            ]
        },
    )


def graph(call: Call) -> Answer:
    """POST `/composite/graph`: each graph is a transaction of its own."""
    if float(call.version) < FIRST_WITH_GRAPHS:
        raise not_found()
    call.require("POST")
    graphs = _read_graphs(call)
    limit = call.context.settings.failed_graphs_before_halt
    failed = 0
    shown: list[dict[str, Any]] = []
    for graph_id, nodes in graphs:
        if failed >= limit:
            outcomes = [_halted(NOT_ATTEMPTED)] * len(nodes)
        else:
            outcomes = _run_graph(call, nodes)
        successful = not any(outcome.failed for outcome in outcomes)
        failed += not successful
        entries = [outcome.as_json(node.reference_id) for node, outcome in zip(nodes, outcomes, strict=True)]
        shown.append(
            {
                "graphId": graph_id,
                "graphResponse": {"compositeResponse": entries},
                "isSuccessful": successful,
            }
        )
    return Answer(200, {"graphs": shown})


def _read_subrequests(body: Mapping[str, Any]) -> list[Subrequest]:
    entries = body.get("compositeRequest")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise parser_error("'compositeRequest' is a required field.")
    read: list[Subrequest] = []
    seen: set[str] = set()
    for entry in entries:
        for name in ("referenceId", "method", "url"):
            if not isinstance(entry.get(name), str) or not entry[name]:
                raise parser_error(f"'{name}' is a required field.")
        reference_id = entry["referenceId"]
        if not REFERENCE_ID.fullmatch(reference_id):
            raise parser_error(f"'{reference_id}' is not a valid reference id.")
        if reference_id in seen:
            raise parser_error(f"The reference id '{reference_id}' is not unique.")
        seen.add(reference_id)
        headers = _read_headers(entry.get("httpHeaders"))
        read.append(
            Subrequest(reference_id, entry["method"].upper(), entry["url"], entry.get("body"), headers)
        )
    return read


def _read_headers(given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise parser_error("'httpHeaders' must be an object.")
    headers = {str(name).lower(): str(value) for name, value in given.items()}
    for name in FORBIDDEN_HEADERS:
        if name in headers:
            raise parser_error(f"The header '{name}' can't be set in a subrequest.")
    return headers


def _is_query_or_collection(url: str) -> bool:
    parts = url.partition("?")[0].split("/")
    return "query" in parts[4:5] or "queryAll" in parts[4:5] or parts[4:6] == ["composite", "sobjects"]


def _is_allowed_in_composite(segments: Sequence[str]) -> bool:
    """Rows, queries and collections: not Connect, not Chatter, not Tooling [D]."""
    return segments[:1] in (("sobjects",), ("query",), ("queryAll",)) or segments[:2] == (
        "composite",
        "sobjects",
    )


def _is_allowed_in_graph(segments: Sequence[str]) -> bool:
    """Rows by id or external id only [D]."""
    return segments[:1] == ("sobjects",) and len(segments) in (2, 3, 4) and segments[2:3] != ("describe",)


def _too_many(call: Call, message: str) -> Answer:
    """The limits answer as one entry without a reference id, as a production log shows [C]."""
    error = ApiError.bare(400, "LIMIT_EXCEEDED", message).told(call.org.settings.refusals)
    refused = Outcome(error.status, error.body(), {}, True)
    return Answer(200, {"compositeResponse": [refused.as_json(None)]})


def _halted(item: ErrorItem) -> Outcome:
    return Outcome(400, [item.as_error_code()], {}, True)


def _run(
    call: Call,
    subrequests: Sequence[Subrequest],
    all_or_none: bool,
    is_allowed: _Allowed,
) -> list[Outcome]:
    """The outcomes in the order of the subrequests; with allOrNone one failure halts and takes back all."""
    outcomes: dict[str, Outcome] = {}
    bodies: dict[str, Any] = {}
    try:
        with call.org.transaction():
            for one in subrequests:
                outcome = _run_one(call, one, bodies, all_or_none, is_allowed)
                outcomes[one.reference_id] = outcome
                if not outcome.failed:
                    bodies[one.reference_id] = outcome.body
                elif all_or_none:
                    raise _Halt
    except _Halt:
        failed = {name: outcome for name, outcome in outcomes.items() if outcome.failed}
        return [failed.get(one.reference_id) or _halted(ROLLED_BACK) for one in subrequests]
    return [outcomes[one.reference_id] for one in subrequests]


def _run_one(
    call: Call,
    one: Subrequest,
    bodies: Mapping[str, Any],
    all_or_none: bool,
    is_allowed: _Allowed,
) -> Outcome:
    call.context.record.subrequests.append((one.method, one.url))
    try:
        url = resolve(one.url, bodies)
        body = resolve(one.body, bodies)
    except BadReference as error:
        return _halted(ErrorItem("PROCESSING_HALTED", str(error), bare=True))
    try:
        version, segments, params = split_url(str(url))
        if not is_allowed(segments):
            raise not_found()
        inner = Call(
            context=call.context,
            method=one.method,
            version=version,
            segments=segments,
            params=params,
            headers=inherited_headers(call, one.headers),
            body=body,
            inner=True,
            all_or_none=all_or_none,
        )
        with call.org.transaction():
            answer = call.context.dispatch(inner)
    except ApiError as refused:
        told = refused.told(call.org.settings.refusals)
        return Outcome(told.status, told.body(), {}, True)
    failed = all_or_none and _is_failed_collection(segments, answer.body)
    return Outcome(400 if failed else answer.status, answer.body, answer.headers, failed)


def _is_failed_collection(segments: Sequence[str], body: object) -> bool:
    return (
        segments[:1] == ("composite",)
        and isinstance(body, list)
        and any(isinstance(item, dict) and item.get("success") is False for item in body)
    )


def inherited_headers(call: Call, own: Mapping[str, str]) -> Mapping[str, str]:
    """A subrequest's own headers; whether an outer Sforce-Auto-Assign reaches it is switchable [?]."""
    outer = call.headers.get("sforce-auto-assign")
    if outer is not None and call.org.settings.outer_auto_assign_honoured:
        return {"sforce-auto-assign": outer, **own}
    return own


def _as_heeded(call: Call, node: Subrequest) -> Subrequest:
    """The node with the headers that count for it: whose Sforce-Auto-Assign does is switchable [?]."""
    heeded = call.context.settings.graph_headers
    if heeded == "node":
        return node
    headers = {name: value for name, value in node.headers.items() if name != "sforce-auto-assign"}
    outer = call.headers.get("sforce-auto-assign")
    if heeded == "call" and outer is not None:
        headers["sforce-auto-assign"] = outer
    return replace(node, headers=headers)


def _read_graphs(call: Call) -> list[tuple[str, list[Subrequest]]]:
    entries = call.json_object().get("graphs")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise parser_error("'graphs' is a required field.")
    graphs: list[tuple[str, list[Subrequest]]] = []
    for entry in entries:
        graph_id = entry.get("graphId")
        if not isinstance(graph_id, str) or not graph_id:
            raise parser_error("'graphId' is a required field.")
        if any(graph_id == other for other, _ in graphs):
            raise parser_error(f"The graph id '{graph_id}' is not unique.")
        graphs.append((graph_id, _read_subrequests(entry)))
    nodes = [node for _, graph_nodes in graphs for node in graph_nodes]
    for count, most, what in (
        (len(graphs), MOST_GRAPHS, "graphs"),
        (len(nodes), MOST_NODES, "nodes"),
        (len({(node.method, _object_of(node.url)) for node in nodes}), MOST_KINDS, "different nodes"),
        (max((_depth(graph_nodes) for _, graph_nodes in graphs), default=0), MOST_DEPTH, "levels"),
    ):
        if count > most:
            raise ApiError.bare(400, "LIMIT_EXCEEDED", f"The request can’t contain more than {most} {what}.")
    return graphs


def _object_of(url: str) -> str:
    parts = url.partition("?")[0].split("/")
    return parts[5].lower() if len(parts) > 5 else ""


def _parents(node: Subrequest, known: Mapping[str, Subrequest]) -> set[str]:
    return (names_in(node.url) | names_in(node.body)) & known.keys()


def _depth(nodes: Sequence[Subrequest]) -> int:
    """The longest chain of references; raises 400 for a circle."""
    levels: dict[str, int] = {}
    known = {node.reference_id: node for node in nodes}
    for node in _in_order(nodes):
        levels[node.reference_id] = 1 + max((levels[name] for name in _parents(node, known)), default=0)
    return max(levels.values(), default=0)


def _in_order(nodes: Sequence[Subrequest]) -> list[Subrequest]:
    """The nodes so that each comes after those it refers to, otherwise as given."""
    known = {node.reference_id: node for node in nodes}
    waiting = {node.reference_id: _parents(node, known) for node in nodes}
    ordered: list[Subrequest] = []
    done: set[str] = set()
    while waiting:
        ready = next((name for name, parents in waiting.items() if parents <= done), None)
        if ready is None:
            raise ApiError.bare(400, "INVALID_INPUT", "The graph contains a circular reference.")
        del waiting[ready]
        done.add(ready)
        ordered.append(known[ready])
    return ordered


def _run_graph(call: Call, nodes: Sequence[Subrequest]) -> list[Outcome]:
    ordered = _in_order(nodes[::-1] if call.context.settings.graph_runs_backwards else nodes)
    outcomes = _run(call, [_as_heeded(call, node) for node in ordered], True, _is_allowed_in_graph)
    by_name = {node.reference_id: outcome for node, outcome in zip(ordered, outcomes, strict=True)}
    return [by_name[node.reference_id] for node in nodes]
