"""P11: after three attempts without a response the manager decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import call, hours, kinds, ledger, new_lead, one_lead, run_at, tasks


def asked_after_three_calls(org: OutsideOrg, sfsync: Command) -> tuple[str, str, str, dict[str, Any]]:
    """A lead that three calls have not reached, its rep, the rep's manager, and the row of the question."""
    lead, rep = new_lead(org, sfsync)
    manager = org.soql(f"SELECT ManagerId FROM User WHERE Id = '{rep}'")[0]["ManagerId"]
    org.update(lead, org.login(rep), Status="Accepted")
    for number in (1, 2, 3):
        org.set_clock(hours(number))
        call(org, lead, rep)
    run_at(org, sfsync, hours(4))
    (asked,) = ledger(org, lead, "decision")
    org.set_clock(hours(4) + timedelta(minutes=1))
    return lead, rep, manager, asked


def test_p11_the_manager_is_asked_once_with_the_history_and_a_reassignment_closes_it(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, _, manager, asked = asked_after_three_calls(org, sfsync)
    assert asked["Kind__c"] == "Manager Decision"
    assert asked["Detail__c"].count("call Mon 2 Nov 2026") == 3
    assert one_lead(org, lead)["SLA_Attempts__c"] == 3
    task = tasks(org, lead)[asked["Task_Id__c"]]
    assert (task["OwnerId"], task["IsClosed"]) == (manager, False)
    org.update(lead, org.login(manager), OwnerId=org.reps()[1])
    run_at(org, sfsync, hours(5))
    assert tasks(org, lead)[asked["Task_Id__c"]]["IsClosed"]
    assert kinds(org, lead, "decision") == ["Manager Decision"]


@pytest.mark.parametrize("outcome", ["recycled", "another strategy", "the lead answers"])
def test_p11_recycling_another_strategy_and_an_answer_close_it_too(
    org: OutsideOrg, sfsync: Command, outcome: str
) -> None:
    lead, rep, manager, asked = asked_after_three_calls(org, sfsync)
    run_at(org, sfsync, hours(4.5))
    assert not tasks(org, lead)[asked["Task_Id__c"]]["IsClosed"], "nobody has decided"
    match outcome:
        case "recycled":
            org.update(lead, org.login(manager), Status="Recycled")
        case "another strategy":
            org.update(lead, org.login(manager), Status="Working - Contacted")
        case _:
            call(org, lead, rep, CallType="Inbound")
    run_at(org, sfsync, hours(5))
    assert tasks(org, lead)[asked["Task_Id__c"]]["IsClosed"]
    assert kinds(org, lead, "decision") == ["Manager Decision"]
