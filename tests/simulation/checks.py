"""What must never happen, seen at each commit, and what must have happened, seen when the dust has settled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tests.simulation import policy
from tests.simulation.journal import Commit, Journal, Row, rows_of
from tests.simulation.policy import NEVER, OPEN, Run, moment
from tests.simulation.promise import need
from tests.simulation.rules import notice
from tests.simulation.world import World

STAMPS = frozenset({"LastModifiedDate", "LastModifiedById", "SystemModstamp"})
OURS = STAMPS | {"OwnerId", "Status"}
ALSO = {"Executive Notified": "Reassigned", "Closed Late": "Reassigned"}
ENDS = ("Met", "Breached", "Closed Late", "Excused")
CLAIM_LASTS = 15 * 60


def number(row: Row, name: str) -> int:
    return int(str(row[name]))


class Judge:
    """Looks at every commit of the worker's the moment it is made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._journal = world.journal
        self._claimed: dict[tuple[str, str], int] = {}
        self._posted: dict[str, tuple[str, bool]] = {}
        self._closed_by: dict[str, str] = {}
        self.states: set[str] = set()

    def see(self, commit: Commit, told: Collection[tuple[int, int]] = ()) -> None:
        """Raises Broken when this commit must not be.

        `told` are the requests used and allowed, by each of the replies that its sender had last.
        """
        if told and commit.ours:
            self._spent(commit, told)
            if self._world.limits is not None:
                self._world.limits.spend(commit, self._journal)
        for row in commit.claims:
            if row.get("Chatter_State__c") == "Posting":
                self._claimed[str(row["Id"]), commit.by] = commit.at
        for row in commit.posts:
            self._post(commit, row)
        if not commit.ours:
            return
        need(
            not self._world.is_off(commit.by), f"{commit.by} has begun since all was switched off, and writes"
        )
        if commit.leads:
            for_others = self._world.decides_for_others(commit.by)
            need(not for_others, f"{commit.by} has other files than leads are decided with, and decides")
            blind = self._world.found_no_marks(commit.by)
            need(not blind, f"{commit.by} cannot know what files leads are decided with, and decides")
        for before, after in commit.leads:
            need(before is not None, "the worker has created a lead")
            assert before is not None
            self._lead(commit, before, after)
        for row in commit.tasks:
            rows = (*commit.events, *commit.notices)
            mine = [event for event in rows if event.get("Task_Id__c") == row["Id"]]
            need(len(mine) == 1, f"task {row['Subject']!r} does not belong to one event of the same commit")
        steps: set[tuple[object, object]] = set()
        for row in commit.notices:
            limits = self._world.limits
            need(limits is not None, f"{row['Key__c']}: an alert although nothing is limited")
            assert limits is not None
            limits.notice(self._world, commit, row)
        for row in commit.events:
            self._event(commit, row)
            if row.get("Step__c"):
                run = (row["Lead_Id__c"], row["Run__c"])
                need(run not in steps, f"two steps of one run at once: {row['Key__c']}")
                steps.add(run)

    def _spent(self, commit: Commit, told: Collection[tuple[int, int]]) -> None:
        """A write whose lane was closed when it was decided on waits."""
        for _, after in commit.leads:
            events = [str(row["Kind__c"]) for row in commit.events if row["Lead_Id__c"] == after["Id"]]
            if after["Id"] in self._world.refused or after["Id"] in self._world.set_aside:
                continue
            may = any(policy.may_spend(events, used, total) for used, total in told)
            need(may, f"{after['Id']}: {events or 'fields'} written although requests were short: {told}")
            if not all(policy.may_spend([], used, total) for used, total in told):
                self.states.add("(written while requests were short)")

    def _lead(self, commit: Commit, before: Row, after: Row) -> None:
        lead_id = str(after["Id"])
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        strange = {name for name in changed if name not in OURS and not name.startswith("SLA_")}
        strange |= changed & (set(policy.POINTS) | {"SLA_Exempt__c"})
        need(not strange, f"the worker overwrote what is not its own: {sorted(strange)}")
        old, new = before.get("SLA_Revision__c") or 0, after.get("SLA_Revision__c") or 0
        same = not changed - STAMPS  # a write over the same write: nothing is lost
        need(same or new == float(str(old)) + 1, f"{lead_id}: the revision went from {old} to {new}")
        refused = after.get("SLA_Sync_Error__c")
        wrong = lead_id in self._world.refused or lead_id in self._world.set_aside
        need(wrong or not refused, f"{lead_id}: nothing is wrong with this lead, yet: {refused}")
        self._world.written(lead_id, commit.at, refused=bool(refused))
        events = [row["Kind__c"] for row in commit.events if row["Lead_Id__c"] == lead_id]
        if "OwnerId" in changed:
            need(
                {"Reassigned", "Routed"} & set(events),
                f"{lead_id}: a new owner without an event that says so",
            )
        if "Status" in changed:
            need("Band Entered" in events, f"{lead_id}: a new status without an event that says so")
            need(
                {before["Status"], after["Status"]} == {OPEN, "Nurture"},
                f"{lead_id}: {before['Status']} became {after['Status']}",
            )

    def _event(self, commit: Commit, row: Row) -> None:
        kind, lead_id = str(row["Kind__c"]), str(row["Lead_Id__c"])
        self.states.add(kind)
        where = f"{kind} {row['Key__c']}"
        enforced = self._world.enforce_from
        need(enforced is not None, f"{where}: before enforcement began")
        assert enforced is not None
        lead = next(
            (
                version.row
                for version in reversed(self._journal.versions[lead_id])
                if version.seq < commit.seq
            ),
        )
        need(not lead.get("IsDeleted"), f"{where}: on a deleted lead")
        known = [one for one in self._journal.versions[lead_id] if one.seq < commit.seq]
        began, _ = self._world.began.get(commit.by, (0, 0))
        since = max((index for index, one in enumerate(known) if one.seq <= began), default=0)
        exempt = all(one.row.get("SLA_Exempt__c") for one in known[since:])
        # Its score is written all the same, or refused.
        need(not exempt or kind == "Error", f"{where}: on an exempt lead")
        if kind == "Error":
            wrong = lead_id in self._world.refused or lead_id in self._world.set_aside
            need(wrong, f"{where}: nothing is wrong with this lead")
            if "never came to an end" in str(row["Detail__c"]):
                self.states.add("(set aside after its attempts)")
        elif kind == "Band Entered":
            self._band(commit, row, lead, where, enforced)
        else:
            self._run_event(commit, row, lead, where)
        self._task(commit, row, lead, where)

    def _run_event(self, commit: Commit, row: Row, lead: Row, where: str) -> None:
        kind, lead_id, clock = str(row["Kind__c"]), str(row["Lead_Id__c"]), row.get("Clock__c")
        # The end of a run may be of the same commit, a step never ends the run it is of.
        before = commit.seq + (kind in ENDS)
        either = [
            [
                run
                for run in policy.runs(policy.life(self._journal, lead_id, before, band_first=band_first))
                if run.clock == clock and row["Run__c"] in run.records and run.start == row["Started_At__c"]
            ]
            for band_first in (False, True)
        ]
        found = [run for order in either for run in order]
        need(found, f"{where}: there is no such run (started {moment(number(row, 'Started_At__c'))})")
        run = found[-1]
        enforced = self._world.enforced(lead_id)
        need(run.start >= enforced, f"{where}: the run began before enforcement, or was archived")
        done = rows_of(self._journal, lead_id, run, before=commit.seq)
        twins = [one for one in done if one["Kind__c"] == kind]
        # Of runs that begin in one second, all but the last have ended in it, too.
        ends = max(map(len, either)) if kind in (*ENDS, "Routed") else 1
        need(len(twins) < ends, f"{where}: it has happened before ({twins and twins[0]['Name']})")
        now, rep = commit.at, run.owner if policy.is_user(run.owner) else None
        rules = self._world.rules_of(commit.by, now)
        deadline = rules[0].deadline(run)
        if kind in ENDS and len(run.records) > 1:
            self.states.add("(one second leaves open what came first)")
        elif kind == "Met":
            need(run.end is not None and run.end <= deadline, f"{where}: the run was not over in time")
            need(run.causes - {"band"}, f"{where}: a band ends the run, nobody met it")
        elif kind == "Excused":
            need(run.end is not None and run.end <= deadline, f"{where}: the run was not over in time")
            need(any(one["Kind__c"] == "Breached" for one in done), f"{where}: there is nothing to excuse")
            for one in done:
                if one["Kind__c"] == "Closed Late":
                    then = self._world.rules_of(self._closed_by[str(one["Id"])], now)[0]
                    late = run.end is None or run.end > then.deadline(run)
                    need(not late, f"{where}: it was late by the policy that it was closed under")
        elif kind == "Breached":
            need(now >= deadline, f"{where}: {deadline - now} s early")
            need(run.end is None or run.end > deadline, f"{where}: the run was over in time")
        elif kind == "Closed Late":
            self._closed_by[str(row["Id"])] = commit.by
            need(
                run.end is not None and run.end > deadline,
                f"{where}: the run is not over, or was in time",
            )
        elif kind == "Routed":
            waits = run.end is None or self._back_again(commit, lead, run)
            need(waits and run.clock == "assign", f"{where}: the lead does not wait in a queue")
        else:
            step = ALSO.get(kind, kind)
            counts = run.end is None or self._back_again(commit, lead, run)
            need(counts, f"{where}: the run is over, {sorted(run.causes)} at {moment(run.end or 0)}")
            due = min(one.step_due(run, step, notice(done)) for one in rules)
            need(due != NEVER, f"{where}: the owner was given no notice, or there is no such step")
            need(now >= due, f"{where}: {due - now} s early")
            order = [name for name, _ in rules[0].ladder[run.clock]]
            newer = [one["Kind__c"] for one in done if one["Kind__c"] in order[order.index(step) :]]
            need(not newer, f"{where}: after {newer}")
        if kind in ("Reassigned", "Routed"):
            self._new_owner(commit, row, where)
        elif rep is not None:
            need(row.get("Rep__c") == rep, f"{where}: charged to {row.get('Rep__c')}, owed by {rep}")

    def _back_again(self, commit: Commit, lead: Row, run: Run) -> bool:
        """Somebody changed the lead and changed it back while the worker was about to write.

        The guard compares owner and status, not how often they changed: this is let through.
        """
        began, _ = self._world.began.get(commit.by, (0, 0))
        between = any(began < seq < commit.seq for seq, _ in self._journal.history.get(str(lead["Id"]), []))
        if between and lead["OwnerId"] == run.owner and lead["Status"] == OPEN:
            self.states.add("(changed and changed back between look and write)")
            return True
        return False

    def _new_owner(self, commit: Commit, row: Row, where: str) -> None:
        lead_id = str(row["Lead_Id__c"])
        after = next(after for _, after in commit.leads if after["Id"] == lead_id)
        owner = str(after["OwnerId"])
        need(owner == (row.get("To_User__c") or row.get("To_Queue__c")), f"{where}: the owner is {owner}")
        if row["Kind__c"] == "Routed":
            need(policy.is_user(owner), f"{where}: from queue to queue")
        if policy.is_user(owner):
            need(owner in self._world.people.reps, f"{where}: {owner} is no rep")
            need(owner not in self._world.inactive, f"{where}: {owner} is not active")
            need(owner not in failed(self._world, lead_id, commit), f"{where}: {owner} has failed it before")

    def _band(self, commit: Commit, row: Row, lead: Row, where: str, enforced: int) -> None:
        lead_id = str(row["Lead_Id__c"])
        key = str(row["Key__c"]).rsplit(":", 2)
        left, _, entered = key[2].partition(">")
        entries = [
            one
            for seq, one in self._journal.events[lead_id]
            if one["Kind__c"] == "Band Entered" and seq < commit.seq
        ]
        need(int(key[1]) == len(entries) + 1, f"{where}: there are {len(entries)} entries before it")
        if entries:
            last = str(entries[-1]["Key__c"]).rsplit(">", 1)[1]
            need(last == left, f"{where}: it left {left}, but was in {last}")
        need(left != entered, f"{where}: it crossed nothing")
        need(number(row, "Started_At__c") >= enforced, f"{where}: entered before enforcement")
        need(
            entered in crossings(self._journal, lead_id, commit.seq, [str(one["Key__c"]) for one in entries]),
            f"{where}: its inputs never were in that band after the entry before",
        )
        need(not lead.get("IsConverted"), f"{where}: on a converted lead")
        need(lead["Status"] not in policy.REJECTED, f"{where}: on a rejected lead")

    def _task(self, commit: Commit, row: Row, lead: Row, where: str) -> None:
        away = self._world.away(str(lead["OwnerId"]), commit)
        (time,) = {rules.time["accept"] for rules in self._world.rules_of(commit.by, commit.at)}
        wanted = [self._wanted(row, lead, time, away=one) for one in away]
        task = next((task for task in commit.tasks if task["Id"] == row.get("Task_Id__c")), None)
        mentions = tuple(filter(None, str(row.get("Mentions__c") or "").split(",")))
        given = Wanted((task["OwnerId"], task["ActivityDate"]) if task else None, mentions)
        need(given in wanted, f"{where}: the Task and the mentions are {given}, not {wanted}")
        if True in away:
            self.states.add("(for somebody who has left)")

    def _wanted(self, row: Row, lead: Row, time: int, *, away: bool) -> Wanted:
        """What goes with an event, where there is so much time to accept a lead; what is meant for an owner who is
        `away` goes to the manager.
        """
        people, kind = self._world.people, str(row["Kind__c"])
        owner = str(lead["OwnerId"])
        manager = self._manager(owner)
        rep = (manager if away else owner) if policy.is_user(owner) else None
        decided = number(row, "Occurred_At__c")
        today = policy.office_day(decided)
        new = str(row.get("To_User__c") or "") or None
        match kind:
            case "Warned":
                assert rep is not None
                day = policy.office_day(number(row, "Started_At__c") + time)
                return Wanted((rep, day), (rep,))
            case "Reminded":
                return Wanted(None, (rep,))
            case "Escalated":
                both = (rep, manager) if rep not in (None, manager) else (manager,)
                return Wanted((manager, today), both)
            case "Reassigned":
                return Wanted((new, today) if new else None, (new, manager) if new else (manager,))
            case "Executive Notified":
                return Wanted(None, (people.executive,))
            case "Routed":
                assert new is not None
                return Wanted((new, today), (new,))
            case "Band Entered":
                mine = (rep,) if rep else ()
                match str(row["Key__c"]).rsplit(">", 1)[1]:
                    case "Scheduled Follow-Up":
                        return Wanted((rep, policy.office_day(decided, 3)) if rep else None, ())
                    case "Immediate Sales Contact":
                        return Wanted((rep, today) if rep else None, mine)
                    case "Immediate Executive Contact":
                        return Wanted((rep, today) if rep else None, (*mine, people.executive))
        return Wanted(None, ())

    def _manager(self, owner: str) -> str:
        people = self._world.people
        if owner in people.reps:
            return people.managers[people.reps.index(owner) * len(people.managers) // len(people.reps)]
        return people.managers[0]

    def _post(self, commit: Commit, row: Row) -> None:
        names = list(self._named(row))
        need(len(names) == 1, f"a post that names {len(names)} events")
        event_id, name = names[0]
        claimed = self._claimed.get((event_id, commit.by))
        late = claimed is not None and commit.at - claimed >= CLAIM_LASTS
        if event_id in self._posted:
            earlier, was_late = self._posted[event_id]
            need(late or was_late, f"{name} is posted a second time, by {commit.by} after {earlier}")
            self.states.add("post later than its claim")
        self._posted[event_id] = commit.by, late

    def _named(self, post: Row) -> Iterable[tuple[str, str]]:
        for _, row in self._journal.events.get(str(post["ParentId"]), []):
            if f"({row['Name']})" in str(post["Body"]):
                yield str(row["Id"]), str(row["Name"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """The Task (owner, day) and the mentions that go with an event."""

    task: tuple[str | None, str] | None
    mentions: tuple[str | None, ...]


def crossings(journal: Journal, lead_id: str, before: int, entered: list[str]) -> set[str]:
    """The bands that the true inputs have been in since the earliest state that explains these entries."""
    seen: list[str] = []
    for version in journal.versions[lead_id]:
        if version.seq < before:
            now = policy.band(policy.score(version.row))
            if not seen or seen[-1] != now:
                seen.append(now)
    position = 0
    for key in entered:
        name = key.rsplit(">", 1)[1]
        while position < len(seen) and seen[position] != name:
            position += 1
        position += 1
    return set(seen[position:])


def failed(world: World, lead_id: str, commit: Commit) -> set[str]:
    """Who has had this lead beyond its time, or has it so now, whatever counted; what began before enforcement
    counts for nobody.
    """
    began = world.enforced(lead_id)
    return {
        run.owner
        for run in policy.runs(policy.life(world.journal, lead_id, before=commit.seq))
        if run.clock == "accept"
        and run.start >= began
        and (run.end if run.end is not None else commit.at) > latest(world, run)
    }


def latest(world: World, run: Run) -> int:
    """The latest of the deadlines that this run has had."""
    return max(rules.deadline(run) for rules in world.ever)
