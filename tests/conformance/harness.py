"""Runs conformance cases against an org: the emulated one in process, by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from sfsync.localorg.app import App, Request
from sfsync.localorg.metadata import load_schema
from sfsync.localorg.org import Org
from tests.conformance.cases import Case, Check, Step, matches

METADATA = Path(__file__).resolve().parents[2] / "salesforce"
START = 1_793_610_000  # 2026-11-02T09:00:00Z, a Monday
SCHEMA = load_schema(METADATA)
API = "/services/data/v68.0"

Answered = tuple[int, Mapping[str, str], Any]
Send = Callable[[str, str, Mapping[str, str], bytes], Answered]


def new_app() -> App:
    """A fresh emulated org with the project's own metadata."""
    return App(Org(SCHEMA, START))


def sender(app: App) -> Send:
    """Requests to an app, in process."""

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        response = app.handle(Request(method, path, headers, body))
        shown = {name.lower(): value for name, value in response.headers.items()}
        if response.body and shown.get("content-type", "").startswith("application/json"):
            return response.status, shown, msgspec.json.decode(response.body)
        return response.status, shown, response.body.decode() or None

    return send


class Conversation:
    """What a case has kept so far, and the sessions of the org's people.

    Attributes:
        known: names to ids: worker, rep, rep2, manager, queue, and what steps kept.
        tokens: user names to session tokens.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.known: dict[str, Any] = {}
        self.tokens: dict[str, str] = {"": ""}

    def login(self, name: str, user_id: str) -> None:
        """Give a user of the org a name and a session."""
        status, _, body = self._send("POST", "/_org/login", {}, msgspec.json.encode({"user_id": user_id}))
        assert status == 200, body
        self.known[name] = user_id
        self.known[f"{name}15"] = user_id[:15]
        self.tokens[name] = body["access_token"]

    def run(self, step: Step) -> Answered:
        """Make the request of a step and keep what it says."""
        path = self.filled(step.path)
        if not path.startswith(("/services", "/_org", "/id/")):
            path = API + path
        head, mark, statement = path.partition("?q=")
        if mark:
            path = f"{head}?q={quote(statement)}"
        headers = {name: self.filled(value) for name, value in step.headers.items()}
        token = self.tokens[step.user]
        if token and not path.startswith("/_org"):
            headers.setdefault("Authorization", f"Bearer {token}")
        body = b""
        if isinstance(step.body, str | bytes):
            body = step.body if isinstance(step.body, bytes) else self.filled(step.body).encode()
        elif step.body is not None:
            body = msgspec.json.encode(self.filled(step.body))
            headers.setdefault("Content-Type", "application/json")
        answered = self._send(step.method, path, headers, body)
        for name, where in step.keep.items() if answered[0] < 400 else ():
            self.known[name] = _at(answered[2], where)
            self.known[f"{name}15"] = str(self.known[name])[:15]
        return answered

    def filled(self, value: Any) -> Any:
        """The value with `{names}` replaced, at any depth."""
        if isinstance(value, str):
            for name, known in self.known.items():
                value = value.replace("{" + name + "}", str(known))
            return value
        if isinstance(value, Mapping):
            return {self.filled(name): self.filled(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.filled(item) for item in value]
        return value


def _at(body: Any, where: str) -> Any:
    for part in where.split("."):
        body = body[int(part)] if part.isdecimal() else body[part]
    return body


def begin(app: App) -> Conversation:
    """A conversation with a fresh emulated org in which the people have names."""
    talk = Conversation(sender(app))
    people = app.org.people
    talk.login("worker", people.integration)
    talk.login("rep", people.reps[0])
    talk.login("rep2", people.reps[1])
    talk.login("manager", people.managers[0])
    talk.known["queue"] = people.lead_queue
    return talk


def run_case(talk: Conversation, case: Case) -> None:
    """Make the case's requests and hold the answers to what it says."""
    if case.settings:
        answered = talk.run(Step("POST", "/_org/settings", dict(case.settings)))
        assert answered[0] == 200, answered
    for step in case.given:
        status, _, body = talk.run(step)
        assert status < 400, f"{step.method} {step.path} was refused: {body}"
    for check in case.checks:
        hold(talk, check)


def hold(talk: Conversation, check: Check) -> None:
    """Make one request and compare status, headers and body."""
    status, headers, body = talk.run(check.step)
    told = f"{check.step.method} {talk.filled(check.step.path)} answered {status} {body}"
    assert status == check.status, told
    assert matches(check.body, body, talk.filled), f"{told}\nwanted {check.body}"
    for name, expected in check.headers.items():
        assert matches(expected, headers.get(name.lower()), talk.filled), f"{name} in {headers}"
