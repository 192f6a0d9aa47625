"""What an org says of itself: which fields history is kept for, and what the user may do."""

from __future__ import annotations

from tests.conformance.cases import Case, Check, error, get, post, soql, with_keys
from tests.conformance.table_soql import found

LIMITATIONS = "Tooling API, SOQL Operation Limitations"
TRACKED = (
    "SELECT QualifiedApiName FROM FieldDefinition"
    " WHERE EntityDefinitionId = 'Lead' AND QualifiedApiName IN ('OwnerId', 'Status', 'City')"
    " AND IsFieldHistoryTracked = true"
)
LEAD_FIELDS = "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId = 'Lead' AND "


def _refused(statement: str, message: str) -> Check:
    return Check(soql(statement), 400, [with_keys(message=message)])


SETUP = (
    Case(
        "FieldDefinition says which fields of an object history is kept for",
        "Object Reference, FieldDefinition",
        "D",
        (found(TRACKED, {"QualifiedApiName": "Status"}, {"QualifiedApiName": "OwnerId"}),),
    ),
    Case(
        "a standard field goes by its object and name, a lookup without Id",
        "recorded replies in public tools (attributes.url /sobjects/FieldDefinition/Lead.Id; Contact.Account)",
        "C",
        (
            found(
                "SELECT DurableId, DeveloperName, Label FROM FieldDefinition WHERE DurableId = 'Lead.Owner'",
                {"DurableId": "Lead.Owner", "DeveloperName": "Owner"},
            ),
        ),
    ),
    Case(
        "FieldDefinition wants a filter on its object",
        "public tools that met MALFORMED_QUERY",
        "C",
        (
            Check(
                soql("SELECT QualifiedApiName FROM FieldDefinition WHERE IsFieldHistoryTracked = true"),
                400,
                error(
                    "MALFORMED_QUERY",
                    "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]",
                ),
            ),
        ),
    ),
    Case(
        "FieldDefinition takes conditions of equality that hold together, and no groups",
        LIMITATIONS,
        "D",
        (
            _refused(LEAD_FIELDS + "QualifiedApiName != 'City'", "Only equals comparisons permitted"),
            _refused(
                LEAD_FIELDS + "(QualifiedApiName = 'City' OR QualifiedApiName = 'State')",
                "Disjunctions not supported",
            ),
            _refused(
                "SELECT DataType, COUNT(Id) FROM FieldDefinition WHERE EntityDefinitionId = 'Lead' GROUP BY DataType",
                "The requested operation is not yet supported by this SObject storage type, contact "
                "salesforce.com support for more information.",
            ),
        ),
    ),
    Case(
        "FieldDefinition knows neither LIMIT nor OFFSET",
        LIMITATIONS,
        "D",
        (
            found(TRACKED + " LIMIT 1", {"QualifiedApiName": "Status"}, {"QualifiedApiName": "OwnerId"}),
            found(
                TRACKED + " LIMIT 1 OFFSET 1", {"QualifiedApiName": "Status"}, {"QualifiedApiName": "OwnerId"}
            ),
        ),
    ),
    *(
        Case(
            f"who may view the setup {'sees' if shown else 'may not see'} FieldDefinition",
            "no source at hand says who may query it",
            "?",
            (
                Check(soql(TRACKED), 200, with_keys(totalSize=2))
                if shown
                else Check(soql(TRACKED), 400, error("INVALID_TYPE")),
            ),
            settings={"field_definition_shown": shown},
        )
        for shown in (True, False)
    ),
    Case(
        "UserPermissionAccess has one row, what the user may do",
        "Object Reference, UserPermissionAccess (41.0)",
        "D",
        (
            found(
                "SELECT PermissionsTransferAnyLead, PermissionsModifyAllData FROM UserPermissionAccess",
                {"PermissionsTransferAnyLead": True, "PermissionsModifyAllData": False},
            ),
            Check(
                soql("SELECT PermissionsTransferAnyLead FROM UserPermissionAccess", user="rep"),
                200,
                with_keys(records=[with_keys(PermissionsTransferAnyLead=False)]),
            ),
        ),
    ),
    Case(
        "TaskStatus says of each Task Status whether it closes a Task and which is the default",
        "Object Reference, TaskStatus",
        "D",
        (
            found(
                "SELECT ApiName, MasterLabel, IsClosed, IsDefault FROM TaskStatus ORDER BY SortOrder LIMIT 3",
                {
                    "ApiName": "Not Started",
                    "MasterLabel": "Not Started",
                    "IsClosed": False,
                    "IsDefault": True,
                },
                {"ApiName": "In Progress", "IsClosed": False, "IsDefault": False},
                {"ApiName": "Completed", "IsClosed": True, "IsDefault": False},
            ),
        ),
    ),
    Case(
        "what the org works out itself is not written",
        "Object Reference, supported calls",
        "D",
        (
            Check(post("/sobjects/UserPermissionAccess", {"PermissionsApiEnabled": True}), 400),
            Check(
                get("/sobjects/FieldDefinition/describe"), 200, with_keys(createable=False, queryable=True)
            ),
        ),
    ),
)
