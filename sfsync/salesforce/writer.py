"""Carries plans out: one atomic graph for each lead with effects, collections for the rest.

A lead's graph holds its Tasks, its ledger rows and the Lead's own patch: all or nothing. The ledger's unique
keys and the guard rules of salesforce/ decide whether it happens; what they refuse is Stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from sfsync.core.model import Effect, Lead, Plan
from sfsync.errors import SfsyncError, Transient
from sfsync.salesforce import rows
from sfsync.salesforce.composite import QUERIES_A_CALL, RECORDS_A_COLLECTION, Result, Subrequest, composite
from sfsync.salesforce.failures import HALTED, classify
from sfsync.salesforce.names import EVENT, GUARD, MINUTES, REVISION
from sfsync.salesforce.session import Session
from sfsync.salesforce.wire import KEEP_OWNER

GRAPHS_A_CALL = 75
NODES_A_CALL = 500


class Outcome(msgspec.Struct, frozen=True):
    """How one lead's plan went.

    Attributes:
        error: None when it was carried out.
        to_post: the ledger rows it wrote that have a post to make.
    """

    error: SfsyncError | None = None
    to_post: tuple[str, ...] = ()


def write(
    session: Session, plans: Sequence[Plan], policy_hash: str, evidence: Mapping[str, str] = {}
) -> dict[str, Outcome]:
    """Carry out these plans; an outcome for each lead. `evidence` is what its ledger rows keep, by lead.

    Raises Transient (maybe_done) when a call's reply was lost: observe and decide again, the ledger knows.
    """
    outcomes: dict[str, Outcome] = {}
    for plan in plans:
        if not plan.effects and not plan.changes_fields:
            outcomes[plan.lead.id] = Outcome()
    with_effects = [plan for plan in plans if plan.effects]
    for batch in _packed(with_effects):
        outcomes |= _write_graphs(session, batch, policy_hash, evidence)
    fields_only = [plan for plan in plans if not plan.effects and plan.changes_fields]
    for start in range(0, len(fields_only), RECORDS_A_COLLECTION * QUERIES_A_CALL):
        outcomes |= _write_fields(session, fields_only[start : start + RECORDS_A_COLLECTION * QUERIES_A_CALL])
    return outcomes


def _packed(plans: Sequence[Plan]) -> Iterator[list[Plan]]:
    batch: list[Plan] = []
    nodes = 0
    for plan in plans:
        size = 1 + sum(1 + bool(effect.task) + bool(effect.uncounts) for effect in plan.effects)
        if batch and (len(batch) == GRAPHS_A_CALL or nodes + size > NODES_A_CALL):
            yield batch
            batch, nodes = [], 0
        batch.append(plan)
        nodes += size
    if batch:
        yield batch


class _GraphResponse(msgspec.Struct, rename="camel"):
    composite_response: list[Result]


class _Graph(msgspec.Struct, rename="camel"):
    graph_id: str
    graph_response: _GraphResponse
    is_successful: bool


class _Graphs(msgspec.Struct):
    graphs: list[_Graph]


def _write_graphs(
    session: Session, plans: Sequence[Plan], policy_hash: str, evidence: Mapping[str, str]
) -> dict[str, Outcome]:
    """Graphs that were not even tried (behind 14 failures the rest is halted) are sent again."""
    outcomes: dict[str, Outcome] = {}
    remaining = list(plans)
    while remaining:
        body = {
            "graphs": [
                {
                    "graphId": plan.lead.id,
                    "compositeRequest": subrequests(session, plan, policy_hash, evidence.get(plan.lead.id)),
                }
                for plan in remaining
            ]
        }
        answer = session.post("composite/graph", body, into=_Graphs)
        results = {graph.graph_id: graph for graph in answer.body.graphs}
        halted: list[Plan] = []
        for plan in remaining:
            graph = results.get(plan.lead.id)
            if graph is not None and not graph.is_successful and _untried(graph):
                halted.append(plan)
            else:
                outcomes[plan.lead.id] = _outcome(plan, graph)
        if len(halted) == len(remaining):
            error = Transient(f"{HALTED}: none of the graphs was tried", error_code=HALTED)
            return outcomes | {plan.lead.id: Outcome(error) for plan in halted}
        remaining = halted
    return outcomes


def _untried(graph: _Graph) -> bool:
    codes = {
        item.get("errorCode")
        for result in graph.graph_response.composite_response
        for item in (result.body if isinstance(result.body, list) else ())
    }
    return codes == {HALTED}


def _outcome(plan: Plan, graph: _Graph | None) -> Outcome:
    if graph is None:
        return Outcome(Transient("the reply does not speak of this lead's graph", maybe_done=True))
    results = graph.graph_response.composite_response
    if graph.is_successful:
        made = {result.reference_id: result.body for result in results}
        posts = tuple(
            made[event_reference(number)]["id"]
            for number, effect in enumerate(plan.effects)
            if effect.mentions
        )
        return Outcome(to_post=posts)
    items = [item for result in results if isinstance(result.body, list) for item in result.body]
    status = next((result.http_status_code for result in results if result.http_status_code >= 300), None)
    return Outcome(classify(items, lead_id=plan.lead.id, status=status))


def event_reference(number: int) -> str:
    """What a graph calls the ledger row of the plan's effect of this number."""
    return f"event{number}"


def subrequests(
    session: Session, plan: Plan, policy_hash: str, evidence: str | None = None
) -> list[Subrequest]:
    """What the graph of a plan with effects holds, in order; the lead's own patch is called `lead`."""
    root = f"/services/data/v{session.version}/sobjects"
    tasks = [
        Subrequest(
            method="POST",
            url=f"{root}/Task",
            reference_id=f"task{number}",
            http_headers=KEEP_OWNER,
            body={**session.task_constants, **_task(plan.lead, effect)},
        )
        for number, effect in enumerate(plan.effects)
        if effect.task is not None
    ]
    events = [
        Subrequest(
            method="POST",
            url=f"{root}/{EVENT}",
            reference_id=event_reference(number),
            http_headers=KEEP_OWNER,
            body=event(
                plan.lead, effect, f"@{{task{number}.id}}" if effect.task else None, policy_hash, evidence
            ),
        )
        for number, effect in enumerate(plan.effects)
    ]
    excused = [
        Subrequest(
            method="PATCH",
            url=f"{root}/{EVENT}/{effect.uncounts}",
            reference_id=f"uncounted{number}",
            http_headers=KEEP_OWNER,
            body={"Adherent__c": None},
        )
        for number, effect in enumerate(plan.effects)
        if effect.uncounts is not None
    ]
    if plan.lead.is_converted:
        return [
            *tasks,
            *events,
            *excused,
        ]  # a converted lead is read-only; its history is closed, nothing can race
    patch = Subrequest(
        method="PATCH",
        url=f"{root}/Lead/{plan.lead.id}",
        reference_id="lead",
        body=_patch(plan, plan.effects[0].key.encode()),
        http_headers=KEEP_OWNER,
    )
    return [*tasks, *events, *excused, patch]


def _guard(lead: Lead, about: bytes) -> str:
    """`owner|status|hash|r`: the guard rule compares the first two with what is committed (design.md 4).

    The hash differs between writes that differ, and `|r` says that this write raises the revision: so a
    second write that read the same revision, and hence writes the same new one, is refused although no rule
    sees the revision change.
    """
    return f"{lead.owner_id[:15]}|{lead.status}|{sha256(about).hexdigest()[:12]}|r"


def _patch(plan: Plan, about: bytes | None = None) -> dict[str, object]:
    """The lead's fields to write; the guard tells this write by `about`, or by the fields themselves."""
    changed = rows.patch(plan.lead.sla, plan.sla)
    if plan.owner_id is not None:
        changed["OwnerId"] = plan.owner_id
    if plan.status is not None:
        changed["Status"] = plan.status
    changed[REVISION] = plan.lead.sla.revision + 1
    if about is None:
        about = msgspec.json.encode(sorted(changed.items()))
    return changed | {GUARD: _guard(plan.lead, about)}


def _task(lead: Lead, effect: Effect) -> dict[str, object]:
    task = effect.task
    assert task is not None
    return {
        "WhoId": lead.id,
        "OwnerId": task.owner_id,
        "Subject": task.subject,
        "ActivityDate": rows.written(task.due),
        "Priority": task.priority,
        "Description": task.description,
        "SFSync_Key__c": effect.key,
    }


def event(
    lead: Lead, effect: Effect, task_id: str | None, policy_hash: str, evidence: str | None = None
) -> dict[str, object]:
    """The ledger row of an effect; empty fields are left out."""
    fields: dict[str, Any] = {
        "Key__c": effect.key,
        "Lead_Id__c": lead.id,
        "Lead__c": None if lead.is_converted else lead.id,
        "Kind__c": effect.kind.value,
        "Clock__c": effect.clock,
        "Run__c": effect.run,
        "Step__c": effect.step,
        "Started_At__c": rows.written(effect.started_at),
        "Due_At__c": rows.written(effect.due_at),
        "Occurred_At__c": rows.written(effect.occurred_at),
        "Rep__c": effect.rep,
        "From_User__c": effect.from_user,
        "To_User__c": effect.to_user,
        "To_Queue__c": effect.to_queue,
        "Adherent__c": effect.adherent,
        "Policy__c": policy_hash,
        "Task_Id__c": task_id,
        "Chatter_State__c": "To Post" if effect.mentions else "None",
        "Mentions__c": ",".join(effect.mentions) or None,
        "Detail__c": effect.detail,
        "Evidence__c": evidence,
    }
    if effect.minutes is not None:
        fields |= {field: getattr(effect.minutes, name) for name, field in MINUTES.items()}
    return {name: value for name, value in fields.items() if value is not None}


def record(
    session: Session, effects: Sequence[tuple[Lead, Effect]], policy_hash: str
) -> list[SfsyncError | None]:
    """Insert these ledger rows by themselves, outside any transaction of their leads.

    What became of each: Stale where the ledger has the key already. Sent again after a lost reply, it comes to
    the same.
    """
    errors: list[SfsyncError | None] = []
    for start in range(0, len(effects), RECORDS_A_COLLECTION):
        chunk = effects[start : start + RECORDS_A_COLLECTION]
        records = [
            {"attributes": {"type": EVENT}, **event(lead, effect, None, policy_hash)}
            for lead, effect in chunk
        ]
        answer = session.post("composite/sobjects", {"allOrNone": False, "records": records}, repeatable=True)
        errors += [_item_error(lead.id, item) for (lead, _), item in zip(chunk, answer.body, strict=True)]
    return errors


def _write_fields(session: Session, plans: Sequence[Plan]) -> dict[str, Outcome]:
    chunks = [
        plans[start : start + RECORDS_A_COLLECTION] for start in range(0, len(plans), RECORDS_A_COLLECTION)
    ]
    requests = [
        Subrequest(
            method="PATCH",
            url=f"/services/data/v{session.version}/composite/sobjects",
            reference_id=f"leads{number}",
            body={"allOrNone": False, "records": [_record(plan.lead.id, _patch(plan)) for plan in chunk]},
            http_headers=KEEP_OWNER,
        )
        for number, chunk in enumerate(chunks)
    ]
    results, _ = composite(session, requests, repeatable=False)
    outcomes: dict[str, Outcome] = {}
    for chunk, result in zip(chunks, results, strict=True):
        items = result.body if isinstance(result.body, list) and result.http_status_code < 300 else None
        if items is None or len(items) != len(chunk):
            error = classify(result.body, status=result.http_status_code)
            outcomes |= {plan.lead.id: Outcome(error) for plan in chunk}
            continue
        for plan, item in zip(chunk, items, strict=True):
            outcomes[plan.lead.id] = Outcome(_item_error(plan.lead.id, item))
    return outcomes


def _item_error(lead_id: str, item: Mapping[str, Any]) -> SfsyncError | None:
    return None if item.get("success") else classify(item.get("errors"), lead_id=lead_id)


def _record(lead_id: str, fields: Mapping[str, object]) -> dict[str, object]:
    return {"attributes": {"type": "Lead"}, "id": lead_id, **fields}
