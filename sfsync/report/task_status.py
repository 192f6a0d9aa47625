"""Do the Task Statuses of the policy and of the org let a Task of sfsync's be open first, and closed in the end?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfsync.errors import Problem
from sfsync.mappings.loading import Documents
from sfsync.salesforce.tasks import TaskStatus


def opening(documents: Documents, there: Sequence[TaskStatus]) -> Iterator[Problem]:
    """What is wrong with the Status of a new Task, with its line; `there` are the org's Task Statuses."""
    closed = [one.name for one in there if one.is_closed]
    opened = [one.name for one in there if not one.is_closed]
    constants = documents.lead.constants.get("Task", {})
    first = constants.get("Status")
    if first in closed:
        yield documents.problem(
            "lead",
            ("constants", "Task", "Status"),
            f"the Status {first!r} closes a Task: what sfsync creates would be closed at once; the org's open ones "
            f"are {_listed(opened)}",
        )
    elif first is None and (default := next((one.name for one in there if one.is_default), None)) in closed:
        yield documents.problem(
            "lead",
            ("constants", "Task") if constants else (),
            f"the org's default Task Status {default!r} closes a Task: what sfsync creates would be closed at once; "
            f"give an open one under `constants: {{Task: {{Status: …}}}}`: {_listed(opened)}",
        )


def closing(documents: Documents, there: Sequence[TaskStatus]) -> Iterator[Problem]:
    """What is wrong with the Status of a Task that is done with, with its line."""
    closed = [one.name for one in there if one.is_closed]
    opened = [one.name for one in there if not one.is_closed]
    written = documents.sla.interactions
    if written is None:
        return
    if written.completed is None and not closed:
        message = (
            "no Task Status of the org closes a Task: sfsync cannot complete its own; tick Closed for one"
        )
        yield documents.problem("sla", ("interactions",), message)
    elif written.completed is not None and written.completed not in closed:
        what = "does not close a Task" if written.completed in opened else "is no Task Status of the org"
        yield documents.problem(
            "sla",
            ("interactions", "completed"),
            f"{written.completed!r} {what}; those that close one are {_listed(closed)}, and without `completed` the "
            "first of them is taken",
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
