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
    made = [
        org.create_lead(rep, SLA_Acquired_At__c=shown(at), **SEVENTEEN_POINTS)
        for at in (now - day, now - day - timedelta(hours=2))
    ]
    sfsync.once()
    sfsync.once()
    assert kinds(org, made[0], "acquire") == []
    (late,) = ledger(org, made[1], "acquire")
    assert late["Kind__c"] == "Late Entry"
    assert "120 minutes too late" in late["Detail__c"] or "2 hours too late" in late["Detail__c"]
