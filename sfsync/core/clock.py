"""Clocks: where a run stands on its ladder at a moment, and which step is to be done then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from sfsync.core.conditions import Condition
from sfsync.core.documents import Clock, SlaDocument, Step
from sfsync.core.hours import ALWAYS, Calendar
from sfsync.core.model import NOW, OWNER, Entry, Kind, Mapped, Org, of_owner

Cause = Literal["stage", "left", "owner", "band", "interaction", "converted"]
"""What ended a run; `left` is a change to a stage that does not meet the clock."""

NOTICES = frozenset({Kind.WARNED, Kind.REMINDED})
"""The events that give the owner notice."""

Pauses = Sequence[tuple[datetime, datetime]]
"""When a run stood still, from and to."""


class Run(msgspec.Struct, gc=False):
    """One stretch during which a clock counts for one owner. Only core/life.py, which makes it, changes it.

    Attributes:
        id: the Id of the record that started it, or `created`: its name, however late it is noticed.
        owner_id: who owes, from beginning to end; a user or a queue.
        band: the lead's when the run began.
        ended_at, cause: None while it counts.
        pauses: when it stood still; the last one has no end while it does.
        heard_at: when it first was in a stage in which it speaks; None before. Only of a clock that is
            silent somewhere: others speak from the start.
        silent: it says nothing now, or said nothing at its end.
    """

    clock: str
    id: str
    owner_id: str
    started_at: datetime
    band: str | None = None
    ended_at: datetime | None = None
    cause: Cause | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    heard_at: datetime | None = None
    silent: bool = False

    @property
    def is_paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None


class Rung(msgspec.Struct, frozen=True):
    """A step with its own time, in the clock's calendar after the start of a run."""

    step: Step
    seconds: int
    length: timedelta
    gives_notice: bool


class Standing(msgspec.Struct, frozen=True):
    """Where a run that still counts stands at a moment.

    Attributes:
        start, deadline: when it began, and when its time is used up.
        warned_at: when the owner was first given notice, as committed in the ledger.
        due: the steps that may be done now, each with when it fell due, the latest first. Only one is done:
            the first that can be.
        next_step, next_at: what comes next if nothing happens, and when; None at the ladder's end. Of several steps
            that come at one moment it is the latest, which is the one that is done.
    """

    run: Run
    start: datetime
    deadline: datetime
    warned_at: datetime | None
    due: Sequence[tuple[Step, datetime]]
    next_step: Step | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """A clock of the policy, ready to count.

    Attributes:
        name: the clock's permanent name; `clock.was` is its former one.
        rungs: its steps in order.
        notice: the first of them that gives the owner notice.
        order: a step's position by its name and by its former one.
        taking_accepts: whoever takes a lead from a queue has accepted it, so that a clock which asks for that
            and nothing else does not run.
        met_causes: the ways to end a run that are what the clock asks for.
        shortest: a run of this length or less is over in time, whatever the calendar and the pauses.
        by_lead: the same clock with another time or calendar, for leads for which the condition holds; the
            first counts, and where none does `otherwise`. It may have further ones of its own.
        by_band: which of them counts in each of the policy's bands, where the conditions ask for nothing else.
        asks_lead, asks_owner: a condition among these asks for the lead's values, or who owns the run.
    """

    name: str
    clock: Clock
    calendar: Calendar
    rungs: tuple[Rung, ...]
    notice: Rung | None
    order: Mapping[str, int]
    taking_accepts: bool
    grace: int
    grace_calendar: Calendar
    max_lateness: timedelta
    met_causes: frozenset[Cause]
    shortest: timedelta
    by_lead: tuple[tuple[Condition, Ladder], ...] = ()
    by_band: Mapping[str | None, Ladder] = field(default_factory=dict)
    otherwise: Ladder | None = None
    asks_lead: bool = False
    asks_owner: bool = False

    @classmethod
    def of(
        cls,
        name: str,
        clock: Clock,
        sla: SlaDocument,
        calendars: Mapping[str, Calendar],
        bands: Sequence[str] = (),
    ) -> Ladder:
        """The clock of this name, joined with what the document says for all clocks; `bands` are the policy's."""
        conditions, variants = _variants(clock, sla)
        ladders = [cls.of(name, *variant, calendars) for variant in variants]
        otherwise = ladders[-1] if ladders else None
        rungs = tuple(
            Rung(step, seconds, timedelta(seconds=seconds), step.event in NOTICES)
            for step in clock.steps
            for seconds in (step.at.after(clock.time),)
        )
        ladder = cls(
            name=name,
            clock=clock,
            calendar=calendars[clock.hours] if otherwise is None else otherwise.calendar,
            rungs=rungs,
            notice=next((rung for rung in rungs if rung.gives_notice), None),
            order={
                known: index
                for index, rung in enumerate(rungs)
                for known in (rung.step.step, rung.step.was)
                if known is not None
            },
            taking_accepts=sla.taking_from_queue_accepts and clock.runs_while.owner == "user",
            grace=sla.grace,
            grace_calendar=calendars[sla.grace_hours] if otherwise is None else otherwise.grace_calendar,
            max_lateness=timedelta(seconds=sla.max_lateness),
            met_causes=_met_causes(clock),
            shortest=timedelta(seconds=clock.time),
            by_lead=tuple(zip(conditions, ladders, strict=False)),
            otherwise=otherwise,
            asks_lead=any(one.names - {"band", *OWNER} for one in conditions)
            or any(one.asks_lead for one in ladders),
            asks_owner=any(not one.names.isdisjoint(OWNER) for one in conditions)
            or any(one.asks_owner for one in ladders),
        )
        if ladder.asks_lead or ladder.asks_owner:
            return ladder
        return replace(ladder, by_band={band: ladder._fitting({"band": band}) for band in bands})

    def timed(self, run: Run, values: Mapping[str, Mapped], org: Org) -> Ladder:
        """The clock with the time and the calendar that count for this run: by the band it began in, the lead's
        values, and the run's own owner, whoever owns the lead by now. Ages are those at the run's beginning: a
        deadline does not move because time goes by.
        """
        if self.otherwise is None:
            return self
        found = self.by_band.get(run.band)
        if found is not None:
            return found
        known: dict[str, Mapped] = {"band": run.band, NOW: run.started_at}
        if self.asks_lead:
            known = {**values, **known}
        if self.asks_owner:
            known |= of_owner(org.users.get(run.owner_id))
        return self._fitting(known)

    def _fitting(self, known: Mapping[str, Mapped]) -> Ladder:
        for condition, ladder in self.by_lead:
            if condition.holds(known):
                return ladder._fitting(known)
        return self if self.otherwise is None else self.otherwise._fitting(known)

    def counts(self, stage: str, in_queue: bool, nurture: bool, taken: bool) -> bool:
        """Whether it runs for a lead in this stage; `taken`: its owner took it from a queue."""
        wanted = self.clock.runs_while
        if stage not in wanted.stage or (nurture and wanted.outside_nurture):
            return False
        if taken and self.taking_accepts and self.clock.met_by is None:
            return False
        return wanted.owner == "any" or in_queue == (wanted.owner == "queue")

    def is_paused(self, stage: str, status: str) -> bool:
        """Whether it stands still for a lead in this stage and status."""
        wanted = self.clock.paused_while
        return wanted is not None and (stage in wanted.stage or status in wanted.status)

    def is_silent(self, stage: str, taken: bool) -> bool:
        """Whether it says nothing in this stage; `taken`: the lead's owner took it from a queue."""
        return stage in self.clock.silent_in and not (taken and self.taking_accepts)

    def is_missed(self, stage: str) -> bool:
        """Whether a change to this stage is not what it asks for."""
        wanted = self.clock.met_by.stage if self.clock.met_by is not None else []
        return bool(wanted) and stage not in wanted

    def start(self, run: Run, entries: Sequence[Entry]) -> datetime:
        """When the run began: as the ledger has it, once it has a row there (design.md section 4)."""
        for entry in entries:
            if entry.started_at is not None:
                return entry.started_at
        return run.started_at

    def deadline(self, start: datetime, pauses: Pauses = ()) -> datetime:
        """When the time of a run with this start is used up."""
        if self.calendar is ALWAYS and not pauses:
            return start + self.shortest
        return self.calendar.due(start, self.clock.time, pauses)

    def after(self, start: datetime, rung: Rung, pauses: Pauses = ()) -> datetime:
        """The step's time by the clock's calendar; one that never closes need not be asked."""
        if self.calendar is ALWAYS and not pauses:
            return start + rung.length
        return self.calendar.due(start, rung.seconds, pauses)

    def is_void(self, run: Run, deadline: datetime) -> bool:
        """Whether it was silent as long as its time lasted: then another clock has charged what it would."""
        if run.heard_at is None or (run.silent and run.ended_at is None):
            return run.silent
        return run.heard_at > deadline

    def warned_in_time(self, entries: Sequence[Entry], deadline: datetime) -> bool:
        """Whether the owner had the notice that the ladder promises before the deadline, if it does."""
        if self.notice is None or self.notice.seconds >= self.clock.time:
            return True
        return any(entry.kind in NOTICES and entry.told_at < deadline for entry in entries)

    def standing(self, run: Run, entries: Sequence[Entry], now: datetime) -> Standing:
        """What the ladder asks for at `now`, given the run's own rows of the ledger (requirements P6, P13).

        - Of several steps that are due one is done, the latest: after an outage nobody gets a storm. Where
          it cannot be done (a reassignment without anybody to reassign to), the one before it is.
        - A step that falls on the owner in front of others (an escalation, a reassignment) needs a committed
          notice to the owner. Without one, the notice is the step that is due.
        - A reassignment also waits out the grace after that notice; so does an escalation whose own time had
          passed when the notice was committed.
        - A step whose own time had passed when the newest step was committed is void; so is one later than
          `max_lateness`.
        """
        start = self.start(run, entries) if entries else run.started_at
        pauses = stood_still(run, now) if run.pauses else ()
        deadline = self.deadline(start, pauses)
        if not self.rungs and not entries:
            return Standing(run, start, deadline, None, (), None, None)
        if pauses and run.is_paused:
            _, _, warned_at = self._done(entries, start, pauses)
            return Standing(run, start, deadline, warned_at, (), None, None)
        newest, committed, warned_at = self._done(entries, start, pauses)
        due: list[tuple[Step, datetime]] = []
        unwarned = False
        next_step: Step | None = None
        next_at: datetime | None = None
        for index in range(newest + 1, len(self.rungs)):
            rung = self.rungs[index]
            at_end = rung.seconds == self.clock.time
            own = at = deadline if at_end else self.after(start, rung, pauses)
            if own <= now and now - own > self.max_lateness:
                continue
            if not rung.gives_notice and self.notice is not None:
                if warned_at is not None and (rung.step.reassign or own <= warned_at):
                    at = max(own, self.grace_calendar.due(warned_at, self.grace))
            elif committed is not None and own <= committed:
                continue
            if at > now:
                if next_at is None or at <= next_at:
                    next_step, next_at = rung.step, at
                if own > now and at == own:
                    break
            elif rung.gives_notice or self.notice is None or warned_at is not None:
                due.append((rung.step, at))
            else:
                unwarned = True
        if unwarned:
            due = self._notice(start, due, now, pauses)
        return Standing(
            run,
            start,
            deadline,
            warned_at,
            due[::-1] if len(due) > 1 else due,
            next_step,
            next_at,
        )

    def _done(
        self, entries: Sequence[Entry], start: datetime, pauses: Pauses
    ) -> tuple[int, datetime | None, datetime | None]:
        """The position of the newest step done (-1 for none), its time, and that of the first notice."""
        newest = -1
        committed: datetime | None = None
        warned_at: datetime | None = None
        for entry in entries:
            index = self.position(entry, start, pauses)
            if index is not None:
                newest = max(newest, index)
                committed = entry.told_at if committed is None else max(committed, entry.told_at)
            if entry.kind in NOTICES and (warned_at is None or entry.told_at < warned_at):
                warned_at = entry.told_at
        return newest, committed, committed if warned_at is None else warned_at

    def position(self, entry: Entry, start: datetime, pauses: Pauses) -> int | None:
        """The position of the step that a row about a run from `start` on is of; None where it is of none.

        That of an unknown step stands for the last one with its event that had been due. A step is unknown where it
        was renamed without a `was`, and to a process that has not yet the files in which it was renamed: what the
        owner has been told is not told again under the former name.
        """
        if entry.step is None:
            return None
        known = self.order.get(entry.step)
        if known is not None:
            return known
        for index in range(len(self.rungs) - 1, -1, -1):
            rung = self.rungs[index]
            if rung.step.event == entry.kind and self.after(start, rung, pauses) <= entry.told_at:
                return index
        return None

    def _notice(
        self, start: datetime, due: list[tuple[Step, datetime]], now: datetime, pauses: Pauses
    ) -> list[tuple[Step, datetime]]:
        """The notice that stands in for a step that nobody was warned of: the first that is not too late."""
        assert self.notice is not None
        own = self.after(start, self.notice, pauses)
        return [(self.notice.step, own)] if now - own <= self.max_lateness else due[:1]


def _variants(clock: Clock, sla: SlaDocument) -> tuple[list[Condition], list[tuple[Clock, SlaDocument]]]:
    """The same clock with each time that it can give, else in each calendar that it can count in, the last being
    that of the leads for which no condition holds; nothing where it is the same for all.
    """
    hours = sla.calendars.get(clock.hours)
    grace = sla.calendars.get(sla.grace_hours)
    if clock.time_by:
        conditions = [one.when for one in clock.time_by]
        times = [*(one.time for one in clock.time_by), clock.time]
        return conditions, [(clock.model_copy(update={"time": one, "time_by": []}), sla) for one in times]
    if hours is not None and hours.choose:
        names = [*(one.use for one in hours.choose), hours.otherwise]
        conditions = [one.when for one in hours.choose]
        return conditions, [(clock.model_copy(update={"hours": one}), sla) for one in names]
    if grace is not None and grace.choose:
        names = [*(one.use for one in grace.choose), grace.otherwise]
        conditions = [one.when for one in grace.choose]
        return conditions, [(clock, sla.model_copy(update={"grace_hours": one})) for one in names]
    return [], []


def stood_still(run: Run, now: datetime) -> Pauses:
    """The run's pauses, one that lasts ending with the run, else now."""
    if not run.pauses:
        return ()
    end = now if run.ended_at is None else run.ended_at
    return [(since, end if until is None else until) for since, until in run.pauses]


def _met_causes(clock: Clock) -> frozenset[Cause]:
    causes: set[Cause] = {"stage", "converted"}
    if clock.met_by is not None and not clock.met_by.stage:
        causes = set()
    if clock.met_by is not None and clock.met_by.interaction is not None:
        causes.add("interaction")
    if clock.runs_while.owner == "queue":
        causes.add("owner")
    return frozenset(causes)
