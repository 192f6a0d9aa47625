"""What whoever runs sfsync does with its commands: the real code behind them, signed in from elsewhere."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sfsync.core.mapping import OVER
from sfsync.localorg.app import App
from sfsync.mappings.loading import Documents
from sfsync.ports import Ports
from sfsync.salesforce import archive as ledger
from sfsync.salesforce import notices
from sfsync.salesforce.session import Session
from sfsync.worker import Worker
from tests.fakes import MemoryStore
from tests.inprocess import Dice, Queue, Transport


def signed_in(app: App, documents: Documents) -> Worker:
    """A process of its own, that shares no hints with the others; nothing goes wrong with it."""
    slept: list[float] = []

    def elapsed() -> float:
        return float(app.org.clock.now())

    doors = Ports(Transport(app), MemoryStore(), Queue(), slept.append, Dice(), elapsed)
    session = Session.negotiated(doors.transport, doors.sleep, doors.random, elapsed=elapsed)
    return Worker(doors, session, documents, timedelta(minutes=1))


def archive(app: App, documents: Documents, age: int) -> int:
    """`sfsync archive --remove`: the ledger of leads that have been over for so many seconds; how many leads."""
    worker = signed_in(app, documents)
    configuration = worker.configuration()
    over = configuration.policy.lead.statuses(*sorted(OVER))
    with TemporaryDirectory() as directory:
        before = configuration.read_at - timedelta(seconds=age)
        done = ledger.archive(worker.session, over, before, Path(directory) / "ledger.jsonl", lambda _: None)
    assert not done.refused
    return done.leads


def release(app: App, documents: Documents, dice: random.Random, what: str, number: int, lasts: int) -> int:
    """`sfsync release`: so many more changes of this kind for so many seconds; returns until when."""
    worker = signed_in(app, documents)
    configuration = worker.configuration()
    until = configuration.read_at + timedelta(seconds=lasts)
    key = f"released:{dice.getrandbits(64):016x}:{what}"
    notices.release(worker.session, key, number, until, "ada", "seen", configuration.policy.hash, what)
    return int(until.timestamp())
