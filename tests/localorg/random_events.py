"""What else befalls an org: faults, malformed requests, time, and what an admin does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sfsync.localorg.app import ConnectionDropped
from tests.localorg.model import EVENT, LEAD, TASK, Refused
from tests.localorg.random_kinds import played
from tests.localorg.random_life import Disagreement, Life


def _soql(statement: str) -> str:
    return f"/query?q={quote(statement)}"


JUNK: tuple[tuple[str, str, Any, Mapping[str, str], int, str], ...] = (
    ("GET", "/limits", None, {"Authorization": "Bearer nonsense"}, 401, "INVALID_SESSION_ID"),
    ("GET", "/sobjects/Nothing__c", None, {}, 404, "NOT_FOUND"),
    ("GET", "/nothing/at/all", None, {}, 404, "NOT_FOUND"),
    ("PUT", "/sobjects/Lead", {}, {}, 405, "METHOD_NOT_ALLOWED"),
    ("DELETE", "/query?q=SELECT%20Id%20FROM%20Lead", None, {}, 405, "METHOD_NOT_ALLOWED"),
    ("POST", "/sobjects/Lead", b"{", {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/sobjects/Lead", b"[]", {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/sobjects/Lead", b"\xff\xfe", {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/sobjects/Lead", b'{"LastName": "\\ud800"}', {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/sobjects/Lead", b"[" * 50_000, {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/sobjects/Lead", b"x=1", {"Content-Type": "application/xml"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ("POST", "/sobjects/Lead", b"no gzip", {"Content-Encoding": "gzip"}, 400, "INVALID_REQUEST"),
    ("POST", "/sobjects/Lead", {"AnnualRevenue": 1e300}, {}, 400, "NUMBER_OUTSIDE_VALID_RANGE"),
    ("POST", "/sobjects/Lead", {"NumberOfEmployees": "1e999999999"}, {}, 400, "NUMBER_OUTSIDE_VALID_RANGE"),
    ("POST", "/sobjects/Lead", {"AnnualRevenue": "1e999999999"}, {}, 400, "NUMBER_OUTSIDE_VALID_RANGE"),
    ("POST", "/composite", {"compositeRequest": [{}]}, {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/composite", {"compositeRequest": 5}, {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/composite/graph", {"graphs": [{"graphId": "1"}]}, {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/composite/batch", {"batchRequests": "x"}, {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/composite/sobjects", {"records": [{}] * 201}, {}, 400, "EXCEEDED_ID_LIMIT"),
    ("POST", "/composite/sobjects", {"records": None}, {}, 400, "JSON_PARSER_ERROR"),
    ("POST", "/composite/sobjects/Lead", {"ids": [1], "fields": ["Id"]}, {}, 400, "JSON_PARSER_ERROR"),
    ("DELETE", "/composite/sobjects", None, {}, 400, "MISSING_ARGUMENT"),
    ("GET", "/query", None, {}, 400, "MALFORMED_QUERY"),
    ("GET", "/query?q=", None, {}, 400, "MALFORMED_QUERY"),
    ("GET", _soql("SELECT"), None, {}, 400, "MALFORMED_QUERY"),
    ("GET", _soql("SELECT foo FROM Lead"), None, {}, 400, "INVALID_FIELD"),
    ("GET", _soql("SELECT Id FROM Nothing"), None, {}, 400, "INVALID_TYPE"),
    ("GET", _soql("SELECT Id FROM Lead WHERE Id='\\ud800'"), None, {}, 400, "MALFORMED_QUERY"),
    ("GET", _soql("SELECT Id FROM Lead LIMIT ") + "9" * 5000, None, {}, 400, "MALFORMED_QUERY"),
    ("GET", _soql("SELECT Id FROM Lead WHERE CreatedDate=LAST_N_DAYS:999999999"), None, {}, 400, ""),
    ("GET", _soql("SELECT Id FROM Lead WHERE CreatedDate=NEXT_N_YEARS:9000"), None, {}, 400, ""),
    ("GET", "/query/01g000000000001AAA-" + "9" * 5000, None, {}, 400, "INVALID_QUERY_LOCATOR"),
    ("GET", "/query/01g000000000001AAA-2000", None, {}, 400, "INVALID_QUERY_LOCATOR"),
    ("GET", "/sobjects/Lead/updated?start=x&end=y", None, {}, 400, ""),
    ("POST", "/sobjects/Lead", {"EmailBouncedDate": "0001-01-01T00:00:00+23:59"}, {}, 400, ""),
    ("POST", "/sobjects/Task", {"ActivityDate": "0001-01-01"}, {}, 400, ""),
    ("POST", "/chatter/feed-elements", {}, {}, 400, ""),
    ("POST", "/chatter/feed-elements", {"subjectId": 5, "body": {"messageSegments": "x"}}, {}, 400, ""),
)  # fmt: skip


def junk(life: Life) -> bool:
    """A request that nobody should send: refused with Salesforce's code, and nothing is changed."""
    method, path, body, headers, status, code = life.dice.choice(JUNK)
    answer = life.send(method, path, body, headers)
    if answer[0] != status or (code not in [item["errorCode"] for item in answer[1]] and code):
        raise Disagreement(
            f"{method} {path[:200]} {str(body)[:200]} wanted {status} {code}, answered {answer}"
        )
    return False


def struck(life: Life) -> bool:
    """A change of a row that a fault befalls: carried out or not, but never half."""
    dice = life.dice
    act = life.acts.update(dice.choice((LEAD, TASK, EVENT)), assigned=False)
    fault = dice.choice(
        ("drop_before", "reset", "drop_after_commit", "http_503", "html_503", "http_500", "session_expired",
         "limit_exceeded", "lock_row")
    )  # fmt: skip
    life.control("faults", {"match": {"method": "PATCH"}, "fault": fault})
    wanted = life.play(act) if fault == "drop_after_commit" else None
    try:
        status, body = life.send(act.method, act.path, act.body, life.headers_of(act))
    except ConnectionDropped as dropped:
        if dropped.carried_out != (fault == "drop_after_commit"):
            raise Disagreement(f"{fault} said carried_out={dropped.carried_out}") from None
        return wanted is not None and wanted[0] < 300
    expected = {
        "http_503": 503, "html_503": 503, "http_500": 500, "session_expired": 401, "limit_exceeded": 403,
        "lock_row": 400,
    }  # fmt: skip
    if status != expected[fault]:
        raise Disagreement(f"{fault} answered {status} {body}")
    return False


def time_passes(life: Life) -> bool:
    """The clock moves on, by less than a second's work of the org or by hours."""
    seconds = life.dice.choice((0, 1, 1, 60, 3600))
    life.control("clock", {"advance_s": seconds})
    life.model.now += seconds
    return True


def rule(life: Life) -> bool:
    """The admin switches the assignment rule on or off."""
    owner = life.dice.choice((None, None, "queue", "user 0"))
    entries = [] if owner is None else [{"owner_id": life.names.of(owner)}]
    life.control("assignment_rule", {"entries": entries})
    life.model.rule_owner = owner
    return True


def admin(life: Life) -> bool:
    """Merge, undelete or convert, as a user would."""
    target = life.acts.target
    act = life.dice.choice(("merge", "undelete", "undelete", "convert"))
    if act == "undelete":
        names = sorted(life.model.removals) or ["nobody"]
    else:
        names = [target(LEAD), target(LEAD)]
    if not all(map(life.names.knows, names)):
        return False
    name, other = (life.dice.choice(names), names[-1])
    body, play = {
        "merge": (
            {"master_id": life.names.of(name), "loser_ids": [life.names.of(other)]},
            lambda: life.model.merge(name, other),
        ),
        "undelete": ({"id": life.names.of(name)}, lambda: life.model.undelete(name)),
        "convert": ({"lead_id": life.names.of(name)}, lambda: life.model.convert(name)),
    }[act]
    wanted = played(life, play)
    try:
        made = life.control(act, body)
    except Refused as refused:
        if (refused.status, refused.code) != wanted:
            raise Disagreement(f"{act} {body} wanted {wanted}, answered {refused}") from None
        return False
    if wanted[0] != 200:
        raise Disagreement(f"{act} {body} wanted {wanted}, answered {made}")
    if act == "convert":
        life.names.learn(f"contact of {name}", made["contact_id"])
    return True
