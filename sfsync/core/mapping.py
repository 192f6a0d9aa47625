"""From a Lead's fields to the values that policies speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sfsync.core.mistakes import Mistake, refuse
from sfsync.core.model import Value

_API_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")

StageName = Literal["open", "accepted", "working", "qualified", "nurture", "recycled", "rejected"]
OTHER = "other"
"""The stage of a status that the mapping does not name."""

OVER: frozenset[str] = frozenset({"rejected"})


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


class FieldMapping(Document):
    """One logical field: which Salesforce field it comes from, and what is done to it on the way."""

    field: str | None = Field(default=None, description="The Salesforce field's API name")
    first_of: list[str] = Field(default=[], description="Several fields: the first that is not blank counts")
    values: dict[str, str | float | bool] = Field(
        default={}, description="Picklist map: the org's value to the policy's value, without regard to case"
    )
    pattern: str | None = Field(
        default=None, description="Regular expression; its first group, or the match, counts"
    )
    default: str | float | bool | None = Field(default=None, description="What a blank field counts as")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: object) -> object:
        return {"field": data} if isinstance(data, str) else data

    @field_validator("values")
    @classmethod
    def _differ(cls, values: dict[str, str | float | bool]) -> dict[str, str | float | bool]:
        refuse([((value,), message) for value, message in differing(values)])
        return values

    @field_validator("field")
    @classmethod
    def _named(cls, name: str | None) -> str | None:
        if name is not None and not _API_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not an API name of a Salesforce field")
        return name

    @field_validator("first_of")
    @classmethod
    def _all_named(cls, names: list[str]) -> list[str]:
        refuse(
            [
                ((index,), f"{name!r} is not an API name of a Salesforce field")
                for index, name in enumerate(names)
                if not _API_NAME.fullmatch(name)
            ]
        )
        return names

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _one_source(self) -> FieldMapping:
        if (self.field is None) == (not self.first_of):
            raise ValueError("give either `field` or `first_of`")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Editors offer the short form too: the field's name alone."""
        longer = handler.resolve_ref_schema(handler(schema))
        name = {
            "type": "string",
            "description": "The Salesforce field's API name",
            "pattern": _API_NAME.pattern,
        }
        return {"title": "FieldMapping", "anyOf": [name, longer]}

    @property
    def sources(self) -> tuple[str, ...]:
        """The Salesforce fields it reads."""
        return (self.field,) if self.field is not None else tuple(self.first_of)


class LeadDocument(Document):
    """mappings/lead.yaml: the org's own statuses and fields, under the names that policies use."""

    stages: dict[StageName, list[str]] = Field(description="Stage to the Lead Status values that mean it")
    fields: dict[str, FieldMapping] = Field(description="Logical name to the Salesforce field it comes from")

    @field_validator("stages")
    @classmethod
    def _unambiguous(cls, stages: dict[StageName, list[str]]) -> dict[StageName, list[str]]:
        seen: dict[str, str] = {}
        found: list[Mistake] = []
        for stage, statuses in stages.items():
            if not statuses:
                found.append(((stage,), f"stage `{stage}` names no status; name one, or leave the stage out"))
            for index, status in enumerate(statuses):
                if status in seen:
                    found.append(
                        (
                            (stage, index),
                            f"status {status!r} stands for `{seen[status]}` and for `{stage}`; "
                            "it can mean one stage",
                        )
                    )
                seen[status] = stage
        if "open" not in stages:
            found.append(((), "no status means the stage `open`; without it no clock can start"))
        refuse(found)
        return stages


class LeadMapping:
    """The lead mapping, ready to be applied.

    Attributes:
        sources: every Salesforce field that the mapping reads, sorted.
        stage_of: an org's status to its stage; a status that is not mapped has the stage `other`.
    """

    __slots__ = ("_fields", "_first_status", "sources", "stage_of")

    def __init__(self, document: LeadDocument) -> None:
        self.stage_of: dict[str, str] = {
            status: stage for stage, statuses in document.stages.items() for status in statuses
        }
        self._first_status: dict[str, str] = {
            stage: statuses[0] for stage, statuses in document.stages.items()
        }
        self.sources = tuple(sorted({source for one in document.fields.values() for source in one.sources}))
        self._fields = tuple(
            (
                name,
                one.sources,
                {key.strip().casefold(): value for key, value in one.values.items()},
                re.compile(one.pattern) if one.pattern else None,
                one.default,
            )
            for name, one in document.fields.items()
        )

    def stage(self, status: str) -> str:
        """The stage that this status of the org means."""
        return self.stage_of.get(status, OTHER)

    def status_for(self, stage: str) -> str | None:
        """The status that puts a lead into this stage, or None where the org has none."""
        return self._first_status.get(stage)

    def statuses(self, *stages: str) -> tuple[str, ...]:
        """The org's statuses that mean any of these stages."""
        return tuple(status for status, stage in self.stage_of.items() if stage in stages)

    def apply(self, row: Mapping[str, Value]) -> dict[str, Value]:
        """The policy's values for a row of Salesforce fields. Never raises: what does not fit is blank."""
        values: dict[str, Value] = {}
        for name, sources, translation, pattern, default in self._fields:
            value: Value = None
            for source in sources:
                value = row.get(source)
                if value is not None and value != "":
                    break
            if pattern is not None and value is not None:
                match = pattern.search(str(value))
                value = None if match is None else match[1] if pattern.groups else match[0]
            if translation and isinstance(value, str):
                value = translation.get(value.strip().casefold(), value)
            values[name] = default if value is None or value == "" else value
        return values
