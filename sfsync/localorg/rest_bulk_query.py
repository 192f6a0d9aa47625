"""`/jobs/query`: a query's whole result as CSV, in parts."""

from __future__ import annotations

from typing import Any

from sfsync.localorg.rest_bulk import CSV, Job, change_state, invalid
from sfsync.localorg.rest_call import Answer, Call, not_found, whole_number
from sfsync.localorg.schema import ObjectType
from sfsync.localorg.soql import parse
from sfsync.localorg.soql.syntax import FieldPath, Query, Selected

LARGEST_PART = 250_000


def query_jobs(call: Call) -> Answer:
    """Everything below `/jobs/query`."""
    jobs = call.context.jobs
    match call.segments[2:]:
        case ():
            call.require("GET", "POST")
            if call.method == "POST":
                return Answer(200, _create(call).as_json(whole=False))
            return Answer(
                200,
                {
                    "done": True,
                    "nextRecordsUrl": None,
                    "records": [job.as_json(whole=False) for job in jobs.all("query")],
                },
            )
        case (job_id,):
            call.require("GET", "PATCH", "DELETE")
            job = jobs.get("query", job_id)
            if call.method == "DELETE":
                jobs.remove(job)
                return Answer(204)
            if call.method == "PATCH":
                change_state(job, call.json_object().get("state"), ("Aborted",))
            elif job.state == "UploadComplete":
                job.state = "JobComplete"
            return Answer(200, job.as_json())
        case (job_id, "results"):
            call.require("GET")
            return _results(call, jobs.get("query", job_id))
    raise not_found()


def _create(call: Call) -> Job:
    body = call.json_object()
    operation, statement = body.get("operation"), body.get("query")
    if operation not in ("query", "queryAll") or not isinstance(statement, str):
        raise invalid("operation must be query or queryAll, and a query is needed")
    call.context.record.soql.append(statement)
    parsed = parse(statement)
    result = call.org.query(call.session, statement, all_rows=operation == "queryAll")
    source = call.org.schema.object(parsed.source)
    if source is None:
        raise invalid(f"Unknown object {parsed.source}")
    columns = [_column(call, source, parsed, item) for item in parsed.items]
    job = call.context.jobs.new(call, "query", body, source.name, "UploadComplete")
    job.columns, job.records = columns, result.records
    return job


def _column(call: Call, source: ObjectType, parsed: Query, item: Selected | Query) -> tuple[list[str], str]:
    """The path of a selected field in canonical names, and the field's type."""
    if not isinstance(item, Selected) or not isinstance(item.operand, FieldPath) or item.alias:
        raise invalid("Bulk queries select fields only: no functions, aggregates or child queries")
    names = list(item.operand.names)
    if len(names) > 1 and names[0].lower() in ((parsed.alias or "").lower(), parsed.source.lower()):
        del names[0]
    at, path = source, []
    for name in names[:-1]:
        parent = at.parent(name)
        if parent is None or parent.relationship_name is None:
            raise invalid(f"Unknown relationship {name}")
        path.append(parent.relationship_name)
        targets = parent.reference_to
        target = call.org.schema.object("User" if "User" in targets else targets[0])
        if target is None:
            raise invalid(f"Unknown relationship {name}")
        at = target
    described = at.field(names[-1])
    if described is None:
        raise invalid(f"Unknown field {names[-1]}")
    return [*path, described.name], described.type


def _follow(record: Any, path: list[str]) -> Any:
    for name in path:
        if record is None:
            return None
        record = record.get(name)
    return record


def _text(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == "datetime":
        return str(value).replace("+0000", "Z")
    return str(value)


def _results(call: Call, job: Job) -> Answer:
    if job.state not in ("JobComplete", "UploadComplete"):
        raise invalid(f"The job is {job.state}")
    job.state = "JobComplete"
    size = _number(call.params.get("maxRecords"), LARGEST_PART)
    start = _number(call.params.get("locator"), 0)
    end = start + size
    part = [
        [_text(_follow(record, path), kind) for path, kind in job.columns]
        for record in job.records[start:end]
    ]
    headers = {
        "Content-Type": CSV,
        "Sforce-NumberOfRecords": str(len(part)),
        "Sforce-Locator": str(end) if end < len(job.records) else "null",
    }
    return Answer(200, job.csv([".".join(path) for path, _ in job.columns], part), headers)


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    number = whole_number(text)
    if number is None:
        raise invalid(f"'{text}' is no number or locator")
    return number
