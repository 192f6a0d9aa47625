"""The draft of a lead: as it will be once the plan is carried out.

Each effect changes the draft, and later parts of the decision look at the draft. So deciding again on the
facts that the plan leaves behind finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from sfsync.core import clock as clocks
from sfsync.core import routing, words
from sfsync.core.clock import Run
from sfsync.core.documents import Clock, Person, TaskTemplate
from sfsync.core.model import Change, Effect, Entry, Facts, Lead, Loads, Org, TaskToCreate, Value
from sfsync.core.policy import Policy
from sfsync.core.scoring import Score

PENDING = "(this plan)"
"""The id of a record that the plan is about to create."""


class Draft:
    """The lead as it will be, and the effects that make it so.

    Attributes:
        before: the row that was read.
        facts: the draft itself.
        needs_routing: somebody has to be chosen, and there were no loads to choose by.
        clocked: clocks and effects may touch it: it is not exempt, and its history is known.
        withheld, unroutable: why an owner change that is due does not happen.
    """

    def __init__(
        self,
        facts: Facts,
        policy: Policy,
        org: Org,
        now: datetime,
        loads: Loads | None,
        owner_changes_left: int | None,
    ) -> None:
        self.before = facts.lead
        self.facts = facts
        self.policy = policy
        self.org = org
        self.now = now
        self.loads = loads
        self.owner_changes_left = owner_changes_left
        self.effects: list[Effect] = []
        self.values: Mapping[str, Value] = policy.lead.apply(facts.lead.values)
        self.needs_routing = False
        self.withheld: str | None = None
        self.unroutable: str | None = None
        self.scored: Score | None = None
        self.clocked = facts.history_known and not facts.lead.exempt

    @property
    def lead(self) -> Lead:
        return self.facts.lead

    def add(self, effect: Effect) -> None:
        """Plan an effect, and let the draft's ledger have its row."""
        self.effects.append(effect)
        entry = Entry(
            id=PENDING,
            key=effect.key,
            kind=effect.kind,
            clock=effect.clock,
            run=effect.run,
            step=effect.step,
            started_at=effect.started_at,
            due_at=effect.due_at,
            occurred_at=effect.occurred_at,
            rep=effect.rep,
            from_user=effect.from_user,
            to_user=effect.to_user,
        )
        self.facts = msgspec.structs.replace(self.facts, ledger=(*self.facts.ledger, entry))

    def set_status(self, status: str) -> None:
        self._change("Status", self.lead.status, status)
        self.facts = msgspec.structs.replace(
            self.facts, lead=msgspec.structs.replace(self.lead, status=status)
        )

    def set_owner(self, owner_id: str) -> None:
        self._change("Owner", self.lead.owner_id, owner_id)
        self.facts = msgspec.structs.replace(
            self.facts, lead=msgspec.structs.replace(self.lead, owner_id=owner_id)
        )
        if self.owner_changes_left is not None:
            self.owner_changes_left -= 1

    def _change(self, field: str, old: str, new: str) -> None:
        change = Change(PENDING, field, old, new, self.now, self.org.worker_id)
        self.facts = msgspec.structs.replace(self.facts, changes=(*self.facts.changes, change))

    def set_sla(self, **fields: object) -> None:
        sla = msgspec.structs.replace(self.lead.sla, **fields)
        self.facts = msgspec.structs.replace(self.facts, lead=msgspec.structs.replace(self.lead, sla=sla))

    def may_change_owner(self) -> bool:
        if self.owner_changes_left is not None and self.owner_changes_left <= 0:
            self.withheld = "the limit of owner changes is reached"
            return False
        return True

    def runs(self, name: str, clock: Clock) -> list[Run]:
        return clocks.runs(name, clock, clocks.turns(self.facts, self.policy), self.policy)

    def entries(self, run: Run) -> list[Entry]:
        return [entry for entry in self.facts.ledger if entry.clock == run.clock and entry.run == run.id]

    def people(
        self, *, owner: str | None, new_owner: str | None = None, answerable: str | None = None
    ) -> dict[Person, str]:
        """Who stands behind the policy's roles here; a role that nobody fills is left out."""
        manager = routing.manager_of(answerable or owner or self.lead.owner_id, self.policy, self.org)
        found: dict[Person, str | None] = {
            "owner": owner,
            "new_owner": new_owner if new_owner in self.org.users else None,
            "manager": manager,
            "executive": routing.executive(self.policy, self.org),
        }
        return {role: id_ for role, id_ in found.items() if id_ is not None}

    def mentions(self, roles: list[Person], people: Mapping[Person, str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(people[role] for role in roles if role in people))

    def task(
        self,
        template: TaskTemplate | None,
        people: Mapping[Person, str],
        deadline: datetime | None,
        description: str,
    ) -> TaskToCreate | None:
        owner = people.get(template.to) if template is not None else None
        if template is None or owner is None:
            return None
        zone = words.zone_of(self.org, owner)
        return TaskToCreate(
            owner_id=owner,
            subject=template.subject,
            due=self._day(template.due, deadline, zone),
            priority=template.priority,
            description=description,
        )

    def _day(self, due: str, deadline: datetime | None, zone: str) -> date:
        if due == "deadline" and deadline is not None:
            return words.day(deadline, zone)
        days = int(due.split()[1]) if due.startswith("in ") else 0
        return words.day(self.now, zone, plus=days)
