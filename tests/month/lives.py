"""A lead's life out of the org's rows, and the runs of the clocks in it, said again. Nothing of sfsync is used.

Times are Unix seconds. A row without Id is one that is about to be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tests.month.papers import Papers, Row, holds, seconds


@dataclass(slots=True)
class Case:
    """One lead and all that the org says about it and the people around it.

    Attributes:
        history, tasks, events, emails, ledger: raw rows about this lead.
        users: by id; queues: id to name.
        enforced: what began earlier is not acted upon.
        carried, given: open leads by user, and when each was last given one.
        may_give: an owner may be changed.
    """

    lead: Row
    history: list[Row]
    tasks: list[Row]
    events: list[Row]
    emails: list[Row]
    ledger: list[Row]
    users: dict[str, Row]
    queues: dict[str, str]
    worker: str
    enforced: int
    carried: dict[str, int] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    may_give: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that happened: `what` is owner, status, band or interaction; `by` is whose doing it was."""

    at: int
    what: str
    id: str | None
    old: str | None
    new: str | None
    by: str
    answered: bool = False


@dataclass(slots=True)
class Run:
    """One stretch of a clock for one owner.

    Attributes:
        pauses: when it stood still; the last one ends with None while it does.
        spoke: when it first was in a stage in which it speaks; silent: it is in none now.
    """

    clock: str
    id: str | None
    owner: str
    start: int
    band: str | None
    began_with: str
    end: int | None = None
    cause: str | None = None
    pauses: list[tuple[int, int | None]] = field(default_factory=list)
    spoke: int | None = None
    silent: bool = False


@cache
def at(text: str) -> int:
    """A moment of the REST API."""
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.000%z").timestamp())


def told(row: Row) -> int:
    """When whoever a row of the ledger is about could know of it; one that is about to be written: now."""
    return at(row["CreatedDate"] or row["Occurred_At__c"])


def is_user(owner: str | None) -> bool:
    return owner is not None and owner.startswith("005")


def interactions(case: Case, papers: Papers, now: int) -> list[Turn]:
    """The contacts so far, in order: `by` is the rep's id, or nobody's for what the lead wrote."""
    rules = papers.sla["interactions"]
    found: list[Turn] = []
    for row in case.tasks:
        if not row["IsClosed"] or row["LastModifiedById"] == case.worker:
            continue
        seen = {**row, "Subject": ""} if row["SFSync_Key__c"] else row
        kind = next((rule["kind"] for rule in rules["tasks"] if holds(rule["when"], seen)), None)
        if kind is None or (kind == "email" and rules["email_source"] != "task"):
            continue
        answered = kind == "meeting" or holds(rules["answered"], row)
        when = _took_place(case, row, seconds(rules["logged_within"]))
        found.append(Turn(when, "interaction", row["Id"], None, kind, row["OwnerId"], answered))
    for row in case.events:
        over = at(row["EndDateTime"]) + (86400 if row["IsAllDayEvent"] else 0)
        found.append(Turn(over, "interaction", row["Id"], None, "meeting", row["OwnerId"], True))
    for row in case.emails if rules["email_source"] == "email_message" else ():
        message = row["EmailMessage"]
        who, kind = ("", "reply") if message["Incoming"] else (message["CreatedById"], "email")
        when = at(message["MessageDate"] or message["CreatedDate"])
        found.append(Turn(when, "interaction", row["EmailMessageId"], None, kind, who, kind == "reply"))
    created = at(case.lead["CreatedDate"])
    return sorted((one for one in found if created <= one.at <= now), key=lambda one: (one.at, str(one.id)))


def _took_place(case: Case, row: Row, within: int) -> int:
    """When a Task was done: by the end of the earlier day for which it was logged as done, if soon enough."""
    completed = at(row["CompletedDateTime"] or row["LastModifiedDate"])
    if row["ActivityDate"] is None or completed - at(row["CreatedDate"]) > 60:
        return completed
    zone = ZoneInfo(case.users[row["OwnerId"]]["TimeZoneSidKey"])
    day = date.fromisoformat(row["ActivityDate"]) + timedelta(days=1)
    over = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
    return over if over < completed and at(row["LastModifiedDate"]) - over <= within else completed


def changes(case: Case) -> list[Turn]:
    """Changes of owner and status, in order; of the two rows about an owner the one with ids."""
    found = []
    for row in case.history:
        if row["Field"] == "Owner" and str(row["NewValue"])[:3] not in ("005", "00G"):
            continue
        what = {"Owner": "owner", "Status": "status"}.get(row["Field"])
        if what is not None:
            values = (row["OldValue"], row["NewValue"], row["CreatedById"])
            found.append(Turn(at(row["CreatedDate"]), what, row["Id"], *values))
    return sorted(found, key=lambda one: (one.at, one.id is None, one.id or ""))


def known(case: Case) -> bool:
    """Whether the history leads to what stands on the lead; else nobody knows since when it does. Nor does anybody
    where the ledger knows of another owner, and the history of none.
    """
    story = changes(case)
    had = {row["Rep__c"] for row in case.ledger} - {None, case.lead["OwnerId"]}
    moved = any(row["Kind__c"] in ("Reassigned", "Routed") for row in case.ledger)
    if (had or moved) and not any(one.what == "owner" for one in story):
        return False
    owner = [one.new for one in story if one.what == "owner"]
    status = [one.new for one in story if one.what == "status"]
    return owner[-1:] in ([], [case.lead["OwnerId"]]) and status[-1:] in ([], [case.lead["Status"]])


def band_rows(case: Case) -> list[Row]:
    return [row for row in case.ledger if row["Kind__c"] == "Band Entered"]


def bands(case: Case) -> list[Turn]:
    """Entries into bands."""
    found = []
    for row in band_rows(case):
        left, _, entered = row["Key__c"].rsplit(":", 1)[1].partition(">")
        found.append(Turn(at(row["Started_At__c"]), "band", row["Id"], left or None, entered, case.worker))
    return found


RANK = {"band": 0, "owner": 1, "status": 1, "interaction": 2}


def turns(case: Case, papers: Papers, now: int) -> list[Turn]:
    """Everything in order. In one second bands come first, then owner and status by Id, then interactions."""
    found = [*bands(case), *changes(case), *interactions(case, papers, now)]
    return sorted(found, key=lambda one: (one.at, RANK[one.what], one.id is None, one.id or ""))


def runs(case: Case, papers: Papers, name: str, shown: str | None, story: Sequence[Turn]) -> list[Run]:
    """The runs of a clock in this story; `shown` is the band of a lead that has entered none."""
    clock = papers.clocks[name]
    life = _Life(case, papers, name, clock)
    life.begin(story, shown)
    first = next((one for one in story if one.what == "band" and one.old is None), None)
    for turn in story:
        if turn is not first:
            life.turn(turn)
    if life.run is not None and case.lead["IsConverted"]:
        life.stop(at(case.lead["SystemModstamp"]), "converted", case.worker)
    return life.done + ([life.run] if life.run is not None else [])


class _Life:
    """One clock, going through a lead's life."""

    def __init__(self, case: Case, papers: Papers, name: str, clock: Row) -> None:
        self.case, self.papers, self.name, self.clock = case, papers, name, clock
        self.wanted = clock["runs_while"]
        self.asks = clock.get("met_by", {})
        self.anew = clock.get("starts_anew", [])
        self.done: list[Run] = []
        self.run: Run | None = None
        self.met = self.taken = False

    def begin(self, story: Sequence[Turn], shown: str | None) -> None:
        """The lead as it was created: each change says what was before it."""
        lead = self.case.lead
        self.owner = next((one.old for one in story if one.what == "owner"), lead["OwnerId"])
        self.status = next((one.old for one in story if one.what == "status"), lead["Status"])
        band = next((one for one in story if one.what == "band"), None)
        self.band = shown if band is None else band.old or band.new
        self.start(at(lead["CreatedDate"]), "created", "created")

    def start(self, when: int, record: str | None, what: str, *, ran: bool = False) -> None:
        """A run begins, if the lead is such that it counts; one that stood still is followed by one that does."""
        if self.met or not self.counts(running=ran):
            return
        self.run = Run(self.name, record, str(self.owner), when, self.band, what)
        self.mind(when)

    def stop(self, when: int, cause: str, by: str) -> None:
        """The run is over; one that a band began in the second in which somebody's change ended it never was:
        the change came before the band was noticed.
        """
        run, self.run = self.run, None
        assert run is not None
        if run.began_with == "band" and run.start == when and by != self.case.worker:
            return
        run.end, run.cause = when, cause
        if run.pauses and run.pauses[-1][1] is None:
            run.pauses[-1] = (run.pauses[-1][0], when)
        self.done.append(run)

    def paused(self) -> bool:
        rest = self.clock.get("paused_while", {})
        return self.papers.stage(self.status) in rest.get("stage", []) or self.status in rest.get(
            "status", []
        )

    def counts(self, *, running: bool) -> bool:
        """Whether the clock runs for the lead as it is; a run that stands still goes on."""
        if self.papers.stage(self.status) not in self.wanted["stage"] and not (running and self.paused()):
            return False
        if self.wanted.get("outside_nurture", True) and self.papers.is_nurture(self.band):
            return False
        if self.taken and self.accepted_by_taking() and not self.asks:
            return False
        owner = self.wanted.get("owner", "any")
        return owner == "any" or is_user(self.owner) == (owner == "user")

    def accepted_by_taking(self) -> bool:
        return (
            bool(self.papers.sla.get("taking_from_queue_accepts", True))
            and self.wanted.get("owner") == "user"
        )

    def mind(self, when: int) -> None:
        """Pauses begin and end, and the clock falls silent or speaks."""
        if self.run is None:
            return
        stands = bool(self.run.pauses) and self.run.pauses[-1][1] is None
        if self.paused() and not stands:
            self.run.pauses.append((when, None))
        elif stands and not self.paused():
            self.run.pauses[-1] = (self.run.pauses[-1][0], when)
        quiet = self.papers.stage(self.status) in self.clock.get("silent_in", [])
        self.run.silent = quiet and not (self.taken and self.accepted_by_taking())
        if not self.run.silent and self.run.spoke is None:
            self.run.spoke = when

    def turn(self, turn: Turn) -> None:
        {"owner": self._owner, "status": self._status, "band": self._band, "interaction": self._talk}[
            turn.what
        ](turn)
        self.mind(turn.at)

    def _talk(self, turn: Turn) -> None:
        asked = self.asks.get("interaction")
        if asked is None or (asked == "owner" and turn.by != self.owner):
            return
        ran = self.run is not None
        if ran:
            self.stop(turn.at, "interaction", self.case.worker)
        if "interaction" not in self.anew:
            self.met = True
        elif ran:
            self.start(turn.at, turn.id, "interaction", ran=True)

    def _owner(self, turn: Turn) -> None:
        self.taken = not is_user(self.owner) and turn.new == turn.by
        self.owner, self.met = turn.new, False
        if self.run is not None:
            self.stop(turn.at, "owner", turn.by)
        self.start(turn.at, turn.id, "owner")

    def _status(self, turn: Turn) -> None:
        before = self.papers.stage(self.status)
        self.status = turn.new
        after = self.papers.stage(self.status)
        self.taken = self.taken and before == after
        asked = self.asks.get("stage")
        missed = asked is not None and after not in asked and not self.case.lead["IsConverted"]
        self._again(turn, "left" if missed else "stage", anew="stage" in self.anew and before != after)

    def _band(self, turn: Turn) -> None:
        self.band = turn.new
        self._again(turn, "band", anew="band" in self.anew)

    def _again(self, turn: Turn, cause: str, *, anew: bool) -> None:
        if self.run is not None and (anew or not self.counts(running=True)):
            self.stop(turn.at, cause, turn.by)
        if self.run is None:
            self.start(turn.at, turn.id, turn.what)


def met(run: Run, clock: Row) -> bool:
    """Whether the run ended with what its clock asks for."""
    asks = clock.get("met_by", {})
    if run.cause == "interaction":
        return "interaction" in asks
    if run.cause == "owner":
        return clock["runs_while"].get("owner") == "queue"
    return run.cause in ("stage", "converted") and (not asks or "stage" in asks)
