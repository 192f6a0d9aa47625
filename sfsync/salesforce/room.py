"""What the policy's limits of owner changes and band changes leave, counted in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sfsync.core import blast_radius
from sfsync.core.blast_radius import DAY, HOUR, Grant
from sfsync.core.limits_document import BlastRadius
from sfsync.salesforce import rows, soql
from sfsync.salesforce.composite import Page, first_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.names import EVENT
from sfsync.salesforce.notices import happened_since
from sfsync.salesforce.session import Session


def counting(changes: str, policy_hash: str, now: datetime) -> tuple[str, str, str]:
    """The queries of which `left` reads the pages: how many changes there were within the hour and within the day,
    and what somebody has released under this policy and is valid still.

    `changes` is the SOQL condition for the ledger's rows of them.
    """
    counted = f"SELECT COUNT(Id) moves FROM {EVENT} WHERE {changes}"
    return (
        f"{counted} AND {happened_since(now - HOUR)}",
        f"{counted} AND {happened_since(now - DAY)}",
        f"SELECT Step__c, Started_At__c, Due_At__c FROM {EVENT} WHERE Kind__c = 'Released'"
        f" AND Due_At__c > {soql.moment(now)} AND Policy__c = {soql.text(policy_hash)}",
    )


def left(
    session: Session, what: str, limits: BlastRadius, changes: str, counted: Sequence[Page], now: datetime
) -> int:
    """How many more owner changes or band changes (`what`) are allowed, by the first pages of `counting`.

    While something is released, one more call tells what of it is spent.
    """
    hour, day, granted = (all_rows(session, page) for page in counted)
    grants = [
        Grant(rows.moment(row["Started_At__c"]), rows.moment(row["Due_At__c"]), int(number))
        for row in granted
        for name, _, number in [row["Step__c"].partition(":")]
        if name == what
    ]
    if not grants:
        return min(limits.per_hour - int(hour[0]["moves"]), limits.per_day - int(day[0]["moves"]))
    since = happened_since(min(grant.start for grant in grants) - DAY)
    query = f"SELECT Id, Occurred_At__c FROM {EVENT} WHERE {changes} AND {since} ORDER BY Id"
    pages, _ = first_pages(session, [query])
    made = [rows.moment(row["Occurred_At__c"]) for row in all_rows(session, pages[0])]
    return blast_radius.left(made, limits, grants, now)
