"""Weeks in which little else happens than what a guard is about."""

from __future__ import annotations

import dataclasses

from tests.simulation.sizes import SMALL, Size

LATE = dataclasses.replace(SMALL, faults=8, rates=(0.3,), acting=(0.05,), only=("late commit",))
LOST = dataclasses.replace(
    SMALL, processes=3, faults=8, rates=(0.1,), twice=0.1, only=("redis emptied in part",)
)
UNFETCHED = dataclasses.replace(SMALL, faults=4, rates=(0.02,), acting=(0.05,), only=("jobs not fetched",))
EMPTIED = dataclasses.replace(
    SMALL, processes=3, faults=8, rates=(0.05,), acting=(0.0,), only=("redis emptied",)
)
SHORT = dataclasses.replace(SMALL, leads=6, faults=2, rates=(0.02,), only=("quota spent",))
LIMITED = dataclasses.replace(SMALL, leads=16, faults=0, acting=(0.02,), limited=1.0)
REFUSED = dataclasses.replace(SMALL, leads=12, faults=0)
BINNED = dataclasses.replace(SMALL, leads=6, faults=0, acting=(0.05,))
POISONED = dataclasses.replace(
    SMALL, leads=6, faults=3, rates=(0.02,), acting=(0.0,), only=("poisoned lead",)
)
CHANGED = dataclasses.replace(SMALL, faults=0, changed=1.0)
DEPLOYED = dataclasses.replace(
    SMALL, leads=12, waves=6, processes=3, faults=0, acting=(0.0,), changed=1.0, switched=0.0
)
STEPWISE = dataclasses.replace(DEPLOYED, leads=10, waves=10, days=4, processes=4, twice=0.3)
ARCHIVED = dataclasses.replace(
    SMALL, leads=8, waves=4, days=6, faults=0, acting=(0.02,), changed=1.0, archived=1.0
)
SWITCHED = dataclasses.replace(SMALL, faults=0, switched=1.0)
UNANSWERED = dataclasses.replace(SMALL, faults=8, rates=(0.06,), only=("drop after", "crash after"))
HELD_UP = dataclasses.replace(
    SMALL,
    leads=4,
    days=3,
    processes=3,
    faults=0,
    rates=(1e-9,),
    acting=(0.0,),
    slow=0.6,
    held_up=100,
    twice=0.0,
)
PAGED = dataclasses.replace(
    SMALL,
    leads=10,
    faults=16,
    rates=(0.03,),
    acting=(0.05,),
    only=("org down", "crash before", "crash after"),
    paged=1.0,
)
SPENDING = dataclasses.replace(LIMITED, processes=3, paged=1.0)
AHEAD = dataclasses.replace(SMALL, faults=8, rates=(0.06,), only=("date ahead",))


def having_only(fault: str) -> Size:
    """Weeks in which this goes wrong again and again, and nothing else."""
    return dataclasses.replace(SMALL, leads=12, faults=6, rates=(0.05,), acting=(0.05,), only=(fault,))
