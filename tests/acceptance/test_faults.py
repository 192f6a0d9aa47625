"""Replies that never come, and people who act while a write is on its way."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg
from tests.forked import Forked

MONDAY_NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)


def kinds_of_acceptance(org: OutsideOrg, lead_id: str) -> list[str]:
    """What the ledger says of the lead's bands and of its acceptance, in its order."""
    rows = org.soql(
        f"SELECT Kind__c FROM SLA_Event__c WHERE Lead_Id__c = '{lead_id}'"
        " AND (Clock__c = null OR Clock__c = 'accept') ORDER BY Name"
    )
    return [row["Kind__c"] for row in rows]


@pytest.mark.parametrize("nth", range(1, 7))
def test_a_lost_reply_to_any_composite_call_leaves_each_effect_exactly_once(
    org: OutsideOrg, sfsync: Command, nth: int
) -> None:
    sfsync.once()
    rep = org.reps()[0]
    lead_id = org.create_lead(rep, **SEVENTEEN_POINTS)
    fault = {
        "match": {"method": "POST", "path": "/composite", "nth": nth},
        "fault": "drop_after_commit",
        "times": 1,
    }
    org.control("POST", "faults", fault)
    sfsync("run", "--once", check=False)
    org.control("DELETE", "faults")
    sfsync.once()
    kinds = Counter(
        row["Kind__c"] for row in org.soql(f"SELECT Kind__c FROM SLA_Event__c WHERE Lead_Id__c = '{lead_id}'")
    )
    assert kinds == {"Band Entered": 1}
    assert len(org.soql(f"SELECT Id FROM Task WHERE WhoId = '{lead_id}'")) == 1
    assert len(org.mentions(lead_id)) == 1


@pytest.mark.parametrize("nth", range(1, 7))
def test_a_lost_reply_on_the_day_of_the_reassignment_moves_the_lead_exactly_once(
    org: OutsideOrg, sfsync: Command, nth: int
) -> None:
    sfsync.once()
    lead_id = org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    for hours in (0, 36, 48, 72):
        org.set_clock(MONDAY_NINE + timedelta(hours=hours))
        sfsync.once()
    org.set_clock(MONDAY_NINE + timedelta(hours=96))
    fault = {
        "match": {"method": "POST", "path": "/composite", "nth": nth},
        "fault": "drop_after_commit",
        "times": 1,
    }
    org.control("POST", "faults", fault)
    sfsync("run", "--once", check=False)
    org.control("DELETE", "faults")
    sfsync.once()
    assert Counter(kinds_of_acceptance(org, lead_id)) == dict.fromkeys(
        (
            "Band Entered",
            "Warned",
            "Reminded",
            "Breached",
            "Escalated",
            "Reassigned",
            "Executive Notified",
            "Closed Late",
        ),
        1,
    )
    moves = org.soql(f"SELECT Id FROM LeadHistory WHERE LeadId = '{lead_id}' AND Field = 'Owner'")
    assert len(moves) == 2, "one owner change writes two rows of history"
    assert len(org.soql(f"SELECT Id FROM Task WHERE WhoId = '{lead_id}'")) == 4
    assert len(org.mentions(lead_id)) == 6


def test_a_rep_who_accepts_while_the_reassignment_is_on_its_way_keeps_the_lead(
    org: OutsideOrg, sfsync: Command
) -> None:
    sfsync.once()
    rep = org.reps()[0]
    lead_id = org.create_lead(rep, **SEVENTEEN_POINTS)
    for hours in (0, 36, 48, 72):
        org.set_clock(MONDAY_NINE + timedelta(hours=hours))
        sfsync.once()
    token = org.login(rep)
    org.set_clock(MONDAY_NINE + timedelta(hours=96))
    graph_call = {"method": "POST", "path": "/composite/graph"}
    org.control("POST", "faults", {"match": graph_call, "fault": "latency", "arg": 3})
    worker = Forked(("run", "--once"), sfsync.environment(), Path(os.devnull))
    while not org.control("GET", "faults")[0]["struck"]:  # counted the moment the graph call arrives
        assert worker.poll() is None, "the worker ended without sending a graph"
    org.update(lead_id, token, Status="Accepted")
    assert worker.wait(60) == 0
    lead = org.rest("GET", f"sobjects/Lead/{lead_id}")
    assert lead["OwnerId"] == rep
    assert kinds_of_acceptance(org, lead_id) == [
        "Band Entered",
        "Warned",
        "Reminded",
        "Breached",
        "Escalated",
        "Closed Late",
    ]
