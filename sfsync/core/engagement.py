"""What activities say of a lead, as values that score rules and conditions speak of (requirement P2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sfsync.core.model import Interaction, Mapped

ENGAGEMENT: Mapping[str, str] = {
    "interactions": "number",
    "answers": "number",
    "last_interaction": "date",
    "last_answer": "date",
}
"""The names, each with the type of its value; no field of lead.yaml is called so."""


def engagement(interactions: Sequence[Interaction], now: datetime) -> dict[str, Mapped]:
    """How often there was contact until `now`, how often the lead itself spoke, and when each was last.

    `interactions` are in the order in which they took place; one that lies ahead does not count yet.
    """
    past = [one.at for one in interactions if one.at <= now]
    answers = [one.at for one in interactions if one.at <= now and one.answered]
    return {
        "interactions": float(len(past)),
        "answers": float(len(answers)),
        "last_interaction": max(past, default=None),
        "last_answer": max(answers, default=None),
    }


def next_at(interactions: Sequence[Interaction], now: datetime) -> datetime | None:
    """When the next one that lies ahead will count; `interactions` are in the order in which they take place."""
    if not interactions or interactions[-1].at <= now:
        return None
    return min((one.at for one in interactions if one.at > now), default=None)
