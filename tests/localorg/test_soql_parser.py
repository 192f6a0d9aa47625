"""What SOQL is and what it isn't, in Salesforce's words."""

from __future__ import annotations

import pytest

from sfsync.localorg.errors import ApiError
from sfsync.localorg.soql import parse
from sfsync.localorg.soql.syntax import (
    And,
    Comparison,
    DateFormula,
    DateTimeLiteral,
    FieldPath,
    NumberLiteral,
    StringLiteral,
)


def refusal(text: str) -> str:
    with pytest.raises(ApiError) as refused:
        parse(text)
    assert refused.value.status == 400
    assert refused.value.code == "MALFORMED_QUERY"
    return refused.value.items[0].message


@pytest.mark.parametrize(
    "text",
    [
        "SELECT Id FROM Lead",
        "select id from lead where name = 'x' limit 5",
        "SELECT Id\n  FROM Lead\n WHERE Name LIKE 'A%'",
        "SELECT l.Id, l.Owner.Name FROM Lead l WHERE l.Name != null",
        "SELECT Id FROM Group WHERE Type = 'Queue'",
        "SELECT Group.Name FROM GroupMember ORDER BY Group.Name",
        "SELECT COUNT() FROM Lead",
        "SELECT COUNT(Id), MAX(CreatedDate) newest FROM Lead GROUP BY Status HAVING COUNT(Id) > 1",
        "SELECT CALENDAR_MONTH(convertTimezone(CreatedDate)) FROM Lead GROUP BY CALENDAR_MONTH(CreatedDate)",
        "SELECT Id, (SELECT Id FROM Tasks WHERE IsClosed = false ORDER BY Id LIMIT 3) FROM Lead",
        "SELECT Id FROM Lead WHERE Id IN (SELECT LeadId FROM LeadHistory WHERE Field = 'Owner')",
        "SELECT Id FROM Lead WHERE (A = 1 AND B = 2) OR C = 3",
        "SELECT Id FROM Lead WHERE A = 1 AND (NOT B = 2)",
        "SELECT Id FROM Lead WHERE NOT (A = 1 OR B = 2)",
        "SELECT Id FROM Lead WHERE A IN ('it\\'s', 'b') AND B NOT IN (1, 2) AND C INCLUDES ('x;y', 'z')",
        "SELECT Id FROM Lead WHERE CreatedDate > 2026-11-02T09:00:00Z",
        "SELECT Id FROM Lead WHERE CreatedDate > 2026-11-02T09:00:00.123+01:00 OR D <= 2026-11-02",
        "SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS:7 AND D < next_month",
        "SELECT Id FROM Lead ORDER BY Name DESC NULLS LAST, Id ASC LIMIT 10 OFFSET 5",
        "SELECT Id FROM Lead LIMIT 1 FOR UPDATE",
        "SELECT Id FROM Lead WHERE A = -1.5 ALL ROWS",
        "SELECT FIELDS(ALL) FROM Lead LIMIT 200",
    ],
)
def test_what_salesforce_takes_is_taken(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("SELECT Id FROM Lead WHERE A = 1 AND B = 2 OR C = 3", "'OR'"),
        ("SELECT Id FROM Lead WHERE A = 1 OR B = 2 AND C = 3", "'AND'"),
        ("SELECT Id FROM Lead WHERE A = 1 AND NOT B = 2", "'NOT'"),
        ("SELECT Id FROM Lead WHERE A = 1 AND NOT (B = 2)", "'NOT'"),
        ("SELECT Id Limit FROM Lead", "'Limit'"),
        ("SELECT Id FROM Lead WHERE NOT A = 1 AND B = 2", "'AND'"),
        ("SELECT Id FROM Lead WHERE", "'<EOF>'"),
        ("SELECT Id FROM Lead WHERE Status = Open", "'Open'"),
        ("SELECT Id FROM Lead WHERE Status = LAST_N_DAYS", "'LAST_N_DAYS'"),
        ("SELECT Id FROM Lead WHERE Status = TODAY:3", "'TODAY:3'"),
        ("SELECT Id FROM Lead WHERE D = 2026-02-30T00:00:00Z", "'2026-02-30T00:00:00Z'"),
        ('SELECT Id FROM Lead WHERE Name = "x"', "'\"'"),
        ("SELECT Id FROM Lead WHERE Name IN ()", "')'"),
        ("SELECT Id FROM Lead WHERE Name == 'x'", "'='"),
        ("SELECT Id FROM Lead WHERE FOO(Id) = 1", "'('"),
        ("SELECT SUM() FROM Lead", "')'"),
        ("SELECT COUNT(Id, Name) FROM Lead", "'('"),
        ("SELECT Id FROM Lead WHERE A = 1.", "'1'"),
        ("SELECT Id FROM Lead FOR", "'FOR'"),
        ("SELECT * FROM Lead", "'*'"),
        ("SELECT Id, FROM Lead", "'FROM'"),
        ("SELECT Id FROM Lead LIMIT -1", "'-1'"),
        ("SELECT Id FROM Lead LIMIT 1 WHERE Id = null", "'WHERE'"),
        ("SELECT Id FROM Lead ORDER BY", "'<EOF>'"),
        ("SELECT Id FROM Lead; DELETE", "';'"),
        ("UPDATE Lead SET Name = 'x'", "'UPDATE'"),
        ("", "'<EOF>'"),
    ],
)
def test_what_salesforce_refuses_is_refused_and_the_token_is_named(text: str, token: str) -> None:
    assert refusal(text).endswith(f"unexpected token: {token}")


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ("SELECT Id FROM Lead USING SCOPE mine WHERE Name = 'x'", "USING"),
        ("SELECT Id FROM Lead WITH SECURITY_ENFORCED LIMIT 1", "WITH"),
        ("SELECT Id, TYPEOF Owner WHEN User THEN Email ELSE Name END, Name FROM Lead", "TYPEOF"),
        ("SELECT COUNT(Id) FROM Lead GROUP BY ROLLUP(A, B)", "ROLLUP"),
        ("SELECT Id FROM Lead WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'mi') < 5", "GEOLOCATION"),
        ("SELECT Id FROM Lead LIMIT 1 UPDATE VIEWSTAT", "UPDATE"),
    ],
)
def test_soql_that_the_org_does_not_run_is_refused_by_name(text: str, construct: str) -> None:
    assert refusal(text).endswith(f"{construct} is not supported by this org")


def test_the_place_of_an_error_is_shown_under_the_line_it_is_in() -> None:
    assert refusal("SELECT Id FROM Lead\nWHERE A = 1 AND B = 2 OR C = 3") == (
        "\nWHERE A = 1 AND B = 2 OR C = 3\n"
        "                      ^\n"
        "ERROR at Row:2:Column:23\n"
        "unexpected token: 'OR'"
    )


def test_bind_variables_and_open_strings_have_their_own_words() -> None:
    assert refusal("SELECT Id FROM Lead WHERE A = :x").endswith("Bind variables only allowed in Apex code")
    assert refusal("SELECT Id FROM Lead WHERE A = 'x").endswith("Unterminated string literal")


def test_a_statement_has_at_most_one_hundred_thousand_characters() -> None:
    text = "SELECT Id FROM Lead WHERE Name = '{}'"
    parse(text.format("x" * (100_000 - len(text) + 2)))
    assert "100000 characters" in refusal(text.format("x" * (100_001 - len(text) + 2)))


def test_a_statement_has_at_most_twenty_child_subqueries() -> None:
    child = "(SELECT Id FROM Tasks)"
    parse(f"SELECT {', '.join([child] * 20)} FROM Lead")
    assert "20 child" in refusal(f"SELECT {', '.join([child] * 21)} FROM Lead")


def test_an_offset_is_at_most_two_thousand() -> None:
    parse("SELECT Id FROM Lead OFFSET 2000")
    with pytest.raises(ApiError) as refused:
        parse("SELECT Id FROM Lead OFFSET 2001")
    assert refused.value.code == "NUMBER_OUTSIDE_VALID_RANGE"


def test_the_tree_holds_what_was_written() -> None:
    query = parse(
        "SELECT Id FROM Lead WHERE Owner . Name = 'x' AND A IN ('p','q\\'r') AND B = 1 AND C = last_n_days:3 "
        "AND D >= 2026-11-02T10:00:00+01:00"
    )
    assert query.where == And(
        (
            Comparison(FieldPath(("Owner", "Name"), 26), "=", StringLiteral("x")),
            Comparison(FieldPath(("A",), 49), "IN", (StringLiteral("p"), StringLiteral("q\\'r"))),
            Comparison(FieldPath(("B",), 71), "=", NumberLiteral(1)),
            Comparison(FieldPath(("C",), 81), "=", DateFormula("LAST_N_DAYS", 3)),
            Comparison(FieldPath(("D",), 103), ">=", DateTimeLiteral(1_793_610_000)),
        )
    )
