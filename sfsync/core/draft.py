"""The draft of a lead: as it will be once the plan is carried out.

Each effect changes the draft, and later parts of the decision look at the draft. So deciding again on the
facts that the plan leaves behind finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from sfsync.core import life, routing, words
from sfsync.core.clock import Ladder, Run, Standing
from sfsync.core.hours import Calendar
from sfsync.core.ledger import NO_RUNS, Ledger
from sfsync.core.mapping import OVER
from sfsync.core.model import (
    Change,
    Effect,
    Entry,
    Facts,
    Lead,
    LeadSla,
    Loads,
    Org,
    TaskToCreate,
    is_queue,
)
from sfsync.core.policy import Policy
from sfsync.core.scoring import Score
from sfsync.core.tasks import Person, TaskTemplate

PENDING = "pending"
"""The id of a record that the plan is about to create; it comes after those that there are."""


class Draft:
    """The lead as it will be, and the effects that make it so.

    Attributes:
        before: the row that was read.
        lead: the row of the draft.
        rep: the user who owns it; None while it waits in a queue.
        stage: of its status.
        band: that stands on it.
        facts: the draft itself, but for the worker-owned fields.
        fields: the worker-owned fields as they shall stand, by their names in LeadSla; the others stay.
        values: the lead's mapped values.
        ledger: the rows of the ledger, this plan's among them.
        clocked: clocks and effects may touch it: it is not exempt, and its history is known.
        needs_routing: an owner is to change, and there were no loads to choose by.
        withheld, unroutable: why an owner change that is due does not happen.
        checks: when anything besides the clocks falls due.
        look_again: something can only be done once the plan's own records have their ids.
    """

    __slots__ = (
        "_runs",
        "_standings",
        "band",
        "before",
        "checks",
        "clocked",
        "effects",
        "facts",
        "fields",
        "lead",
        "ledger",
        "loads",
        "look_again",
        "needs_routing",
        "now",
        "org",
        "owner_changes_left",
        "policy",
        "rep",
        "scored",
        "stage",
        "unroutable",
        "values",
        "withheld",
    )

    def __init__(
        self,
        facts: Facts,
        policy: Policy,
        org: Org,
        now: datetime,
        loads: Loads | None,
        owner_changes_left: int | None,
    ) -> None:
        lead = self.before = self.lead = facts.lead
        self.rep = None if is_queue(lead.owner_id) else lead.owner_id
        self.stage = policy.lead.stage(lead.status)
        self.band = policy.band_now(lead.sla.band)
        self.facts = facts
        self.policy = policy
        self.org = org
        self.now = now
        self.loads = loads
        self.owner_changes_left = owner_changes_left
        self.effects: list[Effect] = []
        self.fields: dict[str, str | int | datetime | None] = {}
        self.values = policy.values(facts, now)
        self.needs_routing = False
        self.look_again = False
        self.checks: list[datetime] = []
        self.withheld: str | None = None
        self.unroutable: str | None = None
        self.scored: Score | None = None
        self.clocked = facts.history_known and not lead.exempt
        self._runs: dict[str, list[Run]] | None = None
        self._standings: dict[str, Standing] = {}
        self.ledger = Ledger(facts.ledger, policy.renamed, policy.renamed_bands)
        if self.ledger.archived:
            self.org = self.ledger.enforced(org)

    def calendar(self, name: str) -> Calendar:
        """The policy's calendar of this name, as it counts for this lead and its owner."""
        found = self.policy.calendars.get(name)
        if found is not None:
            return found
        return self.policy.calendar(name, self.values, self.org.users.get(self.lead.owner_id))

    def sla(self) -> LeadSla:
        """The worker-owned fields as they shall stand."""
        return msgspec.structs.replace(self.before.sla, **self.fields)

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
        self.ledger.read((entry,))
        self._standings.clear()
        if entry.clock is None:
            self._runs = None

    def set_band(self, band: str) -> None:
        self.band = self.fields["band"] = band

    def set_status(self, status: str) -> None:
        change = self._change("Status", self.lead.status, status)
        lead = msgspec.structs.replace(self.lead, status=status)
        self._changed(lead, change)

    def set_owner(self, owner_id: str) -> None:
        """Give the lead to this user or queue; `may_change_owner` was asked."""
        change = self._change("Owner", self.lead.owner_id, owner_id)
        lead = msgspec.structs.replace(self.lead, owner_id=owner_id)
        self._changed(lead, change)
        if self.owner_changes_left is not None:
            self.owner_changes_left -= 1

    def _change(self, field: str, old: str, new: str) -> Change:
        return Change(PENDING, field, old, new, self.now, self.org.worker_id)

    def _changed(self, lead: Lead, change: Change) -> None:
        self.lead = lead
        self.rep = None if is_queue(lead.owner_id) else lead.owner_id
        self.stage = self.policy.lead.stage(lead.status)
        self.facts = msgspec.structs.replace(self.facts, lead=lead, changes=(*self.facts.changes, change))
        self._standings.clear()
        self._runs = None

    def may_change_owner(self) -> bool:
        """Whether the owner may change now: there are loads, and the blast radius leaves room."""
        if self.loads is None:
            self.needs_routing = True
            return False
        if self.owner_changes_left is not None and self.owner_changes_left <= 0:
            self.withheld = "the limit of owner changes is reached"
            return False
        return True

    @property
    def is_over(self) -> bool:
        """Whether nothing is to come of this lead any more: it is converted, or disposed of."""
        return self.lead.is_converted or self.stage in OVER

    @property
    def waits(self) -> bool:
        """Whether an owner change that is due waits for a rep, or for the policy's limit to leave room."""
        return self.unroutable is not None or self.withheld is not None

    def runs(self) -> Mapping[str, list[Run]]:
        """Each clock's runs so far, but for those that began before the policy was enforced."""
        if self._runs is None:
            since, bands = self.org.enforce_from, self.ledger.bands
            found = life.runs(self.facts, bands, self.band, self.policy, self.org.worker_id, self.now)
            if self.facts.lead.created_at < since:
                found = {
                    name: [run for run in runs if run.started_at >= since] for name, runs in found.items()
                }
            self._runs = found
        return self._runs

    def entries(self, run: Run) -> Sequence[Entry]:
        """The run's rows of the ledger, this plan's among them."""
        return self.ledger.about.get(run.clock, NO_RUNS).get(run.id, ())

    def standing(self, run: Run, ladder: Ladder, entries: Sequence[Entry]) -> Standing:
        """Where a run that still counts and has these rows stands now; a clock has one at most."""
        found = self._standings.get(run.clock)
        if found is None:
            found = self._standings[run.clock] = ladder.standing(run, entries, self.now)
        return found

    def people(
        self, *, owner: str | None, new_owner: str | None = None, answerable: str | None = None
    ) -> dict[Person, str]:
        """Who stands behind the policy's roles here; a role that nobody fills is left out.

        What is meant for an owner who is no longer active goes to the manager: Salesforce gives an inactive
        user no Task, and nobody would read it. `answerable` is the user or queue whose manager is meant.
        """
        manager = routing.manager_of(answerable or owner or self.lead.owner_id, self.policy, self.org)
        found: dict[Person, str | None] = {
            "owner": manager if owner is not None and self.is_inactive(owner) else owner,
            "new_owner": new_owner if new_owner in self.org.users else None,
            "manager": manager,
            "executive": routing.executive(self.policy, self.org),
        }
        return {role: id_ for role, id_ in found.items() if id_ is not None}

    def name(self, id_: str | None) -> str:
        """The name of this user or queue, in the words that reps read."""
        return words.person(self.org, id_)

    def is_inactive(self, user_id: str) -> bool:
        """Whether this is a user who was deactivated; one who is not known yet is taken for active."""
        user = self.org.users.get(user_id)
        return user is not None and not user.active

    def reader_zone(self, owner_id: str) -> str:
        """The time zone of whoever reads about this owner's lead: the owner, or the manager instead."""
        user = self.org.users.get(owner_id)
        if user is not None and user.active:
            return user.time_zone
        manager = routing.manager_of(owner_id, self.policy, self.org)
        return words.zone_of(self.org, manager)

    def mentions(self, roles: list[Person], people: Mapping[Person, str]) -> tuple[str, ...]:
        """The users in these roles, each once, in order."""
        return tuple(dict.fromkeys(people[role] for role in roles if role in people))

    def task(
        self,
        template: TaskTemplate | None,
        people: Mapping[Person, str],
        deadline: datetime | None,
        description: str,
    ) -> TaskToCreate | None:
        """The Task of this template; None without a template, or without anybody to do it."""
        owner = people.get(template.to) if template is not None else None
        if template is None or owner is None:
            return None
        return TaskToCreate(
            owner_id=owner,
            subject=self._subject(template),
            due=self._day(template.due, deadline, words.zone_of(self.org, owner)),
            priority=template.priority,
            description=description,
        )

    def _subject(self, template: TaskTemplate) -> str:
        """The template's subject; for whoever contacts the lead, with the way it prefers (requirement P7)."""
        prefers = self.values.get("preferred_contact")
        if template.to not in ("owner", "new_owner") or not prefers:
            return template.subject
        return f"{template.subject} (prefers: {prefers})"[:255]

    def _day(self, due: str, deadline: datetime | None, zone: str) -> date:
        if due == "deadline" and deadline is not None:
            return words.day(deadline, zone)
        days = int(due.split()[1]) if due.startswith("in ") else 0
        return words.day(self.now, zone, plus=days)
