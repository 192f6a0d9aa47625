"""Fields that the org fills from the rows that this one points to, before the row is saved."""

from __future__ import annotations

from sfsync.localorg.engine import Engine
from sfsync.localorg.schema import Row


def fill_from_links(engine: Engine, object_name: str, row: Row) -> None:
    """Fill what an activity or an e-mail's recipient takes from the records it names."""
    if object_name == "Task" and not engine.settings.completed_date_time:
        row.pop("CompletedDateTime", None)
    if object_name in ("Task", "Event"):
        account = account_of(engine, row)
        if account is None:
            row.pop("AccountId", None)
        else:
            row["AccountId"] = account
    elif object_name == "CampaignMember" and ("ContactId" in row or "LeadId" in row):
        row["LeadOrContactId"] = row.get("ContactId") or row["LeadId"]
    elif object_name == "EmailMessageRelation":
        _recipient(engine, row)


def account_of(engine: Engine, activity: Row) -> str | None:
    """The account of an activity: what it is about, or that record's, else the contact's."""
    for link in ("WhatId", "WhoId"):
        target = engine.row(str(activity.get(link, "")))
        if target is None:
            continue
        found = target["Id"] if str(target["Id"]).startswith("001") else target.get("AccountId")
        if found is not None:
            return str(found)
    return None


def _recipient(engine: Engine, row: Row) -> None:
    """The kind of the person, and the address that the person has where none is given."""
    person_id = str(row.get("RelationId", ""))
    kind = engine.schema.of_id(person_id)
    person = engine.row(person_id)
    if kind is None or person is None:
        row.pop("RelationObjectType", None)
        return
    row["RelationObjectType"] = kind.name
    if "RelationAddress" not in row and "Email" in person:
        row["RelationAddress"] = person["Email"]
