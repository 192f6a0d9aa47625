"""What people and admins do in the org, by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from sfsync.localorg.errors import ApiError
from sfsync.localorg.org import Org
from sfsync.localorg.schema import ValidationRule
from tests.simulation import policy
from tests.simulation.journal import Row

_PROFILES: tuple[Mapping[str, str], ...] = (
    {},
    {"SLA_Budget__c": "Exploring", "SLA_Need__c": "Nice to Have"},
    {"SLA_Budget__c": "Exploring", "SLA_Authority__c": "Influencer", "SLA_Need__c": "Important"},
    {
        "SLA_Budget__c": "Planned",
        "SLA_Authority__c": "Recommender",
        "SLA_Need__c": "Important",
        "SLA_Timeline__c": "3-6 Months",
    },
    {
        "SLA_Budget__c": "Approved",
        "SLA_Authority__c": "Decision Maker",
        "SLA_Need__c": "Critical",
        "SLA_Timeline__c": "3-6 Months",
    },
)
_WEIGHTS = (2, 1, 3, 6, 2)


def refuse_writes(org: Org) -> None:
    """Let the org have a rule that refuses the worker's writes to leads of one company."""
    formula = org.formula("Lead", f'AND(ISCHANGED(SLA_Revision__c), Company = "{policy.REFUSED}")')
    org.customer.validation_rules.append(ValidationRule("Lead", "Refused", formula, "Not this one", None))


class People:
    """The org's people at work; what the org refuses them, it refuses.

    Attributes:
        reps: those who are (still) active.
    """

    def __init__(self, org: Org, dice: random.Random) -> None:
        self._org = org
        self._dice = dice
        self.reps = org.people.reps
        self._tokens = {
            user: org.issue_token(user)
            for user in (*org.people.reps, *org.people.managers, org.people.executive, org.people.integration)
        }
        self.acts: dict[str, Callable[[str], None]] = {
            "accept": self.accept,
            "work": self.work,
            "reopen": self.reopen,
            "reject": self.reject,
            "edit inputs": self.edit_inputs,
            "edit other": self.edit_other,
            "transfer": self.transfer,
            "take": self.take,
            "to queue": self.to_queue,
            "convert": self.convert,
            "delete": self.delete,
            "exempt": self.exempt,
        }
        self.weights = (6, 2, 2, 2, 5, 2, 3, 3, 1, 1, 1, 1)

    def create(self, owner: str | None = None) -> str:
        """A new lead, for a rep or in the queue; returns its Id."""
        people = self._org.people
        owner = owner or self._dice.choice((*self.reps, people.lead_queue))
        profile = self._dice.choices(_PROFILES, _WEIGHTS)[0]
        session = self._org.session(self._tokens[people.executive])
        return self._org.create(
            session, "Lead", {"LastName": "Lead", "Company": "Company", "OwnerId": owner, **profile}
        )

    def act(self, name: str, lead_id: str) -> bool:
        """Do this to the lead; False when the org refuses it."""
        row = self._org.database.table("Lead").rows.get(lead_id)
        if row is None or row.get("IsDeleted") or row.get("IsConverted"):
            return False
        try:
            self.acts[name](lead_id)
        except ApiError:
            return False
        return True

    def draw(self) -> str:
        """One of the acts."""
        return self._dice.choices(tuple(self.acts), self.weights)[0]

    def _lead(self, lead_id: str) -> Row:
        return self._org.database.table("Lead").rows[lead_id]

    def _write(self, lead_id: str, by: str | None = None, **values: object) -> None:
        owner = str(self._lead(lead_id)["OwnerId"])
        who = by or (owner if owner in self._tokens else self._org.people.managers[0])
        session = self._org.session(self._tokens[who])
        self._org.update(session, "Lead", lead_id, values)

    def refuse(self, lead_id: str) -> None:
        """From now on a rule of the org refuses whatever the worker writes to this lead."""
        self._write(lead_id, by=self._org.people.executive, Company=policy.REFUSED)

    def accept(self, lead_id: str) -> None:
        self._write(lead_id, Status="Accepted")

    def work(self, lead_id: str) -> None:
        self._write(lead_id, Status="Working - Contacted")

    def reopen(self, lead_id: str) -> None:
        self._write(lead_id, Status=policy.OPEN)

    def reject(self, lead_id: str) -> None:
        self._write(lead_id, Status="Rejected")

    def edit_inputs(self, lead_id: str) -> None:
        fields = self._dice.sample(tuple(policy.POINTS), self._dice.randint(1, 4))
        values = {name: self._dice.choice((None, *policy.POINTS[name])) for name in fields}
        self._write(lead_id, **values)

    def edit_other(self, lead_id: str) -> None:
        self._write(lead_id, Company=f"Company {self._dice.randrange(1000)}")

    def transfer(self, lead_id: str) -> None:
        self._write(lead_id, by=self._org.people.managers[0], OwnerId=self._dice.choice(self.reps))

    def take(self, lead_id: str) -> None:
        rep = self._dice.choice(self.reps)
        self._write(lead_id, by=rep, OwnerId=rep)

    def to_queue(self, lead_id: str) -> None:
        self._write(lead_id, OwnerId=self._org.people.lead_queue)

    def convert(self, lead_id: str) -> None:
        owner = str(self._lead(lead_id)["OwnerId"])
        if owner in self._tokens:
            self._org.convert(self._org.session(self._tokens[owner]), lead_id)

    def delete(self, lead_id: str) -> None:
        self._org.delete(self._org.session(self._tokens[self._org.people.executive]), "Lead", lead_id)

    def undelete(self, lead_id: str, by: str) -> bool:
        """Bring a lead back from the recycle bin as this user; False when the org refuses it."""
        try:
            self._org.undelete(self._org.session(self._tokens[by]), lead_id)
        except ApiError:
            return False
        return True

    def purge(self, lead_id: str) -> None:
        """Take a lead out of the recycle bin for good."""
        self._org.database.table("Lead").discard(lead_id)

    def exempt(self, lead_id: str) -> None:
        exempt = not self._lead(lead_id).get("SLA_Exempt__c")
        self._write(lead_id, by=self._org.people.managers[0], SLA_Exempt__c=exempt)
