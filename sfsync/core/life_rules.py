"""When the policy's clocks start, end, rest, pause and fall silent: worked out once, then looked up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sfsync.core.clock import Ladder, Run
from sfsync.core.mapping import OTHER


@dataclass(frozen=True, slots=True, eq=False)
class Phase:
    """What holds of a lead between two moments of its life, as far as its clocks ask.

    Attributes:
        status: in lead.yaml's words; blank where no clock tells it from others that are not mapped.
        in_queue: it waits in a queue.
        nurture: it is in a nurture band.
        taken: its owner took it from a queue.
        counting: the clocks that run.
        paused: the clocks that stand still.
        lasting: of these, the ones that go on because of that although they do not run here.
        silent: the clocks that say nothing.
    """

    status: str
    stage: str
    in_queue: bool
    nurture: bool
    taken: bool
    counting: tuple[str, ...]
    paused: frozenset[str]
    lasting: frozenset[str]
    silent: frozenset[str]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a change does to the clocks.

    Attributes:
        after: what holds then.
        ends: the clocks whose run it ends, if they have one.
        missed: the clocks that ask for another change than this one of the status.
        begins: the clocks that begin a run then, unless they have one or rest.
        minded: the clocks that pause, go on, fall silent or speak then.
    """

    after: Phase
    ends: tuple[str, ...]
    missed: frozenset[str]
    begins: tuple[str, ...]
    minded: tuple[str, ...]


class LifeRules:
    """What the policy's clocks say of a lead's life. Phases and turns are kept, of the policy alone.

    Attributes:
        renewed_by_owner, renewed_by_anybody: the clocks of which an interaction of the owner's, or of somebody
            else's, ends a run and starts the next.
        resting_by_owner, resting_by_anybody: the clocks that it ends, and that rest then.
        minded: the clocks that can pause or be silent.
    """

    __slots__ = (
        "_anew_by_band",
        "_anew_by_stage",
        "_hushed",
        "_ladders",
        "_phases",
        "_stages",
        "_statuses",
        "_turns",
        "minded",
        "renewed_by_anybody",
        "renewed_by_owner",
        "resting_by_anybody",
        "resting_by_owner",
    )

    def __init__(self, ladders: Sequence[Ladder], stages: Mapping[str, str]) -> None:
        """`stages` has the stage of each status that lead.yaml names."""
        clocks = {ladder.name: ladder.clock for ladder in ladders}
        renewed: dict[str, set[str]] = {"owner": set(), "anybody": set()}
        resting: dict[str, set[str]] = {"owner": set(), "anybody": set()}
        for name, clock in clocks.items():
            if clock.met_by is not None and clock.met_by.interaction is not None:
                then = renewed if "interaction" in clock.starts_anew else resting
                then[clock.met_by.interaction].add(name)
        self.renewed_by_owner = frozenset(renewed["owner"] | renewed["anybody"])
        self.renewed_by_anybody = frozenset(renewed["anybody"])
        self.resting_by_owner = frozenset(resting["owner"] | resting["anybody"])
        self.resting_by_anybody = frozenset(resting["anybody"])
        self._hushed = frozenset(name for name, one in clocks.items() if one.silent_in)
        self.minded = self._hushed | {name for name, one in clocks.items() if one.paused_while is not None}
        named = [one.paused_while.status for one in clocks.values() if one.paused_while is not None]
        self._statuses = {status: status for status in (*stages, *chain.from_iterable(named))}
        self._ladders = tuple(ladders)
        self._stages = stages
        self._anew_by_stage = frozenset(name for name, one in clocks.items() if "stage" in one.starts_anew)
        self._anew_by_band = frozenset(name for name, one in clocks.items() if "band" in one.starts_anew)
        self._phases: dict[tuple[str, bool, bool, bool], Phase] = {}
        self._turns: dict[tuple[Phase, str] | tuple[Phase, bool] | tuple[Phase, bool, bool], Turn] = {}

    def phase(self, status: str, in_queue: bool, nurture: bool, taken: bool) -> Phase:
        """What holds of a lead with this status of the org's."""
        key = status, in_queue, nurture, taken = self._statuses.get(status, ""), in_queue, nurture, taken
        found = self._phases.get(key)
        if found is None:
            stage = self._stages.get(status, OTHER)
            counting = [one.name for one in self._ladders if one.counts(stage, in_queue, nurture, taken)]
            paused = [one for one in self._ladders if one.is_paused(stage, status)]
            found = self._phases[key] = Phase(
                status=status,
                stage=stage,
                in_queue=in_queue,
                nurture=nurture,
                taken=taken,
                counting=tuple(counting),
                paused=frozenset(one.name for one in paused),
                lasting=frozenset(
                    one.name
                    for one in paused
                    if one.name not in counting and not (nurture and one.clock.runs_while.outside_nurture)
                ),
                silent=frozenset(one.name for one in self._ladders if one.is_silent(stage, taken)),
            )
        return found

    def to_band(self, before: Phase, nurture: bool) -> Turn:
        """What it does that the lead enters another band."""
        found = self._turns.get((before, nurture))
        if found is None:
            after = self.phase(before.status, before.in_queue, nurture, before.taken)
            found = self._turns[before, nurture] = self._turn(before, after, self._anew_by_band)
        return found

    def to_owner(self, before: Phase, in_queue: bool, taken: bool) -> Turn:
        """What it does that the lead has another owner."""
        found = self._turns.get((before, in_queue, taken))
        if found is None:
            after = self.phase(before.status, in_queue, before.nurture, taken)
            found = self._turns[before, in_queue, taken] = self._turn(
                before, after, [one.name for one in self._ladders]
            )
        return found

    def to_status(self, before: Phase, status: str) -> Turn:
        """What it does that the lead has this status of the org's: only another stage tells of more than pauses."""
        status = self._statuses.get(status, "")
        found = self._turns.get((before, status))
        if found is None:
            stays = self._stages.get(status, OTHER) == before.stage
            after = self.phase(status, before.in_queue, before.nurture, before.taken and stays)
            found = self._turns[before, status] = self._turn(
                before, after, () if stays else self._anew_by_stage
            )
        return found

    def _turn(self, before: Phase, after: Phase, anew: Collection[str]) -> Turn:
        """What it does that one phase follows another; `anew` are the clocks of which it ends every run."""
        ends = tuple(
            name
            for name in (*before.counting, *before.lasting)
            if name in anew or not (name in after.counting or name in after.lasting)
        )
        begins = tuple(name for name in after.counting if name in ends or name not in before.counting)
        changed = (before.paused ^ after.paused) | (before.silent ^ after.silent)
        return Turn(
            after=after,
            ends=ends,
            missed=frozenset(one.name for one in self._ladders if one.is_missed(after.stage)),
            begins=begins,
            minded=tuple(name for name in self.minded if name in begins or name in changed),
        )

    def mind(self, run: Run, phase: Phase, at: datetime) -> None:
        """Let the run pause or go on, fall silent or speak, at a moment after which this holds."""
        if (phase.paused or run.pauses) and (run.clock in phase.paused) != run.is_paused:
            if run.is_paused:
                run.pauses = (*run.pauses[:-1], (run.pauses[-1][0], at))
            else:
                run.pauses = (*run.pauses, (at, None))
        if run.clock in self._hushed:
            run.silent = run.clock in phase.silent
            if not run.silent and run.heard_at is None:
                run.heard_at = at
