"""Leads out of a file, and leads made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sfsync.localorg.csvload import PERIOD, CsvProblem, load_csv, load_synthetic
from sfsync.localorg.org import Org
from sfsync.localorg.schema import Field, Schema
from tests.conformance.harness import SCHEMA, START

HEADER = (
    "Prospect ID,Lead Source,City,Country,What is your current occupation,Specialization,TotalVisits,"
    "Total Time Spent on Website,Page Views Per Visit,Lead Origin,Last Activity,Do Not Email,Do Not Call,"
    "Converted,Tags,Lead Number"
)
OPT_OUTS = ("HasOptedOutOfEmail", "DoNotCall")
ROW = "p-1,Google,Mumbai,India,Unemployed,Select,5,674,2.5,API,Email Opened,No,Yes,1,Ringing,660728"


def schema_with(*names: str) -> Schema:
    """The org's schema with these checkboxes on Lead, and without the other one of the two."""
    lead = SCHEMA.objects["Lead"]
    fields = {name: item for name, item in lead.fields.items() if name not in OPT_OUTS}
    fields |= {name: Field(name, "boolean", name, nillable=False, default=False) for name in names}
    objects = {**SCHEMA.objects, "Lead": replace(lead, fields=fields)}
    return Schema(objects.values(), SCHEMA.rules, SCHEMA.bundles)


def load(
    tmp_path: Path, lines: Sequence[str], schema: Schema | None = None
) -> tuple[Org, list[dict[str, object]], list[str]]:
    """A fresh org, its leads in the order of loading, and the report."""
    path = tmp_path / "leads.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    org = Org(schema or schema_with(*OPT_OUTS), START)
    report = load_csv(org, path, lambda _line: None)
    return org, [dict(row) for row in org.database.table("Lead").rows.values()], report.lines()


def rows_of(count: int) -> list[str]:
    """`count` rows with ids of their own."""
    return [ROW.replace("p-1", f"p-{number}") for number in range(count)]


def test_columns_go_to_their_fields_and_select_means_blank(tmp_path: Path) -> None:
    _, [row], _ = load(tmp_path, [HEADER, ROW])
    assert row["SLA_Source_Id__c"] == "p-1"
    assert (row["LeadSource"], row["City"], row["Country"]) == ("Google", "Mumbai", "India")
    assert row["Title"] == "Unemployed"
    assert "Industry" not in row
    assert (row["SLA_Website_Visits__c"], row["SLA_Website_Seconds__c"]) == (5, 674)
    assert row["SLA_Pages_Per_Visit__c"] == 2.5
    assert (row["SLA_Origin__c"], row["SLA_Last_Engagement__c"]) == ("API", "Email Opened")
    assert (row["HasOptedOutOfEmail"], row["DoNotCall"]) == (False, True)


def test_a_column_whose_field_the_org_lacks_is_reported(tmp_path: Path) -> None:
    _, [row], told = load(tmp_path, [HEADER, ROW], schema_with("DoNotCall"))
    assert row["DoNotCall"] is True
    assert "HasOptedOutOfEmail" not in row
    assert "column Do Not Email not loaded: this org has no HasOptedOutOfEmail" in told


def test_the_outcome_and_what_leaks_it_are_never_loaded_and_the_report_says_why(tmp_path: Path) -> None:
    _, [row], told = load(tmp_path, [HEADER, ROW])
    assert row.get("IsConverted") is False
    assert "Ringing" not in row.values()
    assert any("Converted" in line and "outcome" in line for line in told)
    assert any("Tags" in line for line in told)
    assert "columns not loaded: Lead Number" in told


def test_leads_are_open_and_dealt_round_over_the_reps_in_the_month_before_the_start(tmp_path: Path) -> None:
    org, rows, _ = load(tmp_path, [HEADER, *rows_of(60)])
    assert {row["Status"] for row in rows} == {"Open - Not Contacted"}
    owners = Counter(row["OwnerId"] for row in rows)
    assert set(owners) == set(org.people.reps)
    assert set(owners.values()) == {10}
    created = [row["CreatedDate"] for row in rows]
    assert created == sorted(created)  # type: ignore[type-var]
    assert all(START - PERIOD <= moment < START for moment in created)  # type: ignore[operator]
    assert created == [row["SystemModstamp"] for row in rows]


def test_names_companies_and_addresses_follow_from_the_id_and_never_collide(tmp_path: Path) -> None:
    _, rows, _ = load(tmp_path, [HEADER, *rows_of(500)])
    for name in ("Name", "LastName", "Company", "Email"):
        assert len({row[name] for row in rows}) == 500
    assert all(str(row["Email"]).endswith("@example.invalid") for row in rows)
    _, again, _ = load(tmp_path, [HEADER, *reversed(rows_of(500))])
    assert {row["SLA_Source_Id__c"]: row["Email"] for row in rows} == {
        row["SLA_Source_Id__c"]: row["Email"] for row in again
    }


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ROW.replace("p-1", ""), "Prospect ID is missing"),
        (ROW.replace("p-1", "p-0"), "Prospect ID p-0 is there already"),
        (ROW.replace("674", "long"), "Total Time Spent on Website is 'long', which is no number"),
        (ROW.replace("674", "inf"), "Total Time Spent on Website is inf"),
        (ROW + ",more", "17 columns instead of 16"),
        (ROW.replace("No,Yes", "Maybe,Yes"), "Do Not Email is 'Maybe'"),
        (ROW.replace("Mumbai", "x" * 41), "City has 41 characters"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_skipped_and_the_rest_loads(
    tmp_path: Path, bad: str, reason: str
) -> None:
    _, rows, told = load(tmp_path, [HEADER, *rows_of(1), bad, ROW.replace("p-1", "p-9")])
    assert [row["SLA_Source_Id__c"] for row in rows] == ["p-0", "p-9"]
    assert told[0] == "2 leads loaded, 1 rows skipped"
    assert told[1].startswith(f"line 3: {reason}")


def test_unknown_columns_are_reported_and_the_known_ones_load(tmp_path: Path) -> None:
    _, [row], told = load(tmp_path, ["Prospect ID,Shoe Size,City", "p-1,44,Oslo"])
    assert row["City"] == "Oslo"
    assert "unknown columns, not loaded: Shoe Size" in told


@pytest.mark.parametrize("header", ["City,Country", "Prospect ID,City,City", ""])
def test_a_file_that_cannot_be_loaded_at_all_says_so(tmp_path: Path, header: str) -> None:
    with pytest.raises(CsvProblem):
        load(tmp_path, [header, "a,b,c"])


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CsvProblem):
        load_csv(Org(SCHEMA, START), tmp_path / "nothing.csv", lambda _line: None)


def test_made_up_leads_are_the_same_each_time_and_some_have_inputs() -> None:
    orgs = [Org(SCHEMA, START) for _ in range(2)]
    for org in orgs:
        assert load_synthetic(org, 300, lambda _line: None).loaded == 300
    first, second = (list(org.database.table("Lead").rows.values()) for org in orgs)
    assert first == second
    assert len({row["Email"] for row in first}) == 300
    for name in ("SLA_Budget__c", "SLA_Authority__c", "SLA_Need__c", "SLA_Timeline__c"):
        assert 0 < sum(name in row for row in first) < 300


def test_made_up_inputs_are_values_of_the_picklists() -> None:
    org = Org(SCHEMA, START)
    load_synthetic(org, 200, lambda _line: None)
    lead = SCHEMA.objects["Lead"]
    for name in ("SLA_Budget__c", "SLA_Authority__c", "SLA_Need__c", "SLA_Timeline__c"):
        allowed = {choice.value for choice in lead.fields[name].picklist}
        used = {row[name] for row in org.database.table("Lead").rows.values() if name in row}
        assert used <= allowed
