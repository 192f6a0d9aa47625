"""From a directory of mapping files to a policy."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from sfsync.core.hours import Calendar
from sfsync.core.org_hours import OrgHours
from sfsync.core.policy import Policy
from sfsync.errors import Config, PolicyError
from sfsync.mappings.loading import documents, load
from sfsync.mappings.yaml_lines import read
from tests.mappings.mutations import MAPPINGS

OFFICE = Calendar(
    "America/New_York", {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
)
EDUCATION = MAPPINGS.parent / "docs" / "examples" / "education"


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    return copytree(MAPPINGS, tmp_path / "mappings")


def refusal(directory: Path) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        documents(directory)
    return [str(problem).removeprefix(f"{directory}/") for problem in refused.value.problems]


def change(directory: Path, name: str, old: str, new: str) -> None:
    file = directory / f"{name}.yaml"
    text = file.read_text()
    assert text.count(old) >= 1
    file.write_text(text.replace(old, new, 1))


def test_the_shipped_policy_scores_four_planned_criteria_with_68() -> None:
    score = load(MAPPINGS).scorer.score(
        {"budget": "Planned", "authority": "Recommender", "need": "Important", "timeline": "3-6 Months"}
    )
    assert (score.total, score.band.band) == (68, "Immediate Sales Contact")


def test_the_shipped_acceptance_ladder_is_36_48_72_and_96_hours() -> None:
    clock = load(MAPPINGS).sla.clocks["accept"]
    assert [(step.step, step.at.after(clock.time) // 3600) for step in clock.steps] == [
        ("warn", 36),
        ("remind", 48),
        ("escalate", 72),
        ("reassign", 96),
    ]


def test_the_value_none_of_a_picklist_stays_a_text() -> None:
    table = load(MAPPINGS).scoring.criteria["need"].rules[0].points
    assert isinstance(table, dict)
    assert list(table) == ["None", "Nice to Have", "Important", "Critical"]


def test_the_orgs_business_hours_are_filled_in_by_name() -> None:
    assert load(MAPPINGS, OrgHours({"default": OFFICE})).calendars["office"] == OFFICE


def test_business_hours_that_the_org_does_not_have_are_named_with_their_line() -> None:
    with pytest.raises(PolicyError) as refused:
        documents(MAPPINGS).policy(OrgHours({"Default Hours": OFFICE}))
    (problem,) = refused.value.problems
    lines = (MAPPINGS / "sla.yaml").read_text().splitlines()
    assert lines[problem.line - 1].startswith("  office:")
    assert "the org has no BusinessHours 'default'" in problem.message


def test_what_the_org_shows_to_be_wrong_can_be_said_with_file_and_line() -> None:
    read_documents = documents(MAPPINGS)
    problem = read_documents.problem("lead", ("fields", "country"), "the org has no field Country")
    lines = (MAPPINGS / "lead.yaml").read_text().splitlines()
    assert lines[problem.line - 1] == "  country: Country"
    assert problem.file == str(MAPPINGS / "lead.yaml")


def test_a_policys_hash_names_its_content_and_not_its_comments(mappings: Path) -> None:
    before = load(mappings).hash
    change(mappings, "scoring", "# P2", "# A comment that is new. P2")
    assert load(mappings).hash == before
    change(mappings, "scoring", "Planned: 17", "Planned: 16")
    assert load(mappings).hash != before


def test_a_directory_that_is_not_there_is_one_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(Config, match="there is no such directory"):
        documents(tmp_path / "nowhere")


def test_each_missing_file_is_named(tmp_path: Path) -> None:
    assert [line.split(":")[0] for line in refusal(tmp_path)] == [
        "compliance.yaml",
        "lead.yaml",
        "routing.yaml",
        "scoring.yaml",
        "sla.yaml",
    ]


def test_a_file_whose_name_is_misspelt_is_not_silently_left_out(mappings: Path) -> None:
    (mappings / "scoring.yaml").rename(mappings / "scorring.yml")
    assert refusal(mappings) == [
        "scoring.yaml: the file is missing; all five mapping files are needed",
        "scorring.yml: no mapping file has this name; did you mean `scoring.yaml`?",
    ]


@pytest.mark.parametrize("hidden", [".idea", "..2026_11_02", ".github"])
def test_what_is_hidden_beside_the_files_is_no_mapping_file(mappings: Path, hidden: str) -> None:
    copytree(MAPPINGS, mappings / hidden)
    (mappings / "._sla.yaml").write_bytes(b"\x00\x05")
    (mappings / ".lead.yaml.swp").write_bytes(b"\x00")
    assert documents(mappings).further == {}


def test_a_directory_in_the_place_of_a_file_cannot_be_read(mappings: Path) -> None:
    (mappings / "lead.yaml").unlink()
    (mappings / "lead.yaml").mkdir()
    assert any(line.startswith("lead.yaml: the file cannot be read") for line in refusal(mappings))


def test_a_mistake_in_the_shape_of_one_rule_does_not_hide_another_in_the_next(mappings: Path) -> None:
    change(mappings, "scoring", "field: budget", "feild: budget")
    change(mappings, "scoring", "field: need", "field: needs")
    messages = " ".join(refusal(mappings))
    assert "unknown key `feild`; did you mean `field`?" in messages
    assert "`needs` is no field of lead.yaml; did you mean `need`?" in messages


def test_two_mistakes_in_one_clock_are_both_told(mappings: Path) -> None:
    change(mappings, "sla", "at: 48 hours", "at: 10 hours")
    change(mappings, "sla", "at: 96 hours", "at: 11 hours")
    assert sum("put them in order" in line for line in refusal(mappings)) == 2


def test_a_band_above_all_reachable_scores_is_refused(mappings: Path) -> None:
    change(mappings, "scoring", "Approved: 25", "Approved: 10")
    documents(mappings)
    change(mappings, "scoring", "Planned: 17", "Planned: 9")
    assert any(
        "no lead can reach this band: all rules together give 85" in line for line in refusal(mappings)
    )


def test_a_band_that_gives_the_lead_to_somebody_may_tell_the_new_owner(mappings: Path) -> None:
    change(
        mappings,
        "scoring",
        "    nurture: true ",
        "    owner: Nurture Queue\n    post: [new_owner]\n    nurture: true ",
    )
    documents(mappings)


def test_an_unknown_key_in_a_longer_field_mapping_is_refused(mappings: Path) -> None:
    change(mappings, "lead", "country: Country", "country: {field: Country, defualt: Unknown}")
    assert any("unknown key `defualt`; did you mean `default`?" in line for line in refusal(mappings))


def test_a_value_of_no_known_type_is_told_what_it_can_be(mappings: Path) -> None:
    change(mappings, "lead", "country: Country", "country: {field: Country, values: {DE: [Germany]}}")
    assert any(
        "`DE` takes a text or a number or true or false, not a list" in line for line in refusal(mappings)
    )


def test_points_that_are_neither_a_table_nor_a_number_are_told_so(mappings: Path) -> None:
    change(
        mappings, "scoring", "points: {No Budget: 0, Exploring: 8, Planned: 17, Approved: 25}", "points: high"
    )
    assert any(
        "`points` takes a table of values or a number, not 'high'" in line for line in refusal(mappings)
    )


def test_a_reserved_calendar_name_is_refused(mappings: Path) -> None:
    change(mappings, "sla", "  office:", "  always: {business_hours: default}\n  office:")
    assert any("`always` means 24x7" in line for line in refusal(mappings))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\na: 2\n", 2, "`a` stands here a second time (first in line 1); keep one"),
        ("a:\n\tb: 1\n", 2, "a tab; YAML is indented with spaces only"),
        ("a: 1\n---\nb: 2\n", 2, "a second document begins here"),
        ("%YAML 1.1\n---\na: yes\n", 2, "a line that begins with `%` changes how YAML is read; delete it"),
        ("a: !env HOME\n", 1, "`!env` is a YAML tag"),
        ("a: &x 1\n", 1, "`&x` names a part to repeat it"),
        ("a: *x\n", 1, "`*x` repeats what stands elsewhere; write it out"),
        ("a: .inf\n", 1, "`.inf` is no number to reckon with"),
        ("a: 2026-02-30\n", 1, "`2026-02-30` is no day, time or number that exists"),
        ("? [a]\n: 1\n", 1, "a key is a text"),
        ("a: 'b\nc: d\n", 1, "the quote that opens here is not closed"),
        ("a: [1, 2\nb: 3\n", 1, "that opens here is not closed"),
        ("a: b: c\n", 1, "a second `: `"),
        ("a: \x00\n", 1, "a character that no text file holds"),
        ("a: " + "[" * 40 + "]" * 40 + "\n", 1, "more than 30 levels deep"),
        ("- a\n", 1, "a mapping file holds keys with values"),
        ("# nothing\n", 0, "the file is empty"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    found = read("x.yaml", text.encode()).problems
    assert [(problem.line, problem.message[: len(message)]) for problem in found][:1] == [
        (line, message)
    ] or any(problem.line == line and message in problem.message for problem in found)


def test_a_bomb_of_aliases_is_never_unfolded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{n}: &{n} [*{p}, *{p}]\n" for p, n in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    found = read("x.yaml", bomb.encode())
    assert len(found.problems) == 31
    assert found.data["k"] == [None, None]


def test_a_file_too_large_to_be_a_mapping_is_not_parsed() -> None:
    assert "larger than 1 MB" in read("x.yaml", b"a: 1\n" + b"#" * 1_000_000).problems[0].message


def test_what_yaml_once_took_for_something_else_stays_a_text() -> None:
    data = read(
        "x.yaml", b"{a: No, b: yes, c: None, d: 09:30, e: off, f: 1_a, day: 2026-01-01, g: true}"
    ).data
    assert data == {
        "a": "No",
        "b": "yes",
        "c": "None",
        "d": "09:30",
        "e": "off",
        "f": "1_a",
        "day": date(2026, 1, 1),
        "g": True,
    }


def test_a_file_may_begin_with_a_byte_order_mark() -> None:
    assert read("x.yaml", b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


def test_the_line_of_anything_that_is_not_there_is_that_of_what_is_around_it() -> None:
    source = read("x.yaml", b"a:\n  b:\n    - c\n    - {d: 1,\n       e: 2}\n")
    assert [
        source.line(at) for at in (("a",), ("a", "b"), ("a", "b", 0), ("a", "b", 1, "e"), ("a", "z", 5))
    ] == [
        1,
        2,
        3,
        5,
        1,
    ]


def test_a_policy_is_made_without_an_org_to_check_the_files_alone() -> None:
    assert isinstance(documents(MAPPINGS).policy(), Policy)


def test_the_education_example_loads() -> None:
    assert load(EDUCATION).scoring.policy
