"""The life of one emulated org under random requests, beside the model's; both must agree at every answer."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from sfsync.localorg.app import App, Request
from sfsync.localorg.org import Org
from sfsync.localorg.schema import Schema
from tests.localorg.model import EVENT, FIELDS, LEAD, TASK, Model, Refused
from tests.localorg.random_acts import Act, Acts, Names

API = "/services/data/v68.0"
START = 1_793_610_000  # 2026-11-02T09:00:00Z
HALTED = (400, "PROCESSING_HALTED")
FAILED_GRAPHS = 14

Answer = tuple[int, Any]
Wanted = tuple[int, Any]
"""A status below 300 and what the model made of it, or a status and its errorCode."""


class Disagreement(AssertionError):
    """Raised when the org and the model do not agree."""


class Life:
    """One org, one model, one die.

    Attributes:
        sent, succeeded: requests to the API, and those that were carried out in whole.
        by_kind: how many of each kind were made.
        slowest: seconds that the slowest answer took.
    """

    def __init__(self, schema: Schema, seed: int) -> None:
        self.dice = random.Random(seed)
        self.app = App(Org(schema, START, seed=seed), wait=lambda _seconds: None)
        org = self.app.org
        people = org.people
        self.names = Names({kind: schema.objects[kind].key_prefix for kind in (LEAD, TASK, EVENT)})
        for number, user in enumerate((*people.reps, *people.managers)):
            self.names.learn(f"user {number}", user)
        self.names.learn("worker", people.integration)
        self.names.learn("queue", people.lead_queue)
        users = frozenset(name for name in self.names.ids if name.startswith("user"))
        self.model = Model(START, users, "queue", "worker")
        self.acts = Acts(self.dice, self.model, self.names)
        self._headers = {"Authorization": f"Bearer {org.issue_token(people.integration)}"}
        self._limit = 10**9
        self.control("settings", {"api_limit": self._limit})
        self.sent = self.succeeded = 0
        self.by_kind: Counter[str] = Counter()
        self.slowest = 0.0

    def run(self, requests: int, kinds: Mapping[str, tuple[int, Callable[[Life], bool]]]) -> None:
        """Make requests to the API; `kinds` are weights and what makes one and says whether it succeeded."""
        names = list(kinds)
        weights = [kinds[name][0] for name in names]
        while self.sent < requests:
            name = self.dice.choices(names, weights)[0]
            before = self.sent
            succeeded = kinds[name][1](self)
            self.by_kind[name] += 1
            if self.sent > before:
                self.succeeded += succeeded

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A request to the API and its answer, decoded."""
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        sent = {**self._headers, "Content-Type": "application/json", **(headers or {})}
        self.sent += 1
        begun = time.perf_counter()
        response = self.app.handle(Request(method, API + path, sent, raw))
        self.slowest = max(self.slowest, time.perf_counter() - begun)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            return response.status, "HTML"
        return response.status, msgspec.json.decode(response.body) if response.body else None

    def control(self, name: str, body: Any) -> Any:
        """A request to the control plane, which is not counted; its body, or Refused."""
        response = self.app.handle(Request("POST", f"/_org/{name}", {}, msgspec.json.encode(body)))
        decoded = msgspec.json.decode(response.body)
        if response.status >= 300:
            raise Refused(response.status, decoded[0]["errorCode"])
        return decoded

    def play(self, act: Act) -> Wanted:
        """Do the act to the model: what the org should answer."""
        try:
            with self.model.savepoint():
                return act.status, act.play()
        except Refused as refused:
            return refused.status, refused.code

    def settle(self, act: Act, wanted: Wanted, answer: Answer) -> None:
        """Hold an answer about one row to what is wanted, and learn the id of a new row."""
        status, body = answer
        told = f"{act.method} {act.path} {act.body}: wanted {wanted}, answered {status} {body}"
        if status != wanted[0]:
            raise Disagreement(told)
        if status >= 400:
            if wanted[1] not in [item["errorCode"] for item in body]:
                raise Disagreement(told)
        elif act.method == "GET":
            self.check_row(wanted[1], body, act.shown, told)
        elif body is not None:
            self._learn(wanted[1], body["id"], told)

    def settle_item(self, wanted: Wanted, item: Mapping[str, Any], told: str) -> None:
        """The same for one result of a collection."""
        if item["success"] != (wanted[0] < 300):
            raise Disagreement(f"{told}: wanted {wanted}, answered {item}")
        if not item["success"]:
            if wanted[1] not in [error["statusCode"] for error in item["errors"]]:
                raise Disagreement(f"{told}: wanted {wanted}, answered {item}")
        elif isinstance(wanted[1], str):
            self._learn(wanted[1], item["id"], told)

    def _learn(self, name: str, record_id: str, told: str) -> None:
        if self.names.ids.get(name, record_id) != record_id:
            raise Disagreement(f"{name} is {self.names.ids[name]}, but {told}")
        self.names.learn(name, record_id)

    def check_row(
        self, row: Mapping[str, Any], shown: Mapping[str, Any], fields: Sequence[str], told: str
    ) -> None:
        """The fields that the org shows are the model's."""
        for name in fields:
            theirs = self._modelled(name, shown[name])
            ours = row.get(name)
            if theirs != (False if ours is None and name == "DoNotCall" else ours):
                raise Disagreement(f"{name} is {ours!r}, not {theirs!r}: {told}")

    def _modelled(self, name: str, value: Any) -> Any:
        if name in ("SystemModstamp", "CreatedDate"):
            return int(datetime.fromisoformat(value).timestamp())
        if name == "SLA_Guard__c" and value:
            head, bar, rest = value.partition("|")
            known = {one[:15]: who for one, who in self.names.names.items() if one[:3] in ("005", "00G")}
            return f"<{known.get(head, head.strip('<>'))}>{bar}{rest}"
        return self.names.names.get(value, value) if isinstance(value, str) else value

    def rows_of_org(self, kind: str) -> list[dict[str, Any]]:
        """Every row of a kind, deleted ones too, read page by page."""
        columns = [*FIELDS[kind], "SystemModstamp", "CreatedDate", "IsDeleted", "Id"]
        columns += {LEAD: ["IsConverted", "MasterRecordId"], TASK: ["IsClosed"], EVENT: []}[kind]
        statement = f"SELECT {', '.join(columns)} FROM {kind}"
        path = f"/queryAll?q={quote(statement)}"
        rows: list[dict[str, Any]] = []
        while path:
            status, page = self.send("GET", path, headers={"Sforce-Query-Options": "batchSize=500"})
            if status != 200:
                raise Disagreement(f"{path} answered {status} {page}")
            rows += page["records"]
            path = page.get("nextRecordsUrl", "").removeprefix(API)
        return rows

    def check_state(self) -> int:
        """The org's rows and history are exactly the model's; says how many rows that were."""
        count = 0
        for kind in (LEAD, TASK, EVENT):
            theirs = {self.names.names.get(row["Id"], row["Id"]): row for row in self.rows_of_org(kind)}
            ours = {name: row for name, row in self.model.rows.items() if row["kind"] == kind}
            if theirs.keys() != ours.keys():
                raise Disagreement(f"{kind}: only one has {theirs.keys() ^ ours.keys()}")
            for name, row in theirs.items():
                fields = [one for one in row if one not in ("attributes", "Id")]
                self.check_row(ours[name], row, fields, f"{name} at the end")
            count += len(ours)
        return count + self._check_history()

    def _check_history(self) -> int:
        history: Counter[tuple[str, str]] = Counter()
        path = f"/queryAll?q={quote('SELECT LeadId, Field FROM LeadHistory')}"
        while path:
            _, page = self.send("GET", path)
            history.update((self.names.names[row["LeadId"]], row["Field"]) for row in page["records"])
            path = page.get("nextRecordsUrl", "").removeprefix(API)
        if history != +self.model.history:
            raise Disagreement(
                f"history differs: {history - self.model.history}, {self.model.history - history}"
            )
        return history.total()

    def at(self, seconds: int) -> str:
        """A time as SOQL and getUpdated take it."""
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def headers_of(self, act: Act) -> dict[str, str]:
        """The header that says whether the assignment rule is on."""
        return {} if act.assigned else {"Sforce-Auto-Assign": "FALSE"}
