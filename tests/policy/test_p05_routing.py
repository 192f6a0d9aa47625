"""P5: a qualified lead in a queue goes to a rep: territory, expertise, availability, then fair rotation."""

from __future__ import annotations

import json

from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg
from tests.policy.story import edit, ledger, one_lead, queue, tasks


def waiting(org: OutsideOrg, **fields: object) -> str:
    return org.create_lead(queue(org), **{**SEVENTEEN_POINTS, **fields})


def test_p05_a_qualified_lead_goes_to_a_rep_at_once_who_gets_a_task_and_a_mention(
    org: OutsideOrg, sfsync: Command
) -> None:
    sfsync.once()
    qualified, unqualified = waiting(org), waiting(org, **dict.fromkeys(SEVENTEEN_POINTS))
    sfsync.once()
    owner = one_lead(org, qualified)["OwnerId"]
    assert owner in org.reps()
    assert one_lead(org, unqualified)["OwnerId"] == queue(org)
    entered, routed, met = ledger(org, qualified)
    assert [row["Kind__c"] for row in (entered, routed, met)] == ["Band Entered", "Routed", "Met"]
    assert (routed["To_User__c"], met["Clock__c"]) == (owner, "assign")
    (task,) = tasks(org, qualified).values()
    assert (task["Id"], task["OwnerId"], task["ActivityDate"]) == (routed["Task_Id__c"], owner, "2026-11-02")
    assert org.mentions(qualified)[routed["Name"]] == [owner]
    assert "gets this lead from Lead Queue: all reps; " in routed["Detail__c"]
    story = json.loads(sfsync("explain", qualified, "--json").stdout)["timeline"]
    assert routed["Detail__c"] in [line["detail"] for line in story]


def test_p05_territory_comes_before_expertise_before_availability_and_the_queue_is_the_last_resort(
    org: OutsideOrg, sfsync: Command
) -> None:
    names = {row["Id"]: row["Username"] for row in org.soql("SELECT Id, Username FROM User")}
    german, expert, swiss, absent = org.reps()[:4]
    edit(
        sfsync,
        "routing",
        (
            "territories: []\nexpertise: []",
            "territories:\n"
            f"  - {{name: Germany, when: {{country: Germany}}, reps: {{users: [{names[german]}, {names[expert]}]}}}}\n"
            f"  - {{name: Switzerland, when: {{country: Switzerland}}, reps: {{users: [{names[swiss]}]}}}}\n"
            "expertise:\n"
            f"  - {{name: Pumps, when: {{product: Pumps}}, reps: {{users: [{names[expert]}, {names[swiss]}]}}}}",
        ),
        (
            "#   - {user: anna@example.com, first: 2026-12-24, last: 2027-01-01}\nabsences: []",
            f"absences:\n  - {{user: {names[absent]}, first: 2026-11-01, last: 2026-11-08}}",
        ),
    )
    sfsync.once()
    pumps = {"SLA_Product_Interest__c": "Pumps"}
    leads = [
        waiting(org, Country="Germany", **pumps),
        waiting(org, Country="Germany"),
        waiting(org, Country="Switzerland"),
        *(waiting(org, Country="France") for _ in range(5)),
    ]
    sfsync.once()
    owners = [one_lead(org, lead)["OwnerId"] for lead in leads]
    assert owners[:3] == [expert, german, swiss]
    assert sorted(owners[3:]) == sorted(set(org.reps()) - {absent})
    for rep in org.reps():
        org.rest("PATCH", f"sobjects/User/{rep}", {"IsActive": False})
    last = waiting(org, Country="France")
    sfsync.once()
    row = one_lead(org, last)
    assert row["OwnerId"] == queue(org)
    assert row["SLA_Next_Step__c"].startswith("Waits: ")
