"""One seed: an org with people in it, several processes of the real worker, and everything that goes wrong.

Time is the org's clock, which moves from one moment at which something may happen to the next; in between,
nothing would have come of a tick. At every port call the seed may let another process go on, let somebody act
in the org, or let a fault strike.
"""

from __future__ import annotations

import heapq
from unittest.mock import patch

import sfsync.reconcile
from sfsync.localorg.schema import Schema
from tests.simulation import policy, settled
from tests.simulation.changes import Changes
from tests.simulation.journal import Row
from tests.simulation.partings import Partings
from tests.simulation.promise import Broken, need
from tests.simulation.sizes import COMPARED, DAY, HOUR, MINUTE, REQUESTS, Outcome, Size

EVERYTHING = 1000
"""More changes of owners or bands than any week brings."""


class Simulation(Changes):
    """Runs one seed."""

    def __init__(self, seed: int, size: Size, schema: Schema, partings: Partings) -> None:
        super().__init__(seed, size, schema, partings)
        self._down_until = 0
        self._known: set[tuple[str, int]] = set()

    def run(self) -> Outcome:
        """Everything that happens; what broke, if anything did, is in the outcome."""
        try:
            with patch.object(sfsync.reconcile, "decide", self.decide):
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
        beat = dice.choice((6 * HOUR, 12 * HOUR, 12 * HOUR)) if self.size.waves < self.size.leads else 0
        for wave in range(self.size.waves):
            if beat:
                comes = begins + wave * beat
            else:
                comes = begins + dice.choice((MINUTE, HOUR, DAY)) * dice.randint(1, 20) // 10
            sittings = [
                dice.choice((0, 36, 48, 72, 96)) * HOUR + dice.choice((0, dice.randint(90, 2 * DAY)))
                for _ in range(2)
            ]
            for _ in range(wave, self.size.leads, self.size.waves):
                at = comes + dice.randint(0, 59)
                self._push(at, "create")
                for _ in range(dice.choice((0, 1, 1, 2))):
                    self._push(at + dice.choice(sittings) + dice.randint(-90, 90), "act")
        if dice.random() < self.size.switched:
            off = begins + dice.randint(HOUR, 3 * DAY)
            self._push(off, "switch off")
            self._push(off + dice.randint(MINUTE, DAY), "switch on")
        self._plan_changes()

    def _live(self) -> None:
        """From moment to moment until the days are over; they part where nothing is under way."""
        length = self.size.days * DAY
        end = self._start + length
        parts = [
            self._start + length * number // (self._partings.number + 1)
            for number in range(1, self._partings.number + 1)
        ]
        while self._moments and self._moments[0][0] <= end:
            if parts and self.now >= parts[0] and not self.baton.stalled():
                parts.pop(0)
                self._part()
            at, _, what = heapq.heappop(self._moments)
            if what == "tick":
                self._ticks.remove(at)
            if at > self.now:
                self._advance(at)
            self._happen(what)

    def _finale(self) -> None:
        """Faults stop; what is under way ends; time goes on; then nothing may be left to do."""
        self._slow_left = self._faults_left = 0
        self._down_until = self._org_down_until = self._unfetched_until = 0
        self._acting = self._twice = 0.0
        self.app.settings.api_limit = REQUESTS
        self._deploy_all()
        if not self._enabled:
            self._switch(on=True)
        self._mend(policy.NEVER)
        if self.world.limits is not None:
            for what in self.world.limits.allowed:
                self._release(what, EVERYTHING, 30 * DAY)
        self._catch_up()
        if self.now < self._set_aside_until():
            self._catch_up()
        self._wake_nobody()
        self._catch_up()
        for _ in range(50):
            self._advance(self.now + self.size.interval)
            # Two ticks and what they take.
            if not self._burst() and not self._falls_due_by(self.now + 3 * self.size.interval):
                break
        need(not self.queue, "messages are left over")
        before = len(self.app.calls.records)
        for _ in range(2):
            self._advance(self.now + self.size.interval)
            writes = self._burst()
            need(not writes, f"own writes wake own work: {writes} writes in a quiet tick")
        if not (self._somebody_waits() or self._paged):
            calls = len(self.app.calls.records) - before
            need(calls <= 2 * 3 + COMPARED, f"two quiet ticks took {calls} calls")
        self._settled(self.now, quiet=True)
        settled.posts(self.world)

    def _catch_up(self) -> None:
        """Time goes on until whatever was left for later has been found."""
        known = max(self._missed_until, self._holed_until, self._set_aside_until())
        wait = max(self.now, known) - self.now
        for pause in (wait, self.size.interval, 11 * MINUTE, 16 * MINUTE, 31 * MINUTE, HOUR):
            self._advance(self.now + pause)
            self._late = [late for late in self._late if not self._carry_out(late)]
            self._wake(everybody=True)
            self._burst()

    def _wake_nobody(self) -> None:
        """Leads change once more and are written; what is written must not have them looked at again."""
        for pause in (0, MINUTE):
            self._advance(self.now + pause)
            self._burst()
        before = self.journal.seq
        for lead_id, _ in list(settled.leads(self.world)):
            self._act_on(lead_id, "edit inputs")
        self._note("people")
        self._advance(self.now + 1)
        self._burst()
        for _ in range(3):
            self._advance(self.now + MINUTE)
            written = settled.written(self.world, before)
            asleep = {lead_id for lead_id, lead in written.items() if self._rests(lead_id, lead)}
            self.handed.clear()
            self._burst()
            woken = sorted(self.handed & asleep)
            need(not woken, f"own writes wake own work: {woken} are looked at again")

    def _rests(self, lead_id: str, lead: Row) -> bool:
        """Nothing is the matter with this open lead, and nobody has to look at it within the next minutes."""
        over = lead.get("IsConverted") or lead["Status"] in policy.REJECTED
        refused = settled.is_refused(lead) or self.now < self.world.set_aside.get(lead_id, 0)
        waits = any(
            run.clock == "assign" and run.end is None for run in policy.all_runs(self.journal, lead_id)
        )
        check = lead.get("SLA_Next_Check__c")
        return not (over or refused or waits) and (check is None or check > self.now + 5 * MINUTE)

    def _set_aside_until(self) -> int:
        return max(self.world.set_aside.values(), default=0)

    def _happen(self, what: str) -> None:
        match what:
            case "create":
                self._hold_or_do(self._create)
                self._tick_within(self.now)
            case "act":
                self._act()
                self._tick_within(self.now)
            case "switch off":
                shadow = self._whims.random() < 0.5
                self._switch(on=False, shadow=shadow)
                self.outcome.states.add("(shadow mode)" if shadow else "(kill switch)")
            case "switch on":
                self._switch(on=True)
                self._recover()
            case "another policy":
                self._begin_deployment()
            case "deploy":
                self._deploy_one()
            case "other hours":
                self._change_hours()
            case "holiday":
                self._change_holiday()
            case "archive":
                self._archive()
            case "reject":
                self._reject_some()
                self._tick_within(self.now)
            case "reopen":
                self._reopen_archived()
                self._tick_within(self.now)
            case "release":
                self._release_some()
            case "recycle bin":
                self._look_through_bin()
                self._tick_within(self.now)
            case "mended":
                self._mend(self.now)
            case "recovered":
                self._recover()
            case "requests again":
                self.app.settings.api_limit = REQUESTS
                self._recover()
            case "tick":
                if self.now < self._down_until:
                    return
                self._tick()

    def _tick(self) -> None:
        """A tick and all that comes of it, judged; then the moments that matter next."""
        if self._strikes("outage", "the platform", 0.3):
            self._down_until = self.now + self.random.choice((HOUR, 8 * HOUR, DAY, 3 * DAY))
            self._troubled_at = max(self._troubled_at, self._down_until)
            for later in (0, 1, 12, 49):
                self._push(self._down_until + later * MINUTE, "tick")
            return
        self._wake()
        at, troubled, self._moved = self.now, self._troubled_at, False
        self._note_requests()
        writes = self._burst()
        self._note_requests()
        if self._troubled_at != troubled:
            self._recover()
        if self._moved:
            self._tick_within(self.now + 1)
        under_way = self.baton.stalled() or self._late or self.queue
        if not (under_way or self._moved) and self._enabled:
            if at - max(self._troubled_at, self._short.until) >= self.size.recovers:
                self._settled(at, quiet=not writes and not self._holed)
            elif self._short.since - max(self._troubled_at, self._holed_until) >= self.size.recovers:
                settled.prompt(self.world, at, self._may_spend)
                self.outcome.states.add("(judged while requests are short)")
        if writes:
            self._tick_within(self.now + 1)
        self._foresee()

    def _foresee(self) -> None:
        """Ticks around each time at which something falls due: now and then a second before, and soon after."""
        for lead_id, _ in settled.leads(self.world):
            changed = self.journal.changed[lead_id]
            if self._foreseen.get(lead_id) == changed:
                continue
            self._foreseen[lead_id] = changed
            for run in policy.all_runs(self.journal, lead_id):
                if run.end is not None:
                    continue
                done = settled.rows_of(self.journal, lead_id, run)
                for due in self.world.rules.next_due(run, done, self.now):
                    if (lead_id, due) not in self._known:
                        self._known.add((lead_id, due))
                        if self.random.random() < 0.25 * self.size.waves / self.size.leads:
                            self._push(due - 1, "tick")
                        if self.random.random() < 0.5 * self.size.waves / self.size.leads:
                            self._push(due, "tick")
                        self._tick_within(due)
                        if self._holed:
                            self._tick_within(due + self.size.detected)

    def _somebody_waits(self) -> bool:
        """A lead is in the queue although it is due: every quarter of an hour somebody is looked for. Or one
        is refused altogether: as often the detector finds it without its next check."""
        return any(
            settled.is_refused(lead)
            or any(
                run.clock == "assign" and run.end is None for run in policy.all_runs(self.journal, lead_id)
            )
            for lead_id, lead in settled.leads(self.world)
        )

    def _falls_due_by(self, at: int) -> bool:
        """Something that is not due yet will be at that second, or the worker has said that it looks then."""
        return any(
            self.now < (lead.get("SLA_Next_Check__c") or 0) <= at
            or any(
                due <= at
                for run in policy.all_runs(self.journal, lead_id)
                if run.end is None
                for due in self.world.rules.next_due(
                    run, settled.rows_of(self.journal, lead_id, run), self.now
                )
            )
            for lead_id, lead in settled.leads(self.world)
        )

    def _settled(self, at: int, *, quiet: bool) -> None:
        """Judge what has been done by now. What fell out of an index with holes, the detector finds later."""
        if quiet:
            settled.check(self.world, at)
        else:
            settled.prompt(self.world, at - self.size.detected * self._holed)
