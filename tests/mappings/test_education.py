"""The education example: a complete policy, scored on leads as its columns bring them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import bench_education
from benchmarks.bench_education import auc, fields, is_training, top_decile_lift
from sfsync.core.policy import Policy
from sfsync.core.scoring import Score
from sfsync.localorg.csvload import COLUMNS, KEY_COLUMN, LEAKING
from sfsync.mappings.loading import load

EDUCATION = bench_education.MAPPINGS
ROW = {
    **dict.fromkeys(COLUMNS, ""),
    KEY_COLUMN: "7927b2df-8bba-4d29-b9a2-b6e0beafe620",
    "Do Not Email": "No",
    "Do Not Call": "No",
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(EDUCATION)


def scored(policy: Policy, **changed: str) -> Score:
    names = {name.casefold().replace(" ", "_"): name for name in ROW}
    row = {**ROW, **{names[key]: value for key, value in changed.items()}}
    return policy.scorer.score(policy.lead.apply(fields(row)))


def test_a_lead_of_whom_nothing_is_known_has_the_points_of_not_having_used_the_website(
    policy: Policy,
) -> None:
    assert scored(policy).total == 12


def test_a_reader_with_a_job_who_answers_is_called_by_the_head(policy: Policy) -> None:
    score = scored(
        policy,
        total_time_spent_on_website="1200",
        what_is_your_current_occupation="Working Professional",
        specialization="Finance Management",
        last_activity="SMS Sent",
        lead_origin="API",
        city="Mumbai",
    )
    assert score.total == 25 + 30 + 20 + 15
    assert score.band.band == "Immediate Executive Contact"
    assert "Fit 30/30: has a job, told us what they want to study" in score.reasons.splitlines()


def test_select_is_no_answer(policy: Policy) -> None:
    assert scored(policy, specialization="Select", city="Select") == scored(policy)


def test_who_wants_no_email_loses_points_but_never_below_zero(policy: Policy) -> None:
    row = {**ROW, "Do Not Email": "Yes"}
    score = policy.scorer.score(policy.lead.apply(fields(row)))
    assert score.criteria["engagement"] == 0


@pytest.mark.parametrize(
    ("seconds", "interest"), [("0", 12), ("1", 0), ("299", 0), ("300", 3), ("600", 20), ("900", 25)]
)
def test_time_on_the_website_counts_in_steps(policy: Policy, seconds: str, interest: int) -> None:
    row = {**ROW, "Total Time Spent on Website": seconds}
    assert policy.scorer.score(policy.lead.apply(fields(row))).criteria["interest"] == interest


def test_no_column_that_knows_the_outcome_is_read() -> None:
    assert not COLUMNS.keys() & LEAKING.keys()
    assert set(load(EDUCATION).lead.sources) <= {*COLUMNS.values(), "SLA_Preferred_Contact__c"}


def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order() -> None:
    assert auc([1, 2, 3, 4], [False, False, True, True]) == 1.0
    assert auc([4, 3, 2, 1], [False, False, True, True]) == 0.0
    assert auc([5, 5, 5], [True, False, True]) == 0.5
    assert auc([1, 2, 2, 3], [False, True, False, True]) == pytest.approx(3.5 / 4)


def test_the_lift_of_the_top_tenth_shares_out_a_tie() -> None:
    assert top_decile_lift(list(range(10)), [False] * 9 + [True]) == pytest.approx(10)
    assert top_decile_lift([7] * 10, [True] * 5 + [False] * 5) == pytest.approx(1)


def test_the_halves_are_told_apart_by_the_id_alone() -> None:
    assert is_training(ROW) == is_training({**ROW, "City": "Mumbai"})
    halves = [is_training({KEY_COLUMN: str(number)}) for number in range(1000)]
    assert 400 < sum(halves) < 600


def test_without_the_data_the_benchmark_says_that_nothing_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench_education.main(["--csv", str(tmp_path / "leads.csv")]) == 0
    assert "nothing measured" in capsys.readouterr().out


def test_a_score_that_tells_nothing_fails_the_benchmark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "leads.csv"
    header = [*ROW, "Converted"]
    rows = [[*{**ROW, KEY_COLUMN: str(number)}.values(), str(number % 2)] for number in range(100)]
    file.write_text("\n".join(",".join(row) for row in [header, *rows]))
    assert bench_education.main(["--csv", str(file)]) == 1
    assert "AUC 0.500" in capsys.readouterr().out
