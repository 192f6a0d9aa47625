"""P14: each interaction, status change and event is logged: a timeline without gaps."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Command, OutsideOrg
from tests.policy.story import call, hours, new_lead, run_at


def test_p14_explain_tells_the_leads_whole_story_in_order(org: OutsideOrg, sfsync: Command) -> None:
    lead, rep = new_lead(org, sfsync)
    org.set_clock(hours(1))
    org.update(lead, org.login(rep), Status="Accepted")
    org.set_clock(hours(2))
    call(org, lead, rep)
    org.set_clock(hours(3))
    meeting = {"WhoId": lead, "OwnerId": rep, "Subject": "Meeting", "DurationInMinutes": 60}
    starts = "2026-11-02T13:00:00Z"
    org.rest("POST", "sobjects/Event", {**meeting, "ActivityDateTime": starts}, org.login(rep))
    run_at(org, sfsync, hours(6))
    story = json.loads(sfsync("explain", lead, "--json").stdout)["timeline"]
    told = [line["what"] for line in story]
    wanted = ["created", "Status: ", "call took place", "meeting took place", "Met (first_contact)"]
    places = [next(index for index, what in enumerate(told) if what.startswith(one)) for one in wanted]
    assert places == sorted(places)
    assert [line["at"] for line in story] == sorted(line["at"] for line in story)
