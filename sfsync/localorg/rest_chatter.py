"""`/chatter`: posts with mentions, posts in batches, the feed of a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfsync.localorg.errors import ApiError
from sfsync.localorg.ids import canonical
from sfsync.localorg.rest_call import Answer, Call, not_found, parser_error, whole_number

MOST_BATCHED = 500
PAGE = 25
LARGEST_PAGE = 100


def chatter(call: Call) -> Answer:
    """Everything below `/chatter`."""
    match call.segments[1:]:
        case ("feed-elements",):
            call.require("POST")
            return Answer(201, _post(call, call.body if call.body is not None else _from_params(call)))
        case ("feed-elements", "batch"):
            call.require("POST")
            return _post_batch(call)
        case ("feed-elements", post_id):
            call.require("GET", "DELETE")
            return _single(call, post_id)
        case ("feeds", "record", record_id, "feed-elements"):
            call.require("GET")
            return _feed(call, record_id)
    raise not_found()


def _from_params(call: Call) -> dict[str, Any]:
    """A post may come as query parameters alone [D]."""
    return {
        "feedElementType": call.params.get("feedElementType"),
        "subjectId": call.params.get("subjectId"),
        "body": {"messageSegments": [{"type": "Text", "text": call.params.get("text", "")}]},
    }


def _post(call: Call, body: Any) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        raise parser_error("Unexpected JSON value: an object was expected at [line:1, column:1]")
    unknown = set(body) - {"feedElementType", "subjectId", "body", "visibility"}
    if unknown:
        raise parser_error(f"Unrecognized field '{min(unknown)}'")
    if body.get("feedElementType") != "FeedItem":
        raise _missing("feedElementType")
    subject_id = body.get("subjectId")
    if not isinstance(subject_id, str) or not subject_id:
        raise _missing("subjectId")
    content = body.get("body")
    segments = content.get("messageSegments") if isinstance(content, Mapping) else None
    if not isinstance(segments, list) or not all(isinstance(one, Mapping) for one in segments):
        raise _missing("body.messageSegments")
    return call.org.post(call.session, subject_id, segments)


def _missing(name: str) -> ApiError:
    return ApiError.bare(400, "MISSING_ARGUMENT", f"The {name} argument is required")


def _post_batch(call: Call) -> Answer:
    inputs = call.json_object().get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise _missing("inputs")
    if len(inputs) > MOST_BATCHED:
        raise ApiError.bare(400, "LIMIT_EXCEEDED", f"A batch can have at most {MOST_BATCHED} feed elements.")
    results: list[dict[str, Any]] = []
    for one in inputs:
        try:
            with call.org.transaction():
                made = _post(call, one.get("richInput") if isinstance(one, Mapping) else None)
            results.append({"statusCode": 201, "result": made})
        except ApiError as refusal:
            error = refusal.told(call.org.settings.refusals)
            results.append({"statusCode": error.status, "result": error.body()})
    return Answer(201, {"hasErrors": any(one["statusCode"] >= 400 for one in results), "results": results})


def _single(call: Call, post_id: str) -> Answer:
    """One post by its id."""
    identifier = canonical(post_id)
    if identifier is None:
        raise not_found()
    row = call.org.read(call.session, "FeedItem", identifier, ["ParentId"])
    found = [one for one in call.org.feed(call.session, str(row["ParentId"])) if one["id"] == identifier]
    if not found:
        raise not_found()
    if call.method == "DELETE":
        call.org.delete(call.session, "FeedItem", identifier)
        return Answer(204)
    return Answer(200, found[0])


def _feed(call: Call, record_id: str) -> Answer:
    elements = call.org.feed(call.session, record_id)
    size, start = (_number(call, "pageSize", PAGE), _number(call, "page", 0))
    if not 1 <= size <= LARGEST_PAGE:
        raise ApiError.bare(
            400, "ILLEGAL_QUERY_PARAMETER_VALUE", f"pageSize must be between 1 and {LARGEST_PAGE}"
        )
    url = f"{call.base}/chatter/feeds/record/{record_id}/feed-elements"
    end = start + size
    more = end < len(elements)
    next_token = str(end) if more else None
    return Answer(
        200,
        {
            "currentPageToken": str(start) if start else None,
            "currentPageUrl": f"{url}?pageSize={size}" + (f"&page={start}" if start else ""),
            "elements": elements[start:end],
            "isModifiedToken": None,
            "isModifiedUrl": None,
            "nextPageToken": next_token,
            "nextPageUrl": f"{url}?pageSize={size}&page={end}" if more else None,
            "updatesToken": None,
            "updatesUrl": None,
        },
    )


def _number(call: Call, name: str, default: int) -> int:
    text = call.params.get(name)
    if text is None:
        return default
    number = whole_number(text)
    if number is None:
        raise ApiError.bare(400, "ILLEGAL_QUERY_PARAMETER_VALUE", f"{name} must be a number")
    return number
