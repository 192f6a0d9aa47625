"""What is read of the org: whole, in few calls, and told to be unknown where it does not add up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sfsync.errors import Config, Permanent, Transient
from sfsync.localorg.app import Request
from sfsync.ports import Reply
from sfsync.salesforce import notices, reader
from sfsync.salesforce.reader import Identity, identity
from tests.inprocess import Send, World, begun


def observed(world: World, *ids: str, keys: tuple[str, ...] = ()) -> reader.Observation:
    worker = world.worker()
    return worker.reader(worker.configuration().policy).observe(ids, keys)


class Lagging:
    """Lets the history of a lead arrive without its newest rows, so many times."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.asked = 0

    def __call__(self, method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if b"LeadHistory" not in (body or b""):
            return reply
        self.asked += 1
        if not self.left:
            return reply
        self.left -= 1
        decoded: dict[str, Any] = json.loads(reply.body)
        decoded["compositeResponse"][0]["body"]["records"] = [
            row
            for row in decoded["compositeResponse"][0]["body"]["records"]
            if row["NewValue"] != "Working - Contacted"
        ]
        return Reply(reply.status, reply.headers, json.dumps(decoded).encode())


def twice_moved(world: World) -> str:
    lead = world.create_lead()
    for status in ("Accepted", "Working - Contacted"):
        world.advance(minutes=1)
        world.update(lead, by=world.rep, Status=status)
    return lead


@pytest.mark.parametrize(
    ("times", "asked", "known"), [(0, 1, True), (1, 2, True), (2, 3, True), (9, 3, False)]
)
def test_a_lead_whose_history_lags_behind_its_row_is_read_again(times: int, asked: int, known: bool) -> None:
    world = begun()
    lead, other = twice_moved(world), world.create_lead()
    lagging = Lagging(times)
    with world.interposed(lagging):
        found = observed(world, lead, other)
    assert lagging.asked == asked
    assert found.facts[lead].history_known is known
    assert found.facts[other].history_known
    assert found.facts[lead].lead.status == "Working - Contacted"


@pytest.mark.parametrize("length", [15, 18])
def test_who_we_are_stands_among_the_resources_with_ids_of_either_length(length: int) -> None:
    world = begun()
    org, user = next(iter(world.org.database.table("Organization").rows)), world.org.people.integration

    def shortened(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        text = reply.body.replace(org.encode(), org[:length].encode())
        return replace(reply, body=text.replace(user.encode(), user[:length].encode()))

    with world.interposed(shortened):
        assert identity(world.session()) == Identity(user, org)


@pytest.mark.parametrize(
    "told",
    [
        b"[]",
        b"{}",
        b'{"identity": null}',
        b'{"identity": "https://acme.my.salesforce.com/id/00D000000000001/00Q000000000001"}',
        b'{"identity": "https://acme.my.salesforce.com/id/00D000000000001/005000000000001/../x"}',
    ],
)
def test_an_org_that_does_not_say_who_we_are_is_one_clear_error(told: bytes) -> None:
    world = begun()

    def silent(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        return replace(send(), body=told)

    with world.interposed(silent), pytest.raises(Config, match="signed in as"):
        identity(world.session())


def test_a_session_that_has_ended_is_refused_where_we_ask_who_we_are() -> None:
    """userinfo answers 403 then, which no transport renews a session for."""
    world = begun()
    world.org.expire_token(world.transport.token)
    assert world.ask("GET", "/services/data/v64.0/")[0] == 200
    dead = {"authorization": "Bearer dead"}
    refused = world.app.handle(Request("GET", "/services/oauth2/userinfo", dead, b""))
    assert (refused.status, refused.body) == (403, b"Bad_OAuth_Token")
    assert identity(world.session()).user_id == world.org.people.integration


def untracked() -> World:
    world = begun()
    world.control("settings", untracked_fields={"Lead": ["OwnerId", "Status"]})
    return world


def test_a_lead_that_had_another_owner_as_the_ledger_says_and_no_history_is_unknown() -> None:
    """Else whoever has it by now is charged with all the time since its creation."""
    world = untracked()
    moved, stayed = world.create_lead(), world.create_lead()
    world.once()
    world.update(moved, OwnerId=world.org.people.reps[1])
    found = observed(world, moved, stayed).facts
    assert (found[moved].history_known, found[stayed].history_known) == (False, True)
    world.at(100)
    world.once()
    assert world.kinds(moved) == ["Band Entered"]


def test_a_lead_that_sfsync_gave_away_and_that_has_no_history_is_unknown() -> None:
    world = untracked()
    lead = world.create_lead(OwnerId=world.org.people.lead_queue)
    world.once()
    assert "Routed" in world.kinds(lead)
    assert not observed(world, lead).facts[lead].history_known


def test_history_that_is_older_than_salesforce_keeps_it_is_not_missed() -> None:
    world = untracked()
    lead = world.create_lead()
    world.once()
    world.update(lead, OwnerId=world.org.people.reps[1])
    world.advance(days=541)
    assert observed(world, lead).facts[lead].history_known


def test_a_lead_that_is_gone_is_not_among_the_facts() -> None:
    world = begun()
    lead, gone = world.create_lead(), world.create_lead()
    world.rest("DELETE", f"sobjects/Lead/{gone}")
    assert set(observed(world, lead, gone).facts) == {lead}


def test_two_hundred_leads_are_observed_in_one_call_and_a_long_history_whole() -> None:
    world = begun()
    leads = world.create_leads(200)
    restless = world.create_lead()
    for number in range(130):
        world.advance(seconds=1)
        world.update(restless, Status=("Accepted", "Working - Contacted")[number % 2])
    world.app.settings.composite_page_rows = 200
    worker = world.worker()
    policy = worker.configuration().policy
    with world.counted() as calls:
        assert len(worker.reader(policy).observe(leads).facts) == 200
    assert calls == ["composite"]
    world.app.settings.composite_page_rows = 50
    found = observed(world, restless).facts[restless]
    assert len(found.changes) == 130
    assert found.history_known


def test_now_is_never_earlier_than_the_newest_row() -> None:
    world = begun()
    lead = world.create_lead()
    row = world.lead(lead)
    ahead = world.org.clock.now() + 2
    world.org.database.table("Lead").put({**row, "SystemModstamp": ahead})
    assert observed(world, lead).now.timestamp() == ahead


def test_the_ledger_is_read_by_the_lead_and_in_order() -> None:
    world = begun()
    lead, other = world.create_lead(), world.create_lead()
    for hours in (0, 36, 48):
        world.at(hours, seconds=2)
        world.once()
    ledger = observed(world, lead).facts[lead].ledger
    assert [entry.kind for entry in ledger] == ["Band Entered", "Warned", "Reminded", "Breached"]
    assert all(entry.key.startswith(lead) for entry in ledger)
    assert len(observed(world, lead, other).facts[other].ledger) == 4


def test_what_is_no_id_is_not_asked_for() -> None:
    world = begun()
    with world.counted() as calls, pytest.raises(Permanent):
        observed(world, "x' OR Id != '")
    assert calls == ["", "composite"], "only who we are and the configuration"


def test_a_query_that_times_out_is_no_empty_answer() -> None:
    world = begun()
    lead = world.create_lead()
    world.fault("query_timeout", "/composite", nth=2)
    with pytest.raises(Transient, match="QUERY_TIMEOUT"):
        observed(world, lead)


def test_the_configuration_is_one_call_and_holds_everybody() -> None:
    world = begun()
    session = world.session()
    with world.counted() as calls:
        found = reader.configuration(session)
    assert calls == ["composite"]
    assert found.users[world.rep].role == "Sales Rep"
    assert found.users[world.rep].manager_id in world.org.people.managers
    assert found.queues == {world.org.people.lead_queue: "Lead Queue"}
    assert found.hours.hours["default"] is found.hours.hours["Default"]
    assert not found.hours.holidays
    assert found.settings.enabled
    assert found.settings.enforce_from is not None
    assert found.now == world.now


def test_only_the_orgs_own_settings_count() -> None:
    world = begun()
    world.org.load(
        "SFSync_Settings__c", [{"SetupOwnerId": world.rep, "Enabled__c": False, "Shadow__c": True}]
    )
    settings = reader.configuration(world.session()).settings
    assert (settings.enabled, settings.shadow) == (True, False)


def test_an_org_without_settings_is_on_and_has_not_begun() -> None:
    assert reader.configuration(World().session()).settings == reader.OrgSettings()


def test_loads_are_counted_from_open_leads_and_the_ledger() -> None:
    world = begun()
    first, second = world.org.people.reps[:2]
    world.create_leads(3, OwnerId=first)
    world.create_leads(2, OwnerId=second, Status="Accepted")
    world.create_leads(4, OwnerId=second, Status="Rejected")
    world.create_leads(5, OwnerId=first, SLA_Band__c="Nurture")
    long_ago, lately = int(world.now.timestamp()) - 7200, int(world.now.timestamp()) - 600
    world.org.load(
        "SLA_Event__c",
        [
            {"Key__c": "1", "Kind__c": "Routed", "To_User__c": first, "Occurred_At__c": long_ago},
            {"Key__c": "2", "Kind__c": "Reassigned", "To_User__c": first, "Occurred_At__c": lately},
            {"Key__c": "3", "Kind__c": "Warned", "To_User__c": second, "Occurred_At__c": lately},
        ],
    )
    worker = world.worker()
    policy = worker.configuration().policy
    with world.counted() as calls:
        loads, left = worker.reader(policy).loads(policy, world.now)
    assert calls == ["composite"]
    assert (loads.open_leads[first], loads.open_leads[second]) == (3, 2)
    assert loads.last_given == {first: world.now - timedelta(seconds=600)}
    assert left == policy.compliance.owner_changes.per_hour - 1


def test_a_permission_counts_while_it_lasts_and_for_its_policy_only() -> None:
    world = begun()
    worker = world.worker()
    policy = worker.configuration().policy
    until = world.now + timedelta(hours=1)
    notices.release(worker.session, "release:1", 50, until, "ada", "a reason", policy.hash)
    notices.release(worker.session, "release:2", 70, until, "ada", "a reason", "another policy")
    limit = policy.compliance.owner_changes.per_hour
    assert worker.reader(policy).loads(policy, world.now)[1] == limit + 50
    world.advance(hours=1, seconds=1)
    assert worker.reader(policy).loads(policy, world.now)[1] == limit


def test_the_newest_creation_is_none_in_an_empty_org() -> None:
    world = World()
    assert reader.newest_creation(world.session()) is None
    world.create_lead()
    assert reader.newest_creation(world.session()) == world.now


def test_we_are_who_the_org_says_we_are() -> None:
    world = World()
    assert reader.identity(world.session()) == reader.Identity(
        world.org.people.integration, world.org.people.organization
    )
