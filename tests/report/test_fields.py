"""What the org does not understand, and whether a mapping file is to blame for it."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.errors import Config, PolicyError
from sfsync.mappings.loading import documents
from sfsync.ports import Reply
from sfsync.report.fields import named
from tests.inprocess import ROOT, Send, World, begun

NOT_THERE = Config("INVALID_FIELD: a field is missing (SLA_Score__c, Lead)", error_code="INVALID_FIELD")


@pytest.fixture(scope="module")
def world() -> World:
    return begun()


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """The shipped files, and partners' own `lead.yaml` with constants of its own lines."""
    made = copytree(ROOT / "mappings", tmp_path / "mappings")
    (made / "partners").mkdir()
    (made / "policies.yaml").write_text("policies:\n  - {directory: partners, when: {source: Partner}}\n")
    (made / "partners" / "lead.yaml").write_text((made / "lead.yaml").read_text())
    return made


def add(file: Path, more: str) -> str:
    """Add lines at the end of a file; where the first of them is."""
    text = file.read_text()
    file.write_text(text + more)
    return f"{file}:{text.count(chr(10)) + 1}: "


def test_what_is_missing_of_sfsyncs_own_is_said_as_the_org_says_it(world: World, mappings: Path) -> None:
    assert named(NOT_THERE, world.session(), documents(mappings).all) is NOT_THERE


def test_another_error_asks_the_org_for_nothing(world: World, mappings: Path) -> None:
    other = Config("API_CURRENTLY_DISABLED: the org's API is disabled", error_code="API_CURRENTLY_DISABLED")
    with world.counted() as calls:
        assert named(other, world.session(), documents(mappings).all) is other
    assert calls == []


def test_an_org_that_does_not_describe_itself_leaves_its_first_word(world: World, mappings: Path) -> None:
    add(mappings / "lead.yaml", "  shoe: Shoe__c\n")

    def refused(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        return Reply(403, {}, b'[{"errorCode": "API_DISABLED_FOR_ORG", "message": ""}]')

    with world.interposed(refused):
        assert named(NOT_THERE, world.session(), documents(mappings).all) is NOT_THERE


def test_each_policys_files_are_named_by_their_own_lines(world: World, mappings: Path) -> None:
    wrong = [
        add(mappings / "partners" / "lead.yaml", "  site: Websit\n"),
        add(mappings / "lead.yaml", "  shoe: {first_of: [Title, Titel]}\n"),
        add(mappings / "lead.yaml", "record_types:\n  Partner: {fields: {source: {field: LeadSorce}}}\n"),
    ]
    wrong[2] = wrong[2].replace(":35: ", ":36: ")
    add(mappings / "lead.yaml", "constants: {Task: {Statuss: Open}}\n")
    found = named(NOT_THERE, world.session(), documents(mappings).all)
    assert isinstance(found, PolicyError)
    told = [str(one) for one in found.problems]
    for place, meant in zip(wrong, ("Website", "Title", "LeadSource"), strict=True):
        [one] = [one for one in told if one.endswith(f"did you mean `{meant}`?")]
        assert one.startswith(place.rsplit(":", 2)[0]), one
    assert any("the org's Task has no field Statuss" in one for one in told)
