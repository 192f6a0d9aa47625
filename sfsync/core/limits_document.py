"""What keeps the policy itself in bounds: how much it may change, and how many API requests it may spend."""

from __future__ import annotations

from pydantic import Field, model_validator

from sfsync.core.documents import Header
from sfsync.core.durations import Share
from sfsync.core.mistakes import refuse
from sfsync.core.shapes import Document, Whole


class BlastRadius(Document):
    """How many changes of a kind sfsync may make; beyond, they are withheld until somebody releases them."""

    per_hour: Whole = Field(gt=0)
    per_day: Whole = Field(gt=0)

    @model_validator(mode="after")
    def _a_day_has_hours(self) -> BlastRadius:
        if self.per_day < self.per_hour:
            refuse(
                [
                    (
                        ("per_day",),
                        f"{self.per_day} in a day is less than {self.per_hour} in an hour; swap them?",
                    )
                ]
            )
        return self


class ApiRequests(Document):
    """How the org's API requests of 24 hours are shared when they get short."""

    left_to_others: Share = Field(
        default="10 %",
        validate_default=True,
        description="With so much left sfsync stops: the rest is for the org's other users",
    )
    kept_for_steps: Share = Field(
        default="15 %",
        validate_default=True,
        description="With so much more left scores wait; then Tasks, reminders, escalations",
    )

    @model_validator(mode="after")
    def _leaves_something(self) -> ApiRequests:
        if self.left_to_others + self.kept_for_steps >= 1:
            message = "with `left_to_others` this is all there is: no score would ever be written"
            refuse([(("kept_for_steps",), message)])
        return self


class ComplianceDocument(Header):
    """mappings/compliance.yaml: what keeps the policy itself in bounds."""

    owner_changes: BlastRadius
    band_changes: BlastRadius = BlastRadius(per_hour=300, per_day=1500)
    api_requests: ApiRequests = ApiRequests()
