"""The published policy's text, kept in the org under its hash, once: every ledger row names a hash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from sfsync.core.evidence import ENGINE
from sfsync.core.policy import Policy
from sfsync.errors import Config, Permanent
from sfsync.salesforce import rows, soql
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.names import POLICY
from sfsync.salesforce.session import Session

LONGEST = 131_072
"""Characters that Text__c holds."""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One policy as it was published.

    Attributes:
        text: as `Documents.text`; None where it did not fit into its field.
    """

    hash: str
    version: str
    effective_from: date | None
    published_at: datetime
    text: str | None


def publish(session: Session, policy: Policy, text: str, now: datetime) -> bool:
    """Keep the text of this policy; False when the org has it already. One call.

    Raises Config when the org refuses it: decisions whose policy nobody can look up are not made.
    """
    reviewed = min((one.reviewed_on for one in policy.headers if one.reviewed_on), default=None)
    signed = ", ".join(dict.fromkeys(name for one in policy.headers for name in one.signed_by))
    fields = {
        "Hash__c": policy.hash,
        "Version__c": policy.version,
        "Effective_From__c": rows.written(policy.effective_from),
        "Reviewed_On__c": rows.written(reviewed),
        "Signed_By__c": signed[:255],
        "Published_At__c": rows.written(now),
        "Engine__c": ENGINE,
        "Text__c": text if len(text) <= LONGEST else None,
    }
    body = {name: value for name, value in fields.items() if value is not None}
    try:
        session.post(f"sobjects/{POLICY}", body)
    except Permanent as error:
        if error.error_code == "DUPLICATE_VALUE":
            return False
        raise Config(
            f"the policy cannot be kept in {POLICY}: {error}", error_code=error.error_code
        ) from error
    return True


def published(session: Session, hashes: Iterable[str]) -> dict[str, Published]:
    """The policies of these hashes, as far as the org has them: one call."""
    wanted = soql.texts(sorted(set(hashes)))
    query = (
        "SELECT Hash__c, Version__c, Effective_From__c, Published_At__c, Text__c"
        f" FROM {POLICY} WHERE Hash__c IN {wanted}"
    )
    pages, _ = first_pages(session, [query])
    return {
        row["Hash__c"]: Published(
            hash=row["Hash__c"],
            version=row["Version__c"] or "",
            effective_from=date.fromisoformat(row["Effective_From__c"]) if row["Effective_From__c"] else None,
            published_at=rows.moment(row["Published_At__c"]),
            text=row["Text__c"],
        )
        for row in all_rows(session, pages[0])
    }
