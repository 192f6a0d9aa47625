"""Writes that are never kept: do the guard rules refuse?"""

from __future__ import annotations

import dataclasses

import pytest

from sfsync.core.model import Lead
from sfsync.localorg.plan import plans_of
from sfsync.salesforce import guard_rules
from tests.inprocess import World, schema
from tests.salesforce.planned import with_effects


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
