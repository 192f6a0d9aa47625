"""What a new row of a setup object holds that nobody stated."""

from __future__ import annotations

import re

from sfsync.localorg.engine import Engine
from sfsync.localorg.schema import ObjectType, Row


def complete_setup_row(engine: Engine, object_type: ObjectType, row: Row) -> None:
    """Fill in what Salesforce fills in for users, roles, groups, calendars and custom settings."""
    name = object_type.name
    if object_type.custom_setting and "SetupOwnerId" not in row:
        row["SetupOwnerId"] = next(iter(engine.database.table("Organization").rows))
    elif name == "User":
        row.setdefault("CommunityNickname", str(row.get("Username", "")).partition("@")[0][:40])
    elif name in ("UserRole", "Group") and "Name" in row:
        row.setdefault("DeveloperName", developer_name(str(row["Name"])))
    elif name == "BusinessHours":
        row.setdefault("TimeZoneSidKey", organization_zone(engine))
    if name == "Group":
        row.setdefault("OwnerId", next(iter(engine.database.table("Organization").rows)))


def developer_name(name: str) -> str:
    """A name as an API name: `Lead Queue` is `Lead_Queue`."""
    return re.sub(r"_+", "_", re.sub(r"\W", "_", name)).strip("_")


def organization_zone(engine: Engine) -> str:
    """The org's own time zone."""
    for row in engine.database.table("Organization").rows.values():
        return str(row["TimeZoneSidKey"])
    return "UTC"
