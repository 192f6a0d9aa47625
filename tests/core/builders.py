"""Leads, an org and the shipped policy for tests of decisions, and a small world that carries plans out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sfsync.core.decide import decide
from sfsync.core.documents import RoutingDocument, ScoringDocument, SlaDocument
from sfsync.core.hours import Calendar
from sfsync.core.limits_document import ComplianceDocument
from sfsync.core.model import (
    Change,
    Effect,
    Entry,
    Facts,
    Interaction,
    Lead,
    Loads,
    Org,
    Plan,
    User,
    is_queue,
)
from sfsync.core.policy import Policy
from tests.shipped import acceptance_only as shipped
from tests.shipped import everything

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""A Monday; New York is five hours behind."""

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
OPEN = "Open - Not Contacted"
LEAD = "00Q000000000001AAA"
QUEUE = "00G000000000001AAA"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = Calendar("America/New_York", {day: [("09:00", "17:00")] for day in WEEKDAYS})

GOOD = {
    "SLA_Budget__c": "Planned",
    "SLA_Authority__c": "Recommender",
    "SLA_Need__c": "Important",
    "SLA_Timeline__c": "3-6 Months",
}
"""Four times 17 points: Immediate Sales Contact."""
POOR: dict[str, str] = {}
FAIR = GOOD | {"SLA_Budget__c": "No Budget", "SLA_Need__c": "None"}
BEST = {
    "SLA_Budget__c": "Approved",
    "SLA_Authority__c": "Decision Maker",
    "SLA_Need__c": "Critical",
    "SLA_Timeline__c": "Under 3 Months",
}


def user_id(number: int) -> str:
    return f"005{number:012d}AAA"


EXECUTIVE, MANAGER, OTHER_MANAGER = user_id(1), user_id(2), user_id(3)
REPS = tuple(user_id(number) for number in range(10, 16))
REP, SECOND_REP, THIRD_REP = REPS[:3]
WORKER, MARKETING = user_id(99), user_id(50)


def org(**changes: Mapping[str, Any] | None) -> Org:
    """Executive, two managers, six reps, a queue; `rep1={"active": False}` changes somebody, None removes."""
    users = [
        User(id=EXECUTIVE, username="executive", name="Eva Executive", role="Executive"),
        User(id=MANAGER, username="manager1", name="Max Manager", role="Sales Manager", manager_id=EXECUTIVE),
        User(
            id=OTHER_MANAGER,
            username="manager2",
            name="Mia Manager",
            role="Sales Manager",
            manager_id=EXECUTIVE,
        ),
        *(
            User(
                id=id_,
                username=f"rep{number}",
                name=f"Rep {number}",
                role="Sales Rep",
                manager_id=MANAGER if number <= 3 else OTHER_MANAGER,
            )
            for number, id_ in enumerate(REPS, 1)
        ),
    ]
    found = {}
    for user in users:
        different = changes.get(user.username, {})
        if different is not None:
            user = msgspec.structs.replace(user, **({"time_zone": "America/New_York"} | dict(different)))
            found[user.id] = user
    return Org(worker_id=WORKER, users=found, queues={QUEUE: "Lead Queue"}, enforce_from=START)


DocumentChange = Callable[[dict[str, Any]], None]


def policy(*, whole: bool = False, office: Calendar = OFFICE, **changes: DocumentChange) -> Policy:
    """The shipped policy, of its clocks those of P6 alone unless the `whole` is asked for.

    `sla=lambda document: ...` changes a document in place, as plain data, before; `office` are the org's hours.
    """
    of = everything() if whole else shipped()
    parts: dict[str, Any] = {}
    for name, model in (
        ("scoring", ScoringDocument),
        ("sla", SlaDocument),
        ("routing", RoutingDocument),
        ("compliance", ComplianceDocument),
    ):
        parts[name] = getattr(of, name)
        if name in changes:
            data = _plain(of.sources[name].data)
            changes[name](data)
            parts[name] = model.model_validate(data)
    return Policy(of.lead, **parts, calendars={"office": office})


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    return [_plain(item) for item in data] if isinstance(data, list) else data


SHIPPED = policy()
"""The acceptance ladder alone."""

WHOLE = policy(whole=True)
"""All that is shipped."""


def lead(**fields: Any) -> Lead:
    """A lead with 17-point inputs, created for REP at START by marketing."""
    values: dict[str, Any] = {
        "id": LEAD,
        "owner_id": REP,
        "status": OPEN,
        "created_at": START,
        "modified_at": START,
        "modified_by": MARKETING,
        "values": GOOD,
    }
    return Lead(**values | fields)


@dataclass
class World:
    """One lead in an org that does what plans say, as Salesforce would: rows get ids, and nothing is lost."""

    facts: Facts = field(default_factory=lambda: Facts(lead=lead()))
    policy: Policy = SHIPPED
    org: Org = field(default_factory=org)
    loads: Loads = field(default_factory=Loads)
    now: datetime = START
    plan: Plan | None = None
    done: list[Effect] = field(default_factory=list)
    records: int = 0

    def decide(self, **arguments: Any) -> Plan:
        return decide(self.facts, self.policy, self.org, self.now, self.loads, **arguments)

    def look(self, at: datetime | None = None, **arguments: Any) -> list[Effect]:
        """Look at the lead and carry the plan out; then, deciding again must find nothing to do."""
        self.now = at or self.now
        plan = self.plan = self.decide(**arguments)
        self.carry_out(plan)
        again = self.decide(**arguments)
        assert not again.effects, f"left undone: {[effect.key for effect in again.effects]}"
        if plan.owner_id is None and plan.status is None and not again.changes_fields:
            assert again.next_check == plan.next_check
        assert not again.changes_fields, f"{again.sla} instead of {self.facts.lead.sla}"
        return list(plan.effects)

    def look_at_hour(self, hours: float, seconds: int = 0) -> list[Effect]:
        return self.look(START + timedelta(hours=hours, seconds=seconds))

    def carry_out(self, plan: Plan) -> None:
        entries = [
            Entry(
                id=self.record("a00"),
                **{name: getattr(effect, name) for name in Entry.__struct_fields__ if hasattr(effect, name)},
            )
            for effect in plan.effects
        ]
        keys = [entry.key for entry in (*self.facts.ledger, *entries)]
        assert len(keys) == len(set(keys)), "a key twice"
        self.done += plan.effects
        self.facts = msgspec.structs.replace(self.facts, ledger=(*self.facts.ledger, *entries))
        self.change(WORKER, status=plan.status, owner_id=plan.owner_id, sla=plan.sla)
        if plan.owner_id is not None and not is_queue(plan.owner_id):
            self.loads = self.loads.given(plan.owner_id, self.now)

    def change(
        self,
        by: str,
        *,
        at: datetime | None = None,
        status: str | None = None,
        owner_id: str | None = None,
        **fields: Any,
    ) -> None:
        """Somebody writes the lead; owner and status get their history rows."""
        now = self.now = at or self.now
        row = self.facts.lead
        changes = list(self.facts.changes)
        for name, old, new in (("Status", row.status, status), ("Owner", row.owner_id, owner_id)):
            if new is not None and new != old:
                changes.append(Change(self.record("017"), name, old, new, now, by))
        kept = {"status": status or row.status, "owner_id": owner_id or row.owner_id}
        row = msgspec.structs.replace(row, **kept, modified_at=now, modified_by=by, **fields)
        self.facts = msgspec.structs.replace(self.facts, lead=row, changes=tuple(changes))

    def talk(
        self,
        at: datetime | None = None,
        *,
        by: str | None = None,
        kind: str = "call",
        answered: bool = False,
        known_at: datetime | None = None,
    ) -> str:
        """Somebody (the owner unless told otherwise) talks with the lead: the activity's id."""
        self.now = max(self.now, known_at or at or self.now)
        made = Interaction(
            self.record("00T"), kind, at or self.now, by or self.facts.lead.owner_id, self.now, answered
        )
        held = sorted((*self.facts.interactions, made), key=lambda one: (one.at, one.id))
        self.facts = msgspec.structs.replace(self.facts, interactions=tuple(held))
        return made.id

    def record(self, prefix: str) -> str:
        self.records += 1
        return f"{prefix}{self.records:012d}AAA"

    def accept(self, at: datetime | None = None, status: str = "Accepted") -> None:
        self.change(self.facts.lead.owner_id, at=at, status=status)

    def kinds(self) -> list[str]:
        return [effect.kind.value for effect in self.done]


def brief(effects: list[Effect]) -> list[str]:
    """Effects as `Kind key`, the key without the lead's id."""
    return [f"{effect.kind.value} {effect.key.removeprefix(LEAD + ':')}" for effect in effects]


def on_time(until: float = 0, **parts: object) -> World:
    """A world in which the ladder was climbed on time, up to and with this hour."""
    made = World(**parts)  # type: ignore[arg-type]
    for hour in (0, 36, 48, 72, 96):
        if hour <= until:
            made.look_at_hour(hour)
    made.done.clear()
    return made


def whole_policy(**parts: object) -> World:
    """A world with all clocks, whose lead was looked at once."""
    made = World(policy=WHOLE, **parts)  # type: ignore[arg-type]
    made.look()
    return made


def about(clock: str, effects: list[Effect]) -> list[str]:
    """The kinds of these effects of this clock."""
    return [effect.kind.value for effect in effects if effect.clock == clock]


def done(world: World, clock: str) -> list[str]:
    """The kinds of what was done about this clock."""
    return about(clock, world.done)
