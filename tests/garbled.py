"""Replies whose rows hold what no org's do: a field of another type, a time that is none, a null where none may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from sfsync.localorg.app import App, Request, Response
from sfsync.localorg.faults import Fault
from sfsync.localorg.org import Org
from sfsync.ports import Reply
from tests.inprocess import Interpose, Send

LEAD_ID = {
    "Lead": "Id",
    "LeadHistory": "LeadId",
    "SLA_Event__c": "Lead_Id__c",
    "Task": "WhoId",
    "Event": "WhoId",
    "User": "Id",
    "Group": "Id",
}
"""In what field a row says what lead it is about; for users and queues, whose row it is."""


@dataclass(frozen=True)
class Garbled:
    """A field of all rows of one object about one lead, or whose field `by` names it, as it arrives."""

    object_name: str
    field: str
    value: object
    by: str | None = None

    def __str__(self) -> str:
        return f"{self.object_name}.{self.field} is {str(self.value)[:30]!r}"

    def body(self, body: bytes, lead: str) -> bytes:
        """A reply's body with the rows about this lead as they arrive."""
        if b'"records"' not in body:
            return body
        found = msgspec.json.decode(body)
        for row in _records(found):
            about = row.get(self.by or LEAD_ID[self.object_name])
            if row["attributes"]["type"] == self.object_name and about == lead and self.field in row:
                row[self.field] = self.value
        return msgspec.json.encode(found)

    def arriving(self, lead: str) -> Interpose:
        """Let all that is read about this lead arrive so."""

        def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
            reply = send()
            return Reply(reply.status, reply.headers, self.body(reply.body, lead))

        return interpose


def _records(found: Any) -> Iterator[dict[str, Any]]:
    """All rows of all queries in a reply."""
    if isinstance(found, Mapping):
        for row in found.get("records") or ():
            if row.get("attributes", {}).get("type") in LEAD_ID:
                yield row
        for value in found.values():
            yield from _records(value)
    elif isinstance(found, list):
        for value in found:
            yield from _records(value)


class GarblingApp(App):
    """An org on a socket whose replies arrive so; `arrives` has a lead's id and what is wrong about it."""

    def __init__(self, org: Org) -> None:
        super().__init__(org)
        self.arrives: dict[str, Garbled] = {}

    def carry_out(self, request: Request, fault: Fault | None = None) -> Response:
        plain = {name: value for name, value in request.headers.items() if name.lower() != "accept-encoding"}
        response = super().carry_out(replace(request, headers=plain), fault)
        for lead, garbled in self.arrives.items():
            response = replace(response, body=garbled.body(response.body, lead))
        return response
