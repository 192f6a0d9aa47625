"""Figures for people, straight from the org: adherence per rep, funnel, escalations (requirement P19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from sfsync.salesforce import soql
from sfsync.salesforce.composite import first_pages, rows
from sfsync.salesforce.names import EVENT, SETTINGS
from sfsync.salesforce.rows import optional_moment
from sfsync.salesforce.session import Session

NOTHING = (0, 0, 0.0)


class RepFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How one rep stands: runs that count, those met in time, and what the rest led to.

    Attributes:
        own_minutes: of the time of the missed ones until they were due, what is charged to the rep
            (core/blame.py).
    """

    rep: str
    runs: int
    met: int
    own_minutes: float
    escalated: int
    lost: int

    @property
    def adherence(self) -> float | None:
        """Share of runs met in time, 0 to 1; None without runs."""
        return self.met / self.runs if self.runs else None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The org's figures, each equal to a recount by SOQL.

    Attributes:
        overdue: open leads whose next check is past: something holds looks up, or the API budget withholds them.
    """

    reps: list[RepFigures]
    funnel: Mapping[str, int]
    bands: Mapping[str, int]
    events: Mapping[str, int]
    overdue: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """When sfsync's index was last compared with the org as a whole, and how many leads had to be repaired."""

    compared_at: datetime | None = None
    compared_leads: int | None = None
    compared_found: int | None = None


def comparison(session: Session) -> Comparison:
    """Read what the last comparison found; nothing in an org that has not seen one."""
    query = (
        f"SELECT Compared_At__c, Compared_Leads__c, Compared_Found__c FROM {SETTINGS}"
        " WHERE Compared_At__c != null ORDER BY Compared_At__c DESC LIMIT 1"
    )
    pages, _ = first_pages(session, [query])
    for row in pages[0].rows:
        leads, found = row["Compared_Leads__c"], row["Compared_Found__c"]
        return Comparison(optional_moment(row["Compared_At__c"]), int(leads), int(found))
    return Comparison()


def figures(session: Session, names: Mapping[str, str]) -> Figures:
    """Read the figures (two calls); `names` are users' names by id."""
    ledger, now = first_pages(
        session,
        (
            f"SELECT Rep__c who, COUNT(Id) runs, SUM(Adherent__c) met, SUM(Min_Rep__c) own FROM {EVENT}"
            " WHERE Adherent__c != null AND Rep__c != null GROUP BY Rep__c",
            f"SELECT Rep__c who, COUNT(Id) events FROM {EVENT}"
            " WHERE Kind__c = 'Escalated' AND Rep__c != null GROUP BY Rep__c",
            f"SELECT From_User__c who, COUNT(Id) events FROM {EVENT}"
            " WHERE Kind__c = 'Reassigned' AND From_User__c != null GROUP BY From_User__c",
            f"SELECT Kind__c kind, COUNT(Id) events FROM {EVENT} GROUP BY Kind__c",
        ),
    )
    leads, _ = first_pages(
        session,
        (
            "SELECT Status status, COUNT(Id) leads FROM Lead GROUP BY Status",
            "SELECT SLA_Band__c band, COUNT(Id) leads FROM Lead WHERE IsConverted = false"
            " GROUP BY SLA_Band__c",
            "SELECT COUNT(Id) leads FROM Lead WHERE IsConverted = false"
            f" AND SLA_Next_Check__c < {soql.moment(now)}",
        ),
    )
    adherence, escalated, lost, kinds = (rows(session, page) for page in ledger)
    statuses, bands, overdue = (rows(session, page) for page in leads)
    by_rep = {
        row["who"]: (int(row["runs"]), int(row["met"] or 0), float(row["own"] or 0)) for row in adherence
    }
    escalations = {row["who"]: int(row["events"]) for row in escalated}
    losses = {row["who"]: int(row["events"]) for row in lost}
    reps = [
        RepFigures(
            rep=names.get(who, who),
            runs=by_rep.get(who, NOTHING)[0],
            met=by_rep.get(who, NOTHING)[1],
            own_minutes=by_rep.get(who, NOTHING)[2],
            escalated=escalations.get(who, 0),
            lost=losses.get(who, 0),
        )
        for who in dict.fromkeys((*by_rep, *escalations, *losses))
    ]
    return Figures(
        reps=sorted(reps, key=lambda one: one.rep),
        funnel={row["status"]: int(row["leads"]) for row in statuses},
        bands={row["band"] or "not scored": int(row["leads"]) for row in bands},
        events={row["kind"]: int(row["events"]) for row in kinds},
        overdue=int(overdue[0]["leads"]),
    )
