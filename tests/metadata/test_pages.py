"""What people open: list views, reports, layouts, the dashboard, the statuses."""

from __future__ import annotations

import pytest

from tests.metadata.files import (
    EXPECTED,
    FIELDS,
    NAMESPACE,
    PROJECT,
    STANDARD_LEAD_FIELDS,
    STANDARD_REPORT_FIELDS,
    children,
    named,
    parse,
    text_of,
)


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
