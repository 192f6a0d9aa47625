"""Score, band and reasons (requirements P2, P3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from sfsync.core.documents import Band, Criterion, ScoreRule, ScoringDocument
from sfsync.core.model import Value

Points = tuple[float, str]


class Score(msgspec.Struct, frozen=True):
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
        self._bands = tuple(band for band in document.bands for _ in range(band.lowest, band.highest + 1))
        self._criteria = tuple((name, _criterion(one)) for name, one in document.criteria.items())

    def score(self, values: Mapping[str, Value]) -> Score:
        """The score for a lead's mapped values. A blank or unknown value gives no points."""
        total = 0.0
        criteria: dict[str, float] = {}
        lines: list[str] = []
        for name, criterion in self._criteria:
            points, line = criterion(values)
            criteria[name] = points
            total += points
            lines.append(line)
        score = min(max(int(total + 0.5), 0), 100)
        return Score(score, self._bands[score], criteria, "\n".join(lines))


Test = Callable[[Mapping[str, Value]], Points | None]


def _criterion(criterion: Criterion) -> Callable[[Mapping[str, Value]], Points]:
    """A criterion ready to be asked for its points, within its range, and its line.

    One that is a single table has every answer ready.
    """
    tables = [rule for rule in criterion.rules if isinstance(rule.points, dict)]
    if len(criterion.rules) == len(tables) == 1:
        answers = {key: _answer(criterion, [given]) for key, given in _table(tables[0]).items()}
        nothing, field = _answer(criterion, []), str(tables[0].field)
        return lambda values: answers.get(_key(values.get(field)), nothing)
    rules = [_rule(rule) for rule in criterion.rules]
    return lambda values: _answer(criterion, [given for rule in rules if (given := rule(values)) is not None])


def _answer(criterion: Criterion, given: Sequence[Points]) -> Points:
    points = min(max(sum(one for one, _ in given), 0.0), criterion.most)
    reasons = ", ".join(reason for _, reason in given) or "nothing known"
    return points, f"{criterion.label} {points:g}/{criterion.most:g}: {reasons}"


def _rule(rule: ScoreRule) -> Test:
    if isinstance(rule.points, dict):
        table, field = _table(rule), str(rule.field)
        return lambda values: table.get(_key(values.get(field)))
    holds = rule.when.holds if rule.when is not None else lambda values: False
    given = (float(rule.points), str(rule.reason))
    return lambda values: given if holds(values) else None


def _table(rule: ScoreRule) -> dict[object, Points]:
    assert isinstance(rule.points, dict)
    return {_key(value): (points, rule.reason or value) for value, points in rule.points.items()}


def _key(value: Value) -> object:
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else f"{value:g}"
