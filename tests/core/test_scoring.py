"""The score (requirement P2): four criteria, each within its range, with reasons in a rep's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sfsync.core.documents import ScoringDocument
from sfsync.core.model import NOW, Mapped, Value
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


def scorer_document(*rules: dict[str, Any]) -> dict[str, Any]:
    """One criterion of 60 points by these rules, and one of 40 that never gets any."""
    nothing = {"label": "Other", "most": 40, "rules": [{"field": "other", "points": {"x": 0}}]}
    return {
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


def scorer(*rules: dict[str, Any]) -> Scorer:
    return Scorer(ScoringDocument.model_validate(scorer_document(*rules)))


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


SIZE = {
    "field": "size",
    "ranges": [
        {"less_than": 50, "points": 0, "reason": "small"},
        {"at_least": 50, "less_than": 250, "points": 20},
        {"at_least": 250, "points": 40, "reason": "large company"},
    ],
}


@pytest.mark.parametrize(
    ("size", "line"),
    [
        (49, "0/60: small"),
        (50.0, "20/60: 50"),
        (249.5, "20/60: 249.5"),
        (250, "40/60: large company"),
        (None, "0/60: nothing known"),
        ("250", "0/60: nothing known"),
        (True, "0/60: nothing known"),
    ],
)
def test_ranges_give_points_from_their_first_number_up_to_the_next_range(size: Value, line: str) -> None:
    assert scorer(SIZE).score({"size": size}).reasons.splitlines()[0] == f"Interest {line}"


VISIT = datetime(2026, 11, 2, 9, tzinfo=UTC)
FADING = {"points": 12, "since": "visit", "halves_every": "7 days", "reason": "visited the website"}
SECOND = timedelta(seconds=1)


def later(visit: Mapped = VISIT, **time: float) -> dict[str, Mapped]:
    return {"visit": visit, NOW: VISIT + timedelta(**time)}


@pytest.mark.parametrize(
    ("days", "line"),
    [
        (-1, "12/60: visited the website"),
        (6.9, "12/60: visited the website"),
        (7, "6/60: visited the website (6 of 12 after 7 days)"),
        (14, "3/60: visited the website (3 of 12 after 14 days)"),
        (28, "0.8/60: visited the website (0.8 of 12 after 28 days)"),
        (35, "0/60: nothing known"),
        (40000, "0/60: nothing known"),
    ],
)
def test_points_halve_with_the_age_of_what_gave_them_and_say_so(days: float, line: str) -> None:
    assert scorer(FADING).score(later(days=days)).reasons.splitlines()[0] == f"Interest {line}"


def test_without_a_day_there_is_nothing_to_fade_and_no_points() -> None:
    assert scorer(FADING).score(later(visit=None)).total == 0
    assert scorer(FADING).score(later(visit="yesterday")).total == 0


def test_a_table_fades_too() -> None:
    table = {"field": "page", "points": {"Pricing": 20}, "since": "visit", "halves_every": "1 day"}
    assert scorer(table).score({"page": "pricing", **later(days=1)}).total == 10


RECENT = {"points": 30, "when": {"visit": {"newer_than": "14 days"}}, "reason": "visited lately"}


def test_the_score_says_when_time_alone_next_changes_it() -> None:
    both = scorer(FADING, RECENT)
    assert both.changes_at(later(days=1)) == VISIT + timedelta(days=7)
    assert both.changes_at(later(days=7)) == VISIT + timedelta(days=14)
    assert both.changes_at(later(days=29)) == VISIT + timedelta(days=35)
    assert both.changes_at(later(days=35)) is None
    assert both.changes_at(later(visit=None)) is None
    assert both.changes_at({"visit": VISIT}) is None
    assert scorer(VISITS).changes_at(later()) is None


def test_a_day_at_the_end_of_the_calendar_does_no_harm() -> None:
    end = datetime(9999, 12, 31, tzinfo=UTC)
    assert scorer(FADING, RECENT).changes_at(later(visit=end)) == datetime.max.replace(tzinfo=UTC)
    assert scorer(FADING, RECENT).score(later(visit=end)).total == 42


@given(st.integers(0, 90 * 86400), st.integers(1, 20), st.integers(1, 40))
def test_between_two_changes_the_score_stands_still(seconds: int, every: int, age: int) -> None:
    made = scorer(
        {**FADING, "halves_every": f"{every} days"},
        {**RECENT, "when": {"visit": {"older_than": f"{age} days"}}},
    )
    now = later(seconds=seconds)
    change = made.changes_at(now)
    before = (change or VISIT + timedelta(days=3000)) - SECOND
    assert before >= now[NOW] - SECOND  # type: ignore[operator]
    assert made.score({**now, NOW: before}).reasons == made.score(now).reasons
    if change is not None:
        assert made.score({**now, NOW: change}).reasons != made.score(now).reasons


@pytest.mark.parametrize(
    ("left", "points", "band"),
    [(None, 50, "Warm"), ("Cold", 50, "Cold"), ("Cold", 52, "Cold"), ("Cold", 53, "Warm"),
     ("Warm", 47, "Warm"), ("Warm", 46, "Cold"), ("Gone", 50, "Warm")],
)  # fmt: skip
def test_within_the_margin_a_lead_stays_in_the_band_that_it_is_in(
    left: str | None, points: int, band: str
) -> None:
    document = scorer_document({"field": "n", "points": {"x": points}}) | {"margin": 3}
    made = Scorer(ScoringDocument.model_validate(document))
    assert made.band(made.score({"n": "x"}), left).band == band


def test_without_a_margin_an_edge_is_an_edge() -> None:
    made = scorer({"field": "n", "points": {"x": 50}})
    assert made.band(made.score({"n": "x"}), "Cold").band == "Warm"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"points": 5, "since": "visit", "reason": "x"}, "`since` and `halves_every` go together"),
        ({"points": 5, "halves_every": "1 day", "reason": "x"}, "`since` and `halves_every` go together"),
        ({"field": "size"}, "give either `points` or `ranges`"),
        ({"field": "size", "points": {"x": 1}, "ranges": SIZE["ranges"]}, "give either `points` or `ranges`"),
        ({"ranges": SIZE["ranges"]}, "`ranges` go with `field`"),
        ({"points": 5, "reason": "x"}, "a number of points goes with `when`"),
        ({**FADING, "halves_every": "0 days"}, "greater than 0"),
    ],
)
def test_a_rule_of_no_kind_is_refused(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        scorer(rule)
