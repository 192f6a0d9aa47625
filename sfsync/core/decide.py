"""The decision: facts, policy and now in, a plan out. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from sfsync.core import assignment, bands, cadence, display, ladder
from sfsync.core.draft import Draft
from sfsync.core.model import Facts, Loads, Org, Plan, SlaStatus
from sfsync.core.policy import Policy

RETRY_ROUTING = timedelta(minutes=15)
"""A lead that nobody could take is tried again after this long: a rep may be free by then."""


def decide(
    facts: Facts,
    policy: Policy,
    org: Org,
    now: datetime,
    loads: Loads | None = None,
    *,
    owner_changes_left: int | None = None,
) -> Plan:
    """What is to be done about this lead at `now` (aware UTC, Salesforce's clock).

    `loads` are needed only where somebody has to be chosen: without them such a plan comes back with
    `needs_routing`. `owner_changes_left` is what the blast radius still allows; None means it was not asked.

    Deciding on the facts that the plan leaves behind finds no effect. Where something can only be done once
    the plan's own records have their Ids, `next_check` is `now`.
    """
    return decided(facts, policy, org, now, loads, owner_changes_left)[1]


def decided(
    facts: Facts,
    policy: Policy,
    org: Org,
    now: datetime,
    loads: Loads | None = None,
    owner_changes_left: int | None = None,
) -> tuple[Draft, Plan]:
    """The draft as the decision leaves it, and the plan that `decide` makes of it."""
    lead = facts.lead
    applied = policy.applied(lead.values, now)
    draft = Draft(facts, applied or policy, org, now, loads, owner_changes_left)
    if lead.is_deleted:
        draft.clocked = False
        return draft, Plan(lead=lead, sla=lead.sla)
    if applied is None:
        return draft, _left_alone(draft)
    over = draft.is_over
    if not over:
        bands.score(draft)
        if draft.clocked:
            bands.enter_band(draft)
            ladder.close_runs(draft)
            assignment.route(draft)
        else:
            bands.show_band(draft)
    if draft.clocked:
        ladder.run_clocks(draft)
        cadence.enter_late(draft)
        if not over:
            cadence.follow_up(draft)
    return draft, _plan(draft, over)


def _left_alone(draft: Draft) -> Plan:
    """No policy is for this lead: no score, no clock, no effect; only when to look again stands on it."""
    draft.clocked = False
    return msgspec.structs.replace(_plan(draft, draft.is_over), left_alone=True)


def _plan(draft: Draft, over: bool) -> Plan:
    """The finished plan; the fields are those of the draft."""
    before, lead = draft.before, draft.lead
    if over:
        display.show_status(draft, SlaStatus.NOT_APPLICABLE)
        draft.fields |= {"next_check": None, "sync_error": None}
        next_check = None
    else:
        display.show(draft)
        next_check = _next_check(draft)
    return Plan(
        lead=before,
        effects=tuple(draft.effects),
        owner_id=lead.owner_id if lead.owner_id != before.owner_id else None,
        status=lead.status if lead.status != before.status else None,
        sla=before.sla if before.is_converted else draft.sla(),
        next_check=next_check,
        needs_routing=draft.needs_routing,
        withheld=draft.withheld,
        closes=cadence.settled_tasks(draft) if draft.clocked else (),
    )


def _next_check(draft: Draft) -> datetime | None:
    """When to look again: sooner than the lead says, where something waits for others."""
    if draft.look_again:
        return draft.now
    written = draft.fields["next_check"]
    assert isinstance(written, datetime)
    return min(draft.now + RETRY_ROUTING, written) if draft.waits else written
