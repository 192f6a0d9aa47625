"""What is said to be unreachable is; and the plain cases of it are found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsync.core.conditions import Condition
from sfsync.core.model import NOW, Mapped
from sfsync.mappings.reach import is_covered, never_holds


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ({"n": {"more_than": 5, "less_than": 3}}, "n"),
        ({"n": {"more_than": 5, "at_most": 5}}, "n"),
        ({"n": {"at_least": 5, "at_most": 5}}, None),
        ({"n": {"in": [1, 2], "at_least": 3}}, "n"),
        ({"n": {"in": [1, 3], "at_least": 3}}, None),
        ({"t": {"is": "US", "is_not": "us"}}, "t"),
        ({"t": {"blank": True, "contains": "a"}}, "t"),
        ({"t": {"in": ["US", "CA"], "not_in": ["us", "ca", "MX"]}}, "t"),
        ({"all": [{"t": "US"}, {"t": "DE"}]}, "t"),
        ({"t": "US", "all": [{"n": 3}, {"t": ["DE", "us"]}]}, None),
        ({"any": [{"n": {"more_than": 5, "less_than": 3}}, {"t": "US"}]}, None),
        ({"any": [{"n": {"more_than": 5, "less_than": 3}}, {"n": {"blank": True, "is": 1}}]}, "n"),
        ({"d": {"before": date(2026, 1, 5), "after": date(2026, 1, 4)}}, "d"),
        ({"d": {"before": date(2026, 1, 6), "after": date(2026, 1, 4)}}, None),
        ({"d": {"older_than": "2 days", "newer_than": "1 day"}}, "d"),
        ({"d": {"older_than": "1 day", "newer_than": "2 days"}}, None),
        ({"t": {"contains": "a", "matches": "b"}}, None),
        ({"not": {"t": "US"}, "t": "us"}, "t"),
        ({"not": {"t": "US"}, "t": ["us", "CA"]}, None),
        ({"all": [{"not": {"t": ["US", "CA"]}}, {"t": {"in": ["CA", "us"]}}]}, "t"),
        ({"not": {"t": {"not_in": ["US"]}}, "t": "CA"}, "t"),
        ({"not": {"t": {"blank": True}}, "t": {"blank": True}}, "t"),
        ({"not": {"t": {"blank": False}}, "t": {"blank": True}}, None),
        ({"not": {"t": {"contains": "US"}}, "t": "US"}, None),
        ({"not": {"t": "US", "n": 3}, "t": "US"}, None),
        ({"interactions": {"less_than": 0}}, "interactions"),
        ({"interactions": {"at_most": 0}}, None),
        ({"answers": {"is": -1}}, "answers"),
        ({}, None),
        ("US", None),
        ({"n": {"at_least": "many"}}, None),
    ],
)
def test_a_condition_that_asks_for_the_impossible_is_found(condition: object, field: str | None) -> None:
    assert never_holds(condition) == field


@pytest.mark.parametrize(
    ("before", "condition", "by"),
    [
        ([{"t": ["US", "CA"]}], {"t": "ca"}, 0),
        ([{"t": "US"}], {"t": ["US", "CA"]}, None),
        ([{"t": "US"}, {"t": "CA"}], {"t": ["US", "CA"]}, 1),
        ([{"t": "US"}], {"t": "US", "n": 3}, 0),
        ([{"t": "US", "n": 3}], {"t": "US"}, None),
        ([{"t": {"blank": False}}], {"t": {"contains": "x"}}, 0),
        ([{"t": {"contains": "x"}}], {"t": {"contains": "X"}, "n": 1}, 0),
        ([{"t": {"contains": "x"}}], {"t": {"contains": "xy"}}, None),
        ([{"t": {"is_not": "US"}}], {"t": ["DE", "FR"]}, 0),
        ([{"n": {"at_least": 10}}], {"n": {"more_than": 10}}, 0),
        ([{"n": {"more_than": 10}}], {"n": {"at_least": 10}}, None),
        ([{"n": {"less_than": 50}}, {"n": {"at_least": 50}}], {"n": {"at_least": 20, "less_than": 80}}, 1),
        (
            [{"n": {"less_than": 50}}, {"n": {"more_than": 50}}],
            {"n": {"at_least": 20, "less_than": 80}},
            None,
        ),
        ([{"n": {"less_than": 50}}, {"n": {"at_least": 50}}], {"t": "US"}, None),
        ([{"any": [{"t": "US"}, {"n": 3}]}], {"n": 3, "t": "DE"}, 0),
        ([{"not": {"t": "US"}}], {"not": {"t": "US"}, "n": 2}, 0),
        ([{"not": {"t": "US"}}], {"t": ["CA", "MX"]}, 0),
        ([{"not": {"t": "US"}}, {"t": "US"}], {"t": {"blank": False}}, None),
        ([{"any": [{"t": "US"}, {"not": {"t": "US"}}]}], {"t": ["CA", "US"]}, 0),
        ([{"d": {"newer_than": "7 days"}}], {"d": {"newer_than": "3 days"}}, 0),
        ([{"n": {"more_than": 5, "less_than": 3}}], {"n": {"blank": True}}, None),
    ],
)
def test_a_rule_is_covered_by_those_before_it(
    before: list[object], condition: object, by: int | None
) -> None:
    assert is_covered(condition, before) == by


TODAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
SAMPLES: dict[str, list[Mapped]] = {
    "n": [None, 1, 2, 2.5, 3, 4, True],
    "t": [None, "a", "B", "ab", "3"],
    "d": [None, TODAY, TODAY - timedelta(days=1), TODAY - timedelta(days=2), TODAY + timedelta(days=1)],
}
LEADS: list[dict[str, Mapped]] = [
    {**dict(zip(SAMPLES, values, strict=True)), NOW: TODAY} for values in product(*SAMPLES.values())
]
numbers = st.sampled_from([1, 2, 3])
texts = st.sampled_from(["A", "b", "ab", "3"])
days = st.sampled_from([date(2026, 1, day) for day in (3, 4, 5, 6)])
lengths = st.sampled_from(["12 hours", "1 day", "2 days"])


def some(keys: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys).filter(bool)


anything = {"blank": st.booleans()}
named = st.one_of(texts, numbers, st.booleans())
comparisons = {
    "n": some(
        anything | dict.fromkeys(("at_least", "more_than", "at_most", "less_than"), numbers) | {"is": named}
    ),
    "t": st.one_of(
        texts, some(anything | {"in": st.lists(named, min_size=1), "is_not": texts, "contains": texts})
    ),
    "d": some(anything | {"before": days, "after": days, "older_than": lengths, "newer_than": lengths}),
}
conditions = st.recursive(
    some(comparisons),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"not": inner}, optional={"n": numbers}),
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(conditions, st.lists(conditions, max_size=3))
def test_nothing_is_called_unreachable_that_some_lead_gets_to(
    condition: dict[str, Any], before: list[dict[str, Any]]
) -> None:
    holds, earlier = Condition(condition).holds, [Condition(one).holds for one in before]
    reached = [lead for lead in LEADS if holds(lead)]
    if never_holds(condition) is not None:
        assert not reached
    by = is_covered(condition, before)
    if by is not None:
        assert all(any(one(lead) for one in earlier[: by + 1]) for lead in reached)
