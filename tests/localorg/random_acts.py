"""Random requests about single rows, each with what the model does at the same time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.localorg.model import BUDGETS, EVENT, FIELDS, KINDS, LEAD, OPEN, TASK, UNIQUE, Model, Refused, Row

NOBODY = {"OwnerId": "005000000000ZZZ", "WhoId": "00Q000000000ZZZ", "Lead__c": "00Q000000000ZZZ"}
OMITTED = object()
WORDS = ("Ada", "bob", "Çelik", "x", "  spaced  ", "", "50%", "O'Hara", '"quoted"', "line\nbreak", "名")
STATUSES = (OPEN, "Working - Contacted", "Accepted", "Nurture", "Odd")
BAD: Mapping[str, Mapping[str, Any]] = {
    LEAD: {
        "FirstName": "x" * 41,
        "Title": 5,
        "Company": None,
        "Status": None,
        "SLA_Budget__c": "Loads",
        "Email": "no address",
        "NumberOfEmployees": "many",
        "DoNotCall": None,
        "OwnerId": "nobody",
        "Nothing__c": 1,
        "CreatedDate": "2026-01-01T00:00:00Z",
    },
    TASK: {
        "Subject": "x" * 256,
        "ActivityDate": "no day",
        "WhoId": "no id",
        "OwnerId": "nobody",
        "Status": None,
    },
    EVENT: {"Kind__c": "Loads", "Min_Rep__c": 10**9, "Lead__c": "nobody", "Clock__c": "x" * 81, "foo": 1},
}


@dataclass(frozen=True, slots=True)
class Act:
    """One request about one row.

    Attributes:
        path: below the version.
        play: does the same to the model and says what should come out; raises Refused.
        status: the answer's, when it is not refused.
        assigned: the request leaves the assignment rule on.
    """

    method: str
    path: str
    body: Any
    play: Callable[[], Any]
    status: int
    assigned: bool = True
    shown: tuple[str, ...] = ()


class Names:
    """Which id each of the model's names has; inside a composite some stand for references.

    Attributes:
        ids: of rows and people that the org has told of.
        names: the way back.
        references: of rows that an earlier subrequest makes.
        prefixes: how the ids of a kind begin.
    """

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.references: dict[str, str] = {}
        self.prefixes = prefixes

    def learn(self, name: str, record_id: str) -> None:
        """The org has said which id this is."""
        self.ids[name] = record_id
        self.names[record_id] = name

    def of(self, name: str) -> str:
        """The id, or the reference to the subrequest that makes it."""
        return self.ids.get(name) or self.references[name]

    def knows(self, name: str) -> bool:
        """A request can name this row."""
        return name in self.ids or name in self.references


class Acts:
    """Draws random acts that fit the model's state."""

    def __init__(self, dice: random.Random, model: Model, names: Names) -> None:
        self._dice = dice
        self._model = model
        self.names = names

    def any(self, assigned: bool | None = None) -> Act:
        """An act of any kind. `assigned` None: the request says by its header whether the rule is on."""
        kind = self._dice.choices((LEAD, TASK, EVENT), (6, 3, 3))[0]
        make = self._dice.choices(
            (self.create, self.update, self.upsert, self.delete, self.read), (8, 10, 3, 2, 5)
        )[0]
        return make(kind, self._dice.random() < 0.2 if assigned is None else assigned)

    def create(self, kind: str, assigned: bool) -> Act:
        """POST a row."""
        values = self.values(kind, creating=True)
        return Act(
            "POST",
            f"/sobjects/{kind}",
            self.wire(values),
            lambda: self._model.create(kind, values, assigned),
            201,
            assigned,
        )

    def update(self, kind: str, assigned: bool) -> Act:
        """PATCH a row."""
        name = self.target(kind)
        values = self.values(kind, creating=False, of=name)
        return Act(
            "PATCH",
            f"/sobjects/{kind}/{self._id(kind, name)}",
            self.wire(values),
            lambda: self._model.update(kind, name, values, assigned),
            204,
            assigned,
        )

    def upsert(self, kind: str, assigned: bool) -> Act:
        """PATCH a row by its external id; a task is only made."""
        if kind == TASK:
            return self.create(kind, assigned)
        key = self.key(kind)
        exists = self._model.find(kind, key) is not None
        values = self.values(kind, creating=not exists, of=self._model.find(kind, key))
        if self._dice.random() > 0.03:
            values.pop(UNIQUE[kind], None)
        return Act(
            "PATCH",
            f"/sobjects/{kind}/{UNIQUE[kind]}/{key}",
            self.wire(values),
            lambda: self._model.upsert(kind, key, values, assigned)[0],
            200 if exists else 201,
            assigned,
        )

    def delete(self, kind: str, assigned: bool) -> Act:
        """DELETE a row."""
        kind = kind if self._dice.random() < 0.1 else TASK if kind == EVENT else kind
        name = self.target(kind)
        path = f"/sobjects/{kind}/{self._id(kind, name)}"
        return Act("DELETE", path, None, lambda: self._model.delete(kind, name), 204, assigned)

    def read(self, kind: str, assigned: bool) -> Act:
        """GET some fields of a row, by its id or its key."""
        shown = tuple(self._dice.sample(sorted(FIELDS[kind]), 3))
        if kind != TASK and self._dice.random() < 0.3:
            key = self.key(kind)
            path = f"/sobjects/{kind}/{UNIQUE[kind]}/{key}?fields={','.join(shown)}"
            return Act("GET", path, None, lambda: self._found(kind, key), 200, assigned, shown)
        name = self.target(kind)
        path = f"/sobjects/{kind}/{self._id(kind, name)}?fields={','.join(shown)}"
        absent = Refused(404, "NOT_FOUND")
        return Act("GET", path, None, lambda: self._model.row(kind, name, absent), 200, assigned, shown)

    def _found(self, kind: str, key: str) -> Row:
        name = self._model.find(kind, key)
        if name is None:
            raise Refused(404, "NOT_FOUND")
        return self._model.rows[name]

    def target(self, kind: str) -> str:
        """A row of the kind: nearly always one that is there."""
        chance = self._dice.random()
        if chance < 0.02:
            return "no id" if chance < 0.01 else "nobody"
        if chance < 0.05:
            known = [name for name, row in self._model.rows.items() if row["kind"] == kind]
        else:
            known = self._model.live(kind)
        known = [name for name in known if self.names.knows(name)]
        return self._dice.choice(known) if known else "nobody"

    def key(self, kind: str) -> str:
        """A value of the unique field; two spellings of one key are two keys."""
        number = self._dice.randrange(400)
        return self._dice.choice((f"{kind[0].lower()}{number}", f"{kind[0].upper()}{number}"))

    def values(self, kind: str, *, creating: bool, of: str | None = None) -> dict[str, Any]:
        """Fields to write: good ones, or with one that is refused."""
        made = self._needed(kind) if creating else {}
        some = self._some(kind, of)
        for name in self._dice.sample(sorted(some), self._dice.randint(0 if creating else 1, 3)):
            made[name] = some[name]
        made = {name: value for name, value in made.items() if value is not OMITTED}
        if self._dice.random() < 0.06:
            name = self._dice.choice(sorted(BAD[kind]))
            made[name] = BAD[kind][name]
        return made

    def _needed(self, kind: str) -> dict[str, Any]:
        if kind == LEAD:
            return {"LastName": "Name", "Company": "Company"}
        if kind == EVENT:
            key = f"e{self._dice.randrange(10**9)}" if self._dice.random() < 0.9 else self.key(EVENT)
            return {"Key__c": key, "Kind__c": self._dice.choice(KINDS)}
        return {}

    def _some(self, kind: str, of: str | None) -> dict[str, Any]:
        dice = self._dice
        owner = dice.choice([*sorted(self._model.users), self._model.queue])
        lead: object = self.target(LEAD)
        if lead in ("no id", "nobody"):
            lead = OMITTED
        if kind == TASK:
            return {
                "Subject": dice.choice(WORDS),
                "Status": dice.choice(("Not Started", "Completed", "Deferred")),
                "ActivityDate": f"2026-11-{dice.randint(1, 30):02d}",
                "WhoId": lead,
                "OwnerId": dice.choice(sorted(self._model.users)),
            }
        if kind == EVENT:
            lasting = {
                "Min_Rep__c": dice.randrange(10_000) / 4,
                "Lead__c": lead,
                "Lead_Id__c": lead,
            }
            return lasting if of is not None and dice.random() < 0.9 else {**lasting, "Clock__c": "accept"}
        row = self._model.rows.get(of or "", {})
        stale = dice.random() < 0.05
        guard = "<nobody>|" if stale else self._model.guard(row) if "OwnerId" in row else ""
        return {
            "FirstName": dice.choice(WORDS),
            "LastName": dice.choice(("Berg", "Núñez")),
            "Title": dice.choice(WORDS),
            "Status": dice.choice(STATUSES),
            "SLA_Budget__c": dice.choice((*BUDGETS, None)),
            "Email": dice.choice(("a@b.example", None)),
            "NumberOfEmployees": dice.randrange(10**6),
            "DoNotCall": dice.random() < 0.5,
            "OwnerId": owner,
            "SLA_Source_Id__c": self.key(LEAD) if dice.random() < 0.3 else f"s{dice.randrange(10**9)}",
            "SLA_Revision__c": row.get("SLA_Revision__c", 0.0) + (7 if stale else 1),
            "SLA_Guard__c": guard + "abc" if guard else OMITTED,
        }

    def wire(self, values: Row) -> dict[str, Any]:
        """The values as they go over the wire: names become ids or references."""
        return {name: self._on_wire(name, value) for name, value in values.items()}

    def _on_wire(self, field_name: str, value: Any) -> Any:
        if field_name == "SLA_Guard__c" and isinstance(value, str):
            return re.sub("<(.*?)>", lambda match: self.names.ids.get(match[1], match[1])[:15], value)
        if value == "nobody" and field_name in NOBODY:
            return NOBODY[field_name]
        if value == "no id" or not isinstance(value, str):
            return value
        if field_name in NOBODY or field_name == "Lead_Id__c":
            return self.names.of(value)
        return value

    def _id(self, kind: str, name: str) -> str:
        if name == "no id":
            return "no-id"
        if name == "nobody":
            return f"{self.names.prefixes[kind]}000000000ZZZ"
        return self.names.of(name)
