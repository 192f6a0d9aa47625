"""How well the education example's score tells who will enrol, on 9,240 real leads.

    .venv/bin/python -m benchmarks.bench_education [--csv FILE] [--mappings DIRECTORY]

Each row becomes the Salesforce fields that `sfsync org --csv` loads it into, is mapped and scored by
sfsync.core, and its whole score is held against the outcome. The points were set on the half of the rows that
`is_training` says; the other half is printed by itself, and it is the one to believe. Occupation and last
activity are partly written down by Sales while it talks to a lead, so what the website alone tells is printed
too. Exits 1 when the area under the ROC curve is below 0.80, on all rows or on the held-out half. Without the
file it says so and exits 0: the data is not part of this repository.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from sfsync.core.model import Value
from sfsync.core.policy import Policy
from sfsync.core.scoring import Score
from sfsync.localorg.csvload import BLANK, COLUMNS, KEY_COLUMN
from sfsync.mappings.loading import load

ROOT = Path(__file__).resolve().parents[1]
LEADS = ROOT.parent / "shared" / "data" / "x_education_leads.csv"
MAPPINGS = ROOT / "docs" / "examples" / "education"
WANTED_AUC = 0.80
EARLY = ("interest", "intent")
"""The criteria that are known before anybody in Sales has touched the lead."""

NUMBERS = frozenset({"TotalVisits", "Total Time Spent on Website", "Page Views Per Visit"})
CHECKBOXES = frozenset({"Do Not Email", "Do Not Call"})


def fields(row: Mapping[str, str]) -> dict[str, Value]:
    """A row of the file as the fields of a Lead."""
    return {name: _value(column, row[column]) for column, name in COLUMNS.items()}


def _value(column: str, text: str) -> Value:
    if column in CHECKBOXES:
        return text == "Yes"
    if text in BLANK:
        return None
    return float(text) if column in NUMBERS else text


def is_training(row: Mapping[str, str]) -> bool:
    """Whether the points were set with a look at this row: every other one, by the hash of its id."""
    return int(hashlib.sha256(row[KEY_COLUMN].encode()).hexdigest(), 16) % 2 == 0


def auc(scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """The chance that a lead that converted scores higher than one that did not; a tie counts half."""
    of_converted = Counter(score for score, converted in zip(scores, outcomes, strict=True) if converted)
    of_others = Counter(score for score, converted in zip(scores, outcomes, strict=True) if not converted)
    below, pairs_won = 0, 0.0
    for score in sorted(of_converted.keys() | of_others.keys()):
        pairs_won += of_converted[score] * (below + of_others[score] / 2)
        below += of_others[score]
    return pairs_won / (of_converted.total() * of_others.total())


def top_decile_lift(scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """How much oftener than all leads the tenth with the highest scores converts; ties at its edge share."""
    wanted = len(scores) / 10
    taken, converted = 0.0, 0.0
    totals = Counter(scores)
    won = Counter(score for score, outcome in zip(scores, outcomes, strict=True) if outcome)
    for score in sorted(totals, reverse=True):
        part = min(totals[score], wanted - taken)
        taken += part
        converted += won[score] * part / totals[score]
        if taken >= wanted:
            break
    return (converted / taken) / (sum(outcomes) / len(outcomes))


def measured(name: str, scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Print a line about these leads; returns the AUC."""
    area = auc(scores, outcomes)
    share = sum(outcomes) / len(outcomes)
    print(
        f"{name:<13} {len(scores):>5} leads  {share:6.1%} converted  AUC {area:.3f}  "
        f"top-decile lift {top_decile_lift(scores, outcomes):.2f}"
    )
    return area


def bands(policy: Policy, scored: Sequence[Score], outcomes: Sequence[bool]) -> None:
    """Print how many leads each band holds and how many of them converted."""
    held = Counter(score.band.band for score in scored)
    won = Counter(score.band.band for score, outcome in zip(scored, outcomes, strict=True) if outcome)
    for band in policy.scoring.bands:
        count = held[band.band]
        share = f"{won[band.band] / count:6.1%} converted" if count else ""
        print(f"  {band.lowest:>3}-{band.highest:<3} {band.band:<28} {count:>5} leads  {share}")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--csv", type=Path, default=LEADS)
    parser.add_argument("--mappings", type=Path, default=MAPPINGS)
    options = parser.parse_args(arguments)
    if not options.csv.exists():
        print(f"nothing measured: there is no {options.csv.name} in ../shared/data; name it with --csv")
        return 0
    policy = load(options.mappings)
    with options.csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    leads = [fields(row) for row in rows]
    outcomes = [row["Converted"] == "1" for row in rows]
    began = time.perf_counter()
    scored = [policy.scorer.score(policy.lead.apply(lead)) for lead in leads]
    took = (time.perf_counter() - began) / len(leads)
    scores = [score.total for score in scored]
    held_out = [index for index, row in enumerate(rows) if not is_training(row)]
    seen = [index for index, row in enumerate(rows) if is_training(row)]
    areas = [
        measured("all", scores, outcomes),
        measured("held out", [scores[one] for one in held_out], [outcomes[one] for one in held_out]),
    ]
    measured("points set on", [scores[one] for one in seen], [outcomes[one] for one in seen])
    early = [sum(one.criteria.get(name, 0.0) for name in EARLY) for one in scored]
    measured("website only", [early[one] for one in held_out], [outcomes[one] for one in held_out])
    bands(policy, scored, outcomes)
    print(f"{took * 1e6:.1f} µs to map and score a lead")
    if min(areas) < WANTED_AUC:
        print(f"the AUC is below {WANTED_AUC:.2f}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
