"""A statement that differs from an earlier one in its literals only means what it says itself."""

from __future__ import annotations

import pytest

from sfsync.localorg.errors import ApiError
from sfsync.localorg.soql import parse
from sfsync.localorg.soql.literals import filled, template
from sfsync.localorg.soql.parser import _tree

STATEMENTS = [
    "SELECT Id FROM Lead WHERE Name = 'a' AND (Company = 'bb' OR Company != '')",
    "SELECT Id FROM Lead WHERE Name LIKE 'it\\'s a \\\\%' AND (NOT Company = 'SELECT')",
    "SELECT Id FROM Lead WHERE CreatedDate >= 2026-11-02T09:00:00Z AND Name = '2026-11-02T09:00:00Z'",
    "SELECT Id FROM Lead WHERE CreatedDate < 2026-11-02T09:00:00.125+01:00 OR CreatedDate = 2026-11-02t09:00:00-0500",
    "SELECT Id FROM Lead WHERE Id IN ('00Q1', '00Q2','00Q3') AND NumberOfEmployees IN (1, 2) AND IsDeleted = false",
    "SELECT Id FROM Lead WHERE Regions__c INCLUDES ('a;b', 'c') AND LastModifiedDate = LAST_N_DAYS:30",
    "SELECT Id, (SELECT Id FROM Tasks WHERE Subject = 'x' LIMIT 5) FROM Lead WHERE Name = 'y' ORDER BY Name LIMIT 3",
    "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task WHERE Subject = 'x') AND Name = 'y'",
    "SELECT Status, COUNT(Id) FROM Lead WHERE Name = 'y' GROUP BY Status HAVING MAX(Name) > 'x'",
    "SELECT Id FROM Lead WHERE BirthDate = 2026-11-02 AND Name = null",
    "SELECT Id FROM Lead",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_filled_template_is_the_tree_of_the_statement(statement: str) -> None:
    blank, literals = template(statement)
    assert len(blank) == len(statement)
    assert blank != statement or not literals
    assert filled(_tree(blank), literals) == _tree(statement)


def test_statements_of_one_template_keep_their_own_literals() -> None:
    one, other = (parse(f"SELECT Id FROM Lead WHERE Name = '{name}'") for name in ("ab", "cd"))
    assert one.where != other.where
    assert [one.text[-4:], other.text[-4:]] == ["'ab'", "'cd'"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("CreatedDate > 2026-11-02T09:00:00Z", "CreatedDate > 2026-13-02T09:00:00Z"),
        ("Name = 'abc'", "Name = 'abc"),
        ("Name IN ('a', 'b')", "Name IN ('a' 'b')"),
    ],
)
def test_what_is_wrong_is_said_of_the_statement_itself(right: str, wrong: str) -> None:
    parse(f"SELECT Id FROM Lead WHERE {right}")
    with pytest.raises(ApiError) as refused:
        parse(f"SELECT Id FROM Lead WHERE {wrong}")
    with pytest.raises(ApiError) as plainly:
        _tree(f"SELECT Id FROM Lead WHERE {wrong}")
    assert refused.value.items == plainly.value.items
    assert wrong.split()[-1].strip("()'") in refused.value.items[0].message


def test_a_literal_that_has_no_place_is_not_filled_in() -> None:
    blank, literals = template("SELECT Id FROM Lead WHERE Name = 'a'")
    tree = _tree(blank)
    for unfit in ([*literals, "'b'"], [], ["2026-11-02T09:00:00Z"]):
        with pytest.raises(ValueError, match="literal"):
            filled(tree, unfit)
