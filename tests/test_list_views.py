"""Each list view of the package shows the rows that it is for, in an org where the shipped policy is at work."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from tests.inprocess import ROOT, World
from tests.shipped import everything

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
OBJECTS = ROOT / "salesforce/core/main/default/objects"
STANDARD = {"LEAD.STATUS": "Status"}
"""What list views call the standard fields that filters here ask for."""

EMPTY = {"equals": "=", "notEqual": "!="}
LISTED = {"equals": "IN", "notEqual": "NOT IN"}
"""SOQL's words for their operations, over no value and over several."""

OPEN = {"hot", "mild", "others"}
LEADS = {
    "SFSync_Errors": {"refused"},
    "SFSync_Exempt": {"exempt"},
    "SFSync_My_At_Risk": {"hot", "mild", "accepted"},
    "SFSync_Needs_Acceptance": OPEN,
    "SFSync_Needs_Owner": {"waiting"},
    "SFSync_Overdue": {"hot", "others", "accepted", "waiting"},
}
"""Which leads each view shows a day and a half after all of them came in."""

KINDS = {
    "SFSync_Errors": {"Error"},
    "SFSync_Escalations": {"Escalated", "Executive Notified"},
    "SFSync_Reassignments": {"Reassigned"},
}
"""Which kinds of ledger rows each view shows after four days."""


def views(api_object: str) -> dict[str, ElementTree.Element]:
    """The views with filters, by name."""
    found = {
        path.name.partition(".")[0]: ElementTree.parse(path).getroot()
        for path in (OBJECTS / api_object / "listViews").iterdir()
    }
    return {name: view for name, view in found.items() if view.findall(f"{NAMESPACE}filters")}


def filters(view: ElementTree.Element) -> list[tuple[str, str, list[str]]]:
    """Field, operation and values of each filter."""
    return [
        (
            item.findtext(f"{NAMESPACE}field") or "",
            item.findtext(f"{NAMESPACE}operation") or "",
            [value for value in (item.findtext(f"{NAMESPACE}value") or "").split(",") if value],
        )
        for item in view.findall(f"{NAMESPACE}filters")
    ]


def condition(view: ElementTree.Element, api_object: str, user: str) -> str:
    """The view's filters as SOQL, for this user."""
    each = [
        _asked(STANDARD.get(field, field), operation, values) for field, operation, values in filters(view)
    ]
    joined = view.findtext(f"{NAMESPACE}booleanFilter") or " AND ".join(
        str(number) for number in range(1, len(each) + 1)
    )
    written = re.sub(r"\d+", lambda number: each[int(number[0]) - 1], joined)
    mine = {"Mine": f" AND OwnerId = '{user}'", "Everything": ""}[
        view.findtext(f"{NAMESPACE}filterScope") or ""
    ]
    return f"SELECT Id FROM {api_object} WHERE ({written}){mine}"


def _asked(field: str, operation: str, values: list[str]) -> str:
    if field == "SLA_Exempt__c":
        assert (operation, values) == ("equals", ["1"])
        return f"{field} = true"
    if not values:
        return f"{field} {EMPTY[operation]} null"
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{field} {LISTED[operation]} ({listed})"


def shown(world: World, api_object: str) -> dict[str, set[str]]:
    """The ids that each view shows to the first rep."""
    return {
        name: {row["Id"] for row in world.soql(condition(view, api_object, world.rep))}
        for name, view in views(api_object).items()
    }


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    """Which leads, and which kinds of ledger rows, each view shows."""
    world = World()
    mappings = copytree(ROOT / "mappings", tmp_path_factory.mktemp("views") / "mappings")
    absent = world.soql(f"SELECT Username FROM User WHERE Id = '{world.org.people.reps[-1]}'")[0]["Username"]
    far = f"territories: [{{name: Far, when: {{country: Atlantis}}, reps: {{users: [{absent}]}}}}]"
    away = f"absences: [{{user: {absent}, first: 2026-11-01, last: 2026-12-31}}]"
    routing = mappings / "routing.yaml"
    text = routing.read_text().replace("territories: []", far).replace("absences: []", away)
    assert far in text
    assert away in text
    routing.write_text(text)
    policy = documents(mappings)
    world.once(world.worker(policy))
    world.advance(seconds=1)
    leads = {
        "hot": world.create_lead(),
        "others": world.create_lead(OwnerId=world.org.people.reps[1]),
        "mild": world.create_lead(SLA_Budget__c=None),
        "accepted": world.create_lead(Status="Accepted"),
        "waiting": world.create_lead(OwnerId=world.org.people.lead_queue, Country="Atlantis"),
        "exempt": world.create_lead(SLA_Exempt__c=True),
        "refused": world.create_lead(Title="Refused"),
    }
    world.customer_rule('Title = "Refused" && ISBLANK(SLA_Sync_Error__c)')
    names = {id_: name for name, id_ in leads.items()}
    for hours in (1, 37):
        world.at(hours)
        world.once(world.worker(policy))
    of_leads = {
        name: {names[id_] for id_ in ids if id_ in names} for name, ids in shown(world, "Lead").items()
    }
    for hours in (49, 73, 97):
        world.at(hours)
        world.once(world.worker(policy))
    kinds = {row["Id"]: row["Kind__c"] for row in world.soql("SELECT Id, Kind__c FROM SLA_Event__c")}
    of_rows = {name: {kinds[id_] for id_ in ids} for name, ids in shown(world, "SLA_Event__c").items()}
    return of_leads, of_rows


@pytest.mark.parametrize("view", sorted(views("Lead")))
def test_a_view_of_leads_shows_those_that_it_is_for_and_no_others(
    seen: tuple[Mapping[str, set[str]], Mapping[str, set[str]]], view: str
) -> None:
    assert seen[0][view] == LEADS[view]


@pytest.mark.parametrize("view", sorted(views("SLA_Event__c")))
def test_a_view_of_the_ledger_shows_the_rows_that_it_is_for_and_no_others(
    seen: tuple[Mapping[str, set[str]], Mapping[str, set[str]]], view: str
) -> None:
    assert seen[1][view] == KINDS[view]


def test_the_views_ask_for_the_labels_and_statuses_of_the_shipped_policy() -> None:
    labels = {clock.label for clock in everything().sla.clocks.values()}
    asked = [one for view in views("Lead").values() for one in filters(view)]
    clocks = [value for field, _, values in asked if field == "SLA_Clock__c" for value in values]
    assert set(clocks) <= labels
    named = {name: everything().sla.clocks[name].label for name in ("accept", "first_contact", "assign")}
    assert set(clocks) == set(named.values())
    assert [values for field, _, values in asked if field == "LEAD.STATUS"] == [
        everything().lead.stages["open"]
    ]
