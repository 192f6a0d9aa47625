"""Ledger rows that belong to no lead: alerts, and permissions that somebody gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sfsync.core.limits_document import BlastRadius
from sfsync.core.model import Kind
from sfsync.core.reviews import REVIEWED_EACH, Review
from sfsync.errors import SfsyncError, Stale
from sfsync.salesforce import rows, soql
from sfsync.salesforce.composite import Subrequest
from sfsync.salesforce.failures import classify
from sfsync.salesforce.names import EVENT
from sfsync.salesforce.session import Session

OWNER_CHANGES = "owner-changes"
BAND_CHANGES = "band-changes"


def alert_withheld(
    session: Session,
    what: str,
    limits: BlastRadius,
    withheld: int,
    executive: str | None,
    now: datetime,
    policy_hash: str,
) -> bool:
    """One alert a day that owner changes or band changes (`what`) are withheld: an Error row, and a Task for the
    executive.
    """
    detail = (
        f"The limit of {what.replace('-', ' ')} ({limits.per_hour} an hour, {limits.per_day} a day) is reached;"
        f" {withheld} leads and maybe more wait. Look at `sfsync plan`; `sfsync release` lets it happen."
    )
    key = f"{what}:withheld:{now:%Y-%m-%d}"
    subject = f"sfsync withholds {what.replace('-', ' ')}"
    return alert(session, key, detail, executive, now, policy_hash, subject)


def review_due(
    session: Session, review: Review, policy_owner: str | None, now: datetime, policy_hash: str
) -> bool:
    """Give the policy's owner one Task for a review that is due (requirement P4)."""
    name, days = review.header.policy, REVIEWED_EACH[review.file].days
    detail = (
        f"{name} ({review.file}.yaml) was last reviewed on {review.reviewed_on}; it is to be reviewed every {days}"
        " days. Afterwards the day stands in the file as `reviewed_on`."
    )
    subject = f"Review the policy {name}"[:255]
    return alert(session, review.key, detail, policy_owner, now, policy_hash, subject, Kind.REVIEW_DUE)


def alert(
    session: Session,
    key: str,
    detail: str,
    task_owner: str | None,
    now: datetime,
    policy_hash: str,
    subject: str = "sfsync withholds owner changes",
    kind: Kind = Kind.ERROR,
) -> bool:
    """Record an alert, a row of this kind, once and give somebody a Task about it, in one transaction.

    False when the alert with this key was given before. Raises what else the org says.
    """
    root = f"/services/data/v{session.version}/sobjects"
    event: dict[str, Any] = {
        "Key__c": key,
        "Kind__c": kind.value,
        "Occurred_At__c": rows.written(now),
        "Policy__c": policy_hash,
        "Detail__c": detail,
        "Chatter_State__c": "None",
    }
    nodes = []
    if task_owner is not None:
        task = {
            **session.task_constants,
            "OwnerId": task_owner,
            "Subject": subject,
            "Priority": "High",
            "ActivityDate": rows.written(now.date()),
            "Description": detail,
            "SFSync_Key__c": key,
        }
        nodes.append(Subrequest(method="POST", url=f"{root}/Task", reference_id="task", body=task))
        event["Task_Id__c"] = "@{task.id}"
    nodes.append(Subrequest(method="POST", url=f"{root}/{EVENT}", reference_id="event", body=event))
    answer = session.post("composite/graph", {"graphs": [{"graphId": "alert", "compositeRequest": nodes}]})
    graph = answer.body["graphs"][0]
    if graph["isSuccessful"]:
        return True
    results = graph["graphResponse"]["compositeResponse"]
    error: SfsyncError = classify([item for result in results for item in result["body"]])
    if isinstance(error, Stale):
        return False
    raise error


def release(
    session: Session,
    key: str,
    number: int,
    until: datetime,
    by: str,
    reason: str,
    policy_hash: str,
    what: str = OWNER_CHANGES,
) -> datetime:
    """Record a permission for more owner changes or band changes (`what`) under this policy; returns when it was
    given.
    """
    now = session.now
    assert now is not None
    session.post(
        f"sobjects/{EVENT}",
        {
            "Key__c": key,
            "Kind__c": Kind.RELEASED.value,
            "Step__c": f"{what}:{number}",
            "Started_At__c": rows.written(now),
            "Due_At__c": rows.written(until),
            "Occurred_At__c": rows.written(now),
            "Policy__c": policy_hash,
            "Detail__c": f"{by} allows {number} more {what.replace('-', ' ')}: {reason}",
            "Chatter_State__c": "None",
        },
    )
    return now


def happened_since(since: datetime) -> str:
    """A SOQL condition on ledger rows of what happened after then.

    Nothing is committed before it happens, and CreatedDate has an index [D]: without it each count would read the
    whole ledger.
    """
    at = soql.moment(since)
    return f"CreatedDate >= {at} AND Occurred_At__c > {at}"
