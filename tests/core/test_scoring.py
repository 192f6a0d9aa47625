"""The score (requirement P2): four criteria, each within its range, with reasons in a rep's words."""

from __future__ import annotations

from typing import Any

import pytest

from sfsync.core.documents import ScoringDocument
from sfsync.core.model import Value
from sfsync.core.scoring import Score, Scorer
from tests.core.builders import SHIPPED

NOTHING = "Budget 0/25: nothing known"


def scored(**values: Value) -> Score:
    return SHIPPED.scorer.score(values)


@pytest.mark.parametrize(
    ("values", "total", "band"),
    [
        ({}, 0, "Nurture"),
        ({"budget": "Approved", "timeline": "Over 12 Months"}, 30, "Scheduled Follow-Up"),
        ({"budget": "Approved", "need": "Nice to Have"}, 33, "Scheduled Follow-Up"),
        (dict.fromkeys(("budget", "authority"), "?"), 0, "Nurture"),
        ({"budget": "Approved", "authority": "Decision Maker", "need": "None", "timeline": "6-12 Months"}, 60,
         "Immediate Sales Contact"),
        ({"budget": "Approved", "authority": "Decision Maker", "need": "Critical",
          "timeline": "Under 3 Months"}, 100, "Immediate Executive Contact"),
    ],
)  # fmt: skip
def test_points_add_up_to_a_score_and_its_band(values: dict[str, Value], total: int, band: str) -> None:
    score = scored(**values)
    assert (score.total, score.band.band) == (total, band)


@pytest.mark.parametrize("written", ["planned", " Planned ", "PLANNED"])
def test_case_and_space_around_a_value_make_no_difference_to_the_reason_or_the_points(written: str) -> None:
    assert scored(budget=written).reasons.splitlines()[0] == "Budget 17/25: Planned"


@pytest.mark.parametrize("unknown", [None, "", "Plenty", 5.0, True])
def test_a_blank_or_unknown_value_gives_no_points_and_is_said_to_be_unknown(unknown: Value) -> None:
    score = scored(budget=unknown)
    assert score.total == 0
    assert score.reasons.splitlines()[0] == NOTHING


def scorer(*rules: dict[str, Any]) -> Scorer:
    """One criterion of 60 points by these rules, and one of 40 that never gets any."""
    nothing = {"label": "Other", "most": 40, "rules": [{"field": "other", "points": {"x": 0}}]}
    return Scorer(
        ScoringDocument.model_validate(
            {
                "policy": "test",
                "version": "1",
                "criteria": {
                    "interest": {"label": "Interest", "most": 60, "rules": list(rules)},
                    "other": nothing,
                },
                "bands": [
                    {"band": "Cold", "lowest": 0, "highest": 49},
                    {"band": "Warm", "lowest": 50, "highest": 100},
                ],
            }
        )
    )


VISITS = {"points": 40, "when": {"visits": {"at_least": 5}}, "reason": "came back"}
SOURCE = {"field": "source", "points": {"Referral": 30, "Bought": -50}, "reason": "where from"}


def test_a_criterion_takes_the_points_of_every_rule_that_holds_and_never_leaves_its_range() -> None:
    both = scorer(VISITS, SOURCE)
    assert both.score({"visits": 5.0, "source": "Referral"}).criteria["interest"] == 60
    assert both.score({"visits": 5.0, "source": "Bought"}).criteria["interest"] == 0
    assert both.score({"visits": 4.0, "source": "Referral"}).criteria["interest"] == 30
    reasons = both.score({"visits": 5.0, "source": "Referral"}).reasons
    assert reasons.splitlines()[0] == "Interest 60/60: came back, where from"


def test_points_below_zero_never_take_from_another_criterion() -> None:
    assert scorer(SOURCE).score({"source": "Bought"}).total == 0


def test_half_a_point_is_rounded_up_and_decides_the_band() -> None:
    half = {"field": "grade", "points": {"a": 49.5, "b": 49.4}}
    assert (scorer(half).score({"grade": "a"}).total, scorer(half).score({"grade": "a"}).band.band) == (
        50,
        "Warm",
    )
    assert scorer(half).score({"grade": "b"}).band.band == "Cold"


@pytest.mark.parametrize(("value", "points"), [(True, 10), (False, 1), (3.0, 7), (3, 7), (2.5, 8), ("3", 7)])
def test_a_table_finds_numbers_and_checkboxes_by_how_they_are_written(value: Value, points: int) -> None:
    table = {"field": "value", "points": {"true": 10, "false": 1, "3": 7, "2.5": 8}}
    assert scorer(table).score({"value": value}).total == points


def test_every_score_has_the_band_of_the_document() -> None:
    for points in range(61):
        score = scorer({"field": "n", "points": {"x": points}}).score({"n": "x"})
        assert score.band.lowest <= score.total <= score.band.highest
