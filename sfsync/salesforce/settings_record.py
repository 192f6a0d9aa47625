"""What sfsync writes into the org's own settings, SFSync_Settings__c: since when it enforces, what it repaired.

Both are for administrators to see and to change; reading them is sfsync/salesforce/reader.py's.
"""

from __future__ import annotations

from datetime import datetime

from sfsync.errors import Config, Permanent, Stale
from sfsync.salesforce import rows
from sfsync.salesforce.names import SETTINGS
from sfsync.salesforce.session import Session


def note_comparison(session: Session, settings_id: str, at: datetime, compared: int, found: int) -> None:
    """Store for administrators when the index was last compared with the org, and what had to be repaired."""
    fields = {"Compared_At__c": rows.written(at), "Compared_Leads__c": compared, "Compared_Found__c": found}
    session.patch(f"sobjects/{SETTINGS}/{settings_id}", fields, repeatable=True)


def begin_enforcement(session: Session, organization_id: str, settings_id: str | None, at: str) -> None:
    """Store since when the policy is enforced; raises Stale when another worker just did.

    Raises Config when the integration user may not: writing a custom setting takes Customize Application, which
    a worker should not have.
    """
    values: dict[str, object] = {"Enforce_From__c": at}
    try:
        if settings_id is not None:
            session.patch(f"sobjects/{SETTINGS}/{settings_id}", values, repeatable=True)
            return
        switches = {"SetupOwnerId": organization_id, "Enabled__c": True, "Shadow__c": False}
        session.post(f"sobjects/{SETTINGS}", switches | values)
    except (Permanent, Config) as error:
        if error.error_code == "DUPLICATE_VALUE":
            raise Stale("the org's settings are there already", error_code=error.error_code) from error
        raise Config(
            "Enforce From is not set, and the integration user may not set it: Setup, Custom Settings, sfsync "
            f"Settings, Manage (docs/org-setup.md, step 9). {error}",
            error_code=error.error_code,
        ) from error
