"""The standard objects of selling, one line a field; the notation is standard.py's.

Lead is as recorded from a real org (v59.0); the others hold the fields that lead work touches.
"""

from __future__ import annotations

SALES = """
object Lead 00Q Leads mergeable feed
  MasterRecordId reference(Lead) ro
  LastName string(80) required compound=Name
  FirstName string(40) compound=Name
  Salutation picklist(40) compound=Name values=Mr.|Ms.|Mrs.|Dr.|Prof.|Mx.
  Name string(121) ro required name label="Full Name"
  Title string(128)
  Company string(255) required
  Street textarea(255) compound=Address
  City string(40) compound=Address
  State string(80) compound=Address label="State/Province"
  PostalCode string(20) compound=Address label="Zip/Postal Code"
  Country string(80) compound=Address
  Latitude double(18,15) compound=Address
  Longitude double(18,15) compound=Address
  GeocodeAccuracy picklist(40) compound=Address restricted values=Address|NearAddress|Block|Street|
      ExtendedZip|Zip|Neighborhood|City|County|State|Unknown
  Address address ro permissionable
  Phone phone(40)
  MobilePhone phone(40)
  Fax phone(40)
  Email email(80) idlookup
  Website url(255)
  PhotoUrl url(255) ro label="Photo URL"
  Description textarea(32000) long
  LeadSource picklist(255) values=Web|Phone Inquiry|Partner Referral|Purchased List|Other
  Status picklist(255) required default values=*Open - Not Contacted|Working - Contacted|
      Closed - Converted^|Closed - Not Converted tracked
  Industry picklist(255) values=Agriculture|Apparel|Banking|Biotechnology|Chemicals|Communications|
      Construction|Consulting|Education|Electronics|Energy|Engineering|Entertainment|Environmental|
      Finance|Food & Beverage|Government|Healthcare|Hospitality|Insurance|Machinery|Manufacturing|Media|
      Not For Profit|Recreation|Retail|Shipping|Technology|Telecommunications|Transportation|Utilities|
      Other
  Rating picklist(255) values=Hot|Warm|Cold
  AnnualRevenue currency(18,0)
  NumberOfEmployees int(8) label=Employees
  OwnerId reference(Group,User) required default tracked
  IsConverted boolean createonly label=Converted
  ConvertedDate date ro
  ConvertedAccountId reference(Account) ro
  ConvertedContactId reference(Contact) ro
  ConvertedOpportunityId reference(Opportunity) ro
  IsUnreadByOwner boolean label="Unread By Owner"
  HasOptedOutOfEmail boolean label="Email Opt Out"
  DoNotCall boolean label="Do Not Call"
  *audit
  LastActivityDate date ro label="Last Activity"
  LastViewedDate datetime ro
  LastReferencedDate datetime ro
  Jigsaw string(20) label="Data.com Key"
  JigsawContactId string(20) ro label="Jigsaw Contact ID" relationship=JigsawContact
  CleanStatus picklist(40) restricted values=Matched=In Sync|Different|Acknowledged=Reviewed|
      NotFound=Not Found|Inactive|Pending=Not Compared|SelectMatch=Select Match|Skipped
  CompanyDunsNumber string(9) label="Company D-U-N-S Number"
  DandbCompanyId reference(DandBCompany) label="D&B Company ID"
  EmailBouncedReason string(255) updateonly
  EmailBouncedDate datetime updateonly
  IndividualId reference(Individual) fixed label="Individual ID"

object Account 001 Accounts feed mergeable
  MasterRecordId reference(Account) ro
  Name string(255) required name label="Account Name"
  Type picklist(255) values=Prospect|Customer - Direct|Customer - Channel|Other label="Account Type"
  ParentId reference(Account) children=ChildAccounts
  BillingStreet textarea(255)
  BillingCity string(40)
  BillingState string(80)
  BillingPostalCode string(20)
  BillingCountry string(80)
  Phone phone(40)
  Fax phone(40)
  Website url(255)
  Industry picklist(255) values=Agriculture|Apparel|Banking|Biotechnology|Chemicals|Communications|
      Construction|Consulting|Education|Electronics|Energy|Engineering|Other
  AnnualRevenue currency(18,0)
  NumberOfEmployees int(8) label=Employees
  Description textarea(32000) long
  Rating picklist(255) values=Hot|Warm|Cold
  OwnerId reference(User) required default
  *audit
  LastActivityDate date ro label="Last Activity"
  AccountSource picklist(255) values=Web|Phone Inquiry|Partner Referral|Purchased List|Other

object Contact 003 Contacts feed mergeable
  MasterRecordId reference(Contact) ro
  AccountId reference(Account) children=Contacts
  LastName string(80) required compound=Name
  FirstName string(40) compound=Name
  Salutation picklist(40) compound=Name values=Mr.|Ms.|Mrs.|Dr.|Prof.|Mx.
  Name string(121) ro required name label="Full Name"
  MailingStreet textarea(255)
  MailingCity string(40)
  MailingState string(80)
  MailingPostalCode string(20)
  MailingCountry string(80)
  Phone phone(40) label="Business Phone"
  Fax phone(40)
  MobilePhone phone(40)
  Email email(80) idlookup
  Title string(128)
  Department string(80)
  LeadSource picklist(255) values=Web|Phone Inquiry|Partner Referral|Purchased List|Other
  Description textarea(32000) long
  OwnerId reference(User) required default
  *audit
  LastActivityDate date ro label="Last Activity"

object Opportunity 006 Opportunities feed
  AccountId reference(Account) children=Opportunities
  Name string(120) required name
  Description textarea(32000) long
  StageName picklist(255) required values=Prospecting|Qualification|Needs Analysis|Value Proposition|
      Id. Decision Makers|Perception Analysis|Proposal/Price Quote|Negotiation/Review|Closed Won|
      Closed Lost label=Stage
  Amount currency(18,2)
  Probability percent(3,0)
  CloseDate date required
  Type picklist(255) values=Existing Business|New Business label="Opportunity Type"
  NextStep string(255)
  LeadSource picklist(255) values=Web|Phone Inquiry|Partner Referral|Purchased List|Other
  IsClosed boolean ro label=Closed
  IsWon boolean ro label=Won
  ContactId reference(Contact) children=Opportunities
  CampaignId reference(Campaign) children=Opportunities
  OwnerId reference(User) required default
  *audit
  LastActivityDate date ro label="Last Activity"

object Campaign 701 Campaigns feed
  Name string(80) required name
  ParentId reference(Campaign) children=ChildCampaigns
  Type picklist(255) values=Conference|Webinar|Trade Show|Public Relations|Partners|Referral Program|
      Advertisement|Banner Ads|Direct Mail|Email|Telemarketing|Other
  Status picklist(255) default values=*Planned|In Progress|Completed|Aborted
  StartDate date
  EndDate date
  IsActive boolean label=Active
  Description textarea(32000) long
  OwnerId reference(User) required default
  *audit

object CampaignMember 00v "Campaign Members"
  CampaignId reference(Campaign) required createonly children=CampaignMembers cascade
  LeadId reference(Lead) createonly children=CampaignMembers cascade
  ContactId reference(Contact) createonly children=CampaignMembers cascade
  Status picklist(40) values=*Sent|Responded default
  HasResponded boolean ro label=Responded
  *audit
  LeadOrContactId reference(Contact,Lead) ro norelationship label="Related Record ID"
"""
