"""What sla.yaml says of stages, calendars, bands and itself, and what in it no single key shows to be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from sfsync.core.mapping import OVER, StageName
from sfsync.core.model import OWNER
from sfsync.errors import Problem
from sfsync.mappings.conditions import Fields, activity_problems, condition_problems
from sfsync.mappings.ladders import former_names, ladder_problems, removed_names
from sfsync.mappings.parts import calendar, first_of, keys, no_deadline, people
from sfsync.mappings.words import hint
from sfsync.mappings.yaml_lines import Path, Source

UNSEEN = "no interaction is ever seen: say under `interactions:` what one is in this org"


def clock_problems(
    sla: Source, lead: Source | None, fields: Fields | None, scoring: Source | None
) -> Iterator[Problem]:
    """What is wrong with calendars, interactions, clocks and what stands beside them.

    `fields` are those that conditions may name; None where they cannot be known.
    """
    if not sla.readable:
        return
    stages = keys(lead, "stages")
    calendars = keys(sla, "calendars", or_none=True)
    if sla.get("calendars", "always") is not None:
        yield sla.problem(
            ("calendars", "always"), "`always` means 24x7 and cannot be another calendar; rename it"
        )
    yield from _choices(sla, fields)
    yield from calendar(sla, ("grace_hours",), calendars)
    yield from _beside_clocks(sla, stages, fields, calendars)
    clocks = [(clock, at) for clock, at in sla.entries("clocks") if isinstance(clock, dict)]
    yield from former_names(sla, [(at[-1], clock, at) for clock, at in clocks], "a clock of this file")
    yield from removed_names(
        sla, ("removed",), [(at[-1], clock) for clock, at in clocks], "a clock of this file"
    )
    for clock, at in clocks:
        yield from calendar(sla, (*at, "hours"), calendars)
        for part in (("runs_while", "stage"), ("met_by", "stage"), ("paused_while", "stage"), ("silent_in",)):
            yield from _no_status(sla, (*at, *part), stages)
        known = None if fields is None else {**fields, "band": "text"}
        yield from first_of(sla, (*at, "time_by"), "time", known)
        yield from _times_of_nobody(sla, at, scoring)
        yield from _asks_for_interactions(sla, clock, at)
        yield from _stays_unmet(sla, at)
        yield from _stands_still(sla, at, lead)
        yield from _over(sla, (*at, "runs_while", "stage"))
        yield from ladder_problems(sla, at)


def _stays_unmet(sla: Source, at: Path) -> Iterator[Problem]:
    """Stages that are said to meet a clock and do not end its run, and interactions that do not begin one."""
    anew = [one for one, _ in sla.entries(*at, "starts_anew")]
    runs = [one for one, _ in sla.entries(*at, "runs_while", "stage")]
    rests = [one for one, _ in sla.entries(*at, "paused_while", "stage")]
    for stage, here in sla.entries(*at, "met_by", "stage"):
        if "stage" in anew:
            continue
        if stage in runs:
            yield sla.problem(
                here,
                f"the clock runs in `{stage}`, too, so that going there does not end it: take `{stage}` out of "
                "`runs_while`, or out of `met_by`",
            )
        elif stage in rests:
            yield sla.problem(
                here,
                f"the clock only stands still in `{stage}`, so that going there does not end it: take `{stage}` out "
                "of `paused_while`, or out of `met_by`",
            )
    if "interaction" in anew and sla.get(*at, "met_by", "interaction") is None:
        yield sla.problem(
            (*at, "starts_anew"),
            "an interaction starts anew only a clock that asks for one: add `met_by: {interaction: owner}`, or "
            "`{interaction: anybody}`",
        )


def _stands_still(sla: Source, at: Path, lead: Source | None) -> Iterator[Problem]:
    """A clock that pauses in each status of the stages in which it runs; where stages alone say so, its shape does."""
    runs = {str(one) for one, _ in sla.entries(*at, "runs_while", "stage")}
    stages = {str(one) for one, _ in sla.entries(*at, "paused_while", "stage")}
    paused = {one for one, _ in sla.entries(*at, "paused_while", "status")}
    left = [[one for one, _ in lead.entries("stages", stage)] for stage in runs - stages] if lead else []
    if left and all(left) and paused.issuperset(status for statuses in left for status in statuses):
        yield sla.problem(
            (*at, "paused_while"), "the clock stands still wherever it runs: its time never passes"
        )


def _no_status(sla: Source, at: Path, stages: set[str] | None) -> Iterator[Problem]:
    """Stages that no status of lead.yaml means."""
    for stage, here in sla.entries(*at):
        if stages is not None and stage in get_args(StageName) and stage not in stages:
            yield sla.problem(
                here, f"no status means the stage `{stage}` in lead.yaml{hint(stage, sorted(stages))}"
            )


def _over(sla: Source, at: Path) -> Iterator[Problem]:
    """Stages in which nothing is done any more."""
    for stage, here in sla.entries(*at):
        if stage in OVER:
            yield sla.problem(
                here, f"a lead that is `{stage}` is over: no clock runs and no Task is made; take it out"
            )


def _times_of_nobody(sla: Source, at: Path, scoring: Source | None) -> Iterator[Problem]:
    """Times for bands in which the clock does not run."""
    if scoring is None or sla.get(*at, "runs_while", "outside_nurture") not in (None, True):
        return
    bands = [one for one, _ in scoring.entries("bands") if isinstance(one, dict)]
    nurture = {str(one.get("band")).casefold() for one in bands if one.get("nurture") is True}
    for _, here in sla.entries(*at, "time_by"):
        wanted = sla.get(*here, "when", "band")
        named = wanted if isinstance(wanted, list) else [wanted]
        if all(str(band).casefold() in nurture for band in named):
            yield sla.problem(
                (*here, "when", "band"),
                "this clock runs in no nurture band, so that no lead gets this time: take it out, or say "
                "`outside_nurture: false` under `runs_while`",
            )


def _beside_clocks(
    sla: Source, stages: set[str] | None, fields: Fields | None, calendars: set[str] | None
) -> Iterator[Problem]:
    """What stands beside the clocks: late entries, follow-ups, the manager's decision."""
    yield from first_of(sla, ("interactions", "tasks"), "kind", None, "Task")
    for part in ("events", "answered"):
        yield from condition_problems(sla, sla.get("interactions", part), ("interactions", part), None)
    asked: list[Path] = [(*here, "when") for _, here in sla.entries("interactions", "tasks")]
    for here in (*asked, ("interactions", "events"), ("interactions", "answered")):
        yield from activity_problems(sla, sla.get(*here), here)
    for part in ("acquire", "follow_ups"):
        yield from calendar(sla, (part, "hours"), calendars)
    for part in ("follow_ups", "decision"):
        if not isinstance(sla.get(part), dict):
            continue
        yield from people(sla, (part,), new_owner="nobody new gets the lead here")
        yield from no_deadline(sla, (part,))
        yield from _over(sla, (part, "stage"))
        yield from _no_status(sla, (part, "stage"), stages)
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
    known = None if fields is None else {**fields, "band": "text", **dict.fromkeys(OWNER, "text")}
    for one, at in written:
        if "choose" not in one:
            continue
        named = [(one.get("otherwise"), (*at, "otherwise"))]
        for choice, here in sla.entries(*at, "choose"):
            if isinstance(choice, dict):
                named.append((choice.get("use"), (*here, "use")))
        yield from first_of(sla, (*at, "choose"), "use", known)
        for name, here in named:
            if isinstance(name, str) and name not in plain | {"always"}:
                chooses = any(at[-1] == name for _, at in written)
                why = "chooses itself" if chooses else "is no calendar of sla.yaml"
                yield sla.problem(here, f"`{name}` {why}{hint(name, ['always', *sorted(plain)])}")
