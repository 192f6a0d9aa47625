"""COUNT(), aggregate functions, GROUP BY and HAVING."""

from __future__ import annotations

from typing import Any

import pytest

from sfsync.localorg.errors import ApiError
from tests.localorg.soql_world import DAY, NOW, OTHER_REP, REP, World, plain


@pytest.fixture
def world() -> World:
    world = World()
    for status, company, revenue, owner, age in (
        ("Open", "Acme", 10, REP, 0),
        ("Open", "acme", 20.5, REP, 3),
        ("Accepted", "Beta", None, OTHER_REP, 40),
        ("Accepted", None, 5, REP, 40),
        (None, "Zeta", 1, OTHER_REP, 40),
    ):
        values = {"Status": status, "Company": company, "AnnualRevenue": revenue}
        world.add(
            "Lead",
            OwnerId=owner,
            CreatedDate=NOW - age * DAY,
            NumberOfEmployees=age,
            **{name: value for name, value in values.items() if value is not None},
        )
    return world


def rows(world: World, soql: str) -> list[dict[str, Any]]:
    return [plain(record) for record in world.records(soql)]


def test_count_alone_is_the_total_size_and_has_no_records(world: World) -> None:
    result = world.query("SELECT COUNT() FROM Lead WHERE Status != null")
    assert (result.total_size, list(result.records)) == (4, [])
    assert world.query("SELECT count() FROM Lead LIMIT 3").total_size == 3


def test_each_function_ignores_nulls(world: World) -> None:
    assert world.records(
        "SELECT COUNT(Id), COUNT(Company) filled, COUNT_DISTINCT(Company), SUM(AnnualRevenue), "
        "AVG(AnnualRevenue), MIN(Company), MAX(CreatedDate), SUM(NumberOfEmployees) days FROM Lead"
    ) == [
        {
            "attributes": {"type": "AggregateResult"},
            "expr0": 5,
            "filled": 4,
            "expr1": 3,
            "expr2": 36.5,
            "expr3": 9.125,
            "expr4": "Acme",
            "expr5": "2026-11-02T09:00:00.000+0000",
            "days": 123,
        }
    ]


def test_no_rows_still_make_one_group_unless_there_is_group_by(world: World) -> None:
    assert rows(world, "SELECT COUNT(Id), MAX(Company) FROM Lead WHERE Name = 'x'") == [
        {"expr0": 0, "expr1": None}
    ]
    assert rows(world, "SELECT Status, COUNT(Id) FROM Lead WHERE Name = 'x' GROUP BY Status") == []


def test_groups_are_named_by_field_and_ordered_by_what_is_asked(world: World) -> None:
    assert rows(
        world,
        "SELECT Status, COUNT(Id) n FROM Lead GROUP BY Status ORDER BY COUNT(Id) DESC, Status NULLS LAST",
    ) == [{"Status": "Accepted", "n": 2}, {"Status": "Open", "n": 2}, {"Status": None, "n": 1}]


def test_groups_over_a_parent_s_field_and_two_keys(world: World) -> None:
    assert rows(
        world,
        "SELECT Owner.Name who, Status, COUNT(Id) FROM Lead WHERE Status != null GROUP BY Owner.Name, Status "
        "ORDER BY Owner.Name, Status",
    ) == [
        {"who": "oscar rep", "Status": "Accepted", "expr0": 1},
        {"who": "Rita Rep", "Status": "Accepted", "expr0": 1},
        {"who": "Rita Rep", "Status": "Open", "expr0": 2},
    ]
    assert rows(world, "SELECT Owner.Name FROM Lead GROUP BY Owner.Name ORDER BY Owner.Name LIMIT 1") == [
        {"Name": "oscar rep"}
    ]


def test_having_keeps_groups_by_their_measures_and_keys(world: World) -> None:
    soql = "SELECT Status FROM Lead GROUP BY Status HAVING COUNT(Id) > 1 AND SUM(AnnualRevenue) >= 30"
    assert rows(world, soql) == [{"Status": "Open"}]
    assert rows(world, "SELECT Status FROM Lead GROUP BY Status HAVING Status LIKE 'acc%'") == [
        {"Status": "Accepted"}
    ]
    assert rows(
        world, "SELECT Status FROM Lead GROUP BY Status HAVING MAX(CreatedDate) < LAST_N_DAYS:30"
    ) == [
        {"Status": "Accepted"},
        {"Status": None},
    ]


def test_date_functions_group_rows_by_calendar(world: World) -> None:
    assert rows(
        world,
        "SELECT CALENDAR_YEAR(CreatedDate), CALENDAR_MONTH(CreatedDate) month, COUNT(Id) FROM Lead "
        "GROUP BY CALENDAR_YEAR(CreatedDate), CALENDAR_MONTH(CreatedDate) "
        "ORDER BY CALENDAR_MONTH(CreatedDate)",
    ) == [
        {"expr0": 2026, "month": 9, "expr1": 3},
        {"expr0": 2026, "month": 10, "expr1": 1},
        {"expr0": 2026, "month": 11, "expr1": 1},
    ]
    assert rows(
        world, "SELECT DAY_ONLY(CreatedDate) day FROM Lead GROUP BY DAY_ONLY(CreatedDate) LIMIT 1"
    ) == [{"day": "2026-11-02"}]


def test_the_result_counts_its_groups(world: World) -> None:
    assert world.query("SELECT Status FROM Lead GROUP BY Status").total_size == 3
    assert world.query("SELECT Status FROM Lead GROUP BY Status LIMIT 2 OFFSET 2").total_size == 1


def test_more_than_two_thousand_groups_do_not_fit_in_a_batch(world: World) -> None:
    for number in range(2001):
        world.add("Lead", Company=f"C{number}")
    with pytest.raises(ApiError) as refused:
        world.query("SELECT Company FROM Lead GROUP BY Company")
    assert refused.value.code == "EXCEEDED_ID_LIMIT"
    assert world.query("SELECT Company FROM Lead GROUP BY Company LIMIT 2000").total_size == 2000


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        ("SELECT Name, COUNT(Id) FROM Lead", "Field must be grouped or aggregated: Name"),
        ("SELECT Name FROM Lead GROUP BY Status", "Field must be grouped or aggregated: Name"),
        (
            "SELECT Status FROM Lead GROUP BY Status ORDER BY Name",
            "Field must be grouped or aggregated: Name",
        ),
        ("SELECT COUNT(Id) FROM Lead GROUP BY CreatedDate", "field 'CreatedDate' can not be grouped"),
        ("SELECT SUM(Name) FROM Lead", "field Name does not support aggregate operator SUM"),
        ("SELECT MAX(IsConverted) FROM Lead", "field IsConverted does not support aggregate operator MAX"),
        ("SELECT COUNT(Id) n, MAX(Name) N FROM Lead", "duplicate alias: N"),
        ("SELECT Status, COUNT() FROM Lead GROUP BY Status", "COUNT() must be the only element"),
        ("SELECT COUNT(Id), (SELECT Id FROM Tasks) FROM Lead", "not allowed in aggregate queries"),
        ("SELECT COUNT(Id) FROM Lead GROUP BY CUBE(Status)", "CUBE(Status) is not supported"),
    ],
)
def test_what_cannot_be_aggregated_is_refused(world: World, soql: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        world.query(soql)
    assert refused.value.code == "MALFORMED_QUERY"
    assert message in refused.value.items[0].message
