"""Clocks and ladders that say something which comes to nothing, or to more than was probably meant."""

from __future__ import annotations

from collections.abc import Iterator

from sfsync.core.documents import Clock, Step
from sfsync.core.durations import words
from sfsync.core.policy import Policy
from sfsync.errors import Problem
from sfsync.mappings.ladders import NOTICES
from sfsync.mappings.lengths import WEEK, open_a_week
from sfsync.mappings.loading import Documents
from sfsync.mappings.yaml_lines import Path

_FAR = 10
"""A step so many times later than the deadline is none of a ladder."""

_WRITTEN = {"at", "says", "steps", "label", "was"}
"""What two clocks that count alike may differ in."""


def clocks(documents: Documents) -> Iterator[Problem]:
    """What is doubtful about when clocks run, and about what they are called."""
    sla = documents.sla
    if not any(clock.runs_while.owner == "queue" for clock in sla.clocks.values()):
        yield documents.problem(
            "sla",
            ("clocks",),
            "no clock has `owner: queue`: a lead that waits in a queue is given to nobody, and nobody is told",
        )
    labels = {clock.label.strip().casefold(): name for name, clock in sla.clocks.items()}
    for part, one in (("acquire", sla.acquire), ("follow_ups", sla.follow_ups), ("decision", sla.decision)):
        other = labels.setdefault(one.label.strip().casefold(), part) if one is not None else part
        if other != part:
            message = f"`{other}` has this label, too: in the ledger nobody can tell them apart"
            yield documents.problem("sla", (part, "label"), message)
    seen: list[tuple[str, Clock]] = []
    for name, clock in sla.clocks.items():
        at: Path = ("clocks", name)
        for index, stage in enumerate(clock.silent_in):
            if stage not in clock.runs_while.stage:
                message = f"the clock does not run in `{stage}`, so that it says nothing there anyway"
                yield documents.problem("sla", (*at, "silent_in", index), message)
        if clock.runs_while.stage == ["nurture"] and clock.runs_while.outside_nurture:
            message = (
                "the clock runs in the stage nurture, but in no nurture band: say `outside_nurture: false`"
            )
            yield documents.problem("sla", (*at, "runs_while"), message)
        for other, earlier in seen:
            if clock.model_dump(exclude=_WRITTEN) == earlier.model_dump(exclude=_WRITTEN):
                message = f"`{name}` counts just as `{other}` does: who misses one misses both; put their steps in one"
                yield documents.problem("sla", at, message)
        seen.append((name, clock))


def ladders(documents: Documents, policy: Policy) -> Iterator[Problem]:
    """What is doubtful about steps: whom they tell, and when."""
    for name, clock in documents.sla.clocks.items():
        for index, step in enumerate(clock.steps):
            at: Path = ("clocks", name, "steps", index)
            yield from _step(documents, clock, step, at)
        yield from _too_early(documents, name, clock)
        yield from _grace(documents, policy, name, clock)


def _step(documents: Documents, clock: Clock, step: Step, at: Path) -> Iterator[Problem]:
    if step.task is None and not step.post and not any(also.post for also in step.also):
        message = f"step `{step.step}` tells nobody: give it a `post`, or a `task`"
        yield documents.problem("sla", at, message)
    told = {*step.post, *(person for also in step.also for person in also.post)}
    told |= {step.task.to} if step.task is not None else set()
    if step.reassign and told and "new_owner" not in told:
        message = (
            f"step `{step.step}` gives the lead to somebody and does not tell them: add `post: [new_owner]`"
        )
        yield documents.problem("sla", at, message)
    for number, also in enumerate(step.also):
        if not also.post:
            message = f"the event {also.event.value!r} is written and nobody is told: name them in `post`"
            yield documents.problem("sla", (*at, "also", number), message)
    late = min(step.at.after(time) - time for time in clock.times)
    if step.task is not None and step.task.due == "deadline" and late > 0:
        message = (
            "the deadline is over when this Task is made, so that it is overdue at once: write `due: today`"
        )
        yield documents.problem("sla", (*at, "task", "due"), message)
    if min(step.at.after(time) / time for time in clock.times) > _FAR:
        message = (
            f"step `{step.step}` comes after more than {_FAR} times the clock's time: is the unit right?"
        )
        yield documents.problem("sla", (*at, "at"), message)


def _too_early(documents: Documents, name: str, clock: Clock) -> Iterator[Problem]:
    """Steps in front of others that stand before the owner's first notice, which is given in their place."""
    notices = [index for index, step in enumerate(clock.steps) if step.event in NOTICES]
    for index, step in enumerate(clock.steps[: notices[0] if notices else 0]):
        message = (
            f"the owner is warned before others are told: at this time `{clock.steps[notices[0]].step}` is done in "
            f"the place of `{step.step}`; put it first"
        )
        yield documents.problem("sla", ("clocks", name, "steps", index), message)


def _grace(documents: Documents, policy: Policy, name: str, clock: Clock) -> Iterator[Problem]:
    """A grace that a reassignment always waits for."""
    sla = documents.sla
    notices = [step for step in clock.steps if step.event in NOTICES]
    taking = next((step for step in clock.steps if step.reassign), None)
    if taking is None or not notices or {clock.hours, sla.grace_hours} & _choosing(documents):
        return
    gap = min(taking.at.after(time) - notices[0].at.after(time) for time in clock.times)
    counted = policy.calendars[clock.hours], policy.calendars[sla.grace_hours]
    shares = [(open_a_week(one) or WEEK) / WEEK for one in counted]
    if sla.grace / shares[1] > gap / shares[0]:
        at: Path = ("clocks", name, "steps", clock.steps.index(taking), "at")
        message = (
            f"`grace` is longer than the time from step `{notices[0].step}` to this one, so that it always comes later "
            f"than it says: {words(sla.grace)} in `{sla.grace_hours}` against {words(gap)} in `{clock.hours}`"
        )
        yield documents.problem("sla", at, message)


def _choosing(documents: Documents) -> set[str]:
    return {name for name, one in documents.sla.calendars.items() if one.choose}
