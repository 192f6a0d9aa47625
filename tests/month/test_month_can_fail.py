"""Rules taken out of the core, one after another: the oracle finds each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from sfsync.core import bands, blame, cadence, clock, display, draft, ladder, life, redress, routing, words
from sfsync.core.activities import Activities
from sfsync.core.clock import Ladder
from sfsync.core.hours import Calendar
from sfsync.core.model import Effect
from sfsync.core.wall_clock import WallClock
from sfsync.salesforce import reader, rows
from tests.month import papers_of
from tests.month.months import month
from tests.month.passing import Passing

SECOND = timedelta(seconds=1)
NINE = time(9)
MONTHS = 60
"""So many months of four leads are tried at most; most mistakes show in the first few."""

Patch = Callable[[pytest.MonkeyPatch], None]


def found(variant: str | None) -> bool:
    """Whether some month is not as the oracle says."""
    for seed in range(MONTHS):
        try:
            Passing(month(Random(seed), leads=4, variant=variant)).run()
        except AssertionError:
            return True
    return False


def wrap(owner: Any, name: str, change: Callable[..., Any]) -> Patch:
    """In place of a function, `change` of the function and its arguments."""
    right = getattr(owner, name)

    def wrong(*arguments: Any, **named: Any) -> Any:
        return change(right, *arguments, **named)

    return lambda monkeypatch: monkeypatch.setattr(owner, name, wrong)


def charged(right: Callable[..., None], self: draft.Draft, effect: Effect) -> None:
    """A breach is charged to whoever has the lead now."""
    if effect.kind in ("Breached", "Closed Late"):
        effect = msgspec.structs.replace(effect, rep=self.before.owner_id)
    right(self, effect)


def forgetful(right: Callable[..., Any], self: Ladder, *rest: Any) -> Any:
    """The step that was done last is not remembered."""
    newest, committed, warned_at = right(self, *rest)
    return newest - (newest >= 0), committed and committed - timedelta(days=30), warned_at


def anybodys(right: Callable[..., Any], facts: Any, *rest: Any) -> Any:
    """Whoever talks with the lead is taken for its owner."""
    owner = facts.lead.owner_id
    talks = tuple(msgspec.structs.replace(one, by=one.by and owner) for one in facts.interactions)
    return right(msgspec.structs.replace(facts, interactions=talks), *rest)


def unsorted(right: Callable[..., Any], changes: Any) -> Any:
    return [one for one in right(changes) if one.field == "Status" or one.by != one.new]


def until_midnight(right: Callable[..., Any], self: WallClock, ordinal: int) -> Any:
    hours, closings = right(self, ordinal)
    return tuple((opens, min(closes, 86400)) for opens, closes in hours), closings


def no_reasons(right: Callable[..., None], held: draft.Draft) -> None:
    right(held)
    reasons = str(held.fields["reasons"])
    held.fields["reasons"] = "\n".join(line for line in reasons.split("\n") if "nothing" not in line)


def nothing(*arguments: Any, **named: Any) -> None:
    return None


MISTAKES: dict[str, tuple[str | None, Patch]] = {
    "a deadline is a second late": ("shipped", wrap(Ladder, "deadline", lambda f, *a: f(*a) + SECOND)),
    "a step is a second early": ("shipped", wrap(Ladder, "after", lambda f, *a: f(*a) - SECOND)),
    "a step comes twice": ("shipped", wrap(Ladder, "_done", forgetful)),
    "the wrong owner is charged": ("shipped", wrap(draft.Draft, "add", charged)),
    "a pause is ignored": ("on hold", wrap(clock, "stood_still", lambda f, *a: ())),
    "a clock that is silent speaks": ("shipped", wrap(Ladder, "is_void", lambda f, *a: False)),
    "a colleague's call counts as the owner's": ("shipped", wrap(life, "runs", anybodys)),
    "taking a lead is no change of owner": ("shipped", wrap(life, "_in_order", unsorted)),
    "the grace starts before the notice": (
        "shipped",
        wrap(
            Ladder, "_done", lambda f, *a: (*(found := f(*a))[:2], found[2] and found[2] - timedelta(days=3))
        ),
    ),
    "follow-ups come on days off": (
        "shipped",
        wrap(Calendar, "opening", lambda f, self, day: datetime.combine(day, NINE, ZoneInfo(self.tz))),
    ),
    "an answer does not end the attempts": (
        "shipped",
        wrap(
            cadence,
            "_attempts",
            lambda f, held, since: f([msgspec.structs.replace(one, answered=False) for one in held], since),
        ),
    ),
    "the next look is an hour late": (
        "shipped",
        wrap(display, "_next_check", lambda f, *a: f(*a) + timedelta(hours=1)),
    ),
    "a breach is never excused": (None, wrap(redress, "excuse", nothing)),
    "e-mail counts twice": (
        "email_message",
        wrap(
            Activities,
            "task",
            lambda f, self, row, **k: (
                f(self, row, **k) or ("email" if row["TaskSubtype"] == "Email" else None)
            ),
        ),
    ),
    "a rep is charged with the time in which sfsync was late": (None, wrap(blame, "_late", lambda f, *a: [])),
    "a rep is charged until sfsync has decided, not until it could be known": (
        None,
        wrap(
            blame,
            "_late",
            lambda f, ladder, run, start, end, ledger, pauses: f(
                ladder,
                run,
                start,
                end,
                [msgspec.structs.replace(row, committed_at=None) for row in ledger],
                pauses,
            ),
        ),
    ),
    "a rep is charged with pauses": (
        "on hold",
        wrap(blame, "split", lambda f, a, b, calendar, pauses, *rest: f(a, b, calendar, (), *rest)),
    ),
    "history that is missing is taken for none": (None, wrap(reader, "agrees", lambda f, *a: True)),
    "a lead that was deleted is acted on": (
        "shipped",
        wrap(rows, "lead", lambda f, *a: msgspec.structs.replace(f(*a), is_deleted=False)),
    ),
    "a lead that was converted is acted on": (
        "shipped",
        wrap(rows, "lead", lambda f, *a: msgspec.structs.replace(f(*a), is_converted=False)),
    ),
    "hours over midnight end at midnight": ("shipped", wrap(WallClock, "_day", until_midnight)),
    "a day with hours of its own is as others": (
        "shipped",
        wrap(WallClock, "_day", lambda f, self, ordinal: (self._week[(ordinal - 1) % 7], ())),
    ),
    "a run counts in the same hours whoever has the lead": (
        "territories",
        wrap(clock, "of_owner", lambda f, user: f(None)),
    ),
    "a clock gives all leads the same time": ("territories", wrap(Ladder, "timed", lambda f, self, *a: self)),
    "a territory's leads are anybody's": (
        "territories",
        wrap(
            routing, "_responsible", lambda f, values, rules, org: (routing.members(rules.reps, org), "all")
        ),
    ),
    "an absent rep is given leads": (
        "territories",
        wrap(
            routing,
            "_obstacle",
            lambda f, user, rules, *rest: f(user, rules.model_copy(update={"absences": []}), *rest),
        ),
    ),
    "a step tells the time in the zone of somebody else": (
        "shipped",
        wrap(words, "moment", lambda f, at, zone: f(at, "UTC")),
    ),
    "a clock whose warning was given is said to be on track": (
        "shipped",
        wrap(
            display,
            "_show_urgent",
            lambda f, draft, stand, label: f(draft, msgspec.structs.replace(stand, warned_at=None), label),
        ),
    ),
    "reasons are left out where a criterion gives nothing": (
        "shipped",
        wrap(bands, "score", no_reasons),
    ),
    "a run that is over is left open": ("shipped", wrap(ladder, "_settle", nothing)),
    "a new series of follow-ups begins with each contact": (
        "shipped",
        wrap(cadence, "_follow_up", lambda f, d, held, at: f(d, held[::-1], at)),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_oracle_finds_the_mistake(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variant, patch = MISTAKES[mistake]
    patch(monkeypatch)
    papers_of.policy.cache_clear()
    try:
        assert found(variant)
    finally:
        papers_of.policy.cache_clear()


def test_without_a_mistake_there_is_nothing_to_find() -> None:
    for seed in range(3):
        Passing(month(Random(seed), leads=4)).run()
