"""Conditions that no lead can fulfil, and rules that no lead gets to because those before them take all.

A condition is taken apart into regions, one for each way to fulfil it; each says of every field what it may hold.
What cannot be compared (a pattern, a `not` of more than values) counts as met by nothing but itself, so nothing here
is claimed that is not so; what is unreachable for a subtler reason is not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from itertools import pairwise, product
from math import inf
from typing import Any

from sfsync.core.durations import seconds

Value = tuple[str, object]
"""A scalar as conditions compare it: a truth value is no number, and a text has no case."""

Bounds = tuple[tuple[float, bool], tuple[float, bool]]
"""From and to; with `to` not included where it is true, and `from` not where it is."""

_EVERYTHING: Bounds = ((-inf, False), (inf, False))
_MOST_REGIONS = 64
_COUNTED = frozenset({"interactions", "answers"})
"""Fields that are never less than nothing."""


@dataclass(frozen=True, slots=True)
class Holds:
    """What a field may hold.

    Attributes:
        blank: it must be blank, or must not be; None where that is all the same.
        values: nothing but these; None for anything.
        without: none of these.
        bounds: by kind (number, day, age).
        others: comparisons that only mean themselves.
    """

    blank: bool | None = None
    values: frozenset[Value] | None = None
    without: frozenset[Value] = frozenset()
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    others: frozenset[str] = frozenset()

    def __and__(self, other: Holds) -> Holds:
        values = self.values if other.values is None else other.values
        if self.values is not None and other.values is not None:
            values = self.values & other.values
        kinds = self.bounds.keys() | other.bounds.keys()
        contradiction = None not in (self.blank, other.blank) and self.blank != other.blank
        return Holds(
            blank=self.blank if other.blank is None else other.blank,
            values=frozenset() if contradiction else values,
            without=self.without | other.without,
            bounds={
                kind: _both(self.bounds.get(kind, _EVERYTHING), other.bounds.get(kind, _EVERYTHING))
                for kind in kinds
            },
            others=self.others | other.others,
        )

    @property
    def left(self) -> frozenset[Value] | None:
        """Those of its values that nothing else about it forbids."""
        if self.values is None:
            return None
        bounds = self.bounds.get("number")
        return frozenset(
            one for one in self.values - self.without if bounds is None or _is_within(one, bounds)
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be this."""
        return self.left == frozenset() or any(_is_empty(one) for one in self.bounds.values())

    def is_within(self, other: Holds) -> bool:
        """Whether whatever fits this fits the other."""
        if other.blank is not None and self.blank is not other.blank:
            return False
        values = self.left
        if other.values is not None and (values is None or not values <= other.values):
            return False
        if not other.without <= self.without and (values is None or values & other.without):
            return False
        for kind, bounds in other.bounds.items():
            if kind == "number" and values is not None and all(_is_within(one, bounds) for one in values):
                continue
            if _both(self.bounds.get(kind, _EVERYTHING), bounds) != self.bounds.get(kind, _EVERYTHING):
                return False
        return other.others <= self.others


Region = Mapping[str, Holds]


def never_holds(condition: object) -> str | None:
    """The field that keeps this condition from ever holding; None where it can hold, or is none."""
    found = _regions(condition)
    empty = [next((name for name, one in region.items() if one.is_empty), None) for region in found or ()]
    return empty[0] if empty and None not in empty else None


def is_covered(condition: object, before: Sequence[object]) -> int | None:
    """The index of the condition before this one that takes all that is left for it; None where some get here.

    Several conditions together may: then it is the last of them.
    """
    found = _regions(condition)
    earlier = [
        (index, region)
        for index, one in enumerate(before)
        for region in _regions(one) or ()
        if not any(holds.is_empty for holds in region.values())
    ]
    if not found:
        return None
    taken = [
        _taken(region, earlier, 2) for region in found if not any(one.is_empty for one in region.values())
    ]
    known = [one for one in taken if one is not None]
    return max(known) if known and len(known) == len(taken) else None


def _taken(region: Region, earlier: Sequence[tuple[int, Region]], splits: int) -> int | None:
    """The index of the earlier ones that holds for all of this region, taken apart at most so often."""
    for index, other in earlier:
        if all(name in region and region[name].is_within(holds) for name, holds in other.items()):
            return index
    if not splits:
        return None
    for name, holds in region.items():
        pieces = list(_pieces(holds, [other[name] for _, other in earlier if name in other]))
        if len(pieces) < 2:
            continue
        taken = [_taken({**region, name: piece}, earlier, splits - 1) for piece in pieces]
        known = [one for one in taken if one is not None]
        if len(known) == len(taken):
            return max(known)
    return None


def _pieces(holds: Holds, others: Sequence[Holds]) -> Iterator[Holds]:
    """The same field in parts: each of its values, else between the bounds at which the others begin and end."""
    values = holds.left
    if values is not None:
        yield from (replace(holds, values=frozenset({one})) for one in values)
        return
    for kind in sorted({kind for other in others for kind in other.bounds}):
        edges = {
            (value, strict if side == 0 else not strict)
            for other in others
            for side, (value, strict) in enumerate(other.bounds.get(kind, _EVERYTHING))
            if abs(value) != inf
        }
        whole = holds.bounds.get(kind, _EVERYTHING)
        cuts = [(-inf, False), *sorted(edges), (inf, True)]
        parts: list[Bounds] = [
            (start, (stop[0], not stop[1] if stop[0] != inf else False)) for start, stop in pairwise(cuts)
        ]
        inside = [part for part in (_both(whole, one) for one in parts) if not _is_empty(part)]
        if len(inside) > 1:
            yield from (replace(holds, bounds={**holds.bounds, kind: part}) for part in inside)
            return


def _both(one: Bounds, other: Bounds) -> Bounds:
    low = max(one[0], other[0])
    high = min(one[1], other[1], key=lambda end: (end[0], not end[1]))
    return low, high


def _is_empty(bounds: Bounds) -> bool:
    (low, above), (high, below) = bounds
    return low > high or (low == high and (above or below))


def _is_within(value: Value, bounds: Bounds) -> bool:
    number = value[1]
    if value[0] != "value" or not isinstance(number, int | float):
        return False
    return not _is_empty(_both(bounds, ((number, False), (number, False))))


def _regions(condition: object) -> list[Region] | None:
    """The ways to fulfil a condition as read from a file; None where it is none, or has too many."""
    if not isinstance(condition, dict) or not condition:
        return None
    parts = [_part(name, wanted) for name, wanted in condition.items()]
    found: list[Region] = [{}]
    for part in parts:
        if part is None or len(found) * len(part) > _MOST_REGIONS:
            return None
        found = [_merged(one, other) for one, other in product(found, part)]
    return found


def _part(name: object, wanted: object) -> list[Region] | None:
    if name in ("all", "any"):
        inner = [_regions(one) for one in wanted] if isinstance(wanted, list) else [None]
        if not inner or None in inner:
            return None
        if name == "any":
            return [region for one in inner for region in one or ()]
        return reduce(
            lambda left, right: [_merged(one, other) for one, other in product(left, right)][
                : _MOST_REGIONS + 1
            ],
            [one or [] for one in inner],
        )
    if name == "not":
        return _denied(wanted) or [{"not": Holds(others=frozenset({repr(wanted)}))}]
    holds = _holds(wanted)
    if holds is not None and name in _COUNTED:
        holds &= Holds(bounds={"number": ((0.0, False), (inf, False))})
    return None if holds is None else [{str(name): holds}]


def _denied(wanted: object) -> list[Region] | None:
    """The ways in which one field is not what is named; None where that cannot be said so."""
    if not isinstance(wanted, dict) or len(wanted) != 1:
        return None
    [(name, asked)] = wanted.items()
    if name in ("all", "any", "not") or (isinstance(asked, dict) and len(asked) != 1):
        return None
    holds = _holds(asked)
    if holds is None or holds.bounds or holds.others:
        return None
    if holds.values is not None:
        otherwise = Holds(blank=False, without=holds.values)
    elif holds.without:
        otherwise = Holds(blank=False, values=holds.without)
    else:
        return [{str(name): Holds(blank=not holds.blank)}]
    return [{str(name): Holds(blank=True)}, {str(name): otherwise}]


def _merged(one: Region, other: Region) -> Region:
    return {
        name: one[name] & other[name] if name in one and name in other else (one.get(name) or other[name])
        for name in (*one, *(name for name in other if name not in one))
    }


def _holds(wanted: object) -> Holds | None:
    """What a comparison, or several of one field, lets the field hold; None where the shape is wrong."""
    if not isinstance(wanted, dict):
        wanted = {"in" if isinstance(wanted, list) else "is": wanted}
    found = [_comparison(str(operator), operand) for operator, operand in wanted.items()]
    if not found or None in found:
        return None
    return reduce(lambda left, right: left & right, [one for one in found if one is not None])


_NUMBERS: Mapping[str, tuple[bool, bool]] = {
    "at_least": (True, False),
    "more_than": (True, True),
    "at_most": (False, False),
    "less_than": (False, True),
}
"""Whether it is the lower bound, and whether the bound itself is not meant."""


def _comparison(operator: str, operand: Any) -> Holds | None:
    try:
        if operator == "blank":
            return Holds(blank=bool(operand))
        if operator in ("is", "in", "is_not", "not_in"):
            named = operand if isinstance(operand, list) else [operand]
            values = frozenset(_value(one) for one in named)
            if operator in ("is", "in"):
                return Holds(blank=False, values=values)
            return Holds(blank=False, without=values)
        if operator in _NUMBERS:
            lower, strict = _NUMBERS[operator]
            return _bounded("number", float(operand), lower=lower, strict=strict)
        if operator in ("before", "after") and isinstance(operand, date):
            return _bounded(
                "day",
                operand.toordinal() + (operator == "after"),
                lower=operator == "after",
                strict=operator == "before",
            )
        if operator in ("older_than", "newer_than"):
            older = operator == "older_than"
            return _bounded("age", float(seconds(operand)), lower=older, strict=not older)
    except (TypeError, ValueError):
        return None
    return Holds(blank=False, others=frozenset({f"{operator} {str(operand).casefold()!r}"}))


def _bounded(kind: str, bound: float, *, lower: bool, strict: bool) -> Holds:
    ends = ((bound, strict), (inf, False)) if lower else ((-inf, False), (bound, strict))
    return Holds(blank=False, bounds={kind: ends})


def _value(value: object) -> Value:
    if isinstance(value, bool):
        return ("truth", value)
    if isinstance(value, int | float):
        return ("value", value)
    if value is None or isinstance(value, dict | list):
        raise TypeError
    return ("value", str(value).casefold())
