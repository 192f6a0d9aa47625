"""What the ledger's rows say in words."""

from __future__ import annotations

from sfsync.salesforce import soql
from sfsync.salesforce.composite import first_pages, rows
from sfsync.salesforce.names import EVENT
from sfsync.salesforce.session import Session


def details(session: Session, lead_id: str) -> dict[str, str]:
    """The Detail__c of this lead's rows, by row Id: one call. A decision does not read it."""
    query = f"SELECT Id, Detail__c FROM {EVENT} WHERE Lead_Id__c = '{soql.record_id(lead_id)}' ORDER BY Id"
    pages, _ = first_pages(session, [query])
    return {row["Id"]: row["Detail__c"] for row in rows(session, pages[0]) if row["Detail__c"]}
