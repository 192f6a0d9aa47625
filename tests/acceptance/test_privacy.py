"""Unique names and addresses are planted in the org and looked for wherever they must not be (requirement P25)."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from sfsync.embedded_redis import embedded_redis
from tests.acceptance.conftest import SEVENTEEN_POINTS, Command, OutsideOrg

PLANTED = {
    "FirstName": "Quillabert",
    "LastName": "Zanthorpe-Vixley",
    "Company": "Murgatroyd Canary Works",
    "Email": "quillabert.canary@example.invalid",
    "Phone": "+1 555 0199 7731",
    "Street": "77 Canary Row",
    "Description": "mentions Brassica Oleander",
}
WORDS = ("quillabert", "zanthorpe", "murgatroyd", "canary", "0199 7731", "oleander")


@pytest.mark.parametrize(
    "fault", [None, "drop_after_commit", "lock_row", "html_503", "session_expired", "limit_exceeded"]
)
def test_nothing_personal_reaches_logs_output_or_redis(
    org: OutsideOrg, sfsync: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str | None
) -> None:
    sfsync.once()
    leads = [
        org.create_lead(org.reps()[0], **SEVENTEEN_POINTS, **PLANTED),
        org.create_lead(org.reps()[1], **SEVENTEEN_POINTS, **PLANTED, Title="Refused"),
    ]
    rule = {
        "object_name": "Lead",
        "name": "Quotes_The_Lead",
        "formula": 'Title = "Refused"',
        "message": "No write to Quillabert Zanthorpe-Vixley of Murgatroyd Canary Works",
    }
    org.control("POST", "customer_rules", {"validation_rules": [rule]})
    if fault is not None:
        match = {"method": "POST", "path": "/composite", "nth": 3}
        org.control("POST", "faults", {"match": match, "fault": fault, "times": 1})
    with embedded_redis(tmp_path / "redis") as url, closing(redis.Redis.from_url(url)) as client:
        environment = sfsync.environment() | {"REDIS_URL": url, "SFSYNC_LOG_LEVEL": "debug"}
        monkeypatch.setattr(Command, "environment", lambda self: environment)
        done = sfsync("run", "--once", "--json", check=False)
        hints = repr(contents(client))
    assert done.returncode == 1, "one of the two leads cannot be written"
    assert found_in(done.stdout + done.stderr) == []
    assert any(lead_id in hints for lead_id in leads), "Redis should hold something to look at"
    assert found_in(hints) == []
    if fault == "limit_exceeded":
        assert "look.XQ.msgs" in hints, "the job was given up, and its letter is kept"
    assert found_in(json.dumps(org.soql("SELECT FIELDS(ALL) FROM SLA_Event__c LIMIT 200"))) == []


def contents(client: redis.Redis) -> dict[bytes, Any]:
    """Every key of this Redis with all that it holds."""
    read = {
        b"hash": client.hgetall,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"string": client.get,
    }
    return {key: read[client.type(key)](key) for key in client.keys("*")}


def found_in(text: str) -> list[str]:
    """The planted words that stand in this text."""
    return [word for word in WORDS if word in text.lower()]


def test_a_planted_word_would_be_seen(tmp_path: Path) -> None:
    assert found_in(json.dumps(PLANTED)) == list(WORDS)
    with embedded_redis(tmp_path) as url, closing(redis.Redis.from_url(url)) as client:
        client.hset("a", "b", json.dumps(PLANTED))
        assert found_in(repr(contents(client))) == list(WORDS)
