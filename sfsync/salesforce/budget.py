"""Who may still spend API requests: five lanes share the org's day, and the least urgent stops first.

Truth is the header `Sforce-Limit-Info` of the newest reply, which counts everybody's requests. What a closed
lane withholds is decided on again later; nothing of it is kept, so nothing of it can be lost.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum

from sfsync.core.limits_document import ApiRequests
from sfsync.core.model import Kind, Plan
from sfsync.errors import Budget
from sfsync.salesforce.session import Usage


class Lane(IntEnum):
    """What a write is for, the most urgent first."""

    REASSIGN = 0
    ESCALATE = 1
    REMIND = 2
    TASK = 3
    SCORE = 4


_LANES: Mapping[Kind, Lane] = {
    Kind.REASSIGNED: Lane.REASSIGN,
    Kind.ROUTED: Lane.REASSIGN,
    Kind.ESCALATED: Lane.ESCALATE,
    Kind.EXECUTIVE_NOTIFIED: Lane.ESCALATE,
    Kind.WARNED: Lane.REMIND,
    Kind.REMINDED: Lane.REMIND,
}
"""The lanes of effects; those that are not here go by the lane of Tasks."""


def lane(plan: Plan) -> Lane:
    """The lane of a plan's most urgent effect; a plan that only writes fields is a score's."""
    return min((_LANES.get(effect.kind, Lane.TASK) for effect in plan.effects), default=Lane.SCORE)


def split(plans: Sequence[Plan], lanes: Collection[Lane]) -> tuple[list[Plan], list[Plan]]:
    """The plans that cost nothing or whose lane is among these, and those that have to wait."""
    kept: list[Plan] = []
    withheld: list[Plan] = []
    for plan in plans:
        free = not (plan.effects or plan.changes_fields)
        (kept if free or lane(plan) in lanes else withheld).append(plan)
    return kept, withheld


def open_lanes(usage: Usage | None, shares: ApiRequests) -> tuple[Lane, ...]:
    """The lanes that may spend requests now, the most urgent first; all while no reply has told the usage.

    Scores stop where only what is kept for steps and left to others remains, reassignments where only the
    others' share does, and the lanes between them at even distances.
    """
    if usage is None:
        return tuple(Lane)
    left = usage.total - usage.used
    return tuple(lane for lane in Lane if left > round(usage.total * _closes_at(lane, shares), 6))


def _closes_at(lane: Lane, shares: ApiRequests) -> float:
    """The share of the day's requests with which this lane closes."""
    return shares.left_to_others + shares.kept_for_steps * lane / max(Lane)


def require(usage: Usage | None, shares: ApiRequests) -> tuple[Lane, ...]:
    """The open lanes; raises Budget when there is none."""
    lanes = open_lanes(usage, shares)
    if lanes:
        return lanes
    assert usage is not None
    raise Budget(
        f"{usage.used} of the org's {usage.total} daily API requests are used: the rest is left to others"
        f" (compliance.yaml, left_to_others); work goes on by itself when there are more"
    )
