"""An org in rows, as the REST API would give them: people act in it, and sfsync's plans are carried out in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sfsync.core.model import Facts, Interaction, Loads, OpenTask, Org, Plan
from sfsync.core.policy import Policy
from sfsync.salesforce import reader, rows, writer
from sfsync.salesforce.names import LEDGER_FIELDS, SLA_FIELDS
from tests.month.lives import Case

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def user_id(number: int) -> str:
    return f"005{number:012d}AAA"


WORKER, MARKETING, EXECUTIVE = user_id(99), user_id(50), user_id(1)
MANAGERS = (user_id(2), user_id(3))
REPS = tuple(user_id(number) for number in range(10, 16))
QUEUES = {"00G000000000001AAA": "Lead Queue", "00G000000000002AAA": "Another Queue"}
QUEUE, OTHER_QUEUE = QUEUES
OPEN = "Open - Not Contacted"
WORKED_ON = (OPEN, "Accepted", "Working - Contacted")


def text(at: int) -> str:
    """A moment as the REST API writes it."""
    return (EPOCH + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def instant(at: int) -> datetime:
    return EPOCH + timedelta(seconds=at)


def staff(zones: tuple[str, ...]) -> dict[str, Row]:
    """An executive, two managers, six reps; their zones in turn."""
    people = [(EXECUTIVE, "Eva Executive", "Executive", None)]
    people += [(id_, f"Manager {number}", "Sales Manager", EXECUTIVE) for number, id_ in enumerate(MANAGERS)]
    people += [(id_, f"Rep {number}", "Sales Rep", MANAGERS[number % 2]) for number, id_ in enumerate(REPS)]
    return {
        id_: {
            "Id": id_,
            "Username": f"{name.lower().replace(' ', '.')}@example.com",
            "Name": name,
            "UserRole": {"Name": role},
            "ManagerId": boss,
            "IsActive": True,
            "TimeZoneSidKey": zones[number % len(zones)],
        }
        for number, (id_, name, role, boss) in enumerate(people)
    }


@dataclass
class Floor:
    """All leads of a month.

    Attributes:
        shuffled: the order in which the org gives rows that no query sorts, and Tasks, Events and e-mails.
        touched: leads that a poll would find.
        given: when each user was last given a lead by sfsync.
        untracked: of which field the org keeps no history, from then till then.
    """

    policy: Policy
    users: dict[str, Row]
    enforced: int
    shuffled: Random
    untracked: tuple[tuple[str, int, int], ...] = ()
    leads: dict[str, Row] = field(default_factory=dict)
    history: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    tasks: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    emails: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    ledger: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    touched: set[str] = field(default_factory=set)
    given: dict[str, int] = field(default_factory=dict)
    records: int = 0

    def record(self, prefix: str) -> str:
        self.records += 1
        return f"{prefix}{self.records:012d}AAA"

    def create(self, at: int, owner: str, values: Row) -> str:
        id_ = self.record("00Q")
        self.leads[id_] = {
            **dict.fromkeys(self.policy.sources),
            "Id": id_,
            "OwnerId": owner,
            "Status": OPEN,
            "CreatedDate": text(at),
            "SystemModstamp": text(at),
            "LastModifiedById": MARKETING,
            "IsConverted": False,
            "IsDeleted": False,
            "MasterRecordId": None,
            **dict.fromkeys(SLA_FIELDS.values()),
            "SLA_Exempt__c": False,
            **values,
        }
        self.touched.add(id_)
        return id_

    def change(self, lead: str, by: str, at: int, **fields: Any) -> None:
        """Somebody writes the lead; owner and status get their history, an owner in two rows."""
        row = self.leads[lead]
        for name, label in (("OwnerId", "Owner"), ("Status", "Status")):
            new = fields.get(name, row[name])
            if new != row[name] and self.tracked(label, at):
                values = [(row[name], new)]
                if label == "Owner":
                    values.insert(self.records % 2, ("Somebody", "Somebody Else"))
                for old_value, new_value in values:
                    self.history[lead].append(
                        {
                            "Id": self.record("017"),
                            "LeadId": lead,
                            "Field": label,
                            "OldValue": old_value,
                            "NewValue": new_value,
                            "CreatedDate": text(at),
                            "CreatedById": by,
                        }
                    )
        stamp = max(row["SystemModstamp"], text(at))
        self.leads[lead] = row | fields | {"SystemModstamp": stamp, "LastModifiedById": by}
        if by != WORKER:
            self.touched.add(lead)

    def tracked(self, label: str, at: int) -> bool:
        return not any(name == label and since <= at < until for name, since, until in self.untracked)

    def task(self, lead: str, owner: str, at: int, **fields: Any) -> str:
        """A Task, completed unless told otherwise."""
        row: Row = {
            "Id": self.record("00T"),
            "WhoId": lead,
            "OwnerId": owner,
            "Subject": "",
            "SFSync_Key__c": None,
            "IsClosed": True,
            "TaskSubtype": "Task",
            "CallType": None,
            "CallDisposition": None,
            "CompletedDateTime": text(at),
            "LastModifiedDate": text(at),
            "LastModifiedById": owner,
            "CreatedDate": text(at),
            "ActivityDate": None,
            **fields,
        }
        self.tasks[lead].append(row)
        self.touched.add(lead)
        return str(row["Id"])

    def log(self, lead: str, owner: str, day: int, at: int) -> None:
        """A call of that day, by its owner's calendar, is logged at `at`."""
        zone = ZoneInfo(self.users[owner]["TimeZoneSidKey"])
        stated = instant(day).astimezone(zone).date().isoformat()
        self.task(lead, owner, at, TaskSubtype="Call", ActivityDate=stated)

    def event(self, lead: str, owner: str, over: int, at: int, *, all_day: bool = False) -> None:
        """A meeting that is over then, entered at `at`."""
        self.events[lead].append(
            {
                "Id": self.record("00U"),
                "WhoId": lead,
                "OwnerId": owner,
                "IsAllDayEvent": all_day,
                "StartDateTime": text(over - (86400 if all_day else 1800)),
                "DurationInMinutes": 0 if all_day else 30,
                "ActivityDate": None,
                "EndDateTime": text(over - 86400 * all_day),
                "LastModifiedDate": text(at),
            }
        )
        self.touched.add(lead)

    def email(self, lead: str, by: str | None, sent: int, at: int) -> None:
        """An e-mail, known at `at`; without anybody, the lead wrote it."""
        message = {"Incoming": by is None, "CreatedById": by or WORKER}
        times = {"MessageDate": text(sent), "CreatedDate": text(at)}
        row = {"RelationId": lead, "EmailMessageId": self.record("02s"), "EmailMessage": message | times}
        self.emails[lead].append(row)
        self.touched.add(lead)

    def convert(self, lead: str, by: str, at: int) -> None:
        """The lead becomes a contact, which takes all activities with it."""
        self.change(lead, by, at, Status="Closed - Converted", IsConverted=True)
        for kept in (self.tasks, self.events, self.emails):
            kept[lead] = []

    def merge(self, lead: str, into: str, by: str, at: int, **taken: Any) -> None:
        """One lead goes into another, which gets its activities, and these values of it."""
        self.change(lead, by, at, IsDeleted=True, MasterRecordId=into)
        for kept, who in ((self.tasks, "WhoId"), (self.events, "WhoId"), (self.emails, "RelationId")):
            kept[into] += [row | {who: into} for row in kept.pop(lead, [])]
        self.change(into, by, at, **taken)
        said = {"LeadId": into, "Field": "leadMerged", "OldValue": None, "NewValue": None}
        self.history[into].append(
            {"Id": self.record("017"), **said, "CreatedDate": text(at), "CreatedById": by}
        )

    def unlog(self, lead: str, number: int) -> None:
        """An activity that people entered is deleted."""
        kept = (self.tasks, self.events, self.emails)[number % 3][lead]
        rows = [row for row in kept if not row.get("SFSync_Key__c")]
        if rows:
            kept.remove(rows[number % len(rows)])
            self.touched.add(lead)

    def org(self) -> Org:
        """The people as sfsync reads them."""
        users = {id_: rows.user(row) for id_, row in self.users.items()}
        return Org(worker_id=WORKER, users=users, queues=QUEUES, enforce_from=instant(self.enforced))

    def facts(self, lead: str, now: int) -> Facts:
        """What sfsync reads of a lead then: activities in any order, the rest as its queries sort it."""
        rules = self.policy.activities
        assert rules is not None
        history, ledger = list(self.history[lead]), list(self.ledger[lead])
        self.shuffled.shuffle(history)
        self.shuffled.shuffle(ledger)
        tasks = [
            rows.task(row, rules, WORKER, self.users[row["OwnerId"]]["TimeZoneSidKey"])
            for row in self.tasks[lead]
        ]
        met = [rows.meeting(row, rules) for row in self.events[lead]]
        wrote = self.emails[lead] if rules.email_source == "email_message" else []
        found = [*tasks, *met, *map(rows.email, wrote)]
        self.shuffled.shuffle(found)
        ledger.sort(key=lambda row: (row["Occurred_At__c"], row["Id"]))
        facts = Facts(
            lead=rows.lead(self.leads[lead], self.policy.sources),
            changes=rows.changes(history),
            ledger=tuple(rows.entry(row) for row in ledger),
            interactions=rows.in_order(one for one in found if isinstance(one, Interaction)),
            open_tasks=tuple(
                sorted((one for one in found if isinstance(one, OpenTask)), key=lambda one: one.id)
            ),
        )
        return msgspec.structs.replace(facts, history_known=reader.agrees(facts, instant(now)))

    def case(self, lead: str, *, may_give: bool) -> Case:
        """The same for the oracle: rows as they are."""
        return Case(
            self.leads[lead],
            self.history[lead],
            self.tasks[lead],
            self.events[lead],
            self.emails[lead],
            self.ledger[lead],
            self.users,
            QUEUES,
            WORKER,
            self.enforced,
            self.carried(),
            dict(self.given),
            may_give,
        )

    def carried(self) -> dict[str, int]:
        """Open leads by owner."""
        found: dict[str, int] = defaultdict(int)
        for row in self.leads.values():
            there = not row["IsConverted"] and not row["IsDeleted"]
            if there and row["Status"] in WORKED_ON and row["SLA_Band__c"] != "Nurture":
                found[row["OwnerId"]] += 1
        return dict(found)

    def loads(self) -> Loads:
        return Loads(self.carried(), {id_: instant(when) for id_, when in self.given.items()})

    def carry_out(self, plan: Plan, now: int) -> None:
        """Do what a plan says, in one transaction, as Salesforce would; `now` is when it is committed."""
        lead = plan.lead.id
        known = {row["Key__c"] for row in self.ledger[lead]}
        for effect in plan.effects:
            assert effect.key not in known, f"twice: {effect.key}"
            known.add(effect.key)
            task = effect.task
            id_ = None
            if task is not None:
                waits = {"IsClosed": False, "CompletedDateTime": None, "LastModifiedById": WORKER}
                key = {
                    "Subject": task.subject,
                    "SFSync_Key__c": effect.key,
                    "ActivityDate": task.due.isoformat(),
                }
                id_ = self.task(lead, task.owner_id, now, **waits, **key)
            written = writer.event(plan.lead, effect, id_, self.policy.hash)
            entry = dict.fromkeys(LEDGER_FIELDS) | {"Adherent__c": None, "To_Queue__c": None} | written
            self.ledger[lead].append(entry | {"Id": self.record("a00"), "CreatedDate": text(now)})
            if effect.kind in ("Reassigned", "Routed") and effect.to_user is not None:
                self.given[effect.to_user] = int(effect.occurred_at.timestamp())
        for task_id in plan.closes:
            task_row = next(row for row in self.tasks[lead] if row["Id"] == task_id)
            task_row |= {"IsClosed": True, "CompletedDateTime": text(now), "LastModifiedDate": text(now)}
            task_row["LastModifiedById"] = WORKER
        fields: dict[str, Any] = rows.patch(plan.lead.sla, plan.sla)
        fields |= {"OwnerId": plan.owner_id} if plan.owner_id is not None else {}
        fields |= {"Status": plan.status} if plan.status is not None else {}
        if fields:
            self.change(lead, WORKER, now, **fields)
        self.touched.discard(lead)
