"""The conversation with the org: paths, JSON, judgement, retry, Salesforce's clock and its API quota.

Above it everything deals in decoded bodies and in the errors of `sfsync.errors`; below it a `Transport`
exchanges bytes. One session serves all threads of a process.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from sfsync.errors import Config, Transient
from sfsync.ports import Random, Reply, Sleep, Transport
from sfsync.salesforce.failures import classify, may_resend, never_began

NEWEST_TESTED = "64.0"
"""The newest API version that sfsync was tested with; an org that is older is spoken to in its own newest."""

ATTEMPTS = 4
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 20.0

AHEAD_S = 300.0
"""So far a `Date` may run ahead of the time that has passed here since the ones before it: a reply may come two
minutes after it was dated."""

_VERSIONS_PATH = "/services/data"
# No segment may begin with a dot, so none of them leads upwards; nothing here can name another host.
_NEXT_PAGE = re.compile(
    r"/services/data/v[0-9]{2,3}\.0(?:/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+(?:\?[A-Za-z0-9._~%&=+:,-]*)?"
)
_API_USAGE = re.compile(r"(?:^|;)\s*api-usage=(\d+)/(\d+)")
_WHERE = re.compile(r"`(\$[^`]*)`")


@dataclass(frozen=True, slots=True)
class Usage:
    """API requests of the org's last 24 hours.

    Attributes:
        used: requests used, ours and everybody else's.
        total: requests allowed.
    """

    used: int
    total: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the org answered to a request that it carried out.

    Attributes:
        status: HTTP status, 200 to 299.
        body: the decoded JSON; None after a 204, which has none.
        now: Salesforce's time (aware UTC) as of this reply, never earlier than any that was known when it was asked
            for. What another thread has learned since is none of it: these facts are older.
        usage: the org's API usage as of the newest reply that told it, or None.
        headers: the reply's, names in lower case.
    """

    status: int
    body: Any
    now: datetime
    usage: Usage | None
    headers: Mapping[str, str] = field(default_factory=dict)


class Session:
    """Requests to one org in one API version.

    `path` is relative to the version's root (`composite/graph`, `query?q=…`, `sobjects/Lead/describe`), or
    absolute when it begins with a slash. `into` is the type (msgspec's) that the reply's body is decoded to;
    `bytes` leaves it as it is, for what is not JSON: whether it is what was asked for is the caller's to see.
    Every method raises the errors of `failures.classify`, and Transient when there was no complete reply.

    What may be sent again is sent up to four times, with full jitter in between: whatever certainly wasn't
    carried out, and a request that is `repeatable` (a GET always is) even if it may have been.

    `task_constants` are the fields that this org requires on each Task; whoever creates one adds them.

    Time is the `Date` of replies that were carried out and understood. One that is further ahead than the time
    that has passed here allows is somebody else's, such as a proxy's, unless the reply after it agrees: what
    was noted in the ledger four days ahead of time could not be taken back. `elapsed` gives seconds that never
    go back, from any moment on.
    """

    def __init__(
        self,
        transport: Transport,
        sleep: Sleep,
        random: Random,
        *,
        version: str = NEWEST_TESTED,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.transport = transport
        self._sleep = sleep
        self._random = random
        self._lock = threading.Lock()
        self._elapsed = elapsed
        self._now: datetime | None = None
        self._first: datetime | None = None
        self._ahead: float | None = None
        self._ahead_in_last: float | None = None
        self._usage: Usage | None = None
        self.version = version
        self.task_constants: Mapping[str, object] = {}

    @classmethod
    def negotiated(
        cls,
        transport: Transport,
        sleep: Sleep,
        random: Random,
        *,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> Session:
        """Return a session in the newest API version that both the org and sfsync know."""
        session = cls(transport, sleep, random, elapsed=elapsed)
        served = session.versions()
        common = [version for version in served if _number(version) <= _number(NEWEST_TESTED)]
        if not common:
            raise Config(
                f"The org serves no API version up to {NEWEST_TESTED}; sfsync was not tested with newer ones."
            )
        session.version = max(common, key=_number)
        return session

    @property
    def now(self) -> datetime | None:
        """Salesforce's newest known time (aware UTC); None before the first reply."""
        return self._first if self._now is None else self._now

    @property
    def usage(self) -> Usage | None:
        """The org's API usage as last told, on success or failure; None before that."""
        return self._usage

    def saw(self, stamp: datetime) -> None:
        """Take note of a SystemModstamp (aware UTC): Salesforce's time is at least that."""
        with self._lock:
            if self._now is None or stamp > self._now:
                self._now = stamp

    def versions(self) -> tuple[str, ...]:
        """The API versions the org serves, as it lists them: `("60.0", "61.0", …)`."""
        listed = self.get(_VERSIONS_PATH, into=list[_Version]).body
        return tuple(entry.version for entry in listed)

    def get(self, path: str, *, into: Any = Any, headers: Mapping[str, str] | None = None) -> Answer:
        """GET `path`."""
        return self._send("GET", path, None, into, headers, repeatable=True)

    def next_page(self, url: str, *, into: Any = Any, headers: Mapping[str, str] | None = None) -> Answer:
        """GET the page that a `nextRecordsUrl` or `nextPageUrl` names.

        Raises Config when it is not a plain path under /services/data/: whoever wrote it wants our token.
        """
        if not _NEXT_PAGE.fullmatch(url):
            raise Config(
                "Salesforce named a next page that is not a path under /services/data/: not followed."
            )
        return self.get(url, into=into, headers=headers)

    def post(
        self,
        path: str,
        body: object,
        *,
        repeatable: bool = False,
        in_parts: bool = False,
        into: Any = Any,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST `body` as JSON. `repeatable` says that doing it twice is the same as doing it once; `in_parts`, that
        what it asks for is done one by one, so that a failure may leave some of it done (`maybe_done`).
        """
        return self._send("POST", path, body, into, headers, repeatable=repeatable, in_parts=in_parts)

    def patch(
        self,
        path: str,
        body: object,
        *,
        repeatable: bool = False,
        into: Any = Any,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """PATCH with `body` as JSON. `repeatable` says that doing it twice is the same as doing it once."""
        return self._send("PATCH", path, body, into, headers, repeatable=repeatable)

    def delete(
        self, path: str, *, repeatable: bool = False, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """DELETE `path`. A repeated one answers 404, hence `repeatable` is the caller's to say."""
        return self._send("DELETE", path, None, Any, headers, repeatable=repeatable)

    def _send(
        self,
        method: str,
        path: str,
        body: object,
        into: Any,
        headers: Mapping[str, str] | None,
        *,
        repeatable: bool,
        in_parts: bool = False,
    ) -> Answer:
        absolute = path if path.startswith("/") else f"/services/data/v{self.version}/{path}"
        payload = None if body is None else msgspec.json.encode(body)

        def exchange() -> Answer:
            try:
                return self._exchange(method, absolute, payload, into, headers or {})
            except Transient as error:
                error.maybe_done = error.maybe_done or (in_parts and not never_began(error))
                raise

        def again(error: BaseException) -> bool:
            return isinstance(error, Transient) and (repeatable or not error.maybe_done) and may_resend(error)

        return Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._backoff,
            sleep=self._sleep,
            retry=retry_if_exception(again),
            reraise=True,
        )(exchange)

    def _backoff(self, state: RetryCallState) -> float:
        highest = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (state.attempt_number - 1))
        return self._random.uniform(0.0, highest)

    def _exchange(
        self, method: str, path: str, payload: bytes | None, into: Any, headers: Mapping[str, str]
    ) -> Answer:
        known = self._now
        reply = self.transport.send(method, path, body=payload, headers=headers)
        usage = self._note_usage(reply)
        if not 200 <= reply.status < 300:
            raise classify(_error_items(reply), status=reply.status)
        body = _decoded(reply, into)
        date = _date(reply.headers.get("date", ""))
        if date is None:
            raise Transient("A reply without a Date header: sfsync takes its time from it.", maybe_done=True)
        now = self._note_time(date)
        return Answer(reply.status, body, now if known is None else max(now, known), usage, reply.headers)

    def _note_usage(self, reply: Reply) -> Usage | None:
        told = _API_USAGE.search(reply.headers.get("sforce-limit-info", ""))
        with self._lock:
            if told is not None:
                self._usage = Usage(int(told[1]), int(told[2]))
            return self._usage

    def _note_time(self, date: datetime) -> datetime:
        """Salesforce's time, as of a reply with this `Date` alone.

        The first `Date` counts until there is a second. From then on, Salesforce's clock is as far
        ahead of ours as two replies in a row ever said; one alone may add AHEAD_S.
        """
        with self._lock:
            here = self._elapsed()
            ahead = date.timestamp() - here
            before, self._ahead_in_last = self._ahead_in_last, ahead
            if before is None:
                self._first = date
                return date
            agreed = min(before, ahead)
            self._ahead = agreed if self._ahead is None else max(self._ahead, agreed)
            if ahead > self._ahead + AHEAD_S:
                date = datetime.fromtimestamp(int(here + self._ahead), UTC)
            self._now = date if self._now is None else max(date, self._now)
            return date


class _Version(msgspec.Struct):
    version: str


def _number(version: str) -> float:
    try:
        return float(version)
    except ValueError as error:
        raise Config("The org lists an API version that is not a number.") from error


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def _error_items(reply: Reply) -> object:
    try:
        return msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if "json" in reply.headers.get("content-type", ""):
            raise Transient("Salesforce's reply broke off in the middle.", maybe_done=True) from None
        return []  # a proxy's HTML page: its status speaks


def _decoded(reply: Reply, into: Any) -> Any:
    if reply.status == 204:
        return None
    if into is bytes:
        return reply.body
    try:
        return msgspec.json.decode(reply.body, type=into)
    except msgspec.ValidationError as error:
        # msgspec's text may quote a value; the place may be said.
        where = _WHERE.search(str(error))
        place = f" at {where[1]}" if where else ""
        raise Config(f"Salesforce's reply is not shaped as expected{place}: please report it.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Transient("A reply that is cut off or not JSON.", maybe_done=True) from None
