"""What conditions and score rules say of fields: that they are there, and hold what is asked of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sfsync.core.engagement import ENGAGEMENT
from sfsync.core.model import OWNER
from sfsync.errors import Problem
from sfsync.mappings.reach import is_covered, never_holds
from sfsync.mappings.words import hint
from sfsync.mappings.yaml_lines import Path, Source

Fields = Mapping[str, str | None]
"""The names of lead.yaml, each with the type that it is given there, if any."""

_ASKED = {
    **dict.fromkeys(("at_least", "more_than", "at_most", "less_than"), "number"),
    **dict.fromkeys(("older_than", "newer_than", "before", "after"), "date"),
    **dict.fromkeys(("contains", "starts_with", "matches"), "text"),
}
NAME_VALUES = (None, "is", "is_not", "in", "not_in")
"""The comparisons that name values; None is the short form, `field: value`."""

_OWN_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_NOT_MAPPED = frozenset({"band", *ENGAGEMENT, *OWNER})
"""What conditions can ask for and lead.yaml does not say."""

_PLURAL = {"number": "numbers", "date": "days", "text": "texts"}


def field_types(lead: Source | None, sla: Source | None = None) -> Fields | None:
    """The fields of lead.yaml, and what activities say where sla.yaml has them read; None: cannot be known."""
    if lead is None or not lead.readable or not isinstance(lead.get("fields"), dict):
        return None
    read = ENGAGEMENT if sla is not None and (not sla.readable or sla.get("interactions") is not None) else {}
    return {name: _type(one) for name, one in lead.get("fields").items()} | dict(read)


def _type(one: object) -> str | None:
    if not isinstance(one, dict):
        return None
    if one.get("ranges"):
        return "text"
    given = one.get("type")
    return given if isinstance(given, str) else None


def condition_problems(
    source: Source, condition: object, at: Path, fields: Fields | None
) -> Iterator[Problem]:
    """What is wrong with the names in a condition, and whether it can hold at all."""
    yield from _names(source, condition, at, fields)
    yield from _dead(source, condition, at)


def _dead(source: Source, condition: object, at: Path, *, denied: bool = False) -> Iterator[Problem]:
    """This condition, where it never holds, else the parts of it that never do."""
    name = never_holds(condition)
    if name is not None:
        inside = isinstance(condition, dict) and name in condition
        yield source.problem(
            (*at, name) if inside else at,
            f"this never holds{', and `not` of it always does' if denied else ''}: no value of `{name}` fits all that "
            "is asked of it",
        )
        return
    for key, wanted in condition.items() if isinstance(condition, dict) else ():
        if key in ("all", "any") and isinstance(wanted, list):
            for index, part in enumerate(wanted):
                yield from _dead(source, part, (*at, key, index))
        elif key == "not":
            yield from _dead(source, wanted, (*at, key), denied=True)


def activity_problems(source: Source, condition: object, at: Path) -> Iterator[Problem]:
    """What is wrong with a condition over a Task or an Event, which is asked for its own fields as they are."""
    for name, wanted, here in compared(condition, at):
        if not _OWN_FIELD.match(name):
            message = f"{name!r} is no field of a Task or an Event itself: name one, such as TaskSubtype"
            yield source.problem(here, message)
        for operator in wanted if isinstance(wanted, dict) else ():
            if _ASKED.get(operator) == "date":
                message = (
                    f"`{operator}` is for days, and what was a call or a meeting does not change with them"
                )
                yield source.problem((*here, operator), message)


def reach_problems(
    source: Source, ordered: Iterable[tuple[object, object, Path]], what: str = "lead"
) -> Iterator[Problem]:
    """Those of these of which the first that holds counts, each given with its name, condition and path, that
    nothing gets to.
    """
    seen: list[tuple[object, object]] = []
    for name, condition, at in ordered:
        same = next((earlier for earlier, one in seen if condition is not None and one == condition), None)
        if same is not None:
            yield source.problem(at, f"no {what} gets here: `{same}` has the same condition and comes first")
        elif (last := is_covered(condition, [one for _, one in seen])) is not None:
            yield source.problem(
                at, f"no {what} gets here: what comes before, up to `{seen[last][0]}`, takes all of them"
            )
        seen.append((name, condition))


def _names(source: Source, condition: object, at: Path, fields: Fields | None) -> Iterator[Problem]:
    for name, wanted, here in compared(condition, at):
        yield from _known(source, name, here, fields, ("all", "any", "not"))
        yield from _comparisons(source, name, wanted, here, fields)


def compared(condition: object, at: Path) -> Iterator[tuple[str, object, Path]]:
    """Each field that a condition names, what it is compared with, and its path."""
    for name, wanted in condition.items() if isinstance(condition, dict) else ():
        here = (*at, name)
        if name in ("all", "any") and isinstance(wanted, list):
            for index, part in enumerate(wanted):
                yield from compared(part, (*here, index))
        elif name == "not":
            yield from compared(wanted, here)
        else:
            yield name, wanted, here


def conditions_in(data: object, at: Path = ()) -> Iterator[tuple[object, Path]]:
    """Everything called `when` in a file, with its path."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        if key == "when":
            yield value, (*at, key)
        else:
            yield from conditions_in(value, (*at, key))


def named_values(condition: object, at: Path) -> Iterator[tuple[str, object, Path]]:
    """The field, the value and the path of each value that a condition names."""
    for name, wanted, here in compared(condition, at):
        listed = wanted if isinstance(wanted, dict) else {None: wanted}
        for operator, operand in listed.items():
            if operator in NAME_VALUES:
                inside = here if operator is None else (*here, operator)
                if isinstance(operand, list):
                    yield from ((name, value, (*inside, index)) for index, value in enumerate(operand))
                else:
                    yield name, operand, inside


def unlike(given: str | None, value: object) -> str | None:
    """Why a field of this type is never the value, or None; a date is compared with none."""
    if isinstance(value, dict | list) or value is None or value == "":
        return None
    if given == "date":
        return (
            "holds days, and no day is just another: ask with `before`, `after`, `older_than` or `newer_than`"
        )
    if given == "boolean" and not isinstance(value, bool):
        return f"holds true or false, and never {value!r}: write one of them, without quotes"
    if given == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"holds numbers, and never {value!r}: write one, without quotes"
    if given == "text" and isinstance(value, bool | int | float):
        written = str(value).lower() if isinstance(value, bool) else str(value)
        return f'holds texts, and {written} is none: write "{written}"'
    return None


def held_problems(
    source: Source, name: str, held: str, condition: object, at: Path, *, has_type: bool = True
) -> Iterator[Problem]:
    """What this condition asks of this field that a field which holds such values in the org never is.

    `has_type`: lead.yaml could give it another.
    """
    for asked, wanted, here in compared(condition, at):
        if asked == name:
            yield from _comparisons(source, name, wanted, here, {name: held}, has_type=has_type)


def held_rule_problems(
    scoring: Source, name: str, held: str, rule: Mapping[str, Any], at: Path
) -> Iterator[Problem]:
    """What this rule looks up of this field that a field which holds such values in the org never is."""
    if rule.get("field") == name:
        if rule.get("ranges"):
            yield from _typed(scoring, name, "number", "`ranges`", (*at, "field"), {name: held})
        yield from _table(scoring, name, rule.get("points"), at, {name: held})


def rule_problems(
    scoring: Source, rule: Mapping[str, Any], at: Path, fields: Fields | None
) -> Iterator[Problem]:
    """What is wrong with the fields that a score rule names."""
    for key, type_ in (("field", "number" if rule.get("ranges") else None), ("since", "date")):
        name = rule.get(key)
        if not isinstance(name, str):
            continue
        yield from _known(scoring, name, (*at, key), fields)
        if type_ is not None:
            yield from _typed(
                scoring, name, type_, f"`{'ranges' if key == 'field' else key}`", (*at, key), fields
            )
        else:
            yield from _table(scoring, name, rule.get("points"), at, fields)


def _table(scoring: Source, name: str, table: object, at: Path, fields: Fields | None) -> Iterator[Problem]:
    """The values in a table of points that a field of this type never is."""
    given = None if fields is None else fields.get(name)
    for value in table if isinstance(table, dict) and given is not None else ():
        here = (*at, "points", value)
        if given == "date":
            yield scoring.problem(
                here, f"`{name}` holds days: give `points` `when` a condition holds, or `since`"
            )
        elif given == "boolean" and value.strip().casefold() not in ("true", "false"):
            yield scoring.problem(here, f"`{name}` holds true or false, and never {value!r}")
        elif given == "number" and not _is_as_looked_up(value):
            yield scoring.problem(
                here, f"`{name}` holds numbers, and never {value!r}: give points to `ranges`"
            )


def _is_as_looked_up(value: str) -> bool:
    """Whether a table finds a number under this text: plain, of at most six digits."""
    try:
        return f"{float(value):g}" == value.strip()
    except ValueError:
        return False


def _known(
    source: Source, name: str, at: Path, fields: Fields | None, also: tuple[str, ...] = ()
) -> Iterator[Problem]:
    if fields is not None and name not in fields:
        yield source.problem(at, f"`{name}` is no field of lead.yaml{hint(name, [*sorted(fields), *also])}")


def _comparisons(
    source: Source, name: str, wanted: object, at: Path, fields: Fields | None, *, has_type: bool = True
) -> Iterator[Problem]:
    given = None if fields is None else fields.get(name)
    for _, value, here in named_values({name: wanted}, at[:-1]) if name != "band" else ():
        why = unlike(given, value)
        if why is not None:
            yield source.problem(here, f"`{name}` {why}")
    for operator in wanted if isinstance(wanted, dict) else ():
        asked = _ASKED.get(operator)
        if asked is not None:
            yield from _typed(
                source, name, asked, f"`{operator}`", (*at, operator), fields, has_type=has_type
            )


def _typed(
    source: Source,
    name: str,
    asked: str,
    who: str,
    at: Path,
    fields: Fields | None,
    *,
    has_type: bool = True,
) -> Iterator[Problem]:
    """A field that never holds what it is asked for. A day is one only where lead.yaml says so."""
    if fields is None or name not in fields:
        return
    given = fields[name]
    if given != asked and (given is not None or asked == "date"):
        mend = f"give it `type: {asked}` in lead.yaml, or " if has_type and name not in _NOT_MAPPED else ""
        yield source.problem(
            at, f"{who} is for {_PLURAL[asked]}, and `{name}` holds none: {mend}ask for something else here"
        )
