"""Fifteen failures that happened to others, each tried on our own code (field-notes.md, "read").

Where a failure lives in a dependency, the test holds what keeps it from us.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
import requests
import responses
from dramatiq.middleware import AgeLimit
from pydantic import SecretStr
from redis import Redis

from jobs.broker import ALWAYS, HEARTBEAT_MS, build_broker
from sfsync.errors import Budget, Transient
from sfsync.poll import CLAIM_LASTS, tick
from sfsync.ports import Look, Marks, Reply
from sfsync.reconcile import SUSPECT_AFTER, handle
from sfsync.salesforce.authentication import Authentication, ClientCredentials
from sfsync.salesforce.transport import SalesforceTransport
from sfsync.salesforce.wire import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Wire
from tests.inprocess import ROOT, Crash, Send, World, begun

ORG = "https://example.my.salesforce.com"
PAGE = 200
ONCE = {"Band Entered": 1}


def handed(world: World) -> list[str]:
    found = [id_ for message in world.queue.messages if isinstance(message, Look) for id_ in message.lead_ids]
    world.queue.messages.clear()
    return found


def marks(world: World) -> Marks:
    found = world.store.marks()
    assert found is not None
    return found


def test_01_rows_committed_late_lie_below_the_cursor_airbyte_27146() -> None:
    """A long transaction commits rows whose SystemModstamp a poll has already passed."""
    world = begun()
    values = {"LastName": "Late", "Company": "Example", "OwnerId": world.rep}
    late = world.control("late_commit", sobject="Lead", values=values)["id"]
    committed_at = world.org.clock.now()
    for _ in range(4):
        world.advance(minutes=1)
        world.once()
    assert marks(world).cursor_at > committed_at
    world.control("late_commit", release=True)
    assert world.once().looks == 1
    assert world.lead(late)["SLA_Score__c"] == 0


def test_02_ties_on_the_modification_stamp_are_skipped_supaglue_532() -> None:
    """`SystemModstamp > cursor` skips the rows that share the cursor's second."""
    world = begun()
    first = world.create_lead()
    world.once()
    second = world.create_lead()
    assert world.lead(first)["CreatedDate"] == world.lead(second)["CreatedDate"]
    world.once()
    assert Counter(world.kinds(second)) == ONCE


def test_03_a_tie_larger_than_a_page_loops_for_ever_airbyte_17148() -> None:
    world = begun()
    world.app.settings.composite_page_rows = PAGE
    tied = world.create_leads(6 * PAGE)
    looked_at: list[str] = []
    asked: list[str] = []

    def second_page_kills(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        asked.extend([path] if path.endswith("/composite") else [])
        if len(asked) == 3:  # the configuration, the first page, and then
            raise Crash
        return send()

    for _ in range(5):
        asked.clear()
        with world.interposed(second_page_kills), pytest.raises(Crash):
            tick(world.worker())
        looked_at += handed(world)
    tick(world.worker())
    looked_at += handed(world)
    assert sorted(looked_at) == sorted(tied)


def test_04_a_query_that_timed_out_counts_as_a_successful_sync_airbyte_17503() -> None:
    world = begun()
    lead = world.create_lead()
    before = marks(world)
    world.advance(minutes=10)
    world.fault("query_timeout", "/composite", nth=2)
    with pytest.raises(Transient, match="QUERY_TIMEOUT"):
        tick(world.worker())
    assert marks(world) == before
    tick(world.worker())
    assert handed(world) == [lead]


def test_05_sleeping_on_a_daily_limit_is_pointless_airbyte_8690() -> None:
    world = begun()
    lead = world.create_lead()
    world.control("settings", api_limit=0)
    with pytest.raises(Budget):
        tick(world.worker())
    assert world.slept == []
    world.control("settings", api_limit=100_000)
    world.once()
    assert Counter(world.kinds(lead)) == ONCE


@responses.activate
def test_06_a_login_without_a_time_out_froze_for_four_hours_simple_salesforce_755() -> None:
    """Every request has both time-outs, the login among them, and no code of ours goes around the wire."""
    seen: list[object] = []
    token = {"access_token": "t", "instance_url": ORG}
    responses.post(f"{ORG}/services/oauth2/token", json=token)
    responses.get(f"{ORG}/services/data", json=[])
    real = requests.Session.request

    def noting(self: requests.Session, method: str, url: str, **more: object) -> requests.Response:
        seen.append(more.get("timeout"))
        return real(self, method, url, **more)  # type: ignore[arg-type]

    mint = ClientCredentials(client_id="id", client_secret=SecretStr("secret"), login_url=ORG)
    with (
        patch.object(requests.Session, "request", noting),
        closing(SalesforceTransport(ORG, Authentication(mint))) as transport,
    ):
        transport.send("GET", "/services/data", headers={})
    assert seen == [(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)] * 2
    assert 0 < CONNECT_TIMEOUT_S <= READ_TIMEOUT_S <= 120


def _calls_to_requests(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            opens = node.func.attr in ("get", "post", "put", "patch", "request", "Session", "urlopen")
            if (
                opens
                and isinstance(owner, ast.Name)
                and owner.id in ("requests", "httpx", "urllib3", "request")
            ):
                yield f"{path.name}: {owner.id}.{node.func.attr}"


def test_06_nothing_but_the_wire_opens_connections() -> None:
    """The emulated org and the people of its demo aside, who are no part of the worker."""
    sources = [*(ROOT / "sfsync").rglob("*.py"), *(ROOT / "jobs").rglob("*.py")]
    ours = [path for path in sources if "localorg" not in path.parts and path.name != "demo_people.py"]
    found = [call for path in ours for call in _calls_to_requests(path)]
    assert found == []
    assert issubclass(Wire, requests.Session)


def test_07_a_create_that_is_sent_again_after_a_time_out_makes_a_duplicate_simple_salesforce_402() -> None:
    world = begun()
    lead = world.create_lead()
    world.fault("drop_after_commit", "composite/graph")
    with world.counted() as calls:
        world.once()
    assert calls.count("composite/graph") == 1, "the ledger is asked, not the write repeated"
    assert Counter(world.kinds(lead)) == ONCE
    assert len(world.soql("SELECT Id FROM Task")) == 1


def test_08_rows_that_fail_inside_a_successful_reply_are_overlooked_simple_salesforce_817() -> None:
    """A collection answers 200 with success=false for some rows: each one is accounted for."""
    world = World()
    leads = world.create_leads(400)
    tick(world.worker())
    world.fault("partial_failure", "/composite", nth=4, arg=0.5)  # three readings, then the write
    worker = world.worker()
    world.drain(worker)
    written = [lead for lead in leads if world.lead(lead).get("SLA_Score__c") == 68]
    assert world.app.faults.rules[0].struck == 1
    assert written == leads
    assert worker.tally.looked == len(leads)


def test_09_a_locked_row_fails_all_or_all_are_sent_again_dlrs_450() -> None:
    """Only the rows that failed are sent again, after a random wait."""
    world = World()
    leads = world.create_leads(200)
    tick(world.worker())
    sent: list[int] = []

    def noting(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if b"SLA_Guard__c" in (body or b"") and b"PATCH" in (body or b""):
            sent.append((body or b"").count(b'"SLA_Score__c"'))
        return send()

    world.fault("lock_row", "/composite", nth=3, arg=leads[7])
    with world.interposed(noting):
        world.drain()
    assert sent == [200, 1]
    assert all(world.lead(lead).get("SLA_Score__c") == 68 for lead in leads)


def test_10_a_query_locator_is_gone_in_the_middle_simple_salesforce_95() -> None:
    world = begun()
    world.app.settings.composite_page_rows = PAGE
    leads = world.create_leads(4 * PAGE)
    world.fault("expired_locator", "/composite", nth=3)
    with pytest.raises(Transient, match="INVALID_QUERY_LOCATOR"):
        tick(world.worker())
    first = handed(world)
    tick(world.worker())
    rest = handed(world)
    assert (len(first), sorted(first + rest)) == (PAGE, sorted(leads))


def test_11_a_formula_changes_and_no_stamp_moves_heroku_roadmap_319() -> None:
    """A value that the row shows anew without its stamp moving is found when the lead is looked at next: every
    open lead has a time at which it is, whether or not anything changes.
    """
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(minutes=10)
    world.once()
    row = world.lead(lead)
    world.org.database.table("Lead").put({**row, "SLA_Budget__c": "Approved"})
    assert world.once().looks == 0, "nothing tells of it"
    (next_check,) = world.store.known(marks(world).epoch, [lead])
    assert next_check is not None
    assert next_check - world.org.clock.now() <= 36 * 3600
    world.org.clock.set(next_check)
    world.once()
    assert world.lead(lead)["SLA_Score__c"] == 76


def test_12_hard_deletes_and_merges_are_invisible_airbyte_34082() -> None:
    world = begun()
    winner, loser, hard = world.create_lead(), world.create_lead(), world.create_lead()
    world.once()
    world.advance(minutes=1)
    world.control("merge", master_id=winner, loser_ids=[loser], user_id=world.executive)
    world.org.database.table("Lead").discard(hard)
    world.once()
    for hours in (36, 48, 72):
        world.at(hours, seconds=2)
        world.once()
    epoch = marks(world).epoch
    left = {*world.store.in_flight(epoch), *world.store.take_due(epoch, 2**40, 2**40, 100)}
    assert left == {winner}
    assert "Warned" in world.kinds(winner)
    assert world.kinds(hard) == ["Band Entered"]


def test_13_a_message_is_delivered_twice_dramatiq_431() -> None:
    world = begun()
    lead = world.create_lead()
    tick(world.worker())
    message = world.queue.messages.pop()
    handle(message, world.worker())
    handle(message, world.worker())
    posts = list(world.queue.messages)
    world.drain()
    for post in posts:
        handle(post, world.worker())
    assert Counter(world.kinds(lead)) == ONCE
    assert len(world.soql("SELECT Id FROM Task")) == len(world.posts(lead)) == 1


def test_14_a_poison_message_is_redelivered_for_ever_dramatiq_213() -> None:
    """Nothing but our own counter rises when a process is killed."""
    world = begun()
    poison, other = world.create_lead(), world.create_lead()
    deaths = 0

    def killing(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if path.endswith("composite/graph") and poison.encode() in (body or b""):
            raise Crash
        return send()

    with world.interposed(killing):
        for _ in range(6 * SUSPECT_AFTER):
            tick(world.worker())
            while world.queue.messages:
                try:
                    handle(world.queue.messages.pop(0), world.worker())
                except Crash:
                    deaths += 1
            world.advance(seconds=CLAIM_LASTS.total_seconds() + 1)
    assert deaths <= 2 * SUSPECT_AFTER
    assert Counter(world.kinds(other)) == ONCE
    assert "never came to an end" in world.lead(poison)["SLA_Sync_Error__c"]


def test_15_jobs_are_hours_late_after_a_restart_of_redis_dramatiq_527() -> None:
    """Whatever the queue has lost, the due index hands out again once the claim runs out."""
    world = begun()
    lead = world.create_lead()
    world.once()
    world.at(36, seconds=2)
    tick(world.worker())
    assert handed(world) == [lead], "and the queue is lost with it"
    for _ in range(int(CLAIM_LASTS.total_seconds()) // 60 + 1):
        world.advance(minutes=1)
        world.once(alone=False)
    assert world.kinds(lead) == ["Band Entered", "Warned"]


def test_15_a_message_is_kept_until_it_was_said_again_and_not_for_much_longer() -> None:
    """Also by a worker whose clock is an hour ahead, which sees each message an hour older than it is."""
    with closing(Redis.from_url("redis://127.0.0.1:1")) as nowhere:  # nothing is sent
        broker = build_broker(nowhere, "example")
        assert (broker.heartbeat_timeout, broker.maintenance_chance) == (HEARTBEAT_MS, ALWAYS)
        ages = [timedelta(milliseconds=m.max_age) for m in broker.middleware if isinstance(m, AgeLimit)]
        broker.close()
    an_hour = timedelta(hours=1)
    assert len(ages) == 1
    assert CLAIM_LASTS + an_hour < ages[0] <= 3 * an_hour
