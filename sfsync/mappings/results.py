"""What a field of lead.yaml can be where its ranges or its translation say so, and what asks it for anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfsync.core.conditions import Condition
from sfsync.errors import Problem
from sfsync.mappings.conditions import NAME_VALUES, compared, conditions_in, named_values
from sfsync.mappings.words import hint
from sfsync.mappings.yaml_lines import Path, Source

_PARTS = {"contains": "contains", "starts_with": "starts with", "matches": "matches"}


@dataclass(frozen=True, slots=True)
class Results:
    """What becomes of a field's values.

    Attributes:
        only: all texts that it can be; None where it can be others.
        replaced: what is made of texts that it therefore never is, by the folded text.
    """

    only: tuple[str, ...] | None = None
    replaced: Mapping[str, str] = field(default_factory=dict)

    def never(self, value: str) -> str | None:
        """Why it is never this text, or None."""
        folded = value.strip().casefold()
        if self.only is not None:
            known = {one.casefold() for one in self.only}
            return (
                None
                if folded in known
                else f"is never {value!r}, by its ranges in lead.yaml{hint(value, self.only)}"
            )
        made = self.replaced.get(folded)
        return None if made is None else f"is never {value!r}: lead.yaml makes {made!r} of it; ask for that"


def results(lead: Source | None) -> dict[str, list[Results]]:
    """What each field of lead.yaml can be, once for leads of any record type that has a mapping of its own."""
    if lead is None or not lead.readable:
        return {}
    found: dict[str, list[Results]] = {}
    places = [("fields",), *((*at, "fields") for _, at in lead.entries("record_types"))]
    for name, one in ((str(at[-1]), one) for place in places for one, at in lead.entries(*place)):
        found.setdefault(name, []).append(_of(one))
    return found


def _of(one: object) -> Results:
    """What a field that is written so in lead.yaml can be."""
    if not isinstance(one, dict):
        return Results()
    default = [one["default"]] if isinstance(one.get("default"), str) else []
    if isinstance(one.get("ranges"), list):
        named = [each.get("value") for each in one["ranges"] if isinstance(each, dict)]
        return Results(
            only=tuple(dict.fromkeys(str(each) for each in (*named, *default) if each is not None))
        )
    if one.get("type") not in (None, "text") or not isinstance(one.get("values"), dict):
        return Results()
    made = {str(each).casefold() for each in (*one["values"].values(), *default)}
    replaced = {key.strip().casefold(): str(value) for key, value in one["values"].items()}
    return Results(replaced={key: value for key, value in replaced.items() if key not in made and value})


def result_problems(files: Mapping[str, Source]) -> Iterator[Problem]:
    """What conditions and tables ask of fields that these never are, and of bands that scoring.yaml has not."""
    known, scoring = results(files.get("lead")), files.get("scoring")
    for name, source in files.items():
        for condition, at in conditions_in(source.data):
            if at[0] != "interactions":
                yield from _asked(source, condition, at, known)
                yield from _bands_asked(source, condition, at, scoring) if name == "sla" else ()
    if scoring is not None:
        for _, criterion in scoring.entries("criteria"):
            for rule, at in scoring.entries(*criterion, "rules"):
                if isinstance(rule, dict):
                    yield from _table(scoring, rule, at, known)


def _asked(
    source: Source, condition: object, at: Path, known: Mapping[str, Sequence[Results]]
) -> Iterator[Problem]:
    """What this condition asks of fields that they never are."""
    for name, wanted, here in compared(condition, at):
        variants = known.get(name, ())
        for operator, operand in (wanted if isinstance(wanted, dict) else {None: wanted}).items():
            inside = here if operator is None else (*here, operator)
            if operator in NAME_VALUES:
                listed = operand if isinstance(operand, list) else [operand]
                for index, value in enumerate(listed):
                    why = _why_never(variants, value, beside=listed)
                    if why is not None:
                        at_value = (*inside, index) if isinstance(operand, list) else inside
                        yield source.problem(at_value, f"`{name}` {why}")
            elif operator in _PARTS and all(one.only is not None for one in variants):
                only = [value for one in variants for value in one.only or ()]
                if only and _is_none(name, operator, operand, only):
                    yield source.problem(
                        inside,
                        f"no value of `{name}` {_PARTS[operator]} {operand!r}: it is one of {', '.join(only)}",
                    )


def _why_never(variants: Sequence[Results], value: object, *, beside: Iterable[object] = ()) -> str | None:
    """Why a field with these mappings is never this text; None where it can be, or where what is made of it stands
    beside it, so that nothing is lost.
    """
    if not isinstance(value, str) or not variants:
        return None
    others = {str(one).casefold() for one in beside}
    made = [one.replaced.get(value.strip().casefold()) for one in variants]
    if any(one is not None and one.casefold() in others for one in made):
        return None
    whys = [one.never(value) for one in variants]
    return None if None in whys else whys[0]


def _is_none(name: str, operator: str, operand: object, values: Iterable[str]) -> bool:
    """Whether none of these values of this field fits; a comparison that is wrong in itself says so elsewhere."""
    try:
        condition = Condition({name: {operator: operand}})
    except ValueError:
        return False
    return not any(condition.holds({name: value}) for value in values)


def _bands_asked(source: Source, condition: object, at: Path, scoring: Source | None) -> Iterator[Problem]:
    """Bands that a condition of a clock or a calendar asks for, and scoring.yaml has not."""
    written = [] if scoring is None else [one for one, _ in scoring.entries("bands") if isinstance(one, dict)]
    names = [one[key] for one in written for key in ("band", "was") if isinstance(one.get(key), str)]
    known = {name.casefold() for name in names}
    for name, value, here in named_values(condition, at) if names else ():
        if name == "band" and str(value).casefold() not in known:
            yield source.problem(here, f"no band is called {value!r}{hint(value, names)}")
    for name, wanted, here in compared(condition, at) if names else ():
        for operator, operand in wanted.items() if name == "band" and isinstance(wanted, dict) else ():
            if operator in _PARTS and _is_none(name, operator, operand, names):
                yield source.problem(
                    (*here, operator),
                    f"no band's name {_PARTS[operator]} {operand!r}: there are {', '.join(names)}",
                )


def _table(
    scoring: Source, rule: Mapping[str, Any], at: Path, known: Mapping[str, Sequence[Results]]
) -> Iterator[Problem]:
    """The values in a table of points that its field never is; one beside what is made of it loses nothing."""
    points, variants = rule.get("points"), known.get(str(rule.get("field")), ())
    table = points if isinstance(points, dict) else {}
    for value, its in table.items():
        why = _why_never(variants, value, beside=[other for other, one in table.items() if one == its])
        if why is not None:
            yield scoring.problem((*at, "points", value), f"`{rule['field']}` {why}")
