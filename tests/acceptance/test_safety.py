"""A mistake cannot move a sales floor: limits, releases, the kill switch, shadow mode, guards."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.acceptance.conftest import ROOT, SEVENTEEN_POINTS, Command, OutsideOrg

MONDAY_NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)


def queued_leads(org: OutsideOrg, number: int) -> list[str]:
    queue = org.soql("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"]
    return [org.create_lead(queue, LastName=f"Lead {n}", **SEVENTEEN_POINTS) for n in range(number)]


def owners(org: OutsideOrg) -> list[str]:
    return [row["OwnerId"] for row in org.soql("SELECT OwnerId FROM Lead ORDER BY Id")]


def kinds(org: OutsideOrg) -> list[str]:
    return [row["Kind__c"] for row in org.soql("SELECT Kind__c FROM SLA_Event__c ORDER BY Name")]


def test_beyond_the_limit_owner_changes_wait_one_alert_goes_out_and_a_release_lets_them_happen(
    org: OutsideOrg, sfsync: Command, tmp_path: Path
) -> None:
    sfsync.mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", sfsync.mappings)
    compliance = sfsync.mappings / "compliance.yaml"
    compliance.write_text(compliance.read_text().replace("per_hour: 200", "per_hour: 2"))
    sfsync.once()
    queued_leads(org, 6)
    sfsync.once()
    assert sum(owner.startswith("005") for owner in owners(org)) == 2
    assert kinds(org).count("Error") == 1
    executive = org.soql("SELECT Id FROM User WHERE UserRole.Name = 'Executive'")[0]["Id"]
    tasks = org.soql(f"SELECT Subject FROM Task WHERE OwnerId = '{executive}'")
    assert [task["Subject"] for task in tasks] == ["sfsync withholds owner changes"]

    org.set_clock(MONDAY_NINE + timedelta(minutes=20))
    sfsync.once()
    assert sum(owner.startswith("005") for owner in owners(org)) == 2
    assert kinds(org).count("Error") == 1

    sfsync(
        "release",
        "--owner-changes",
        "3",
        "--by",
        "Head of Sales",
        "--reason",
        "a big fair",
        "--for",
        "1 hours",
    )
    org.set_clock(MONDAY_NINE + timedelta(minutes=40))
    sfsync.once()
    assert sum(owner.startswith("005") for owner in owners(org)) == 5


def test_routing_shares_leads_out_fairly_and_tells_the_new_owner(org: OutsideOrg, sfsync: Command) -> None:
    sfsync.once()
    leads = queued_leads(org, 12)
    sfsync.once()
    assert sorted(owners(org)) == sorted(org.reps() * 2)
    rows = org.soql(
        "SELECT Lead_Id__c, Name, To_User__c, Task_Id__c FROM SLA_Event__c WHERE Kind__c = 'Routed'"
    )
    assert {row["Lead_Id__c"] for row in rows} == set(leads)
    for row in rows:
        assert row["Task_Id__c"]
        assert org.mentions(row["Lead_Id__c"])[row["Name"]] == [row["To_User__c"]]


def test_the_kill_switch_stops_everything_and_nothing_is_lost(org: OutsideOrg, sfsync: Command) -> None:
    sfsync.once()
    settings = org.soql("SELECT Id FROM SFSync_Settings__c")[0]["Id"]
    lead_id = org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    org.rest("PATCH", f"sobjects/SFSync_Settings__c/{settings}", {"Enabled__c": False})
    assert sfsync.once()["enabled"] is False
    assert kinds(org) == []
    org.rest("PATCH", f"sobjects/SFSync_Settings__c/{settings}", {"Enabled__c": True})
    sfsync.once()
    assert kinds(org) == ["Band Entered"]
    assert org.rest("GET", f"sobjects/Lead/{lead_id}")["SLA_Score__c"] == 68


def test_shadow_mode_decides_and_writes_nothing(org: OutsideOrg, sfsync: Command) -> None:
    sfsync.once()
    settings = org.soql("SELECT Id FROM SFSync_Settings__c")[0]["Id"]
    org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    org.rest("PATCH", f"sobjects/SFSync_Settings__c/{settings}", {"Shadow__c": True})
    before = org.dump()
    done = sfsync("run", "--once")
    assert org.dump() == before
    assert "Band Entered" in done.stderr
    org.rest("PATCH", f"sobjects/SFSync_Settings__c/{settings}", {"Shadow__c": False})
    sfsync.once()
    assert kinds(org) == ["Band Entered"]


def test_a_lead_that_refuses_every_write_does_not_stop_the_others(org: OutsideOrg, sfsync: Command) -> None:
    sfsync.once()
    rep = org.reps()[0]
    bad = org.create_lead(rep, LastName="Poison", **SEVENTEEN_POINTS)
    good = org.create_lead(rep, LastName="Fine", **SEVENTEEN_POINTS)
    rule = {"object_name": "Lead", "name": "Frozen", "formula": 'LastName = "Poison"', "message": "Frozen"}
    org.control("POST", "customer_rules", {"validation_rules": [rule]})
    done = sfsync("run", "--once", check=False)
    assert done.returncode == 1
    assert org.rest("GET", f"sobjects/Lead/{good}")["SLA_Score__c"] == 68
    assert org.rest("GET", f"sobjects/Lead/{bad}")["SLA_Score__c"] is None
    org.control("DELETE", "customer_rules")
    org.update(bad, Title="mended")
    sfsync.once()
    assert org.rest("GET", f"sobjects/Lead/{bad}")["SLA_Score__c"] == 68
