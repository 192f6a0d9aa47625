"""What people are told in figures is what stands in the ledger."""

from __future__ import annotations

from sfsync.report.figures import RepFigures, figures
from sfsync.report.replay import agree, replay
from sfsync.salesforce.names import MINUTES
from tests.inprocess import START, World, begun
from tests.shipped import everything


def of(world: World, rep: str) -> RepFigures:
    (found,) = [one for one in figures(world.session(), {rep: "the rep"}).reps if one.rep == "the rep"]
    return found


def climb(world: World, *hours: float) -> None:
    for hour in hours:
        world.at(hour, seconds=1)
        world.once()


def test_a_breach_stores_its_minutes_by_cause_and_the_rep_is_charged_with_the_last() -> None:
    world = begun()
    lead_id = world.create_lead()
    climb(world, 0, 40, 48)
    (row,) = [row for row in world.events(lead_id) if row["Kind__c"] == "Breached"]
    stored = {name: row[field] for name, field in MINUTES.items()}
    assert stored == {"outside_hours": 0, "paused": 0, "unassigned": 0, "sync": 240, "rep": 2640}
    found = of(world, world.rep)
    assert (found.runs, found.met, found.own_minutes) == (1, 0, 2640)


def test_rows_that_are_not_late_store_no_minutes() -> None:
    world = begun()
    lead_id = world.create_lead()
    climb(world, 0, 36)
    world.update(lead_id, Status="Accepted", by=world.rep)
    climb(world, 37)
    assert world.kinds(lead_id) == ["Band Entered", "Warned", "Met"]
    assert {row[field] for row in world.events(lead_id) for field in MINUTES.values()} == {None}
    assert (of(world, world.rep).runs, of(world, world.rep).own_minutes) == (1, 0)


def test_an_excused_breach_leaves_the_figures_and_the_lead_goes_back_told_to_both() -> None:
    """The owner had accepted at hour 30; that row of the history is read only after the lead was taken."""
    world = begun()
    lead_id = world.create_lead()
    climb(world, 0, 36, 48, 72, 96)
    taker = world.lead(lead_id)["OwnerId"]
    assert taker != world.rep
    assert (of(world, world.rep).runs, of(world, world.rep).adherence) == (1, 0.0)
    world.at(97)
    world.update(lead_id, Status="Accepted", by=world.rep)
    history = world.org.database.table("LeadHistory").rows.values()
    newest = max((row for row in history if row["Field"] == "Status"), key=lambda row: str(row["Id"]))
    newest["CreatedDate"] = int(START.timestamp()) + 30 * 3600
    world.once()
    assert world.kinds(lead_id)[-2:] == ["Excused", "Routed"]
    assert world.lead(lead_id)["OwnerId"] == world.rep
    (breach,) = [row for row in world.events(lead_id) if row["Kind__c"] == "Breached"]
    assert breach["Adherent__c"] is None
    assert figures(world.session(), {world.rep: "the rep"}).reps[0].runs == 0
    back = world.events(lead_id)[-1]
    assert back["Mentions__c"] == f"{world.rep},{taker}"
    assert any("gets this lead back from" in post for post in world.posts(lead_id))
    assert agree(replay(world.session(), breach["Name"]))
    before = world.events(lead_id)
    for hour in (98, 140, 200):
        climb(world, hour)
    assert world.events(lead_id) == before
    assert agree(replay(world.session(), lead_id))


def test_a_meeting_logged_for_yesterday_excuses_the_breach_of_the_first_contact() -> None:
    world = World()
    worker = world.worker(everything())
    world.once(worker)
    world.advance(seconds=1)
    lead_id = world.create_lead()
    for hour in (0, 9):  # Monday 13:00 in New York: four hours after the office opened
        world.at(hour, seconds=2)
        world.once(world.worker(everything()))
    assert world.kinds(lead_id)[-1] == "Breached"
    world.at(30)
    held = {
        "WhoId": lead_id,
        "OwnerId": world.rep,
        "Subject": "Meeting",
        "StartDateTime": "2026-11-02T16:00:00Z",
        "EndDateTime": "2026-11-02T17:00:00Z",
    }
    world.rest("POST", "sobjects/Event", held, by=world.rep)
    world.once(world.worker(everything()))
    (excused,) = [row for row in world.events(lead_id) if row["Kind__c"] == "Excused"]
    assert (excused["Clock__c"], excused["Rep__c"]) == ("first_contact", world.rep)
    (rep,) = figures(world.session(), {}).reps
    assert (rep.runs, rep.met) == (2, 2), (
        "the outer bound and the silence, which the meeting met; the excused run does not count"
    )
    assert agree(replay(world.session(), lead_id))
