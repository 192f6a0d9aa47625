"""Every door to the outside. Nothing else in sfsync does I/O, waits or rolls dice.

The production doors are HTTP through simple-salesforce, Redis and Dramatiq; the simulation puts in-process
ones in their place and crashes the real code at every call. `tick(ports)` (sfsync/poll.py) and
`handle(message, ports)` (sfsync/reconcile.py) take a `Ports` and are otherwise plain functions.

There is no clock here: `now` is Salesforce's, from the `Date` of the reply that carried the data. What an org that
does not answer takes of our time, `Elapsed` tells.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered, whatever it answered.

    Attributes:
        status: the HTTP status.
        headers: header names in lower case.
        body: as received, content-encoding undone.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """One HTTP exchange with the org: no retry, no judgement of the status."""

    def send(self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str]) -> Reply:
        """Send one request and return its reply, whatever its status.

        `path` is absolute on the org's host (`/services/data/v64.0/composite`). Authentication is the
        transport's own affair: it mints a new token on a 401 and sends the request again.

        Raises Transient (with `maybe_done` as it is) when there was no complete reply, Config when
        no session can be had.
        """
        ...


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """The worker's place in the stream of changes: hints, lost without harm.

    Times are Unix seconds of Salesforce's clock.

    Attributes:
        epoch: the random name of this life of the index; hint writes of another epoch are refused. A life ends
            when Redis is emptied, and when the configuration changes.
        index_complete: every open lead has been looked at since the epoch began.
        cursor_at, cursor_id: keyset (SystemModstamp, Id) up to which leads were polled; an Id stands there only
            while a poll is unfinished.
        poll_began_at: when the unfinished poll began.
        activities_at: SystemModstamp up to which Tasks and Events were polled.
        config_epoch: the configuration that every lead is decided with in this life (worker.Configuration.epoch).
        config_read_at: when that was read from the org.
        detector_at: when the detector last ran.
        compared_at: when the index was last compared with the org as a whole.
    """

    epoch: str
    index_complete: bool = False
    cursor_at: int = 0
    cursor_id: str = ""
    poll_began_at: int = 0
    activities_at: int = 0
    config_epoch: str = ""
    config_read_at: int = 0
    detector_at: int = 0
    compared_at: int = 0


class Store(Protocol):
    """Hints in Redis: ids, times and hashes, never personal data, never truth.

    Every write names the epoch it belongs to and is refused (returns False, changes nothing) when the
    stored epoch is another or gone; the caller carries on, and the next tick starts cold. No key has a
    Redis TTL: expiry times are stored and compared with the `now` that is passed in (Unix seconds).
    All methods raise Transient when Redis cannot be reached.
    """

    def marks(self) -> Marks | None:
        """The stored marks, or None when there is no epoch: start cold."""
        ...

    def begin(self, marks: Marks) -> None:
        """Forget everything and start the epoch that `marks` names."""
        ...

    def save(self, marks: Marks) -> bool:
        """Replace the marks of the same epoch."""
        ...

    def claim(self, epoch: str, ids: Sequence[str], until: int) -> bool:
        """Say that these leads are being looked at: out of the due index, in flight until `until`."""
        ...

    def take_due(self, epoch: str, now: int, until: int, limit: int) -> list[str]:
        """Claim until `until` at most `limit` leads whose check is due, or whose claim ran out, at `now`."""
        ...

    def in_flight(self, epoch: str) -> list[str]:
        """The leads that are claimed, whether or not the claim has run out."""
        ...

    def settle(
        self,
        epoch: str,
        checks: Mapping[str, int | None],
        fingerprints: Mapping[str, bytes],
        looks: Mapping[str, int] = {},
        interrupted: Collection[str] = (),
    ) -> bool:
        """End the claims of `checks`' leads.

        `checks` maps a lead to its next check; None takes it out of the index with its fingerprint.
        `fingerprints` are remembered; a lead in `checks` without one loses the one it had.
        `looks` are the numbers that `attempt` gave. A look that somebody has overtaken, beginning or ending another
        one since, knows less than the index: it only brings the lead's next check forward.
        Of those in `interrupted` one attempt is taken back, and not all: what stopped this look says nothing of the
        lead, nor of the looks at it that never ended.
        """
        ...

    def known(self, epoch: str, ids: Sequence[str]) -> list[int | None]:
        """When each id, in order, is looked at next: its check, or when its claim runs out.

        None for one that has neither, and for all in a foreign epoch.
        """
        ...

    def handed(self, epoch: str, fingerprints: Mapping[str, bytes]) -> bool:
        """Remember with what rows leads were handed out: as long as a claim lasts, the same row is no news.

        Of leads that are claimed no more nothing is remembered: their look has come to its end.
        """
        ...

    def fingerprints(self, epoch: str, ids: Sequence[str]) -> list[bytes | None]:
        """The remembered fingerprint of each id, in order; all None in a foreign epoch.

        Of a lead that is claimed it is that of the row with which it was handed out, where that is remembered.
        """
        ...

    def unseen(self, epoch: str, changes: Sequence[str]) -> list[str]:
        """Those of these changes of activities and of leads that are over that `saw` was not told of; all of them in a
        foreign epoch.
        """
        ...

    def saw(self, epoch: str, changes: Mapping[str, int], before: int) -> bool:
        """Note these changes, each with its time, and forget those from before `before`."""
        ...

    def attempt(self, epoch: str, ids: Sequence[str]) -> dict[str, int]:
        """Count one more attempt at each lead and return the counts. `settle` resets them, or takes one back."""
        ...

    def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        """Take or renew a named lease; False while another holder's has not run out at `now`."""
        ...

    def renew(self, name: str, holder: str, until: int) -> bool:
        """Extend a lease that nobody else has had since `holder` took it; False where it is gone."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Give the lease back if `holder` still has it."""
        ...


LEADS_A_LOOK = 1000
"""So many leads fill the writing calls: five collections of 200 in one."""


class Look(msgspec.Struct, frozen=True, tag="look"):
    """Look at these leads: at most LEADS_A_LOOK ids."""

    lead_ids: tuple[str, ...]


POSTS_A_MESSAGE = 200
"""So many rows are claimed in one call."""


class Post(msgspec.Struct, frozen=True, tag="post"):
    """Bring these SLA_Event__c rows' posts to Chatter: at most POSTS_A_MESSAGE ids."""

    event_ids: tuple[str, ...]


Message = Look | Post


class Queue(Protocol):
    """Delivers messages to `handle`, at least once, in any order."""

    def put(self, messages: Sequence[Message]) -> None:
        """Enqueue; raises Transient when the queue cannot be reached."""
        ...


class Sleep(Protocol):
    """Waits."""

    def __call__(self, seconds: float, /) -> None: ...


class Elapsed(Protocol):
    """How long something takes, whatever time it is."""

    def __call__(self) -> float:
        """Seconds since some moment before; they only grow."""
        ...


class Random(Protocol):
    """Names and jitter."""

    def token(self) -> str:
        """16 characters that nobody else will draw."""
        ...

    def uniform(self, low: float, high: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """The doors, together."""

    transport: Transport
    store: Store
    queue: Queue
    sleep: Sleep
    random: Random
    elapsed: Elapsed
