"""The worker does the same whichever way the real Salesforce turns out to answer what nobody here can know.

One life of leads, with everything in it that a doubt is about, is lived with all switches as they stand and once
with each turned to its other side: the ledger, the posts and the owners must be the same.
"""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from typing import Any

import pytest

from sfsync.localorg.rest_settings import HttpSettings
from sfsync.localorg.settings import Settings
from tests.inprocess import World

OTHER_SIDES: dict[str, tuple[Any, ...]] = {
    "outer_auto_assign_honoured": (True,),
    "lock_row_status": (500,),
    "inactive_owner_status": (403,),
    "insufficient_access_status": (400,),
    "missing_update_status": (404,),
    "missing_update_code": ("NOT_FOUND", "ENTITY_IS_DELETED"),
    "upsert_found_status": (204,),
    "child_may_look_up_converted_lead": (False,),
    "owner_history_field": ("ownerAssignment", "ownerAccepted"),
    "owner_history_writes_two_rows": (False,),
    "created_history_row": (False,),
    "assignment_on_update": (False,),
    "field_definition_shown": (False,),
    "completed_date_time": (False,),
    "page_rows": (3,),
    "composite_page_rows": (3,),
    "chatter_call_cost": (0,),
    "date_ahead_s": (1, -1),
    "failed_graphs_before_halt": (1,),
    "graph_runs_backwards": (True,),
    "graph_headers": ("call",),
    "refusals": (
        {"UNABLE_TO_LOCK_ROW": (409, "UNABLE_TO_LOCK_ROW")},
        {"CANNOT_UPDATE_CONVERTED_LEAD": (403, "CANNOT_UPDATE_CONVERTED_LEAD")},
        {"INSUFFICIENT_ACCESS_OR_READONLY": (403, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")},
        {"CANNOT_EXECUTE_FLOW_TRIGGER": (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")},
        {"INACTIVE_OWNER_OR_USER": (500, "INACTIVE_OWNER_OR_USER")},
    ),
}
NO_DOUBT = {
    "assignment_rule": "an admin's",
    "duplicate_rules": "an admin's",
    "tracked_fields": "an admin's",
    "untracked_fields": "an admin's; tried in tests/report/test_org_setup.py",
    "sharing": "an admin's",
    "archived_after_days": "documented",
    "deleted_kept_days": "documented",
    "api_limit": "the edition's; tried in tests/test_poll.py",
    "chatter_posts_per_hour": "documented; tried in tests/salesforce/test_chatter.py",
    "chatter_enabled": "an admin's; tried in tests/salesforce/test_chatter.py",
    "my_domain_url": "an admin's; tried in tests/clients",
}


def life(world: World) -> dict[str, Any]:
    """Five leads over five days, with locks, a deletion, a conversion, a flow in the way and a rep who leaves.

    The active assignment rule would take every lead that the worker writes without saying otherwise; it rests
    while others write. What is left in the end: the ledger, owners, statuses, posts, and how many Tasks.
    """
    world.once()
    world.advance(seconds=1)
    first, second, third = world.org.people.reps[:3]
    rule = [{"owner_id": world.org.people.lead_queue}]
    accepted, converted, deleted, stuck, left = (
        *world.create_leads(4),
        *world.create_leads(1, OwnerId=second, City="Nowhere"),
    )
    world.control("assignment_rule", entries=rule)
    world.once()
    world.fault("lock_row", "/composite", times=2)
    for hours in (12, 24, 36, 48, 60, 72, 96, 108, 120):
        for seconds in (30, 150):  # off the very second: Date may be off by one
            world.at(hours, seconds)
            world.once()
        world.control("assignment_rule", entries=[])
        if hours == 12:
            world.update(accepted, Status="Working - Contacted", by=first)
            flow = {"object_name": "Lead", "condition": 'City = "Nowhere"', "refusal": "Not now."}
            world.control("customer_rules", flows=[flow])
        if hours == 24:
            call = {"WhoId": left, "OwnerId": first, "Status": "Completed", "Subject": "Call"}
            world.rest("POST", "sobjects/Task", call)
        if hours == 36:
            world.control("convert", lead_id=converted)
        if hours == 48:
            world.rest("DELETE", f"sobjects/Lead/{deleted}")
            world.rest("PATCH", f"sobjects/User/{third}", {"IsActive": False})
        if hours == 60:
            world.rest("DELETE", "/_org/customer_rules")
        world.control("assignment_rule", entries=rule)
    leads = (accepted, converted, deleted, stuck, left)
    return {
        "ledger": {lead: world.kinds(lead) for lead in leads},
        "owners": {lead: world.lead(lead)["OwnerId"] for lead in leads},
        "statuses": {lead: world.lead(lead)["Status"] for lead in leads},
        "posts": {lead: world.posts(lead) for lead in leads if lead != deleted},
        "tasks": len(world.soql("SELECT Id FROM Task")),
    }


NAMES_OTHERWISE = {"graph_runs_backwards"}
"""The rows of one graph get their names, which count upwards, in another order."""


def unnamed(lived: dict[str, Any]) -> dict[str, Any]:
    """This life without the names of ledger rows and what is sorted by them."""
    posts = {
        lead: sorted(re.sub(r" \(SLA-\d+\)$", "", text) for text in texts)
        for lead, texts in lived["posts"].items()
    }
    return {
        **lived,
        "ledger": {lead: sorted(kinds) for lead, kinds in lived["ledger"].items()},
        "posts": posts,
    }


@cache
def usual() -> dict[str, Any]:
    """The life with every switch as it stands."""
    return life(World())


def test_the_life_has_in_it_what_the_doubts_are_about() -> None:
    accepted, converted, deleted, stuck, left = usual()["ledger"].values()
    assert accepted == ["Band Entered", "Met"]
    assert converted == ["Band Entered", "Warned", "Met"]
    assert deleted == ["Band Entered", "Warned", "Reminded", "Breached"]
    assert stuck[-3:] == ["Reassigned", "Executive Notified", "Closed Late"]
    assert left[-3:] == stuck[-3:]


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in OTHER_SIDES.items() for value in values]
)
def test_the_worker_does_the_same_on_the_other_side_of(name: str, value: Any) -> None:
    world = World()
    world.control("settings", **{name: value})
    if name in NAMES_OTHERWISE:
        assert unnamed(life(world)) == unnamed(usual())
    else:
        assert life(world) == usual()


def test_every_switch_is_tried_or_is_no_doubt() -> None:
    switches = {item.name for holder in (Settings, HttpSettings) for item in fields(holder)}
    assert OTHER_SIDES.keys() | NO_DOUBT.keys() == switches
    assert not OTHER_SIDES.keys() & NO_DOUBT.keys()
