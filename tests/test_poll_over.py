"""A lead that is over leaves the index: it is looked at once, and again only when somebody changes it."""

from __future__ import annotations

import pytest

from tests.inprocess import begun


@pytest.mark.parametrize("status", ["Rejected", "converted"])
def test_a_lead_that_is_over_is_not_looked_at_again_while_the_overlap_is_read(status: str) -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    if status == "converted":
        world.control("convert", lead_id=lead, user_id=world.rep)
    else:
        world.update(lead, by=world.rep, Status=status)
    assert [world.once().looks for _ in range(3)] == [1, 1 if status == "Rejected" else 0, 0]
    world.advance(minutes=1)
    assert world.once().looks == 0


def test_a_lead_that_is_over_and_reopened_and_over_again_within_the_overlap_is_looked_at_each_time() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    for _ in range(2):
        world.advance(seconds=20)
        world.update(lead, by=world.rep, Status="Rejected")
        world.once()
        world.once()
        assert world.once().looks == 0
        world.advance(seconds=20)
        world.update(lead, by=world.rep, Status="Open - Not Contacted")
        assert world.once().looks == 1
    assert world.kinds(lead).count("Met") == 2


def test_a_lead_that_was_reopened_and_over_again_between_two_polls_is_looked_at_whoever_did_it() -> None:
    """A tool may be signed in as the worker is: of its changes a fingerprint does not tell the time."""
    world = begun()
    tool = world.org.people.integration
    lead = world.create_lead()
    world.once()
    world.update(lead, by=tool, Status="Rejected")
    for _ in range(3):
        world.once()
    for status in ("Open - Not Contacted", "Rejected"):
        world.advance(seconds=20)
        world.update(lead, by=tool, Status=status)
    world.once()
    assert world.kinds(lead).count("Met") == 2


def test_what_was_seen_of_leads_that_are_over_is_forgotten_once_it_is_read_no_more() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.update(lead, by=world.rep, Status="Rejected")
    for _ in range(3):
        world.once()
    (row,) = world.store._seen
    assert row.startswith(lead)
    world.advance(minutes=30)
    world.once()
    world.once()
    assert world.store._seen == {}
