"""The org's own time: it stands still until told, or flows with the machine's from where it stands."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Unix seconds, UTC. Never runs backwards by itself; `set` may move it anywhere.

    Attributes:
        flow: the clock advances with real time.
    """

    def __init__(
        self, start: int, flow: bool = False, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._base = float(start)
        self._since = monotonic()
        self.flow = flow

    def now(self) -> int:
        """The present second."""
        if not self.flow:
            return int(self._base)
        return int(self._base + self._monotonic() - self._since)

    def set(self, now: int) -> None:
        """Make it `now`."""
        self._base = float(now)
        self._since = self._monotonic()

    def advance(self, seconds: int) -> None:
        """Move it by `seconds`."""
        self.set(self.now() + seconds)

    def set_flow(self, flow: bool) -> None:
        """Let it flow, or stop it where it is."""
        self.set(self.now())
        self.flow = flow
