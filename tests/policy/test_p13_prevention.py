"""P13: warn before a miss; a miss goes to rep and manager, still missed to the executive; each step once, in order.

The ladder without an outage is in tests/acceptance/test_ladder.py.
"""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import boss, hours, kinds, ledger, new_lead, one_lead, run_at


def test_p13_after_an_outage_the_owner_is_warned_first_all_the_same_and_nobody_gets_a_storm(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync)
    sfsync.once()
    run_at(org, sfsync, hours(120))  # Saturday 04:00 in New York, a day after the lead would have been taken
    warned, breached = ledger(org, lead, "accept")
    assert [warned["Kind__c"], breached["Kind__c"]] == ["Warned", "Breached"]
    assert breached["Adherent__c"] is None, "nobody was warned in time"
    grace_ends = hours(177)  # Monday 13:00: four office hours after the warning
    run_at(org, sfsync, grace_ends - timedelta(seconds=1))
    assert len(ledger(org, lead, "accept")) == 2
    for at in (grace_ends, grace_ends + timedelta(minutes=20)):
        run_at(org, sfsync, at)
        assert kinds(org, lead, "accept")[2:] == ["Reassigned", "Executive Notified", "Closed Late"]
    new_owner = one_lead(org, lead)["OwnerId"]
    assert new_owner != rep
    mentions = org.mentions(lead)
    said = [mentions[row["Name"]] for row in ledger(org, lead, "accept") if row["Name"] in mentions]
    manager = org.soql(f"SELECT ManagerId FROM User WHERE Id = '{rep}'")[0]["ManagerId"]
    assert said == [[rep], [new_owner, manager], [boss(org, "Executive")]]
