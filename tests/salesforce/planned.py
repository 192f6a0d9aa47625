"""Plans to carry out, and what is sent of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sfsync.core.decide import decide
from sfsync.core.model import Plan
from sfsync.ports import Reply
from tests.inprocess import Send, World, begun


def plans_for(world: World, ids: Sequence[str]) -> list[Plan]:
    """What the policy wants for these leads now; none of them is routed."""
    worker = world.worker()
    configuration = worker.configuration()
    reader = worker.reader(configuration.policy)
    found: list[Plan] = []
    for start in range(0, len(ids), 200):
        observed = reader.observe(ids[start : start + 200])
        found += [
            decide(facts, configuration.policy, configuration.org(), observed.now)
            for facts in observed.facts.values()
        ]
    return found


def with_effects(number: int) -> tuple[World, list[Plan]]:
    """Leads that have just entered a band, with a Task and a ledger row each to be written."""
    world = begun()
    ids = world.create_leads(number, CreatedDate=world.org.clock.now())
    plans = plans_for(world, ids)
    assert all(len(plan.effects) == 1 for plan in plans)
    return world, plans


def with_fields(number: int) -> tuple[World, list[Plan]]:
    """Leads whose fields are to be written and nothing else."""
    world = World()
    ids = world.create_leads(number)
    world.once()
    world.advance(minutes=1)
    for row in world.org.database.table("Lead").rows.values():
        world.org.database.table("Lead").put({**row, "SLA_Budget__c": "Approved"})
    plans = plans_for(world, ids)
    assert not any(plan.effects for plan in plans)
    return world, plans


def bodies(world: World, path: str, act: Any) -> list[dict[str, Any]]:
    """The bodies of the requests to this path that `act` sends."""
    sent: list[dict[str, Any]] = []

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        if asked.endswith(path):
            sent.append(json.loads(body or b"{}"))
        return send()

    with world.interposed(interpose):
        act()
    return sent


def answering(world: World, path: str, change: Any) -> dict[str, Any]:
    """To interpose: the replies of this call, as `change` makes them of what the org says."""

    def interpose(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if not asked.endswith(path):
            return reply
        decoded = json.loads(reply.body)
        return Reply(reply.status, reply.headers, json.dumps(change(decoded)).encode())

    return {"interpose": interpose}
