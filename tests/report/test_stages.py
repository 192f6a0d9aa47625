"""`sfsync check` holds the statuses of the mapping, and the heads of its files, against the org and its day."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from sfsync.report.check import check
from tests.inprocess import ROOT, World, begun
from tests.report.described import describing


@pytest.fixture(scope="module")
def world() -> World:
    return begun()


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    return copytree(ROOT / "mappings", tmp_path / "mappings")


def found(world: World, mappings: Path, name: str, old: str, new: str) -> list[tuple[str, str, str]]:
    """Level, line and message of what check finds once this is changed in a file."""
    file = mappings / f"{name}.yaml"
    text = file.read_text()
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new))
    return [
        (one.level, _line(one.where), one.message)
        for one in check(world.worker(documents(mappings)))
        if ".yaml:" in one.where
    ]


def _line(where: str) -> str:
    file, _, number = where.rpartition(":")
    return Path(file).read_text().splitlines()[int(number) - 1].strip()


@pytest.mark.parametrize(
    ("old", "new", "level", "line", "message"),
    [
        (
            'accepted: ["Accepted"]',
            'accepted: ["Accepted", "Takn"]',
            "error",
            'accepted: ["Accepted", "Takn"]',
            "Lead Status has no value 'Takn': no lead will ever be in it; it has",
        ),
        (
            'working: ["Working - Contacted"]',
            'working:\n    - "working - contacted"',
            "error",
            '- "working - contacted"',
            "Lead Status has no value 'working - contacted': no lead will ever be in it; did you mean"
            " `Working - Contacted`?",
        ),
        (
            'nurture: ["Nurture"]',
            'nurture: ["Nurturing"]',
            "error",
            'nurture: ["Nurturing"]',
            "Lead Status has no value 'Nurturing': sfsync would put leads into it; did you mean `Nurture`?",
        ),
        (
            'open: ["Open - Not Contacted"]',
            'open: ["Open", "New"]',
            "error",
            'open: ["Open", "New"]',
            "Lead Status has no value 'New': no lead will ever be in it; it has",
        ),
    ],
)
def test_a_status_that_the_org_has_not_is_named_with_the_one_that_was_meant(
    world: World, mappings: Path, old: str, new: str, level: str, line: str, message: str
) -> None:
    told = found(world, mappings, "lead", old, new)
    assert any(one[:2] == (level, line) and one[2].startswith(message) for one in told), told


def test_a_review_on_a_day_to_come_is_an_error(world: World, mappings: Path) -> None:
    told = found(world, mappings, "sla", "reviewed_on: 2026-10-01", "reviewed_on: 2062-10-01")
    assert [(level, line) for level, line, _ in told] == [("error", "reviewed_on: 2062-10-01")]
    assert told[0][2].endswith("was reviewed on a day that is to come: its next review would never be due")


def test_one_head_who_signs_twice_is_not_both(world: World, mappings: Path) -> None:
    heads = "signed_by: [Head of Marketing, Head of Sales]"
    told = found(world, mappings, "sla", heads, "signed_by: [Head of Sales, head of sales]")
    assert [(level, message) for level, _, message in told] == [
        ("warning", "Lead service levels is not signed by both heads")
    ]


def test_a_status_in_which_a_clock_rests_and_no_lead_ever_is_is_an_error(
    world: World, mappings: Path
) -> None:
    paused = 'paused_while: {status: ["Recyled"]}'
    told = found(world, mappings, "sla", "    silent_in: [open]", f"    {paused}\n    silent_in: [open]")
    assert [one[:2] for one in told] == [("error", paused)]
    assert told[0][2] == (
        "Lead Status has no value 'Recyled': no lead will ever be in it; did you mean `Recycled`? Where some have it "
        "all the same, name it under `unlisted`"
    )


def test_statuses_that_leads_have_and_the_org_does_not_list_are_said_so(world: World, mappings: Path) -> None:
    stage = 'accepted: ["Accepted"]'
    told = found(world, mappings, "lead", stage, 'accepted: ["Accepted", "Taken"]')
    assert [level for level, _, _ in told] == ["error"]
    assert found(world, mappings, "lead", "fields:\n", "unlisted: [Taken]\nfields:\n") == []


def test_a_status_that_sfsync_sets_is_listed_whatever_is_said(world: World, mappings: Path) -> None:
    file = mappings / "lead.yaml"
    file.write_text(file.read_text() + "unlisted: [Nurturing]\n")
    told = found(world, mappings, "lead", 'nurture: ["Nurture"]', 'nurture: ["Nurturing"]')
    assert [one[:2] for one in told] == [("error", 'nurture: ["Nurturing"]')]
    assert "sfsync would put leads into it" in told[0][2]


def test_a_status_that_is_no_longer_active_is_a_warning(mappings: Path) -> None:
    world = begun()
    world.transport.interpose = describing("Lead", "Status", "Accepted", active=False)
    told = found(world, mappings, "sla", "max_lateness: 30 days", "max_lateness: 31 days")
    assert told == [
        (
            "warning",
            'accepted: ["Accepted"]',
            "Lead Status has 'Accepted' no longer among its active values: only rows of before have it",
        )
    ]


def test_a_share_for_others_that_was_meant_for_sfsync_is_a_warning(world: World, mappings: Path) -> None:
    told = found(world, mappings, "compliance", "left_to_others: 10 %", "left_to_others: 80 %")
    assert [level for level, _, _ in told] == ["warning"]
    assert told[0][1].startswith("api_requests: {left_to_others: 80 %")
    assert told[0][2].startswith("sfsync stops when 80% of the day's API requests are left")


def test_a_calendar_that_the_org_has_not_keeps_nothing_else_from_being_told(
    world: World, mappings: Path
) -> None:
    routing = mappings / "routing.yaml"
    routing.write_text(routing.read_text().replace("queue: Lead Queue", "queue: Leads"))
    told = found(world, mappings, "sla", "business_hours: default", "business_hours: Defualt")
    assert [(level, message.split(";")[0]) for level, _, message in told] == [
        ("error", "the org has no BusinessHours 'Defualt'"),
        ("error", "the org has no such queue"),
    ]
