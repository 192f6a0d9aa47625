"""P10: never more than 7 days without a meaningful interaction."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg
from tests.policy.story import call, edit, hours, kinds, ledger, new_lead, queue, run_at, shown


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


@pytest.mark.parametrize("status", [None, "Qualified"])
def test_p10_silence_counts_for_a_lead_that_was_taken_and_left_open_and_for_a_qualified_one(
    org: OutsideOrg, sfsync: Command, status: str | None
) -> None:
    """Whoever takes a lead from the queue has accepted it, so that no other clock asks after it any more."""
    edit(sfsync, "routing", ("reps: {role: Sales Rep}", "reps: {role: Trainee}"))
    sfsync.once()
    rep, lead = org.reps()[0], org.create_lead(queue(org), **SEVENTEEN_POINTS)
    sfsync.once()
    org.update(lead, org.login(rep), OwnerId=rep)
    org.set_clock(hours(6))
    contact = call(org, lead, rep)
    if status is not None:
        org.update(lead, org.login(rep), Status=status)
    run_at(org, sfsync, hours(6 + 24 * 7) - timedelta(seconds=1))
    assert kinds(org, lead, "silence") == ["Met"]
    run_at(org, sfsync, hours(6 + 24 * 7))
    breached = ledger(org, lead, "silence")[-1]
    assert (breached["Kind__c"], breached["Run__c"], breached["Rep__c"]) == ("Breached", contact, rep)
    assert (breached["Due_At__c"], breached["Adherent__c"]) == (shown(hours(6 + 24 * 7)), 0)
