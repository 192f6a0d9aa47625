"""P1: a lead is in the CRM within 24 hours of its acquisition."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg
from tests.policy.story import START, kinds, ledger, shown


def test_p01_a_lead_entered_a_second_late_gets_one_event_with_the_lateness(
    org: OutsideOrg, sfsync: Command
) -> None:
    sfsync.once()
    now = START + timedelta(hours=1)
    org.set_clock(now)
    rep, day = org.reps()[0], timedelta(hours=24)
    second, hours = timedelta(seconds=1), timedelta(hours=2)
    just_before, on_time, just_late, late = [
        org.create_lead(rep, SLA_Acquired_At__c=shown(now - day + spare), **SEVENTEEN_POINTS)
        for spare in (second, timedelta(0), -second, -hours)
    ]
    sfsync.once()
    sfsync.once()
    assert kinds(org, just_before, "acquire") == kinds(org, on_time, "acquire") == []
    (by_a_second,), (by_hours,) = ledger(org, just_late, "acquire"), ledger(org, late, "acquire")
    assert by_a_second["Kind__c"] == by_hours["Kind__c"] == "Late Entry"
    assert (by_a_second["Due_At__c"], by_hours["Due_At__c"]) == (shown(now - second), shown(now - hours))
    assert "2 hours too late" in by_hours["Detail__c"]
