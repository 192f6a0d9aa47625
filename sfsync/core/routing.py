"""Who gets a lead: territory, expertise, availability, then fair rotation (requirement P5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from sfsync.core import words
from sfsync.core.documents import People, RoutingDocument
from sfsync.core.model import Loads, Mapped, Org, User
from sfsync.core.policy import Policy


class Choice(msgspec.Struct, frozen=True):
    """Who gets the lead and why.

    Attributes:
        user_id: None when nobody can take it.
        reason: in words; for nobody, what would have to change.
    """

    user_id: str | None
    reason: str


def members(people: People, org: Org) -> list[User]:
    """The active users that a policy's `people` mean, in a stable order."""
    names = {name.casefold() for name in people.users}
    found = [
        user
        for user in org.users.values()
        if user.active
        and (user.username.casefold() in names or (people.role is not None and user.role == people.role))
    ]
    return sorted(found, key=lambda user: (user.name, user.id))


def manager_of(user_id: str, policy: Policy, org: Org) -> str | None:
    """Who answers for this user or queue: the user's own manager, else the first of the policy's managers.

    Only active users answer for anybody. Where there is no manager at all it is the executive: an escalation
    must reach somebody.
    """
    user = org.users.get(user_id)
    if user is not None and user.manager_id is not None:
        manager = org.users.get(user.manager_id)
        if manager is not None and manager.active:
            return manager.id
    others = (manager.id for manager in members(policy.routing.managers, org) if manager.id != user_id)
    return next(others, None) or executive(policy, org)


def executive(policy: Policy, org: Org) -> str | None:
    """The first active one of the policy's executives."""
    people = members(policy.routing.executive, org)
    return people[0].id if people else None


def user_called(username: str | None, org: Org) -> str | None:
    """The active user of this username; None where there is none, or none is named."""
    wanted = username.casefold() if username is not None else None
    users = (user.id for user in org.users.values() if user.active and user.username.casefold() == wanted)
    return next(users, None)


def queue(policy: Policy, org: Org) -> str | None:
    """The queue that gets what nobody can take."""
    return queue_called(policy.routing.queue, org)


def queue_called(wanted: str | None, org: Org) -> str | None:
    """The queue of this name; the one with the lowest id where several have it."""
    return next((id_ for id_, name in sorted(org.queues.items()) if name == wanted), None)


def choose(
    values: Mapping[str, Mapped],
    policy: Policy,
    org: Org,
    loads: Loads,
    now: datetime,
    *,
    never: Collection[str] = (),
) -> Choice:
    """Choose the rep who gets a lead with these mapped values; never one of `never`.

    Territory is a responsibility: where one fits, only its reps are asked, and if none of them can take the
    lead nobody gets it here (it waits in its queue, or goes to the policy's). Expertise is a preference: it
    comes before being at work now, which comes before rotation, but a lead that no expert can take goes to
    another rep of the territory. At work now means in the rep's own time zone; on a 24x7 clock leads move at
    night too. Among equals it is whoever was given a lead longest ago, then whoever carries least.
    """
    rules = policy.routing
    pool, why = _responsible(values, rules, org)
    able: list[User] = []
    refused: dict[str, int] = {}
    for user in pool:
        obstacle = _obstacle(user, rules, loads, now, never)
        if obstacle is None:
            able.append(user)
        else:
            refused[obstacle] = refused.get(obstacle, 0) + 1
    if not able:
        counted = ", ".join(f"{count} {obstacle}" for obstacle, count in refused.items())
        return Choice(None, f"no rep can take it ({why}: {counted or 'there are none'})")
    reasons = [why]
    expertise = next((rule for rule in rules.expertise if rule.when.holds(values)), None)
    if expertise is not None:
        experts = {user.id for user in members(expertise.reps, org)}
        skilled = [user for user in able if user.id in experts]
        reasons.append(f"expertise {expertise.name}" + ("" if skilled else ", which no available rep has"))
        able = skilled or able
    at_work = [user for user in able if policy.working_hours(user, values).is_open(now)]
    if not at_work:
        reasons.append("nobody is at work now")
    elif len(at_work) < len(able):
        reasons.append("at work now")
    able = at_work or able
    chosen = min(able, key=lambda user: _turn(user, loads))
    reasons.append("given a lead longest ago" if len(able) > 1 else "the only one available")
    return Choice(chosen.id, "; ".join(reasons))


def _turn(user: User, loads: Loads) -> tuple[float, int, str]:
    """Whose turn it is: the smallest."""
    given = loads.last_given.get(user.id)
    return (given.timestamp() if given is not None else 0.0, loads.open_leads.get(user.id, 0), user.id)


def _responsible(values: Mapping[str, Mapped], rules: RoutingDocument, org: Org) -> tuple[list[User], str]:
    """The active reps of the first territory that fits, and its name; all reps where none does."""
    territory = next((rule for rule in rules.territories if rule.when.holds(values)), None)
    if territory is None:
        return members(rules.reps, org), "all reps"
    return members(territory.reps, org), f"territory {territory.name}"


def _obstacle(
    user: User, rules: RoutingDocument, loads: Loads, now: datetime, never: Collection[str]
) -> str | None:
    if user.id in never:
        return "had it and did not act"
    today = words.day(now, user.time_zone)
    if any(
        absence.user.casefold() == user.username.casefold() and absence.first <= today <= absence.last
        for absence in rules.absences
    ):
        return "absent"
    if rules.capacity is not None and loads.open_leads.get(user.id, 0) >= rules.capacity:
        return "at capacity"
    return None
