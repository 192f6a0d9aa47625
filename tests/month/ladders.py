"""What a clock asks for at a moment: its step, its breach, its end (P6 to P8, P10, P12, P13), said again.

Nothing of sfsync is used. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.month import blamed, said, staff
from tests.month.lives import Case, Run, at, band_rows, changes, interactions, is_user, met, runs, told, turns
from tests.month.papers import Papers, Row, seconds
from tests.month.wall import AGES, Wall

NOTICES = ("Warned", "Reminded")


@dataclass(frozen=True, slots=True)
class Owed:
    """One row that the ledger is to get, and what goes with it.

    Attributes:
        fields: of the row, times in Unix seconds.
        owner, status: what the lead gets with it.
        parts: the run's seconds by cause, of one that is or was too late.
        says: what it says, where a rep depends on it.
    """

    key: str
    kind: str
    fields: Row
    task: tuple[str, str, str, str] | None = None
    mentions: tuple[str, ...] = ()
    owner: str | None = None
    status: str | None = None
    parts: dict[str, int] | None = None
    says: str | None = None


@dataclass(slots=True)
class Clocks:
    """The clocks of one lead at `now`; `shown` is the band of a lead that entered none."""

    case: Case
    papers: Papers
    walls: dict[str, Wall]
    offices: dict[str, Row | None]
    now: int
    shown: str | None
    _runs: dict[str, list[Run]] = field(default_factory=dict)
    _rows: dict[tuple[str | None, str | None], list[Row]] = field(default_factory=dict)

    def runs(self, name: str) -> list[Run]:
        """The runs that began since the policy is enforced."""
        if not self._runs:
            story = turns(self.case, self.papers, self.now)
            for clock in self.papers.clocks:
                found = runs(self.case, self.papers, clock, self.shown, story)
                if at(self.case.lead["CreatedDate"]) < self.case.enforced:
                    found = [run for run in found if run.start >= self.case.enforced]
                self._runs[clock] = found
        return self._runs[name]

    def rows(self, run: Run) -> list[Row]:
        """The run's rows of the ledger."""
        if not self._rows:
            for row in self.case.ledger:
                self._rows.setdefault((row["Clock__c"], row["Run__c"]), []).append(row)
        return self._rows.get((run.clock, run.id), []) if run.id is not None else []

    def start(self, run: Run) -> int:
        """As the ledger has it, once it has a row."""
        return next((at(row["Started_At__c"]) for row in self.rows(run) if row["Started_At__c"]), run.start)

    def time(self, run: Run) -> int:
        return self.papers.time(self.papers.clocks[run.clock], self.values(run))

    def values(self, run: Run) -> Row:
        """What conditions see for a run: whoever owns the lead by now, it counts as its own owner's."""
        return self.papers.values(self.case.lead, self.case.users.get(run.owner), run.band)

    def wall(self, run: Run, name: str) -> Wall:
        """The calendar of this name, as it is for this run."""
        return self.walls[self.papers.calendar(name, self.values(run))]

    def hours(self, run: Run) -> Wall:
        return self.wall(run, self.papers.clocks[run.clock].get("hours", "always"))

    def moment(self, run: Run, after: int) -> int:
        pauses = [(since, self.now if until is None else until) for since, until in run.pauses]
        return self.hours(run).after(self.start(run), after, pauses)

    def counted(self, run: Run, due: int) -> int:
        """How long the clock has counted when a step is done: until its time, if that is not an hour ago."""
        until = self.now if self.now - due > 3600 else due
        pauses = [(since, self.now if ends is None else ends) for since, ends in run.pauses]
        return self.hours(run).between(self.start(run), until, pauses)

    def deadline(self, run: Run) -> int:
        return self.moment(run, self.time(run))

    def silent(self, run: Run) -> bool:
        """It says nothing: while it is silent, and for good if it was until its time was used up."""
        quiet_now = run.silent and (run.end is None or run.spoke is None)
        return quiet_now or (run.spoke is not None and run.spoke > self.deadline(run))

    def noticed(self, run: Run) -> int | None:
        """When the owner was first given notice."""
        return min((told(row) for row in self.rows(run) if row["Kind__c"] in NOTICES), default=None)

    def spoken(self, run: Run) -> bool:
        """Whether a step of its ladder was done."""
        return any(row["Step__c"] is not None for row in self.rows(run))

    def steps(self, run: Run) -> list[tuple[Row, int]]:
        return self.papers.steps(self.papers.clocks[run.clock], self.time(run))

    def first_notice(self, run: Run) -> tuple[Row, int] | None:
        return next((one for one in self.steps(run) if one[0]["event"] in NOTICES), None)

    def open_steps(self, run: Run) -> Iterator[tuple[Row, int | None]]:
        """The steps that may still come, with when; None where the notice is missing that must come first."""
        done = [row for row in self.rows(run) if row["Step__c"] is not None]
        names = [step["step"] for step, _ in self.steps(run)]
        newest = max((names.index(row["Step__c"]) for row in done), default=-1)
        committed = max((told(row) for row in done), default=None)
        noticed = self.noticed(run)
        for step, after in self.steps(run)[newest + 1 :]:
            own = self.moment(run, after)
            if own < self.now - seconds(self.papers.sla["max_lateness"]):
                continue
            needs_notice = self.first_notice(run) is not None and step["event"] not in NOTICES
            if not needs_notice:
                if committed is None or own > committed:
                    yield step, own
            elif noticed is None:
                yield step, own if own > self.now else None
            elif step.get("reassign") or own <= noticed:
                grace = self.wall(run, self.papers.sla["grace_hours"]).after(
                    noticed, seconds(self.papers.sla["grace"])
                )
                yield step, max(own, grace)
            else:
                yield step, own

    def owed(self) -> Iterator[list[Owed]]:
        """What the clocks ask for now, in the order of the policy; the first is to be done first."""
        for name in self.papers.clocks:
            for run in self.runs(name):
                if run.id is None:
                    continue
                kinds = [row["Kind__c"] for row in self.rows(run) if row["Step__c"] is None]
                settled = self.settled(run)
                if run.end is None:
                    yield from () if settled else self._running(run, kinds)
                elif "Closed Late" in kinds and run.end <= self.deadline(run):
                    yield from self._made_good(run, kinds)
                elif not settled:
                    yield from self._ended(run, kinds, run.end)

    def settled(self, run: Run) -> bool:
        """The ledger says that it is over; so it is, even if what ended it was deleted since."""
        return any(row["Kind__c"] in ("Met", "Closed Late", "Excused") for row in self.rows(run))

    def _running(self, run: Run, kinds: list[str]) -> Iterator[list[Owed]]:
        if self.silent(run):
            return
        if not self.stands_still(run):
            yield from self._step(run)
        if self.now >= self.deadline(run) and "Breached" not in kinds:
            yield [self._breach(run)]

    def stands_still(self, run: Run) -> bool:
        return bool(run.pauses) and run.pauses[-1][1] is None

    def _step(self, run: Run) -> Iterator[list[Owed]]:
        """The latest step that is due and can be done; in place of one without its notice, the notice."""
        due = [(step, when) for step, when in self.open_steps(run) if when is None or when <= self.now]
        if any(when is None for _, when in due):
            notice = self.first_notice(run)
            assert notice is not None
            own = self.moment(run, notice[1])
            in_time = own >= self.now - seconds(self.papers.sla["max_lateness"])
            due = [(notice[0], own)] if in_time else [one for one in due if one[1] is not None][:1]
        for step, when in reversed(due):
            assert when is not None
            found = self._done(run, step, when)
            if found:
                yield found
                return

    def _done(self, run: Run, step: Row, due: int) -> list[Owed]:
        case, papers = self.case, self.papers
        owner = run.owner if is_user(run.owner) else None
        new_owner = None
        if step.get("reassign"):
            if not case.may_give:
                return []
            never = staff.failed(case, papers) | {case.lead["OwnerId"]}
            new_owner = staff.next_rep(case, papers, self.offices, never, self.now) or staff.the_queue(
                case, papers
            )
            if new_owner is None:
                return []
        who = staff.people(case, papers, owner=owner, new_owner=new_owner, of=run.owner)
        post, deadline = step.get("post", []), self.deadline(run)
        times = {"deadline": deadline, "counted": self.counted(run, due)}
        key = f"{case.lead['Id']}:{run.clock}:{run.id}:{step['step']}"
        fields = self._fields(run, due) | {"Step__c": step["step"]}
        told = who.get("manager") if "manager" in post else None
        moved = {
            "From_User__c": owner,
            "To_User__c": who.get("new_owner"),
            "To_Queue__c": None if is_user(new_owner) else new_owner,
        }
        found = [
            Owed(
                key,
                step["event"],
                fields | (moved if new_owner else {"To_User__c": told}),
                staff.task(case, papers, step.get("task"), who, self.now, deadline),
                staff.mentions(post, who),
                new_owner,
                says=said.step(case, papers, step["says"], who, run.owner, new_owner, times),
            )
        ]
        for also in step.get("also", []):
            fields = self._fields(run, due) | {
                "To_User__c": who.get(also["post"][0]) if also["post"] else None
            }
            name = also["event"].lower().replace(" ", "-")
            found.append(
                Owed(f"{key}:{name}", also["event"], fields, None, staff.mentions(also["post"], who))
            )
        if new_owner is not None and self.now >= deadline:
            if not any(row["Kind__c"] == "Breached" for row in self.rows(run)):
                found.append(self._breach(run))
            found.append(self._end(run, "Closed Late", "closed-late", due, over=self.now))
        return found

    def _ended(self, run: Run, kinds: list[str], end: int) -> Iterator[list[Owed]]:
        """In time: met, or nothing, or a breach to be excused. Late: the breach, and that it is over."""
        clock = self.papers.clocks[run.clock]
        if end <= self.deadline(run):
            if "Breached" in kinds:
                yield [self._excuse(run)]
            elif met(run, clock):
                yield [self._end(run, "Met", "met", self.deadline(run), 1)]
            return
        gone = self.case.lead["IsConverted"] and "interaction" in clock.get("met_by", {})
        if "Breached" not in kinds:
            if gone or self.silent(run):
                return
            yield [self._breach(run)]
        yield [self._end(run, "Closed Late", "closed-late", self.deadline(run), over=end)]

    def _made_good(self, run: Run, kinds: list[str]) -> Iterator[list[Owed]]:
        """Closed late, as it was thought: excused, and a lead that was taken goes back to who had acted."""
        if "Excused" not in kinds:
            yield [self._excuse(run)]
        elif met(run, self.papers.clocks[run.clock]) and self._goes_back(run):
            now_with, end = self.case.lead["OwnerId"], run.end
            facts = [*interactions(self.case, self.papers, self.now), *changes(self.case)]
            fact = next(one.id for one in facts if one.at == end)
            fields = self._fields(run, int(end or 0)) | {
                "Started_At__c": run.start,
                "From_User__c": now_with if is_user(now_with) else None,
                "To_User__c": run.owner,
            }
            key = f"{self.case.lead['Id']}:{run.clock}:{run.id}:given-back:{fact}"
            told = tuple(one for one in (run.owner, now_with) if is_user(one))
            yield [Owed(key, "Routed", fields, None, told, run.owner)]

    def _goes_back(self, run: Run) -> bool:
        case, now_with = self.case, self.case.lead["OwnerId"]
        taken = next((row for row in self.rows(run) if row["Kind__c"] == "Reassigned"), None)
        if taken is None or now_with == run.owner or not case.may_give:
            return False
        if run.owner not in case.users or not case.users[run.owner]["IsActive"]:
            return False
        if any(":given-back:" in row["Key__c"] for row in self.rows(run)) or self.over():
            return False
        when = at(taken["Occurred_At__c"])
        since = [one for one in changes(case) if one.at >= when]
        talked = any(
            one.by == now_with and one.at >= when for one in interactions(case, self.papers, self.now)
        )
        moved = sum(one.what == "owner" for one in since)
        return not talked and moved == 1 and all(one.by == case.worker for one in since)

    def over(self) -> bool:
        return (
            bool(self.case.lead["IsConverted"]) or self.papers.stage(self.case.lead["Status"]) == "rejected"
        )

    def _breach(self, run: Run) -> Owed:
        """Charged to the owner only if the notice that the ladder promises came before the deadline."""
        deadline, notice, noticed = self.deadline(run), self.first_notice(run), self.noticed(run)
        fair = notice is None or notice[1] >= self.time(run) or (noticed is not None and noticed < deadline)
        return self._end(run, "Breached", "breached", deadline, 0 if fair else None, over=deadline)

    def _parts(self, run: Run, over: int) -> dict[str, int]:
        """Whose time it was until then. sfsync was late while the owner was not yet told of the band, and from the
        notice that the ladder promises before the deadline until it came.
        """
        late = [(at(row["Started_At__c"]), told(row)) for row in band_rows(self.case)]
        notice, noticed = self.first_notice(run), self.noticed(run)
        if notice is not None and notice[1] < self.time(run):
            late.append((self.moment(run, notice[1]), AGES if noticed is None else noticed))
        spans = {
            "outside_hours": blamed.closed(self.hours(run)),
            "paused": [(since, AGES if until is None else until) for since, until in run.pauses],
            "unassigned": [] if is_user(run.owner) else [(-AGES, AGES)],
            "sync": late,
        }
        return blamed.by_cause(self.start(run), over, spans)

    def _excuse(self, run: Run) -> Owed:
        breach = next(
            (row["Id"] for row in self.rows(run) if row["Kind__c"] == "Breached" and row["Id"]), None
        )
        return self._end(run, "Excused", "excused", self.deadline(run), uncounts=breach)

    def _end(
        self,
        run: Run,
        kind: str,
        suffix: str,
        due: int,
        adherent: int | None = None,
        uncounts: str | None = None,
        over: int | None = None,
    ) -> Owed:
        fields = self._fields(run, due) | {"Adherent__c": adherent, "uncounts": uncounts}
        parts = None if over is None else self._parts(run, over)
        return Owed(f"{self.case.lead['Id']}:{run.clock}:{run.id}:{suffix}", kind, fields, parts=parts)

    def _fields(self, run: Run, due: int) -> Row:
        return {
            "Clock__c": run.clock,
            "Run__c": run.id,
            "Started_At__c": self.start(run),
            "Due_At__c": due,
            "Rep__c": run.owner if is_user(run.owner) else None,
        }

    def ahead(self) -> list[int]:
        """The moments to come at which a clock may ask for something."""
        found: list[int] = []
        for name in self.papers.clocks:
            for run in self.runs(name):
                if run.end is None and not self.stands_still(run):
                    found += [self.deadline(run), *(when for _, when in self.open_steps(run) if when)]
        return [when for when in found if when > self.now]
