"""A write is checked as Salesforce checks it, and leaves what Salesforce leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sfsync.localorg.access import Session
from sfsync.localorg.errors import ApiError
from sfsync.localorg.ids import canonical
from sfsync.localorg.org import Org

START = 1_793_610_000
Refused = Callable[..., Any]
EVENT = "SLA_Event__c"


def row(org: Org, record_id: str) -> dict[str, Any]:
    found = org.schema.of_id(record_id)
    assert found is not None
    return org.database.table(found.name).rows[record_id]


def fails(org: Org, work: Callable[[], None]) -> str:
    """The errorCode that a transaction of this work fails with."""
    try:
        with org.transaction():
            work()
    except ApiError as error:
        return error.code
    raise AssertionError("nothing failed")


def test_a_new_lead_has_its_defaults_audit_fields_and_name(org: Org, worker: Session) -> None:
    lead = row(org, org.create(worker, "lead", {"lastname": "Ohm", "FirstName": "Ada", "Company": "Volt"}))
    assert lead["Name"] == "Ada Ohm"
    assert lead["Status"] == "Open - Not Contacted"
    assert lead["OwnerId"] == lead["CreatedById"] == lead["LastModifiedById"] == worker.user_id
    assert lead["CreatedDate"] == lead["LastModifiedDate"] == lead["SystemModstamp"] == START
    assert lead["IsDeleted"] is lead["IsConverted"] is False
    assert "Phone" not in lead


def test_an_update_moves_the_modstamp_and_nothing_else(org: Org, rep: Session, lead: str) -> None:
    before = row(org, lead)
    org.clock.advance(60)
    org.update(rep, "Lead", lead, {"City": "Rome"})
    moved = {"City", "LastModifiedDate", "LastModifiedById", "SystemModstamp"}
    after = row(org, lead)
    assert {name for name in after if after[name] != before.get(name)} == moved
    assert after["SystemModstamp"] == START + 60
    assert after["LastModifiedById"] == rep.user_id


def test_null_and_blank_empty_a_field(org: Org, worker: Session, lead: str) -> None:
    org.update(worker, "Lead", lead, {"City": " Rome ", "Title": "CTO"})
    assert row(org, lead)["City"] == "Rome"
    org.update(worker, "Lead", lead, {"City": None, "Title": "  "})
    assert {"City", "Title"}.isdisjoint(row(org, lead))


@pytest.mark.parametrize(
    ("values", "code", "message"),
    [
        (
            {"FirstName": "Ada"},
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [LastName, Company]",
        ),
        ({"Foo": 1}, "INVALID_FIELD", "No such column 'Foo' on sobject of type Lead"),
        ({"Id": "x"}, "INVALID_FIELD", "The Id field should not be specified in the sobject data."),
        (
            {"FirstName": "x" * 41},
            "STRING_TOO_LONG",
            f"First Name: data value too large: {'x' * 41} (max length=40)",
        ),
        (
            {"SLA_Band__c": "Hot"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "SLA Band: bad value for restricted picklist field: Hot",
        ),
        ({"Email": "a@b"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: a@b"),
        ({"OwnerId": "nobody"}, "MALFORMED_ID", "Owner ID: id value of incorrect type: nobody"),
        (
            {"OwnerId": "00Q5g5000000001EAA"},
            "MALFORMED_ID",
            "Owner ID: id value of incorrect type: 00Q5g5000000001EAA",
        ),
        ({"OwnerId": "0055g5000009999AAA"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        (
            {"SLA_Score__c": 1000},
            "NUMBER_OUTSIDE_VALID_RANGE",
            "SLA Score: value outside of valid range on numeric field: 1000",
        ),
    ],
)
def test_a_bad_value_is_refused_in_salesforces_words(
    org: Org, worker: Session, refused: Refused, values: dict[str, Any], code: str, message: str
) -> None:
    complete = {"LastName": "Ohm", "Company": "Volt"} if code != "REQUIRED_FIELD_MISSING" else {}
    with refused(code, message):
        org.create(worker, "Lead", complete | values)
    assert not org.database.table("Lead").rows


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("City", 5),
        ("City", ["Rome"]),
        ("NumberOfEmployees", "many"),
        ("NumberOfEmployees", 1.5),
        ("AnnualRevenue", True),
        ("SLA_Exempt__c", None),
        ("SLA_Exempt__c", "perhaps"),
        ("SLA_Due_At__c", "tomorrow"),
        ("SLA_Due_At__c", "2026-02-30T00:00:00Z"),
        ("EmailBouncedDate", 5),
    ],
)
def test_a_value_of_another_kind_is_a_parser_error(
    org: Org, worker: Session, lead: str, refused: Refused, name: str, value: Any
) -> None:
    with refused("JSON_PARSER_ERROR"):
        org.update(worker, "Lead", lead, {name: value})


def test_all_bad_values_are_named_at_once(org: Org, worker: Session, lead: str) -> None:
    with pytest.raises(ApiError) as caught:
        org.update(worker, "Lead", lead, {"City": "x" * 41, "Email": "nobody"})
    assert [item.fields for item in caught.value.items] == [("City",), ("Email",)]


def test_standard_picklists_take_values_that_are_not_on_them(org: Org, worker: Session, lead: str) -> None:
    org.update(worker, "Lead", lead, {"Status": "Dreaming", "Rating": "Tepid"})
    assert row(org, lead)["Status"] == "Dreaming"


def test_numbers_are_rounded_to_their_scale_and_datetimes_read_in_any_offset(
    org: Org, worker: Session, lead: str
) -> None:
    org.update(worker, "Lead", lead, {"SLA_Score__c": 67.5, "SLA_Due_At__c": "2026-11-02T10:00:00.000+01:00"})
    assert row(org, lead)["SLA_Score__c"] == 68
    assert row(org, lead)["SLA_Due_At__c"] == START


def test_fields_that_nobody_sets_are_refused_together(
    org: Org, worker: Session, lead: str, refused: Refused
) -> None:
    with refused(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Unable to create/update fields: Name, SystemModstamp. Please check the security settings of this "
        "field and verify that it is read/write for your profile or permission set.",
    ):
        org.update(worker, "Lead", lead, {"Name": "x", "SystemModstamp": "2026-11-02T09:00:00Z"})


def test_ids_of_15_characters_are_accepted_and_wrong_checksums_are_not(
    org: Org, worker: Session, lead: str, refused: Refused
) -> None:
    org.update(worker, "Lead", lead[:15], {"OwnerId": org.people.reps[1][:15]})
    assert row(org, lead)["OwnerId"] == org.people.reps[1]
    with refused("MALFORMED_ID"):
        org.update(worker, "Lead", lead[:15] + "ZZZ", {})
    with refused("INVALID_CROSS_REFERENCE_KEY"):
        org.update(worker, "Lead", "00Q5g5000000zzz", {})


def test_the_checksum_is_salesforces() -> None:
    assert canonical("001A0000006Vm9r") == "001A0000006Vm9rIAC"
    assert canonical("003q000000KvQ1t") == "003q000000KvQ1tAAF"
    assert canonical("a00D0000008pQRA") == "a00D0000008pQRAIA2"
    assert canonical("short") is None


def test_a_taken_key_names_the_field_and_the_row_and_is_free_again_after_deletion(
    org: Org, worker: Session, refused: Refused
) -> None:
    values = {"LastName": "Ohm", "Company": "Volt", "SLA_Source_Id__c": "k1"}
    first = org.create(worker, "Lead", values)
    with refused(
        "DUPLICATE_VALUE",
        f"duplicate value found: SLA_Source_Id__c duplicates value on record with id: {first[:15]}",
    ):
        org.create(worker, "Lead", values)
    org.create(worker, "Lead", values | {"SLA_Source_Id__c": "K1"})
    org.delete(worker, "Lead", first)
    org.create(worker, "Lead", values)
    with refused("DUPLICATE_VALUE"):
        org.undelete(worker, first)


def test_upsert_creates_then_changes_and_lists_several(org: Org, worker: Session) -> None:
    values = {"LastName": "Ohm", "Company": "Volt", "Email": "ada@volt.example"}
    first, created = org.upsert(worker, "Lead", "SLA_Source_Id__c", "k1", values)
    again, created_again = org.upsert(worker, "Lead", "SLA_Source_Id__c", "k1", {"City": "Rome"})
    assert (created, created_again, again) == (True, False, first)
    assert row(org, first)["City"] == "Rome"
    other = org.create(worker, "Lead", values)
    with pytest.raises(ApiError) as caught:
        org.upsert(worker, "Lead", "Email", "ADA@volt.example", {})
    assert caught.value.status == 300
    assert caught.value.body() == [f"/services/data/vXX.0/sobjects/Lead/{one}" for one in (first, other)]


def test_upsert_by_a_field_that_is_no_key_is_not_found(org: Org, worker: Session, refused: Refused) -> None:
    text = "Provided external ID field does not exist or is not accessible: City"
    with refused("NOT_FOUND", text, status=404):
        org.upsert(worker, "Lead", "City", "Rome", {})


def test_a_parent_may_be_named_by_its_own_key(org: Org, worker: Session, refused: Refused) -> None:
    lead = org.create(worker, "Lead", {"LastName": "Ohm", "Company": "Volt", "SLA_Source_Id__c": "k1"})
    parent = {"attributes": {"type": "Lead"}, "SLA_Source_Id__c": "k1"}
    event = org.create(worker, EVENT, {"Key__c": "a", "Kind__c": "Warned", "Lead__r": parent})
    assert row(org, event)["Lead__c"] == lead
    with refused("INVALID_FIELD"):
        org.create(worker, EVENT, {"Key__c": "b", "Lead__r": {"SLA_Source_Id__c": "unknown"}})


def test_the_ledger_counts_its_rows_and_holds_its_key(org: Org, worker: Session, refused: Refused) -> None:
    names = [
        row(org, org.create(worker, EVENT, {"Key__c": key, "Kind__c": "Warned"}))["Name"] for key in "aA"
    ]
    assert names == ["SLA-000001", "SLA-000002"]
    with refused("DUPLICATE_VALUE"):
        org.create(worker, EVENT, {"Key__c": "a", "Kind__c": "Warned"})
    with refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [Key__c]"):
        org.create(worker, EVENT, {"Kind__c": "Warned"})


def test_a_transaction_that_fails_leaves_every_table_and_index_as_it_was(
    org: Org, worker: Session, lead: str
) -> None:
    queries = (
        "SELECT Id, OwnerId, City FROM Lead WHERE OwnerId != null",
        "SELECT Id FROM Lead WHERE SystemModstamp >= 2026-11-02T09:00:00Z ORDER BY SystemModstamp, Id",
        "SELECT Id, Field FROM LeadHistory",
        "SELECT Id FROM Task",
        "SELECT Id FROM SLA_Event__c WHERE Key__c = 'k'",
    )
    before = [list(org.query(worker, one).records) for one in queries]

    def half_done() -> None:
        org.create(worker, "Task", {"WhoId": lead, "Subject": "y"})
        org.delete(worker, "Lead", lead)
        org.create(worker, "Lead", {})

    def changes() -> None:
        org.update(worker, "Lead", lead, {"OwnerId": org.people.reps[2], "City": "Rome"})
        org.create(worker, "Task", {"WhoId": lead, "Subject": "x"})
        org.create(worker, EVENT, {"Key__c": "k", "Kind__c": "Warned"})
        assert fails(org, half_done) == "REQUIRED_FIELD_MISSING"
        assert org.query(worker, "SELECT Id FROM Lead").total_size == 1
        assert org.query(worker, "SELECT Id FROM Task").total_size == 1
        org.create(worker, EVENT, {"Key__c": "k", "Kind__c": "Warned"})

    assert fails(org, changes) == "DUPLICATE_VALUE"
    assert [list(org.query(worker, one).records) for one in queries] == before


def test_a_failed_subwrite_leaves_the_rest_of_its_transaction(org: Org, worker: Session, lead: str) -> None:
    def further() -> None:
        org.update(worker, "Lead", lead, {"City": "Oslo"})
        org.update(worker, "Lead", lead, {"Foo": 1})

    with org.transaction():
        org.update(worker, "Lead", lead, {"City": "Rome"})
        assert fails(org, further) == "INVALID_FIELD"
    assert row(org, lead)["City"] == "Rome"


def test_a_closed_task_is_stamped_and_dates_its_lead(org: Org, worker: Session, lead: str) -> None:
    modstamp = row(org, lead)["SystemModstamp"]
    task = org.create(worker, "Task", {"WhoId": lead, "Subject": "Call", "ActivityDate": "2026-11-03"})
    assert row(org, task)["IsClosed"] is False
    org.clock.advance(60)
    org.update(worker, "Task", task, {"Status": "Completed"})
    assert row(org, task)["IsClosed"] is True
    assert row(org, task)["CompletedDateTime"] == START + 60
    assert row(org, lead)["LastActivityDate"] == "2026-11-03"
    assert row(org, lead)["SystemModstamp"] == modstamp


def test_an_event_has_its_end_from_its_duration(
    org: Org, worker: Session, lead: str, refused: Refused
) -> None:
    values = {"WhoId": lead, "Subject": "Meeting", "StartDateTime": "2026-11-02T23:30:00Z"}
    event = row(org, org.create(worker, "Event", values | {"DurationInMinutes": 60}))
    assert event["EndDateTime"] == event["StartDateTime"] + 3600
    assert (event["ActivityDate"], event["EndDate"]) == ("2026-11-02", "2026-11-03")
    with refused("REQUIRED_FIELD_MISSING"):
        org.create(worker, "Event", values)


def test_the_same_arguments_give_the_same_org(org: Org, worker: Session) -> None:
    twin = Org(org.schema, START)
    assert twin.people == org.people
    assert twin.issue_token(twin.people.integration) == worker.token
    assert Org(org.schema, START, seed=1).people != org.people


def test_many_rows_load_with_their_own_dates(org: Org, worker: Session) -> None:
    rows = ({"LastName": f"L{n}", "Company": "C", "CreatedDate": START - n} for n in range(5000))
    assert org.load("Lead", rows) == 5000
    oldest = org.query(
        worker, "SELECT Name, Status, SystemModstamp FROM Lead ORDER BY SystemModstamp LIMIT 1"
    )
    assert oldest.records[0]["Name"] == "L4999"
    assert oldest.records[0]["Status"] == "Open - Not Contacted"
    assert oldest.records[0]["SystemModstamp"] == "2026-11-02T07:36:41.000+0000"
