"""A changed policy moves many leads across bands: so many an hour, and somebody hears of the rest."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from sfsync.mappings.loading import Documents, documents
from sfsync.report.dry_run import dry_run
from sfsync.salesforce import notices
from sfsync.salesforce.crossings import WITHHELD
from tests.inprocess import ROOT, World

PER_HOUR = 3


def edited(tmp_path: Path, *changes: tuple[str, str, str]) -> Documents:
    """The shipped mappings with these texts replaced: (file, old, new)."""
    tmp_path.mkdir(exist_ok=True)
    mappings = shutil.copytree(ROOT / "mappings", tmp_path / f"mappings-{len(list(tmp_path.iterdir()))}")
    limit = ("compliance", "band_changes: {per_hour: 300", f"band_changes: {{per_hour: {PER_HOUR}")
    for name, old, new in (limit, *changes):
        file = mappings / f"{name}.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    return documents(mappings)


def scored(tmp_path: Path, number: int) -> tuple[World, list[str], Documents]:
    """So many leads in one band under the shipped policy, and a policy under which all leave it."""
    world = World()
    before = edited(tmp_path)
    world.once(world.worker(before))
    world.advance(seconds=1)
    leads = [world.create_lead() for _ in range(number)]
    world.once(world.worker(before))
    return world, leads, edited(tmp_path, ("scoring", "Planned: 17", "Planned: 2"))


def moved(world: World) -> int:
    return sum(":band:2:" in row["Key__c"] for row in world.events())


def test_first_bands_are_not_bounded(tmp_path: Path) -> None:
    world, leads, _ = scored(tmp_path, 2 * PER_HOUR)
    assert world.kinds() == ["Band Entered"] * len(leads)


def test_beyond_the_limit_leads_stay_in_their_band_and_one_alert_goes_out(tmp_path: Path) -> None:
    world, leads, after = scored(tmp_path, 4 * PER_HOUR)
    world.once(world.worker(after))
    assert moved(world) == PER_HOUR
    assert sum(world.lead(lead)["SLA_Score__c"] == 68 for lead in leads) == 3 * PER_HOUR
    assert world.kinds().count("Error") == 1
    [task] = world.soql(f"SELECT Subject FROM Task WHERE OwnerId = '{world.executive}'")
    assert task["Subject"] == "sfsync withholds band changes"
    world.advance(minutes=30)
    world.once(world.worker(after))
    assert moved(world) == PER_HOUR
    for _ in range(6):
        world.advance(minutes=35)
        world.once(world.worker(after))
    assert moved(world) == len(leads)
    assert world.kinds().count("Error") == 1


def test_plan_shows_what_would_wait(tmp_path: Path) -> None:
    world, leads, after = scored(tmp_path, 2 * PER_HOUR)
    plans = dry_run(world.worker(after), lambda _: None).plans
    assert sum(plan.withheld == WITHHELD for plan in plans) == len(leads) - PER_HOUR
    assert sum(bool(plan.effects) for plan in plans) == PER_HOUR


def test_a_release_lets_the_rest_move(tmp_path: Path) -> None:
    world, leads, after = scored(tmp_path, 3 * PER_HOUR)
    worker = world.worker(after)
    world.once(worker)
    until = world.now + timedelta(hours=2)
    policy = worker.configuration().policy.hash
    notices.release(worker.session, "r", 100, until, "ada", "new points", policy, notices.OWNER_CHANGES)
    world.store.forget()
    world.once(worker)
    assert moved(world) == PER_HOUR, "that was about owners"
    notices.release(worker.session, "s", 100, until, "ada", "new points", policy, notices.BAND_CHANGES)
    world.store.forget()
    world.once(worker)
    assert moved(world) == len(leads)


def test_steps_of_clocks_do_not_wait_for_it(tmp_path: Path) -> None:
    world, leads, after = scored(tmp_path, 3 * PER_HOUR)
    world.once(world.worker(after))
    world.advance(hours=36)
    world.once(world.worker(after))
    warned = [row["Lead_Id__c"] for row in world.events() if row["Kind__c"] == "Warned"]
    assert sorted(warned) == sorted(leads)


def test_a_rep_who_edits_one_lead_costs_one_more_call_and_moves_it(tmp_path: Path) -> None:
    world, leads, _ = scored(tmp_path, 1)
    worker = world.worker(edited(tmp_path))
    world.once(worker)
    world.advance(minutes=1)
    world.update(leads[0], by=world.rep, SLA_Budget__c="No Budget")
    world.once(worker)
    assert moved(world) == 1
