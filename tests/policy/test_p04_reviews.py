"""P4: scoring and service levels are reviewed quarterly, the rest yearly; a policy applies from its own day on."""

from __future__ import annotations

import json

from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg
from tests.policy.story import boss, edit, hours, one_lead, run_at

QUARTER = 92 * 24


def warned(sfsync: Command) -> set[str]:
    """The files of which `check` says that they are due for their review."""
    findings = json.loads(sfsync("check", "--json", check=False).stdout)["findings"]
    due = [one for one in findings if "due for its review" in one["message"]]
    assert all(one["level"] == "warning" for one in due)
    return {one["where"].rpartition("/")[2].partition(".")[0] for one in due}


def test_p04_each_review_that_is_due_is_one_task_for_the_policys_owner(
    org: OutsideOrg, sfsync: Command
) -> None:
    username = org.soql(f"SELECT Username FROM User WHERE Id = '{org.reps()[0]}'")[0]["Username"]
    edit(sfsync, "sla", ('version: "2026.1"', f'version: "2026.1"\nowner: {username}'))
    sfsync.once()
    assert warned(sfsync) == set()
    org.set_clock(hours(-32 * 24 + QUARTER))  # 92 days after 2026-10-01, when all were reviewed
    sfsync.once()
    assert warned(sfsync) == set()
    for hour in (15, 39, 7 * 24):
        run_at(org, sfsync, hours(-32 * 24 + QUARTER + hour))
    assert warned(sfsync) == {"scoring", "sla"}
    rows = org.soql("SELECT Id, OwnerId, Subject FROM Task")
    assert sorted((row["OwnerId"], row["Subject"]) for row in rows) == sorted(
        [
            (org.reps()[0], "Review the policy Lead service levels"),
            (boss(org, "Executive"), "Review the policy Lead scoring"),
        ]
    )
    events = org.soql("SELECT Kind__c, Task_Id__c FROM SLA_Event__c")
    assert {row["Kind__c"] for row in events} == {"Review Due"}
    assert {row["Task_Id__c"] for row in events} == {row["Id"] for row in rows}


def test_p04_a_policy_is_not_applied_before_its_day_and_is_from_then_on(
    org: OutsideOrg, sfsync: Command
) -> None:
    edit(sfsync, "scoring", ("effective_from: 2026-01-01", "effective_from: 2026-11-04"))
    lead = org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    for hour, score in ((0, None), (38, None), (39, 68)):
        run_at(org, sfsync, hours(hour))
        assert one_lead(org, lead)["SLA_Score__c"] == score
