"""How many owner changes, or band changes, the policy's limits and what somebody has released leave (design.md 6)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from sfsync.core.limits_document import BlastRadius

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Grant(msgspec.Struct, frozen=True):
    """So many changes beyond the limits are allowed, once, from `start` on and before `until` (aware UTC)."""

    start: datetime
    until: datetime
    number: int


def left(made: Iterable[datetime], limits: BlastRadius, grants: Sequence[Grant], now: datetime) -> int:
    """How many changes may be made at `now`; below nothing where more were made than that.

    `made` says when each was made (aware UTC), all of them since a day before the first grant. What the limits left
    room for at its time is theirs; any other is taken of the grant that ends first.
    """
    ordinary: list[datetime] = []
    unspent = {index: grant.number for index, grant in enumerate(grants)}
    first_to_end = sorted(unspent, key=lambda index: grants[index].until)
    for at in sorted(made):
        if _room(ordinary, limits, at) <= 0:
            grant = next(
                (one for one in first_to_end if unspent[one] and grants[one].start <= at < grants[one].until),
                None,
            )
            if grant is not None:
                unspent[grant] -= 1
                continue
        ordinary.append(at)
    return _room(ordinary, limits, now) + sum(
        number for index, number in unspent.items() if grants[index].start <= now < grants[index].until
    )


def _room(ordinary: Sequence[datetime], limits: BlastRadius, at: datetime) -> int:
    """What the limits leave at that time, where these, in their order, were made up to then."""
    hour, day = (len(ordinary) - bisect_right(ordinary, at - length) for length in (HOUR, DAY))
    return min(limits.per_hour - hour, limits.per_day - day)
