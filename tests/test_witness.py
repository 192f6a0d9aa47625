"""Evidence and policy text in the org: on every row, once, and within the budget."""

from __future__ import annotations

import msgspec

from sfsync.core.evidence import ENGINE, calendars, read, replay
from sfsync.mappings.loading import reread
from sfsync.salesforce.published import published
from tests.inprocess import World, begun, shipped

PUBLISH = "sobjects/SLA_Policy__c"


def climb(world: World, *hours: float) -> None:
    for hour in hours:
        world.at(hour, seconds=1)
        world.once()


def test_every_row_holds_the_evidence_that_decides_it_again() -> None:
    world = begun()
    lead_id = world.create_lead()
    queued = world.create_lead(OwnerId=world.org.people.lead_queue)
    climb(world, 0, 36, 48, 72, 96)
    rows = world.events(lead_id) + world.events(queued)
    assert len(rows) >= 9
    for row in rows:
        found = read(row["Evidence__c"])
        (policy,) = published(world.session(), [found.policy]).values()
        again = replay(found, reread(policy.text or "").policy(calendars(found)))
        assert again.effects == found.effects
        (effect,) = [one for one in again.effects if one.key == row["Key__c"]]
        assert (effect.detail, effect.kind) == (row["Detail__c"], row["Kind__c"])
        assert found.policy == row["Policy__c"]


def test_the_policys_text_is_kept_once_before_the_first_row_that_names_it() -> None:
    world = begun()
    assert world.soql("SELECT Id FROM SLA_Policy__c") == []
    world.create_lead()
    with world.counted() as paths:
        world.once(world.worker())
    assert paths.index(PUBLISH) < paths.index("composite/graph")
    (row,) = world.soql("SELECT FIELDS(ALL) FROM SLA_Policy__c LIMIT 200")
    configuration = world.worker().configuration()
    assert row["Hash__c"] == configuration.policy.hash
    assert row["Version__c"] == "2026.1"
    assert row["Engine__c"] == ENGINE
    assert (row["Effective_From__c"], row["Reviewed_On__c"]) == ("2026-01-01", "2026-10-01")
    assert row["Signed_By__c"] == "Head of Marketing, Head of Sales"
    assert row["Text__c"] == shipped().text()


def test_another_process_finds_the_policy_there_and_a_process_tells_it_once() -> None:
    world = begun()
    worker = world.worker()
    for _ in range(2):
        world.create_lead()
        world.once(worker)
    with world.counted() as paths:
        world.create_lead()
        world.once(worker)
        world.create_lead()
        world.once(world.worker())
    assert paths.count(PUBLISH) == 1
    assert len(world.soql("SELECT Id FROM SLA_Policy__c")) == 1
    assert len(world.events()) == 4


def test_a_lost_reply_to_the_policys_text_costs_a_call_and_nothing_else() -> None:
    world = begun()
    world.create_lead()
    world.fault("drop_after_commit", PUBLISH)
    world.once()
    assert len(world.soql("SELECT Id FROM SLA_Policy__c")) == 1
    assert world.kinds() == ["Band Entered"]


def test_a_run_without_effects_tells_no_policy() -> None:
    world = World()
    world.create_leads(20)
    world.once()
    assert world.soql("SELECT Id FROM SLA_Policy__c") == []


def test_no_row_holds_more_of_the_org_than_the_decision_needs() -> None:
    world = begun()
    lead_id = world.create_lead()
    climb(world, 0)
    (row,) = world.events(lead_id)
    named = {user.name for user in read(row["Evidence__c"]).org.users.values()}
    everybody = {user["Name"] for user in world.soql("SELECT Name FROM User")}
    assert named < everybody
    assert msgspec.json.encode(read(row["Evidence__c"]).facts.lead.values).find(b"Berg") < 0
