"""What sfsync reads from the org: its configuration, changed leads, and the facts of a batch of leads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sfsync.core.activities import Activities
from sfsync.core.model import Facts, Loads, User
from sfsync.core.org_hours import OrgHours
from sfsync.core.policy import Policy
from sfsync.errors import Config, Transient
from sfsync.ports import Sleep
from sfsync.salesforce import activities, bulk, notices, room, rows, shapes, soql
from sfsync.salesforce.chatter import WAITING
from sfsync.salesforce.composite import Page, first_pages, next_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.facts import Assembled, Polled, Sieve, Unread, agrees, assemble, polled
from sfsync.salesforce.names import (
    BUSINESS_HOURS_FIELDS,
    EVENT,
    EXEMPT,
    HISTORIES,
    HISTORY_FIELDS,
    HOLIDAY_FIELDS,
    LEAD_STANDARD,
    LEDGER_FIELDS,
    SETTINGS,
    SLA_FIELDS,
)
from sfsync.salesforce.rows import Row
from sfsync.salesforce.session import Session

_IDENTITY = re.compile(
    r"/id/(?P<org>00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?)/(?P<user>005[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?)$"
)

CONFIRMATIONS = 3
"""So often a lead is read again at most when its row and its history do not agree."""


class Identity(msgspec.Struct, frozen=True):
    """Who sfsync is signed in as."""

    user_id: str
    organization_id: str


class OrgSettings(msgspec.Struct, frozen=True):
    """SFSync_Settings__c, the org's default row; absent, everything is on and enforcement has not begun."""

    id: str | None = None
    enabled: bool = True
    shadow: bool = False
    enforce_from: datetime | None = None


class OrgConfiguration(msgspec.Struct, frozen=True):
    """What the org holds that decisions depend on, as read at `now`."""

    now: datetime
    users: Mapping[str, User]
    queues: Mapping[str, str]
    hours: OrgHours
    settings: OrgSettings


WHO_MAY_OWN = ("Standard", "PowerPartner")
"""Types of users who may own leads, or manage who does: employees and partners. Customers and guests of a site
register themselves by the thousand, and each would be a change of the configuration."""


TIED = 8
"""So many changes of owner and status of one second are read with a polled lead at most: an owner's makes two rows."""

NEWEST_CHANGES = (
    f"(SELECT {', '.join(HISTORY_FIELDS)} FROM {HISTORIES}"
    f" WHERE Field IN {soql.texts((*sorted(rows.OWNER_FIELDS), 'Status'))} ORDER BY CreatedDate DESC LIMIT {TIED})"
)

LAST_GIVEN = timedelta(days=90)
"""Who was given nothing for so long comes as early in the rotation as who never was."""


class Poll(msgspec.Struct, frozen=True):
    """What a poll found, as of `now`: the first page of changed leads, ids of two other kinds, and the first
    pages of changed Tasks, Events and e-mails.
    """

    now: datetime
    changed: Page
    to_post: Sequence[str]
    unattended: Sequence[str]
    activities: Sequence[Page]


class Observation(msgspec.Struct, frozen=True):
    """The facts of a batch of leads as of `now`; a lead that is gone is in neither.

    Attributes:
        unread: the leads of which a row cannot be read.
        newest: the newest change of each lead's owner or status.
        unlinked: converted leads that have events which do not look up what they became.
    """

    now: datetime
    facts: Mapping[str, Facts]
    unread: Mapping[str, Unread] = {}
    newest: Mapping[str, str] = {}
    unlinked: Collection[str] = ()


def identity(session: Session) -> Identity:
    """Ask the org who we are, by the identity URL that it lists among its REST resources [D]; nobody follows it.

    `/services/oauth2/userinfo` would say it, too, but may need more scopes than `api`, and answers a session
    that has ended with 403 [F], so that it is not renewed. Raises Config when there is no such URL.
    """
    resources = session.get("").body
    named = _IDENTITY.search(str(resources.get("identity", "")) if isinstance(resources, dict) else "")
    if named is None:
        raise Config(
            "Salesforce does not say who sfsync is signed in as (no identity URL): please report it."
        )
    return Identity(user_id=soql.full_id(named["user"]), organization_id=soql.full_id(named["org"]))


def configuration(session: Session) -> OrgConfiguration:
    """Read users, queues, business hours, holidays and settings: one call.

    Raises Transient where a user or a queue cannot be read: without them leads would go to whom they do not belong.
    """
    queries = (
        "SELECT Id, Username, Name, UserRole.Name, ManagerId, IsActive, TimeZoneSidKey FROM User"
        f" WHERE UserType IN {soql.texts(WHO_MAY_OWN)} ORDER BY Id",
        "SELECT Id, Name FROM Group WHERE Type = 'Queue' ORDER BY Id",
        f"SELECT {', '.join(BUSINESS_HOURS_FIELDS)} FROM BusinessHours WHERE IsActive = true ORDER BY Id",
        f"SELECT {', '.join(HOLIDAY_FIELDS)} FROM Holiday ORDER BY Id",
        f"SELECT Id, SetupOwnerId, Enabled__c, Shadow__c, Enforce_From__c FROM {SETTINGS} ORDER BY Id",
    )
    pages, now = first_pages(session, queries)
    users, queues, hours, holidays, settings = (all_rows(session, page) for page in pages)
    try:
        people = [rows.user(row) for row in users]
        waiting = dict(rows.queue(row) for row in queues)
    except shapes.Unreadable as error:
        raise Transient(f"the org's users and queues cannot be read: {error}") from None
    return OrgConfiguration(
        now,
        {one.id: one for one in people},
        waiting,
        OrgHours.from_salesforce(hours, holidays),
        _settings(settings),
    )


def _settings(found: Iterable[Mapping[str, Any]]) -> OrgSettings:
    for row in found:
        if row["SetupOwnerId"].startswith("00D"):
            return OrgSettings(
                row["Id"],
                bool(row["Enabled__c"]),
                bool(row["Shadow__c"]),
                rows.optional_moment(row["Enforce_From__c"]),
            )
    return OrgSettings()


def newest_creation(session: Session) -> datetime | None:
    """When the newest lead was created, or None in an org without leads."""
    pages, _ = first_pages(
        session, ["SELECT Id, CreatedDate FROM Lead ORDER BY CreatedDate DESC, Id LIMIT 1"]
    )
    return rows.moment(pages[0].rows[0]["CreatedDate"]) if pages[0].rows else None


class LeadReader:
    """Reads leads as this mapping sees them.

    Attributes:
        sources: the Lead fields that the mapping reads.
        closed: the statuses of leads that are over.
        activities: what counts as an interaction; without it no activity is read.
        worker_id: whose changes of activities are our own.
        users: by id; the days of what they log are those of their zones.
    """

    def __init__(
        self,
        session: Session,
        sources: Sequence[str],
        closed: Sequence[str],
        activities: Activities | None,
        worker_id: str,
        users: Mapping[str, User],
    ) -> None:
        self._session = session
        self._activities = activities
        self._worker_id = worker_id
        self.sources = tuple(sources)
        self._sieve = Sieve(self.sources, activities, worker_id, users)
        self._open = "IsConverted = false" + (f" AND Status NOT IN {soql.texts(closed)}" if closed else "")
        named = dict.fromkeys((*LEAD_STANDARD, EXEMPT, *SLA_FIELDS.values(), *self.sources))
        self._columns = ", ".join(named)
        self._polled = f"{self._columns}, {NEWEST_CHANGES}"

    def poll(
        self,
        since: datetime,
        after: tuple[datetime, str] | None,
        unattended_before: datetime | None,
        activities_since: datetime,
    ) -> Poll:
        """What may need a look, in one call: leads changed since then, deleted ones among them, in keyset
        order; leads that nobody will look at again (when asked: one that is open and has no next check, or one
        whose next check is long past, the end of a closed one being still unseen); ledger rows whose post is
        to be made; and, where the policy asks for interactions, Tasks and Events about leads that somebody
        else changed or deleted, and e-mails.

        `after` resumes an interrupted poll behind this (SystemModstamp, Id). Of six queries, the one for leads
        that nobody will look at again goes into a call before.
        """
        where = f"SystemModstamp >= {soql.moment(since)}"
        if after is not None:
            at, last = soql.moment(after[0]), soql.record_id(after[1])
            where = f"(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{last}'))"
        queries = []
        if unattended_before is not None:
            queries.append(
                "SELECT Id FROM Lead WHERE IsDeleted = false AND IsConverted = false"
                f" AND (SLA_Next_Check__c < {soql.moment(unattended_before)}"
                f" OR (SLA_Next_Check__c = null AND {self._open})) ORDER BY Id LIMIT 2000"
            )
        queries += [f"SELECT {self._polled} FROM Lead WHERE {where} ORDER BY SystemModstamp, Id", WAITING]
        if self._activities is not None:
            queries += activities.changed(self._activities, activities_since, self._worker_id)
        pages, now = first_pages(self._session, queries, deleted=True)
        unattended = pages.pop(0).rows if unattended_before is not None else ()
        changed, waiting, *active = pages
        to_post = [row["Id"] for row in waiting.rows]
        return Poll(now, changed, to_post, [row["Id"] for row in unattended], active)

    def to_look_at(self) -> tuple[Page, list[str], datetime]:
        """The first page of the ids of all leads that are open, or whose end nobody has looked at yet, and
        the ledger rows whose post is to be made.

        A lead that is over has no next check once it was looked at; a converted one keeps it, being
        read-only, and counts for thirty days. So does one that was over before anybody looked at it at all.
        """
        pages, now = first_pages(self._session, [f"{self._to_look_at} ORDER BY Id", WAITING])
        return pages[0], [row["Id"] for row in all_rows(self._session, pages[1])], now

    def to_look_at_in_bulk(self, sleep: Sleep) -> Iterator[list[str]]:
        """The ids of the same leads by a Bulk query; raises what `bulk.ids` raises."""
        return bulk.ids(self._session, self._to_look_at, sleep)

    @property
    def _to_look_at(self) -> str:
        return (
            f"SELECT Id FROM Lead WHERE IsDeleted = false AND (({self._open})"
            " OR (SLA_Next_Check__c != null AND IsConverted = false)"
            " OR ((SLA_Next_Check__c != null OR SLA_Revision__c = null)"
            " AND SystemModstamp = LAST_N_DAYS:30))"
        )

    def compare(self, since: datetime, before: datetime) -> tuple[Page, Page, datetime]:
        """The first pages of the ids of all open leads, and of the rows of all that changed since, in one call: what
        the second pass compares with the index (design.md 3). What was created or changed from `before` on is left
        to the next poll.
        """
        queries = (
            f"SELECT Id FROM Lead WHERE IsDeleted = false AND {self._open}"
            f" AND SystemModstamp < {soql.moment(before)} ORDER BY Id",
            f"SELECT {self._polled} FROM Lead WHERE IsDeleted = false"
            f" AND SystemModstamp >= {soql.moment(since)} AND SystemModstamp < {soql.moment(before)}"
            " ORDER BY SystemModstamp, Id",
        )
        pages, now = first_pages(self._session, queries)
        return pages[0], pages[1], now

    def next_pages(self, page: Page) -> list[Page]:
        return next_pages(self._session, page)

    def polled(self, row: Row) -> Polled:
        """The lead of a polled row, as far as it can be read."""
        return polled(row, self._sieve)

    def observe(self, ids: Sequence[str], keys: Sequence[str] = ()) -> Observation:
        """The facts of at most 200 leads: history, ledger (also by these keys, which begin with a lead's id) and,
        last, the rows.

        The queries of one call are not one snapshot: leads whose newest history value is not the row's are
        read again, and so are those of which a row cannot be read; where history and row never agree, history is
        not tracked, and the facts say so.
        """
        found: dict[str, Facts] = {}
        newest: dict[str, str] = {}
        unlinked: set[str] = set()
        missing = list(ids)
        now: datetime | None = None
        for _ in range(CONFIRMATIONS):
            now, made = self._read(missing, keys)
            found |= {
                id_: msgspec.structs.replace(facts, history_known=agrees(facts, now))
                for id_, facts in made.facts.items()
            }
            newest |= made.newest
            unlinked |= made.unlinked
            missing = [*made.unread, *(id_ for id_ in made.facts if not found[id_].history_known)]
            if not missing:
                break
        assert now is not None
        read = {id_: facts for id_, facts in found.items() if id_ not in made.unread}
        return Observation(now, read, made.unread, newest, unlinked)

    def _read(self, ids: Sequence[str], keys: Sequence[str]) -> tuple[datetime, Assembled]:
        some, rules = soql.ids(ids), self._activities
        by_key = f" OR Key__c IN {soql.texts(keys)}" if keys else ""
        queries = [
            f"SELECT {', '.join(HISTORY_FIELDS)} FROM LeadHistory"
            f" WHERE LeadId IN {some} ORDER BY LeadId, CreatedDate, Id",
            f"SELECT {', '.join(LEDGER_FIELDS)} FROM {EVENT} WHERE Lead_Id__c IN {some}{by_key}"
            " ORDER BY Lead_Id__c, Occurred_At__c, Id",
            *(activities.about(rules, some) if rules is not None else ()),
            f"SELECT {self._columns} FROM Lead WHERE Id IN {some}",
        ]
        pages, now = first_pages(self._session, queries)
        histories, ledger, *active, leads = (all_rows(self._session, page) for page in pages)
        made = assemble(self._sieve, now, leads, histories, ledger, active)
        newest = max((one.lead.modified_at for one in made.facts.values()), default=now)
        return max(now, newest), made

    def loads(self, policy: Policy, now: datetime) -> tuple[Loads, int]:
        """What reps carry, when they were last given a lead (within ninety days), and how many owner changes the
        policy's limits still allow: one call, two while some are released.
        """
        working = policy.statuses("open", "accepted", "working")
        nurturing = (band for one in policy.all for band in one.scoring.bands if band.nurture)
        nurture = list(dict.fromkeys(name for band in nurturing for name in (band.band, band.was) if name))
        moved = "Kind__c IN ('Reassigned', 'Routed', 'Nurtured')"
        in_band = f" AND SLA_Band__c NOT IN {soql.texts(nurture)}" if nurture else ""
        queries = (
            "SELECT OwnerId owner, COUNT(Id) leads FROM Lead WHERE IsConverted = false"
            f" AND Status IN {soql.texts(working)}{in_band} GROUP BY OwnerId",
            f"SELECT To_User__c owner, MAX(Occurred_At__c) given FROM {EVENT}"
            f" WHERE {notices.happened_since(now - LAST_GIVEN)}"
            " AND Kind__c IN ('Reassigned', 'Routed') AND To_User__c != null GROUP BY To_User__c",
            *room.counting(moved, policy.hash, now),
        )
        pages, _ = first_pages(self._session, queries)
        carried, given = (all_rows(self._session, page) for page in pages[:2])
        limits = policy.compliance.owner_changes
        return (
            Loads(
                {row["owner"]: row["leads"] for row in carried},
                {row["owner"]: rows.moment(row["given"]) for row in given},
            ),
            room.left(self._session, notices.OWNER_CHANGES, limits, moved, pages[2:], now),
        )
