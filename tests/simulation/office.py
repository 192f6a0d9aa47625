"""Those who answer for sfsync: the policy that they have it run with, and what they do about it in the week."""

from __future__ import annotations

import random

from sfsync.localorg.schema import Schema
from sfsync.mappings.loading import Documents
from tests.simulation import commands, settled, texts
from tests.simulation.floor import Floor
from tests.simulation.limits import BANDS, OWNERS, TIGHT, Grant, Limits
from tests.simulation.partings import Partings
from tests.simulation.rules import RENAMED, Rules
from tests.simulation.sizes import DAY, HOUR, MINUTE, REQUESTS, Size

MOST_ROWS = 3
"""So many rows a short page has at most."""


class Office(Floor):
    """The floor, and who answers for the policy."""

    def __init__(self, seed: int, size: Size, schema: Schema, partings: Partings) -> None:
        super().__init__(seed, size, schema, partings)
        self._whims = random.Random(f"whims of {seed}")
        self._binned: list[str] = []
        self._limits: texts.Limits = ()
        pages = random.Random(f"pages of {seed}")
        self._paged = pages.random() < size.paged
        if self._paged:
            self.app.settings.composite_page_rows = pages.randint(1, MOST_ROWS)
        if self._whims.random() < size.limited:
            self._limits = self._whims.choice(TIGHT), self._whims.choice(TIGHT)
            allowed = dict(zip((OWNERS, BANDS), self._limits, strict=True))
            self.world.limits = Limits(allowed, self.judge.states)

    def _documents(self, rules: Rules) -> Documents:
        """What somebody with this policy in his files runs sfsync with."""
        was_renamed = self.world.ever[0].files == RENAMED.files
        return texts.documents(rules.files, self._limits, was_renamed=was_renamed)

    def _part(self) -> None:
        super()._part()
        self._whims.seed(f"whims of {self.outcome.seed}")

    def _act(self) -> None:
        """As everybody; now and then somebody looks through the recycle bin, whatever else is under way."""
        if self._binned and self._whims.random() < 0.2:
            self._look_through_bin()
        if self._paged and self._whims.random() < 0.5:
            self._act_on_several()
        else:
            super()._act()

    def _act_on_several(self) -> None:
        """Somebody does the same to several leads in one transaction: all of them have changed in the same second."""
        ids = [lead_id for lead_id, _ in settled.leads(self.world)]
        several = self._whims.sample(ids, min(len(ids), self._whims.randint(2, 6)))
        what = self.people.draw()
        self._moved = True
        self._hold_or_do(lambda: [self._act_on(lead_id, what) for lead_id in several])

    def _act_on(self, lead_id: str, what: str) -> bool:
        done = super()._act_on(lead_id, what)
        if done and what == "delete":
            self._binned.append(lead_id)
            if self._whims.random() < 0.5:
                self._push(self.now + self._whims.choice((MINUTE, HOUR, 12 * HOUR, 2 * DAY)), "recycle bin")
        return done

    def _look_through_bin(self) -> None:
        """A lead comes back, or is gone for good; a tool that brings it back may have signed in as the worker does."""
        versions = self.journal.versions
        binned = [lead_id for lead_id in self._binned if versions[lead_id][-1].row.get("IsDeleted")]
        if not binned:
            return
        lead_id = self._whims.choice(binned)
        self._binned.remove(lead_id)
        if self._whims.random() < 0.3:
            self.people.purge(lead_id)
            done = "(deleted for good)"
        else:
            by = self._whims.choice((self.org.people.executive, self.org.people.integration))
            done = "(undeleted)" if self.people.undelete(lead_id, by) else "(not undeleted)"
        self._moved = True
        self.trace("people", f"{done} {lead_id}")
        self._note("people")
        self.outcome.states.add(
            done if self.baton.current is None else f"{done[:-1]} while something is under way)"
        )

    def _count(self, by: str, body: bytes) -> None:
        """A task has counted the changes so far. Where more is due than there is room for, ticks come when there
        is, and perhaps somebody releases some sooner.
        """
        limits = self.world.limits
        assert limits is not None
        withheld = not any(limits.may_wait(what, self.now) for what in limits.allowed)
        what = limits.counted(self.world, by, body, self.now)
        if what is None:
            return
        again = limits.room_again(self.journal, what, self.now)
        self._tick_within(again)
        self._tick_within(again + limits.longest(what))
        if withheld and self._whims.random() < 0.5:
            self._push(self.now + self._whims.choice((20 * MINUTE, 3 * HOUR, 10 * HOUR)), "release")

    def _release_some(self) -> None:
        """Somebody has seen the alert, or has not, and releases a few of the one or the other."""
        assert self.world.limits is not None
        if self.app.settings.api_limit != REQUESTS:
            self._push(self.now + HOUR, "release")
            return
        what = self._whims.choice(tuple(self.world.limits.allowed))
        self._release(what, self._whims.randint(1, 6), self._whims.choice((2 * HOUR, 12 * HOUR)))
        self._tick_within(self.now + self.world.limits.longest(what))

    def _release(self, what: str, number: int, lasts: int) -> None:
        limits = self.world.limits
        assert limits is not None
        files = self.world.rules.files
        until = commands.release(
            self.app, self._documents(self.world.rules), self._whims, what, number, lasts
        )
        limits.grants.append(Grant(what, number, self.now, until, files))
        self._note("people")
        self.trace("people", f"release {number} {what} for {lasts // HOUR} hours")
