"""What interactions are made of: completed Tasks, Events, and e-mails where the org keeps them as messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from sfsync.core.activities import Activities
from sfsync.core.model import Interaction, OpenTask, User
from sfsync.salesforce import rows, soql
from sfsync.salesforce.names import EMAIL_FIELDS, MEETING_FIELDS, TASK_FIELDS
from sfsync.salesforce.rows import Row

_ONCE = " AND IsChild = false"
"""A meeting is one Event, and one more of the same lead for each user who was invited [D]."""


def changed(rules: Activities, since: datetime, worker_id: str) -> list[str]:
    """The queries for what was changed or deleted since then, by others than the worker."""
    when = f"WHERE SystemModstamp >= {soql.moment(since)}"
    others = f"(LastModifiedById != '{soql.record_id(worker_id)}' OR IsDeleted = true)"
    found = [
        f"SELECT {_selected(fields, 'IsDeleted', 'SystemModstamp')} FROM {name} {when}"
        f" AND Who.Type = 'Lead' AND {others}{which} ORDER BY SystemModstamp, Id"
        for name, fields, which in (
            ("Task", (*TASK_FIELDS, *rules.task_fields), ""),
            ("Event", (*MEETING_FIELDS, *rules.event_fields), _ONCE),
        )
    ]
    if rules.email_source == "email_message":
        found.append(
            f"SELECT Id, RelationId, IsDeleted, SystemModstamp FROM EmailMessageRelation {when}"
            " AND RelationObjectType = 'Lead' ORDER BY SystemModstamp, Id"
        )
    return found


def change(row: Row) -> str:
    """What the poll remembers a row of `changed` by: its Id and a digest of all that was read.

    The time alone would not do: who changes it twice in a second changes it at one time.
    """
    return f"{row['Id']} {blake2b(msgspec.json.encode(row), digest_size=12).hexdigest()}"


def lead(row: Row) -> str:
    """The lead that a row of `changed` is about."""
    return str(row["RelationId"] if "RelationId" in row else row["WhoId"])


def about(rules: Activities, leads: str) -> list[str]:
    """The queries for completed Tasks, our own open ones, Events, and e-mails about these leads (a SOQL set)."""
    found = [
        f"SELECT {_selected(TASK_FIELDS, *rules.task_fields)} FROM Task WHERE WhoId IN {leads}"
        " AND (IsClosed = true OR SFSync_Key__c != null) ORDER BY WhoId, Id",
        f"SELECT {_selected(MEETING_FIELDS, *rules.event_fields)} FROM Event WHERE WhoId IN {leads}"
        f"{_ONCE} ORDER BY WhoId, Id",
    ]
    if rules.email_source == "email_message":
        found.append(
            f"SELECT {', '.join(EMAIL_FIELDS)} FROM EmailMessageRelation WHERE RelationId IN {leads}"
            " ORDER BY RelationId, Id"
        )
    return found


def facts(
    rules: Activities,
    found: Sequence[Sequence[Row]],
    worker_id: str,
    users: Mapping[str, User],
) -> tuple[list[Interaction], tuple[OpenTask, ...]]:
    """Interactions and our own open Tasks of one lead, of its rows as the queries of `about` found them.

    The days of what users log are those of their zones. Raises Unreadable.
    """
    interactions: list[Interaction] = []
    open_tasks: list[OpenTask] = []
    tasks, events, *emails = found
    for some, named in ((tasks, rules.task_fields), (events, rules.event_fields)):
        for name in named if some else ():
            if name not in some[0]:
                raise rows.called_otherwise(name)
    for row in tasks:
        owner = users.get(row["OwnerId"])
        one = rows.task(row, rules, worker_id, "UTC" if owner is None else owner.time_zone)
        if isinstance(one, OpenTask):
            open_tasks.append(one)
        elif one is not None:
            interactions.append(one)
    for row in events:
        held = rows.meeting(row, rules)
        if held is not None:
            interactions.append(held)
    for page in emails:
        interactions += map(rows.email, page)
    return interactions, tuple(open_tasks)


LEAD_ID = ("WhoId", "WhoId", "RelationId")
"""In what field the rows of the queries of `about` say whose they are, in their order."""


def _selected(fields: Iterable[str], *others: str) -> str:
    return ", ".join(dict.fromkeys((*fields, *others)))
