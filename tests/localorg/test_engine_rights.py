"""Who may do what: objects, fields, rows, owners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sfsync.localorg.access import Session
from sfsync.localorg.errors import ApiError
from sfsync.localorg.org import Org

Refused = Callable[..., Any]
Login = Callable[[str], Session]
DENIED = "INSUFFICIENT_ACCESS_OR_READONLY"


@pytest.fixture
def least(org: Org, worker: Session, login: Login) -> Session:
    """A user who may do what the two worker permission sets grant, and no more."""
    profiles = org.query(worker, "SELECT Id FROM Profile WHERE Name LIKE 'Minimum Access%'").records
    user = org.create(
        worker,
        "User",
        {
            "Username": "least@sfsync.invalid",
            "Email": "least@sfsync.invalid",
            "LastName": "Least",
            "Alias": "least",
            "ProfileId": profiles[0]["Id"],
            "TimeZoneSidKey": "Europe/Rome",
        },
    )
    sets = "SELECT Id FROM PermissionSet WHERE Name IN ('SFSync_Worker', 'SFSync_Starter_Worker')"
    for one in org.query(worker, sets).records:
        org.create(worker, "PermissionSetAssignment", {"PermissionSetId": one["Id"], "AssigneeId": user})
    return login(user)


def test_a_session_is_known_until_it_expires_or_its_user_is_inactive(
    org: Org, worker: Session, rep: Session, refused: Refused
) -> None:
    assert org.session(rep.token).user_id == rep.user_id
    org.expire_token(rep.token)
    with refused("INVALID_SESSION_ID", "Session expired or invalid", status=401):
        org.session(rep.token)
    token = org.issue_token(org.people.reps[1])
    org.update(worker, "User", org.people.reps[1], {"IsActive": False})
    with refused("INVALID_SESSION_ID", status=401):
        org.session(token)


def test_a_rep_works_leads_but_not_the_workers_fields(
    org: Org, rep: Session, lead: str, refused: Refused
) -> None:
    org.update(rep, "Lead", lead, {"Status": "Accepted", "SLA_Budget__c": "Planned"})
    with refused("INVALID_FIELD_FOR_INSERT_UPDATE"):
        org.update(rep, "Lead", lead, {"SLA_Score__c": 99})
    assert "SLA_Score__c" in org.read(rep, "Lead", lead)


def test_the_least_worker_moves_scores_and_records_but_deletes_nothing(
    org: Org, least: Session, lead: str, refused: Refused
) -> None:
    org.update(least, "Lead", lead, {"OwnerId": org.people.reps[1], "SLA_Score__c": 68, "SLA_Revision__c": 1})
    event = org.create(least, "SLA_Event__c", {"Key__c": "k", "Kind__c": "Warned", "Lead__c": lead})
    org.post(least, lead, [{"type": "Text", "text": "hello"}])
    for name, one in (("Lead", lead), ("SLA_Event__c", event)):
        with refused(DENIED, status=403):
            org.delete(least, name, one)
    with refused(DENIED, status=403):
        org.create(least, "Lead", {"LastName": "Ohm", "Company": "Volt"})


def test_nobody_deletes_from_the_ledger(org: Org, worker: Session, rep: Session, refused: Refused) -> None:
    event = org.create(worker, "SLA_Event__c", {"Key__c": "k", "Kind__c": "Warned"})
    for session in (worker, rep):
        with refused(DENIED, status=403):
            org.delete(session, "SLA_Event__c", event)


def test_a_lead_is_moved_by_its_owner_or_with_transfer_leads(
    org: Org, login: Login, rep: Session, lead: str, refused: Refused
) -> None:
    other = login(org.people.reps[1])
    with refused(DENIED, "insufficient access rights on object id", status=403):
        org.update(other, "Lead", lead, {"OwnerId": other.user_id})
    org.update(other, "Lead", lead, {"City": "Rome"})
    org.update(login(org.people.managers[0]), "Lead", lead, {"OwnerId": other.user_id})
    org.update(other, "Lead", lead, {"OwnerId": rep.user_id})


def test_a_member_takes_a_lead_from_the_queue(org: Org, worker: Session, rep: Session, lead: str) -> None:
    org.update(worker, "Lead", lead, {"OwnerId": org.people.lead_queue})
    org.update(rep, "Lead", lead, {"OwnerId": rep.user_id})
    assert org.read(rep, "Lead", lead, ["OwnerId"])["OwnerId"] == rep.user_id


def test_a_private_lead_is_seen_by_its_owner_and_above(
    org: Org, login: Login, rep: Session, lead: str, refused: Refused
) -> None:
    org.settings.sharing["Lead"] = "Private"
    other = login(org.people.reps[1])
    soql = "SELECT Id FROM Lead"
    assert org.query(other, soql).total_size == 0
    assert org.query(rep, soql).total_size == 1
    assert org.query(login(org.people.managers[1]), soql).total_size == 1
    with refused("NOT_FOUND", status=404):
        org.read(other, "Lead", lead)
    with refused(DENIED, status=403):
        org.update(other, "Lead", lead, {"City": "Rome"})
    with refused("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", status=403):
        org.create(other, "Task", {"WhoId": lead, "Subject": "x"})


def test_violations_are_confidential(org: Org, worker: Session, rep: Session, login: Login) -> None:
    org.create(worker, "SLA_Violation__c", {"OwnerId": rep.user_id, "Key__c": "v1", "Rep__c": rep.user_id})
    counts = [
        org.query(session, "SELECT COUNT() FROM SLA_Violation__c").total_size
        for session in (worker, rep, login(org.people.reps[1]), login(org.people.managers[0]))
    ]
    assert counts == [1, 1, 0, 1]


def test_an_inactive_user_a_foreign_queue_and_a_user_without_read_own_nothing(
    org: Org, worker: Session, least: Session, lead: str, refused: Refused
) -> None:
    gone, queue = org.people.reps[1], None
    org.update(worker, "User", gone, {"IsActive": False})
    with refused(
        "INACTIVE_OWNER_OR_USER", f"operation performed with inactive user [{gone}] as owner of lead"
    ):
        org.update(worker, "Lead", lead, {"OwnerId": gone})
    queue = org.create(worker, "Group", {"Name": "Cases", "Type": "Queue"})
    with refused("FIELD_INTEGRITY_EXCEPTION", "Queue not associated with this SObject type"):
        org.update(worker, "Lead", lead, {"OwnerId": queue})
    org.create(worker, "QueueSobject", {"QueueId": queue, "SobjectType": "Lead"})
    org.update(worker, "Lead", lead, {"OwnerId": queue})
    bare = org.query(worker, f"SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '{least.user_id}'")
    for one in list(bare.records):
        org.delete(worker, "PermissionSetAssignment", one["Id"])
    with refused("TRANSFER_REQUIRES_READ"):
        org.update(worker, "Lead", lead, {"OwnerId": least.user_id})


def test_rights_follow_assignments_even_when_they_are_rolled_back(
    org: Org, worker: Session, rep: Session, login: Login, lead: str
) -> None:
    held = f"SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '{rep.user_id}'"

    def take_away() -> None:
        for one in list(org.query(worker, held).records):
            org.delete(worker, "PermissionSetAssignment", one["Id"])
        assert "SLA_Score__c" not in org.read(org.session(rep.token), "Lead", lead)
        org.create(worker, "Lead", {})

    with pytest.raises(ApiError):
        transact(org, take_away)
    assert "SLA_Score__c" in org.read(org.session(rep.token), "Lead", lead)


def transact(org: Org, work: Callable[[], None]) -> None:
    with org.transaction():
        work()


def test_a_field_that_cannot_be_read_does_not_exist(
    org: Org, worker: Session, rep: Session, lead: str, refused: Refused
) -> None:
    held = f"SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '{rep.user_id}'"
    for one in list(org.query(worker, held).records):
        org.delete(worker, "PermissionSetAssignment", one["Id"])
    stranger = org.session(rep.token)
    text = "No such column 'SLA_Score__c' on sobject of type Lead"
    with refused("INVALID_FIELD", text):
        org.update(stranger, "Lead", lead, {"SLA_Score__c": 1})
    with refused("INVALID_FIELD", text):
        org.read(stranger, "Lead", lead, ["SLA_Score__c"])
    assert "SLA_Score__c" not in [one["name"] for one in org.describe(stranger, "Lead")["fields"]]
    with refused("NOT_FOUND", status=404):
        org.describe(stranger, "SLA_Event__c")


def test_a_new_org_has_the_people_of_the_design(org: Org, worker: Session) -> None:
    soql = "SELECT Name, UserRole.Name, ManagerId, TimeZoneSidKey FROM User WHERE IsActive = true ORDER BY Id"
    people = list(org.query(worker, soql).records)
    roles = [(one["UserRole"] or {}).get("Name") for one in people]
    assert roles == [None, "Executive", *["Sales Manager"] * 2, *["Sales Rep"] * 6]
    executive, managers = org.people.executive, org.people.managers
    assert [one["ManagerId"] for one in people] == [
        None,
        None,
        *[executive] * 2,
        *[managers[0]] * 3,
        *[managers[1]] * 3,
    ]
    assert {one["TimeZoneSidKey"] for one in people} == {"America/New_York"}
    queue = "SELECT UserOrGroupId FROM GroupMember WHERE Group.Type = 'Queue'"
    assert {one["UserOrGroupId"] for one in org.query(worker, queue).records} == set(org.people.reps)
    hours = "SELECT MondayStartTime, FridayEndTime, SundayStartTime FROM BusinessHours WHERE IsDefault = true"
    found = org.query(worker, hours).records[0]
    assert (found["MondayStartTime"], found["FridayEndTime"], found["SundayStartTime"]) == (
        "09:00:00.000Z",
        "17:00:00.000Z",
        None,
    )
