"""Which rows a WHERE clause finds, in which order, and what it refuses."""

from __future__ import annotations

import pytest

from sfsync.localorg.access import Permissions, Session
from sfsync.localorg.errors import ApiError
from tests.localorg.soql_world import DAY, HOUR, MANAGER, NOW, OTHER_REP, QUEUE, REP, World, lead


@pytest.fixture
def world() -> World:
    world = World()
    world.add(
        "Lead",
        Name="Ada",
        Status="Open",
        Company="Acme",
        OwnerId=REP,
        AnnualRevenue=100.5,
        NumberOfEmployees=5,
        IsConverted=False,
        SLA_Key__c="Key-1",
        Regions__c="North;South",
        Email="ada@acme.example",
    )
    world.add(
        "Lead",
        Name="bob",
        Status="Accepted",
        Company="ACME",
        OwnerId=OTHER_REP,
        AnnualRevenue=2000,
        IsConverted=True,
        ConvertedDate="2026-11-01",
        Regions__c="East",
        SystemModstamp=NOW + 5,
        CreatedDate=NOW - DAY,
    )
    world.add("Lead", Name="Cyd 50%_a", OwnerId=QUEUE, SystemModstamp=NOW + 5, CreatedDate=NOW - 8 * DAY)
    world.add("Lead", Name="Dot", Status="Nurture", IsDeleted=True, OwnerId=REP, SystemModstamp=NOW + 9)
    return world


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("Name = 'ada'", ["Ada"]),
        ("Name != 'ADA'", ["bob", "Cyd 50%_a"]),
        ("Name > 'ada'", ["bob", "Cyd 50%_a"]),
        ("Company = null", ["Cyd 50%_a"]),
        ("Company = ''", ["Cyd 50%_a"]),
        ("Company != null", ["Ada", "bob"]),
        ("Company != 'other'", ["Ada", "bob", "Cyd 50%_a"]),
        ("Company IN ('acme', null)", ["Ada", "bob", "Cyd 50%_a"]),
        ("Company NOT IN ('acme')", ["Cyd 50%_a"]),
        ("NOT Company = 'acme'", ["Cyd 50%_a"]),
        ("AnnualRevenue > 100", ["Ada", "bob"]),
        ("AnnualRevenue <= 100.5", ["Ada"]),
        ("NOT AnnualRevenue > 100.5", ["Ada", "Cyd 50%_a"]),
        ("NumberOfEmployees IN (4, 5)", ["Ada"]),
        ("IsConverted = true", ["bob"]),
        ("IsConverted != true", ["Ada", "Cyd 50%_a"]),
        ("ConvertedDate = 2026-11-01", ["bob"]),
        ("ConvertedDate = YESTERDAY", ["bob"]),
        ("ConvertedDate < 2026-11-01", []),
        ("Name LIKE 'A%'", ["Ada"]),
        ("Name LIKE '%O_'", ["bob"]),
        ("Name LIKE '%\\%\\_a'", ["Cyd 50%_a"]),
        ("Name LIKE '%\\_b'", []),
        ("(NOT Name LIKE '%a%')", ["bob"]),
        ("Regions__c INCLUDES ('North;South', 'West')", ["Ada"]),
        ("Regions__c INCLUDES ('South', 'East')", ["Ada", "bob"]),
        ("Regions__c EXCLUDES ('South')", ["bob", "Cyd 50%_a"]),
        ("SLA_Key__c = 'Key-1'", ["Ada"]),
        ("SLA_Key__c = 'key-1'", []),
        ("Owner.Name = 'rita rep'", ["Ada"]),
        ("Owner.Name LIKE '%queue'", ["Cyd 50%_a"]),
        ("Owner.Type = 'Queue'", ["Cyd 50%_a"]),
        ("Owner.Type = 'User'", ["Ada", "bob"]),
        ("(Status = 'Open' AND Company = 'Acme') OR Name = 'bob'", ["Ada", "bob"]),
        ("Lead.Name = 'bob'", ["bob"]),
        (f"OwnerId = '{REP}'", ["Ada"]),
        (f"OwnerId = '{REP[:15]}'", ["Ada"]),
        (f"OwnerId != '{REP}'", ["bob", "Cyd 50%_a"]),
        (f"OwnerId IN ('{REP}', '{QUEUE}')", ["Ada", "Cyd 50%_a"]),
        (f"Id IN ('{lead(3)}', '{lead(1)[:15]}', '{lead(99)}')", ["Ada", "Cyd 50%_a"]),
        (f"Id = '{lead(4)}'", []),
        (f"Id > '{lead(1)}'", ["bob", "Cyd 50%_a"]),
        (f"Id = '{lead(1)}' OR SLA_Key__c = 'Key-1' OR OwnerId = '{QUEUE}'", ["Ada", "Cyd 50%_a"]),
        (f"Id = '{lead(1)}' OR Name = 'bob'", ["Ada", "bob"]),
        (f"NOT Id = '{lead(1)}'", ["bob", "Cyd 50%_a"]),
        ("Name = 'it\\'s'", []),
    ],
)
def test_a_condition_finds_what_salesforce_finds(world: World, where: str, names: list[str]) -> None:
    assert world.names(where) == names


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("CreatedDate = TODAY", ["Ada"]),
        ("CreatedDate = YESTERDAY", ["bob"]),
        ("CreatedDate < TODAY", ["bob", "Cyd 50%_a"]),
        ("CreatedDate >= YESTERDAY", ["Ada", "bob"]),
        ("CreatedDate > YESTERDAY", ["Ada"]),
        ("CreatedDate != TODAY", ["bob", "Cyd 50%_a"]),
        ("CreatedDate = LAST_N_DAYS:7", ["Ada", "bob"]),
        ("CreatedDate = N_DAYS_AGO:8", ["Cyd 50%_a"]),
        ("CreatedDate = THIS_WEEK", ["Ada", "bob"]),
        ("CreatedDate = LAST_WEEK", ["Cyd 50%_a"]),
        ("CreatedDate = LAST_N_WEEKS:1", ["Cyd 50%_a"]),
        ("CreatedDate = THIS_MONTH", ["Ada", "bob"]),
        ("CreatedDate = LAST_MONTH", ["Cyd 50%_a"]),
        ("CreatedDate = N_MONTHS_AGO:1", ["Cyd 50%_a"]),
        ("CreatedDate = THIS_QUARTER", ["Ada", "bob", "Cyd 50%_a"]),
        ("CreatedDate = LAST_QUARTER", []),
        ("CreatedDate = THIS_FISCAL_YEAR", ["Ada", "bob", "Cyd 50%_a"]),
        ("CreatedDate = LAST_90_DAYS", ["Ada", "bob", "Cyd 50%_a"]),
        ("CreatedDate = NEXT_N_YEARS:2", []),
        ("CreatedDate IN (TODAY, LAST_WEEK)", ["Ada", "Cyd 50%_a"]),
        ("CALENDAR_MONTH(CreatedDate) = 10", ["Cyd 50%_a"]),
        ("DAY_ONLY(CreatedDate) = 2026-11-01", ["bob"]),
        ("HOUR_IN_DAY(convertTimezone(CreatedDate)) = 4", ["Ada", "bob"]),
    ],
)
def test_relative_dates_are_days_of_the_org_s_clock(world: World, where: str, names: list[str]) -> None:
    assert sorted(world.names(where)) == sorted(names)


def test_today_begins_at_midnight_of_the_user_s_time_zone(world: World) -> None:
    world.add("Lead", Name="late", CreatedDate=NOW - 5 * HOUR)  # 23:00 on 1 November in New York
    assert world.names("CreatedDate = TODAY") == ["Ada"]
    assert sorted(world.names("CreatedDate = YESTERDAY")) == ["bob", "late"]


class TestKeysetOfSystemModstamp:
    def test_it_walks_through_ties_without_losing_or_repeating_a_row(self, world: World) -> None:
        for number in range(7):
            world.add("Lead", Name=f"tie {number}", SystemModstamp=NOW + 5)
        seen: list[str] = []
        stamp, last = "2026-11-02T08:59:59Z", lead(1)
        while True:
            page = world.records(
                f"SELECT Id, Name, SystemModstamp FROM Lead WHERE SystemModstamp > {stamp} "
                f"OR (SystemModstamp = {stamp} AND Id > '{last}') ORDER BY SystemModstamp, Id LIMIT 3"
            )
            if not page:
                break
            seen += [record["Name"] for record in page]
            stamp, last = page[-1]["SystemModstamp"].replace("+0000", "Z"), page[-1]["Id"]
        assert seen == ["Ada", "bob", "Cyd 50%_a", *(f"tie {number}" for number in range(7))]

    @pytest.mark.parametrize(
        ("operator", "names"),
        [
            (">", []),
            (">=", ["bob", "Cyd 50%_a"]),
            ("=", ["bob", "Cyd 50%_a"]),
            ("<", ["Ada"]),
            ("<=", ["Ada", "bob", "Cyd 50%_a"]),
            ("!=", ["Ada"]),
        ],
    )
    def test_each_comparison_has_its_end_of_the_index(
        self, world: World, operator: str, names: list[str]
    ) -> None:
        where = f"SystemModstamp {operator} 2026-11-02T09:00:05Z"
        assert world.names(f"{where} ORDER BY SystemModstamp, Id") == names
        assert world.names(f"{where} ORDER BY SystemModstamp DESC, Id DESC") == names[::-1]
        assert sorted(world.names(f"{where} AND CreatedDate > 2000-01-01T00:00:00Z")) == sorted(names)

    def test_a_window_of_two_bounds_and_a_fraction_of_a_second(self, world: World) -> None:
        assert world.names(
            "SystemModstamp > 2026-11-02T09:00:00Z AND SystemModstamp < 2026-11-02T09:00:06Z"
        ) == [
            "bob",
            "Cyd 50%_a",
        ]
        assert world.names("SystemModstamp > 2026-11-02T09:00:04.999Z AND Name = 'bob'") == ["bob"]

    def test_the_newest_row_is_found_without_a_where_clause(self, world: World) -> None:
        newest = world.records("SELECT Name FROM Lead ORDER BY SystemModstamp DESC LIMIT 1")
        assert newest[0]["Name"] == "Cyd 50%_a"


class TestOrder:
    def test_nulls_come_first_unless_said_otherwise_and_case_does_not_matter(self, world: World) -> None:
        world.add("Lead", Name="Zed", Company="abc")
        order = "Name != 'x' ORDER BY Company"
        assert world.names(order) == ["Cyd 50%_a", "Zed", "Ada", "bob"]
        assert world.names(f"{order} NULLS LAST") == ["Zed", "Ada", "bob", "Cyd 50%_a"]
        assert world.names(f"{order} DESC") == ["Cyd 50%_a", "Ada", "bob", "Zed"]
        assert world.names(f"{order} DESC NULLS LAST") == ["Ada", "bob", "Zed", "Cyd 50%_a"]

    def test_picklists_sort_in_their_own_order(self, world: World) -> None:
        world.add("Lead", Name="Eve", Status="Off the list")
        assert world.names("Status != null ORDER BY Status") == ["Ada", "bob", "Eve"]
        assert world.names("Status != null ORDER BY Status DESC, Name") == ["Eve", "bob", "Ada"]

    def test_parents_fields_sort_too(self, world: World) -> None:
        assert world.names("Name != null ORDER BY Owner.Name DESC") == ["Ada", "bob", "Cyd 50%_a"]

    def test_limit_and_offset_cut_after_the_order(self, world: World) -> None:
        assert world.names("Name != null ORDER BY Name LIMIT 1 OFFSET 1") == ["bob"]
        assert world.names("Name != null LIMIT 0") == []
        assert world.names("Name != null LIMIT 2 OFFSET 1") == ["bob", "Cyd 50%_a"]


class TestRowsThatAreNotThere:
    def test_deleted_rows_are_seen_by_queryall_only(self, world: World) -> None:
        soql = "SELECT Name FROM Lead WHERE IsDeleted = true"
        assert world.records(soql) == []
        assert world.query(soql, all_rows=True).total_size == 1
        assert world.query(f"{soql} ALL ROWS").total_size == 1

    def test_archived_activities_are_seen_by_queryall_only(self, world: World) -> None:
        world.add("Task", Subject="old", IsArchived=True)
        assert world.query("SELECT Id FROM Task").total_size == 0
        assert world.query("SELECT Id FROM Task", all_rows=True).total_size == 1

    def test_a_user_sees_the_rows_that_are_shared_with_him(self, world: World) -> None:
        own = world.session
        world.session = Session(
            REP,
            "t",
            own.permissions,
            lambda name: (lambda row: row.get("OwnerId") == REP) if name == "Lead" else None,
        )
        assert world.names("Name != null") == ["Ada"]
        assert world.query("SELECT COUNT() FROM Lead").total_size == 1


class TestSemiJoins:
    @pytest.fixture(autouse=True)
    def activities(self, world: World) -> None:
        world.add("Task", Subject="Call", WhoId=lead(1), ActivityDate="2026-11-03")
        world.add("Task", Subject="Mail", WhoId=lead(3), IsDeleted=True)
        world.add("Task", Subject="Nobody")
        world.add("LeadHistory", LeadId=lead(2), Field="Owner", OldValue=REP, NewValue=OTHER_REP)

    @pytest.mark.parametrize(
        ("where", "names"),
        [
            ("Id IN (SELECT WhoId FROM Task)", ["Ada"]),
            ("Id NOT IN (SELECT WhoId FROM Task WHERE Subject = 'Call')", ["bob", "Cyd 50%_a"]),
            ("Id IN (SELECT LeadId FROM LeadHistory WHERE Field = 'Owner') AND Status = 'Accepted'", ["bob"]),
            (
                "OwnerId IN (SELECT Id FROM User WHERE Manager.Name LIKE 'maria%' AND IsActive = true)",
                ["Ada"],
            ),
        ],
    )
    def test_ids_are_found_through_another_object(self, world: World, where: str, names: list[str]) -> None:
        assert world.names(where) == names

    @pytest.mark.parametrize(
        ("where", "message"),
        [
            ("Name = 'x' OR Id IN (SELECT WhoId FROM Task)", "not allowed with the 'OR' operator"),
            ("Id IN (SELECT WhoId FROM Task WHERE WhoId IN (SELECT Id FROM Lead))", "Nesting of semi join"),
            ("Id IN (SELECT Id, WhoId FROM Task)", "one column"),
            ("Id IN (SELECT WhoId FROM Task LIMIT 5)", "not allowed in semi join"),
            ("Name IN (SELECT WhoId FROM Task)", "should be an id field"),
            ("Id IN (SELECT Subject FROM Task)", "should be an id field"),
            (" AND ".join(["Id IN (SELECT WhoId FROM Task)"] * 3), "more than 2 semi join"),
        ],
    )
    def test_what_salesforce_does_not_join_is_refused(self, world: World, where: str, message: str) -> None:
        with pytest.raises(ApiError) as refused:
            world.names(where)
        assert refused.value.code == "MALFORMED_QUERY"
        assert message in refused.value.items[0].message


@pytest.mark.parametrize(
    ("where", "code", "message"),
    [
        ("Nope = 1", "INVALID_FIELD", "No such column 'Nope' on entity 'Lead'"),
        ("Owner.ManagerId = null", "INVALID_FIELD", "No such column 'ManagerId' on entity 'Name'"),
        ("CreatedBy.Nope = 1", "INVALID_FIELD", "No such column 'Nope' on entity 'User'"),
        ("Nobody.Name = 'x'", "INVALID_FIELD", "Didn't understand relationship 'Nobody' in field path"),
        ("Secret__c = 'x'", "INVALID_FIELD", "No such column 'Secret__c' on entity 'Lead'"),
        (
            "Description LIKE '%x%'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "AnnualRevenue = '5'",
            "INVALID_FIELD",
            "value of filter criterion for field 'AnnualRevenue' must be of type double and should not be "
            "enclosed in quotes",
        ),
        (
            "Name = 5",
            "INVALID_FIELD",
            "value of filter criterion for field 'Name' must be of type string and should be enclosed in "
            "quotes",
        ),
        ("CreatedDate > '2026-11-02T09:00:00Z'", "INVALID_FIELD", "must be of type dateTime"),
        ("CreatedDate > 2026-11-02", "INVALID_FIELD", "must be of type dateTime"),
        ("ConvertedDate = 2026-11-02T09:00:00Z", "INVALID_FIELD", "must be of type date and"),
        ("IsConverted = 'true'", "INVALID_FIELD", "must be of type boolean"),
        ("Name = TODAY", "INVALID_FIELD", "must be of type string"),
        ("OwnerId = 'me'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: me"),
        (
            "Id IN ('00Q000000000001AAB')",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: 00Q000000000001AAB",
        ),
        ("Id LIKE '00Q%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field"),
        ("AnnualRevenue LIKE '1%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on currency field"),
        ("Name INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR", "multipicklist"),
        ("IsConverted > true", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on boolean field"),
        ("Name > null", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on null value"),
        ("Name = 'a\\d'", "MALFORMED_QUERY", "Illegal character sequence '\\d' in string literal"),
        ("COUNT(Id) > 1", "MALFORMED_QUERY", "Aggregate function COUNT is not allowed here"),
        ("FORMAT(Name) = 'x'", "MALFORMED_QUERY", "FORMAT(Name) is not supported by this org"),
        ("CALENDAR_YEAR(Name) = 2026", "MALFORMED_QUERY", "does not support function CALENDAR_YEAR"),
        ("Name != null ORDER BY Description", "MALFORMED_QUERY", "can not be sorted in a query call"),
        ("Name != null ORDER BY Nope", "INVALID_FIELD", "No such column 'Nope'"),
    ],
)
def test_a_condition_that_does_not_fit_the_object_is_refused(
    world: World, where: str, code: str, message: str
) -> None:
    with pytest.raises(ApiError) as refused:
        world.names(where)
    assert refused.value.status == 400
    assert refused.value.code == code
    assert message in refused.value.items[0].message


def test_conditions_are_deep_or_wide_until_they_are_too_complicated(world: World) -> None:
    assert world.names("(" * 5000 + "Name = 'Ada'" + ")" * 5000) == ["Ada"]
    assert world.names(" OR ".join(["Name = 'Ada'"] * 3000)) == ["Ada"]
    with pytest.raises(ApiError) as refused:
        world.names("NOT (" * 5000 + "Name = 'Ada'" + ")" * 5000)
    assert refused.value.code == "QUERY_TOO_COMPLICATED"


def test_the_full_text_about_an_unknown_field_is_salesforce_s(world: World) -> None:
    with pytest.raises(ApiError) as refused:
        world.query("SELECT Id, Foo FROM Lead")
    assert refused.value.body() == [
        {
            "message": "\nSELECT Id, Foo FROM Lead\n           ^\nERROR at Row:1:Column:12\n"
            "No such column 'Foo' on entity 'Lead'. If you are attempting to use a custom field, be sure to "
            "append the '__c' after the custom field name. Please reference your WSDL or the describe call "
            "for the appropriate names.",
            "errorCode": "INVALID_FIELD",
        }
    ]


def test_the_full_text_about_an_unknown_object_is_salesforce_s(world: World) -> None:
    with pytest.raises(ApiError) as refused:
        world.query("SELECT Id FROM Accountz LIMIT 2")
    assert refused.value.body() == [
        {
            "message": "\nSELECT Id FROM Accountz LIMIT 2\n               ^\nERROR at Row:1:Column:16\n"
            "sObject type 'Accountz' is not supported. If you are attempting to use a custom object, be sure "
            "to append the '__c' after the entity name. Please reference your WSDL or the describe call for "
            "the appropriate names.",
            "errorCode": "INVALID_TYPE",
        }
    ]


def test_an_object_that_the_user_may_not_read_does_not_exist_for_him(world: World) -> None:
    with pytest.raises(ApiError) as refused:
        world.query("SELECT Id FROM Salary__c")
    assert refused.value.code == "INVALID_TYPE"
    world.session = Session(MANAGER, "t", Permissions(()), lambda name: None)
    with pytest.raises(ApiError) as refused:
        world.query("SELECT Id FROM Lead")
    assert refused.value.code == "INVALID_TYPE"
