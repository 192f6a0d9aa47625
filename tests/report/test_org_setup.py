"""`sfsync check` says which history is missing, and whether leads may be transferred."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from sfsync.localorg.rights import PermissionBundle
from sfsync.report.check import check
from sfsync.report.finding import Finding
from tests.inprocess import World, begun
from tests.least_privilege import world_of_least

TRACKING = "Set History Tracking"


def told(world: World, where: str) -> list[Finding]:
    found = check(world.worker())
    assert any(one.where == "SFSync_Settings__c" for one in found), "the rest was not looked at"
    return [one for one in found if one.where == where]


def history(**settings: Any) -> list[Finding]:
    world = begun()
    world.control("settings", **settings)
    return told(world, "Lead history")


def test_an_org_that_tracks_owner_and_status_is_said_to() -> None:
    (one,) = history()
    assert (one.level, one.message) == ("ok", "Lead Owner and Lead Status are tracked")


@pytest.mark.parametrize(
    ("untracked", "missing"),
    [
        (["Status"], ["Lead Status"]),
        (["OwnerId"], ["Lead Owner"]),
        (["OwnerId", "Status"], ["Lead Owner", "Lead Status"]),
        (["Status", "City"], ["Lead Status"]),
    ],
)
def test_each_field_whose_history_the_clocks_need_and_nobody_keeps_is_an_error(
    untracked: list[str], missing: list[str]
) -> None:
    found = history(untracked_fields={"Lead": untracked})
    assert [one.level for one in found] == ["error"] * len(missing)
    for one, label in zip(found, missing, strict=True):
        assert one.message.startswith(f"{label} is not tracked")
        assert TRACKING in one.message
        assert "section 6" in one.message


def test_a_field_of_the_customers_that_is_tracked_beside_them_is_nothing_to_say() -> None:
    (one,) = history(tracked_fields={"Lead": ["City"]})
    assert one.level == "ok"


def test_an_org_that_does_not_show_its_field_definitions_is_asked_to_be_looked_at() -> None:
    found = history(field_definition_shown=False)
    assert [one.level for one in found] == ["warning", "warning"]
    assert all(TRACKING in one.message for one in found)


def test_what_check_finds_is_what_the_org_does() -> None:
    world = begun()
    world.control("settings", untracked_fields={"Lead": ["OwnerId"]})
    lead = world.create_lead()
    world.update(lead, OwnerId=world.org.people.reps[1], Status="Accepted")
    rows = world.soql("SELECT Field FROM LeadHistory WHERE Field != 'created'")
    assert [row["Field"] for row in rows] == ["Status"]


def test_transfer_leads_is_proven_for_the_user_who_asks() -> None:
    (one,) = told(world_of_least(), "the integration user")
    assert (one.level, one.message) == ("ok", "may transfer leads")

    def stripped(held: PermissionBundle) -> PermissionBundle:
        return replace(held, system=held.system - {"TransferAnyLead"})

    (one,) = told(world_of_least(stripped), "the integration user")
    assert one.level == "error"
    assert one.message.startswith("has no Transfer Leads")
    assert "assign SFSync_Worker" in one.message


@pytest.mark.parametrize("right", ["ModifyAllData", "TransferAnyEntity"])
def test_who_may_modify_all_data_or_transfer_any_record_may_transfer_leads_too(right: str) -> None:
    def another(held: PermissionBundle) -> PermissionBundle:
        return replace(held, system=held.system - {"TransferAnyLead"} | {right})

    (one,) = told(world_of_least(another), "the integration user")
    assert one.level == "ok"


@pytest.mark.parametrize(
    ("sharing", "level"),
    [("Private", "error"), ("Read", "error"), ("ReadWrite", "error"), ("ReadWriteTransfer", "ok")],
)
def test_nobody_needs_transfer_leads_where_everybody_may_transfer_them(sharing: str, level: str) -> None:
    def stripped(held: PermissionBundle) -> PermissionBundle:
        return replace(held, system=held.system - {"TransferAnyLead"})

    world = world_of_least(stripped)
    world.control("settings", sharing={"Lead": sharing})
    (one,) = told(world, "the integration user")
    assert one.level == level


@contextmanager
def without(world: World, name: str) -> Iterator[None]:
    """The org as if it had no object or field of this name."""

    def hidden(method: str, path: str, body: bytes | None, send: Any) -> Any:
        return send(body.replace(name.encode(), b"Nothing") if body is not None else None)

    with world.interposed(hidden):
        yield


@pytest.mark.parametrize("name", ["UserPermissionAccess", "PermissionsTransferAnyLead"])
def test_rights_that_the_org_does_not_show_are_asked_to_be_looked_at(name: str) -> None:
    world = begun()
    with without(world, name):
        (one,) = told(world, "the integration user")
    assert one.level == "warning"
    assert "Transfer Leads" in one.message


def test_an_org_without_a_history_of_leads_is_an_error_that_does_not_end_the_check() -> None:
    world = begun()
    with without(world, "LeadHistory"):
        (one,) = told(world, "Lead history")
    assert one.level == "error"
    assert one.message.startswith("cannot be read: enable it")
