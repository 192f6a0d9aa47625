"""What the blast radius leaves room for, counted from the ledger: what may be withheld, and what may not happen.

Said again in the simulation's own words (design.md section 6), of the org's true history.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from tests.simulation import policy
from tests.simulation.journal import Commit, Journal, Row, rows_of
from tests.simulation.promise import need

if TYPE_CHECKING:
    from tests.simulation.world import World

HOUR, DAY = 3600, 86_400
OWNERS, BANDS = "owner-changes", "band-changes"
AGAIN = {OWNERS: HOUR // 4, BANDS: HOUR}
"""What is withheld is decided on again after so long."""

TURN_LASTS = 3 * 60
"""From its count on, a task is the only one that spends for so long, unless Redis forgets whose turn it is."""

MOMENTS_LATER = 120
"""Between the count and the write that it is for."""

TIGHT = ((1, 3), (2, 5), (3, 12))
"""So many an hour and a day: few enough for twenty leads to reach them."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission for more of these changes, once, from `since` until then, under the policy in these files."""

    what: str
    number: int
    since: int
    until: int
    files: str


@dataclass(slots=True)
class Count:
    """What a task found when it counted last: so many changes were `left`, of which `others` have made some since.

    Attributes:
        over: the second in which its turn ends, however long it goes on.
        life: how often Redis had forgotten whose turn it is.
        released: somebody's release was part of what was left.
        kept: Redis has told it since that its turn lasts on, after `known` changes by others.
    """

    left: int
    over: int
    life: int
    released: bool
    others: int = 0
    kept: bool = False
    known: int = 0


@dataclass(slots=True)
class Limits:
    """So many changes of each kind an hour and a day, and what has come of it.

    Attributes:
        allowed: by kind of change, how many an hour and a day.
        grants: what somebody has released.
        counts: by task and kind, how many changes it may still make.
        life: how often Redis has forgotten whose turn it is.
        short: tasks that have found more leads waiting than that.
        until: by kind, how long it may be that such a change, due by now, has been withheld.
        states: what was seen to happen.
    """

    allowed: dict[str, tuple[int, int]]
    states: set[str]
    grants: list[Grant] = field(default_factory=list)
    counts: dict[tuple[str, str], Count] = field(default_factory=dict)
    life: int = 0
    short: set[tuple[str, str]] = field(default_factory=set)
    until: dict[str, int] = field(default_factory=dict)

    def room(self, journal: Journal, what: str, now: int, files: str) -> int:
        """How many changes are allowed at this second, with what is released for the policy in these files and was
        not spent: a change for which the limits had no room spent of what was released and ended first.
        """
        valid = self._valid(what, now, files)
        spent: Counter[Grant] = Counter()
        of_limits: list[int] = []
        for at in sorted(changes(journal, what)):
            of_grants = [one for one in valid if one.since <= at and spent[one] < one.number]
            if of_grants and self._left(what, of_limits, at) < 1:
                spent[of_grants[0]] += 1
            else:
                of_limits.append(at)
        return self._left(what, of_limits, now) + sum(one.number for one in valid) - spent.total()

    def _valid(self, what: str, now: int, files: str) -> list[Grant]:
        """What is released for these files at this second; first what ends first."""
        valid = [one for one in self.grants if one.what == what and one.until > now and one.files == files]
        return sorted(valid, key=lambda one: one.until)

    def _room(self, journal: Journal, what: str, now: int) -> int:
        return self._left(what, changes(journal, what), now)

    def _left(self, what: str, made: list[int], now: int) -> int:
        per_hour, per_day = self.allowed[what]
        return min(
            per_hour - sum(at > now - HOUR for at in made), per_day - sum(at > now - DAY for at in made)
        )

    def counted(self, world: World, by: str, body: bytes, at: int) -> str | None:
        """A task has asked the ledger, in this request, how many changes there have been; which kind of change
        is short now, if it is.
        """
        query = unquote_plus(body.decode())
        what = OWNERS if "Reassigned" in query else BANDS
        found = re.search(r"Due_At__c > (\S+?Z)", query)
        assert found is not None
        now = int(datetime.fromisoformat(found[1]).timestamp())
        need(now <= at, f"{by} counts what is allowed at {found[1]}, which is to come")
        (files,) = {rules.files for rules in world.rules_of(by, at)}
        left = self.room(world.journal, what, now, files)
        released = any(self._valid(what, now, files))
        before = self.counts.get((by, what))
        # What it has sent before may be on its way still.
        kept = before is not None and before.kept
        self.counts[by, what] = Count(left, now + TURN_LASTS, self.life, released, kept=kept)
        many = sum(_waits(world, lead_id, what, by, at) for lead_id in world.journal.versions)
        if many <= left:
            return None
        self.short.add((by, what))
        self.until[what] = at + self.longest(what)
        return what

    def keep(self, by: str, until: int) -> None:
        """A task was told that its turn lasts on until then."""
        for (task, _), count in self.counts.items():
            if task == by:
                count.over, count.life, count.kept, count.known = until, self.life, True, count.others

    def room_again(self, journal: Journal, what: str, now: int) -> int:
        """The next second in which such a change is allowed without anybody's release."""
        ends = {at + length for at in changes(journal, what) for length in (HOUR, DAY)}
        return min(
            (at for at in ends if at > now and self._room(journal, what, at) > 0),
            default=now,
        )

    def spend(self, commit: Commit, journal: Journal) -> None:
        """Raises Broken when a commit holds a change that there was no room for.

        A task whose turn is over, or was forgotten by Redis, knows nothing of what others have spent since it was
        told that it lasts on, nor do they of what it still spends.
        """
        for what in self.allowed:
            made = len(_bounded(commit, what))
            if not made:
                continue
            count = self.counts.get((commit.by, what))
            need(count is not None, f"{what} that nobody has counted: {made}")
            assert count is not None
            in_turn = commit.at < count.over and self.life == count.life
            known = count.known if count.kept and not in_turn else count.others
            left = count.left - known
            need(made <= left, f"{made} {what} although {left} were left: nobody has released them")
            if made > count.left - count.others:
                self.states.add(f"({what} beyond the limit, by whose turn was over)")
            elif count.released and self._room(journal, what, commit.at) < 0:
                self.states.add(f"({what} beyond the limit, released)")
            count.left -= made
            if in_turn:
                for (by, kind), other in self.counts.items():
                    if kind == what and by != commit.by:
                        other.others += made

    def longest(self, what: str) -> int:
        """So long a change that is withheld waits until it is decided on again."""
        return AGAIN[what] + MOMENTS_LATER

    def may_wait(self, what: str, at: int) -> bool:
        """Whether such a change, due by then, may still be withheld."""
        return at <= self.until.get(what, 0)

    def notice(self, world: World, commit: Commit, row: Row) -> None:
        """Raises Broken when a row of no lead's is no alert, the day's first, of something that is withheld."""
        what, _, day = str(row["Key__c"]).partition(":withheld:")
        need(row["Kind__c"] == "Error" and what in self.allowed, f"{row['Key__c']}: of no lead and no alert")
        need((commit.by, what) in self.short, f"{row['Key__c']}: there was room for all of them")
        on = datetime.fromtimestamp(int(str(row["Occurred_At__c"])), UTC).date().isoformat()
        need(day == on, f"{row['Key__c']}: on {on}")
        twins = [one for one in world.journal.notices if one["Key__c"] == row["Key__c"]]
        need(len(twins) == 1, f"{row['Key__c']}: a second alert of that day")
        task = next((one for one in commit.tasks if one["Id"] == row.get("Task_Id__c")), None)
        to = task["OwnerId"] if task is not None else None
        need(to == world.people.executive, f"{row['Key__c']}: the Task is for {to}")
        self.states.add(f"(alert: {what} are withheld)")


def changes(journal: Journal, what: str) -> list[int]:
    """When such changes were decided on, all that the ledger has."""
    return [
        int(str(row["Occurred_At__c"]))
        for rows in journal.events.values()
        for _, row in rows
        if _is_one(row, what)
    ]


def _is_one(row: Row, what: str) -> bool:
    if what == OWNERS:
        return row["Kind__c"] in ("Reassigned", "Routed")
    left = str(row["Key__c"]).rsplit(":", 1)[1].partition(">")[0]
    return row["Kind__c"] == "Band Entered" and left != ""


def _bounded(commit: Commit, what: str) -> list[Row]:
    """The changes of this commit for which there must be room: a band that comes with a step waits for nothing."""
    found = [row for row in commit.events if row.get("Lead_Id__c") and _is_one(row, what)]
    if what == BANDS:
        stepped = {row["Lead_Id__c"] for row in commit.events if row.get("Clock__c")}
        found = [row for row in found if row["Lead_Id__c"] not in stepped]
    return found


def _waits(world: World, lead_id: str, what: str, by: str, at: int) -> bool:
    """Whether this task may have found such a change due on this lead: others may have made it meanwhile."""
    began, _ = world.began.get(by, (0, 0))
    versions = world.journal.versions[lead_id]
    if versions[-1].row.get("IsDeleted") and versions[-1].seq <= began:
        return False
    if any(version.seq > began and version.by != by for version in versions):
        return True
    return crosses(world.journal, lead_id) if what == BANDS else _moves(world, lead_id, by, at)


def crosses(journal: Journal, lead_id: str) -> bool:
    """Whether the lead's inputs are in another band than the one that it entered last."""
    row = journal.versions[lead_id][-1].row
    entries = [one for _, one in journal.events.get(lead_id, []) if one["Kind__c"] == "Band Entered"]
    last = str(entries[-1]["Key__c"]).rsplit(">", 1)[1] if entries else row.get("SLA_Band__c")
    return last != policy.band(policy.score(row))


def _moves(world: World, lead_id: str, by: str, at: int) -> bool:
    for run in policy.all_runs(world.journal, lead_id):
        if run.end is None and run.start >= world.enforced(lead_id):
            if run.clock == "assign":
                return True
            done = rows_of(world.journal, lead_id, run)
            owed = [rules.owed_step(run, done, at) for rules in world.rules_of(by, at)]
            if any(one is not None and one[0] == "Reassigned" for one in owed):
                return True
    return False
