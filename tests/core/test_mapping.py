"""From a Lead's fields to the values that policies speak of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sfsync.core.mapping import LeadDocument, LeadMapping
from sfsync.core.model import Value

STAGES = {"open": ["Open - Not Contacted", "New"], "accepted": ["Accepted"], "rejected": ["Rejected"]}


def mapping(**fields: Any) -> LeadMapping:
    return LeadMapping(LeadDocument.model_validate({"stages": STAGES, "fields": fields}))


def value(field: Any, row: dict[str, Value]) -> Value:
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
        ({"default": 3}, (), "give either `field` or `first_of`"),
        ({"field": "A", "pattern": "("}, ("pattern",), "'(' is not a regular expression"),
        ({"field": "A", "pattern": "a{99999999999}"}, ("pattern",), "is not a regular expression"),
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
    assert list(values) == ["title", "place", "visits"]
    assert values["place"] not in (None, "")
