"""What a clock of the policy can be told besides its time, its stages and its ladder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sfsync.core.conditions import When
from sfsync.core.durations import Seconds
from sfsync.core.mapping import StageName
from sfsync.core.shapes import Document

StartsAnew = Literal["owner", "stage", "band", "interaction"]


class TimeBy(Document):
    """Another time for leads of some kind."""

    when: When = Field(
        description="Over the fields of lead.yaml, and `band`: the band in which the run began"
    )
    time: Seconds = Field(gt=0, description="How long the clock gives them")


class MetBy(Document):
    """What a run asks for: an interaction, or a stage that the lead goes to."""

    interaction: Literal["owner", "anybody"] | None = Field(
        default=None, description="An interaction of the owner's, or anybody's, the lead's reply too"
    )
    stage: list[StageName] = Field(default=[], description="A change to one of these stages; conversion too")

    @model_validator(mode="after")
    def _something(self) -> MetBy:
        if self.interaction is None and not self.stage:
            raise ValueError("say what meets the clock: `interaction`, `stage`, or both")
        return self


class PausedWhile(Document):
    """When a run stands still: while the lead is in one of these stages, or has one of these statuses."""

    stage: list[StageName] = []
    status: list[str] = Field(default=[], description="The org's own Lead Status values")

    @model_validator(mode="after")
    def _something(self) -> PausedWhile:
        if not self.stage and not self.status:
            raise ValueError("say when the clock stands still: `stage`, `status`, or both")
        return self
