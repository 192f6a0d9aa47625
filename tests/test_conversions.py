"""The events of a converted lead are found with what it became, those of before the conversion too (P14)."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from sfsync.ports import Look, Reply
from sfsync.reconcile import handle
from tests.inprocess import Send, World, begun


def converted(world: World, **lead: object) -> str:
    """A lead that was warned about, and is converted then."""
    made = world.create_lead(**lead)
    world.once()
    world.at(hours=36, seconds=2)
    world.once()
    world.control("convert", lead_id=made, user_id=world.rep, create_opportunity=True)
    return made


def lookups(world: World, lead: str) -> dict[str, tuple[str | None, str | None]]:
    return {row["Kind__c"]: (row["Contact__c"], row["Opportunity__c"]) for row in world.events(lead)}


def test_each_event_of_a_converted_lead_looks_up_the_contact_and_the_opportunity() -> None:
    world = begun()
    other = world.create_lead()
    lead = converted(world)
    world.once()
    row = world.lead(lead)
    became = (row["ConvertedContactId"], row["ConvertedOpportunityId"])
    assert None not in became
    assert lookups(world, lead) == dict.fromkeys(["Band Entered", "Warned", "Met"], became)
    assert set(lookups(world, other).values()) == {(None, None)}


def test_it_is_noted_in_two_calls_once() -> None:
    world = begun()
    lead = converted(world)
    worker = world.worker()
    with world.counted() as first:
        assert world.once(worker).looks == 1
    with world.counted() as again:
        handle(Look((lead,)), worker)
    assert {row["Contact__c"] for row in world.events(lead)} == {world.lead(lead)["ConvertedContactId"]}
    assert first[first.index("composite/graph") + 1 :] == ["composite", "composite"]
    assert again == ["composite"], "the look"


def test_a_lead_that_was_converted_without_any_event_costs_no_call() -> None:
    world = begun()
    worker = world.worker()
    world.once(worker)
    lead = world.create_lead(SLA_Exempt__c=True)
    world.once(worker)
    world.control("convert", lead_id=lead, user_id=world.rep)
    with world.counted() as calls:
        world.once(worker)
    assert world.events(lead) == []
    assert calls == ["composite", "composite"], "the poll and the look"


@pytest.mark.parametrize("how", ["the fields are not shown", "the rows are refused"])
def test_where_the_org_does_not_let_us_note_it_everything_else_is_done(how: str) -> None:
    world = begun()
    lead = converted(world)
    other = world.create_lead()
    if how == "the rows are refused":
        world.customer_rule("NOT(ISBLANK(Contact__c))", on="SLA_Event__c")

    def refuse(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        hides = how != "the rows are refused" and b"ConvertedContactId" in (body or b"")
        return send((body or b"").replace(b"ConvertedContactId", b"NoSuchField") if hides else None)

    with world.interposed(refuse), capture_logs() as logs:
        world.once()
    assert set(lookups(world, lead)) == {"Band Entered", "Warned", "Met"}
    assert set(lookups(world, lead).values()) == {(None, None)}
    assert world.kinds(other) == ["Band Entered"]
    [warned] = [one for one in logs if one["log_level"] == "warning"]
    assert "became" in warned["event"]


def test_in_shadow_nothing_is_noted() -> None:
    world = begun()
    lead = converted(world)
    world.change_settings(Shadow__c=True)
    world.once()
    assert set(lookups(world, lead).values()) == {(None, None)}
