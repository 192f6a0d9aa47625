"""P12: more than one SLA per lead; the most urgent one shows."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import call, hours, new_lead, run_at


def test_p12_several_clocks_run_at_once_and_the_most_urgent_shows_on_the_lead(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, rep = new_lead(org, sfsync)
    shown = []
    for hour in (1, 2, 3):
        run_at(org, sfsync, hours(hour))
        shown.append(org.rest("GET", f"sobjects/Lead/{lead}")["SLA_Clock__c"])
        if hour == 1:
            call(org, lead, rep)
        else:
            org.update(lead, org.login(rep), Status="Accepted")
    assert shown == ["Contact the lead", "Accept the lead", "Stay in touch"]
    found = json.loads(sfsync("explain", lead, "--json").stdout)
    running = {view["clock"] for view in found["clocks"] if view["ended_at"] is None}
    assert running == {"silence", "qualify"}
