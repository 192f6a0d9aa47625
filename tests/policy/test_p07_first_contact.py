"""P7: the owner contacts the lead in business hours after assignment, as the lead prefers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import call, hours, kinds, ledger, new_lead, one_lead, run_at, shown


def test_p07_an_immediate_lead_is_contacted_within_four_business_hours_of_its_assignment(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync, SLA_Preferred_Contact__c="Phone")
    due = hours(9)  # Monday 13:00 in New York: four hours after the office opened
    run_at(org, sfsync, due - timedelta(seconds=1))
    assert kinds(org, lead, "first_contact") == []
    run_at(org, sfsync, due)
    (breached,) = ledger(org, lead, "first_contact")
    assert (breached["Kind__c"], breached["Due_At__c"]) == ("Breached", shown(due))
    assert (breached["Rep__c"], breached["Adherent__c"], breached["Task_Id__c"]) == (rep, 0, None)
    (task,) = org.soql(f"SELECT Subject FROM Task WHERE WhoId = '{lead}'")
    assert "Phone" in task["Subject"]

    org.set_clock(due + timedelta(minutes=1))
    call(org, lead, rep)
    run_at(org, sfsync, hours(35))
    assert kinds(org, lead, "first_contact") == ["Breached", "Closed Late"]


@pytest.mark.parametrize(
    ("band", "fields", "due"),
    [
        # The office opens on Monday at `hours(5)` and is open for eight hours a day.
        (
            "Immediate Executive Contact",
            {"SLA_Budget__c": "Approved", "SLA_Authority__c": "Decision Maker", "SLA_Need__c": "Critical"},
            hours(6),
        ),
        ("Scheduled Follow-Up", {"SLA_Need__c": None, "SLA_Timeline__c": None}, hours(2 * 24 + 13)),
    ],
)
def test_p07_the_band_says_how_many_business_hours_there_are(
    org: OutsideOrg, sfsync: Command, band: str, fields: dict[str, str | None], due: datetime
) -> None:
    lead, rep = new_lead(org, sfsync, **fields)
    run_at(org, sfsync, due - timedelta(seconds=1))
    assert one_lead(org, lead)["SLA_Band__c"] == band
    assert kinds(org, lead, "first_contact") == []
    run_at(org, sfsync, due)
    (breached,) = ledger(org, lead, "first_contact")
    assert (breached["Kind__c"], breached["Due_At__c"], breached["Rep__c"]) == ("Breached", shown(due), rep)


def test_p07_a_completed_call_of_the_owners_meets_the_clock_and_a_status_flip_does_not(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync)
    other = org.reps()[1]
    sfsync.once()
    org.update(lead, org.login(rep), Status="Accepted")
    org.update(lead, org.login(rep), Status="Working - Contacted")
    call(org, lead, other)
    run_at(org, sfsync, hours(7))
    assert kinds(org, lead, "first_contact") == []
    call(org, lead, rep)
    run_at(org, sfsync, hours(7) + timedelta(minutes=1))
    (met,) = ledger(org, lead, "first_contact")
    assert (met["Kind__c"], met["Adherent__c"], met["Rep__c"]) == ("Met", 1, rep)
    assert "call took place" in sfsync("explain", lead, "--json").stdout
