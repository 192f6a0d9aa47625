"""What the clocks of a policy demand, said again in the simulation's own words and numbers (requirements.md P6, P13).

There are three policies, of which one takes the place of another in some weeks. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

from tests.simulation.journal import Row
from tests.simulation.policy import NEVER, OFFICE, Run

HOUR = 3600
OPENS, CLOSES = 9, 17
GRACE = 4 * HOUR
TOO_LATE = 30 * 24 * HOUR
"""A step later than this is never done."""

NOTICES = ("Warned", "Reminded")


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """When the office is open: at any time of any day, or Mon-Fri 9-17 in New York; on no day that is `closed`."""

    all_night: bool = False
    closed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The times of a policy, and the office's hours, which the grace is counted in.

    Attributes:
        files: the name of the policy.
        time: by clock, how long a run may last.
        ladder: by clock, the events of its steps, each with so much time after the beginning of a run.
    """

    files: str
    time: Mapping[str, int]
    ladder: Mapping[str, tuple[tuple[str, int], ...]]
    hours: Hours = Hours()

    def with_hours(self, hours: Hours) -> Rules:
        """The same policy where the office has these hours."""
        return self if hours == self.hours else replace(self, hours=hours)

    def deadline(self, run: Run) -> int:
        return run.start + self.time[run.clock]

    def step_due(self, run: Run, event: str, noticed_at: int | None) -> int:
        """The first second in which the step with this event may be done; NEVER while its notice is missing, or
        when there is no such step.

        Before the owner is shown up (escalation, reassignment) the owner has been given notice; a reassignment
        comes no sooner than the grace after it, nor does an escalation that the notice came too late for.
        """
        offset = next((after for name, after in self.ladder[run.clock] if name == event), None)
        if offset is None:
            return NEVER
        own = run.start + offset
        if event in NOTICES or run.clock == "assign":
            return own
        if noticed_at is None:
            return NEVER
        if event == "Reassigned" or own <= noticed_at:
            return max(own, after_grace(noticed_at, self.hours))
        return own

    def owed_step(self, run: Run, done: list[Row], at: int) -> tuple[str, int] | None:
        """The event of the step that has to be done at `at`, given the run's rows so far, and when it fell due."""
        names = [name for name, _ in self.ladder[run.clock]]
        newest = self._newest(run, done)
        committed = max(
            (int(str(row["CreatedDate"])) for row in done if row["Kind__c"] in names), default=None
        )
        noticed = notice(done)
        owed: tuple[str, int] | None = None
        for index, (name, offset) in enumerate(self.ladder[run.clock]):
            own = run.start + offset
            if index <= newest or at - own > TOO_LATE:
                continue
            if name in NOTICES and committed is not None and own <= committed:
                continue
            due = self.step_due(run, name, noticed)
            if due == NEVER:
                due, name = own, "Warned"
            if due <= at:
                owed = (name, due)
        return owed

    def _newest(self, run: Run, done: list[Row]) -> int:
        """The position of the last step on the ladder that has been done; -1 when none has."""
        kinds = {row["Kind__c"] for row in done}
        ladder = self.ladder[run.clock]
        return max((index for index, (name, _) in enumerate(ladder) if name in kinds), default=-1)

    def next_due(self, run: Run, done: list[Row], at: int) -> list[int]:
        """The times after `at` at which something of this open run falls due."""
        noticed = notice(done)
        found = [self.deadline(run)]
        for name, offset in self.ladder[run.clock][self._newest(run, done) + 1 :]:
            due = self.step_due(run, name, noticed)
            found.append(run.start + offset if due == NEVER else due)
        return [one for one in found if one > at]


SHIPPED = Rules(
    "shipped",
    {"accept": 48 * HOUR, "assign": 8 * HOUR},
    {
        "accept": (
            ("Warned", 36 * HOUR),
            ("Reminded", 48 * HOUR),
            ("Escalated", 72 * HOUR),
            ("Reassigned", 96 * HOUR),
        ),
        "assign": (("Escalated", 8 * HOUR),),
    },
)
BRISK = Rules(
    "brisk",
    {**SHIPPED.time, "accept": 36 * HOUR},
    {**SHIPPED.ladder, "accept": (("Warned", 27 * HOUR), ("Reminded", 36 * HOUR), ("Reassigned", 72 * HOUR))},
)
"""Three quarters of the time to accept a lead, and nobody is escalated to before it goes to somebody else."""

RENAMED = replace(SHIPPED, files="renamed")
"""Its steps have other names, and say what they were called before."""


def notice(done: list[Row]) -> int | None:
    """When the owner was first given notice: the time at which the org committed it."""
    return min((int(str(row["CreatedDate"])) for row in done if row["Kind__c"] in NOTICES), default=None)


@cache
def after_grace(start: int, hours: Hours = Hours()) -> int:
    """Four hours in which the office is open after `start`, walked day by day."""
    left = GRACE
    day = datetime.fromtimestamp(start, OFFICE).date()
    while True:
        if day not in hours.closed and (hours.all_night or day.weekday() < 5):
            following = day + timedelta(days=1)
            opens = max(start, _at(day, 0 if hours.all_night else OPENS))
            closes = _at(following, 0) if hours.all_night else _at(day, CLOSES)
            if closes > opens:
                if left <= closes - opens:
                    return opens + left
                left -= closes - opens
        day += timedelta(days=1)


def _at(day: date, hour: int) -> int:
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=OFFICE).timestamp())
