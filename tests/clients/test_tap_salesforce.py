"""tap-salesforce, unmodified, reads the org incrementally: each run gives what has changed since the last.

It logs in at https://login.salesforce.com with a refresh token, describes everything, and queries by SystemModstamp
(REST; its other way is Bulk API 1, which the org does not serve).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sfsync.localorg.access import Session
from tests.clients.conftest import CLIENT_ID, CLIENT_SECRET, HERE, ClientsOrg

TAP = HERE / ".venv" / "bin" / "tap-salesforce"
STREAMS = ("Lead", "LeadHistory", "Task", "User", "SLA_Event__c")


class Extractor:
    """The tap with a directory for its files; `state` is carried from run to run."""

    def __init__(self, org: ClientsOrg, directory: Path) -> None:
        self._org = org
        self._directory = directory
        self.state: dict[str, Any] = {}
        approval = {"client_id": CLIENT_ID, "username": org.username}
        self._config = self._write(
            "config.json",
            {
                **org.control("POST", "refresh_token", approval),
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "start_date": "2024-01-01T00:00:00Z",
                "api_type": "REST",
                "select_fields_by_default": "true",
            },
        )

    def _write(self, name: str, value: object) -> str:
        path = self._directory / name
        path.write_text(json.dumps(value))
        return str(path)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(TAP), "--config", self._config, *arguments],
            env=os.environ | self._org.hosts.environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def discover(self) -> dict[str, Any]:
        """The catalog, with STREAMS selected to be read incrementally."""
        catalog = json.loads(self._run("--discover"))
        for stream in catalog["streams"]:
            if stream["stream"] in STREAMS:
                (whole,) = (one["metadata"] for one in stream["metadata"] if one["breadcrumb"] == [])
                (key,) = whole["valid-replication-keys"]
                whole |= {"selected": True, "replication-method": "INCREMENTAL", "replication-key": key}
        return dict(catalog)

    def read(self, catalog: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """The records of one run by stream."""
        given = ("--properties", self._write("catalog.json", catalog))
        output = self._run(*given, "--state", self._write("state.json", self.state))
        records: dict[str, list[dict[str, Any]]] = {name: [] for name in STREAMS}
        for line in output.splitlines():
            message = json.loads(line)
            if message["type"] == "STATE":
                self.state = message["value"]
            elif message["type"] == "RECORD":
                records[message["stream"]].append(message["record"])
        return records


@pytest.fixture
def worker(org: ClientsOrg) -> Session:
    engine = org.server.app.org
    return engine.session(engine.issue_token(engine.people.integration))


def ids(records: Iterable[dict[str, Any]]) -> set[str]:
    return {record["Id"] for record in records}


def test_two_runs_give_everything_once_and_then_what_has_changed(
    org: ClientsOrg, worker: Session, tmp_path: Path
) -> None:
    app, engine = org.server.app, org.server.app.org
    rep, other_rep = engine.people.reps[:2]
    with app.lock:
        leads = []
        for number in range(2_300):
            if number % 100 == 0:
                engine.clock.advance(1)
            values = {"LastName": f"No {number}", "Company": "Volt", "OwnerId": rep, "AnnualRevenue": 1250}
            leads.append(engine.create(worker, "Lead", values))
        task = engine.create(worker, "Task", {"WhoId": leads[0], "Subject": "Call", "OwnerId": rep})

    extractor = Extractor(org, tmp_path)
    catalog = extractor.discover()
    first = extractor.read(catalog)
    assert len(first["Lead"]) == 2_300
    assert ids(first["Lead"]) == set(leads)
    assert ids(first["Task"]) == {task}
    assert set(engine.people.reps) < ids(first["User"])
    assert first["SLA_Event__c"] == []
    assert {record["Field"] for record in first["LeadHistory"]} == {"created"}
    last = max(record["SystemModstamp"] for record in first["Lead"])
    assert extractor.state["bookmarks"]["Lead"]["SystemModstamp"] == last

    with app.lock:
        engine.clock.advance(3_600)
        engine.update(worker, "Lead", leads[7], {"OwnerId": other_rep})
        engine.delete(worker, "Lead", leads[8])
        new = engine.create(worker, "Lead", {"LastName": "New", "Company": "Volt"})

    second = extractor.read(catalog)
    # The bookmark's own second is read again: it asks for >=.
    again = {record["Id"] for record in first["Lead"] if record["SystemModstamp"] == last}
    assert len(again) == 100
    assert ids(second["Lead"]) == again | {leads[7], leads[8], new}
    by_id = {record["Id"]: record for record in second["Lead"]}
    assert by_id[leads[7]]["OwnerId"] == other_rep
    assert by_id[leads[7]]["AnnualRevenue"] == 1250
    assert by_id[leads[8]]["IsDeleted"] is True
    changed = [record for record in second["LeadHistory"] if record["Field"] == "Owner"]
    assert {record["NewValue"] for record in changed} >= {other_rep}
    assert ids(second["User"]) == ids(first["User"])
