"""The ten questions at the end of salesforce-facts.md, asked of an org; an answer says what the org did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import quote

OPEN = "Open - Not Contacted"
NO_RULES = {"Sforce-Auto-Assign": "FALSE"}


class Org(Protocol):
    """What the questions need of an org."""

    version: str

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], Any]: ...
    def rows(self, statement: str) -> list[dict[str, Any]]: ...


def answers(org: Org, rounds: int) -> Iterator[str]:
    """The answers, in the order of the questions."""
    race = _Race(org, rounds)
    yield race.told
    yield _outer_auto_assign(org)
    yield _converted(org)
    yield _history(org)
    yield _statuses(org, race)
    yield "asked by hand: an after-save flow that posts to Chatter, in a graph whose last node fails"
    yield _rights(org)
    yield _date(org)
    yield _composite_rows(org)
    yield _upsert(org)


def _lead(org: Org, headers: Mapping[str, str] = NO_RULES, **values: Any) -> str:
    status, _, body = org.ask(
        "POST", "/sobjects/Lead", {"LastName": "Question", "Company": "Conformance", **values}, headers
    )
    if status != 201:
        raise AssertionError(f"no lead can be made: {status} {body}")
    return str(body["id"])


def _code(body: Any) -> str:
    return str(body[0].get("errorCode")) if isinstance(body, list) and body else "no error"


class _Race:
    """Two sessions write one lead at once, each only if it is as it was; one at most may succeed."""

    def __init__(self, org: Org, rounds: int) -> None:
        self.refusals: Counter[tuple[int, str]] = Counter()
        lead = _lead(org, Status=OPEN)
        owner = org.rows(f"SELECT OwnerId FROM Lead WHERE Id = '{lead}'")[0]["OwnerId"][:15]
        both = none = 0
        before = OPEN
        with ThreadPoolExecutor(2) as pool:
            for number in range(rounds):
                bodies = [
                    {"Status": new, "SLA_Guard__c": f"{owner}|{before}|{number}-{new}"}
                    for new in (f"A {number}", f"B {number}")
                ]
                told = list(
                    pool.map(lambda body: org.ask("PATCH", f"/sobjects/Lead/{lead}", body, NO_RULES), bodies)
                )
                won = sum(status < 300 for status, _, _ in told)
                both += won == 2
                none += won == 0
                self.refusals.update((status, _code(body)) for status, _, body in told if status >= 300)
                before = org.rows(f"SELECT Status FROM Lead WHERE Id = '{lead}'")[0]["Status"]
        seen = ", ".join(f"{count} × {status} {code}" for (status, code), count in self.refusals.items())
        self.told = (
            f"in {rounds} rounds both won {both} times and nobody {none} times; refusals: {seen or 'none'}"
        )


def _outer_auto_assign(org: Org) -> str:
    own = org.rows(f"SELECT OwnerId FROM Lead WHERE Id = '{_lead(org)}'")[0]["OwnerId"]
    ruled = org.rows(f"SELECT OwnerId FROM Lead WHERE Id = '{_lead(org, {})}'")[0]["OwnerId"]
    if own == ruled:
        return "not to be told: no active assignment rule takes our leads"
    body = {
        "compositeRequest": [
            {
                "referenceId": "lead",
                "method": "POST",
                "url": "/services/data/v68.0/sobjects/Lead",
                "body": {"LastName": "Question", "Company": "Conformance"},
            }
        ]
    }
    _, _, answer = org.ask("POST", "/composite", body, NO_RULES)
    made = {"an outer header": answer["compositeResponse"][0]["body"]["id"]}
    for whose, outer, inner in (("a call's", NO_RULES, {}), ("a node's", {}, {"httpHeaders": NO_RULES})):
        node = body["compositeRequest"][0] | inner
        graphs = {"graphs": [{"graphId": "question", "compositeRequest": [node]}]}
        _, _, answer = org.ask("POST", "/composite/graph", graphs, outer)
        entries = answer["graphs"][0]["graphResponse"]["compositeResponse"]
        made[f"{whose} in a graph"] = entries[0]["body"]["id"]
    owners = {
        which: org.rows(f"SELECT OwnerId FROM Lead WHERE Id = '{lead}'")[0]["OwnerId"]
        for which, lead in made.items()
    }
    return "; ".join(
        f"{which} is {'honoured' if owner == own else 'not honoured'}" for which, owner in owners.items()
    )


def _converted(org: Org) -> str:
    found = org.rows("SELECT Id FROM Lead WHERE IsConverted = true LIMIT 1")
    if not found:
        return "not to be told: there is no converted lead; convert one and ask again"
    body = {"Key__c": "question-3", "Kind__c": "Converted", "Lead__c": found[0]["Id"]}
    status, _, answer = org.ask("POST", "/sobjects/SLA_Event__c", body)
    return f"a row that looks up a converted lead: {status} {_code(answer)}"


def _history(org: Org) -> str:
    users = org.rows("SELECT Id FROM User WHERE IsActive = true AND UserType = 'Standard' LIMIT 2")
    lead = _lead(org)
    told = [
        org.ask("PATCH", f"/sobjects/Lead/{lead}", {"OwnerId": user["Id"]}, NO_RULES)[0] for user in users
    ]
    rows = org.rows(f"SELECT Field, DataType FROM LeadHistory WHERE LeadId = '{lead}'")
    seen = Counter(f"{row['Field']} ({row['DataType']})" for row in rows)
    return f"owner changes answered {told}; history has {dict(seen)}"


def _statuses(org: Org, race: _Race) -> str:
    locks = sorted({status for status, code in race.refusals if code == "UNABLE_TO_LOCK_ROW"})
    told = [f"UNABLE_TO_LOCK_ROW {locks}" if locks else "no lock was refused"]
    inactive = org.rows("SELECT Id FROM User WHERE IsActive = false AND UserType = 'Standard' LIMIT 1")
    if inactive:
        body = {"OwnerId": inactive[0]["Id"]}
        status, _, answer = org.ask("PATCH", f"/sobjects/Lead/{_lead(org)}", body, NO_RULES)
        told.append(f"{_code(answer)} {status}")
    else:
        told.append("there is no inactive user")
    status, _, body = org.ask("POST", "/sobjects/SLA_Event__c", {"Key__c": "question-5", "Kind__c": "Met"})
    if status == 201:
        status, _, answer = org.ask("DELETE", f"/sobjects/SLA_Event__c/{body['id']}")
        told.append(f"deleting from the ledger: {_code(answer)} {status}")
    return "; ".join(told)


def _rights(org: Org) -> str:
    lead = _lead(org)
    post = {
        "feedElementType": "FeedItem",
        "subjectId": lead,
        "body": {"messageSegments": [{"type": "Text", "text": "A question of sfsync's conformance suite"}]},
    }
    status, _, body = org.ask("POST", "/chatter/feed-elements", post)
    posted = f"a post on a lead: {status} {_code(body)}"
    status, _, body = org.ask("POST", "/sobjects/Task", {"WhoId": lead, "Subject": "Question"})
    return f"{posted}; a task: {status} {_code(body)}"


def _date(org: Org) -> str:
    status, headers, body = org.ask("GET", f"/sobjects/Lead/{_lead(org)}?fields=SystemModstamp")
    if status != 200 or "date" not in headers:
        return f"not to be told: {status} without Date"
    stamp = datetime.fromisoformat(body["SystemModstamp"])
    apart = (parsedate_to_datetime(headers["date"]) - stamp).total_seconds()
    return f"Date is {apart:+.0f} s from the SystemModstamp of a row made just before"


def _composite_rows(org: Org) -> str:
    statement = quote("SELECT Id FROM Lead")
    outside = org.ask("GET", f"/query?q={statement}")[2]
    sub = {"referenceId": "q", "method": "GET", "url": f"/services/data/v68.0/query?q={statement}"}
    inside = org.ask("POST", "/composite", {"compositeRequest": [sub]})[2]["compositeResponse"][0]["body"]
    counts = f"{len(inside['records'])} rows inside composite, {len(outside['records'])} outside"
    return f"{counts}, of {outside['totalSize']}"


def _upsert(org: Org) -> str:
    versions = [one["version"] for one in org.ask("GET", "/services/data")[2]]
    lead = {"LastName": "Question", "Company": "Conformance"}
    path = "sobjects/Lead/SLA_Source_Id__c/question-10"
    org.ask("PATCH", f"/{path}", lead, NO_RULES)
    told: dict[int, list[str]] = {}
    for version in versions:
        status, _, _ = org.ask("PATCH", f"/services/data/v{version}/{path}", lead, NO_RULES)
        told.setdefault(status, []).append(version)
    return "; ".join(f"{status} in {found[0]} to {found[-1]}" for status, found in told.items())
