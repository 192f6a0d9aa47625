"""What the mapping files say of each other, and what no single key shows to be wrong.

These checks walk the files as read, not the validated documents, so that a mistake in one place hides none in
another. Where the shape is wrong they see nothing; the shape's own mistakes are found elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Formatter
from typing import Any, TypeGuard, get_args

from sfsync.core.mapping import StageName
from sfsync.core.model import OWNER, Kind
from sfsync.errors import Problem
from sfsync.policy_conditions import (
    Fields,
    activity_problems,
    condition_problems,
    field_types,
    named_values,
    reach_problems,
    rule_problems,
)
from sfsync.policy_words import hint
from sfsync.yaml_lines import Path, Source

PLACEHOLDERS = ("owner", "new_owner", "manager", "lead_time", "deadline", "score", "band")
STEP_EVENTS = (Kind.WARNED, Kind.REMINDED, Kind.ESCALATED, Kind.EXECUTIVE_NOTIFIED, Kind.REASSIGNED)
_KINDS = frozenset(kind.value for kind in Kind)
UNSEEN = "no interaction is ever seen: say under `interactions:` what one is in this org"
NOTICES = (Kind.WARNED, Kind.REMINDED)


def cross_problems(files: Mapping[str, Source]) -> Iterator[Problem]:
    """Every mistake that shows only when parts of the files are held against each other."""
    lead, scoring, sla, routing = (files.get(name) for name in ("lead", "scoring", "sla", "routing"))
    fields = field_types(lead, sla)
    for source in files.values():
        yield from _empty(source, source.data, ())
    if scoring is not None:
        yield from _scoring(scoring, fields)
    if sla is not None:
        yield from _clocks(sla, _keys(lead, "stages"), fields)
        yield from _bands_named(sla, scoring)
    if routing is not None:
        yield from _routing(routing, fields, _keys(sla, "calendars", or_none=True))


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


def _keys(source: Source | None, name: str, *, or_none: bool = False) -> set[str] | None:
    """The keys of a part of a file; None where they cannot be known."""
    if source is None or not source.readable:
        return None
    part = source.get(name)
    if part is None and or_none and name not in source.data:
        return set()
    return set(part) if isinstance(part, dict) else None


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


def _sum(parts: Iterable[float | None]) -> float | None:
    """The sum, or None where a part is unknown."""
    known = list(parts)
    return None if None in known else sum(part for part in known if part is not None)


def _bands(scoring: Source, reachable: float | None) -> Iterator[Problem]:
    """What is wrong with the bands, given the most that all rules together can give (None: not known)."""
    for band, at in scoring.entries("bands"):
        if not isinstance(band, dict):
            continue
        lowest = band.get("lowest")
        if reachable is not None and isinstance(lowest, int) and lowest > int(reachable + 0.5):
            yield scoring.problem(
                (*at, "lowest"), f"no lead can reach this band: all rules together give {reachable:g} at most"
            )
        gives = isinstance(band.get("owner"), str)
        yield from _people(scoring, at, new_owner=None if gives else "the band has no `owner:` to give it to")
        yield from _no_deadline(scoring, at)


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


def _people(
    source: Source, at: Path, *, new_owner: str | None = None, owner: str | None = None
) -> Iterator[Problem]:
    """Who is named by a `task` and by `post` here; `new_owner`, `owner` say why there can be none."""
    named = [(source.get(*at, "task", "to"), (*at, "task", "to")), *source.entries(*at, "post")]
    for person, here in named:
        reason = new_owner if person == "new_owner" else owner if person == "owner" else None
        if reason is not None:
            yield source.problem(here, f"there is no {person} here: {reason}")


def _no_deadline(source: Source, at: Path) -> Iterator[Problem]:
    if source.get(*at, "task", "due") == "deadline":
        yield source.problem(
            (*at, "task", "due"), "only a step of a clock has a deadline; write `today` or `in 3 days`"
        )


def _clocks(sla: Source, stages: set[str] | None, fields: Fields | None) -> Iterator[Problem]:
    if not sla.readable:
        return
    calendars = _keys(sla, "calendars", or_none=True)
    if sla.get("calendars", "always") is not None:
        yield sla.problem(
            ("calendars", "always"), "`always` means 24x7 and cannot be another calendar; rename it"
        )
    yield from _choices(sla, fields)
    yield from _calendar(sla, ("grace_hours",), calendars)
    yield from _beside_clocks(sla, stages, fields, calendars)
    clocks = [(clock, at) for clock, at in sla.entries("clocks") if isinstance(clock, dict)]
    yield from _former_names(sla, [(at[-1], clock, at) for clock, at in clocks], "a clock of this file")
    for clock, at in clocks:
        yield from _calendar(sla, (*at, "hours"), calendars)
        for part in (("runs_while", "stage"), ("met_by", "stage"), ("paused_while", "stage"), ("silent_in",)):
            for stage, here in sla.entries(*at, *part):
                if stages is not None and stage in get_args(StageName) and stage not in stages:
                    yield sla.problem(
                        here,
                        f"no status means the stage `{stage}` in lead.yaml{hint(stage, sorted(stages))}",
                    )
        known = None if fields is None else {**fields, "band": None}
        yield from _first_of(sla, (*at, "time_by"), "time", known)
        yield from _asks_for_interactions(sla, clock, at)
        yield from _ladder(sla, at)


def _bands_named(sla: Source, scoring: Source | None) -> Iterator[Problem]:
    """Bands that the conditions of clocks and calendars name, and scoring.yaml has not."""
    written = [] if scoring is None else [one for one, _ in scoring.entries("bands") if isinstance(one, dict)]
    bands = {
        str(one[key]).casefold(): str(one[key]) for one in written for key in ("band", "was") if key in one
    }
    lists = [(*at, "time_by") for _, at in sla.entries("clocks")]
    lists += [(*at, "choose") for _, at in sla.entries("calendars")]
    for one, at in (entry for path in lists for entry in sla.entries(*path)):
        when = one.get("when") if isinstance(one, dict) else None
        for name, value, here in named_values(when, (*at, "when")):
            if name == "band" and bands and str(value).casefold() not in bands:
                yield sla.problem(here, f"no band is called {value!r}{hint(value, bands.values())}")


def _beside_clocks(
    sla: Source, stages: set[str] | None, fields: Fields | None, calendars: set[str] | None
) -> Iterator[Problem]:
    """What stands beside the clocks: late entries, follow-ups, the manager's decision."""
    yield from _first_of(sla, ("interactions", "tasks"), "kind", None, "Task")
    for part in ("events", "answered"):
        yield from condition_problems(sla, sla.get("interactions", part), ("interactions", part), None)
    asked: list[Path] = [(*here, "when") for _, here in sla.entries("interactions", "tasks")]
    for here in (*asked, ("interactions", "events"), ("interactions", "answered")):
        yield from activity_problems(sla, sla.get(*here), here)
    for part in ("acquire", "follow_ups"):
        yield from _calendar(sla, (part, "hours"), calendars)
    for part in ("follow_ups", "decision"):
        if not isinstance(sla.get(part), dict):
            continue
        yield from _people(sla, (part,), new_owner="nobody new gets the lead here")
        yield from _no_deadline(sla, (part,))
        for stage, here in sla.entries(part, "stage"):
            if stages is not None and stage in get_args(StageName) and stage not in stages:
                yield sla.problem(
                    here, f"no status means the stage `{stage}` in lead.yaml{hint(stage, sorted(stages))}"
                )
        if sla.get("interactions") is None:
            yield sla.problem((part,), UNSEEN)
    since = sla.get("acquire", "since")
    if fields is not None and isinstance(since, str):
        if since not in fields:
            yield sla.problem(
                ("acquire", "since"), f"`{since}` is no field of lead.yaml{hint(since, sorted(fields))}"
            )
        elif fields[since] != "date":
            yield sla.problem(
                ("acquire", "since"), f"`{since}` holds no days: write `type: date` with it in lead.yaml"
            )


def _asks_for_interactions(sla: Source, clock: Mapping[str, Any], at: Path) -> Iterator[Problem]:
    """A clock that asks for interactions in a file that does not say what they are."""
    if sla.get("interactions") is not None:
        return
    anew = clock.get("starts_anew")
    if sla.get(*at, "met_by", "interaction") is not None:
        here: Path = (*at, "met_by", "interaction")
    elif isinstance(anew, list) and "interaction" in anew:
        here = (*at, "starts_anew")
    else:
        return
    yield sla.problem(here, UNSEEN)


def _choices(sla: Source, fields: Fields | None) -> Iterator[Problem]:
    """What is wrong with calendars that choose among others."""
    written = [(one, at) for one, at in sla.entries("calendars") if isinstance(one, dict)]
    plain = {str(at[-1]) for one, at in written if "choose" not in one}
    known = None if fields is None else {**fields, "band": None, **dict.fromkeys(OWNER, "text")}
    for one, at in written:
        if "choose" not in one:
            continue
        named = [(one.get("otherwise"), (*at, "otherwise"))]
        for choice, here in sla.entries(*at, "choose"):
            if isinstance(choice, dict):
                named.append((choice.get("use"), (*here, "use")))
        yield from _first_of(sla, (*at, "choose"), "use", known)
        for name, here in named:
            if isinstance(name, str) and name not in plain | {"always"}:
                chooses = any(at[-1] == name for _, at in written)
                why = "chooses itself" if chooses else "is no calendar of sla.yaml"
                yield sla.problem(here, f"`{name}` {why}{hint(name, ['always', *sorted(plain)])}")


def _first_of(
    source: Source, at: Path, name: str, fields: Fields | None, what: str = "lead"
) -> Iterator[Problem]:
    """What is wrong with the conditions of a list of which the first that holds counts; `name` names an entry."""
    written = [(one, here) for one, here in source.entries(*at) if isinstance(one, dict)]
    for one, here in written:
        yield from condition_problems(source, one.get("when"), (*here, "when"), fields)
    yield from reach_problems(
        source, [(one.get(name), one.get("when"), (*here, "when")) for one, here in written], what
    )


def _calendar(source: Source, at: Path, calendars: set[str] | None) -> Iterator[Problem]:
    name = source.get(*at)
    if calendars is not None and isinstance(name, str) and name not in calendars | {"always"}:
        known = ["always", *sorted(calendars)]
        yield source.problem(at, f"`{name}` is no calendar of sla.yaml{hint(name, known)}")


def _ladder(sla: Source, at: Path) -> Iterator[Problem]:
    steps = [(step, here) for step, here in sla.entries(*at, "steps") if isinstance(step, dict)]
    in_queue = sla.get(*at, "runs_while", "owner") == "queue"
    yield from _former_names(
        sla, [(step.get("step"), step, here) for step, here in steps], "a step of this clock"
    )
    noticed, taken = False, None
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
        yield from _people(sla, here, new_owner=nobody_new, owner=queue)
        for _, also in sla.entries(*here, "also"):
            yield from _people(sla, also, new_owner=nobody_new, owner=queue)
        if reassigns and not noticed and not in_queue:
            yield sla.problem(
                here,
                "a lead is taken only from an owner who was warned: put a step with event Warned before it",
            )
        noticed = noticed or step.get("event") in NOTICES
        taken = taken or (step.get("step") if reassigns else None)


def _former_names(
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
    for also, here in sla.entries(*at, "also"):
        other = also.get("event") if isinstance(also, dict) else None
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
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS:
            yield sla.problem(here, f"`{{{name}}}` is no placeholder{hint(name, PLACEHOLDERS)}")
        elif form or conversion:
            yield sla.problem(here, f"write just {{{name}}}; a placeholder has no `:` and no `!`")
        elif name == "new_owner" and not reassigns:
            yield sla.problem(here, "there is no {new_owner} here: the step does not reassign the lead")


def _routing(routing: Source, fields: Fields | None, calendars: set[str] | None) -> Iterator[Problem]:
    for part in ("territories", "expertise"):
        names: set[object] = set()
        written = [(one, at) for one, at in routing.entries(part) if isinstance(one, dict)]
        for one, at in written:
            name = one.get("name")
            yield from condition_problems(routing, one.get("when"), (*at, "when"), fields)
            if name is not None and name in names:
                yield routing.problem((*at, "name"), f"`{name}` stands here a second time; names differ")
            names.add(name)
        yield from reach_problems(
            routing, [(one.get("name"), one.get("when"), (*at, "when")) for one, at in written]
        )
    yield from _calendar(routing, ("working_hours",), calendars)
    yield from _no_deadline(routing, ())
