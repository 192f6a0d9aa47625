"""Rows, external ids, queries, history, deletion, the guards."""

from __future__ import annotations

from tests.conformance.cases import (
    ANYTHING,
    FACTS,
    NO_RULES,
    Case,
    Check,
    an_id,
    delete,
    error,
    get,
    lead,
    like,
    new_lead,
    patch,
    post,
    soql,
    with_keys,
)
from tests.conformance.table_composite import RULE

EXTERNAL = "/sobjects/Lead/SLA_Source_Id__c"
NOT_THERE = "00Q000000000000EAA"


def _event(key: str) -> dict[str, str]:
    return {
        "Key__c": key,
        "Lead_Id__c": "{lead}",
        "Kind__c": "Warned",
        "Occurred_At__c": "2026-11-02T09:00:00Z",
    }


ROWS = (
    Case(
        "a row has its attributes and times of second precision",
        "REST developer guide",
        "R",
        (
            Check(
                get("/sobjects/Lead/{lead}?fields=LastName,CreatedDate,IsConverted,Title"),
                200,
                {
                    "attributes": {"type": "Lead", "url": "/services/data/v68.0/sobjects/Lead/{lead}"},
                    "Id": "{lead}",
                    "LastName": "Case",
                    "CreatedDate": "2026-11-02T09:00:00.000+0000",
                    "IsConverted": False,
                    "Title": None,
                },
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "a 15-character id is as good as an 18-character one",
        "REST developer guide",
        "D",
        (Check(get("/sobjects/Lead/{lead15}?fields=Id"), 200, with_keys(Id="{lead}")),),
        given=(new_lead(),),
    ),
    Case(
        "a required field that is missing is named",
        FACTS,
        "C",
        (
            Check(
                post("/sobjects/Lead", {"OwnerId": "{rep}"}),
                400,
                error(
                    "REQUIRED_FIELD_MISSING",
                    like(r"Required fields are missing: \[(LastName, Company|Company, LastName)\]"),
                ),
            ),
        ),
    ),
    Case(
        "an unknown field is named",
        "restforce spec/fixtures/write_error_response.json",
        "R",
        (
            Check(
                post("/sobjects/Lead", lead(foo="x")),
                400,
                error("INVALID_FIELD", "No such column 'foo' on sobject of type Lead"),
            ),
        ),
    ),
    Case(
        "a text that is too long is refused with the limit",
        FACTS,
        "C",
        (
            Check(
                post("/sobjects/Lead", lead(FirstName="x" * 41)),
                400,
                error(
                    "STRING_TOO_LONG", like(r".*: data value too large: x+ \(max length=40\)"), ["FirstName"]
                ),
            ),
        ),
    ),
    Case(
        "a restricted picklist takes only its own values",
        FACTS,
        "C",
        (
            Check(
                post("/sobjects/Lead", lead(SLA_Budget__c="Loads")),
                400,
                error(
                    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                    like(".*: bad value for restricted picklist field: Loads"),
                    ["SLA_Budget__c"],
                ),
            ),
        ),
    ),
    Case(
        "the standard picklists of Lead take any value",
        FACTS,
        "R",
        (Check(post("/sobjects/Lead", lead(Status="Odd", Rating="Odd", LeadSource="Odd")), 201),),
    ),
    Case(
        "a deleted row says so",
        "public client code",
        "R",
        (
            Check(
                patch("/sobjects/Lead/{lead}", {"Title": "x"}),
                404,
                [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}],
            ),
        ),
        given=(new_lead(), delete("/sobjects/Lead/{lead}", user="manager")),
    ),
    Case(
        "an inactive user cannot own a lead",
        FACTS,
        "G",
        (
            Check(
                post("/sobjects/Lead", lead(OwnerId="{rep2}"), headers=NO_RULES),
                400,
                error("INACTIVE_OWNER_OR_USER", like("operation performed with inactive user .*")),
            ),
        ),
        given=(patch("/sobjects/User/{rep2}", {"IsActive": False}),),
    ),
    Case(
        "a converted lead is read-only",
        "simple-salesforce #341; mautic #6560",
        "R",
        (
            Check(
                patch("/sobjects/Lead/{lead}", {"Title": "x"}),
                400,
                [
                    {
                        "message": "cannot reference converted lead",
                        "errorCode": "CANNOT_UPDATE_CONVERTED_LEAD",
                        "fields": [],
                    }
                ],
            ),
            Check(
                get("/sobjects/Lead/{lead}?fields=IsConverted,ConvertedDate"),
                200,
                with_keys(IsConverted=True, ConvertedDate="2026-11-02"),
            ),
        ),
        given=(new_lead(), post("/_org/convert", {"lead_id": "{lead}"})),
    ),
    Case(
        "upsert makes what is not there and changes what is",
        FACTS,
        "D",
        (
            Check(
                patch(f"{EXTERNAL}/one", lead()),
                201,
                {"id": an_id("00Q"), "errors": [], "success": True, "created": True},
            ),
            Check(
                patch(f"{EXTERNAL}/one", {"Title": "x"}),
                200,
                {"id": an_id("00Q"), "errors": [], "success": True, "created": False},
            ),
            Check(soql("SELECT COUNT() FROM Lead"), 200, with_keys(totalSize=1)),
        ),
    ),
    Case(
        "upsert of what is there may answer 204",
        FACTS + ", question 10",
        "?",
        (Check(patch(f"{EXTERNAL}/one", {"Title": "x"}), 204, None),),
        given=(new_lead(SLA_Source_Id__c="one"),),
        settings={"upsert_found_status": 204},
    ),
    Case(
        "several matches answer 300 with their addresses",
        "REST developer guide",
        "R",
        (
            Check(
                patch("/sobjects/SLA_Event__c/Lead_Id__c/{lead}", {"Kind__c": "Warned"}),
                300,
                [
                    "/services/data/v68.0/sobjects/SLA_Event__c/{one}",
                    "/services/data/v68.0/sobjects/SLA_Event__c/{two}",
                ],
            ),
        ),
        given=(
            new_lead(),
            post("/sobjects/SLA_Event__c", _event("k1"), keep={"one": "id"}),
            post("/sobjects/SLA_Event__c", _event("k2"), keep={"two": "id"}),
        ),
    ),
    Case(
        "Id and the external id stay out of the body",
        FACTS,
        "D",
        (
            Check(post("/sobjects/Lead", lead(Id=NOT_THERE)), 400, [ANYTHING]),
            Check(patch(f"{EXTERNAL}/one", lead(SLA_Source_Id__c="one")), 400, [ANYTHING]),
            Check(patch(f"{EXTERNAL}/one", lead(Id=NOT_THERE)), 400, [ANYTHING]),
        ),
    ),
    Case(
        "an external id field that there is not is not found",
        "restforce spec/fixtures",
        "R",
        (
            Check(
                patch("/sobjects/Lead/Namez/x", lead()),
                404,
                [
                    {
                        "message": "Provided external ID field does not exist or is not accessible: Namez",
                        "errorCode": "NOT_FOUND",
                    }
                ],
            ),
        ),
    ),
    Case(
        "a row can be read and deleted by its external id",
        "REST developer guide",
        "D",
        (
            Check(get(f"{EXTERNAL}/one?fields=LastName"), 200, with_keys(LastName="Case")),
            Check(get(f"{EXTERNAL}/two"), 404, error("NOT_FOUND")),
            Check(delete(f"{EXTERNAL}/one", user="manager"), 204, None),
            Check(get(f"{EXTERNAL}/one"), 404, [ANYTHING]),
        ),
        given=(new_lead(SLA_Source_Id__c="one"),),
    ),
    Case(
        "a unique value that is taken is refused",
        "salesforce.stackexchange.com/questions/197382",
        "C",
        (
            Check(
                post("/sobjects/Lead", lead(SLA_Source_Id__c="one")),
                400,
                error(
                    "DUPLICATE_VALUE",
                    "duplicate value found: SLA_Source_Id__c duplicates value on record with id: {lead15}",
                ),
            ),
        ),
        given=(new_lead(SLA_Source_Id__c="one"),),
    ),
    Case(
        "without Sforce-Auto-Assign the assignment rule takes a lead on creation and on update",
        FACTS,
        "D",
        (
            Check(post("/sobjects/Lead", lead()), 201),
            Check(soql("SELECT OwnerId FROM Lead"), 200, with_keys(records=[with_keys(OwnerId="{queue}")])),
        ),
        given=(RULE,),
    ),
    Case(
        "with Sforce-Auto-Assign FALSE the rule leaves the lead alone",
        FACTS,
        "D",
        (
            Check(post("/sobjects/Lead", lead(), headers=NO_RULES), 201),
            Check(soql("SELECT OwnerId FROM Lead"), 200, with_keys(records=[with_keys(OwnerId="{rep}")])),
        ),
        given=(RULE,),
    ),
    Case(
        "an owner change writes two history rows, one with names and one with ids",
        FACTS,
        "G",
        (
            Check(
                soql("SELECT Field, OldValue, NewValue FROM LeadHistory WHERE Field = 'Owner'"),
                200,
                with_keys(totalSize=2),
            ),
            Check(
                soql("SELECT CreatedById FROM LeadHistory WHERE Field = 'Owner' LIMIT 1"),
                200,
                with_keys(records=[with_keys(CreatedById="{worker}")]),
            ),
        ),
        given=(new_lead(), patch("/sobjects/Lead/{lead}", {"OwnerId": "{rep2}"}, headers=NO_RULES)),
    ),
    Case(
        "a guard that names another owner is refused with the rule's own text",
        "design.md, section 4",
        "D",
        (
            Check(
                patch(
                    "/sobjects/Lead/{lead}",
                    {"SLA_Guard__c": "{rep2}|Open - Not Contacted|abc", "SLA_Revision__c": 1},
                    headers=NO_RULES,
                ),
                400,
                error("FIELD_CUSTOM_VALIDATION_EXCEPTION", like("SFSYNC_STALE.*")),
            ),
            Check(
                patch(
                    "/sobjects/Lead/{lead}",
                    {"SLA_Guard__c": "{rep15}|Open - Not Contacted|abc", "SLA_Revision__c": 1},
                    headers=NO_RULES,
                ),
                204,
            ),
        ),
        given=(new_lead(),),
    ),
)
