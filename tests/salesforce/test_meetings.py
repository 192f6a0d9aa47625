"""A meeting counts once, when it is over, and one that says little about its times keeps no other lead waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfsync.poll import tick
from tests.inprocess import World, begun
from tests.shipped import everything

DAY = datetime(2026, 11, 3, tzinfo=UTC)


def meeting(world: World, lead: str, **stored: Any) -> str:
    """An Event of ten to eleven, stored as this says."""
    times = {"StartDateTime": "2026-11-03T10:00:00Z", "EndDateTime": "2026-11-03T11:00:00Z"}
    event = world.rest("POST", "sobjects/Event", {"WhoId": lead, "OwnerId": world.rep, **times}, by=world.rep)
    table = world.org.database.table("Event")
    table.put({**table.rows[event["id"]], **stored})
    return str(event["id"])


def held(world: World, *leads: str) -> dict[str, list[datetime]]:
    worker = world.worker(everything())
    found = worker.reader(worker.configuration().policy).observe(leads).facts
    return {id_: [one.at for one in found[id_].interactions] for id_ in leads}


@pytest.mark.parametrize(
    ("stored", "over"),
    [
        ({}, [DAY + timedelta(hours=11)]),
        ({"EndDateTime": None}, [DAY + timedelta(hours=11)]),
        ({"EndDateTime": None, "DurationInMinutes": 90}, [DAY + timedelta(hours=11.5)]),
        ({"EndDateTime": None, "DurationInMinutes": None}, [DAY + timedelta(days=1)]),
        ({"EndDateTime": None, "StartDateTime": None}, [DAY + timedelta(days=1)]),
        ({"EndDateTime": None, "StartDateTime": None, "ActivityDate": None}, []),
    ],
)
def test_an_event_without_an_end_is_over_by_its_duration_or_its_day_or_is_none(
    stored: dict[str, Any], over: list[datetime]
) -> None:
    """Salesforce calls all of these nillable; one of them failed all leads that were read with it."""
    world = begun()
    lead, other = world.create_lead(), world.create_lead()
    meeting(world, lead, **stored)
    meeting(world, other)
    assert held(world, lead, other) == {lead: over, other: [DAY + timedelta(hours=11)]}


def test_a_meeting_with_invitees_is_one() -> None:
    """Salesforce keeps one Event more for each user who was invited."""
    world = begun()
    worker = world.worker(everything())
    lead = world.create_lead()
    world.once(worker)
    meeting(world, lead, IsChild=True)
    world.advance(minutes=1)
    assert tick(worker).looks == 0
    meeting(world, lead)
    world.advance(minutes=1)
    assert tick(worker).looks == 1
    assert held(world, lead) == {lead: [DAY + timedelta(hours=11)]}
