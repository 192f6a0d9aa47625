"""The doubts about the real Salesforce, each named and switchable, and the org's own configuration.

Defaults are what salesforce-facts.md holds to be so; those it marks [G] or [?] can be turned either way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class AssignmentEntry:
    """One entry of an assignment rule.

    Attributes:
        owner_id: the user or queue that gets the lead.
        formula: which leads; the empty string means every lead.
    """

    owner_id: str
    formula: str = ""


@dataclass(slots=True)
class DuplicateRule:
    """A duplicate rule: rows of the object that agree in all `match_fields` are duplicates.

    Attributes:
        block: the write is refused whatever the caller says; otherwise `allowSave=true` lets it pass.
    """

    object_name: str
    match_fields: tuple[str, ...]
    name: str = "Standard_Lead_Duplicate_Rule"
    block: bool = False


@dataclass(slots=True)
class Settings:
    """What one org does where Salesforce is in doubt or where an admin decides.

    Attributes:
        outer_auto_assign_honoured: an outer Sforce-Auto-Assign reaches composite subrequests (question 2).
        lock_row_status: HTTP status of UNABLE_TO_LOCK_ROW (question 5).
        inactive_owner_status: HTTP status of INACTIVE_OWNER_OR_USER (question 5).
        refusals: for any other refusal in doubt: errorCode to the status and errorCode told in its stead.
        insufficient_access_status: HTTP status of INSUFFICIENT_ACCESS_* (question 5).
        upsert_found_status: HTTP status of an upsert that updates: 200 with a body, or 204 (question 10).
        missing_update_status, missing_update_code: the refusal of a PATCH or DELETE of an id that
            does not exist.
        child_may_look_up_converted_lead: rows that look up a converted lead may be inserted (question 3).
        owner_history_field: `LeadHistory.Field` of an owner change (question 4).
        owner_history_writes_two_rows: an owner change writes one row with names and one with ids.
        created_history_row: a new lead gets a LeadHistory row with Field `created`.
        assignment_on_update: the active assignment rule takes leads on update too.
        assignment_rule: entries of the active Lead assignment rule; empty means none is active.
        duplicate_rules: active duplicate rules.
        tracked_fields: further fields, by object, that history is kept for.
        untracked_fields: fields, by object, that history would be kept for, and is not.
        field_definition_shown: a user who may view the setup may query FieldDefinition.
        sharing: org-wide defaults by object that differ from the schema's (Private, Read, ReadWrite, …).
        chatter_posts_per_hour: a user's posts in one clock hour before 503; None means no limit.
        chatter_enabled: the org has Chatter.
        archived_after_days: closed activities older than this are archived (queryAll only).
        completed_date_time: closing a task fills its CompletedDateTime.
        deleted_kept_days: how long a deleted row can be undeleted and is seen by getDeleted.
    """

    outer_auto_assign_honoured: bool = False
    lock_row_status: int = 400
    inactive_owner_status: int = 400
    insufficient_access_status: int = 403
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    upsert_found_status: Literal[200, 204] = 200
    missing_update_status: int = 400
    missing_update_code: str = "INVALID_CROSS_REFERENCE_KEY"
    child_may_look_up_converted_lead: bool = True
    owner_history_field: str = "Owner"
    owner_history_writes_two_rows: bool = True
    created_history_row: bool = True
    assignment_on_update: bool = True
    assignment_rule: tuple[AssignmentEntry, ...] = ()
    duplicate_rules: tuple[DuplicateRule, ...] = ()
    tracked_fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    untracked_fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    field_definition_shown: bool = True
    sharing: dict[str, str] = field(default_factory=dict)
    chatter_posts_per_hour: int | None = None
    chatter_enabled: bool = True
    archived_after_days: int = 365
    completed_date_time: bool = True
    deleted_kept_days: int = 15
