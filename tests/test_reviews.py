"""A review that is due is told once, and never stops anything."""

from __future__ import annotations

from datetime import timedelta

from tests.inprocess import SEVENTEEN_POINTS, World, begun

DUE_AFTER = timedelta(days=62)
"""From the worlds' beginning to 2027-01-03, when scoring and service levels are due for their review."""


def reviews_due() -> World:
    world = begun()
    world.advance(seconds=DUE_AFTER.total_seconds())
    return world


def test_a_worker_that_goes_on_and_one_that_is_new_tell_it_once() -> None:
    world = reviews_due()
    worker = world.worker()
    for _ in range(3):
        world.once(worker)
        world.advance(hours=7)
    world.once()
    assert world.kinds() == ["Review Due"] * 2
    tasks = world.soql("SELECT OwnerId, Subject FROM Task")
    assert {task["OwnerId"] for task in tasks} == {world.executive}
    with world.counted() as calls:
        world.advance(hours=7)
        world.once(worker)
    assert "composite/graph" not in calls, "what is known to be told is not tried again"


def test_in_shadow_mode_nobody_is_told() -> None:
    world = reviews_due()
    world.change_settings(Shadow__c=True)
    world.once()
    assert world.kinds() == []


def test_an_org_that_refuses_the_task_goes_on_being_polled() -> None:
    world = reviews_due()
    world.control("customer_rules", required=[["Task", "Type"]])
    poor = world.create_lead(**dict.fromkeys(SEVENTEEN_POINTS))  # its band asks for no Task
    world.once()
    assert world.lead(poor)["SLA_Band__c"] == "Nurture"
    assert "Review Due" not in world.kinds()
    world.rest("DELETE", "/_org/customer_rules")
    world.advance(hours=7)
    world.once()
    assert world.kinds().count("Review Due") == 2
