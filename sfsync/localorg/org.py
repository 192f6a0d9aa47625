"""The org: one facade over its clock, rows, rights and rules. The HTTP layer talks to nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.clock import Clock
from sfsync.localorg.database import Database
from sfsync.localorg.schema import Schema, Value
from sfsync.localorg.settings import Settings

RawValues = Mapping[str, Any]
"""Field names in any case to JSON values, as a request carried them."""


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What a request's headers say about a write.

    Attributes:
        auto_assign: the active assignment rule may take the lead (Sforce-Auto-Assign, absent means TRUE).
        allow_duplicates: duplicate rules that only alert are passed (Sforce-Duplicate-Rule-Header).
    """

    auto_assign: bool = True
    allow_duplicates: bool = False


class Org:
    """One Salesforce org in memory. Not thread-safe: callers take turns.

    Attributes:
        schema: its objects, shared between orgs.
        clock: its time.
        database: its rows.
        settings: doubts and configuration, changeable at any time.
    """

    def __init__(self, schema: Schema, start: int, flow: bool = False, seed: int = 0) -> None:
        self.schema = schema
        self.clock = Clock(start, flow)
        self.database = Database(schema)
        self.settings = Settings()
        self.seed = seed

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: an exception takes back all that happened inside. Nests as savepoints."""
        return self.database.transaction()

    def issue_token(self, user_id: str) -> str:
        """A new session token of an active user."""
        raise NotImplementedError

    def session(self, token: str) -> Session:
        """The session of a token; ApiError 401 INVALID_SESSION_ID when there is none."""
        raise NotImplementedError

    def expire_token(self, token: str) -> None:
        """The token is no longer known."""
        raise NotImplementedError

    def create(
        self, session: Session, object_name: str, values: RawValues, options: WriteOptions = WriteOptions()
    ) -> str:
        """Create a row and return its Id (18 characters)."""
        raise NotImplementedError

    def update(
        self,
        session: Session,
        object_name: str,
        record_id: str,
        values: RawValues,
        options: WriteOptions = WriteOptions(),
    ) -> None:
        """Change a row."""
        raise NotImplementedError

    def upsert(
        self,
        session: Session,
        object_name: str,
        external_field: str,
        external_value: str,
        values: RawValues,
        options: WriteOptions = WriteOptions(),
    ) -> tuple[str, bool]:
        """Create or change the row with this external id; returns (Id, created).

        Several matches are ApiError 300 whose `payload` lists `/services/data/vXX.0/sobjects/…` URLs, with
        the literal `vXX.0` for the HTTP layer to fill in.
        """
        raise NotImplementedError

    def delete(self, session: Session, object_name: str, record_id: str) -> None:
        """Put a row in the recycle bin."""
        raise NotImplementedError

    def undelete(self, session: Session, record_id: str) -> None:
        """Take a row back from the recycle bin."""
        raise NotImplementedError

    def read(
        self, session: Session, object_name: str, record_id: str, fields: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """The row, ready for JSON, with `attributes` (whose url has the literal `vXX.0`)."""
        raise NotImplementedError

    def describe(self, session: Session, object_name: str) -> dict[str, Any]:
        """The object's describe, as the session's user sees it."""
        raise NotImplementedError

    def describe_global(self, session: Session) -> dict[str, Any]:
        """The list of objects the session's user sees."""
        raise NotImplementedError

    def query(self, session: Session, soql: str, all_rows: bool = False) -> Any:
        """Run a SOQL statement; see soql.execute for the result."""
        raise NotImplementedError

    def merge(self, session: Session, master_id: str, loser_ids: Sequence[str], values: RawValues) -> None:
        """Merge up to two rows into the master: children move, losers are deleted."""
        raise NotImplementedError

    def updated(self, session: Session, object_name: str, start: int, end: int) -> dict[str, Any]:
        """getUpdated: `{"ids", "latestDateCovered"}`; `start` and `end` are Unix seconds."""
        raise NotImplementedError

    def deleted(self, session: Session, object_name: str, start: int, end: int) -> dict[str, Any]:
        """getDeleted: `{"deletedRecords", "earliestDateAvailable", "latestDateCovered"}`."""
        raise NotImplementedError

    def post(
        self, session: Session, subject_id: str, segments: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Post to a record's, user's or group's feed; returns the feed element."""
        raise NotImplementedError

    def feed(self, session: Session, subject_id: str) -> list[dict[str, Any]]:
        """The feed elements of a record, newest first."""
        raise NotImplementedError

    def load(self, object_name: str, rows: Iterable[dict[str, Value]]) -> int:
        """Add many rows in memory form at once and return how many.

        For set-up, outside of any transaction: no rule, history or right is looked at. Rows lack `Id`;
        CreatedDate and SystemModstamp (Unix seconds) may be given, other audit fields and defaults are
        filled in. The rows are taken over, not copied.
        """
        raise NotImplementedError
