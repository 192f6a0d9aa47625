"""Session and transport against the emulated org over HTTP: faults, tokens, time and quota."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from sfsync.errors import Budget, Config, Permanent, Transient
from sfsync.localorg.app import App
from sfsync.localorg.metadata import load_schema
from sfsync.localorg.org import Org
from sfsync.localorg.rest_oauth import ConnectedApp
from sfsync.localorg.schema import Schema
from sfsync.localorg.server import OrgServer
from sfsync.salesforce.authentication import Authentication, ClientCredentials, JwtBearer, Mint
from sfsync.salesforce.session import NEWEST_TESTED, Session
from sfsync.salesforce.transport import SalesforceTransport
from sfsync.salesforce.wire import Wire

START = 1_793_610_000  # 2026-11-02T09:00:00Z
COUNT = "query?q=SELECT+COUNT()+FROM+Lead"


class Dice:
    def token(self) -> str:
        return "0123456789abcdef"

    def uniform(self, low: float, high: float) -> float:
        return low


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema(Path(__file__).resolve().parents[2] / "salesforce")


@pytest.fixture
def server(schema: Schema) -> Iterator[OrgServer]:
    with OrgServer(App(Org(schema, START))) as running:
        yield running


def open_session(server: OrgServer, mint: Mint) -> Session:
    transport = SalesforceTransport(server.instance_url, Authentication(mint))
    return Session.negotiated(transport, lambda _: None, Dice())


@pytest.fixture
def session(server: OrgServer) -> Iterator[Session]:
    org = server.app.org
    opened = open_session(server, lambda: SecretStr(org.issue_token(org.people.integration)))
    yield opened
    assert isinstance(opened.transport, SalesforceTransport)
    opened.transport.close()


def fault(session: Session, name: str, path: str, **more: Any) -> None:
    transport = session.transport
    assert isinstance(transport, SalesforceTransport)
    rule = {"match": {"path": path}, "fault": name, **more}
    with requests.Session() as plain:
        plain.trust_env = False
        assert plain.post(f"{transport.origin}/_org/faults", json=rule, timeout=5).ok


def leads(session: Session) -> int:
    return int(session.get(COUNT).body["totalSize"])


def new_lead(server: OrgServer) -> dict[str, Any]:
    return {"LastName": "Canary", "Company": "Volt", "OwnerId": server.app.org.people.reps[0]}


def test_it_speaks_the_newest_version_both_know_and_takes_the_orgs_time(session: Session) -> None:
    answer = session.get("limits")
    assert session.version == NEWEST_TESTED
    assert answer.now == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert answer.usage is not None
    assert answer.usage.used > 0


def test_requests_of_a_thread_share_a_connection(server: OrgServer) -> None:
    with Wire(server.instance_url) as wire:
        for path in ("/services/data", "/services/data/v64.0", "/services/data/v64.0/limits"):
            wire.exchange("GET", path, headers={})
        adapter = wire.get_adapter(wire.origin + "/")
        assert isinstance(adapter, HTTPAdapter)
        pools = adapter.poolmanager.pools
        assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118


@pytest.mark.parametrize("name", ["reset", "drop_before", "html_503", "http_503", "truncated_json"])
def test_a_query_gets_through_a_moments_trouble(session: Session, name: str) -> None:
    fault(session, name, "/query", times=2)
    assert leads(session) == 0


@pytest.mark.parametrize("name", ["drop_after_commit", "truncated_json"])
def test_a_create_whose_reply_is_lost_is_not_sent_twice(
    session: Session, server: OrgServer, name: str
) -> None:
    fault(session, name, "/sobjects/Lead")
    with pytest.raises(Transient) as caught:
        session.post("sobjects/Lead", new_lead(server))
    assert caught.value.maybe_done
    assert leads(session) == 1


def test_a_reply_that_trickles_in_is_given_up(session: Session, server: OrgServer) -> None:
    fault(session, "slow_body", "/limits", arg=1)
    with Wire(server.instance_url, read_timeout_s=0.25) as hurried:
        token = server.app.org.issue_token(server.app.org.people.integration)
        with pytest.raises(Transient, match="in time") as caught:
            hurried.exchange(
                "GET", "/services/data/v64.0/limits", headers={"Authorization": f"Bearer {token}"}
            )
    assert caught.value.maybe_done


def test_an_expired_session_is_renewed_without_losing_the_calls_headers(
    session: Session, server: OrgServer
) -> None:
    fault(session, "session_expired", "/sobjects/Lead", arg="revoke")
    created = session.post("sobjects/Lead", new_lead(server), headers={"Sforce-Auto-Assign": "FALSE"})
    assert created.body["success"]
    owner = session.get(f"sobjects/Lead/{created.body['id']}").body["OwnerId"]
    assert owner == server.app.org.people.reps[0]


def test_a_quota_that_is_used_up_is_budget(session: Session) -> None:
    fault(session, "limit_exceeded", "/query", arg="TotalRequests")
    with pytest.raises(Budget):
        leads(session)


def test_a_refused_value_names_the_field_and_not_the_value(session: Session, server: OrgServer) -> None:
    with pytest.raises(Permanent) as caught:
        session.post("sobjects/Lead", new_lead(server) | {"Company": "Canary" * 50})
    assert caught.value.error_code == "STRING_TOO_LONG"
    assert "Company" in str(caught.value)
    assert "Canary" not in str(caught.value)


def test_an_unknown_column_is_a_configuration_error_that_names_it(session: Session) -> None:
    with pytest.raises(Config, match="Nope__c"):
        session.get("query?q=SELECT+Nope__c+FROM+Lead")


def test_jwt_bearer_logs_in(server: OrgServer) -> None:
    org = server.app.org
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    server.app.oauth.apps["app"] = ConnectedApp("app", certificate=public)
    username = org.database.table("User").rows[org.people.integration]["Username"]
    session = open_session(
        server,
        JwtBearer(
            client_id="app",
            username=str(username),
            private_key=SecretStr(
                key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
            ),
            login_url=server.instance_url,
            audience="https://login.salesforce.com",
            clock=time.time,
        ),
    )
    assert leads(session) == 0
    assert isinstance(session.transport, SalesforceTransport)
    session.transport.close()


def test_client_credentials_log_in_and_a_wrong_secret_says_so(server: OrgServer) -> None:
    org = server.app.org
    username = str(org.database.table("User").rows[org.people.integration]["Username"])
    server.app.oauth.apps["app"] = ConnectedApp("app", client_secret="right", run_as=username)

    def logged_in(secret: str) -> Session:
        return open_session(
            server,
            ClientCredentials(
                client_id="app", client_secret=SecretStr(secret), login_url=server.instance_url
            ),
        )

    session = logged_in("right")
    assert leads(session) == 0
    assert isinstance(session.transport, SalesforceTransport)
    session.transport.close()
    with pytest.raises(Config, match="SFSYNC_CLIENT_SECRET"):
        logged_in("wrong")
