"""The people of the demo: marketing makes leads, reps accept them sooner, later or never.

They speak to the org over HTTP with sessions of their own, as anybody would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import quote

import requests

DAYS = 21
STEP_HOURS = 2
VERSION = "64.0"

_INPUTS: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "SLA_Budget__c": (("No Budget", "Exploring", "Planned", "Approved"), (15, 30, 35, 20)),
    "SLA_Authority__c": (("Unknown", "Influencer", "Recommender", "Decision Maker"), (15, 25, 35, 25)),
    "SLA_Need__c": (("None", "Nice to Have", "Important", "Critical"), (10, 30, 40, 20)),
    "SLA_Timeline__c": (
        ("None", "Over 12 Months", "6-12 Months", "3-6 Months", "Under 3 Months"),
        (10, 20, 25, 30, 15),
    ),
}
_COUNTRIES = ("US", "Canada", "Germany", "Mexico", "United Kingdom")
_COMPANIES = ("Foundry", "Logistics", "Textiles", "Instruments", "Foods", "Energy")
_DILIGENCE = (0.97, 0.9, 0.8, 0.65, 0.45, 0.2)
"""How likely each rep is to look at an open lead during a working step."""


class SalesFloor:
    """Everybody but sfsync."""

    def __init__(self, instance_url: str, access_token: str, control_url: str, seed: int) -> None:
        self._instance_url = instance_url
        self._control_url = control_url
        self._worker_token = access_token
        self._random = Random(seed)
        self._http = requests.Session()
        self._http.trust_env = False
        self.leads_made = 0
        self._converted: set[str] = set()
        self._calls: Counter[str] = Counter()
        self.now = self._clock({"advance_s": 0})
        people = self._query(
            "SELECT Id, Username, Name, UserRole.Name FROM User WHERE IsActive = true ORDER BY Name",
            access_token,
        )
        reps = [one for one in people if (one.get("UserRole") or {}).get("Name") == "Sales Rep"]
        self._reps = {
            rep["Id"]: (self._login(rep["Username"]), diligence)
            for rep, diligence in zip(reps, _DILIGENCE, strict=False)
        }
        queues = self._query("SELECT Id FROM Group WHERE Type = 'Queue' LIMIT 1", access_token)
        self._queue = queues[0]["Id"]

    @property
    def day(self) -> str:
        """Today on the org's clock."""
        return f"{self.now:%a} {self.now.day} {self.now:%b}"

    def advance(self) -> None:
        """Let two hours pass."""
        self.now = self._clock({"advance_s": STEP_HOURS * 3600})

    def act(self) -> None:
        """What people do in this step: marketing brings leads, reps at work attend to theirs."""
        at_work = self.now.weekday() < 5 and 13 <= self.now.hour <= 21
        for _ in range(self._random.choices((0, 1, 2, 3), (30, 40, 20, 10))[0] if at_work else 0):
            self._make_lead()
        if at_work:
            for rep, (token, diligence) in self._reps.items():
                self._attend(rep, token, diligence)

    def calls_of_the_worker(self) -> dict[str, int]:
        """API calls that the worker's user has spent, by kind of request; people's own are left out."""
        self._collect_calls()
        return dict(self._calls.most_common())

    def _collect_calls(self) -> None:
        ours = f"{self._instance_url}"
        calls = self._http.get(f"{self._control_url}/calls", timeout=60).json()
        for call in calls:
            if (call.get("headers") or {}).get("sforce-call-options", "").startswith("client=sfsync"):
                path = call["path"].removeprefix(ours).split("/v", 1)[-1].split("/", 1)[-1].split("?")[0]
                self._calls[f"{call['method']} {_kind(path)}"] += call["cost"]
        self._http.delete(f"{self._control_url}/calls", timeout=60)

    def _make_lead(self) -> None:
        self.leads_made += 1
        number = self.leads_made
        values: dict[str, Any] = {
            name: self._random.choices(*choices)[0]
            for name, choices in _INPUTS.items()
            if self._random.random() < 0.9
        }
        owner = self._queue if self._random.random() < 0.4 else self._random.choice(list(self._reps))
        self._send(
            "POST",
            "sobjects/Lead",
            self._worker_token,
            {
                "FirstName": "Demo",
                "LastName": f"Lead {number:03d}",
                "Company": f"{self._random.choice(_COMPANIES)} {number:03d}",
                "Email": f"lead{number:03d}@example.invalid",
                "Country": self._random.choice(_COUNTRIES),
                "LeadSource": self._random.choice(("Web", "Partner Referral", "Phone Inquiry")),
                "OwnerId": owner,
                **values,
            },
        )

    def _attend(self, rep: str, token: str, diligence: float) -> None:
        leads = self._query(
            "SELECT Id, Status FROM Lead WHERE IsConverted = false AND Status IN"
            f" ('Open - Not Contacted', 'Accepted', 'Working - Contacted') AND OwnerId = '{rep}'",
            token,
        )
        for lead in leads:
            if self._random.random() > diligence * 0.35:
                continue
            chance = self._random.random()
            if lead["Status"] == "Open - Not Contacted":
                status = "Accepted" if chance < 0.85 else "Rejected"
                self._send("PATCH", f"sobjects/Lead/{lead['Id']}", token, {"Status": status})
            elif lead["Status"] == "Accepted":
                self._send("PATCH", f"sobjects/Lead/{lead['Id']}", token, {"Status": "Working - Contacted"})
            elif chance < 0.12:
                self._http.post(f"{self._control_url}/convert", json={"lead_id": lead["Id"]}, timeout=60)

    def _clock(self, change: Mapping[str, Any]) -> datetime:
        told = self._http.post(f"{self._control_url}/clock", json=change, timeout=60).json()
        return datetime.fromisoformat(told["now"]).astimezone(UTC)

    def _login(self, username: str) -> str:
        told = self._http.post(f"{self._control_url}/login", json={"username": username}, timeout=60).json()
        return str(told["access_token"])

    def _query(self, soql: str, token: str) -> list[dict[str, Any]]:
        return list(self._send("GET", f"query?q={quote(soql)}", token, None)["records"])

    def _send(self, method: str, path: str, token: str, body: object) -> Any:
        reply = self._http.request(
            method,
            f"{self._instance_url}/services/data/v{VERSION}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}", "Sforce-Auto-Assign": "FALSE"},
            timeout=60,
        )
        reply.raise_for_status()
        return reply.json() if reply.content else None


def _kind(path: str) -> str:
    """The path without the ids in it."""
    return "/".join(
        "…" if len(part) == 18 and part[:3] in ("00Q", "a00", "a01") else part for part in path.split("/")
    )
