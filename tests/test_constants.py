"""What a customer's org requires on each Task stands in lead.yaml, and `check` proves that it fits."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from sfsync.errors import PolicyError
from sfsync.localorg.metadata import load_schema
from sfsync.mappings.loading import Documents, documents
from sfsync.report.check import check
from sfsync.report.constants import constants
from tests import inprocess
from tests.inprocess import ROOT, World, begun

FIELD = """<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>Department__c</fullName>
    <label>Department</label>
    <length>20</length>
    <required>true</required>
    <type>Text</type>
</CustomField>
"""


@pytest.fixture
def demanding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An org that requires a department on each Task."""
    metadata = copytree(ROOT / "salesforce", tmp_path / "salesforce")
    fields = metadata / "core/main/default/objects/Activity/fields"
    (fields / "Department__c.field-meta.xml").write_text(FIELD)
    schema = load_schema(metadata)
    monkeypatch.setattr(inprocess, "schema", lambda: schema)
    return begun()


def written(tmp_path: Path, constants: str) -> Documents:
    made = copytree(ROOT / "mappings", tmp_path / "mappings", dirs_exist_ok=True)
    text = (ROOT / "mappings" / "lead.yaml").read_text()
    (made / "lead.yaml").write_text(f"{text}constants: {constants}\n" if constants else text)
    return documents(made)


def test_a_task_has_the_constants_and_without_them_the_org_refuses_it(
    demanding: World, tmp_path: Path
) -> None:
    lead = demanding.create_lead()
    demanding.once()
    assert demanding.kinds(lead) == ["Error"]
    demanding.once(demanding.worker(written(tmp_path, "{Task: {Department__c: Sales, Status: In Progress}}")))
    (task,) = demanding.soql(f"SELECT Department__c, Status FROM Task WHERE WhoId = '{lead}'")
    assert (task["Department__c"], task["Status"]) == ("Sales", "In Progress")


def test_check_names_what_the_org_requires_and_nobody_gives(demanding: World, tmp_path: Path) -> None:
    def told(constants: str) -> list[str]:
        found = check(demanding.worker(written(tmp_path, constants)))
        return [one.message for one in found if "Department__c" in one.message and one.level == "error"]

    assert told("") == ["the org requires Department__c on each Task: give it under `constants: {Task: …}`"]
    assert told("{Task: {Department__c: Sales}}") == []


FIELDS: dict[str, dict[str, Any]] = {
    "Text__c": {"type": "string", "length": 5},
    "Day__c": {"type": "date"},
    "Flag__c": {"type": "boolean", "nillable": False},
    "Number__c": {"type": "double"},
    "Region__c": {
        "type": "picklist",
        "picklistValues": [{"value": "North", "active": True}, {"value": "South", "active": False}],
    },
    "RecordTypeId": {"type": "reference", "length": 18},
    "Hidden__c": {"type": "string", "createable": False},
}
DESCRIBED = {
    "fields": [
        {"name": name, "createable": True, "nillable": True, "defaultedOnCreate": False, "length": 0, **more}
        for name, more in FIELDS.items()
    ],
    "recordTypeInfos": [
        {"recordTypeId": "012000000000000AAA", "developerName": "Master", "available": True, "master": True},
        {"recordTypeId": "0120000000000AbAAI", "developerName": "Sales", "available": True, "master": False},
    ],
}


@pytest.mark.parametrize(
    ("constant", "message"),
    [
        ("Text__c: short", None),
        ("Text__c: longer", "Text__c holds 5 characters, and this text has 6"),
        ("Text__c: 5", "Text__c is a string field and cannot hold 5"),
        ("Day__c: 2026-12-25", None),
        (
            "Day__c: Christmas",
            "Day__c is a date field and cannot hold 'Christmas'; write a day such as 2026-12-25",
        ),
        ("Flag__c: true", None),
        ("Flag__c: yes", "Flag__c is a boolean field and cannot hold 'yes'"),
        ("Number__c: 2.5", None),
        ("Number__c: true", "Number__c is a double field and cannot hold True"),
        ("Region__c: North", None),
        ("Region__c: South", "the picklist Region__c has no value 'South'; it has North"),
        ("RecordTypeId: 0120000000000Ab", None),
        ("RecordTypeId: 0120000000000AbAAI", None),
        (
            "RecordTypeId: 012000000000000AAA",
            "sfsync may use no such record type; there are 0120000000000AbAAI (Sales)",
        ),
        ("Hidden__c: x", "sfsync may not write Hidden__c on a new Task: give it the right to edit the field"),
        (
            "Absent__c: x",
            "the org's Task has no field Absent__c, or sfsync may not read it: deploy it, or give the permission set "
            "that reads it",
        ),
        (
            "Test__c: x",
            "the org's Task has no field Test__c, or sfsync may not read it; did you mean `Text__c`?",
        ),
    ],
)
def test_a_constant_that_does_not_fit_the_org_is_an_error_with_its_line(
    tmp_path: Path, constant: str, message: str | None
) -> None:
    found = list(constants(written(tmp_path, f"{{Task: {{{constant}}}}}"), "Task", DESCRIBED))
    assert [problem.message for problem in found] == ([] if message is None else [message])
    lines = (tmp_path / "mappings" / "lead.yaml").read_text().splitlines()
    assert all(lines[problem.line - 1].startswith("constants:") for problem in found)


def test_constants_are_the_same_for_all_policies(tmp_path: Path) -> None:
    written(tmp_path, "{Task: {Status: In Progress}}")
    made = tmp_path / "mappings"
    (made / "policies.yaml").write_text("policies:\n  - {directory: partners, when: {source: Partner}}\n")
    (made / "partners").mkdir()
    text = (ROOT / "mappings" / "lead.yaml").read_text()
    (made / "partners" / "lead.yaml").write_text(text)
    assert documents(made).lead.constants
    (made / "partners" / "lead.yaml").write_text(f"{text}constants: {{Task: {{Status: Deferred}}}}\n")
    with pytest.raises(PolicyError, match="constants are the same for all policies"):
        documents(made)
