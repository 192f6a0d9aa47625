"""One seed: an org with people in it, several processes of the real worker, and everything that goes wrong.

Time is the org's clock, which moves from one moment at which something may happen to the next; in between,
nothing would have come of a tick. At every port call the seed may let another process go on, let somebody act
in the org, or let a fault strike.
"""

from __future__ import annotations

import heapq

from sfsync.localorg.schema import Schema
from sfsync.policies import Documents
from tests.simulation import policy, settled
from tests.simulation.checks import Broken, need
from tests.simulation.platform import Platform
from tests.simulation.sizes import COMPARED, DAY, DETECTED, HOUR, INTERVAL, MINUTE, RECOVERS, Outcome, Size


class Simulation(Platform):
    """Runs one seed."""

    def __init__(self, seed: int, size: Size, schema: Schema, documents: Documents) -> None:
        super().__init__(seed, size, schema, documents)
        self._down_until = 0
        self._recovering: set[int] = set()
        self._known: set[tuple[str, int]] = set()

    def run(self) -> Outcome:
        """Everything that happens; what broke, if anything did, is in the outcome."""
        try:
            self._scenario()
            self._live()
            self._finale()
        except Broken as broken:
            self.outcome.broken = str(broken)
        finally:
            self.baton.halt()
        self.outcome.states |= self.judge.states
        self.outcome.calls = len(self.app.calls.records)
        return self.outcome

    def _scenario(self) -> None:
        """Leads from before, leads to come, and what people are going to do to them."""
        dice, start = self.random, self._start
        if dice.random() < 0.15:
            self._send_away(dice.sample(self.org.people.reps, dice.randint(4, 5)))
        for _ in range(dice.randint(0, 1)):
            self._hold_or_do(self._create)
        begins = start + dice.randint(1, 3 * HOUR)
        self._push(begins, "tick")
        for _ in range(self.size.leads):
            at = begins + dice.choice((MINUTE, HOUR, DAY)) * dice.randint(1, 20) // 10 + dice.randint(0, 59)
            self._push(at, "create")
            for _ in range(dice.choice((0, 1, 1, 2))):
                near = at + dice.choice((0, 36, 48, 72, 96)) * HOUR
                self._push(near + dice.choice((dice.randint(-90, 90), dice.randint(0, 2 * DAY))), "act")
        if dice.random() < 0.1:
            off = begins + dice.randint(HOUR, 3 * DAY)
            self._push(off, "switch off")
            self._push(off + dice.randint(MINUTE, DAY), "switch on")

    def _live(self) -> None:
        """From moment to moment until the days are over."""
        end = self._start + self.size.days * DAY
        while self._moments and self._moments[0][0] <= end:
            at, _, what = heapq.heappop(self._moments)
            if at > self.now:
                self._advance(at)
            self._happen(what)

    def _finale(self) -> None:
        """Faults stop; what is under way ends; time goes on; then nothing may be left to do."""
        self._slow_left = self._faults_left = self._down_until = self._org_down_until = 0
        self._acting = 0.0
        if not self._enabled:
            self._switch(on=True)
        for pause in (INTERVAL, 11 * MINUTE, 16 * MINUTE, 31 * MINUTE):
            self._advance(self.now + pause)
            self._late = [late for late in self._late if not self._carry_out(late)]
            self._wake(everybody=True)
            self._burst()
        for _ in range(3):
            self._advance(self.now + INTERVAL)
            if not self._burst():
                break
        need(not self.queue, "messages are left over")
        before = len(self.app.calls.records)
        for _ in range(2):
            self._advance(self.now + INTERVAL)
            writes = self._burst()
            need(not writes, f"own writes wake own work: {writes} writes in a quiet tick")
        calls = len(self.app.calls.records) - before
        need(calls <= 2 * 3 + COMPARED, f"two quiet ticks took {calls} calls")
        self._settled(self.now, quiet=not self._holed)
        settled.posts(self.world)

    def _happen(self, what: str) -> None:
        match what:
            case "create":
                self._hold_or_do(self._create)
                self._push(self.now + self.random.randrange(INTERVAL), "tick")
            case "act":
                self._act()
                self._push(self.now + self.random.randrange(INTERVAL), "tick")
            case "switch off":
                self._switch(on=False)
            case "switch on":
                self._switch(on=True)
                self._recover()
            case "recovered":
                self._recover()
            case "tick":
                if self.now < self._down_until:
                    return
                self._tick()

    def _tick(self) -> None:
        """A tick and all that comes of it, judged; then the moments that matter next."""
        if self._strikes("outage", "the platform", 0.3):
            self._down_until = self.now + self.random.choice((HOUR, 8 * HOUR, DAY, 3 * DAY))
            self._troubled_at = self._down_until
            for later in (0, 1, 12, 49):
                self._push(self._down_until + later * MINUTE, "tick")
            return
        self._wake()
        at, troubled, self._moved = self.now, self._troubled_at, False
        writes = self._burst()
        if self._troubled_at != troubled:
            self._recover()
        if self._moved:
            self._push(self.now + INTERVAL, "tick")
        under_way = self.baton.stalled() or self._late or self.queue
        if not (under_way or self._moved) and self._enabled and at - self._troubled_at >= RECOVERS:
            self._settled(at, quiet=not writes and not self._holed)
        if writes:
            self._push(self.now + INTERVAL, "tick")
        self._foresee()

    def _recover(self) -> None:
        """Ticks at which all that a fault left behind has been found, and one to see that it has."""
        for later in (1, 12, 29, 49):
            if (minute := self.now // MINUTE + later) not in self._recovering:
                self._recovering.add(minute)
                self._push(self.now + later * MINUTE + self.random.randrange(INTERVAL), "tick")

    def _foresee(self) -> None:
        """Ticks around each time at which something falls due: now and then a second before, and soon after."""
        for lead_id, _ in settled.leads(self.world):
            for run in policy.runs(policy.life(self.journal, lead_id)):
                if run.end is not None:
                    continue
                done = settled.rows_of(self.journal, lead_id, run)
                for due in policy.next_due(run, done, self.now):
                    if (lead_id, due) not in self._known:
                        self._known.add((lead_id, due))
                        if self.random.random() < 0.25:
                            self._push(due - 1, "tick")
                        self._push(due + self.random.choice((0, self.random.randrange(INTERVAL))), "tick")
                        if self._holed:
                            self._push(due + DETECTED, "tick")

    def _settled(self, at: int, *, quiet: bool) -> None:
        """Judge what has been done by now. What fell out of an index with holes, the detector finds later."""
        if quiet:
            settled.check(self.world, at)
        else:
            settled.prompt(self.world, at - DETECTED * self._holed)
