"""Has the org each field that the mapping files name, under just this name?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import msgspec

from sfsync.core.mapping import RECORD_TYPE
from sfsync.errors import Config, PolicyError, Problem, SfsyncError
from sfsync.mappings.conditions import compared
from sfsync.mappings.loading import Documents
from sfsync.mappings.words import nearest
from sfsync.mappings.yaml_lines import Path
from sfsync.report.described import Describe, fields_of
from sfsync.salesforce.names import MEETING_FIELDS, TASK_FIELDS
from sfsync.salesforce.session import Session

OF_ANY_KIND = frozenset(
    {
        "Alias",
        "Email",
        "FirstName",
        "Id",
        "IsActive",
        "LastName",
        "MiddleName",
        "Name",
        "NameOrAlias",
        "Phone",
        "ProfileId",
        "Suffix",
        "Title",
        "Type",
        "UserRoleId",
        "Username",
    }
)
"""What can be read over a relationship to rows of several kinds, such as a Lead's Owner: the fields of Name [D]."""

_ON_FROM_ANY_KIND = frozenset({"Profile", "UserRole"})


class Followed(msgspec.Struct, frozen=True):
    """Where a path of names leads.

    Attributes:
        field: the description of the field at its end; None where the org shows none.
        meant: the path that was probably meant instead, if there is one.
        of_any_kind: the relationship on it that may end at rows of several kinds, of which little can be read.
    """

    field: Mapping[str, Any] | None
    meant: str | None = None
    of_any_kind: str | None = None


def follow(source: str, describe: Describe) -> Followed:
    """Follow a field's name, or a path over relationships to one, from Lead."""
    objects, spelt = ["Lead"], []
    of_any_kind: str | None = None
    *relationships, last = source.split(".")
    for name in relationships:
        ways: dict[str, list[str]] = {}
        for field in (field for one in objects for field in describe(one).values()):
            if (way := field["relationshipName"]) and (of_any_kind is None or way in _ON_FROM_ANY_KIND):
                ways.setdefault(way, []).extend(field["referenceTo"])
        right = name if name in ways else meant(name, ways)
        if right is None:
            return Followed(None, of_any_kind=of_any_kind)
        objects = list(dict.fromkeys(ways[right]))
        of_any_kind = right if len(objects) > 1 else None
        spelt.append(right)
    there = {name: field for one in reversed(objects) for name, field in describe(one).items()}
    if of_any_kind is not None:
        there = {name: field for name, field in there.items() if name in OF_ANY_KIND}
    right = last if last in there else meant(last, there)
    path = None if right is None else ".".join((*spelt, right))
    if path == source:
        return Followed(there[last])
    return Followed(None, path, of_any_kind)


def meant(wrong: str, there: Iterable[str]) -> str | None:
    """The one of these API names that was probably meant; that both are a customer's own says nothing."""
    stems: dict[str, str] = {}
    for name in there:
        stems.setdefault(_stem(name), name)
    near = nearest(_stem(wrong), stems)
    return None if near is None else stems[near]


def _stem(name: str) -> str:
    return name.removesuffix("__c").removesuffix("__r")


def missing(name: str, source: str, found: Followed) -> str:
    """What to say of a field that the org's object of this name does not have."""
    said = f"the org's {name} has no field {source}, or sfsync may not read it"
    if found.meant is not None:
        return f"{said}; did you mean `{found.meant}`?"
    if found.of_any_kind is not None:
        readable = ", ".join(sorted(OF_ANY_KIND))
        return (
            f"{said}: {found.of_any_kind} may be rows of several kinds, of which one can read only {readable}"
        )
    return f"{said}: deploy it, or give the permission set that reads it"


def of_leads(documents: Documents, describe: Describe) -> Iterator[Problem]:
    """The fields and paths of lead.yaml that lead nowhere, each with its line."""
    if documents.lead.record_types and follow(RECORD_TYPE, describe).field is None:
        yield documents.problem("lead", ("record_types",), "the org has no record types of Lead")
    groups: list[tuple[Path, Any]] = [(("fields",), documents.lead.fields)]
    groups += [
        (("record_types", name, "fields"), one.fields) for name, one in documents.lead.record_types.items()
    ]
    for at, fields in groups:
        for name, one in fields.items():
            for source in one.sources:
                found = follow(source, describe)
                if found.field is None:
                    here = _where(documents, (*at, name), source)
                    yield documents.problem("lead", here, missing("Lead", source, found))


def _where(documents: Documents, at: Path, source: str) -> Path:
    """Where below this path a field's name stands."""
    written = documents.sources["lead"].get(*at)
    if not isinstance(written, dict):
        return at
    listed = written.get("first_of")
    if isinstance(listed, list) and source in listed:
        return (*at, "first_of", listed.index(source))
    return (*at, "field")


def of_activities(documents: Documents, describe: Describe) -> Iterator[Problem]:
    """The fields of Task and Event that `interactions` names and the org does not have, each with its line."""
    if documents.sla.interactions is None:
        return
    for name, condition, at in asked_of_activities(documents):
        there = describe(name)
        for field, _, here in compared(condition, at):
            if field not in there:
                found = Followed(None, meant(field, there))
                yield documents.problem("sla", here, missing(name, field, found))


def asked_of_activities(documents: Documents) -> Iterator[tuple[str, object, Path]]:
    """The object, the condition and the path of all that `interactions` asks of Tasks and Events."""
    source, at = documents.sources["sla"], ("interactions",)
    conditions: list[tuple[str, Path]] = [
        ("Task", (*here, "when")) for _, here in source.entries(*at, "tasks")
    ]
    conditions += [("Event", (*at, "events")), ("Task", (*at, "answered"))]
    yield from ((name, source.get(*here), here) for name, here in conditions)


def of_constants(documents: Documents, describe: Describe) -> Iterator[Problem]:
    """The fields under `constants` that the org's objects do not have, each with its line."""
    for name, given in documents.lead.constants.items():
        there = describe(name)
        for field in given:
            if field not in there:
                found = Followed(None, meant(field, there))
                yield documents.problem("lead", ("constants", name, field), missing(name, field, found))


def needed_of_activities(email_source: str) -> dict[str, set[str]]:
    """What sfsync itself reads of activities, by object."""
    wanted = {"Task": set(TASK_FIELDS), "Event": set(MEETING_FIELDS)}
    if email_source == "email_message":
        wanted["EmailMessage"] = {"Incoming", "MessageDate"}
    return wanted


def named(error: Config, session: Session, every: Iterable[Documents]) -> Config:
    """The same error, said by file and line where what the org complains of is a field that a mapping file names.

    Asks the org what it has, which costs some calls: only once it has said that something is not there.
    """
    if error.error_code != "INVALID_FIELD":
        return error
    describe = cache(partial(fields_of, session))
    try:
        found = [
            problem
            for documents in every
            for look in (of_leads, of_activities, of_constants)
            for problem in look(documents, describe)
        ]
    except SfsyncError:  # the org says nothing more: what it said first is what there is to say
        return error
    return PolicyError(found) if found else error
