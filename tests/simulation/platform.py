"""The processes of the worker, and their port calls: at each of them anything may happen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeVar

import sfsync.reconcile
from sfsync.errors import Budget, Permanent, SfsyncError, Stale, Transient
from sfsync.localorg.app import ConnectionDropped, Request
from sfsync.localorg.schema import Schema
from sfsync.poll import tick
from sfsync.ports import Look, Marks, Message, Reply
from sfsync.reconcile import handle
from sfsync.salesforce.session import Session
from sfsync.worker import Worker
from tests.simulation import doors
from tests.simulation.baton import Halt, State, Task
from tests.simulation.floor import WRITES
from tests.simulation.partings import Partings
from tests.simulation.promise import Broken, need
from tests.simulation.rules import Rules
from tests.simulation.sizes import DAY, HOUR, MINUTE, Size
from tests.simulation.trouble import MOST_DEATHS, TOO_OLD, Job, Trouble

Result = TypeVar("Result")

ON_THE_WAY = ("drop before", "no connection", "drop after", "delayed", "crash before", "crash after")
BY_THE_ORG = (
    "http_503",
    "html_503",
    "lock_row",
    "session_expired",
    "truncated_json",
    "limit_exceeded",
    "partial_failure",
    "old date",
    "date ahead",
)
REPLIES_UNTIL_BELIEVED = 2
"""A `Date` far ahead is believed when the second reply says so."""

REPLIES_OF_A_WRITE = 6
"""A write is decided on, then the guards are proven and the policy published, then it is sent in some calls."""

ON_REDIS = ("crash before", "crash after", "lost before", "lost after")


class Crash(BaseException):
    """Raised out of a port call of a process that has been killed; none of its port calls works any more."""


@dataclass(slots=True)
class Process:
    """A process of the worker: one job at a time; `worker` is what would be lost with it.

    `told` are the requests used and allowed in the org's day, by each of the last replies it had; `rules` is the
    policy in its files; `ticks` says that it is a ticker, too. Its own clock is `behind` by so many seconds in which
    its machine slept; of the last of them, `slept`, it does not know for the next `unsure` replies. `misled` says that
    its last reply bore a time that is to come.
    """

    name: str
    token: str
    renew: Callable[[], str]
    rules: Rules
    ticks: bool = True
    worker: Worker | None = None
    task: Task | None = None
    dead: bool = False
    renewed: bool = False
    jobs: int = 0
    asleep_since: int | None = None
    behind: int = 0
    slept: int = 0
    unsure: int = 0
    misled: bool = False
    told: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=REPLIES_OF_A_WRITE))

    def renew_token(self) -> None:
        self.token, self.renewed = self.renew(), True


@dataclass(frozen=True, slots=True)
class Late:
    """A request whose sender has given up on it, and which will be carried out all the same."""

    at: int
    points: int
    by: str
    request: Request


class Platform(Trouble):
    """Runs the worker's processes on the org."""

    def __init__(self, seed: int, size: Size, schema: Schema, partings: Partings) -> None:
        super().__init__(seed, size, schema, partings)
        self.processes = [
            Process(f"w{number}", self._issue(), self._issue, self.world.rules)
            for number in range(1, size.processes + 1)
        ]
        self._late: list[Late] = []
        self._points = 0
        self._decide = sfsync.reconcile.decide
        self._hearing: set[str] = set()
        self._twice = size.twice
        self.handed: set[str] = set()

    def _burst(self) -> int:
        """One tick and the messages that come of it, until nobody goes on; how often the worker wrote."""
        before = self.journal.writes
        idle = [process for process in self.processes if process.task is None and process.ticks]
        if idle:
            self._begin(self.random.choice(idle), "tick", self._one_tick, None)
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
            worker.session.saw(datetime.fromtimestamp(self.now - self.size.interval, UTC))
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
        if self.now < self._unfetched_until:
            return
        for process in self.processes:
            if process.task is None and self.queue:
                job = self.queue.pop(self.random.randrange(len(self.queue)))
                if self.now - job.put_at > TOO_OLD:
                    self.trace(process.name, f"thrown away: {job.message}")
                    self.outcome.states.add("(a job too old)")
                else:
                    self._begin(process, "handle", lambda worker, it=job: handle(it.message, worker), job)  # type: ignore[misc]

    def _begin(self, process: Process, what: str, work: Callable[[Worker], object], job: Job | None) -> None:
        process.jobs += 1
        life = self._redis_life

        def body(task: Task) -> None:
            again = False
            try:
                if process.worker is None:
                    process.worker = self._boot(process)
                work(process.worker)
            except Crash:
                process.worker, again = None, True
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
                process.task, process.dead = None, False
            if job is not None and again and job.tries < 3 and life == self._redis_life:
                self.queue.append(replace(job, tries=job.tries + 1))
            self._dispatch()

        name = f"{process.name}.{process.jobs} {what}"
        self.world.began[name] = (self.journal.seq, self.now - process.slept * bool(process.unsure))
        self.world.files[name] = process.rules.files
        process.task = self.baton.start(name, body)
        self.trace(name, f"begins {job.message if job else ''}")

    def _boot(self, process: Process) -> Worker:
        process.told.clear()
        doors_of = doors.ports(self, process)
        session = Session.negotiated(
            doors_of.transport, doors_of.sleep, doors_of.random, elapsed=doors_of.elapsed
        )
        documents = self._documents(process.rules)
        return Worker(doors_of, session, documents, timedelta(seconds=self.size.interval))

    def _issue(self) -> str:
        return self.org.issue_token(self.org.people.integration)

    def _wake(self, *, everybody: bool = False) -> None:
        for task in self.baton.stalled():
            if everybody or task.wakes_at <= self.now:
                task.state = State.READY
                self._troubled_at = max(self._troubled_at, self.now)
                self.trace(task.name, "wakes")
                for process in self.processes:
                    if process.task is task and process.asleep_since is not None:
                        process.slept = self.now - process.asleep_since
                        process.behind += process.slept
                        process.asleep_since, process.unsure = None, REPLIES_UNTIL_BELIEVED

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
            case "old date":
                self.app.settings.date_ahead_s = -self.random.choice(
                    (self.random.randint(1, 300), HOUR, 8 * HOUR)
                )
            case "date ahead":  # two such replies in a row are believed
                if not process.misled:
                    self.app.settings.date_ahead_s = self.random.choice((HOUR, 8 * HOUR, 4 * DAY))
            case _ if fault in BY_THE_ORG:
                self.app.faults.add({"fault": fault})
        self._release_held()
        try:
            response = self.app.handle(request)
        except ConnectionDropped:
            raise doors.lost(maybe_done=True) from None
        finally:
            self.app.faults.clear()
            self.app.settings.date_ahead_s = 0
            self._note(task.name, process.told)
            if self.world.limits is not None and body is not None and b"%20moves%20" in body:
                self._count(task.name, body)
        if body is not None and b"Compared_Found__c" in body and b'"Compared_Found__c":0' not in body:
            # What people change while its pages are read may be counted; it is seen with the next poll anyway.
            undisturbed = self.world.began[task.name][0] == self.journal.seq
            need(self._strikes_so_far or not undisturbed, "the comparison found something without a fault")
            self.outcome.states.add("(repaired by the comparison)")
        if fault == "crash after":
            self._crash(process)
        if fault == "drop after":
            raise doors.lost(maybe_done=True)
        if response.status < 300:
            process.misled = fault == "date ahead" and not process.misled
            process.unsure = max(0, process.unsure - 1)
        received = {name.lower(): value for name, value in response.headers.items()}
        if usage := received.get("sforce-limit-info"):
            used, _, total = usage.partition("=")[2].partition("/")
            process.told.append((int(used), int(total)))
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

    def found(self, process: Process, marks: Marks | None) -> None:
        """A process has asked for the marks of the index."""
        assert process.task is not None
        name = process.task.name
        self.world.found[name] = self.world.index if marks is not None else None
        if name.endswith("handle") and self.world.decides_for_others(name):
            self.outcome.states.add("(left to whoever has the ticker's files)")

    def turn_lasts(self, process: Process, until: int) -> None:
        """A process was told that its turn lasts on until then."""
        assert process.task is not None
        if self.world.limits is not None:
            self.world.limits.keep(process.task.name, until)

    def enqueue(self, messages: Sequence[Message]) -> None:
        """Queue these messages; now and then one is delivered twice."""
        for message in messages:
            if isinstance(message, Look):
                self.handed.update(message.lead_ids)
            self.queue.append(Job(message, self.now))
            if self.random.random() < self._twice:
                self.outcome.faults["duplicate delivery"] += 1
                self.queue.append(Job(message, self.now))

    def decide(self, facts: Any, *given: Any, **options: Any) -> Any:
        """A decision of the worker's; one on a poisoned lead fails, or kills its process."""
        poison = self._poisons.get(facts.lead.id)
        if poison is not None and self.now < poison.until:
            self._troubled_at = max(self._troubled_at, self.now)
            if not poison.kills:
                self.outcome.states.add("(a decision fails)")
                raise ValueError("poison")
            changes = sum(not one.ours for one in self.journal.versions[facts.lead.id])
            days = (self.now - poison.since) // DAY
            deaths = poison.kill(changes + days + self._strikes_so_far + self.world.lives)
            task = self.baton.current
            process = next(one for one in self.processes if one.task is task)
            self.trace(process.name, f"dies of {facts.lead.id}, which has killed {deaths}")
            if deaths > MOST_DEATHS:  # raised here, it would be taken for a mistake of the decision's
                self.baton.escaped(Broken(f"{facts.lead.id} has killed {deaths} processes"))
            self._crash(process)
        return self._decide(facts, *given, **options)

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
            self._strike_around(task, label)
            if self._slow_left and dice.random() < self.size.slow and any(mark in label for mark in WRITES):
                self._hold_up(process, task)
        self.baton.pause(task)
        return task

    def _hold_up(self, process: Process, task: Task) -> None:
        """Whoever is about to write stands still; half of the machines sleep, and do not notice."""
        self._slow_left -= 1
        self._stall(task, self.random.choice((30, 300, 20 * MINUTE, HOUR)))
        if self.random.random() < 0.5:
            process.asleep_since = self.now
            self.outcome.states.add("(a machine slept)")

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

    def _crash(self, process: Process) -> NoReturn:
        process.dead = True
        raise Crash


def _short(path: str) -> str:
    plain = path.partition("?")[0]
    return plain.split("/", 4)[-1] if plain.startswith("/services/data/v") else plain.rsplit("/", 1)[-1]
