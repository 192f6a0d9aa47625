"""A record type that Lead does not have gives nobody another policy, another field or another score, and is told."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.localorg.metadata import load_schema
from sfsync.mappings.loading import documents
from sfsync.report.check import check
from sfsync.report.record_types import record_types
from tests import inprocess
from tests.inprocess import ROOT, SEVENTEEN_POINTS, World, begun

INFOS = [
    {"name": "Master", "developerName": "Master", "master": True},
    {"name": "Channel Partner", "developerName": "Partner", "master": False},
    {"name": "Direct", "developerName": "Direct_Sales", "master": False},
]
POLICIES = "policies:\n  - directory: partners\n    when: {record_type: %s}\n"


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    made = copytree(ROOT / "mappings", tmp_path / "mappings")
    lead = (made / "lead.yaml").read_text()
    (made / "lead.yaml").write_text(lead + "  record_type: RecordType.DeveloperName\n")
    (made / "partners").mkdir()
    (made / "partners" / "scoring.yaml").write_text((made / "scoring.yaml").read_text())
    return made


def told(mappings: Path, infos: list[dict[str, object]] = INFOS) -> list[str]:
    found = [str(problem) for problem in record_types(documents(mappings), infos)]
    return [one.removeprefix(f"{mappings}/") for one in found]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("Partner", None),
        ("[partner, Direct_Sales]", None),
        ("Partnr", "'Partnr': no lead is of it; did you mean `Partner`?"),
        ("Channel Partner", "'Channel Partner': no lead is of it; did you mean `Partner`?"),
        ("Direct", "'Direct': no lead is of it; did you mean `Direct_Sales`?"),
        ("Xyz", "'Xyz': no lead is of it; it has Partner, Direct_Sales"),
    ],
)
def test_a_policy_for_a_record_type_that_is_not_there_is_an_error_at_its_line(
    mappings: Path, written: str, message: str | None
) -> None:
    (mappings / "policies.yaml").write_text(POLICIES % written)
    prefix = "policies.yaml:3: the org's Lead has no record type of the DeveloperName "
    assert told(mappings) == ([] if message is None else [prefix + message])


def test_fields_of_a_record_type_that_is_not_there_are_an_error_at_its_line(mappings: Path) -> None:
    (mappings / "policies.yaml").write_text(POLICIES % "Partner")
    lead = mappings / "lead.yaml"
    lead.write_text(lead.read_text() + "record_types:\n  Direct:\n    fields: {title: Company}\n")
    line = len(lead.read_text().splitlines()) - 1
    [one] = told(mappings)
    assert one.startswith(
        f"lead.yaml:{line}: the org's Lead has no record type of the DeveloperName 'Direct'"
    )


def test_an_org_without_record_types_is_told_of_elsewhere(mappings: Path) -> None:
    (mappings / "policies.yaml").write_text(POLICIES % "Partnr")
    assert told(mappings, INFOS[:1]) == []


RECORD_TYPE = """<RecordType xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>{name}</fullName>
    <active>true</active>
    <label>{label}</label>
</RecordType>
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An org whose Lead has two record types."""
    metadata = copytree(ROOT / "salesforce", tmp_path / "salesforce")
    directory = metadata / "starter/main/default/objects/Lead/recordTypes"
    directory.mkdir()
    for name, label in (("Partner", "Channel Partner"), ("Direct_Sales", "Direct")):
        file = directory / f"{name}.recordType-meta.xml"
        file.write_text(RECORD_TYPE.format(name=name, label=label), encoding="utf-8")
    schema = load_schema(metadata)
    monkeypatch.setattr(inprocess, "schema", lambda: schema)
    return begun()


@pytest.mark.parametrize(
    ("written", "message"),
    [("Partner", None), ("Channel Partner", "no lead is of it; did you mean `Partner`?")],
)
def test_check_asks_the_org_itself_for_its_record_types(
    world: World, mappings: Path, written: str, message: str | None
) -> None:
    (mappings / "policies.yaml").write_text(POLICIES % written)
    found = [one for one in check(world.worker(documents(mappings))) if "policies.yaml" in one.where]
    if message is None:
        assert found == []
    else:
        [one] = found
        assert (one.level, one.where) == ("error", f"{mappings}/policies.yaml:3")
        assert one.message.endswith(message)


def test_a_lead_of_the_record_type_has_its_policy_and_no_other_lead_has(world: World, mappings: Path) -> None:
    (mappings / "policies.yaml").write_text(POLICIES % "Partner")
    scoring = mappings / "partners/scoring.yaml"
    scoring.write_text(scoring.read_text().replace("Planned: 17", "Planned: 10"))
    types = {
        row["DeveloperName"]: row["Id"] for row in world.soql("SELECT Id, DeveloperName FROM RecordType")
    }
    partner, direct, plain = (
        world.create_lead(**SEVENTEEN_POINTS, **more)
        for more in ({"RecordTypeId": types["Partner"]}, {"RecordTypeId": types["Direct_Sales"]}, {})
    )
    world.once(world.worker(documents(mappings)))
    assert [world.lead(one)["SLA_Score__c"] for one in (partner, direct, plain)] == [61, 68, 68]
