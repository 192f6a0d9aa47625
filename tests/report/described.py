"""Orgs whose describe says something else of one value of a picklist."""

from __future__ import annotations

import json

from sfsync.ports import Reply
from tests.inprocess import Interpose, Send


def describing(name: str, field: str, value: str, *, active: bool) -> Interpose:
    """An org in which this value is active or not, as the REST API describes the object."""

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if not path.endswith(f"sobjects/{name}/describe"):
            return reply
        described = json.loads(reply.body)
        [listed] = [one["picklistValues"] for one in described["fields"] if one["name"] == field]
        [meant] = [one for one in listed if one["value"] == value]
        meant["active"] = active
        return Reply(reply.status, reply.headers, json.dumps(described).encode())

    return interpose
