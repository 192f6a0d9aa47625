"""Score, band and reasons (requirements P2, P3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sfsync.core.documents import Band, Criterion, ScoreRule, ScoringDocument
from sfsync.core.model import Value

Points = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Score:
    """A lead's score.

    Attributes:
        total: 0 to 100.
        band: the band that holds it.
        criteria: points by criterion, each within its range.
        reasons: a line a criterion, as a rep reads them: `Budget 17/25: Planned`.
    """

    total: int
    band: Band
    criteria: Mapping[str, float]
    reasons: str


class Scorer:
    """The scoring policy, compiled once; `score` is pure."""

    __slots__ = ("_bands", "_criteria")

    def __init__(self, document: ScoringDocument) -> None:
        self._bands = tuple(document.bands)
        self._criteria = tuple(
            (name, criterion, tuple(_compile(rule) for rule in criterion.rules))
            for name, criterion in document.criteria.items()
        )

    def score(self, values: Mapping[str, Value]) -> Score:
        """The score for a lead's mapped values. A blank or unknown value gives no points."""
        total = 0.0
        criteria: dict[str, float] = {}
        lines: list[str] = []
        for name, criterion, rules in self._criteria:
            points = 0.0
            reasons: list[str] = []
            for rule in rules:
                given = rule(values)
                if given is not None:
                    points += given[0]
                    reasons.append(given[1])
            points = min(max(points, 0.0), criterion.most)
            criteria[name] = points
            total += points
            lines.append(_line(criterion, points, reasons))
        score = min(max(int(total + 0.5), 0), 100)
        band = next(band for band in self._bands if score <= band.highest)
        return Score(score, band, criteria, "\n".join(lines))


def _line(criterion: Criterion, points: float, reasons: list[str]) -> str:
    return f"{criterion.label} {points:g}/{criterion.most:g}: {', '.join(reasons) or 'nothing known'}"


def _compile(rule: ScoreRule) -> Callable[[Mapping[str, Value]], Points | None]:
    if isinstance(rule.points, dict):
        table = {_key(value): (points, rule.reason or value) for value, points in rule.points.items()}
        field = str(rule.field)
        return lambda values: table.get(_key(values.get(field)))
    holds = rule.when.holds if rule.when is not None else lambda values: False
    given = (float(rule.points), str(rule.reason))
    return lambda values: given if holds(values) else None


def _key(value: Value) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return f"{value:g}"
    return value.strip().casefold() if isinstance(value, str) else value
