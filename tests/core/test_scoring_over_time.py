"""A score that fades: it changes on the second it says, and a lead at an edge stays where it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from sfsync.core.documents import ScoringDocument
from sfsync.core.mapping import LeadDocument
from sfsync.core.model import Interaction
from sfsync.core.policy import Policy
from tests.core.builders import MARKETING, OFFICE, REP, SECOND, START, World, brief, lead, policy, shipped

DAY = timedelta(days=1)


def talk(days: float, *, answered: bool = False) -> Interaction:
    at = START + days * DAY
    return Interaction(f"00T{days}", "call", at, REP, at, answered)


@pytest.mark.parametrize(
    ("days", "score"), [(0, 0), (1, 5), (2, 5 + 8), (2.5, 5 + 8), (5, 5 + 4), (8, 5 + 2)]
)
def test_activities_give_points_from_when_they_took_place_and_fade(days: float, score: int) -> None:
    made = World(policy=talking())
    talks = (talk(1), talk(2, answered=True))
    made.facts = msgspec.structs.replace(
        made.facts, lead=lead(values={}, status="Accepted"), interactions=talks
    )
    made.look(START + days * DAY)
    assert made.facts.lead.sla.score == score


def test_a_meeting_that_lies_ahead_counts_once_it_is_over() -> None:
    made = World(policy=talking())
    facts = msgspec.structs.replace(
        made.facts, lead=lead(values={}, status="Accepted"), interactions=(talk(1),)
    )
    made.facts = facts
    made.look()
    assert made.facts.lead.sla.next_check == START + DAY
    made.look(START + DAY)
    assert made.facts.lead.sla.score == 5


def talking() -> Policy:
    """The shipped policy without clocks; need is 5 points for contact, and 8 that fade for an answer."""

    def change(document: dict[str, Any]) -> None:
        contact = {"points": 5, "when": {"interactions": {"at_least": 1}}, "reason": "in contact"}
        answer = {"points": 8, "since": "last_answer", "halves_every": "3 days", "reason": "spoke with us"}
        document["criteria"]["need"]["rules"] = [contact, answer]

    return policy(scoring=change, sla=lambda document: document.update(clocks={}))


def fading(**changes: Any) -> Policy:
    """The shipped policy; need is 25 points for a visit to the website, which halve every week."""
    fields = {**shipped().sources["lead"].data["fields"], "visit": {"field": "Visited__c", "type": "date"}}
    document = {**shipped().sources["scoring"].data, **changes}
    rule = {"points": 25, "since": "visit", "halves_every": "1 week", "reason": "visited"}
    document["criteria"] = {**document["criteria"], "need": {"label": "Need", "rules": [rule]}}
    return Policy(
        LeadDocument.model_validate({**shipped().sources["lead"].data, "fields": fields}),
        ScoringDocument.model_validate(document),
        shipped().sla,
        shipped().routing,
        shipped().compliance,
        calendars={"office": OFFICE},
    )


def world(fades: Policy) -> World:
    """17 + 25 points at START: Scheduled Follow-Up; 29.5 after a week, 23.3 after two."""
    values = {"SLA_Budget__c": "Planned", "Visited__c": "2026-11-02"}
    made = World(policy=fades)
    made.facts = msgspec.structs.replace(made.facts, lead=lead(values=values, status="Accepted"))
    return made


def test_the_next_check_is_when_the_score_next_changes() -> None:
    made = world(fading())
    made.look()
    assert made.plan is not None
    halves = START.replace(hour=0) + 7 * DAY
    assert made.plan.next_check == made.facts.lead.sla.next_check == halves
    made.look(halves - SECOND)
    assert made.facts.lead.sla.score == 42
    made.look(halves)
    assert made.facts.lead.sla.score == 30
    assert made.facts.lead.sla.reasons is not None
    assert "Need 12.5/25: visited (12.5 of 25 after 7 days)" in made.facts.lead.sla.reasons
    assert made.facts.lead.sla.next_check == halves + 7 * DAY


def test_a_band_is_left_on_the_second_the_score_falls_out_of_it() -> None:
    made = world(fading())
    made.look()
    made.look(START.replace(hour=0) + 14 * DAY - SECOND)
    assert brief(made.done) == ["Band Entered band:1:>Scheduled Follow-Up"]
    (left,) = made.look(START.replace(hour=0) + 14 * DAY)
    assert brief([left]) == ["Band Entered band:2:Scheduled Follow-Up>Nurture"]


@pytest.mark.parametrize(("margin", "entries"), [(0, 3), (5, 3), (7, 1)])
def test_a_lead_that_goes_back_and_forth_at_an_edge_moves_only_beyond_the_margin(
    margin: int, entries: int
) -> None:
    made = world(fading(margin=margin))
    made.look()
    for days, visited in ((14, "2026-11-02"), (15, "2026-11-17"), (16, "2026-11-17")):
        made.change(
            MARKETING,
            at=START + days * DAY,
            values={"SLA_Budget__c": "Planned", "Visited__c": visited},
        )
        made.look()
    assert len(made.done) == entries
    assert made.facts.lead.sla.band == "Scheduled Follow-Up"
