"""What looks like a mistake and is none is accepted: for each check of what has no effect, a policy right beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsync.mappings.loading import MODELS, check
from sfsync.mappings.yaml_lines import read
from tests.shipped import acceptance_alone

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ("mappings", "docs/examples/call-centre", "docs/examples/enterprise", "docs/examples/education")
SIZE = "  size: {field: NumberOfEmployees, ranges: [{less_than: 50, value: Small}, {at_least: 50, value: Large}]%s}\n"
COUNTRY = "  country: {field: Country, values: {Deutschland: Germany, DE: Germany%s}, default: Unknown}"


def texts(directory: str = "mappings") -> dict[str, str]:
    return {name: (ROOT / directory / f"{name}.yaml").read_text(encoding="utf-8") for name in MODELS}


def accepted(files: dict[str, str]) -> None:
    check([read(f"{name}.yaml", text.encode()) for name, text in files.items()], [])


@pytest.mark.parametrize("directory", EXAMPLES)
def test_each_complete_policy_is_accepted(directory: str) -> None:
    accepted(texts(directory))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("sla", "met_by: {stage: [qualified,", "met_by: {stage: [qualified, open,"),
        ("sla", "    met_by: {stage: [", "    starts_anew: [stage]\n    met_by: {stage: [working, "),
        ("sla", "    met_by: {stage: [", "    paused_while: {stage: [open]}\n    met_by: {stage: ["),
        ("sla", "    silent_in: [open]\n", "    paused_while: {stage: [rejected]}\n"),
        (
            "sla",
            "    runs_while: {stage: [open, accepted, working], owner: user}\n    starts_anew: [owner, band]",
            "    runs_while: {stage: [open, accepted, working], owner: user, outside_nurture: false}\n"
            "    starts_anew: [owner, band]",
        ),
        (
            "sla",
            "{when: {band: Immediate Sales Contact}",
            "{when: {band: {is_not: Immediate Executive Contact}}",
        ),
        ("sla", "{when: {band: Immediate Sales Contact}", "{when: {band: {contains: sales}}"),
        ("sla", "{when: {band: Immediate Sales Contact}", "{when: {band: [Nurture, Scheduled Follow-Up]}"),
        ("sla", "post: [owner]\n      - step: remind", "post: []\n      - step: remind"),
        ("sla", "            post: [executive]", "            post: [executive, owner]"),
        ("sla", "{owner} has not accepted", "{{x}} {owner} has not accepted"),
        ("routing", "task: {to: new_owner,", "task: {to: manager,"),
        ("scoring", "bands:\n", "margin: 10\nbands:\n"),
        ("scoring", 'version: "2026.1"', f'version: "{"x" * 40}"'),
    ],
)
def test_what_is_right_beside_a_mistake_is_accepted(name: str, old: str, new: str) -> None:
    files = texts()
    short = acceptance_alone(files["sla"])  # read faster
    if name == "sla" and old in short:
        files["sla"] = short
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    if "outside_nurture" in new:
        files[name] = files[name].replace("{band: Immediate Sales Contact}", "{band: Nurture}")
    accepted(files)


@pytest.mark.parametrize(
    ("field", "when"),
    [
        (SIZE % "", "{size: small}"),
        (SIZE % "", "{size: {not_in: [Small, Large]}}"),
        (SIZE % ", default: Unknown", "{size: [Unknown, Large]}"),
        (SIZE % "", "{size: {contains: mal}}"),
        (SIZE % "", "{size: {matches: '^(Small|Medium)$'}}"),
        (SIZE % "", "{size: {blank: true}}"),
        (COUNTRY % "", "{country: [Germany, DE]}"),
        (COUNTRY % "", "{country: {not_in: [Deutschland, germany]}}"),
        (COUNTRY % "", "{country: France}"),
        (COUNTRY % "", "{country: unknown}"),
        (COUNTRY % "", "{country: {starts_with: D}}"),
        (COUNTRY % ", Germany: DE", "{country: DE}"),
        (COUNTRY % ", Atlantis: ''", "{country: Atlantis}"),
    ],
)
def test_a_value_that_a_field_can_be_may_be_asked_for(field: str, when: str) -> None:
    files = texts()
    files["lead"] = files["lead"].replace(
        "  country: Country\n", f"  country: Country\n{field}".rstrip() + "\n"
    )
    if field.startswith("  country"):
        files["lead"] = files["lead"].replace("  country: Country\n", "")
    files["routing"] = files["routing"].replace(
        "territories: []", f"territories:\n  - {{name: West, when: {when}, reps: {{role: Sales Rep}}}}"
    )
    accepted(files)


def test_what_a_record_type_maps_otherwise_may_be_asked_for() -> None:
    files = texts()
    files["lead"] += SIZE % ""
    files["lead"] += "record_types:\n  Partner:\n    fields: {size: Partner_Size__c}\n"
    files["routing"] = files["routing"].replace(
        "territories: []", "territories:\n  - {name: West, when: {size: Huge}, reps: {role: Sales Rep}}"
    )
    accepted(files)


@pytest.mark.parametrize("table", ["{Germany: 5, DE: 5}", "{France: 5}", "{Unknown: 0, germany: 3}"])
def test_a_table_may_name_a_value_beside_what_is_made_of_it(table: str) -> None:
    files = texts()
    files["lead"] = files["lead"].replace("  country: Country", COUNTRY % "")
    files["scoring"] = files["scoring"].replace(
        "      - field: need\n", f"      - {{field: country, points: {table}}}\n      - field: need\n"
    )
    accepted(files)
