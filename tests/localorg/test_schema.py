"""Describe says what a real org's describe says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfsync.localorg.access import Session
from sfsync.localorg.org import Org

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
RECORDED = sorted(RECORDINGS.glob("describe_*.json"))
# Features that a plain org need not have: Data.com, Individuals, and the second form of recurring events.
ABSENT = {
    "Lead": {"CleanStatus", "CompanyDunsNumber", "DandbCompanyId", "IndividualId", "JigsawContactId"},
}
ATTRIBUTES_OF_THE_ORG = {"referenceTo", "searchPrefilterable"}


def recorded_lead_fields() -> list[dict[str, Any]]:
    for path in RECORDED:
        if path.name == "describe_Lead.json":
            fields = json.loads(path.read_text(encoding="utf-8"))["fields"]
            return [one for one in fields if one["name"] not in ABSENT["Lead"]]
    return []


@pytest.mark.parametrize("recorded", recorded_lead_fields(), ids=lambda one: one["name"])
def test_each_standard_field_of_lead_is_as_recorded(
    org: Org, worker: Session, recorded: dict[str, Any]
) -> None:
    ours = {one["name"]: one for one in org.describe(worker, "Lead")["fields"]}[recorded["name"]]
    assert ours.keys() == recorded.keys()
    differ = {name for name in recorded if name not in ATTRIBUTES_OF_THE_ORG and ours[name] != recorded[name]}
    if recorded["name"] == "Status":
        differ.discard("picklistValues")
    assert not differ, {name: (recorded[name], ours[name]) for name in differ}


def test_a_describe_has_the_attributes_that_clients_read(org: Org, worker: Session) -> None:
    found = org.describe(worker, "lead")
    assert {
        "name": "Lead",
        "keyPrefix": "00Q",
        "label": "Lead",
        "labelPlural": "Leads",
        "createable": True,
        "custom": False,
        "mergeable": True,
        "undeletable": True,
        "feedEnabled": True,
    }.items() <= found.items()
    children = {(one["childSObject"], one["field"]): one for one in found["childRelationships"]}
    assert children["Task", "WhoId"]["relationshipName"] == "Tasks"
    assert children["LeadHistory", "LeadId"]["relationshipName"] == "Histories"
    assert children["SLA_Event__c", "Lead__c"]["relationshipName"] == "SLA_Events__r"
    fields = {one["name"]: one for one in found["fields"]}
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert fields["SLA_Source_Id__c"]["externalId"]
    assert fields["SLA_Source_Id__c"]["unique"]


def test_describe_shows_what_the_user_may_do(org: Org, worker: Session, rep: Session) -> None:
    def score(session: Session) -> tuple[bool, bool]:
        fields = {one["name"]: one for one in org.describe(session, "Lead")["fields"]}
        return fields["SLA_Score__c"]["createable"], fields["SLA_Score__c"]["updateable"]

    assert score(worker) == (True, True)
    assert score(rep) == (False, False)
    assert not org.describe(rep, "SLA_Event__c")["createable"]


def test_the_global_describe_lists_what_the_user_can_read(
    org: Org, worker: Session, login: Callable[[str], Session]
) -> None:
    listed = {one["name"]: one for one in org.describe_global(worker)["sobjects"]}
    assert {"Lead", "Task", "Event", "User", "SLA_Event__c", "BusinessHours"} <= listed.keys()
    assert listed["SLA_Event__c"]["custom"]
    assert listed["LeadHistory"]["associateParentEntity"] == "Lead"
