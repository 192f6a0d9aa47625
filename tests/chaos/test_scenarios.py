"""Single misfortunes of a deployment of real processes, each on its own and judged as the rounds are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import redis

from sfsync.embedded_redis import find_redis_server
from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg
from tests.acceptance.test_running import kinds, until
from tests.chaos.fleet import REDIS, TICKER, WORKERS, Fleet
from tests.chaos.ledger import Made, moment
from tests.chaos.rounds import settle

SHIFTED = """
import time
_real, _offset = time.time, float({offset})
time.time = lambda: _real() + _offset
time.time_ns = lambda: int((_real() + _offset) * 1e9)
"""


@contextmanager
def deployed(org: OutsideOrg, directory: Path, *, forked: bool = True, **more: str) -> Iterator[Fleet]:
    """A Redis, and nothing of sfsync's yet."""
    running = Fleet(org, directory, forked=forked, more=more)
    try:
        running.start_redis()
        yield running
    finally:
        running.end()


def begun(org: OutsideOrg) -> None:
    until(lambda: org.soql("SELECT Id FROM SFSync_Settings__c WHERE Enforce_From__c != null"))
    org.control("POST", "clock", {"advance_s": 60})


def leads(org: OutsideOrg, number: int) -> list[Made]:
    now = moment(org.control("GET", "clock")["now"])
    reps = org.reps()
    return [
        Made(org.create_lead(owner, SLA_Budget__c="Approved"), owner, now)
        for owner in (reps[index % len(reps)] for index in range(number))
    ]


def later(org: OutsideOrg, hours: float) -> None:
    org.control("POST", "clock", {"advance_s": int(hours * 3600)})


def test_a_full_redis_says_so_loses_nothing_and_goes_on_when_there_is_room(
    org: OutsideOrg, tmp_path: Path
) -> None:
    with deployed(org, tmp_path) as running, closing(redis.Redis.from_url(running.redis_url)) as client:
        running.start(WORKERS[0])
        running.start(TICKER)
        begun(org)
        made = leads(org, 3)
        settle(org, running, made)
        client.config_set("maxmemory", "1")
        made += leads(org, 3)
        later(org, 37)
        until(lambda: running.said()["ticker"].count("Redis is full") > 1)
        assert all(kinds(org, lead.id).count("Warned") == 0 for lead in made), "nothing could be handed out"
        client.config_set("maxmemory", "0")
        settle(org, running, made)
        assert not running.came_back, "trouble of the moment ends no process"


@pytest.mark.parametrize("without_its_file", [False, True])
def test_a_redis_that_is_killed_comes_back_with_what_it_kept_or_with_nothing_and_nothing_is_lost(
    org: OutsideOrg, tmp_path: Path, without_its_file: bool
) -> None:
    with deployed(org, tmp_path) as running:
        for name in (*WORKERS, TICKER):
            running.start(name)
        begun(org)
        running.await_running()
        made = leads(org, 3)
        settle(org, running, made)
        colds = running.said()["ticker"].count("cold start")
        running.kill(REDIS)
        if without_its_file:
            running.forget()
        made += leads(org, 3)
        later(org, 36)
        running.start_redis()
        settle(org, running, made)
        assert running.said()["ticker"].count("cold start") == colds + without_its_file
        assert set(running.stop().values()) == {0}


def test_two_tickers_and_three_workers_do_everything_once(org: OutsideOrg, tmp_path: Path) -> None:
    with deployed(org, tmp_path) as running:
        for name in (*WORKERS, "worker 3", TICKER, "ticker 2"):
            running.start(name)
        begun(org)
        running.await_running()
        made = leads(org, 12)
        for hours in (36, 12, 24, 24):
            settle(org, running, made)
            later(org, hours)
        settle(org, running, made)
        assert set(running.stop().values()) == {0}


def test_clocks_of_workers_that_are_an_hour_off_change_nothing(org: OutsideOrg, tmp_path: Path) -> None:
    """Dramatiq's heartbeats go by them: the one ahead takes the jobs of the living, and effects have keys.

    The shift is Python's `time.time`, which is the clock that Dramatiq and sfsync ask.
    """
    with deployed(org, tmp_path, forked=False) as running:
        for name, offset in ((WORKERS[0], 3600), (WORKERS[1], -3600), (TICKER, 0)):
            place = tmp_path / f"off-by-{offset}"
            place.mkdir()
            (place / "sitecustomize.py").write_text(SHIFTED.format(offset=offset))
            running.start(name, PYTHONPATH=str(place))
        begun(org)
        running.await_running()
        made = leads(org, 6)
        later(org, 36)
        settle(org, running, made)
        assert set(running.stop().values()) == {0}


def test_an_org_that_answers_after_thirty_seconds_is_waited_for_and_asked_once(
    org: OutsideOrg, tmp_path: Path
) -> None:
    """That is twice the heartbeat: a worker that waits for a reply is not taken for dead."""
    with deployed(org, tmp_path) as running:
        for name in (*WORKERS, TICKER):
            running.start(name)
        begun(org)
        running.await_running()
        org.control("DELETE", "calls")
        match = {"method": "POST", "path": "/composite/graph"}
        org.control("POST", "faults", {"match": match, "fault": "latency", "arg": 30})
        made = leads(org, 1)
        settle(org, running, made, quiet_s=60)
        org.control("DELETE", "faults")
        sent = [call for call in org.control("GET", "calls") if call["path"].endswith("/composite/graph")]
        assert len(sent) == 1


def test_a_request_that_was_given_up_and_is_carried_out_all_the_same_happens_once(
    org: OutsideOrg, tmp_path: Path
) -> None:
    with deployed(org, tmp_path, SFSYNC_READ_TIMEOUT="1") as running:
        running.start(WORKERS[0])
        running.start(TICKER)
        begun(org)
        made = leads(org, 2)
        for path in ("/composite/graph", "/composite/sobjects", "/chatter"):
            match = {"method": "", "path": path}
            org.control("POST", "faults", {"match": match, "fault": "latency", "arg": 3, "times": 2})
        settle(org, running, made, quiet_s=8)  # no claim runs out while its request is on its way
        org.control("DELETE", "faults")


@pytest.mark.parametrize("kept", ["no file", "an old file"])
def test_a_disk_that_is_full_costs_the_private_redis_its_file_and_nothing_else(
    org: OutsideOrg, sfsync: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    """No file may grow: as on a full disk the write fails, and the process lives."""
    if kept == "an old file":
        assert sfsync.once()["cold_start"]
    limited = tmp_path / "bin"
    limited.mkdir()
    server = limited / "redis-server"
    server.write_text(f"#!/bin/sh\ntrap '' XFSZ\nulimit -f 0\nexec '{find_redis_server()}' \"$@\"\n")
    server.chmod(0o700)
    monkeypatch.setenv("PATH", f"{limited}{os.pathsep}{os.environ['PATH']}")
    if kept == "no file":
        assert sfsync.once()["cold_start"]
    ids = [org.create_lead(org.reps()[number % 6], **SEVENTEEN_POINTS) for number in range(80)]
    done = sfsync.once()
    assert done["cold_start"] == (kept == "no file")
    assert done["events"] == len(ids)
    later(org, 36)
    assert sfsync.once()["cold_start"] == (kept == "no file"), "the index could not be saved"
    assert all(kinds(org, lead_id)[:2] == ["Band Entered", "Warned"] for lead_id in ids)


def test_term_again_and_again_ends_sfsync_run_with_its_private_redis_and_exit_code_0(
    org: OutsideOrg, sfsync: Command, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with log.open("wb") as written:
        worker = subprocess.Popen(
            [sys.executable, "-m", "sfsync", "run"],
            env=sfsync.environment() | {"SFSYNC_POLL_INTERVAL": "1"},
            stderr=written,
        )
    until(lambda: "running until told to stop" in log.read_text())
    deadline = time.monotonic() + 25
    while worker.poll() is None:
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.002)
        assert time.monotonic() < deadline
    assert worker.returncode == 0, log.read_text()
