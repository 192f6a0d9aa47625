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
ELSEWHERE = {
    ("Lead", "Status"): {"picklistValues": "the project's own statuses"},
    ("Event", "WhatId"): {"referenceTo": "objects of products that the recorded org had"},
    ("Event", "ActivityDate"): {"aggregatable": "one field for MIN and MAX in a thousand: they run here"},
    ("Event", "RecurrenceTimeZoneSidKey"): {"picklistValues": "time zones and their names change by release"},
}
"""Attributes that differ from the recording, and why."""


def recorded_fields() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.stem.removeprefix("describe_"), field)
        for path in RECORDED
        for field in json.loads(path.read_text(encoding="utf-8"))["fields"]
    ]


@pytest.mark.parametrize(
    ("name", "recorded"), recorded_fields(), ids=lambda one: one if isinstance(one, str) else one["name"]
)
def test_each_standard_field_is_as_recorded(
    org: Org, worker: Session, name: str, recorded: dict[str, Any]
) -> None:
    ours = {one["name"]: one for one in org.describe(worker, name)["fields"]}[recorded["name"]]
    assert ours.keys() == recorded.keys()
    differ = {item for item in recorded if ours[item] != recorded[item]}
    assert differ == ELSEWHERE.get((name, recorded["name"]), {}).keys(), {
        item: (recorded[item], ours[item]) for item in differ
    }


def recorded_describes() -> list[tuple[str, dict[str, Any]]]:
    return [(path.stem.removeprefix("describe_"), json.loads(path.read_text("utf-8"))) for path in RECORDED]


@pytest.mark.parametrize(
    ("name", "recorded"), recorded_describes(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_describe_says_of_the_object_what_was_recorded(
    org: Org, worker: Session, name: str, recorded: dict[str, Any]
) -> None:
    ours = org.describe(worker, name)
    assert ours.keys() == recorded.keys()
    apart = {"fields", "childRelationships", "urls", "supportedScopes", "recordTypeInfos"}
    assert {item for item in recorded.keys() - apart if ours[item] != recorded[item]} == set()
    assert ours["recordTypeInfos"][0].keys() == recorded["recordTypeInfos"][0].keys()
    assert ours["urls"].keys() <= recorded["urls"].keys()


@pytest.mark.parametrize(
    ("name", "recorded"), recorded_describes(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_each_recorded_child_of_an_object_that_the_org_has_is_there(
    org: Org, worker: Session, name: str, recorded: dict[str, Any]
) -> None:
    def children(described: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
        return {(one["childSObject"], one["field"]): one for one in described["childRelationships"]}

    ours = children(org.describe(worker, name))
    here = {one["name"] for one in org.describe_global(worker)["sobjects"]}
    wanted = {key: one for key, one in children(recorded).items() if key[0] in here}
    differ = {key for key, one in wanted.items() if ours.get(key) != one}
    assert differ == set()


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
