"""From a Lead's fields to the values that policies speak of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sfsync.core.mapping import LeadDocument, LeadMapping
from sfsync.core.model import NOW, Mapped, Value

STAGES = {"open": ["Open - Not Contacted", "New"], "accepted": ["Accepted"], "rejected": ["Rejected"]}


def mapping(**fields: Any) -> LeadMapping:
    return LeadMapping(LeadDocument.model_validate({"stages": STAGES, "fields": fields}))


def value(field: Any, row: dict[str, Value]) -> Mapped:
    return mapping(it=field).apply(row)["it"]


def mistakes(document: dict[str, Any]) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as refused:
        LeadDocument.model_validate(document)
    return [(one["loc"], one["msg"]) for one in refused.value.errors()]


def test_the_short_form_takes_the_field_as_it_is() -> None:
    assert value("Title", {"Title": "CEO"}) == "CEO"
    assert value("SLA_Website_Visits__c", {"SLA_Website_Visits__c": 5.0}) == 5.0
    assert value("DoNotCall", {"DoNotCall": False}) is False


def test_a_field_that_the_row_does_not_have_is_blank() -> None:
    assert value("Title", {}) is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"A": "one", "B": "two"}, "one"),
        ({"A": None, "B": "two"}, "two"),
        ({"A": "", "B": "two"}, "two"),
        ({"A": "", "B": None}, "nobody"),
        ({"A": 0.0, "B": "two"}, 0.0),
        ({"A": False, "B": "two"}, False),
    ],
)
def test_of_several_fields_the_first_that_is_not_blank_counts(row: dict[str, Value], expected: Value) -> None:
    assert value({"first_of": ["A", "B"], "default": "nobody"}, row) == expected


def test_a_picklist_map_translates_without_regard_to_case() -> None:
    field = {
        "field": "Country",
        "values": {"Deutschland": "Germany", "DE ": "Germany", "yes": True, "three": 3},
    }
    assert value(field, {"Country": "deutschland"}) == "Germany"
    assert value(field, {"Country": " de"}) == "Germany"
    assert value(field, {"Country": "France"}) == "France"
    assert value(field, {"Country": "Yes"}) is True
    assert value(field, {"Country": "three"}) == 3


def test_a_value_translated_to_nothing_takes_the_default() -> None:
    field = {"field": "Rating", "values": {"Select": ""}, "default": "Unknown"}
    assert value(field, {"Rating": "Select"}) == "Unknown"


def test_a_pattern_takes_its_first_group_or_what_it_matches() -> None:
    assert value({"field": "Title", "pattern": r"(\w+) of"}, {"Title": "Head of Sales"}) == "Head"
    assert value({"field": "Title", "pattern": r"\d+"}, {"Title": "Floor 12"}) == "12"
    assert value({"field": "Title", "pattern": r"\d+", "default": "0"}, {"Title": "Head"}) == "0"
    assert value({"field": "Title", "pattern": r"(\d+)?x"}, {"Title": "x"}) is None
    assert (
        value({"field": "Title", "pattern": r"^\d+", "values": {"12": "twelve"}}, {"Title": 12.5}) == "twelve"
    )


@pytest.mark.parametrize(
    ("type_", "raw", "expected"),
    [
        ("number", "1,200 employees", 1200),
        ("number", 5.0, 5.0),
        ("number", "many", None),
        ("date", "2 Nov 2026", datetime(2026, 11, 2, tzinfo=UTC)),
        ("date", "11/02/2026", None),
        ("boolean", "Yes", True),
        ("boolean", False, False),
        ("text", 12.0, "12"),
    ],
)
def test_a_value_is_read_as_its_type_and_blank_where_it_cannot_be(
    type_: str, raw: Value, expected: Mapped
) -> None:
    assert value({"field": "A", "type": type_}, {"A": raw}) == expected


def test_a_default_has_the_fields_type_too() -> None:
    day = value({"field": "A", "type": "date", "default": "2026-01-31"}, {})
    assert day == datetime(2026, 1, 31, tzinfo=UTC)
    assert value({"field": "A", "type": "number", "default": 0}, {"A": "many"}) == 0


SIZES = [
    {"less_than": 50, "value": "Small"},
    {"at_least": 50, "less_than": 250, "value": "Medium"},
    {"at_least": 1000, "value": "Large"},
]


@pytest.mark.parametrize(
    ("raw", "size"),
    [
        (49.0, "Small"),
        (50.0, "Medium"),
        ("250", "?"),
        ("51-200 people", "Medium"),
        (1000, "Large"),
        (True, "?"),
    ],
)
def test_ranges_give_numbers_a_name(raw: Value, size: str) -> None:
    assert value({"field": "A", "ranges": SIZES, "default": "?"}, {"A": raw}) == size


def test_a_path_over_relationships_is_a_field_like_any_other() -> None:
    assert value("Owner.Name", {"Owner.Name": "Anna"}) == "Anna"
    assert mapping(a={"first_of": ["Partner__r.Region__c", "Country"]}).sources == (
        "Country",
        "Partner__r.Region__c",
    )


def test_a_record_type_has_fields_of_its_own() -> None:
    document = {
        "stages": STAGES,
        "fields": {"budget": "Budget__c", "title": "Title"},
        "record_types": {"Partner": {"fields": {"budget": "Partner_Budget__c"}}},
    }
    made = LeadMapping(LeadDocument.model_validate(document))
    assert made.sources == ("Budget__c", "Partner_Budget__c", "RecordType.DeveloperName", "Title")
    row: dict[str, Value] = {"Budget__c": "1", "Partner_Budget__c": "2", "Title": "CEO"}
    assert made.apply(row) == {"budget": "1", "title": "CEO"}
    assert made.apply({**row, "RecordType.DeveloperName": "Retail"})["budget"] == "1"
    assert made.apply({**row, "RecordType.DeveloperName": "Partner"}) == {"budget": "2", "title": "CEO"}


def test_the_time_of_the_decision_is_one_of_the_values_and_no_field_takes_its_name() -> None:
    now = datetime(2026, 11, 2, tzinfo=UTC)
    assert mapping(a="Title").apply({}, now) == {"a": None, NOW: now}
    ((where, said),) = mistakes({"stages": STAGES, "fields": {"now": "Title"}})
    assert where == ("fields", "now")
    assert "is the time of the decision" in said


def test_a_record_type_changes_no_field_that_there_is_not() -> None:
    document = {"stages": STAGES, "fields": {}, "record_types": {"X": {"fields": {"budget": "B"}}}}
    ((where, said),) = mistakes(document)
    assert where == ("record_types", "X", "fields", "budget")
    assert "is none of the `fields` above" in said


def test_every_field_to_be_read_from_salesforce_is_known() -> None:
    made = mapping(a="Title", b={"first_of": ["CountryCode", "Country"]}, c="Title")
    assert made.sources == ("Country", "CountryCode", "Title")


def test_a_status_means_its_stage_and_any_other_means_none() -> None:
    made = mapping()
    assert made.stage("New") == "open"
    assert made.stage("Accepted") == "accepted"
    assert made.stage("Something Else") == "other"


def test_a_stage_is_entered_by_its_first_status() -> None:
    made = mapping()
    assert made.status_for("open") == "Open - Not Contacted"
    assert made.status_for("nurture") is None
    assert made.statuses("open", "rejected") == ("Open - Not Contacted", "New", "Rejected")


@pytest.mark.parametrize(
    ("stages", "at", "message"),
    [
        ({"accepted": ["A"]}, ("stages",), "no status means the stage `open`"),
        ({"open": []}, ("stages", "open"), "stage `open` names no status"),
        (
            {"open": ["A"], "working": ["B", "A"]},
            ("stages", "working", 1),
            "status 'A' stands for `open` and for",
        ),
        ({"open": ["A", "A"]}, ("stages", "open", 1), "status 'A' stands for `open` and for `open`"),
    ],
)
def test_ambiguous_stages_are_refused_at_their_place(
    stages: dict[str, list[str]], at: tuple[int | str, ...], message: str
) -> None:
    ((where, said),) = mistakes({"stages": stages, "fields": {}})
    assert where == at
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("field", "at", "message"),
    [
        ("Lead Source", ("field",), "'Lead Source' is not an API name"),
        ("Title\n", ("field",), "is not an API name"),
        ({"first_of": ["A", "B C", "1D"]}, ("first_of", 1), "'B C' is not an API name"),
        ({"field": "A", "first_of": ["B"]}, (), "give either `field` or `first_of`"),
        (
            {"field": "A", "type": "number", "default": "x"},
            ("default",),
            "'x' is not a number, as `type: number` says",
        ),
        (
            {"field": "A", "type": "date", "values": {"x": "y"}},
            ("values", "x"),
            "`x` becomes 'y', which is not a day",
        ),
        ({"field": "A", "type": "text", "ranges": SIZES}, (), "`ranges` are of numbers"),
        ({"field": "A", "ranges": [{"value": "x"}]}, ("ranges", 0), "say where the range begins or ends"),
        (
            {"field": "A", "ranges": [{"less_than": 5, "value": "x"}, {"at_least": 4, "value": "y"}]},
            ("ranges", 1, "at_least"),
            "this range begins at 4, before the one above ends (5)",
        ),
        (
            {"field": "A", "ranges": [{"at_least": 5, "value": "x"}, {"at_least": 9, "value": "y"}]},
            ("ranges", 0),
            "only the last range goes without `less_than`",
        ),
        (
            {"field": "A", "ranges": [{"at_least": 5, "less_than": 5, "value": "x"}]},
            ("ranges", 0, "less_than"),
            "no number is at least 5 and less than 5",
        ),
        ("Owner..Name", ("field",), "is not an API name"),
        ({"default": 3}, (), "give either `field` or `first_of`"),
        ({"field": "A", "pattern": "("}, ("pattern",), "'(' is not a regular expression"),
        ({"field": "A", "pattern": "a{2000}"}, ("pattern",), "is not a regular expression"),
        ({"field": "A", "values": {"de": "x", "DE": "y"}}, ("values", "DE"), "`DE` and `de` are one value"),
    ],
)
def test_a_field_that_cannot_be_mapped_is_refused_at_its_place(
    field: Any, at: tuple[int | str, ...], message: str
) -> None:
    where, said = mistakes({"stages": STAGES, "fields": {"it": field}})[0]
    assert where == ("fields", "it", *at)
    assert message in said


@given(
    st.dictionaries(
        st.sampled_from(["Title", "Country", "Visits"]),
        st.one_of(st.none(), st.booleans(), st.floats(), st.text()),
    )
)
def test_no_row_makes_the_mapping_fail(row: dict[str, Value]) -> None:
    made = mapping(
        title={"field": "Title", "pattern": r"(\w)\w*", "values": {"a": 1}},
        place={"first_of": ["Country", "Title"], "default": "nowhere"},
        visits="Visits",
    )
    values = made.apply(row)
    assert set(values) == {"title", "place", "visits"}
    assert values["place"] not in (None, "")
