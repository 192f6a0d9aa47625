"""What counts as an interaction: a rule of the policy over the org's Tasks, Events and e-mails (P7 to P11).

A change of a lead's status never is one. A Task of our own making counts only by what a rep made of it: its
subject is our words, not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pydantic import Field, field_validator

from sfsync.core import words
from sfsync.core.conditions import When
from sfsync.core.durations import Seconds
from sfsync.core.model import Value
from sfsync.core.shapes import Document, each_once

LOGGED_AT_ONCE = timedelta(minutes=1)
"""A Task completed so soon after it was created is the record of something done, and its date says when."""

EmailSource = Literal["task", "email_message", "none"]


class ActivityRule(Document):
    """What a completed Task was, if the condition holds for it."""

    kind: Literal["call", "email", "meeting"]
    when: When = Field(description="A condition over the Task's own fields, by their API names")


class InteractionsDocument(Document):
    """What is a meaningful interaction in this org."""

    email_source: EmailSource | None = Field(
        default=None,
        description="Where this org keeps e-mail: as Tasks (`task`), as EmailMessage, or where nobody sees it",
    )
    tasks: list[ActivityRule] = Field(
        min_length=1, description="What a completed Task was: the first that fits"
    )
    events: When | None = Field(
        default=None, description="Which Events are meetings; a condition over the Event's own fields"
    )
    logged_within: Seconds | None = Field(
        default=None,
        description="What was logged as done on an earlier day counts from the end of that day, if it was logged"
        " so soon after; left out, everything counts from when it was logged",
    )
    completed: str | None = Field(
        default=None,
        description="The Status that sfsync gives a Task that is done with; left out, the first of the org's that"
        " closes a Task",
    )
    answered: When | None = Field(
        default=None,
        description="Completed Tasks in which the lead answered; a meeting and a reply always are",
    )
    unlisted: list[str] = Field(
        default=[],
        description="Values that Tasks and Events have and the org's picklists do not list, such as a dialer's",
    )

    _each_once = field_validator("unlisted")(each_once)


class Activities:
    """The rules, ready to be asked.

    Attributes:
        task_fields, event_fields: what the rules read, by API name, sorted.
        email_source: where e-mail is looked for.
    """

    __slots__ = (
        "_answered",
        "_events",
        "_logged_within",
        "_tasks",
        "email_source",
        "event_fields",
        "task_fields",
    )

    def __init__(self, document: InteractionsDocument) -> None:
        self._tasks = document.tasks
        self._events = document.events
        self._answered = document.answered
        within = document.logged_within
        self._logged_within = None if within is None else timedelta(seconds=within)
        self.email_source: EmailSource = document.email_source or "task"
        names = {name for rule in document.tasks for name in rule.when.names}
        names |= document.answered.names if document.answered is not None else set()
        self.task_fields = tuple(sorted(names))
        self.event_fields = tuple(sorted(document.events.names)) if document.events is not None else ()

    def task(self, row: Mapping[str, Any], *, ours: bool) -> str | None:
        """What this completed Task was, or None when it was no interaction. `ours`: sfsync made it."""
        values = _values(row, self.task_fields)
        if ours and "Subject" in values:
            values["Subject"] = None
        kind = next((rule.kind for rule in self._tasks if rule.when.holds(values)), None)
        return None if kind == "email" and self.email_source != "task" else kind

    def took_place(
        self, day: date | None, created: datetime, completed: datetime, known_at: datetime, zone: str
    ) -> datetime:
        """When a completed Task took place: when it was completed, or by the end of the earlier day it states.

        A date has no time, so it counts with its end in the zone of whose Task it is: no deadline is met that
        the whole day would not have met, and who logs a thing at once is never worse off than who logs it
        later. Only the date of a Task that was created as completed says when something was done; that of
        one that was to be done is its due date. What was last changed later than the policy's `logged_within`
        after that day counts from its completion.
        """
        if day is None or self._logged_within is None or completed - created > LOGGED_AT_ONCE:
            return completed
        if day >= completed.date() + timedelta(days=1):
            return completed
        over = words.day_ends(day, zone)
        return over if over < completed and known_at - over <= self._logged_within else completed

    def answered(self, row: Mapping[str, Any]) -> bool:
        """Whether the lead answered in this completed Task."""
        return self._answered is not None and self._answered.holds(_values(row, self.task_fields))

    def is_meeting(self, row: Mapping[str, Any]) -> bool:
        """Whether this Event is a meeting with the lead."""
        return self._events is None or self._events.holds(_values(row, self.event_fields))


def _values(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Value]:
    return {name: row.get(name) for name in names}
