"""The org's true history, noted as it happens: after each request or act, what the tables hold that is new."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfsync.localorg.database import Table
from sfsync.localorg.org import Org

if TYPE_CHECKING:
    from tests.simulation.policy import Run

Row = dict[str, Any]

PEOPLE = "people"
"""Who wrote what the worker did not."""


@dataclass(frozen=True, slots=True)
class Version:
    """A Lead row as it stood from one commit to the next. Rows are never changed in place.

    Attributes:
        seq: the number of the commit.
        at: the org's time at which others could see it, Unix seconds.
        by: the task of the worker that wrote it, or `people`.
    """

    seq: int
    at: int
    by: str
    row: Row

    @property
    def ours(self) -> bool:
        """The worker wrote it."""
        return self.by != PEOPLE


@dataclass(frozen=True, slots=True)
class Commit:
    """What one request or act committed.

    Attributes:
        by: the task of the worker that sent it (a late request bears the name of its sender), or `people`.
        leads: the leads that it changed, before (None: new) and after.
        history, events, tasks, posts: rows that it added.
        notices: ledger rows of no lead that it added.
        claims: ledger rows whose claim it wrote.
    """

    seq: int
    at: int
    by: str
    leads: list[tuple[Row | None, Row]] = field(default_factory=list)
    history: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)
    tasks: list[Row] = field(default_factory=list)
    posts: list[Row] = field(default_factory=list)
    claims: list[Row] = field(default_factory=list)

    @property
    def ours(self) -> bool:
        return self.by != PEOPLE

    def __bool__(self) -> bool:
        rows = (self.history, self.events, self.notices, self.tasks, self.posts, self.claims)
        return bool(self.leads or any(rows))


class Journal:
    """Every commit in order, and every version of every lead.

    Attributes:
        changed: by lead, the number of the last commit that changed it or added to its history or ledger.
        runs: by lead, such a number and the runs (policy.Run) that were worked out as of then.
        writes: how many commits were the worker's.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self._tables = {
            name: org.database.table(name)
            for name in ("Lead", "LeadHistory", "SLA_Event__c", "Task", "FeedItem")
        }
        self._leads: dict[str, Row] = {}
        self._seen: set[str] = set()
        self._claims: dict[str, object] = {}
        self._put: dict[str, dict[str, None]] = {name: {} for name in self._tables}
        self._listen()
        self.seq = 0
        self.changed: dict[str, int] = {}
        self.runs: dict[str, tuple[int, list[Any]]] = {}
        self.versions: dict[str, list[Version]] = {}
        self.history: dict[str, list[tuple[int, Row]]] = {}
        self.events: dict[str, list[tuple[int, Row]]] = {}
        self.notices: list[Row] = []
        self.tasks: list[Row] = []
        self.posts: list[Row] = []
        self.writes = 0

    def note(self, by: str) -> Commit:
        """What has been committed since the last call, said to be by this task (or `people`)."""
        commit = Commit(self.seq + 1, self._org.clock.now(), by)
        for lead_id in self._taken("Lead", gone=True):
            before = self._leads.get(lead_id)
            row = self._tables["Lead"].rows.get(lead_id)
            if row is None:
                if before is None:
                    continue
                row = before if before.get("IsDeleted") else {**before, "IsDeleted": True}
            if before is not row:
                self._leads[lead_id] = row
                commit.leads.append((before, row))
                version = Version(commit.seq, commit.at, by, row)
                self.versions.setdefault(lead_id, []).append(version)
                self.changed[lead_id] = commit.seq
        for row in self._new("LeadHistory"):
            commit.history.append(row)
            self.changed[str(row["LeadId"])] = commit.seq
            self.history.setdefault(str(row["LeadId"]), []).append((commit.seq, row))
        for event_id in (put := self._taken("SLA_Event__c")):
            row = self._tables["SLA_Event__c"].rows[event_id]
            claim = (row.get("Chatter_Claim__c"), row.get("Chatter_State__c"))
            if self._claims.get(event_id) != claim:
                self._claims[event_id] = claim
                commit.claims.append(row)
        for row in self._new("SLA_Event__c", put):
            if row.get("Lead_Id__c") is None:
                commit.notices.append(row)
                self.notices.append(row)
                continue
            commit.events.append(row)
            self.changed[str(row["Lead_Id__c"])] = commit.seq
            self.events.setdefault(str(row["Lead_Id__c"]), []).append((commit.seq, row))
        for row in self._new("Task"):
            commit.tasks.append(row)
            self.tasks.append(row)
        for row in self._new("FeedItem"):
            commit.posts.append(row)
            self.posts.append(row)
        if commit:
            self.seq = commit.seq
            self.writes += commit.ours
        return commit

    def _listen(self) -> None:
        """Hear of every row that is put, so that nobody has to go through them all."""
        database = self._org.database
        log_row = database.log_row

        def heard(table: Table, record_id: str, before: Row | None) -> None:
            if (put := self._put.get(table.object_type.name)) is not None:
                put[record_id] = None
            log_row(table, record_id, before)

        database.log_row = heard  # type: ignore[method-assign]

    def _taken(self, name: str, *, gone: bool = False) -> list[str]:
        """The rows of this object that were put since the last time and are there, in their order; where `gone`
        is asked for, those as well that are not there any more.
        """
        put, self._put[name] = self._put[name], {}
        rows = self._tables[name].rows
        return [record_id for record_id in put if gone or record_id in rows]

    def _new(self, name: str, put: list[str] | None = None) -> list[Row]:
        ids = [row_id for row_id in (self._taken(name) if put is None else put) if row_id not in self._seen]
        self._seen.update(ids)
        return [self._tables[name].rows[row_id] for row_id in ids]

    def event(self, event_id: str) -> Row:
        """A ledger row as it stands now."""
        return self._tables["SLA_Event__c"].rows[event_id]


def rows_of(journal: Journal, lead_id: str, run: Run, before: int | None = None) -> list[Row]:
    """The run's rows of the ledger, as they stood before that commit."""
    return [
        row
        for seq, row in journal.events.get(lead_id, [])
        if row.get("Clock__c") == run.clock
        and row.get("Run__c") in run.records
        and (before is None or seq < before)
    ]
