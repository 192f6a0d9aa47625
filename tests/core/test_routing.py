"""Who gets a lead (requirement P5): territory, expertise, availability, fair rotation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfsync.core.model import Loads, Org
from sfsync.core.policy import Policy
from sfsync.core.routing import Choice, choose, manager_of
from tests.core.builders import (
    EXECUTIVE,
    MANAGER,
    OTHER_MANAGER,
    QUEUE,
    REP,
    REPS,
    SECOND_REP,
    SHIPPED,
    THIRD_REP,
    org,
    policy,
)

WORKING = datetime(2026, 11, 2, 15, tzinfo=UTC)
NIGHT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ORG = org()


def rules(**changes: Any) -> Policy:
    return policy(routing=lambda document: document.update(changes))


def chosen(
    by: Policy = SHIPPED,
    people: Org = ORG,
    loads: Loads = Loads(),  # noqa: B008 - it is frozen
    now: datetime = WORKING,
    never: tuple[str, ...] = (),
    **values: str,
) -> Choice:
    return choose(values, by, people, loads, now, never=never)


def test_whoever_was_given_a_lead_longest_ago_gets_the_next_and_who_never_had_one_comes_first() -> None:
    given = {rep: NIGHT - timedelta(hours=number) for number, rep in enumerate(REPS[:5])}
    assert chosen(loads=Loads({}, given)).user_id == REPS[5]
    assert chosen(loads=Loads({}, given | {REPS[5]: NIGHT})).user_id == REPS[4]


def test_between_equals_whoever_carries_least_gets_the_lead() -> None:
    assert chosen(loads=Loads(dict.fromkeys(REPS, 5) | {THIRD_REP: 4})).user_id == THIRD_REP


def test_leads_given_one_after_another_go_round() -> None:
    loads, order = Loads(), []
    for _ in range(12):
        user = chosen(loads=loads).user_id
        assert user is not None
        order.append(user)
        loads = loads.given(user, WORKING)
    assert sorted(order[:6]) == sorted(order[6:]) == sorted(REPS)


def test_nobody_gets_more_leads_than_the_capacity() -> None:
    loads = Loads(dict.fromkeys(REPS, 100) | {SECOND_REP: 99})
    assert chosen(loads=loads).user_id == SECOND_REP
    assert chosen(loads=loads.given(SECOND_REP, WORKING)) == Choice(
        None, "no rep can take it (all reps: 6 at capacity)"
    )


def test_who_had_the_lead_and_did_not_act_never_gets_it_again() -> None:
    assert chosen(never=REPS[:5]).user_id == REPS[5]
    assert chosen(never=REPS).user_id is None


def test_an_inactive_rep_gets_nothing() -> None:
    assert chosen(people=org(rep1={"active": False})).user_id == SECOND_REP


def test_an_absent_rep_gets_nothing_from_the_first_day_to_the_last_of_their_own_calendar() -> None:
    away = rules(absences=[{"user": "REP1", "first": "2026-11-02", "last": "2026-11-03"}])
    ends = datetime(2026, 11, 4, 5, tzinfo=UTC)
    assert chosen(away, now=WORKING).user_id == SECOND_REP
    assert chosen(away, now=ends - timedelta(seconds=1)).user_id == SECOND_REP
    assert chosen(away, now=ends).user_id == REP
    assert chosen(away, now=datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC)).user_id == REP


def test_who_is_at_work_by_their_own_clock_comes_first() -> None:
    """09:00 UTC is 10:00 in Berlin and 04:00 in New York."""
    people = org(rep4={"time_zone": "Europe/Berlin"})
    choice = chosen(people=people, now=NIGHT)
    assert choice.user_id == REPS[3]
    assert choice.reason == "all reps; at work now; the only one available"
    assert chosen(people=people, now=datetime(2026, 11, 2, 20, tzinfo=UTC)).user_id == REP


def test_when_nobody_is_at_work_leads_move_all_the_same() -> None:
    choice = chosen(now=NIGHT)
    assert choice.user_id == REP
    assert "nobody is at work now" in choice.reason


def test_a_rep_in_a_zone_that_only_salesforce_knows_is_read_by_the_hours_own_clock() -> None:
    people = org(rep2={"time_zone": "Atlantis/Central"})
    assert chosen(people=people, never=(REP,)).user_id == SECOND_REP


GERMANY = {"name": "Germany", "when": {"country": ["Germany", "DE"]}, "reps": {"users": ["rep5", "rep6"]}}


def test_the_first_territory_that_fits_decides_whose_lead_it_is() -> None:
    by = rules(territories=[GERMANY])
    assert chosen(by, country="germany").user_id == REPS[4]
    assert chosen(by, country="germany").reason.startswith("territory Germany; ")
    assert chosen(by, country="France").user_id == REP


def test_a_lead_does_not_leave_its_territory_when_nobody_there_can_take_it() -> None:
    by = rules(territories=[GERMANY])
    loads = Loads({REPS[4]: 100, REPS[5]: 100})
    assert chosen(by, country="DE", loads=loads) == Choice(
        None, "no rep can take it (territory Germany: 2 at capacity)"
    )


EXPERTS = {"name": "Robots", "when": {"product": "Robot"}, "reps": {"users": ["rep2", "rep5"]}}


def test_an_expert_comes_before_who_is_at_work_and_before_the_rotation() -> None:
    by = rules(expertise=[EXPERTS])
    people = org(rep2={"time_zone": "Asia/Tokyo"}, rep5={"active": False})
    choice = chosen(by, people=people, product="Robot")
    assert choice.user_id == SECOND_REP
    assert choice.reason == "all reps; expertise Robots; nobody is at work now; the only one available"


def test_a_lead_that_no_expert_can_take_goes_to_another_rep_and_says_so() -> None:
    by = rules(expertise=[EXPERTS], territories=[GERMANY])
    choice = chosen(by, never=(REPS[4],), product="Robot", country="DE")
    assert choice.user_id == REPS[5]
    assert "expertise Robots, which no available rep has" in choice.reason


def test_an_expert_outside_the_territory_is_not_asked() -> None:
    by = rules(expertise=[EXPERTS], territories=[GERMANY])
    assert chosen(by, product="Robot", country="DE").user_id == REPS[4]


@pytest.mark.parametrize(
    ("people", "user", "manager"),
    [
        (org(), REP, MANAGER),
        (org(), REPS[5], OTHER_MANAGER),
        (org(), QUEUE, MANAGER),
        (org(rep1={"manager_id": None}), REP, MANAGER),
        (org(manager1={"active": False}), REP, OTHER_MANAGER),
        (org(manager2=None), REPS[5], MANAGER),
        (org(manager1=None, manager2=None), REP, EXECUTIVE),
        (org(manager1=None, manager2=None, executive=None), REP, None),
        (org(manager1={"manager_id": None}), MANAGER, OTHER_MANAGER),
    ],
)
def test_the_manager_is_the_users_own_else_the_policys_first_else_the_executive(
    people: Org, user: str, manager: str | None
) -> None:
    assert manager_of(user, SHIPPED, people) == manager
