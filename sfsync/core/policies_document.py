"""Several policies side by side, and which leads have which (mappings/policies.yaml)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from sfsync.core.conditions import Condition, When, for_good
from sfsync.core.mistakes import Mistake, refuse
from sfsync.core.shapes import Document


class FurtherPolicy(Document):
    """A policy beside the main one, for the leads that it applies to."""

    directory: str = Field(
        pattern=r"^[a-z][a-z0-9_-]{0,39}$",
        description="The directory beside this file that holds its files; what it does not hold is the main policy's",
    )
    when: When = Field(description="Which leads it applies to, over the names of the main lead.yaml")

    @field_validator("directory")
    @classmethod
    def _of_its_own(cls, directory: str) -> str:
        if directory in ("main", "none"):
            raise ValueError(
                f"`{directory}` has a meaning under `otherwise`; give the directory another name"
            )
        return directory

    @field_validator("when")
    @classmethod
    def _for_good(cls, when: Condition) -> Condition:
        return for_good(when, "which policy a lead has")


class PoliciesDocument(Document):
    """mappings/policies.yaml: several policies side by side. Each lead has one: the first that applies to it."""

    policies: list[FurtherPolicy] = Field(min_length=1)
    otherwise: Literal["main", "none"] = Field(
        default="main",
        description="What the leads have that none applies to: the policy beside this file, or none; then they "
        "are left alone",
    )

    @field_validator("policies")
    @classmethod
    def _reached(cls, policies: list[FurtherPolicy]) -> list[FurtherPolicy]:
        found: list[Mistake] = []
        for index, one in enumerate(policies):
            for earlier in policies[:index]:
                if one.directory == earlier.directory:
                    found.append(((index, "directory"), f"`{one.directory}` stands here a second time"))
        refuse(found)
        return policies
