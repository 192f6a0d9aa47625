"""Clocks: where a run stands on its ladder at a moment, and which step is to be done then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from sfsync.core.documents import Clock, SlaDocument, Step
from sfsync.core.hours import ALWAYS, Calendar
from sfsync.core.model import Entry, Kind

Cause = Literal["stage", "owner", "band", "converted"]

NOTICES = frozenset({Kind.WARNED, Kind.REMINDED})
"""The events that give the owner notice."""

SETTLED = frozenset({Kind.MET, Kind.CLOSED_LATE, Kind.EXCUSED})
"""A run with one of these rows is over for good."""


class Run(msgspec.Struct, frozen=True, gc=False):
    """One stretch during which a clock counts for one owner.

    Attributes:
        id: the Id of the record that started it, or `created`: its name, however late it is noticed.
        owner_id: who owes, from beginning to end; a user or a queue.
        ended_at, cause: None while it counts.
    """

    clock: str
    id: str
    owner_id: str
    started_at: datetime
    ended_at: datetime | None = None
    cause: Cause | None = None


class Rung(msgspec.Struct, frozen=True):
    """A step with its own time, in seconds of the clock's calendar after the start of a run."""

    step: Step
    seconds: int
    gives_notice: bool


class Standing(msgspec.Struct, frozen=True):
    """Where a run that still counts stands at a moment.

    Attributes:
        start, deadline: when it began, and when its time is used up.
        warned_at: when the owner was first given notice, as committed in the ledger.
        due: the steps that may be done now, each with when it fell due, the latest first. Only one is done:
            the first that can be.
        next_step, next_at: what comes next if nothing happens, and when; None at the ladder's end.
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
        taking_accepts: whoever takes a lead from a queue has done what it asks for.
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

    @classmethod
    def of(cls, name: str, clock: Clock, sla: SlaDocument, calendars: Mapping[str, Calendar]) -> Ladder:
        rungs = tuple(Rung(step, step.at.after(clock.time), step.event in NOTICES) for step in clock.steps)
        return cls(
            name=name,
            clock=clock,
            calendar=calendars[clock.hours],
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
            grace_calendar=calendars[sla.grace_hours],
            max_lateness=timedelta(seconds=sla.max_lateness),
        )

    def counts(self, stage: str, in_queue: bool, nurture: bool, taken: bool) -> bool:
        """Whether it runs for a lead in this stage; `taken`: its owner took it from a queue."""
        wanted = self.clock.runs_while
        if stage not in wanted.stage or (nurture and wanted.outside_nurture):
            return False
        if taken and self.taking_accepts:
            return False
        return wanted.owner == "any" or in_queue == (wanted.owner == "queue")

    def start(self, run: Run, entries: Sequence[Entry]) -> datetime:
        """When the run began: as the ledger has it, once it has a row there (design.md section 4)."""
        for entry in entries:
            if entry.started_at is not None:
                return entry.started_at
        return run.started_at

    def deadline(self, start: datetime) -> datetime:
        """When the time of a run with this start is used up."""
        return self.after(start, self.clock.time)

    def after(self, start: datetime, seconds: int) -> datetime:
        """When so many seconds have passed by the clock's calendar; one that never closes need not be asked."""
        if self.calendar is ALWAYS:
            return start + timedelta(seconds=seconds)
        return self.calendar.due(start, seconds)

    def warned_in_time(self, entries: Sequence[Entry], deadline: datetime) -> bool:
        """Whether the owner had the notice that the ladder promises before the deadline, if it does."""
        if self.notice is None or self.notice.seconds >= self.clock.time:
            return True
        return any(entry.kind in NOTICES and entry.occurred_at < deadline for entry in entries)

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
        start = self.start(run, entries)
        deadline = self.deadline(start)
        newest, committed, warned_at = self._done(entries)
        due: list[tuple[Step, datetime]] = []
        unwarned = False
        next_step: Step | None = None
        next_at: datetime | None = None
        for index in range(newest + 1, len(self.rungs)):
            rung = self.rungs[index]
            at_end = rung.seconds == self.clock.time
            own = at = deadline if at_end else self.after(start, rung.seconds)
            if own <= now and now - own > self.max_lateness:
                continue
            if not rung.gives_notice and self.notice is not None:
                if warned_at is not None and (rung.step.reassign or own <= warned_at):
                    at = max(own, self.grace_calendar.due(warned_at, self.grace))
            elif committed is not None and own <= committed:
                continue
            if at > now:
                if next_at is None or at < next_at:
                    next_step, next_at = rung.step, at
                if own > now and at == own:
                    break
            elif rung.gives_notice or self.notice is None or warned_at is not None:
                due.append((rung.step, at))
            else:
                unwarned = True
        if unwarned:
            due = self._notice(start, due, now)
        return Standing(
            run,
            start,
            self.deadline(start),
            warned_at,
            due[::-1] if len(due) > 1 else due,
            next_step,
            next_at,
        )

    def _done(self, entries: Sequence[Entry]) -> tuple[int, datetime | None, datetime | None]:
        """The position of the newest step done (-1 for none), its time, and that of the first notice."""
        newest = -1
        committed: datetime | None = None
        warned_at: datetime | None = None
        for entry in entries:
            index = self.order.get(entry.step) if entry.step is not None else None
            if index is not None:
                newest = max(newest, index)
                committed = entry.occurred_at if committed is None else max(committed, entry.occurred_at)
            if entry.kind in NOTICES and (warned_at is None or entry.occurred_at < warned_at):
                warned_at = entry.occurred_at
        return newest, committed, committed if warned_at is None else warned_at

    def _notice(
        self, start: datetime, due: list[tuple[Step, datetime]], now: datetime
    ) -> list[tuple[Step, datetime]]:
        """The notice that stands in for a step that nobody was warned of: the first that is not too late."""
        assert self.notice is not None
        own = self.after(start, self.notice.seconds)
        return [(self.notice.step, own)] if now - own <= self.max_lateness else due[:1]
