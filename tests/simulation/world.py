"""What the judges of the simulation look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sfsync.localorg.people import People
from tests.simulation.journal import Commit, Journal
from tests.simulation.limits import Limits
from tests.simulation.rules import SHIPPED, Hours, Rules

CONFIGURATION_LASTS = 11 * 60


@dataclass(slots=True)
class World:
    """What the judges look at.

    Attributes:
        enforce_from: Unix seconds, None until the worker has stored it.
        inactive: users that are not active (any more).
        refused: leads that the org has not let anybody but people write, ever or for a while.
        attendance: of reps who left or came back, when, and whether they were active from then on.
        quarantine: so many seconds later a lead that was set aside has been looked at again, at the latest.
        set_aside: leads that the worker cannot decide on, and until when it need not have.
        mended: of these, those on which nothing has been written since they were mended.
        began: the number of the last commit before each task began, and when it did.
        passed: by lead, the number of the commit as of which all was as it should be, and until when nothing
            falls due.
        limits: of owner and band changes, where they are tight enough to matter.
        off_since: when the kill switch or shadow mode was switched on; None while neither is.
        rules: what counts now; while a policy is being deployed, what will.
        ever: all that has counted in this week.
        hours: when the office's hours changed, and what they were from then on.
        archived: by lead whose ledger was archived, before when nothing that began is acted on any more.
        files: by task, the policy that its process has in its files.
        index: the files of whoever began the present life of the index.
        lives: so often the index was begun anew.
        found: by task, the files as of when it asked for the index's marks; None where there were none.
    """

    journal: Journal
    people: People
    enforce_from: int | None
    inactive: set[str]
    quarantine: int
    refused: set[str] = field(default_factory=set)
    set_aside: dict[str, int] = field(default_factory=dict)
    mended: set[str] = field(default_factory=set)
    attendance: dict[str, list[tuple[int, bool]]] = field(default_factory=dict)
    began: dict[str, tuple[int, int]] = field(default_factory=dict)
    passed: dict[str, tuple[int, int]] = field(default_factory=dict)
    limits: Limits | None = None
    off_since: int | None = None
    rules: Rules = SHIPPED
    ever: list[Rules] = field(default_factory=lambda: [SHIPPED])
    hours: list[tuple[int, Hours]] = field(default_factory=list)
    archived: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    index: str | None = None
    lives: int = 0
    found: dict[str, str | None] = field(default_factory=dict)

    def mend(self, lead_id: str, at: int) -> None:
        """From then on the worker can decide on it."""
        self.set_aside[lead_id] = at + self.quarantine
        self.mended.add(lead_id)

    def written(self, lead_id: str, at: int, *, refused: bool) -> None:
        """The worker wrote this lead; `refused` says that it goes on to leave it alone.

        Attempts that it had counted before the lead was mended may make it do so once more, whenever it next comes to
        look at it: after an outage that may be days later.
        """
        if lead_id in self.mended and refused:
            self.set_aside[lead_id] = max(self.set_aside[lead_id], at + self.quarantine)
        self.mended.discard(lead_id)

    def away(self, user: str, commit: Commit) -> set[bool]:
        """Whether this user is inactive, as the sender of the commit may know it: as of when it last asked."""
        _, began = self.began.get(commit.by, (0, commit.at))
        known = False
        found: set[bool] = set()
        for at, active in self.attendance.get(user, []):
            if at >= began - CONFIGURATION_LASTS:
                found.add(known)
            known = not active
        return found | {known}

    def enforced(self, lead_id: str) -> int:
        """From when on what begins is acted on for this lead."""
        return max(self.enforce_from or 0, self.archived.get(lead_id, 0))

    def put_in_force(self, rules: Rules, at: int) -> None:
        """From then on this counts, if it is a policy as soon as all processes have it."""
        if rules.hours != self.rules.hours:
            self.hours.append((at, rules.hours))
        self.rules = rules
        if rules not in self.ever:
            self.ever.append(rules)
        self.passed.clear()

    def rules_of(self, by: str, at: int) -> Sequence[Rules]:
        """What this task may go by: its files, with the office's hours as it may know them."""
        if len(self.ever) == 1:
            return self.ever
        own = self.files.get(by, self.rules.files)
        policy = next(rules for rules in self.ever if rules.files == own)
        _, began = self.began.get(by, (0, at))
        known, found = Hours(), set()
        for when, hours in self.hours:
            if when >= began - CONFIGURATION_LASTS:
                found.add(known)
            known = hours
        return [policy.with_hours(hours) for hours in sorted(found | {known})]

    def is_off(self, by: str) -> bool:
        """Whether this task was begun when everybody had to know that nothing is to be written."""
        return self.off_since is not None and self.began[by][1] > self.off_since + CONFIGURATION_LASTS

    def decides_for_others(self, by: str) -> bool:
        """Whether this task saw, when it began, that leads are decided with other files than it has."""
        found = self.found.get(by)
        return found is not None and found != self.files[by]

    def found_no_marks(self, by: str) -> bool:
        """Whether this task was told, when it began, that nobody knows with what files leads are decided."""
        return by in self.found and self.found[by] is None

    def may_wait(self, what: str, at: int) -> bool:
        """Whether a change of this kind that is due by then may still be withheld."""
        return self.limits is not None and self.limits.may_wait(what, at)

    def away_after(self, user: str, at: int) -> bool:
        """Whether this user was inactive at any time from then on."""
        away = False
        for when, active in self.attendance.get(user, []):
            if away and when > at:
                return True
            away = not active
        return away
