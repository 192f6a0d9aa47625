"""Random months of thirty leads, each decision held against an independent, slow oracle (issue 4).

`make month EXAMPLES=1000` lets Hypothesis try more of them.
"""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sfsync.core.decide import decide
from sfsync.core.model import Effect, Kind
from tests.month.floor import instant
from tests.month.months import DAY, LENGTH, Month, month, months
from tests.month.passing import Passing

EXAMPLES = int(os.environ.get("SFSYNC_MONTHS", "0"))
SHORT = not EXAMPLES
MOVES = (Kind.BAND_ENTERED, Kind.ROUTED, Kind.REASSIGNED)


@settings(max_examples=EXAMPLES or 2, derandomize=SHORT, database=None, phases=[Phase.generate])
@given(months())
def test_nothing_comes_early_nothing_is_missing_and_nothing_comes_twice(month: Month) -> None:
    """Also: once a plan is carried out, deciding again finds nothing to do."""
    Passing(month).run()


@settings(max_examples=EXAMPLES * 10 or 10, derandomize=SHORT, database=None)
@given(months(leads=1))
def test_what_holds_for_thirty_leads_holds_for_one(month: Month) -> None:
    """Of one lead Hypothesis finds the smallest story that goes wrong."""
    Passing(month).run()


@settings(max_examples=EXAMPLES or 2, derandomize=SHORT, database=None)
@given(months(leads=4), st.integers(0, 1 << 20), st.integers(0, 40))
def test_the_order_in_which_facts_are_delivered_does_not_matter(month: Month, seed: int, days: int) -> None:
    """The org sorts what a query sorts, and rows of one second come as they like."""
    passed = Passing(month).run()
    now = instant(month.first + LENGTH + days * DAY)
    for lead in passed.floor.leads:
        plans = []
        for number in range(4):
            passed.floor.shuffled = Random(seed + number)
            facts = passed.floor.facts(lead, month.first + LENGTH + days * DAY)
            plans.append(decide(facts, passed.floor.policy, passed.floor.org(), now, passed.floor.loads()))
        assert plans.count(plans[0]) == len(plans)


@settings(max_examples=EXAMPLES * 2 or 4, derandomize=SHORT, database=None)
@given(st.integers(0, 1 << 40), st.integers(0, 1 << 20), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_splitting_one_poll_into_many_changes_nothing_but_the_time_of_notice(
    seed: int, chosen: int, parts: list[float]
) -> None:
    """What counts from its notice counts from another second: a band, a lead that is given away. What fell due
    before somebody acted is noticed only by a poll in between; one later poll finds the lead as it is then.
    """
    chance = Random(seed)
    floor = replace(month(chance, leads=6), interval=chance.choice((300, 900, 3600)), delay=0)
    once = Passing(floor).run()
    if not once.told:
        return
    tick = once.told[chosen % len(once.told)][0]
    began = tick - floor.interval
    splits = tuple(sorted({int(began + 1 + part * (floor.interval - 1)) for part in parts}))
    often = Passing(floor, until=tick, splits=splits).run()
    acts = [one for one in often.people.acted if began < one[0] <= tick]
    if any(what in ("staff", "hours") for _, _, what in acts):
        return
    for lead in often.floor.leads:
        late, early = (_told(one, lead, began, tick) for one in (once, often))
        if any(who == lead and what in ("merge", "unlog") for _, who, what in acts):
            continue
        if any(effect.kind in MOVES for effect in (*late.values(), *early.values())):
            continue
        more = [early.pop(key) for key in early.keys() - late.keys()]
        assert _but_for_the_notice(early) == _but_for_the_notice(late)
        last = max((at for at, who, _ in acts if who == lead), default=0)
        assert all(effect.due_at is not None and effect.due_at <= instant(last) for effect in more)


def _told(passing: Passing, lead: str, began: int, tick: int) -> dict[str, Effect]:
    return {
        effect.key: effect
        for at, effect in passing.told
        if began < at <= tick and effect.key.startswith(lead)
    }


def _but_for_the_notice(effects: dict[str, Effect]) -> list[tuple[object, ...]]:
    return sorted(
        (one.key, one.kind, one.run, one.step, one.started_at, one.due_at, one.rep, one.to_user, one.adherent)
        for one in effects.values()
    )
