"""The world does not stand still while interactions count: leads and their activities go elsewhere, or away."""

from __future__ import annotations

from tests.inprocess import World, begun
from tests.shipped import everything

FAIR = {"SLA_Budget__c": "No Budget", "SLA_Need__c": "None"}
"""34 points with the others: Scheduled Follow-Up, a first contact within 24 office hours."""


def run_to(world: World, *hours: float) -> None:
    for hour in hours:
        world.at(hour, seconds=5)
        world.once(world.worker(everything()))


def call(world: World, lead: str, by: str, **fields: object) -> str:
    values = {"WhoId": lead, "OwnerId": by, "Subject": "Call", "TaskSubtype": "Call", "Status": "Completed"}
    return str(world.rest("POST", "sobjects/Task", {**values, **fields}, by=by)["id"])


def about(world: World, lead: str, clock: str) -> list[str]:
    return [row["Kind__c"] for row in world.events(lead) if row["Clock__c"] == clock]


def test_the_winner_of_a_merge_has_the_losers_calls_and_their_clocks_as_if_they_had_been_its_own() -> None:
    world = begun()
    winner, loser = world.create_lead(), world.create_lead()
    run_to(world, 0)
    world.at(1)
    contact = call(world, loser, world.rep)
    run_to(world, 2)
    assert about(world, winner, "first_contact") == []
    world.control("merge", master_id=winner, loser_ids=[loser], user_id=world.executive)
    run_to(world, 10)
    assert about(world, winner, "first_contact") == ["Met"]
    assert about(world, loser, "first_contact") == ["Met"], "what was done for the loser stays written"
    world.update(winner, by=world.rep, Status="Accepted")
    run_to(world, 3 * 24 + 5)
    (follow_up,) = [row for row in world.events(winner) if row["Clock__c"] == "follow_ups"]
    assert (follow_up["Run__c"], follow_up["Step__c"]) == (contact, "day_3")


def test_a_lead_converted_before_its_call_was_read_is_charged_with_nothing() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0)
    world.at(1)
    call(world, lead, world.rep)
    world.control("convert", lead_id=lead, user_id=world.rep)
    run_to(world, 2, 10, 60, 24 * 8)
    assert about(world, lead, "first_contact") == about(world, lead, "follow_up") == []
    assert about(world, lead, "accept") == ["Met"]


def test_a_call_that_is_struck_out_before_anybody_looked_never_was_and_one_that_was_counted_stays() -> None:
    world = begun()
    leads = [world.create_lead() for _ in range(3)]
    run_to(world, 0)
    world.at(1)
    struck, reopened, counted = (call(world, lead, world.rep) for lead in leads)
    world.rest("DELETE", f"sobjects/Task/{struck}", by=world.rep)
    world.rest("PATCH", f"sobjects/Task/{reopened}", {"Status": "Not Started"}, by=world.rep)
    run_to(world, 2)
    world.rest("DELETE", f"sobjects/Task/{counted}", by=world.rep)
    run_to(world, 10)
    assert [about(world, lead, "first_contact") for lead in leads] == [["Breached"], ["Breached"], ["Met"]]


def test_a_call_that_is_logged_for_an_earlier_day_excuses_what_the_whole_day_disproves() -> None:
    world = begun()
    in_time, too_late, fair = (world.create_lead(**values) for values in (FAIR, FAIR, {}))
    run_to(world, 0)
    due = 2 * 24 + 13  # Wednesday 17:00 in New York: 24 office hours
    run_to(world, due)
    for lead in (in_time, too_late, fair):
        assert about(world, lead, "first_contact") == ["Breached"]
    world.at(due + 16)
    call(world, in_time, world.rep, ActivityDate="2026-11-03")
    call(world, too_late, world.rep, ActivityDate="2026-11-05")
    call(world, fair, world.rep, ActivityDate="2026-11-02")  # due on Monday at 13:00: a date cannot prove it
    run_to(world, due + 17)
    assert about(world, in_time, "first_contact") == ["Breached", "Excused"]
    for lead in (too_late, fair):
        assert about(world, lead, "first_contact") == ["Breached", "Closed Late"]
    [excused] = [row for row in world.events() if row["Kind__c"] == "Excused"]
    breaches = [
        row for row in world.events() if (row["Kind__c"], row["Clock__c"]) == ("Breached", "first_contact")
    ]
    assert {row["Lead_Id__c"]: row["Adherent__c"] for row in breaches} == {
        in_time: None,
        too_late: 0,
        fair: 0,
    }
    assert excused["Adherent__c"] is None


def test_a_late_entry_is_written_down_though_the_lead_was_over_before_the_first_look() -> None:
    world = begun()
    run_to(world, 0)
    acquired = {"SLA_Acquired_At__c": "2026-11-01T08:00:00Z"}
    rejected, converted, open_one = (world.create_lead(**acquired) for _ in range(3))
    world.update(rejected, by=world.rep, Status="Rejected", SLA_Rejection_Reason__c="Other")
    world.control("convert", lead_id=converted)
    run_to(world, 1, 2)
    for lead in (rejected, converted, open_one):
        assert about(world, lead, "acquire") == ["Late Entry"]
    [late] = [row for row in world.events(converted) if row["Clock__c"] == "acquire"]
    assert (late["Lead_Id__c"], late["Lead__c"]) == (converted, None)
