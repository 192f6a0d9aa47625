"""SOQL as Salesforce reads it."""

from __future__ import annotations

from tests.conformance.cases import (
    FACTS,
    Case,
    Check,
    delete,
    entry,
    error,
    get,
    new_lead,
    post,
    soql,
    sub,
    with_keys,
)

TASK = post("/sobjects/Task", {"WhoId": "{lead}", "Subject": "Call", "OwnerId": "{rep}"}, keep={"task": "id"})


def found(statement: str, *values: dict[str, object]) -> Check:
    """The statement finds rows with these values, in this order."""
    records = [with_keys(**one) for one in values]
    return Check(soql(statement), 200, with_keys(totalSize=len(values), done=True, records=records))


SOQL = (
    Case(
        "semi-joins and anti-joins find leads by their tasks",
        "SOQL reference",
        "D",
        (
            found("SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task)", {"Id": "{lead}"}),
            found("SELECT Id FROM Lead WHERE Id NOT IN (SELECT WhoId FROM Task)", {"Id": "{other}"}),
        ),
        given=(new_lead(), new_lead("other"), TASK),
    ),
    Case(
        "aggregates group, are named and are filtered by HAVING",
        "SOQL reference",
        "D",
        (
            found(
                "SELECT Status, COUNT(Id) FROM Lead GROUP BY Status HAVING COUNT(Id) > 1",
                {"Status": "Open - Not Contacted", "expr0": 2},
            ),
            found("SELECT MAX(NumberOfEmployees) most FROM Lead", {"most": 7}),
            Check(soql("SELECT COUNT() FROM Lead"), 200, {"totalSize": 3, "done": True, "records": []}),
        ),
        given=(new_lead(NumberOfEmployees=7), new_lead("two"), new_lead("three", Status="Nurture")),
    ),
    Case(
        "date literals, LIKE, NULLS LAST, LIMIT and OFFSET",
        "SOQL reference",
        "D",
        (
            found("SELECT Id FROM Lead WHERE CreatedDate = TODAY AND LastName LIKE 'cas_'", {"Id": "{lead}"}),
            found(
                "SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS:7 AND Title = null", {"Id": "{other}"}
            ),
            found("SELECT Id FROM Lead ORDER BY Title NULLS LAST LIMIT 1", {"Id": "{lead}"}),
            found("SELECT Id FROM Lead ORDER BY Title NULLS LAST LIMIT 1 OFFSET 1", {"Id": "{other}"}),
        ),
        given=(new_lead(Title="Buyer"), new_lead("other", LastName="Other")),
    ),
    Case(
        "AND NOT needs its parentheses, a datetime no quotes, an offset is at most 2,000",
        FACTS,
        "R",
        (
            Check(soql("SELECT Id FROM Lead WHERE Title = 'a' AND (NOT City = 'b')"), 200),
            Check(
                soql("SELECT Id FROM Lead WHERE Title = 'a' AND NOT City = 'b'"),
                400,
                error("MALFORMED_QUERY"),
            ),
            Check(
                soql("SELECT Id FROM Lead WHERE CreatedDate > '2026-11-02T09:00:00Z'"),
                400,
                error("INVALID_FIELD"),
            ),
            Check(soql("SELECT Id FROM Lead OFFSET 2001"), 400, error("NUMBER_OUTSIDE_VALID_RANGE")),
        ),
    ),
    Case(
        "at most 20 child queries",
        FACTS,
        "D",
        (
            Check(
                soql("SELECT Id, " + ", ".join(["(SELECT Id FROM Tasks)"] * 21) + " FROM Lead"),
                400,
                error("MALFORMED_QUERY"),
            ),
        ),
    ),
    Case(
        "a statement of more than 100,000 characters is refused, in composite too",
        FACTS,
        "D",
        (
            Check(
                post("/composite", {"compositeRequest": [sub("a", "GET", f"/query?q={'x' * 100_001}")]}),
                200,
                {"compositeResponse": [entry("a", 400, error("MALFORMED_QUERY"))]},
            ),
        ),
    ),
    Case(
        "old closed activities and deleted rows are found by queryAll only",
        FACTS,
        "D",
        (
            found("SELECT Id FROM Task"),
            Check(get("/queryAll?q=SELECT IsArchived FROM Task"), 200, with_keys(totalSize=1)),
            Check(get("/queryAll?q=SELECT Id FROM Lead WHERE IsDeleted = true"), 200, with_keys(totalSize=1)),
        ),
        given=(
            new_lead(),
            new_lead("other"),
            post("/sobjects/Task", {"WhoId": "{lead}", "Status": "Completed", "ActivityDate": "2025-01-01"}),
            delete("/sobjects/Lead/{other}"),
            post("/_org/clock", {"advance_s": 86_400}),
        ),
    ),
    Case(
        "a locator is refused once it is closed",
        FACTS,
        "C",
        (Check(get("/query/01g000000000001AAA-2000"), 400, error("INVALID_QUERY_LOCATOR")),),
    ),
)
