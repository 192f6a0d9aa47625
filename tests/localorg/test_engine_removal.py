"""Deletion, merge, conversion and late commits, and the traces they leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sfsync.localorg.access import Session
from sfsync.localorg.errors import ApiError
from sfsync.localorg.org import Org

START = 1_793_610_000
Refused = Callable[..., Any]


def count(org: Org, session: Session, soql: str, all_rows: bool = False) -> int:
    return org.query(session, f"SELECT COUNT() FROM {soql}", all_rows=all_rows).total_size


def make(org: Org, session: Session, **values: Any) -> str:
    return org.create(session, "Lead", {"LastName": "Ohm", "Company": "Volt", **values})


def test_history_begins_with_created_and_an_owner_change_writes_names_then_ids(
    org: Org, worker: Session, rep: Session, lead: str
) -> None:
    org.clock.advance(60)
    org.update(rep, "Lead", lead, {"OwnerId": org.people.reps[1], "Status": "Accepted", "City": "Rome"})
    soql = "SELECT Field, OldValue, NewValue, CreatedDate, CreatedById FROM LeadHistory ORDER BY Id"
    rows = list(org.query(worker, soql).records)
    assert [(one["Field"], one["OldValue"], one["NewValue"]) for one in rows] == [
        ("created", None, None),
        ("Status", "Open - Not Contacted", "Accepted"),
        ("Owner", "Ada Berg", "Ben Castillo"),
        ("Owner", org.people.reps[0], org.people.reps[1]),
    ]
    assert rows[1]["CreatedDate"] == "2026-11-02T09:01:00.000+0000"
    assert rows[1]["CreatedById"] == rep.user_id


def test_the_doubts_about_history_can_be_turned(org: Org, worker: Session, lead: str) -> None:
    org.settings.owner_history_field = "ownerAssignment"
    org.settings.owner_history_writes_two_rows = False
    org.settings.tracked_fields = {"Lead": ("SLA_Score__c", "SLA_Due_At__c")}
    values = {"OwnerId": org.people.lead_queue, "SLA_Score__c": 5, "SLA_Due_At__c": "2026-11-02T09:00:00Z"}
    org.update(worker, "Lead", lead, values)
    soql = "SELECT Field, NewValue FROM LeadHistory WHERE Field != 'created' ORDER BY Id"
    assert [(one["Field"], one["NewValue"]) for one in org.query(worker, soql).records] == [
        ("ownerAssignment", org.people.lead_queue),
        ("SLA_Score__c", 5),
        ("SLA_Due_At__c", "2026-11-02T09:00:00.000+0000"),
    ]


def test_deletion_takes_activities_and_history_and_empties_lookups_and_undelete_brings_them_back(
    org: Org, worker: Session, lead: str
) -> None:
    org.create(worker, "Task", {"WhoId": lead, "Subject": "x"})
    org.post(worker, lead, [{"type": "Text", "text": "hello"}])
    event = org.create(worker, "SLA_Event__c", {"Key__c": "k", "Kind__c": "Warned", "Lead__c": lead})
    kinds = ("Lead", "Task", "LeadHistory", "FeedItem", "LeadFeed")
    org.clock.advance(60)
    org.delete(worker, "Lead", lead)
    assert [count(org, worker, one) for one in kinds] == [0] * 5
    assert [count(org, worker, one, all_rows=True) for one in kinds] == [1] * 5
    assert org.read(worker, "SLA_Event__c", event, ["Lead__c"])["Lead__c"] is None
    org.clock.advance(60)
    org.undelete(worker, lead)
    assert [count(org, worker, one) for one in kinds] == [1] * 5
    assert org.read(worker, "SLA_Event__c", event, ["Lead__c"])["Lead__c"] == lead
    assert org.database.table("Lead").rows[lead]["SystemModstamp"] == START + 120


def test_what_is_deleted_is_gone(org: Org, worker: Session, lead: str, refused: Refused) -> None:
    org.delete(worker, "Lead", lead)
    for call in (
        lambda: org.read(worker, "Lead", lead),
        lambda: org.update(worker, "Lead", lead, {"City": "Rome"}),
        lambda: org.delete(worker, "Lead", lead),
    ):
        with refused("ENTITY_IS_DELETED", "entity is deleted", status=404):
            call()
    with refused("ENTITY_IS_DELETED", "entity is deleted"):
        org.create(worker, "Task", {"WhoId": lead, "Subject": "x"})
    org.clock.advance(16 * 86400)
    with refused("UNDELETE_FAILED"):
        org.undelete(worker, lead)


def test_a_deletion_that_is_rolled_back_leaves_nothing_in_the_bin(
    org: Org, worker: Session, lead: str, refused: Refused
) -> None:
    def delete_and_fail() -> None:
        with org.transaction():
            org.delete(worker, "Lead", lead)
            org.create(worker, "Lead", {})

    with pytest.raises(ApiError):
        delete_and_fail()
    assert count(org, worker, "Lead") == 1
    with refused("UNDELETE_FAILED"):
        org.undelete(worker, lead)


def test_updated_and_deleted_rows_are_listed_in_their_span(org: Org, worker: Session, lead: str) -> None:
    other = make(org, worker)
    org.clock.advance(3600)
    org.delete(worker, "Lead", other)
    span = (START, START + 7200)
    assert org.updated(worker, "Lead", *span)["ids"] == [lead]
    assert org.updated(worker, "Lead", *span)["latestDateCovered"] == "2026-11-02T10:00:00.000+0000"
    assert org.deleted(worker, "Lead", *span)["deletedRecords"] == [
        {"id": other, "deletedDate": "2026-11-02T10:00:00.000+0000"}
    ]
    assert org.deleted(worker, "Lead", START, START + 3600)["deletedRecords"] == []


def test_a_merge_moves_what_hangs_on_the_loser_and_names_the_winner(
    org: Org, worker: Session, lead: str, refused: Refused
) -> None:
    loser = make(org, worker, SLA_Source_Id__c="k")
    task = org.create(worker, "Task", {"WhoId": loser, "Subject": "x"})
    event = org.create(worker, "SLA_Event__c", {"Key__c": "k", "Kind__c": "Warned", "Lead__c": loser})
    org.merge(worker, lead, [loser], {"City": "Rome", "SLA_Source_Id__c": "k"})
    gone = org.query(worker, "SELECT Id, MasterRecordId FROM Lead WHERE IsDeleted = true", all_rows=True)
    assert [(one["Id"], one["MasterRecordId"]) for one in gone.records] == [(loser, lead)]
    assert org.read(worker, "Task", task, ["WhoId"])["WhoId"] == lead
    assert org.read(worker, "SLA_Event__c", event, ["Lead__c"])["Lead__c"] == lead
    assert org.read(worker, "Lead", lead, ["City", "SLA_Source_Id__c"])["SLA_Source_Id__c"] == "k"
    with refused("ENTITY_IS_DELETED", status=404):
        org.merge(worker, lead, [loser], {})
    with refused("INVALID_ARGUMENT_TYPE"):
        org.merge(worker, lead, [lead], {})


def test_a_converted_lead_leaves_its_activities_to_the_contact_and_is_read_only(
    org: Org, worker: Session, rep: Session, lead: str, refused: Refused
) -> None:
    task = org.create(worker, "Task", {"WhoId": lead, "Subject": "x"})
    event = org.create(worker, "SLA_Event__c", {"Key__c": "k", "Kind__c": "Warned", "Lead__c": lead})
    made = org.convert(rep, lead)
    row = org.read(worker, "Lead", lead)
    assert (row["IsConverted"], row["Status"], row["ConvertedDate"]) == (
        True,
        "Closed - Converted",
        "2026-11-02",
    )
    assert row["ConvertedContactId"] == made.contact_id
    assert row["ConvertedOpportunityId"] == made.opportunity_id
    moved = org.read(worker, "Task", task, ["WhoId", "WhatId"])
    assert (moved["WhoId"], moved["WhatId"]) == (made.contact_id, made.opportunity_id)
    assert org.read(worker, "SLA_Event__c", event, ["Lead__c"])["Lead__c"] == lead
    for call in (
        lambda: org.update(worker, "Lead", lead, {"City": "Rome"}),
        lambda: org.convert(rep, lead),
    ):
        with refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"):
            call()
    org.update(worker, "Task", task, {"OwnerId": org.people.reps[1]})
    org.create(worker, "SLA_Event__c", {"Key__c": "k2", "Kind__c": "Converted", "Lead__c": lead})
    org.settings.child_may_look_up_converted_lead = False
    with refused("CANNOT_UPDATE_CONVERTED_LEAD"):
        org.create(worker, "SLA_Event__c", {"Key__c": "k3", "Kind__c": "Converted", "Lead__c": lead})


def test_a_late_commit_comes_into_sight_below_the_cursor(
    org: Org, worker: Session, rep: Session, lead: str, refused: Refused
) -> None:
    late = org.late_commit(lambda: make(org, worker, LastName="Late"), START + 600)
    org.late_commit(lambda: org.update(worker, "Lead", lead, {"City": "Rome"}), START + 600)
    org.clock.advance(300)
    early = make(org, worker, LastName="Early")
    seen = "SELECT Id, City FROM Lead ORDER BY SystemModstamp, Id"
    assert [one["Id"] for one in org.query(org.session(worker.token), seen).records] == [lead, early]
    with refused("UNABLE_TO_LOCK_ROW"):
        org.update(rep, "Lead", lead, {"City": "Oslo"})
    assert org.updated(worker, "Lead", START - 60, START + 300)["latestDateCovered"].startswith(
        "2026-11-02T09:00"
    )
    org.clock.advance(300)
    rows = list(org.query(org.session(worker.token), seen).records)
    assert [one["Id"] for one in rows] == [lead, late, early]
    assert rows[0]["City"] == "Rome"
    assert org.database.table("Lead").rows[late]["SystemModstamp"] == START
    org.update(rep, "Lead", lead, {"City": "Oslo"})


def test_a_late_commit_that_fails_holds_nothing(org: Org, worker: Session) -> None:
    with pytest.raises(ApiError):
        org.late_commit(lambda: make(org, worker, Foo=1), None)
    assert org.late_commits.release(everything=True) == 0


def test_activities_that_ended_a_year_ago_are_found_by_query_all_only(
    org: Org, worker: Session, lead: str
) -> None:
    values = {"WhoId": lead, "Subject": "Call"}
    org.create(worker, "Task", values)
    org.create(worker, "Task", values | {"Status": "Completed", "ActivityDate": "2026-11-02"})
    org.create(worker, "Event", values | {"StartDateTime": "2026-11-02T10:00:00Z", "DurationInMinutes": 30})
    for days, tasks, events in ((365, 2, 1), (1, 1, 0)):
        org.clock.advance(days * 86400)
        session = org.session(worker.token)
        assert (count(org, session, "Task"), count(org, session, "Event")) == (tasks, events)
    assert count(org, session, "Task", all_rows=True) == 2


def test_a_post_names_whom_it_mentions_and_is_found_on_its_record(
    org: Org, worker: Session, rep: Session, lead: str, refused: Refused
) -> None:
    mention = {"type": "Mention", "id": rep.user_id}
    made = org.post(worker, lead, [{"type": "Text", "text": "SLA-000001 "}, mention])
    assert made["body"]["text"] == "SLA-000001 @Ada Berg"
    org.clock.advance(1)
    org.post(worker, lead, [{"type": "Text", "text": "later"}])
    feed = org.feed(rep, lead)
    assert [one["body"]["text"] for one in feed] == ["later", "SLA-000001 @Ada Berg"]
    assert feed[1]["body"]["messageSegments"][1]["record"]["id"] == rep.user_id
    assert org.query(worker, "SELECT Body FROM LeadFeed ORDER BY CreatedDate").records[0]["Body"] == (
        "SLA-000001 @Ada Berg"
    )
    with refused("LIMIT_EXCEEDED"):
        org.post(worker, lead, [mention] * 26)
    with refused("POST_BODY_TOO_LONG"):
        org.post(worker, lead, [{"type": "Text", "text": "x" * 10_001}])
    with refused("NOT_FOUND", status=404):
        org.post(worker, lead, [{"type": "Mention", "id": lead}])


def test_chatter_has_its_own_hourly_limit(org: Org, worker: Session, rep: Session, lead: str) -> None:
    org.settings.chatter_posts_per_hour = 1
    org.post(worker, lead, [{"type": "Text", "text": "one"}])
    with pytest.raises(ApiError) as caught:
        org.post(worker, lead, [{"type": "Text", "text": "two"}])
    assert caught.value.status == 503
    org.post(rep, lead, [{"type": "Text", "text": "hers"}])
    org.clock.advance(3600)
    org.post(worker, lead, [{"type": "Text", "text": "two"}])
