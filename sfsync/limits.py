"""What the policy limits for the whole org: one look at a time counts what is left and spends it.

Owner changes and band changes are counted in the ledger, loads and rotation in the org's leads. Two looks that count
at once both spend what is left, so that a limit holds only under a lease. It is a hint like all in Redis: when Redis
is emptied while a look spends, or a look spends for longer than its lease lasts, a limit is exceeded by what that look
has decided on, at most a reading of leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import structlog

from sfsync.core import routing
from sfsync.core.model import Plan
from sfsync.errors import SfsyncError
from sfsync.salesforce import crossings, notices
from sfsync.worker import Configuration, Worker

LASTS = timedelta(minutes=3)
"""A turn whose holder died is over after so long. It is longer than a write waits for its reply."""

TRIES = 5
"""So often a turn is asked for, a moment apart, before the leads that need it are left for later."""

TURN = "routing"

LAST_TRY = "last-try"
"""The turn to look at a lead on which several looks have died: none beside it may be what kills the process."""

log = structlog.get_logger(__name__)


class Turn:
    """One look's turn at what only one may do at a time; given back when it is left, however that happens.

    Each has a name of its own: the threads of a process are others to each other.
    """

    def __init__(self, worker: Worker, name: str = TURN) -> None:
        self._worker = worker
        self._name = name
        self._store = worker.ports.store
        self._holder = worker.ports.random.token()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.release(self._name, self._holder)

    def taken(self, now: datetime) -> bool:
        """Whether it is this look's turn, after waiting a moment for whoever has it."""
        ports = self._worker.ports
        for number in range(TRIES):
            if number:
                ports.sleep(ports.random.uniform(0.1, 0.5))
            if self._store.lease(self._name, self._holder, int(now.timestamp()), self._until(now)):
                return True
        return False

    def kept(self, now: datetime) -> bool:
        """Whether nobody else has had a turn since; from `now` on it lasts anew."""
        return self._store.renew(self._name, self._holder, self._until(now))

    def _until(self, now: datetime) -> int:
        return int((now + LASTS).timestamp())


def alert(worker: Worker, configuration: Configuration, plans: Sequence[Plan], now: datetime) -> None:
    """Say that owner changes or band changes are withheld: once a day in the org, where it lets us, or in the log."""
    policy = configuration.policy
    bands = sum(plan.withheld == crossings.WITHHELD for plan in plans)
    owners = sum(plan.withheld is not None for plan in plans) - bands
    compliance, executive = policy.compliance, routing.executive(policy, configuration.org())
    for what, limits, withheld in (
        (notices.OWNER_CHANGES, compliance.owner_changes, owners),
        (notices.BAND_CHANGES, compliance.band_changes, bands),
    ):
        if not withheld:
            continue
        name = what.replace("-", " ")
        try:
            new = notices.alert_withheld(worker.session, what, limits, withheld, executive, now, policy.hash)
        except SfsyncError as error:  # what was to be told is no reason to leave other leads alone
            log.error(
                f"{name} are withheld, and the org refuses the alert", leads=withheld, reason=str(error)
            )
        else:
            if new:
                log.error(f"{name} are withheld", leads=withheld, **limits.model_dump())
