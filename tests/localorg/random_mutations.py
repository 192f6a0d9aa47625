"""Requests that were good until one value in them became another: answered somehow, but never with a 500."""

from __future__ import annotations

from typing import Any

from tests.localorg.random_life import API, Disagreement, Life

VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**63,
    1e300,
    "",
    "x",
    "x" * 40_000,
    "@{r0.id}",
    "@{r0[*].id}",
    "@{",
    "\x00",
    "00Q000000000001",
    "2026-11-02",
    "/services/data/v68.0/sobjects/Lead",
    "/services/data/v999.0/",
    "%00%ff",
    "SELECT Id FROM Lead",
    [],
    {},
    [None],
    [[]],
    {"attributes": 5},
    {"": ""},
)
LEAD = {"LastName": "x", "Company": "y"}
SUBREQUESTS = [
    {"referenceId": "r0", "method": "POST", "url": f"{API}/sobjects/Lead", "body": LEAD},
    {
        "referenceId": "r1",
        "method": "POST",
        "url": f"{API}/sobjects/Task",
        "body": {"WhoId": "@{r0.id}", "ActivityDate": "2026-11-02", "IsReminderSet": True},
        "httpHeaders": {"Sforce-Auto-Assign": "FALSE"},
    },
    {"referenceId": "r2", "method": "GET", "url": f"{API}/query?q=SELECT+Id+FROM+Lead"},
]
POST = {
    "feedElementType": "FeedItem",
    "subjectId": "@lead",
    "body": {"messageSegments": [{"type": "Text", "text": "x"}, {"type": "Mention", "id": "@user"}]},
}
GOOD: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/sobjects/Lead", {**LEAD, "NumberOfEmployees": 5, "Email": "a@b.example", "OwnerId": "@user"}),
    ("POST", "/sobjects/Event", {"WhoId": "@lead", "StartDateTime": "2026-11-02T09:00:00Z", "DurationInMinutes": 5}),
    ("POST", "/sobjects/SLA_Event__c", {"Key__c": "k", "Kind__c": "Met", "Lead__r": {"SLA_Source_Id__c": "x"}}),
    ("POST", "/composite", {"allOrNone": True, "collateSubrequests": False, "compositeRequest": SUBREQUESTS}),
    ("POST", "/composite/graph", {"graphs": [{"graphId": "1", "compositeRequest": SUBREQUESTS[:2]}]}),
    (
        "POST",
        "/composite/batch",
        {
            "haltOnError": True,
            "batchRequests": [
                {"method": "POST", "url": "v68.0/sobjects/Lead", "richInput": LEAD},
                {"method": "POST", "url": "v68.0/chatter/feed-elements", "richInput": POST},
            ],
        },
    ),
    ("POST", "/composite/sobjects", {"allOrNone": False, "records": [{"attributes": {"type": "Lead"}, **LEAD}]}),
    ("PATCH", "/composite/sobjects", {"records": [{"attributes": {"type": "Lead"}, "id": "@lead", "Title": "x"}]}),
    (
        "PATCH",
        "/composite/sobjects/Lead/SLA_Source_Id__c",
        {"records": [{"attributes": {"type": "Lead"}, "SLA_Source_Id__c": "x", **LEAD}]},
    ),
    ("POST", "/composite/sobjects/Lead", {"ids": ["@lead"], "fields": ["Id", "Name"]}),
    ("POST", "/chatter/feed-elements", POST),
    ("POST", "/chatter/feed-elements/batch", {"inputs": [{"richInput": POST}]}),
    ("POST", "/jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead", "columnDelimiter": "COMMA"}),
    ("POST", "/jobs/ingest", {"object": "Lead", "operation": "insert", "contentType": "CSV", "lineEnding": "LF"}),
)  # fmt: skip


class _TakenBack(Exception):
    """Raised so that a mutated request leaves nothing behind."""


def mutated(life: Life) -> bool:
    """Put another value somewhere into a good request; what it does is taken back."""
    dice = life.dice
    method, path, good = dice.choice(GOOD)
    leads = [name for name in life.model.live("Lead") if life.names.knows(name)]
    body = _filled(good, life.names.of(dice.choice(leads)) if leads else "x", life.names.of("user 0"))
    for _ in range(dice.choice((1, 1, 2))):
        body = _changed(body, list(_places(body)), dice.choice, dice.choice(VALUES))
    status = 0
    try:
        with life.app.org.transaction():
            status, answer = life.send(method, path, body)
            raise _TakenBack
    except _TakenBack:
        if status >= 500 or status == 0:
            raise Disagreement(f"{method} {path} {body} answered {status} {answer}") from None
    return status < 300


def _filled(value: Any, lead: str, user: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item, lead, user) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, lead, user) for item in value]
    return {"@lead": lead, "@user": user}.get(value, value) if isinstance(value, str) else value


def _places(value: Any, here: tuple[Any, ...] = ()) -> Any:
    if here:
        yield here
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _places(item, (*here, name))


def _changed(value: Any, places: list[tuple[Any, ...]], choose: Any, new: Any) -> Any:
    """The value with another one at one of the places, or without what stood there."""
    if not places:
        return new
    *way, last = choose(places)
    copy = _filled(value, "", "")
    found = copy
    for step in way:
        found = found[step]
    if new == "x" and isinstance(found, dict):
        del found[last]
    else:
        found[last] = new
    return copy
