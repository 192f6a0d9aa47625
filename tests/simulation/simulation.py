"""One seed: an org with people in it, several processes of the real worker, and everything that goes wrong.

Time is the org's clock, which moves from one moment at which something may happen to the next; in between,
nothing would have come of a tick. At every port call the seed may let another process go on, let somebody act
in the org, or let a fault strike.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sfsync.errors import Budget, Permanent, SfsyncError, Stale, Transient
from sfsync.localorg.app import App, ConnectionDropped, Request
from sfsync.localorg.org import Org
from sfsync.localorg.schema import Schema
from sfsync.policies import Documents
from sfsync.poll import tick
from sfsync.ports import Message, Reply
from sfsync.reconcile import handle
from sfsync.salesforce.session import Session
from sfsync.worker import Worker
from tests.fakes import PARTS, MemoryStore
from tests.simulation import doors, policy, settled
from tests.simulation.acts import People
from tests.simulation.baton import Baton, Halt, State, Task
from tests.simulation.checks import Broken, Judge, World, need
from tests.simulation.journal import Journal

Result = TypeVar("Result")

MINUTE, HOUR, DAY = 60, 3600, 86_400
INTERVAL = MINUTE
MONDAY = 1_793_610_000  # Mon 2026-11-02 09:00:00 UTC
RECOVERS = 48 * MINUTE
"""After a fault: claims of ten minutes and the detector's quarter of an hour have run out, twice over."""

DETECTED = 20 * MINUTE
"""The detector comes by every quarter of an hour and finds what is two intervals late."""

ON_THE_WAY = ("drop before", "no connection", "drop after", "delayed", "crash before", "crash after")
BY_THE_ORG = (
    "http_503",
    "html_503",
    "lock_row",
    "session_expired",
    "truncated_json",
    "limit_exceeded",
    "partial_failure",
)
WRITES = ("graph", "sobjects", "(writes)", "chatter")
ON_REDIS = ("crash before", "crash after", "lost before", "lost after")


class Crash(BaseException):
    """Raised out of a port call of a process that has been killed; none of its port calls works any more."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything.

    Attributes:
        faults: at most so many a seed.
        rates: how likely a fault is at each port call; one is drawn for the seed.
        acting: how likely somebody acts at each port call; one is drawn for the seed.
        slow: how likely a worker that is about to write is held up for a while.
        held_up: at most so often a seed.
        twice: how likely a message is delivered twice.
    """

    leads: int = 2
    days: int = 5
    processes: int = 2
    faults: int = 3
    rates: tuple[float, ...] = (0.0, 0.005, 0.02, 0.08)
    acting: tuple[float, ...] = (0.0, 0.0, 0.01, 0.05)
    slow: float = 0.002
    held_up: int = 3
    twice: float = 0.03


SMALL = Size()
HARSH = Size(
    leads=3, days=6, processes=3, faults=6, rates=(0.01, 0.03), acting=(0.01, 0.05), slow=0.05, twice=0.3
)
RACY = Size(
    days=2,
    processes=3,
    faults=1,
    rates=(0.001,),
    acting=(0.05,),
    slow=0.3,
    held_up=10,
    twice=0.5,
)
LARGE = Size(leads=20, days=7, processes=3, faults=8)


@dataclass(slots=True)
class Process:
    """A process of the worker: one job at a time; `worker` is what would be lost with it."""

    name: str
    token: str
    renew: Callable[[], str]
    worker: Worker | None = None
    task: Task | None = None
    dead: bool = False
    renewed: bool = False
    jobs: int = 0

    def renew_token(self) -> None:
        self.token, self.renewed = self.renew(), True


@dataclass(frozen=True, slots=True)
class Late:
    """A request whose sender has given up on it, and which will be carried out all the same."""

    at: int
    points: int
    by: str
    request: Request


@dataclass(slots=True)
class Outcome:
    """What became of a seed."""

    seed: int
    broken: str | None = None
    trace: list[tuple[int, str, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    states: set[str] = field(default_factory=set)
    calls: int = 0


class Simulation:
    """Runs one seed."""

    def __init__(self, seed: int, size: Size, schema: Schema, documents: Documents) -> None:
        self.random = random.Random(seed)
        self.size = size
        self._documents = documents
        self._start = MONDAY + self.random.randrange(7) * DAY + self.random.randrange(24 * HOUR)
        self.org = Org(schema, self._start)
        self.app = App(self.org)
        self.store = MemoryStore()
        self.queue: list[tuple[Message, int]] = []
        self.journal = Journal(self.org)
        self.world = World(self.journal, self.org.people, None, set())
        self.judge = Judge(self.world)
        self.people = People(self.org, self.random)
        self.baton = Baton(self._choose)
        self.outcome = Outcome(seed)
        self.processes = [
            Process(f"w{number}", self._issue(), self._issue) for number in range(1, size.processes + 1)
        ]
        self._rate = self.random.choice(size.rates)
        self._acting = self.random.choice(size.acting)
        self._faults_left = size.faults if self._rate else 0
        self._slow_left = size.held_up if self._rate else 0
        self._late: list[Late] = []
        self._points = 0
        self._redis_life = 0
        self._holed = False
        self._troubled_at = -RECOVERS
        self._down_until = self._org_down_until = 0
        self._moved = False
        self._enabled = True
        self._moments: list[tuple[int, int, str]] = []
        self._pushed = 0
        self._hearing: set[str] = set()
        self._recovering: set[int] = set()
        self._known: set[tuple[str, int]] = set()

    # --- a seed from beginning to end ---------------------------------------------------------------

    def run(self) -> Outcome:
        """Everything that happens; what broke, if anything did, is in the outcome."""
        try:
            self._scenario()
            self._live()
            self._finale()
        except Broken as broken:
            self.outcome.broken = str(broken)
        finally:
            self.baton.halt()
        self.outcome.states |= self.judge.states
        self.outcome.calls = len(self.app.calls.records)
        return self.outcome

    def _scenario(self) -> None:
        """Leads from before, leads to come, and what people are going to do to them."""
        dice, start = self.random, self._start
        if dice.random() < 0.15:
            self._send_away(dice.sample(self.org.people.reps, dice.randint(4, 5)))
        for _ in range(dice.randint(0, 1)):
            self._hold_or_do(self._create)
        begins = start + dice.randint(1, 3 * HOUR)
        self._push(begins, "tick")
        for _ in range(self.size.leads):
            at = begins + dice.choice((MINUTE, HOUR, DAY)) * dice.randint(1, 20) // 10 + dice.randint(0, 59)
            self._push(at, "create")
            for _ in range(dice.choice((0, 1, 1, 2))):
                near = at + dice.choice((0, 36, 48, 72, 96)) * HOUR
                self._push(near + dice.choice((dice.randint(-90, 90), dice.randint(0, 2 * DAY))), "act")
        if dice.random() < 0.1:
            off = begins + dice.randint(HOUR, 3 * DAY)
            self._push(off, "switch off")
            self._push(off + dice.randint(MINUTE, DAY), "switch on")

    def _live(self) -> None:
        """From moment to moment until the days are over."""
        end = self._start + self.size.days * DAY
        while self._moments and self._moments[0][0] <= end:
            at, _, what = heapq.heappop(self._moments)
            if at > self.now:
                self._advance(at)
            self._happen(what)

    def _finale(self) -> None:
        """Faults stop; what is under way ends; time goes on; then nothing may be left to do."""
        self._slow_left, self._faults_left, self._acting, self._down_until, self._org_down_until = (
            0,
            0,
            0.0,
            0,
            0,
        )
        if not self._enabled:
            self._switch(on=True)
        for pause in (INTERVAL, 11 * MINUTE, 16 * MINUTE, 16 * MINUTE, 16 * MINUTE, 31 * MINUTE, 16 * MINUTE):
            self._advance(self.now + pause)
            self._late = [late for late in self._late if not self._carry_out(late)]
            self._wake(everybody=True)
            self._burst()
        for _ in range(3):
            self._advance(self.now + INTERVAL)
            if not self._burst():
                break
        need(not self.queue, "messages are left over")
        for _ in range(2):
            self._advance(self.now + INTERVAL)
            calls = len(self.app.calls.records)
            writes = self._burst()
            calls = len(self.app.calls.records) - calls
            need(not writes, f"own writes wake own work: {writes} writes in a quiet tick")
            need(calls <= 3, f"a quiet tick took {calls} calls")
        self._settled(self.now, quiet=not self._holed)
        settled.posts(self.world)

    # --- moments ------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self.org.clock.now()

    def _push(self, at: int, what: str) -> None:
        self._pushed += 1
        heapq.heappush(self._moments, (at, self._pushed, what))

    def _advance(self, to: int) -> None:
        self.org.clock.set(max(to, self.now))
        self._release_held()

    def _happen(self, what: str) -> None:
        match what:
            case "create":
                self._hold_or_do(self._create)
                self._push(self.now + self.random.randrange(INTERVAL), "tick")
            case "act":
                self._act()
                self._push(self.now + self.random.randrange(INTERVAL), "tick")
            case "switch off":
                self._switch(on=False)
            case "switch on":
                self._switch(on=True)
                self._recover()
            case "recovered":
                self._recover()
            case "tick":
                if self.now < self._down_until:
                    return
                self._tick()

    def _tick(self) -> None:
        """A tick and all that comes of it, judged; then the moments that matter next."""
        if self._strikes("outage", "the platform", 0.3):
            self._down_until = self.now + self.random.choice((HOUR, 8 * HOUR, DAY, 3 * DAY))
            self._troubled_at = self._down_until
            for later in (0, 1, 12, 28, 49):
                self._push(self._down_until + later * MINUTE, "tick")
            return
        self._wake()
        at, troubled, self._moved = self.now, self._troubled_at, False
        writes = self._burst()
        if self._troubled_at != troubled:
            self._recover()
        if self._moved:
            self._push(self.now + INTERVAL, "tick")
        under_way = self.baton.stalled() or self._late or self.queue
        if not (under_way or self._moved) and self._enabled and at - self._troubled_at >= RECOVERS:
            self._settled(at, quiet=not writes and not self._holed)
        if writes:
            self._push(self.now + INTERVAL, "tick")
        self._foresee()

    def _recover(self) -> None:
        """Ticks at which all that a fault left behind has been found, and one to see that it has."""
        for later in (1, 11, 17, 33, 49):
            if (minute := self.now // MINUTE + later) not in self._recovering:
                self._recovering.add(minute)
                self._push(self.now + later * MINUTE + self.random.randrange(INTERVAL), "tick")

    def _foresee(self) -> None:
        """Ticks around each time at which something falls due: now and then a second before, and soon after."""
        for lead_id, _ in settled.leads(self.world):
            for run in policy.runs(policy.life(self.journal, lead_id)):
                if run.end is not None:
                    continue
                done = settled.rows_of(self.journal, lead_id, run)
                for due in policy.next_due(run, done, self.now):
                    if (lead_id, due) not in self._known:
                        self._known.add((lead_id, due))
                        if self.random.random() < 0.25:
                            self._push(due - 1, "tick")
                        self._push(due + self.random.choice((0, self.random.randrange(INTERVAL))), "tick")
                        if self._holed:
                            self._push(due + DETECTED, "tick")

    def _settled(self, at: int, *, quiet: bool) -> None:
        """Judge what has been done by now. What fell out of an index with holes, the detector finds later."""
        if quiet:
            settled.check(self.world, at)
        else:
            settled.prompt(self.world, at - DETECTED * self._holed)

    # --- processes ----------------------------------------------------------------------------------

    def _burst(self) -> int:
        """One tick and the messages that come of it, until nobody goes on; how often the worker wrote."""
        before = self.journal.writes
        idle = [process for process in self.processes if process.task is None]
        if idle:
            self._start_job(self.random.choice(idle), "tick", self._one_tick, None)
        self._dispatch()
        while self.baton.current is not None or self._ready():
            self.baton.run()
            self._dispatch()
        return self.journal.writes - before

    def _one_tick(self, worker: Worker) -> None:
        """A tick of a process that has ticked all the while: those that found nothing are not run, but they
        have told it the time, as long as it asks for it."""
        calls = self.app.calls.records
        if worker.token in self._hearing:
            worker.session.saw(datetime.fromtimestamp(self.now - INTERVAL, UTC))
            self._hearing.discard(worker.token)
        before = len(calls)
        tick(worker)
        if len(calls) > before:
            self._hearing.add(worker.token)

    def _ready(self) -> bool:
        return any(
            process.task is not None and process.task.state is State.READY for process in self.processes
        )

    def _dispatch(self) -> None:
        for process in self.processes:
            if process.task is None and self.queue:
                entry = self.queue.pop(self.random.randrange(len(self.queue)))
                self._start_job(process, "handle", lambda worker, it=entry[0]: handle(it, worker), entry)  # type: ignore[misc]

    def _start_job(
        self, process: Process, what: str, job: Callable[[Worker], object], entry: tuple[Message, int] | None
    ) -> None:
        process.jobs += 1
        life = self._redis_life

        def body(task: Task) -> None:
            again = False
            try:
                if process.worker is None:
                    process.worker = self._boot(process)
                job(process.worker)
            except Crash:
                process.worker, process.dead, again = None, False, True
            except (Transient, Stale) as error:
                self.trace(task.name, f"tried again: {error}")
                again = True
            except Budget as error:
                self.trace(task.name, f"given up: {error}")
            except Permanent as error:
                self.trace(task.name, f"ends its process: {error}")
                process.worker = None
            except (Halt, Broken):
                raise
            except SfsyncError as error:
                raise Broken(f"{task.name} stopped: {error}") from error
            finally:
                process.task = None
            if entry is not None and again and entry[1] < 3 and life == self._redis_life:
                self.queue.append((entry[0], entry[1] + 1))
            self._dispatch()

        name = f"{process.name}.{process.jobs} {what}"
        self.world.began[name] = self.journal.seq
        process.task = self.baton.start(name, body)
        self.trace(name, f"begins {entry[0] if entry else ''}")

    def _boot(self, process: Process) -> Worker:
        doors_of = doors.ports(self, process)
        session = Session.negotiated(doors_of.transport, doors_of.sleep, doors_of.random)
        return Worker(doors_of, session, self._documents, timedelta(seconds=INTERVAL))

    def _issue(self) -> str:
        return self.org.issue_token(self.org.people.integration)

    def _choose(self, ready: Sequence[Task]) -> Task:
        return self.random.choice(ready)

    def _wake(self, *, everybody: bool = False) -> None:
        for task in self.baton.stalled():
            if everybody or task.wakes_at <= self.now:
                task.state = State.READY
                self._troubled_at = max(self._troubled_at, self.now)
                self.trace(task.name, "wakes")

    # --- port calls ---------------------------------------------------------------------------------

    def exchange(
        self, process: Process, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        """A request of this process to the org."""
        label = f"{method} {_short(path)}"
        if body is not None and b'"method":"PATCH"' in body and "graph" not in path:
            label += " (writes)"
        task = self._point(process, label)
        request = Request(
            method,
            path,
            {
                **headers,
                "authorization": f"Bearer {process.token}",
                **({"content-type": "application/json"} if body is not None else {}),
            },
            body or b"",
        )
        if self.now < self._org_down_until:
            raise doors.lost(maybe_done=False)
        # A new session is not refused: that would be a mistake in the connected app, and end the process.
        fault = None if process.renewed else self._draw(label, ON_THE_WAY + BY_THE_ORG)
        process.renewed = False
        match fault:
            case "crash before":
                self._crash(process)
            case "no connection":
                raise doors.lost(maybe_done=False)
            case "drop before":
                raise doors.lost(maybe_done=True)
            case "delayed":
                late = self.now + self.random.choice((0, 5, 60, 600, 7200))
                self._push(late, "tick")
                self._late.append(Late(late, self._points + self.random.randint(1, 30), task.name, request))
                raise doors.lost(maybe_done=True)
            case None:
                self.trace(task.name, label)
            case _ if fault in BY_THE_ORG:
                self.app.faults.add({"fault": fault})
        self._release_held()
        try:
            response = self.app.handle(request)
        except ConnectionDropped:
            raise doors.lost(maybe_done=True) from None
        finally:
            self.app.faults.clear()
            self._note(task.name)
        if fault == "crash after":
            self._crash(process)
        if fault == "drop after":
            raise doors.lost(maybe_done=True)
        received = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, received, response.body)

    def local(self, process: Process, label: str, call: Callable[[], Result]) -> Result:
        """A call of this process to Redis or the queue."""
        self._point(process, label)
        fault = self._draw(label, ON_REDIS)
        if fault == "crash before":
            self._crash(process)
        if fault == "lost before":
            raise Transient("Redis cannot be reached.")
        result = call()
        if fault == "crash after":
            self._crash(process)
        if fault == "lost after":
            raise Transient("Redis cannot be reached.")
        return result

    def enqueue(self, messages: Sequence[Message]) -> None:
        """Queue these messages; now and then one is delivered twice."""
        for message in messages:
            self.queue.append((message, 0))
            if self.random.random() < self.size.twice:
                self.outcome.faults["duplicate delivery"] += 1
                self.queue.append((message, 0))

    def slept(self, process: Process, seconds: float) -> None:
        """A process waits: others go on, and the clock may."""
        self._point(process, "sleep")
        self._advance(self.now + int(seconds))

    def _point(self, process: Process, label: str) -> Task:
        """Before each port call: the world moves on, and perhaps another process does."""
        task = process.task
        assert task is not None
        if process.dead:
            raise Crash
        self._points += 1
        dice = self.random
        if dice.random() < 0.1:
            self._advance(self.now + dice.randint(1, 3))
        if self._acting and dice.random() < self._acting * (
            5 if "graph" in label or "sobjects" in label else 1
        ):
            self._act()
        if self._late:
            self._late = [late for late in self._late if not self._due(late) or not self._carry_out(late)]
        if self._rate:
            self._around(task, label)
        self.baton.pause(task)
        return task

    def _around(self, task: Task, label: str) -> None:
        fault = self._draw(label, ("stalled", "org down", "redis emptied", "redis emptied in part"), 0.3)
        if fault == "stalled":
            self._stall(task, self.random.choice((30, 300, HOUR, 8 * HOUR)))
        elif fault == "org down":
            self._org_down_until = self.now + self.random.choice((2, 15, 90)) * MINUTE
            self._troubled_at = self._org_down_until
            self._push(self._org_down_until, "recovered")
            for minute in range(1, (self._org_down_until - self.now) // MINUTE, 5):
                self._push(self.now + minute * MINUTE, "tick")
        elif fault == "redis emptied":
            self._redis_life += 1
            self.store.forget()
            self.queue.clear()
        elif fault == "redis emptied in part":
            lost = self.random.sample((*PARTS, "queue"), self.random.randint(1, 3))
            self.store.forget(part for part in lost if part != "queue")
            if "queue" in lost:
                self.queue.clear()
            self._holed = self._holed or bool({"due", "claims"} & set(lost))

    def _stall(self, task: Task, seconds: int) -> None:
        """The task stands still in the middle of its port call while the others go on."""
        if task.state is State.READY:
            task.wakes_at = self.now + seconds
            task.state = State.STALLED
            self.trace(task.name, f"stands still for {seconds} s")
            self._push(task.wakes_at, "tick")
            for earlier in range(15, seconds if seconds < 5 * MINUTE else 0, 20):
                self._push(self.now + earlier, "tick")

    def _due(self, late: Late) -> bool:
        return late.at <= self.now and late.points <= self._points

    def _carry_out(self, late: Late) -> bool:
        self._release_held()
        self._troubled_at = max(self._troubled_at, self.now)
        self.app.handle(late.request)
        self.trace(
            late.by, f"a late request is carried out: {late.request.method} {_short(late.request.path)}"
        )
        self._note(late.by)
        return True

    def _crash(self, process: Process) -> None:
        process.dead = True
        raise Crash

    def _draw(self, label: str, kinds: Sequence[str], factor: float = 1.0) -> str | None:
        factor *= 4 if any(mark in label for mark in WRITES) else 1
        if not self._faults_left or self.random.random() >= self._rate * factor:
            return None
        return self._struck(self.random.choice(kinds), label)

    def _strikes(self, kind: str, label: str, factor: float) -> bool:
        return self._draw(label, (kind,), factor) is not None

    def _struck(self, kind: str, label: str) -> str:
        self._faults_left -= 1
        self._troubled_at = max(self._troubled_at, self.now)
        self.outcome.faults[f"{kind} @ {label}"] += 1
        current = self.baton.current
        self.trace(current.name if current else "the platform", f"FAULT {kind} @ {label}")
        return kind

    # --- the org ------------------------------------------------------------------------------------

    def _create(self) -> None:
        self.trace("people", f"create {self.people.create()}")

    def _act(self) -> None:
        ids = [lead_id for lead_id, _ in settled.leads(self.world)]
        if not ids:
            return
        lead_id, what = self.random.choice(ids), self.people.draw()
        self._moved = True
        self._hold_or_do(lambda: self._act_on(lead_id, what))

    def _act_on(self, lead_id: str, what: str) -> None:
        done = self.people.act(what, lead_id)
        self.trace("people", f"{what} {lead_id}{'' if done else ': refused'}")

    def _hold_or_do(self, write: Callable[[], None]) -> None:
        """People's transactions may commit late: with the time at which they began."""
        if not self._strikes("late commit", "people", 2.0):
            write()
            self._note("people")
            return
        visible = self.now + self.random.randint(1, 200)
        self.org.late_commit(write, visible)
        self._push(self.now + self.random.randint(0, visible - self.now), "tick")
        self._push(visible + self.random.randrange(INTERVAL), "tick")

    def _release_held(self) -> None:
        if self.org.late_commits and self.org.late_commits.release():
            self.trace("people", "a late commit becomes visible")
            self._moved = True
            self._troubled_at = max(self._troubled_at, self.now)
            self._note("people")

    def _switch(self, *, on: bool) -> None:
        session = self.org.session(self.processes[0].token)
        for setting_id in list(self.org.database.table("SFSync_Settings__c").rows):
            self.org.update(session, "SFSync_Settings__c", setting_id, {"Enabled__c": on})
            self._enabled = on
            self._troubled_at = max(self._troubled_at, self.now)
            self.trace("people", f"kill switch: {'on again' if on else 'off'}")

    def _send_away(self, reps: Sequence[str]) -> None:
        """These reps have left before it all begins."""
        session = self.org.session(self.processes[0].token)
        for rep in reps:
            self.org.update(session, "User", rep, {"IsActive": False})
            self.trace("people", f"{rep} has left")
        self.world.inactive.update(reps)
        self.people.reps = tuple(rep for rep in self.people.reps if rep not in reps)

    def _note(self, by: str) -> None:
        commit = self.journal.note(by)
        if self.world.enforce_from is None:
            for row in self.org.database.table("SFSync_Settings__c").rows.values():
                if row.get("Enforce_From__c") is not None:
                    self.world.enforce_from = int(str(row["Enforce_From__c"]))
        if commit:
            for row in commit.events:
                self.trace(by, f"EVENT {row['Name']} {row['Kind__c']} {row['Key__c']}")
            for before, after in commit.leads:
                self.trace(by, f"LEAD {after['Id']} {_difference(before, after)}")
            for row in commit.posts:
                self.trace(by, f"POST {str(row['Body'])[-14:]}")
            self.judge.see(commit)

    def trace(self, who: str, text: str) -> None:
        self.outcome.trace.append((self.now, who, text))


def _short(path: str) -> str:
    plain = path.partition("?")[0]
    return plain.split("/", 4)[-1] if plain.startswith("/services/data/v") else plain.rsplit("/", 1)[-1]


def _difference(before: Mapping[str, object] | None, after: Mapping[str, object]) -> str:
    stamps = ("SystemModstamp", "LastModifiedDate", "LastModifiedById", "SLA_Reasons__c", "SLA_Next_Step__c")
    if before is None:
        return f"new {after['OwnerId']} {policy.band(policy.score(dict(after)))}"  # type: ignore[arg-type]
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return " ".join(f"{name}={after.get(name)}" for name in names if name not in stamps)
