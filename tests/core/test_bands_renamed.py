"""A band that keeps its former name in `was:` is the same band: nobody enters it anew."""

from __future__ import annotations

from typing import Any

from sfsync.core.explain import explain
from sfsync.core.model import Loads
from tests.core.builders import HOUR, START, World, brief, policy

OLD = "Immediate Sales Contact"


def renamed(*, was: bool) -> Any:
    def scoring(document: dict[str, Any]) -> None:
        document["bands"][2]["band"] = "Hot"
        if was:
            document["bands"][2]["was"] = OLD

    def sla(document: dict[str, Any]) -> None:
        for one in document["clocks"]["first_contact"]["time_by"]:
            if one["when"] == {"band": OLD}:
                one["when"] = {"band": "Hot"}

    return policy(whole=True, scoring=scoring, sla=sla)


def entered() -> World:
    world = World(policy=policy(whole=True))
    assert brief(world.look()) == [f"Band Entered band:1:>{OLD}"]
    return world


def test_a_lead_in_a_renamed_band_is_only_written_anew() -> None:
    world = entered()
    due = world.facts.lead.sla.due_at
    world.policy = renamed(was=True)
    assert world.look(START + HOUR) == []
    assert (world.facts.lead.sla.band, world.facts.lead.sla.due_at) == ("Hot", due)
    told = explain(world.facts, world.policy, world.org, world.now, Loads())
    contact = next(one for one in told.clocks if one.clock == "first_contact")
    assert (told.band, contact.run) == ("Hot", "created")
    assert contact.due_at == START + 9 * HOUR, "four hours of the office, as for the band by its old name"


def test_without_its_former_name_it_is_another_band() -> None:
    world = entered()
    world.policy = renamed(was=False)
    assert brief(world.look(START + HOUR)) == [f"Band Entered band:2:{OLD}>Hot"]


def test_the_next_entry_is_counted_on() -> None:
    world = entered()
    world.policy = renamed(was=True)
    world.look(START + HOUR)
    world.change("005000000000050AAA", at=START + 2 * HOUR, values={})
    assert brief(world.look())[0] == "Band Entered band:2:Hot>Nurture"
