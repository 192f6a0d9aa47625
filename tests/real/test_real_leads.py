"""9,240 real leads, there before the first run: scored, acted on by nothing, within the budget."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.bench_education import auc
from tests.acceptance.conftest import ROOT, Command, OutsideOrg, start_org, stop_org

LEADS = ROOT.parent / "shared" / "data" / "x_education_leads.csv"


@pytest.fixture(params=["mappings", "docs/examples/education"])
def sfsync(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Command]:
    process, org = start_org("--csv", str(LEADS))
    yield Command(org, tmp_path / "data", ROOT / request.param)
    stop_org(process, org)


def api_calls(org: OutsideOrg) -> int:
    return sum(call["cost"] for call in org.control("GET", "calls"))


def test_old_leads_are_scored_and_acted_on_by_nothing(sfsync: Command) -> None:
    org = sfsync.org
    started = time.monotonic()
    sfsync.once()
    seconds, calls = time.monotonic() - started, api_calls(org)
    print(f"first run: {seconds:.1f} s, {calls} API calls")
    assert seconds <= 60
    assert calls <= 80
    leads = org.soql("SELECT SLA_Source_Id__c, SLA_Score__c, SLA_Band__c, SLA_Reasons__c, Status FROM Lead")
    assert len(leads) == 9240
    assert all(lead["SLA_Score__c"] is not None and lead["SLA_Band__c"] for lead in leads)
    assert {lead["Status"] for lead in leads} == {"Open - Not Contacted"}
    for untouched in ("SLA_Event__c", "Task", "FeedItem", "LeadHistory WHERE Field = 'Owner'"):
        assert not org.soql(f"SELECT Id FROM {untouched}"), untouched

    stamps = org.soql("SELECT Id, SystemModstamp, SLA_Revision__c FROM Lead ORDER BY Id")
    org.control("DELETE", "calls")
    sfsync.once()
    assert api_calls(org) <= 4, "who we are, the configuration, and two for the poll"
    assert org.soql("SELECT Id, SystemModstamp, SLA_Revision__c FROM Lead ORDER BY Id") == stamps

    if sfsync.mappings.name == "education":
        with LEADS.open(newline="") as file:
            outcome = {row["Prospect ID"]: row["Converted"] == "1" for row in csv.DictReader(file)}
        pairs = [(lead["SLA_Score__c"], outcome[lead["SLA_Source_Id__c"]]) for lead in leads]
        area = auc([score for score, _ in pairs], [won for _, won in pairs])
        print(f"AUC of the scores in the org: {area:.3f}")
        assert area >= 0.80
