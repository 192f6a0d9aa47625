"""sfsync as an outside program sees it: the command line, HTTP, and nothing else."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import forked
from tests.forked import ROOT

START = "2026-11-02T09:00:00Z"
SEVENTEEN_POINTS = {
    "SLA_Budget__c": "Planned",
    "SLA_Authority__c": "Recommender",
    "SLA_Need__c": "Important",
    "SLA_Timeline__c": "3-6 Months",
}


@dataclass
class OutsideOrg:
    """An emulated org in a process of its own, spoken to over HTTP."""

    instance_url: str
    access_token: str
    control_url: str
    http: requests.Session = field(default_factory=requests.Session)

    def rest(self, method: str, path: str, body: object = None, token: str | None = None) -> Any:
        reply = self.http.request(
            method,
            f"{self.instance_url}/services/data/v64.0/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token or self.access_token}"},
            timeout=60,
        )
        assert reply.status_code < 300, (method, path, reply.status_code, reply.text)
        return reply.json() if reply.content else None

    def soql(self, query: str) -> list[dict[str, Any]]:
        answer = self.rest("GET", f"query?q={requests.utils.quote(query)}")
        rows = list(answer["records"])
        while not answer["done"]:
            path = answer["nextRecordsUrl"].split("/v64.0/")[1]
            answer = self.rest("GET", path)
            rows += answer["records"]
        return rows

    def create_lead(self, owner_id: str, **fields: object) -> str:
        values = {"LastName": "Ladder", "Company": "Example", "OwnerId": owner_id, **fields}
        return str(self.rest("POST", "sobjects/Lead", values)["id"])

    def update(self, lead_id: str, token: str | None = None, **fields: object) -> None:
        self.rest("PATCH", f"sobjects/Lead/{lead_id}", fields, token)

    def control(self, method: str, path: str, body: object = None) -> Any:
        reply = self.http.request(method, f"{self.control_url}/{path}", json=body, timeout=60)
        assert reply.status_code < 300, (path, reply.text)
        return reply.json() if reply.content else None

    def set_clock(self, at: datetime) -> None:
        self.control("POST", "clock", {"now": at.strftime("%Y-%m-%dT%H:%M:%SZ")})

    def login(self, user_id: str) -> str:
        return str(self.control("POST", "login", {"user_id": user_id})["access_token"])

    def reps(self) -> list[str]:
        rows = self.soql(
            "SELECT Id FROM User WHERE UserRole.Name = 'Sales Rep' AND IsActive = true ORDER BY Name"
        )
        return [row["Id"] for row in rows]

    def mentions(self, lead_id: str) -> dict[str, list[str]]:
        """The ids mentioned in each post on the lead, by the ledger row's Name at the post's end."""
        found = {}
        feed = self.rest("GET", f"chatter/feeds/record/{lead_id}/feed-elements?pageSize=100")
        for element in feed["elements"]:
            segments = element["body"]["messageSegments"]
            name = element["body"]["text"].rsplit("(", 1)[1].rstrip(")")
            assert name not in found, "a ledger row was posted twice"
            found[name] = [one["record"]["id"] for one in segments if one["type"] == "Mention"]
        return found

    def dump(self) -> dict[str, Any]:
        """Everything that a run could have changed."""
        return {
            "leads": self.soql("SELECT FIELDS(ALL) FROM Lead ORDER BY Id LIMIT 200"),
            "events": self.soql("SELECT Id, Key__c, Kind__c, Chatter_State__c FROM SLA_Event__c ORDER BY Id"),
            "tasks": self.soql("SELECT Id, OwnerId, Subject, SystemModstamp FROM Task ORDER BY Id"),
            "history": self.soql("SELECT Id, LeadId, Field FROM LeadHistory ORDER BY Id"),
            "posts": self.soql("SELECT Id, ParentId FROM FeedItem ORDER BY Id"),
        }


@dataclass
class Command:
    """The command `sfsync` with an environment that names one org and one data directory."""

    org: OutsideOrg
    data_dir: Path
    mappings: Path = ROOT / "mappings"

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        self.data_dir.parent.mkdir(exist_ok=True)
        done = forked.run(arguments, self.environment(), self.data_dir.parent)
        assert not check or done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("SFSYNC_", "REDIS_"))
        }
        return kept | {
            "SFSYNC_INSTANCE_URL": self.org.instance_url,
            "SFSYNC_ACCESS_TOKEN": self.org.access_token,
            "SFSYNC_DATA_DIR": str(self.data_dir),
            "SFSYNC_MAPPINGS": str(self.mappings),
        }

    def once(self) -> dict[str, Any]:
        return dict(json.loads(self("run", "--once", "--json").stdout))


def start_org(*arguments: str) -> tuple[forked.Forked, OutsideOrg]:
    """An org that answers, and its process."""
    with tempfile.TemporaryDirectory() as directory:
        announced, problems = Path(directory, "announced"), Path(directory, "problems")
        os.mkfifo(announced)
        process = forked.Forked(("org", "--start", START, *arguments), os.environ, announced, problems)
        with open(os.open(announced, os.O_RDONLY | os.O_NONBLOCK)) as said:
            ready, _, _ = select.select([said], [], [], 300)
            assert ready, problems.read_text()
            os.set_blocking(said.fileno(), True)
            line = said.readline()
        assert line, problems.read_text()
    return process, OutsideOrg(**json.loads(line))


def stop_org(process: forked.Forked, org: OutsideOrg) -> None:
    org.http.close()
    process.send_signal(signal.SIGTERM)
    process.wait(20)


@pytest.fixture
def org() -> Iterator[OutsideOrg]:
    process, org = start_org()
    yield org
    stop_org(process, org)


@pytest.fixture
def sfsync(org: OutsideOrg, tmp_path: Path) -> Command:
    return Command(org, tmp_path / "data")
