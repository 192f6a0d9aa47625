"""The people of a new org (design.md, section 8), the same for the same start and seed."""

from __future__ import annotations

from dataclasses import dataclass

from sfsync.localorg.engine import Engine
from sfsync.localorg.profiles import INTEGRATION, PROFILES, SALES
from sfsync.localorg.schema import Row
from sfsync.localorg.setup_rows import developer_name

TIME_ZONE = "America/New_York"
INTEGRATION_USERNAME = "integration@sfsync.invalid"

_REPS = (
    ("Ada", "Berg"),
    ("Ben", "Castillo"),
    ("Chloe", "Dubois"),
    ("David", "Eriksen"),
    ("Elena", "Fischer"),
    ("Farid", "Gupta"),
)
_MANAGERS = (("Mara", "Stone"), ("Noah", "Price"))
_EXECUTIVE = ("Evelyn", "Ward")

_WORKER_SETS = frozenset({"SFSync_Worker", "SFSync_Starter_Worker"})
_USER_SETS = frozenset({"SFSync_User", "SFSync_Starter_User"})
_MANAGER_SETS = _USER_SETS | {"SFSync_Manager"}
_EXECUTIVE_SETS = _MANAGER_SETS | {"SFSync_Review_Board"}
_OWN_PACKAGES = frozenset({"core", "starter"})


@dataclass(frozen=True, slots=True)
class People:
    """Ids of a new org's users and groups."""

    organization: str
    integration: str
    executive: str
    managers: tuple[str, ...]
    reps: tuple[str, ...]
    lead_queue: str
    business_hours: str


class _Maker:
    """Adds rows with their audit fields as of the org's start."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._now = engine.now()
        self.creator = engine.new_id("User")

    def add(
        self, object_name: str, record_id: str | None = None, /, **values: str | int | bool | None
    ) -> str:
        plan = self._engine.plan(object_name)
        identifier = record_id or self._engine.new_id(object_name)
        row: Row = {"Id": identifier, **plan.defaults}
        row.update((name, value) for name, value in values.items() if value is not None)
        for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
            if name in plan.object_type.fields:
                row[name] = self._now
        for name in ("CreatedById", "LastModifiedById"):
            if name in plan.object_type.fields:
                row[name] = self.creator
        self._engine.database.table(object_name).rows[identifier] = row
        return identifier

    def user(
        self,
        first: str,
        last: str,
        role: str | None,
        profile: str,
        manager: str | None = None,
        username: str | None = None,
        record_id: str | None = None,
    ) -> str:
        username = username or f"{first}.{last}@sfsync.invalid".lower()
        return self.add(
            "User",
            record_id,
            Username=username,
            Email=username,
            FirstName=first,
            LastName=last,
            Name=f"{first} {last}",
            Alias=(first[0] + last)[:8].lower(),
            CommunityNickname=username.partition("@")[0],
            CompanyName="sfsync",
            IsActive=True,
            TimeZoneSidKey=TIME_ZONE,
            UserRoleId=role,
            ProfileId=profile,
            ManagerId=manager,
            UserType="Standard",
        )


def settle(engine: Engine) -> People:
    """Fill an empty org: organization, profiles, people, rights, the lead queue, business hours, Task Statuses."""
    make = _Maker(engine)
    organization = make.add(
        "Organization",
        Name="sfsync",
        TimeZoneSidKey=TIME_ZONE,
        LanguageLocaleKey="en_US",
        DefaultLocaleSidKey="en_US",
        OrganizationType="Enterprise Edition",
        IsSandbox=True,
        InstanceName="LOCAL",
        FiscalYearStartMonth=1,
    )
    for one in engine.schema.record_types:
        make.add(
            "RecordType",
            Name=one.label,
            DeveloperName=one.name,
            SobjectType=one.object_name,
            IsActive=one.active,
        )
    profiles = {name: make.add("Profile", Name=name, UserType="Standard") for name in PROFILES}
    executive_role = make.add("UserRole", Name="Executive", DeveloperName="Executive")
    manager_role = make.add(
        "UserRole", Name="Sales Manager", DeveloperName="Sales_Manager", ParentRoleId=executive_role
    )
    rep_role = make.add("UserRole", Name="Sales Rep", DeveloperName="Sales_Rep", ParentRoleId=manager_role)
    integration = make.user(
        "Integration",
        "User",
        None,
        profiles[INTEGRATION],
        username=INTEGRATION_USERNAME,
        record_id=make.creator,
    )
    sales = profiles[SALES]
    executive = make.user(*_EXECUTIVE, executive_role, sales)
    managers = tuple(make.user(*name, manager_role, sales, manager=executive) for name in _MANAGERS)
    reps = tuple(
        make.user(*name, rep_role, sales, manager=managers[number * len(managers) // len(_REPS)])
        for number, name in enumerate(_REPS)
    )
    queue = make.add(
        "Group",
        Name="Lead Queue",
        DeveloperName=developer_name("Lead Queue"),
        Type="Queue",
        OwnerId=organization,
    )
    make.add("QueueSobject", QueueId=queue, SobjectType="Lead")
    for rep in reps:
        make.add("GroupMember", GroupId=queue, UserOrGroupId=rep)
    hours = _business_hours(make)
    _task_statuses(engine, make)
    _assign_rights(engine, make, integration, executive, managers, reps)
    return People(organization, integration, executive, managers, reps, queue, hours)


def _business_hours(make: _Maker) -> str:
    times: dict[str, str] = {}
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        times[f"{day}StartTime"] = "09:00:00.000Z"
        times[f"{day}EndTime"] = "17:00:00.000Z"
    return make.add(
        "BusinessHours", Name="Default", IsActive=True, IsDefault=True, TimeZoneSidKey=TIME_ZONE, **times
    )


def _task_statuses(engine: Engine, make: _Maker) -> None:
    """A row for each Task Status: TaskStatus tells of a value whether it closes a Task."""
    values = engine.schema.objects["Task"].fields["Status"].picklist
    for number, one in enumerate(values, 1):
        if one.active:
            make.add(
                "TaskStatus",
                MasterLabel=one.label,
                ApiName=one.value,
                SortOrder=number,
                IsDefault=one.default,
                IsClosed=one.closed,
            )


def _assign_rights(
    engine: Engine,
    make: _Maker,
    integration: str,
    executive: str,
    managers: tuple[str, ...],
    reps: tuple[str, ...],
) -> None:
    """sfsync's own sets go to whom they are made for; a customer's own to everyone."""
    for bundle in engine.schema.bundles:
        if not bundle.name:
            continue
        set_id = make.add(
            "PermissionSet",
            Name=bundle.name,
            Label=bundle.label,
            Description=bundle.description[:255] or None,
            IsOwnedByProfile=False,
            IsCustom=True,
            Type="Regular",
        )
        customers = bundle.source not in _OWN_PACKAGES
        holders = [
            *([integration] if customers or bundle.name in _WORKER_SETS else []),
            *([executive] if customers or bundle.name in _EXECUTIVE_SETS else []),
            *(managers if customers or bundle.name in _MANAGER_SETS else ()),
            *(reps if customers or bundle.name in _USER_SETS else ()),
        ]
        for holder in holders:
            make.add("PermissionSetAssignment", PermissionSetId=set_id, AssigneeId=holder, IsActive=True)
