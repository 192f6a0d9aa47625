"""The ports of one simulated process: in-process ones that ask the simulation at every call what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from sfsync.errors import Transient
from sfsync.ports import Marks, Message, Ports, Reply
from tests.fakes import MemoryStore

if TYPE_CHECKING:
    from tests.simulation.platform import Platform, Process

Result = TypeVar("Result")


def ports(simulation: Platform, process: Process) -> Ports:
    """The doors of this process."""
    return Ports(
        _Transport(simulation, process),
        _Store(simulation, process),
        _Queue(simulation, process),
        _Sleep(simulation, process),
        _Random(simulation),
        lambda: float(simulation.now - process.behind),
    )


class _Transport:
    """Like the real transport: a lost reply is Transient and maybe done; a 401 gets a new token, once."""

    def __init__(self, simulation: Platform, process: Process) -> None:
        self._simulation = simulation
        self._process = process

    def send(self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str]) -> Reply:
        reply = self._simulation.exchange(self._process, method, path, body, headers)
        if reply.status == 401:
            self._process.renew_token()
            reply = self._simulation.exchange(self._process, method, path, body, headers)
        return reply


class _Store:
    """`MemoryStore` behind a door: each call may crash, or be lost before or after it is done."""

    def __init__(self, simulation: Platform, process: Process) -> None:
        self._simulation = simulation
        self._process = process
        self._store: MemoryStore = simulation.store

    def _call(self, name: str, call: Callable[[], Result]) -> Result:
        return self._simulation.local(self._process, f"redis {name}", call)

    def marks(self) -> Marks | None:
        found = self._call("marks", self._store.marks)
        self._simulation.found(self._process, found)
        return found

    def begin(self, marks: Marks) -> None:
        def begin() -> None:
            self._store.begin(marks)
            self._simulation.world.index = self._process.rules.files
            self._simulation.world.lives += 1

        self._call("begin", begin)

    def save(self, marks: Marks) -> bool:
        return self._call("save", lambda: self._store.save(marks))

    def claim(self, epoch: str, ids: Sequence[str], until: int) -> bool:
        return self._call("claim", lambda: self._store.claim(epoch, ids, until))

    def take_due(self, epoch: str, now: int, until: int, limit: int) -> list[str]:
        return self._call("take_due", lambda: self._store.take_due(epoch, now, until, limit))

    def in_flight(self, epoch: str) -> list[str]:
        return self._call("in_flight", lambda: self._store.in_flight(epoch))

    def settle(
        self,
        epoch: str,
        checks: Mapping[str, int | None],
        fingerprints: Mapping[str, bytes],
        looks: Mapping[str, int] = {},
        interrupted: Collection[str] = (),
    ) -> bool:
        return self._call(
            "settle", lambda: self._store.settle(epoch, checks, fingerprints, looks, interrupted)
        )

    def known(self, epoch: str, ids: Sequence[str]) -> list[int | None]:
        return self._call("known", lambda: self._store.known(epoch, ids))

    def unseen(self, epoch: str, changes: Sequence[str]) -> list[str]:
        return self._call("unseen", lambda: self._store.unseen(epoch, changes))

    def saw(self, epoch: str, changes: Mapping[str, int], before: int) -> bool:
        return self._call("saw", lambda: self._store.saw(epoch, changes, before))

    def handed(self, epoch: str, fingerprints: Mapping[str, bytes]) -> bool:
        return self._call("handed", lambda: self._store.handed(epoch, fingerprints))

    def fingerprints(self, epoch: str, ids: Sequence[str]) -> list[bytes | None]:
        return self._call("fingerprints", lambda: self._store.fingerprints(epoch, ids))

    def attempt(self, epoch: str, ids: Sequence[str]) -> dict[str, int]:
        return self._call("attempt", lambda: self._store.attempt(epoch, ids))

    def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        return self._call("lease", lambda: self._store.lease(name, holder, now, until))

    def renew(self, name: str, holder: str, until: int) -> bool:
        kept = self._call("renew", lambda: self._store.renew(name, holder, until))
        if kept:
            self._simulation.turn_lasts(self._process, until)
        return kept

    def release(self, name: str, holder: str) -> None:
        self._call("release", lambda: self._store.release(name, holder))


class _Queue:
    def __init__(self, simulation: Platform, process: Process) -> None:
        self._simulation = simulation
        self._process = process

    def put(self, messages: Sequence[Message]) -> None:
        self._simulation.local(self._process, "queue put", lambda: self._simulation.enqueue(messages))


class _Sleep:
    """Never sleeps; the org's clock may move on a little."""

    def __init__(self, simulation: Platform, process: Process) -> None:
        self._simulation = simulation
        self._process = process

    def __call__(self, seconds: float) -> None:
        self._simulation.slept(self._process, seconds)


class _Random:
    def __init__(self, simulation: Platform) -> None:
        self._random = simulation.random

    def token(self) -> str:
        return f"{self._random.getrandbits(64):016x}"

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)


def lost(maybe_done: bool) -> Transient:
    """What a caller gets when a connection ends."""
    return Transient("The connection was lost before the whole reply was there.", maybe_done=maybe_done)
