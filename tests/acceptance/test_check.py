"""Mistakes are found before they do harm: `sfsync check`, and guards that somebody switched off."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, SEVENTEEN_POINTS, Command, OutsideOrg, start_org, stop_org


@pytest.fixture(params=["SFSync_Stale_Owner_Or_Status", "SFSync_Stale_Revision"])
def unguarded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Command]:
    """An org in which an admin has switched one guard rule off."""
    metadata = tmp_path / "salesforce"
    shutil.copytree(ROOT / "salesforce", metadata)
    rule = (
        metadata / f"core/main/default/objects/Lead/validationRules/{request.param}.validationRule-meta.xml"
    )
    text = rule.read_text()
    assert "<active>true</active>" in text
    rule.write_text(text.replace("<active>true</active>", "<active>false</active>"))
    process, org = start_org("--metadata", str(metadata))
    yield Command(org, tmp_path / "data")
    stop_org(process, org)


def test_nothing_is_done_while_a_guard_rule_is_switched_off(unguarded: Command) -> None:
    org = unguarded.org
    unguarded.once()
    org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    done = unguarded("run", "--once", check=False)
    assert done.returncode == 1
    assert "guard rules are switched off" in done.stderr
    assert not org.soql("SELECT Id FROM SLA_Event__c")
    assert not org.soql("SELECT Id FROM Task")
    told = unguarded("check", check=False)
    assert told.returncode == 1
    assert "SFSync_Stale" in told.stdout


def test_check_names_the_file_and_line_of_what_the_org_does_not_have(
    org: OutsideOrg, sfsync: Command, tmp_path: Path
) -> None:
    sfsync.mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", sfsync.mappings)
    for name, old, new in (
        ("lead", "industry: Industry", "industry: Industri__c"),
        ("lead", '["Accepted"]', '["Acepted"]'),
        ("scoring", "Planned: 17", "Planed: 17"),
        ("routing", "queue: Lead Queue", "queue: Leads Queue"),
        ("scoring", "reviewed_on: 2026-10-01", "reviewed_on: 2025-10-01"),
    ):
        file = sfsync.mappings / f"{name}.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    done = sfsync("check", "--json", check=False)
    assert done.returncode == 1
    findings = {(one["level"], Path(one["where"]).name) for one in json.loads(done.stdout)["findings"]}

    def line(name: str, part: str) -> int:
        lines = (sfsync.mappings / f"{name}.yaml").read_text().splitlines()
        return next(number for number, text in enumerate(lines, 1) if part in text)

    assert ("error", f"lead.yaml:{line('lead', 'Industri__c')}") in findings
    assert ("error", f"lead.yaml:{line('lead', 'Acepted')}") in findings
    assert ("error", f"scoring.yaml:{line('scoring', 'Planed')}") in findings
    assert ("error", f"routing.yaml:{line('routing', 'Leads Queue')}") in findings
    assert ("warning", f"scoring.yaml:{line('scoring', '2025-10-01')}") in findings


def test_a_clock_that_was_renamed_without_its_former_name_is_an_error_at_its_line(
    org: OutsideOrg, sfsync: Command, tmp_path: Path
) -> None:
    sfsync.once()
    org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    sfsync.once()
    org.set_clock(datetime(2026, 11, 3, 22, tzinfo=UTC))
    sfsync.once()
    assert org.soql("SELECT Id FROM SLA_Event__c WHERE Kind__c = 'Warned'")
    sfsync.mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", sfsync.mappings)
    file = sfsync.mappings / "sla.yaml"
    file.write_text(file.read_text().replace("  accept:\n", "  take_up:\n"))
    done = sfsync("check", "--json", check=False)
    assert done.returncode == 1
    number = file.read_text().splitlines().index("  take_up:") + 1
    findings = {(one["level"], one["where"]) for one in json.loads(done.stdout)["findings"]}
    assert ("error", f"{file}:{number}") in findings
    file.write_text(file.read_text().replace("  take_up:\n", "  take_up:\n    was: accept\n"))
    sfsync("check")


def test_a_policy_that_is_not_in_force_yet_does_nothing(
    org: OutsideOrg, sfsync: Command, tmp_path: Path
) -> None:
    sfsync.mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", sfsync.mappings)
    file = sfsync.mappings / "sla.yaml"
    file.write_text(file.read_text().replace("effective_from: 2026-01-01", "effective_from: 2026-12-01"))
    lead_id = org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    assert sfsync.once()["enabled"] is False
    assert org.rest("GET", f"sobjects/Lead/{lead_id}")["SLA_Score__c"] is None


def test_a_rehearsal_lets_the_orgs_own_rules_speak_and_keeps_nothing(
    org: OutsideOrg, sfsync: Command
) -> None:
    sfsync.once()
    lead_id = org.create_lead(org.reps()[0], LastName="Frozen", **SEVENTEEN_POINTS)
    before = org.dump()
    assert "would be accepted" in sfsync("check", "--rehearse", lead_id, "--json").stdout
    assert org.dump() == before
    rule = {"object_name": "Lead", "formula": 'LastName = "Frozen"', "message": "Ask the boss first"}
    org.control("POST", "customer_rules", {"validation_rules": [rule]})
    done = sfsync("check", "--rehearse", lead_id, "--json", check=False)
    assert done.returncode == 1
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in done.stdout
    assert org.dump() == before
