"""Few API requests are left: scores wait, then Tasks, reminders, escalations; others keep their share."""

from __future__ import annotations

import pytest

from sfsync.core.limits_document import ApiRequests
from sfsync.errors import Budget
from sfsync.poll import tick
from sfsync.reconcile import handle
from sfsync.salesforce.budget import Lane, open_lanes
from sfsync.salesforce.session import Usage
from tests.inprocess import World, begun

SHARES = ApiRequests.model_validate({"left_to_others": "10 %", "kept_for_steps": "20 %"})
OTHERS = 1_000_000


def leave(world: World, share: float) -> None:
    """Let so large a share of the org's day be left; the few requests of a test change nothing in it."""
    calls, now = world.app.calls, world.org.clock.now()
    calls.charge(calls.open("GET", "/others", {}, now), OTHERS)
    calls.records.pop()
    world.control("settings", api_limit=round(calls.used(now) / (1 - share)))


@pytest.mark.parametrize(
    ("used", "lanes"),
    [
        (0, 5),
        (699, 5),
        (700, 4),
        (749, 4),
        (750, 3),
        (800, 2),
        (849, 2),
        (850, 1),
        (899, 1),
        (900, 0),
        (1000, 0),
        (1200, 0),
    ],
)
def test_lanes_close_one_after_another_at_their_share(used: int, lanes: int) -> None:
    assert open_lanes(Usage(used, 1000), SHARES) == tuple(Lane)[:lanes]


def test_an_org_without_any_requests_has_no_open_lane_and_an_untold_one_has_all() -> None:
    assert open_lanes(Usage(0, 0), SHARES) == ()
    assert open_lanes(None, SHARES) == tuple(Lane)


def test_scores_wait_while_steps_are_taken_and_are_written_when_there_is_quota_again() -> None:
    world = begun()
    stepping, scored = world.create_lead(), world.create_lead()
    world.once()
    world.at(36, seconds=5)
    world.update(scored, by=world.rep, Status="Accepted")
    world.once()
    world.update(scored, by=world.rep, SLA_Budget__c="Approved")
    before = world.lead(scored)["SLA_Score__c"]
    leave(world, 0.24)
    world.at(48, seconds=5)
    world.once()
    assert "Reminded" in world.kinds(stepping)
    row = world.lead(scored)
    assert (row["SLA_Score__c"], row["LastModifiedById"]) == (before, world.rep)
    leave(world, 0.9)
    world.advance(hours=1)
    world.once()
    assert world.lead(scored)["SLA_Score__c"] != before


def test_reminders_wait_while_escalations_are_made_and_come_late_rather_than_never() -> None:
    world = begun()
    late = world.create_lead()
    for hours in (0, 36, 47):
        world.at(hours)
        world.once()
    early = world.create_lead()
    world.at(48)
    world.once()
    world.at(83)
    leave(world, 0.15)
    worker = world.worker()
    world.once(worker)
    assert "Escalated" in world.kinds(late)
    assert "Warned" not in world.kinds(early)
    assert worker.tally.withheld == 1
    leave(world, 0.9)
    world.advance(minutes=15)
    world.once()
    assert world.kinds(early) == ["Band Entered", "Warned"]


def test_withheld_writes_are_not_tried_every_minute() -> None:
    world = begun()
    leads = world.create_leads(300, CreatedDate=world.org.clock.now() - 86_400)
    leave(world, 0.2)
    worker = world.worker()
    world.once(worker)
    assert worker.tally.withheld == len(leads)
    for _ in range(40):
        world.advance(minutes=1)
        with world.counted() as calls:
            assert world.once(worker).looks == 0
        assert len(calls) <= 2


def test_with_nothing_left_but_the_others_share_work_stops_cleanly_and_goes_on_by_itself() -> None:
    world = begun()
    lead = world.create_lead()
    leave(world, 0.1)
    worker = world.worker()
    worker.configuration()
    with world.counted() as calls, pytest.raises(Budget, match="left_to_others"):
        tick(worker)
    assert calls == ["composite"], "one question, whether there is quota again"
    assert world.queue.messages == []
    leave(world, 0.5)
    world.advance(hours=3)
    world.once(worker)
    assert "Band Entered" in world.kinds(lead)


def test_a_message_that_is_out_when_the_quota_ends_leaves_its_leads_due() -> None:
    world = begun()
    lead = world.create_lead()
    tick(world.worker())
    leave(world, 0.05)
    with pytest.raises(Budget):
        world.drain()
    world.queue.messages.clear()
    leave(world, 0.9)
    world.once()
    assert world.kinds(lead) == ["Band Entered"]


def test_a_worker_that_was_idle_while_the_quota_came_back_does_not_believe_its_last_reply() -> None:
    world = begun()
    lead = world.create_lead()
    idle = world.worker()
    leave(world, 0.05)
    with pytest.raises(Budget):
        tick(idle)
    leave(world, 0.9)
    tick(world.worker())
    world.drain(idle)
    assert world.kinds(lead) == ["Band Entered"]


def test_posts_wait_with_the_reminders() -> None:
    world = begun()
    lead = world.create_lead()
    worker = world.worker()
    tick(worker)
    handle(world.queue.messages.pop(0), worker)
    world.queue.messages.clear()
    leave(world, 0.16)
    world.once()
    assert world.posts(lead) == []
    leave(world, 0.9)
    world.advance(minutes=16)
    world.once()
    assert len(world.posts(lead)) == 1


def test_redis_emptied_while_scores_wait_forgets_nothing() -> None:
    world = begun()
    lead = world.create_leads(1)[0]
    leave(world, 0.2)
    world.once()
    world.store.forget()
    world.once()
    assert world.lead(lead).get("SLA_Score__c") is None
    leave(world, 0.9)
    world.store.forget()
    world.once()
    assert world.lead(lead)["SLA_Score__c"] == 68
