"""A worker that holds the permission sets of the package and nothing else, and what it can do then.

The org is the emulated one, whose rules of access are those of Salesforce as far as they are known.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from unittest.mock import patch

from sfsync.errors import SfsyncError
from sfsync.localorg.rights import PermissionBundle
from sfsync.localorg.schema import Schema
from sfsync.report.check import check
from sfsync.report.finding import Finding
from tests import inprocess
from tests.inprocess import START, World

HELD = ("SFSync_Worker", "SFSync_Starter_Worker")
ACTIVITY_FIELDS = "Activity_Fields"
"""The set that an administrator makes (docs/org-setup.md, step 3): all standard fields of activities."""

RIGHTS = ("read", "create", "edit", "view_all")

Change = Callable[[PermissionBundle], PermissionBundle]


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that a permission set grants, and how to take it away."""

    name: str
    without: Change


def schema_with(change: Change | None = None) -> Schema:
    """The package's schema, with the administrator's own set, and with the worker's set changed."""
    made = copy.copy(inprocess.schema())
    fields = frozenset(
        f"{name}.{described.name}"
        for name in ("Task", "Event")
        for described in made.objects[name].fields.values()
        if not described.custom
    )
    own = PermissionBundle(ACTIVITY_FIELDS, readable_fields=fields, editable_fields=fields)
    packaged = (
        change(one) if change is not None and one.name == "SFSync_Worker" else one for one in made.bundles
    )
    made.bundles = (*packaged, own)
    return made


def rights() -> Iterator[Right]:
    """Everything that SFSync_Worker grants, piece by piece."""
    worker = next(one for one in inprocess.schema().bundles if one.name == "SFSync_Worker")
    for name in sorted(worker.readable_fields):
        yield Right(f"read {name}", _without_field(name, read=True))
    for name in sorted(worker.editable_fields):
        yield Right(f"edit {name}", _without_field(name, read=False))
    for name, held in sorted(worker.objects.items()):
        for right in RIGHTS:
            if getattr(held, right):
                yield Right(f"{right} {name}", _without_object(name, right))
    for name in sorted(worker.system):
        yield Right(name, _without_system(name))
    for name in sorted(worker.custom):
        yield Right(f"custom permission {name}", lambda held: replace(held, custom=frozenset()))


def _without_field(name: str, *, read: bool) -> Change:
    def change(held: PermissionBundle) -> PermissionBundle:
        readable = held.readable_fields - {name} if read else held.readable_fields
        return replace(held, readable_fields=readable, editable_fields=held.editable_fields - {name})

    return change


def _without_object(name: str, right: str) -> Change:
    def change(held: PermissionBundle) -> PermissionBundle:
        # Salesforce's own dependencies: what cannot be read can be neither made nor changed.
        gone = {"read": RIGHTS, "edit": ("edit",), "create": ("create",), "view_all": ("view_all",)}[right]
        left = replace(held.objects[name], **dict.fromkeys(gone, False))
        return replace(held, objects={**held.objects, name: left})

    return change


def _without_system(name: str) -> Change:
    return lambda held: replace(held, system=held.system - {name})


def world_of_least(change: Change | None = None) -> World:
    """A world whose worker logs in as a user of minimum access with these sets, and is switched on by an admin."""
    schema = schema_with(change)
    with patch.object(inprocess, "schema", lambda: schema):
        world = World()
    profile = world.soql("SELECT Id FROM Profile WHERE Name LIKE 'Minimum Access%'")[0]["Id"]
    values = {
        "Username": "least@sfsync.invalid",
        "Email": "least@sfsync.invalid",
        "LastName": "Least",
        "Alias": "least",
        "ProfileId": profile,
        "TimeZoneSidKey": "UTC",
    }
    user = world.rest("POST", "sobjects/User", values)["id"]
    named = ", ".join(f"'{name}'" for name in (*HELD, ACTIVITY_FIELDS))
    for one in world.soql(f"SELECT Id FROM PermissionSet WHERE Name IN ({named})"):
        assigned = {"PermissionSetId": one["Id"], "AssigneeId": user}
        world.rest("POST", "sobjects/PermissionSetAssignment", assigned)
    world.transport.token = world.org.issue_token(user)
    switches = {"Enabled__c": True, "Enforce_From__c": START.isoformat()}
    world.rest("POST", "sobjects/SFSync_Settings__c", switches)
    world.advance(seconds=1)
    return world


@dataclass(frozen=True, slots=True)
class Told:
    """What sfsync did with these rights, and what it said.

    Attributes:
        done: the kinds of the ledger's rows, posts made and owners changed, of all leads together.
        said: errors raised, reasons of refusals on the leads, and errors of `sfsync check`.
        world: as it was left.
    """

    done: tuple[str, ...]
    said: tuple[str, ...]
    world: World


def checked(change: Change | None = None) -> list[str]:
    """The errors of `sfsync check` in an org with one lead."""
    world = world_of_least(change)
    world.create_lead()
    said: list[str] = []
    _check(world, said)
    return said


def lived(change: Change | None = None, hours: tuple[int, ...] = (0, 36, 48, 72, 96)) -> Told:
    """Check, then enforce: a queue, a ladder up to the reassignment, a band of nurture, posts, a refused lead."""
    world = world_of_least(change)
    said: list[str] = []
    queue = world.soql("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"]
    ladder, waiting = world.create_lead(), world.create_lead(OwnerId=queue)
    world.create_lead(SLA_Budget__c=None, SLA_Authority__c=None, SLA_Need__c=None, SLA_Timeline__c=None)
    refused = world.create_lead(Title="Refused")
    world.customer_rule('Title = "Refused" && NOT(ISCHANGED(SLA_Sync_Error__c))')
    _check(world, said)
    for hour in hours:
        world.at(hour, 1)
        try:
            world.once()
        except SfsyncError as error:
            said.append(f"{type(error).__name__}: {error}")
            world.queue.messages.clear()
    for lead in (ladder, waiting, refused):
        if world.lead(lead).get("SLA_Sync_Error__c"):
            said.append(f"on a lead: {world.lead(lead)['SLA_Sync_Error__c']}")
    # Read past the rights: the administrator of a new org holds the worker's set too.
    kinds = sorted(str(row["Kind__c"]) for row in world.org.database.table("SLA_Event__c").rows.values())
    posts = len(world.org.database.table("FeedItem").rows)
    moved = sum(
        world.lead(lead)["OwnerId"] != before for lead, before in ((ladder, world.rep), (waiting, queue))
    )
    return Told((*kinds, f"{posts} posts", f"{moved} moved"), tuple(said), world)


def _check(world: World, said: list[str]) -> None:
    try:
        found: list[Finding] = check(world.worker())
    except SfsyncError as error:
        said.append(f"check: {error}")
        return
    said.extend(f"check: {one.where}: {one.message}" for one in found if one.level == "error")
