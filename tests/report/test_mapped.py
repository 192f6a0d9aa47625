"""`sfsync check` holds the mapping against the org: fields, paths, kinds, picklist values."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from sfsync.report.check import check
from sfsync.report.dry_run import dry_run
from tests.inprocess import ROOT, World, begun
from tests.report.described import describing


@pytest.fixture(scope="module")
def world() -> World:
    return begun()


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    return copytree(ROOT / "mappings", tmp_path / "mappings")


def change(directory: Path, name: str, old: str, new: str) -> None:
    file = directory / f"{name}.yaml"
    text = file.read_text()
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new))


def line(directory: Path, name: str, part: str) -> str:
    file = directory / f"{name}.yaml"
    lines = file.read_text().splitlines()
    return f"{file}:{next(number for number, text in enumerate(lines, 1) if part in text)}"


def found(world: World, directory: Path) -> dict[str, tuple[str, str]]:
    findings = check(world.worker(documents(directory)))
    return {one.where: (one.level, one.message) for one in findings if one.level != "ok"}


def test_the_shipped_mapping_fits_the_org_that_the_packages_make(world: World, mappings: Path) -> None:
    assert not [where for where in found(world, mappings) if ".yaml" in where]


@pytest.mark.parametrize("path", ["Owner.Name", "CreatedBy.Manager.Name", "Owner.Username"])
def test_a_path_is_followed_over_relationships(world: World, mappings: Path, path: str) -> None:
    change(mappings, "lead", "title: Title", f"title: {path}")
    assert not [where for where in found(world, mappings) if ".yaml" in where]


@pytest.mark.parametrize("path", ["Owner.Type", "Owner.UserRole.Name", "Owner.Profile.Name"])
def test_over_a_relationship_to_rows_of_several_kinds_little_can_be_read_and_that_can(
    world: World, mappings: Path, path: str
) -> None:
    change(mappings, "lead", "title: Title", f"title: {path}")
    assert not [where for where in found(world, mappings) if ".yaml" in where]
    dry_run(world.worker(documents(mappings)), lambda looked: None)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("title", "did you mean `Title`?"),
        ("Owner.name", "did you mean `Owner.Name`?"),
        ("Onwer.Username", "did you mean `Owner.Username`?"),
        ("CreatedBy.Boss.Name", "deploy it, or give the permission set that reads it"),
        ("Owner.Department", "Owner may be rows of several kinds, of which one can read only Alias, Email"),
        ("Owner.Manager.Name", "Owner may be rows of several kinds"),
        ("SLA_Budget", "did you mean `SLA_Budget__c`?"),
    ],
)
def test_a_field_that_is_not_there_is_followed_by_what_to_write_instead(
    world: World, mappings: Path, path: str, told: str
) -> None:
    change(mappings, "lead", "title: Title", f"title: {path}")
    level, message = found(world, mappings)[line(mappings, "lead", "  title:")]
    assert (level, told in message) == ("error", True), message


@pytest.mark.parametrize("path", ["Owner.Shoe__c", "Parent__r.Name", "CreatedBy.Boss.Name", "Titel"])
def test_a_path_that_ends_nowhere_is_an_error_at_its_line(world: World, mappings: Path, path: str) -> None:
    change(mappings, "lead", "title: Title", f"title: {path}")
    level, message = found(world, mappings)[line(mappings, "lead", "  title:")]
    assert level == "error"
    assert f"has no field {path}" in message


@pytest.mark.parametrize(
    ("source", "level", "message"),
    [
        ("{field: CreatedDate, type: number}", "error", "is a datetime field, and never holds a number"),
        ("{field: IsConverted, type: date}", "error", "is a boolean field, and never holds a date"),
        ("{field: NumberOfEmployees, type: date}", "error", "is a int field, and never holds a date"),
        ("Address", "error", "Address holds several values at once and is read as blank: name one of them"),
        ("SLA_Score__c", "error", "sfsync itself writes SLA_Score__c: what is read from it would be its own"),
        ("CreatedDate", "warning", "with `type: date` its age can be asked for"),
        ("{field: LeadSource, values: {Wbe: Web}}", "error", "the picklist LeadSource has no value 'Wbe'"),
    ],
)
def test_a_field_of_another_kind_is_named(
    world: World, mappings: Path, source: str, level: str, message: str
) -> None:
    change(mappings, "lead", "title: Title", f"title: {source}")
    told = found(world, mappings)[line(mappings, "lead", "  title:")]
    assert told[0] == level
    assert message in told[1]


NO_SUCH = (
    "no lead has 'Plannend': the picklist SLA_Budget__c does not list it; did you mean `Planned`? Where some have it "
    "all the same, name it under `unlisted`"
)


def test_points_for_a_value_that_the_picklist_does_not_have_are_named(world: World, mappings: Path) -> None:
    change(mappings, "scoring", "Planned: 17", "Plannend: 17")
    level, message = found(world, mappings)[line(mappings, "scoring", "Plannend")]
    assert (level, message) == ("error", NO_SUCH)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (
            "routing",
            "territories: []",
            "territories:\n  - {name: A, when: {any: [{budget: Plannend}]}, reps: {role: Sales Rep}}",
        ),
        ("sla", "when: {band: Immediate Sales Contact}", "when: {budget: [Planned, Plannend]}"),
        (
            "scoring",
            "- field: need",
            "- {points: 5, reason: so, when: {not: {budget: {is_not: Plannend}}}}\n      - field: need",
        ),
    ],
)
def test_values_in_conditions_that_the_picklist_does_not_have_are_named(
    world: World, mappings: Path, file: str, old: str, new: str
) -> None:
    change(mappings, file, old, new)
    level, message = found(world, mappings)[line(mappings, file, "Plannend")]
    assert (level, message) == ("error", NO_SUCH)


@pytest.mark.parametrize(
    ("field", "when", "told"),
    [
        (
            "HasOptedOutOfEmail",
            "yes",
            "holds true or false, and never 'yes': write one of them, without quotes",
        ),
        ("HasOptedOutOfEmail", "{is_not: 'false'}", "holds true or false, and never 'false'"),
        ("NumberOfEmployees", "[1, many]", "holds numbers, and never 'many'"),
        ("City", "49", 'holds texts, and 49 is none: write "49"'),
        ("City", "true", 'holds texts, and true is none: write "true"'),
        ("HasOptedOutOfEmail", "false", None),
        ("NumberOfEmployees", "[1, 2.5]", None),
        ("City", "[NO, '49']", None),
        ("{field: City, values: {Rome: 5}}", "5", None),
    ],
)
def test_a_value_of_another_kind_than_the_org_holds_is_an_error_at_its_line(
    world: World, mappings: Path, field: str, when: str, told: str | None
) -> None:
    change(mappings, "lead", "title: Title", f"title: {field}")
    territory = f"{{name: A, when: {{title: {when}}}, reps: {{role: Sales Rep}}}}"
    change(mappings, "routing", "territories: []", f"territories:\n  - {territory}")
    errors = {
        where: message for where, (level, message) in found(world, mappings).items() if level == "error"
    }
    if told is None:
        assert errors == {}
    else:
        assert f"in this org `title` {told}" in errors[line(mappings, "routing", "name: A")]


@pytest.mark.parametrize(
    ("field", "rule", "told"),
    [
        (
            "City",
            "{points: 5, reason: so, when: {title: {at_least: 5}}}",
            "`at_least` is for numbers, and `title`",
        ),
        (
            "NumberOfEmployees",
            "{points: 5, reason: so, when: {title: {contains: x}}}",
            "`contains` is for texts",
        ),
        (
            "City",
            "{field: title, ranges: [{at_least: 5, points: 5}]}",
            "`ranges` is for numbers, and `title`",
        ),
        ("NumberOfEmployees", "{field: title, points: {many: 5}}", "`title` holds numbers, and never 'many'"),
        (
            "HasOptedOutOfEmail",
            "{field: title, points: {yes: 5}}",
            "`title` holds true or false, and never 'yes'",
        ),
        ("HasOptedOutOfEmail", "{field: title, points: {'true': 5}}", None),
        ("NumberOfEmployees", "{field: title, ranges: [{at_least: 5, points: 5}]}", None),
        ("NumberOfEmployees", "{field: title, points: {'5': 5}}", None),
    ],
)
def test_a_rule_over_what_the_org_does_not_hold_is_an_error_at_its_line(
    world: World, mappings: Path, field: str, rule: str, told: str | None
) -> None:
    change(mappings, "lead", "title: Title", f"title: {field}")
    change(mappings, "scoring", "      - field: need", f"      - {rule}\n      - field: need")
    errors = {
        where: message for where, (level, message) in found(world, mappings).items() if level == "error"
    }
    if told is None:
        assert errors == {}
    else:
        assert errors[line(mappings, "scoring", f"- {rule}")].startswith(f"in this org {told}")


@pytest.mark.parametrize("directory", ["call-centre", "education", "enterprise"])
def test_the_examples_fit_the_org_that_the_packages_make(world: World, directory: str) -> None:
    assert not [where for where in found(world, ROOT / "docs" / "examples" / directory) if ".yaml" in where]


def test_a_value_that_an_unrestricted_picklist_does_not_list_is_an_error_until_the_files_say_there_are_some(
    world: World, mappings: Path
) -> None:
    change(mappings, "sla", "when: {band: Immediate Sales Contact}", "when: {preferred_contact: Telegraph}")
    level, message = found(world, mappings)[line(mappings, "sla", "Telegraph")]
    assert level == "error"
    assert message.startswith(
        "no lead has 'Telegraph': the picklist SLA_Preferred_Contact__c does not list it; it has"
    )
    field = "SLA_Preferred_Contact__c"
    change(
        mappings,
        "lead",
        f"preferred_contact: {field}",
        f"preferred_contact: {{field: {field}, unlisted: [telegraph]}}",
    )
    assert line(mappings, "sla", "Telegraph") not in found(world, mappings)


def test_a_value_of_tasks_that_no_picklist_lists_is_an_error_until_the_files_say_there_are_some(
    world: World, mappings: Path
) -> None:
    change(mappings, "sla", "CallType: Inbound", "CallType: Inbund")
    level, message = found(world, mappings)[line(mappings, "sla", "Inbund")]
    assert (level, "did you mean `Inbound`?" in message) == ("error", True)
    change(mappings, "sla", "  answered:", "  unlisted: [Inbund]\n  answered:")
    assert line(mappings, "sla", "Inbund}") not in found(world, mappings)


def test_a_value_that_is_no_longer_active_is_a_warning(mappings: Path) -> None:
    world = begun()
    world.transport.interpose = describing("Lead", "SLA_Budget__c", "Planned", active=False)
    assert found(world, mappings)[line(mappings, "scoring", "Planned: 17")] == (
        "warning",
        "the picklist SLA_Budget__c has 'Planned' no longer among its active values: only rows of before have it",
    )


def test_what_a_pattern_finds_in_a_picklists_values_need_not_be_one_of_them(
    world: World, mappings: Path
) -> None:
    field = "{field: LeadSource, pattern: '^[A-Z]+', values: {W: Web}}"
    change(mappings, "lead", "title: Title", f"title: {field}")
    assert not [where for where in found(world, mappings) if ".yaml" in where]


def test_values_that_leads_of_a_record_type_have_elsewhere_are_no_mistake(mappings: Path) -> None:
    world = begun()
    file = mappings / "lead.yaml"
    file.write_text(file.read_text() + "record_types:\n  Partner: {fields: {budget: Website}}\n")
    change(mappings, "scoring", "Planned: 17", "Plannend: 17")
    assert line(mappings, "scoring", "Plannend") not in found(world, mappings)


def test_record_types_are_an_error_where_the_org_has_none(world: World, mappings: Path) -> None:
    text = (mappings / "lead.yaml").read_text()
    (mappings / "lead.yaml").write_text(text + "record_types:\n  Partner: {fields: {title: Company}}\n")
    level, message = found(world, mappings)[line(mappings, "lead", "record_types:")]
    assert (level, message) == ("error", "the org has no record types of Lead")


@pytest.mark.parametrize(
    ("when", "is_told"),
    [
        ("{Status: Not Started}", True),
        ("{Status: [In Progress, Deferred]}", True),
        ("{IsClosed: false}", True),
        ("{Status: completed}", False),
        ("{Status: [Completed, Deferred]}", False),
        ("{Status: {is_not: Completed}}", False),
        ("{IsClosed: true}", False),
    ],
)
def test_a_rule_over_tasks_that_are_open_is_told(
    world: World, mappings: Path, when: str, is_told: bool
) -> None:
    change(mappings, "sla", "{Subject: {contains: meeting}}", when)
    told = found(world, mappings)
    assert (line(mappings, "sla", "kind: meeting") in told) == is_told
    assert (
        not is_told or "only completed Tasks are looked at" in told[line(mappings, "sla", "kind: meeting")][1]
    )


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "{first_of: [CreatedDate, SLA_Acquired_At__c], type: date}",
            "CreatedDate is never blank, so that what stands behind it",
        ),
        ("{first_of: [SLA_Acquired_At__c, CreatedDate], type: date}", None),
        (
            "{field: DoNotCall, values: {'true': No calls}}",
            "`values` translates texts, and DoNotCall holds true or false",
        ),
        ("{field: NumberOfEmployees, values: {'100': Many}}", "and NumberOfEmployees holds numbers"),
        ("{field: NumberOfEmployees, pattern: '.*', values: {'100': Many}}", None),
    ],
)
def test_what_a_mapping_never_comes_to_is_told(
    world: World, mappings: Path, written: str, words: str | None
) -> None:
    change(mappings, "lead", "  title: Title", f"  wanted: {written}\n  title: Title")
    told = found(world, mappings).get(line(mappings, "lead", "wanted:"))
    assert (told is None) == (words is None)
    assert words is None or (told is not None and told[0] == "warning" and words in told[1])
