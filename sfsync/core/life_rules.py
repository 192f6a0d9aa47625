"""When the policy's clocks start, end, rest, pause and fall silent, looked up rather than worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import get_args

from sfsync.core.clock import Ladder, Run
from sfsync.core.mapping import OTHER, StageName
from sfsync.core.model import Lead

State = tuple[str, bool, bool, bool]
"""A lead's stage, whether it waits in a queue, is in nurture, and was taken from a queue."""


@dataclass(frozen=True, slots=True)
class LifeRules:
    """What the policy's clocks say of a lead's life.

    Attributes:
        names: of all clocks, in the order of the policy.
        counting: the clocks that run for a lead in a state.
        renewed_by_owner, renewed_by_anybody: the clocks of which an interaction of the owner's, or of somebody
            else's, ends a run and starts the next.
        resting_by_owner, resting_by_anybody: the clocks that it ends, and that rest then.
        anew_by_stage, anew_by_band: the clocks of which these changes end a run and start the next.
        minded: the clocks that can pause or be silent.
    """

    names: tuple[str, ...]
    counting: Mapping[State, tuple[str, ...]]
    renewed_by_owner: frozenset[str]
    renewed_by_anybody: frozenset[str]
    resting_by_owner: frozenset[str]
    resting_by_anybody: frozenset[str]
    anew_by_stage: frozenset[str]
    anew_by_band: frozenset[str]
    minded: frozenset[str]
    _paused: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    _silent: Mapping[str, tuple[frozenset[str], bool]]
    _outside_nurture: frozenset[str]
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
        renewed: dict[str, set[str]] = {"owner": set(), "anybody": set()}
        resting: dict[str, set[str]] = {"owner": set(), "anybody": set()}
        for name, clock in clocks.items():
            if clock.met_by is not None and clock.met_by.interaction is not None:
                then = renewed if "interaction" in clock.starts_anew else resting
                then[clock.met_by.interaction].add(name)
        return cls(
            names=tuple(clocks),
            counting={
                state: tuple(ladder.name for ladder in ladders if ladder.counts(*state))
                for state in product((*get_args(StageName), OTHER), *[(False, True)] * 3)
            },
            renewed_by_owner=frozenset(renewed["owner"] | renewed["anybody"]),
            renewed_by_anybody=frozenset(renewed["anybody"]),
            resting_by_owner=frozenset(resting["owner"] | resting["anybody"]),
            resting_by_anybody=frozenset(resting["anybody"]),
            anew_by_stage=frozenset(name for name, clock in clocks.items() if "stage" in clock.starts_anew),
            anew_by_band=frozenset(name for name, clock in clocks.items() if "band" in clock.starts_anew),
            minded=frozenset({*paused, *silent}),
            _paused=paused,
            _silent=silent,
            _outside_nurture=frozenset(
                name for name, clock in clocks.items() if clock.runs_while.outside_nurture
            ),
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

    def stands_still(self, name: str, stage: str, status: str, nurture: bool) -> bool:
        """Whether a run goes on in a stage that is none of its clock's, because it is paused there."""
        return self.is_paused(name, stage, status) and not (nurture and name in self._outside_nurture)

    def is_missed(self, name: str, stage: str, lead: Lead) -> bool:
        """Whether a change to this stage is not what the clock asks for."""
        wanted = self._meeting.get(name)
        return wanted is not None and stage not in wanted and not lead.is_converted

    def mind(
        self, counting: Mapping[str, Run], at: datetime, stage: str, status: str, *, taken: bool
    ) -> None:
        """Let pauses begin and end, and clocks fall silent and speak, at a moment after which this holds."""
        for name in self.minded:
            run = counting.get(name)
            if run is None:
                continue
            if name in self._paused and self.is_paused(name, stage, status) != run.is_paused:
                if run.is_paused:
                    run.pauses = (*run.pauses[:-1], (run.pauses[-1][0], at))
                else:
                    run.pauses = (*run.pauses, (at, None))
            silent = self._silent.get(name)
            if silent is not None:
                stages, taking_accepts = silent
                run.silent = stage in stages and not (taken and taking_accepts)
                if not run.silent and run.heard_at is None:
                    run.heard_at = at
