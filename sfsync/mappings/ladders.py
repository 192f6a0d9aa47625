"""What is wrong with a clock's ladder: its order, its events, its words and whom it tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any

from sfsync.core.model import Kind
from sfsync.errors import Problem
from sfsync.mappings.parts import people
from sfsync.mappings.words import hint
from sfsync.mappings.yaml_lines import Path, Source

PLACEHOLDERS = ("owner", "new_owner", "manager", "lead_time", "deadline", "score", "band")
STEP_EVENTS = (Kind.WARNED, Kind.REMINDED, Kind.ESCALATED, Kind.EXECUTIVE_NOTIFIED, Kind.REASSIGNED)
NOTICES = (Kind.WARNED, Kind.REMINDED)
_KINDS = frozenset(kind.value for kind in Kind)


_TWO_BRACES = re.compile(rf"\{{\{{\s*({'|'.join(PLACEHOLDERS)})\s*\}}\}}")
"""A placeholder as other languages write it."""


def ladder_problems(sla: Source, at: Path) -> Iterator[Problem]:
    """What is wrong with the steps of the clock at this path."""
    steps = [(step, here) for step, here in sla.entries(*at, "steps") if isinstance(step, dict)]
    in_queue = sla.get(*at, "runs_while", "owner") == "queue"
    yield from former_names(
        sla, [(step.get("step"), step, here) for step, here in steps], "a step of this clock"
    )
    yield from removed_names(
        sla, (*at, "removed"), [(step.get("step"), step) for step, _ in steps], "a step of this clock"
    )
    notices: list[Path] = []
    taken = None
    for step, here in steps:
        if taken is not None:
            yield sla.problem(
                here, f"this step never comes: step `{taken}` gives the lead away, which ends the run"
            )
        reassigns = step.get("reassign") is True
        yield from _events(sla, step, here, reassigns=reassigns)
        meant = reassigns or step.get("event") == Kind.REASSIGNED
        yield from _says(sla, step, here, reassigns=meant)
        nobody_new = None if meant else "the step does not reassign the lead"
        queue = "the clock runs while a queue owns the lead; write `manager`" if in_queue else None
        yield from people(sla, here, new_owner=nobody_new, owner=queue)
        for _, also in sla.entries(*here, "also"):
            yield from people(sla, also, new_owner=nobody_new, owner=queue)
        if reassigns and not in_queue:
            yield from _unwarned(sla, here, notices)
        notices += [here] if step.get("event") in NOTICES else []
        taken = taken or (step.get("step") if reassigns else None)


def _unwarned(sla: Source, at: Path, notices: Sequence[Path]) -> Iterator[Problem]:
    """A step that takes the lead from an owner whom none of the steps before it has told so."""
    if not notices:
        yield sla.problem(
            at, "a lead is taken only from an owner who was warned: put a step with event Warned before it"
        )
    elif not any(
        sla.get(*here, "task", "to") == "owner" or "owner" in [one for one, _ in sla.entries(*here, "post")]
        for here in notices
    ):
        yield sla.problem(
            notices[0],
            "a lead is taken only from an owner who was warned, and this step does not tell the owner: add "
            "`post: [owner]`, or a `task` with `to: owner`",
        )


def former_names(
    sla: Source, named: Sequence[tuple[object, Mapping[str, Any], Path]], what: str
) -> Iterator[Problem]:
    """What is wrong with the `was` of these clocks or steps, each given with its name now."""
    names = {name for name, _, _ in named}
    seen: set[object] = set()
    for _, one, at in named:
        former = one.get("was")
        if former is None:
            continue
        if former in names:
            yield sla.problem((*at, "was"), f"`{former}` is {what}, so no other was called so")
        elif former in seen:
            yield sla.problem((*at, "was"), f"`{former}` can be the former name of one {what[2:]} only")
        seen.add(former)


def removed_names(
    source: Source,
    at: Path,
    named: Sequence[tuple[object, Mapping[str, Any]]],
    what: str,
) -> Iterator[Problem]:
    """What is wrong with the list at this path of those that are no more, given those that are with their names."""
    names = {name for name, _ in named}
    former = {one.get("was"): name for name, one in named}
    seen: set[object] = set()
    for name, here in source.entries(*at):
        if not isinstance(name, str):
            continue
        if name in names:
            yield source.problem(
                here, f"`{name}` is {what}, and not removed: delete it in one of the two places"
            )
        elif name in former:
            yield source.problem(
                here, f"`{name}` was not removed: `{former[name]}` says with `was` that it was called so"
            )
        elif name in seen:
            yield source.problem(here, f"`{name}` stands in this list twice: delete one")
        seen.add(name)


def _events(sla: Source, step: Mapping[str, Any], at: Path, *, reassigns: bool) -> Iterator[Problem]:
    event = step.get("event")
    if event == "Reassigned" and not reassigns:
        yield sla.problem(
            (*at, "event"), "`event: Reassigned` goes with `reassign: true`; add it, or name another event"
        )
    elif reassigns and event != "Reassigned":
        yield sla.problem(
            (*at, "reassign"), "`reassign: true` goes with `event: Reassigned`; change one of them"
        )
    elif event in _KINDS and event not in STEP_EVENTS:
        yield sla.problem((*at, "event"), f"no step writes the event {event!r}{hint(event, STEP_EVENTS)}")
    written: set[object] = set()
    for also, here in sla.entries(*at, "also"):
        other = also.get("event") if isinstance(also, dict) else None
        if other in written:
            yield sla.problem(
                (*here, "event"),
                f"`also` writes the event {other!r} twice; write it once, and name in its `post` all who are told",
            )
        written.add(other if isinstance(other, str) else None)
        further = tuple(one for one in STEP_EVENTS if one != Kind.REASSIGNED)
        if other in _KINDS and other not in further:
            yield sla.problem(
                (*here, "event"), f"no step also writes the event {other!r}{hint(other, further)}"
            )


def _says(sla: Source, step: Mapping[str, Any], at: Path, *, reassigns: bool) -> Iterator[Problem]:
    says = step.get("says")
    if not isinstance(says, str):
        return
    here = (*at, "says")
    try:
        parts = list(Formatter().parse(says))
    except ValueError:
        yield sla.problem(here, "a brace `{` or `}` without its partner; a placeholder is written {owner}")
        return
    for braces in _TWO_BRACES.finditer(says):
        yield sla.problem(
            here, f"write {{{braces[1]}}}: a word in two braces is shown as it stands, and not filled in"
        )
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS:
            yield sla.problem(here, f"`{{{name}}}` is no placeholder{hint(name, PLACEHOLDERS)}")
        elif form or conversion:
            yield sla.problem(here, f"write just {{{name}}}; a placeholder has no `:` and no `!`")
        elif name == "new_owner" and not reassigns:
            yield sla.problem(here, "there is no {new_owner} here: the step does not reassign the lead")
