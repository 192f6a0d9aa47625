"""P8: a qualified lead is followed up within 48 hours of its assignment."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import hours, kinds, ledger, new_lead, run_at, shown


def test_p08_an_accepted_lead_without_a_contact_breaches_the_window_at_48_hours(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync)
    org.update(lead, org.login(rep), Status="Accepted")
    run_at(org, sfsync, hours(48) - timedelta(seconds=1))
    assert kinds(org, lead, "follow_up") == []
    run_at(org, sfsync, hours(48))
    (breached,) = ledger(org, lead, "follow_up")
    assert (breached["Kind__c"], breached["Due_At__c"]) == ("Breached", shown(hours(48)))
    assert (breached["Rep__c"], breached["Adherent__c"], breached["Run__c"]) == (rep, 0, "created")
