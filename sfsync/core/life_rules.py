"""When the policy's clocks start, end, rest, pause and fall silent: worked out once, then looked up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sfsync.core.clock import Cause, Ladder
from sfsync.core.mapping import OTHER

Event = str | int
"""What can happen to a lead: one of the numbers below, or the status that it has then."""

TO_BAND, TO_NURTURE, TO_QUEUE, TO_USER, TAKEN, BY_OWNER, BY_ANYBODY = range(7)
"""It enters a band, or a nurture band; it goes to a queue, to a user, or to one who took it from a queue; its owner
has an interaction with it, or somebody else.
"""

_NO_CLOCKS: frozenset[str] = frozenset()


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


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What holds of a lead between two events of its life, and which clocks have a run then.

    Attributes:
        running: the clocks that have one.
        resting: the clocks that an interaction met, until the lead has another owner.
        turns: what events do then, as far as it was asked for.
    """

    phase: Phase
    running: frozenset[str]
    resting: frozenset[str]
    turns: dict[Event, Turn] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What an event does to the clocks.

    Attributes:
        ends: the clocks whose run it ends, each with why.
        begins: the clocks that begin a run then.
        minded: the clocks whose run pauses, goes on, falls silent or speaks then: whether it stands still after it,
            and whether it speaks; None for one that is never silent.
    """

    after: State
    ends: tuple[tuple[str, Cause], ...]
    begins: tuple[str, ...]
    minded: tuple[tuple[str, bool, bool | None], ...]


class LifeRules:
    """What the policy's clocks say of a lead's life. States and turns are kept, of the policy alone.

    Attributes:
        statuses: those that the clocks tell from each other; any other one is blank to them.
        nurture: the nurture bands.
    """

    __slots__ = (
        "_anew_by_band",
        "_anew_by_stage",
        "_firsts",
        "_hushed",
        "_ladders",
        "_met_by",
        "_minded",
        "_renewed_by",
        "_stages",
        "_states",
        "nurture",
        "statuses",
    )

    def __init__(self, ladders: Sequence[Ladder], stages: Mapping[str, str], nurture: Iterable[str]) -> None:
        """`stages` has the stage of each status that lead.yaml names."""
        clocks = {ladder.name: ladder.clock for ladder in ladders}
        self._renewed_by: dict[Event, set[str]] = {BY_OWNER: set(), BY_ANYBODY: set()}
        self._met_by: dict[Event, set[str]] = {BY_OWNER: set(), BY_ANYBODY: set()}
        for name, clock in clocks.items():
            if clock.met_by is not None and clock.met_by.interaction is not None:
                then = self._renewed_by if "interaction" in clock.starts_anew else self._met_by
                then[BY_OWNER].add(name)
                if clock.met_by.interaction == "anybody":
                    then[BY_ANYBODY].add(name)
        self._hushed = frozenset(name for name, one in clocks.items() if one.silent_in)
        self._minded = self._hushed | {name for name, one in clocks.items() if one.paused_while is not None}
        named = [one.paused_while.status for one in clocks.values() if one.paused_while is not None]
        self.statuses = frozenset((*stages, *chain.from_iterable(named)))
        self.nurture = frozenset(nurture)
        self._ladders = tuple(ladders)
        self._stages = stages
        self._anew_by_stage = frozenset(name for name, one in clocks.items() if "stage" in one.starts_anew)
        self._anew_by_band = frozenset(name for name, one in clocks.items() if "band" in one.starts_anew)
        self._firsts: dict[tuple[str, bool, bool], Turn] = {}
        self._states: dict[tuple[str, bool, bool, bool, frozenset[str], frozenset[str]], State] = {}

    def first(self, status: str, in_queue: bool, nurture: bool) -> Turn:
        """What it does that a lead is created with one of the `statuses`, or a blank one."""
        key = status, in_queue, nurture
        found = self._firsts.get(key)
        if found is None:
            phase = self._phase(status, in_queue, nurture, False)
            begins = phase.counting
            after = self._state(phase, frozenset(begins), _NO_CLOCKS)
            found = self._firsts[key] = Turn(after, (), begins, self._mind(phase, begins))
        return found

    def turn(self, before: State, event: Event) -> Turn:
        """What an event does then, kept as `before.turns[event]`."""
        if event in (BY_OWNER, BY_ANYBODY):
            found = self._met(before, event)
        else:
            found = self._changed(before, event)
        before.turns[event] = found
        return found

    def _met(self, before: State, event: Event) -> Turn:
        """An interaction ends the runs of the clocks that it meets; they begin anew, or rest."""
        begins = tuple(name for name in before.running if name in self._renewed_by[event])
        rests = tuple(name for name in before.running if name in self._met_by[event])
        after = self._state(
            before.phase, before.running.difference(rests), before.resting | self._met_by[event]
        )
        ends = tuple[tuple[str, Cause], ...]((name, "interaction") for name in (*begins, *rests))
        return Turn(after, ends, begins, self._mind(before.phase, begins))

    def _changed(self, before: State, event: Event) -> Turn:
        """Another band, owner or status ends the runs that begin anew with it, and those that it does not let go on.

        Only another stage tells of more than pauses.
        """
        was = before.phase
        if isinstance(event, str):
            stays = self._stages.get(event, OTHER) == was.stage
            after = self._phase(event, was.in_queue, was.nurture, was.taken and stays)
            return self._turn(before, after, before.resting, () if stays else self._anew_by_stage, "stage")
        if event in (TO_BAND, TO_NURTURE):
            after = self._phase(was.status, was.in_queue, event == TO_NURTURE, was.taken)
            return self._turn(before, after, before.resting, self._anew_by_band, "band")
        after = self._phase(was.status, event == TO_QUEUE, was.nurture, event == TAKEN)
        return self._turn(before, after, _NO_CLOCKS, [one.name for one in self._ladders], "owner")

    def _turn(
        self, before: State, after: Phase, resting: frozenset[str], anew: Collection[str], cause: Cause
    ) -> Turn:
        """What it does that another phase follows; `anew` are the clocks of which it ends every run."""
        was = before.phase
        over = {
            name
            for name in (*was.counting, *was.lasting)
            if name in anew or not (name in after.counting or name in after.lasting)
        }
        missed = {one.name for one in self._ladders if cause == "stage" and one.is_missed(after.stage)}
        counts = [name for name in after.counting if name in over or name not in was.counting]
        goes_on = before.running - over
        begins = tuple(name for name in counts if name not in goes_on and name not in resting)
        running = goes_on.union(begins)
        changed = (was.paused ^ after.paused) | (was.silent ^ after.silent)
        return Turn(
            after=self._state(after, running, resting),
            ends=tuple((name, "left" if name in missed else cause) for name in before.running & over),
            begins=begins,
            minded=self._mind(after, (name for name in running if name in counts or name in changed)),
        )

    def _phase(self, status: str, in_queue: bool, nurture: bool, taken: bool) -> Phase:
        stage = self._stages.get(status, OTHER)
        counting = [one.name for one in self._ladders if one.counts(stage, in_queue, nurture, taken)]
        paused = [one for one in self._ladders if one.is_paused(stage, status)]
        return Phase(
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

    def _state(self, phase: Phase, running: frozenset[str], resting: frozenset[str]) -> State:
        """The one with this phase, as there may be many that are equal."""
        key = phase.status, phase.in_queue, phase.nurture, phase.taken, running, resting
        return self._states.setdefault(key, State(phase, running, resting))

    def _mind(self, phase: Phase, clocks: Iterable[str]) -> tuple[tuple[str, bool, bool | None], ...]:
        """Those of these clocks that can pause or be silent, as it is with them in this phase."""
        return tuple(
            (name, name in phase.paused, name not in phase.silent if name in self._hushed else None)
            for name in clocks
            if name in self._minded
        )
