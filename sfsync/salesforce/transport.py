"""The production transport: simple-salesforce's client over a `requests.Session` of our own.

simple-salesforce joins URLs and headers; everything that it would do about a reply (refresh, drop per-call
headers, raise with the body in the text) is kept from happening: it gets an empty success to see, while the
real reply is put aside.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import requests
from pydantic import SecretStr
from simple_salesforce.api import Salesforce

from sfsync.errors import Config
from sfsync.ports import Reply
from sfsync.salesforce.authentication import Authentication
from sfsync.salesforce.wire import (
    CONNECT_TIMEOUT_S,
    KEEP_OWNER,
    LARGEST_BODY,
    READ_TIMEOUT_S,
    Wire,
    allowed_origin,
)


class SalesforceTransport:
    """The `ports.Transport` of one org, for any number of threads; each gets a client of its own.

    Attributes:
        origin: the org's `https://host`.
    """

    def __init__(
        self,
        instance_url: str,
        authentication: Authentication,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        self.origin = allowed_origin(instance_url, "SFSYNC_INSTANCE_URL")
        self._authentication = authentication
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._largest_body = largest_body
        self._thread = threading.local()
        self._lock = threading.Lock()
        self._wires: list[_QuietWire] = []

    def send(self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str]) -> Reply:
        """Send one request; after a 401, which was not carried out, once more with a new token."""
        token = self._authentication.token()
        reply = self._exchange(token, method, path, body, headers)
        if reply.status == 401:
            token = self._authentication.renewed(token)
            reply = self._exchange(token, method, path, body, headers)
        return reply

    def close(self) -> None:
        """Close the connections of all threads; none may be in use."""
        with self._lock:
            for wire in self._wires:
                wire.close()
            self._wires.clear()
            self._thread = threading.local()

    def _exchange(
        self, token: SecretStr, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        if not path.startswith("/services/"):
            raise Config("A path that is not under /services/: not sent.")
        client, wire = self._client()
        client.headers = {
            "Authorization": f"Bearer {token.get_secret_value()}",
            "Sforce-Call-Options": "client=sfsync",
            **KEEP_OWNER,
            **({"Content-Type": "application/json"} if body is not None else {}),
        }
        client.restful(path.removeprefix("/"), method=method, data=body, headers=dict(headers))
        return wire.take_reply()

    def _client(self) -> tuple[Salesforce, _QuietWire]:
        known: tuple[Salesforce, _QuietWire] | None = getattr(self._thread, "client", None)
        if known is None:
            wire = _QuietWire(
                self.origin,
                connect_timeout_s=self._connect_timeout_s,
                read_timeout_s=self._read_timeout_s,
                largest_body=self._largest_body,
            )
            client = Salesforce(instance_url=self.origin, session_id="", session=wire)
            # It writes https:// in front of every host; ours may be the emulated org on loopback.
            client.base_url = f"{self.origin}/"
            known = self._thread.client = (client, wire)
            with self._lock:
                self._wires.append(wire)
        return known


class _QuietWire(Wire):
    """Shows simple-salesforce an empty success and keeps the real reply."""

    _reply: Reply | None = None

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: bytes | None = None,
        params: None = None,
    ) -> requests.Response:
        del params  # simple-salesforce always names it; paths come with their query
        self._reply = None
        self._reply = self.exchange(method, url.removeprefix(self.origin), body=data, headers=headers)
        nothing = requests.Response()
        nothing.status_code = 204
        return nothing

    def take_reply(self) -> Reply:
        reply, self._reply = self._reply, None
        assert reply is not None, "simple-salesforce returned without having sent anything"
        return reply
