"""The ledger of leads that are long over: exported to a file, then removed, for storage is paid for.

What is removed must never be done again. So each lead keeps one row of the kind Archived, written before
anything is removed: for decisions it is as if the policy were enforced on that lead only from then on
(core/life.py), and the number of its band entries goes on where it was. A run that is broken off anywhere
leaves rows that are in the file, or in the ledger, or in both; the next run goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from sfsync.core.evidence import left_out
from sfsync.core.model import Kind
from sfsync.errors import Config, Permanent, SfsyncError, Stale
from sfsync.salesforce import rows, soql
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.failures import classify
from sfsync.salesforce.names import EVENT
from sfsync.salesforce.session import Session

LEADS_A_CHUNK = 50
RECORDS_A_CALL = 200

Row = dict[str, Any]


@dataclass(slots=True)
class Archived:
    """What was found to be over, and what was done about it.

    Attributes:
        leads, events: leads whose ledger is over, and its rows.
        exported: rows written to the file by this run; those that an earlier one wrote are not repeated.
        removed: rows removed from the org.
        refused: rows, kept ones among them, that the org refused to write or remove.
    """

    leads: int = 0
    events: int = 0
    exported: int = 0
    removed: int = 0
    refused: int = 0


def may_remove(session: Session) -> bool:
    """Whether the signed-in user may delete rows of the ledger."""
    return bool(session.get(f"sobjects/{EVENT}/describe").body["deletable"])


def archive(
    session: Session,
    over: Sequence[str],
    before: datetime,
    file: Path | None,
    progress: Callable[[Archived], None],
) -> Archived:
    """Export and remove the ledger of each lead that is over (deleted, converted, or in a status of `over`) and,
    like all its rows, has not changed since `before`. Without a file nothing is written, only counted.

    Raises Config when the user may not remove rows or the file is something else.
    """
    done = Archived()
    described = session.get(f"sobjects/{EVENT}/describe").body
    fields = [field["name"] for field in described["fields"]]
    if file is not None and not described["deletable"]:
        raise Config(
            "this user may not remove events: assign the permission set SFSync_Archivist for as long as it takes"
        )
    exported = set() if file is None else _exported(file)
    for ids in _candidates(session, before):
        ledgers = _over(session, ids, over, before, fields)
        done.leads += len(ledgers)
        done.events += sum(len(ledger) for ledger in ledgers.values())
        if file is not None and ledgers:
            lines = [row for ledger in ledgers.values() for row in ledger if row["Id"] not in exported]
            _append(file, lines)
            done.exported += len(lines)
            _remove(session, ledgers, before, done)
        progress(done)
    return done


def _candidates(session: Session, before: datetime) -> Iterator[list[str]]:
    """Ids of leads that have a row from before then, each once, in chunks."""
    seen: set[str] = set()
    chunk: list[str] = []
    last = ""
    while True:
        behind = f" AND Id > '{soql.record_id(last)}'" if last else ""
        query = (
            f"SELECT Id, Lead_Id__c FROM {EVENT} WHERE Lead_Id__c != null AND Kind__c != '{Kind.ARCHIVED}'"
            f" AND Occurred_At__c < {soql.moment(before)}{behind} ORDER BY Id LIMIT 2000"
        )
        pages, _ = first_pages(session, [query])
        found = all_rows(session, pages[0])
        for row in found:
            if row["Lead_Id__c"] not in seen and soql.is_id(row["Lead_Id__c"]):
                seen.add(row["Lead_Id__c"])
                chunk.append(row["Lead_Id__c"])
        while len(chunk) >= LEADS_A_CHUNK:
            yield chunk[:LEADS_A_CHUNK]
            del chunk[:LEADS_A_CHUNK]
        if not found:
            break
        last = found[-1]["Id"]
    if chunk:
        yield chunk


def _over(
    session: Session, ids: Sequence[str], over: Sequence[str], before: datetime, fields: Sequence[str]
) -> dict[str, list[Row]]:
    """The whole ledger of those of these leads that are long over, by lead; without the evidence of who was deleted.

    What a deleted lead's decisions were made of does not leave Salesforce, and goes with the rows (requirement P25).
    """
    some = soql.ids(ids)
    queries = (
        f"SELECT {', '.join(fields)} FROM {EVENT} WHERE IsDeleted = false AND Lead_Id__c IN {some}"
        " ORDER BY Occurred_At__c, Id",
        f"SELECT Id, Status, IsConverted, IsDeleted, SystemModstamp FROM Lead WHERE Id IN {some}",
    )
    pages, _ = first_pages(session, queries, deleted=True)
    ledger = all_rows(session, pages[0])
    leads = {row["Id"]: row for row in all_rows(session, pages[1])}
    found: dict[str, list[Row]] = {}
    for row in ledger:
        found.setdefault(row["Lead_Id__c"], []).append(row)
    return {
        id_: events if _is_there(leads.get(id_)) else [_without_evidence(row) for row in events]
        for id_, events in found.items()
        if _is_over(leads.get(id_), over, before) and all(_is_settled(row, before) for row in events)
    }


def _is_there(lead: Mapping[str, Any] | None) -> bool:
    """Whether the lead was not deleted, nor merged into another."""
    return lead is not None and not lead["IsDeleted"]


def _without_evidence(row: Row) -> Row:
    return row | {"Evidence__c": left_out("the lead was deleted")} if row["Evidence__c"] else row


def _is_over(lead: Mapping[str, Any] | None, over: Sequence[str], before: datetime) -> bool:
    """Whether nothing has happened to this lead for so long, and nothing will; one that is gone is over."""
    if lead is None:
        return True
    ended = lead["IsDeleted"] or lead["IsConverted"] or lead["Status"] in over
    return ended and rows.moment(lead["SystemModstamp"]) < before


def _is_settled(row: Row, before: datetime) -> bool:
    if row["Kind__c"] == Kind.ARCHIVED:
        return True
    return rows.moment(row["Occurred_At__c"]) < before and row["Chatter_State__c"] not in (
        "To Post",
        "Posting",
    )


def _exported(file: Path) -> set[str]:
    """The ids of rows that stand in the file already; a last line that was broken off is cut away."""
    if not file.exists():
        return set()
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    try:
        ids = {msgspec.json.decode(line)["Id"] for line in whole.splitlines()}
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise Config(f"{file} is no export of sfsync: name another file") from error
    if len(whole) < len(content):
        os.truncate(file, len(whole))
    return ids


def _append(file: Path, lines: Sequence[Row]) -> None:
    """Write rows, a line of JSON each, and see them on the disk before anything else happens.

    A row is plain values: the record without its `attributes`. Only the user may read the file.
    """
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as out:
        for row in lines:
            plain = {name: value for name, value in row.items() if name != "attributes"}
            out.write(msgspec.json.encode(plain) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def _remove(session: Session, ledgers: Mapping[str, Sequence[Row]], before: datetime, done: Archived) -> None:
    """Write each lead's kept row, then remove the others of those leads that have theirs."""
    kept = [_kept(lead_id, ledger, before, session.now) for lead_id, ledger in ledgers.items()]
    answer = session.post("composite/sobjects", {"allOrNone": False, "records": kept}, repeatable=True)
    remove: list[str] = []
    for record, item in zip(kept, answer.body, strict=True):
        if item.get("success") or isinstance(classify(item.get("errors")), Stale):
            remove += [
                row["Id"] for row in ledgers[record["Lead_Id__c"]] if row["Key__c"] != record["Key__c"]
            ]
        else:
            done.refused += 1
    for start in range(0, len(remove), RECORDS_A_CALL):
        ids = ",".join(remove[start : start + RECORDS_A_CALL])
        answer = session.delete(f"composite/sobjects?ids={ids}&allOrNone=false", repeatable=True)
        for item in answer.body:
            if item.get("success") or _is_gone(classify(item.get("errors"))):
                done.removed += 1
            else:
                done.refused += 1


def _is_gone(error: SfsyncError) -> bool:
    return isinstance(error, Permanent | Stale) and error.error_code in ("ENTITY_IS_DELETED", "NOT_FOUND")


def _kept(lead_id: str, ledger: Sequence[Row], before: datetime, now: datetime | None) -> Row:
    """The row that stays: its key says which archiving of this lead it was, and how many bands it had entered."""
    earlier = [row["Key__c"].split(":") for row in ledger if row["Kind__c"] == Kind.ARCHIVED]
    removed = [row for row in ledger if row["Kind__c"] != Kind.ARCHIVED]
    number = max((int(key[2]) for key in earlier), default=0) + 1
    bands = max((int(key[3]) for key in earlier), default=0)
    bands += sum(row["Kind__c"] == Kind.BAND_ENTERED for row in removed)
    counts: dict[str, int] = {}
    for row in removed:
        counts[row["Kind__c"]] = counts.get(row["Kind__c"], 0) + 1
    summary = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    moments = [rows.moment(row["Occurred_At__c"]) for row in removed]
    return {
        "attributes": {"type": EVENT},
        "Key__c": f"{lead_id}:archived:{number}:{bands}",
        "Kind__c": Kind.ARCHIVED.value,
        "Lead_Id__c": lead_id,
        "Started_At__c": rows.written(min(moments)) if moments else None,
        "Due_At__c": rows.written(before),
        "Occurred_At__c": rows.written(now),
        "Chatter_State__c": "None",
        "Detail__c": f"Exported and removed: {summary or 'nothing'}.",
    }
