"""Past decisions made again from what their ledger rows keep, and held against what stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from sfsync.core import evidence
from sfsync.core.evidence import Evidence, EvidenceError
from sfsync.core.model import Effect, Kind, TaskToCreate
from sfsync.core.policy import Policy
from sfsync.errors import Permanent, PolicyError
from sfsync.mappings.loading import reread
from sfsync.salesforce import rows, soql
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.names import EVENT, LEDGER_WRITTEN, MINUTES
from sfsync.salesforce.published import Published, published
from sfsync.salesforce.session import Session
from sfsync.salesforce.writer import event

Verdict = Literal["same", "differs", "unknown", "no decision"]

DECIDED_BY_NO_RULE = frozenset({Kind.ERROR, Kind.RELEASED})
"""Rows that record something else than a decision about a lead."""

ROW_CHANGED = "sfsync decides as it did: the row itself was changed since"

_COMPARED = (
    *(name for name in LEDGER_WRITTEN if name not in ("Lead_Id__c", "Policy__c")),
    *("To_Queue__c", "Adherent__c", "Mentions__c", "Detail__c"),
    *MINUTES.values(),
)
_NAME = re.compile(r"SLA-[0-9]{6,}")


class Difference(msgspec.Struct, frozen=True):
    """What stands in the ledger, and what is decided now."""

    what: str
    recorded: Any
    replayed: Any


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger row, decided again.

    Attributes:
        event: the row's Name.
        engine: the version of the rules that made it; None where it is not known.
        why: in words, where the verdict is not `same`.
    """

    event: str
    kind: str
    key: str
    occurred_at: datetime
    engine: str | None
    policy: str | None
    verdict: Verdict
    why: str | None = None
    differences: list[Difference] = []


def replay(session: Session, about: str) -> list[Replayed]:
    """Each ledger row of a lead, or the one row that has this Name or Id, decided again; two or three calls.

    Raises Permanent when there is no such row.
    """
    found = _rows(session, about)
    if not found:
        raise Permanent(f"the ledger has no row for {about}, or sfsync may not see it")
    policies = published(session, {row["Policy__c"] for row in found if row["Policy__c"]})
    known: dict[str, Policy | str] = {}
    excused = _excused(session, found)
    first = {row["Evidence__c"]: row["Id"] for row in reversed(found)}
    return [
        _replayed(row, policies, known, excused, speaks=first[row["Evidence__c"]] == row["Id"])
        for row in found
    ]


def agree(found: Sequence[Replayed]) -> bool:
    """Whether every decision among these came out as it stands in the ledger."""
    return all(one.verdict in ("same", "no decision") for one in found)


def _rows(session: Session, about: str) -> list[dict[str, Any]]:
    if _NAME.fullmatch(about):
        where = f"Name = {soql.text(about)}"
    elif not soql.is_id(about):
        raise Permanent(f"{about!r} is neither the id of a lead or event nor an event's name like SLA-000123")
    elif about.startswith("00Q"):
        where = f"Lead_Id__c = {soql.text(soql.full_id(about))}"
    else:
        where = f"Id = '{about}'"
    columns = ", ".join(("Id", "Name", "Task_Id__c", "Policy__c", "Lead_Id__c", "Evidence__c", *_COMPARED))
    query = f"SELECT {columns} FROM {EVENT} WHERE {where} ORDER BY Occurred_At__c, Name"
    pages, _ = first_pages(session, [query])
    return all_rows(session, pages[0])


def _excused(session: Session, found: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Clock and run of what was excused: such a breach counts no longer. A row alone does not tell."""
    known = found
    if len(found) == 1 and found[0]["Kind__c"] == Kind.BREACHED:
        lead_id = soql.text(found[0]["Lead_Id__c"] or "")
        query = f"SELECT Clock__c, Run__c, Kind__c FROM {EVENT} WHERE Lead_Id__c = {lead_id} ORDER BY Name"
        known = all_rows(session, first_pages(session, [query])[0][0])
    return {(row["Clock__c"], row["Run__c"]) for row in known if row["Kind__c"] == Kind.EXCUSED}


def _replayed(
    row: Mapping[str, Any],
    policies: Mapping[str, Published],
    known: dict[str, Policy | str],
    excused: set[tuple[str, str]],
    *,
    speaks: bool,
) -> Replayed:
    """This row decided again; the one that `speaks` for its decision also tells what is decided beside it now."""
    told = Replayed(
        event=row["Name"],
        kind=row["Kind__c"],
        key=row["Key__c"],
        occurred_at=rows.moment(row["Occurred_At__c"]),
        engine=None,
        policy=row["Policy__c"],
        verdict="unknown",
    )
    text = row["Evidence__c"]
    if not text and row["Kind__c"] in DECIDED_BY_NO_RULE:
        return _said(told, "it records no decision about a lead", "no decision")
    if not text:
        return _said(told, "there is no evidence: the row was written before sfsync kept any")
    try:
        kept = evidence.read(text)
    except EvidenceError as error:
        return _said(told, f"the evidence cannot be used: {error}")
    told = msgspec.structs.replace(told, engine=kept.engine)
    policy = _policy(kept, policies, known)
    if isinstance(policy, str):
        return _said(told, policy)
    made = {effect.key: effect for effect in evidence.replay(kept, policy).effects}
    recorded = {effect.key: effect for effect in kept.effects}
    key = row["Key__c"]
    if key not in made:
        differences = [Difference("Key__c", key, None)]
    else:
        differences = _differences(row, kept, made[key], recorded.get(key), excused)
    changed = bool(differences) and key in made and made[key] == recorded.get(key)
    beside = [Difference("Key__c", None, new) for new in made if speaks and new not in recorded]
    if not differences and not beside:
        return msgspec.structs.replace(told, verdict="same")
    why = ROW_CHANGED if changed and not beside else _reason(kept)
    return msgspec.structs.replace(told, verdict="differs", why=why, differences=[*differences, *beside])


def _said(told: Replayed, why: str, verdict: Verdict = "unknown") -> Replayed:
    return msgspec.structs.replace(told, why=why, verdict=verdict)


def _reason(kept: Evidence) -> str:
    if kept.engine != evidence.ENGINE:
        return f"rules {kept.engine} made it, rules {evidence.ENGINE} decide otherwise"
    return f"rules {kept.engine} made it and decide otherwise now: please report it"


def _policy(
    kept: Evidence, policies: Mapping[str, Published], known: dict[str, Policy | str]
) -> Policy | str:
    """The policy of this decision, or why there is none."""
    hours = msgspec.json.encode((kept.calendars, kept.business_hours), order="deterministic").decode()
    name = f"{kept.policy} {hours}"
    if name not in known:
        known[name] = _joined(kept, policies.get(kept.policy))
    return known[name]


def _joined(kept: Evidence, found: Published | None) -> Policy | str:
    if found is None:
        return f"the text of policy {kept.policy} is not in SLA_Policy__c"
    if found.text is None:
        return f"the text of policy {kept.policy} was too long to be kept in SLA_Policy__c"
    try:
        return reread(found.text).policy(evidence.calendars(kept))
    except PolicyError as error:
        return f"this version of sfsync cannot read policy {kept.policy}: {error.problems[0]}"


def _differences(
    row: Mapping[str, Any],
    kept: Evidence,
    made: Effect,
    recorded: Effect | None,
    excused: set[tuple[str, str]],
) -> list[Difference]:
    written = event(kept.facts.lead, made, None, kept.policy)
    found = []
    for name in _COMPARED:
        before, after = row[name], written.get(name)
        if name == "Adherent__c" and before is None and (row["Clock__c"], row["Run__c"]) in excused:
            continue  # an excused breach counts no longer: its Excused row says so
        if name == "Detail__c":
            before, after = (before or "").strip(), str(after or "").strip()
        if before != after:
            found.append(Difference(name, before, after))
    if bool(row["Task_Id__c"]) != (made.task is not None):
        found.append(Difference("Task", row["Task_Id__c"], _task(made.task)))
    elif recorded is not None and recorded.task != made.task:
        found.append(Difference("Task", _task(recorded.task), _task(made.task)))
    return found


def _task(task: TaskToCreate | None) -> str | None:
    if task is None:
        return None
    return f"{task.subject} for {task.owner_id}, due {task.due}, {task.priority}: {task.description}"
