"""The worked ladder of requirement P6, to the second, as the table in the design has it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg

MONDAY_NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)


def at(hours: float) -> datetime:
    return MONDAY_NINE + timedelta(hours=hours)


def shown(hours: float) -> str:
    return at(hours).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def events(org: OutsideOrg, lead_id: str) -> list[dict[str, Any]]:
    """The ledger but for what clocks other than the ladder's say."""
    return org.soql(
        "SELECT Id, Name, Kind__c, Clock__c, Run__c, Due_At__c, Task_Id__c, Adherent__c"
        f" FROM SLA_Event__c WHERE Lead_Id__c = '{lead_id}'"
        " AND (Clock__c = null OR Clock__c = 'accept') ORDER BY Name"
    )


def test_the_ladder_does_each_step_at_its_second_and_nothing_a_second_earlier(
    org: OutsideOrg, sfsync: Command
) -> None:
    sfsync.once()
    rep = org.reps()[0]
    manager = org.soql(f"SELECT ManagerId FROM User WHERE Id = '{rep}'")[0]["ManagerId"]
    executive = org.soql("SELECT Id FROM User WHERE UserRole.Name = 'Executive'")[0]["Id"]
    lead_id = org.create_lead(rep, **SEVENTEEN_POINTS)
    sfsync.once()

    lead = org.rest("GET", f"sobjects/Lead/{lead_id}")
    assert lead["SLA_Score__c"] == 68
    assert lead["SLA_Band__c"] == "Immediate Sales Contact"
    assert "Budget 17/25: Planned" in lead["SLA_Reasons__c"]
    assert lead["SLA_Status__c"] == "On Track"
    assert lead["SLA_Due_At__c"] == shown(9), "the first contact, at 13:00 in New York, is more urgent"

    new_owner = None
    table: list[tuple[float, list[tuple[str, str | None]]]] = [
        (36, [("Warned", "accept")]),
        (48, [("Reminded", "accept"), ("Breached", "accept")]),
        (72, [("Escalated", "accept")]),
        (96, [("Reassigned", "accept"), ("Executive Notified", "accept"), ("Closed Late", "accept")]),
    ]
    seen = {event["Id"] for event in events(org, lead_id)}
    assert [event["Kind__c"] for event in events(org, lead_id)] == ["Band Entered"]
    for hours, expected in table:
        org.set_clock(at(hours) - timedelta(seconds=1))
        sfsync.once()
        assert {event["Id"] for event in events(org, lead_id)} == seen, f"something happened before {hours} h"
        org.set_clock(at(hours))
        sfsync.once()
        new = [event for event in events(org, lead_id) if event["Id"] not in seen]
        assert [(event["Kind__c"], event["Clock__c"]) for event in new] == expected
        assert {event["Run__c"] for event in new} == {"created"}
        assert {event["Due_At__c"] for event in new} == {shown(hours)}
        seen |= {event["Id"] for event in new}

    new_owner = org.rest("GET", f"sobjects/Lead/{lead_id}")["OwnerId"]
    assert new_owner in org.reps()
    assert new_owner != rep

    tasks = {
        row["Id"]: (row["OwnerId"], row["ActivityDate"], row["Priority"])
        for row in org.soql(f"SELECT Id, OwnerId, ActivityDate, Priority FROM Task WHERE WhoId = '{lead_id}'")
    }
    mentions = org.mentions(lead_id)
    story = {
        event["Kind__c"]: (tasks.get(event["Task_Id__c"]), mentions.get(event["Name"]))
        for event in events(org, lead_id)
    }
    assert story == {
        "Band Entered": ((rep, "2026-11-02", "High"), [rep]),
        "Warned": ((rep, "2026-11-04", "High"), [rep]),
        "Reminded": (None, [rep]),
        "Breached": (None, None),
        "Escalated": ((manager, "2026-11-05", "High"), [rep, manager]),
        "Reassigned": ((new_owner, "2026-11-06", "High"), [new_owner, manager]),
        "Executive Notified": (None, [executive]),
        "Closed Late": (None, None),
    }
    assert len(tasks) == 4

    org.set_clock(at(96 + 36))
    sfsync.once()
    history = org.soql(f"SELECT Id, NewValue FROM LeadHistory WHERE LeadId = '{lead_id}' AND Field = 'Owner'")
    run = next(row["Id"] for row in history if row["NewValue"] == new_owner)
    last = events(org, lead_id)[-1]
    assert (last["Kind__c"], last["Run__c"], last["Due_At__c"]) == ("Warned", run, shown(96 + 36))


def test_an_accepted_lead_gets_no_further_step(org: OutsideOrg, sfsync: Command) -> None:
    sfsync.once()
    rep = org.reps()[0]
    lead_id = org.create_lead(rep, **SEVENTEEN_POINTS)
    sfsync.once()
    org.set_clock(at(36))
    sfsync.once()
    org.set_clock(at(47))
    org.update(lead_id, org.login(rep), Status="Accepted")
    for hours in (48, 72, 96, 200):
        org.set_clock(at(hours))
        sfsync.once()
    kinds = [(event["Kind__c"], event["Adherent__c"]) for event in events(org, lead_id)]
    assert kinds == [("Band Entered", None), ("Warned", None), ("Met", 1)]
    assert org.rest("GET", f"sobjects/Lead/{lead_id}")["OwnerId"] == rep


def test_repeating_a_run_or_losing_the_data_directory_changes_nothing_in_the_org(
    org: OutsideOrg, sfsync: Command
) -> None:
    sfsync.once()
    rep = org.reps()[0]
    lead_id = org.create_lead(rep, **SEVENTEEN_POINTS)
    for hours in (0, 36, 48, 72, 96):
        org.set_clock(at(hours))
        sfsync.once()
        after = org.dump()
        sfsync.once()
        assert org.dump() == after, f"a repeated run changed something at {hours} h"
        shutil.rmtree(sfsync.data_dir)
        sfsync.once()
        assert org.dump() == after, f"a run without its hints changed something at {hours} h"
    assert len(events(org, lead_id)) == 8
