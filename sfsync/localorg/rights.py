"""What one profile or permission set grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ObjectRights:
    """What may be done with the rows of one object."""

    read: bool = False
    create: bool = False
    edit: bool = False
    delete: bool = False
    view_all: bool = False
    modify_all: bool = False

    def __or__(self, other: ObjectRights) -> ObjectRights:
        return ObjectRights(
            self.read or other.read,
            self.create or other.create,
            self.edit or other.edit,
            self.delete or other.delete,
            self.view_all or other.view_all,
            self.modify_all or other.modify_all,
        )


NO_RIGHTS = ObjectRights()
ALL_RIGHTS = ObjectRights(True, True, True, True, True, True)


@dataclass(frozen=True, slots=True)
class PermissionBundle:
    """What one profile or permission set grants.

    Attributes:
        name, label: as in its file; a profile's name is its label.
        source: name of the package directory it came from; empty for profiles.
        objects: by canonical object name.
        readable_fields, editable_fields: `Object.Field` names; editable ones are readable too.
        system: names of system permissions such as `TransferAnyLead`.
        custom: names of custom permissions.
        standard_fields: grants all standard fields, as profiles do.
    """

    name: str
    label: str = ""
    source: str = ""
    description: str = ""
    objects: Mapping[str, ObjectRights] = field(default_factory=dict)
    readable_fields: frozenset[str] = frozenset()
    editable_fields: frozenset[str] = frozenset()
    system: frozenset[str] = frozenset()
    custom: frozenset[str] = frozenset()
    standard_fields: bool = False
