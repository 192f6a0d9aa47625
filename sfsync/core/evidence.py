"""The evidence of a decision: what it was made of, so that anybody can make it again (design.md section 6).

It stands on every ledger row that the decision wrote, in Salesforce only: it holds personal data. The text is
`1:` and base64 of zlib of JSON, the same for the same decision; where it does not fit into its field, a
sentence beginning with `- ` says so instead.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from sfsync.core import routing
from sfsync.core.calendar_language import calendar_key
from sfsync.core.decide import decide
from sfsync.core.hours import Calendar
from sfsync.core.model import Effect, Facts, Loads, Org, Plan
from sfsync.core.policy import Policy

ENGINE = "3"
"""The version of the rules that sfsync/core decides by. It is raised whenever the same evidence may lead to other
effects; tests/core/test_evidence.py holds decisions that were made under it, and says when that is.

2: runs that are over are closed before a lead is routed; who takes a lead from a queue has accepted it, and owes the
other clocks what they ask for; a run that was met stays met when what met it is gone; a new band ends no clock that
stands still; times and calendars by activities count although no score asks for any; a late entry is written down of
a lead that is over, too; the age that a clock's time asks for is that at the run's beginning.
3: minutes are the rep's only from when the org had the notice; a step's words leave out the time in which its clock
stood still; a policy that leaves more time excuses nobody who was late under the one before; regular expressions are
RE2's; a row of a step that the policy has not stands for the last one with its event that had been due.
"""

LONGEST = 131_072
"""Characters that Evidence__c holds."""

_FORMAT = "1:"
_INSTEAD = "- "


class EvidenceError(ValueError):
    """Raised when a text is no evidence that can be read; its words say why."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One decision: all that went into it but the policy's text, and what came out.

    Attributes:
        engine, policy: the version of the rules, and the hash of the policy.
        org: as much of the org's people and queues as decides the same.
        loads: None where nobody was to be chosen.
        calendars: those of the policy that the org was asked for, as a Calendar's arguments.
        effects: what was decided.
        business_hours: what stood in the place of `calendars` before holidays were joined: the org's
            BusinessHours that the policy names, by that name.
    """

    engine: str
    policy: str
    now: datetime
    facts: Facts
    org: Org
    loads: Loads | None
    owner_changes_left: int | None
    effects: tuple[Effect, ...]
    calendars: Mapping[str, dict[str, Any]] = {}
    business_hours: Mapping[str, dict[str, Any]] = {}


def evidence(
    plan: Plan,
    facts: Facts,
    policy: Policy,
    org: Org,
    now: datetime,
    loads: Loads | None = None,
    owner_changes_left: int | None = None,
) -> Evidence:
    """The evidence of a plan that was decided from these.

    People who have nothing to do with it are left out, as far as deciding without them comes to the same.
    """
    applied = policy.applied(facts.lead.values, now) or policy
    few = _concerned(plan, facts, applied, org, loads)
    few_loads = _loads_of(few, loads)
    again = decide(facts, policy, few, now, few_loads, owner_changes_left=owner_changes_left)
    same = again.effects == plan.effects
    return Evidence(
        engine=ENGINE,
        policy=policy.hash,
        now=now,
        facts=facts,
        org=few if same else org,
        loads=few_loads if same else loads,
        owner_changes_left=owner_changes_left,
        calendars={
            calendar_key(directory, name): each.calendars[name].to_dict()
            for directory, each in (("", policy), *((one.name, one.policy) for one in policy.further))
            for name, one in each.sla.calendars.items()
            if one.asks_the_org
        },
        effects=plan.effects,
    )


def written(found: Evidence) -> str:
    """The evidence as its field holds it, at most LONGEST characters."""
    packed = zlib.compress(msgspec.json.encode(found, order="deterministic"), 9)
    text = _FORMAT + b64encode(packed).decode("ascii")
    if len(text) > LONGEST:
        return f"{_INSTEAD}left out: it takes {len(text)} characters, and the field holds {LONGEST}"
    return text


def left_out(why: str) -> str:
    """What stands in the field of a decision whose evidence cannot be written."""
    return f"{_INSTEAD}left out: {why}"


def read(text: str) -> Evidence:
    """The evidence in a field's text; raises EvidenceError when there is none."""
    if text.startswith(_INSTEAD):
        raise EvidenceError(text.removeprefix(_INSTEAD))
    if not text.startswith(_FORMAT):
        raise EvidenceError("it is not written as this version of sfsync writes it")
    try:
        packed = b64decode(text.removeprefix(_FORMAT), validate=True)
        return msgspec.json.decode(zlib.decompress(packed), type=Evidence)
    except (ValueError, zlib.error) as error:
        raise EvidenceError(f"it is damaged ({type(error).__name__})") from None


def replay(found: Evidence, policy: Policy) -> Plan:
    """What this version of sfsync decides from the evidence; `policy` has the evidence's calendars."""
    return decide(
        found.facts,
        policy,
        found.org,
        found.now,
        found.loads,
        owner_changes_left=found.owner_changes_left,
    )


def calendars(found: Evidence) -> dict[str, Calendar]:
    """The policy's calendars as they were, by `calendar_key`; see sfsync/mappings/calendars.py: kept."""
    before = {f"BusinessHours {name}": written_out for name, written_out in found.business_hours.items()}
    return {name: Calendar(**written_out) for name, written_out in (before | {**found.calendars}).items()}


def _concerned(plan: Plan, facts: Facts, policy: Policy, org: Org, loads: Loads | None) -> Org:
    """The org with those of its users who may have a part in this decision, and their managers."""
    rules = policy.routing
    wanted = set(_named(plan, facts))
    groups = [rules.managers, rules.executive]
    if loads is not None:
        groups += [rules.reps, *(one.reps for one in (*rules.territories, *rules.expertise))]
    for people in groups:
        wanted.update(user.id for user in routing.members(people, org))
    owners = {band.owner.casefold() for band in policy.scoring.bands if band.owner is not None}
    wanted.update(user.id for user in org.users.values() if user.username.casefold() in owners)
    known = [org.users[id_] for id_ in wanted if id_ in org.users]
    wanted.update(user.manager_id for user in known if user.manager_id is not None)
    users = {id_: user for id_, user in org.users.items() if id_ in wanted}
    return msgspec.structs.replace(org, users=users)


def _named(plan: Plan, facts: Facts) -> Iterator[str]:
    """The ids of everybody whom facts or effects name."""
    yield facts.lead.owner_id
    for change in facts.changes:
        yield from (id_ for id_ in (change.old, change.new, change.by) if id_ is not None)
    yield from (one.by for one in facts.interactions)
    yield from (task.owner_id for task in facts.open_tasks)
    for entry in facts.ledger:
        yield from (id_ for id_ in (entry.rep, entry.from_user, entry.to_user) if id_ is not None)
    for effect in plan.effects:
        yield from (id_ for id_ in (effect.rep, effect.from_user, effect.to_user) if id_ is not None)
        yield from effect.mentions
        if effect.task is not None:
            yield effect.task.owner_id


def _loads_of(org: Org, loads: Loads | None) -> Loads | None:
    if loads is None:
        return None
    return Loads(
        {id_: number for id_, number in loads.open_leads.items() if id_ in org.users},
        {id_: at for id_, at in loads.last_given.items() if id_ in org.users},
    )
