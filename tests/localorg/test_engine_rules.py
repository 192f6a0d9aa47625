"""Rules judge a write before it is saved: the package's guards, a customer's own, duplicates, assignment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sfsync.localorg.access import Session
from sfsync.localorg.customer import Flow
from sfsync.localorg.errors import ApiError
from sfsync.localorg.formula import FormulaError
from sfsync.localorg.metadata import load_schema
from sfsync.localorg.org import Org, WriteOptions
from sfsync.localorg.schema import ValidationRule
from sfsync.localorg.settings import AssignmentEntry, DuplicateRule

Refused = Callable[..., Any]
INVALID = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
PACKAGE = Path(__file__).resolve().parents[2] / "salesforce"
GENEROUS = """<?xml version="1.0" encoding="UTF-8"?>
<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
    <fieldPermissions><editable>true</editable><field>Lead.SLA_Clock__c</field><readable>true</readable></fieldPermissions>
    <label>Generous</label>
</PermissionSet>
"""
BY_HAND = WriteOptions(auto_assign=False)


def owner(org: Org, lead: str) -> str:
    return str(org.database.table("Lead").rows[lead]["OwnerId"])


def guard(owner_id: str, status: str = "Open - Not Contacted") -> str:
    return f"{owner_id[:15]}|{status}|0123456789ab"


def messages(call: Callable[[], object]) -> list[str]:
    with pytest.raises(ApiError) as caught:
        call()
    assert {item.error_code for item in caught.value.items} == {INVALID}
    return [item.message[:12] for item in caught.value.items]


def test_a_guard_that_names_the_committed_owner_and_status_passes(
    org: Org, worker: Session, lead: str
) -> None:
    values = {"SLA_Guard__c": guard(org.people.reps[0]), "OwnerId": org.people.reps[1], "Status": "Nurture"}
    org.update(worker, "Lead", lead, values)
    assert owner(org, lead) == org.people.reps[1]


@pytest.mark.parametrize("between", [{"OwnerId": 1}, {"Status": "Accepted"}])
def test_a_guard_that_names_what_was_committed_before_is_stale(
    org: Org, worker: Session, rep: Session, lead: str, between: dict[str, Any]
) -> None:
    decided_on = guard(org.people.reps[0])
    if "OwnerId" in between:
        between = {"OwnerId": org.people.reps[between["OwnerId"]]}
    org.update(rep, "Lead", lead, between)
    values = {"SLA_Guard__c": decided_on, "OwnerId": org.people.reps[2]}
    assert messages(lambda: org.update(worker, "Lead", lead, values)) == ["SFSYNC_STALE"]
    assert owner(org, lead) != org.people.reps[2]


def test_a_guard_compares_ids_with_their_case(org: Org, worker: Session, lead: str) -> None:
    values = {"SLA_Guard__c": guard(org.people.reps[0].swapcase())}
    assert messages(lambda: org.update(worker, "Lead", lead, values)) == ["SFSYNC_STALE"]


def test_a_revision_goes_up_by_one_from_what_is_committed(org: Org, worker: Session, lead: str) -> None:
    org.update(worker, "Lead", lead, {"SLA_Revision__c": 1})
    for wrong in (3, 0):
        stale = partial(org.update, worker, "Lead", lead, {"SLA_Revision__c": wrong})
        assert messages(stale) == ["SFSYNC_STALE"]
    org.update(worker, "Lead", lead, {"SLA_Revision__c": 2})
    org.update(worker, "Lead", lead, {"City": "Rome"})


def test_both_guards_speak_at_once(org: Org, worker: Session, lead: str) -> None:
    values = {"SLA_Guard__c": guard(org.people.reps[1]), "SLA_Revision__c": 7}
    assert messages(lambda: org.update(worker, "Lead", lead, values)) == ["SFSYNC_STALE"] * 2


def test_inside_a_transaction_the_guard_sees_the_write_before_it(
    org: Org, worker: Session, lead: str
) -> None:
    with org.transaction():
        org.update(worker, "Lead", lead, {"OwnerId": org.people.reps[1]})
        values = {"SLA_Guard__c": guard(org.people.reps[1])}
        org.update(worker, "Lead", lead, values)


def test_worker_fields_change_for_holders_of_the_permission_only(tmp_path: Path, org: Org) -> None:
    sets = tmp_path / "permissionsets"
    sets.mkdir()
    (sets / "Generous.permissionset-meta.xml").write_text(GENEROUS, encoding="utf-8")
    generous = Org(load_schema(PACKAGE, tmp_path), org.clock.now())
    worker, rep = (
        generous.session(generous.issue_token(one))
        for one in (generous.people.integration, generous.people.reps[0])
    )
    lead = generous.create(worker, "Lead", {"LastName": "Ohm", "Company": "Volt"})
    generous.update(worker, "Lead", lead, {"SLA_Clock__c": "accept"})
    values = {"SLA_Clock__c": "mine"}
    assert messages(lambda: generous.update(rep, "Lead", lead, values)) == ["SLA fields a"]
    new = {"LastName": "Ohm", "Company": "Volt", "SLA_Clock__c": "mine"}
    assert messages(lambda: generous.create(rep, "Lead", new)) == ["SLA fields a"]
    generous.update(rep, "Lead", lead, {"SLA_Clock__c": "accept"})


def test_a_post_is_claimed_by_one(org: Org, worker: Session) -> None:
    event = org.create(
        worker, "SLA_Event__c", {"Key__c": "k", "Kind__c": "Warned", "Chatter_State__c": "To Post"}
    )
    claim = {"Chatter_State__c": "Posting", "Chatter_Claimed_At__c": "2026-11-02T09:00:00Z"}
    org.update(worker, "SLA_Event__c", event, claim | {"Chatter_Claim__c": "one"})
    again = claim | {"Chatter_Claim__c": "two"}
    assert messages(lambda: org.update(worker, "SLA_Event__c", event, again)) == ["SFSYNC_STALE"]
    later = again | {"Chatter_Claimed_At__c": "2026-11-02T09:15:00Z"}
    assert messages(lambda: org.update(worker, "SLA_Event__c", event, later)) == ["SFSYNC_STALE"], "it is not"
    org.clock.advance(15 * 60)
    assert messages(lambda: org.update(worker, "SLA_Event__c", event, again)) == ["SFSYNC_STALE"], "it was"
    org.update(worker, "SLA_Event__c", event, later)


def test_a_customers_rule_stands_beside_ours(org: Org, worker: Session, lead: str) -> None:
    formula = org.formula("Lead", "AND(ISCHANGED(City), Owner:User.FirstName = 'Ada', ISBLANK($User.Email))")
    org.customer.validation_rules.append(ValidationRule("Lead", "No_Move", formula, "Ada stays", "City"))
    org.update(worker, "Lead", lead, {"City": "Rome"})
    formula = org.formula("Lead", "AND(ISCHANGED(City), Owner:User.FirstName = 'Ada')")
    org.customer.validation_rules.append(ValidationRule("Lead", "No_Move", formula, "Ada stays", "City"))
    with pytest.raises(ApiError) as caught:
        org.update(worker, "Lead", lead, {"City": "Oslo"})
    assert [(item.message, item.fields) for item in caught.value.items] == [("Ada stays", ("City",))]


def test_a_formula_that_names_nothing_real_is_refused_when_it_is_added(org: Org) -> None:
    for text in ("ISCHANGED(Citty)", "$Permission.Nobody", "NOSUCH(City)"):
        with pytest.raises(FormulaError):
            org.formula("Lead", text)


def test_a_customers_required_field_refuses_writes_that_leave_it_empty(
    org: Org, worker: Session, lead: str, refused: Refused
) -> None:
    org.customer.required.append(("Lead", "Industry"))
    with refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [Industry]"):
        org.update(worker, "Lead", lead, {"City": "Rome"})
    org.update(worker, "Lead", lead, {"City": "Rome", "Industry": "Energy"})


def test_a_customers_flow_refuses_or_changes_a_write(
    org: Org, worker: Session, lead: str, refused: Refused
) -> None:
    when = org.formula("Lead", 'Country = "Freedonia"')
    org.customer.flows.append(Flow("Lead", "Embargo", when, refusal="No business there"))
    org.customer.flows.append(Flow("Lead", "Stamp", changes={"Rating": "Warm", "Title": None}))
    org.update(worker, "Lead", lead, {"Title": "CTO"})
    row = org.database.table("Lead").rows[lead]
    assert row["Rating"] == "Warm"
    assert "Title" not in row
    with refused("CANNOT_EXECUTE_FLOW_TRIGGER", "No business there"):
        org.update(worker, "Lead", lead, {"Country": "Freedonia"})


def test_the_assignment_rule_takes_leads_whose_write_does_not_refuse_it(
    org: Org, worker: Session, lead: str
) -> None:
    org.settings.assignment_rule = (
        AssignmentEntry(org.people.reps[3], "BEGINS(Country, 'It')"),
        AssignmentEntry(org.people.lead_queue, "ISBLANK(Country)"),
    )
    values = {"LastName": "Ohm", "Company": "Volt", "OwnerId": org.people.reps[0]}
    assert owner(org, org.create(worker, "Lead", values)) == org.people.lead_queue
    assert owner(org, org.create(worker, "Lead", values | {"Country": "Italy"})) == org.people.reps[3]
    assert owner(org, org.create(worker, "Lead", values | {"Country": "Peru"})) == org.people.reps[0]
    assert owner(org, org.create(worker, "Lead", values, BY_HAND)) == org.people.reps[0]
    org.update(worker, "Lead", lead, {"City": "Rome"}, BY_HAND)
    assert owner(org, lead) == org.people.reps[0]
    org.update(worker, "Lead", lead, {"City": "Oslo"})
    assert owner(org, lead) == org.people.lead_queue
    moves = "SELECT NewValue FROM LeadHistory WHERE Field = 'Owner' ORDER BY Id"
    assert [one["NewValue"] for one in org.query(worker, moves).records] == [
        "Lead Queue",
        org.people.lead_queue,
    ]


def test_duplicates_are_refused_unless_the_rule_only_alerts_and_the_write_says_so(
    org: Org, worker: Session
) -> None:
    values = {"LastName": "Ohm", "Company": "Volt", "Email": "ada@volt.example"}
    first = org.create(worker, "Lead", values)
    org.settings.duplicate_rules = (DuplicateRule("Lead", ("Email",)),)
    with pytest.raises(ApiError) as caught:
        org.create(worker, "Lead", values | {"Email": "ADA@volt.example"})
    body = caught.value.body()[0]
    assert body["errorCode"] == "DUPLICATES_DETECTED"
    found = body["duplicateResut"]["matchResults"][0]["matchRecords"]
    assert [one["record"]["Id"] for one in found] == [first]
    allowing = WriteOptions(allow_duplicates=True)
    org.create(worker, "Lead", values, allowing)
    org.settings.duplicate_rules = (DuplicateRule("Lead", ("Email",), block=True),)
    with pytest.raises(ApiError):
        org.create(worker, "Lead", values, allowing)
    org.update(worker, "Lead", first, {"City": "Rome"})
