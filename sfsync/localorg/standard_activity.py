"""The standard objects of activity, history and Chatter, one line a field; the notation is standard.py's."""

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
  RecurrenceActivityId reference(Task) ro
  IsRecurrence boolean
  TaskSubtype picklist(40) createonly default restricted values=*Task|Email|ListEmail|Cadence|Call
  CompletedDateTime datetime ro

object Event 00U Events activity
  WhoId reference(Contact,Lead) label="Name ID" children=Events cascade
  WhatId reference(Account,Opportunity,Campaign) label="Related To ID" children=Events cascade
  Subject combobox(255) name values=Call|Email|Meeting|Send Letter/Quote|Other
  Location string(255)
  IsAllDayEvent boolean label="All-Day Event"
  ActivityDateTime datetime label="Due Date Time"
  ActivityDate date label="Due Date Only"
  DurationInMinutes int(8) label=Duration
  StartDateTime datetime label="Start Date Time"
  EndDateTime datetime label="End Date Time"
  EndDate date ro
  Description textarea(32000) long
  AccountId reference(Account) ro
  OwnerId reference(User) required default label="Assigned To ID"
  IsPrivate boolean label=Private
  ShowAs picklist(40) default restricted values=*Busy|OutOfOffice|Free label="Show Time As"
  *audit
  IsChild boolean ro
  IsGroupEvent boolean ro label="Is Group Event"
  IsArchived boolean ro label=Archived
  IsRecurrence boolean createonly label="Create Recurring Series of Events"
  ReminderDateTime datetime label="Reminder Date/Time"
  IsReminderSet boolean label="Reminder Set"
  EventSubtype picklist(40) createonly default restricted values=*Event

object EmailMessage 02s "Email Messages"
  ParentId reference(Task) createonly
  ActivityId reference(Task) createonly
  RelatedToId reference(Account,Opportunity,Campaign,Lead,Contact) createonly children=Emails
  TextBody textarea(32000) long
  HtmlBody textarea(32000) long
  Subject string(3000) name
  FromName string(1000)
  FromAddress email(1000)
  ToAddress string(4000) long
  CcAddress string(4000) long
  Incoming boolean label="Is Incoming"
  Status picklist(40) required default restricted values=New|Read|Replied|*Sent|Forwarded|Draft
  MessageDate datetime
  HasAttachment boolean ro
  ThreadIdentifier string(1000)
  MessageIdentifier string(1000)
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
      Event) required createonly children=Feeds cascade
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
  ParentId reference(Lead) required ro cascade
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
