"""Collections: create, update, upsert, delete, retrieve."""

from __future__ import annotations

from tests.conformance.cases import (
    FACTS,
    NO_RULES,
    Case,
    Check,
    an_id,
    delete,
    each,
    error,
    get,
    item_error,
    lead,
    new_lead,
    patch,
    post,
    soql,
    with_keys,
)
from tests.conformance.table_composite import NO_NAME, NONE_LEFT, RULE

ROLLED_BACK = {
    "success": False,
    "errors": [
        {
            "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "message": "Record rolled back because not all records were valid and the request was using "
            "AllOrNone header",
            "fields": [],
        }
    ],
}


def _records(*records: dict[str, object], **flags: object) -> dict[str, object]:
    return {
        "allOrNone": False,
        **flags,
        "records": [{"attributes": {"type": "Lead"}, **one} for one in records],
    }


COLLECTIONS = (
    Case(
        "inserted items have no 'created'",
        "recorded by django-salesforce",
        "R",
        (
            Check(
                post("/composite/sobjects", _records(lead(), lead())),
                200,
                each({"id": an_id("00Q"), "success": True, "errors": []}, 2),
            ),
        ),
    ),
    Case(
        "results stand in input order and item errors say statusCode",
        "recorded by django-salesforce",
        "R",
        (
            Check(
                post("/composite/sobjects", _records(lead(), NO_NAME, lead())),
                200,
                [
                    with_keys(success=True),
                    item_error(
                        "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]
                    ),
                    with_keys(success=True),
                ],
            ),
            Check(soql("SELECT COUNT() FROM Lead"), 200, with_keys(totalSize=2)),
        ),
    ),
    Case(
        "with allOrNone the siblings of a bad row are rolled back and say so",
        "django-salesforce tests/test_mock/test_data.py",
        "R",
        (
            Check(
                post("/composite/sobjects", _records(lead(), NO_NAME, allOrNone=True)),
                200,
                [ROLLED_BACK, item_error("REQUIRED_FIELD_MISSING")],
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "201 records are refused",
        FACTS,
        "C",
        (
            Check(
                post("/composite/sobjects", _records(*(lead() for _ in range(201)))),
                400,
                error(
                    "EXCEEDED_ID_LIMIT",
                    "record limit reached. cannot submit more than 200 records into this call",
                ),
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "updated items have no 'created' and only what is given changes",
        "recorded by django-salesforce",
        "R",
        (
            Check(
                patch("/composite/sobjects", _records({"Id": "{lead}", "Title": "Buyer"}), headers=NO_RULES),
                200,
                [{"id": "{lead}", "success": True, "errors": []}],
            ),
            Check(
                get("/sobjects/Lead/{lead}?fields=Title,Company"),
                200,
                with_keys(Title="Buyer", Company="Conformance"),
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "a collection without Sforce-Auto-Assign lets the assignment rule take the leads on update",
        FACTS,
        "D",
        (
            Check(patch("/composite/sobjects", _records({"Id": "{lead}", "Title": "Buyer"})), 200),
            Check(get("/sobjects/Lead/{lead}?fields=OwnerId"), 200, with_keys(OwnerId="{queue}")),
        ),
        given=(new_lead(), RULE),
    ),
    Case(
        "upserted items carry 'created'",
        "REST developer guide",
        "D",
        (
            Check(
                patch(
                    "/composite/sobjects/Lead/SLA_Source_Id__c",
                    _records(lead(SLA_Source_Id__c="a", Title="again"), lead(SLA_Source_Id__c="b")),
                ),
                200,
                [
                    {"id": "{lead}", "success": True, "errors": [], "created": False},
                    {"id": an_id("00Q"), "success": True, "errors": [], "created": True},
                ],
            ),
        ),
        given=(new_lead(SLA_Source_Id__c="a"),),
    ),
    Case(
        "a key that stands twice in one upsert is refused in both rows",
        "known from SOAP and Bulk",
        "G",
        (
            Check(
                patch(
                    "/composite/sobjects/Lead/SLA_Source_Id__c",
                    _records(lead(SLA_Source_Id__c="a"), lead(SLA_Source_Id__c="a")),
                ),
                200,
                each(item_error("DUPLICATE_VALUE", "Duplicate external id specified: a"), 2),
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "retrieving answers in order and null for what is not there",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/sobjects/Lead",
                    {"ids": ["{lead}", "00Q000000000000EAA", "{other}"], "fields": ["LastName"]},
                ),
                200,
                [with_keys(LastName="Case"), None, with_keys(LastName="Other")],
            ),
        ),
        given=(new_lead(), new_lead("other", LastName="Other")),
    ),
    Case(
        "2,001 ids are too many to retrieve",
        "REST developer guide",
        "D",
        (
            Check(
                post("/composite/sobjects/Lead", {"ids": ["{lead}"] * 2001, "fields": ["Id"]}),
                400,
                error("EXCEEDED_ID_LIMIT"),
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "deleting answers item by item",
        "REST developer guide",
        "D",
        (
            Check(
                delete("/composite/sobjects?ids={lead},{other}&allOrNone=false", user="manager"),
                200,
                [
                    {"id": "{lead}", "success": True, "errors": []},
                    {"id": "{other}", "success": True, "errors": []},
                ],
            ),
            NONE_LEFT,
        ),
        given=(new_lead(), new_lead("other", LastName="Other")),
    ),
    Case(
        "a type that there is not is an item's error",
        FACTS,
        "G",
        (
            Check(
                post(
                    "/composite/sobjects",
                    {"records": [{"attributes": {"type": "Nothing__c"}, "Name": "x"}]},
                ),
                200,
                [item_error("INVALID_TYPE")],
            ),
        ),
    ),
)
