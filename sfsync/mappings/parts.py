"""What the checks of several mapping files have in common: names of calendars, people, conditions in order."""

from __future__ import annotations

from collections.abc import Iterator

from sfsync.errors import Problem
from sfsync.mappings.conditions import Fields, condition_problems, reach_problems
from sfsync.mappings.words import hint
from sfsync.mappings.yaml_lines import Path, Source


def keys(source: Source | None, name: str, *, or_none: bool = False) -> set[str] | None:
    """The keys of a part of a file; None where they cannot be known."""
    if source is None or not source.readable:
        return None
    part = source.get(name)
    if part is None and or_none and name not in source.data:
        return set()
    return set(part) if isinstance(part, dict) else None


def people(
    source: Source, at: Path, *, new_owner: str | None = None, owner: str | None = None
) -> Iterator[Problem]:
    """Who is named by a `task` and by `post` here; `new_owner`, `owner` say why there can be none."""
    named = [(source.get(*at, "task", "to"), (*at, "task", "to")), *source.entries(*at, "post")]
    for person, here in named:
        reason = new_owner if person == "new_owner" else owner if person == "owner" else None
        if reason is not None:
            yield source.problem(here, f"there is no {person} here: {reason}")


def no_deadline(source: Source, at: Path) -> Iterator[Problem]:
    if source.get(*at, "task", "due") == "deadline":
        yield source.problem(
            (*at, "task", "due"), "only a step of a clock has a deadline; write `today` or `in 3 days`"
        )


def first_of(
    source: Source, at: Path, name: str, fields: Fields | None, what: str = "lead"
) -> Iterator[Problem]:
    """What is wrong with the conditions of a list of which the first that holds counts; `name` names an entry."""
    written = [(one, here) for one, here in source.entries(*at) if isinstance(one, dict)]
    for one, here in written:
        yield from condition_problems(source, one.get("when"), (*here, "when"), fields)
    yield from reach_problems(
        source, [(one.get(name), one.get("when"), (*here, "when")) for one, here in written], what
    )


def calendar(source: Source, at: Path, calendars: set[str] | None) -> Iterator[Problem]:
    name = source.get(*at)
    if calendars is not None and isinstance(name, str) and name not in calendars | {"always"}:
        known = ["always", *sorted(calendars)]
        yield source.problem(at, f"`{name}` is no calendar of sla.yaml{hint(name, known)}")
