"""P6: Sales accepts or disposes of a qualified lead in 48 hours; a lead in a queue has a clock of its own.

The ladder of a lead that nobody touches is in tests/acceptance/test_ladder.py, to the second.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg
from tests.policy.story import boss, edit, hours, kinds, ledger, new_lead, queue, run_at, shown, tasks


@pytest.mark.parametrize("status", ["Accepted", "Closed - Not Converted"])
def test_p06_accepting_and_disposing_in_the_last_second_both_meet_the_clock(
    org: OutsideOrg, sfsync: Command, status: str
) -> None:
    lead, rep = new_lead(org, sfsync)
    run_at(org, sfsync, hours(36))
    org.set_clock(hours(48) - timedelta(seconds=1))
    org.update(lead, org.login(rep), Status=status)
    run_at(org, sfsync, hours(97))
    warned, met = ledger(org, lead, "accept")
    assert [warned["Kind__c"], met["Kind__c"]] == ["Warned", "Met"]
    assert (met["Rep__c"], met["Adherent__c"], met["Due_At__c"]) == (rep, 1, shown(hours(48)))


def test_p06_a_lead_that_nobody_can_take_is_escalated_after_eight_hours_and_taking_it_accepts_it(
    org: OutsideOrg, sfsync: Command
) -> None:
    edit(sfsync, "routing", ("reps: {role: Sales Rep}", "reps: {role: Trainee}"))
    sfsync.once()
    lead = org.create_lead(queue(org), **SEVENTEEN_POINTS)
    run_at(org, sfsync, hours(8) - timedelta(seconds=1))
    assert kinds(org, lead, "assign") == []
    run_at(org, sfsync, hours(8))
    escalated, breached = ledger(org, lead, "assign")
    assert [escalated["Kind__c"], breached["Kind__c"]] == ["Escalated", "Breached"]
    assert (breached["Rep__c"], breached["Due_At__c"]) == (None, shown(hours(8)))
    manager = boss(org, "Sales Manager")
    assert tasks(org, lead)[escalated["Task_Id__c"]]["OwnerId"] == manager
    assert org.mentions(lead)[escalated["Name"]] == [manager]

    org.set_clock(hours(9))
    rep = org.reps()[2]
    org.update(lead, org.login(rep), OwnerId=rep)
    for hour in (45, 57, 106):
        run_at(org, sfsync, hours(hour))
    assert kinds(org, lead, "assign") == ["Escalated", "Breached", "Closed Late"]
    assert kinds(org, lead, "accept") == []
    assert org.rest("GET", f"sobjects/Lead/{lead}")["OwnerId"] == rep


def test_p06_in_office_hours_the_same_ladder_counts_working_time_only(
    org: OutsideOrg, sfsync: Command
) -> None:
    edit(
        sfsync,
        "sla",
        (
            "    time: 48 hours\n    hours: always\n    runs_while: {stage: [open], owner: user}\n",
            "    time: 48 hours\n    hours: office\n    runs_while: {stage: [open], owner: user}\n",
        ),
    )
    lead, _ = new_lead(org, sfsync)
    warning = hours(4 * 24 + 9)  # Friday 13:00 in New York: 36 hours in days of eight from Monday 09:00
    run_at(org, sfsync, warning - timedelta(seconds=1))
    assert kinds(org, lead, "accept") == []
    run_at(org, sfsync, warning)
    (warned,) = ledger(org, lead, "accept")
    assert (warned["Kind__c"], warned["Due_At__c"]) == ("Warned", shown(warning))
