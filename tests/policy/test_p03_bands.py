"""P3: four bands without gap or overlap, and what entering each one does, once per crossing."""

from __future__ import annotations

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import boss, hours, kinds, ledger, one_lead, run_at, tasks

INPUTS = ("SLA_Budget__c", "SLA_Authority__c", "SLA_Need__c", "SLA_Timeline__c")
LEADS = {
    29: ("Exploring", "Influencer", "Nice to Have", "Over 12 Months"),
    30: ("Approved", "Unknown", "None", "Over 12 Months"),
    59: ("Planned", "Decision Maker", "Important", "None"),
    60: ("Approved", "Decision Maker", "None", "6-12 Months"),
    85: ("Approved", "Decision Maker", "Critical", "6-12 Months"),
    92: ("Approved", "Decision Maker", "Critical", "3-6 Months"),
}
"""As near to the bands' edges as the points come."""


def inputs(score: int) -> dict[str, object]:
    return dict(zip(INPUTS, LEADS[score], strict=True))


def test_p03_each_band_has_its_action(org: OutsideOrg, sfsync: Command) -> None:
    sfsync.once()
    rep, executive = org.reps()[0], boss(org, "Executive")
    made = {score: org.create_lead(rep, **inputs(score)) for score in LEADS}
    sfsync.once()
    sfsync.once()
    for score, band, status, task, mentions in (
        (29, "Nurture", "Nurture", None, []),
        (30, "Scheduled Follow-Up", "Open - Not Contacted", ("2026-11-05", "Normal"), []),
        (59, "Scheduled Follow-Up", "Open - Not Contacted", ("2026-11-05", "Normal"), []),
        (60, "Immediate Sales Contact", "Open - Not Contacted", ("2026-11-02", "High"), [rep]),
        (85, "Immediate Sales Contact", "Open - Not Contacted", ("2026-11-02", "High"), [rep]),
        (92, "Immediate Executive Contact", "Open - Not Contacted", ("2026-11-02", "High"), [rep, executive]),
    ):
        lead = made[score]
        row = one_lead(org, lead)
        assert (row["SLA_Score__c"], row["SLA_Band__c"], row["Status"]) == (score, band, status)
        (entered,) = ledger(org, lead)
        assert entered["Kind__c"] == "Band Entered"
        given = tasks(org, lead).values()
        assert [(one["OwnerId"], one["ActivityDate"], one["Priority"]) for one in given] == (
            [(rep, *task)] if task else []
        )
        assert org.mentions(lead) == ({entered["Name"]: mentions} if mentions else {})


def test_p03_crossing_a_band_acts_once_per_crossing_up_or_down(org: OutsideOrg, sfsync: Command) -> None:
    sfsync.once()
    lead = org.create_lead(org.reps()[0], **inputs(59))
    crossings = []
    for hour, score in enumerate((59, 60, 85, 59, 29, 30)):
        org.update(lead, **inputs(score))
        run_at(org, sfsync, hours(1 + hour / 2))
        crossings.append((len(kinds(org, lead)), len(tasks(org, lead)), one_lead(org, lead)["Status"]))
    waits = "Open - Not Contacted"
    assert crossings == [
        (1, 1, waits),
        (2, 2, waits),
        (2, 2, waits),
        (3, 3, waits),
        (4, 3, "Nurture"),
        (5, 4, waits),
    ]
    assert kinds(org, lead) == ["Band Entered"] * 5
