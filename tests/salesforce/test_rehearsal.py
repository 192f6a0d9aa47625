"""A write that is never kept: what would the org refuse us?"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sfsync.core.model import Plan
from sfsync.errors import Permanent
from sfsync.salesforce import writer
from sfsync.salesforce.rehearsal import Rehearsal, rehearse
from tests.salesforce.planned import answering, bodies, with_effects

HASH = "policy-hash"


def unchanged(plan: Plan) -> Plan:
    return Plan(lead=plan.lead, sla=plan.lead.sla)


ALL = ("a Task", "a ledger row", "the lead's fields")


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("where", "part"), list(zip(["Task.Description", "SLA_Event__c.Clock__c", "Lead.City"], ALL, strict=True))
)
def test_a_rehearsal_says_what_the_org_refuses_and_keeps_nothing(
    where: str, part: str, *, backwards: bool
) -> None:
    world, plans = with_effects(1)
    lead = plans[0].lead
    before = world.lead(lead.id)
    world.control("settings", graph_runs_backwards=backwards)
    plan = unchanged(plans[0])
    assert rehearse(world.session(), plan, HASH, world.now) == Rehearsal(ALL)
    world.control("customer_rules", required=[where.split(".")])
    told = rehearse(world.session(), plan, HASH, world.now)
    assert (told.accepted, told.part) == ((), part)
    assert isinstance(told.refused, Permanent)
    assert told.refused.error_code == "REQUIRED_FIELD_MISSING"
    assert world.events() == []
    assert world.soql("SELECT Id FROM Task") == []
    assert world.lead(lead.id) == before


def test_a_rehearsal_is_sent_so_that_its_order_is_documented() -> None:
    world, plans = with_effects(1)
    [body] = bodies(
        world, "/composite", lambda: rehearse(world.session(), unchanged(plans[0]), HASH, world.now)
    )
    assert (body["allOrNone"], body["collateSubrequests"]) == (True, False)
    assert [one["referenceId"] for one in body["compositeRequest"]] == ["task0", "event0", "lead", "mustFail"]


def test_a_rehearsal_of_a_lead_in_a_queue_claims_no_task() -> None:
    world, plans = with_effects(1)
    lead = msgspec.structs.replace(plans[0].lead, owner_id=world.org.people.lead_queue)
    world.update(lead.id, OwnerId=lead.owner_id)
    told = rehearse(world.session(), Plan(lead=lead, sla=lead.sla), HASH, world.now)
    assert told == Rehearsal(("a ledger row", "the lead's fields"))


def test_a_rehearsal_that_did_not_come_to_its_end_claims_nothing() -> None:
    world, plans = with_effects(1)

    def halted(body: dict[str, Any]) -> dict[str, Any]:
        for one in body["compositeResponse"]:
            one["body"] = [{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}]
        return body

    with world.interposed(**answering(world, "/composite", halted)):
        assert rehearse(world.session(), unchanged(plans[0]), HASH, world.now) == Rehearsal()


def test_what_is_sent_is_what_the_worker_would_send_and_a_part_that_must_fail() -> None:
    world, plans = with_effects(1)
    plan = msgspec.structs.replace(plans[0], owner_id=world.org.people.reps[1], status="Nurture")
    [body] = bodies(
        world, "/composite", lambda: rehearse(world.session(), plan, HASH, world.now, "the evidence")
    )
    [written] = bodies(
        world,
        "/composite/graph",
        lambda: writer.write(world.session(), [plan], HASH, {plan.lead.id: "the evidence"}),
    )
    assert body["compositeRequest"][:-1] == written["graphs"][0]["compositeRequest"]


def test_new_owner_and_status_are_rehearsed_and_not_kept() -> None:
    world, plans = with_effects(1)
    plan = msgspec.structs.replace(plans[0], owner_id=world.org.people.reps[1], status="Nurture")
    before = world.lead(plan.lead.id)
    part = "the lead's fields with its owner and its Status"
    assert rehearse(world.session(), plan, HASH, world.now) == Rehearsal((*ALL[:2], part))
    world.customer_rule("ISCHANGED(OwnerId)")
    told = rehearse(world.session(), plan, HASH, world.now)
    assert (told.accepted, told.part) == ((), part)
    assert isinstance(told.refused, Permanent)
    assert world.lead(plan.lead.id) == before


def test_of_a_plan_that_is_too_long_for_one_call_as_much_as_fits_is_rehearsed() -> None:
    world, plans = with_effects(1)
    (effect,) = plans[0].effects
    many = tuple(msgspec.structs.replace(effect, key=f"{effect.key}:{number}") for number in range(15))
    told = rehearse(world.session(), msgspec.structs.replace(plans[0], effects=many), HASH, world.now)
    assert told.accepted == ("a Task (11 times)", "a ledger row (11 times)", "the lead's fields")
