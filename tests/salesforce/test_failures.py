"""Every error body means one kind of failure, and none of its values gets out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfsync.errors import Budget, Config, Permanent, SfsyncError, Stale, Transient
from sfsync.salesforce.failures import MEANINGS, classify, may_resend


def item(code: str, message: str = "", *fields: str) -> dict[str, object]:
    return {"errorCode": code, "message": message, "fields": list(fields)}


CASES: list[tuple[int, list[dict[str, object]], type[SfsyncError]]] = [
    (401, [item("INVALID_SESSION_ID", "Session expired or invalid")], Config),
    (403, [item("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")], Budget),
    (403, [item("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")], Transient),
    (400, [item("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")], Transient),
    (500, [item("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")], Transient),
    (400, [item("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")], Stale),
    (400, [item("FIELD_CUSTOM_VALIDATION_EXCEPTION", "SFSYNC_STALE: the owner changed")], Stale),
    (400, [item("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Phone must begin with +")], Permanent),
    (400, [item("FIELD_CUSTOM_VALIDATION_EXCEPTION", "not SFSYNC_STALE at all")], Permanent),
    (
        400,
        [item("DUPLICATE_VALUE", "duplicate value found: Key__c duplicates value on record with id: a0X")],
        Stale,
    ),
    (
        400,
        [item("DUPLICATE_VALUE", "duplicate value found: Tax__c duplicates value on record with id: a0X")],
        Permanent,
    ),
    (400, [item("DUPLICATE_VALUE", "duplicate value found: SFSync_Key__c duplicates value on …")], Permanent),
    (
        400,
        [item("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: SLA_Score__c. Please …")],
        Config,
    ),
    (400, [item("INVALID_FIELD", "No such column 'foo' on sobject of type Bar")], Config),
    (400, [item("INVALID_TYPE", "sObject type 'SLA_Event__c' is not supported.")], Config),
    (400, [item("INACTIVE_OWNER_OR_USER", "operation performed with inactive user [005]")], Permanent),
    (404, [item("ENTITY_IS_DELETED", "entity is deleted")], Stale),
    (404, [item("NOT_FOUND", "The requested resource does not exist")], Permanent),
    (
        404,
        [item("NOT_FOUND", "Provided external ID field does not exist or is not accessible: Key__c")],
        Config,
    ),
    (400, [item("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")], Stale),
    (403, [item("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")], Permanent),
    (400, [item("INSUFFICIENT_ACCESS_OR_READONLY", "no", "SLA_Score__c")], Config),
    (
        400,
        [item("STRING_TOO_LONG", "Company: data value too large: Ada's (max length=40)", "Company")],
        Permanent,
    ),
    (400, [item("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]")], Permanent),
    (400, [item("DUPLICATES_DETECTED", "You're creating a duplicate record.")], Permanent),
    (503, [item("SERVER_UNAVAILABLE", "Server too busy")], Transient),
    (400, [item("QUERY_TIMEOUT", "Your query request was running for too long.")], Transient),
    (400, [item("MALFORMED_QUERY", "unexpected token")], Config),
    (400, [item("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")], Config),
    (400, [item("CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record")], Permanent),
    (400, [item("ENTITY_IS_LOCKED", "This record is locked")], Permanent),
    (400, [item("PROCESSING_HALTED", "The transaction was rolled back")], Transient),
    (400, [item("A_CODE_FROM_NEXT_YEAR", "?")], Permanent),
    (500, [item("A_CODE_FROM_NEXT_YEAR", "?")], Transient),
]


@pytest.mark.parametrize(("status", "items", "kind"), CASES, ids=lambda value: str(value)[:70])
def test_each_error_code_has_its_kind(
    status: int, items: list[dict[str, object]], kind: type[SfsyncError]
) -> None:
    error = classify(items, lead_id="00Q1", status=status)
    assert type(error) is kind
    assert error.lead_id == "00Q1"
    assert error.error_code == items[0]["errorCode"]


def test_an_item_of_a_collection_says_status_code_instead() -> None:
    assert type(classify([{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "", "fields": []}])) is Transient


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["PROCESSING_HALTED", "PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"], Permanent),
        (["REQUIRED_FIELD_MISSING", "ENTITY_IS_DELETED"], Stale),
        (["REQUIRED_FIELD_MISSING", "INVALID_FIELD"], Config),
        (["UNABLE_TO_LOCK_ROW", "REQUIRED_FIELD_MISSING"], Permanent),
    ],
)
def test_of_several_complaints_the_one_that_decides_speaks(codes: list[str], kind: type[SfsyncError]) -> None:
    assert type(classify([item(code) for code in codes])) is kind


def test_a_guard_speaks_even_when_a_rule_of_the_customers_complains_too() -> None:
    both = [
        item("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Phone must begin with +"),
        item("FIELD_CUSTOM_VALIDATION_EXCEPTION", "SFSYNC_STALE: revision"),
    ]
    assert type(classify(both)) is Stale


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (503, Transient),
        (502, Transient),
        (429, Transient),
        (302, Config),
        (300, Permanent),
        (403, Config),
        (414, Config),
    ],
)
@pytest.mark.parametrize("body", [[], None, "<html>busy</html>", {"error": "x"}, [17], [["x"]]])
def test_without_an_error_code_the_status_speaks(status: int, kind: type[SfsyncError], body: object) -> None:
    assert type(classify(body, status=status)) is kind


@pytest.mark.parametrize(
    ("status", "code", "maybe_done"),
    [
        (502, None, True),
        (503, None, True),
        (503, "SERVER_UNAVAILABLE", True),
        (500, "UNKNOWN_EXCEPTION", True),
        (400, "UNABLE_TO_LOCK_ROW", False),
        (429, None, False),
    ],
)
def test_a_server_that_failed_may_have_done_it_and_a_lock_refused_it(
    status: int, code: str | None, maybe_done: bool
) -> None:
    error = classify([item(code)] if code else [], status=status)
    assert isinstance(error, Transient)
    assert error.maybe_done is maybe_done


def test_a_lost_query_locator_is_not_asked_for_again() -> None:
    error = classify([item("INVALID_QUERY_LOCATOR")], status=400)
    assert isinstance(error, Transient)
    assert not may_resend(error)


def test_the_text_names_fields_and_no_values() -> None:
    for code in MEANINGS:
        error = classify([item(code, f"{code}: Canary Person <canary@example.com> (555) 0100", "LastName")])
        assert "LastName" in str(error)
        for leaked in ("Canary", "canary@", "0100"):
            assert leaked not in str(error)
        assert "Canary Person" in error.said


@pytest.mark.parametrize(
    ("code", "message", "names"),
    [
        ("INVALID_FIELD", "\nSELECT foo\n^\nNo such column 'foo' on entity 'Bar'. If you are", "(foo, Bar)"),
        (
            "INVALID_FIELD",
            "\nCampain.Name FROM Lead\n^\nERROR at Row:1:Column:30\nDidn't understand relationship 'Campain' in field"
            " path. If you are attempting to use a custom relationship, be sure to append the '__r' after",
            "(Campain)",
        ),
        (
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: A__c, B__c. Please",
            "(A__c, B__c)",
        ),
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName, Company]", "(LastName, Company)"),
        ("STRING_TOO_LONG", "Company: data value too large: Canary (max length=40)", "(Company)"),
        (
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Rating: bad value for restricted picklist field: x",
            "(Rating)",
        ),
    ],
)
def test_names_of_fields_are_found_in_the_message(code: str, message: str, names: str) -> None:
    assert str(classify([item(code, message)])).endswith(names)


def test_neither_a_code_nor_a_field_name_can_smuggle_a_value() -> None:
    error = classify(
        [{"errorCode": "Canary Person", "message": "", "fields": ["canary@example.com", "x" * 99]}]
    )
    assert "anary" not in str(error)
    assert "xxx" not in str(error)


def recorded() -> list[dict[str, object]]:
    path = Path(__file__).resolve().parents[2] / ".." / "shared" / "recordings" / "error_bodies.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_every_recorded_error_body_has_an_entry_of_its_own() -> None:
    for record in recorded():
        body = record["body"]
        assert isinstance(body, list)
        for entry in body[0].get("errors", body):
            code = entry.get("errorCode") or entry.get("statusCode")
            assert code in MEANINGS or code == "REQUEST_LIMIT_EXCEEDED", code
