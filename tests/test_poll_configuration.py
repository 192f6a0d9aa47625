"""A change of the configuration reaches every lead once, whatever each process has last read."""

from __future__ import annotations

from structlog.testing import capture_logs

from sfsync.poll import tick
from sfsync.reconcile import handle
from tests import shipped
from tests.inprocess import World, begun


def move_to(world: World, time_zone: str) -> None:
    """A rep moves: the configuration is another."""
    users = world.org.database.table("User")
    users.put({**users.rows[world.rep], "TimeZoneSidKey": time_zone})


def open_all_night(world: World) -> None:
    hours = world.org.database.table("BusinessHours")
    (row,) = hours.rows.values()
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    hours.put({**row, **{f"{day}StartTime": "00:00:00.000Z" for day in days}})


def test_a_worker_that_read_the_org_before_its_ticker_did_decides_with_the_newer_one() -> None:
    """Ticker and worker in processes of their own: what is due by the new business hours comes by them."""
    breached = []
    for split in (False, True):
        world = World()
        documents = shipped.everything()
        world.once(world.worker(documents))
        world.advance(seconds=1)
        lead = world.create_lead()
        ticker = world.worker(documents)
        for _ in range(5):
            tick(ticker)
            world.drain(ticker)
            world.advance(minutes=1)
        worker = world.worker(documents) if split else ticker
        worker.configuration()  # five minutes younger than the ticker's: not read again for as long after it
        open_all_night(world)
        for _ in range(6 * 60):
            tick(ticker)
            world.drain(worker)
            world.advance(minutes=1)
        breached.append([(row["Kind__c"], row["Due_At__c"]) for row in world.events(lead)])
    together, apart = breached
    assert together == apart


def test_two_tickers_start_cold_once_when_something_changes() -> None:
    world = begun()
    world.create_lead()
    first = world.worker()
    world.once(first)
    for _ in range(5):
        world.advance(minutes=1)
        world.once(first)
    second = world.worker()
    world.once(second)
    move_to(world, "Asia/Tokyo")
    cold = 0
    for _ in range(30):
        world.advance(minutes=1)
        cold += world.once(first).cold + world.once(second).cold
    assert cold == 1


def test_a_look_that_began_before_the_change_settles_nothing_after_it() -> None:
    world = begun()
    lead = world.create_lead()
    slow, ticker = world.worker(), world.worker()
    tick(ticker)
    message = world.queue.messages.pop()
    interrupted = []

    def changed_meanwhile(method: str, path: str, body: bytes | None, send: object) -> object:
        if "composite/graph" in path and not interrupted:
            interrupted.append(path)
            move_to(world, "Asia/Tokyo")
            found = tick(world.worker())
            assert found.cold
        return send()  # type: ignore[operator]

    with world.interposed(changed_meanwhile):  # type: ignore[arg-type]
        handle(message, slow)
    assert interrupted
    marks = world.store.marks()
    assert marks is not None
    assert world.store.in_flight(marks.epoch) == [lead], "it is somebody else's to settle"
    world.drain()
    assert world.store.in_flight(marks.epoch) == []


def test_a_process_of_other_files_than_the_tickers_decides_nothing() -> None:
    """In the middle of a deployment: the leads wait for a process that has the files they were handed out with."""
    world = begun()
    lead = world.create_lead()
    old, new = world.worker(shipped.acceptance_only()), world.worker(shipped.everything())
    tick(new)
    with capture_logs() as logs:
        world.drain(old)
    assert [one["log_level"] for one in logs] == ["error"]
    assert "mappings/" in logs[0]["event"]
    assert "SLA_Revision__c" not in world.lead(lead)
    assert tick(new).looks == 1
    world.drain(new)
    assert world.lead(lead)["SLA_Revision__c"] == 1


def test_a_lead_that_cannot_be_written_is_left_alone_until_its_next_check() -> None:
    """In the org it looks forgotten: its next check could not be written there."""
    world = begun()
    world.create_lead(LastName="Poison")
    world.customer_rule('LastName = "Poison"')
    worker = world.worker()
    world.once(worker)
    hours = []
    for quarter in range(1, 4 * 30):
        world.advance(minutes=15)
        hours += [quarter / 4] * world.once(worker).looks
    assert hours == [24.0]


def test_in_shadow_mode_a_lead_is_looked_at_when_something_falls_due_and_not_all_day() -> None:
    world = begun()
    world.change_settings(Shadow__c=True)
    worker = world.worker()
    world.once(worker)
    world.create_lead()
    looks = 0
    for _ in range(24 * 4):
        world.advance(minutes=15)
        looks += world.once(worker).looks
    assert looks == 2  # it is new; half of the time is over
