"""Past decisions made again from the ledger: the same, or said how not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sfsync.core import evidence
from sfsync.core.evidence import Evidence
from sfsync.errors import Permanent
from sfsync.report.replay import Difference, Replayed, agree, replay
from sfsync.salesforce.rows import moment
from sfsync.salesforce.writer import event
from tests.core.golden import BEFORE
from tests.inprocess import World, begun


def climbed(*hours: float) -> tuple[World, str]:
    world = begun()
    lead_id = world.create_lead()
    for hour in hours:
        world.at(hour, seconds=1)
        world.once()
    return world, lead_id


def row(world: World, lead_id: str, kind: str) -> dict[str, Any]:
    (found,) = [one for one in world.events(lead_id) if one["Kind__c"] == kind]
    return found


def store(world: World, event_id: str, **fields: object) -> None:
    world.org.database.table("SLA_Event__c").rows[event_id].update(fields)  # type: ignore[arg-type]


def change(world: World, found: dict[str, Any], how: Callable[[Evidence], Evidence]) -> None:
    kept = how(evidence.read(found["Evidence__c"]))
    store(world, found["Id"], Evidence__c=evidence.written(kept))


def one(world: World, found: dict[str, Any]) -> Replayed:
    (only,) = replay(world.session(), found["Name"])
    return only


def test_a_whole_ladder_is_decided_again_with_two_calls() -> None:
    world, lead_id = climbed(0, 36, 50, 72, 98)
    with world.counted() as paths:
        found = replay(world.session(), lead_id)
    assert len(paths) == 2
    assert [one.verdict for one in found] == ["same"] * len(world.events(lead_id))
    assert {one.kind for one in found} >= {"Band Entered", "Warned", "Breached", "Reassigned", "Closed Late"}
    assert agree(found)


def test_a_lead_is_found_by_fifteen_characters_and_an_event_by_its_name_or_id() -> None:
    world, lead_id = climbed(0, 36)
    session, warned = world.session(), row(world, lead_id, "Warned")
    assert replay(session, lead_id[:15]) == replay(session, lead_id)
    for about in (warned["Name"], warned["Id"], warned["Id"][:15]):
        assert [one.key for one in replay(session, about)] == [warned["Key__c"]]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("00Q5g5000000ZZZEAA", "the ledger has no row for"),
        ("SLA-999999", "the ledger has no row for"),
        ("SLA-1", "neither the id of a lead or event nor an event's name like SLA-000123"),
        ("' OR Id != '", "neither the id"),
    ],
)
def test_what_names_nothing_is_refused_in_words(about: str, words: str) -> None:
    with pytest.raises(Permanent, match=words):
        replay(begun().session(), about)


def test_a_row_that_somebody_changed_is_told_from_a_rule_that_changed() -> None:
    world, lead_id = climbed(0, 36)
    warned = row(world, lead_id, "Warned")
    store(world, warned["Id"], Rep__c=world.org.people.reps[3], Detail__c="Nothing happened.")
    found = one(world, warned)
    assert (found.verdict, found.why) == (
        "differs",
        "sfsync decides as it did: the row itself was changed since",
    )
    assert found.differences == [
        Difference("Rep__c", world.org.people.reps[3], world.rep),
        Difference("Detail__c", "Nothing happened.", warned["Detail__c"]),
    ]
    assert not agree([found])


def renamed(kept: Evidence) -> Evidence:
    """As if other rules had spoken: the owner had another name, and the Task another day."""
    owner = kept.facts.lead.owner_id
    other = msgspec.structs.replace(kept.org.users[owner], time_zone="Asia/Tokyo")
    org = msgspec.structs.replace(kept.org, users={**kept.org.users, owner: other})
    return msgspec.structs.replace(kept, org=org)


def test_another_engine_may_decide_otherwise_and_each_difference_is_named() -> None:
    world, lead_id = climbed(0, 36)
    warned = row(world, lead_id, "Warned")
    change(world, warned, lambda kept: msgspec.structs.replace(renamed(kept), engine="0"))
    found = one(world, warned)
    assert found.why == f"rules 0 made it, rules {evidence.ENGINE} decide otherwise"
    assert [item.what for item in found.differences] == ["Detail__c", "Task"]
    assert "Asia/Tokyo" in found.differences[0].replayed
    change(world, warned, renamed)
    assert "please report it" in (one(world, warned).why or "")


def under_rules_1(world: World) -> tuple[list[dict[str, Any]], Evidence]:
    """The ledger of a lead as the rules 1 left it: a rep let go of it too late, and was given it again.

    The rows of another lead are made into those, with the evidence that was written at that time.
    """
    text = (BEFORE / "1" / "let-go.txt").read_text(encoding="ascii").strip()
    kept = evidence.read(text)
    policy = (BEFORE / "1" / "policy.txt").read_text(encoding="utf-8")
    published = {"Hash__c": kept.policy, "Text__c": policy, "Published_At__c": "2026-11-02T09:00:00Z"}
    world.rest("POST", "sobjects/SLA_Policy__c", published)
    rows = world.events()
    for row, effect in zip(rows, kept.effects, strict=False):
        fields = event(kept.facts.lead, effect, None, kept.policy) | {"Evidence__c": text}
        fields = {name: None for name in row if name.endswith("__c")} | fields
        times = [name for name, value in fields.items() if name.endswith("_At__c") and value]
        fields |= {name: round(moment(fields[name]).timestamp()) for name in times}
        fields["Task_Id__c"] = "00T5g5000000001AAA" if effect.task is not None else None
        store(world, row["Id"], **fields)
    return rows[: len(kept.effects)], kept


def test_what_an_older_engine_decided_is_held_against_this_one_difference_by_difference() -> None:
    world, _ = climbed(0, 36, 50, 72, 98)
    rows, kept = under_rules_1(world)
    found = [one(world, row) for row in rows]
    told = {row.kind: (row.engine, row.verdict, row.why, row.differences) for row in found}
    keys = {effect.kind.value: effect.key for effect in kept.effects}
    why = f"rules 1 made it, rules {evidence.ENGINE} decide otherwise"
    assert told == {
        "Routed": ("1", "differs", why, [Difference("Key__c", keys["Routed"], None)]),
        "Met": ("1", "differs", why, [Difference("Key__c", keys["Met"], None)]),
        "Breached": ("1", "same", None, []),
        "Closed Late": ("1", "same", None, []),
    }


def test_what_is_decided_now_beside_what_was_then_is_told_with_the_first_row_of_that_decision() -> None:
    world, lead_id = climbed(0, 36, 50, 72, 98)
    rows = [one for one in world.events(lead_id) if one["Kind__c"] in ("Reassigned", "Closed Late")]
    reassigned, late = rows
    assert reassigned["Evidence__c"] == late["Evidence__c"]
    kept = evidence.read(late["Evidence__c"])
    alone = tuple(effect for effect in kept.effects if effect.kind == "Closed Late")
    text = evidence.written(msgspec.structs.replace(kept, effects=alone, engine="1"))
    store(world, late["Id"], Evidence__c=text)
    world.org.database.table("SLA_Event__c").rows.pop(reassigned["Id"])
    found = one(world, late)
    assert found.differences[0] == Difference("Key__c", None, reassigned["Key__c"])
    assert {item.what for item in found.differences} == {"Key__c"}
    assert found.why == f"rules 1 made it, rules {evidence.ENGINE} decide otherwise"


def test_a_step_that_is_not_decided_any_more_is_a_difference() -> None:
    world, lead_id = climbed(0, 36)
    warned = row(world, lead_id, "Warned")

    def accepted(kept: Evidence) -> Evidence:
        row = msgspec.structs.replace(kept.facts.lead, exempt=True)
        return msgspec.structs.replace(kept, facts=msgspec.structs.replace(kept.facts, lead=row))

    change(world, warned, accepted)
    assert one(world, warned).differences == [Difference("Key__c", warned["Key__c"], None)]


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (None, "there is no evidence: the row was written before sfsync kept any"),
        ("- left out: it takes 200000 characters, and the field holds 131072", "left out: it takes 200000"),
        ("1:AAAA", "the evidence cannot be used: it is damaged"),
    ],
)
def test_missing_evidence_is_said_in_a_line(kept: str | None, words: str) -> None:
    world, lead_id = climbed(0)
    entered = row(world, lead_id, "Band Entered")
    store(world, entered["Id"], Evidence__c=kept)
    found = one(world, entered)
    assert found.verdict == "unknown"
    assert words in (found.why or "")
    assert not agree([found])


def test_a_policy_that_is_not_there_or_cannot_be_read_is_said_in_a_line() -> None:
    world, lead_id = climbed(0)
    entered = row(world, lead_id, "Band Entered")
    policies = world.org.database.table("SLA_Policy__c").rows
    (policy,) = policies.values()
    policy["Text__c"] = "# ===== lead.yaml\nstages: {}"
    assert "cannot read policy" in (one(world, entered).why or "")
    policy["Text__c"] = None
    assert "too long to be kept" in (one(world, entered).why or "")
    policies.clear()
    assert one(world, entered).why == f"the text of policy {entered['Policy__c']} is not in SLA_Policy__c"


def test_a_row_that_is_no_decision_is_passed_over() -> None:
    world, lead_id = climbed(0)
    entered = row(world, lead_id, "Band Entered")
    store(world, entered["Id"], Evidence__c=None, Kind__c="Error")
    found = one(world, entered)
    assert (found.verdict, agree([found])) == ("no decision", True)
