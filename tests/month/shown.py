"""What stands on the lead for its owner (P2, P12), said again. Nothing of sfsync is used."""

from __future__ import annotations

from dataclasses import dataclass

from tests.month import said
from tests.month.ladders import Clocks
from tests.month.lives import Run, met
from tests.month.papers import Row

COMING = {
    "Warned": "Warning to the owner",
    "Reminded": "Reminder to the owner",
    "Escalated": "Escalation to the manager",
    "Reassigned": "Reassignment to somebody else",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The most urgent clock as it stands on the lead: all blank but the status where none is.

    Attributes:
        due: None while it stands still, unless it was used up before.
        coming: the step that comes next, and when, in the words of its reader.
    """

    status: str
    clock: str | None = None
    due: int | None = None
    coming: str | None = None


def shown(clocks: Clocks | None) -> Shown:
    """Of a lead whose clocks count; None is one that none is minded of, or that is over."""
    if clocks is None:
        return Shown("Not Applicable")
    running: list[tuple[int, int, Run]] = []
    standing: list[Run] = []
    ended: list[Run] = []
    for number, name in enumerate(clocks.papers.clocks):
        for run in clocks.runs(name)[-1:]:
            if run.end is not None:
                ended.append(run)
            elif clocks.settled(run) or clocks.silent(run):
                continue
            elif clocks.stands_still(run):
                standing.append(run)
            else:
                running.append((clocks.deadline(run), number, run))
    if running:
        return _urgent(clocks, min(running, key=lambda one: one[:2])[2])
    if standing:
        return _urgent(clocks, standing[0])
    last = [run for run in ended if run.end == max(one.end or 0 for one in ended)]
    done = [
        met(run, clocks.papers.clocks[run.clock]) and run.end is not None and run.end <= clocks.deadline(run)
        for run in last
    ]
    return Shown("Met" if done and all(done) else "Not Applicable")


def _urgent(clocks: Clocks, run: Run) -> Shown:
    deadline, label = clocks.deadline(run), clocks.papers.clocks[run.clock]["label"]
    used_up, still = clocks.now >= deadline, clocks.stands_still(run)
    status = "Overdue" if used_up else "Paused" if still else "At Risk" if clocks.spoken(run) else "On Track"
    return Shown(
        status, label, None if still and not used_up else deadline, None if still else _coming(clocks, run)
    )


def _coming(clocks: Clocks, run: Run) -> str | None:
    """Of steps of one moment the latest: of several that are due one is done, and it is that."""
    found: list[tuple[int, Row]] = []
    for step, when in clocks.open_steps(run):
        if when is not None and when > clocks.now:
            found.append((when, step))
    if not found:
        return None
    when, step = min(reversed(found), key=lambda one: one[0])
    zone = said.zone(clocks.case, clocks.papers, clocks.case.lead["OwnerId"])
    return f"{COMING.get(step['event'], step['event'])}: {said.moment(when, zone)}"
