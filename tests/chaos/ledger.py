"""What must stand in the org, worked out from what people did, and what does stand there, read over HTTP.

It imports nothing of sfsync's engine. The policy is that of tests/chaos/mappings: a clock of 48 hours that
counts round the clock, its four steps, a band entered at creation, and routing from the queue at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.acceptance.conftest import OutsideOrg

HOUR = timedelta(hours=1)
DEADLINE = 48 * HOUR
STEPS: tuple[tuple[timedelta, tuple[str, ...]], ...] = (
    (36 * HOUR, ("Warned",)),
    (DEADLINE, ("Reminded", "Breached")),
    (72 * HOUR, ("Escalated",)),
    (96 * HOUR, ("Reassigned", "Executive Notified", "Closed Late")),
)
WITH_TASK = {"Band Entered", "Warned", "Escalated", "Reassigned", "Routed"}
WITH_POST = {"Band Entered", "Warned", "Reminded", "Escalated", "Reassigned", "Executive Notified"}

Effect = tuple[str, str, str]
"""Lead, run (`created`, the Id of a row of its history, or empty) and kind."""


class Broken(AssertionError):
    """Raised when a promise does not hold; its text says which, on which lead."""


@dataclass(slots=True)
class Made:
    """A lead as the people of this test made it.

    Attributes:
        owner: a rep, or the queue.
        accepted_at: when its owner accepted it, and since when before that moment nothing had been settled:
            a step that fell due between the two may have been taken or not.
    """

    id: str
    owner: str
    at: datetime
    accepted_at: datetime | None = None
    unsettled_since: datetime | None = None


@dataclass(slots=True)
class Seen:
    """What the org holds about some leads, all read at one time of its clock."""

    now: datetime
    leads: dict[str, dict[str, Any]]
    events: dict[str, list[dict[str, Any]]]
    history: dict[str, list[dict[str, Any]]]
    tasks: dict[str, list[dict[str, Any]]]
    posts: dict[str, list[str]]


@dataclass(slots=True)
class Run:
    """One stretch of the acceptance clock."""

    record: str
    start: datetime
    end: datetime | None = None


@dataclass(slots=True)
class Judgement:
    """What is still to come and what will never come right.

    Attributes:
        missing: effects that are due and not there; posts that are to be made.
        broken: promises that do not hold, whatever comes.
    """

    missing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("+0000", "+00:00").replace("Z", "+00:00"))


def read(org: OutsideOrg, ids: Iterable[str]) -> Seen:
    """Read everything that is there about these leads."""
    wanted = ", ".join(f"'{id_}'" for id_ in ids)

    def by(lead_field: str, query: str) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in org.soql(f"{query} WHERE {lead_field} IN ({wanted}) ORDER BY Id"):
            found[row[lead_field]].append(row)
        return found

    now = moment(org.control("GET", "clock")["now"])
    posts = by("ParentId", "SELECT Id, ParentId, Body FROM FeedItem")
    tasks = by("WhoId", "SELECT Id, WhoId, OwnerId, Subject FROM Task")
    history = by("LeadId", "SELECT Id, LeadId, Field, OldValue, NewValue, CreatedDate FROM LeadHistory")
    events = by(
        "Lead_Id__c",
        "SELECT Id, Name, Lead_Id__c, Key__c, Kind__c, Clock__c, Run__c, Due_At__c, CreatedDate, Task_Id__c,"
        " Chatter_State__c FROM SLA_Event__c",
    )
    leads = org.soql(
        "SELECT Id, OwnerId, Status, SLA_Band__c, SLA_Next_Check__c, SLA_Sync_Error__c"
        f" FROM Lead WHERE Id IN ({wanted})"
    )
    return Seen(
        now,
        {row["Id"]: row for row in leads},
        events,
        history,
        tasks,
        {lead_id: [row["Body"] or "" for row in rows] for lead_id, rows in posts.items()},
    )


def judge(made: Iterable[Made], seen: Seen) -> Judgement:
    """Compare; steps that fell due while their lead was being accepted may stand there or not."""
    found = Judgement()
    for lead in made:
        due, maybe, runs = _owed(lead, seen)
        there = Counter((lead.id, row["Run__c"] or "", row["Kind__c"]) for row in seen.events[lead.id])
        found.missing += [f"{effect} is due and not there" for effect in due if effect not in there]
        for effect, times in there.items():
            if times > 1:
                found.broken.append(f"{effect} is there {times} times")
            if effect not in due and effect not in maybe:
                found.broken.append(f"{effect} is there and was never due")
        starts = {run.record: run.start for run in runs}
        _times(lead, seen, starts, found)
        _companions(lead, seen, found)
        _owner(lead, seen, found)
    keys = Counter(row["Key__c"] for rows in seen.events.values() for row in rows)
    found.broken += [f"the key {key} is there {times} times" for key, times in keys.items() if times > 1]
    return found


def _owners(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The owner changes, each once: of the two rows that Salesforce writes, the one with ids."""
    return [row for row in rows if row["Field"] == "Owner" and str(row["NewValue"])[:3] in ("005", "00G")]


def _runs(lead: Made, seen: Seen) -> list[Run]:
    runs = [Run("created", lead.at)] if lead.owner.startswith("005") else []
    for row in _owners(seen.history[lead.id]):
        at = moment(row["CreatedDate"])
        if runs:
            runs[-1].end = at
        runs.append(Run(row["Id"], at))
    if lead.accepted_at is not None and runs:
        runs[-1].end = lead.accepted_at
    return runs


def _owed(lead: Made, seen: Seen) -> tuple[set[Effect], set[Effect], list[Run]]:
    """Effects that must be there, effects that may be, and the runs that say so."""
    due: set[Effect] = {(lead.id, "", "Band Entered")}
    maybe: set[Effect] = set()
    if not lead.owner.startswith("005"):
        due |= {(lead.id, "created", "Routed"), (lead.id, "created", "Met")}  # the clock of the queue
    runs = _runs(lead, seen)
    for number, run in enumerate(runs):
        accepted = run.end is not None and number == len(runs) - 1
        until = run.end or seen.now
        for offset, kinds in STEPS:
            at = run.start + offset
            if at > until:
                continue
            uncertain = accepted and lead.unsettled_since is not None and at > lead.unsettled_since
            for kind in kinds:
                if kind in ("Breached", "Closed Late") or not uncertain:
                    due.add((lead.id, run.record, kind))
                else:
                    maybe.add((lead.id, run.record, kind))
        if accepted:
            met = until < run.start + DEADLINE
            due.add((lead.id, run.record, "Met" if met else "Closed Late"))
    return due, maybe, runs


def _times(lead: Made, seen: Seen, starts: dict[str, datetime], found: Judgement) -> None:
    offsets = {kind: offset for offset, kinds in STEPS for kind in kinds if kind != "Closed Late"}
    for row in seen.events[lead.id]:
        kind = row["Kind__c"]
        if kind not in offsets or row["Run__c"] not in starts:
            continue
        at = starts[row["Run__c"]] + offsets[kind]
        if moment(row["Due_At__c"]) != at:
            found.broken.append(f"{row['Name']} {kind} says it was due {row['Due_At__c']}, not {at}")
        if moment(row["CreatedDate"]) < at:
            found.broken.append(f"{row['Name']} {kind} came at {row['CreatedDate']}, before {at}")


def _companions(lead: Made, seen: Seen, found: Judgement) -> None:
    """Each Task and each post belongs to one event, and each event that wants one has it."""
    tasks = {row["Id"] for row in seen.tasks[lead.id]}
    named = [row["Task_Id__c"] for row in seen.events[lead.id] if row["Task_Id__c"]]
    if len(named) != len(set(named)) or set(named) != tasks:
        found.broken.append(f"{lead.id}: {len(tasks)} Tasks, while events name {len(named)}")
    posts = seen.posts.get(lead.id, [])
    for row in seen.events[lead.id]:
        made = sum(row["Name"] in body for body in posts)
        if made > 1:
            found.broken.append(f"{row['Name']} {row['Kind__c']} was posted {made} times")
        if row["Chatter_State__c"] in ("To Post", "Posting"):
            found.missing.append(f"{row['Name']} {row['Kind__c']} is {row['Chatter_State__c']}")
        elif made != (row["Chatter_State__c"] == "Posted"):
            found.broken.append(
                f"{row['Name']} {row['Kind__c']} is {row['Chatter_State__c']}, posts made: {made}"
            )
        if row["Kind__c"] == "Band Entered" and not lead.owner.startswith("005"):
            continue  # nobody owned it yet: routing tells the new owner
        if row["Kind__c"] in WITH_TASK and not row["Task_Id__c"]:
            found.broken.append(f"{row['Name']} {row['Kind__c']} has no Task")
        if row["Kind__c"] in WITH_POST and row["Chatter_State__c"] in ("None", None, "Failed"):
            found.broken.append(f"{row['Name']} {row['Kind__c']}: its post is {row['Chatter_State__c']}")
    if len(posts) > len(seen.events[lead.id]):
        found.broken.append(f"{lead.id}: {len(posts)} posts for {len(seen.events[lead.id])} events")


def _owner(lead: Made, seen: Seen, found: Judgement) -> None:
    """Owners change once per event that says so, and never after the owner accepted."""
    rows = seen.history[lead.id]
    changes = _owners(rows)
    told = sum(row["Kind__c"] in ("Reassigned", "Routed") for row in seen.events[lead.id])
    if told != len(changes):
        found.broken.append(f"{lead.id}: {len(changes)} changes of owner, {told} events that say so")
    accepted = [row["Id"] for row in rows if row["Field"] == "Status" and row["NewValue"] == "Accepted"]
    if accepted and any(row["Id"] > accepted[0] for row in changes):
        found.broken.append(f"{lead.id} was taken from a rep who had accepted it")
    if seen.leads[lead.id]["SLA_Sync_Error__c"]:
        found.broken.append(f"{lead.id}: {seen.leads[lead.id]['SLA_Sync_Error__c']}")
