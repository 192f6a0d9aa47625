"""The conformance suite against an org that is not ours, and the ten questions that only such an org can answer.

    CONFORMANCE_INSTANCE_URL=https://… CONFORMANCE_TOKEN=… [CONFORMANCE_PREFIX=sfsync-conf] [CONFORMANCE_ROUNDS=1000]
        .venv/bin/python -m tests.conformance.real

Use a sandbox with our metadata package and a user who holds SFSync_Worker. Only cases that need no control plane, no
other user and no empty org are run; why the others are not is counted aloud. Companies, external ids and keys of what
is made begin with the prefix, and all that was made is deleted at the end (rows of the ledger cannot be). Nothing else
is changed. Exits 1 when a case fails.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from sfsync.salesforce.soql import full_id
from tests.conformance import questions
from tests.conformance.cases import Case
from tests.conformance.harness import Answered, Conversation, run_case
from tests.conformance.table import TABLE

API = "/services/data/v68.0"
TIMEOUT_S = 60
OURS = re.compile("SLA_|SFSync_")
LOCAL: tuple[tuple[str, str], ...] = (
    ("/_org", "needs the control plane"),
    ("2026-11-02", "needs the emulated org's clock"),
    ("02 Nov 2026", "needs the emulated org's clock"),
    ("api-usage", "needs a count of calls of its own"),
    ("110000", "needs a count of calls of its own"),
    ("{queue}", "needs the emulated org's queue"),
    ("services/oauth2", "needs a connected app"),
    ("user='manager'", "needs a second user"),
    ("user='rep", "needs a second user"),
    ("'path': '/chatter", "posts to people"),
    ("chatter/feed-elements'", "posts to people"),
    ("/jobs/", "takes longer than a request"),
)


def why_not(case: Case, with_package: bool) -> str:
    """Why a case makes no sense in a real org; '' when it does."""
    told = repr(case)
    if case.settings:
        return "turns a switch of the emulated org"
    for text, reason in LOCAL:
        if text in told:
            return reason
    if OURS.search(told) and not with_package:
        return "needs the metadata package"
    for check in case.checks:
        if check.status < 300 and re.search(r"FROM (?!.*\bWHERE \w*Id\w* (=|IN) )", check.step.path):
            return "needs an org with no other rows"
        if check.status == 404 and "/v31.0/" in check.step.path:
            return "old versions are still served"
    return ""


class RealOrg:
    """Requests to an org by its address; remembers what was made."""

    def __init__(self, instance_url: str, token: str, prefix: str) -> None:
        self._address = urlsplit(instance_url)
        self.token = token
        self.prefix = prefix
        self.mark = uuid.uuid4().hex[:8]
        self.made: list[str] = []
        self.version = "v68.0"

    def connect(self) -> None:
        """Find out which versions there are, and use the newest that the cases know."""
        status, _, versions = self.send("GET", "/services/data", {}, b"")
        if status != 200:
            raise SystemExit(f"{self._address.geturl()} answered {status}: {versions}")
        self.version = (
            f"v{max((one['version'] for one in versions if float(one['version']) <= 68), key=float)}"
        )

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """A request as the harness makes it, in the org's own version and under our prefix."""
        path = self._ours(path.replace(API, f"/services/data/{self.version}"))
        raw = self._ours(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        kind = http.client.HTTPSConnection if self._address.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._address.netloc, timeout=TIMEOUT_S)
        try:
            connection.request(
                method, path, raw if body else None, {"Sforce-Call-Options": "client=sfsync", **headers}
            )
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        shown = {name.lower(): value for name, value in response.getheaders()}
        if not text or not shown.get("content-type", "").startswith("application/json"):
            return response.status, shown, text.decode("utf-8", "replace") or None
        theirs = text.decode().replace(f"/services/data/{self.version}", API)
        decoded = json.loads(theirs.replace(f'"Company":"{self.prefix}"', '"Company":"Conformance"'))
        self._remember(decoded)
        return response.status, shown, decoded

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answered:
        """A request with our token, below the version."""
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        whole = path if path.startswith("/services") else API + path
        return self.send(method, whole, sent, b"" if body is None else msgspec.json.encode(body))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """The first page of a query; [] when it is refused."""
        status, _, body = self.ask("GET", f"/query?q={quote(statement)}")
        return list(body["records"]) if status == 200 else []

    def _ours(self, text: str) -> str:
        """Companies and keys under our prefix, and of this run alone."""
        text = text.replace('"Company":"Conformance"', f'"Company":"{self.prefix}"')
        text = re.sub(r'("(?:SLA_Source_Id__c|Key__c)":")(?=[^"])', rf"\g<1>{self.prefix}-{self.mark}-", text)
        return re.sub(r"(/(?:SLA_Source_Id__c|Key__c)/)(?=.)", rf"\g<1>{self.prefix}-{self.mark}-", text)

    def _remember(self, value: Any) -> None:
        if isinstance(value, dict):
            if value.get("success") is True and isinstance(value.get("id"), str):
                self.made.append(value["id"])
            for item in value.values():
                self._remember(item)
        elif isinstance(value, list):
            for item in value:
                self._remember(item)

    def clean(self) -> int:
        """Delete what was made; returns how many of it are left (the ledger's rows, and what is refused)."""
        left = 0
        made = list(dict.fromkeys(self.made))
        for start in range(0, len(made), 200):
            ids = ",".join(made[start : start + 200])
            status, _, items = self.ask("DELETE", f"/composite/sobjects?ids={ids}&allOrNone=false")
            failed = (
                [item["errors"][0]["statusCode"] for item in items if not item["success"]]
                if status == 200
                else []
            )
            left += sum(code != "ENTITY_IS_DELETED" for code in failed) if status == 200 else len(ids)
        return left


def people(org: RealOrg) -> dict[str, str]:
    """The token's own user and other active users under the names of the cases."""
    status, _, body = org.ask("GET", "")
    if status != 200:
        raise SystemExit(f"the token is not good: {status} {body}")
    own = full_id(body["identity"].rpartition("/")[2])
    others = [
        row["Id"] for row in org.rows("SELECT Id FROM User WHERE IsActive = true AND UserType = 'Standard'")
    ]
    reps = [one for one in others if one != own] or [own]
    named = {"worker": own, "rep": reps[0], "rep2": reps[-1], "manager": own}
    return named | {f"{name}15": user[:15] for name, user in named.items()}


def begin(org: RealOrg, known: Mapping[str, str]) -> Conversation:
    """A conversation in which the people have names."""
    talk = Conversation(org.send)
    talk.known |= known
    talk.tokens["worker"] = org.token
    return talk


def main(environment: Mapping[str, str]) -> int:
    url, token = environment.get("CONFORMANCE_INSTANCE_URL"), environment.get("CONFORMANCE_TOKEN")
    if not url or not token:
        sys.stderr.write("set CONFORMANCE_INSTANCE_URL and CONFORMANCE_TOKEN\n")
        return 2
    org = RealOrg(url, token, environment.get("CONFORMANCE_PREFIX", "sfsync-conf"))
    org.connect()
    package = bool(org.rows("SELECT SLA_Guard__c FROM Lead LIMIT 1")) or (
        org.ask("GET", f"/query?q={quote('SELECT SLA_Guard__c FROM Lead LIMIT 1')}")[0] == 200
    )
    known = people(org)
    left_out: Counter[str] = Counter()
    passed = failed = 0
    try:
        for case in TABLE:
            reason = why_not(case, package)
            if reason:
                left_out[reason] += 1
                continue
            try:
                run_case(begin(org, known), case)
                passed += 1
            except (AssertionError, KeyError) as problem:
                failed += 1
                sys.stdout.write(f"FAILED [{case.certainty}] {case.says}\n  {str(problem)[:1000]}\n")
        sys.stdout.write(f"{passed} cases passed, {failed} failed, in {url} with {org.version}\n")
        for reason, count in left_out.most_common():
            sys.stdout.write(f"{count} left out: {reason}\n")
        for number, answer in enumerate(
            questions.answers(org, int(environment.get("CONFORMANCE_ROUNDS", "1000"))), start=1
        ):
            sys.stdout.write(f"question {number}: {answer}\n")
    finally:
        sys.stdout.write(f"{len(set(org.made))} rows made, {org.clean()} left\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
