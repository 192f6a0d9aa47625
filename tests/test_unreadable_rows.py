"""Rows that cannot be read are the refusal of their lead, told once with its reason: they stop no other lead."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sfsync.errors import Transient
from sfsync.localorg.org import Org
from sfsync.localorg.server import OrgServer
from sfsync.poll import COMPARE_EVERY, tick
from sfsync.ports import Look
from sfsync.reconcile import handle
from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg
from tests.garbled import Garbled, GarblingApp
from tests.inprocess import START, World, begun, handed, schema
from tests.shipped import everything

UNREADABLE = "sfsync cannot read this lead: "

ROWS = [
    Garbled("Lead", "OwnerId", None),
    Garbled("Lead", "Status", 5),
    Garbled("Lead", "CreatedDate", "2026-13-41T09:00:00.000+0000"),
    Garbled("Lead", "CreatedDate", "2026-11-02"),
    Garbled("Lead", "SystemModstamp", "4000-12-31T00:00:00.000+0000"),
    Garbled("Lead", "SystemModstamp", {"at": 7}),
    Garbled("Lead", "IsConverted", None),
    Garbled("Lead", "IsDeleted", "no"),
    Garbled("Lead", "SLA_Due_At__c", "0001-01-01T00:00:00.000+1400"),
    Garbled("Lead", "SLA_Next_Check__c", "soon"),
    Garbled("Lead", "SLA_Sync_Error__c", ["Canary"]),
    Garbled("Lead", "SLA_Score__c", "Canary"),
    Garbled("Lead", "SLA_Budget__c", 10**30),
    Garbled("LeadHistory", "CreatedDate", "2026-11-02T0"),
    Garbled("LeadHistory", "Field", None),
    Garbled("LeadHistory", "NewValue", {"Canary": 1}),
    Garbled("SLA_Event__c", "Occurred_At__c", None),
    Garbled("SLA_Event__c", "Kind__c", 1.5),
    Garbled("SLA_Event__c", "Due_At__c", "Canary"),
    Garbled("Task", "LastModifiedDate", None),
    Garbled("Task", "ActivityDate", "2026-02-31"),
    Garbled("Task", "OwnerId", {"Canary": 1}),
    Garbled("Event", "EndDateTime", "9999-12-31T23:59:59.000+0000"),
    Garbled("Event", "DurationInMinutes", "Canary"),
]


def lived(world: World) -> str:
    """A lead of which there are rows of each kind, in a world that has seen them."""
    lead = world.create_lead(by=world.rep)
    world.once(world.worker(everything()))
    world.rest(
        "POST",
        "sobjects/Task",
        {
            "WhoId": lead,
            "OwnerId": world.rep,
            "Subject": "Call",
            "Status": "Completed",
            "TaskSubtype": "Call",
        },
        by=world.rep,
    )
    day = {
        "StartDateTime": "2026-11-02T09:00:00Z",
        "EndDateTime": "2026-11-02T10:00:00Z",
        "IsAllDayEvent": True,
    }
    world.rest(
        "POST", "sobjects/Event", {"WhoId": lead, "OwnerId": world.rep, "Subject": "x", **day}, by=world.rep
    )
    world.once(world.worker(everything()))
    world.advance(minutes=6)
    return lead


def errors(world: World, lead: str) -> list[str]:
    return [row["Detail__c"] for row in world.events(lead) if row["Kind__c"] == "Error"]


@pytest.mark.parametrize("garbled", ROWS, ids=str)
def test_a_row_that_cannot_be_read_refuses_its_lead_once_and_stops_no_other(garbled: Garbled) -> None:
    world = begun()
    bad = lived(world)
    before = Counter(world.kinds(bad))
    worker = world.worker(everything())
    world.once(worker)
    world.update(bad, by=world.rep, Status="Working - Contacted", Description="poison")
    others = [world.create_lead() for _ in range(3)]
    with world.interposed(garbled.arriving(bad)), capture_logs() as logs:
        for _ in range(3):
            world.once(worker)
            world.advance(minutes=1)
        told = errors(world, bad)
        assert len(told) == 1
        assert told[0].startswith(UNREADABLE)
        assert garbled.object_name in told[0] or "OverflowError" in told[0] or "TypeError" in told[0]
        if (
            garbled.field not in ("OwnerId", "Status") or garbled.object_name != "Lead"
        ):  # what the guard asks for
            assert world.lead(bad)["SLA_Sync_Error__c"].startswith(UNREADABLE)
        assert all("Band Entered" in world.kinds(one) for one in others)
        assert all(world.lead(one)["SLA_Score__c"] == 68 for one in others)
        assert {one["lead_id"] for one in logs if one["event"] == "refused"} == {bad}
        assert "Canary" not in str(logs) + str(told) + str(world.lead(bad))
        for _ in range(2):  # it is not tried again and again
            world.advance(minutes=1)
            assert world.once(worker).looks == 0
        assert Counter(world.kinds(bad)) - before == {"Error": 1}
    world.update(bad, by=world.rep, Description="mended")
    world.once(worker)
    assert world.lead(bad).get("SLA_Sync_Error__c") is None
    assert len(errors(world, bad)) == 1


def test_each_reason_is_an_error_of_its_own() -> None:
    world = begun()
    lead = world.create_lead()
    for garbled in (Garbled("Lead", "SLA_Score__c", "high"), Garbled("Lead", "CreatedDate", None)):
        with world.interposed(garbled.arriving(lead)):
            world.update(lead, by=world.rep, Description=str(garbled))
            world.once()
            world.once()
    assert errors(world, lead) == [
        f"{UNREADABLE}Lead {lead}: SLA_Score__c is str where float is expected",
        f"{UNREADABLE}Lead {lead}: CreatedDate is null where datetime is expected",
    ]


def test_time_is_not_taken_from_a_row_that_was_changed_in_the_far_future() -> None:
    world = begun()
    good = world.create_lead()
    world.once()
    world.advance(minutes=10)
    bad = world.create_lead()
    world.update(good, Description="seen in one batch with the other")
    with world.interposed(Garbled("Lead", "SystemModstamp", "2031-01-01T00:00:00.000+0000").arriving(bad)):
        world.once()
        world.once()
    assert world.kinds(good) == ["Band Entered"]
    assert world.kinds(bad) == ["Error"]


def test_a_tick_goes_on_behind_a_row_without_a_time_or_an_id_and_hands_it_out_once() -> None:
    world = begun()
    leads = [world.create_lead() for _ in range(3)]
    for field in ("SystemModstamp", "Id"):
        worker = world.worker()
        world.advance(seconds=1)
        for lead in leads:
            world.update(lead, Description=field)
        with world.interposed(Garbled("Lead", field, None).arriving(leads[-1])):
            tick(worker)
            named = leads if field == "SystemModstamp" else leads[:-1]
            assert sorted(handed(world)) == sorted(named)
        marks = world.store.marks()
        assert marks is not None
        assert marks.cursor_id == "", "the poll came to its end"


def test_a_row_without_an_id_in_a_look_stops_no_other_and_its_lead_is_found_by_the_second_pass() -> None:
    world = begun()
    bad, good = world.create_lead(), world.create_lead()
    with world.interposed(Garbled("Lead", "Id", None).arriving(bad)), capture_logs() as logs:
        tick(world.worker())
        assert handed(world) == [good]
        handle(Look((bad, good)), world.worker())
    assert [one["rows"] for one in logs if one["log_level"] == "warning"] == [1]
    assert (world.kinds(bad), world.kinds(good)) == ([], ["Band Entered"])
    world.advance(minutes=6)
    world.once()
    world.advance(seconds=COMPARE_EVERY.total_seconds())
    world.once()
    assert world.kinds(bad) == ["Band Entered"]


def test_an_activity_whose_time_of_change_cannot_be_read_is_handed_out_with_the_others() -> None:
    world = begun()
    worker = world.worker(everything())
    leads = [world.create_lead() for _ in range(2)]
    world.once(worker)
    world.advance(minutes=6)
    world.once(worker)
    for lead in leads:
        call = {"WhoId": lead, "OwnerId": world.rep, "Subject": "Call", "Status": "Completed"}
        world.rest("POST", "sobjects/Task", call, by=world.rep)
    with world.interposed(Garbled("Task", "SystemModstamp", "Canary").arriving(leads[0])):
        assert world.once(worker).looks == 2
        assert world.once(worker).looks == 0


def test_the_second_pass_compares_rows_that_cannot_be_read() -> None:
    world = begun()
    bad, lost = world.create_lead(), world.create_lead()
    with world.interposed(Garbled("Lead", "SLA_Score__c", "high").arriving(bad)):
        for _ in range(2):
            world.once()
            world.advance(minutes=6)
        world.once()
        marks = world.store.marks()
        assert marks is not None
        world.store.settle(marks.epoch, {lost: None}, {})
        world.advance(seconds=COMPARE_EVERY.total_seconds())
        with capture_logs() as logs:
            world.once()
    assert [one["found"] for one in logs if one["event"] == "compared the index with the org"] == [1]
    assert len(errors(world, bad)) == 1


def test_over_http_the_commands_say_which_lead_cannot_be_read_and_do_all_others(tmp_path: Path) -> None:
    app = GarblingApp(Org(schema(), int(START.timestamp())))
    token = app.org.issue_token(app.org.people.integration)
    with OrgServer(app) as server:
        org = OutsideOrg(server.instance_url, token, server.control_url)
        sfsync = Command(org, tmp_path / "data")
        sfsync.once()
        bad, history, good = (org.create_lead(app.org.people.reps[0], **SEVENTEEN_POINTS) for _ in range(3))
        org.update(history, Status="Working - Contacted")
        app.arrives = {
            bad: Garbled("Lead", "CreatedDate", "2026-13-01T09:00:00.000+0000"),
            history: Garbled("LeadHistory", "CreatedDate", "2026-1"),
        }
        planned = json.loads(sfsync("plan", "--json").stdout)
        assert planned["refused"] == 2
        assert {one["lead_id"] for one in planned["refused_leads"]} == {bad, history}
        assert [one["lead_id"] for one in planned["leads"]] == [good]
        shown = sfsync("plan").stdout
        assert "CreatedDate is not what its type can hold" in " ".join(shown.replace("│", " ").split())
        explained = sfsync("explain", bad, check=False)
        assert explained.returncode == 1
        assert explained.stderr == (
            f"sfsync: {bad} cannot be read: Lead {bad}: CreatedDate is not what its type can hold\n"
        )
        rehearsed = sfsync("check", "--rehearse", bad, check=False)
        assert "CreatedDate is not what its type can hold" in " ".join(
            rehearsed.stdout.replace("│", " ").split()
        )
        run = sfsync("run", "--once", "--json", check=False)
        assert (run.returncode, json.loads(run.stdout)["refused"]) == (1, 2)
        rows = org.soql("SELECT Lead_Id__c, Kind__c FROM SLA_Event__c ORDER BY Name")
        kinds = Counter((row["Lead_Id__c"], row["Kind__c"]) for row in rows)
        assert kinds[good, "Band Entered"] == kinds[bad, "Error"] == kinds[history, "Error"] == 1
        app.arrives = {}
        assert org.rest("GET", f"sobjects/Lead/{bad}")["SLA_Sync_Error__c"].endswith("its type can hold")
        for lead in (bad, history):
            org.update(lead, Description="mended")
        assert sfsync.once()["refused"] == 0
        org.http.close()


@pytest.mark.parametrize(
    ("garbled", "why"),
    [
        (Garbled("User", "IsActive", None), "IsActive is null where bool is expected"),
        (Garbled("User", "Username", 5), "Username is int where str is expected"),
        (Garbled("User", "UserRole", "Canary"), "UserRole is str where object is expected"),
        (Garbled("User", "UserRole", {"Name": ["Canary"]}), "UserRole.Name is array where str is expected"),
        (Garbled("User", "TimeZoneSidKey", 1), "TimeZoneSidKey is int where str is expected"),
        (Garbled("Group", "Name", None), "Name is null where str is expected"),
    ],
    ids=str,
)
def test_while_a_user_or_a_queue_cannot_be_read_nothing_is_decided(garbled: Garbled, why: str) -> None:
    world = begun()
    lead = world.create_lead(by=world.rep)
    worker = world.worker(everything())
    about = world.rep if garbled.object_name == "User" else world.org.people.lead_queue
    with world.interposed(garbled.arriving(about)), pytest.raises(Transient) as raised:
        world.once(worker)
    assert f"{garbled.object_name} {about}: {why}" in str(raised.value)
    assert "Canary" not in str(raised.value)
    assert world.kinds(lead) == []
    world.once(worker)
    assert world.kinds(lead) == ["Band Entered"]
