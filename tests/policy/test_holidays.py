"""Holidays of the org, told to Salesforce while clocks run (requirements P7, P12)."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import hours, kinds, new_lead, run_at, shown


def test_a_holiday_that_is_made_and_deleted_while_a_clock_runs_moves_its_deadline(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, _ = new_lead(org, sfsync)
    due = hours(9)  # Monday 13:00 in New York, four hours of opening time after it opened
    run_at(org, sfsync, hours(6))

    def stands() -> str:
        return str(org.rest("GET", f"sobjects/Lead/{lead}")["SLA_Due_At__c"])

    assert stands() == shown(due)
    made = org.rest("POST", "sobjects/Holiday", {"Name": "Founders' Day", "ActivityDate": "2026-11-02"})
    run_at(org, sfsync, due)
    assert stands() == shown(due + timedelta(days=1))
    assert kinds(org, lead, "first_contact") == []
    org.rest("DELETE", f"sobjects/Holiday/{made['id']}")
    run_at(org, sfsync, due + timedelta(seconds=1))
    assert stands() == shown(due)
    assert kinds(org, lead, "first_contact") == ["Breached"]
    sfsync("replay", lead)  # by the calendars that each decision kept; a difference would fail
