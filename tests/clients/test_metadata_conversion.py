"""Salesforce's own tooling resolves and converts salesforce/, and finds what is wrong with a project that is not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.conftest import HERE

SCRIPT = HERE.parent / "metadata" / "convert.mjs"
PROJECT = HERE.parents[1] / "salesforce"
OBJECTS = Path("core/main/default/objects")


def convert(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", str(SCRIPT), str(HERE), str(project)], capture_output=True, text=True, timeout=120
    )


def test_the_package_converts(tmp_path: Path) -> None:
    shutil.copytree(PROJECT, tmp_path / "salesforce", ignore=shutil.ignore_patterns(".forceignore"))
    done = convert(tmp_path / "salesforce")
    assert done.returncode == 0, done.stderr
    assert '"problems":0' in done.stdout


def test_only_the_customers_statuses_are_left_out_of_a_deployment() -> None:
    done = convert(PROJECT)
    [told] = done.stderr.strip().splitlines()
    assert "LeadStatus.standardValueSet" in told
    assert "belongs to no component" in told


def unknown_element(project: Path) -> None:
    path = project / OBJECTS / "Lead/fields/SLA_Band__c.field-meta.xml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("</CustomField>", "<colour>red</colour></CustomField>"), "utf-8")


def missing_element(project: Path) -> None:
    path = next((project / OBJECTS / "Lead/validationRules").iterdir())
    path.write_text(path.read_text("utf-8").replace("errorMessage>", "message>"), "utf-8")


def no_xml(project: Path) -> None:
    path = project / OBJECTS / "SLA_Event__c/SLA_Event__c.object-meta.xml"
    path.write_text(path.read_text("utf-8").removesuffix("\n")[:-3], "utf-8")


def unknown_file(project: Path) -> None:
    (project / "core/main/default/notes.nonsense-meta.xml").write_text("<Notes/>", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (unknown_element, "<colour> is no element of CustomField"),
        (missing_element, "<errorMessage> is missing, ValidationRule requires it"),
        (no_xml, "SLA_Event__c.object-meta.xml"),
        (unknown_file, "notes"),
    ],
)
def test_a_package_that_is_none_is_told(tmp_path: Path, spoil: Callable[[Path], None], told: str) -> None:
    project = tmp_path / "salesforce"
    shutil.copytree(PROJECT, project)
    spoil(project)
    done = convert(project)
    assert done.returncode == 1
    assert told in done.stderr
