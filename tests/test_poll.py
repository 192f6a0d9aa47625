"""No lead that needs a look goes without one, whatever is late, deleted or interrupted meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sfsync.errors import Transient
from sfsync.poll import OVERLAP, tick
from sfsync.ports import Look, Message, Post, Reply
from tests.inprocess import Crash, Interpose, Send, World, begun, handed

WIDE = 200


def failing_at(path: str, nth: int, error: BaseException) -> Interpose:
    """Raise `error` instead of sending the nth request to this path."""
    seen = []

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        seen.extend([asked] if path in asked else [])
        if len(seen) == nth and path in asked:
            raise error
        return send()

    return interpose


def unsettled(world: World) -> list[str]:
    """Leads of the org that neither the index nor a claim will bring back."""
    marks = world.store.marks()
    assert marks is not None
    known = set(world.store.in_flight(marks.epoch))
    known |= set(world.store.take_due(marks.epoch, 2**40, 2**40, 100_000))
    return sorted(set(world.org.database.table("Lead").rows) - known)


# Ties and pages.


def test_a_tie_of_more_rows_than_a_page_is_handed_out_once_and_whole() -> None:
    world = begun()
    world.app.settings.composite_page_rows = WIDE
    tied = world.create_leads(5 * WIDE + 1)
    assert tick(world.worker()).looks == len(tied)
    assert sorted(handed(world)) == sorted(tied)
    assert world.once().looks == len(tied), "nobody has looked yet: no fingerprint silences them"


def test_looks_come_in_messages_of_at_most_a_thousand() -> None:
    world = begun()
    world.create_leads(2001)
    tick(world.worker())
    sizes = [len(message.lead_ids) for message in world.queue.messages if isinstance(message, Look)]
    assert sum(sizes) == 2001
    assert max(sizes) <= 1000


def test_an_interrupted_poll_goes_on_behind_its_last_page() -> None:
    world = begun()
    world.app.settings.composite_page_rows = WIDE
    leads = world.create_leads(8 * WIDE)
    worker = world.worker()
    with world.interposed(failing_at("/composite", 3, Crash())), pytest.raises(Crash):
        tick(worker)  # configuration, the first page, and then
    first = handed(world)
    assert len(first) == WIDE
    tick(world.worker())
    rest = handed(world)
    assert len(rest) == 7 * WIDE
    assert sorted(first + rest) == sorted(leads)


def test_an_interrupted_poll_in_the_midst_of_a_tie_loses_none_of_it() -> None:
    world = begun()
    world.app.settings.composite_page_rows = WIDE
    leads = world.create_leads(3 * WIDE)
    for _ in range(2):
        with world.interposed(failing_at("/composite", 3, Crash())), pytest.raises(Crash):
            tick(world.worker())
    tick(world.worker())
    assert set(handed(world)) == set(leads)
    assert unsettled(world) == []


def test_what_was_committed_late_while_a_poll_was_interrupted_is_seen() -> None:
    """Its stamp lies below the place where the poll goes on, and the pause was longer than the overlap."""
    world = begun()
    world.app.settings.composite_page_rows = WIDE
    world.advance(seconds=30)
    late = world.control("late_commit", sobject="Lead", values=_new_lead(world))["id"]
    world.advance(seconds=30)
    world.create_leads(2 * WIDE)
    with world.interposed(failing_at("/composite", 3, Crash())), pytest.raises(Crash):
        tick(world.worker())
    world.control("late_commit", release=True)
    world.advance(minutes=10)
    tick(world.worker())
    assert late not in handed(world)
    world.advance(minutes=1)
    tick(world.worker())
    assert late in handed(world)


def _new_lead(world: World) -> dict[str, str]:
    return {"LastName": "Late", "Company": "Example", "OwnerId": world.rep}


def test_a_page_that_is_gone_in_the_middle_is_got_by_the_next_tick() -> None:
    world = begun()
    world.app.settings.composite_page_rows = WIDE
    leads = world.create_leads(4 * WIDE)
    world.fault("expired_locator", "/composite", nth=3)
    with pytest.raises(Transient, match="INVALID_QUERY_LOCATOR"):
        tick(world.worker())
    tick(world.worker())
    assert sorted(handed(world)) == sorted(leads)


def test_a_poll_without_an_answer_moves_nothing() -> None:
    world = begun()
    lead = world.create_lead()
    before = world.store.marks()
    world.fault("query_timeout", "/composite", nth=2)
    with pytest.raises(Transient, match="QUERY_TIMEOUT"):
        tick(world.worker())
    assert world.store.marks() == before
    tick(world.worker())
    assert handed(world) == [lead]


@pytest.mark.parametrize("step", ["claim", "put"])
def test_a_page_that_was_not_handed_out_lies_before_the_cursor_still(step: str) -> None:
    world = begun()
    lead = world.create_lead()
    holder = world.store if step == "claim" else world.queue

    def dies(*_: object) -> bool:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder, step, dies)
        with pytest.raises(Crash):
            tick(world.worker())
    world.advance(minutes=1)
    tick(world.worker())
    assert handed(world) == [lead]


# Late commits, and edits that share a second.


def test_a_row_committed_late_is_seen_by_the_overlap() -> None:
    world = begun()
    late = world.control("late_commit", sobject="Lead", values=_new_lead(world))["id"]
    for _ in range(4):
        world.advance(minutes=1)
        tick(world.worker())
        assert handed(world) == []
    world.control("late_commit", release=True)
    world.advance(seconds=30)
    tick(world.worker())
    assert handed(world) == [late]


def test_a_late_edit_of_a_lead_that_was_looked_at_since_is_seen() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(seconds=10)
    world.control("late_commit", sobject="Lead", id=lead, values={"SLA_Budget__c": "Approved"})
    world.advance(minutes=2)
    world.once()
    world.control("late_commit", release=True)
    world.once()
    assert world.lead(lead)["SLA_Score__c"] == 76


def test_two_edits_in_one_second_are_two_edits() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(minutes=1)
    for budget, score in (("Approved", 76), ("Exploring", 59), ("Planned", 68)):
        world.update(lead, by=world.rep, SLA_Budget__c=budget)
        world.once()
        assert world.lead(lead)["SLA_Score__c"] == score


def test_an_edit_in_the_second_of_our_own_write_is_seen() -> None:
    world = begun()
    lead = world.create_lead()
    tick(world.worker())
    world.drain()
    world.update(lead, by=world.rep, SLA_Budget__c="Approved")
    world.once()
    assert world.lead(lead)["SLA_Score__c"] == 76


@pytest.mark.parametrize("field", ["OwnerId", "Status"])
def test_a_change_that_is_taken_back_before_our_own_write_is_seen(field: str) -> None:
    world = begun()
    lead = world.create_lead()
    world.advance(minutes=1)
    stood = world.lead(lead)[field]
    other = {"OwnerId": world.org.people.reps[1], "Status": "Accepted"}[field]

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        if "graph" in asked:
            world.update(lead, by=world.executive, **{field: other})
            world.update(lead, by=world.executive, **{field: stood})
        return send()

    with world.interposed(interpose):
        world.once()
    row = world.lead(lead)
    assert (row[field], row["LastModifiedById"]) == (stood, world.org.people.integration)
    assert world.once().looks == 1
    assert world.lead(lead)["SLA_Due_At__c"] > row["SLA_Due_At__c"]
    assert world.once().looks == 0


def test_our_own_write_wakes_nobody() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    assert world.lead(lead)["LastModifiedById"] == world.org.people.integration
    assert world.once().looks == 0
    world.advance(minutes=1)
    assert world.once().looks == 0


def test_somebody_elses_touch_of_a_field_that_nothing_reads_is_looked_at_once() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(minutes=1)
    world.update(lead, by=world.rep, Description="called, no answer")
    assert world.once().looks == 1
    assert world.once().looks == 0


# Deletes, merges, conversions.


def test_a_deleted_lead_leaves_the_index_and_an_undeleted_one_comes_back() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(minutes=1)
    world.rest("DELETE", f"sobjects/Lead/{lead}")
    assert world.once().looks == 0
    assert unsettled(world) == [lead]
    world.advance(hours=40)
    world.once()
    assert world.kinds(lead) == ["Band Entered"]
    world.control("undelete", id=lead)
    assert world.once().looks == 1
    assert world.kinds(lead) == ["Band Entered", "Warned"]


def test_a_lead_deleted_between_poll_and_look_is_let_go() -> None:
    world = begun()
    lead = world.create_lead()
    tick(world.worker())
    world.rest("DELETE", f"sobjects/Lead/{lead}")
    world.drain()
    assert world.kinds() == []
    assert unsettled(world) == [lead]


def test_of_merged_leads_the_winner_is_looked_at_and_the_loser_let_go() -> None:
    world = begun()
    winner, loser = world.create_lead(), world.create_lead()
    world.once()
    world.advance(minutes=1)
    world.control(
        "merge",
        master_id=winner,
        loser_ids=[loser],
        values={"SLA_Budget__c": "Approved"},
        user_id=world.org.people.executive,
    )
    assert world.once().looks == 1
    assert world.lead(winner)["SLA_Score__c"] == 76
    assert unsettled(world) == [loser]


def test_a_conversion_ends_the_run_though_the_lead_is_read_only() -> None:
    world = begun()
    lead = world.create_lead()
    world.once()
    world.advance(hours=1)
    world.control("convert", lead_id=lead, user_id=world.rep)
    assert world.once().looks == 1
    assert world.kinds(lead) == ["Band Entered", "Met"]
    assert unsettled(world) == [lead]


# Configuration and switches.


def test_every_open_lead_is_looked_at_again_when_the_configuration_changes() -> None:
    world = begun()
    leads = [world.create_lead(), world.create_lead()]
    closed = world.create_lead(Status="Rejected")
    world.once()
    rep = world.org.people.reps[5]
    world.org.database.table("User").put({**world.org.database.table("User").rows[rep], "IsActive": False})
    found = tick(world.worker())
    assert found.cold
    assert sorted(handed(world)) == sorted(leads)
    assert closed not in leads


def test_a_change_while_the_configuration_was_new_is_polled_all_the_same() -> None:
    world = begun()
    lead = world.create_lead(Status="Rejected")
    rep = world.org.people.reps[5]
    world.org.database.table("User").put({**world.org.database.table("User").rows[rep], "IsActive": False})
    assert world.once().cold
    assert world.once().looks == 1
    assert world.lead(lead)["SLA_Status__c"] == "Not Applicable"


def test_two_workers_that_begin_enforcement_at_once_store_one_moment() -> None:
    world = World()

    def another_first(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if method == "POST" and "SFSync_Settings__c" in path:
            world.transport.interpose = None
            tick(world.worker())
        return send()

    with world.interposed(another_first):
        tick(world.worker())
    assert len(world.soql("SELECT Id FROM SFSync_Settings__c WHERE Enforce_From__c != null")) == 1


def test_leads_that_are_there_when_enforcement_begins_began_before_it() -> None:
    world = World()
    lead = world.create_lead()
    world.once()
    world.at(hours=200)
    world.once()
    assert world.kinds() == []
    assert world.lead(lead)["SLA_Score__c"] == 68


def test_nothing_is_polled_while_the_org_says_so() -> None:
    world = begun()
    world.create_lead()
    world.change_settings(Enabled__c=False)
    assert not tick(world.worker()).enabled
    assert world.queue.messages == []


# Posts and cost.


def test_posts_come_in_messages_of_at_most_two_hundred() -> None:
    world = begun()
    row = {"Key__c": "", "Kind__c": "Warned", "Chatter_State__c": "To Post"}
    world.org.load("SLA_Event__c", [{**row, "Key__c": f"k{number}"} for number in range(450)])
    assert tick(world.worker()).posts == 450
    posts: list[Message] = [message for message in world.queue.messages if isinstance(message, Post)]
    assert [len(message.event_ids) for message in posts if isinstance(message, Post)] == [200, 200, 50]


def test_an_idle_tick_costs_one_call() -> None:
    world = begun()
    worker = world.worker()
    world.once(worker)
    world.advance(minutes=1)
    with world.counted() as calls:
        world.once(worker)
    assert calls == ["composite"]


def test_the_overlap_is_read_again_and_nothing_more() -> None:
    world = begun()
    worker = world.worker()
    world.once(worker)
    world.advance(minutes=30)
    world.once(worker)
    statement = next(text for text in world.app.calls.records[-1].soql if "SystemModstamp >=" in text)
    since = world.now - OVERLAP - timedelta(minutes=30)
    assert f"SystemModstamp >= {since:%Y-%m-%dT%H:%M:%SZ}" in statement


def test_a_hand_out_that_names_no_lead_is_not_made() -> None:
    world = begun()
    tick(world.worker())
    assert world.queue.messages == []
