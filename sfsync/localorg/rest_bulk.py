"""`/jobs`: Bulk API 2.0. A job is done when it is asked about; its states are Salesforce's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sfsync.localorg.errors import ApiError
from sfsync.localorg.ids import IdSequence
from sfsync.localorg.rest_call import Call, not_found
from sfsync.localorg.soql import datetime_text

CSV = "text/csv;charset=UTF-8"
DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}

Kind = Literal["query", "ingest"]


@dataclass(slots=True)
class Job:
    """One Bulk API 2.0 job.

    Attributes:
        kind: which of the two resources it belongs to.
        operation: query, queryAll, insert, update, upsert or delete.
        state: Open, UploadComplete, JobComplete, Failed or Aborted.
        columns: of a query, each as its path in canonical names and its field's type.
        records: a query's result, rendered when a part of it is fetched.
        upload: the CSV of an ingest job.
        successes, failures: result rows of an ingest job, `sf__` columns first.
        header: the columns of the upload.
    """

    id: str
    kind: Kind
    operation: str
    object_name: str
    created_by: str
    created_at: str
    version: str
    delimiter: str
    line_ending: str
    state: str
    external_field: str | None = None
    assignment_rule: str | None = None
    error: str | None = None
    columns: list[tuple[list[str], str]] = field(default_factory=list)
    records: Sequence[dict[str, Any]] = ()
    upload: bytes = b""
    header: list[str] = field(default_factory=list)
    successes: list[list[str]] = field(default_factory=list)
    failures: list[list[str]] = field(default_factory=list)

    def as_json(self, whole: bool = True) -> dict[str, Any]:
        """The job's information; `whole` adds what only a finished job's GET shows."""
        shown: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object_name,
            "createdById": self.created_by,
            "createdDate": self.created_at,
            "systemModstamp": self.created_at,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }
        if self.kind == "ingest":
            shown["contentUrl"] = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
            if self.external_field is not None:
                shown["externalIdFieldName"] = self.external_field
        if self.error is not None:
            shown["errorMessage"] = self.error
        if whole:
            done = len(self.records) if self.kind == "query" else len(self.successes) + len(self.failures)
            shown |= {
                "jobType": "V2Query" if self.kind == "query" else "V2Ingest",
                "numberRecordsProcessed": done,
                "retries": 0,
                "totalProcessingTime": 0,
            }
            if self.kind == "ingest":
                shown |= {
                    "numberRecordsFailed": len(self.failures),
                    "apiActiveProcessingTime": 0,
                    "apexProcessingTime": 0,
                }
        return shown

    def csv(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
        """Rows as the job's CSV: every field in quotes."""
        text = io.StringIO()
        writer = csv.writer(
            text,
            delimiter=DELIMITERS[self.delimiter],
            lineterminator=LINE_ENDINGS[self.line_ending],
            quoting=csv.QUOTE_ALL,
        )
        writer.writerow(header)
        writer.writerows(rows)
        return text.getvalue().encode()


class Jobs:
    """The org's Bulk API 2.0 jobs."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._ids = IdSequence("750", "000")

    def new(self, call: Call, kind: Kind, body: dict[str, Any], object_name: str, state: str) -> Job:
        """A new job of what its body says; raises 400 INVALIDJOB."""
        delimiter = str(body.get("columnDelimiter", "COMMA"))
        line_ending = str(body.get("lineEnding", "LF"))
        if (
            delimiter not in DELIMITERS
            or line_ending not in LINE_ENDINGS
            or body.get("contentType", "CSV") != "CSV"
        ):
            raise invalid("Unsupported contentType, columnDelimiter or lineEnding")
        job = Job(
            id=self._ids.next(),
            kind=kind,
            operation=str(body["operation"]),
            object_name=object_name,
            created_by=call.session.user_id,
            created_at=datetime_text(call.org.clock.now()),
            version=call.version,
            delimiter=delimiter,
            line_ending=line_ending,
            state=state,
            external_field=body.get("externalIdFieldName"),
            assignment_rule=body.get("assignmentRuleId"),
        )
        self._jobs[job.id] = job
        return job

    def get(self, kind: Kind, job_id: str) -> Job:
        """The job; raises 404 NOT_FOUND."""
        job = self._jobs.get(job_id) or self._jobs.get(job_id[:15])
        if job is None or job.kind != kind:
            raise not_found()
        return job

    def remove(self, job: Job) -> None:
        """Forget a job."""
        del self._jobs[job.id]

    def all(self, kind: Kind) -> list[Job]:
        """All jobs of a kind, oldest first."""
        return [job for job in self._jobs.values() if job.kind == kind]


def invalid(message: str) -> ApiError:
    """400 INVALIDJOB: a job that cannot be, or a step that does not fit its state."""
    return ApiError.bare(400, "INVALIDJOB", message)


def change_state(job: Job, wanted: object, allowed: Sequence[str]) -> None:
    """Take the state that a PATCH asks for; raises 400 INVALIDJOBSTATE when it does not follow."""
    if wanted not in allowed:
        raise ApiError.bare(400, "INVALIDJOBSTATE", f"Job state {job.state} can't become {wanted}")
    job.state = str(wanted)
