"""Converting a lead makes a contact, an account, perhaps an opportunity, and moves its activities there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sfsync.localorg.access import Session
from sfsync.localorg.dml import WriteOptions, create
from sfsync.localorg.engine import Engine, not_found
from sfsync.localorg.errors import ApiError
from sfsync.localorg.history import record_changes, write_history
from sfsync.localorg.ids import canonical
from sfsync.localorg.linked import fill_from_links
from sfsync.localorg.schema import Row

_UNASSIGNED = WriteOptions(auto_assign=False)
_DAYS_TO_CLOSE = 30
_CONTACT_FIELDS = {
    "Salutation": "Salutation",
    "FirstName": "FirstName",
    "LastName": "LastName",
    "Title": "Title",
    "Phone": "Phone",
    "MobilePhone": "MobilePhone",
    "Email": "Email",
    "LeadSource": "LeadSource",
    "Street": "MailingStreet",
    "City": "MailingCity",
    "State": "MailingState",
    "PostalCode": "MailingPostalCode",
    "Country": "MailingCountry",
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a conversion made or used.

    Attributes:
        opportunity_id: None when none was asked for.
    """

    lead_id: str
    account_id: str
    contact_id: str
    opportunity_id: str | None


def convert(
    engine: Engine,
    session: Session,
    lead_id: str,
    *,
    converted_status: str | None = None,
    account_id: str | None = None,
    contact_id: str | None = None,
    opportunity_name: str | None = None,
    create_opportunity: bool = True,
) -> Conversion:
    """Convert a lead that a user owns.

    `converted_status` must be one that means converted; left out, the first such is taken. Raises ApiError
    404 for no such lead, CANNOT_UPDATE_CONVERTED_LEAD for one already converted.
    """
    table = engine.database.table("Lead")
    identifier = canonical(lead_id) or lead_id
    lead = table.get(identifier)
    if lead is None:
        raise not_found()
    if lead.get("IsDeleted"):
        raise ApiError.of(404, "ENTITY_IS_DELETED", "entity is deleted")
    if lead.get("IsConverted"):
        raise ApiError.of(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    engine.check_lock(identifier)
    owner = str(lead["OwnerId"])
    if owner[:3] != "005":
        raise ApiError.of(
            400,
            "UNAVAILABLE_RECORDTYPE_EXCEPTION",
            "Converted objects can only be owned by users",
            ("OwnerId",),
        )
    statuses = [one.value for one in engine.schema.objects["Lead"].fields["Status"].picklist if one.converted]
    status = converted_status or next(iter(statuses), None)
    if status not in statuses:
        raise ApiError.of(400, "INVALID_STATUS", f"invalid convertedStatus: {status}", ("convertedStatus",))
    with engine.database.transaction():
        account = account_id or _make(
            engine,
            session,
            "Account",
            {"Name": lead["Company"], "OwnerId": owner, **_copied(lead, {"Phone": "Phone"})},
        )
        contact = contact_id or _make(
            engine,
            session,
            "Contact",
            {"AccountId": account, "OwnerId": owner, **_copied(lead, _CONTACT_FIELDS)},
        )
        opportunity = None
        if create_opportunity:
            closes = datetime.fromtimestamp(engine.now(), _zone(engine, session)) + timedelta(
                days=_DAYS_TO_CLOSE
            )
            opportunity = _make(
                engine,
                session,
                "Opportunity",
                {
                    "Name": opportunity_name or f"{lead['Company']}-",
                    "AccountId": account,
                    "ContactId": contact,
                    "OwnerId": owner,
                    "StageName": "Prospecting",
                    "CloseDate": closes.date().isoformat(),
                    **_copied(lead, {"LeadSource": "LeadSource"}),
                },
            )
        _move_activities(engine, identifier, contact, opportunity or account)
        _move_people(engine, identifier, contact)
        _close(engine, session, lead, str(status), account, contact, opportunity)
    return Conversion(identifier, account, contact, opportunity)


def _copied(lead: Row, names: Mapping[str, str]) -> dict[str, Any]:
    return {target: lead[source] for source, target in names.items() if source in lead}


def _make(engine: Engine, session: Session, object_name: str, values: Mapping[str, Any]) -> str:
    return create(engine, session, object_name, values, _UNASSIGNED)


def _zone(engine: Engine, session: Session) -> ZoneInfo:
    user = engine.database.table("User").rows[session.user_id]
    return ZoneInfo(str(user.get("TimeZoneSidKey", "UTC")))


def _move_activities(engine: Engine, lead_id: str, contact_id: str, what_id: str) -> None:
    for object_name in ("Task", "Event"):
        table = engine.database.table(object_name)
        for activity_id in table.find("WhoId", [lead_id]):
            activity = table.rows[activity_id]
            if not activity.get("IsDeleted"):
                moved = {**activity, "WhoId": contact_id, "WhatId": what_id, "SystemModstamp": engine.now()}
                fill_from_links(engine, object_name, moved)
                table.put(moved)


def _move_people(engine: Engine, lead_id: str, contact_id: str) -> None:
    """E-mails to and from the lead are the contact's from now on; a campaign's member is both."""
    recipients = engine.database.table("EmailMessageRelation")
    for recipient_id in recipients.find("RelationId", [lead_id]):
        moved = {**recipients.rows[recipient_id], "RelationId": contact_id, "SystemModstamp": engine.now()}
        fill_from_links(engine, "EmailMessageRelation", moved)
        recipients.put(moved)
    members = engine.database.table("CampaignMember")
    for member_id in members.find("LeadId", [lead_id]):
        joined = {**members.rows[member_id], "ContactId": contact_id, "SystemModstamp": engine.now()}
        fill_from_links(engine, "CampaignMember", joined)
        members.put(joined)


def _close(
    engine: Engine,
    session: Session,
    lead: Row,
    status: str,
    account_id: str,
    contact_id: str,
    opportunity_id: str | None,
) -> None:
    now = engine.now()
    converted: Row = {
        **lead,
        "Status": status,
        "IsConverted": True,
        "ConvertedDate": datetime.fromtimestamp(now, _zone(engine, session)).date().isoformat(),
        "ConvertedAccountId": account_id,
        "ConvertedContactId": contact_id,
        "LastModifiedDate": now,
        "LastModifiedById": session.user_id,
        "SystemModstamp": now,
    }
    if opportunity_id is not None:
        converted["ConvertedOpportunityId"] = opportunity_id
    plan = engine.plan("Lead")
    engine.database.table("Lead").put(converted)
    record_changes(engine, plan, lead, converted, session.user_id)
    write_history(engine, plan, converted, session.user_id, "leadConverted", "Text", None, None)
