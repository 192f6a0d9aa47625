"""What changes under the worker in the middle of a week: its files, the office's hours, the ledger of what is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sfsync.localorg.schema import Schema
from tests.simulation import commands, policy, settled
from tests.simulation.partings import Partings
from tests.simulation.platform import Platform, Process
from tests.simulation.rules import BRISK, RENAMED, SHIPPED, Hours
from tests.simulation.sizes import DAY, HOUR, MINUTE, REQUESTS, Size

HOURS = {
    False: {"Start": "09:00:00.000Z", "End": "17:00:00.000Z"},
    True: {"Start": "00:00:00.000Z", "End": "00:00:00.000Z"},
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
WEEKEND = ("Saturday", "Sunday")

ARCHIVED_AFTER = 30 * HOUR
"""Longer than any limit looks back, and than anybody stands still in the middle of a write."""


class Changes(Platform):
    """The platform, and those who deploy, administer and archive while it runs."""

    def __init__(self, seed: int, size: Size, schema: Schema, partings: Partings) -> None:
        super().__init__(seed, size, schema, partings)
        self._to_deploy: list[Process] = []
        self._planned: set[str] = set()
        if self._whims.random() < size.changed:
            first = self._whims.choice((BRISK, RENAMED))
            self.world.rules, self.world.ever = first, [first]
            for process in self.processes:
                process.rules = first

    def _plan_changes(self) -> None:
        """For the time until the next parting: each kind of change comes once a week at most."""
        stretch = self.size.days * DAY // (self._partings.number + 1)
        changed, archived = self.size.changed, self.size.archived
        for what, likely in (
            ("another policy", changed),
            ("other hours", changed),
            ("holiday", changed),
            ("archive", archived),
        ):
            comes = likely and self._whims.random() < likely / (self._partings.number + 1)
            if comes and what not in self._planned:
                self._planned.add(what)
                at = self.now + self._whims.randrange(stretch)
                self._push(at - 2 * MINUTE, "tick")
                self._push(at, what)
                if what == "archive":
                    for _ in range(3):
                        self._push(max(self.now, at - ARCHIVED_AFTER - HOUR), "reject")

    def _archive(self) -> None:
        """The ledger of leads that are over is moved into a file; some of these leads are reopened later."""
        if self.app.settings.api_limit != REQUESTS:
            return
        session = self.org.session(self.org.issue_token(self.org.people.integration))
        (archivist,) = (
            row["Id"]
            for row in self.org.database.table("PermissionSet").rows.values()
            if row["Name"] == "SFSync_Archivist"
        )
        worker = {"PermissionSetId": archivist, "AssigneeId": self.org.people.integration}
        self.org.create(session, "PermissionSetAssignment", worker)
        leads = commands.archive(self.app, self._documents(self.world.rules), ARCHIVED_AFTER)
        self._note("people")
        self.trace("people", f"the ledger of {leads} leads is archived")
        for lead_id, events in self.journal.events.items():
            for _, row in events:
                if row["Kind__c"] == "Archived":
                    self.world.archived[lead_id] = int(str(row["Due_At__c"]))
        for lead_id, row in settled.leads(self.world):
            if lead_id in self.world.archived and row["Status"] in policy.REJECTED:
                self._push(self.now + self._whims.choice((MINUTE, 5 * HOUR, DAY)), "reopen")

    def _reject_some(self) -> None:
        """So that there is something to archive."""
        ids = [lead_id for lead_id, row in settled.leads(self.world) if row["Status"] == policy.OPEN]
        if ids:
            lead_id = self._whims.choice(ids)
            self._moved = True
            self._hold_or_do(lambda: self._act_on(lead_id, "reject"))

    def _reopen_archived(self) -> None:
        ids = [
            lead_id
            for lead_id, row in settled.leads(self.world)
            if lead_id in self.world.archived and row["Status"] in policy.REJECTED
        ]
        if ids:
            self._moved = True
            self.outcome.states.add("(reopened after its ledger was archived)")
            self._hold_or_do(lambda lead_id=ids[0]: self._act_on(lead_id, "reopen"))  # type: ignore[misc]

    def _part(self) -> None:
        super()._part()
        self._plan_changes()

    def _act(self) -> None:
        """As everybody; now and then a process is given other files, whatever else is under way."""
        if self._to_deploy and self._whims.random() < 0.5:
            self._deploy_one()
        super()._act()

    def _begin_deployment(self) -> None:
        """The processes are given another policy one after another; for as long, those tick that are given it
        first, or last, or all do.
        """
        now = self.world.rules.files
        rules = SHIPPED if now != SHIPPED.files else self._whims.choice((BRISK, RENAMED))
        self.world.put_in_force(rules.with_hours(self.world.rules.hours), self.now)
        self.outcome.states.add(
            "(steps renamed)" if RENAMED.files in (now, rules.files) else "(another policy)"
        )
        self._to_deploy = self._whims.sample(self.processes, len(self.processes))
        ticker = self._whims.choice((self._to_deploy[0], self._to_deploy[-1], None))
        for process in self.processes:
            process.ticks = ticker is None or process is ticker
        self.trace(
            "the platform", f"{rules.files} files are deployed; {ticker.name if ticker else 'all'} tick"
        )
        pause = self._whims.choice((0, MINUTE, 20 * MINUTE, 3 * HOUR))
        for number in range(1, len(self.processes)):
            self._push(self.now + number * pause, "deploy")
        ends = self.now + pause * (len(self.processes) - 1)
        for later in (1, 6, 11, *range(30, (ends - self.now) // MINUTE, 60)):
            self._push(self.now + later * MINUTE, "tick")
        self._troubled_at = max(self._troubled_at, ends)
        self._foreseen.clear()
        self._deploy_one()

    def _deploy_one(self) -> None:
        """The next process ends, or is ended where it stands, and starts with the other files."""
        if not self._to_deploy:
            return
        process = self._to_deploy.pop(0)
        self.trace("the platform", f"{process.name} is started anew with {self.world.rules.files} files")
        process.rules, process.worker = self.world.rules, None
        process.dead = process.task is not None
        if not self._to_deploy:
            for one in self.processes:
                one.ticks = True
            self._troubled_at = max(self._troubled_at, self.now)
            self._recover()

    def _deploy_all(self) -> None:
        while self._to_deploy:
            self._deploy_one()

    def _change_hours(self) -> None:
        """An admin opens the office day and night, or no longer does."""
        all_night = not self.world.rules.hours.all_night
        self.outcome.states.add("(other hours)")
        (row,) = self.org.database.table("BusinessHours").rows.values()
        open_days = (*WEEKDAYS, *WEEKEND) if all_night else WEEKDAYS
        times = {
            f"{day}{end}Time": HOURS[all_night][end] if day in open_days else None
            for day in (*WEEKDAYS, *WEEKEND)
            for end in ("Start", "End")
        }
        self.org.database.table("BusinessHours").put({**row, **times})
        self.trace("people", f"the office is open {'day and night' if all_night else 'Mon-Fri 9-17'}")
        self._have_hours(replace(self.world.rules.hours, all_night=all_night))

    def _change_holiday(self) -> None:
        """An admin closes the office today or on one of the next days, and thinks better of it later, or does not."""
        closed = self.world.rules.hours.closed
        if closed:
            self.outcome.states.add("(a holiday less)")
            table = self.org.database.table("Holiday")
            for holiday in list(table.rows):
                table.discard(holiday)
            self.trace("people", f"{closed[0]} is no holiday any more")
            self._have_hours(replace(self.world.rules.hours, closed=()))
            return
        self.outcome.states.add("(a holiday more)")
        today = datetime.fromtimestamp(self.now, policy.OFFICE).date()
        day = today + timedelta(days=self._whims.randrange(4))
        row = {"Name": "Closed", "IsAllDay": True, "ActivityDate": day.isoformat()}
        session = self.org.session(self.org.issue_token(self.org.people.integration))
        self.org.create(session, "Holiday", row)
        if self._whims.random() < 0.5:
            self._push(self.now + self._whims.choice((HOUR, DAY, 2 * DAY)), "holiday")
        self.trace("people", f"{day} is a holiday")
        self._have_hours(replace(self.world.rules.hours, closed=(day,)))

    def _have_hours(self, hours: Hours) -> None:
        self.world.put_in_force(self.world.rules.with_hours(hours), self.now)
        self._troubled_at = max(self._troubled_at, self.now)
        self._foreseen.clear()
        for later in (1, 3, 5, 7, 9, 11):
            self._push(self.now + later * MINUTE, "tick")
        self._recover()
