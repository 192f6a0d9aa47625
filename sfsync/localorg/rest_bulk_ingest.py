"""`/jobs/ingest`: rows as CSV, each written by itself, with its own result."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from sfsync.localorg.dml import WriteOptions
from sfsync.localorg.errors import ApiError
from sfsync.localorg.ids import canonical
from sfsync.localorg.rest_bulk import CSV, DELIMITERS, Job, change_state, invalid
from sfsync.localorg.rest_call import Answer, Call, not_found
from sfsync.localorg.schema import Field, ObjectType

OPERATIONS = ("insert", "update", "upsert", "delete")
RESULTS = ("successfulresults", "failedresults", "unprocessedrecords")
"""In lower case: the guide writes `unprocessedrecords`, clients in use `unprocessedRecords`."""
NULL = "#N/A"


def ingest_jobs(call: Call) -> Answer:
    """Everything below `/jobs/ingest`."""
    jobs = call.context.jobs
    match call.segments[2:]:
        case ():
            call.require("GET", "POST")
            if call.method == "POST":
                return Answer(200, _create(call).as_json(whole=False))
            listed = [job.as_json(whole=False) for job in jobs.all("ingest")]
            return Answer(200, {"done": True, "nextRecordsUrl": None, "records": listed})
        case (job_id,):
            return _job(call, jobs.get("ingest", job_id))
        case (job_id, "batches"):
            call.require("PUT")
            job = jobs.get("ingest", job_id)
            if job.state != "Open" or job.upload:
                raise ApiError.bare(400, "INVALIDJOBSTATE", "The job takes no more data")
            job.upload = call.raw
            return Answer(201)
        case (job_id, which) if which.lower() in RESULTS:
            call.require("GET")
            return _results(jobs.get("ingest", job_id), which.lower())
    raise not_found()


def _create(call: Call) -> Job:
    body = call.json_object()
    if body.get("operation") not in OPERATIONS:
        raise invalid(f"operation must be one of {', '.join(OPERATIONS)}")
    object_type = call.org.schema.object(str(body.get("object")))
    if object_type is None:
        raise invalid(f"Unknown object {body.get('object')}")
    if body["operation"] == "upsert" and not isinstance(body.get("externalIdFieldName"), str):
        raise invalid("externalIdFieldName is required for upsert")
    return call.context.jobs.new(call, "ingest", body, object_type.name, "Open")


def _job(call: Call, job: Job) -> Answer:
    call.require("GET", "PATCH", "DELETE")
    if call.method == "DELETE":
        call.context.jobs.remove(job)
        return Answer(204)
    if call.method == "PATCH":
        change_state(
            job, call.json_object().get("state"), ("UploadComplete", "Aborted") if job.state == "Open" else ()
        )
        return Answer(200, job.as_json(whole=False))
    if job.state == "UploadComplete":
        _process(call, job)
    return Answer(200, job.as_json())


def _process(call: Call, job: Job) -> None:
    """Write the uploaded rows, each in its own transaction; a header that fits nothing fails the job."""
    object_type = call.org.schema.objects[job.object_name]
    text = io.StringIO(job.upload.decode("utf-8-sig", "replace"), newline="")
    reader = csv.reader(text, delimiter=DELIMITERS[job.delimiter])
    job.header = next(reader, [])
    fields = [object_type.field(name) for name in job.header]
    unknown = [name for name, described in zip(job.header, fields, strict=True) if described is None]
    if unknown or not job.header:
        job.state = "Failed"
        job.error = f"InvalidBatch : Field name not found : {', '.join(unknown)}"
        return
    described = [one for one in fields if one is not None]
    for cells in reader:
        try:
            with call.org.transaction():
                record_id, created = _write(call, job, object_type, _values(described, cells))
        except ApiError as error:
            item = error.told(call.org.settings.refusals).items[0]
            shown = f"{item.error_code}:{item.message}:{','.join(item.fields) or '--'}"
            job.failures.append(["", shown, *cells])
        else:
            job.successes.append([record_id, "true" if created else "false", *cells])
    job.state = "JobComplete"


def _values(fields: list[Field], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(fields):
        raise ApiError.of(400, "INVALIDBATCH", "The number of columns does not fit the header")
    return {
        described.name: _value(described, cell)
        for described, cell in zip(fields, cells, strict=True)
        if cell != ""
    }


def _value(described: Field, cell: str) -> Any:
    """The JSON value that a cell stands for: text in CSV has no type of its own."""
    if cell == NULL:
        return None
    if described.type == "boolean":
        return cell.strip().lower() in ("true", "1")
    if described.type in ("int", "double", "currency", "percent"):
        convert: Callable[[str], int | float] = int if described.type == "int" else float
        try:
            return convert(cell)
        except ValueError:
            return cell
    return cell


def _write(call: Call, job: Job, object_type: ObjectType, values: dict[str, Any]) -> tuple[str, bool]:
    """(id, created) of one row. Without an assignmentRuleId no assignment rule runs."""
    org, session, name = call.org, call.session, object_type.name
    if call.context.row_fault is not None:
        call.context.row_fault(str(values.get("Id", "")))
    options = WriteOptions(auto_assign=job.assignment_rule is not None)
    if job.operation == "insert":
        return org.create(session, name, values, options), True
    if job.operation == "upsert" and str(job.external_field).lower() != "id":
        described = object_type.field(str(job.external_field))
        key = values.pop(described.name, None) if described is not None else None
        if key is None:
            raise ApiError.of(400, "MISSING_ARGUMENT", f"{job.external_field} not specified")
        return org.upsert(session, name, str(job.external_field), str(key), values, options)
    record_id = values.pop("Id", None)
    if record_id is None:
        if job.operation == "upsert":
            return org.create(session, name, values, options), True
        raise ApiError.of(400, "MISSING_ARGUMENT", "Id not specified")
    if job.operation == "delete":
        org.delete(session, name, str(record_id))
    else:
        org.update(session, name, str(record_id), values, options)
    return canonical(str(record_id)) or str(record_id), False


def _results(job: Job, which: str) -> Answer:
    headers = {"Content-Type": CSV}
    if which == "successfulresults":
        return Answer(200, job.csv(["sf__Id", "sf__Created", *job.header], job.successes), headers)
    if which == "failedresults":
        return Answer(200, job.csv(["sf__Id", "sf__Error", *job.header], job.failures), headers)
    return Answer(200, job.csv(job.header, []), headers)
