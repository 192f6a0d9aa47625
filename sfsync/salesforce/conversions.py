"""What a lead was converted to, noted on its events: they are found with the contact and the opportunity, too (P14).

Salesforce refuses a lookup to a record that its writer cannot see, and with it the whole transaction. So no event
waits for its lookups: they are filled in afterwards, each row by itself, those of before the conversion as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sfsync.salesforce import soql
from sfsync.salesforce.composite import first_pages, update
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.names import CONTACT, EVENT, OPPORTUNITY
from sfsync.salesforce.session import Session

LEADS_A_QUERY = 200


def note(session: Session, lead_ids: Sequence[str]) -> int:
    """Let the events of these converted leads look up what they were converted to; how many rows the org refused.

    One call for 200 leads, and one for a thousand rows that look up nothing yet. Raises what the org says of the
    calls themselves.
    """
    refused = 0
    for start in range(0, len(lead_ids), LEADS_A_QUERY):
        refused += update(session, _unlinked(session, lead_ids[start : start + LEADS_A_QUERY]))
    return refused


def _unlinked(session: Session, lead_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of these leads' events that look up nothing, as they shall be."""
    some = soql.ids(lead_ids)
    pages, _ = first_pages(
        session,
        (
            f"SELECT Id, ConvertedContactId, ConvertedOpportunityId FROM Lead WHERE Id IN {some}"
            " AND IsConverted = true ORDER BY Id",
            f"SELECT Id, Lead_Id__c FROM {EVENT} WHERE Lead_Id__c IN {some} AND {CONTACT} = null"
            f" AND {OPPORTUNITY} = null ORDER BY Id",
        ),
    )
    became = {row["Id"]: _lookups(row) for row in all_rows(session, pages[0])}
    events = [(row["Id"], became.get(row["Lead_Id__c"])) for row in all_rows(session, pages[1])]
    return [{"attributes": {"type": EVENT}, "id": id_, **found} for id_, found in events if found]


def _lookups(lead: Mapping[str, Any]) -> dict[str, str]:
    found = {CONTACT: lead["ConvertedContactId"], OPPORTUNITY: lead["ConvertedOpportunityId"]}
    return {field: id_ for field, id_ in found.items() if id_ is not None}
