"""Decisions that were made under the present engine, kept as files: `python -m tests.core.golden` makes them anew.

Each file in tests/core/decided/ holds the evidence of one decision as the ledger would; policy.txt is the text
of the policy that all of them were made under. Below tests/core/decided_before/ stand decisions of older engines that
this one makes otherwise: each was recorded by the sfsync of its time, and stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from sfsync.core.evidence import evidence, written
from sfsync.core.model import Effect, Facts, Interaction, Loads, Plan
from sfsync.core.org_hours import OrgHours
from sfsync.core.policy import Policy
from tests.core.builders import (
    FAIR,
    HOUR,
    MARKETING,
    OFFICE,
    POOR,
    QUEUE,
    REPS,
    SECOND_REP,
    START,
    World,
    lead,
)
from tests.shipped import everything

DECIDED = Path(__file__).parent / "decided"
BEFORE = DECIDED.with_name("decided_before")
POLICY = DECIDED / "policy.txt"


@dataclass
class Recorder(World):
    """A world that keeps the evidence of each decision with effects that it carries out."""

    texts: list[str] = field(default_factory=list)

    def look(self, at: object = None, **arguments: object) -> list[Effect]:
        before, loads = self.facts, self.loads
        effects = super().look(at, **arguments)  # type: ignore[arg-type]
        if effects:
            assert self.plan is not None
            self.texts.append(self.text(self.plan, before, loads))
        return effects

    def text(self, plan: Plan, facts: Facts, loads: Loads) -> str:
        return written(evidence(plan, facts, self.policy, self.org, self.now, loads))


def whole() -> Policy:
    """All of the shipped policy."""
    return everything().policy(OrgHours({"default": OFFICE}))


def lives() -> Iterator[tuple[str, list[str]]]:
    """Name and decisions of each life that is kept."""
    ladder = Recorder(policy=whole())
    for hour in (0, 36, 48, 72, 96):
        ladder.look_at_hour(hour)
    yield "ladder", ladder.texts
    outage = Recorder(policy=whole())
    outage.look_at_hour(0, seconds=40)
    outage.look_at_hour(80)
    outage.look_at_hour(104)
    outage.accept(START + 105 * HOUR)
    outage.look_at_hour(106)
    yield "outage", outage.texts
    queue = Recorder(Facts(lead=lead(owner_id=QUEUE)), policy=whole())
    queue.loads = Loads({REPS[0]: 3, SECOND_REP: 1}, {SECOND_REP: START - HOUR})
    queue.look_at_hour(0, seconds=20)
    queue.look_at_hour(0, seconds=21)
    queue.accept(START + 2 * HOUR)
    queue.look_at_hour(3)
    yield "queue", queue.texts
    nurture = Recorder(Facts(lead=lead(values=POOR)), policy=whole())
    nurture.look_at_hour(0)
    nurture.change(MARKETING, at=START + timedelta(days=3), values=FAIR)
    nurture.look_at_hour(73)
    yield "nurture", nurture.texts
    contact = Recorder(policy=whole())
    contact.look_at_hour(0)
    contact.look_at_hour(9)
    met = Interaction("00U000000000001AAA", "meeting", START + 8 * HOUR, REPS[0], START + 30 * HOUR, True)
    contact.facts = msgspec.structs.replace(contact.facts, interactions=(met,))
    contact.look_at_hour(30)
    yield "contact", contact.texts


def main() -> None:
    for old in DECIDED.glob("*"):
        old.unlink()
    DECIDED.mkdir(exist_ok=True)
    POLICY.write_text(everything().text(), encoding="utf-8")
    for name, texts in lives():
        (DECIDED / f"{name}.txt").write_text("\n".join(texts) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
