"""`/sobjects/…`: single rows by id or external id, and what was updated or deleted in a span of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sfsync.localorg.errors import ApiError
from sfsync.localorg.ids import canonical
from sfsync.localorg.rest_call import Answer, Call, not_found
from sfsync.localorg.schema import ObjectType


def sobjects(call: Call) -> Answer:
    """Everything below `/sobjects`."""
    match call.segments[1:]:
        case ():
            call.require("GET")
            return Answer(200, call.org.describe_global(call.session))
        case (name,):
            return _object(call, _object_type(call, name))
        case (name, "describe"):
            call.require("GET")
            return Answer(200, call.org.describe(call.session, _object_type(call, name).name))
        case (name, ("updated" | "deleted") as span):
            call.require("GET")
            return _span(call, _object_type(call, name), span)
        case (name, record_id):
            return _row(call, _object_type(call, name), record_id)
        case (name, external_field, value):
            return _external_row(call, _object_type(call, name), external_field, value)
    raise not_found()


def create(call: Call, object_name: str, values: Mapping[str, Any]) -> str:
    """The id of a new row; an injected row fault may strike it."""
    if call.context.row_fault is not None:
        call.context.row_fault("")
    return call.org.create(call.session, object_name, values, call.options())


def update(call: Call, object_name: str, record_id: str, values: Mapping[str, Any]) -> None:
    """Change a row; an injected row fault may strike it."""
    if call.context.row_fault is not None:
        call.context.row_fault(record_id)
    call.org.update(call.session, object_name, record_id, values, call.options())


def upsert(
    call: Call, object_name: str, external_field: str, value: str, values: Mapping[str, Any]
) -> tuple[str, bool]:
    """(id, created) of the row with this external id; an injected row fault may strike it."""
    if call.context.row_fault is not None:
        call.context.row_fault("")
    return call.org.upsert(call.session, object_name, external_field, value, values, call.options())


def delete(call: Call, object_name: str, record_id: str) -> None:
    """Put a row into the recycle bin; an injected row fault may strike it."""
    if call.context.row_fault is not None:
        call.context.row_fault(record_id)
    call.org.delete(call.session, object_name, record_id)


def fields_asked(call: Call) -> list[str] | None:
    """The `fields` parameter as a list; None when all fields are meant."""
    text = call.params.get("fields")
    if text is None:
        return None
    return [name.strip() for name in text.split(",") if name.strip()]


def _object_type(call: Call, name: str) -> ObjectType:
    found = call.org.schema.object(name)
    if found is None:
        raise not_found()
    return found


def _object(call: Call, object_type: ObjectType) -> Answer:
    call.require("GET", "POST")
    if call.method == "GET":
        listed = call.org.describe_global(call.session)["sobjects"]
        about = next((item for item in listed if item["name"] == object_type.name), None)
        if about is None:
            raise not_found()
        return Answer(200, {"objectDescribe": about, "recentItems": []})
    record_id = create(call, object_type.name, call.json_object())
    location = f"{call.base}/sobjects/{object_type.name}/{record_id}"
    return Answer(201, {"id": record_id, "success": True, "errors": []}, {"Location": location})


def _row(call: Call, object_type: ObjectType, record_id: str) -> Answer:
    call.require("GET", "PATCH", "DELETE")
    if canonical(record_id) is None:
        # What has not the form of an id is taken for the name of an external id [C].
        message = f"Provided external ID field does not exist or is not accessible: {record_id}"
        raise ApiError.bare(404, "NOT_FOUND", message)
    _check_preconditions(call, object_type.name, record_id)
    if call.method == "GET":
        return Answer(200, call.org.read(call.session, object_type.name, record_id, fields_asked(call)))
    if call.method == "PATCH":
        update(call, object_type.name, record_id, call.json_object())
    else:
        delete(call, object_type.name, record_id)
    return Answer(204)


def _external_row(call: Call, object_type: ObjectType, external_field: str, value: str) -> Answer:
    call.require("GET", "PATCH", "DELETE")
    if external_field.lower() == "id":
        if call.method == "PATCH":
            update(call, object_type.name, value, call.json_object())
            return Answer(204)
        return _row(call, object_type, value)
    if call.method == "PATCH":
        body = call.json_object()
        record_id, created = upsert(call, object_type.name, external_field, value, body)
        result = {"id": record_id, "success": True, "errors": [], "created": created}
        if created:
            return Answer(201, result, {"Location": f"{call.base}/sobjects/{object_type.name}/{record_id}"})
        status = call.org.settings.upsert_found_status
        return Answer(status, None if status == 204 else result)
    fields = ["Id"] if call.method == "DELETE" else fields_asked(call)
    row = call.org.read_by_external_id(call.session, object_type.name, external_field, value, fields)
    if call.method == "DELETE":
        delete(call, object_type.name, row["Id"])
        return Answer(204)
    return Answer(200, row)


def _check_preconditions(call: Call, object_name: str, record_id: str) -> None:
    """If-(Un)modified-Since compare with LastModifiedDate in whole seconds: no compare-and-swap [D]."""
    unmodified = _http_date(call.headers.get("if-unmodified-since"))
    modified = _http_date(call.headers.get("if-modified-since")) if call.method == "GET" else None
    if unmodified is None and modified is None:
        return
    full_id = canonical(record_id)
    row = call.org.database.table(object_name).get(full_id) if full_id else None
    if row is None:
        return
    changed = row["LastModifiedDate"]
    if unmodified is not None and isinstance(changed, int) and changed > unmodified.timestamp():
        raise ApiError.bare(412, "PRECONDITION_FAILED", "The record was modified after the given time")
    if modified is not None and isinstance(changed, int) and changed <= modified.timestamp():
        raise ApiError(304, (), [])


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None


def _span(call: Call, object_type: ObjectType, which: str) -> Answer:
    start, end = (_moment(call, name) for name in ("start", "end"))
    if start >= end:
        raise ApiError.bare(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
    work = call.org.updated if which == "updated" else call.org.deleted
    return Answer(200, work(call.session, object_type.name, start, end))


def _moment(call: Call, name: str) -> int:
    text = call.params.get(name)
    if text is None:
        raise ApiError.bare(400, "MISSING_ARGUMENT", f"The {name} argument is required")
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise ApiError.bare(400, "INVALID_ARGUMENT_TYPE", f"{name}: {text} is not a valid date") from None
    if moment.tzinfo is None:
        raise ApiError.bare(400, "INVALID_ARGUMENT_TYPE", f"{name}: {text} has no time zone")
    return int(moment.timestamp())
