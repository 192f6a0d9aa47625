"""What goes wrong around the worker, whatever it is at: its hints, its jobs, the org's requests, its configuration."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sfsync.localorg.schema import Schema
from sfsync.ports import Message
from tests.fakes import PARTS, MemoryStore
from tests.simulation import settled
from tests.simulation.baton import State, Task
from tests.simulation.office import Office
from tests.simulation.partings import Partings
from tests.simulation.policy import NEVER, may_spend, moment
from tests.simulation.sizes import COMPARES, DAY, HOUR, MINUTE, Size

AROUND = (
    "stalled",
    "org down",
    "redis emptied",
    "redis emptied in part",
    "queue emptied",
    "jobs not fetched",
    "quota spent",
    "configuration changed",
    "poisoned lead",
)

TOO_OLD = 3 * HOUR
"""A job that nobody has fetched for so long is thrown away (jobs/broker.py)."""


MOST_DEATHS = 2 * 10
"""So many processes a lead kills at most before it is set aside, if everything about it is told twice."""


@dataclass(slots=True)
class Poison:
    """What is wrong with a lead on which every decision fails.

    Attributes:
        kills: the process dies of it; otherwise the decision raises.
        since: when it began, Unix seconds.
        until: then it is mended.
        deaths: processes that died of it since something last happened that may bring it back.
        happened: how often something did.
    """

    kills: bool
    since: int
    until: int
    deaths: int = 0
    happened: int = 0

    def kill(self, happened: int) -> int:
        """One more dies of it, after all that has happened; how many have since the last of it."""
        self.deaths = 1 if happened != self.happened else self.deaths + 1
        self.happened = happened
        return self.deaths


@dataclass(slots=True)
class Shortage:
    """Of the org's requests few are left, because of others.

    Attributes:
        since, until: Unix seconds; until then what waited for requests is decided on again.
        used: the most that were used of those allowed, each at its time.
    """

    since: int
    until: int
    used: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Job:
    """A message in the queue: since when, and how often it was tried."""

    message: Message
    put_at: int
    tries: int = 0


class Trouble(Office):
    """The org, Redis, and all that befalls them."""

    def __init__(self, seed: int, size: Size, schema: Schema, partings: Partings) -> None:
        super().__init__(seed, size, schema, partings)
        self.store = MemoryStore()
        self.queue: list[Job] = []
        self._redis_life = 0
        self._holed_until = 0
        self._short = Shortage(0, 0)
        self._org_down_until = 0
        self._unfetched_until = 0
        self._poisons: dict[str, Poison] = {}

    def _strike_around(self, task: Task, label: str) -> None:
        match self._draw(label, AROUND, 0.3):
            case "stalled":
                self._stall(task, self.random.choice((30, 300, HOUR, 8 * HOUR)))
            case "org down":
                self._take_org_down()
            case "redis emptied":
                self._redis_life += 1
                self._forget_hints(PARTS)
                self.queue.clear()
            case "redis emptied in part":
                lost = self.random.sample((*PARTS, "queue"), self.random.randint(1, 3))
                self._forget_hints([part for part in lost if part != "queue"])
                if "queue" in lost:
                    self.queue.clear()
                if {"due", "claims"} & set(lost):
                    self._holed_until = self.now + COMPARES
                    self._push(self._holed_until, "recovered")
            case "queue emptied":
                self.queue.clear()
            case "jobs not fetched":
                self._fetch_nothing()
            case "quota spent":
                self._spend_requests()
            case "configuration changed":
                self._change_configuration()
            case "poisoned lead":
                self._poison()

    def _forget_hints(self, parts: Collection[str]) -> None:
        self.store.forget(parts)
        if self.world.limits is not None and "leases" in parts:
            self.world.limits.life += 1

    @property
    def _holed(self) -> bool:
        """The index may lack what neither the detector nor the comparison with the org has found yet."""
        return self.now < self._holed_until

    def _stall(self, task: Task, seconds: int) -> None:
        """The task stands still in the middle of its port call while the others go on."""
        if task.state is State.READY:
            task.wakes_at = self.now + seconds
            task.state = State.STALLED
            self.trace(task.name, f"stands still for {seconds} s")
            self._push(task.wakes_at, "tick")
            for earlier in range(15, seconds if seconds < 5 * MINUTE else 0, 20):
                self._push(self.now + earlier, "tick")
            for minute in (1, 6, 12, 18):
                if minute * MINUTE < seconds:
                    self._push(self.now + minute * MINUTE, "tick")

    def _take_org_down(self) -> None:
        self._org_down_until = self.now + self.random.choice((2, 15, 90)) * MINUTE
        self._troubled_at = max(self._troubled_at, self._org_down_until)
        self._push(self._org_down_until, "recovered")
        for minute in range(1, (self._org_down_until - self.now) // MINUTE, 5):
            self._push(self.now + minute * MINUTE, "tick")

    def _fetch_nothing(self) -> None:
        """No process fetches jobs for longer than these last, while the ticker goes on."""
        self._unfetched_until = self.now + TOO_OLD + self.random.choice((10, 60, 300)) * MINUTE
        self.trace("the platform", f"nobody fetches a job until {moment(self._unfetched_until)}")
        self._troubled_at = max(self._troubled_at, self._unfetched_until)
        self._push(self._unfetched_until, "recovered")
        for minute in (1, 6, 12, 18, *range(45, (self._unfetched_until - self.now) // MINUTE, 30)):
            self._push(self.now + minute * MINUTE, "tick")

    def _poison(self) -> None:
        """From now on each decision on one of the leads fails, for a while.

        It is none that the org refuses as well: on such a one cannot be said until when it is set aside, so the
        detector finds it again and again.
        """
        taken = self.world.refused | self.world.set_aside.keys()
        ids = [lead_id for lead_id, _ in settled.leads(self.world) if lead_id not in taken]
        if ids:
            lead_id = self.random.choice(ids)
            lasts = self.random.choice((HOUR, 8 * HOUR, DAY, 2 * DAY))
            poison = Poison(self.random.random() < 0.6, self.now, self.now + lasts)
            self._poisons[lead_id] = poison
            self.world.set_aside[lead_id] = NEVER
            self._push(poison.until, "mended")
            what = "kills its process" if poison.kills else "fails"
            self.trace("people", f"a decision on {lead_id} {what} until {moment(poison.until)}")

    def _mend(self, at: int) -> None:
        """What is mended by then: it is tried again within a day."""
        for lead_id, poison in list(self._poisons.items()):
            if poison.until <= at:
                del self._poisons[lead_id]
                self.world.mend(lead_id, self.now)
                self._push(self.now + DAY, "recovered")
                self.trace("people", f"{lead_id} is mended")

    def _spend_requests(self) -> None:
        """Others have used most of the org's requests, for a while; what waits for more is tried each hour."""
        used = self.app.calls.used(self.now)
        left = self.random.choice((0.0, 0.08, 0.12, 0.16, 0.2, 0.24))
        self.app.settings.api_limit = max(1, int(used / (1 - left)))
        back = self.now + self.random.choice((HOUR, 6 * HOUR, 24 * HOUR))
        self.trace("people", f"{left:.0%} of the requests are left until {moment(back)}")
        if self.now >= self._short.until:
            self._short = Shortage(self.now, back + HOUR)
        self._short.until = max(self._short.until, back + HOUR)
        self._push(back, "requests again")
        self._push(back + HOUR, "recovered")
        for later in range(16 * MINUTE, back - self.now, 3 * HOUR):
            self._tick_within(self.now + later)

    def _note_requests(self) -> None:
        """How many requests are used just now, while they are short."""
        if self.now < self._short.until:
            self._short.used.add((self.app.calls.used(self.now), self.app.settings.api_limit))

    def _may_spend(self, event: str) -> bool:
        """Whether there have been requests for such an event all through the shortage."""
        return all(may_spend([event], used, total) for used, total in self._short.used)
