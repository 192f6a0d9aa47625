"""The worker as ops run it: for ever, stopped by a signal, robbed of its hints."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from tests.acceptance.conftest import ROOT, SEVENTEEN_POINTS, Command, OutsideOrg
from tests.forked import Forked

MONDAY_NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Ask again and again, over HTTP, until it holds."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, "it never came true"


def started(sfsync: Command, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "sfsync", *arguments],
        env=sfsync.environment() | more,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kinds(org: OutsideOrg, lead_id: str) -> list[str]:
    """What the ledger says of the lead's bands and of its acceptance, in its order."""
    rows = org.soql(
        f"SELECT Kind__c FROM SLA_Event__c WHERE Lead_Id__c = '{lead_id}'"
        " AND (Clock__c = null OR Clock__c = 'accept') ORDER BY Name"
    )
    return [row["Kind__c"] for row in rows]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_worker_notices_a_lead_and_goes_when_it_is_told(
    org: OutsideOrg, sfsync: Command, number: signal.Signals
) -> None:
    worker = started(sfsync, "run", SFSYNC_POLL_INTERVAL="1")
    until(lambda: org.soql("SELECT Id FROM SFSync_Settings__c"))
    lead_id = org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    until(lambda: org.mentions(lead_id))
    assert kinds(org, lead_id) == ["Band Entered"]
    org.set_clock(MONDAY_NINE + timedelta(hours=36))
    until(lambda: len(kinds(org, lead_id)) == 2)
    for _ in range(3):  # a platform sends it more than once
        worker.send_signal(number)
    assert worker.wait(30) == 0


def test_a_data_directory_that_vanishes_in_the_middle_of_a_run_changes_nothing(
    org: OutsideOrg, sfsync: Command
) -> None:
    sfsync.once()
    rep = org.reps()[0]
    lead_id = org.create_lead(rep, **SEVENTEEN_POINTS)
    graph_call = {"method": "POST", "path": "/composite/graph"}
    org.control("POST", "faults", {"match": graph_call, "fault": "latency", "arg": 1})
    worker = Forked(("run", "--once"), sfsync.environment(), Path(os.devnull))
    until(lambda: org.control("GET", "faults")[0]["struck"])
    shutil.rmtree(sfsync.data_dir)
    assert worker.wait(60) == 0
    assert kinds(org, lead_id) == ["Band Entered"]
    after = org.dump()
    sfsync.once()
    assert org.dump() == after
    assert len(org.mentions(lead_id)) == 1


@pytest.mark.parametrize("path", ["/composite/graph", "/composite/sobjects", "/chatter"])
def test_a_worker_killed_in_the_middle_of_a_write_leaves_nothing_undone_and_nothing_twice(
    org: OutsideOrg, sfsync: Command, path: str
) -> None:
    sfsync.once()
    lead_id = org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    org.control("POST", "faults", {"match": {"method": "", "path": path}, "fault": "latency", "arg": 1})
    worker = Forked(("run", "--once"), sfsync.environment(), Path(os.devnull))
    until(lambda: org.control("GET", "faults")[0]["struck"])
    worker.kill()
    worker.wait(30)
    org.control("DELETE", "faults")
    sfsync.once()
    until(lambda: not org.control("GET", "under_way")["requests"])
    org.set_clock(MONDAY_NINE + timedelta(minutes=16))  # a claim that was left lasts fifteen minutes
    sfsync.once()
    assert kinds(org, lead_id) == ["Band Entered"]
    assert len(org.soql(f"SELECT Id FROM Task WHERE WhoId = '{lead_id}'")) == 1
    assert len(org.mentions(lead_id)) == 1
