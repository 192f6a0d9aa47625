"""Would the org take what sfsync writes on a lead? It is sent, and nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from sfsync.core import assignment, evidence, routing
from sfsync.core.decide import decide
from sfsync.core.draft import Draft
from sfsync.core.mapping import OVER
from sfsync.core.model import Facts, Plan
from sfsync.errors import Config, Permanent
from sfsync.report.finding import Finding
from sfsync.salesforce import rehearsal
from sfsync.salesforce.reader import LeadReader, Observation
from sfsync.worker import Configuration, Worker

Write = tuple[str, Plan, str | None]
"""What it is, what is to be sent, and its evidence."""

_MOVES = {"open": "nurture", "nurture": "open"}
"""The stages between which sfsync moves a lead; one that a rep has accepted stays where it is."""


def rehearse(worker: Worker, lead_id: str) -> Iterator[Finding]:
    """Send what a run would write on this lead now; and what it may write later on, made up: a new owner, who is
    whoever would get the lead from its present one, and a new Status.

    Where the fields that a mapping names cannot be read, which is told elsewhere, only a write that changes nothing
    is sent. Raises Config where there is no such lead, and Permanent where none can be decided on.
    """
    configuration = worker.configuration()
    observed, all_read = _observed(worker, configuration, lead_id)
    if observed.unread:
        why = ", ".join(one.why for one in observed.unread.values())
        yield Finding("error", lead_id, f"sfsync cannot read this lead: {why}")
        return
    facts = next(iter(observed.facts.values()), None)
    if facts is None:
        raise Config(f"there is no lead {lead_id} in this org, or sfsync may not see it")
    writes: Iterator[Write] = iter([("made up", Plan(lead=facts.lead, sla=facts.lead.sla), None)])
    if all_read:
        writes = _writes(worker, configuration, facts, observed)
    for what, plan, kept in writes:
        told = rehearsal.rehearse(worker.session, plan, configuration.policy.hash, observed.now, kept)
        if told.refused is not None:
            yield Finding("error", lead_id, f"{what}: the org refuses {told.part}: {told.refused}")
            if plan.owner_id is None and plan.status is None:
                return  # of the others it would refuse the same
        elif told.accepted:
            yield Finding("ok", lead_id, f"{what}: {_joined(told.accepted)} would be accepted")
        else:
            message = f"{what}: nothing can be said: Salesforce did not come to the part that must fail"
            yield Finding("warning", lead_id, message)


def _observed(worker: Worker, configuration: Configuration, lead_id: str) -> tuple[Observation, bool]:
    """The lead as it is, and whether all was read that the policy asks for."""
    try:
        return worker.reader(configuration.policy).observe([lead_id]), True
    except Config:
        reader = LeadReader(worker.session, (), (), None, worker.identity().user_id, {})
        return reader.observe([lead_id]), False


def _writes(
    worker: Worker, configuration: Configuration, facts: Facts, observed: Observation
) -> Iterator[Write]:
    policy, org, now = configuration.policy, configuration.org_or_now(), observed.now
    loads, left = worker.reader(policy).loads(policy, now)
    try:
        plan = decide(facts, policy, org, now, loads, owner_changes_left=left)
        made_of = evidence.evidence(plan, facts, policy, org, now, loads, left)
    except Exception as error:
        raise Permanent(f"deciding on it fails ({type(error).__name__})", lead_id=facts.lead.id) from error
    if plan.effects:
        yield "due now", plan, evidence.written(made_of)
    else:
        yield "made up, as no step is due", plan, None
    applied = policy.applied(facts.lead.values, now)
    if applied is None or facts.lead.is_converted or facts.lead.is_deleted:
        return
    draft = Draft(facts, applied, org, now, loads, left)
    if not draft.clocked or draft.stage in OVER:
        return
    unchanged = Plan(lead=facts.lead, sla=facts.lead.sla)
    owner = _next_owner(draft)
    if plan.owner_id is None and owner is not None:
        moved = msgspec.structs.replace(unchanged, owner_id=owner)
        yield f"made up, as if it went to {draft.name(owner)}", moved, None
    status = applied.lead.status_for(_MOVES.get(draft.stage, ""))
    if plan.status is None and status is not None:
        moved = msgspec.structs.replace(unchanged, status=status)
        yield f"made up, as if its Status became {status}", moved, None


def _next_owner(draft: Draft) -> str | None:
    """Who would get the lead now from its present owner; None where it could only stay."""
    assert draft.loads is not None
    owner = draft.lead.owner_id
    never = assignment.failed_before(draft) | {owner}
    choice = routing.choose(draft.values, draft.policy, draft.org, draft.loads, draft.now, never=never)
    found = choice.user_id or routing.queue(draft.policy, draft.org)
    return found if found != owner else None


def _joined(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
