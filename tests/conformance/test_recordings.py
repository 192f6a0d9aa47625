"""Every real response that was recorded is what the org answers too, ids, dates and names of things aside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cases import NO_RULES, Step, get, lead, new_lead, patch, post, soql, sub
from tests.conformance.harness import begin, new_app

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UNNAMED = get("/limits", headers={"Authorization": "Bearer 00Dnobody"}, user="")
EVENT = {"Key__c": "once", "Kind__c": "Warned"}
TWO = {
    "allOrNone": True,
    "records": [
        {"attributes": {"type": "Lead"}, **lead()},
        {"attributes": {"type": "Lead"}, "Company": "no name"},
    ],
}
GONE = (new_lead(), Step("DELETE", "/sobjects/Lead/{lead}", user="manager"))
WINDOW = "start=2026-11-02T08:59:00Z&end=2026-11-02T09:10:00Z"
PAGED = (post("/_org/settings", {"page_rows": 1}), new_lead(), new_lead())


def _fault(name: str, **more: Any) -> Step:
    return post("/_org/faults", {"match": {}, "fault": name, **more})


ERRORS: dict[str, tuple[Step, ...]] = {
    "INVALID_SESSION_ID": (UNNAMED,),
    "REQUEST_LIMIT_EXCEEDED": (_fault("limit_exceeded", arg="{limit}"), get("/limits")),
    "UNABLE_TO_LOCK_ROW": (new_lead(), _fault("lock_row"), patch("/sobjects/Lead/{lead}", {"City": "x"})),
    "CANNOT_UPDATE_CONVERTED_LEAD": (
        new_lead(),
        post("/_org/convert", {"lead_id": "{lead}"}),
        patch("/sobjects/Lead/{lead}", {"City": "x"}),
    ),
    "ENTITY_IS_DELETED": (*GONE, patch("/sobjects/Lead/{lead}", {"City": "x"})),
    "NOT_FOUND": (get("/sobjects/Nothing__c"),),
    "NOT_FOUND Provided external ID": (patch("/sobjects/Lead/Namez/x", {"City": "x"}),),
    "PROCESSING_HALTED": (
        post(
            "/composite",
            {
                "allOrNone": True,
                "compositeRequest": [
                    sub("good", "POST", "/sobjects/Lead", lead()),
                    sub("bad", "POST", "/sobjects/Lead", {}),
                ],
            },
        ),
    ),
    "LIMIT_EXCEEDED": (
        post("/composite", {"compositeRequest": [sub(f"r{n}", "GET", "/limits") for n in range(26)]}),
    ),
    "DUPLICATE_VALUE": (post("/sobjects/SLA_Event__c", EVENT), post("/sobjects/SLA_Event__c", EVENT)),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": (post("/composite/sobjects", TWO, headers=NO_RULES),),
    "SERVER_UNAVAILABLE": (_fault("http_503"), get("/limits")),
    "QUERY_TIMEOUT": (_fault("query_timeout"), soql("SELECT Id FROM Lead")),
}
"""How each recorded refusal comes about, by its errorCode and the beginning of its message where need be."""

FIXTURES: dict[str, tuple[Step, ...]] = {
    "auth_error_response.json": (
        post("/_org/password", {"username": "someone@example.invalid", "password": "right"}),
        post("/_org/connected_app", {"client_id": "app", "client_secret": "secret"}),
        post(
            "/services/oauth2/token",
            "grant_type=password&client_id=app&client_secret=secret&username=someone@example.invalid&password=no",
            headers=FORM,
            user="",
        ),
    ),
    "auth_success_response.json": (
        soql("SELECT Username FROM User WHERE Id = '{worker}'", keep={"username": "records.0.Username"}),
        post("/_org/password", {"username": "{username}", "password": "right"}),
        post("/_org/connected_app", {"client_id": "app", "client_secret": "secret"}),
        post(
            "/services/oauth2/token",
            "grant_type=password&client_id=app&client_secret=secret&username={username}&password=right",
            headers=FORM,
            user="",
        ),
    ),
    "create_success_response.json": (post("/sobjects/Lead", lead(), headers=NO_RULES),),
    "expired_session_response.json": (UNNAMED,),
    "get_deleted_success_response.json": (
        *GONE,
        post("/_org/clock", {"advance_s": 600}),
        get(f"/sobjects/Lead/deleted?{WINDOW}"),
    ),
    "get_updated_success_response.json": (
        *(new_lead() for _ in range(7)),
        post("/_org/clock", {"advance_s": 600}),
        get(f"/sobjects/Lead/updated?{WINDOW}"),
    ),
    "query_paginated_first_page_response.json": (*PAGED, soql("SELECT Company FROM Lead")),
    "query_paginated_last_page_response.json": (
        *PAGED,
        soql("SELECT Company FROM Lead", keep={"next": "nextRecordsUrl"}),
        get("{next}"),
    ),
    "write_error_response.json": (post("/sobjects/Lead", {"foo": 1}),),
}
"""How each recorded response comes about; the last step is the one whose answer is compared."""

ADDED = {"auth_success_response.json": {"token_type", "scope"}}
"""Keys that Salesforce answers by now and the recording, of 2010, has not."""

THEIRS = {
    **dict.fromkeys(("Whizbang", "Bar"), "Lead"),
    "foo": "foo",
    "Text_Label": "Company",
    "First Page": "Conformance",
    "Last Page": "Conformance",
    "uuid__c": "Key__c",
    "some_id": "00Q000000000000EAA",
}
"""Names in the recordings, and what stands in their place here."""

_VARIES = (
    (re.compile(r"\b[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+0000"), "<date>"),
)


def errors() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in RECORDINGS.glob("error_bodies.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            recorded = json.loads(line)
            item = recorded["body"][0]
            item = item["errors"][0] if "errors" in item else item
            code = item.get("errorCode") or item["statusCode"]
            named = f"{code} {item['message']}"
            yield max((name for name in ERRORS if named.startswith(name)), key=len, default=named), recorded


def fixtures() -> list[Path]:
    return sorted((RECORDINGS / "fixtures").glob("*"))


def answer(steps: tuple[Step, ...], **known: str) -> tuple[int, Any]:
    """The answer to the last step in a new org."""
    talk = begin(new_app())
    talk.known |= known
    for step in steps[:-1]:
        talk.run(step)
    status, _, body = talk.run(steps[-1])
    return status, body


def inner(code: str, status: int, body: Any) -> tuple[int, Any]:
    """What a composite says to the subrequest that the refusal is about."""
    if isinstance(body, dict) and "compositeResponse" in body:
        (found,) = [one for one in body["compositeResponse"] if code in str(one["body"])]
        return found["httpStatusCode"], found["body"]
    if code == "ALL_OR_NONE_OPERATION_ROLLED_BACK":
        return status, body[:1]
    return status, body


def told(value: Any) -> Any:
    """The value with what varies by org and time replaced, and its names by ours."""
    if isinstance(value, dict):
        return {THEIRS.get(name, name): _same(name, item) for name, item in value.items()}
    if isinstance(value, list):
        return [told(item) for item in value]
    if isinstance(value, str):
        for theirs, ours in THEIRS.items():
            value = re.sub(rf"\b{theirs}\b", ours, value)
        for pattern, name in _VARIES:
            value = pattern.sub(name, value)
    return value


def _same(name: str, value: Any) -> Any:
    """Values that differ by their nature are compared by type alone."""
    if name in ("id", "url", "nextRecordsUrl", "instance_url", "issued_at", "signature", "access_token"):
        return f"<{name}>" if isinstance(value, str) and value else value
    return told(value)


@pytest.mark.parametrize(("name", "recorded"), list(errors()), ids=lambda one: str(one)[:60])
def test_each_recorded_refusal_is_the_orgs_too(name: str, recorded: Mapping[str, Any]) -> None:
    limit = str(recorded["body"][0].get("message", "")).split(" ")[0]
    status, body = inner(name.split()[0], *answer(ERRORS[name], limit=limit))
    assert status == recorded["http"]
    assert told(body) == told(recorded["body"])


@pytest.mark.parametrize("path", fixtures(), ids=lambda path: path.stem)
def test_each_recorded_response_is_the_orgs_too(path: Path) -> None:
    recorded = told(json.loads(path.read_text("utf-8")))
    _, body = answer(FIXTURES[path.name])
    found = told(body)
    if path.name in ADDED:
        assert found.keys() - recorded.keys() == ADDED[path.name]
        found = {name: value for name, value in found.items() if name in recorded}
    assert found == recorded


@pytest.mark.parametrize("path", [RECORDINGS] if RECORDINGS.is_dir() else [], ids=["all"])
def test_no_recording_is_left_out(path: Path) -> None:
    """The describes are held to, field by field, in tests/localorg/test_schema.py."""
    known = {"error_bodies.jsonl", "describe_Lead.json", "describe_Event.json"}
    assert {one.name for one in path.rglob("*") if one.is_file()} == known | FIXTURES.keys()
    assert {name for name, _ in errors()} == ERRORS.keys()
