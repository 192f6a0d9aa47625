"""P11: after three attempts without a response the manager decides."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import call, hours, kinds, ledger, new_lead, run_at


def test_p11_the_manager_is_asked_once_with_the_history_and_a_reassignment_closes_it(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync)
    manager = org.soql(f"SELECT ManagerId FROM User WHERE Id = '{rep}'")[0]["ManagerId"]
    org.update(lead, org.login(rep), Status="Accepted")
    for number in (1, 2, 3):
        org.set_clock(hours(number))
        call(org, lead, rep)
    run_at(org, sfsync, hours(4))
    (asked,) = ledger(org, lead, "decision")
    assert asked["Kind__c"] == "Manager Decision"
    assert asked["Detail__c"].count("call Mon 2 Nov 2026") == 3
    assert org.rest("GET", f"sobjects/Lead/{lead}")["SLA_Attempts__c"] == 3
    task = org.rest("GET", f"sobjects/Task/{asked['Task_Id__c']}")
    assert (task["OwnerId"], task["IsClosed"]) == (manager, False)
    org.set_clock(hours(4) + timedelta(minutes=1))
    org.update(lead, org.login(manager), OwnerId=org.reps()[1])
    run_at(org, sfsync, hours(5))
    assert org.rest("GET", f"sobjects/Task/{asked['Task_Id__c']}")["IsClosed"]
    assert kinds(org, lead, "decision") == ["Manager Decision"]
