"""The org: one facade over its clock, rows, rights and rules. The HTTP layer talks to nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sfsync.localorg import (
    chatter,
    conversion,
    describe,
    dml,
    loading,
    merging,
    people,
    reading,
    removal,
    replication,
    setup_views,
)
from sfsync.localorg.access import Session
from sfsync.localorg.archive import Archiver
from sfsync.localorg.clock import Clock
from sfsync.localorg.conversion import Conversion
from sfsync.localorg.customer import CustomerRules
from sfsync.localorg.database import Database
from sfsync.localorg.dml import WriteOptions
from sfsync.localorg.engine import Engine
from sfsync.localorg.errors import ApiError
from sfsync.localorg.formula import Formula
from sfsync.localorg.late import LateCommits
from sfsync.localorg.rules import parse_formula
from sfsync.localorg.schema import Row, Schema
from sfsync.localorg.settings import Settings
from sfsync.localorg.soql import QueryResult, SelectLists, execute, parse

__all__ = ["Org", "RawValues", "WriteOptions"]

RawValues = Mapping[str, Any]
"""Field names in any case to JSON values, as a request carried them."""

Result = TypeVar("Result")
_DEFAULT_OPTIONS = WriteOptions()


class Org:
    """One Salesforce org in memory. Not thread-safe: callers take turns.

    `vXX.0` stands in every URL it gives, for the HTTP layer to fill in the version.

    Attributes:
        schema: its objects, shared between orgs.
        clock: its time.
        database: its rows.
        settings: doubts and configuration, changeable at any time.
        customer: a customer's own rules, required fields and flows, changeable at any time.
        people: ids of the users and groups it began with.
        late_commits: writes held back: `hold(write, visible_at)`, `release(everything)`.
    """

    def __init__(self, schema: Schema, start: int, flow: bool = False, seed: int = 0) -> None:
        self.schema = schema
        self.clock = Clock(start, flow)
        self._engine = Engine(schema, self.clock, seed)
        self.people = people.settle(self._engine)
        self.late_commits = LateCommits(self._engine)
        self._archiver = Archiver(self._engine)
        self._tokens: dict[str, str] = {}
        self._tokens_issued = 0
        self._select_lists = SelectLists()

    @property
    def database(self) -> Database:
        """The org's rows."""
        return self._engine.database

    @property
    def settings(self) -> Settings:
        """Doubts and configuration."""
        return self._engine.settings

    @property
    def customer(self) -> CustomerRules:
        """A customer's own rules, required fields and flows."""
        return self._engine.customer

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: an exception takes back all that happened inside. Nests as savepoints."""
        return self.database.transaction()

    def issue_token(self, user_id: str) -> str:
        """A new session token; ApiError 400 INVALID_GRANT for a user who is not there or not active."""
        user = self.database.table("User").get(user_id)
        if user is None or not user.get("IsActive"):
            raise ApiError.bare(400, "INVALID_GRANT", "user hasn't approved this consumer or is inactive")
        self._tokens_issued += 1
        secret = hashlib.sha256(f"{self._engine.seed}:{user_id}:{self._tokens_issued}".encode()).hexdigest()
        token = f"{self.people.organization[:15]}!AQ{secret}"
        self._tokens[token] = user_id
        return token

    def session(self, token: str) -> Session:
        """The session of a token; ApiError 401 INVALID_SESSION_ID when there is none.

        Every request comes through here, so what time brings about happens here: writes held back become
        visible, old activities are archived.
        """
        self._archiver.run()
        if self.late_commits:
            self.late_commits.release()
        user_id = self._tokens.get(token)
        user = self.database.table("User").get(user_id) if user_id is not None else None
        if user_id is None or user is None or not user.get("IsActive"):
            raise ApiError.bare(401, "INVALID_SESSION_ID", "Session expired or invalid")
        session = Session(user_id, token, self._engine.permissions(user_id), lambda name: None)
        session.sees = lambda name: self._engine.sees(session, name)
        return session

    def expire_token(self, token: str) -> None:
        """The token is no longer known."""
        self._tokens.pop(token, None)

    def create(
        self, session: Session, object_name: str, values: RawValues, options: WriteOptions = _DEFAULT_OPTIONS
    ) -> str:
        """Create a row and return its Id (18 characters)."""
        return dml.create(self._engine, session, object_name, values, options)

    def update(
        self,
        session: Session,
        object_name: str,
        record_id: str,
        values: RawValues,
        options: WriteOptions = _DEFAULT_OPTIONS,
    ) -> None:
        """Change a row."""
        dml.update(self._engine, session, object_name, record_id, values, options)

    def upsert(
        self,
        session: Session,
        object_name: str,
        external_field: str,
        external_value: str,
        values: RawValues,
        options: WriteOptions = _DEFAULT_OPTIONS,
    ) -> tuple[str, bool]:
        """Create or change the row with this external id; returns (Id, created).

        Several matches are ApiError 300 whose `payload` lists the rows' URLs.
        """
        return dml.upsert(self._engine, session, object_name, external_field, external_value, values, options)

    def delete(self, session: Session, object_name: str, record_id: str) -> None:
        """Put a row in the recycle bin."""
        removal.delete(self._engine, session, object_name, record_id)

    def undelete(self, session: Session, record_id: str) -> None:
        """Take a row back from the recycle bin."""
        removal.undelete(self._engine, session, record_id)

    def read(
        self, session: Session, object_name: str, record_id: str, fields: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """The row, ready for JSON, with `attributes`; all fields that the user sees when none are named."""
        return reading.read(self._engine, session, object_name, record_id, fields)

    def read_by_external_id(
        self,
        session: Session,
        object_name: str,
        external_field: str,
        external_value: str,
        fields: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """The row with this external id, as `read` gives it; ApiError 300 as `upsert` for several."""
        return reading.read_by_external_id(
            self._engine, session, object_name, external_field, external_value, fields
        )

    def describe(self, session: Session, object_name: str) -> dict[str, Any]:
        """The object's describe, as the session's user sees it."""
        return describe.describe(self._engine, session, object_name)

    def describe_global(self, session: Session) -> dict[str, Any]:
        """The list of objects the session's user sees."""
        return describe.describe_global(self._engine, session)

    def query(self, session: Session, soql: str, all_rows: bool = False) -> QueryResult:
        """Run a SOQL statement: the number of rows, and records rendered as they are taken."""
        return execute(
            setup_views.shown(self._engine, session, parse(soql)),
            self.database,
            now=self.clock.now(),
            user=session,
            select_lists=self._select_lists,
            all_rows=all_rows,
            switched_off=self._switched_off(),
        )

    def _switched_off(self) -> tuple[str, ...]:
        settings = self.settings
        off = () if settings.chatter_enabled else tuple(chatter.OBJECTS)
        return off if settings.field_definition_shown else (*off, setup_views.FIELDS)

    def merge(self, session: Session, master_id: str, loser_ids: Sequence[str], values: RawValues) -> None:
        """Merge up to two rows into the master: children move, losers are deleted."""
        merging.merge(self._engine, session, master_id, loser_ids, values)

    def convert(self, session: Session, lead_id: str, **choices: Any) -> Conversion:
        """Convert a lead; `choices` are the keywords of `conversion.convert`."""
        return conversion.convert(self._engine, session, lead_id, **choices)

    def updated(self, session: Session, object_name: str, start: int, end: int) -> dict[str, Any]:
        """getUpdated: `{"ids", "latestDateCovered"}`; `start` and `end` are Unix seconds."""
        return replication.updated(self._engine, session, object_name, start, end)

    def deleted(self, session: Session, object_name: str, start: int, end: int) -> dict[str, Any]:
        """getDeleted: `{"deletedRecords", "earliestDateAvailable", "latestDateCovered"}`."""
        return replication.deleted(self._engine, session, object_name, start, end)

    def post(
        self, session: Session, subject_id: str, segments: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Post to a record's, user's or group's feed; returns the feed element."""
        return chatter.post(self._engine, session, subject_id, segments)

    def feed(self, session: Session, subject_id: str) -> list[dict[str, Any]]:
        """The feed elements of a record, newest first."""
        return chatter.feed(self._engine, session, subject_id)

    def late_commit(self, write: Callable[[], Result], visible_at: int | None) -> Result:
        """Run a write now that others see at `visible_at` (None: when released), with its modstamp of now."""
        return self.late_commits.hold(write, visible_at)

    def formula(self, object_name: str, text: str) -> Formula:
        """A formula on this object, for `customer` rules and flows. Raises FormulaError."""
        return parse_formula(self._engine, object_name, text)

    def load(self, object_name: str, rows: Iterable[Row]) -> int:
        """Add many rows in memory form at once and return how many.

        For set-up, outside of any transaction: no rule, history or right is looked at. Rows lack `Id`;
        CreatedDate and SystemModstamp (Unix seconds) may be given, other audit fields and defaults are
        filled in. The rows are taken over, not copied.
        """
        return loading.load(self._engine, object_name, rows, self.people.integration)
