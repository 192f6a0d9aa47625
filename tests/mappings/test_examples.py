"""The example policies, complete: each loads, fits the org that the packages make, and runs there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sfsync.mappings.loading import documents
from sfsync.report.check import check
from sfsync.worker import Worker
from tests.inprocess import ROOT, World, begun

EXAMPLES = ROOT / "docs" / "examples"
MINUTE = 1 / 60
CALL = {"Subject": "Call", "TaskSubtype": "Call", "Status": "Completed"}
MADE_AT = 1
"""Seconds after the start at which a world has begun."""


def working(name: str) -> tuple[World, Worker]:
    """A world at Mon 2 Nov 2026 09:00 UTC (09:00 in London, 04:00 in New York) that lives by this example."""
    world = begun()
    return world, world.worker(documents(EXAMPLES / name))


def steps(world: World, worker: Worker, lead_id: str, hours: Sequence[float]) -> list[list[str]]:
    """What each look so many hours after the lead was made wrote, as `clock step` or the event's kind."""
    found: list[list[str]] = []
    known = len(world.events(lead_id))
    for hour in hours:
        world.at(0, round(hour * 3600) + MADE_AT)
        world.once(worker)
        rows = world.events(lead_id)
        found.append([f"{row['Clock__c']} {row['Step__c'] or row['Kind__c']}" for row in rows[known:]])
        known = len(rows)
    return found


@pytest.mark.parametrize("name", ["call-centre", "enterprise"])
def test_the_org_has_all_that_the_example_asks_for(name: str) -> None:
    world, worker = working(name)
    world.create_lead()
    found = [one for one in check(worker) if one.level == "error" or ".yaml" in one.where]
    assert found == []


@pytest.mark.parametrize("name", ["call-centre", "enterprise"])
def test_each_clock_says_which_requirement_it_is_for(name: str) -> None:
    lines = (EXAMPLES / name / "sla.yaml").read_text().splitlines()
    clocks = [index for index, line in enumerate(lines) if line.startswith("  ") and line[2:].rstrip(":") in
              documents(EXAMPLES / name).sla.clocks and line.endswith(":")]  # fmt: skip
    for index in clocks:
        comment = next(
            line for line in reversed(lines[:index]) if not line.startswith("  # ") or " P" in line
        )
        assert comment.lstrip().startswith("# P"), lines[index]


def test_a_call_centre_warns_at_15_minutes_and_reassigns_after_the_hour() -> None:
    world, worker = working("call-centre")
    lead = world.create_lead(Phone="555 0100", SLA_Need__c="Critical", SLA_Timeline__c="Under 3 Months")
    world.once(worker)
    assert world.lead(lead)["SLA_Score__c"] == 90
    assert "Interest 20/30: asked for a call" in world.lead(lead)["SLA_Reasons__c"]
    ladder = steps(world, worker, lead, [minutes * MINUTE for minutes in (3, 5, 15, 45, 55, 60)])
    assert ladder == [
        ["first_response hurry"],
        ["first_response missed", "first_response Breached"],
        ["accept warn"],
        ["accept remind", "accept Breached"],
        ["accept escalate"],
        ["accept reassign", "accept Closed Late", "first_response Closed Late"],
    ]
    assert world.lead(lead)["OwnerId"] != world.rep


def test_a_call_within_five_minutes_is_a_first_response() -> None:
    world, worker = working("call-centre")
    lead = world.create_lead(Phone="555 0100", SLA_Need__c="Critical")
    world.once(worker)
    world.at(0, 240)
    world.rest("POST", "sobjects/Task", CALL | {"WhoId": lead, "OwnerId": world.rep}, by=world.rep)
    assert steps(world, worker, lead, [5 * MINUTE]) == [
        ["first_response Met", "follow_up Met", "silence Met"]
    ]


def test_interest_in_a_call_halves_each_day_that_nobody_calls() -> None:
    world, worker = working("call-centre")
    lead = world.create_lead(Status="Accepted", SLA_Need__c="Important", SLA_Timeline__c="3-6 Months")
    world.once(worker)
    assert world.lead(lead)["SLA_Score__c"] == 57
    world.at(24, MADE_AT)
    world.once(worker)
    assert world.lead(lead)["SLA_Score__c"] == 47
    assert "Interest 10/30: asked for a call (10 of 20 after 24 hours)" in world.lead(lead)["SLA_Reasons__c"]


def test_an_enterprise_has_two_weeks_to_qualify_an_account() -> None:
    world, worker = working("enterprise")
    lead = world.create_lead(NumberOfEmployees=1200, AnnualRevenue=2e8, Title="Chief Buyer")
    world.once(worker)
    reasons = world.lead(lead)["SLA_Reasons__c"].splitlines()
    assert reasons == [
        "Budget 17/25: Planned",
        "Authority 17/25: Recommender",
        "Need 17/25: Important",
        "Timeline 25/25: 3-6 Months",
    ]
    world.at(1)
    world.update(lead, by=world.rep, Status="Accepted")
    world.once(worker)
    days = [1 / 24 + day for day in (7, 12, 14, 16)]
    ladder = steps(world, worker, lead, [24 * day for day in days])
    qualify = [[one for one in written if one.startswith("qualify")] for written in ladder]
    assert qualify == [["qualify halfway"], ["qualify remind"], ["qualify Breached"], ["qualify escalate"]]


@pytest.mark.parametrize(
    ("name", "calls", "silent_after_days"), [("call-centre", 5, 2), ("enterprise", 4, 21)]
)
def test_who_does_not_answer_is_tried_again_decided_on_and_missed(
    name: str, calls: int, silent_after_days: int
) -> None:
    world, worker = working(name)
    lead = world.create_lead(SLA_Need__c="Important", SLA_Acquired_At__c="2026-10-20T09:00:00Z")
    world.once(worker)
    assert "Late Entry" in world.kinds(lead)
    world.at(0, 60)
    world.update(lead, by=world.rep, Status="Accepted")
    for number in range(calls):
        world.at(0, 120 + 60 * number)
        world.rest("POST", "sobjects/Task", CALL | {"WhoId": lead, "OwnerId": world.rep}, by=world.rep)
    world.once(worker)
    assert world.kinds(lead).count("Manager Decision") == 1
    last = (120 + 60 * (calls - 1)) / 3600
    days = [last + 24 * silent_after_days - MINUTE, last + 24 * silent_after_days + MINUTE]
    before, after = steps(world, worker, lead, days)
    assert "silence Breached" not in before
    assert "silence Breached" in after
    assert "Attempt Due" in world.kinds(lead)


@pytest.mark.parametrize(
    ("budget", "authority", "need", "reasons"),
    [
        (
            None,
            None,
            None,
            [
                "Budget 8/25: revenue above 100 million",
                "Authority 8/25: leads a department or the company",
                "Need 8/25: a thousand people or more",
            ],
        ),
        (
            "No Budget",
            "Unknown",
            "None",
            [
                "Budget 0/25: No Budget",
                "Authority 8/25: Unknown, leads a department or the company",
                "Need 0/25: None",
            ],
        ),
        (
            "Exploring",
            "Influencer",
            "Nice to Have",
            ["Budget 8/25: Exploring", "Authority 8/25: Influencer", "Need 8/25: Nice to Have"],
        ),
    ],
)
def test_in_enterprise_sales_what_is_known_of_the_company_stands_in_only_where_the_lead_gave_no_answer(
    budget: str | None, authority: str | None, need: str | None, reasons: list[str]
) -> None:
    world, worker = working("enterprise")
    answers = {"SLA_Budget__c": budget, "SLA_Authority__c": authority, "SLA_Need__c": need}
    lead = world.create_lead(NumberOfEmployees=1200, AnnualRevenue=2e8, Title="Chief Buyer", **answers)
    world.once(worker)
    assert world.lead(lead)["SLA_Reasons__c"].splitlines()[:3] == reasons


@pytest.mark.parametrize("name", ["call-centre", "enterprise"])
def test_silence_counts_for_a_lead_that_a_rep_left_open_and_for_a_qualified_one_as_in_the_shipped_policy(
    name: str,
) -> None:
    """P10: whoever takes a lead from the queue may leave it open; a qualified one waits for its conversion."""
    silence = documents(EXAMPLES / name).sla.clocks["silence"].runs_while
    assert set(silence.stage) == {"open", "accepted", "working", "qualified"}
    assert set(silence.stage) == set(documents(ROOT / "mappings").sla.clocks["silence"].runs_while.stage)


def test_the_examples_are_told_of_in_the_guide() -> None:
    guide = (ROOT / "docs" / "mappings.md").read_text()
    for directory in (path for path in EXAMPLES.iterdir() if path.is_dir()):
        assert f"docs/examples/{directory.name}/" in guide, Path(directory).name
