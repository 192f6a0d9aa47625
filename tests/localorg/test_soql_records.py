"""How records look in JSON: fields, parents, children, labels; only the rows asked for are rendered."""

from __future__ import annotations

from typing import Any

import pytest

from sfsync.localorg.access import Permissions, Session
from sfsync.localorg.errors import ApiError
from sfsync.localorg.rights import PermissionBundle
from sfsync.localorg.soql.executor import Records
from tests.localorg.soql_world import NOW, QUEUE, READABLE, REP, World, lead, plain, record_id, user


@pytest.fixture
def world() -> World:
    world = World()
    world.add(
        "Lead",
        Name="Ada",
        Status="Open",
        OwnerId=REP,
        CreatedById=REP,
        AnnualRevenue=100,
        NumberOfEmployees=5,
        ConvertedDate="2026-11-01",
        City="Oslo",
    )
    world.add("Lead", Name="Bob", OwnerId=QUEUE)
    world.add("Task", Subject="Call", WhoId=lead(1), ActivityDate="2026-11-03")
    world.add("Task", Subject="Mail", WhoId=lead(1), ActivityDate="2026-11-05")
    world.add("Task", Subject="Gone", WhoId=lead(1), IsDeleted=True)
    return world


def first(world: World, soql: str) -> dict[str, Any]:
    return world.records(soql)[0]


def test_a_record_has_its_attributes_and_the_fields_in_canonical_spelling(world: World) -> None:
    assert first(world, "SELECT id, NAME, status FROM lead LIMIT 1") == {
        "attributes": {"type": "Lead", "url": f"/services/data/vXX.0/sobjects/Lead/{lead(1)}"},
        "Id": lead(1),
        "Name": "Ada",
        "Status": "Open",
    }
    page = world.records("SELECT Id FROM Lead LIMIT 1", version="68.0")
    assert page[0]["attributes"]["url"] == f"/services/data/v68.0/sobjects/Lead/{lead(1)}"


def test_each_type_has_its_json_form_and_null_fields_are_there(world: World) -> None:
    record = plain(
        first(
            world,
            "SELECT CreatedDate, AnnualRevenue, NumberOfEmployees, IsConverted, ConvertedDate, Company, "
            "Address FROM Lead LIMIT 1",
        )
    )
    assert record == {
        "CreatedDate": "2026-11-02T09:00:00.000+0000",
        "AnnualRevenue": 100.0,
        "NumberOfEmployees": 5,
        "IsConverted": False,
        "ConvertedDate": "2026-11-01",
        "Company": None,
        "Address": {
            "city": "Oslo",
            "country": None,
            "geocodeAccuracy": None,
            "latitude": None,
            "longitude": None,
            "postalCode": None,
            "state": None,
            "street": None,
        },
    }
    assert isinstance(record["AnnualRevenue"], float)


def test_a_parent_stands_in_the_record_as_a_record(world: World) -> None:
    assert first(world, "SELECT CreatedBy.Manager.Name, Name, CreatedBy.Name FROM Lead LIMIT 1") == {
        "attributes": {"type": "Lead", "url": f"/services/data/vXX.0/sobjects/Lead/{lead(1)}"},
        "CreatedBy": {
            "attributes": {"type": "User", "url": f"/services/data/vXX.0/sobjects/User/{REP}"},
            "Manager": {
                "attributes": {"type": "User", "url": f"/services/data/vXX.0/sobjects/User/{user(1)}"},
                "Name": "Maria Manager",
            },
            "Name": "Rita Rep",
        },
        "Name": "Ada",
    }
    assert plain(world.records("SELECT CreatedBy.Name FROM Lead ORDER BY Id")[1]) == {"CreatedBy": None}


def test_a_parent_of_several_possible_kinds_is_a_name(world: World) -> None:
    records = world.records("SELECT Owner.Name, Owner.Type FROM Lead ORDER BY Id")
    assert [record["Owner"] for record in records] == [
        {
            "attributes": {"type": "Name", "url": f"/services/data/vXX.0/sobjects/User/{REP}"},
            "Name": "Rita Rep",
            "Type": "User",
        },
        {
            "attributes": {"type": "Name", "url": f"/services/data/vXX.0/sobjects/Group/{QUEUE}"},
            "Name": "Lead Queue",
            "Type": "Queue",
        },
    ]
    who = world.records("SELECT Who.Name, Who.Type FROM Task LIMIT 1")[0]["Who"]
    assert plain(who) == {"Name": "Ada", "Type": "Lead"}


def test_children_are_a_result_of_their_own_and_none_are_null(world: World) -> None:
    records = world.records(
        "SELECT Id, (SELECT Subject FROM tasks WHERE ActivityDate > 2026-11-01 ORDER BY Subject DESC) "
        "FROM Lead"
    )
    children = records[0]["Tasks"]
    assert (children["totalSize"], children["done"]) == (2, True)
    assert [plain(record) for record in children["records"]] == [{"Subject": "Mail"}, {"Subject": "Call"}]
    assert children["records"][0]["attributes"] == {
        "type": "Task",
        "url": f"/services/data/vXX.0/sobjects/Task/{record_id('00T', 2)}",
    }
    assert records[1]["Tasks"] is None
    limited = first(world, "SELECT (SELECT Id FROM Tasks LIMIT 1), (SELECT Id FROM Histories) FROM Lead")
    assert list(plain(limited)) == ["Tasks", "Histories"]
    assert len(limited["Tasks"]["records"]) == 1


def test_history_values_are_shown_as_they_are_and_cannot_be_filtered(world: World) -> None:
    world.add("LeadHistory", LeadId=lead(1), Field="Owner", OldValue=REP, NewValue="x")
    record = first(world, "SELECT Field, OldValue, NewValue, Lead.Name FROM LeadHistory")
    assert plain(record)["OldValue"] == REP
    assert record["Lead"]["Name"] == "Ada"
    with pytest.raises(ApiError, match="field 'NewValue' can not be filtered in a query call"):
        world.query("SELECT Id FROM LeadHistory WHERE NewValue = 'x'")


def test_labels_are_shown_by_tolabel(world: World) -> None:
    assert plain(first(world, "SELECT toLabel(Status) FROM Lead LIMIT 1")) == {
        "Status": "Open - Not Contacted"
    }
    assert plain(first(world, "SELECT toLabel(Status) label FROM Lead LIMIT 1")) == {
        "label": "Open - Not Contacted"
    }


def test_fields_shows_what_the_user_may_read(world: World) -> None:
    everything = plain(first(world, "SELECT FIELDS(ALL) FROM Lead LIMIT 200"))
    assert "Secret__c" not in everything
    assert {"Id", "Name", "SLA_Key__c", "OwnerId"} <= set(everything)
    assert list(plain(first(world, "SELECT FIELDS(CUSTOM) FROM Lead LIMIT 1"))) == ["Regions__c"]
    assert "Regions__c" not in first(world, "SELECT FIELDS(STANDARD) FROM Lead")
    with pytest.raises(ApiError, match="LIMIT of at most 200"):
        world.query("SELECT FIELDS(ALL) FROM Lead")


def test_field_level_security_hides_a_field_wherever_it_stands(world: World) -> None:
    for soql in (
        "SELECT Secret__c FROM Lead",
        "SELECT Id FROM Lead ORDER BY Secret__c",
        "SELECT COUNT(Secret__c) FROM Lead",
        "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task WHERE Who.Secret__c = 'x')",
    ):
        with pytest.raises(ApiError) as refused:
            world.query(soql)
        assert refused.value.code == "INVALID_FIELD"
        assert "No such column 'Secret__c'" in refused.value.items[0].message
    granted = PermissionBundle(
        "granted", objects={"Lead": READABLE}, readable_fields=frozenset({"Lead.Secret__c"})
    )
    world.session = Session(REP, "t", Permissions((granted,)), lambda name: None)
    assert plain(first(world, "SELECT Secret__c FROM Lead LIMIT 1")) == {"Secret__c": None}


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id, Id FROM Lead", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id, lead.id FROM Lead", "INVALID_FIELD", "duplicate field selected: lead.id"),
        ("SELECT Name label FROM Lead", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
        (
            "SELECT Id, (SELECT Id FROM Nobodies) FROM Lead",
            "INVALID_TYPE",
            "relationship 'Nobodies' in FROM part",
        ),
        (
            "SELECT (SELECT Id FROM Tasks), (SELECT Id FROM Tasks) FROM Lead",
            "MALFORMED_QUERY",
            "same child relationship twice: Tasks",
        ),
        (
            "SELECT (SELECT COUNT(Id) FROM Tasks) FROM Lead",
            "MALFORMED_QUERY",
            "Only root queries support aggregate expressions",
        ),
        ("SELECT Id FROM Lead HAVING Id != null", "MALFORMED_QUERY", "unexpected token: 'HAVING'"),
        ("SELECT CALENDAR_YEAR(CreatedDate) FROM Lead", "MALFORMED_QUERY", "is not supported"),
        ("SELECT Owner FROM Lead", "INVALID_FIELD", "No such column 'Owner' on entity 'Lead'"),
    ],
)
def test_a_select_list_that_salesforce_refuses_is_refused(
    world: World, soql: str, code: str, message: str
) -> None:
    with pytest.raises(ApiError) as refused:
        world.query(soql)
    assert refused.value.code == code
    assert message in refused.value.items[0].message


def test_only_the_rows_of_the_page_are_rendered() -> None:
    rendered: list[Any] = []

    def render(row: dict[str, Any]) -> dict[str, Any]:
        rendered.append(row["Id"])
        return row

    records = Records([{"Id": str(number)} for number in range(10)], render)
    assert len(records) == 10
    assert [record["Id"] for record in records[4:6]] == ["4", "5"]
    assert records[9]["Id"] == "9"
    assert rendered == ["4", "5", "9"]


def test_a_result_stays_as_it_was_when_rows_change_later(world: World) -> None:
    result = world.query("SELECT Name, SystemModstamp FROM Lead ORDER BY Id")
    table = world.database.table("Lead")
    table.put({**table.rows[lead(1)], "Name": "Changed", "SystemModstamp": NOW + 1})
    assert [record["Name"] for record in result.records] == ["Ada", "Bob"]
