"""Why a lead stands where it stands: the same calculation as the decision, laid open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from sfsync.core import life
from sfsync.core.decide import decide
from sfsync.core.hindsight import as_of
from sfsync.core.ledger import Ledger
from sfsync.core.model import Facts, Loads, Org, Plan
from sfsync.core.policy import Policy

LOGGED_LATE = timedelta(minutes=5)
"""What was logged later than this after it took place is said to have been."""


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a clock, with what comes next; times are aware UTC. A pause that lasts has no end."""

    clock: str
    label: str
    run: str
    owner: str
    started_at: datetime
    due_at: datetime
    pauses: Sequence[tuple[datetime, datetime | None]]
    ended_at: datetime | None
    ended_by: str | None
    enforced: bool
    warned_at: datetime | None
    next_step: str | None
    next_at: datetime | None


class Moment(msgspec.Struct, frozen=True):
    """One line of the lead's story."""

    at: datetime
    what: str
    who: str
    policy: str | None = None


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
) -> Explanation:
    """The explanation of this lead at `read_at`, or as it stood or would stand at `at` (core/hindsight.py).

    `versions` are those of published policies by hash. Raises ValueError when the lead was not there at `at`.
    """
    now = at or read_at
    if at is not None:
        facts = as_of(facts, at)
    lead = facts.lead
    whole, policy = policy, policy.applied(lead.values, now) or policy
    scored = policy.scorer.score(policy.values(facts, now))
    plan = decide(facts, whole, org, now, loads)
    return Explanation(
        lead_id=lead.id,
        now=now,
        owner=_who(org, lead.owner_id),
        status=lead.status,
        stage="converted" if lead.is_converted else policy.lead.stage(lead.status),
        score=scored.total,
        band=policy.scorer.band(scored, lead.sla.band).band,
        reasons=scored.reasons.splitlines(),
        clocks=_clocks(facts, policy, Ledger(facts.ledger).enforced(org), now),
        timeline=_timeline(facts, org, now),
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


def _clocks(facts: Facts, policy: Policy, org: Org, now: datetime) -> list[ClockView]:
    ledger = Ledger(facts.ledger, policy.renamed)
    found = life.runs(facts, ledger.bands, facts.lead.sla.band, policy, org.worker_id, now)
    values = policy.lead.apply(facts.lead.values)
    views = []
    for ladder in policy.ladders:
        for run in found[ladder.name]:
            entries = ledger.of_run(ladder.name, run.id)
            stand = ladder.timed(run, values, org).standing(run, entries, now)
            counting = run.ended_at is None
            views.append(
                ClockView(
                    clock=ladder.name,
                    label=ladder.clock.label,
                    run=run.id,
                    owner=_who(org, run.owner_id),
                    started_at=stand.start,
                    due_at=stand.deadline,
                    pauses=run.pauses,
                    ended_at=run.ended_at,
                    ended_by=run.cause,
                    enforced=run.started_at >= org.enforce_from,
                    warned_at=stand.warned_at,
                    next_step=stand.next_step.step if counting and stand.next_step else None,
                    next_at=stand.next_at if counting else None,
                )
            )
    return views


def _timeline(facts: Facts, org: Org, now: datetime) -> list[Moment]:
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
        story.append(Moment(entry.occurred_at, f"{entry.kind}{about}", _who(org, entry.rep), entry.policy))
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
