"""The standard objects of activity, history and Chatter, one line a field; the notation is standard.py's.

Event is as recorded from a real org (v59.0). The key prefix of EmailMessageRelation is made up.
"""

from __future__ import annotations

ACTIVITY = """
object Task 00T Tasks activity
  WhoId reference(Contact,Lead) label="Name ID" children=Tasks cascade
  WhatId reference(Account,Opportunity,Campaign) label="Related To ID" children=Tasks cascade
  Subject combobox(255) name values=Call|Email|Send Letter|Send Quote|Other
  ActivityDate date label="Due Date Only"
  Status picklist(255) required default values=*Not Started|In Progress|Completed!|
      Waiting on someone else|Deferred
  Priority picklist(255) required default values=High+|*Normal|Low
  IsHighPriority boolean ro label="High Priority"
  OwnerId reference(Group,User) required default label="Assigned To ID"
  Description textarea(32000) long
  AccountId reference(Account) ro
  IsClosed boolean ro label=Closed
  *audit
  IsArchived boolean ro label=Archived
  CallDurationInSeconds int(8) label="Call Duration"
  CallType picklist(40) restricted values=Internal|Inbound|Outbound
  CallDisposition string(255) label="Call Result"
  CallObject string(255) label="Call Object Identifier"
  ReminderDateTime datetime label="Reminder Date/Time"
  IsReminderSet boolean label="Reminder Set"
  RecurrenceActivityId reference(Task) ro norelationship children=RecurringTasks
  IsRecurrence boolean createonly label="Create Recurring Series of Tasks"
  RecurrenceStartDateOnly date fixed label="Recurrence Start"
  RecurrenceEndDateOnly date fixed label="Recurrence End"
  RecurrenceTimeZoneSidKey picklist(40) fixed restricted zones label="Recurrence Time Zone"
  RecurrenceType picklist(40) fixed restricted values=RecursDaily=Recurs Daily|
      RecursEveryWeekday=Recurs Every Weekday|RecursMonthly=Recurs Monthly|
      RecursMonthlyNth=Recurs Monthly Nth|RecursWeekly=Recurs Weekly|RecursYearly=Recurs Yearly|
      RecursYearlyNth=Recurs Yearly Nth
  RecurrenceInterval int(9) fixed
  RecurrenceDayOfWeekMask int(9) fixed label="Recurrence Day of Week Mask"
  RecurrenceDayOfMonth int(9) fixed label="Recurrence Day of Month"
  RecurrenceInstance picklist(40) fixed restricted values=First=1st|Second=2nd|Third=3rd|Fourth=4th|Last=last
  RecurrenceMonthOfYear picklist(40) fixed restricted values=January|February|March|April|May|June|July|
      August|September|October|November|December label="Recurrence Month of Year"
  RecurrenceRegeneratedType picklist(40) fixed restricted values=RecurrenceRegenerateAfterDueDate|
      RecurrenceRegenerateAfterToday|RecurrenceRegenerated label="Repeat This Task"
  TaskSubtype picklist(40) createonly default restricted values=*Task|Email|ListEmail|Cadence|Call
  CompletedDateTime datetime ro

object Event 00U Events activity
  WhoId reference(Contact,Lead) label="Name ID" children=Events cascade
  WhatId reference(Account,Opportunity,Campaign) label="Related To ID" children=Events cascade
  Subject combobox(255) name fixed values=Call|Email|Meeting|Send Letter/Quote|Other
  Location string(255)
  IsAllDayEvent boolean permissionable label="All-Day Event"
  ActivityDateTime datetime fixed label="Due Date Time"
  ActivityDate date fixed label="Due Date Only"
  DurationInMinutes int(8) fixed label=Duration
  StartDateTime datetime fixed label="Start Date Time"
  EndDateTime datetime fixed label="End Date Time"
  EndDate date ro
  Description textarea(32000) long
  AccountId reference(Account) ro
  OwnerId reference(Calendar,User) required default label="Assigned To ID"
  IsPrivate boolean label=Private
  ShowAs picklist(40) default fixed restricted values=*Busy|OutOfOffice=Out of Office|Free
      label="Show Time As"
  *audit
  IsChild boolean ro
  IsGroupEvent boolean ro label="Is Group Event"
  GroupEventType picklist(40) ro default restricted values=*0=Non-group Event|1=Group Event|2=Proposed Event|
      3=IsRecurrence2 Series Pattern
  IsArchived boolean ro label=Archived
  RecurrenceActivityId reference(Event) ro norelationship children=RecurringEvents
  IsRecurrence boolean createonly label="Create Recurring Series of Events"
  RecurrenceStartDateTime datetime fixed label="Recurrence Start"
  RecurrenceEndDateOnly date fixed label="Recurrence End"
  RecurrenceTimeZoneSidKey picklist(40) fixed restricted zones label="Recurrence Time Zone"
  RecurrenceType picklist(40) fixed restricted values=RecursDaily=Recurs Daily|
      RecursEveryWeekday=Recurs Every Weekday|RecursMonthly=Recurs Monthly|
      RecursMonthlyNth=Recurs Monthly Nth|RecursWeekly=Recurs Weekly|RecursYearly=Recurs Yearly|
      RecursYearlyNth=Recurs Yearly Nth
  RecurrenceInterval int(9) fixed
  RecurrenceDayOfWeekMask int(9) fixed label="Recurrence Day of Week Mask"
  RecurrenceDayOfMonth int(9) fixed label="Recurrence Day of Month"
  RecurrenceInstance picklist(40) fixed restricted values=First=1st|Second=2nd|Third=3rd|Fourth=4th|Last=last
  RecurrenceMonthOfYear picklist(40) fixed restricted values=January|February|March|April|May|June|July|
      August|September|October|November|December label="Recurrence Month of Year"
  ReminderDateTime datetime fixed label="Reminder Date/Time"
  IsReminderSet boolean label="Reminder Set"
  EventSubtype picklist(40) createonly restricted values=Event
  IsRecurrence2Exclusion boolean ro label="Historical Event, Not Following Recurrence"
  Recurrence2PatternText textarea(512) createonly long label="Recurrence Pattern"
  Recurrence2PatternVersion picklist(40) ro restricted values=1=RFC 5545 v4 RRULE|2=RFC 5545 v4_2 RRULE
      label="Pattern Version"
  IsRecurrence2 boolean ro label=Repeat
  IsRecurrence2Exception boolean ro label="Is Exception"
  Recurrence2PatternStartDate datetime ro label="Recurrence Pattern Start Date"
  Recurrence2PatternTimeZone string(255) ro label="Recurrence Pattern Time Zone Reference"

object EmailMessage 02s "Email Messages"
  ParentId reference(Case) createonly
  ActivityId reference(Task) createonly
  TextBody textarea(32000) long
  HtmlBody textarea(32000) long
  Headers textarea(32000) long
  Subject string(3000) name
  FromName string(1000)
  FromAddress email(1000)
  ToAddress string(4000)
  CcAddress string(4000)
  BccAddress string(4000)
  Incoming boolean label="Is Incoming"
  HasAttachment boolean ro
  Status picklist(40) required default restricted values=0=New|1=Read|2=Replied|*3=Sent|4=Forwarded|
      5=Draft
  MessageDate datetime
  *audit
  ReplyToEmailMessageId reference(EmailMessage) createonly
  IsExternallyVisible boolean
  MessageIdentifier string(1000)
  ThreadIdentifier string(1000)
  IsClientManaged boolean createonly
  RelatedToId reference(Account,Opportunity,Campaign) createonly children=Emails
  IsTracked boolean createonly
  IsOpened boolean ro
  FirstOpenedDate datetime
  LastOpenedDate datetime
  IsBounced boolean

object EmailMessageRelation 1Bl "Email Message Relations"
  EmailMessageId reference(EmailMessage) required createonly children=EmailMessageRelations cascade
  RelationId reference(Contact,Lead,User) children=EmailMessageRelations cascade
  RelationType picklist(40) required createonly restricted values=ToAddress|CcAddress|BccAddress|
      FromAddress|OtherAddress
  RelationAddress string(255) createonly
  RelationObjectType string(32) ro
  *audit

object LeadHistory 017 "Lead History" history=Lead
  *created
  IsDeleted boolean ro label=Deleted
  LeadId reference(Lead) required ro children=Histories cascade
  Field picklist(255) required ro label="Changed Field"
  DataType picklist(40) ro restricted label=Datatype
  OldValue anyType ro
  NewValue anyType ro

object FeedItem 0D5 "Feed Items" nofls
  ParentId reference(Lead,Account,Contact,Opportunity,Campaign,User,CollaborationGroup,Task,
      Event) required createonly cascade
  Type picklist(40) createonly default restricted values=*TextPost|LinkPost|ContentPost|
      AdvancedTextPost|TrackedChange
  *created
  IsDeleted boolean ro label=Deleted
  LastModifiedDate datetime ro required
  SystemModstamp datetime ro required
  Revision int(9) ro
  LastEditById reference(User) ro
  LastEditDate datetime ro
  CommentCount int(9) ro
  LikeCount int(9) ro
  Title string(255)
  Body textarea(10000) long
  LinkUrl url(1000)
  IsRichText boolean createonly
  RelatedRecordId string(18) ro
  InsertedById reference(User) ro relationship=InsertedBy
  Status picklist(40) ro default restricted values=*Published|PendingReview

object LeadFeed 0D5 "Lead Feed" feedof=Lead nofls
  ParentId reference(Lead) required ro children=Feeds cascade
  Type picklist(40) ro restricted values=TextPost|TrackedChange
  *created
  IsDeleted boolean ro label=Deleted
  LastModifiedDate datetime ro required
  SystemModstamp datetime ro required
  CommentCount int(9) ro
  LikeCount int(9) ro
  Title string(255) ro
  Body textarea(10000) ro long
  LinkUrl url(1000) ro
  IsRichText boolean ro
  InsertedById reference(User) ro relationship=InsertedBy

object CollaborationGroup 0F9 Groups nofls
  Name string(40) required name
  CollaborationType picklist(40) required restricted values=Public|Private|Unlisted label="Access Type"
  Description textarea(1000)
  OwnerId reference(User) required default
  MemberCount int(9) ro
  IsArchived boolean label=Archived
  *audit

object CollaborationGroupMember 0FB "Group Members" nofls
  CollaborationGroupId reference(CollaborationGroup) required createonly children=GroupMembers cascade
  MemberId reference(User) required createonly children=GroupMemberships
  CollaborationRole picklist(40) default restricted values=*Standard|Admin
  NotificationFrequency picklist(40) default restricted values=*P|D|W|N
  *audit
"""
