"""Criteria, bands and mapped ranges that give less, or twice, or to the wrong end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sfsync.core.documents import Criterion
from sfsync.core.score_rule import ScoreRule
from sfsync.core.shapes import Range
from sfsync.errors import Problem
from sfsync.mappings.loading import Documents
from sfsync.mappings.yaml_lines import Path

_GONE = 3600
"""Points that halve sooner than sfsync looks again for most leads are gone before anybody sees them."""


def scores(documents: Documents) -> Iterator[Problem]:
    """What is doubtful about criteria, their rules, ranges and bands."""
    labels: dict[str, str] = {}
    for name, criterion in documents.scoring.criteria.items():
        at: Path = ("criteria", name)
        other = labels.setdefault(criterion.label.strip().casefold(), name)
        if other != name:
            message = (
                f"the criterion `{other}` has this label, too: in the reasons nobody can tell them apart"
            )
            yield documents.problem("scoring", (*at, "label"), message)
        best = sum(_best(rule) for rule in criterion.rules)
        if best < criterion.most:
            message = (
                f"all rules of this criterion together give {best:g} of its {criterion.most:g} points at most"
            )
            yield documents.problem("scoring", (*at, "most"), message)
        yield from _twice(documents, criterion, at)
        for index, rule in enumerate(criterion.rules):
            here: Path = (*at, "rules", index)
            yield from _gaps(documents, "scoring", rule.ranges, (*here, "ranges"))
            if rule.halves_every is not None and rule.halves_every < _GONE:
                message = (
                    "these points are gone within hours, after many looks at the lead: is the unit right?"
                )
                yield documents.problem("scoring", (*here, "halves_every"), message)
    for name, field in documents.lead.fields.items():
        yield from _gaps(documents, "lead", field.ranges, ("fields", name, "ranges"))
    bands = documents.scoring.bands
    for index, (below, above) in enumerate(pairwise(bands), 1):
        if above.nurture and not below.nurture:
            message = f"no clock runs in a nurture band, and one does for the lower scores of {below.band!r}"
            yield documents.problem("scoring", ("bands", index, "nurture"), message)


def _best(rule: ScoreRule) -> float:
    """The most points of this rule."""
    if rule.ranges:
        return max(0.0, *(one.points for one in rule.ranges))
    if isinstance(rule.points, dict):
        return max((0.0, *rule.points.values()))
    return max(0.0, rule.points or 0.0)


def _twice(documents: Documents, criterion: Criterion, at: Path) -> Iterator[Problem]:
    """Rules that stand in one criterion twice, and tables that look the same field up."""
    seen: list[ScoreRule] = []
    for index, rule in enumerate(criterion.rules):
        here: Path = (*at, "rules", index)
        if any(_counts_alike(one, rule) for one in seen):
            message = "this rule stands in its criterion a second time: a lead gets its points twice"
            yield documents.problem("scoring", here, message)
        elif rule.field is not None and any(
            one.field == rule.field and bool(one.ranges) == bool(rule.ranges) for one in seen
        ):
            message = f"`{rule.field}` is looked up in this criterion already: a lead gets the points of both"
            yield documents.problem("scoring", (*here, "field"), message)
        seen.append(rule)


def _counts_alike(one: ScoreRule, other: ScoreRule) -> bool:
    words = {"reason": None}
    return one.model_copy(update=words) == other.model_copy(update=words)


def _gaps(documents: Documents, file: str, ranges: Sequence[Range], at: Path) -> Iterator[Problem]:
    """Ranges of which one ends at 50 and the next begins at 51: what lies between is in none."""
    for index, (below, above) in enumerate(pairwise(ranges), 1):
        end, begin = below.less_than, above.at_least
        if end is not None and begin is not None and begin - end == 1:
            message = (
                f"{end:.12g} itself is in no range, as the one above holds what is less than that: write "
                f"`at_least: {end:.12g}`"
            )
            yield documents.problem(file, (*at, index, "at_least"), message)
