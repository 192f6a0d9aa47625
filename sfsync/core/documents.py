"""The policy as admins write it: one document a mapping file, every number in them changeable.

These are shapes only. What a document means is in scoring.py, clock.py and routing.py; how a file becomes a
document, with the line of every mistake, is in sfsync/mappings/loading.py. policy.py joins them into one Policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from sfsync.core.activities import InteractionsDocument
from sfsync.core.calendar_language import CalendarDocument
from sfsync.core.clock_language import MetBy, PausedWhile, StartsAnew, TimeBy
from sfsync.core.conditions import When
from sfsync.core.durations import At, Seconds, words
from sfsync.core.mapping import StageName
from sfsync.core.mistakes import Mistake, refuse
from sfsync.core.model import Kind
from sfsync.core.score_rule import ScoreRule
from sfsync.core.shapes import Document, Number, Whole, differing
from sfsync.core.tasks import Acquisition, Decision, FollowUps, Person, TaskTemplate

MOST_OF_A_VERSION = 40
"""So many characters of the versions of a policy the org keeps."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_NO_NAME = "{!r} cannot be a permanent name: use lower case letters, digits and _, at most 40, a letter first"


def _permanent_name(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(_NO_NAME.format(name))
    return name


def _alike(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Those of these names, by index, that differ from an earlier one by upper and lower case only."""
    written = list(names)
    otherwise = dict(differing(written))
    yield from ((index, otherwise[name]) for index, name in enumerate(written) if name in otherwise)


def _former_name(name: str | None) -> str | None:
    return None if name is None else _permanent_name(name)


def _former_names(names: list[str]) -> list[str]:
    refuse([((index,), _NO_NAME.format(name)) for index, name in enumerate(names) if not _NAME.match(name)])
    return names


class Header(Document):
    """Who stands behind a policy, and since when (requirement P4)."""

    policy: str = Field(description="The policy's name")
    version: str = Field(max_length=MOST_OF_A_VERSION, description="Its version, shown with every decision")
    owner: str | None = Field(default=None, description="Username of the policy's owner")
    effective_from: date | None = Field(default=None, description="Not applied before this day")
    reviewed_on: date | None = None
    signed_by: list[str] = Field(default=[], description="Who signed it; both heads do")


class Criterion(Document):
    """One criterion of the score; it never leaves 0 to `most`."""

    label: str
    most: Number = Field(default=25, gt=0)
    rules: list[ScoreRule] = Field(min_length=1)


class Band(Document):
    """A range of scores and what entering it does."""

    band: str = Field(max_length=40)
    was: str | None = Field(default=None, description="The band's former name; renaming it needs `was`")
    lowest: Whole = Field(ge=0, le=100)
    highest: Whole = Field(ge=0, le=100)
    nurture: bool = Field(default=False, description="No clock runs; an open lead moves to the stage nurture")
    owner: str | None = Field(
        default=None, description="Username or queue that gets a lead entering this band"
    )
    task: TaskTemplate | None = None
    post: list[Person] = []

    @field_validator("band")
    @classmethod
    def _in_a_key(cls, band: str) -> str:
        if ">" in band:
            raise ValueError("a band's name holds no `>`: the ledger's keys say `from>to`")
        return band


class ScoringDocument(Header):
    """mappings/scoring.yaml (requirements P2, P3)."""

    criteria: dict[str, Criterion] = Field(min_length=1)
    bands: list[Band] = Field(min_length=1)
    removed: list[str] = Field(
        default=[], description="Bands that are no more, and that leads are still in or come from"
    )
    margin: Whole = Field(
        default=0,
        ge=0,
        le=20,
        description="A lead leaves its band when its score is more than this beyond it",
    )

    @field_validator("criteria")
    @classmethod
    def _whole(cls, criteria: dict[str, Criterion]) -> dict[str, Criterion]:
        total = sum(one.most for one in criteria.values())
        if total != 100:
            raise ValueError(
                f"the criteria add up to {total:.12g}; a score is 0 to 100, so `most` must add up to 100"
            )
        return criteria

    @field_validator("bands")
    @classmethod
    def _some_work(cls, bands: list[Band]) -> list[Band]:
        if all(band.nurture for band in bands):
            raise ValueError(
                "every band is `nurture: true`: no clock would ever run; take it out where reps act"
            )
        refuse([((index, "band"), message) for index, message in _alike(band.band for band in bands)])
        return bands

    @field_validator("bands")
    @classmethod
    def _gapless(cls, bands: list[Band]) -> list[Band]:
        found: list[Mistake] = []
        expected, names = 0, set()
        for index, band in enumerate(bands):
            if band.lowest != expected:
                found.append(
                    (
                        (index, "lowest"),
                        f"band {band.band!r} is {band.lowest} to {band.highest}; the bands go from 0 to 100 "
                        f"upwards without gap or overlap, so this one begins at {expected}",
                    )
                )
            if band.highest < band.lowest:
                found.append(
                    ((index, "highest"), f"band {band.band!r} ends at {band.highest}, before it begins")
                )
            if band.band in names:
                found.append(((index, "band"), f"two bands are called {band.band!r}; each has its own name"))
            names.add(band.band)
            expected = band.highest + 1
        former: set[str] = set()
        for index, band in enumerate(bands):
            if band.was is not None and band.was in names:
                found.append(
                    ((index, "was"), f"`{band.was}` is a band of this file, so no other was called so")
                )
            elif band.was is not None and band.was in former:
                found.append(((index, "was"), f"`{band.was}` can be the former name of one band only"))
            former |= {band.was} if band.was is not None else set()
        if expected <= 100 and not found:
            found.append(
                ((len(bands) - 1, "highest"), f"no band holds the scores from {expected} to 100; end at 100")
            )
        refuse(found)
        return bands


class AlsoEvent(Document):
    """A further event that a step writes, with its own post."""

    event: Kind
    post: list[Person] = []


class Step(Document):
    """One step of a clock's ladder (requirements P6, P13)."""

    step: str = Field(description="Permanent name; renaming it needs `was`")
    was: str | None = Field(default=None, description="The step's former name")
    at: At
    event: Kind
    says: str = Field(description="What the rep reads; {lead_time}, {deadline}, {owner} are filled in")
    task: TaskTemplate | None = None
    post: list[Person] = []
    reassign: bool = False
    also: list[AlsoEvent] = []

    _name = field_validator("step")(_permanent_name)
    _former = field_validator("was")(_former_name)


class RunsWhile(Document):
    """When a clock runs; all of it must hold."""

    stage: list[StageName] = Field(min_length=1)
    owner: Literal["user", "queue", "any"] = "any"
    outside_nurture: bool = True


class Clock(Document):
    """A service-level clock and its ladder."""

    label: str = Field(max_length=80, description="Its name on the lead")
    was: str | None = Field(default=None, description="The clock's former name; renaming it needs `was`")
    time: Seconds = Field(gt=0, description="How long the clock gives")
    time_by: list[TimeBy] = Field(default=[], description="Other times; the first whose `when` holds counts")
    hours: str = Field(default="always", description="Name of a calendar")
    runs_while: RunsWhile
    starts_anew: list[StartsAnew] = Field(
        default=[], description="What ends a run and starts the next, besides a new owner, who always does"
    )
    met_by: MetBy | None = Field(
        default=None, description="What ends it in time; leaving the stage if not said"
    )
    paused_while: PausedWhile | None = None
    silent_in: list[StageName] = Field(
        default=[], description="It counts in these stages, but says nothing: another clock does"
    )
    steps: list[Step] = []
    removed: list[str] = Field(
        default=[], description="Its steps that are no more; the ledger of open leads may still have them"
    )

    _former = field_validator("was")(_former_name)
    _no_more = field_validator("removed")(_former_names)

    @field_validator("steps")
    @classmethod
    def _names_differ(cls, steps: list[Step]) -> list[Step]:
        names = [step.step for step in steps]
        refuse(
            [
                ((index, "step"), f"two steps are called `{name}`; a step's name is permanent and its own")
                for index, name in enumerate(names)
                if name in names[:index]
            ]
        )
        return steps

    @model_validator(mode="after")
    def _in_order(self) -> Clock:
        refuse(
            list({mistake[0]: mistake for time in self.times for mistake in self._disorder(time)}.values())
        )
        return self

    @model_validator(mode="after")
    def _counts_and_speaks(self) -> Clock:
        runs = set(self.runs_while.stage)
        found: list[Mistake] = []
        if self.paused_while is not None and runs <= set(self.paused_while.stage):
            found.append(
                (("paused_while",), "the clock stands still wherever it runs: its time never passes")
            )
        if self.steps and runs <= set(self.silent_in):
            found.append(
                (("silent_in",), "the clock says nothing wherever it runs: its steps are never done")
            )
        refuse(found)
        return self

    @property
    def times(self) -> list[int]:
        """Every time that it can give, in seconds."""
        return [self.time, *(one.time for one in self.time_by)]

    def _disorder(self, time: int) -> Iterator[Mistake]:
        moments = [step.at.after(time) for step in self.steps]
        for index, step in enumerate(self.steps):
            if moments[index] < 0:
                yield (
                    ("steps", index, "at"),
                    f"step `{step.step}` comes before the clock of {words(time)} starts",
                )
            elif index and moments[index] <= moments[index - 1]:
                yield (
                    ("steps", index, "at"),
                    f"step `{step.step}` does not come later than the step before it; put them in order",
                )


class SlaDocument(Header):
    """mappings/sla.yaml (requirements P5 to P13)."""

    calendars: dict[str, CalendarDocument] = {}
    clocks: dict[str, Clock]
    removed: list[str] = Field(
        default=[], description="Clocks that are no more; the ledger of open leads may still have them"
    )
    interactions: InteractionsDocument | None = Field(
        default=None, description="What counts as an interaction; without it no Task and no Event is read"
    )
    acquire: Acquisition | None = None
    follow_ups: FollowUps | None = None
    decision: Decision | None = None
    grace: Seconds = Field(description="Working time between a warning and what is done to its owner")
    grace_hours: str = Field(default="always", description="Calendar that the grace is counted in")
    max_lateness: Seconds = Field(description="A step later than this is never done")
    taking_from_queue_accepts: bool = True

    _no_more = field_validator("removed")(_former_names)

    @field_validator("max_lateness")
    @classmethod
    def _looked_at(cls, max_lateness: int) -> int:
        if max_lateness < 3600:
            raise ValueError(
                f"{words(max_lateness)} is over before sfsync has looked again: steps would never be done; allow "
                "1 hour or more"
            )
        return max_lateness

    @field_validator("clocks")
    @classmethod
    def _told_apart(cls, clocks: dict[str, Clock]) -> dict[str, Clock]:
        seen: dict[str, str] = {}
        found: list[Mistake] = []
        for name, clock in clocks.items():
            other = seen.setdefault(clock.label.strip().casefold(), name)
            if other != name:
                message = f"the clock `{other}` has this label, too: on the lead nobody could tell them apart"
                found.append(((name, "label"), message))
        refuse(found)
        return clocks

    @field_validator("clocks")
    @classmethod
    def _permanent(cls, clocks: dict[str, Clock]) -> dict[str, Clock]:
        refuse([((name,), _NO_NAME.format(name)) for name in clocks if not _NAME.match(name)])
        return clocks


class People(Document):
    """A group of people: everybody with a role, or named ones."""

    role: str | None = Field(default=None, description="UserRole.Name")
    users: list[str] = Field(default=[], description="Usernames")

    @model_validator(mode="after")
    def _somebody(self) -> People:
        if self.role is None and not self.users:
            raise ValueError("say who: `role`, `users`, or both")
        return self


class Territory(Document):
    """Leads for which these reps are responsible (by place or by expertise)."""

    name: str
    when: When
    reps: People


LONGEST_ABSENCE = timedelta(days=5 * 366)
"""Nobody who comes back was away for longer; who does not is no active user."""


class Absence(Document):
    """A rep who gets no leads for some days, both included."""

    user: str
    first: date
    last: date

    @model_validator(mode="after")
    def _forwards(self) -> Absence:
        if self.last < self.first:
            refuse([(("last",), f"the absence ends on {self.last}, before it begins on {self.first}")])
        if self.last - self.first > LONGEST_ABSENCE:
            refuse([(("last",), f"the absence ends on {self.last}, years after it begins: correct the year")])
        return self


class RoutingDocument(Header):
    """mappings/routing.yaml (requirement P5)."""

    reps: People
    executive: People
    managers: People = Field(description="Who is told when a rep has no manager, and who answers for a queue")
    queue: str | None = Field(default=None, description="Name of the queue that gets leads nobody can take")
    territories: list[Territory] = []
    expertise: list[Territory] = []
    capacity: Whole | None = Field(
        default=None, gt=0, description="Open leads outside nurture that a rep carries at most"
    )
    working_hours: str = Field(default="always", description="Calendar in which reps are at work")
    absences: list[Absence] = []
    task: TaskTemplate
