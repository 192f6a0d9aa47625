"""Who may do what: the rights of a user, added up from the profile and the assigned permission sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sfsync.localorg.rights import ALL_RIGHTS, NO_RIGHTS, ObjectRights, PermissionBundle
from sfsync.localorg.schema import Field, ObjectType, Row

_SYSTEM_RIGHTS = (
    ("ActivitiesAccess", ("Task", "Event"), ObjectRights(read=True)),
    ("EditTask", ("Task",), ObjectRights(read=True, create=True, edit=True, delete=True)),
    ("ViewRoles", ("UserRole",), ObjectRights(read=True)),
    ("EditEvent", ("Event",), ObjectRights(read=True, create=True, edit=True, delete=True)),
)
"""Objects whose rights come from system permissions."""


class Permissions:
    """The sum of a user's bundles. Immutable; made anew when assignments change."""

    __slots__ = ("_editable", "_objects", "_readable", "_standard", "custom", "system")

    def __init__(self, bundles: tuple[PermissionBundle, ...]) -> None:
        self.system = frozenset[str]().union(*(bundle.system for bundle in bundles))
        self.custom = frozenset[str]().union(*(bundle.custom for bundle in bundles))
        self._readable = frozenset[str]().union(*(bundle.readable_fields for bundle in bundles))
        self._editable = frozenset[str]().union(*(bundle.editable_fields for bundle in bundles))
        self._standard = any(bundle.standard_fields for bundle in bundles)
        objects: dict[str, ObjectRights] = {}
        for bundle in bundles:
            for name, rights in bundle.objects.items():
                objects[name] = objects.get(name, NO_RIGHTS) | rights
        for permission, names, rights in _SYSTEM_RIGHTS:
            if permission in self.system:
                for name in names:
                    objects[name] = objects.get(name, NO_RIGHTS) | rights
        self._objects = objects

    def on(self, object_type: ObjectType) -> ObjectRights:
        """The rights on this object's rows."""
        if "ModifyAllData" in self.system:
            return ALL_RIGHTS
        if object_type.custom_setting and "CustomizeApplication" in self.system:
            return ALL_RIGHTS
        name = object_type.history_of or object_type.feed_of or object_type.name
        rights = self._objects.get(name, NO_RIGHTS)
        if "ViewAllData" in self.system:
            return rights | ObjectRights(read=True, view_all=True)
        return rights

    def can_read_field(self, object_type: ObjectType, described: Field) -> bool:
        """Field-level security lets the user see the field."""
        if not described.permissionable:
            return True
        if self._standard and not described.custom:
            return True
        return _permitted_name(object_type, described) in self._readable

    def can_edit_field(self, object_type: ObjectType, described: Field) -> bool:
        """Field-level security lets the user change the field."""
        if not described.permissionable:
            return True
        if self._standard and not described.custom:
            return True
        return _permitted_name(object_type, described) in self._editable


def _permitted_name(object_type: ObjectType, described: Field) -> str:
    """What permission sets call the field: the parts of an address go by the whole's name."""
    name = "Address" if described.compound == "Address" else described.name
    return f"{object_type.name}.{name}"


@dataclass(slots=True)
class Session:
    """A user who is logged in.

    Attributes:
        user_id: 18 characters.
        token: what `Authorization: Bearer` carries.
        permissions: the user's rights, current at each `Org.session`.
        sees: given a canonical object name, a test of rows, or None when every row may be seen.
    """

    user_id: str
    token: str
    permissions: Permissions
    sees: Callable[[str], Callable[[Row], bool] | None]
