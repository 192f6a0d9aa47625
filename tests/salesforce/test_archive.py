"""What is archived is in the file, is gone from the org, and never happens again."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sfsync.core import evidence
from sfsync.errors import Config
from sfsync.ports import Look, Reply
from sfsync.reconcile import handle
from sfsync.salesforce.archive import Archived, archive
from tests.inprocess import Crash, Send, World, begun

DAYS = 400
LEFT_OUT = "- left out: the lead was deleted"
OVER = ("Rejected", "Closed - Not Converted", "Closed - Converted")


def long_ago() -> tuple[World, dict[str, str]]:
    """A world in which leads came to every kind of end more than a year ago, and one is open still."""
    world = begun()
    leads = {name: world.create_lead() for name in ("rejected", "converted", "deleted", "gone", "open")}
    for hours in (0, 36, 48):
        world.at(hours, seconds=5)
        world.once()
    world.update(leads["rejected"], by=world.rep, Status="Rejected")
    world.control("convert", lead_id=leads["converted"], user_id=world.rep)
    world.rest("DELETE", f"sobjects/Lead/{leads['deleted']}")
    world.org.database.table("Lead").discard(leads["gone"])
    world.advance(minutes=1)
    world.once()
    world.advance(days=DAYS)
    return world, leads


def allow(world: World) -> None:
    [found] = world.soql("SELECT Id FROM PermissionSet WHERE Name = 'SFSync_Archivist'")
    assignment = {"PermissionSetId": found["Id"], "AssigneeId": world.org.people.integration}
    world.rest("POST", "sobjects/PermissionSetAssignment", assignment)


def run(world: World, file: Path | None) -> Archived:
    before = world.now.replace(year=world.now.year - 1)
    session = world.session()
    session.versions()
    return archive(session, OVER, before, file, lambda _: None)


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def live(world: World) -> list[dict[str, Any]]:
    return [row for row in world.events() if not row["IsDeleted"]]


def test_without_a_file_it_only_counts() -> None:
    world, _ = long_ago()
    before = live(world)
    done = run(world, None)
    assert (done.leads, done.events) == (4, len(before) - 4)
    assert (done.exported, done.removed, done.refused) == (0, 0, 0)
    assert live(world) == before


def test_who_may_not_delete_events_is_told_which_permission_set_does(tmp_path: Path) -> None:
    world, _ = long_ago()
    with pytest.raises(Config, match="SFSync_Archivist"):
        run(world, tmp_path / "ledger")
    assert not (tmp_path / "ledger").exists()


def test_rows_of_leads_that_are_over_are_in_the_file_and_one_row_each_is_left(tmp_path: Path) -> None:
    world, leads = long_ago()
    allow(world)
    before = {row["Id"]: row for row in live(world)}
    done = run(world, tmp_path / "ledger")
    written = lines(tmp_path / "ledger")
    assert len(written) == done.exported == done.removed == done.events
    kept = {leads[name] for name in ("rejected", "converted")}
    for row in written:
        original = before[row["Id"]] | ({} if row["Lead_Id__c"] in kept else {"Evidence__c": LEFT_OUT})
        assert {name: original[name] for name in row} == row
        assert {"Key__c", "Detail__c", "Evidence__c", "Name"} <= row.keys()
    left = Counter((row["Lead_Id__c"], row["Kind__c"]) for row in live(world))
    over = [leads[name] for name in ("rejected", "converted", "deleted", "gone")]
    assert all(left[lead, "Archived"] == 1 for lead in over)
    assert sum(left.values()) == len(over) + 4
    assert (tmp_path / "ledger").stat().st_mode & 0o077 == 0
    assert run(world, tmp_path / "ledger") == Archived()


def test_what_the_decisions_about_a_deleted_lead_were_made_of_does_not_leave_the_org(tmp_path: Path) -> None:
    world = begun()
    leads = {name: world.create_lead(LeadSource=f"Canary {name}") for name in ("rejected", "deleted")}
    winner = world.create_lead()
    leads["merged"] = world.create_lead(LeadSource="Canary merged")
    world.once()
    world.update(leads["rejected"], by=world.rep, Status="Rejected")
    world.rest("DELETE", f"sobjects/Lead/{leads['deleted']}")
    world.control("merge", master_id=winner, loser_ids=[leads["merged"]])
    world.once()
    world.advance(days=DAYS)
    allow(world)
    run(world, tmp_path / "ledger")
    told: dict[str, list[str]] = {}
    for row in lines(tmp_path / "ledger"):
        told.setdefault(row["Lead_Id__c"], []).append(row["Evidence__c"])
    assert set(told) == set(leads.values())
    assert all("Canary rejected" in str(evidence.read(text)) for text in told[leads["rejected"]])
    assert told[leads["deleted"]] == told[leads["merged"]] == [LEFT_OUT]
    assert not [row for row in live(world) if row["Lead_Id__c"] in leads.values() and row["Evidence__c"]]


def test_a_lead_that_is_open_or_changed_lately_keeps_its_ledger(tmp_path: Path) -> None:
    world, leads = long_ago()
    allow(world)
    world.update(leads["rejected"], by=world.rep, Description="called again")
    run(world, tmp_path / "ledger")
    kinds = Counter(row["Lead_Id__c"] for row in live(world) if row["Kind__c"] != "Archived")
    assert set(kinds) == {leads["rejected"], leads["open"]}


@pytest.mark.parametrize("nth", range(1, 9))
@pytest.mark.parametrize("after", [False, True])
def test_broken_off_anywhere_it_goes_on_and_no_row_is_lost_or_written_twice(
    tmp_path: Path, nth: int, after: bool
) -> None:
    world, _ = long_ago()
    allow(world)
    expected = run(world, None)
    before = {row["Id"]: row["Lead_Id__c"] for row in live(world)}
    asked: list[str] = []

    def breaks_off(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        asked.append(path)
        if len(asked) != nth:
            return send()
        if after:
            send()
        raise Crash

    with world.interposed(breaks_off), suppress(Crash):
        run(world, tmp_path / "ledger")
    run(world, tmp_path / "ledger")
    written = [row["Id"] for row in lines(tmp_path / "ledger") if row["Kind__c"] != "Archived"]
    assert len(written) == len(set(written)) == expected.events
    left = live(world)
    assert {row["Id"] for row in left if row["Kind__c"] != "Archived"} == before.keys() - set(written)
    kept = Counter(row["Lead_Id__c"] for row in left if row["Kind__c"] == "Archived")
    assert kept == Counter({before[id_] for id_ in written})


def test_a_last_line_that_was_broken_off_is_written_again(tmp_path: Path) -> None:
    world, _ = long_ago()
    allow(world)
    file = tmp_path / "ledger"
    file.write_bytes(b'{"Id": "a0')
    done = run(world, file)
    assert len(lines(file)) == done.exported


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    world, _ = long_ago()
    allow(world)
    file = tmp_path / "letter"
    file.write_text("Dear Sirs,\n")
    with pytest.raises(Config, match="no export"):
        run(world, file)
    assert file.read_text() == "Dear Sirs,\n"


@pytest.mark.parametrize("hints", ["kept", "emptied"])
def test_nothing_that_was_archived_happens_again(tmp_path: Path, hints: str) -> None:
    world, leads = long_ago()
    allow(world)
    run(world, tmp_path / "ledger")
    if hints == "emptied":
        world.store.forget()
    tasks = len(world.soql("SELECT Id FROM Task"))
    handle(Look(tuple(leads.values())), world.worker())
    world.once()
    for name in ("rejected", "converted", "deleted", "gone"):
        assert [row["Kind__c"] for row in live(world) if row["Lead_Id__c"] == leads[name]] == ["Archived"]
    rejected = len(world.soql(f"SELECT Id FROM Task WHERE WhoId != '{leads['open']}' AND WhoId != null"))
    assert rejected <= tasks


def test_without_the_kept_row_it_would(tmp_path: Path) -> None:
    world, leads = long_ago()
    allow(world)
    run(world, tmp_path / "ledger")
    table = world.org.database.table("SLA_Event__c")
    for row in live(world):
        if row["Kind__c"] == "Archived":
            table.discard(row["Id"])
    handle(Look((leads["rejected"],)), world.worker())
    assert world.kinds(leads["rejected"]) != []


def test_a_lead_that_is_reopened_begins_anew(tmp_path: Path) -> None:
    world, leads = long_ago()
    allow(world)
    run(world, tmp_path / "ledger")
    lead = leads["rejected"]
    world.update(lead, by=world.executive, Status="Open - Not Contacted")
    reopened = world.now
    world.once()
    assert [row["Kind__c"] for row in live(world) if row["Lead_Id__c"] == lead] == ["Archived"]
    world.advance(hours=36)
    world.once()
    warned = [row for row in live(world) if row["Lead_Id__c"] == lead][1:]
    assert [row["Kind__c"] for row in warned] == ["Warned"]
    assert warned[0]["Started_At__c"] == f"{reopened:%Y-%m-%dT%H:%M:%S.000+0000}"
    world.update(lead, by=world.rep, SLA_Budget__c="No Budget", SLA_Authority__c="Unknown")
    world.once()
    [entered] = [row for row in live(world) if row["Lead_Id__c"] == lead and row["Kind__c"] == "Band Entered"]
    assert entered["Key__c"].startswith(f"{lead}:band:2:Immediate Sales Contact>")
    world.update(lead, by=world.rep, Status="Rejected")
    world.once()
    world.advance(days=DAYS)
    run(world, tmp_path / "ledger")
    [kept] = [row for row in live(world) if row["Lead_Id__c"] == lead]
    assert kept["Key__c"] == f"{lead}:archived:2:2"
