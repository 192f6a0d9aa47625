"""A Salesforce org in a few dictionaries: what random requests are held against.

It shares nothing with the emulated org. It knows three objects, a handful of their fields and the rules on
them; it gives its rows names of its own (`Lead 7`), which the caller matches with the org's ids. Rows are
replaced, never changed, so that a copy of the dictionaries is a savepoint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]

LEAD, TASK, EVENT = "Lead", "Task", "SLA_Event__c"
OPEN = "Open - Not Contacted"
CONVERTED = "Closed - Converted"
BUDGETS = ("No Budget", "Exploring", "Planned", "Approved")
KINDS = ("Warned", "Reminded", "Escalated", "Met")
RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


class Refused(Exception):
    """Raised when the org is to refuse; says with which status and errorCode."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


def _text(length: int) -> Callable[[Any], str | None]:
    def read(value: Any) -> str | None:
        if not isinstance(value, str):
            raise Refused(400, "JSON_PARSER_ERROR")
        if len(value.strip()) > length:
            raise Refused(400, "STRING_TOO_LONG")
        return value.strip() or None

    return read


def _choice(*values: str) -> Callable[[Any], str | None]:
    def read(value: Any) -> str | None:
        if value and value not in values:
            raise Refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
        return value or None

    return read


def _email(value: Any) -> str | None:
    if value and "@" not in value:
        raise Refused(400, "INVALID_EMAIL_ADDRESS")
    return value or None


def _number(most: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if isinstance(value, str | bool | list):
            raise Refused(400, "JSON_PARSER_ERROR")
        if abs(value) >= most:
            raise Refused(400, "NUMBER_OUTSIDE_VALID_RANGE")
        return float(value)

    return read


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused(400, "JSON_PARSER_ERROR")
    return value


def _day(value: Any) -> str:
    if value == "no day":
        raise Refused(400, "JSON_PARSER_ERROR")
    return str(value)


def _name(value: Any) -> str:
    """The name of a row or user; 'no id' is no id, 'nobody' one that nobody has."""
    if value == "no id":
        raise Refused(400, "MALFORMED_ID")
    return str(value)


FIELDS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    LEAD: {
        "LastName": _text(80),
        "FirstName": _text(40),
        "Company": _text(255),
        "Title": _text(128),
        "Status": _text(255),
        "SLA_Budget__c": _choice(*BUDGETS),
        "Email": _email,
        "NumberOfEmployees": _number(10**8),
        "DoNotCall": _boolean,
        "SLA_Source_Id__c": _text(80),
        "SLA_Revision__c": _number(10**15),
        "SLA_Guard__c": _text(255),
        "OwnerId": _name,
    },
    TASK: {
        "Subject": _text(255),
        "Status": _text(255),
        "ActivityDate": _day,
        "WhoId": _name,
        "OwnerId": _name,
    },
    EVENT: {
        "Key__c": _text(255),
        "Kind__c": _choice(*KINDS),
        "Lead_Id__c": _text(18),
        "Lead__c": _name,
        "Min_Rep__c": _number(10**9),
        "Clock__c": _text(80),
    },
}
DEFAULTS: Mapping[str, Row] = {
    LEAD: {"Status": OPEN, "DoNotCall": False, "IsConverted": False},
    TASK: {"Status": "Not Started", "IsClosed": False},
    EVENT: {},
}
REQUIRED = {LEAD: ("LastName", "Company", "Status"), TASK: ("Status",), EVENT: ("Key__c", "Kind__c")}
UNIQUE = {LEAD: "SLA_Source_Id__c", EVENT: "Key__c"}
REFERENCES = {LEAD: ("OwnerId",), TASK: ("WhoId", "OwnerId"), EVENT: ("Lead__c",)}


@dataclass(slots=True)
class Removal:
    """What undelete brings back with a row: rows that went with it, lookups that were emptied."""

    cascaded: tuple[str, ...]
    cleared: tuple[str, ...]


@dataclass(slots=True)
class Model:
    """The org's state. Rows carry `kind`, `IsDeleted`, `CreatedDate`, `SystemModstamp` beside their fields.

    Attributes:
        now: the org's time, Unix seconds.
        users: who can own rows; `queue` can own leads and tasks; `worker` owns what names no owner.
        history: how many rows LeadHistory has, by lead and field.
        rule_owner: whom the active assignment rule gives leads to.
    """

    now: int
    users: frozenset[str]
    queue: str
    worker: str
    rows: dict[str, Row] = field(default_factory=dict)
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    history: Counter[tuple[str, str]] = field(default_factory=Counter)
    removals: dict[str, Removal] = field(default_factory=dict)
    rule_owner: str | None = None
    made: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What a Refused leaves behind is taken back; it goes on to the caller."""
        before = dict(self.rows), dict(self.keys), Counter(self.history), dict(self.removals)
        try:
            yield
        except Refused:
            self.rows, self.keys, self.history, self.removals = before
            raise

    def live(self, kind: str) -> list[str]:
        """Names of the rows of a kind that are not deleted."""
        return [name for name, row in self.rows.items() if row["kind"] == kind and not row["IsDeleted"]]

    def row(self, kind: str, name: str, absent: Refused) -> Row:
        """The row that may be read or changed."""
        if name == "no id":
            raise Refused(404, "NOT_FOUND")
        row = self.rows.get(name)
        if row is None:
            raise absent
        if row["kind"] != kind:
            raise Refused(400, "MALFORMED_ID")
        if row["IsDeleted"]:
            raise Refused(404, "ENTITY_IS_DELETED")
        return row

    def create(self, kind: str, values: Row, assigned: bool = False) -> str:
        """The name of a new row."""
        row: dict[str, Any] = {"kind": kind, **DEFAULTS[kind], **self._read(kind, values)}
        if kind != EVENT:
            row.setdefault("OwnerId", self.worker)
        row |= {"IsDeleted": False, "CreatedDate": self.now}
        self.made[kind] += 1
        name = f"{kind} {self.made[kind]}"
        self._save(kind, name, row, None, assigned)
        return name

    def update(self, kind: str, name: str, values: Row, assigned: bool = False) -> None:
        """Change a row."""
        before = self.row(kind, name, Refused(400, "INVALID_CROSS_REFERENCE_KEY"))
        changes = self._read(kind, values)
        if before.get("IsConverted"):
            raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD")
        row = {**before, **changes}
        row = {one: value for one, value in row.items() if value is not None}
        self._save(kind, name, row, before, assigned)

    def find(self, kind: str, key: str) -> str | None:
        """The live row with this unique key."""
        return self.keys.get((kind, key))

    def upsert(self, kind: str, key: str, values: Row, assigned: bool = False) -> tuple[str, bool]:
        """(name, created) of the row with this key."""
        if UNIQUE[kind] in values or "Id" in values:
            raise Refused(400, "INVALID_FIELD")
        found = self.find(kind, key)
        if found is None:
            return self.create(kind, {**values, UNIQUE[kind]: key}, assigned), True
        self.update(kind, found, values, assigned)
        return found, False

    def delete(self, kind: str, name: str) -> None:
        """Bin a row: a lead's tasks go with it, events lose their lookup; the ledger is never deleted."""
        self.row(kind, name, Refused(400, "INVALID_CROSS_REFERENCE_KEY"))
        if kind == EVENT:
            raise Refused(403, "INSUFFICIENT_ACCESS_OR_READONLY")
        tasks = [one for one in self.live(TASK) if self.rows[one].get("WhoId") == name]
        events = [one for one in self.live(EVENT) if self.rows[one].get("Lead__c") == name]
        self._bin(name)
        for one in tasks:
            self._bin(one)
        for one in events:
            self._put(one, {key: value for key, value in self.rows[one].items() if key != "Lead__c"})
        self.removals[name] = Removal(tuple(tasks), tuple(events))

    def undelete(self, name: str) -> None:
        """Bring a row back with what went with it."""
        row = self.rows.get(name)
        if row is None:
            raise Refused(404, "NOT_FOUND")
        if name not in self.removals:
            raise Refused(400, "UNDELETE_FAILED")
        removal = self.removals[name]
        for one in (name, *removal.cascaded):
            self._check_unique(self.rows[one]["kind"], one, self.rows[one], None)
            restored = {key: value for key, value in self.rows[one].items() if key != "MasterRecordId"}
            self._put(one, {**restored, "IsDeleted": False, "SystemModstamp": self.now})
        for one in removal.cleared:
            if "Lead__c" not in self.rows[one]:
                self._put(one, {**self.rows[one], "Lead__c": name})
        del self.removals[name]

    def merge(self, master: str, loser: str) -> None:
        """The loser is binned and names the master, which gets its tasks and events."""
        for one in (master, loser):
            if one not in self.rows:
                raise Refused(404, "NOT_FOUND")
            if self.rows[one]["IsDeleted"]:
                raise Refused(404, "ENTITY_IS_DELETED")
        if master == loser:
            raise Refused(400, "INVALID_ARGUMENT_TYPE")
        if self.rows[master].get("IsConverted"):
            raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD")
        for kind, link in ((TASK, "WhoId"), (EVENT, "Lead__c")):
            for one in self.live(kind):
                if self.rows[one].get(link) == loser:
                    self._put(one, {**self.rows[one], link: master, "SystemModstamp": self.now})
        self._bin(loser)
        self._put(loser, {**self.rows[loser], "MasterRecordId": master})
        self.removals[loser] = Removal((), ())
        self._put(master, {**self.rows[master], "SystemModstamp": self.now})
        self.history[master, "leadMerged"] += 1

    def convert(self, name: str) -> None:
        """The lead is read-only from now on; its tasks are a contact's."""
        row = self.rows.get(name)
        if row is None:
            raise Refused(404, "NOT_FOUND")
        if row["IsDeleted"]:
            raise Refused(404, "ENTITY_IS_DELETED")
        if row.get("IsConverted"):
            raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD")
        if row["OwnerId"] == self.queue:
            raise Refused(400, "UNAVAILABLE_RECORDTYPE_EXCEPTION")
        for one in self.live(TASK):
            if self.rows[one].get("WhoId") == name:
                contact = {"WhoId": f"contact of {name}", "WhatId": "a deal", "SystemModstamp": self.now}
                self._put(one, {**self.rows[one], **contact})
        converted = {**row, "Status": CONVERTED, "IsConverted": True, "SystemModstamp": self.now}
        self._write_history(name, row, converted)
        self._put(name, converted)
        self.history[name, "leadConverted"] += 1

    def _read(self, kind: str, values: Row) -> dict[str, Any]:
        for one in values:
            if one not in FIELDS[kind]:
                known = one in ("CreatedDate", "IsDeleted", "SystemModstamp")
                raise Refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE" if known else "INVALID_FIELD")
        return {
            one: None if value is None and one != "DoNotCall" else FIELDS[kind][one](value)
            for one, value in values.items()
        }

    def _save(self, kind: str, name: str, row: dict[str, Any], before: Row | None, assigned: bool) -> None:
        row = {one: value for one, value in row.items() if value is not None}
        if any(one not in row for one in REQUIRED[kind]) or (kind != EVENT and "OwnerId" not in row):
            raise Refused(400, "REQUIRED_FIELD_MISSING")
        for link in REFERENCES[kind]:
            if link in row and (before is None or before.get(link) != row[link]):
                self._check_reference(kind, link, row[link])
        if kind == TASK and "WhatId" in row and row.get("WhoId") in self.rows:
            raise Refused(400, "FIELD_INTEGRITY_EXCEPTION")
        if before is not None:
            self._check_rules(kind, row, before)
        self._check_unique(kind, name, row, before)
        if kind == TASK:
            row["IsClosed"] = row["Status"] == "Completed"
        if kind == LEAD and assigned and self.rule_owner is not None:
            row["OwnerId"] = self.rule_owner
        row["SystemModstamp"] = self.now
        if before is not None and UNIQUE.get(kind) in before:
            self.keys.pop((kind, before[UNIQUE[kind]]), None)
        self._put(name, row)
        if kind == LEAD and before is None:
            self.history[name, "created"] += 1
        elif kind == LEAD and before is not None:
            self._write_history(name, before, row)

    def _write_history(self, name: str, before: Row, row: Row) -> None:
        self.history[name, "Status"] += before["Status"] != row["Status"]
        self.history[name, "Owner"] += 2 * (before["OwnerId"] != row["OwnerId"])

    def _check_reference(self, kind: str, link: str, value: str) -> None:
        if link == "OwnerId" and value in {*self.users, self.queue, self.worker}:
            return
        if value == "nobody":
            raise Refused(400, "INVALID_CROSS_REFERENCE_KEY")
        target = self.rows.get(value)
        if link == "OwnerId" or target is None or target["kind"] != LEAD:
            raise Refused(400, "MALFORMED_ID")
        if target["IsDeleted"]:
            raise Refused(400, "ENTITY_IS_DELETED")

    def _check_rules(self, kind: str, row: Row, before: Row) -> None:
        def changed(one: str) -> bool:
            return bool(row.get(one) != before.get(one))

        if kind == EVENT and any(map(changed, ("Key__c", "Kind__c", "Clock__c"))):
            raise Refused(400, RULE)
        if kind != LEAD:
            return
        revision, next_one = row.get("SLA_Revision__c"), before.get("SLA_Revision__c", 0.0) + 1
        if changed("SLA_Revision__c") and revision != next_one:
            raise Refused(400, RULE)
        guard = row.get("SLA_Guard__c")
        if changed("SLA_Guard__c") and guard and not guard.startswith(self.guard(before)):
            raise Refused(400, RULE)

    def guard(self, row: Row) -> str:
        """How a guard begins that this lead accepts."""
        return f"<{row['OwnerId']}>|{row['Status']}|"

    def _check_unique(self, kind: str, name: str, row: Row, before: Row | None) -> None:
        column = UNIQUE.get(kind, "")
        key = row.get(column)
        if key is None or (before is not None and before.get(column) == key):
            return
        if self.keys.get((kind, key), name) != name:
            raise Refused(400, "DUPLICATE_VALUE")

    def _bin(self, name: str) -> None:
        row = self.rows[name]
        self.keys.pop((row["kind"], row.get(UNIQUE.get(row["kind"], ""), "")), None)
        self._put(name, {**row, "IsDeleted": True, "SystemModstamp": self.now})

    def _put(self, name: str, row: Row) -> None:
        self.rows[name] = row
        key = row.get(UNIQUE.get(row["kind"], ""))
        if key is not None and not row["IsDeleted"]:
            self.keys[row["kind"], key] = name
