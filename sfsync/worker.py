"""What a worker knows: its doors, its policy, and the org's configuration, read again every ten minutes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from sfsync import __version__
from sfsync.core.mapping import OVER
from sfsync.core.model import Org
from sfsync.core.policy import Policy
from sfsync.errors import Transient
from sfsync.mappings.loading import Documents
from sfsync.ports import Marks, Ports
from sfsync.salesforce.budget import Lane, open_lanes, require
from sfsync.salesforce.names import SETTINGS
from sfsync.salesforce.published import publish
from sfsync.salesforce.reader import (
    Identity,
    LeadReader,
    OrgConfiguration,
    OrgSettings,
    configuration,
    identity,
)
from sfsync.salesforce.session import Session
from sfsync.salesforce.tasks import closing_status

REFRESH = timedelta(minutes=10)
"""So old may configuration and proof of the guards be."""


BULK_ABOVE = 50_000

POSTS_REST = timedelta(minutes=10)
"""So long nobody asks Chatter again once its hourly limit is reached."""

CHATTER_LIMIT = "chatter-limit"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Policy and org, as of `read_at`.

    Attributes:
        enforce_from: None before the first run has stored it.
        epoch: changes whenever a decision could come out differently for an unchanged lead: what this process
            decides with (its files and version), a colon, what the org holds.
    """

    read_at: datetime
    policy: Policy
    users_and_queues: OrgConfiguration
    settings: OrgSettings
    worker_id: str
    epoch: str

    def has_files_of(self, epoch: str) -> bool:
        """Whether the configuration of that epoch is of the same files and version of sfsync."""
        return self.epoch.partition(":")[0] == epoch.partition(":")[0]

    @property
    def switched_off(self) -> str | None:
        """Why nothing may be done at all, or None: the kill switch, or a policy not yet in force (P4)."""
        if not self.settings.enabled:
            return f"Enabled__c is off in {SETTINGS}"
        if self.policy.effective_from is not None and self.policy.effective_from > self.read_at.date():
            return f"the policy is not in force before {self.policy.effective_from}"
        return None

    def org(self) -> Org:
        """The org as decisions see it; raises Transient while enforcement has not begun."""
        if self.settings.enforce_from is None:
            raise Transient("enforcement has not begun: the first tick stores Enforce_From__c")
        return self._org(self.settings.enforce_from)

    def org_or_now(self) -> Org:
        """The org as decisions would see it if enforcement, where it has not begun, began now."""
        return self._org(self.settings.enforce_from or self.read_at)

    def _org(self, enforce_from: datetime) -> Org:
        return Org(
            worker_id=self.worker_id,
            users=self.users_and_queues.users,
            queues=self.users_and_queues.queues,
            enforce_from=enforce_from,
        )


@dataclass(slots=True)
class Tally:
    """What this process has done so far."""

    looked: int = 0
    events: int = 0
    leads_written: int = 0
    refused: int = 0
    withheld: int = 0
    posts: int = 0


class Worker:
    """One process's worker; safe to share between threads.

    Attributes:
        poll_interval: how often `tick` is called.
        bulk_above: a cold start of more open leads than this reads their ids by Bulk API.
        token: this process's name, which nobody else has.
        tally: what was done; `count` adds to it.
        told: the keys of reviews that the ledger is known to have.
    """

    def __init__(
        self, ports: Ports, session: Session, documents: Documents, poll_interval: timedelta
    ) -> None:
        self.ports = ports
        self.session = session
        self.session.task_constants = documents.lead.constants.get("Task", {})
        self.documents = documents
        self.poll_interval = poll_interval
        self.bulk_above = BULK_ABOVE
        self.token = ports.random.token()
        self.tally = Tally()
        self.told: set[str] = set()
        self._lock = threading.Lock()
        self._identity: Identity | None = None
        self._configuration: Configuration | None = None
        self._configured_s = 0.0
        self._closing: tuple[datetime, str | None] | None = None
        self._guards_proven_at: datetime | None = None
        self._published: set[str] = set()

    def count(self, **more: int) -> None:
        """Add to the tally."""
        with self._lock:
            for name, number in more.items():
                setattr(self.tally, name, getattr(self.tally, name) + number)

    def identity(self) -> Identity:
        """Who we are signed in as; asked once."""
        if self._identity is None:
            self._identity = identity(self.session)
        return self._identity

    def configuration(self, *, fresh: bool = False, marks: Marks | None = None) -> Configuration:
        """Policy and org; read again when older than ten minutes or when `fresh` is asked for. A worker that has had
        no reply for so long knows nothing of the org's time: what has elapsed here counts as well.

        And when `marks` say that leads are decided with another one that is as new: nobody decides with an org
        of up to ten minutes ago what another process has handed out because the org has changed.

        It is asked for every time while nothing is done: enforcement may be beginning elsewhere, and whoever
        is switched off makes no other call that would tell that the ten minutes are over.
        """
        with self._lock:
            known = self._configuration
            now = self.session.now
            if (
                known is None
                or fresh
                or _is_older(known, marks)
                or known.settings.enforce_from is None
                or known.switched_off is not None
                or (now is not None and now - known.read_at >= REFRESH)
                or self.ports.elapsed() - self._configured_s >= REFRESH.total_seconds()
            ):
                self._configured_s = self.ports.elapsed()
                known = self._configuration = self._read()
            return known

    def _read(self) -> Configuration:
        who = self.identity()
        found = configuration(self.session)
        known = self._configuration
        if known is not None and known.users_and_queues.hours == found.hours:
            policy = known.policy
        else:
            policy = self.documents.policy(found.hours)
        return Configuration(
            read_at=found.now,
            policy=policy,
            users_and_queues=found,
            settings=found.settings,
            worker_id=who.user_id,
            epoch=_epoch(policy, found),
        )

    def closing_status(self) -> str | None:
        """The first Task Status of the org that closes a Task; asked for again once that is ten minutes ago."""
        with self._lock:
            known, now = self._closing, self.session.now
            if known is None or now is None or now - known[0] >= REFRESH:
                status = closing_status(self.session)
                asked_at = self.session.now
                assert asked_at is not None
                known = self._closing = (asked_at, status)
            return known[1]

    def may_post(self) -> bool:
        """Whether Chatter has not said within the last ten minutes that its hourly limit is reached."""
        now = self._unix_now()
        return self.ports.store.lease(CHATTER_LIMIT, "nobody", now, now)

    def rest_posts(self) -> None:
        """Take note, for all processes, that Chatter's hourly limit is reached."""
        now = self._unix_now()
        self.ports.store.lease(CHATTER_LIMIT, "reached", now, now + int(POSTS_REST.total_seconds()))

    def _unix_now(self) -> int:
        return int(self.session.now.timestamp()) if self.session.now is not None else 0

    def lanes(self, policy: Policy) -> tuple[Lane, ...]:
        """The lanes that may spend API requests, as of the newest reply; raises Budget when there is none."""
        return require(self.session.usage, policy.compliance.api_requests)

    def lanes_known(self, policy: Policy) -> tuple[Lane, ...]:
        """The lanes that may spend API requests, as of the newest reply, however old it is."""
        return open_lanes(self.session.usage, policy.compliance.api_requests)

    def reader(self, policy: Policy) -> LeadReader:
        """A reader of leads as this policy's mapping sees them, with the users that were read last."""
        known = self._configuration
        return LeadReader(
            self.session,
            policy.sources,
            policy.statuses(*sorted(OVER)),
            policy.activities,
            self.identity().user_id,
            known.users_and_queues.users if known is not None else {},
        )

    def publish(self, policy: Policy, now: datetime) -> None:
        """See that the org keeps the policy's text: once for each policy in a process's life."""
        if policy.hash not in self._published:
            publish(self.session, policy, self.documents.text(), now)
            self._published.add(policy.hash)

    def guards_proven(self, now: datetime) -> bool:
        """Whether the guards were seen to refuse within the last ten minutes."""
        return self._guards_proven_at is not None and now - self._guards_proven_at < REFRESH

    def prove_guards(self, now: datetime) -> None:
        """Take note that the guards refused a wrong write at `now`."""
        self._guards_proven_at = now


def _is_older(known: Configuration, marks: Marks | None) -> bool:
    """Whether the index's configuration is another and may be the newer one."""
    return (
        marks is not None
        and marks.config_epoch not in ("", known.epoch)
        and known.read_at.timestamp() <= marks.config_read_at
    )


def _epoch(policy: Policy, found: OrgConfiguration) -> str:
    calendars = [
        (number, name, calendar.to_dict())
        for number, one in enumerate(policy.all)
        for name, calendar in sorted(one.calendars.items())
    ]
    in_force = [one.is_in_force(found.now.date()) for one in policy.all]
    people = (sorted(found.users.items()), sorted(found.queues.items()))
    return f"{_digest((policy.hash, __version__))}:{_digest((people, calendars, in_force, found.settings))}"


def _digest(known: object) -> str:
    return blake2b(msgspec.json.encode(known), digest_size=12).hexdigest()
