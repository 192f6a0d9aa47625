"""The world does not stand still while clocks run: people, hours, records and settings change under them."""

from __future__ import annotations

from datetime import timedelta

from tests.inprocess import World, begun, meanwhile


def run_to(world: World, *hours: float) -> None:
    for hour in hours:
        world.at(hour, seconds=5)
        world.once()


def change_user(world: World, user: str, **fields: str | bool | None) -> None:
    users = world.org.database.table("User")
    users.put({**users.rows[user], **fields})


def test_a_manager_who_is_changed_before_an_escalation_is_not_the_one_who_hears_of_it() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0, 36, 48)
    before, after = world.org.people.managers
    change_user(world, world.rep, ManagerId=after)
    run_to(world, 72)
    [escalated] = [row for row in world.events(lead) if row["Kind__c"] == "Escalated"]
    assert escalated["To_User__c"] == after
    tasks = world.soql("SELECT OwnerId FROM Task")
    assert before not in {task["OwnerId"] for task in tasks}


def test_a_manager_who_is_changed_after_an_escalation_makes_no_second_one() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0, 36, 48, 72)
    change_user(world, world.rep, ManagerId=world.org.people.managers[1])
    run_to(world, 73, 80)
    assert world.kinds(lead).count("Escalated") == 1


def test_an_owner_who_leaves_in_the_middle_of_a_run_is_not_told_and_the_manager_is() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0, 36)
    change_user(world, world.rep, IsActive=False)
    run_to(world, 48)
    [reminded] = [row for row in world.events(lead) if row["Kind__c"] == "Reminded"]
    assert reminded["Mentions__c"] == world.org.people.managers[0]
    assert reminded["Chatter_State__c"] == "Posted"


def test_a_lead_that_was_hard_deleted_while_a_step_fell_due_is_forgotten_without_a_trace() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0, 36)
    before = world.kinds(lead)
    world.org.database.table("Lead").discard(lead)
    run_to(world, 48, 72, 96)
    marks = world.store.marks()
    assert marks is not None
    assert world.kinds(lead) == before
    assert world.store.known(marks.epoch, [lead]) == [None]


def test_a_lead_undeleted_after_all_its_steps_fell_due_gets_the_newest_and_no_storm() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0, 36)
    world.rest("DELETE", f"sobjects/Lead/{lead}")
    run_to(world, 37, 100)
    world.control("undelete", id=lead)
    run_to(world, 100.5)
    after = [kind for kind in world.kinds(lead) if kind not in ("Band Entered", "Warned")]
    assert after.count("Reassigned") == 1
    assert not {"Reminded", "Escalated"} & set(after)
    assert world.lead(lead)["OwnerId"] != world.rep


def test_the_winner_of_a_merge_keeps_its_own_steps_and_gets_none_of_the_losers() -> None:
    world = begun()
    winner, loser = world.create_lead(), world.create_lead(OwnerId=world.org.people.reps[1])
    run_to(world, 0, 36)
    world.control("merge", master_id=winner, loser_ids=[loser], user_id=world.executive)
    run_to(world, 37, 48)
    assert world.kinds(winner) == ["Band Entered", "Warned", "Reminded", "Breached"]
    assert world.kinds(loser) == ["Band Entered", "Warned"]


def test_a_lead_converted_while_its_step_waits_in_the_queue_ends_met_and_gets_no_step() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0)
    world.at(36, seconds=5)
    worker = world.worker()
    worker.configuration()
    world.control("convert", lead_id=lead, user_id=world.rep)
    world.once(worker)
    assert world.kinds(lead) == ["Band Entered", "Met"]


def test_a_step_that_falls_due_while_everything_is_switched_off_comes_once_it_is_on_again() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0)
    world.change_settings(Enabled__c=False)
    run_to(world, 36, 40)
    assert world.kinds(lead) == ["Band Entered"]
    world.change_settings(Enabled__c=True)
    run_to(world, 41, 42)
    assert world.kinds(lead) == ["Band Entered", "Warned"]


def test_after_an_outage_over_the_whole_ladder_a_lead_is_warned_and_nothing_else_at_first() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0)
    run_to(world, 200)
    kinds = world.kinds(lead)
    assert "Warned" in kinds
    assert not {"Reminded", "Escalated", "Reassigned"} & set(kinds)
    assert world.lead(lead)["OwnerId"] == world.rep
    [breach] = [row for row in world.events(lead) if row["Kind__c"] == "Breached"]
    assert breach["Adherent__c"] is None, "nobody was warned in time"


def test_a_step_later_than_the_longest_lateness_is_never_taken() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0)
    run_to(world, 96 + 31 * 24, 97 + 31 * 24, 110 + 31 * 24)
    assert not {"Warned", "Reminded", "Escalated", "Reassigned"} & set(world.kinds(lead))


def test_a_lead_whose_history_does_not_lead_to_its_owner_is_scored_and_no_clock_runs_for_it() -> None:
    world = begun()
    lead = world.create_lead()
    run_to(world, 0)
    first, second = world.org.people.reps[1:3]
    world.update(lead, OwnerId=first)
    history = world.org.database.table("LeadHistory")
    known = set(history.rows)
    world.update(lead, OwnerId=second, SLA_Budget__c="Approved")
    for row in set(history.rows) - known:  # tracking was switched off in between
        history.discard(row)
    run_to(world, 1, 36, 48, 72, 96)
    assert world.lead(lead)["SLA_Score__c"] == 76
    assert world.lead(lead)["OwnerId"] == second
    assert world.kinds(lead) == ["Band Entered"]


def test_an_active_assignment_rule_never_takes_a_lead_that_we_write() -> None:
    world = begun()
    leads = [world.create_lead(), world.create_lead(SLA_Budget__c="No Budget")]
    world.control("assignment_rule", owner_id=world.org.people.reps[5])
    for hours in (0, 36, 48):
        world.at(hours)
        world.once()
    assert [world.lead(lead)["OwnerId"] for lead in leads] == [world.rep] * 2
    assert len(world.soql("SELECT Id FROM LeadHistory WHERE Field = 'Owner'")) == 0


def test_a_new_owners_time_counts_from_the_second_in_which_the_lead_became_theirs() -> None:
    """The write takes half a minute: the decision could not know when it would be committed."""
    world = begun()
    lead = world.create_lead()
    for hours in (0, 36, 48, 72):
        world.at(hours, seconds=1)
        world.once()
    world.at(96, seconds=1)
    with world.interposed(meanwhile(lambda: world.advance(seconds=30))):
        world.once()
    assert world.lead(lead)["OwnerId"] != world.rep
    taken_over = world.now
    world.advance(minutes=1)
    world.once()
    assert world.lead(lead)["SLA_Due_At__c"] == int((taken_over + timedelta(hours=48)).timestamp())
