"""An org with the metadata package in it, and sessions of its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sfsync.localorg.access import Session
from sfsync.localorg.errors import ApiError
from sfsync.localorg.metadata import load_schema
from sfsync.localorg.org import Org
from sfsync.localorg.schema import Schema

START = 1_793_610_000  # 2026-11-02T09:00:00Z
PACKAGE = Path(__file__).resolve().parents[2] / "salesforce"


@pytest.fixture(scope="session")
def schema() -> Schema:
    return load_schema(PACKAGE)


@pytest.fixture
def org(schema: Schema) -> Org:
    return Org(schema, START)


@pytest.fixture
def login(org: Org) -> Callable[[str], Session]:
    return lambda user_id: org.session(org.issue_token(user_id))


@pytest.fixture
def worker(org: Org, login: Callable[[str], Session]) -> Session:
    return login(org.people.integration)


@pytest.fixture
def rep(org: Org, login: Callable[[str], Session]) -> Session:
    return login(org.people.reps[0])


@pytest.fixture
def lead(org: Org, worker: Session) -> str:
    """A lead of the first rep."""
    return org.create(worker, "Lead", {"LastName": "Ohm", "Company": "Volt", "OwnerId": org.people.reps[0]})


@pytest.fixture
def refused() -> Callable[..., Any]:
    @contextmanager
    def expect(code: str, message: str | None = None, status: int = 400) -> Iterator[None]:
        with pytest.raises(ApiError) as caught:
            yield
        assert (caught.value.status, caught.value.code) == (status, code)
        if message is not None:
            assert caught.value.items[0].message == message

    return expect
