"""Rows as facts and values as Salesforce writes them; fingerprints that silence our own echo and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsync.core.model import Lead, LeadSla
from sfsync.errors import Config
from sfsync.salesforce import rows
from sfsync.salesforce.names import SLA_FIELDS

NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)
US, ADA, BEN = "005000000000001AAA", "005000000000002AAA", "005000000000003AAA"
QUEUE = "00G000000000001AAA"
LEAD = Lead(
    id="00Q000000000001AAA",
    owner_id=ADA,
    status="Open - Not Contacted",
    created_at=NINE,
    modified_at=NINE,
    modified_by=US,
    values={"Title": "Head", "SLA_Budget__c": None},
    sla=LeadSla(score=68, revision=3),
)


def history(id_: str, field: str, old: str | None, new: str | None, second: int = 0) -> dict[str, Any]:
    return {
        "Id": id_,
        "Field": field,
        "OldValue": old,
        "NewValue": new,
        "CreatedDate": f"2026-11-02T09:00:{second:02}.000+0000",
        "CreatedById": ADA,
    }


def told(found: tuple[Any, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(change.field, change.old, change.new) for change in found]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-02T09:00:00.000+0000", NINE),
        ("2026-11-02T10:00:00.000+0100", NINE),
        ("2026-11-02T09:00:00Z", NINE),
    ],
)
def test_a_moment_is_aware_utc(text: str, at: datetime) -> None:
    assert rows.moment(text) == at
    assert rows.moment(text).tzinfo is UTC


def test_a_value_is_written_as_the_api_takes_it() -> None:
    eastern = datetime(2026, 11, 2, 4, tzinfo=timezone(timedelta(hours=-5)))
    assert rows.written(eastern) == "2026-11-02T09:00:00.000+0000"
    assert rows.written(date(2026, 11, 2)) == "2026-11-02"
    assert [rows.written(value) for value in ("text", 7, True, None)] == ["text", 7, True, None]


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_that_was_written_is_read_back_to_the_second(at: datetime) -> None:
    whole = at.replace(microsecond=0)
    assert rows.moment(str(rows.written(whole))) == whole


def test_of_an_owner_change_the_row_with_ids_counts() -> None:
    found = rows.changes([history("1", "Owner", "Ada Berg", "Ben Castillo"), history("2", "Owner", ADA, BEN)])
    assert told(found) == [("Owner", ADA, BEN)]
    assert found[0].id == "2"


def test_a_queue_is_an_owner() -> None:
    assert told(rows.changes([history("1", "Owner", QUEUE, ADA)])) == [("Owner", QUEUE, ADA)]


@pytest.mark.parametrize("field", ["ownerAccepted", "ownerAssignment"])
def test_what_is_like_an_owner_change_is_one(field: str) -> None:
    assert told(rows.changes([history("1", field, ADA, BEN)])) == [("Owner", ADA, BEN)]


@pytest.mark.parametrize("field", ["created", "leadMerged", "Rating", "leadConverted"])
def test_what_is_neither_owner_nor_status_is_left_out(field: str) -> None:
    assert rows.changes([history("1", field, None, "x")]) == ()


def test_a_name_that_looks_like_an_id_by_length_only_is_no_owner() -> None:
    assert rows.changes([history("1", "Owner", "Anna-Lena Schmidt ", "Maximilian Mueller")]) == ()


@given(st.permutations(range(4)))
def test_changes_of_one_second_are_put_in_order_by_what_they_changed(order: list[int]) -> None:
    statuses = ["Open", "Accepted", "Working", "Nurture", "Recycled"]
    made = [history(str(order[n]), "Status", statuses[n], statuses[n + 1]) for n in range(4)]
    found = rows.changes([made[n] for n in order])
    assert [change.new for change in found] == statuses[1:]


def test_a_change_there_and_back_in_one_second_ends_where_it_ended() -> None:
    found = rows.changes(
        [
            history("3", "Status", "Open", "Accepted", 0),
            history("1", "Status", "Accepted", "Open", 5),
            history("2", "Status", "Open", "Accepted", 5),
        ]
    )
    assert [change.new for change in found] == ["Accepted", "Open", "Accepted"]


def test_every_change_is_kept_whatever_its_values_are() -> None:
    made = [
        history(str(n), "Status", old, new)
        for n, (old, new) in enumerate([(None, "A"), ("B", None), ("B", "B")])
    ]
    assert sorted(change.id for change in rows.changes(made)) == ["0", "1", "2"]


def test_a_lead_is_read_with_the_fields_that_the_mapping_names() -> None:
    row = {
        "Id": LEAD.id,
        "OwnerId": ADA,
        "Status": None,
        "CreatedDate": "2026-11-02T09:00:00.000+0000",
        "SystemModstamp": "2026-11-02T09:00:01.000+0000",
        "LastModifiedById": BEN,
        "IsConverted": False,
        "IsDeleted": False,
        "MasterRecordId": None,
        "Owner": {"Name": "Ada"},
        "Title": "Head",
        "Location__c": {"latitude": 1},
        "Campaign": None,
        "SLA_Revision__c": None,
        "SLA_Score__c": 68.0,
    }
    lead = rows.lead(row, ["Title", "Owner.Name", "Location__c", "Campaign.Name"])
    assert lead.status == ""
    assert lead.values == {
        "Title": "Head",
        "Owner.Name": "Ada",
        "Location__c": None,
        "Campaign.Name": None,
    }
    assert (lead.sla.score, lead.sla.revision, lead.exempt) == (68, 0, False)
    for otherwise in ("title", "Owner.name", "owner.Name"):
        with pytest.raises(Config, match=f"field {otherwise} is written otherwise") as refused:
            rows.lead(row, [otherwise])
        assert refused.value.error_code == "INVALID_FIELD"


def test_a_user_without_a_role_or_time_zone_is_a_user() -> None:
    found = rows.user(
        {
            "Id": ADA,
            "Username": "ada@example.com",
            "Name": "Ada",
            "UserRole": None,
            "ManagerId": None,
            "IsActive": True,
            "TimeZoneSidKey": None,
        }
    )
    assert (found.role, found.time_zone) == (None, "UTC")


def test_only_what_differs_is_written_and_never_the_revision() -> None:
    after = msgspec.structs.replace(LEAD.sla, band="Nurture", due_at=NINE, score=None, revision=4)
    assert rows.patch(LEAD.sla, after) == {
        "SLA_Band__c": "Nurture",
        "SLA_Due_At__c": "2026-11-02T09:00:00.000+0000",
        "SLA_Score__c": None,
    }
    assert rows.patch(LEAD.sla, LEAD.sla) == {}


def test_the_time_of_our_own_write_does_not_wake_us() -> None:
    later = msgspec.structs.replace(LEAD, modified_at=NINE + timedelta(seconds=9))
    assert rows.fingerprint(later, US, "") == rows.fingerprint(LEAD, US, "")


def test_the_time_of_somebody_elses_write_always_does() -> None:
    theirs = msgspec.structs.replace(LEAD, modified_by=ADA)
    later = msgspec.structs.replace(theirs, modified_at=NINE + timedelta(seconds=1))
    assert len({rows.fingerprint(one, US, "") for one in (LEAD, theirs, later)}) == 3


CHANGES: list[dict[str, Any]] = [
    {"owner_id": BEN},
    {"status": "Accepted"},
    {"is_converted": True},
    {"is_deleted": True},
    {"exempt": True},
    {"values": {"Title": "Chief", "SLA_Budget__c": None}},
    {"values": {"Title": "Head", "SLA_Budget__c": "Planned"}},
    *({"sla": msgspec.structs.replace(LEAD.sla, **{name: 99})} for name in ("score", "attempts")),
    *(
        {"sla": msgspec.structs.replace(LEAD.sla, **{name: "other"})}
        for name in ("band", "reasons", "status", "clock", "next_step", "sync_error")
    ),
    *({"sla": msgspec.structs.replace(LEAD.sla, **{name: NINE})} for name in ("due_at", "next_check")),
    {"sla": msgspec.structs.replace(LEAD.sla, revision=4)},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change)[:60])
def test_whatever_a_decision_reads_of_the_row_is_in_its_fingerprint(change: dict[str, Any]) -> None:
    assert rows.fingerprint(msgspec.structs.replace(LEAD, **change), US, "") != rows.fingerprint(LEAD, US, "")


def test_the_cases_above_name_every_field_of_ours() -> None:
    named = {
        name
        for change in CHANGES
        if "sla" in change
        for name in SLA_FIELDS
        if getattr(change["sla"], name) != getattr(LEAD.sla, name)
    }
    assert named == set(SLA_FIELDS)


def test_a_fingerprint_is_twelve_bytes_that_tell_nothing() -> None:
    assert len(rows.fingerprint(LEAD, US, "")) == 12
    assert b"Head" not in rows.fingerprint(LEAD, US, "")
