"""What the shapes of all mapping files are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sfsync.core.mistakes import Mistake, refuse

# Strict, because `true` and '5' are no numbers, whatever else takes them for some.
Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]


class Document(BaseModel):
    """A part of a mapping file: typos are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def differing(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The values that differ from an earlier one by upper and lower case only, each with what is wrong."""
    seen: dict[str, str] = {}
    for value in values:
        earlier = seen.setdefault(value.strip().casefold(), value)
        if earlier != value:
            yield value, f"`{value}` and `{earlier}` are one value; upper and lower case count as the same"


def each_once(values: list[str]) -> list[str]:
    """The list as it is; refuses a value that differs from an earlier one by upper and lower case at most."""
    seen: dict[str, str] = {}
    found: list[Mistake] = []
    for index, value in enumerate(values):
        if (earlier := seen.setdefault(value.strip().casefold(), value)) != value or value in values[:index]:
            found.append(((index,), f"`{value}` and `{earlier}` are one value: delete one of the two"))
    refuse(found)
    return values


class Range(Document):
    """The numbers from one on and below another; without one of the two, all that far."""

    at_least: Number | None = Field(default=None, description="The smallest number of the range")
    less_than: Number | None = Field(default=None, description="The first number that is above the range")

    @model_validator(mode="after")
    def _holds_something(self) -> Range:
        if self.at_least is None and self.less_than is None:
            raise ValueError("say where the range begins or ends: `at_least`, `less_than` or both")
        if self.at_least is not None and self.less_than is not None and self.less_than <= self.at_least:
            refuse(
                [
                    (
                        ("less_than",),
                        f"no number is at least {self.at_least:.12g} and less than {self.less_than:.12g}",
                    )
                ]
            )
        return self

    def holds(self, number: float) -> bool:
        """Whether the number is in it."""
        return (self.at_least is None or number >= self.at_least) and (
            self.less_than is None or number < self.less_than
        )


def overlapping(ranges: Sequence[Range]) -> Iterator[Mistake]:
    """The ranges that begin before the one before them ends, each with its path and what is wrong."""
    for index in range(1, len(ranges)):
        end, begin = ranges[index - 1].less_than, ranges[index].at_least
        if end is None or begin is None:
            key = "at_least" if begin is None else "less_than"
            at = index if begin is None else index - 1
            yield (at,), f"only the {'first' if begin is None else 'last'} range goes without `{key}`; add it"
        elif begin < end:
            yield (
                (index, "at_least"),
                f"this range begins at {begin:.12g}, before the one above ends ({end:.12g}): ranges go upwards and "
                "do not overlap",
            )


class NamedRange(Range):
    """A range of numbers and what the policy calls it."""

    value: str
