"""Words for the tests of the policy: what a rep does, and what the ledger then says."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.acceptance.conftest import ROOT, SEVENTEEN_POINTS, Command, OutsideOrg

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""A Monday; 04:00 in New York, whose office opens at 14:00 UTC and closes at 22:00."""


def hours(after: float) -> datetime:
    return START + timedelta(hours=after)


def shown(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def new_lead(org: OutsideOrg, sfsync: Command, **fields: object) -> tuple[str, str]:
    """A lead of the first rep's, made after the first run: its id and the rep's."""
    sfsync.once()
    rep = org.reps()[0]
    lead = org.create_lead(rep, **{**SEVENTEEN_POINTS, **fields})
    return lead, rep


def run_at(org: OutsideOrg, sfsync: Command, at: datetime) -> None:
    org.set_clock(at)
    sfsync.once()


def ledger(org: OutsideOrg, lead: str, *clocks: str) -> list[dict[str, Any]]:
    """The ledger's rows about these clocks, as they were written."""
    rows = org.soql(
        "SELECT Id, Name, Kind__c, Clock__c, Run__c, Step__c, Started_At__c, Due_At__c, Occurred_At__c, Rep__c,"
        f" To_User__c, Adherent__c, Task_Id__c, Detail__c FROM SLA_Event__c WHERE Lead_Id__c = '{lead}' ORDER BY Name"
    )
    return [row for row in rows if not clocks or row["Clock__c"] in clocks]


def kinds(org: OutsideOrg, lead: str, *clocks: str) -> list[str]:
    return [row["Kind__c"] for row in ledger(org, lead, *clocks)]


def call(org: OutsideOrg, lead: str, by: str, **fields: object) -> str:
    """A call that this rep logs as made: the Task's id."""
    values = {"WhoId": lead, "OwnerId": by, "Subject": "Call", "TaskSubtype": "Call", "Status": "Completed"}
    return str(org.rest("POST", "sobjects/Task", {**values, **fields}, org.login(by))["id"])


def one_lead(org: OutsideOrg, lead: str) -> dict[str, Any]:
    """The lead's row as it stands."""
    return dict(org.rest("GET", f"sobjects/Lead/{lead}"))


def tasks(org: OutsideOrg, lead: str) -> dict[str, dict[str, Any]]:
    """The lead's Tasks by their ids."""
    rows = org.soql(
        f"SELECT Id, OwnerId, Subject, ActivityDate, Priority, IsClosed FROM Task WHERE WhoId = '{lead}'"
    )
    return {row["Id"]: row for row in rows}


def boss(org: OutsideOrg, role: str) -> str:
    """The first user with this role, by name."""
    return str(org.soql(f"SELECT Id FROM User WHERE UserRole.Name = '{role}' ORDER BY Name")[0]["Id"])


def queue(org: OutsideOrg) -> str:
    return str(org.soql("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"])


def edit(sfsync: Command, name: str, *changes: tuple[str, str]) -> None:
    """Let an admin change a file of the mappings: each first text becomes the second."""
    if sfsync.mappings == ROOT / "mappings":
        sfsync.mappings = sfsync.data_dir.parent / "mappings"
        shutil.copytree(ROOT / "mappings", sfsync.mappings)
    file = sfsync.mappings / f"{name}.yaml"
    text = file.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)
