"""Is the org set up as sfsync needs it: history of owner and status, and the right to transfer leads?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfsync.report.finding import SET_UP, Finding
from sfsync.salesforce.composite import rows_if_shown
from sfsync.salesforce.session import Session

TRACKED: Mapping[str, tuple[str, ...]] = {"Lead Owner": ("OwnerId", "Owner"), "Lead Status": ("Status",)}
"""The fields whose history the clocks are read from, by label; FieldDefinition may call each of them so."""

_RIGHTS = ("PermissionsTransferAnyLead", "PermissionsTransferAnyEntity", "PermissionsModifyAllData")
"""Each of these lets its user give leads to others."""

_EVERYBODY_MAY = "SELECT Id FROM Organization WHERE DefaultLeadAccess = 'ReadEditTransfer'"

_HISTORY = "Lead history"
_USER = "the integration user"


def history(session: Session) -> Iterator[Finding]:
    """Whether history is kept for each field that clocks are read from; two calls."""
    if rows_if_shown(session, "SELECT Id FROM LeadHistory LIMIT 1") is None:
        yield Finding(
            "error",
            _HISTORY,
            f"cannot be read: enable it, and let the integration user read leads; {SET_UP}, section 6",
        )
        return
    query = "SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition WHERE EntityDefinitionId = 'Lead'"
    known = {
        row["QualifiedApiName"]: row["IsFieldHistoryTracked"] for row in rows_if_shown(session, query) or ()
    }
    told = {label: [known[name] for name in names if name in known] for label, names in TRACKED.items()}
    for label, tracked in told.items():
        if not tracked:
            yield Finding(
                "warning",
                _HISTORY,
                f"sfsync may not see whether {label} is tracked: look at Setup → Object Manager → Lead → "
                f"Fields & Relationships → Set History Tracking; {SET_UP}, section 6",
            )
        elif not any(tracked):
            yield Finding(
                "error",
                _HISTORY,
                f"{label} is not tracked, and clocks start and end by its history: tick it in Setup → Object "
                f"Manager → Lead → Fields & Relationships → Set History Tracking; {SET_UP}, section 6",
            )
    if all(any(tracked) for tracked in told.values()):
        yield Finding("ok", _HISTORY, f"{' and '.join(TRACKED)} are tracked")


def transfer(session: Session) -> Iterator[Finding]:
    """Whether the user whom sfsync logs in as may give leads to others; one call, or two.

    A right gives that, or the org's default for all its leads, Public Read/Write/Transfer.
    """
    held = rows_if_shown(session, f"SELECT {', '.join(_RIGHTS)} FROM UserPermissionAccess")
    if not held:
        yield Finding(
            "warning",
            _USER,
            f"sfsync may not see whether it has Transfer Leads, which reassigning needs: {SET_UP}, section 3",
        )
    elif any(held[0][name] for name in _RIGHTS):
        yield Finding("ok", _USER, "may transfer leads")
    elif rows_if_shown(session, _EVERYBODY_MAY):
        yield Finding("ok", _USER, "may transfer leads: the org lets everybody (Public Read/Write/Transfer)")
    else:
        yield Finding(
            "error",
            _USER,
            "has no Transfer Leads, so that Salesforce refuses to give its leads to another owner: assign "
            f"SFSync_Worker; {SET_UP}, section 3",
        )
