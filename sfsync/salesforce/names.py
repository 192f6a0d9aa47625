"""The names that sfsync reads and writes in the org. A test holds that each exists in salesforce/."""

from __future__ import annotations

from sfsync.core.model import LeadSla, Minutes

EVENT = "SLA_Event__c"
SETTINGS = "SFSync_Settings__c"
POLICY = "SLA_Policy__c"

LEAD_STANDARD = (
    "Id",
    "OwnerId",
    "Status",
    "CreatedDate",
    "SystemModstamp",
    "LastModifiedById",
    "IsConverted",
    "IsDeleted",
    "MasterRecordId",
)

SLA_FIELDS: dict[str, str] = {
    "score": "SLA_Score__c",
    "band": "SLA_Band__c",
    "reasons": "SLA_Reasons__c",
    "status": "SLA_Status__c",
    "clock": "SLA_Clock__c",
    "due_at": "SLA_Due_At__c",
    "next_check": "SLA_Next_Check__c",
    "next_step": "SLA_Next_Step__c",
    "attempts": "SLA_Attempts__c",
    "sync_error": "SLA_Sync_Error__c",
    "revision": "SLA_Revision__c",
}
"""The attributes of `LeadSla` and the worker-owned Lead fields they stand in."""

MINUTES: dict[str, str] = {
    "outside_hours": "Min_Outside_Hours__c",
    "paused": "Min_Paused__c",
    "unassigned": "Min_Unassigned__c",
    "sync": "Min_Sync__c",
    "rep": "Min_Rep__c",
}
"""The attributes of `Minutes` and the ledger's fields they stand in."""

EXEMPT = "SLA_Exempt__c"
GUARD = "SLA_Guard__c"
CONTACT = "Contact__c"
OPPORTUNITY = "Opportunity__c"
"""What a row of the ledger looks up once its lead is converted."""

REVISION = SLA_FIELDS["revision"]

LEDGER_WRITTEN = (
    "Key__c",
    "Lead_Id__c",
    "Kind__c",
    "Clock__c",
    "Run__c",
    "Step__c",
    "Started_At__c",
    "Due_At__c",
    "Occurred_At__c",
    "Rep__c",
    "From_User__c",
    "To_User__c",
    "Policy__c",
)
"""What sfsync writes of a row of the ledger, and reads again."""

LEDGER_FIELDS = ("Id", *LEDGER_WRITTEN, "CreatedDate", CONTACT)

HISTORIES = "Histories"
"""The history of a lead, as one asks for it together with the lead."""

HISTORY_FIELDS = ("Id", "LeadId", "Field", "OldValue", "NewValue", "CreatedDate", "CreatedById")

TASK_FIELDS = (
    "Id",
    "WhoId",
    "OwnerId",
    "IsClosed",
    "ActivityDate",
    "CreatedDate",
    "CompletedDateTime",
    "LastModifiedDate",
    "LastModifiedById",
    "SFSync_Key__c",
)

MEETING_FIELDS = (
    "Id",
    "WhoId",
    "OwnerId",
    "StartDateTime",
    "EndDateTime",
    "DurationInMinutes",
    "ActivityDate",
    "IsAllDayEvent",
    "LastModifiedDate",
)

EMAIL_FIELDS = (
    "RelationId",
    "EmailMessageId",
    "EmailMessage.Incoming",
    "EmailMessage.MessageDate",
    "EmailMessage.CreatedDate",
    "EmailMessage.CreatedById",
)
"""Of EmailMessageRelation: an e-mail hangs on a lead by it alone."""

BUSINESS_HOURS_FIELDS = (
    "Id",
    "Name",
    "IsDefault",
    "TimeZoneSidKey",
    *(
        f"{day}{edge}Time"
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        for edge in ("Start", "End")
    ),
)

HOLIDAY_FIELDS = (
    "Id",
    "Name",
    "IsAllDay",
    "ActivityDate",
    "StartTimeInMinutes",
    "EndTimeInMinutes",
    "IsRecurrence",
    "RecurrenceType",
    "RecurrenceStartDate",
    "RecurrenceEndDateOnly",
    "RecurrenceInterval",
    "RecurrenceDayOfWeekMask",
    "RecurrenceDayOfMonth",
    "RecurrenceInstance",
    "RecurrenceMonthOfYear",
)

assert set(SLA_FIELDS) == set(LeadSla.__struct_fields__)
assert set(MINUTES) == set(Minutes.__struct_fields__)
