"""The facts of leads, made of the rows that were read: lead by lead, so that one that cannot be read stops no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from sfsync.core.activities import Activities
from sfsync.core.model import Facts, Interaction, Kind, Lead, OpenTask, User
from sfsync.errors import Config
from sfsync.salesforce import activities, rows, soql
from sfsync.salesforce.names import CONTACT, HISTORIES
from sfsync.salesforce.rows import Row
from sfsync.salesforce.shapes import Unreadable

AHEAD = timedelta(minutes=5)
"""A row that was changed so long after now is not of this org's time: its SystemModstamp cannot be read."""

HISTORY_KEPT = timedelta(days=540)
"""Salesforce keeps history for eighteen months at least; older than that, a row that is missing was there."""

_MOVES = frozenset({Kind.REASSIGNED, Kind.ROUTED, Kind.NURTURED})
"""What is written in one transaction with a change of the owner."""


class Sieve(msgspec.Struct, frozen=True):
    """What a policy takes of the rows.

    Attributes:
        sources: the Lead fields that the mapping reads.
        rules: what counts as an interaction; None where nothing does.
        worker_id: whose changes of activities and leads are our own.
        users: by id; the days of what they log are those of their zones.
    """

    sources: Sequence[str]
    rules: Activities | None
    worker_id: str
    users: Mapping[str, User]


class Unread(msgspec.Struct, frozen=True):
    """A lead of which a row cannot be read: nothing can be decided on it.

    Attributes:
        lead: what can be read of its own row.
        why: which row it is and what is wrong with it; no value is in it.
        fingerprint: what the poll remembers the lead's row by where that is the one, else None.
    """

    lead: Lead
    why: str
    fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class Assembled:
    """What was made of the rows, by the leads' ids.

    Attributes:
        unread: the leads of which a row cannot be read.
        newest: the newest change of each lead's owner or status.
        unlinked: converted leads that have events which do not look up what they became.
    """

    facts: dict[str, Facts] = field(default_factory=dict)
    unread: dict[str, Unread] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    unlinked: set[str] = field(default_factory=set)


class Polled(msgspec.Struct, frozen=True):
    """A lead of a polled row, as far as it can be read.

    Attributes:
        fingerprint: what the poll remembers it by once it is looked at.
        changed_at: the time of the newest change in the row and in the history that was read with it, which need not
            be as old as each other.
    """

    lead: Lead
    fingerprint: bytes
    changed_at: datetime


def polled(row: Row, sieve: Sieve) -> Polled:
    """The lead of a polled row; one that cannot be read has another fingerprint than any that can."""
    history: list[Row] = (row.get(HISTORIES) or {}).get("records", [])
    try:
        lead = rows.lead(row, sieve.sources)
        fingerprint = rows.fingerprint(lead, sieve.worker_id, rows.newest(history))
    except (Unreadable, OverflowError):
        lead, fingerprint = rows.salvaged(row), rows.raw_fingerprint(row, sieve.worker_id)
    changes = filter(None, (rows.legible_moment(one["CreatedDate"]) for one in history))
    return Polled(lead, fingerprint, max([lead.modified_at, *changes]))


def assemble(
    sieve: Sieve,
    now: datetime,
    leads: Sequence[Row],
    histories: Iterable[Row],
    ledger: Iterable[Row],
    active: Sequence[Sequence[Row]],
) -> Assembled:
    """The facts of these leads, of the rows about them as of `now`.

    A ledger row that was found by its key, and names another lead, is about the one with which its key begins.
    `active` are what the queries of `activities.about` found. A row of a lead without an Id is none: whose it is
    cannot be said.
    """
    leads = [row for row in leads if soql.is_id(_text(row, "Id"))]
    asked = {_text(row, "Id") for row in leads}
    changes = _by_lead(histories, "LeadId")
    activity = [_by_lead(page, by) for page, by in zip(active, activities.LEAD_ID, strict=False)]
    entries: dict[str, list[Row]] = {}
    for row in ledger:
        about = _text(row, "Lead_Id__c")
        about = about if about in asked else _text(row, "Key__c").partition(":")[0]
        entries.setdefault(about, []).append(row)
    found = Assembled()
    for row in leads:
        id_ = _text(row, "Id")
        history, done = changes.get(id_, ()), entries.get(id_, ())
        found.newest[id_] = rows.newest(history)
        try:
            one = found.facts[id_] = _facts(
                sieve, now, row, history, done, [page.get(id_, ()) for page in activity]
            )
        except Config:
            raise  # what the policy names is not there: no lead can be read
        except Exception as error:  # noqa: BLE001 - whatever one lead's rows hold, it must not stop the others
            why = str(error) if isinstance(error, Unreadable) else f"its rows ({type(error).__name__})"
            found.unread[id_] = _unread(sieve, row, why)
        else:
            if one.lead.is_converted and any(event.get(CONTACT) is None for event in done):
                found.unlinked.add(id_)
    return found


def _facts(
    sieve: Sieve,
    now: datetime,
    row: Row,
    changes: Iterable[Row],
    ledger: Iterable[Row],
    active: Sequence[Sequence[Row]],
) -> Facts:
    """The facts of one lead, of all rows about it."""
    lead = rows.lead(row, sieve.sources)
    if lead.modified_at > now + AHEAD:
        raise Unreadable(f"Lead {lead.id}: SystemModstamp is a time that is still to come")
    interactions: Sequence[Interaction] = ()
    open_tasks: tuple[OpenTask, ...] = ()
    if sieve.rules is not None:
        interactions, open_tasks = activities.facts(sieve.rules, active, sieve.worker_id, sieve.users)
    return Facts(
        lead=lead,
        changes=rows.changes(changes),
        ledger=tuple(map(rows.entry, ledger)),
        interactions=rows.in_order(interactions),
        open_tasks=open_tasks,
    )


def _unread(sieve: Sieve, row: Row, why: str) -> Unread:
    try:
        return Unread(rows.lead(row, sieve.sources), why)
    except (Unreadable, OverflowError):
        return Unread(rows.salvaged(row), why, rows.raw_fingerprint(row, sieve.worker_id))


def _text(row: Row, field: str) -> str:
    """What stands in the field; blank where that is no text."""
    found = row.get(field)
    return found if isinstance(found, str) else ""


def _by_lead(found: Iterable[Row], field: str) -> dict[str, list[Row]]:
    """The rows of each lead, by its Id in this field."""
    leads: dict[str, list[Row]] = {}
    for row in found:
        leads.setdefault(_text(row, field), []).append(row)
    return leads


def agrees(facts: Facts, now: datetime) -> bool:
    """Whether the newest history of owner and status is what stands on the row, and where there is none of the owner,
    the ledger knows of no other: a missing history row means unknown, never since creation (design.md section 4).
    """
    owner, status = facts.lead.owner_id, facts.lead.status
    newest = {change.field: change.new for change in facts.changes}
    if newest.get("Owner", owner) != owner or newest.get("Status", status) not in (status, None):
        return False
    return "Owner" in newest or not any(
        entry.kind in _MOVES or entry.rep not in (owner, None)
        for entry in facts.ledger
        if now - entry.told_at < HISTORY_KEPT
    )
