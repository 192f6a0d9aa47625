"""The org that a seed is about: its clock, its people, what goes wrong, and what is noted and judged."""

from __future__ import annotations

import bisect
import heapq
import random
from collections.abc import Callable, Collection, Mapping, Sequence

from sfsync.localorg.app import App
from sfsync.localorg.org import Org
from sfsync.localorg.schema import Schema
from tests.simulation import policy, settled
from tests.simulation.acts import People, refuse_writes
from tests.simulation.baton import Baton
from tests.simulation.checks import Judge
from tests.simulation.journal import Journal
from tests.simulation.partings import Partings
from tests.simulation.sizes import COMPARES, DAY, HOUR, MINUTE, MONDAY, Outcome, Size
from tests.simulation.world import World

FAULTS_AFTER_A_PARTING = 2

WRITES = ("graph", "sobjects", "(writes)", "chatter")
"""What the labels of port calls that write to the org have in them."""


class Floor:
    """The org and everybody in it."""

    def __init__(self, seed: int, size: Size, schema: Schema, partings: Partings) -> None:
        self.random = random.Random(seed)
        self._partings = partings
        self.size = size
        self._start = MONDAY + self.random.randrange(7) * DAY + self.random.randrange(24 * HOUR)
        self.org = Org(schema, self._start)
        self.app = App(self.org)
        self.journal = Journal(self.org)
        self.world = World(self.journal, self.org.people, None, set(), DAY + size.recovers)
        self.judge = Judge(self.world)
        self.people = People(self.org, self.random)
        self.baton = Baton(self.random.choice)
        self._seed = seed
        self.outcome = Outcome(str(seed))
        self._draw_rates(size.faults)
        self._troubled_at = -size.recovers
        self._missed_until = 0
        self._strikes_so_far = 0
        self._refusing = self.random.random() < 0.3
        if self._refusing:
            refuse_writes(self.org)
        self._moved = False
        self._enabled = True
        self._moments: list[tuple[int, int, str]] = []
        self._pushed = 0
        self._ticks: list[int] = []
        self._foreseen: dict[str, int] = {}

    @property
    def now(self) -> int:
        return self.org.clock.now()

    def _draw_rates(self, faults: int) -> None:
        """From now on people act this often, and at most so many faults strike this often; writers are held up anew."""
        self._rate = self.random.choice(self.size.rates)
        self._acting = self.random.choice(self.size.acting)
        self._faults_left = faults if self._rate else 0
        self._slow_left = self.size.held_up if self._rate else 0

    def _part(self) -> None:
        """Take one of two ways on from here: with dice of its own, and with faults again."""
        self.baton.rest()
        if self._partings.part():
            self.outcome.faults.clear()
        self.outcome.seed = f"{self._seed}:{self._partings.ways}"
        self.random.seed(self.outcome.seed)
        self._draw_rates(max(self._faults_left, FAULTS_AFTER_A_PARTING))
        self.trace("the seed", f"goes on as {self.outcome.seed}")

    def _push(self, at: int, what: str) -> None:
        self._pushed += 1
        heapq.heappush(self._moments, (at, self._pushed, what))
        if what == "tick":
            bisect.insort(self._ticks, at)

    def _tick_within(self, first: int) -> None:
        """See that there is a tick within one interval from this second on."""
        interval = self.size.interval
        following = bisect.bisect_left(self._ticks, first)
        if following == len(self._ticks) or self._ticks[following] >= first + interval:
            self._push(first + self.random.randrange(interval), "tick")

    def _recover(self) -> None:
        """Ticks at which all that a fault left behind has been found, and one to see that it has."""
        for later in (MINUTE, 12 * MINUTE, 29 * MINUTE, self.size.recovers + MINUTE):
            self._tick_within(self.now + later)

    def _advance(self, to: int) -> None:
        self.org.clock.set(max(to, self.now))
        self._release_held()

    def _draw(self, label: str, kinds: Sequence[str], factor: float = 1.0) -> str | None:
        factor *= 4 if any(mark in label for mark in WRITES) else 1
        if self.size.only:
            kinds = [kind for kind in kinds if kind in self.size.only]
            if not kinds:
                return None
        if not self._faults_left or self.random.random() >= self._rate * factor:
            return None
        return self._struck(self.random.choice(kinds), label)

    def _strikes(self, kind: str, label: str, factor: float) -> bool:
        return self._draw(label, (kind,), factor) is not None

    def _struck(self, kind: str, label: str) -> str:
        self._faults_left -= 1
        self._strikes_so_far += 1
        if kind != "quota spent":  # what is done all the same is done in time
            self._troubled_at = max(self._troubled_at, self.now)
        self.outcome.faults[f"{kind} @ {label}"] += 1
        current = self.baton.current
        self.trace(current.name if current else "the platform", f"FAULT {kind} @ {label}")
        return kind

    def _create(self) -> None:
        lead_id = self.people.create()
        self.trace("people", f"create {lead_id}")
        if self._refusing and self.random.random() < 0.1:
            self.people.refuse(lead_id)
            self.world.refused.add(lead_id)
            self.outcome.faults["lead refused @ people"] += 1
            self.trace("people", f"a rule of the org refuses whatever the worker writes to {lead_id}")

    def _act(self) -> None:
        ids = [lead_id for lead_id, _ in settled.leads(self.world)]
        if not ids:
            return
        lead_id, what = self.random.choice(ids), self.people.draw()
        self._moved = True
        self._hold_or_do(lambda: self._act_on(lead_id, what))

    def _act_on(self, lead_id: str, what: str) -> bool:
        done = self.people.act(what, lead_id)
        self.trace("people", f"{what} {lead_id}{'' if done else ': refused'}")
        return done

    def _hold_or_do(self, write: Callable[[], object]) -> None:
        """People's transactions may commit late: with the time at which they began.

        What commits later than a poll reads again is found by the comparison of the index with the org.
        """
        late = self._draw("people", ("late commit", "late commit", "very late commit"), 2.0)
        if late is None:
            write()
            self._note("people")
            return
        visible = self.now + self.random.randint(1, 200)
        if late == "very late commit":
            visible = self.now + self.random.randint(6, 15) * MINUTE
            self._missed_until = max(self._missed_until, visible + COMPARES)
            self._troubled_at = max(self._troubled_at, self._missed_until)
            self._push(self._missed_until, "recovered")
        self.org.late_commit(write, visible)
        self._push(self.now + self.random.randint(0, visible - self.now), "tick")
        self._tick_within(visible)

    def _release_held(self) -> None:
        if self.org.late_commits and self.org.late_commits.release():
            self.trace("people", "a late commit becomes visible")
            self._moved = True
            self._troubled_at = max(self._troubled_at, self.now)
            self._note("people")

    def _switch(self, *, on: bool, shadow: bool = False) -> None:
        """Nothing is to be done from now on, or only in the log (`shadow`); or everything again."""
        session = self.org.session(self.org.issue_token(self.org.people.integration))
        for setting_id in list(self.org.database.table("SFSync_Settings__c").rows):
            settings = {"Enabled__c": on or shadow, "Shadow__c": shadow}
            self.org.update(session, "SFSync_Settings__c", setting_id, settings)
            self._enabled = on
            self.world.off_since = None if on else self.now
            self._troubled_at = max(self._troubled_at, self.now)
            self.trace("people", "on again" if on else "shadow mode" if shadow else "kill switch")

    def _send_away(self, reps: Sequence[str]) -> None:
        """These reps leave: they are deactivated and keep their leads."""
        session = self.org.session(self.org.issue_token(self.org.people.integration))
        for rep in reps:
            self.org.update(session, "User", rep, {"IsActive": False})
            self.world.attendance.setdefault(rep, []).append((self.now, False))
            self.trace("people", f"{rep} has left")
        self.world.inactive.update(reps)
        self.world.passed.clear()
        self.people.reps = tuple(rep for rep in self.people.reps if rep not in reps)

    def _change_configuration(self) -> None:
        """Somebody leaves, comes back or joins: the worker decides on every open lead again."""
        session = self.org.session(self.org.issue_token(self.org.people.integration))
        what = self.random.choice(("leaves", "comes back", "joins"))
        if what == "leaves" and len(self.people.reps) > 1:
            self._send_away([self.random.choice(self.people.reps)])
            self.outcome.faults["rep leaves @ people"] += 1
        elif what == "comes back" and self.world.inactive:
            rep = self.random.choice(sorted(self.world.inactive))
            self.org.update(session, "User", rep, {"IsActive": True})
            self.world.inactive.discard(rep)
            self.world.attendance.setdefault(rep, []).append((self.now, True))
            self.world.passed.clear()
            self.people.reps = tuple(one for one in self.org.people.reps if one not in self.world.inactive)
            self.trace("people", f"{rep} has come back")
        else:
            row = self.org.database.table("User").rows[self.org.people.executive]
            self.org.update(session, "User", self.org.people.executive, {"Title": f"{row.get('Title')}+"})
            group = {"DeveloperName": f"Joined_{self._pushed}", "Name": "Joined", "Type": "Queue"}
            self.org.create(session, "Group", group)
            self.trace("people", "a queue more")

    def _note(self, by: str, told: Collection[tuple[int, int]] = ()) -> None:
        commit = self.journal.note(by)
        if self.world.enforce_from is None:
            for row in self.org.database.table("SFSync_Settings__c").rows.values():
                if row.get("Enforce_From__c") is not None:
                    self.world.enforce_from = int(str(row["Enforce_From__c"]))
        if commit:
            for row in commit.events:
                self.trace(by, f"EVENT {row['Name']} {row['Kind__c']} {row['Key__c']}")
            for before, after in commit.leads:
                self.trace(by, f"LEAD {after['Id']} {_difference(before, after)}")
            for row in commit.posts:
                self.trace(by, f"POST {str(row['Body'])[-14:]}")
            self.judge.see(commit, told)

    def trace(self, who: str, text: str) -> None:
        self.outcome.trace.append((self.now, who, text))


def _difference(before: Mapping[str, object] | None, after: Mapping[str, object]) -> str:
    stamps = ("SystemModstamp", "LastModifiedDate", "LastModifiedById", "SLA_Reasons__c", "SLA_Next_Step__c")
    if before is None:
        return f"new {after['OwnerId']} {policy.band(policy.score(dict(after)))}"  # type: ignore[arg-type]
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return " ".join(f"{name}={after.get(name)}" for name in names if name not in stamps)
