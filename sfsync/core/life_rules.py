"""When the policy's clocks start, end, rest, pause and fall silent, looked up rather than worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Protocol, get_args

from sfsync.core.clock import Ladder
from sfsync.core.mapping import OTHER, StageName
from sfsync.core.model import Lead

State = tuple[str, bool, bool, bool]
"""A lead's stage, whether it waits in a queue, is in nurture, and was taken from a queue."""


class Counting(Protocol):
    """A run that counts, as far as pauses and silence go."""

    pauses: list[tuple[datetime, datetime | None]]
    heard_at: datetime | None
    silent: bool


@dataclass(frozen=True, slots=True)
class LifeRules:
    """What the policy's clocks say of a lead's life.

    Attributes:
        names: of all clocks, in the order of the policy.
        counting: the clocks that run for a lead in a state.
        answering: the clocks that an interaction ends: name, whether it may be anybody's, whether it also
            starts the next run.
        anew_by_stage, anew_by_band: the clocks of which these changes end a run and start the next.
        minding: whether any clock can pause or be silent.
    """

    names: tuple[str, ...]
    counting: Mapping[State, tuple[str, ...]]
    answering: tuple[tuple[str, bool, bool], ...]
    anew_by_stage: frozenset[str]
    anew_by_band: frozenset[str]
    minding: bool
    _paused: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    _silent: Mapping[str, tuple[frozenset[str], bool]]
    _meeting: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, ladders: Sequence[Ladder]) -> LifeRules:
        clocks = {ladder.name: ladder.clock for ladder in ladders}
        paused = {
            name: (frozenset[str](clock.paused_while.stage), frozenset(clock.paused_while.status))
            for name, clock in clocks.items()
            if clock.paused_while is not None
        }
        silent = {
            ladder.name: (frozenset[str](ladder.clock.silent_in), ladder.taking_accepts)
            for ladder in ladders
            if ladder.clock.silent_in
        }
        return cls(
            names=tuple(clocks),
            counting={
                state: tuple(ladder.name for ladder in ladders if ladder.counts(*state))
                for state in product((*get_args(StageName), OTHER), *[(False, True)] * 3)
            },
            answering=tuple(
                (name, clock.met_by.interaction == "anybody", "interaction" in clock.starts_anew)
                for name, clock in clocks.items()
                if clock.met_by is not None and clock.met_by.interaction is not None
            ),
            anew_by_stage=frozenset(name for name, clock in clocks.items() if "stage" in clock.starts_anew),
            anew_by_band=frozenset(name for name, clock in clocks.items() if "band" in clock.starts_anew),
            minding=bool(paused or silent),
            _paused=paused,
            _silent=silent,
            _meeting={
                name: frozenset[str](clock.met_by.stage)
                for name, clock in clocks.items()
                if clock.met_by is not None and clock.met_by.stage
            },
        )

    def is_paused(self, name: str, stage: str, status: str) -> bool:
        """Whether this clock stands still for a lead in this stage and status."""
        paused = self._paused.get(name)
        return paused is not None and (stage in paused[0] or status in paused[1])

    def is_missed(self, name: str, stage: str, lead: Lead) -> bool:
        """Whether a change to this stage is not what the clock asks for."""
        wanted = self._meeting.get(name)
        return wanted is not None and stage not in wanted and not lead.is_converted

    def mind(
        self, counting: Mapping[str, Counting], at: datetime, stage: str, status: str, *, taken: bool
    ) -> None:
        """Let pauses begin and end, and clocks fall silent and speak, at a moment after which this holds."""
        for name in self._paused:
            count = counting.get(name)
            if count is None:
                continue
            stands = bool(count.pauses) and count.pauses[-1][1] is None
            if self.is_paused(name, stage, status) != stands:
                if stands:
                    count.pauses[-1] = (count.pauses[-1][0], at)
                else:
                    count.pauses.append((at, None))
        for name, (stages, taking_accepts) in self._silent.items():
            count = counting.get(name)
            if count is None:
                continue
            count.silent = stage in stages and not (taken and taking_accepts)
            if not count.silent and count.heard_at is None:
                count.heard_at = at
