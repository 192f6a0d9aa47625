"""Conditions as data: what holds for which lead, and what an admin is told about a wrong one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sfsync.core.conditions import Condition
from sfsync.core.model import NOW, Mapped, Value

LEAD: dict[str, Value] = {
    "country": "Germany",
    "title": "Head of Sales",
    "visits": 5.0,
    "pages": 0.0,
    "no_email": True,
    "no_calls": False,
    "city": None,
    "state": "",
}


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ({"country": "Germany"}, True),
        ({"country": "GERMANY"}, True),
        ({"country": "France"}, False),
        ({"country": {"is_not": "France"}}, True),
        ({"country": ["France", "germany"]}, True),
        ({"country": {"not_in": ["France", "Spain"]}}, True),
        ({"country": {"not_in": ["France", "Germany"]}}, False),
        ({"title": {"contains": "SALES"}}, True),
        ({"title": {"starts_with": "head"}}, True),
        ({"title": {"starts_with": "sales"}}, False),
        ({"title": {"matches": r"\bhead\b.*sales$"}}, True),
        ({"title": {"matches": "^sales"}}, False),
        ({"visits": 5}, True),
        ({"visits": {"at_least": 5}}, True),
        ({"visits": {"more_than": 5}}, False),
        ({"visits": {"at_most": 5}}, True),
        ({"visits": {"less_than": 5}}, False),
        ({"visits": {"at_least": 3, "less_than": 6}}, True),
        ({"visits": {"at_least": 3, "less_than": 5}}, False),
        ({"no_email": True}, True),
        ({"no_email": False}, False),
        ({"no_calls": False}, True),
        ({"country": "Germany", "visits": 4}, False),
        ({"all": [{"country": "Germany"}, {"visits": 5}]}, True),
        ({"any": [{"country": "France"}, {"visits": 5}]}, True),
        ({"any": [{"country": "France"}, {"visits": 4}]}, False),
        ({"not": {"country": "France"}}, True),
        ({"not": {"country": "Germany", "visits": 4}}, True),
        ({"any": [{"all": [{"not": {"visits": 5}}]}, {"country": ["Germany"], "not": {"visits": 9}}]}, True),
    ],
)
def test_a_condition_holds_for_a_lead_as_it_reads(source: Any, holds: bool) -> None:
    assert Condition(source).holds(LEAD) is holds


@pytest.mark.parametrize("name", ["city", "state", "never_mapped"])
@pytest.mark.parametrize(
    "compared",
    [
        "x",
        ["x", "y"],
        {"is_not": "x"},
        {"not_in": ["x"]},
        {"contains": "x"},
        {"starts_with": "x"},
        {"matches": "x"},
        {"at_least": 0},
        {"at_most": 0},
        {"more_than": -1},
        {"less_than": 1},
        {"blank": False},
    ],
)
def test_no_comparison_holds_for_a_blank_field(name: str, compared: Any) -> None:
    assert Condition({name: compared}).holds(LEAD) is False


@pytest.mark.parametrize("name", ["city", "state", "never_mapped"])
def test_blank_holds_for_nothing_and_for_the_empty_text(name: str) -> None:
    assert Condition({name: {"blank": True}}).holds(LEAD)
    assert not Condition({"country": {"blank": True}}).holds(LEAD)
    assert Condition({"pages": {"blank": False}}).holds(LEAD)


@pytest.mark.parametrize(
    "source", [{"no_email": 1}, {"visits": True}, {"no_email": {"at_least": 0}}, {"pages": False}]
)
def test_true_and_one_are_two_things(source: Any) -> None:
    assert Condition(source).holds(LEAD) is False
    assert Condition({"pages": [False, 7]}).holds(LEAD) is False
    assert Condition({"no_email": [True, 7]}).holds(LEAD) is True


VISIT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(now: datetime, **values: Mapped) -> dict[str, Mapped]:
    return {"visit": VISIT, **values, NOW: now}


@pytest.mark.parametrize(
    ("after", "older"), [(timedelta(days=14) - SECOND, False), (timedelta(days=14), True), (-SECOND, False)]
)
def test_a_day_is_older_than_a_length_of_time_from_the_second_it_has_passed(
    after: timedelta, older: bool
) -> None:
    assert Condition({"visit": {"older_than": "14 days"}}).holds(at(VISIT + after)) is older
    assert Condition({"visit": {"newer_than": "14 days"}}).holds(at(VISIT + after)) is not older


def test_a_blank_day_is_neither_old_nor_new_nor_before_nor_after() -> None:
    for compared in ({"older_than": "1 day"}, {"newer_than": "1 day"}, {"before": date(2030, 1, 1)}):
        assert not Condition({"visit": compared}).holds(at(VISIT, visit=None))
        assert not Condition({"visit": compared}).holds(at(VISIT, visit="2026-11-02"))
    assert not Condition({"visit": {"older_than": "1 minute"}}).holds({"visit": VISIT})


@pytest.mark.parametrize(
    ("compared", "holds"),
    [
        ({"before": date(2026, 11, 3)}, True),
        ({"before": date(2026, 11, 2)}, False),
        ({"after": date(2026, 11, 1)}, True),
        ({"after": date(2026, 11, 2)}, False),
        ({"after": date(2026, 11, 1), "before": date(2026, 11, 3), "older_than": "1 hour"}, True),
        ({"after": date(2026, 11, 1), "older_than": "2 hours"}, False),
    ],
)
def test_a_day_is_before_or_after_another(compared: Any, holds: bool) -> None:
    assert Condition({"visit": compared}).holds(at(VISIT + timedelta(hours=1))) is holds


def test_the_ages_at_which_a_condition_changes_are_known() -> None:
    source = {"any": [{"visit": {"older_than": "1 hour"}}, {"not": {"call": {"newer_than": "2 days"}}}]}
    assert Condition(source).ages == (("visit", timedelta(hours=1)), ("call", timedelta(days=2)))


def test_the_fields_that_a_condition_reads_are_known() -> None:
    source = {"any": [{"country": "US"}, {"not": {"visits": {"at_least": 1}}}], "title": "x"}
    assert Condition(source).names == {"country", "visits", "title"}


def test_conditions_written_alike_are_one() -> None:
    assert Condition({"country": "US"}) == Condition({"country": "US"})
    assert hash(Condition({"country": "US"})) == hash(Condition({"country": "US"}))
    assert Condition({"country": "US"}) != Condition({"country": "us"})


def mistakes(source: Any) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as refused:
        Condition(source)
    return [(one["loc"], one["msg"]) for one in refused.value.errors()]


@pytest.mark.parametrize(
    ("source", "at", "message"),
    [
        ("country = US", (), "write `field: value`"),
        ({}, (), "write `field: value`"),
        ([{"country": "US"}], (), "write `field: value`"),
        ({"any": {"country": "US"}}, ("any",), "`any` takes a list of conditions"),
        ({"all": []}, ("all",), "`all` takes a list of conditions"),
        ({"any": [{"country": "US"}, "x"]}, ("any", 1), "write `field: value`"),
        ({"not": "x"}, ("not",), "write `field: value`"),
        (
            {"visits": {"atleast": 5}},
            ("visits", "atleast"),
            "`atleast` is no comparison; did you mean `at_least`?",
        ),
        ({"visits": {"~": 5}}, ("visits", "~"), "`~` is no comparison; there are is, is_not, in"),
        ({"visits": {}}, ("visits",), "`visits` is compared with nothing"),
        ({"visits": {"at_least": "5"}}, ("visits", "at_least"), "`at_least` takes a number, not '5'"),
        ({"visits": {"at_least": True}}, ("visits", "at_least"), "`at_least` takes a number"),
        ({"visits": ">= 5"}, ("visits",), "write `at_least: 5`"),
        ({"visit": {"older_than": "14"}}, ("visit", "older_than"), "write a length of time like"),
        ({"visit": {"before": "2026"}}, ("visit", "before"), "`before` takes a day such as 2026-01-31"),
        (
            {"visit": {"oldr_than": "1 day"}},
            ("visit", "oldr_than"),
            "`oldr_than` is no comparison; did you mean `older_than`?",
        ),
        ({"visits": {"is_not": "<3"}}, ("visits", "is_not"), "write `less_than: 3`"),
        ({"country": []}, ("country",), "`in` takes a list with at least one value"),
        ({"country": [["US"]]}, ("country",), "compare with a text, a number or true/false"),
        ({"country": ""}, ("country",), "an empty text is compared with `blank: true`"),
        ({"country": None}, ("country",), "compare with a text, a number or true/false"),
        ({"title": {"contains": 5}}, ("title", "contains"), "`contains` takes a text"),
        ({"title": {"matches": "("}}, ("title", "matches"), "`matches` takes a regular expression"),
        (
            {"title": {"matches": "a{2000}"}},
            ("title", "matches"),
            "`matches` takes a regular expression",
        ),
        ({"title": {"blank": "yes"}}, ("title", "blank"), "`blank` takes true or false"),
    ],
)
def test_a_wrong_condition_is_told_where_and_what_to_write(
    source: Any, at: tuple[int | str, ...], message: str
) -> None:
    ((where, said),) = mistakes(source)
    assert where == at
    assert said.startswith(message)


def test_every_mistake_in_a_condition_is_told_at_once() -> None:
    source = {"any": [{"visits": {"atleast": 5}}, {"title": {"matches": "("}}], "not": {}, "country": []}
    assert [where for where, _ in mistakes(source)] == [
        ("any", 0, "visits", "atleast"),
        ("any", 1, "title", "matches"),
        ("not",),
        ("country",),
    ]


_values = st.one_of(st.none(), st.booleans(), st.text(max_size=3), st.floats(allow_nan=False))
_names = st.sampled_from(["country", "visits", "title"])
_written = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from(["a", "B", "x y"]))
_simple: st.SearchStrategy[Any] = st.dictionaries(
    _names,
    st.one_of(
        _written,
        st.lists(_written, min_size=1, max_size=3),
        st.dictionaries(st.sampled_from(["at_least", "less_than"]), st.integers(-3, 3), min_size=1),
        st.fixed_dictionaries({"blank": st.booleans()}),
    ),
    min_size=1,
)
_conditions = st.recursive(
    _simple,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=6,
)


@given(_conditions, st.dictionaries(_names, _values))
def test_not_turns_every_condition_round_and_none_ever_fails(source: Any, values: dict[str, Value]) -> None:
    holds = Condition(source).holds(values)
    assert holds in (True, False)
    assert Condition({"not": source}).holds(values) is not holds
    assert Condition({"all": [source]}).holds(values) is holds
    assert Condition({"any": [source]}).holds(values) is holds
