"""Names of a statement, resolved against the schema and the user's rights."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NoReturn

from sfsync.localorg.access import Session
from sfsync.localorg.database import Database
from sfsync.localorg.schema import TEXT_TYPES, Field, ObjectType, Row, Value
from sfsync.localorg.soql.dates import DATE_FUNCTIONS, moment_of
from sfsync.localorg.soql.filters import Subject, Today
from sfsync.localorg.soql.refusals import (
    at,
    malformed,
    no_such_column,
    no_such_object,
    no_such_relationship,
)
from sfsync.localorg.soql.syntax import FieldPath, FunctionCall, Operand

Read = Callable[[Row], Value | None]
Follow = Callable[[Row], Row | None]

NAME_ENTITY = "Name"
NAME_FIELDS = frozenset(
    {
        "Id",
        "Name",
        "FirstName",
        "LastName",
        "Alias",
        "Email",
        "IsActive",
        "Phone",
        "ProfileId",
        "Title",
        "UserRoleId",
        "Username",
    }
)
"""What can be read of a parent that may be of several kinds: the fields of the Name object."""

NAME_PARENTS = frozenset({"profile", "userrole"})
"""Where one can go on from such a parent."""

AGGREGATE_FUNCTIONS = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What is the same for a statement and its subqueries.

    Attributes:
        text: the whole statement, for error messages.
        session: the user who asks.
        all_rows: deleted and archived rows are among the rows.
        version: the API version that record URLs name.
        switched_off: objects of features that the org does not use.
    """

    text: str
    database: Database
    session: Session
    today: Today
    all_rows: bool
    version: str
    switched_off: Collection[str] = ()

    def object_type(self, name: str, position: int) -> ObjectType:
        """The object of a name, which the user may read. Raises INVALID_TYPE."""
        found = self.database.schema.object(name)
        if (
            found is None
            or not found.queryable
            or found.name in self.switched_off
            or not self.session.permissions.on(found).read
        ):
            raise no_such_object(self.text, position, name)
        return found


@dataclass(frozen=True, slots=True)
class Hop:
    """One step to a parent row.

    Attributes:
        name: the relationship's canonical name.
        entity: the parent's object name; Name for a parent that may be of several kinds.
        follow: from a row to its parent row, None when there is none.
    """

    name: str
    entity: str
    follow: Follow


@dataclass(frozen=True, slots=True)
class Target:
    """An operand that exists.

    Attributes:
        subject: its name and type, for comparisons.
        described: the field it reads; None for a function and for `Owner.Type`.
        hops: the parents on the way; column: the field's canonical name in the last row.
        read: from a row of the FROM object to the value; read_last: the same from the last parent's row.
        owner: the object that has the field.
        position: where it stands in the statement.
    """

    subject: Subject
    described: Field | None
    hops: tuple[Hop, ...]
    column: str
    read: Read
    read_last: Read
    owner: ObjectType
    position: int

    @property
    def own_column(self) -> str | None:
        """The field's name when it is a plain field of the FROM object itself."""
        return self.column if self.described is not None and not self.hops else None


class Scope:
    """Resolves the names of one FROM object."""

    def __init__(self, statement: Statement, object_type: ObjectType, alias: str | None) -> None:
        self.statement = statement
        self.object_type = object_type
        self._own_names = {object_type.name.lower()} | ({alias.lower()} if alias else set())

    def resolve(self, operand: Operand) -> Target:
        """The target of a field or date function. Raises ApiError for an unknown or unreadable one."""
        if isinstance(operand, FunctionCall):
            return self._function(operand)
        return self.field(operand)

    def field(self, path: FieldPath) -> Target:
        """The target of a field path."""
        names = path.names
        if len(names) > 1 and names[0].lower() in self._own_names:
            names = names[1:]
        hops: list[Hop] = []
        here = self.object_type
        polymorphic = False
        for name in names[:-1]:
            here, polymorphic = self._hop(here, name, polymorphic, hops, path)
        return self._last(here, names[-1], polymorphic, tuple(hops), path)

    def _hop(
        self, here: ObjectType, name: str, polymorphic: bool, hops: list[Hop], path: FieldPath
    ) -> tuple[ObjectType, bool]:
        """Append the hop to `name`; the object it leads to, and whether that is only one of several."""
        reference = here.parent(name)
        database = self.statement.database
        known = [
            item for item in (reference.reference_to if reference else ()) if item in database.schema.objects
        ]
        if (
            reference is None
            or not known
            or (polymorphic and name.lower() not in NAME_PARENTS)
            or not self.statement.session.permissions.can_read_field(here, reference)
        ):
            raise no_such_relationship(self.statement.text, path.position, name, "field path")
        column = reference.name
        if reference.polymorphic:
            hops.append(Hop(reference.relationship_name or name, NAME_ENTITY, self._to_any(column)))
            return self._name_object(known), True
        get = database.table(known[0]).get

        def follow(row: Row) -> Row | None:
            parent_id = row.get(column)
            return get(parent_id) if isinstance(parent_id, str) else None

        hops.append(Hop(reference.relationship_name or name, known[0], follow))
        return database.schema.objects[known[0]], False

    def _to_any(self, column: str) -> Follow:
        """To the parent that a polymorphic reference names, whatever its kind."""
        database = self.statement.database

        def follow(row: Row) -> Row | None:
            parent_id = row.get(column)
            if not isinstance(parent_id, str):
                return None
            parent_type = database.schema.of_id(parent_id)
            return database.table(parent_type.name).get(parent_id) if parent_type else None

        return follow

    def _name_object(self, known: list[str]) -> ObjectType:
        """The object whose fields stand for the Name object's: User where it is possible."""
        return self.statement.database.schema.objects["User" if "User" in known else known[0]]

    def _last(
        self, here: ObjectType, name: str, polymorphic: bool, hops: tuple[Hop, ...], path: FieldPath
    ) -> Target:
        if polymorphic and name.lower() == "type":
            last = self._kind_of_parent()
            read = through(hops, last)
            return Target(Subject("Type", "string"), None, hops, "Type", read, last, here, path.position)
        described = here.field(name)
        if (
            described is None
            or not self.statement.session.permissions.can_read_field(here, described)
            or (polymorphic and described.name not in NAME_FIELDS)
        ):
            entity = hops[-1].entity if hops else self.object_type.name
            raise no_such_column(self.statement.text, path.position, name, entity)
        subject = Subject(described.name, described.type, described.case_sensitive)
        last = _column(described)
        read = through(hops, last)
        return Target(subject, described, hops, described.name, read, last, here, path.position)

    def _kind_of_parent(self) -> Read:
        schema = self.statement.database.schema

        def read(parent: Row) -> Value | None:
            parent_type = schema.of_id(str(parent["Id"]))
            if parent_type is None or parent_type.name == "Group":
                return parent.get("Type")
            return parent_type.name

        return read

    def _function(self, call: FunctionCall) -> Target:
        function = DATE_FUNCTIONS.get(call.name)
        if function is None:
            self.refuse_function(call)
        argument = call.argument
        zone = None
        if isinstance(argument, FunctionCall) and argument.name == "CONVERTTIMEZONE":
            zone = self.statement.today.zone
            argument = argument.argument
        if not isinstance(argument, FieldPath):
            self.refuse_function(call)
        target = self.field(argument)
        if target.subject.type not in ("date", "datetime") or (zone and target.subject.type == "date"):
            raise at(
                self.statement.text,
                call.position,
                "MALFORMED_QUERY",
                f"field {argument.text} does not support function {call.name}",
            )
        read_value = target.read

        def read(row: Row) -> Value | None:
            value = read_value(row)
            if value is None:
                return None
            return function(moment_of(value, zone) if zone else moment_of(value))

        kind = "date" if call.name == "DAY_ONLY" else "int"
        subject = Subject(call.text, kind)
        return Target(subject, None, (), call.text, read, read, self.object_type, call.position)

    def refuse_function(self, call: FunctionCall) -> NoReturn:
        """The function is unknown, not supported, or stands where it may not."""
        if call.name in AGGREGATE_FUNCTIONS:
            raise at(
                self.statement.text,
                call.position,
                "MALFORMED_QUERY",
                f"Aggregate function {call.name} is not allowed here",
            )
        raise malformed(f"{call.text} is not supported by this org")


def _column(described: Field) -> Read:
    name = described.name
    if described.type == "boolean":
        return lambda row: row.get(name, False)
    return lambda row: row.get(name)


def through(hops: tuple[Hop, ...], read: Read) -> Read:
    """`read` applied to the parent row at the end of the hops; None where a parent is missing."""
    for hop in reversed(hops):
        read = _over(hop.follow, read)
    return read


def _over(follow: Follow, read: Read) -> Read:
    def run(row: Row) -> Value | None:
        parent = follow(row)
        return None if parent is None else read(parent)

    return run


def is_text(target: Target) -> bool:
    """The target's values are text that sorts without regard to case."""
    return target.subject.type in TEXT_TYPES and target.subject.type not in ("id", "reference")
