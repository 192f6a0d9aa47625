"""Why a lead stands where it stands: the same calculation as the decision, laid open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from sfsync.core import cadence, life
from sfsync.core.clock import Ladder, Run, Standing, stood_still
from sfsync.core.decide import decided
from sfsync.core.draft import Draft
from sfsync.core.hindsight import as_of
from sfsync.core.ladder import counting, was_met
from sfsync.core.ledger import is_settled
from sfsync.core.model import Entry, Facts, Kind, Loads, Org, Plan
from sfsync.core.policy import Policy
from sfsync.core.scoring import Part

LOGGED_LATE = timedelta(minutes=5)
"""What was logged later than this after it took place is said to have been."""

_ENDS = {Kind.EXCUSED: "excused: over in time", Kind.MET: "met", Kind.CLOSED_LATE: "over, too late"}
"""What the ends of a run in the ledger mean, the one that counts first."""


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a clock, with what comes next; times are aware UTC. A pause that lasts has no end.

    Attributes:
        run: its name; None where the lead's history is not known, and with it what began the run, when it began
            and when it is due.
        state: how it stands, in words.
        idle: why nothing is done about it, in words; None where something may be, or was.
        enforced: it began after the policy was first enforced; otherwise nothing is done about it.
        next_step, next_at: what `decide` does at which time if nothing else happens; None where it does nothing.
        left_out: steps whose time is past and that are never done, each with why.
    """

    clock: str
    label: str
    run: str | None = None
    owner: str
    state: str
    idle: str | None = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    pauses: Sequence[tuple[datetime, datetime | None]] = ()
    ended_at: datetime | None = None
    ended_by: str | None = None
    enforced: bool = True
    warned_at: datetime | None = None
    next_step: str | None = None
    next_at: datetime | None = None
    left_out: Sequence[str] = ()


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
        idle: why no clock of this lead counts, in words; None where clocks do.
        criteria: the points of each criterion, and of each of its rules that counted.
        halted: why runs do nothing at all in this org, so that all that follows is what they would do otherwise.
        refused: why the org refused the worker's last write, as it stands on the lead; None where it did not.
    """

    lead_id: str
    now: datetime
    owner: str
    status: str
    stage: str
    score: int
    band: str
    reasons: list[str]
    criteria: list[Part]
    clocks: list[ClockView]
    next_follow_up: FollowUpView | None
    timeline: list[Moment]
    would_do: list[str]
    next_check: datetime | None
    policy: str
    applied: str | None
    left_alone: bool
    idle: str | None
    halted: str | None
    refused: str | None
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
    halted: str | None = None,
    versions: Mapping[str, str] = {},
    details: Mapping[str, str] = {},
) -> Explanation:
    """The explanation of this lead at `read_at`, or as it stood or would stand at `at` (core/hindsight.py).

    `halted` says why runs do nothing in this org, if they do not. `versions` are those of published policies by
    hash, `details` what the ledger's rows say by their Ids.
    Raises ValueError when the lead was not there at `at`.
    """
    now = at or read_at
    if at is not None:
        facts = as_of(facts, at)
    lead = facts.lead
    whole, policy = policy, policy.applied(lead.values, now) or policy
    draft = Draft(facts, policy, org, now, loads, None)
    scored = policy.scorer.score(draft.values)
    after, plan = decided(facts, whole, org, now, loads)
    idle = _idle(draft, plan)
    return Explanation(
        lead_id=lead.id,
        now=now,
        owner=_who(org, lead.owner_id),
        status=lead.status,
        stage="converted" if lead.is_converted else draft.stage,
        score=scored.total,
        band=policy.scorer.band(scored, draft.band).band,
        reasons=scored.reasons.splitlines(),
        criteria=policy.scorer.parts(draft.values),
        clocks=[] if plan.left_alone else _clocks(draft, after, idle),
        next_follow_up=_next_follow_up(after, plan),
        timeline=_timeline(facts, org, now, details),
        would_do=_would_do(plan, org),
        next_check=plan.next_check,
        policy=whole.hash,
        applied=next((one.name for one in whole.further if one.policy is policy), None),
        left_alone=plan.left_alone,
        idle=idle,
        halted=halted,
        refused=lead.sla.sync_error,
        read_at=read_at,
        policies=versions,
    )


def _idle(draft: Draft, plan: Plan) -> str | None:
    """Why no clock of this lead counts; None where clocks do."""
    lead = draft.lead
    if plan.left_alone:
        return "no policy applies to this lead"
    if lead.is_deleted:
        return "the lead is deleted"
    if lead.exempt:
        return "the lead is exempt (SLA_Exempt__c)"
    if lead.is_converted:
        return "the lead is converted"
    if draft.is_over:
        return f"the lead is over (stage {draft.stage})"
    if not draft.facts.history_known:
        return (
            "the lead's history is not known: it does not lead to the owner and the status that the lead has"
        )
    return None


def _who(org: Org, id_: str | None) -> str:
    if id_ is None:
        return ""
    user = org.users.get(id_)
    return user.name if user is not None else org.queues.get(id_, id_)


def _next_follow_up(after: Draft, plan: Plan) -> FollowUpView | None:
    """The follow-up that the plan makes now, else the one that comes next once it is carried out."""
    rules = after.policy.sla.follow_ups
    if rules is None or not after.clocked or after.is_over:
        return None
    for effect in plan.effects:
        if effect.kind == Kind.ATTEMPT_DUE and effect.step and effect.due_at and effect.started_at:
            return FollowUpView(rules.label, effect.step, effect.due_at, effect.started_at)
    coming = cadence.next_follow_up(after)
    if coming is None:
        return None
    first_contact, step, due_at = coming
    return FollowUpView(rules.label, step, due_at, first_contact)


def _clocks(draft: Draft, after: Draft, idle: str | None) -> list[ClockView]:
    """All runs of all clocks as they stand, those from before enforcement too, with what the decision promises.

    What comes next is taken from the draft that the decision leaves: a run that the plan itself ends, or of a lead
    that no effect may touch, has nothing to come.
    """
    if not draft.facts.history_known:
        return [*_unknown(draft, idle)]
    policy, org, now = draft.policy, draft.org, draft.now
    found = life.runs(draft.facts, draft.ledger.bands, draft.band, policy, org.worker_id, now)
    promised = {
        (stand.run.clock, stand.run.id): stand
        for _, stand in (() if after.is_over else counting(after))
        if not stand.run.is_paused
    }
    views = []
    for ladder in policy.ladders:
        for run in found[ladder.name]:
            entries = draft.entries(run)
            timed = ladder.timed(run, draft.values, org)
            stand = timed.standing(run, entries, now)
            enforced = run.started_at >= org.enforce_from
            why = _run_idle(draft, run, entries, idle)
            coming = promised.get((run.clock, run.id))
            views.append(
                ClockView(
                    clock=ladder.name,
                    label=ladder.clock.label,
                    run=run.id,
                    owner=_who(org, run.owner_id),
                    state=_state(run, timed, entries, stand.deadline, now, why),
                    idle=why,
                    started_at=stand.start,
                    due_at=stand.deadline,
                    pauses=run.pauses,
                    ended_at=run.ended_at,
                    ended_by=run.cause,
                    enforced=enforced,
                    warned_at=stand.warned_at,
                    next_step=coming.next_step.step if coming is not None and coming.next_step else None,
                    next_at=coming.next_at if coming is not None else None,
                    left_out=[*_left_out(timed, stand, entries, now)] if coming is not None else [],
                )
            )
    return views


def _run_idle(draft: Draft, run: Run, entries: Sequence[Entry], idle: str | None) -> str | None:
    """Why nothing is done about this run; `idle` is why, where it is so of the whole lead.

    A run that is over is still written down when the lead is, unless nothing may touch it.
    """
    if is_settled(entries):
        return None
    since = draft.org.enforce_from
    if run.started_at < since:
        return f"it began before enforcement (from {since:%Y-%m-%d %H:%M:%S} UTC)"
    return idle if run.ended_at is None or not draft.clocked else None


def _unknown(draft: Draft, idle: str | None) -> Iterator[ClockView]:
    """The clocks that run for a lead as it stands, where nobody knows since when."""
    lead, nurture = draft.lead, draft.band in draft.policy.life.nurture
    for ladder in draft.policy.ladders:
        if ladder.counts(draft.stage, draft.rep is None, nurture, taken=False):
            yield ClockView(
                clock=ladder.name,
                label=ladder.clock.label,
                owner=_who(draft.org, lead.owner_id),
                state=f"does not count: {idle}",
                idle=idle,
            )


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


def _state(
    run: Run, ladder: Ladder, entries: Sequence[Entry], deadline: datetime, now: datetime, idle: str | None
) -> str:
    """How this run stands, in words; where the ledger has its end, as the ledger has it."""
    if idle is not None:
        if run.ended_at is None:
            return f"does not count: {idle}"
        return f"{_state(run, ladder, entries, deadline, now, None)}; nothing is done about it: {idle}"
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
