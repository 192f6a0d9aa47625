"""The decision: facts, policy and now in, a plan out. Pure.

The plan is built on a draft of the lead as it will be once the plan is carried out. Each effect changes the
draft, later parts of the decision look at the draft, and the fields are those of the finished draft: so
deciding again on the facts that the plan leaves behind finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec

from sfsync.core import clock as clocks
from sfsync.core import routing, words
from sfsync.core.clock import Run, Standing
from sfsync.core.documents import Band, Clock, Person, Step, TaskTemplate
from sfsync.core.mapping import OVER
from sfsync.core.model import (
    Change,
    Effect,
    Entry,
    Facts,
    Kind,
    Lead,
    Loads,
    Org,
    Plan,
    SlaStatus,
    TaskToCreate,
    Value,
)
from sfsync.core.policy import Policy
from sfsync.core.scoring import Score

HORIZON = timedelta(days=30)
"""A lead on which nothing is going to fall due is looked at again after this long."""

RETRY_ROUTING = timedelta(minutes=15)
"""A lead that nobody could take is tried again after this long: a rep may be free by then."""

_PENDING = "(this plan)"

_NEXT = {
    Kind.WARNED: "Warning to the owner",
    Kind.REMINDED: "Reminder to the owner",
    Kind.ESCALATED: "Escalation to the manager",
    Kind.REASSIGNED: "Reassignment to somebody else",
}


def decide(
    facts: Facts,
    policy: Policy,
    org: Org,
    now: datetime,
    loads: Loads | None = None,
    *,
    owner_changes_left: int | None = None,
) -> Plan:
    """What is to be done about this lead at `now` (aware UTC, Salesforce's clock).

    `loads` are needed only where somebody has to be chosen: without them such a plan comes back with
    `needs_routing`. `owner_changes_left` is what the blast radius still allows; None means it was not asked.
    """
    lead = facts.lead
    if lead.is_deleted:
        return Plan(lead=lead, sla=lead.sla)
    draft = _Draft(facts, policy, org, now, loads, owner_changes_left)
    over = lead.is_converted or policy.lead.stage(lead.status) in OVER
    if not over:
        draft.score()
        if not lead.exempt:
            draft.enter_band()
            draft.route()
    if not lead.exempt:
        draft.run_clocks()
    return draft.plan(over)


class _Draft:
    """The lead as it will be, and the effects that make it so."""

    def __init__(
        self,
        facts: Facts,
        policy: Policy,
        org: Org,
        now: datetime,
        loads: Loads | None,
        owner_changes_left: int | None,
    ) -> None:
        self._before = facts.lead
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

    @property
    def lead(self) -> Lead:
        return self.facts.lead

    # --- what changes the draft -------------------------------------------------------------------

    def add(self, effect: Effect) -> None:
        """Plan an effect, and let the draft's ledger have its row."""
        self.effects.append(effect)
        entry = Entry(
            id=_PENDING,
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
        change = Change(_PENDING, field, old, new, self.now, self.org.worker_id)
        self.facts = msgspec.structs.replace(self.facts, changes=(*self.facts.changes, change))

    def set_sla(self, **fields: object) -> None:
        sla = msgspec.structs.replace(self.lead.sla, **fields)
        self.facts = msgspec.structs.replace(self.facts, lead=msgspec.structs.replace(self.lead, sla=sla))

    # --- score and band (P2, P3) ------------------------------------------------------------------

    def score(self) -> None:
        self.scored = self.policy.scorer.score(self.values)
        self.set_sla(score=self.scored.total, reasons=self.scored.reasons)

    def enter_band(self) -> None:
        """Enter the band of the score, once per entry.

        A first band counts from the lead's creation, a later one from the moment it is noticed. An entry from
        before the policy was enforced is only written down on the lead.
        """
        assert self.scored is not None
        band, left = self.scored.band, self.lead.sla.band
        if band.band == left:
            return
        entries = clocks.band_entries(self.facts.ledger)
        first = left is None and not entries
        entered_at = self.lead.created_at if first else self.now
        self.set_sla(band=band.band)
        if entered_at < self.org.enforce_from:
            return
        owner = None if self.org.is_queue(self.lead.owner_id) else self.lead.owner_id
        came_from = f" (was {left})" if left else ""
        people = self._people(owner=owner)
        self.add(
            Effect(
                key=f"{self.lead.id}:band:{len(entries) + 1}:{left or ''}>{band.band}",
                kind=Kind.BAND_ENTERED,
                started_at=entered_at,
                due_at=entered_at,
                occurred_at=self.now,
                rep=owner,
                task=self._task(band.task, people, None, f"Score {self.scored.total}: {band.band}"),
                mentions=self._mentions(band.post, people) if owner else (),
                detail=f"Score {self.scored.total} of 100: {band.band}{came_from}.",
            )
        )
        self._move_stage(band)

    def _move_stage(self, band: Band) -> None:
        """Into nurture and back (P15). A lead that a rep has begun to work stays where the rep put it."""
        leaves = "open" if band.nurture else "nurture"
        if self.policy.lead.stage(self.lead.status) != leaves:
            return
        wanted = "nurture" if band.nurture else "open"
        status = self.policy.lead.status_for(wanted)
        if status is None:
            return
        self.set_status(status)
        if band.nurture and band.owner is not None:
            owner = self._named(band.owner)
            if owner is not None and owner != self.lead.owner_id and self._may_change_owner():
                self.set_owner(owner)

    def _named(self, name: str) -> str | None:
        """The id of the active user or the queue with this name."""
        for user in self.org.users.values():
            if user.username.casefold() == name.casefold() and user.active:
                return user.id
        return next((id_ for id_, queue in self.org.queues.items() if queue == name), None)

    # --- routing (P5) -----------------------------------------------------------------------------

    def route(self) -> None:
        """Give a qualified lead that waits in a queue to a rep."""
        waiting = self._waiting()
        if waiting is None:
            return
        run, name = waiting
        if self.loads is None:
            self.needs_routing = True
            return
        choice = routing.choose(
            self.values, self.policy, self.org, self.loads, self.now, never=self._failed_before()
        )
        if choice.user_id is None:
            self.unroutable = choice.reason
            return
        if not self._may_change_owner():
            return
        old = self.lead.owner_id
        new = choice.user_id
        people = self._people(owner=None, new_owner=new)
        who = words.person(self.org, new)
        detail = f"{who} gets this lead from {words.person(self.org, old)}: {choice.reason}."
        self.set_owner(new)
        self.add(
            Effect(
                key=f"{self.lead.id}:{name}:{run.id}:routed",
                kind=Kind.ROUTED,
                clock=name,
                run=run.id,
                started_at=run.started_at,
                occurred_at=self.now,
                due_at=run.started_at,
                rep=new,
                to_user=new,
                task=self._task(self.policy.routing.task, people, None, detail),
                mentions=(new,),
                detail=detail,
            )
        )

    def _waiting(self) -> tuple[Run, str] | None:
        """The enforced run of the queue's clock, if the lead waits in one."""
        if not self.org.is_queue(self.lead.owner_id):
            return None
        for name, clock in self.policy.sla.clocks.items():
            if clock.runs_while.owner == "queue":
                run = self._runs(name, clock)[-1:]
                if run and run[0].ended_at is None and run[0].started_at >= self.org.enforce_from:
                    return run[0], name
        return None

    def _failed_before(self) -> set[str]:
        """The users who had this lead and let it go over its time."""
        return {
            entry.from_user or entry.rep or ""
            for entry in self.facts.ledger
            if entry.kind in (Kind.REASSIGNED, Kind.CLOSED_LATE, Kind.BREACHED)
            and not self._is_queue_run(entry)
        }

    def _is_queue_run(self, entry: Entry) -> bool:
        clock = self.policy.sla.clocks.get(entry.clock or "")
        return clock is not None and clock.runs_while.owner == "queue"

    def _may_change_owner(self) -> bool:
        if self.owner_changes_left is not None and self.owner_changes_left <= 0:
            self.withheld = "the limit of owner changes is reached"
            return False
        return True

    # --- clocks (P6, P13) -------------------------------------------------------------------------

    def _runs(self, name: str, clock: Clock) -> list[Run]:
        return clocks.runs(name, clock, clocks.turns(self.facts, self.policy), self.policy)

    def _entries(self, run: Run) -> list[Entry]:
        return [entry for entry in self.facts.ledger if entry.clock == run.clock and entry.run == run.id]

    def run_clocks(self) -> None:
        """Do the steps that are due and close the runs that are over, until nothing is due."""
        rounds = sum(len(clock.steps) + 1 for clock in self.policy.sla.clocks.values()) + 1
        for _ in range(rounds):
            before = len(self.effects)
            for name, clock in self.policy.sla.clocks.items():
                for run in self._runs(name, clock):
                    if run.started_at >= self.org.enforce_from and run.id != _PENDING:
                        self._attend(run, clock)
            if len(self.effects) == before or self.needs_routing:
                return

    def _attend(self, run: Run, clock: Clock) -> None:
        entries = self._entries(run)
        stand = clocks.standing(run, clock, self.policy, entries, self.now)
        end = run.ended_at
        if end is None:
            if stand.step is not None and not self._do(stand, clock, stand.step):
                return
            if self.now >= stand.deadline:
                self._breach(stand, clock)
        elif end > stand.deadline:
            self._breach(stand, clock)
            self._close(stand, clock, stand.deadline)
        elif self._was_met(run, clock):
            self._end(stand, clock, Kind.MET, "met", stand.deadline, 1, "done in time")

    def _was_met(self, run: Run, clock: Clock) -> bool:
        if clock.runs_while.owner == "queue":
            return run.cause in ("owner", "stage", "converted")
        return run.cause in ("stage", "converted")

    def _breach(self, stand: Standing, clock: Clock) -> None:
        """The run's time is used up. It counts against the owner only if notice was given in time."""
        entries = self._entries(stand.run)
        warned_at = min(
            (entry.occurred_at for entry in entries if entry.kind in clocks.NOTICES), default=None
        )
        has_notice = any(step.event in clocks.NOTICES for step in clock.steps)
        fair = not has_notice or (warned_at is not None and warned_at <= stand.deadline)
        why = "" if fair else "; not counted, because no notice was given in time"
        self._end(
            stand, clock, Kind.BREACHED, "breached", stand.deadline, 0 if fair else None, f"overdue{why}"
        )

    def _close(self, stand: Standing, clock: Clock, due_at: datetime) -> None:
        self._end(stand, clock, Kind.CLOSED_LATE, "closed-late", due_at, None, "closed after its deadline")

    def _end(
        self,
        stand: Standing,
        clock: Clock,
        kind: Kind,
        suffix: str,
        due_at: datetime,
        adherent: int | None,
        what: str,
    ) -> None:
        run = stand.run
        key = f"{self.lead.id}:{run.clock}:{run.id}:{suffix}"
        if any(entry.key == key for entry in self.facts.ledger):
            return
        rep = None if self.org.is_queue(run.owner_id) else run.owner_id
        start = clocks.start_of(run, self._entries(run))
        self.add(
            Effect(
                key=key,
                kind=kind,
                clock=run.clock,
                run=run.id,
                started_at=start,
                due_at=due_at,
                occurred_at=self.now,
                rep=rep,
                adherent=adherent,
                detail=f"{clock.label}: {what} ({words.person(self.org, run.owner_id)}, "
                f"due {words.moment(stand.deadline, words.zone_of(self.org, run.owner_id))}).",
            )
        )

    def _do(self, stand: Standing, clock: Clock, step: Step) -> bool:
        """Do one step of the ladder; False when it cannot be done now."""
        run = stand.run
        owner = run.owner_id
        rep = None if self.org.is_queue(owner) else owner
        new_owner: str | None = None
        if step.reassign:
            new_owner = self._successor()
            if new_owner is None:
                return False
        people = self._people(owner=rep, new_owner=new_owner, answerable=owner)
        start = clocks.start_of(run, self._entries(run))
        detail = self._says(step, stand, owner, new_owner, start)
        assert stand.step_due is not None
        base = Effect(
            key=f"{self.lead.id}:{run.clock}:{run.id}:{step.step}",
            kind=step.event,
            clock=run.clock,
            run=run.id,
            step=step.step,
            started_at=start,
            due_at=stand.step_due,
            occurred_at=self.now,
            rep=rep,
            detail=detail,
        )
        to_user = new_owner if new_owner in self.org.users else None
        escalated_to = people.get("manager") if "manager" in step.post and not step.reassign else None
        self.add(
            msgspec.structs.replace(
                base,
                from_user=rep if step.reassign else None,
                to_user=to_user if step.reassign else escalated_to,
                to_queue=new_owner if step.reassign and to_user is None else None,
                task=self._task(step.task, people, stand.deadline, detail),
                mentions=self._mentions(step.post, people),
            )
        )
        for also in step.also:
            self.add(
                msgspec.structs.replace(
                    base,
                    key=f"{base.key}:{also.event.value.lower().replace(' ', '-')}",
                    kind=also.event,
                    step=None,
                    to_user=people.get(also.post[0]) if also.post else None,
                    mentions=self._mentions(also.post, people),
                )
            )
        if new_owner is not None:
            if self.now >= stand.deadline:
                self._breach(stand, clock)
                self._close(stand, clock, stand.step_due)
            self.set_owner(new_owner)
        return True

    def _successor(self) -> str | None:
        """Who gets the lead that its owner let lie: a rep who has not failed it yet, else the queue."""
        if self.loads is None:
            self.needs_routing = True
            return None
        if not self._may_change_owner():
            return None
        never = self._failed_before() | {self.lead.owner_id}
        choice = routing.choose(self.values, self.policy, self.org, self.loads, self.now, never=never)
        if choice.user_id is not None:
            return choice.user_id
        fallback = routing.queue(self.policy, self.org)
        if fallback is None:
            self.unroutable = choice.reason
        return fallback

    # --- people and words -------------------------------------------------------------------------

    def _people(
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

    def _mentions(self, roles: list[Person], people: Mapping[Person, str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(people[role] for role in roles if role in people))

    def _task(
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

    def _says(self, step: Step, stand: Standing, owner: str, new_owner: str | None, start: datetime) -> str:
        zone = words.zone_of(self.org, owner)
        return words.filled(
            step.says,
            {
                "owner": words.person(self.org, owner),
                "new_owner": words.person(self.org, new_owner),
                "manager": words.person(self.org, routing.manager_of(owner, self.policy, self.org)),
                "lead_time": words.length(((stand.step_due or self.now) - start).total_seconds()),
                "deadline": words.moment(stand.deadline, zone),
                "score": str(self.lead.sla.score or 0),
                "band": self.lead.sla.band or "",
            },
        )

    # --- the fields -------------------------------------------------------------------------------

    def plan(self, over: bool) -> Plan:
        """The finished plan; the fields are those of the draft."""
        before = self._before
        checks = [] if over else self._show_clock()
        if over:
            self._show(SlaStatus.NOT_APPLICABLE)
            self.set_sla(next_check=None)
        next_check = None if over else self.lead.sla.next_check
        if next_check is not None and (self.unroutable is not None or self.withheld is not None):
            next_check = min(next_check, self.now + RETRY_ROUTING, *checks)
        return Plan(
            lead=before,
            effects=tuple(self.effects),
            owner_id=self.lead.owner_id if self.lead.owner_id != before.owner_id else None,
            status=self.lead.status if self.lead.status != before.status else None,
            sla=before.sla if before.is_converted else self.lead.sla,
            next_check=next_check,
            needs_routing=self.needs_routing,
            withheld=self.withheld,
        )

    def _show_clock(self) -> list[datetime]:
        """Let the most urgent clock stand on the lead; the times at which anything falls due."""
        urgent: tuple[Standing, Clock] | None = None
        checks: list[datetime] = []
        met = False
        for name, clock in () if self.lead.exempt else self.policy.sla.clocks.items():
            enforced = [run for run in self._runs(name, clock) if run.started_at >= self.org.enforce_from]
            if not enforced:
                continue
            run = enforced[-1]
            stand = clocks.standing(run, clock, self.policy, self._entries(run), self.now)
            if run.ended_at is not None:
                met = met or (run.ended_at <= stand.deadline and self._was_met(run, clock))
                continue
            checks += [at for at in (stand.next_at, stand.deadline) if at is not None and at > self.now]
            if urgent is None or stand.deadline < urgent[0].deadline:
                urgent = stand, clock
        if urgent is None:
            self._show(SlaStatus.MET if met else SlaStatus.NOT_APPLICABLE)
        else:
            self._show_urgent(*urgent)
        written = self._before.sla.next_check
        if checks:
            upcoming = min(checks)
        elif written is not None and self.now < written <= self.now + HORIZON:
            upcoming = written
        else:
            upcoming = self.now + HORIZON
        self.set_sla(next_check=upcoming)
        return checks

    def _show_urgent(self, stand: Standing, clock: Clock) -> None:
        if self.now >= stand.deadline:
            status = SlaStatus.OVERDUE
        elif stand.warned_at is not None:
            status = SlaStatus.AT_RISK
        else:
            status = SlaStatus.ON_TRACK
        zone = words.zone_of(self.org, self.lead.owner_id)
        next_step = None
        if self.unroutable is not None:
            next_step = f"Waits: {self.unroutable}"
        elif self.withheld is not None:
            next_step = f"Withheld: {self.withheld}"
        elif stand.next_step is not None and stand.next_at is not None:
            coming = _NEXT.get(stand.next_step.event, stand.next_step.step)
            next_step = f"{coming}: {words.moment(stand.next_at, zone)}"
        self._show(status, clock=clock.label, due_at=stand.deadline, next_step=next_step)

    def _show(
        self,
        status: SlaStatus,
        *,
        clock: str | None = None,
        due_at: datetime | None = None,
        next_step: str | None = None,
    ) -> None:
        self.set_sla(
            status=status.value, clock=clock, due_at=due_at, next_step=next_step[:255] if next_step else None
        )
