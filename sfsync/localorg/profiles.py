"""The profiles of a new org: what users may do before any permission set."""

from __future__ import annotations

from sfsync.localorg.rights import ALL_RIGHTS, ObjectRights, PermissionBundle

ADMINISTRATOR = "System Administrator"
INTEGRATION = "sfsync Integration"
SALES = "Sales User"
API_ONLY = "Minimum Access - API Only Integrations"

_EDIT = ObjectRights(read=True, create=True, edit=True)
_WORK = ObjectRights(read=True, create=True, edit=True, delete=True)
_READ = ObjectRights(read=True)

_SALES_OBJECTS = (
    "Lead",
    "Account",
    "Contact",
    "Opportunity",
    "Task",
    "Event",
    "EmailMessage",
    "EmailMessageRelation",
    "CampaignMember",
)
_FEED_OBJECTS = ("FeedItem", "CollaborationGroup", "CollaborationGroupMember")
_SETUP_OBJECTS = (
    "Organization",
    "User",
    "UserRole",
    "Profile",
    "Group",
    "GroupMember",
    "QueueSobject",
    "PermissionSet",
    "PermissionSetAssignment",
    "TaskStatus",
    "FieldDefinition",
    "UserPermissionAccess",
    "RecordType",
    "BusinessHours",
    "Holiday",
)
_SEEN_SETUP = dict.fromkeys(_SETUP_OBJECTS, _READ)

PROFILES: dict[str, PermissionBundle] = {
    bundle.name: bundle
    for bundle in (
        PermissionBundle(
            ADMINISTRATOR,
            objects=dict.fromkeys((*_SALES_OBJECTS, *_FEED_OBJECTS, *_SETUP_OBJECTS, "Campaign"), ALL_RIGHTS),
            system=frozenset(
                {
                    "ApiEnabled",
                    "CustomizeApplication",
                    "EditReadonlyFields",
                    "ManageUsers",
                    "ModifyAllData",
                    "TransferAnyLead",
                    "TransferAnyEntity",
                    "ViewAllData",
                    "ViewRoles",
                    "ViewSetup",
                }
            ),
            standard_fields=True,
        ),
        # It may set the org up over REST as well: a new org has nobody else to ask. What the worker alone
        # needs is shown with API_ONLY and its permission sets.
        PermissionBundle(
            INTEGRATION,
            objects=dict.fromkeys((*_SALES_OBJECTS, *_FEED_OBJECTS, *_SETUP_OBJECTS, "Campaign"), ALL_RIGHTS),
            system=frozenset({"ApiEnabled", "CustomizeApplication", "ManageUsers", "ViewRoles", "ViewSetup"}),
            standard_fields=True,
        ),
        PermissionBundle(
            SALES,
            objects={
                **dict.fromkeys(_SALES_OBJECTS, _WORK),
                **dict.fromkeys(_FEED_OBJECTS, _EDIT),
                **_SEEN_SETUP,
                "Campaign": _READ,
            },
            system=frozenset({"ApiEnabled", "ViewRoles", "ViewSetup"}),
            standard_fields=True,
        ),
        PermissionBundle(
            API_ONLY,
            objects={"FeedItem": _EDIT, **{name: _READ for name in _SETUP_OBJECTS if name != "UserRole"}},
            system=frozenset({"ApiEnabled"}),
        ),
    )
}
