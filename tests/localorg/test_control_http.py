"""The org on a real socket, driven with plain http.client as an outside program would."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from sfsync.localorg.app import App
from sfsync.localorg.csvload import load_synthetic
from sfsync.localorg.org import Org
from sfsync.localorg.server import OrgServer
from tests.conformance.harness import METADATA, SCHEMA, START

API = "/services/data/v68.0"


class Client:
    """One connection to the org with a session of its integration user."""

    def __init__(self, server: OrgServer) -> None:
        self.org = server.app.org
        self._address = server.instance_url.removeprefix("http://")
        self._token = server.app.org.issue_token(self.org.people.integration)
        self._connection = http.client.HTTPConnection(self._address, timeout=10)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, decoded body) of one request."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self._connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None

    def leads(self) -> int:
        """How many leads there are."""
        found = self.send("GET", f"{API}/query?q=SELECT+COUNT()+FROM+Lead")[1]["totalSize"]
        assert isinstance(found, int)
        return found

    def again(self) -> None:
        """Open a new connection, the old one having been closed by the server."""
        self._connection.close()
        self._connection = http.client.HTTPConnection(self._address, timeout=10)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@pytest.fixture
def server() -> Iterator[OrgServer]:
    with OrgServer(App(Org(SCHEMA, START))) as running:
        yield running


@pytest.fixture
def client(server: OrgServer) -> Iterator[Client]:
    made = Client(server)
    yield made
    made.close()


def lead(client: Client) -> dict[str, Any]:
    return {"LastName": "Wire", "Company": "Socket", "OwnerId": client.org.people.reps[0]}


def test_a_connection_is_closed_without_a_reply_and_nothing_was_done(client: Client) -> None:
    client.send("POST", "/_org/faults", {"match": {"path": "/sobjects/Lead"}, "fault": "drop_before"})
    with pytest.raises(http.client.RemoteDisconnected):
        client.send("POST", f"{API}/sobjects/Lead", lead(client))
    client.again()
    assert client.leads() == 0


def test_a_connection_is_closed_without_a_reply_after_the_commit(client: Client) -> None:
    client.send("POST", "/_org/faults", {"match": {"path": "/sobjects/Lead"}, "fault": "drop_after_commit"})
    with pytest.raises(http.client.RemoteDisconnected):
        client.send("POST", f"{API}/sobjects/Lead", lead(client))
    client.again()
    assert client.leads() == 1


def test_a_connection_can_be_reset(client: Client) -> None:
    client.send("POST", "/_org/faults", {"match": {"path": "/limits"}, "fault": "reset"})
    with pytest.raises(ConnectionResetError):
        client.send("GET", f"{API}/limits")
    client.again()
    assert client.send("GET", f"{API}/limits")[0] == 200


def test_while_a_request_waits_others_are_served_and_it_sees_what_they_did(
    server: OrgServer, client: Client
) -> None:
    made = client.send("POST", f"{API}/sobjects/Lead", lead(client))[1]["id"]
    rule = {"match": {"method": "GET", "path": "/sobjects/Lead/"}, "fault": "latency", "arg": 0.5}
    client.send("POST", "/_org/faults", rule)
    slow = Client(server)
    seen: list[Any] = []
    waiting = threading.Thread(
        target=lambda: seen.append(slow.send("GET", f"{API}/sobjects/Lead/{made}?fields=Title"))
    )
    began = time.perf_counter()
    waiting.start()
    while not client.send("GET", "/_org/faults")[1][0]["struck"]:
        continue
    assert client.send("PATCH", f"{API}/sobjects/Lead/{made}", {"Title": "meanwhile"})[0] == 204
    assert client.send("GET", "/_org/under_way")[1] == {"requests": 1}
    waiting.join()
    assert client.send("GET", "/_org/under_way")[1] == {"requests": 0}
    assert time.perf_counter() - began >= 0.5
    slow.close()
    assert seen[0][1]["Title"] == "meanwhile"


def test_a_slow_body_arrives_whole(client: Client) -> None:
    rule = {"match": {"path": "/sobjects/Lead/describe"}, "fault": "slow_body", "arg": 0.2}
    client.send("POST", "/_org/faults", rule)
    began = time.perf_counter()
    assert client.send("GET", f"{API}/sobjects/Lead/describe")[1]["name"] == "Lead"
    assert time.perf_counter() - began >= 0.2


def test_large_replies_are_compressed_for_those_who_ask(server: OrgServer, client: Client) -> None:
    token = client.org.issue_token(client.org.people.integration)
    headers = {"Authorization": f"Bearer {token}"}
    with requests.Session() as session:
        reply = session.get(f"{server.instance_url}{API}/sobjects/Lead/describe", headers=headers, timeout=10)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert reply.json()["name"] == "Lead"
    assert reply.headers["Date"] == "Mon, 02 Nov 2026 09:00:00 GMT"
    assert "Server" not in reply.headers


def test_a_thousand_leads_are_written_and_looked_at_in_two_counted_calls(client: Client) -> None:
    load_synthetic(client.org, 2_500, lambda _line: None)
    page = client.send("GET", f"{API}/query?q=SELECT+Id,+Status+FROM+Lead+ORDER+BY+SystemModstamp,+Id")[1]
    assert (len(page["records"]), page["done"], page["totalSize"]) == (2_000, False, 2_500)
    rest = client.send("GET", page["nextRecordsUrl"])[1]
    ids = [record["Id"] for record in page["records"] + rest["records"]]
    assert (len(set(ids)), rest["done"]) == (2_500, True)
    client.send("DELETE", "/_org/calls")
    slices = [ids[start : start + 200] for start in range(0, 1_000, 200)]
    written = composite(
        client,
        [
            {
                "method": "PATCH",
                "url": f"{API}/composite/sobjects",
                "httpHeaders": {"Sforce-Auto-Assign": "FALSE"},
                "body": {
                    "allOrNone": False,
                    "records": [
                        {"attributes": {"type": "Lead"}, "Id": one, "SLA_Score__c": 50, "SLA_Revision__c": 1}
                        for one in part
                    ],
                },
            }
            for part in slices
        ],
    )
    assert [result["id"] for body in written for result in body if result["success"]] == ids[:1_000]
    looked_at = composite(
        client,
        [
            {
                "method": "GET",
                "url": f"{API}/query?q="
                + quote(f"SELECT Id, SLA_Score__c FROM Lead WHERE Id IN ({', '.join(map(repr, part))})"),
            }
            for part in slices
        ],
    )
    assert {record["SLA_Score__c"] for body in looked_at for record in body["records"]} == {50}
    calls = client.send("GET", "/_org/calls")[1]
    assert [(call["cost"], len(call["soql"])) for call in calls] == [(1, 0), (1, 5)]


def composite(client: Client, subrequests: list[dict[str, Any]]) -> list[Any]:
    """The bodies of a composite call's subrequests, each of which must succeed."""
    named = [{**one, "referenceId": f"r{number}"} for number, one in enumerate(subrequests)]
    status, answer = client.send("POST", f"{API}/composite", {"compositeRequest": named})
    assert status == 200
    assert {one["httpStatusCode"] for one in answer["compositeResponse"]} == {200}
    return [one["body"] for one in answer["compositeResponse"]]


def test_a_port_that_is_taken_is_an_error(server: OrgServer) -> None:
    port = int(server.instance_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        OrgServer(App(Org(SCHEMA, START)), port=port).start()


def test_the_org_announces_itself_in_one_line_and_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("Prospect ID,City,Tags,Shoe Size\na,Oslo,x,44\na,Oslo,x,44\n", encoding="utf-8")
    program = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from sfsync.localorg.server import run_org
run_org(host="127.0.0.1", port=0, csv=Path({str(file)!r}), leads=3, flow=False,
        start=datetime(2026, 11, 2, 9, tzinfo=UTC), metadata=[Path({str(METADATA)!r})],
        announce=lambda line: print(line, flush=True), say=lambda line: print(line, file=sys.stderr))
"""
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"instance_url", "access_token", "control_url"}
        assert ready["control_url"].endswith("/_org")
        headers = {"Authorization": f"Bearer {ready['access_token']}"}
        with requests.Session() as session:
            found = session.get(
                f"{ready['instance_url']}{API}/query",
                params={"q": "SELECT COUNT() FROM Lead"},
                headers=headers,
                timeout=10,
            ).json()
            clock = session.get(f"{ready['control_url']}/clock", timeout=10).json()
        process.send_signal(signal.SIGTERM)
        out, told = process.communicate(timeout=10)
    assert found["totalSize"] == 4
    assert clock["now"] == "2026-11-02T09:00:00Z"
    assert process.returncode == 0
    assert out == ""
    assert "line 3: Prospect ID a is there already; row skipped" in told
    assert "unknown columns, not loaded: Shoe Size" in told


def test_the_server_stops_while_a_client_is_still_connected() -> None:
    running = OrgServer(App(Org(SCHEMA, START)))
    running.start()
    port = int(running.instance_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        began = time.perf_counter()
        running.stop()
    assert time.perf_counter() - began < 5
