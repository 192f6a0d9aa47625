"""The standard objects of people, rights and calendars, one line a field; the notation is standard.py's."""

from __future__ import annotations

SETUP = """
object Organization 00D Organizations setup readonly
  Name string(80) required name
  Division string(80)
  TimeZoneSidKey picklist(40) required label="Time Zone"
  LanguageLocaleKey picklist(40) required label=Language
  DefaultLocaleSidKey picklist(40) required label=Locale
  OrganizationType picklist(40) ro label=Edition
  DefaultLeadAccess picklist(40) ro label="Default Lead Access"
  IsSandbox boolean ro
  InstanceName string(5) ro
  NamespacePrefix string(15) ro
  FiscalYearStartMonth int(9)
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required

object User 005 Users setup undeletable
  Username string(80) required idlookup unique
  LastName string(80) required compound=Name
  FirstName string(40) compound=Name
  Name string(121) ro required name label="Full Name"
  CompanyName string(80)
  Division string(80)
  Department string(80)
  Title string(80)
  Street textarea(255)
  City string(40)
  State string(80)
  PostalCode string(20)
  Country string(80)
  Email email(128) required idlookup
  Phone phone(40)
  MobilePhone phone(40)
  Alias string(8) required
  CommunityNickname string(40) required default
  IsActive boolean label=Active true
  TimeZoneSidKey picklist(40) required restricted zones label="Time Zone"
  UserRoleId reference(UserRole) children=Users
  LocaleSidKey picklist(40) required restricted values=*en_US|en_GB|en_IE|en_AU|de_DE|fr_FR|es_ES|it_IT|
      nl_NL|pt_BR|ja_JP label=Locale
  ReceivesInfoEmails boolean
  EmailEncodingKey picklist(40) required restricted values=*UTF-8|ISO-8859-1|Shift_JIS|ISO-2022-JP|
      EUC-JP|ks_c_5601-1987|Big5|GB2312 label="Email Encoding"
  ProfileId reference(Profile) required children=Users
  UserType picklist(40) ro restricted default values=*Standard|PowerPartner|CSPLitePortal|
      CustomerSuccess|PowerCustomerSuccess|CsnOnly|Guest
  LanguageLocaleKey picklist(40) required restricted values=*en_US|de|fr|es|it|nl_NL|pt_BR|ja label=Language
  EmployeeNumber string(20)
  DelegatedApproverId reference(Group,User)
  ManagerId reference(User) relationship=Manager children=ManagedUsers
  LastLoginDate datetime ro
  FederationIdentifier string(512) idlookup unique cs
  AboutMe textarea(1000)
  IsPortalEnabled boolean ro
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required

object UserRole 00E Roles setup
  Name string(80) required name
  ParentRoleId reference(UserRole) norelationship
  RollupDescription string(80)
  DeveloperName string(80) required default label="Developer Name"
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required norelationship
  SystemModstamp datetime ro required

object Profile 00e Profiles setup readonly
  Name string(255) required name
  UserType picklist(40) ro
  Description textarea(255)
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required

object Group 00G Groups setup
  Name string(40) required name
  DeveloperName string(80) default label="Developer Name"
  RelatedId reference(UserRole,User) ro
  Type picklist(40) required createonly restricted values=Regular|Role|RoleAndSubordinates|Organization|
      Queue
  Email email(255)
  OwnerId reference(Organization,User) ro
  DoesSendEmailToMembers boolean
  DoesIncludeBosses boolean
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required

object GroupMember 011 "Group Members" setup
  GroupId reference(Group) required createonly children=GroupMembers cascade
  UserOrGroupId reference(Group,User) required createonly norelationship
  SystemModstamp datetime ro required

object QueueSobject 03g "Queue Sobjects" setup
  QueueId reference(Group) required createonly children=QueueSobjects cascade
  SobjectType picklist(40) required createonly label="Sobject Type"
  CreatedById reference(User) ro required norelationship
  SystemModstamp datetime ro required

object PermissionSet 0PS "Permission Sets" setup readonly
  Name string(80) required name
  Label string(80) required
  ProfileId reference(Profile) ro
  IsOwnedByProfile boolean ro
  IsCustom boolean ro
  Description string(255)
  NamespacePrefix string(15) ro
  Type picklist(40) ro
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required

object PermissionSetAssignment 0Pa "Permission Set Assignments" setup
  PermissionSetId reference(PermissionSet) required createonly children=Assignments cascade
  AssigneeId reference(User) required createonly children=PermissionSetAssignments
  IsActive boolean ro true
  SystemModstamp datetime ro required

object TaskStatus 01T "Task Statuses" setup readonly undeletable
  MasterLabel string(255) ro
  ApiName string(255) ro required idlookup label="API Name"
  SortOrder int(9) ro
  IsDefault boolean ro
  IsClosed boolean ro
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required

object FieldDefinition 4fe "Field Definitions" setup readonly undeletable workedout
  DurableId string(255) ro
  EntityDefinitionId string(255) ro label="Entity Definition ID"
  QualifiedApiName string(70) ro label="Qualified API Name"
  DeveloperName string(80) ro
  Label string(255) ro
  DataType string(255) ro
  IsFieldHistoryTracked boolean ro

object UserPermissionAccess 4up "User Permission Accesses" setup readonly undeletable workedout
  LastCacheUpdate datetime ro
  PermissionsApiEnabled boolean ro
  PermissionsActivitiesAccess boolean ro
  PermissionsChatterInternalUser boolean ro
  PermissionsCustomizeApplication boolean ro
  PermissionsEditReadonlyFields boolean ro
  PermissionsEditTask boolean ro
  PermissionsManageUsers boolean ro
  PermissionsModifyAllData boolean ro
  PermissionsTransferAnyEntity boolean ro
  PermissionsTransferAnyLead boolean ro
  PermissionsViewAllData boolean ro
  PermissionsViewAllUsers boolean ro
  PermissionsViewRoles boolean ro
  PermissionsViewSetup boolean ro

object RecordType 012 "Record Types" setup readonly
  Name string(80) required name
  DeveloperName string(80) required
  SobjectType picklist(40) required
  IsActive boolean label=Active
  Description string(255)
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required

object BusinessHours 01m "Business Hours" setup undeletable
  Name string(80) required name
  IsActive boolean label=Active true
  IsDefault boolean label="Default Business Hours"
  SundayStartTime time
  SundayEndTime time
  MondayStartTime time
  MondayEndTime time
  TuesdayStartTime time
  TuesdayEndTime time
  WednesdayStartTime time
  WednesdayEndTime time
  ThursdayStartTime time
  ThursdayEndTime time
  FridayStartTime time
  FridayEndTime time
  SaturdayStartTime time
  SaturdayEndTime time
  TimeZoneSidKey picklist(40) restricted default zones label="Time Zone"
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required

object Holiday 0C0 Holidays setup
  Name string(80) required name
  Description textarea(4000)
  IsAllDay boolean true
  ActivityDate date
  StartTimeInMinutes int(8)
  EndTimeInMinutes int(8)
  IsRecurrence boolean
  RecurrenceStartDate date
  RecurrenceEndDateOnly date
  RecurrenceType picklist(40) restricted values=RecursDaily|RecursEveryWeekday|RecursMonthly|
      RecursMonthlyNth|RecursWeekly|RecursYearly|RecursYearlyNth
  RecurrenceInterval int(9)
  RecurrenceDayOfWeekMask int(9)
  RecurrenceDayOfMonth int(9)
  RecurrenceInstance picklist(40) restricted values=First|Second|Third|Fourth|Last
  RecurrenceMonthOfYear picklist(40) restricted values=January|February|March|April|May|June|July|
      August|September|October|November|December
  *created
  LastModifiedDate datetime ro required
  LastModifiedById reference(User) ro required
  SystemModstamp datetime ro required
"""
