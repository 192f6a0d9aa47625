"""Writes that are never kept: do the guard rules refuse, and what would the org refuse us?"""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from sfsync.core.model import Lead
from sfsync.errors import Permanent
from sfsync.localorg.plan import plans_of
from sfsync.salesforce import guard_rules, writer
from tests.inprocess import World, schema
from tests.salesforce.planned import answering, bodies, with_effects

HASH = "policy-hash"


def probed(world: World, lead: Lead) -> bool | None:
    session = world.session()
    session.versions()
    return guard_rules.probe(session, lead.id, lead.sla.revision, lead.owner_id, lead.status)


def test_the_guards_are_seen_to_refuse_and_nothing_is_left_behind() -> None:
    world, plans = with_effects(1)
    before = world.lead(plans[0].lead.id)
    assert probed(world, plans[0].lead) is True
    assert world.lead(plans[0].lead.id) == before


@pytest.mark.parametrize(
    "name", ["SFSync_Stale_Owner_Or_Status", "SFSync_Stale_Revision", "SFSync_Stale_Rewrite"]
)
def test_each_guard_rule_of_lead_is_missed_and_no_more_once_it_is_back(name: str) -> None:
    """The value that an accepted probe had left was no change for the next one, so that no rule was broken."""
    world, plans = with_effects(1)
    lead = plans[0].lead
    of_all = plans_of(schema())
    rules = tuple(rule for rule in of_all["Lead"].rules if rule.name != name)
    assert len(rules) == len(of_all["Lead"].rules) - 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(of_all, "Lead", dataclasses.replace(of_all["Lead"], rules=rules))
        assert probed(world, lead) is False
    world.advance(minutes=1)
    worker = world.worker()
    again = worker.reader(worker.configuration().policy).observe([lead.id]).facts[lead.id].lead
    assert probed(world, again) is True


def test_a_lead_that_a_customers_rule_keeps_shut_cannot_tell_about_guards() -> None:
    world, plans = with_effects(1)
    world.rest("DELETE", f"sobjects/Lead/{plans[0].lead.id}")
    assert probed(world, plans[0].lead) is None


ALL = ("a Task", "a ledger row", "the lead's fields")


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("where", ["Task.Description", "SLA_Event__c.Clock__c", "Lead.City"])
def test_a_rehearsal_says_what_the_org_refuses_and_keeps_nothing(where: str, backwards: bool) -> None:
    world, plans = with_effects(1)
    lead = plans[0].lead
    before = world.lead(lead.id)
    world.control("settings", graph_runs_backwards=backwards)
    assert writer.rehearse(world.session(), lead, HASH, world.now) == writer.Rehearsal(ALL)
    world.control("customer_rules", required=[where.split(".")])
    told = writer.rehearse(world.session(), lead, HASH, world.now)
    assert told.accepted == ()
    assert isinstance(told.refused, Permanent)
    assert told.refused.error_code == "REQUIRED_FIELD_MISSING"
    assert world.events() == []
    assert world.soql("SELECT Id FROM Task") == []
    assert world.lead(lead.id) == before


def test_a_rehearsal_is_sent_so_that_its_order_is_documented() -> None:
    world, plans = with_effects(1)
    [body] = bodies(
        world, "/composite", lambda: writer.rehearse(world.session(), plans[0].lead, HASH, world.now)
    )
    assert (body["allOrNone"], body["collateSubrequests"]) == (True, False)
    assert [one["referenceId"] for one in body["compositeRequest"]] == ["task0", "event0", "lead", "mustFail"]


def test_a_rehearsal_of_a_lead_in_a_queue_claims_no_task() -> None:
    world, plans = with_effects(1)
    lead = msgspec.structs.replace(plans[0].lead, owner_id=world.org.people.lead_queue)
    world.update(lead.id, OwnerId=lead.owner_id)
    told = writer.rehearse(world.session(), lead, HASH, world.now)
    assert told == writer.Rehearsal(("a ledger row", "the lead's fields"))


def test_a_rehearsal_that_did_not_come_to_its_end_claims_nothing() -> None:
    world, plans = with_effects(1)

    def halted(body: dict[str, Any]) -> dict[str, Any]:
        for one in body["compositeResponse"]:
            one["body"] = [{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}]
        return body

    with world.interposed(**answering(world, "/composite", halted)):
        assert writer.rehearse(world.session(), plans[0].lead, HASH, world.now) == writer.Rehearsal()
