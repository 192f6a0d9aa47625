"""A month passes: people act, sfsync looks when a poll finds something, and the oracle is asked each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from sfsync.core.decide import decide
from sfsync.core.model import Effect, Facts, Minutes, Plan
from tests.month import papers_of
from tests.month.floor import REPS, Floor, instant, staff, text
from tests.month.ladders import Owed
from tests.month.months import DAY, HOUR, LENGTH, MONTHS, ZONES, Month
from tests.month.oracle import EMPTY, Oracle, Verdict
from tests.month.people import People
from tests.month.shown import Shown

NEVER = 1 << 40
RETRY = 5 * HOUR
"""A lead that nobody could take asks for a look every fifteen minutes; looking so often shows nothing new."""


@dataclass
class Passing:
    """One month.

    Attributes:
        until: polls after that are not made; splits: polls besides those of the interval.
        looks: the leads' next look by sfsync's own word; since: when what a poll would find was changed.
        told: the effects of all looks, each with its time.
        busy: until then sfsync waits for what it writes.
    """

    month: Month
    until: int = NEVER
    splits: tuple[int, ...] = ()
    people: People = field(init=False)
    floor: Floor = field(init=False)
    oracle: Oracle = field(init=False)
    looks: dict[str, int] = field(default_factory=dict)
    since: int | None = None
    told: list[tuple[int, Effect]] = field(default_factory=list)
    busy: int = 0

    def __post_init__(self) -> None:
        month = self.month
        self.until = min(self.until, month.first + LENGTH)
        self.oracle = self._oracle(month.office)
        policy = papers_of.policy(month.variant, month.office)
        untracked = tuple((name, month.first + a, month.first + b) for name, a, b in month.untracked)
        self.floor = Floor(policy, staff(ZONES), month.first, Random(month.order), untracked)
        for id_ in REPS[month.reps :]:
            self.floor.users[id_]["IsActive"] = False
        self.people = People(month, self.floor)
        for at, office in month.rebuilt:
            self.people.plan(month.first + at, partial(self._rebuild, office))

    def _oracle(self, office: int) -> Oracle:
        begins = instant(self.month.first).date()
        return papers_of.oracle(self.month.variant, office, MONTHS.index(begins))

    def _rebuild(self, office: int, at: int) -> None:
        """The org's hours are others from now on; sfsync looks at every lead then."""
        self.oracle = self._oracle(office)
        self.floor.policy = papers_of.policy(self.month.variant, office)
        self.floor.touched |= self.floor.leads.keys()
        self.people.acted.append((at, "", "hours"))

    def run(self) -> Passing:
        """Let the month pass: what happens in a second happens before the poll of that second."""
        while True:
            needed = [*self.looks.values(), *(() if self.since is None else (self.since,))]
            tick = self._tick(min(needed)) if needed else NEVER
            act = self.people.next_act()
            if act is not None and act <= min(tick, self.until):
                self.people.go_on()
                if self.floor.touched and self.since is None:
                    self.since = act
            elif tick > self.until:
                return self
            else:
                self.poll(tick)

    def _tick(self, at: int) -> int:
        """The first poll from then on; there is none while sfsync is down."""
        at = max(at, self.busy)
        since, interval = self.month.first - 3 * DAY, self.month.interval
        tick = since + -(-(at - since) // interval) * interval
        tick = min([tick, *(split for split in self.splits if split >= at)])
        for begins, ends in self.month.gaps:
            if self.month.first + begins <= tick < self.month.first + ends:
                return self._tick(self.month.first + ends)
        return tick

    def poll(self, now: int) -> None:
        """Look at every lead that was changed, or whose next look has come."""
        due = self.floor.touched | {lead for lead, at in self.looks.items() if at <= now}
        self.since = None
        leads = sorted(due)
        Random(self.month.order).shuffle(leads)
        for lead in leads:
            self.settle(lead, now)

    def settle(self, lead: str, now: int) -> None:
        """Look until nothing asks for a look at once. Then there is nothing left to do, and nothing to write.

        But for a Task that somebody made needless in the very second in which it was given: the next look
        closes it.
        """
        delay = self.delay(now)
        for _ in range(6):
            plan = self.look(lead, now, delay)
            unsure = delay or self.month.untracked
            if plan.next_check != instant(now) and not (unsure and plan.effects):
                break
            now, delay = now + delay, 0
        self.busy = max(self.busy, now)
        again = self.decide(self.floor.facts(lead, now), now)
        assert not again.effects, f"left undone: {[effect.key for effect in again.effects]}"
        given = {row["Id"] for row in self.floor.tasks[lead] if row["LastModifiedDate"] == text(now)}
        assert set(again.closes) <= given, f"left open: {again.closes}"
        assert not again.changes_fields, f"{again.sla} instead of {again.lead.sla}"
        self.looks.pop(lead, None)
        if plan.next_check is not None:
            soon = plan.next_check < (plan.sla.next_check or plan.next_check)
            written = int((plan.sla.next_check or plan.next_check).timestamp())
            self.looks[lead] = min(written, now + RETRY) if soon else written

    def delay(self, now: int) -> int:
        """How long the writes of this poll take: nobody else does anything meanwhile."""
        act = self.people.next_act()
        most = self.month.delay if Random(self.month.order + now).random() < 0.3 else 0
        return most if act is None else min(most, act - now - 1)

    def may_give(self, now: int) -> bool:
        return not any(
            self.month.first + begins <= now < self.month.first + ends for begins, ends in self.month.withheld
        )

    def decide(self, facts: Facts, now: int) -> Plan:
        left = None if self.may_give(now) else 0
        floor = self.floor
        return decide(facts, floor.policy, floor.org(), instant(now), floor.loads(), owner_changes_left=left)

    def look(self, lead: str, now: int, delay: int) -> Plan:
        """Decide, compare with what the oracle says is owed, and carry it out, so many seconds later."""
        verdict = self.oracle.verdict(self.floor.case(lead, may_give=self.may_give(now)), now)
        plan = self.decide(self.floor.facts(lead, now), now)
        self.compare(plan, verdict, now)
        self.floor.carry_out(plan, now + delay)
        self.told += [(now, effect) for effect in plan.effects]
        if plan.next_check != instant(now):
            self.nothing_is_missed(lead, plan, verdict, now)
        return plan

    def compare(self, plan: Plan, verdict: Verdict, now: int) -> None:
        """None early, none missing, and each as it is owed."""
        found = sorted((_as_told(effect, now) for effect in plan.effects), key=_key)
        owed = sorted((_as_owed(one) for one in verdict.owed), key=_key)
        assert found == owed, _difference(found, owed, now)
        parts = {one.key: one.parts for one in verdict.owed}
        says = {one.key: one.says for one in verdict.owed if one.says is not None}
        for effect in plan.effects:
            assert effect.detail == says.get(effect.key, effect.detail), (
                f"{effect.key} says {effect.detail!r}, not {says[effect.key]!r}"
            )
            assert _same_parts(effect.minutes, parts[effect.key]), (
                f"{effect.key}: {effect.minutes}, not {parts[effect.key]}"
            )
        moved = (plan.owner_id or plan.lead.owner_id, plan.status or plan.lead.status)
        assert moved == (verdict.owner, verdict.status)
        assert set(plan.closes) == verdict.closes
        if verdict.attempts is not None:
            assert (plan.sla.attempts or 0) == verdict.attempts
        row = plan.lead
        if row.is_converted or row.is_deleted:
            return
        sla, coming = plan.sla, plan.sla.next_step
        if coming is not None and coming.startswith(("Waits: no rep can take it (", "Withheld: ")):
            coming = verdict.shown.coming
        due = int(sla.due_at.timestamp()) if sla.due_at is not None else None
        shown = Shown(str(sla.status), sla.clock, due, coming)
        assert shown == verdict.shown, f"{shown} at {text(now)}, not {verdict.shown}"
        if self.oracle.papers.stage(plan.status or row.status) != "rejected":
            assert (sla.score, sla.reasons) == verdict.reasons

    def nothing_is_missed(self, lead: str, plan: Plan, verdict: Verdict, now: int) -> None:
        """Until the next look that the plan asks for, nothing will be owed."""
        until = plan.sla.next_check if plan.next_check is not None else None
        for when in verdict.ahead:
            if until is not None and instant(when) >= until:
                return
            owed = self.oracle.verdict(self.floor.case(lead, may_give=self.may_give(now)), when).owed
            assert not owed, f"{owed} at {text(when)}, and the next look is at {until}"


def _key(told: dict[str, Any]) -> str:
    return str(told["key"])


def _as_told(effect: Effect, now: int) -> dict[str, Any]:
    assert effect.occurred_at == instant(now)
    task = effect.task
    return {
        "key": effect.key,
        "kind": effect.kind.value,
        "task": (task.owner_id, task.subject, task.due.isoformat(), task.priority) if task else None,
        "mentions": effect.mentions,
        "Clock__c": effect.clock,
        "Run__c": effect.run,
        "Step__c": effect.step,
        "Started_At__c": int(effect.started_at.timestamp()) if effect.started_at else None,
        "Due_At__c": int(effect.due_at.timestamp()) if effect.due_at else None,
        "Rep__c": effect.rep,
        "From_User__c": effect.from_user,
        "To_User__c": effect.to_user,
        "To_Queue__c": effect.to_queue,
        "Adherent__c": effect.adherent,
        "uncounts": effect.uncounts,
    }


def _same_parts(minutes: Minutes | None, parts: dict[str, int] | None) -> bool:
    """Whether these are the same parts, to the hundredth of a minute, and add up to the same."""
    if minutes is None or parts is None:
        return minutes is parts
    found = [getattr(minutes, cause) for cause in parts]
    close = all(abs(one - part / 60) < 0.0101 for one, part in zip(found, parts.values(), strict=True))
    return close and round(sum(found), 2) == round(sum(parts.values()) / 60, 2)


def _as_owed(one: Owed) -> dict[str, Any]:
    told = {"key": one.key, "kind": one.kind, "task": one.task, "mentions": one.mentions}
    return told | EMPTY | one.fields


def _difference(found: list[dict[str, Any]], owed: list[dict[str, Any]], now: int) -> str:
    """What the two say differently."""
    lines = [f"at {text(now)}:"]
    by_key = {_key(one): one for one in found}
    for one in owed:
        other = by_key.pop(_key(one), None)
        if other is None:
            lines.append(f"missing: {one}")
        elif other != one:
            lines += [
                f"{_key(one)}: {name} is {other[name]}, not {one[name]}"
                for name in one
                if other[name] != one[name]
            ]
    lines += [f"not owed: {one}" for one in by_key.values()]
    return "\n".join(lines)
