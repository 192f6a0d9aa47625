"""A week that parts: what came before a parting is lived once, and both ways on from there are gone.

A seed is a number and the ways taken at its partings, say `12:0110`; from each parting on the dice are others.
To go both ways, the process forks. What it has lived through is in both then, and costs nothing again: of n
partings, evenly spread, the 2 ** n weeks cost about 2 / (n + 1) of what they would one by one.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn, Protocol

from tests.simulation.sizes import Outcome


class Partings(Protocol):
    """Says how a week goes on.

    Attributes:
        number: how many partings there are in a week.
        ways: those taken so far, a digit each.
    """

    number: int
    ways: str

    def part(self) -> bool:
        """Take one of two ways; whether another week tells what has been so far. No other thread may run."""


class Given:
    """The ways of a seed that is run by itself."""

    def __init__(self, ways: str = "") -> None:
        self.number = len(ways)
        self.ways = ""
        self._given = ways

    def part(self) -> bool:
        self.ways = self._given[: len(self.ways) + 1]
        return False


class _Enough(Exception):
    """Raised where a week would go on although another way has broken already."""


def end_at_once_when_interrupted() -> None:
    """Ctrl-C ends this process where it stands: there is nothing that it would have to put in order."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Both:
    """Goes both ways at each parting, the first one in a process of its own."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.ways = ""
        self._outcomes: list[Outcome] = []
        self._told: int | None = None

    def part(self) -> bool:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            end_at_once_when_interrupted()
            os.close(reading)
            self._outcomes, self._told = [], writing
            self.ways += "0"
            return True
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        os.waitpid(child, 0)
        if not told:
            raise RuntimeError(f"The process that went {self.ways}0 ended without a word.")
        self._outcomes += pickle.loads(told)
        if self._outcomes[-1].broken is not None:
            raise _Enough
        self.ways += "1"
        return False

    def outcomes(self, live: Callable[[Partings], Outcome]) -> list[Outcome]:
        """What became of every way, in order, up to the first that broke. `live` lives one week."""
        try:
            outcome = live(self)
            self._outcomes.append(outcome)
        except _Enough:
            pass
        except BaseException:
            if self._told is None:
                raise
            traceback.print_exc()
            self._end(1)
        if self._told is not None:
            with os.fdopen(self._told, "wb") as pipe:
                pickle.dump(self._outcomes, pipe)
            self._end(0)
        return self._outcomes

    def _end(self, status: int) -> NoReturn:
        """End a process of this parting's: nothing else that the first one had in hand is gone on with."""
        sys.stderr.flush()
        os._exit(status)
