"""Tasks, events and e-mails: what a client that looks for a lead's interactions asks and gets."""

from __future__ import annotations

from typing import Any

from tests.conformance.cases import (
    FACTS,
    Case,
    Certainty,
    Check,
    Step,
    delete,
    error,
    get,
    new_lead,
    patch,
    post,
    soql,
    with_keys,
)

OBJECTS = "object reference: Task, Event, EmailMessage, EmailMessageRelation"
CALL = post(
    "/sobjects/Task",
    {
        "WhoId": "{lead}",
        "OwnerId": "{rep}",
        "Subject": "Call",
        "Status": "Completed",
        "TaskSubtype": "Call",
        "CallDisposition": "no answer",
        "ActivityDate": "2026-11-01",
    },
    keep={"call": "id"},
)
TO_DO = post("/sobjects/Task", {"WhoId": "{lead}", "OwnerId": "{rep}"}, keep={"todo": "id"})
MEETING = post(
    "/sobjects/Event",
    {
        "WhoId": "{lead}",
        "OwnerId": "{rep}",
        "Subject": "Meeting",
        "StartDateTime": "2026-11-02T10:00:00Z",
        "EndDateTime": "2026-11-02T10:45:00Z",
    },
    keep={"meeting": "id"},
)
REPLY = (
    post(
        "/sobjects/EmailMessage",
        {
            "Subject": "Re: Offer",
            "Incoming": True,
            "FromAddress": "case@example.invalid",
            "ToAddress": "rep@example.invalid",
            "MessageDate": "2026-11-02T08:30:00Z",
            "Status": "0",
        },
        keep={"mail": "id"},
    ),
    post(
        "/sobjects/EmailMessageRelation",
        {"EmailMessageId": "{mail}", "RelationId": "{lead}", "RelationType": "FromAddress"},
        keep={"sender": "id"},
    ),
)
LEAD = new_lead(Email="case@example.invalid")
EVERYTHING = (LEAD, CALL, TO_DO, MEETING, *REPLY)


def _rows(statement: str, *rows: dict[str, Any]) -> Check:
    return Check(
        soql(statement), 200, with_keys(totalSize=len(rows), records=[with_keys(**one) for one in rows])
    )


def _case(says: str, certainty: Certainty, *checks: Check, given: tuple[Step, ...] = EVERYTHING) -> Case:
    return Case(says, f"{OBJECTS}; {FACTS}", certainty, checks, given)


ACTIVITIES = (
    _case(
        "a task is closed by its status, which dates its completion",
        "G",
        _rows(
            "SELECT IsClosed, CompletedDateTime, TaskSubtype, Priority FROM Task ORDER BY IsClosed DESC",
            {"IsClosed": True, "CompletedDateTime": "2026-11-02T09:00:00.000+0000", "TaskSubtype": "Call"},
            {"IsClosed": False, "CompletedDateTime": None, "TaskSubtype": "Task", "Priority": "Normal"},
        ),
        Check(patch("/sobjects/Task/{call}", {"Status": "In Progress"}), 204),
        _rows(
            "SELECT IsClosed, CompletedDateTime FROM Task WHERE Id = '{call}'",
            {"IsClosed": False, "CompletedDateTime": None},
        ),
    ),
    _case(
        "IsClosed, CompletedDateTime and AccountId are the org's own",
        "D",
        *(
            Check(
                patch("/sobjects/Task/{todo}", {name: value}),
                400,
                error("INVALID_FIELD_FOR_INSERT_UPDATE", fields=[name]),
            )
            for name, value in (
                ("IsClosed", True),
                ("CompletedDateTime", "2026-10-30T09:00:00Z"),
                ("AccountId", "{lead}"),
            )
        ),
    ),
    _case(
        "a subtype is said at creation and never again",
        "D",
        Check(
            patch("/sobjects/Task/{todo}", {"TaskSubtype": "Email"}),
            400,
            error("INVALID_FIELD_FOR_INSERT_UPDATE", fields=["TaskSubtype"]),
        ),
    ),
    _case(
        "activities of leads are found by the kind of who they are with",
        "D",
        _rows(
            "SELECT Id, WhoId, Who.Type, Who.Name FROM Task WHERE Who.Type = 'Lead' AND IsClosed = true "
            "AND CompletedDateTime >= 2026-11-01T00:00:00Z ORDER BY CompletedDateTime DESC NULLS LAST",
            {"Id": "{call}", "WhoId": "{lead}", "Who": with_keys(Type="Lead", Name="Case")},
        ),
        _rows(
            "SELECT Id FROM Task WHERE Who.Type IN ('Lead', 'Contact') AND Owner.IsActive = true",
            {"Id": "{call}"},
            {"Id": "{todo}"},
        ),
        _rows("SELECT Id FROM Event WHERE Who.Type = 'Contact'"),
        _rows("SELECT Id FROM Task WHERE What.Type = 'Account'"),
    ),
    _case(
        "activities are found by leads, and leads by activities",
        "D",
        _rows(
            "SELECT Id, (SELECT Id FROM Tasks WHERE IsClosed = true), (SELECT EndDateTime FROM Events) FROM Lead "
            "WHERE Id IN (SELECT WhoId FROM Task WHERE IsClosed = true)",
            {
                "Id": "{lead}",
                "Tasks": with_keys(totalSize=1),
                "Events": with_keys(records=[with_keys(EndDateTime="2026-11-02T10:45:00.000+0000")]),
            },
        ),
        _rows("SELECT Id FROM Task WHERE WhoId IN (SELECT Id FROM Lead WHERE Email = null)"),
        _rows(
            "SELECT WhoId, COUNT(Id) n, MAX(CompletedDateTime) latest FROM Task WHERE IsClosed = true GROUP BY WhoId",
            {"WhoId": "{lead}", "n": 1, "latest": "2026-11-02T09:00:00.000+0000"},
        ),
    ),
    _case(
        "an event knows when it ends, on which day it is and how long it takes",
        "R",
        _rows(
            "SELECT ActivityDateTime, ActivityDate, EndDateTime, EndDate, DurationInMinutes, EventSubtype, "
            "GroupEventType, IsRecurrence FROM Event WHERE EndDateTime <= 2026-11-02T10:45:00Z",
            {
                "ActivityDateTime": "2026-11-02T10:00:00.000+0000",
                "ActivityDate": "2026-11-02",
                "EndDateTime": "2026-11-02T10:45:00.000+0000",
                "EndDate": "2026-11-02",
                "DurationInMinutes": 45,
                "EventSubtype": "Event",
                "GroupEventType": "0",
                "IsRecurrence": False,
            },
        ),
        Check(patch("/sobjects/Event/{meeting}", {"StartDateTime": "2026-11-02T11:00:00Z"}), 204),
        _rows("SELECT EndDateTime FROM Event", {"EndDateTime": "2026-11-02T11:45:00.000+0000"}),
    ),
    _case(
        "an event whose end and duration disagree is refused",
        "D",
        Check(
            post(
                "/sobjects/Event",
                {
                    "StartDateTime": "2026-11-05T09:00:00Z",
                    "EndDateTime": "2026-11-05T09:31:00Z",
                    "DurationInMinutes": 30,
                },
            ),
            400,
            error("FIELD_INTEGRITY_EXCEPTION", fields=["DurationInMinutes"]),
        ),
        Check(
            post("/sobjects/Event", {"StartDateTime": "2026-11-05T09:00:00Z", "DurationInMinutes": 30}), 201
        ),
    ),
    _case(
        "a recurring series is refused, not saved as one activity",
        "?",
        Check(
            post("/sobjects/Task", {"Subject": "Weekly", "IsRecurrence": True}),
            400,
            error("FIELD_INTEGRITY_EXCEPTION", fields=["IsRecurrence"]),
        ),
    ),
    _case(
        "an e-mail hangs on a lead by who sent or received it",
        "D",
        _rows(
            "SELECT RelationId, RelationType, RelationObjectType, RelationAddress, EmailMessage.Incoming, "
            "EmailMessage.MessageDate, EmailMessage.Status FROM EmailMessageRelation WHERE RelationId = '{lead}'",
            {
                "RelationType": "FromAddress",
                "RelationObjectType": "Lead",
                "RelationAddress": "case@example.invalid",
                "EmailMessage": with_keys(
                    Incoming=True, MessageDate="2026-11-02T08:30:00.000+0000", Status="0"
                ),
            },
        ),
        _rows(
            "SELECT Id FROM Lead WHERE Id IN (SELECT RelationId FROM EmailMessageRelation)", {"Id": "{lead}"}
        ),
        Check(
            soql("SELECT Id, (SELECT Id FROM EmailMessageRelations) FROM Lead"),
            200,
            with_keys(records=[with_keys(EmailMessageRelations=with_keys(totalSize=1))]),
        ),
    ),
    _case(
        "an e-mail is about a record that is no person",
        "R",
        Check(
            post("/sobjects/EmailMessage", {"RelatedToId": "{lead}"}),
            400,
            error("MALFORMED_ID", fields=["RelatedToId"]),
        ),
    ),
    _case(
        "the last activity of a lead is the day of the newest one that is closed, and no change of the lead",
        "D",
        _rows(
            "SELECT LastActivityDate, SystemModstamp FROM Lead",
            {"LastActivityDate": "2026-11-02", "SystemModstamp": "2026-11-02T09:00:00.000+0000"},
        ),
        given=(LEAD, post("/_org/clock", {"advance_s": 60}), CALL, MEETING),
    ),
    _case(
        "a deleted activity is seen by queryAll with whom it was with",
        "D",
        _rows("SELECT Id FROM Task WHERE WhoId = '{lead}'", {"Id": "{todo}"}),
        Check(
            get(
                "/queryAll?q=SELECT Id, IsDeleted, WhoId, Who.Type FROM Task WHERE IsDeleted = true "
                "AND SystemModstamp >= 2026-11-02T00:00:00Z"
            ),
            200,
            with_keys(
                records=[with_keys(Id="{call}", IsDeleted=True, WhoId="{lead}", Who=with_keys(Type="Lead"))]
            ),
        ),
        given=(*EVERYTHING, delete("/sobjects/Task/{call}", user="manager")),
    ),
    _case(
        "a conversion moves tasks, events and e-mails to the contact, and the opportunity's account to them",
        "D",
        *(
            _rows(
                f"SELECT WhoId, WhatId, AccountId, Who.Type FROM {name} LIMIT 1",
                {
                    "WhoId": "{contact}",
                    "WhatId": "{opportunity}",
                    "AccountId": "{account}",
                    "Who": with_keys(Type="Contact"),
                },
            )
            for name in ("Task", "Event")
        ),
        _rows("SELECT Id FROM Task WHERE Who.Type = 'Lead'"),
        _rows(
            "SELECT RelationId, RelationObjectType FROM EmailMessageRelation",
            {"RelationId": "{contact}", "RelationObjectType": "Contact"},
        ),
        given=(
            *EVERYTHING,
            post(
                "/_org/convert",
                {"lead_id": "{lead}"},
                keep={"contact": "contact_id", "opportunity": "opportunity_id", "account": "account_id"},
            ),
        ),
    ),
    _case(
        "a merge moves tasks, events and e-mails to the winner",
        "D",
        _rows("SELECT WhoId FROM Task", {"WhoId": "{winner}"}, {"WhoId": "{winner}"}),
        _rows("SELECT WhoId FROM Event", {"WhoId": "{winner}"}),
        _rows("SELECT RelationId FROM EmailMessageRelation", {"RelationId": "{winner}"}),
        given=(
            *EVERYTHING,
            new_lead("winner"),
            post("/_org/merge", {"master_id": "{winner}", "loser_ids": ["{lead}"]}),
        ),
    ),
)
