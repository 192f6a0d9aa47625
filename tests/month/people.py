"""What people do to leads, as the month's acts say, each at its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from tests.month.floor import MANAGERS, OPEN, OTHER_QUEUE, QUEUE, REPS, Floor, Row, text
from tests.month.months import DAY, HOUR, Act, Life, Month

STATUSES = (
    *(OPEN, "Accepted", "Working - Contacted", "Qualified", "Nurture", "Recycled", "Rejected"),
    *("On Hold", "Closed - Not Converted"),
)
INPUTS: tuple[Row, ...] = tuple(
    {"SLA_Budget__c": budget, "SLA_Authority__c": authority, "SLA_Need__c": need, "SLA_Timeline__c": when}
    for budget, authority, need, when in (
        ("Planned", "Recommender", "Important", "3-6 Months"),
        ("Approved", "Decision Maker", "Critical", "Under 3 Months"),
        ("No Budget", "Recommender", "None", "3-6 Months"),
        (None, None, None, None),
        ("Approved", "Unknown", "nice to have", None),
        ("Approved", "Decision Maker", "Critical", "6-12 Months"),
        ("Planned", "Influencer", "Other", "Over 12 Months"),
        ("Exploring", "Influencer", "Nice to Have", "Over 12 Months"),
    )
)
PLACES: tuple[Row, ...] = tuple(
    {"Country": country, "LeadSource": source, "SLA_Product_Interest__c": product}
    for country, source, product in (
        ("Germany", "Web", "Solar roof"),
        (None, None, None),
        ("de", "Partner", "Roof window"),
        ("India", "Web", "solar"),
        ("India", "Fair", "Heat pump"),
        ("France", "web", "A roof"),
        ("France", "Partner", None),
    )
)
OWNERS = (*REPS, QUEUE, QUEUE, OTHER_QUEUE)
Move = Callable[[int], None]


@dataclass
class People:
    """Everybody but sfsync.

    Attributes:
        coming: what is going to happen: when, in which order, and what.
        acted: when somebody did what to which lead.
    """

    month: Month
    floor: Floor
    coming: list[tuple[int, int, Move]] = field(default_factory=list)
    number: int = 0
    acted: list[tuple[int, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, life in enumerate(self.month.lives):
            self.plan(self.month.first + life.created, self._arrival(number, life))

    def next_act(self) -> int | None:
        """When somebody does something next."""
        return self.coming[0][0] if self.coming else None

    def go_on(self) -> int:
        """Let the next thing happen; its time."""
        at, _, move = heappop(self.coming)
        move(at)
        return at

    def plan(self, at: int, move: Move) -> None:
        self.number += 1
        heappush(self.coming, (at, self.number, move))

    def _arrival(self, number: int, life: Life) -> Move:
        def arrive(at: int) -> None:
            acquired = (None, at - DAY, at - DAY - 1, at - 3 * DAY)[life.acquired]
            prefers = ("Phone", None, "Email")[number % 3]
            values = (
                INPUTS[life.inputs]
                | PLACES[(number + life.inputs) % len(PLACES)]
                | {
                    "SLA_Acquired_At__c": None if acquired is None else text(acquired),
                    "SLA_Preferred_Contact__c": prefers,
                }
            )
            owner = OWNERS[life.owner]
            if owner in REPS[self.month.reps :]:
                owner = REPS[0]
            lead = self.floor.create(at, owner, values)
            for act in life.acts:
                self.plan(self.month.first + act.at, self._act(lead, act))

        return arrive

    def _act(self, lead: str, act: Act) -> Move:
        def move(at: int) -> None:
            row = self.floor.leads[lead]
            if not row["IsConverted"] and not row["IsDeleted"]:
                self.act(lead, row, act, at)

        return move

    def act(self, lead: str, row: Row, act: Act, at: int) -> None:
        """Somebody does something to a lead that is there."""
        floor, choice = self.floor, act.choice
        self.acted.append((at, lead, act.what))
        owner = row["OwnerId"] if row["OwnerId"] in floor.users else MANAGERS[choice % 2]
        other = REPS[choice % self.month.reps]
        late = at + (HOUR, 3 * HOUR, 2 * DAY, 6 * DAY)[choice % 4]
        calls: dict[str, Any] = {"Subject": "call about the offer", "TaskSubtype": "Task"}
        does: dict[str, Callable[[], object]] = {
            "accept": lambda: floor.change(lead, owner, at, Status="Accepted"),
            "unaccept": lambda: floor.change(lead, owner, at, Status=OPEN),
            "hold": lambda: floor.change(lead, owner, at, Status="On Hold"),
            "work": lambda: floor.change(lead, owner, at, Status="Working - Contacted"),
            "status": lambda: floor.change(lead, owner, at, Status=STATUSES[choice % len(STATUSES)]),
            "owner": lambda: floor.change(
                lead, MANAGERS[choice % 2], at, OwnerId=(*REPS[:3], QUEUE)[choice % 4]
            ),
            "take": lambda: floor.change(lead, other, at, OwnerId=other),
            "score": lambda: floor.change(lead, owner, at, **INPUTS[choice % len(INPUTS)]),
            "call": lambda: floor.task(lead, owner, at, **calls),
            "answered": lambda: floor.task(lead, owner, at, **calls, CallDisposition="connected"),
            "email task": lambda: floor.task(
                lead, owner, at, TaskSubtype="Email", CallType="Inbound" * (choice % 2)
            ),
            "other task": lambda: floor.task(lead, owner, at, Subject=("Lunch", "Team meeting")[choice % 2]),
            "someone's call": lambda: floor.task(lead, other, at, TaskSubtype="Call"),
            "meeting": lambda: floor.event(lead, owner, at, at),
            "meeting ahead": lambda: floor.event(lead, owner, late, at, all_day=choice % 3 == 0),
            "meeting late": lambda: self.plan(
                late, lambda now: self._late(lead, now, floor.event, owner, at)
            ),
            "call late": lambda: self.plan(late, lambda now: self._late(lead, now, floor.log, owner, at)),
            "email": lambda: floor.email(lead, owner, at, at),
            "reply": lambda: floor.email(lead, None, at, at),
            "reply late": lambda: self.plan(late, lambda now: self._late(lead, now, floor.email, None, at)),
            "complete": lambda: self._complete(lead, owner, at),
            "accept late": lambda: self.plan(late, lambda now: self._accept_late(lead, row, now, at)),
            "convert": lambda: floor.convert(lead, owner, at),
            "delete": lambda: self._delete(lead, owner, at, late if choice % 2 else None),
            "merge": lambda: self._merge(lead, owner, at, choice),
            "moves": lambda: floor.change(lead, owner, at, **PLACES[choice % len(PLACES)]),
            "unlog": lambda: floor.unlog(lead, choice),
            "exempt": lambda: floor.change(lead, owner, at, SLA_Exempt__c=choice % 2 == 0),
            "prefers": lambda: floor.change(lead, owner, at, SLA_Preferred_Contact__c="Meeting"),
            "staff": lambda: self._staff(choice),
        }
        does[act.what]()

    def _delete(self, lead: str, by: str, at: int, back: int | None) -> None:
        """The lead is deleted, for good or until then."""
        self.floor.change(lead, by, at, IsDeleted=True)
        if back is not None:
            self.plan(back, lambda now: self.floor.change(lead, by, now, IsDeleted=False))

    def _merge(self, lead: str, by: str, at: int, choice: int) -> None:
        """The lead goes into another that is there, which may get its owner and what it was asked."""
        floor = self.floor
        others = [
            id_
            for id_, row in floor.leads.items()
            if id_ != lead and not row["IsConverted"] and not row["IsDeleted"]
        ]
        if not others:
            return
        into, loser = others[choice % len(others)], floor.leads[lead]
        owner = {"OwnerId": loser["OwnerId"]} if choice % 2 else {}
        inputs = {name: loser[name] for name in INPUTS[0]} if choice % 3 else {}
        self.acted.append((at, into, "merge"))
        floor.merge(lead, into, by, at, **owner, **inputs)

    def _late(self, lead: str, now: int, enter: Callable[..., object], who: str | None, at: int) -> None:
        """An activity of then is entered only now, if the lead is still there."""
        row = self.floor.leads[lead]
        if not row["IsConverted"] and not row["IsDeleted"]:
            self.acted.append((now, lead, "late"))
            enter(lead, who, at, now)

    def _accept_late(self, lead: str, then: Row, now: int, at: int) -> None:
        """The lead's acceptance of then can be read only now, if the status is still what it was then."""
        by = then["OwnerId"] if then["OwnerId"] in self.floor.users else MANAGERS[0]
        self.acted.append((now, lead, "late"))
        row = self.floor.leads[lead]
        kept = all(
            one["CreatedDate"] < text(at) for one in self.floor.history[lead] if one["Field"] == "Status"
        )
        if kept and row["Status"] == then["Status"] and not row["IsConverted"] and not row["IsDeleted"]:
            self.floor.change(lead, by, at, Status="Accepted")

    def _complete(self, lead: str, by: str, at: int) -> None:
        """The rep ticks off what sfsync gave them."""
        for task in self.floor.tasks[lead]:
            if task["SFSync_Key__c"] and not task["IsClosed"]:
                task |= {"IsClosed": True, "CompletedDateTime": text(at), "LastModifiedDate": text(at)}
                task["LastModifiedById"] = by
                self.floor.touched.add(lead)
                return

    def _staff(self, choice: int) -> None:
        """Somebody leaves or comes back; sfsync looks at every lead then."""
        who = (*REPS, *MANAGERS)[choice % 8]
        self.floor.users[who]["IsActive"] = not self.floor.users[who]["IsActive"]
        self.floor.touched |= self.floor.leads.keys()
