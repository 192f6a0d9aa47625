"""Whose time a run took (design.md section 6), stretch by stretch, said again. Nothing of sfsync is used.

Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tests.month.wall import AGES, Wall

Span = tuple[int, int]
CAUSES = ("outside_hours", "paused", "unassigned", "sync", "rep")
"""A stretch of time belongs to the first of these that fits; the rep's own is what fits nothing else."""


def by_cause(since: int, until: int, spans: dict[str, Sequence[Span]]) -> dict[str, int]:
    """The seconds from `since` to `until` by cause; `spans` says when each but the rep's own holds."""
    edges = {edge for found in spans.values() for span in found for edge in span}
    marks = sorted({since, until} | {edge for edge in edges if since < edge < until})
    parts = dict.fromkeys(CAUSES, 0)
    for begins, ends in pairwise(marks):
        parts[_cause(begins, ends, spans)] += ends - begins
    return parts


def _cause(begins: int, ends: int, spans: dict[str, Sequence[Span]]) -> str:
    for cause in CAUSES[:-1]:
        if any(since <= begins and ends <= until for since, until in spans[cause]):
            return cause
    return CAUSES[-1]


def closed(wall: Wall) -> list[Span]:
    """When it is not open there."""
    edges = [-AGES, *(edge for span in wall.open for edge in span), AGES]
    return [(closes, opens) for closes, opens in zip(edges[::2], edges[1::2], strict=True) if closes < opens]
