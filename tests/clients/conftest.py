"""An emulated org for clients that nobody here wrote. Run by `make test-clients`, which installs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from sfsync.localorg.app import App
from sfsync.localorg.metadata import load_schema
from sfsync.localorg.org import Org
from sfsync.localorg.server import OrgServer
from tests.clients.salesforce_hosts import MY_DOMAIN, SalesforceHosts

HERE = Path(__file__).resolve().parent
SCHEMA = load_schema(HERE.parents[1] / "salesforce")
START = 1_730_710_800  # 2024-11-04T09:00:00Z: clients may hold times in the future to be none
CLIENT_ID = "3MVG9clients"
CLIENT_SECRET = "a secret of the connected app"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These tests are collected only when they are named: `make test` needs no Node and no second venv."""
    asked = [(config.invocation_params.dir / one.partition("::")[0]).resolve() for one in config.args]
    return None if any(path.is_relative_to(HERE) for path in asked) else True


@dataclass(frozen=True)
class ClientsOrg:
    """An org on a socket, as a client is told of it.

    Attributes:
        hosts: the org under Salesforce's own names.
        username: the integration user's.
    """

    server: OrgServer
    hosts: SalesforceHosts
    username: str

    @property
    def instance_url(self) -> str:
        """Where the org answers plain HTTP."""
        return self.server.instance_url

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask the control plane."""
        reply = requests.request(method, f"{self.server.control_url}/{path}", json=body, timeout=60)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def login(self) -> str:
        """A token of the integration user."""
        return str(self.control("POST", "login", {"username": self.username})["access_token"])


@pytest.fixture
def org(tmp_path: Path) -> Iterator[ClientsOrg]:
    made = Org(SCHEMA, START)
    username = made.database.table("User").rows[made.people.integration]["Username"]
    with OrgServer(App(made)) as server, SalesforceHosts(server.instance_url, tmp_path) as hosts:
        org = ClientsOrg(server, hosts, str(username))
        app = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "run_as": org.username}
        org.control("POST", "connected_app", app)
        org.control("POST", "settings", {"my_domain_url": f"https://{MY_DOMAIN}"})
        yield org
        assert hosts.refused == []
