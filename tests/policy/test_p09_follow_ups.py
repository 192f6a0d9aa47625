"""P9: follow-ups on days 3, 7 and 14 after the first contact, by the assigned rep."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import call, hours, ledger, new_lead, run_at


def test_p09_follow_ups_come_as_tasks_on_working_days_and_an_interaction_closes_them(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync)
    org.update(lead, org.login(rep), Status="Accepted")
    org.set_clock(hours(6))  # Monday 10:00 in New York
    call(org, lead, rep)
    coming = json.loads(sfsync("explain", lead, "--json").stdout)["next_follow_up"]
    assert (coming["step"], coming["due_at"]) == ("day_3", "2026-11-05T14:00:00Z")  # 09:00 in New York
    for days in (3, 7, 14):
        run_at(org, sfsync, hours(24 * days + 5))
        if days == 3:
            call(org, lead, rep, CallDisposition="Connected")
    rows = ledger(org, lead, "follow_ups")
    assert [row["Kind__c"] for row in rows] == ["Attempt Due"] * 3
    assert [row["Step__c"] for row in rows] == ["day_3", "day_7", "day_14"]
    tasks = {
        row["Id"]: (row["OwnerId"], row["ActivityDate"], row["IsClosed"])
        for row in org.soql(f"SELECT Id, OwnerId, ActivityDate, IsClosed FROM Task WHERE WhoId = '{lead}'")
    }
    assert [tasks[row["Task_Id__c"]] for row in rows] == [
        (rep, "2026-11-05", True),
        (rep, "2026-11-09", False),
        (rep, "2026-11-16", False),
    ]
