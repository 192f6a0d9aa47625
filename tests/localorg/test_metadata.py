"""An org's objects come from SFDX source, and what would not deploy is refused with its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsync.localorg.metadata import MetadataError, load_schema
from sfsync.localorg.org import Org
from sfsync.localorg.schema import Schema

START = 1_793_610_000
NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def field(kind: str, inside: str = "") -> str:
    return f"<CustomField {NAMESPACE}><label>Extra</label><type>{kind}</type>{inside}</CustomField>"


def rule(formula: str) -> str:
    return (
        f"<ValidationRule {NAMESPACE}><active>true</active>"
        f"<errorConditionFormula>{formula}</errorConditionFormula>"
        "<errorDisplayField>Extra__c</errorDisplayField><errorMessage>No</errorMessage></ValidationRule>"
    )


def permission_set(inside: str) -> str:
    return f"<PermissionSet {NAMESPACE}><label>P</label>{inside}</PermissionSet>"


FIELD = "objects/Lead/fields/Extra__c.field-meta.xml"
RULE = "objects/Lead/validationRules/R.validationRule-meta.xml"
SET = "permissionsets/P.permissionset-meta.xml"


def test_the_package_brings_its_objects_fields_rules_and_sets(schema: Schema) -> None:
    event = schema.objects["SLA_Event__c"]
    key = event.fields["Key__c"]
    assert (key.unique, key.external_id, key.case_sensitive, key.nillable, key.length) == (
        True,
        True,
        True,
        False,
        255,
    )
    assert event.fields["Name"].auto_number == "SLA-{000000}"
    assert event.sharing == "Read"
    assert {rule.name for rule in schema.rules["Lead"]} >= {
        "SFSync_Stale_Owner_Or_Status",
        "SFSync_Stale_Revision",
        "SFSync_Worker_Fields_Only",
    }
    lead = schema.objects["Lead"]
    assert lead.fields["SLA_Band__c"].picklist[0].value == "Nurture"
    assert "Accepted" in [one.value for one in lead.fields["Status"].picklist]
    assert lead.fields["Status"].default == "Open - Not Contacted"
    assert {"SFSync_Key__c"} <= set(schema.objects["Task"].fields) & set(schema.objects["Event"].fields)
    assert lead.child("SLA_Events__r") is not None
    assert schema.objects["SFSync_Settings__c"].custom_setting
    assert {one.name for one in schema.bundles} >= {"SFSync_Worker", "SFSync_User"}


def test_custom_objects_have_prefixes_of_their_own(schema: Schema) -> None:
    prefixes = [one.key_prefix for one in schema.objects.values() if one.custom]
    assert len(prefixes) == len(set(prefixes))
    assert all(one.startswith("a0") for one in prefixes)


def test_a_customers_directory_adds_to_the_org_for_everyone(tmp_path: Path) -> None:
    write(tmp_path, FIELD, field("Text", "<length>10</length><trackHistory>true</trackHistory>"))
    write(tmp_path, RULE, rule('Extra__c = "no"'))
    org = Org(load_schema(tmp_path), START)
    session = org.session(org.issue_token(org.people.reps[0]))
    lead = org.create(session, "Lead", {"LastName": "Ohm", "Company": "Volt", "Extra__c": "yes"})
    org.update(session, "Lead", lead, {"Extra__c": "maybe"})
    history = org.query(session, "SELECT OldValue FROM LeadHistory WHERE Field = 'Extra__c'")
    assert [one["OldValue"] for one in history.records] == ["yes"]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({FIELD: field("Text", "<formula>City</formula>")}, "formula fields are not emulated"),
        ({FIELD: field("Summary")}, "Summary fields are not emulated"),
        ({FIELD: field("Lookup", "<referenceTo>Nothing__c</referenceTo>")}, "Nothing__c is no object"),
        ({RULE: rule("ISCHANGED(Nothing__c)"), FIELD: field("Checkbox")}, "Nothing__c"),
        ({RULE: rule("City"), FIELD: field("Checkbox")}, "Formula result is data type"),
        ({RULE: rule("true")}, "there is no field Lead.Extra__c"),
        ({FIELD: "<CustomField>"}, "Extra__c.field-meta.xml"),
        (
            {SET: permission_set("<fieldPermissions><field>Lead.No__c</field></fieldPermissions>")},
            "Lead.No__c, which does not exist",
        ),
        (
            {SET: permission_set("<fieldPermissions><field>Lead.Company</field></fieldPermissions>")},
            "You cannot deploy to a required field: Lead.Company",
        ),
        (
            {SET: permission_set("<objectPermissions><object>No__c</object></objectPermissions>")},
            "No__c, which is no object",
        ),
        (
            {
                SET: permission_set(
                    "<customPermissions><enabled>true</enabled><name>No</name></customPermissions>"
                )
            },
            "there is no custom permission No",
        ),
    ],
)
def test_what_would_not_deploy_is_refused_with_its_file(
    tmp_path: Path, files: dict[str, str], says: str
) -> None:
    for name, text in files.items():
        write(tmp_path, name, text)
    with pytest.raises(MetadataError) as caught:
        load_schema(tmp_path)
    assert says in str(caught.value)


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match="there is no such directory"):
        load_schema(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["{", "[]", '{"packageDirectories": [{}]}', '{"packageDirectories": 5}'])
def test_a_project_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, "sfdx-project.json", text)
    with pytest.raises(MetadataError, match=r"sfdx-project\.json"):
        load_schema(tmp_path)
