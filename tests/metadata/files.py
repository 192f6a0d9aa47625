"""The files of the SFDX project in salesforce/, read, and what design.md says of them (`expected.toml`)."""

from __future__ import annotations

import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = REPOSITORY / "salesforce"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
PACKAGES = ("core", "starter")
FILES = sorted(PROJECT.rglob("*-meta.xml"))
ROOTS = {
    "app": "CustomApplication",
    "customPermission": "CustomPermission",
    "dashboard": "Dashboard",
    "dashboardFolder": "DashboardFolder",
    "field": "CustomField",
    "group": "Group",
    "layout": "Layout",
    "listView": "ListView",
    "object": "CustomObject",
    "permissionset": "PermissionSet",
    "report": "Report",
    "reportFolder": "ReportFolder",
    "reportType": "ReportType",
    "sharingRules": "SharingRules",
    "standardValueSet": "StandardValueSet",
    "tab": "CustomTab",
    "validationRule": "ValidationRule",
}

EXPECTED = tomllib.loads(Path(__file__).with_name("expected.toml").read_text(encoding="utf-8"))
CORE_OBJECTS = frozenset(EXPECTED["fields"]["core"])
FORMULAS = EXPECTED["formulas"]
WORKER_OWNED = frozenset(
    f"SLA_{name}__c"
    for name in (
        *("Score", "Band", "Reasons", "Status", "Clock", "Due_At", "Next_Check", "Next_Step"),
        *("Attempts", "Recycles", "Revision", "Guard", "Sync_Error"),
    )
)
STANDARD_REPORT_FIELDS = frozenset({"Name", "CreatedDate", "RowCount"})
STANDARD_LEAD_FIELDS = frozenset({"Company", "LeadSource", "Status"})


def parse(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def text_of(element: ElementTree.Element, name: str) -> str | None:
    return element.findtext(NAMESPACE + name)


def children(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return element.findall(NAMESPACE + name)


def named(folder: str, suffix: str, package: str = "*") -> dict[str, ElementTree.Element]:
    """Each file of a kind by its name."""
    ending = f".{suffix}-meta.xml"
    paths = PROJECT.glob(f"{package}/main/default/{folder}/*{ending}")
    return {path.name.removesuffix(ending): parse(path) for path in paths}


def custom_fields(package: str = "*") -> dict[str, ElementTree.Element]:
    """Each custom field as `Object.Field`."""
    paths = PROJECT.glob(f"{package}/main/default/objects/*/fields/*.field-meta.xml")
    return {f"{path.parts[-3]}.{path.name.removesuffix('.field-meta.xml')}": parse(path) for path in paths}


def described(field: ElementTree.Element) -> str:
    """A field in one line, as `expected.toml` writes it."""
    kind = text_of(field, "type") or ""
    if kind == "Number":
        kind += f"({text_of(field, 'precision')},{text_of(field, 'scale')})"
    for name in ("length", "referenceTo", "defaultValue"):
        if kind and text_of(field, name) is not None:
            kind += f"({text_of(field, name)})"
    flags = {
        "required": "required",
        "unique": "unique",
        "externalId": "external",
        "caseSensitive": "case-sensitive",
    }
    return " ".join([kind, *(word for name, word in flags.items() if text_of(field, name) == "true")])


def granted_names(api_object: str) -> tuple[str, ...]:
    """How permission sets name the object: a field of Activity is granted on Task and on Event."""
    return ("Task", "Event") if api_object == "Activity" else (api_object,)


FIELDS = custom_fields()
REQUIRED = {name for name, field in FIELDS.items() if text_of(field, "required") == "true"}
SETTINGS = {name for name in FIELDS if name.startswith("SFSync_Settings__c.")}
GRANTABLE = {
    f"{api}.{name.partition('.')[2]}"
    for name in FIELDS.keys() - REQUIRED - SETTINGS
    for api in granted_names(name.partition(".")[0])
}
RULES = {
    f"{path.parts[-3]}.{path.name.removesuffix('.validationRule-meta.xml')}": parse(path)
    for path in PROJECT.glob("*/main/default/objects/*/validationRules/*.xml")
}
PERMISSION_SETS = named("permissionsets", "permissionset")


def field_grants(permission_set: ElementTree.Element, right: str = "readable") -> set[str]:
    return {
        text_of(grant, "field") or ""
        for grant in children(permission_set, "fieldPermissions")
        if text_of(grant, right) == "true"
    }


def object_grants(permission_set: ElementTree.Element) -> dict[str, set[str]]:
    return {
        text_of(grant, "object") or "": {
            item.tag.removeprefix(NAMESPACE) for item in grant if item.text == "true"
        }
        for grant in children(permission_set, "objectPermissions")
    }
