"""`/composite/sobjects`: up to 200 rows a call, results in input order, 2,000 rows on retrieval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sfsync.localorg import rest_rows
from sfsync.localorg.errors import ApiError, ErrorItem
from sfsync.localorg.ids import canonical
from sfsync.localorg.rest_call import Answer, Call, boolean, not_found, parser_error
from sfsync.localorg.schema import ObjectType

MOST_ROWS = 200
MOST_RETRIEVED = 2000
ROLLED_BACK = ErrorItem(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)

Work = Callable[[], dict[str, Any]]
"""Does one row and returns its result; raises ApiError."""


class _RollBack(Exception):
    """Raised to take back a collection of which a row has failed."""


def collections(call: Call) -> Answer:
    """Everything below `/composite/sobjects`."""
    match call.segments[2:]:
        case ():
            call.require("POST", "PATCH", "DELETE")
            if call.method == "DELETE":
                return _delete(call)
            return _write(call)
        case (name,):
            call.require("GET", "POST")
            return _retrieve(call, _object_type(call, name))
        case (name, external_field):
            call.require("PATCH")
            return _upsert(call, _object_type(call, name), external_field)
    raise not_found()


def _object_type(call: Call, name: str) -> ObjectType:
    found = call.org.schema.object(name)
    if found is None:
        raise not_found()
    return found


def _records(call: Call) -> tuple[list[dict[str, Any]], bool]:
    body = call.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise parser_error("'records' is a required field.")
    _check_count(len(records))
    return records, call.all_or_none or boolean(body, "allOrNone")


def _check_count(count: int) -> None:
    if count > MOST_ROWS:
        raise ApiError.bare(
            400,
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {MOST_ROWS} records into this call",
        )


def _run(call: Call, works: Sequence[Work], all_or_none: bool) -> Answer:
    """Do each row by itself; with allOrNone one failure takes all back, and its siblings say so."""
    results: list[dict[str, Any] | ApiError] = []

    def run_all() -> None:
        for work in works:
            try:
                with call.org.transaction():
                    results.append(work())
            except ApiError as error:
                results.append(error.told(call.org.settings.refusals))
        if all_or_none and any(isinstance(result, ApiError) for result in results):
            raise _RollBack

    rolled_back = False
    try:
        with call.org.transaction():
            run_all()
    except _RollBack:
        rolled_back = True
    shown: list[dict[str, Any]] = []
    for result in results:
        if isinstance(result, ApiError):
            shown.append({"success": False, "errors": result.items_as_status_codes()})
        elif rolled_back:
            shown.append({"success": False, "errors": [ROLLED_BACK.as_status_code()]})
        else:
            shown.append(result)
    return Answer(200, shown)


def _type_of(call: Call, record: Mapping[str, Any]) -> str:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, Mapping) else None
    if not isinstance(name, str):
        raise ApiError.of(400, "INVALID_INPUT", "Include a type in the attributes of each record.")
    found = call.org.schema.object(name)
    if found is None:
        raise ApiError.of(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return found.name


def _values(record: Mapping[str, Any], *left_out: str) -> dict[str, Any]:
    skipped = {"attributes", *(name.lower() for name in left_out)}
    return {name: value for name, value in record.items() if name.lower() not in skipped}


def _write(call: Call) -> Answer:
    records, all_or_none = _records(call)

    def insert(record: dict[str, Any]) -> dict[str, Any]:
        record_id = rest_rows.create(call, _type_of(call, record), _values(record))
        return {"id": record_id, "success": True, "errors": []}

    def update(record: dict[str, Any]) -> dict[str, Any]:
        name = _type_of(call, record)
        given = next((value for key, value in record.items() if key.lower() == "id"), None)
        if not isinstance(given, str) or not given:
            raise ApiError.of(400, "MISSING_ARGUMENT", "Id not specified in an update call")
        rest_rows.update(call, name, given, _values(record, "id"))
        return {"id": canonical(given) or given, "success": True, "errors": []}

    work = insert if call.method == "POST" else update
    return _run(call, [partial(work, record) for record in records], all_or_none)


def _upsert(call: Call, object_type: ObjectType, external_field: str) -> Answer:
    records, all_or_none = _records(call)
    described = object_type.field(external_field)
    if described is None or not (described.external_id or described.id_lookup or described.type == "id"):
        raise ApiError.bare(
            404,
            "NOT_FOUND",
            f"Provided external ID field does not exist or is not accessible: {external_field}",
        )
    keys = [
        next((value for name, value in record.items() if name.lower() == external_field.lower()), None)
        for record in records
    ]
    repeated = {key for key, times in Counter(map(str, keys)).items() if times > 1}

    def upsert(record: dict[str, Any], key: object) -> dict[str, Any]:
        name = _type_of(call, record)
        if name != object_type.name:
            raise ApiError.of(400, "INVALID_TYPE", f"all records must be of type {object_type.name}")
        if key is None or key == "":
            if described.type == "id":
                record_id = rest_rows.create(call, name, _values(record, external_field))
                return {"id": record_id, "success": True, "errors": [], "created": True}
            raise ApiError.of(400, "MISSING_ARGUMENT", f"{described.name} not specified")
        if str(key) in repeated:
            raise ApiError.of(400, "DUPLICATE_VALUE", f"Duplicate external id specified: {key}")
        if described.type == "id":
            rest_rows.update(call, name, str(key), _values(record, external_field))
            return {"id": canonical(str(key)), "success": True, "errors": [], "created": False}
        record_id, created = rest_rows.upsert(
            call, name, described.name, str(key), _values(record, external_field)
        )
        return {"id": record_id, "success": True, "errors": [], "created": created}

    works = [partial(upsert, record, key) for record, key in zip(records, keys, strict=True)]
    return _run(call, works, all_or_none)


def _delete(call: Call) -> Answer:
    ids = [part.strip() for part in call.params.get("ids", "").split(",") if part.strip()]
    if not ids:
        raise ApiError.bare(400, "MISSING_ARGUMENT", "The ids argument is required")
    _check_count(len(ids))

    def delete(given: str) -> dict[str, Any]:
        full = canonical(given)
        object_type = call.org.schema.of_id(full) if full else None
        if object_type is None:
            raise ApiError.of(400, "MALFORMED_ID", f"malformed id {given}")
        rest_rows.delete(call, object_type.name, given)
        return {"id": full, "success": True, "errors": []}

    return _run(call, [partial(delete, given) for given in ids], call.all_or_none or call.flag("allOrNone"))


def _retrieve(call: Call, object_type: ObjectType) -> Answer:
    if call.method == "GET":
        ids: Any = [part for part in call.params.get("ids", "").split(",") if part]
        fields: Any = rest_rows.fields_asked(call)
        most = MOST_ROWS * 4
    else:
        body = call.json_object()
        ids, fields = body.get("ids"), body.get("fields")
        most = MOST_RETRIEVED
    for label, given in (("ids", ids), ("fields", fields)):
        if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
            raise parser_error(f"'{label}' is a required field.")
    if len(ids) > most:
        raise ApiError.bare(
            400,
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {most} records into this call",
        )
    return Answer(200, [_read_or_none(call, object_type, one, fields) for one in ids])


def _read_or_none(
    call: Call, object_type: ObjectType, record_id: str, fields: list[str]
) -> dict[str, Any] | None:
    try:
        return call.org.read(call.session, object_type.name, record_id, fields)
    except ApiError as error:
        if error.code in ("NOT_FOUND", "ENTITY_IS_DELETED", "MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY"):
            return None
        raise
