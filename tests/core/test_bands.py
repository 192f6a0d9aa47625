"""Bands (requirements P3, P15): each crossing acts once, up or down; nurture and back."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sfsync.core.model import Kind, is_queue
from tests.core.builders import (
    BEST,
    EXECUTIVE,
    FAIR,
    GOOD,
    HOUR,
    LEAD,
    MARKETING,
    OPEN,
    POOR,
    QUEUE,
    REP,
    SECOND,
    START,
    World,
    brief,
    lead,
    policy,
)


def world(**fields: object) -> World:
    made = World()
    made.facts = msgspec.structs.replace(made.facts, lead=lead(**fields))
    return made


@pytest.mark.parametrize(
    ("values", "band", "task_due", "mentions"),
    [
        (FAIR, "Scheduled Follow-Up", date(2026, 11, 5), ()),
        (GOOD, "Immediate Sales Contact", date(2026, 11, 2), (REP,)),
        (BEST, "Immediate Executive Contact", date(2026, 11, 2), (REP, EXECUTIVE)),
    ],
)
def test_entering_a_band_does_what_the_band_asks_for(
    values: dict[str, str], band: str, task_due: date, mentions: tuple[str, ...]
) -> None:
    (entered,) = world(values=values).look()
    assert (entered.kind, entered.key) == (Kind.BAND_ENTERED, f"{LEAD}:band:1:>{band}")
    assert entered.task is not None
    assert (entered.task.owner_id, entered.task.due) == (REP, task_due)
    assert entered.mentions == mentions
    assert entered.started_at == entered.due_at == START


def test_score_band_and_reasons_stand_on_the_lead_in_words() -> None:
    made = world()
    made.look()
    row = made.facts.lead.sla
    assert (row.score, row.band) == (68, "Immediate Sales Contact")
    assert row.reasons == (
        "Budget 17/25: Planned\nAuthority 17/25: Recommender\n"
        "Need 17/25: Important\nTimeline 17/25: 3-6 Months"
    )


def test_each_crossing_acts_once_up_and_down_numbered_in_order() -> None:
    made = world(values=FAIR)
    made.look()
    for hour, values in ((1, BEST), (2, BEST), (3, FAIR), (4, BEST)):
        made.change(MARKETING, at=START + hour * HOUR, values=values)
        made.look()
    up, down = (
        "Scheduled Follow-Up>Immediate Executive Contact",
        "Immediate Executive Contact>Scheduled Follow-Up",
    )
    assert brief(made.done) == [
        "Band Entered band:1:>Scheduled Follow-Up",
        f"Band Entered band:2:{up}",
        f"Band Entered band:3:{down}",
        f"Band Entered band:4:{up}",
    ]
    assert "(was Scheduled Follow-Up)" in made.done[1].detail


def test_a_score_that_moves_within_its_band_changes_fields_only() -> None:
    made = world()
    made.look()
    made.change(MARKETING, at=START + HOUR, values=GOOD | {"SLA_Need__c": "Critical"})
    assert made.look() == []
    assert made.facts.lead.sla.score == 76


def test_a_poor_lead_goes_to_nurture_without_a_task_and_no_clock_runs_there() -> None:
    made = world(values=POOR)
    (entered,) = made.look()
    assert (entered.task, entered.mentions) == (None, ())
    assert made.facts.lead.status == "Nurture"
    assert made.facts.lead.sla.status == "Not Applicable"
    assert made.look_at_hour(500) == []


def test_a_nurtured_lead_comes_back_with_its_score_and_its_clock_starts_then() -> None:
    made = world(values=POOR)
    made.look()
    made.change(MARKETING, at=START + 10 * HOUR, values=GOOD)
    assert brief(made.look()) == ["Band Entered band:2:Nurture>Immediate Sales Contact"]
    assert made.facts.lead.status == OPEN
    assert made.facts.lead.sla.due_at == START + 58 * HOUR
    made.look_at_hour(11)
    assert made.look_at_hour(46, seconds=-1) == []
    assert brief(made.look_at_hour(46)) == [f"Warned accept:{made.facts.changes[-1].id}:warn"]


def test_a_lead_that_a_rep_works_on_keeps_its_status_when_its_score_falls() -> None:
    made = world(status="Working - Contacted")
    made.look()
    made.change(MARKETING, at=START + HOUR, values=POOR)
    assert brief(made.look()) == ["Band Entered band:2:Immediate Sales Contact>Nurture"]
    assert made.facts.lead.status == "Working - Contacted"


def test_falling_into_nurture_ends_the_clock_without_a_verdict() -> None:
    made = world()
    made.look()
    made.change(MARKETING, at=START + 20 * HOUR, values=POOR)
    made.look()
    made.look_at_hour(100)
    assert [kind for kind in made.kinds() if kind != "Band Entered"] == []


def test_a_band_entered_before_enforcement_is_written_down_and_a_later_crossing_acts() -> None:
    made = world(created_at=START - SECOND)
    assert made.look() == []
    assert made.facts.lead.sla.band == "Immediate Sales Contact"
    made.change(MARKETING, at=START + HOUR, values=BEST)
    assert brief(made.look()) == ["Band Entered band:1:Immediate Sales Contact>Immediate Executive Contact"]


@pytest.mark.parametrize("tampered", [None, "Nurture"])
def test_a_band_that_somebody_else_wrote_is_put_right_and_is_no_crossing(tampered: str | None) -> None:
    made = world()
    made.look()
    sla = msgspec.structs.replace(made.facts.lead.sla, band=tampered)
    made.change(MARKETING, at=START + HOUR, sla=sla)
    assert made.look() == []
    assert made.facts.lead.sla.band == "Immediate Sales Contact"


def test_a_lead_that_was_exempt_from_the_start_enters_its_band_when_it_no_longer_is() -> None:
    made = world(exempt=True)
    assert made.look() == []
    made.change(MARKETING, at=START + HOUR, exempt=False)
    assert brief(made.look()) == ["Band Entered band:1:>Immediate Sales Contact"]


def test_a_lead_in_a_queue_has_nobody_to_do_the_bands_task_but_the_executive_is_told() -> None:
    made = world(owner_id=QUEUE, values=BEST, status="Working - Contacted")
    (entered,) = made.look()
    assert (entered.rep, entered.task, entered.mentions) == (None, None, (EXECUTIVE,))


def nurture_owner(scoring: dict) -> None:  # type: ignore[type-arg]
    scoring["bands"][0]["owner"] = "Lead Queue"


def test_a_nurture_band_with_an_owner_gives_the_lead_away_and_says_so() -> None:
    made = world(values=POOR)
    made.policy = policy(scoring=nurture_owner)
    entered, nurtured = made.look()
    assert (nurtured.kind, nurtured.key) == (Kind.NURTURED, f"{entered.key}:nurtured")
    assert (nurtured.from_user, nurtured.to_queue) == (REP, QUEUE)
    assert is_queue(made.facts.lead.owner_id)


def test_a_band_that_gives_leads_away_waits_while_owner_changes_are_withheld() -> None:
    made = world(values=POOR)
    made.policy = policy(scoring=nurture_owner)
    assert made.look(owner_changes_left=0) == []
    assert made.facts.lead.sla.band is None
    assert made.plan is not None
    assert made.plan.withheld is not None
    assert [effect.kind for effect in made.look_at_hour(1)] == [Kind.BAND_ENTERED, Kind.NURTURED]


def test_a_band_that_gives_leads_away_asks_for_loads_first() -> None:
    made = world(values=POOR)
    made.policy = policy(scoring=nurture_owner)
    made.loads = None  # type: ignore[assignment]
    assert made.decide().needs_routing
