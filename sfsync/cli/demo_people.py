"""The people of the demo: marketing makes leads, reps accept and call them sooner, later or never, managers decide.

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
"""How likely each rep is to do in a working step what is to be done; a lead that is not urgent can wait."""
_URGENT, _OTHERWISE, _AGAIN = 0.8, 0.3, 0.08
"""The shares of that for a first contact that the lead's band calls immediate, any other, and a further one."""
_OUTCOMES = (("Connected", "Interested", "Left Voicemail", "No Answer"), (30, 15, 25, 30))
_ANSWERED = ("Connected", "Interested")


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
        self._called: set[str] = set()
        self._calls: Counter[str] = Counter()
        self.now = self._clock({"advance_s": 0})
        people = self._query(
            "SELECT Id, Username, Name, UserRole.Name FROM User WHERE IsActive = true ORDER BY Name",
            access_token,
        )
        tokens = {
            role: {
                one["Id"]: self._login(one["Username"])
                for one in people
                if (one.get("UserRole") or {}).get("Name") == role
            }
            for role in ("Sales Rep", "Sales Manager")
        }
        self._reps = list(zip(tokens["Sales Rep"].items(), _DILIGENCE, strict=False))
        self._managers = tokens["Sales Manager"]
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
            for (rep, token), diligence in self._reps:
                self._attend(rep, token, diligence)
            for manager, token in self._managers.items():
                self._decide(manager, token)

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
        owner = self._queue if self._random.random() < 0.4 else self._random.choice(self._reps)[0][0]
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
        """What a rep does about each of their leads: take it, call it, bring it further; or not now."""
        leads = self._query(
            "SELECT Id, Status, SLA_Band__c FROM Lead WHERE IsConverted = false AND Status IN"
            f" ('Open - Not Contacted', 'Accepted', 'Working - Contacted') AND OwnerId = '{rep}'",
            token,
        )
        for lead in leads:
            urgent = (lead["SLA_Band__c"] or "").startswith("Immediate")
            share = _AGAIN if lead["Id"] in self._called else _URGENT if urgent else _OTHERWISE
            if self._random.random() > diligence * share:
                continue
            if lead["Status"] == "Open - Not Contacted":
                taken = self._random.random() < 0.85
                self._change(lead["Id"], token, Status="Accepted" if taken else "Rejected")
                if not taken or self._random.random() > 0.5 + diligence / 2:
                    continue  # the call comes later
            self._call(lead, rep, token)

    def _call(self, lead: Mapping[str, Any], rep: str, token: str) -> None:
        """Log a call; a lead that answers may become a customer or turn out to be none."""
        said = self._random.choices(*_OUTCOMES)[0]
        call = {"Subject": "Call", "TaskSubtype": "Call", "Status": "Completed", "CallDisposition": said}
        self._send("POST", "sobjects/Task", token, {"WhoId": lead["Id"], "OwnerId": rep, **call})
        self._called.add(lead["Id"])
        chance = self._random.random()
        if lead["Status"] != "Working - Contacted":
            self._change(lead["Id"], token, Status="Working - Contacted")
        elif said in _ANSWERED and chance < 0.45:
            self._http.post(f"{self._control_url}/convert", json={"lead_id": lead["Id"]}, timeout=60)
        elif said in _ANSWERED and chance < 0.6:
            self._change(lead["Id"], token, Status="Rejected")

    def _decide(self, manager: str, token: str) -> None:
        """A manager who is asked what to do about a lead that does not respond tries another rep, or gives it up."""
        asked = self._query(
            "SELECT WhoId FROM Task WHERE IsClosed = false AND Subject LIKE 'Decide on this lead%'"
            f" AND OwnerId = '{manager}'",
            token,
        )
        for lead in dict.fromkeys(task["WhoId"] for task in asked):
            # The Tasks of a lead that was converted have gone to its contact.
            if lead.startswith("00Q") and self._random.random() < 0.3:
                other = self._random.choice(self._reps)[0][0]
                again = self._random.random() < 0.5
                self._change(lead, token, **({"OwnerId": other} if again else {"Status": "Recycled"}))

    def _change(self, lead: str, token: str, **fields: str) -> None:
        self._send("PATCH", f"sobjects/Lead/{lead}", token, fields)

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
    """The path without the ids in it; the version's own resource, which says who we are, is called by its name."""
    return (
        "/".join(
            "…" if len(part) == 18 and part[:3] in ("00Q", "a00", "a01") else part for part in path.split("/")
        )
        or "identity"
    )
