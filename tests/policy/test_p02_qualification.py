"""P2: leads qualify on defined criteria, BANT, each of 0 to 25 points from any number of rules."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import call, edit, hours, new_lead, one_lead, run_at


def test_p02_score_band_and_reasons_stand_on_the_lead_as_explain_says_them(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, _ = new_lead(org, sfsync, SLA_Authority__c=None, SLA_Timeline__c="None")
    told = []
    for fields in (
        {},
        {"SLA_Authority__c": "Decision Maker", "SLA_Timeline__c": "Under 3 Months"},
        {"SLA_Budget__c": "Approved", "SLA_Need__c": "Critical"},
    ):
        if fields:
            org.update(lead, **fields)
        sfsync.once()
        row = one_lead(org, lead)
        told.append((row["SLA_Score__c"], row["SLA_Band__c"]))
        found = json.loads(sfsync("explain", lead, "--json").stdout)
        assert (found["score"], found["band"]) == told[-1]
        assert found["reasons"] == row["SLA_Reasons__c"].splitlines()
        if not fields:
            assert found["reasons"] == [
                "Budget 17/25: Planned",
                "Authority 0/25: nothing known",
                "Need 17/25: Important",
                "Timeline 0/25: None",
            ]
    assert told == [
        (34, "Scheduled Follow-Up"),
        (84, "Immediate Sales Contact"),
        (100, "Immediate Executive Contact"),
    ]


def test_p02_a_criterion_takes_points_from_activities_too_and_never_leaves_its_range(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync)
    call(org, lead, rep, CallDisposition="Connected")
    sfsync.once()
    assert one_lead(org, lead)["SLA_Score__c"] == 68
    edit(
        sfsync,
        "scoring",
        (
            "        points: {None: 0, Nice to Have: 8, Important: 17, Critical: 25}",
            "        points: {None: 0, Nice to Have: 8, Important: 17, Critical: 25}\n"
            "      - points: 20\n        when: {answers: {at_least: 1}}\n        reason: spoke with us",
        ),
    )
    planned = json.loads(sfsync("plan", "--json").stdout)
    assert str(lead) in json.dumps(planned)
    run_at(org, sfsync, hours(1))
    row = one_lead(org, lead)
    assert row["SLA_Score__c"] == 76
    assert "Need 25/25: Important, spoke with us" in row["SLA_Reasons__c"]
    need = json.loads(sfsync("explain", lead, "--json").stdout)["criteria"][2]
    assert (need["points"], need["most"]) == (25, 25)
    assert need["rules"] == [
        {"points": 17, "reason": "Important"},
        {"points": 20, "reason": "spoke with us"},
    ]
    told = [line.strip() for line in sfsync("explain", lead).stdout.splitlines()]
    after = told.index("Need 25/25: Important, spoke with us") + 1
    assert told[after : after + 3] == [
        "+17  Important",
        "+20  spoke with us",
        "37 in all, kept within 0 to 25",
    ]
    assert told[after - 2] == "Authority 17/25: Recommender", "one rule needs no line of its own"
