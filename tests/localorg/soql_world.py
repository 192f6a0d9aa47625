"""A small org for the SOQL tests: leads, tasks, users, a queue, history; ids of each object count up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfsync.localorg.access import Permissions, Session
from sfsync.localorg.database import Database
from sfsync.localorg.ids import IdSequence, with_checksum
from sfsync.localorg.rights import ObjectRights, PermissionBundle
from sfsync.localorg.schema import ChildRelationship, Field, ObjectType, PicklistValue, Schema, Value
from sfsync.localorg.soql import QueryResult, SelectLists, execute, parse

NOW = 1_793_610_000  # Monday 2026-11-02T09:00:00Z
HOUR = 3600
DAY = 24 * HOUR


def record_id(prefix: str, number: int) -> str:
    return with_checksum(f"{prefix}000{number:09d}")


def user(number: int) -> str:
    return record_id("005", number)


def lead(number: int) -> str:
    return record_id("00Q", number)


QUEUE = record_id("00G", 1)
MANAGER, REP, OTHER_REP = user(1), user(2), user(3)


def _fields(*fields: Field) -> dict[str, Field]:
    base = (
        Field("Id", "id", "Id", permissionable=False),
        Field("IsDeleted", "boolean", "Deleted", permissionable=False),
        Field("CreatedDate", "datetime", "Created Date", permissionable=False),
        Field("SystemModstamp", "datetime", "System Modstamp", permissionable=False),
    )
    return {field.name: field for field in (*base, *fields)}


STATUS = tuple(
    PicklistValue(value, label)
    for value, label in (("Open", "Open - Not Contacted"), ("Accepted", "Accepted"), ("Nurture", "Nurture"))
)

SCHEMA = Schema(
    [
        ObjectType(
            "Lead",
            "00Q",
            "Lead",
            "Leads",
            _fields(
                Field("Name", "string", "Name", length=121, name_field=True),
                Field("Status", "picklist", "Status", picklist=STATUS),
                Field("Company", "string", "Company", length=255),
                Field("Email", "email", "Email", length=80),
                Field("Description", "textarea", "Description", length=32000, long_text=True),
                Field("AnnualRevenue", "currency", "Annual Revenue", precision=18),
                Field("NumberOfEmployees", "int", "Employees"),
                Field("IsConverted", "boolean", "Converted"),
                Field("ConvertedDate", "date", "Converted Date"),
                Field("Regions__c", "multipicklist", "Regions", custom=True),
                Field("SLA_Key__c", "string", "Key", unique=True, external_id=True, case_sensitive=True),
                Field("Secret__c", "string", "Secret", custom=True),
                Field("City", "string", "City", compound="Address"),
                Field("Country", "string", "Country", compound="Address"),
                Field("Address", "address", "Address"),
                Field(
                    "OwnerId",
                    "reference",
                    "Owner ID",
                    reference_to=("Group", "User"),
                    relationship_name="Owner",
                ),
                Field(
                    "CreatedById",
                    "reference",
                    "Created By",
                    reference_to=("User",),
                    relationship_name="CreatedBy",
                ),
            ),
            children=(
                ChildRelationship("Task", "WhoId", "Tasks", True),
                ChildRelationship("LeadHistory", "LeadId", "Histories", True),
            ),
        ),
        ObjectType(
            "Task",
            "00T",
            "Task",
            "Tasks",
            _fields(
                Field("Subject", "combobox", "Subject", length=255, name_field=True),
                Field("ActivityDate", "date", "Due Date"),
                Field("IsArchived", "boolean", "Archived"),
                Field(
                    "WhoId", "reference", "Name", reference_to=("Contact", "Lead"), relationship_name="Who"
                ),
            ),
        ),
        ObjectType(
            "LeadHistory",
            "017",
            "Lead History",
            "Lead History",
            _fields(
                Field("LeadId", "reference", "Lead", reference_to=("Lead",), relationship_name="Lead"),
                Field("Field", "picklist", "Changed Field"),
                Field("OldValue", "anyType", "Old Value"),
                Field("NewValue", "anyType", "New Value"),
            ),
            history_of="Lead",
        ),
        ObjectType(
            "User",
            "005",
            "User",
            "Users",
            _fields(
                Field("Name", "string", "Name", name_field=True),
                Field("IsActive", "boolean", "Active"),
                Field("TimeZoneSidKey", "picklist", "Time Zone"),
                Field(
                    "UserRoleId", "reference", "Role", reference_to=("User",), relationship_name="UserRole"
                ),
                Field(
                    "ManagerId", "reference", "Manager", reference_to=("User",), relationship_name="Manager"
                ),
            ),
        ),
        ObjectType(
            "Group",
            "00G",
            "Group",
            "Groups",
            _fields(Field("Name", "string", "Name", name_field=True), Field("Type", "picklist", "Type")),
        ),
        ObjectType("Salary__c", "a00", "Salary", "Salaries", _fields()),
    ]
)

_PREFIXES = {"Lead": "00Q", "Task": "00T", "LeadHistory": "017", "User": "005", "Group": "00G"}
READABLE = ObjectRights(read=True)
_BUNDLE = PermissionBundle(
    "tests",
    objects=dict.fromkeys(("Lead", "Task", "User", "Group"), READABLE),
    standard_fields=True,
    readable_fields=frozenset({"Lead.SLA_Key__c", "Lead.Regions__c"}),
)


class World:
    """The rows of the org; `add` gives each object's ids in ascending order."""

    def __init__(self, session: Session | None = None) -> None:
        self.database = Database(SCHEMA)
        self.select_lists = SelectLists()
        self._ids = {name: IdSequence(prefix, "000") for name, prefix in _PREFIXES.items()}
        self.session = session or Session(REP, "token", Permissions((_BUNDLE,)), lambda name: None)
        self.add("User", Name="Maria Manager", IsActive=True, TimeZoneSidKey="UTC")
        self.add("User", Name="Rita Rep", IsActive=True, ManagerId=MANAGER, TimeZoneSidKey="America/New_York")
        self.add("User", Name="oscar rep", IsActive=False, ManagerId=MANAGER, TimeZoneSidKey="UTC")
        self.add("Group", Name="Lead Queue", Type="Queue")

    def add(self, object_name: str, **values: Value) -> str:
        new = self._ids[object_name].next()
        defaults: dict[str, Value] = {"IsDeleted": False, "CreatedDate": NOW, "SystemModstamp": NOW}
        self.database.table(object_name).put({"Id": new, **defaults, **values})
        return new

    def query(self, soql: str, **options: Any) -> QueryResult:
        return execute(
            parse(soql),
            self.database,
            now=NOW,
            user=self.session,
            select_lists=self.select_lists,
            **options,
        )

    def records(self, soql: str, **options: Any) -> list[dict[str, Any]]:
        return list(self.query(soql, **options).records)

    def names(self, where: str) -> list[Any]:
        """Names of the leads that a WHERE clause (and what follows it) finds, in order."""
        return [record["Name"] for record in self.records(f"SELECT Name FROM Lead WHERE {where}")]


def plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without its `attributes`."""
    return {name: value for name, value in record.items() if name != "attributes"}
