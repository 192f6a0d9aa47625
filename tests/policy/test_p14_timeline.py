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


def test_p14_explain_says_in_words_why_an_exempt_leads_clocks_do_not_count_and_that_runs_do_nothing(
    org: OutsideOrg, sfsync: Command
) -> None:
    lead, _ = new_lead(org, sfsync, SLA_Exempt__c=True)
    run_at(org, sfsync, hours(1))
    (row,) = org.soql("SELECT Id FROM SFSync_Settings__c")
    org.rest("PATCH", f"sobjects/SFSync_Settings__c/{row['Id']}", {"Enabled__c": False})
    told = " ".join(sfsync("explain", lead, "--at", "2026-11-03T21:00:00Z").stdout.split())
    assert "none counts: the lead is exempt (SLA_Exempt__c)" in told
    assert "nothing is done: Enabled__c is off in SFSync_Settings__c" in told
    assert told.count("does not count: the lead is exempt (SLA_Exempt__c)") == told.count("Clock ") == 4
    assert "next step" not in told
    assert "would be due" in told
