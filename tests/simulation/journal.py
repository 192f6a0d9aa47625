"""The org's true history, noted as it happens: after each request or act, what the tables hold that is new."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sfsync.localorg.org import Org

Row = dict[str, Any]

INPUTS = ("SLA_Budget__c", "SLA_Authority__c", "SLA_Need__c", "SLA_Timeline__c")


@dataclass(frozen=True, slots=True)
class Version:
    """A Lead row as it stood from one commit to the next. Rows are never changed in place.

    Attributes:
        seq: the number of the commit.
        at: the org's time at which others could see it, Unix seconds.
        ours: the worker wrote it.
    """

    seq: int
    at: int
    ours: bool
    row: Row


@dataclass(frozen=True, slots=True)
class Commit:
    """What one request or act committed.

    Attributes:
        by: the task of the worker that sent it (a late request bears the name of its sender), or `people`.
        leads: the leads that it changed, before (None: new) and after.
        history, events, tasks, posts: rows that it added.
        claims: ledger rows whose claim it wrote.
    """

    seq: int
    at: int
    by: str
    leads: list[tuple[Row | None, Row]] = field(default_factory=list)
    history: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    tasks: list[Row] = field(default_factory=list)
    posts: list[Row] = field(default_factory=list)
    claims: list[Row] = field(default_factory=list)

    @property
    def ours(self) -> bool:
        return self.by != "people"

    def __bool__(self) -> bool:
        return bool(self.leads or self.history or self.events or self.tasks or self.posts or self.claims)


class Journal:
    """Every commit in order, and every version of every lead."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._tables = {
            name: org.database.table(name)
            for name in ("Lead", "LeadHistory", "SLA_Event__c", "Task", "FeedItem")
        }
        self._leads: dict[str, Row] = {}
        self._seen = dict.fromkeys(("LeadHistory", "SLA_Event__c", "Task", "FeedItem"), 0)
        self._claims: dict[str, object] = {}
        self.seq = 0
        self.versions: dict[str, list[Version]] = {}
        self.history: dict[str, list[tuple[int, Row]]] = {}
        self.events: dict[str, list[tuple[int, Row]]] = {}
        self.tasks: list[Row] = []
        self.posts: list[Row] = []
        self.writes = 0

    def note(self, by: str) -> Commit:
        """What has been committed since the last call, said to be by this task (or `people`)."""
        commit = Commit(self.seq + 1, self._org.clock.now(), by)
        for lead_id, row in self._tables["Lead"].rows.items():
            before = self._leads.get(lead_id)
            if before is not row:
                self._leads[lead_id] = row
                commit.leads.append((before, row))
                version = Version(commit.seq, commit.at, commit.ours, row)
                self.versions.setdefault(lead_id, []).append(version)
        for row in self._new("LeadHistory"):
            commit.history.append(row)
            self.history.setdefault(str(row["LeadId"]), []).append((commit.seq, row))
        for row in self._new("SLA_Event__c"):
            commit.events.append(row)
            self.events.setdefault(str(row["Lead_Id__c"]), []).append((commit.seq, row))
        for row in self._new("Task"):
            commit.tasks.append(row)
            self.tasks.append(row)
        for row in self._new("FeedItem"):
            commit.posts.append(row)
            self.posts.append(row)
        for event_id, row in self._tables["SLA_Event__c"].rows.items():
            claim = (row.get("Chatter_Claim__c"), row.get("Chatter_State__c"))
            if self._claims.get(event_id) != claim:
                self._claims[event_id] = claim
                commit.claims.append(row)
        if commit:
            self.seq = commit.seq
            self.writes += commit.ours
        return commit

    def _new(self, name: str) -> list[Row]:
        rows = self._tables[name].rows
        found = list(islice(rows.values(), self._seen[name], None))
        self._seen[name] = len(rows)
        return found

    def event(self, event_id: str) -> Row:
        """A ledger row as it stands now."""
        return self._tables["SLA_Event__c"].rows[event_id]
