"""Why a lead stands where it stands: the same calculation as the decision, laid open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from sfsync.core import cadence, life
from sfsync.core.clock import Ladder, Run, Standing, stood_still
from sfsync.core.decide import decide
from sfsync.core.draft import Draft
from sfsync.core.hindsight import as_of
from sfsync.core.ladder import was_met
from sfsync.core.model import Entry, Facts, Kind, Loads, Org, Plan
from sfsync.core.policy import Policy

LOGGED_LATE = timedelta(minutes=5)
"""What was logged later than this after it took place is said to have been."""

_ENDS = {Kind.EXCUSED: "excused: over in time", Kind.MET: "met", Kind.CLOSED_LATE: "over, too late"}
"""What the ends of a run in the ledger mean, the one that counts first."""


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a clock, with what comes next; times are aware UTC. A pause that lasts has no end.

    Attributes:
        state: how it stands, in words.
        enforced: it began after the policy was first enforced; otherwise nothing is done about it.
        left_out: steps whose time is past and that are never done, each with why.
    """

    clock: str
    label: str
    run: str
    owner: str
    state: str
    started_at: datetime
    due_at: datetime
    pauses: Sequence[tuple[datetime, datetime | None]]
    ended_at: datetime | None
    ended_by: str | None
    enforced: bool
    warned_at: datetime | None
    next_step: str | None
    next_at: datetime | None
    left_out: Sequence[str]


class FollowUpView(msgspec.Struct, frozen=True):
    """The follow-up that comes next (P9): its step, when its Task is due, and the first contact that it counts from."""

    label: str
    step: str
    due_at: datetime
    first_contact: datetime


class Moment(msgspec.Struct, frozen=True):
    """One line of the lead's story; `detail` is what the ledger's row says."""

    at: datetime
    what: str
    who: str
    policy: str | None = None
    detail: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a person needs to check a decision by hand.

    Attributes:
        now: the moment that is explained; `read_at` is when the facts were read.
        policy: the hash of the policy that it is explained by; `policies` has the version of each policy that
            the timeline names, by hash, as far as the org keeps it.
    """

    lead_id: str
    now: datetime
    owner: str
    status: str
    stage: str
    score: int
    band: str
    reasons: list[str]
    clocks: list[ClockView]
    next_follow_up: FollowUpView | None
    timeline: list[Moment]
    would_do: list[str]
    next_check: datetime | None
    policy: str
    applied: str | None
    left_alone: bool
    read_at: datetime
    policies: Mapping[str, str]


def explain(
    facts: Facts,
    policy: Policy,
    org: Org,
    read_at: datetime,
    loads: Loads,
    *,
    at: datetime | None = None,
    versions: Mapping[str, str] = {},
    details: Mapping[str, str] = {},
) -> Explanation:
    """The explanation of this lead at `read_at`, or as it stood or would stand at `at` (core/hindsight.py).

    `versions` are those of published policies by hash, `details` what the ledger's rows say by their Ids.
    Raises ValueError when the lead was not there at `at`.
    """
    now = at or read_at
    if at is not None:
        facts = as_of(facts, at)
    lead = facts.lead
    whole, policy = policy, policy.applied(lead.values, now) or policy
    draft = Draft(facts, policy, org, now, loads, None)
    scored = policy.scorer.score(draft.values)
    plan = decide(facts, whole, org, now, loads)
    return Explanation(
        lead_id=lead.id,
        now=now,
        owner=_who(org, lead.owner_id),
        status=lead.status,
        stage="converted" if lead.is_converted else draft.stage,
        score=scored.total,
        band=policy.scorer.band(scored, draft.band).band,
        reasons=scored.reasons.splitlines(),
        clocks=_clocks(draft),
        next_follow_up=_next_follow_up(draft, plan),
        timeline=_timeline(facts, org, now, details),
        would_do=_would_do(plan, org),
        next_check=plan.next_check,
        policy=whole.hash,
        applied=next((one.name for one in whole.further if one.policy is policy), None),
        left_alone=plan.left_alone,
        read_at=read_at,
        policies=versions,
    )


def _who(org: Org, id_: str | None) -> str:
    if id_ is None:
        return ""
    user = org.users.get(id_)
    return user.name if user is not None else org.queues.get(id_, id_)


def _next_follow_up(draft: Draft, plan: Plan) -> FollowUpView | None:
    rules = draft.policy.sla.follow_ups
    if rules is None or plan.left_alone or not draft.clocked or draft.lead.is_converted:
        return None
    coming = cadence.next_follow_up(draft)
    if coming is None:
        return None
    first_contact, step, due_at = coming
    return FollowUpView(rules.label, step, due_at, first_contact)


def _clocks(draft: Draft) -> list[ClockView]:
    """All runs of all clocks, timed with what the decision is made of; those from before enforcement too."""
    policy, org, now = draft.policy, draft.org, draft.now
    found = life.runs(draft.facts, draft.ledger.bands, draft.band, policy, org.worker_id, now)
    views = []
    for ladder in policy.ladders:
        for run in found[ladder.name]:
            entries = draft.entries(run)
            timed = ladder.timed(run, draft.values, org)
            stand = timed.standing(run, entries, now)
            enforced = run.started_at >= org.enforce_from
            state = _state(run, timed, entries, stand.deadline, now)
            coming = enforced and run.ended_at is None and not timed.is_void(run, stand.deadline)
            views.append(
                ClockView(
                    clock=ladder.name,
                    label=ladder.clock.label,
                    run=run.id,
                    owner=_who(org, run.owner_id),
                    state=state if enforced else f"{state}; began before enforcement: nothing is done",
                    started_at=stand.start,
                    due_at=stand.deadline,
                    pauses=run.pauses,
                    ended_at=run.ended_at,
                    ended_by=run.cause,
                    enforced=enforced,
                    warned_at=stand.warned_at,
                    next_step=stand.next_step.step if coming and stand.next_step else None,
                    next_at=stand.next_at if coming else None,
                    left_out=[*_left_out(timed, stand, entries, now)] if coming and not run.is_paused else [],
                )
            )
    return views


def _left_out(ladder: Ladder, stand: Standing, entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    """The steps of a run that counts whose time is past, that were not done and are not to come, each with why."""
    pauses = stood_still(stand.run, now) if stand.run.pauses else ()
    done = {ladder.position(entry, stand.start, pauses) for entry in entries}
    newest = max((index for index in done if index is not None), default=-1)
    coming = {step.step for step, _ in stand.due} | ({stand.next_step.step} if stand.next_step else set())
    for index, rung in enumerate(ladder.rungs):
        own = ladder.after(stand.start, rung, pauses)
        if own > now or index in done or rung.step.step in coming:
            continue
        if index < newest:
            why = "a later one was done in its place"
        elif now - own > ladder.max_lateness:
            why = "it fell due longer ago than `max_lateness`"
        else:
            why = "its time was past when the one before it was done"
        yield f"{rung.step.step}: {why}"


def _state(run: Run, ladder: Ladder, entries: Sequence[Entry], deadline: datetime, now: datetime) -> str:
    """How this run stands, in words; where the ledger has its end, as the ledger has it."""
    kinds = {entry.kind for entry in entries}
    for kind, words in _ENDS.items():
        if kind in kinds:
            return words
    void = ladder.is_void(run, deadline)
    if run.ended_at is None:
        if void:
            return "says nothing in this stage: another clock counts the same time"
        if run.is_paused:
            return "stands still"
        return "overdue" if now >= deadline else "counts"
    if run.ended_at > deadline:
        return "over, without a verdict" if void else "over, too late"
    return "met" if was_met(run, ladder) else "over, without a verdict"


def _timeline(facts: Facts, org: Org, now: datetime, details: Mapping[str, str]) -> list[Moment]:
    story = [Moment(facts.lead.created_at, "created", "")]
    for change in facts.changes:
        old, new = change.old or "", change.new or ""
        if change.field == "Owner":
            old, new = _who(org, change.old), _who(org, change.new)
        story.append(Moment(change.at, f"{change.field}: {old} → {new}", _who(org, change.by)))
    for one in facts.interactions:
        who = _who(org, one.by) if one.by else "the lead"
        late = f", logged {one.known_at:%Y-%m-%d %H:%M}" if one.known_at - one.at > LOGGED_LATE else ""
        what = "will be held" if one.at > now else "took place"
        story.append(Moment(one.at, f"{one.kind} {what}{late}", who))
    for entry in facts.ledger:
        about = f" ({entry.clock} {entry.step or ''})".replace(" )", ")") if entry.clock else ""
        who, detail = _who(org, entry.rep), details.get(entry.id, "")
        story.append(Moment(entry.occurred_at, f"{entry.kind}{about}", who, entry.policy, detail))
    return sorted(story, key=lambda moment: moment.at)


def _would_do(plan: Plan, org: Org) -> list[str]:
    lines = [f"{effect.kind.value}: {effect.detail}" for effect in plan.effects]
    if plan.status is not None:
        lines.append(f"Status → {plan.status}")
    if plan.owner_id is not None:
        lines.append(f"Owner → {_who(org, plan.owner_id)}")
    if plan.withheld is not None:
        lines.append(f"Withheld: {plan.withheld}")
    return lines
