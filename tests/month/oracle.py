"""What is owed for a lead at a moment, by the documents and the lead's true history alone, slowly.

Nothing of sfsync is used: what is said here is said a second time. The first thing owed is taken for done, and
all is worked out anew, until nothing is owed. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tests.month import staff
from tests.month.ladders import Clocks, Owed
from tests.month.lives import Case, at, bands, interactions, is_user, known
from tests.month.papers import Papers, Row, seconds
from tests.month.shown import Shown, shown
from tests.month.wall import Wall

EMPTY: Row = dict.fromkeys(
    (
        *("Clock__c", "Run__c", "Step__c", "Started_At__c", "Due_At__c"),
        *("Rep__c", "From_User__c", "To_User__c", "To_Queue__c", "Adherent__c", "uncounts"),
    )
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is owed.

    Attributes:
        owed: the rows, in order.
        closes: our Tasks that are done with.
        attempts: how often the lead did not answer; None where nobody counts.
        shown: what stands on the lead about its clocks.
        reasons: what stands on it about its score.
        ahead: the moments to come at which something may be owed.
    """

    owed: list[Owed]
    owner: str
    status: str
    closes: set[str]
    attempts: int | None
    shown: Shown
    reasons: tuple[int, str]
    ahead: list[int]


@dataclass(frozen=True, slots=True)
class Oracle:
    """The documents, the calendars, and the hours that make them; None is always."""

    papers: Papers
    walls: dict[str, Wall]
    offices: dict[str, Row | None]

    def verdict(self, case: Case, now: int) -> Verdict:
        """All that is owed at `now`, as the org's rows stand."""
        found: list[Owed] = []
        entered = case.lead["SLA_Band__c"]
        for _ in range(40):
            life = _Lead(self, case, now, self._shown(case, entered))
            owed = list(life.owed())
            if not owed:
                return Verdict(
                    found,
                    case.lead["OwnerId"],
                    case.lead["Status"],
                    life.closes(),
                    life.attempts(),
                    shown(life.clocks if life.minded() and not life.clocks.over() else None),
                    self.papers.reasons(case.lead),
                    life.ahead(),
                )
            found += owed
            case = _after(case, owed, now)
        raise AssertionError(f"never settles: {[one.key for one in found]}")

    def _shown(self, case: Case, before: str | None) -> str | None:
        """The band that stands on the lead: that of its score, as long as it is scored."""
        if case.lead["IsConverted"] or self.papers.stage(case.lead["Status"]) == "rejected":
            return before
        return str(self.papers.band(self.papers.score(case.lead))["band"])


def _after(case: Case, owed: list[Owed], now: int) -> Case:
    """The case as it is once this was done; the new rows have no Id yet."""
    text = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    lead, history, ledger = dict(case.lead), list(case.history), list(case.ledger)
    carried, given = dict(case.carried), dict(case.given)
    for one in owed:
        times = {name: _text(one.fields.get(name)) for name in ("Started_At__c", "Due_At__c")}
        row = EMPTY | one.fields | times | {"Id": None, "Key__c": one.key, "Kind__c": one.kind}
        ledger.append(row | {"Occurred_At__c": text, "CreatedDate": None})
        for field, name, new in (("Status", "Status", one.status), ("Owner", "OwnerId", one.owner)):
            if new is not None:
                change = {"Id": None, "Field": field, "OldValue": lead[name], "NewValue": new}
                history.append(change | {"CreatedDate": text, "CreatedById": case.worker})
                lead[name] = new
    return replace(case, lead=lead, history=history, ledger=ledger, carried=carried, given=given)


def _text(when: int | None) -> str | None:
    return None if when is None else datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class _Lead:
    """One lead at a moment."""

    def __init__(self, oracle: Oracle, case: Case, now: int, shown: str | None) -> None:
        self.papers, self.walls, self.offices = oracle.papers, oracle.walls, oracle.offices
        self.case, self.now, self.id, self.shown = case, now, case.lead["Id"], shown
        self.clocks = Clocks(case, self.papers, self.walls, self.offices, now, shown)
        self.known = known(case)
        self.owner: str | None = case.lead["OwnerId"] if is_user(case.lead["OwnerId"]) else None

    def minded(self) -> bool:
        return self.known and not self.case.lead["SLA_Exempt__c"] and not self.case.lead["IsDeleted"]

    def owed(self) -> list[Owed]:
        """What is to be done first: one thing, with what belongs to it."""
        if not self.minded():
            return []
        over = self.clocks.over()
        kinds = [self.clocks.owed(), self._late_entry()]
        if not over:
            kinds = [
                self._band(),
                self._route(),
                *kinds,
                self._follow_up(),
                self._decision(),
            ]
        return next((found for kind in kinds for found in kind), [])

    def _band(self) -> Iterator[list[Owed]]:
        score = self.papers.score(self.case.lead)
        band = self.papers.band(score)
        entered = bands(self.case)
        created = at(self.case.lead["CreatedDate"])
        old = entered[-1].new if entered else None
        if not entered and created < self.case.enforced:
            old = self.case.lead["SLA_Band__c"]
        when = created if old is None else self.now
        if band["band"] == old or when < self.case.enforced:
            return
        stage = self.papers.stage(self.case.lead["Status"])
        status = None
        if band.get("nurture") and stage == "open":
            status = self.papers.status("nurture")
        elif not band.get("nurture") and stage == "nurture":
            status = self.papers.status("open")
        who = staff.people(self.case, self.papers, owner=self.owner)
        yield [
            Owed(
                f"{self.id}:band:{len(entered) + 1}:{old or ''}>{band['band']}",
                "Band Entered",
                {"Started_At__c": when, "Due_At__c": when, "Rep__c": self.owner},
                staff.task(self.case, self.papers, band.get("task"), who, self.now, None),
                staff.mentions(band.get("post", []), who),
                status=status,
                says=f"Score {score} of 100: {band['band']}{f' (was {old})' if old else ''}.",
            )
        ]

    def _route(self) -> Iterator[list[Owed]]:
        """A lead that waits in a queue goes to a rep."""
        waiting = [
            run
            for name, clock in self.papers.clocks.items()
            if clock["runs_while"].get("owner") == "queue"
            for run in self.clocks.runs(name)[-1:]
            if run.end is None and run.id is not None
        ]
        if self.owner is not None or not waiting or not self.case.may_give:
            return
        new = staff.next_rep(
            self.case, self.papers, self.offices, staff.failed(self.case, self.papers), self.now
        )
        if new is None:
            return
        run = waiting[0]
        who = staff.people(self.case, self.papers, owner=None, new_owner=new)
        times = {"Started_At__c": run.start, "Due_At__c": run.start}
        yield [
            Owed(
                f"{self.id}:{run.clock}:{run.id}:routed",
                "Routed",
                {"Clock__c": run.clock, "Run__c": run.id, "Rep__c": new, "To_User__c": new, **times},
                staff.task(self.case, self.papers, self.papers.routing["task"], who, self.now, None),
                (new,),
                new,
            )
        ]

    def _wall(self, rules: Row) -> Wall:
        """The calendar of these rules, as it is for this lead and its owner."""
        owner = self.case.users.get(self.case.lead["OwnerId"])
        values = self.papers.values(self.case.lead, owner)
        return self.walls[self.papers.calendar(rules.get("hours", "always"), values)]

    def _late_entry(self) -> Iterator[list[Owed]]:
        """P1: entered too long after it was acquired."""
        rules, created = self.papers.sla["acquire"], at(self.case.lead["CreatedDate"])
        value = self.papers.value(rules["since"], self.case.lead)
        if not value or created < self.case.enforced or self._has("Late Entry"):
            return
        acquired = int(datetime.fromisoformat(value).timestamp())
        due = self._wall(rules).after(min(acquired, created), seconds(rules["time"]))
        if created > due:
            fields = {"Clock__c": "acquire", "Run__c": "created", "Started_At__c": acquired, "Due_At__c": due}
            yield [Owed(f"{self.id}:acquire:created:late-entry", "Late Entry", fields)]

    def _has(self, kind: str) -> bool:
        return any(row["Kind__c"] == kind for row in self.case.ledger)

    def _in_hand(self, rules: Row) -> bool:
        """A rep works on it: not in nurture, in one of the stages."""
        nurture = self.papers.is_nurture(self.shown)
        stage = self.papers.stage(self.case.lead["Status"])
        return self.owner is not None and stage in rules["stage"] and not nurture

    def _series(self) -> tuple[str, int, list[tuple[int, int]]] | None:
        """P9: the first contact, and the days that may still come with when each is due."""
        rules, given = self.papers.sla["follow_ups"], staff.given_at(self.case)
        if not self._in_hand(rules):
            return None
        rows = [
            row
            for row in self.case.ledger
            if row["Clock__c"] == "follow_ups"
            and row["Rep__c"] == self.owner
            and at(row["Started_At__c"]) >= given
        ]
        contacts = [
            one
            for one in interactions(self.case, self.papers, self.now)
            if one.by == self.owner and one.at >= given
        ]
        if rows:
            run, began = rows[0]["Run__c"], at(rows[0]["Started_At__c"])
        elif contacts and contacts[0].at >= self.case.enforced:
            run, began = contacts[0].id, contacts[0].at
        else:
            return None
        newest = max((int(row["Step__c"].removeprefix("day_")) for row in rows), default=0)
        wall = self._wall(rules)
        ahead = [
            (days, wall.working_day(wall.day(began) + timedelta(days=days)))
            for days in rules["days"]
            if days > newest
        ]
        return run, began, ahead

    def _follow_up(self) -> Iterator[list[Owed]]:
        series = self._series()
        if series is None:
            return
        run, began, ahead = series
        earliest = self.now - seconds(self.papers.sla["max_lateness"])
        due = [(days, when) for days, when in ahead if earliest <= when <= self.now]
        if due:
            days, when = due[-1]
            rules = self.papers.sla["follow_ups"]
            who = staff.people(self.case, self.papers, owner=self.owner)
            fields = {"Clock__c": "follow_ups", "Run__c": run, "Step__c": f"day_{days}", "Rep__c": self.owner}
            yield [
                Owed(
                    f"{self.id}:follow_ups:{run}:day_{days}",
                    "Attempt Due",
                    fields | {"Started_At__c": began, "Due_At__c": when},
                    staff.task(self.case, self.papers, rules["task"], who, self.now, None),
                )
            ]

    def _unanswered(self) -> list[tuple[str | None, int]]:
        """The contacts since the last answer, while the lead has this owner."""
        since = max(staff.given_at(self.case), self.case.enforced)
        found: list[tuple[str | None, int]] = []
        for one in interactions(self.case, self.papers, self.now):
            if one.at >= since:
                found = [] if one.answered else [*found, (one.id, one.at)]
        return found

    def attempts(self) -> int | None:
        if self.owner is None or not self.minded() or self.clocks.over():
            return None
        return len(self._unanswered())

    def _decision(self) -> Iterator[list[Owed]]:
        """P11: after so many attempts without a response the manager decides, once."""
        rules, tried = self.papers.sla["decision"], self._unanswered()
        if not self._in_hand(rules) or len(tried) < rules["attempts"]:
            return
        asked = [at(row["Started_At__c"]) for row in self.case.ledger if row["Kind__c"] == "Manager Decision"]
        if any(when >= tried[0][1] for when in asked):
            return
        last, when = tried[rules["attempts"] - 1]
        who = staff.people(self.case, self.papers, owner=self.owner)
        fields = {"Clock__c": "decision", "Run__c": last, "Step__c": "decide", "Rep__c": self.owner}
        yield [
            Owed(
                f"{self.id}:decision:{last}:decide",
                "Manager Decision",
                fields
                | {"Started_At__c": when, "Due_At__c": when, "To_User__c": who.get(rules["task"]["to"])},
                staff.task(self.case, self.papers, rules["task"], who, self.now, None),
                staff.mentions(rules["post"], who),
            )
        ]

    def closes(self) -> set[str]:
        """Our open Tasks that are done with."""
        rows = {row["Key__c"]: row for row in self.case.ledger if row["Id"] is not None}
        waiting = [task for task in self.case.tasks if task["SFSync_Key__c"] and not task["IsClosed"]]
        found = ((task["Id"], rows.get(task["SFSync_Key__c"])) for task in waiting)
        return {id_ for id_, row in found if row is not None and self.minded() and self._is_done_with(row)}

    def _is_done_with(self, row: Row) -> bool:
        if row["Kind__c"] not in ("Attempt Due", "Manager Decision"):
            return False
        if self.clocks.over() or self.case.lead["OwnerId"] != row["Rep__c"]:
            return True
        asked = at(row["Occurred_At__c"])
        since = [one for one in interactions(self.case, self.papers, self.now) if one.at >= asked]
        if row["Kind__c"] == "Attempt Due":
            return bool(since)
        touched = any(
            at(one["CreatedDate"]) >= asked and one["CreatedById"] != self.case.worker
            for one in self.case.history
            if one["Field"] in ("Owner", "Status")
        )
        return touched or any(one.answered for one in since)

    def ahead(self) -> list[int]:
        """The moments to come at which something may be owed if nothing happens until then."""
        if not self.minded():
            return []
        far = interactions(self.case, self.papers, 1 << 40)
        found = [*self.clocks.ahead(), *(one.at for one in far)]
        series = self._series()
        found += [when for _, when in series[2]] if series is not None else []
        return sorted({when for when in found if when > self.now})
