"""The policy as admins write it: one document a mapping file, every number in them changeable.

These are shapes only. What a document means is in scoring.py, clock.py and routing.py; how a file becomes a
document, with the line of every mistake, is in sfsync/policies.py. policy.py joins them into one Policy.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from sfsync.core.conditions import When
from sfsync.core.durations import At, Seconds
from sfsync.core.hours import Calendar
from sfsync.core.mapping import Document, StageName
from sfsync.core.model import Kind

Person = Literal["owner", "new_owner", "manager", "executive"]
Priority = Literal["Low", "Normal", "High"]

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")


def _permanent_name(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is a permanent name: lower case letters, digits and _, at most 40")
    return name


class Header(Document):
    """Who stands behind a policy, and since when (requirement P4)."""

    policy: str = Field(description="The policy's name")
    version: str = Field(description="Its version, shown with every decision")
    owner: str | None = Field(default=None, description="Username of the policy's owner")
    effective_from: date | None = Field(default=None, description="Not applied before this day")
    reviewed_on: date | None = None
    signed_by: list[str] = Field(default=[], description="Who signed it; both heads do")


class TaskTemplate(Document):
    """A Task that a step or a band creates."""

    to: Person
    due: str = Field(
        default="today",
        description="`today`, `deadline`, or `in 3 days`: days of the calendar of who gets it",
    )
    subject: str = Field(max_length=255)
    priority: Priority = "Normal"

    @field_validator("due")
    @classmethod
    def _day(cls, due: str) -> str:
        if due not in ("today", "deadline") and not re.match(r"^in \d+ days?$", due):
            raise ValueError(f"write `today`, `deadline` or `in 3 days`, not {due!r}")
        return due


class ScoreRule(Document):
    """Points for a criterion: a table over one field's values, or points when a condition holds."""

    field: str | None = Field(default=None, description="Logical field whose value is looked up in `points`")
    points: dict[str, float] | float = Field(description="Value to points, or the points when `when` holds")
    when: When | None = None
    reason: str | None = Field(
        default=None, description="Why, in a rep's words; a table's reason is the value"
    )

    @model_validator(mode="after")
    def _table_or_condition(self) -> ScoreRule:
        if isinstance(self.points, dict):
            if self.field is None or self.when is not None:
                raise ValueError("a table of points goes with `field`, and with no `when`")
        elif self.when is None or self.field is not None:
            raise ValueError("a number of points goes with `when`, and with no `field`")
        elif not self.reason:
            raise ValueError("say the `reason` in a rep's words")
        return self


class Criterion(Document):
    """One criterion of the score; it never leaves 0 to `most`."""

    label: str
    most: float = Field(default=25, gt=0)
    rules: list[ScoreRule] = Field(min_length=1)


class Band(Document):
    """A range of scores and what entering it does."""

    band: str = Field(max_length=40)
    lowest: int = Field(ge=0, le=100)
    highest: int = Field(ge=0, le=100)
    nurture: bool = Field(default=False, description="No clock runs; an open lead moves to the stage nurture")
    owner: str | None = Field(
        default=None, description="Username or queue that gets a lead entering this band"
    )
    task: TaskTemplate | None = None
    post: list[Person] = []


class ScoringDocument(Header):
    """mappings/scoring.yaml (requirements P2, P3)."""

    criteria: dict[str, Criterion] = Field(min_length=1)
    bands: list[Band] = Field(min_length=1)

    @field_validator("criteria")
    @classmethod
    def _whole(cls, criteria: dict[str, Criterion]) -> dict[str, Criterion]:
        total = sum(one.most for one in criteria.values())
        if total != 100:
            raise ValueError(
                f"the criteria add up to {total:g}; a score is 0 to 100, so `most` must add up to 100"
            )
        return criteria

    @field_validator("bands")
    @classmethod
    def _gapless(cls, bands: list[Band]) -> list[Band]:
        expected = 0
        for band in bands:
            if band.lowest != expected or band.highest < band.lowest:
                raise ValueError(
                    f"band {band.band!r} is {band.lowest} to {band.highest}; the bands go from 0 to 100 "
                    f"upwards without gap or overlap, so this one begins at {expected}"
                )
            expected = band.highest + 1
        if expected != 101:
            raise ValueError(f"no band holds the scores from {expected} to 100")
        if len({band.band for band in bands}) != len(bands):
            raise ValueError("two bands have one name")
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


class RunsWhile(Document):
    """When a clock runs; all of it must hold."""

    stage: list[StageName]
    owner: Literal["user", "queue", "any"] = "any"
    outside_nurture: bool = True


class Clock(Document):
    """A service-level clock and its ladder."""

    label: str
    time: Seconds
    hours: str = Field(default="always", description="Name of a calendar")
    runs_while: RunsWhile
    steps: list[Step] = []

    @field_validator("steps")
    @classmethod
    def _names_differ(cls, steps: list[Step]) -> list[Step]:
        names = [step.step for step in steps]
        if len(set(names)) != len(names):
            raise ValueError("two steps have one name; a step's name is permanent and its own")
        return steps

    @model_validator(mode="after")
    def _in_order(self) -> Clock:
        moments = [step.at.after(self.time) for step in self.steps]
        for earlier, later, step in zip(moments, moments[1:], self.steps[1:], strict=False):
            if later <= earlier:
                raise ValueError(
                    f"step `{step.step}` does not come later than the step before it; put them in order"
                )
        return self


class CalendarDocument(Document):
    """Opening hours: the org's own BusinessHours by name, or written out."""

    business_hours: str | None = Field(
        default=None, description="Name of the org's BusinessHours; `default` for its default"
    )
    time_zone: str | None = None
    week: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[list[str]]] | None = None
    holidays: list[date] = []

    @model_validator(mode="after")
    def _either(self) -> CalendarDocument:
        if (self.business_hours is None) == (self.week is None):
            raise ValueError("give either `business_hours` or `week` with `time_zone`")
        if self.week is not None:
            if self.time_zone is None:
                raise ValueError("`week` needs a `time_zone` such as Europe/Berlin")
            self.calendar()
        return self

    def calendar(self) -> Calendar:
        """The written-out calendar; raises ValueError when its hours make none."""
        days = {day: [(spans[0], spans[1]) for spans in hours] for day, hours in (self.week or {}).items()}
        week = {day: days.get(day, []) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        return Calendar(str(self.time_zone), week, tuple(day.isoformat() for day in self.holidays))


class SlaDocument(Header):
    """mappings/sla.yaml (requirements P5 to P13)."""

    calendars: dict[str, CalendarDocument] = {}
    clocks: dict[str, Clock]
    grace: Seconds = Field(description="Working time between a warning and what is done to its owner")
    grace_hours: str = Field(default="always", description="Calendar that the grace is counted in")
    max_lateness: Seconds = Field(description="A step later than this is never done")
    taking_from_queue_accepts: bool = True

    @field_validator("clocks")
    @classmethod
    def _permanent(cls, clocks: dict[str, Clock]) -> dict[str, Clock]:
        for name in clocks:
            _permanent_name(name)
        return clocks

    @model_validator(mode="after")
    def _calendars_exist(self) -> SlaDocument:
        known = {"always", *self.calendars}
        for name, clock in self.clocks.items():
            if clock.hours not in known:
                raise ValueError(
                    f"clock `{name}` counts in `{clock.hours}`, which is no calendar; "
                    f"there are {sorted(known)}"
                )
        if self.grace_hours not in known:
            raise ValueError(
                f"the grace counts in `{self.grace_hours}`, which is no calendar; there are {sorted(known)}"
            )
        return self


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


class Absence(Document):
    """A rep who gets no leads for some days, both included."""

    user: str
    first: date
    last: date


class RoutingDocument(Header):
    """mappings/routing.yaml (requirement P5)."""

    reps: People
    executive: People
    managers: People = Field(description="Who is told when a rep has no manager, and who answers for a queue")
    queue: str | None = Field(default=None, description="Name of the queue that gets leads nobody can take")
    territories: list[Territory] = []
    expertise: list[Territory] = []
    capacity: int | None = Field(
        default=None, gt=0, description="Open leads outside nurture that a rep carries at most"
    )
    working_hours: str = Field(default="always", description="Calendar in which reps are at work")
    absences: list[Absence] = []
    task: TaskTemplate


class BlastRadius(Document):
    """How many owner changes sfsync may make; beyond, plans are withheld until somebody releases them."""

    per_hour: int = Field(gt=0)
    per_day: int = Field(gt=0)


class ComplianceDocument(Header):
    """mappings/compliance.yaml: what keeps the policy itself in bounds."""

    owner_changes: BlastRadius
