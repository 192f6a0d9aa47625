"""What the policy limits for the whole org is counted and spent by one look at a time, and nobody else waits for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sfsync import limits, reconcile
from sfsync.errors import SfsyncError, Transient
from sfsync.poll import tick
from sfsync.ports import Look, Reply
from sfsync.reconcile import ROUNDS, handle
from sfsync.salesforce import notices
from sfsync.settings import MOST_TO_CONNECT_S, MOST_TO_READ_S
from sfsync.worker import Worker
from tests.inprocess import Crash, Send, World, handed, meanwhile
from tests.test_crossings import PER_HOUR, edited, moved, scored

GRAPH = "composite/graph"


def ready(tmp_path: Path, number: int) -> tuple[World, list[str], Worker]:
    """Leads that all leave their band, and a worker that knows its policy."""
    world, leads, after = scored(tmp_path, number)
    worker = world.worker(after)
    world.advance(minutes=1)
    tick(worker)
    handed(world)
    return world, leads, worker


@pytest.mark.parametrize("same_process", [True, False])
def test_two_looks_at_once_spend_a_limit_once(tmp_path: Path, same_process: bool) -> None:
    world, leads, worker = ready(tmp_path, 4 * PER_HOUR)
    half, rest = tuple(leads[: 2 * PER_HOUR]), tuple(leads[2 * PER_HOUR :])
    failed: list[str] = []

    def other() -> None:
        try:
            handle(Look(rest), worker if same_process else world.worker(worker.documents))
        except Transient as error:
            failed.append(str(error))

    with world.interposed(meanwhile(other)):
        handle(Look(half), worker)
    assert moved(world) == PER_HOUR
    assert failed == ["another look counts what the policy's limits leave: tried again when it has"]
    world.once(worker, alone=False)
    assert moved(world) == PER_HOUR
    for _ in range(8):
        world.advance(minutes=62)
        world.once(worker)
    assert moved(world) == len(leads)


def test_who_waits_for_a_turn_holds_up_no_lead_that_needs_none(tmp_path: Path) -> None:
    world, leads, worker = ready(tmp_path, 2)
    fresh = world.create_lead()
    now = int(world.now.timestamp())
    world.store.lease(limits.TURN, "somebody else", now, now + 60)
    with pytest.raises(Transient):
        handle(Look((*leads, fresh)), worker)
    assert world.kinds(fresh) == ["Band Entered"]
    assert moved(world) == 0
    world.advance(minutes=1)
    world.once(worker, alone=False)
    assert moved(world) == 2


def test_a_lead_that_waited_for_its_turn_and_then_was_late_once_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed 16 of the simulation: in its last round it meets what the look before it has just written."""
    world, leads, worker = ready(tmp_path, 1)
    lease, waited = world.store.lease, list[str]()

    def busy(name: str, holder: str, now: int, until: int) -> bool:
        if len(waited) < limits.TRIES * (ROUNDS - 1):
            waited.append(holder)
            return False
        monkeypatch.setattr(world.store, "lease", lease)
        handle(Look(tuple(leads)), world.worker(worker.documents))
        return lease(name, holder, now, until)

    monkeypatch.setattr(world.store, "lease", busy)
    with pytest.raises(Transient):
        handle(Look(tuple(leads)), worker)
    assert moved(world) == 1
    handle(Look(tuple(leads)), worker)
    assert moved(world) == 1
    assert "Error" not in world.kinds()


def test_a_holder_that_died_is_waited_for_some_minutes_and_not_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, leads, worker = ready(tmp_path, 2)
    with monkeypatch.context() as patch, world.interposed(meanwhile(die)):
        patch.setattr(world.store, "release", lambda name, holder: None)
        with pytest.raises(Crash):
            handle(Look(tuple(leads)), worker)
    with pytest.raises(Transient):
        handle(Look(tuple(leads)), worker)
    assert moved(world) == 0
    world.advance(seconds=limits.LASTS.total_seconds())
    world.once(worker)
    assert moved(world) == 2


def test_who_loses_the_turn_before_writing_writes_nothing_that_is_limited(tmp_path: Path) -> None:
    """A worker that stood still between counting and writing: somebody else has spent the rest since."""
    world, leads, worker = ready(tmp_path, 4 * PER_HOUR)
    half, rest = tuple(leads[: 2 * PER_HOUR]), tuple(leads[2 * PER_HOUR :])

    def other() -> None:
        world.advance(seconds=limits.LASTS.total_seconds() + 1)
        handle(Look(rest), world.worker(worker.documents))

    with world.interposed(meanwhile(other, path="composite", holding="COUNT(Id)")):
        handle(Look(half), worker)
    assert moved(world) == PER_HOUR


def test_a_redis_that_is_emptied_while_a_look_spends_costs_one_reading_of_leads_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "LEADS_A_READING", 4)
    world, leads, worker = ready(tmp_path, 6 * PER_HOUR)
    half, rest = tuple(leads[: 3 * PER_HOUR]), tuple(leads[3 * PER_HOUR :])

    def emptied() -> None:
        world.store.forget()
        other = world.worker(worker.documents)
        tick(other)
        handle(Look(rest), other)

    with world.interposed(meanwhile(emptied)):
        handle(Look(half), worker)
    assert PER_HOUR < moved(world) <= 2 * PER_HOUR


def test_what_is_released_is_given_once_and_not_in_every_hour(tmp_path: Path) -> None:
    released = 5
    world, leads, worker = ready(tmp_path, 12 * PER_HOUR)
    known = worker.configuration()
    until = known.read_at + timedelta(hours=4)
    key, what = "released:once", notices.BAND_CHANGES
    notices.release(worker.session, key, released, until, "Ada", "a trial", known.policy.hash, what)
    handle(Look(tuple(leads)), worker)
    assert moved(world) == PER_HOUR + released
    for hours in (1, 2, 3):
        world.advance(minutes=62)
        world.once(worker)
        assert moved(world) == (hours + 1) * PER_HOUR + released


def test_a_turn_that_another_look_has_had_meanwhile_is_no_turn_any_more(tmp_path: Path) -> None:
    world, leads, worker = ready(tmp_path, 4 * PER_HOUR)
    half, rest = tuple(leads[: 2 * PER_HOUR]), tuple(leads[2 * PER_HOUR :])
    other = world.worker(worker.documents)

    stalled = []

    def stall(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if b"COUNT(Id)" in (body or b"") and not stalled:
            stalled.append(True)
            world.advance(seconds=limits.LASTS.total_seconds() + 1)
            handle(Look(rest), other)
            assert moved(world) == PER_HOUR
        return reply

    with world.interposed(stall):
        handle(Look(half), worker)
    assert moved(world) == PER_HOUR


def test_an_alert_that_the_org_refuses_stops_no_lead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of the customer's on Task refuses ours; steps of other leads in the same look are on time."""
    monkeypatch.setattr(reconcile, "LEADS_A_READING", 4)
    world, before = World(), edited(tmp_path)
    world.once(world.worker(before))
    world.advance(seconds=1)
    clocked = world.create_lead(SLA_Budget__c="Approved")
    world.once(world.worker(before))
    world.at(35.5)
    for _ in range(4 * PER_HOUR):
        world.create_lead()
    world.once(world.worker(before))
    after = edited(tmp_path, ("scoring", "Planned: 17", "Planned: 2"))
    world.at(36, 1)
    world.customer_rule("ISBLANK(WhoId)", "A task needs a lead.", on="Task")
    with capture_logs() as logs:
        world.once(world.worker(after))
    assert "Warned" in world.kinds(clocked)
    [said] = {(one["event"], one["reason"]) for one in logs if "refuses the alert" in one["event"]}
    assert said[0] == "band changes are withheld, and the org refuses the alert"
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in said[1]
    now = int(world.now.timestamp())
    assert world.store.lease(limits.TURN, "the next", now, now + 1), "the turn is given back"


def test_a_look_that_fails_gives_its_turn_back(tmp_path: Path) -> None:
    world, leads, worker = ready(tmp_path, 2)

    def refuse(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if b"COUNT(Id)" in (body or b""):
            raise SfsyncError("whatever")
        return send()

    with world.interposed(refuse), pytest.raises(SfsyncError):
        handle(Look(tuple(leads)), worker)
    now = int(world.now.timestamp())
    assert world.store.lease(limits.TURN, "the next", now, now + 1)


def die() -> None:
    raise Crash


def test_a_turn_lasts_longer_than_a_write_waits_for_its_reply() -> None:
    assert limits.LASTS.total_seconds() > MOST_TO_CONNECT_S + MOST_TO_READ_S
