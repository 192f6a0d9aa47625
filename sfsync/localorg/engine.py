"""What all parts of the org share: schema, rows, time, ids, and who may do what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from sfsync.localorg.access import Permissions, Session
from sfsync.localorg.clock import Clock
from sfsync.localorg.customer import CustomerRules
from sfsync.localorg.database import Database
from sfsync.localorg.errors import ApiError
from sfsync.localorg.formula import Formula
from sfsync.localorg.ids import DIGITS, IdSequence, canonical
from sfsync.localorg.plan import Plan, plans_of
from sfsync.localorg.profiles import PROFILES
from sfsync.localorg.rights import PermissionBundle
from sfsync.localorg.schema import ObjectType, Row, Schema
from sfsync.localorg.settings import Settings

_PERMISSIONS: WeakKeyDictionary[Schema, dict[tuple[str, ...], Permissions]] = WeakKeyDictionary()
_FIRST_INSTANCE = 21829
_ACCESS_OBJECTS = frozenset(
    {"User", "UserRole", "Group", "GroupMember", "QueueSobject", "PermissionSetAssignment"}
)


@dataclass(slots=True)
class Removal:
    """What the deletion of one row took along: undelete puts it back.

    Attributes:
        cascaded: ids of rows deleted with it.
        cleared: (object, id, field) of lookups that were emptied.
        at: when, Unix seconds.
    """

    at: int
    cascaded: list[str] = field(default_factory=list)
    cleared: list[tuple[str, str, str]] = field(default_factory=list)


class Engine:
    """The state of one org and the questions every write asks of it."""

    def __init__(self, schema: Schema, clock: Clock, seed: int) -> None:
        self.schema = schema
        self.clock = clock
        self.seed = seed
        self.database = Database(schema)
        self.settings = Settings()
        self.customer = CustomerRules()
        self.plans = plans_of(schema)
        self.removals: dict[str, Removal] = {}
        self.locked: dict[str, int] = {}
        self.formulas: dict[tuple[str, str], Formula] = {}
        number = (_FIRST_INSTANCE + seed) % 62**3
        self._instance = DIGITS[number // 3844] + DIGITS[number // 62 % 62] + DIGITS[number % 62]
        self._sequences: dict[str, IdSequence] = {}
        self._auto_numbers: dict[str, int] = {}
        self._permissions_by_user: dict[str, Permissions] = {}
        self._groups_by_user: dict[str, frozenset[str]] = {}
        self._below: dict[str, frozenset[str]] = {}
        self._shared_permissions = _PERMISSIONS.setdefault(schema, {})

    def now(self) -> int:
        """The org's time, Unix seconds."""
        return self.clock.now()

    def new_id(self, object_name: str) -> str:
        """The next Id of an object. Ids taken in a transaction that rolls back are not given again."""
        sequence = self._sequences.get(object_name)
        if sequence is None:
            prefix = self.schema.objects[object_name].key_prefix
            sequence = self._sequences[object_name] = IdSequence(prefix, self._instance)
        return sequence.next()

    def next_number(self, object_name: str, field_name: str, display_format: str) -> str:
        """The next value of an auto number, in its display format (`SLA-{000000}`)."""
        key = f"{object_name}.{field_name}"
        number = self._auto_numbers[key] = self._auto_numbers.get(key, 0) + 1
        before, _, rest = display_format.partition("{")
        zeros, _, after = rest.partition("}")
        return f"{before}{number:0{len(zeros)}d}{after}"

    def object_type(self, name: str) -> ObjectType:
        """The object of that name in any case; ApiError 404 NOT_FOUND when there is none."""
        found = self.schema.object(name)
        if found is None:
            raise not_found()
        return found

    def record_id(self, object_type: ObjectType, text: str) -> str:
        """The 18-character form of a row's id; ApiError MALFORMED_ID or NOT_FOUND when it cannot be one."""
        identifier = canonical(text)
        if identifier is None or identifier[:3] != object_type.key_prefix:
            raise ApiError.of(
                400, "MALFORMED_ID", f"{object_type.label} ID: id value of incorrect type: {text}", ("Id",)
            )
        return identifier

    def plan(self, object_name: str) -> Plan:
        """What a write of the object looks at."""
        return self.plans[object_name]

    def row(self, record_id: str) -> Row | None:
        """Any object's row by its 18-character id, deleted or not."""
        object_type = self.schema.of_id(record_id)
        return self.database.table(object_type.name).get(record_id) if object_type else None

    def name_of(self, record_id: str) -> str | None:
        """What people call a row: its name field."""
        object_type = self.schema.of_id(record_id)
        name_field = object_type.name_field if object_type else None
        row = self.row(record_id)
        if row is None or name_field is None:
            return None
        value = row.get(name_field.name)
        return str(value) if value is not None else None

    def touched(self, object_name: str) -> None:
        """Rows of the object changed: rights worked out before may no longer hold."""
        if object_name in _ACCESS_OBJECTS:
            self._forget_access()
            self.database.log(self._forget_access)

    def _forget_access(self) -> None:
        self._permissions_by_user.clear()
        self._groups_by_user.clear()
        self._below.clear()

    def permissions(self, user_id: str) -> Permissions:
        """The user's rights: the profile's and the assigned permission sets', added up."""
        found = self._permissions_by_user.get(user_id)
        if found is None:
            found = self._permissions_by_user[user_id] = self._work_out_permissions(user_id)
        return found

    def _work_out_permissions(self, user_id: str) -> Permissions:
        user = self.database.table("User").get(user_id)
        if user is None:
            return Permissions(())
        assignments = self.database.table("PermissionSetAssignment")
        names = []
        for assignment_id in assignments.find("AssigneeId", [user_id]):
            permission_set = self.database.table("PermissionSet").get(
                str(assignments.rows[assignment_id]["PermissionSetId"])
            )
            if permission_set is not None:
                names.append(str(permission_set["Name"]))
        profile = self.name_of(str(user.get("ProfileId", ""))) or ""
        key = (profile, *sorted(names))
        shared = self._shared_permissions.get(key)
        if shared is None:
            held: list[PermissionBundle] = [PROFILES[profile]] if profile in PROFILES else []
            held += [one for one in self.schema.bundles if one.name in names or not one.name]
            shared = self._shared_permissions[key] = Permissions(tuple(held))
        return shared

    def groups(self, user_id: str) -> frozenset[str]:
        """The public groups and queues that the user is in, directly or through groups and roles."""
        found = self._groups_by_user.get(user_id)
        if found is None:
            found = self._groups_by_user[user_id] = frozenset(self._work_out_groups(user_id))
        return found

    def _work_out_groups(self, user_id: str) -> set[str]:
        members = self.database.table("GroupMember")
        groups: set[str] = set()
        reached = [user_id]
        while reached:
            for member_id in members.find("UserOrGroupId", [reached.pop()]):
                group_id = str(members.rows[member_id]["GroupId"])
                if group_id not in groups:
                    groups.add(group_id)
                    reached.append(group_id)
        return groups

    def below(self, user_id: str) -> frozenset[str]:
        """The users below this one in the role hierarchy."""
        found = self._below.get(user_id)
        if found is None:
            found = self._below[user_id] = frozenset(self._work_out_below(user_id))
        return found

    def _work_out_below(self, user_id: str) -> Iterable[str]:
        users = self.database.table("User")
        user = users.get(user_id)
        role_id = user.get("UserRoleId") if user else None
        if role_id is None:
            return ()
        below: list[str] = []
        reached = [role_id]
        while reached:
            children = self.database.table("UserRole").find("ParentRoleId", [reached.pop()])
            reached.extend(children)
            below.extend(users.find("UserRoleId", children))
        return below

    def sharing(self, object_type: ObjectType) -> str:
        """The org-wide default of an object."""
        return self.settings.sharing.get(object_type.name, object_type.sharing)

    def owns(self, session: Session, row: Row) -> bool:
        """The user owns the row, is in the queue that does, or stands above its owner."""
        owner = row.get("OwnerId")
        if owner is None:
            return False
        user_id = session.user_id
        return owner == user_id or owner in self.groups(user_id) or owner in self.below(user_id)

    def sees(self, session: Session, object_name: str) -> Callable[[Row], bool] | None:
        """A test of the object's rows for this user, or None when all may be seen."""
        object_type = self.schema.objects[object_name]
        if object_type.setup or session.permissions.on(object_type).view_all:
            return None
        parent_name = object_type.history_of or object_type.feed_of
        if parent_name is not None:
            return self._sees_through(session, object_type, parent_name)
        if "OwnerId" not in object_type.fields or self.sharing(object_type) != "Private":
            return None
        return lambda row: self.owns(session, row)

    def _sees_through(
        self, session: Session, child: ObjectType, parent_name: str
    ) -> Callable[[Row], bool] | None:
        test = self.sees(session, parent_name)
        if test is None:
            return None
        link = next(one.name for one in child.fields.values() if one.reference_to == (parent_name,))
        parents = self.database.table(parent_name)

        def sees(row: Row) -> bool:
            parent = parents.get(str(row.get(link)))
            return parent is not None and test(parent)

        return sees

    def may_edit_row(self, session: Session, object_type: ObjectType, row: Row) -> bool:
        """Sharing lets the user change the row."""
        if object_type.setup or session.permissions.on(object_type).modify_all or "OwnerId" not in row:
            return True
        if self.sharing(object_type) in ("ReadWrite", "ReadWriteTransfer"):
            return True
        return self.owns(session, row)

    def may_transfer(self, session: Session, object_type: ObjectType, row: Row) -> bool:
        """The user may give the row to another owner."""
        permissions = session.permissions
        if permissions.on(object_type).modify_all or self.sharing(object_type) == "ReadWriteTransfer":
            return True
        if "TransferAnyEntity" in permissions.system:
            return True
        if object_type.name == "Lead" and "TransferAnyLead" in permissions.system:
            return True
        if object_type.name in ("Task", "Event"):
            return self.may_edit_row(session, object_type, row)
        return self.owns(session, row)

    def may_delete_row(self, session: Session, object_type: ObjectType, row: Row) -> bool:
        """Sharing lets the user delete the row."""
        if object_type.setup or session.permissions.on(object_type).modify_all or "OwnerId" not in row:
            return True
        return self.owns(session, row)

    def add_removal(self, record_id: str, removal: Removal) -> None:
        """The row is in the recycle bin; a rollback takes it out again."""
        self.removals[record_id] = removal

        def undo() -> None:
            del self.removals[record_id]

        self.database.log(undo)

    def drop_removal(self, record_id: str) -> None:
        """The row has left the recycle bin; a rollback puts it in again."""
        removal = self.removals.pop(record_id)

        def undo() -> None:
            self.removals[record_id] = removal

        self.database.log(undo)

    def refused(self, code: str, message: str, fields: tuple[str, ...] = ()) -> ApiError:
        """An INSUFFICIENT_ACCESS refusal, with the status the settings say."""
        return ApiError.of(self.settings.insufficient_access_status, code, message, fields)

    def missing(self) -> ApiError:
        """The refusal of a write to an id that no row has, as the settings say."""
        if self.settings.missing_update_code == "NOT_FOUND":
            return ApiError.bare(
                self.settings.missing_update_status, "NOT_FOUND", "The requested resource does not exist"
            )
        return ApiError.of(
            self.settings.missing_update_status,
            self.settings.missing_update_code,
            "invalid cross reference id",
        )

    def check_lock(self, record_id: str) -> None:
        """ApiError UNABLE_TO_LOCK_ROW while a held-back write has the row."""
        if record_id in self.locked:
            raise ApiError.of(
                self.settings.lock_row_status,
                "UNABLE_TO_LOCK_ROW",
                f"unable to obtain exclusive access to this record or 1 records: {record_id}",
            )


def not_found() -> ApiError:
    """404 as Salesforce states it."""
    return ApiError.bare(404, "NOT_FOUND", "The requested resource does not exist")
