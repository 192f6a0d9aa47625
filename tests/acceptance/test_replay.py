"""`sfsync replay` over HTTP: what was decided is decided again, also after policy and people have changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_a_life_is_replayed_under_the_policy_that_it_was_lived_under(
    org: OutsideOrg, sfsync: Command, tmp_path: Path
) -> None:
    sfsync.once()
    lead_id = org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    for hours in (0, 36, 48):
        org.set_clock(START + timedelta(hours=hours, seconds=1))
        sfsync.once()

    mine = tmp_path / "mappings"
    mine.mkdir()
    for file in sfsync.mappings.glob("*.yaml"):
        mine.joinpath(file.name).write_text(file.read_text().replace("Please accept this lead", "Take it"))
    manager = org.soql("SELECT ManagerId FROM User WHERE ManagerId != null LIMIT 1")[0]["ManagerId"]
    org.rest("PATCH", f"sobjects/User/{manager}", {"LastName": "Renamed"})
    renewed = Command(org, tmp_path / "data", mine)
    org.set_clock(START + timedelta(hours=72, seconds=1))
    renewed.once()

    again = json.loads(renewed("replay", lead_id, "--json").stdout)
    assert again["agree"] is True
    assert sorted(one["kind"] for one in again["events"]) == [
        *("Band Entered", "Breached", "Breached", "Escalated", "Reminded", "Warned"),
    ]
    assert len({one["policy"] for one in again["events"]}) == 2
    assert len(org.soql("SELECT Id FROM SLA_Policy__c")) == 2

    warned = next(one["event"] for one in again["events"] if one["kind"] == "Warned")
    row = org.soql(f"SELECT Id, Rep__c FROM SLA_Event__c WHERE Name = '{warned}'")[0]
    org.rest("PATCH", f"sobjects/SLA_Event__c/{row['Id']}", {"Detail__c": "It was never said."})
    done = renewed("replay", warned, check=False)
    assert done.returncode == 3
    assert "the row itself was changed since" in done.stdout
    assert "0 of 1 decisions come out as they stand in the ledger." in done.stdout
    assert renewed("replay", "SLA-9999999", check=False).returncode == 1
