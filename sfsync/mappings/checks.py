"""What the mapping files say of each other, and what no single key shows to be wrong.

These checks walk the files as read, not the validated documents, so that a mistake in one place hides none in
another. Where the shape is wrong they see nothing; the shape's own mistakes are found elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeGuard

from sfsync.errors import Problem
from sfsync.mappings.clocks import clock_problems
from sfsync.mappings.conditions import Fields, condition_problems, field_types, rule_problems
from sfsync.mappings.ladders import removed_names
from sfsync.mappings.parts import calendar, first_of, keys, no_deadline, people
from sfsync.mappings.results import result_problems
from sfsync.mappings.yaml_lines import Path, Source


def cross_problems(files: Mapping[str, Source]) -> Iterator[Problem]:
    """Every mistake that shows only when parts of the files are held against each other."""
    lead, scoring, sla, routing = (files.get(name) for name in ("lead", "scoring", "sla", "routing"))
    fields = field_types(lead, sla)
    for source in files.values():
        yield from _empty(source, source.data, ())
    if scoring is not None:
        yield from _scoring(scoring, fields)
    if sla is not None:
        yield from clock_problems(sla, lead, fields, scoring)
    yield from result_problems(files)
    if routing is not None:
        yield from _routing(routing, fields, keys(sla, "calendars", or_none=True))


_MAY_BE_EMPTY = frozenset({"values", "default", "when", "events", "answered"})
"""Where an empty text says something, or where conditions say what is wrong with it."""


def _empty(source: Source, data: Any, at: Path) -> Iterator[Problem]:
    """Texts with nothing in them, and keys: what is left out is left out without quotes."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data or ()):
        here = (*at, key)
        if isinstance(key, str) and not key.strip():
            yield source.problem(here, "a key is empty; give it a name, or remove the line")
        if key in _MAY_BE_EMPTY:
            continue
        if isinstance(value, str) and not value.strip():
            what = f"`{key}`" if isinstance(key, str) else f"entry {key + 1} of `{at[-1]}`"
            yield source.problem(here, f"{what} is an empty text; write one, or remove it")
        elif isinstance(value, dict | list):
            yield from _empty(source, value, here)


def _scoring(scoring: Source, fields: Fields | None) -> Iterator[Problem]:
    best_of_all: list[float | None] = []
    for criterion, at in scoring.entries("criteria"):
        most = criterion.get("most", 25) if isinstance(criterion, dict) else None
        best: list[float | None] = []
        for rule, here in scoring.entries(*at, "rules"):
            if not isinstance(rule, dict):
                best.append(None)
                continue
            yield from rule_problems(scoring, rule, here, fields)
            yield from condition_problems(scoring, rule.get("when"), (*here, "when"), fields)
            points = list(_points(rule, here))
            if _is_number(most):
                yield from _too_many(scoring, points, most)
            best.append(max((0.0, *(one for one, _ in points))) if points else None)
        together = _sum(best)
        best_of_all.append(min(together, most) if together is not None and _is_number(most) else None)
    yield from _bands(scoring, _sum(best_of_all))
    yield from _stuck(scoring)


def _sum(parts: Iterable[float | None]) -> float | None:
    """The sum, or None where a part is unknown."""
    known = list(parts)
    return None if None in known else sum(part for part in known if part is not None)


def _bands(scoring: Source, reachable: float | None) -> Iterator[Problem]:
    """What is wrong with the bands, given the most that all rules together can give (None: not known)."""
    written = [(one.get("band"), one) for one, _ in scoring.entries("bands") if isinstance(one, dict)]
    yield from removed_names(scoring, ("removed",), written, "a band of this file")
    for band, at in scoring.entries("bands"):
        if not isinstance(band, dict):
            continue
        lowest = band.get("lowest")
        if reachable is not None and isinstance(lowest, int) and lowest > int(reachable + 0.5):
            yield scoring.problem(
                (*at, "lowest"), f"no lead can reach this band: all rules together give {reachable:g} at most"
            )
        gives = isinstance(band.get("owner"), str)
        yield from people(scoring, at, new_owner=None if gives else "the band has no `owner:` to give it to")
        yield from no_deadline(scoring, at)


def _stuck(scoring: Source) -> Iterator[Problem]:
    """A margin beyond which no score lies: a lead would never leave its band."""
    margin = scoring.get("margin")
    bands = [one for one, _ in scoring.entries("bands") if isinstance(one, dict)]
    if (
        not isinstance(margin, int)
        or margin <= 0
        or not all(isinstance(one.get("highest"), int) for one in bands)
    ):
        return
    for below, above in pairwise(bands):
        if below["highest"] + margin >= 100:
            yield scoring.problem(
                ("margin",),
                f"no lead could rise from {below.get('band')!r} to {above.get('band')!r}: it leaves at a score of more "
                f"than {below['highest']} + {margin}; write {99 - below['highest']} or less",
            )
            return
        if below["highest"] + 1 - margin <= 0:
            yield scoring.problem(
                ("margin",),
                f"no lead could fall from {above.get('band')!r} to {below.get('band')!r}: it leaves at a score of less "
                f"than {below['highest'] + 1} - {margin}; write {below['highest']} or less",
            )
            return


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _points(rule: Mapping[str, Any], at: Path) -> Iterator[tuple[float, Path]]:
    points = rule.get("points")
    if isinstance(points, dict):
        yield from ((one, (*at, "points", value)) for value, one in points.items() if _is_number(one))
    elif isinstance(rule.get("ranges"), list):
        for index, one in enumerate(rule["ranges"]):
            if isinstance(one, dict) and _is_number(one.get("points")):
                yield one["points"], (*at, "ranges", index, "points")
    elif _is_number(points):
        yield points, (*at, "points")


def _too_many(scoring: Source, points: Iterable[tuple[float, Path]], most: float) -> Iterator[Problem]:
    for one, at in points:
        if abs(one) > most:
            yield scoring.problem(
                at,
                f"{one:g} points can never count: its criterion goes from 0 to {most:g}; change one of them",
            )


def _routing(routing: Source, fields: Fields | None, calendars: set[str] | None) -> Iterator[Problem]:
    for part in ("territories", "expertise"):
        yield from first_of(routing, (part,), "name", fields)
        names: set[object] = set()
        for one, at in routing.entries(part):
            name = one.get("name") if isinstance(one, dict) else None
            if name is not None and name in names:
                yield routing.problem((*at, "name"), f"`{name}` stands here a second time; names differ")
            names.add(name)
    yield from calendar(routing, ("working_hours",), calendars)
    yield from no_deadline(routing, ())
    yield from people(routing, (), owner="the lead comes from a queue; write `new_owner`")
