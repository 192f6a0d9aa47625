"""`/composite/batch`: serial, independent subrequests; each one counts against the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfsync.localorg.errors import ApiError
from sfsync.localorg.rest_call import DATA_PREFIX, Answer, Call, boolean, not_found, parser_error, split_url
from sfsync.localorg.rest_composite import MOST_SUBREQUESTS, inherited_headers

HALTED = {
    "errorCode": "BATCH_PROCESSING_HALTED",
    "message": "The batch request was halted since an earlier subrequest failed.",
}


def batch(call: Call) -> Answer:
    """POST `/composite/batch`."""
    call.require("POST")
    body = call.json_object()
    entries = read_entries(body)
    halt_on_error = boolean(body, "haltOnError")
    if len(entries) > MOST_SUBREQUESTS:
        raise ApiError.bare(
            400, "LIMIT_EXCEEDED", f"The request can’t contain more than {MOST_SUBREQUESTS} operations."
        )
    results: list[dict[str, Any]] = []
    has_errors = False
    for entry in entries:
        if has_errors and halt_on_error:
            results.append({"statusCode": 412, "result": [HALTED]})
            continue
        status, result = _run_one(call, entry)
        has_errors = has_errors or status >= 400
        results.append({"statusCode": status, "result": result})
    return Answer(200, {"hasErrors": has_errors, "results": results})


def read_entries(body: object) -> list[Mapping[str, Any]]:
    """The subrequests of a batch body; raises 400 JSON_PARSER_ERROR when they cannot be read."""
    entries = body.get("batchRequests") if isinstance(body, Mapping) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise parser_error("'batchRequests' is a required field.")
    for entry in entries:
        for name in ("method", "url"):
            if not isinstance(entry.get(name), str) or not entry[name]:
                raise parser_error(f"'{name}' is a required field.")
    return entries


def _run_one(call: Call, entry: Mapping[str, Any]) -> tuple[int, Any]:
    url = entry["url"].lstrip("/")
    if not url.startswith(DATA_PREFIX[1:]):
        url = DATA_PREFIX[1:] + url
    call.context.record.subrequests.append((entry["method"].upper(), "/" + url))
    try:
        version, segments, params = split_url("/" + url)
        if segments[:1] == ("composite",) and segments[:2] != ("composite", "sobjects"):
            raise not_found()
        inner = Call(
            context=call.context,
            method=entry["method"].upper(),
            version=version,
            segments=segments,
            params=params,
            headers=inherited_headers(call, {}),
            body=entry.get("richInput"),
            inner=True,
        )
        with call.org.transaction():
            answer = call.context.dispatch(inner)
    except ApiError as refusal:
        error = refusal.told(call.org.settings.refusals)
        return error.status, error.body()
    return answer.status, answer.body
