"""jsforce, unmodified, does everything that it can do on the surface that the org serves.

It logs in at https://login.salesforce.com as it does by default, through a proxy and with an authority to trust. Not
tried, because the org serves none of it: its SOAP login, Bulk API 1, streaming, tooling, apex, analytics, metadata,
and `chatter.batch()`, which calls /connect/batch.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from tests.clients.conftest import CLIENT_ID, CLIENT_SECRET, HERE, ClientsOrg
from tests.clients.salesforce_hosts import MY_DOMAIN

EXPECTED: dict[str, Any] = {
    "a wrong password": {"refused": "invalid_grant"},
    "login": {"value": {"instanceUrl": f"https://{MY_DOMAIN}", "ids": [18, 18]}},
    "identity": {"value": "integration@sfsync.invalid"},
    "versions": {"value": "68.0"},
    "limits": {"value": ["Max", "Remaining"]},
    "describe": {"value": ["Group", "User"]},
    "create": {"value": [True, [], 18]},
    "retrieve": {"value": "No 0001"},
    "update": {"value": True},
    "upsert of a known key": {"value": [True, False]},
    "upsert of a new key": {"value": [True, True]},
    "find": {"value": ["Chief"]},
    "findOne": {"value": "No 0002"},
    "count": {"value": 2},
    "a field that is not there": {"refused": "INVALID_FIELD"},
    "a lead without its name": {"refused": "REQUIRED_FIELD_MISSING"},
    "a lead that is not there": {"refused": "NOT_FOUND"},
    "create a collection": {"value": [450, 450, False]},
    "create a collection with a bad row": {"value": [[1, 2], "REQUIRED_FIELD_MISSING"]},
    "create all or none": {"value": ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]},
    "more rows than a collection takes": {"refused": "EXCEEDED_ID_LIMIT"},
    "update a collection": {"value": [150, 150]},
    "upsert a collection": {"value": [False, True]},
    "retrieve a collection": {"value": ["No 0100", None]},
    "bulk2 insert": {"value": [4000, ["REQUIRED_FIELD_MISSING"], 0]},
    "bulk2 loadAndWaitForResults": {"value": ["false", "true"]},
    "bulk2 query": {"value": [4000, 'bulk, and "quoted"\nlines', True]},
    "query, first page": {"value": [False, 2000, 2000, 4455]},
    "query with autoFetch": {"value": 4455},
    "query by events": {"value": 4455},
    "composite": {"value": [[201, 201, 200], "Call"]},
    "composite graph": {"value": [True]},
    "chatter post": {"value": "FeedItem"},
    "chatter feed": {"value": ["one", "three", "two"]},
    "destroy": {"value": True},
    "destroy a collection": {"value": [3, 3]},
    "queryAll": {"value": 4},
    "deleted": {"value": 4},
    "updated": {"value": True},
    "a token that is none": {"refused": "INVALID_SESSION_ID"},
}


@pytest.fixture
def report(org: ClientsOrg) -> dict[str, Any]:
    org.control("POST", "password", {"username": org.username, "password": "a password"})
    told = {
        "proxy": org.hosts.proxy_url,
        "username": org.username,
        "password": "a password",
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
    }
    trust = {"NODE_EXTRA_CA_CERTS": str(org.hosts.authority), "SALESFORCE": json.dumps(told)}
    done = subprocess.run(
        ["node", str(HERE / "jsforce_report.mjs")],
        env=os.environ | trust,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_each_of_its_calls_gives_what_salesforce_gives(report: dict[str, Any]) -> None:
    objects = report.pop("describeGlobal")["value"]
    assert {"Lead", "Task", "User", "SLA_Event__c"} <= set(objects)
    assert report == EXPECTED
