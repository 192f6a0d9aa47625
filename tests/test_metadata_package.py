"""The SFDX project in salesforce/ is what design.md section 7 says, and Salesforce would take it.

`tests/metadata_convert.mjs` holds the same files to Salesforce's own tooling (make test-clients).
"""

from __future__ import annotations

import json
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
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

EXPECTED = tomllib.loads((Path(__file__).parent / "metadata_expected.toml").read_text(encoding="utf-8"))
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
    """A field in one line, as the tables above write it."""
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_well_formed_and_its_root_is_what_its_suffix_says(path: Path) -> None:
    suffix = path.name.removesuffix("-meta.xml").rpartition(".")[2]
    assert parse(path).tag == NAMESPACE + ROOTS[suffix]
    full_name = text_of(parse(path), "fullName")
    assert full_name in (None, path.name.removesuffix(f".{suffix}-meta.xml"))


def test_the_project_has_the_two_package_directories_and_core_is_the_default() -> None:
    project = json.loads((PROJECT / "sfdx-project.json").read_text(encoding="utf-8"))
    assert project["packageDirectories"] == [{"path": "core", "default": True}, {"path": "starter"}]
    assert all(path.relative_to(PROJECT).parts[0] in PACKAGES for path in FILES)


def test_nothing_is_deployed_over_what_belongs_to_the_customer() -> None:
    folders = {part for path in FILES for part in path.relative_to(PROJECT).parts[:-1]}
    assert not folders & {"flexipages", "profiles", "recordTypes", "businessProcesses", "settings"}
    assert all(
        name.partition("-")[0] in CORE_OBJECTS - {"Lead", "Activity"} for name in named("layouts", "layout")
    )
    own = {path.name for path in FILES if path.name.endswith(".object-meta.xml")}
    assert own == {f"{name}.object-meta.xml" for name in CORE_OBJECTS if name.endswith("__c")}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_fields_are_exactly_those_of_the_design(package: str) -> None:
    wanted = {
        f"{api_object}.{name}": shape
        for api_object, fields in EXPECTED["fields"][package].items()
        for name, shape in fields.items()
    }
    assert {name: described(field) for name, field in custom_fields(package).items()} == wanted


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_each_field_has_a_label_and_a_description_within_the_limits_of_salesforce(name: str) -> None:
    field = FIELDS[name]
    assert 0 < len(text_of(field, "label") or "") <= 40
    assert 0 < len(text_of(field, "description") or "") <= 1000
    assert len(text_of(field, "inlineHelpText") or "") <= 510
    assert len(name.partition(".")[2].removesuffix("__c")) <= 40


def test_our_picklists_are_restricted_and_hold_the_values_of_the_design() -> None:
    found = {}
    for name, field in FIELDS.items():
        for value_set in children(field, "valueSet"):
            assert text_of(value_set, "restricted") == "true", name
            values = value_set.iterfind(f"{NAMESPACE}valueSetDefinition/{NAMESPACE}value/{NAMESPACE}fullName")
            found[name] = [value.text for value in values]
    wanted = EXPECTED["picklists"]
    assert {name: found[name] for name in wanted} == wanted
    assert found.keys() - wanted.keys() == {"Lead.SLA_Rejection_Reason__c", "SLA_Violation__c.Level__c"}


def test_deleting_or_merging_a_record_empties_lookups_and_loses_no_event() -> None:
    lookups = {name: field for name, field in FIELDS.items() if text_of(field, "type") == "Lookup"}
    assert all(text_of(field, "deleteConstraint") == "SetNull" for field in lookups.values())
    relationships = [
        (text_of(field, "referenceTo"), text_of(field, "relationshipName")) for field in lookups.values()
    ]
    assert len(set(relationships)) == len(relationships)
    assert all(len(name or "") <= 40 for _, name in relationships)


def test_everybody_reads_the_ledger_and_the_policies_and_violations_are_private() -> None:
    objects = {
        path.parts[-2]: parse(path) for path in PROJECT.glob("core/main/default/objects/*/*.object-meta.xml")
    }
    sharing = {name: text_of(item, "sharingModel") for name, item in objects.items()}
    assert sharing == {
        "SLA_Event__c": "Read",
        "SLA_Policy__c": "Read",
        "SLA_Violation__c": "Private",
        "SFSync_Settings__c": None,
    }
    assert text_of(objects["SFSync_Settings__c"], "customSettingsType") == "Hierarchy"
    name_field = children(objects["SLA_Event__c"], "nameField")[0]
    assert (text_of(name_field, "type"), text_of(name_field, "displayFormat")) == (
        "AutoNumber",
        "SLA-{000000}",
    )


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_the_guards_are_the_formulas_of_the_design_and_say_that_the_facts_are_stale(name: str) -> None:
    rule = RULES[name]
    assert text_of(rule, "errorConditionFormula") == FORMULAS[name]
    assert (text_of(rule, "errorMessage") or "").startswith("SFSYNC_STALE ")


@pytest.mark.parametrize("name", sorted(RULES))
def test_each_rule_is_active_explained_and_names_fields_that_exist(name: str) -> None:
    rule, api_object = RULES[name], name.partition(".")[0]
    formula = text_of(rule, "errorConditionFormula") or ""
    assert text_of(rule, "active") == "true"
    assert 0 < len(text_of(rule, "errorMessage") or "") <= 255
    assert 0 < len(text_of(rule, "description") or "") <= 255
    assert len(name.partition(".")[2]) <= 40
    assert {f"{api_object}.{field}" for field in re.findall(r"\w+__c", formula)} <= FIELDS.keys()
    # A long text area cannot stand in a formula at all.
    assert not {
        f for f in re.findall(r"\w+__c", formula) if described(FIELDS[f"{api_object}.{f}"]).startswith("Long")
    }


def test_a_changed_or_filled_worker_field_is_refused_to_all_but_holders_of_the_custom_permission() -> None:
    formula = text_of(RULES["Lead.SFSync_Worker_Fields_Only"], "errorConditionFormula") or ""
    guarded = WORKER_OWNED - {"SLA_Reasons__c"}
    assert re.sub(r"\s+", "", formula).startswith("AND(NOT($Permission.SFSync_Worker),OR(AND(ISNEW(),OR(")
    assert set(re.findall(r"ISCHANGED\((\w+)\)", formula)) == guarded
    assert set(re.findall(r"NOT\(ISBLANK\((?:TEXT\()?(\w+)\)", formula)) == guarded
    assert "SFSync_Worker" in named("customPermissions", "customPermission")


def test_a_post_is_final_once_it_is_posted() -> None:
    rule = RULES["SLA_Event__c.SFSync_Posted_Is_Final"]
    assert (text_of(rule, "errorMessage") or "").startswith("SFSYNC_STALE ")
    formula = text_of(rule, "errorConditionFormula") or ""
    assert "AND(ISCHANGED(Chatter_Post_Id__c), NOT(ISBLANK(PRIORVALUE(Chatter_Post_Id__c))))" in formula


@pytest.mark.parametrize("name", sorted(PERMISSION_SETS))
def test_a_permission_set_names_only_what_exists_and_never_a_required_field(name: str) -> None:
    permission_set = PERMISSION_SETS[name]
    assert 0 < len(text_of(permission_set, "label") or "") <= 80
    assert 0 < len(text_of(permission_set, "description") or "") <= 255
    custom = {field for field in field_grants(permission_set) if field.endswith("__c")}
    assert custom <= GRANTABLE
    assert field_grants(permission_set, "editable") <= field_grants(permission_set)
    own_objects = {api for api in object_grants(permission_set) if api.endswith("__c")}
    assert own_objects <= CORE_OBJECTS
    for kind, folder, suffix in (("tab", "tabs", "tab"), ("application", "applications", "app")):
        entries = permission_set.iter(NAMESPACE + kind)
        assert {entry.text for entry in entries} <= named(folder, suffix).keys()


@pytest.mark.parametrize("name", sorted(PERMISSION_SETS))
def test_the_rights_on_an_object_depend_on_each_other_as_salesforce_demands(name: str) -> None:
    for api, rights in object_grants(PERMISSION_SETS[name]).items():
        assert "allowRead" in rights, api
        assert "modifyAllRecords" not in rights or {"allowEdit", "allowDelete", "viewAllRecords"} <= rights, (
            api
        )


def test_nobody_may_delete_an_event_a_violation_or_a_policy_but_the_archivist_events() -> None:
    for name, permission_set in PERMISSION_SETS.items():
        for api, rights in object_grants(permission_set).items():
            archives = (name, api) == ("SFSync_Archivist", "SLA_Event__c")
            assert archives or api == "Lead" or not rights & {"allowDelete", "modifyAllRecords"}, api


def test_the_worker_reads_and_writes_each_field_of_both_packages() -> None:
    worker, starter = PERMISSION_SETS["SFSync_Worker"], PERMISSION_SETS["SFSync_Starter_Worker"]
    assert field_grants(worker, "editable") | field_grants(starter, "editable") == GRANTABLE
    settings = children(worker, "customSettingAccesses")
    assert [(text_of(item, "name"), text_of(item, "enabled")) for item in settings] == [
        ("SFSync_Settings__c", "true")
    ]


def test_core_deploys_without_starter() -> None:
    starter = {name.partition(".")[2] for name in custom_fields("starter")}
    for path in (path for path in FILES if path.relative_to(PROJECT).parts[0] == "core"):
        assert not set(re.findall(r"\w+__c", path.read_text(encoding="utf-8"))) & starter, path.name


def test_the_worker_has_the_rights_it_needs_and_no_more() -> None:
    worker = PERMISSION_SETS["SFSync_Worker"]
    system = {entry.text for item in children(worker, "userPermissions") for entry in children(item, "name")}
    assert system == set(EXPECTED["worker"]["system_permissions"])
    rights = object_grants(worker)
    assert rights["Lead"] == {"allowRead", "allowEdit", "viewAllRecords"}
    assert rights["SLA_Event__c"] == {"allowRead", "allowCreate", "allowEdit", "viewAllRecords"}
    assert rights["SLA_Policy__c"] == {"allowRead", "allowCreate", "viewAllRecords"}


def test_only_the_worker_holds_the_custom_permission_and_edits_what_it_owns() -> None:
    holders = {name for name, item in PERMISSION_SETS.items() if children(item, "customPermissions")}
    editors = {
        name
        for name, item in PERMISSION_SETS.items()
        if field_grants(item, "editable") & {f"Lead.{field}" for field in WORKER_OWNED}
    }
    assert holders == editors == {"SFSync_Worker"}


def test_a_rep_cannot_exempt_a_lead_back_date_it_or_write_to_the_ledger() -> None:
    user = PERMISSION_SETS["SFSync_User"]
    assert field_grants(user, "editable") == {
        "Lead.SLA_Rejection_Reason__c",
        "Lead.SLA_Preferred_Contact__c",
        "Lead.SLA_Product_Interest__c",
    }
    assert all(rights == {"allowRead"} for rights in object_grants(user).values())
    assert "SLA_Event__c.Evidence__c" not in field_grants(user)


def test_reps_see_no_tab_of_what_nothing_fills_yet() -> None:
    tabs = {
        text_of(item, "tab")
        for item in children(PERMISSION_SETS["SFSync_User"], "tabSettings")
        if text_of(item, "visibility") != "None"
    }
    assert tabs == {"SLA_Event__c", "SLA_Policy__c"}


def test_list_views_name_fields_that_exist() -> None:
    for path in PROJECT.glob("core/main/default/objects/*/listViews/*.xml"):
        view, api_object = parse(path), path.parts[-3]
        used = [column.text or "" for column in children(view, "columns")]
        used += [text_of(item, "field") or "" for item in children(view, "filters")]
        assert {f"{api_object}.{name}" for name in used if name.endswith("__c")} <= FIELDS.keys(), path.name
        assert len(text_of(view, "label") or "") <= 40


def reported(name: str) -> str:
    """A report's column as the report type names it: `Lead__c.LeadSource`, `Kind__c`."""
    return name.removeprefix("SLA_Event__c").lstrip(".$").replace("$", ".")


def test_the_report_type_and_the_reports_name_fields_that_exist() -> None:
    report_type = named("reportTypes", "reportType")["SFSync_SLA_Events"]
    columns = {entry.text or "" for entry in report_type.iter(NAMESPACE + "field")}
    for column in columns:
        lookup, _, of_lead = column.rpartition(".")
        known = {f"SLA_Event__c.{column}", f"Lead.{of_lead}" if lookup == "Lead__c" else ""} & FIELDS.keys()
        assert known or column in STANDARD_REPORT_FIELDS or (lookup and of_lead in STANDARD_LEAD_FIELDS), (
            column
        )
    reports = named("reports/SFSync", "report")
    assert {"SFSync_Adherence_Per_Rep", "SFSync_Escalations", "SFSync_Reassignments"} <= reports.keys()
    for name, report in reports.items():
        shown = {reported(text_of(item, "field") or "") for item in children(report, "columns")}
        grouped = {reported(text_of(item, "field") or "") for item in children(report, "groupingsDown")}
        filtered = {reported(entry.text or "") for entry in report.iter(NAMESPACE + "column")}
        assert shown | grouped | filtered <= columns, name
        assert not shown & grouped, f"{name}: Salesforce refuses a grouped field among the columns"
        assert text_of(report, "reportType") == "SFSync_SLA_Events__c"


@pytest.mark.parametrize("api_object", ["SLA_Event__c", "SLA_Policy__c", "SLA_Violation__c"])
def test_the_page_of_an_object_of_ours_shows_all_its_fields(api_object: str) -> None:
    """Without a layout Salesforce shows a name and who made it; one without a required field it does not take."""
    described_by = parse(PROJECT / f"core/main/default/objects/{api_object}/{api_object}.object-meta.xml")
    layout = named("layouts", "layout")[f"{api_object}-{text_of(described_by, 'label')} Layout"]
    items = {
        text_of(item, "field") or "": text_of(item, "behavior")
        for item in layout.iter(NAMESPACE + "layoutItems")
    }
    own = {
        name.partition(".")[2]: field for name, field in FIELDS.items() if name.startswith(f"{api_object}.")
    }
    assert items.keys() - own.keys() == {"Name", "OwnerId", "CreatedById", "LastModifiedById"}
    assert own.keys() - items.keys() <= {"Evidence__c"}
    required = {name for name, field in own.items() if text_of(field, "required") == "true"}
    if text_of(children(described_by, "nameField")[0], "type") == "Text":
        required.add("Name")
    assert {name for name, behavior in items.items() if behavior == "Required"} == required
    for section in children(layout, "layoutSections"):
        two = text_of(section, "style") == "TwoColumnsTopToBottom"
        assert len(children(section, "layoutColumns")) == 1 + two


def test_a_deployment_leaves_the_customers_statuses_alone() -> None:
    """Salesforce may deactivate the values that the file does not have."""
    ignored = (PROJECT / ".forceignore").read_text(encoding="utf-8").splitlines()
    assert "starter/main/default/standardValueSets/**" in ignored


def test_the_dashboard_shows_reports_and_groupings_that_exist() -> None:
    reports = named("reports/SFSync", "report")
    dashboard = named("dashboards/SFSync", "dashboard")["SFSync_SLA"]
    parts = list(dashboard.iter(NAMESPACE + "dashboardComponent"))
    assert len(parts) == 4
    for part in parts:
        report = reports[(text_of(part, "report") or "").removeprefix("SFSync/")]
        groupings = {text_of(item, "field") for item in children(report, "groupingsDown")}
        assert {item.text for item in children(part, "groupingColumn")} <= groupings


def test_the_starter_keeps_the_standard_statuses_and_one_of_them_means_converted() -> None:
    values = children(named("standardValueSets", "standardValueSet")["LeadStatus"], "standardValue")
    assert [text_of(value, "fullName") for value in values] == EXPECTED["statuses"]["values"]
    assert [text_of(v, "fullName") for v in values if text_of(v, "converted") == "true"] == [
        "Closed - Converted"
    ]
    assert [text_of(v, "fullName") for v in values if text_of(v, "default") == "true"] == [
        "Open - Not Contacted"
    ]


def names_used() -> Iterator[tuple[str, str]]:
    """Each of our own custom names (SLA_… or SFSync_…) in code and mappings, with the file it stands in."""
    for folder, pattern in (
        ("sfsync", "*.py"),
        ("jobs", "*.py"),
        ("mappings", "*.yaml"),
        ("docs/examples", "*.yaml"),
    ):
        for path in sorted((REPOSITORY / folder).rglob(pattern)):
            for name in re.findall(r"\b(?:SLA|SFSync)_\w+?__c\b", path.read_text(encoding="utf-8")):
                yield str(path.relative_to(REPOSITORY)), name


def test_each_of_our_names_in_code_and_mappings_exists_in_the_package() -> None:
    known = {name.partition(".")[2] for name in FIELDS} | CORE_OBJECTS
    assert {(path, name) for path, name in names_used() if name not in known} == set()
