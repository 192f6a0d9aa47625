"""The real worker and an emulated org in one process: no sockets, no Redis, no waiting.

A `World` holds an org, a transport into it that a test can stand in the way of, a store, a queue and any number
of workers. The clock stands still until the test moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from sfsync.errors import Transient
from sfsync.localorg.app import App, ConnectionDropped, Request
from sfsync.localorg.metadata import load_schema
from sfsync.localorg.org import Org
from sfsync.localorg.schema import Row, Schema
from sfsync.mappings.loading import Documents
from sfsync.poll import Tick, tick
from sfsync.ports import Look, Message, Ports, Reply
from sfsync.reconcile import handle
from sfsync.salesforce.session import Session
from sfsync.salesforce.wire import KEEP_OWNER
from sfsync.worker import Worker
from tests.fakes import MemoryStore
from tests.shipped import acceptance_only as shipped

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
INTERVAL = timedelta(seconds=60)
SEVENTEEN_POINTS = {
    "SLA_Budget__c": "Planned",
    "SLA_Authority__c": "Recommender",
    "SLA_Need__c": "Important",
    "SLA_Timeline__c": "3-6 Months",
}
"""Four criteria of 17 points: score 68, band Immediate Sales Contact."""


class Send(Protocol):
    """The way on to the org, with the body as it was or another."""

    def __call__(self, changed: bytes | None = None, /) -> Reply: ...


Interpose = Callable[[str, str, bytes | None, Send], Reply]


class Crash(BaseException):
    """Raised where a process dies: nothing of ours may catch it."""


@cache
def schema() -> Schema:
    """The metadata package, read once."""
    return load_schema(ROOT / "salesforce")


class Transport:
    """`ports.Transport` straight into the org, with the headers of the real one; `interpose` stands between, when a
    test sets it.

    It gets method, path, body and the way on, and may do something before or after, or answer itself.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self.token = app.org.issue_token(app.org.people.integration)
        self.interpose: Interpose | None = None

    def send(self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str]) -> Reply:
        def on(changed: bytes | None = None) -> Reply:
            return self._exchange(method, path, body if changed is None else changed, headers)

        return on(body) if self.interpose is None else self.interpose(method, path, body, on)

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        reply = self._once(method, path, body, headers)
        if reply.status == 401:
            self.token = self.app.org.issue_token(self.app.org.people.integration)
            reply = self._once(method, path, body, headers)
        return reply

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        own = {"authorization": f"Bearer {self.token}", **KEEP_OWNER}
        sent = {"content-type": "application/json", **headers, **own}
        try:
            response = self.app.handle(Request(method, path, sent, body or b""))
        except ConnectionDropped as dropped:
            raise Transient("the connection was lost", maybe_done=dropped.carried_out) from None
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, lower, response.body)


class Queue:
    """`ports.Queue` that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def put(self, messages: Sequence[Message]) -> None:
        self.messages += messages


class Dice:
    """Tokens that are counted, and the shortest of all waits."""

    def __init__(self) -> None:
        self._drawn = 0

    def token(self) -> str:
        self._drawn += 1
        return f"{self._drawn:016x}"

    def uniform(self, low: float, high: float) -> float:
        return low


class World:
    """One org and everything of ours that works on it."""

    def __init__(self, start: datetime = START) -> None:
        self.org = Org(schema(), int(start.timestamp()))
        self.app = App(self.org, wait=lambda seconds: self.org.clock.advance(round(seconds)))
        self.transport = Transport(self.app)
        self.store = MemoryStore()
        self.queue = Queue()
        self.slept: list[float] = []
        self.waited_s = 0.0
        self.ports = Ports(
            self.transport, self.store, self.queue, self.slept.append, Dice(), lambda: self.waited_s
        )
        self._admin = self.org.issue_token(self.org.people.integration)

    def session(self) -> Session:
        """A new session; without the call that asks for versions."""
        return Session(
            self.transport, self.slept.append, self.ports.random, elapsed=lambda: self.org.clock.now()
        )

    def worker(self, of: Documents | None = None) -> Worker:
        """A worker as a new process has it: it knows nothing yet."""
        return Worker(self.ports, self.session(), of or shipped(), INTERVAL)

    def drain(self, worker: Worker | None = None) -> None:
        """Handle all messages, and those that come of them."""
        while self.queue.messages:
            handle(self.queue.messages.pop(0), worker or self.worker())

    def once(self, worker: Worker | None = None, *, alone: bool = True) -> Tick:
        """What `run --once` does."""
        worker = worker or self.worker()
        found = tick(worker, alone=alone)
        self.drain(worker)
        return found

    def at(self, hours: float, seconds: int = 0) -> None:
        """Set the org's clock to so long after START."""
        self.org.clock.set(int((START + timedelta(hours=hours, seconds=seconds)).timestamp()))

    def advance(self, **time: float) -> None:
        """Move the org's clock."""
        self.org.clock.advance(round(timedelta(**time).total_seconds()))

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.org.clock.now(), UTC)

    def rest(self, method: str, path: str, body: object = None, *, by: str | None = None) -> Any:
        """A call of somebody else's (an admin, or the user `by`); AssertionError when it is refused."""
        status, found = self.ask(method, path, body, by=by)
        assert status < 300, (method, path, status, found)
        return found

    def ask(self, method: str, path: str, body: object = None, *, by: str | None = None) -> tuple[int, Any]:
        """As `rest`, and the status, whatever it is."""
        token = self._admin if by is None else self.org.issue_token(by)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        content = b"" if body is None else msgspec.json.encode(body)
        calls = len(self.app.calls.records)
        whole = path if path.startswith("/") else f"/services/data/v64.0/{path}"
        faults = self.app.faults.rules
        self.app.faults.rules = []  # what goes wrong goes wrong for the worker
        try:
            response = self.app.handle(Request(method, whole, headers, content))
        finally:
            self.app.faults.rules = faults
        del self.app.calls.records[calls:]
        return response.status, msgspec.json.decode(response.body) if response.body else None

    def soql(self, query: str) -> list[dict[str, Any]]:
        """All rows of a query, as an admin sees them, deleted ones too."""
        found = self.rest("GET", f"queryAll?q={quote(query, safe='')}")
        rows = list(found["records"])
        while not found["done"]:
            found = self.rest("GET", found["nextRecordsUrl"])
            rows += found["records"]
        return rows

    def create_lead(self, *, by: str | None = None, **fields: object) -> str:
        """A new lead of the first rep's, unless told otherwise; 68 points. The executive enters it."""
        values = {"LastName": "Berg", "Company": "Example", "OwnerId": self.rep, **SEVENTEEN_POINTS, **fields}
        return str(self.rest("POST", "sobjects/Lead", values, by=by or self.executive)["id"])

    def create_leads(self, number: int, **fields: object) -> list[str]:
        """Many leads as if they had long been there: no rule, no history."""
        now = self.org.clock.now()
        row: Row = {
            "LastName": "Berg",
            "Company": "Example",
            "OwnerId": self.rep,
            "Status": "Open - Not Contacted",
            "CreatedDate": now,
            "SystemModstamp": now,
            **SEVENTEEN_POINTS,
            **fields,  # type: ignore[dict-item]
        }
        before = set(self.org.database.table("Lead").rows)
        self.org.load("Lead", [dict(row) for _ in range(number)])
        return [id_ for id_ in self.org.database.table("Lead").rows if id_ not in before]

    def update(self, lead_id: str, *, by: str | None = None, **fields: object) -> None:
        """What somebody (the executive unless told otherwise) writes on a lead."""
        self.rest("PATCH", f"sobjects/Lead/{lead_id}", fields, by=by or self.executive)

    def lead(self, lead_id: str) -> dict[str, Any]:
        """The lead's row, as it is stored."""
        return dict(self.org.database.table("Lead").rows[lead_id])

    def events(self, lead_id: str | None = None) -> list[dict[str, Any]]:
        """The ledger, in the order in which it was written."""
        where = "" if lead_id is None else f" WHERE Lead_Id__c = '{lead_id}'"
        return self.soql(f"SELECT FIELDS(ALL) FROM SLA_Event__c{where} ORDER BY Name LIMIT 200")

    def kinds(self, lead_id: str | None = None) -> list[str]:
        """The kinds of the ledger's rows, in the order in which they were written."""
        return [row["Kind__c"] for row in self.events(lead_id)]

    def posts(self, lead_id: str) -> list[str]:
        """The texts on the lead's feed, oldest first."""
        session = self.org.session(self._admin)
        return [one["body"]["text"] for one in reversed(self.org.feed(session, lead_id))]

    def control(self, path: str, **body: object) -> Any:
        """Ask the control plane."""
        return self.rest("POST", f"/_org/{path}", body)

    def fault(self, name: str, path: str = "", **more: object) -> None:
        """Let requests of the worker go wrong: `nth`, `times`, `arg`, `method` as in design.md 8."""
        match = {"path": path, **{key: more.pop(key) for key in ("nth", "method") if key in more}}
        self.app.faults.add({"match": match, "fault": name, **more})

    @contextmanager
    def interposed(self, interpose: Interpose) -> Iterator[None]:
        """Stand in the way of the worker's requests."""
        self.transport.interpose = interpose
        try:
            yield
        finally:
            self.transport.interpose = None

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The paths of the calls that the worker makes inside, once it is left."""
        first = len(self.app.calls.records)
        paths: list[str] = []
        yield paths
        paths += [record.path.split("/v64.0/", 1)[1] for record in self.app.calls.records[first:]]

    @property
    def executive(self) -> str:
        return self.org.people.executive

    @property
    def rep(self) -> str:
        return self.org.people.reps[0]

    def change_settings(self, **fields: object) -> None:
        """What an admin sets in SFSync_Settings__c."""
        settings = self.soql("SELECT Id FROM SFSync_Settings__c")[0]["Id"]
        self.rest("PATCH", f"sobjects/SFSync_Settings__c/{settings}", fields)

    def customer_rule(self, formula: str, message: str = "Not here.", on: str = "Lead") -> None:
        """A validation rule of the customer's: what fulfils `formula` is refused."""
        rule = {"object_name": on, "name": "Customer", "formula": formula, "message": message}
        self.control("customer_rules", validation_rules=[rule])


def begun() -> World:
    """A world in which enforcement has begun and every hint is there: the next tick is a warm one."""
    world = World()
    world.once()
    world.advance(seconds=1)
    return world


def meanwhile(
    act: Callable[[], object], *, path: str = "composite/graph", times: int = 1, holding: str = ""
) -> Interpose:
    """Do `act` just before a write to this path (whose body holds this text) goes on."""
    done = []

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        if asked.endswith(path) and holding.encode() in (body or b"") and len(done) < times:
            done.append(True)
            act()
        return send()

    return interpose


def deliver(world: World) -> int:
    """Hand each message to a worker that may die of it; how many died."""
    died = 0
    while world.queue.messages:
        message = world.queue.messages.pop(0)
        try:
            handle(message, world.worker())
        except Crash:
            died += 1
        except Transient:
            pass
    return died


def handed(world: World) -> list[str]:
    """The leads that wait in the queue, which is emptied."""
    found = [id_ for message in world.queue.messages if isinstance(message, Look) for id_ in message.lead_ids]
    world.queue.messages.clear()
    return found
