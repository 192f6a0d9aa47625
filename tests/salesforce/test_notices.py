"""Alerts once a day, and permissions that somebody gives."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from sfsync.core.limits_document import BlastRadius
from sfsync.errors import Permanent
from sfsync.salesforce import notices, room
from sfsync.salesforce.composite import first_pages
from tests.inprocess import World

HASH = "policy-hash"
KEY = "owner-changes:withheld:2026-11-02"


def alert(world: World, to: str | None) -> bool:
    return notices.alert(world.session(), KEY, "The limit is reached.", to, world.now, HASH)


def test_an_alert_is_given_once_with_one_task() -> None:
    world = World()
    assert alert(world, world.org.people.executive)
    assert not alert(world, world.org.people.executive)
    [row] = world.events()
    [task] = world.soql("SELECT Id, OwnerId, Description FROM Task")
    assert (row["Key__c"], row["Kind__c"], row["Task_Id__c"]) == (KEY, "Error", task["Id"])
    assert task["OwnerId"] == world.org.people.executive


def test_with_nobody_to_tell_the_row_alone_is_written() -> None:
    world = World()
    assert alert(world, None)
    assert world.kinds() == ["Error"]
    assert world.soql("SELECT Id FROM Task") == []


def test_an_alert_that_the_org_refuses_is_told_and_leaves_nothing() -> None:
    world = World()
    world.control("customer_rules", required=[["Task", "Type"]])
    with pytest.raises(Permanent, match="REQUIRED_FIELD_MISSING"):
        alert(world, world.org.people.executive)
    assert world.events() == []


def test_a_permission_is_a_row_that_says_how_many_until_when_by_whom_and_why() -> None:
    world = World()
    session = world.session()
    session.get("limits")
    until = world.now + timedelta(hours=2)
    given = notices.release(session, "release:1", 50, until, "ada", "new territory", HASH)
    [row] = world.events()
    assert given == world.now
    assert (row["Kind__c"], row["Step__c"], row["Policy__c"]) == ("Released", "owner-changes:50", HASH)
    assert row["Due_At__c"] == f"{until:%Y-%m-%dT%H:%M:%S}.000+0000"
    assert row["Detail__c"] == "ada allows 50 more owner changes: new territory"
    limits, moved = BlastRadius(per_hour=3, per_day=5), "Kind__c = 'Reassigned'"
    queries = room.counting(moved, HASH, world.now)
    for granted, wanted in (([row], 50 + 3), ([row | {"Step__c": "band-changes:50"}], 3), ([], 3)):
        (hour, day, released), _ = first_pages(session, queries)
        assert [one["Step__c"] for one in released.rows] == ["owner-changes:50"]
        counted = hour, day, msgspec.structs.replace(released, rows=granted)
        assert room.left(session, notices.OWNER_CHANGES, limits, moved, counted, world.now) == wanted
