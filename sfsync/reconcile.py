"""Observe, decide, act: one batch of leads through the loop.

Whatever goes wrong on the way, the answer is the same: observe again. What was already done is in the ledger
and is not done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from sfsync import limits, set_aside, witness
from sfsync.acting import act, note_conversions
from sfsync.batch import MAY_BE_ONE_LEADS, Batch, Call
from sfsync.core.decide import decide
from sfsync.core.model import Facts, Loads, Org, Plan
from sfsync.core.policy import Policy
from sfsync.errors import Budget, SfsyncError, Transient
from sfsync.ports import POSTS_A_MESSAGE, Look, Message, Post
from sfsync.salesforce import chatter, crossings, soql
from sfsync.salesforce.budget import Lane
from sfsync.salesforce.reader import LeadReader, Observation
from sfsync.worker import REFRESH, Configuration, Worker

LEADS_A_READING = 200
"""So many ids a query; Salesforce advises against more."""

ROUNDS = 6
"""So often a lead is observed again before somebody else's haste is taken for a permanent refusal."""

SUSPECT_AFTER = 5
"""Looks that did not come to an end, after which a lead is looked at alone; and so many of these, after which it is
set aside. The last of them is made while no other lead is tried for the last time: a process that died may have died
of what another thread looked at."""

ALONE, LAST = "alone:", "last:"
"""Looks at one lead alone are counted under these and its id: what killed a batch says nothing of each of its leads."""

TAKEN_APART = 8
"""A call about some leads that failed is made again in so many parts."""

LOCKED = "UNABLE_TO_LOCK_ROW"
"""What is left for this alone waits for the next tick: that job again would only ask more often."""

AGAIN_AFTER = timedelta(minutes=10)
"""A lead on which the org fails, and on no other, is tried again after so long, with the attempt counted."""

LONGEST_LOOK_S = 300.0
"""After so long a look begins nothing more: the rest is put back while the job is still alive (jobs/broker.py)."""

log = structlog.get_logger(__name__)


def handle(message: Message, worker: Worker) -> None:
    """Do what a message asks. Delivered twice, it does nothing the second time.

    Raises Transient when it should be delivered again, Config when nobody's trying again will help.
    """
    match message:
        case Look(lead_ids=ids):
            look(ids, worker)
        case Post(event_ids=ids):
            configuration = worker.configuration()
            if configuration.switched_off is None and not configuration.settings.shadow:
                _post(ids, worker)


def _post(ids: Sequence[str], worker: Worker) -> None:
    """Make these rows' posts, unless Chatter has said a moment ago that it takes no more."""
    if not worker.may_post():
        return
    try:
        made = chatter.post(worker.session, ids, worker.ports.random.token())
    except Budget:
        worker.rest_posts()
        raise
    worker.count(posts=made)
    log.info("posted", posts=made)


def look(lead_ids: Sequence[str], worker: Worker) -> None:
    """Bring at most 1,000 leads to where the policy wants them, and note when to look again."""
    store = worker.ports.store
    marks = store.marks()
    if marks is None:
        # Nobody knows what files the leads are decided with now, and maybe they are not ours.
        log.info("nothing is decided: Redis knows of no tick; the next one begins anew", leads=len(lead_ids))
        return
    configuration = worker.configuration(marks=marks)
    if configuration.switched_off is not None:
        log.info("nothing is done", reason=configuration.switched_off, leads=len(lead_ids))
        return
    configuration.org()  # before the attempt is counted: that enforcement has not begun is no lead's fault
    epoch = marks.epoch
    if not configuration.has_files_of(marks.config_epoch):
        log.error("nothing is decided: the ticker has other files in mappings/, or another version of sfsync")
        # Handed out again by the next tick. They are not settled: the looks that died are still to be counted.
        store.claim(epoch, lead_ids, int(configuration.read_at.timestamp()))
        return
    attempts = store.attempt(epoch, lead_ids)
    suspects = [id_ for id_ in attempts if attempts[id_] > SUSPECT_AFTER]
    if suspects and len(attempts) == 1:
        _look_alone(attempts, worker, configuration, epoch)
        return
    if suspects:
        worker.ports.queue.put([Look((id_,)) for id_ in suspects])
    others = {id_: number for id_, number in attempts.items() if number <= SUSPECT_AFTER}
    if others:
        _bring(others, worker, configuration, epoch, _work)


def _look_alone(looks: Mapping[str, int], worker: Worker, configuration: Configuration, epoch: str) -> None:
    """Look at the one lead on which looks have died; set it aside when they die of it alone."""
    (lead_id,) = looks
    store, alone, last = worker.ports.store, ALONE + lead_id, LAST + lead_id
    if store.attempt(epoch, [alone])[alone] < SUSPECT_AFTER:
        _bring(looks, worker, configuration, epoch, _work, counted=(alone, last))
        return
    # A turn is measured by the org's time, and what we know of it may be old.
    configuration = worker.configuration(fresh=True)
    if configuration.switched_off is not None:
        return
    now = configuration.read_at
    with limits.Turn(worker, limits.LAST_TRY) as turn:
        if not turn.taken(now):
            return  # handed out again when its claim runs out, unless who has the turn was at this lead
        tried = store.attempt(epoch, [last])[last] > 1
        work = set_aside.condemn if tried else _work
        _bring(looks, worker, configuration, epoch, work, counted=(alone, last))


def _bring(
    looks: Mapping[str, int],
    worker: Worker,
    configuration: Configuration,
    epoch: str,
    work: Callable[[Batch, Worker, Configuration], SfsyncError | None],
    *,
    counted: Sequence[str] = (),
) -> None:
    """Do this work on these leads and settle them; what was counted under these names is forgotten with it, or taken
    back where the work was interrupted.

    `looks` gives this look's number for each lead: what a later one has found counts for more.
    Raises what stopped it, unless that is the fault of single leads.
    """
    store = worker.ports.store
    batch = Batch(dict.fromkeys(looks))
    for no_lead in [id_ for id_ in batch.pending if not soql.is_id(id_)]:
        batch.finish(no_lead, None)  # Redis is not to be trusted: what is no id goes out of the index
    trouble = work(batch, worker, configuration) if batch.pending else None
    blamed: list[str] = []
    interrupted: list[str] = []
    if trouble is not None:
        now = worker.session.now or configuration.read_at
        blamed = batch.blamed()
        interrupted = [id_ for id_ in batch.pending if id_ not in blamed]
        batch.put_back(now, but=blamed)
        for lead_id in blamed:
            log.warning("the org fails on this lead", lead_id=lead_id, reason=str(batch.last_error[lead_id]))
        if blamed:
            store.claim(epoch, blamed, int((now + AGAIN_AFTER).timestamp()))
    set_aside.write_refusals(batch, worker, configuration)
    if batch.converted and not configuration.settings.shadow:
        note_conversions(worker, list(batch.converted))
    forgotten = dict.fromkeys(counted) if not blamed else {}
    if interrupted:
        interrupted += counted
    store.settle(epoch, batch.checks | forgotten, batch.fingerprints, looks, interrupted)
    if batch.over:
        store.saw(epoch, batch.over, 0)
    if batch.to_post and Lane.REMIND in worker.lanes_known(configuration.policy):
        worker.ports.queue.put(
            [
                Post(tuple(batch.to_post[start : start + POSTS_A_MESSAGE]))
                for start in range(0, len(batch.to_post), POSTS_A_MESSAGE)
            ]
        )
    worker.count(
        looked=len(batch.checks),
        events=batch.events,
        leads_written=batch.fields,
        refused=len(batch.refused) + len(blamed),
        withheld=batch.withheld,
    )
    log.info(
        "looked",
        leads=len(batch.checks),
        events=batch.events,
        leads_written=batch.fields,
        refused=len(batch.refused),
        withheld=batch.withheld,
        pending=len(batch.pending),
    )
    if trouble is not None and any(
        batch.last_code(id_) != LOCKED for id_ in batch.pending if id_ not in blamed
    ):
        raise trouble


def _work(batch: Batch, worker: Worker, configuration: Configuration) -> SfsyncError | None:
    """Round after round until every lead is settled; what stopped it otherwise.

    A call that fails of what one lead may hold is made again for fewer of its leads, down to one.
    """
    ends_at = worker.ports.elapsed() + LONGEST_LOOK_S
    size = LEADS_A_READING
    for number in range(ROUNDS):
        if number:
            worker.ports.sleep(worker.ports.random.uniform(0.0, min(8.0, 0.5 * 2**number)))
            configuration = worker.configuration(fresh=batch.asks_who_is_there())
            if configuration.switched_off is not None:
                return None
        reader = worker.reader(configuration.policy)
        try:
            _round(batch, worker, configuration, reader, size, ends_at)
        except SfsyncError as error:
            if all(error is not known for known in batch.last_error.values()):
                return error
        if not batch.pending:
            return None
        if batch.fails_everywhere():
            return batch.last_error[batch.failed[0][1][0]]
        if batch.failed:
            size = max(1, min(size, len(batch.pending)) // TAKEN_APART)
        batch.end_round()
    unsettled = [batch.last_error[id_] for id_ in batch.pending if id_ in batch.last_error]
    unsettled += [batch.waited[id_] for id_ in batch.pending if id_ in batch.waited]
    if any(isinstance(error, Transient) for error in unsettled):
        return next(error for error in unsettled if isinstance(error, Transient))
    set_aside.refuse_stale(batch, worker, configuration)
    return None


def _round(
    batch: Batch,
    worker: Worker,
    configuration: Configuration,
    reader: LeadReader,
    size: int,
    ends_at: float,
) -> None:
    """One pass over what is pending, so many leads at a time: effects at once, on fresh facts; mere fields
    together, in full calls, unless the calls are being taken apart.
    """
    fields_only: list[Plan] = []
    pending = list(batch.pending)
    for start in range(0, len(pending), size):
        if worker.ports.elapsed() >= ends_at:
            raise Transient(f"this look took more than {LONGEST_LOOK_S:.0f} seconds: the rest comes later")
        plans = _pass(batch, worker, configuration, reader, pending[start : start + size])
        if batch.fails_everywhere():
            return
        if size < LEADS_A_READING:
            act(batch, worker, configuration, plans)
        else:
            fields_only += plans
    act(batch, worker, configuration, fields_only)


def _pass(
    batch: Batch, worker: Worker, configuration: Configuration, reader: LeadReader, lead_ids: Sequence[str]
) -> list[Plan]:
    """Observe and decide on these leads, carry out what has effects; the plans that only write fields."""
    policy, org = configuration.policy, configuration.org()
    try:
        observed = reader.observe(lead_ids, [key for id_ in lead_ids for key in batch.keys.get(id_, ())])
    except Transient as error:
        if error.error_code not in MAY_BE_ONE_LEADS:
            raise
        batch.fails(Call.READ, lead_ids, error)
        return []
    batch.came_off.add(Call.READ)
    batch.newest |= observed.newest
    batch.unsure |= {id_ for id_, facts in observed.facts.items() if not facts.history_known}
    worker.lanes(policy)
    if observed.now - configuration.read_at >= REFRESH:
        return []  # a worker that was idle learns the time from these facts: it asks for its configuration
    for lead_id in lead_ids:
        if lead_id in observed.unread:
            set_aside.refuse_unread(batch, observed.unread[lead_id], observed.now)
        elif lead_id not in observed.facts:
            batch.finish(lead_id, None)
    plans = _decided(batch, observed.facts.values(), policy, org, observed.now)
    batch.converted |= {
        plan.lead.id: None
        for plan in plans
        if plan.lead.is_converted and (plan.effects or plan.lead.id in observed.unlinked)
    }
    if any(map(_spends, plans)):
        plans = _in_turn(batch, worker, configuration, reader, observed, plans)
    else:
        act(batch, worker, configuration, [plan for plan in plans if plan.effects])
    if not configuration.settings.shadow:
        limits.alert(worker, configuration, plans, observed.now)
    return [plan for plan in plans if not plan.effects]


def _spends(plan: Plan) -> bool:
    """Whether this plan, or the one that it comes to once somebody is chosen, takes of what the policy limits."""
    return plan.needs_routing or crossings.crosses(plan)


def _in_turn(
    batch: Batch,
    worker: Worker,
    configuration: Configuration,
    reader: LeadReader,
    observed: Observation,
    plans: Sequence[Plan],
) -> list[Plan]:
    """Carry out what has effects, while nobody else spends what the policy limits; the plans as they are then.

    Leads that would spend and get no turn are left for another round. No other lead waits for it.
    """
    policy, org, now = configuration.policy, configuration.org(), observed.now
    spend = [plan for plan in plans if _spends(plan)]
    plans = [plan for plan in plans if not _spends(plan)]
    with limits.Turn(worker) as turn:
        if turn.taken(now):
            bounded = [plan for plan in spend if not plan.needs_routing]
            routed = [observed.facts[plan.lead.id] for plan in spend if plan.needs_routing]
            if routed:
                bounded += _routed(batch, routed, reader, policy, org, now)
            if any(crossings.crosses(plan) for plan in bounded):
                bounded = crossings.bound(bounded, crossings.left(worker.session, policy, now), now)
            if turn.kept(worker.session.now or now):
                spend, plans = [], plans + bounded
        act(batch, worker, configuration, [plan for plan in plans if plan.effects])
    waiting = Transient("another look counts what the policy's limits leave: tried again when it has")
    batch.last_error |= {plan.lead.id: waiting for plan in spend}
    batch.waited |= {plan.lead.id: waiting for plan in spend}
    return plans


def _decided(batch: Batch, facts: Iterable[Facts], policy: Policy, org: Org, now: datetime) -> list[Plan]:
    plans = [_decide(batch, one, policy, org, now, None, None) for one in facts]
    return [plan for plan in plans if plan is not None]


def _decide(
    batch: Batch,
    facts: Facts,
    policy: Policy,
    org: Org,
    now: datetime,
    loads: Loads | None,
    owner_changes_left: int | None,
) -> Plan | None:
    """The plan, or None when the decision itself fails: that lead is set aside, the others go on."""
    try:
        plan = decide(facts, policy, org, now, loads, owner_changes_left=owner_changes_left)
    except Exception as error:  # noqa: BLE001 - whatever one lead's data does, it must not stop the others
        log.error("a decision failed", lead_id=facts.lead.id, error=type(error).__name__)
        batch.refuse(
            facts.lead,
            f"sfsync could not decide on this lead ({type(error).__name__})",
            now,
            type(error).__name__,
        )
        return None
    if plan.effects:
        batch.inputs[facts.lead.id] = witness.Input(facts, now, loads, owner_changes_left)
    return plan


def _routed(
    batch: Batch, facts: Iterable[Facts], reader: LeadReader, policy: Policy, org: Org, now: datetime
) -> list[Plan]:
    """Plans that choose somebody: one after another, each with the loads that the one before left behind."""
    loads, left = reader.loads(policy, now)
    plans: list[Plan] = []
    for one in facts:
        plan = _decide(batch, one, policy, org, now, loads, left)
        if plan is None:
            continue
        plans.append(plan)
        if plan.owner_id is not None:
            left -= 1
            loads = loads.given(plan.owner_id, now)
    return plans
