"""docs/emulated-org.md names every switch, fault, request of the control plane and standard object."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from sfsync.localorg.control import ROUTES
from sfsync.localorg.faults import FAULTS
from sfsync.localorg.rest_call import NEWEST_VERSION, OLDEST_VERSION
from sfsync.localorg.rest_settings import HttpSettings
from sfsync.localorg.schema import Schema
from sfsync.localorg.settings import Settings

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "emulated-org.md").read_text(encoding="utf-8")


def test_every_switch_is_in_the_table_and_no_other() -> None:
    switches = {item.name for holder in (Settings, HttpSettings) for item in fields(holder)}
    rows = [
        line.split("|")[4] for line in TEXT.split("## The command")[0].splitlines() if line.count("|") > 5
    ]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == switches


def test_every_fault_and_every_request_of_the_control_plane_is_told() -> None:
    assert {fault for fault in FAULTS if f"`{fault}`" not in TEXT} == set()
    assert {
        name
        for name in ROUTES
        if f"/_org/{name}`".replace("/`", "`") not in TEXT and f"/_org/{name} " not in TEXT
    } == set()


def test_the_versions_and_the_standard_objects_are_those_of_the_org(schema: Schema) -> None:
    assert f"{OLDEST_VERSION}.0 to {NEWEST_VERSION}.0" in TEXT
    listed = TEXT.split("The objects: ")[1].split(", and what")[0]
    assert set(re.split(r",\s+", listed)) == {name for name in schema.objects if not name.endswith("__c")}
