"""Tasks as the policy writes them, and the people that it speaks of."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from sfsync.core.durations import Seconds
from sfsync.core.mapping import StageName
from sfsync.core.shapes import Document

Person = Literal["owner", "new_owner", "manager", "executive"]
Priority = Literal["Low", "Normal", "High"]


class TaskTemplate(Document):
    """A Task that a step or a band creates."""

    to: Person
    due: str = Field(
        default="today",
        description="`today`, `deadline`, or `in 3 days`: days of the calendar of who gets it",
    )
    subject: str = Field(max_length=255)
    priority: Priority = "Normal"

    @field_validator("subject")
    @classmethod
    def _plain(cls, subject: str) -> str:
        if re.search(r"\{\w*\}", subject):
            raise ValueError("a subject is taken as it stands: only `says` has placeholders in braces")
        return subject

    @field_validator("due")
    @classmethod
    def _day(cls, due: str) -> str:
        if due not in ("today", "deadline") and not re.match(r"in \d{1,3} days?\Z", due):
            raise ValueError(f"write `today`, `deadline` or `in 3 days`, not {due!r}")
        return due


class FollowUps(Document):
    """Tasks some days after the first contact (requirement P9)."""

    label: str = Field(max_length=80)
    days: list[Annotated[int, Field(strict=True, gt=0, le=3650)]] = Field(
        min_length=1, description="Days after the first contact; one that is no working day moves to the next"
    )
    hours: str = Field(default="always", description="Name of the calendar whose working days count")
    stage: list[StageName] = Field(min_length=1, description="Only while the lead is in one of these stages")
    task: TaskTemplate

    @field_validator("days")
    @classmethod
    def _upwards(cls, days: list[int]) -> list[int]:
        if sorted(set(days)) != days:
            raise ValueError("write the days in order, each once, such as [3, 7, 14]")
        return days


class Decision(Document):
    """What a manager decides after attempts without a response (requirement P11)."""

    label: str = Field(max_length=80)
    attempts: Annotated[int, Field(strict=True, gt=0)] = Field(
        description="So many calls and e-mails in a row to which the lead did not answer"
    )
    stage: list[StageName] = Field(min_length=1, description="Only while the lead is in one of these stages")
    task: TaskTemplate
    post: list[Person] = []


class Acquisition(Document):
    """How soon after its acquisition a lead is to be in the CRM (requirement P1)."""

    label: str = Field(max_length=80)
    since: str = Field(
        description="The field of lead.yaml that says when the lead was acquired, of type `date`"
    )
    time: Seconds = Field(gt=0, description="How long its entry may take")
    hours: str = Field(default="always", description="Name of a calendar")
