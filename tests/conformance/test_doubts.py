"""Each case that is general knowledge or an open question can be switched to its other side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec
import pytest

from sfsync.localorg.rest_settings import HttpSettings
from sfsync.localorg.settings import Settings
from tests.conformance.cases import Case, Step
from tests.conformance.harness import begin, new_app
from tests.conformance.table import TABLE

SWITCHED = {
    "Date is the org's clock and every reply says what is left of the day's calls": "date_ahead_s",
    "an inactive user cannot own a lead": "inactive_owner_status",
    "a lock that cannot be had refuses the row": "lock_row_status",
    "an owner change writes two history rows, one with names and one with ids": "owner_history_writes_two_rows",
    "an outer Sforce-Auto-Assign is not honoured for subrequests": "outer_auto_assign_honoured",
    "an owner change may stand in history as Owner": "owner_history_field",
    "an owner change may stand in history as ownerAssignment": "owner_history_field",
    "a task is closed by its status, which dates its completion": "completed_date_time",
}
"""Cases whose switch is not among their own settings."""

DOUBTFUL = [case for case in TABLE if case.certainty in ("G", "?")]
CODE = re.compile(r'"(?:errorCode|statusCode)":"(\w+)"')
OTHERWISE = (422, "ANOTHER_CODE")


def answers(case: Case, settings: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Status and body of each of the case's checks, under these settings."""
    talk = begin(new_app())
    assert talk.run(Step("POST", "/_org/settings", settings))[0] == 200
    for step in case.given:
        talk.run(step)
    told = [talk.run(check.step) for check in case.checks]
    return [(status, msgspec.json.encode(body).decode()) for status, _, body in told]


@pytest.mark.parametrize("case", DOUBTFUL, ids=lambda case: case.says)
def test_each_doubt_has_a_switch(case: Case) -> None:
    named = {SWITCHED[case.says]} if case.says in SWITCHED else set(case.settings)
    if named:
        assert named <= {item.name for holder in (Settings, HttpSettings) for item in fields(holder)}
        return
    usual = answers(case, {})
    codes = {code for _, body in usual for code in CODE.findall(body)}
    assert codes, "neither a switch nor a refusal"
    told = answers(case, {"refusals": dict.fromkeys(codes, OTHERWISE)})
    assert {code for _, body in told for code in CODE.findall(body)} == {OTHERWISE[1]}


def test_the_cases_that_name_their_switch_elsewhere_are_there() -> None:
    assert SWITCHED.keys() <= {case.says for case in DOUBTFUL}
