"""The permission sets name what exists, and give who holds them what they need and no more."""

from __future__ import annotations

import pytest

from tests.metadata.files import (
    CORE_OBJECTS,
    EXPECTED,
    GRANTABLE,
    NAMESPACE,
    PERMISSION_SETS,
    WORKER_OWNED,
    children,
    field_grants,
    named,
    object_grants,
    text_of,
)


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
