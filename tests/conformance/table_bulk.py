"""Bulk API 2.0."""

from __future__ import annotations

from tests.conformance.cases import (
    ANYTHING,
    NUMBER,
    Case,
    Check,
    Step,
    an_id,
    error,
    get,
    like,
    new_lead,
    patch,
    post,
    soql,
    with_keys,
)
from tests.conformance.table_composite import RULE

GUIDE = "Bulk API 2.0 developer guide"
CSV_HEADERS = {"Content-Type": "text/csv"}


def _ingest(operation: str, rows: str, **more: str) -> tuple[Step, ...]:
    return (
        post("/jobs/ingest", {"object": "Lead", "operation": operation, **more}, keep={"job": "id"}),
        Step("PUT", "/jobs/ingest/{job}/batches", rows, CSV_HEADERS),
        patch("/jobs/ingest/{job}", {"state": "UploadComplete"}),
        get("/jobs/ingest/{job}"),
    )


BULK = (
    Case(
        "a query job is made, finishes, and gives its rows as CSV in parts",
        GUIDE,
        "D",
        (
            Check(
                post(
                    "/jobs/query",
                    {
                        "operation": "query",
                        "query": "SELECT Id, LastName, Owner.Name, IsConverted, Title, CreatedDate FROM Lead",
                    },
                    keep={"job": "id"},
                ),
                200,
                {
                    "id": an_id("750"),
                    "operation": "query",
                    "object": "Lead",
                    "createdById": "{worker}",
                    "createdDate": "2026-11-02T09:00:00.000+0000",
                    "systemModstamp": "2026-11-02T09:00:00.000+0000",
                    "state": "UploadComplete",
                    "concurrencyMode": "Parallel",
                    "contentType": "CSV",
                    "apiVersion": 68.0,
                    "lineEnding": "LF",
                    "columnDelimiter": "COMMA",
                },
            ),
            Check(
                get("/jobs/query/{job}"),
                200,
                with_keys(state="JobComplete", jobType="V2Query", numberRecordsProcessed=2, retries=NUMBER),
            ),
            Check(
                get("/jobs/query/{job}/results?maxRecords=1"),
                200,
                like(
                    '"Id","LastName","Owner.Name","IsConverted","Title","CreatedDate"\n'
                    '"00Q.{15}","Case","[^"]+","false","","2026-11-02T09:00:00.000Z"\n'
                ),
                {"Sforce-Locator": "1", "Sforce-NumberOfRecords": "1", "Content-Type": like("text/csv.*")},
            ),
            Check(
                get("/jobs/query/{job}/results?maxRecords=1&locator=1"),
                200,
                like('"Id".*\n"00Q.{15}","Other".*\n'),
                {"Sforce-Locator": "null"},
            ),
            Check(Step("DELETE", "/jobs/query/{job}"), 204),
            Check(get("/jobs/query/{job}"), 404, error("NOT_FOUND")),
        ),
        given=(new_lead(), new_lead("other", LastName="Other")),
    ),
    Case(
        "a bulk query takes no aggregates and no child queries",
        GUIDE,
        "D",
        (
            Check(
                post("/jobs/query", {"operation": "query", "query": "SELECT COUNT(Id) FROM Lead"}),
                400,
                [ANYTHING],
            ),
            Check(
                post(
                    "/jobs/query",
                    {"operation": "query", "query": "SELECT Id, (SELECT Id FROM Tasks) FROM Lead"},
                ),
                400,
                [ANYTHING],
            ),
            Check(
                post("/jobs/query", {"operation": "query", "query": "SELECT FROM"}),
                400,
                error("MALFORMED_QUERY"),
            ),
        ),
    ),
    Case(
        "an insert job writes each row by itself and gives successes and failures",
        GUIDE,
        "D",
        (
            Check(
                get("/jobs/ingest/{job}"),
                200,
                with_keys(
                    state="JobComplete", jobType="V2Ingest", numberRecordsProcessed=2, numberRecordsFailed=1
                ),
            ),
            Check(
                get("/jobs/ingest/{job}/successfulResults"),
                200,
                like('"sf__Id","sf__Created","LastName","Company"\n' + '"00Q.{15}","true","Bulk","One"\n'),
            ),
            Check(
                get("/jobs/ingest/{job}/failedResults"),
                200,
                like('"sf__Id","sf__Error","LastName","Company"\n"","REQUIRED_FIELD_MISSING:.*","","Two"\n'),
            ),
            Check(get("/jobs/ingest/{job}/unprocessedrecords"), 200, '"LastName","Company"\n'),
            Check(get("/jobs/ingest/{job}/unprocessedRecords"), 200, '"LastName","Company"\n'),
            Check(soql("SELECT COUNT() FROM Lead"), 200, with_keys(totalSize=1)),
        ),
        given=_ingest("insert", "LastName,Company\nBulk,One\n,Two\n"),
    ),
    Case(
        "an upsert job finds its rows by the external id, and #N/A empties a field",
        GUIDE,
        "D",
        (
            Check(
                get("/jobs/ingest/{job}/successfulResults"),
                200,
                like(
                    '.*\n"00Q.{15}","false","a","Case","#N/A","Conformance"\n"00Q.{15}","true","b","New","x","New"\n'
                ),
            ),
            Check(get("/sobjects/Lead/{lead}?fields=Title"), 200, with_keys(Title=None)),
        ),
        given=(
            new_lead(SLA_Source_Id__c="a", Title="Before"),
            *_ingest(
                "upsert",
                "SLA_Source_Id__c,LastName,Title,Company\na,Case,#N/A,Conformance\nb,New,x,New\n",
                externalIdFieldName="SLA_Source_Id__c",
            ),
        ),
    ),
    Case(
        "update and delete jobs name their rows by id",
        GUIDE,
        "D",
        (
            Check(get("/sobjects/Lead/{lead}?fields=Title"), 200, with_keys(Title="Bulk")),
            *(Check(step, 200) for step in _ingest("delete", "Id\n{lead}\n")[:1]),
            Check(Step("PUT", "/jobs/ingest/{job}/batches", "Id\n{lead}\n", CSV_HEADERS), 201),
            Check(
                patch("/jobs/ingest/{job}", {"state": "UploadComplete"}),
                200,
                with_keys(state="UploadComplete"),
            ),
            Check(get("/jobs/ingest/{job}"), 200, with_keys(numberRecordsFailed=0, numberRecordsProcessed=1)),
            Check(soql("SELECT COUNT() FROM Lead"), 200, with_keys(totalSize=0)),
        ),
        given=(new_lead(), *_ingest("update", "Id,Title\n{lead},Bulk\n")),
    ),
    Case(
        "an ingest job runs no assignment rule unless it names one",
        GUIDE,
        "D",
        (
            Check(get("/jobs/ingest/{job}"), 200),
            Check(soql("SELECT OwnerId FROM Lead"), 200, with_keys(records=[with_keys(OwnerId="{rep}")])),
        ),
        given=(RULE, *_ingest("insert", "LastName,Company,OwnerId\nBulk,One,{rep}\n")),
    ),
    Case(
        "a column that is no field fails the job",
        GUIDE + "; error texts in clients' bug reports",
        "C",
        (
            Check(
                get("/jobs/ingest/{job}"),
                200,
                with_keys(state="Failed", errorMessage=like("InvalidBatch : .*Shoe.*")),
            ),
        ),
        given=_ingest("insert", "LastName,Shoe\nBulk,44\n"),
    ),
    Case(
        "a finished job takes no more data",
        GUIDE,
        "G",
        (
            Check(
                Step("PUT", "/jobs/ingest/{job}/batches", "Id\n", CSV_HEADERS), 400, error("INVALIDJOBSTATE")
            ),
            Check(patch("/jobs/ingest/{job}", {"state": "Aborted"}), 400, error("INVALIDJOBSTATE")),
        ),
        given=_ingest("insert", "LastName,Company\nBulk,One\n"),
    ),
)
