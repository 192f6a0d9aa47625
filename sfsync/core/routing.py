"""Who gets a lead: territory, expertise, availability, then fair rotation (requirement P5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from sfsync.core import words
from sfsync.core.documents import People, RoutingDocument
from sfsync.core.model import Loads, Org, User, Value
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
    """Who answers for this user or queue: the user's own manager, else the first of the policy's managers."""
    user = org.users.get(user_id)
    if user is not None and user.manager_id is not None:
        manager = org.users.get(user.manager_id)
        if manager is not None and manager.active:
            return manager.id
    others = [manager for manager in members(policy.routing.managers, org) if manager.id != user_id]
    return others[0].id if others else None


def executive(policy: Policy, org: Org) -> str | None:
    """The executive that the policy names."""
    people = members(policy.routing.executive, org)
    return people[0].id if people else None


def queue(policy: Policy, org: Org) -> str | None:
    """The queue that gets what nobody can take."""
    return next((id_ for id_, name in sorted(org.queues.items()) if name == policy.routing.queue), None)


def choose(
    values: Mapping[str, Value],
    policy: Policy,
    org: Org,
    loads: Loads,
    now: datetime,
    *,
    never: Collection[str] = (),
) -> Choice:
    """Choose the rep who gets a lead with these mapped values; never one of `never`.

    Whoever is at work now comes before who is not (a preference: on a 24x7 clock leads move at night too);
    among equals it is whoever was given a lead longest ago, then whoever carries least.
    """
    routing = policy.routing
    pool, reasons = _responsible(values, routing, org)
    able: list[User] = []
    refused: dict[str, int] = {}
    for user in pool:
        obstacle = _obstacle(user, routing, loads, now, never)
        if obstacle is None:
            able.append(user)
        else:
            refused[obstacle] = refused.get(obstacle, 0) + 1
    if not able:
        why = ", ".join(f"{count} {obstacle}" for obstacle, count in refused.items()) or "there are none"
        return Choice(None, f"{'; '.join(reasons)}; no rep can take it ({why})")
    at_work = policy.calendars[routing.working_hours].is_open(now)
    chosen = min(
        able,
        key=lambda user: (
            loads.last_given[user.id].timestamp() if user.id in loads.last_given else 0.0,
            loads.open_leads.get(user.id, 0),
            user.id,
        ),
    )
    reasons.append("given a lead longest ago" if len(able) > 1 else "the only one available")
    if not at_work:
        reasons.append("nobody is at work now")
    return Choice(chosen.id, "; ".join(reasons))


def _responsible(
    values: Mapping[str, Value], routing: RoutingDocument, org: Org
) -> tuple[list[User], list[str]]:
    pool, reasons = members(routing.reps, org), []
    for what, rules in (("territory", routing.territories), ("expertise", routing.expertise)):
        rule = next((rule for rule in rules if rule.when.holds(values)), None)
        if rule is not None:
            wanted = {user.id for user in members(rule.reps, org)}
            narrowed = [user for user in pool if user.id in wanted]
            if narrowed or what == "territory":
                pool = narrowed or members(rule.reps, org)
                reasons.append(f"{what} {rule.name}")
    return pool, reasons or ["all reps"]


def _obstacle(
    user: User, routing: RoutingDocument, loads: Loads, now: datetime, never: Collection[str]
) -> str | None:
    if user.id in never:
        return "had it and did not act"
    today = words.day(now, user.time_zone)
    if any(
        absence.user.casefold() == user.username.casefold() and absence.first <= today <= absence.last
        for absence in routing.absences
    ):
        return "absent"
    if routing.capacity is not None and loads.open_leads.get(user.id, 0) >= routing.capacity:
        return "at capacity"
    return None
