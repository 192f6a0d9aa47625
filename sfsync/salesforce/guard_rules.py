"""Our own validation rules on Lead: whether they are on, and whether one of them refused a write."""

from __future__ import annotations

from sfsync.errors import SfsyncError, Stale
from sfsync.salesforce.composite import Subrequest, composite
from sfsync.salesforce.failures import classify
from sfsync.salesforce.names import GUARD, REVISION
from sfsync.salesforce.session import Session
from sfsync.salesforce.wire import KEEP_OWNER


def probe(session: Session, lead_id: str, revision: int, owner_id: str, status: str) -> bool | None:
    """Whether each guard rule of Lead refuses a deliberately wrong write to this lead, which was read with this
    revision, owner and status; None when this lead cannot tell.

    An accepted probe leaves a meaningless SLA_Guard__c behind, or an SLA_Revision__c that is raised by 1000, from
    which the next write goes on. SFSync_Claim is not tried: accepted, it would have a post made again.
    """
    # A value that stands there already, from a probe that was accepted, would be no change and break no rule.
    at = "" if session.now is None else session.now.isoformat()
    url = f"/services/data/v{session.version}/sobjects/Lead/{lead_id}"
    probes = (
        {GUARD: f"000000000000000|sfsync probe|{at}"},
        {REVISION: revision + 1000},
        {GUARD: f"{owner_id[:15]}|{status}|{at}|r"},  # says that it raises the revision, and doesn't
    )
    requests = [
        Subrequest(method="PATCH", url=url, reference_id=f"probe{n}", body=body, http_headers=KEEP_OWNER)
        for n, body in enumerate(probes)
    ]
    results, _ = composite(session, requests, repeatable=True)
    if any(result.http_status_code < 300 for result in results):
        return False
    refused = [classify(result.body, status=result.http_status_code) for result in results]
    return True if all(is_guard(error) for error in refused) else None


def is_guard(error: SfsyncError) -> bool:
    """Whether one of our own guard rules refused a write."""
    return isinstance(error, Stale) and error.error_code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
