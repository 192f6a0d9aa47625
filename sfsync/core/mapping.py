"""From a Lead's fields to the values that policies speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sfsync.core import patterns
from sfsync.core import values as read
from sfsync.core.constants import ConstantsDocument
from sfsync.core.engagement import ENGAGEMENT
from sfsync.core.mistakes import Mistake, refuse
from sfsync.core.model import NOW, OWNER, Mapped, Value
from sfsync.core.shapes import Document, NamedRange, Range, differing, each_once, overlapping

_API_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}$")
"""A field, or a path over relationships to one: `Owner.Name`, `RecordType.DeveloperName`."""

Type = Literal["text", "number", "date", "boolean"]
_READ: Mapping[str, Callable[[Mapped], Mapped]] = {
    "text": read.text,
    "number": read.number,
    "date": read.date,
    "boolean": read.boolean,
}
_SAMPLES = {"number": "a number", "date": "a day such as 2026-01-31", "boolean": "true or false"}

StageName = Literal["open", "accepted", "working", "qualified", "nurture", "recycled", "rejected"]
OTHER = "other"
"""The stage of a status that the mapping does not name."""

OVER: frozenset[str] = frozenset({"rejected"})


def _no_path(name: str) -> str | None:
    """Why this cannot be a field of Lead or a path to one, or None."""
    if not _API_NAME.fullmatch(name):
        return f"{name!r} is not an API name of a Salesforce field"
    first, _, rest = name.partition(".")
    if rest and first == "Lead":
        return f"all fields are the Lead's: write `{rest}`"
    if "__c." in name:
        return f"a relationship ends with __r: write `{name.replace('__c.', '__r.')}`"
    return None


class FieldMapping(Document):
    """One logical field: which Salesforce field it comes from, and what is done to it on the way."""

    field: str | None = Field(
        default=None, description="The Salesforce field's API name, or a path: RecordType.DeveloperName"
    )
    first_of: list[str] = Field(default=[], description="Several fields: the first that is not blank counts")
    values: dict[str, str | float | bool] = Field(
        default={}, description="Picklist map: the org's value to the policy's value, without regard to case"
    )
    pattern: str | None = Field(
        default=None, description="Regular expression; its first group, or the match, counts"
    )
    type: Type | None = Field(
        default=None,
        description="What it is read as, also out of a text; what cannot be read counts as blank",
    )
    ranges: list[NamedRange] = Field(default=[], description="Numbers to names, such as 50 to 249: Medium")
    default: str | float | bool | None = Field(default=None, description="What a blank field counts as")
    unlisted: list[str] = Field(
        default=[],
        description="Values that leads have and the org's picklist does not list: of imports, or of before",
    )

    _each_once = field_validator("unlisted")(each_once)

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
        if name is not None and (why := _no_path(name)) is not None:
            raise ValueError(why)
        return name

    @field_validator("first_of")
    @classmethod
    def _all_named(cls, names: list[str]) -> list[str]:
        refuse([((index,), why) for index, name in enumerate(names) if (why := _no_path(name)) is not None])
        return names

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            patterns.compiled(pattern)
        return pattern

    @field_validator("ranges")
    @classmethod
    def _in_order(cls, ranges: list[NamedRange]) -> list[NamedRange]:
        refuse(list(overlapping(ranges)))
        return ranges

    @model_validator(mode="after")
    def _of_its_type(self) -> FieldMapping:
        if self.ranges and self.type not in (None, "number"):
            raise ValueError(f"`ranges` are of numbers; take out `type: {self.type}`, or the ranges")
        if self.ranges or self.type in (None, "text"):
            return self
        reading, sample = _READ[self.type], _SAMPLES[self.type]
        found: list[Mistake] = [
            (
                ("values", key),
                f"`{key}` becomes {value!r}, which is not {sample}, as `type: {self.type}` says",
            )
            for key, value in self.values.items()
            if value != "" and reading(value) is None
        ]
        if self.default is not None and reading(self.default) is None:
            found.append((("default",), f"{self.default!r} is not {sample}, as `type: {self.type}` says"))
        refuse(found)
        return self

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


class RecordTypeMapping(Document):
    """What is different for leads of one record type."""

    fields: dict[str, FieldMapping] = Field(description="Those of `fields` that come from elsewhere here")


RESERVED = ("all", "any", "not", "band")
"""What a condition would not read as a field."""

RECORD_TYPE = "RecordType.DeveloperName"


class LeadDocument(Document):
    """mappings/lead.yaml: the org's own statuses and fields, under the names that policies use."""

    stages: dict[StageName, list[str]] = Field(description="Stage to the Lead Status values that mean it")
    unlisted: list[str] = Field(
        default=[], description="Statuses that leads have and the org's Lead Status does not list"
    )
    fields: dict[str, FieldMapping] = Field(description="Logical name to the Salesforce field it comes from")
    constants: ConstantsDocument = Field(
        default={},
        description="What this org requires on each record that sfsync creates, by object and field",
    )
    record_types: dict[str, RecordTypeMapping] = Field(
        default={}, description="By RecordType.DeveloperName, the fields that differ for its leads"
    )

    _each_once = field_validator("unlisted")(each_once)

    @field_validator("fields")
    @classmethod
    def _not_reserved(cls, fields: dict[str, FieldMapping]) -> dict[str, FieldMapping]:
        found = [((NOW,), f"`{NOW}` is the time of the decision; give the field another name")]
        found += [
            ((name,), f"`{name}` is what the activities say; give the field another name")
            for name in ENGAGEMENT
        ]
        found += [
            ((name,), f"`{name}` has a meaning in conditions; give the field another name")
            for name in RESERVED
        ]
        found += [
            ((name,), f"`{name}` is what the owner says; give the field another name") for name in OWNER
        ]
        refuse([mistake for mistake in found if mistake[0][0] in fields])
        return fields

    @model_validator(mode="after")
    def _of_known_fields(self) -> LeadDocument:
        refuse(
            [
                (
                    ("record_types", record_type, "fields", name),
                    f"`{name}` is none of the `fields` above; a record type changes where one of them comes from",
                )
                for record_type, one in self.record_types.items()
                for name in one.fields
                if name not in self.fields
            ]
        )
        return self

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
        otherwise = dict(differing(status for some in stages.values() for status in some))
        found += [
            ((stage, index), otherwise[status])
            for stage, some in stages.items()
            for index, status in enumerate(some)
            if status in otherwise
        ]
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

    __slots__ = ("_fields", "_first_status", "_of_record_type", "sources", "stage_of")

    def __init__(self, document: LeadDocument) -> None:
        self.stage_of: dict[str, str] = {
            status: stage for stage, statuses in document.stages.items() for status in statuses
        }
        self._first_status: dict[str, str] = {
            stage: statuses[0] for stage, statuses in document.stages.items()
        }
        sources = {RECORD_TYPE} if document.record_types else set()
        for fields in (document.fields, *(one.fields for one in document.record_types.values())):
            sources |= {source for one in fields.values() for source in one.sources}
        self.sources = tuple(sorted(sources))
        self._fields = _compiled(document.fields)
        self._of_record_type: dict[Value, _Fields] = {
            name: _compiled({**document.fields, **one.fields}) for name, one in document.record_types.items()
        }

    def stage(self, status: str) -> str:
        """The stage that this status of the org means."""
        return self.stage_of.get(status, OTHER)

    def status_for(self, stage: str) -> str | None:
        """The status that puts a lead into this stage, or None where the org has none."""
        return self._first_status.get(stage)

    def statuses(self, *stages: str) -> tuple[str, ...]:
        """The org's statuses that mean any of these stages."""
        return tuple(status for status, stage in self.stage_of.items() if stage in stages)

    def apply(self, row: Mapping[str, Value], now: datetime | None = None) -> dict[str, Mapped]:
        """The policy's values for a row of Salesforce fields. Never raises: what does not fit is blank.

        `now` is the time of the decision, which stands among the values; without it no date has an age.
        """
        fields = self._fields
        if self._of_record_type:
            fields = self._of_record_type.get(row.get(RECORD_TYPE), fields)
        blank, plain, read = fields
        values = blank.copy()
        for name, source in plain:
            value = row.get(source)
            if value is not None and value != "":
                values[name] = value
        for name, reader in read:
            values[name] = reader(row)
        if now is not None:
            values[NOW] = now
        return values


_Reader = Callable[[Mapping[str, Value]], Mapped]
_Fields = tuple[dict[str, Mapped], tuple[tuple[str, str], ...], tuple[tuple[str, _Reader], ...]]


def _compiled(fields: Mapping[str, FieldMapping]) -> _Fields:
    """A blank value for each field; the fields that are taken as they are, each with its source; and how the
    others' values are made.
    """
    plain = tuple((name, one.sources[0]) for name, one in fields.items() if _is_plain(one))
    read = tuple((name, _reader(one)) for name, one in fields.items() if not _is_plain(one))
    return dict.fromkeys(fields), plain, read


def _is_plain(one: FieldMapping) -> bool:
    return one.model_fields_set <= {"field", "unlisted"}


def _reader(one: FieldMapping) -> _Reader:
    """Source, pattern, picklist map, type, ranges, default: in this order."""
    translation = {key.strip().casefold(): value for key, value in one.values.items()}
    expression = patterns.compiled(one.pattern) if one.pattern else None
    sources, ranges = one.sources, one.ranges
    typed = _READ[one.type or "number"] if one.type or one.ranges else None
    default: Mapped = one.default
    if typed is not None and not ranges:
        default = typed(one.default)

    def reader(row: Mapping[str, Value]) -> Mapped:
        value: Mapped = None
        for source in sources:
            value = row.get(source)
            if value is not None and value != "":
                break
        if value is None:
            return default
        if expression is not None:
            match = expression.search(str(value))
            value = None if match is None else match[min(expression.groups, 1)]
        if translation and isinstance(value, str):
            value = translation.get(value.strip().casefold(), value)
        if typed is not None:
            value = typed(value)
        if ranges:
            value = next((named.value for named in ranges if _in(named, value)), None)
        return default if value is None or value == "" else value

    return reader


def _in(named: Range, value: Mapped) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and named.holds(value)
