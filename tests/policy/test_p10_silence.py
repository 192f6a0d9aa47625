"""P10: never more than 7 days without a meaningful interaction."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import call, hours, kinds, ledger, new_lead, run_at, shown


def test_p10_seven_days_without_an_interaction_are_a_breach_whatever_the_status(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync)
    org.update(lead, org.login(rep), Status="Accepted")
    org.set_clock(hours(24))
    contact = call(org, lead, rep)
    org.set_clock(hours(24 * 7))
    org.update(lead, org.login(rep), Status="Working - Contacted")
    run_at(org, sfsync, hours(24 * 8) - timedelta(seconds=1))
    assert kinds(org, lead, "silence") == ["Met"]
    run_at(org, sfsync, hours(24 * 8))
    breached = ledger(org, lead, "silence")[-1]
    assert (breached["Kind__c"], breached["Run__c"]) == ("Breached", contact)
    assert (breached["Due_At__c"], breached["Adherent__c"]) == (shown(hours(24 * 8)), 0)
