"""The objects, fields and rules in salesforce/ are what design.md section 7 says, and Salesforce would take them.

`convert.mjs` holds the same files to Salesforce's own tooling (make test-clients).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.metadata.files import (
    CORE_OBJECTS,
    EXPECTED,
    FIELDS,
    FILES,
    FORMULAS,
    NAMESPACE,
    PACKAGES,
    PROJECT,
    REPOSITORY,
    ROOTS,
    RULES,
    WORKER_OWNED,
    children,
    custom_fields,
    described,
    named,
    parse,
    text_of,
)


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


def test_core_deploys_without_starter() -> None:
    starter = {name.partition(".")[2] for name in custom_fields("starter")}
    for path in (path for path in FILES if path.relative_to(PROJECT).parts[0] == "core"):
        assert not set(re.findall(r"\w+__c", path.read_text(encoding="utf-8"))) & starter, path.name


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
