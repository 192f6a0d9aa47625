"""Score, band and reasons (requirements P2, P3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from sfsync.core.documents import Band, Criterion, ScoringDocument
from sfsync.core.durations import words
from sfsync.core.model import NOW, Mapped
from sfsync.core.score_rule import ScoreRule

Points = tuple[float, str]

GONE = 0.5
"""Points that faded below this are none."""


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


class Given(msgspec.Struct, frozen=True):
    """What one rule gave, and why."""

    points: float
    reason: str


class Part(msgspec.Struct, frozen=True):
    """What a criterion gave, rule by rule.

    Attributes:
        points: within its range of 0 to `most`.
        rules: what each rule that counted gave, before the range is kept.
    """

    name: str
    label: str
    points: float
    most: float
    line: str
    rules: Sequence[Given]

    @property
    def is_plain(self) -> bool:
        """Whether the line says it all: one rule at most, whose points are the criterion's."""
        return len(self.rules) <= 1 and self.given == self.points

    @property
    def given(self) -> float:
        """The points of its rules together, which may leave its range."""
        return sum(rule.points for rule in self.rules)


class Scorer:
    """The scoring policy, compiled once; `score` and `changes_at` are pure."""

    __slots__ = ("_ages", "_bands", "_criteria", "_document", "_fading", "_margin", "_named")

    def __init__(self, document: ScoringDocument) -> None:
        self._bands = tuple(band for band in document.bands for _ in range(band.lowest, band.highest + 1))
        self._criteria = tuple((name, _criterion(one)) for name, one in document.criteria.items())
        self._document = document
        self._margin = document.margin
        self._named = {band.band: band for band in document.bands}
        rules = [rule for one in document.criteria.values() for rule in one.rules]
        self._ages = tuple({age for rule in rules if rule.when is not None for age in rule.when.ages})
        self._fading = tuple({(rule.since, _halves(rule), _halvings(rule)) for rule in rules if rule.since})

    def score(self, values: Mapping[str, Mapped]) -> Score:
        """The score for a lead's mapped values. A blank or unknown value gives no points."""
        total = 0.0
        criteria: dict[str, float] = {}
        lines: list[str] = []
        for name, criterion in self._criteria:
            points, line = criterion(values)
            criteria[name] = points
            total += points
            lines.append(line)
        # 0 to 100: no criterion gives less than nothing, and the most that they give adds up to 100.
        score = int(total + 0.5)
        return Score(score, self._bands[score], criteria, "\n".join(lines))

    def parts(self, values: Mapping[str, Mapped]) -> list[Part]:
        """What `score` adds up, criterion by criterion and rule by rule, in the document's order."""
        found = []
        for name, criterion in self._document.criteria.items():
            given = [one for rule in criterion.rules if (one := _rule(rule)(values)) is not None]
            points, line = _answer(criterion, given)
            rules = [Given(*one) for one in given]
            found.append(Part(name, criterion.label, points, criterion.most, line, rules))
        return found

    def band(self, scored: Score, left: str | None) -> Band:
        """The band of this score for a lead that was in the band `left`.

        A lead whose score is beyond that band's edge by no more than the margin stays in it, so that one at an
        edge does not go back and forth.
        """
        stays = self._named.get(left) if self._margin and left is not None else None
        if stays is None:
            return scored.band
        near = stays.lowest - self._margin <= scored.total <= stays.highest + self._margin
        return stays if near else scored.band

    def changes_at(self, values: Mapping[str, Mapped]) -> datetime | None:
        """When time alone next changes what a rule gives; None where it does not, or no time is known."""
        now = values.get(NOW)
        if not isinstance(now, datetime) or not (self._ages or self._fading):
            return None
        return min(self._changes(values, now), default=None)

    def _changes(self, values: Mapping[str, Mapped], now: datetime) -> Iterator[datetime]:
        for name, age in self._ages:
            at = values.get(name)
            if isinstance(at, datetime) and now - at < age:
                yield _later(at, age)
        for name, every, most in self._fading:
            at = values.get(name)
            if isinstance(at, datetime):
                halvings = max((now - at) // every, 0) + 1
                if halvings <= most:
                    yield _later(at, every * halvings)


def _later(at: datetime, length: timedelta) -> datetime:
    """So long after; the end of the calendar where there is no such day."""
    try:
        return at + length
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


Test = Callable[[Mapping[str, Mapped]], Points | None]


def _criterion(criterion: Criterion) -> Callable[[Mapping[str, Mapped]], Points]:
    """A criterion ready to be asked for its points, within its range, and its line.

    One that is a single table has every answer ready.
    """
    tables = [rule for rule in criterion.rules if isinstance(rule.points, dict) and rule.since is None]
    if len(criterion.rules) == len(tables) == 1:
        answers = {key: _answer(criterion, [given]) for key, given in _table(tables[0]).items()}
        # Most values are written as in the policy: they need not be folded first.
        written: dict[Mapped, Points] = {value: answers[_key(value)] for value in _written(tables[0])}
        nothing, field = _answer(criterion, []), str(tables[0].field)
        return lambda values: written.get(value := values.get(field)) or answers.get(_key(value), nothing)
    rules = [_rule(rule) for rule in criterion.rules]
    return lambda values: _answer(criterion, [given for rule in rules if (given := rule(values)) is not None])


def _answer(criterion: Criterion, given: Sequence[Points]) -> Points:
    points = min(max(sum(one for one, _ in given), 0.0), criterion.most)
    reasons = ", ".join(reason for _, reason in given) or "nothing known"
    return points, f"{criterion.label} {points:g}/{criterion.most:g}: {reasons}"


def _rule(rule: ScoreRule) -> Test:
    fresh = _fresh(rule)
    return fresh if rule.since is None else _fading(rule, fresh)


def _fresh(rule: ScoreRule) -> Test:
    """What the rule gives before it fades."""
    if isinstance(rule.points, dict):
        table, field = _table(rule), str(rule.field)
        return lambda values: table.get(_key(values.get(field)))
    if rule.ranges:
        return _ranges(rule)
    holds = rule.when.holds if rule.when is not None else lambda values: True
    given = (float(rule.points or 0), str(rule.reason))
    return lambda values: given if holds(values) else None


def _ranges(rule: ScoreRule) -> Test:
    field = str(rule.field)

    def test(values: Mapping[str, Mapped]) -> Points | None:
        value = values.get(field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        for one in rule.ranges:
            if one.holds(value):
                return one.points, one.reason or rule.reason or f"{value:g}"
        return None

    return test


def _fading(rule: ScoreRule, fresh: Test) -> Test:
    """The rule's points, halved for each `halves_every` that has passed since the day in `since`."""
    since, every = str(rule.since), _halves(rule)

    def test(values: Mapping[str, Mapped]) -> Points | None:
        given, at, now = fresh(values), values.get(since), values.get(NOW)
        if given is None or not isinstance(at, datetime) or not isinstance(now, datetime):
            return None
        halvings = (now - at) // every
        if halvings <= 0:
            return given
        points, reason = given
        left = _left(points, halvings)
        return (left, f"{reason} ({left:g} of {points:g} after {_age(every * halvings)})") if left else None

    return test


def _left(points: float, halvings: int) -> float:
    left = round(points * 0.5 ** min(halvings, 1000), 1)
    return left if abs(left) >= GONE else 0.0


def _age(length: timedelta) -> str:
    return words(int(length.total_seconds()))


def _halves(rule: ScoreRule) -> timedelta:
    return timedelta(seconds=rule.halves_every or 0)


def _halvings(rule: ScoreRule) -> int:
    """After so many halvings nothing is left of the most that the rule gives."""
    given = rule.points.values() if isinstance(rule.points, dict) else [rule.points or 0.0]
    most = max([abs(points) for points in given] + [abs(one.points) for one in rule.ranges])
    halvings = 0
    while _left(most, halvings):
        halvings += 1
    return halvings


def _table(rule: ScoreRule) -> dict[object, Points]:
    return {_key(value): (points, rule.reason or value) for value, points in _written(rule).items()}


def _written(rule: ScoreRule) -> Mapping[str, float]:
    assert isinstance(rule.points, dict)
    return rule.points


def _key(value: Mapped) -> object:
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None else f"{value:g}"
