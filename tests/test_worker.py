"""What a worker knows, how long it believes it, and what makes it look at every lead again."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from sfsync.errors import Transient
from sfsync.poll import tick
from sfsync.ports import Reply
from sfsync.reconcile import handle
from sfsync.worker import REFRESH
from tests.inprocess import Send, World, begun


def test_the_configuration_is_asked_for_once_in_ten_minutes() -> None:
    world = begun()
    worker = world.worker()
    worker.configuration()
    with world.counted() as calls:
        for _ in range(9):
            world.advance(minutes=1)
            worker.session.get("limits")
            worker.configuration()
    assert calls == ["limits"] * 9
    with world.counted() as calls:
        world.advance(seconds=REFRESH.total_seconds() - 9 * 60)
        worker.session.get("limits")
        worker.configuration()
    assert calls == ["limits", "composite"]


def test_a_worker_that_was_idle_learns_that_all_was_switched_off_before_it_posts() -> None:
    world = begun()
    world.create_lead()
    worker = world.worker()
    tick(worker)
    look = world.queue.messages.pop(0)
    handle(look, worker)
    (post,) = world.queue.messages
    world.change_settings(Enabled__c=False)
    world.advance(seconds=REFRESH.total_seconds())
    world.waited_s += REFRESH.total_seconds()
    with world.counted() as calls:
        handle(post, worker)
    assert calls == ["composite"], "nobody has told it the time since"


def test_it_is_asked_for_each_time_while_nothing_is_done() -> None:
    world = begun()
    worker = world.worker()
    worker.identity()
    world.change_settings(Enabled__c=False)
    for _ in range(3):
        with world.counted() as calls:
            assert worker.configuration().switched_off == "Enabled__c is off in SFSync_Settings__c"
        assert calls == ["composite"]
    world.change_settings(Enabled__c=True)
    assert worker.configuration().switched_off is None


def test_before_enforcement_begins_no_org_can_be_decided_on_but_one_can_be_imagined() -> None:
    world = World()
    configuration = world.worker().configuration()
    with pytest.raises(Transient, match="Enforce_From__c"):
        configuration.org()
    assert configuration.org_or_now().enforce_from == world.now


def test_who_we_are_is_asked_once() -> None:
    world = begun()
    asked = []

    def counting(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        asked.extend([path] if path.endswith("/v64.0/") else [])
        return send()

    worker = world.worker()
    with world.interposed(counting):
        for _ in range(3):
            worker.configuration(fresh=True)
    assert len(asked) == 1


def test_the_same_configuration_has_the_same_epoch_in_every_process() -> None:
    world = begun()
    assert world.worker().configuration().epoch == world.worker().configuration().epoch
    world.advance(hours=1)
    world.create_lead()
    assert world.worker().configuration().epoch == world.worker().configuration().epoch


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("User", {"IsActive": False}),
        ("User", {"ManagerId": None}),
        ("User", {"TimeZoneSidKey": "Europe/Berlin"}),
        ("Group", {"Name": "Another Queue"}),
        ("BusinessHours", {"MondayEndTime": "18:00:00.000Z"}),
        ("BusinessHours", {"TimeZoneSidKey": "Europe/Berlin"}),
        ("Holiday", {"ActivityDate": "2026-12-24"}),
        ("SFSync_Settings__c", {"Shadow__c": True}),
    ],
)
def test_whatever_a_decision_depends_on_changes_the_epoch(table: str, change: dict[str, object]) -> None:
    world = begun()
    world.org.load("Holiday", [{"Name": "Christmas", "IsAllDay": True, "ActivityDate": "2026-12-25"}])
    before = world.worker().configuration().epoch
    stored = world.org.database.table(table)
    queue = world.org.people.lead_queue
    id_ = {"User": world.rep, "Group": queue}.get(table) or next(iter(stored.rows))
    stored.put({**stored.rows[id_], **change})  # type: ignore[dict-item]
    assert world.worker().configuration().epoch != before


@pytest.mark.parametrize(
    ("user_type", "changes"), [("CSPLitePortal", False), ("Guest", False), ("PowerPartner", True)]
)
def test_customers_who_register_themselves_change_nothing(user_type: str, changes: bool) -> None:
    world = begun()
    before = world.worker().configuration().epoch
    users = world.org.database.table("User")
    users.put({**users.rows[world.rep], "Id": "005000000000099AAA", "UserType": user_type})
    assert (world.worker().configuration().epoch != before) == changes


def test_proof_of_the_guards_lasts_ten_minutes() -> None:
    world = begun()
    worker = world.worker()
    assert not worker.guards_proven(world.now)
    worker.prove_guards(world.now)
    assert worker.guards_proven(world.now + REFRESH - timedelta(seconds=1))
    assert not worker.guards_proven(world.now + REFRESH)


def test_no_two_workers_bear_one_name() -> None:
    world = begun()
    assert world.worker().token != world.worker().token


def test_threads_count_together() -> None:
    worker = begun().worker()

    def count() -> None:
        for _ in range(1000):
            worker.count(looked=1, posts=2)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (worker.tally.looked, worker.tally.posts, worker.tally.events) == (4000, 8000, 0)
