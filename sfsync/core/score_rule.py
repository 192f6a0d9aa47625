"""A rule of the score as admins write it: points by a table, by ranges or when a condition holds; they may fade."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from sfsync.core.conditions import When
from sfsync.core.durations import Seconds
from sfsync.core.mistakes import refuse
from sfsync.core.shapes import Document, Number, Range, differing, overlapping


class PointsRange(Range):
    """The points for a range of numbers."""

    points: Number
    reason: str | None = Field(
        default=None, description="Why, in a rep's words; else the rule's, else the number"
    )


class ScoreRule(Document):
    """Points for a criterion: by a table or by ranges over one field's values, or when a condition holds.

    Any of them may fade: they halve again and again as the day in another field recedes.
    """

    field: str | None = Field(
        default=None, description="Logical field whose value is looked up in `points` or `ranges`"
    )
    points: dict[str, Number] | Number | None = Field(
        default=None, description="Value to points, or the points when `when` holds"
    )
    ranges: list[PointsRange] = Field(
        default=[], description="Ranges of the field's numbers, each with its points"
    )
    when: When | None = None
    since: str | None = Field(
        default=None,
        description="Logical field with a day; a blank one gives no points, and none older halve",
    )
    halves_every: Annotated[Seconds, Field(gt=0)] | None = Field(
        default=None, description="The points halve each time this much more has passed `since` then"
    )
    reason: str | None = Field(
        default=None, description="Why, in a rep's words; a table's reason is the value"
    )

    @field_validator("ranges")
    @classmethod
    def _upwards(cls, ranges: list[PointsRange]) -> list[PointsRange]:
        refuse(list(overlapping(ranges)))
        return ranges

    @model_validator(mode="after")
    def _one_kind(self) -> ScoreRule:
        if (self.since is None) != (self.halves_every is None):
            raise ValueError("`since` and `halves_every` go together: since when, and how fast, points fade")
        if (self.points is None) == (not self.ranges):
            raise ValueError("give either `points` or `ranges`")
        if self.ranges or isinstance(self.points, dict):
            what = "`ranges` go" if self.ranges else "a table of points goes"
            if self.field is None or self.when is not None:
                raise ValueError(f"{what} with `field`, and with no `when`")
            table = self.points if isinstance(self.points, dict) else {}
            refuse([(("points", value), message) for value, message in differing(table)])
        elif self.field is not None or (self.when is None and self.since is None):
            raise ValueError("a number of points goes with `when`, and with no `field`")
        elif not self.reason:
            raise ValueError("say the `reason` in a rep's words")
        return self
