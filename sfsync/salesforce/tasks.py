"""Tasks of our own that are done with, and the Statuses that this org has for Tasks."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sfsync.salesforce.composite import rows_if_shown, update
from sfsync.salesforce.session import Session


class TaskStatus(msgspec.Struct, frozen=True):
    """One value of Task Status, by its API name."""

    name: str
    is_closed: bool
    is_default: bool


def task_statuses(session: Session) -> list[TaskStatus] | None:
    """The org's Task Statuses in the order of the picklist, None where it does not show them: one call."""
    query = "SELECT ApiName, IsClosed, IsDefault FROM TaskStatus ORDER BY SortOrder"
    found = rows_if_shown(session, query)
    if found is None:
        return None
    return [TaskStatus(row["ApiName"], row["IsClosed"], row["IsDefault"]) for row in found]


def closing_status(session: Session) -> str | None:
    """The first Task Status that closes a Task in this org; Salesforce's own where it does not show them."""
    found = task_statuses(session)
    if found is None:
        return "Completed"
    return next((one.name for one in found if one.is_closed), None)


def close_tasks(session: Session, task_ids: Sequence[str], status: str) -> int:
    """Complete these Tasks of ours, as far as the org lets us; how many it refused."""
    return update(
        session, [{"attributes": {"type": "Task"}, "id": id_, "Status": status} for id_ in task_ids]
    )
