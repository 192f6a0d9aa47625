"""Act: carry plans out, and take note in the batch of what came of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import structlog

from sfsync import guards, witness
from sfsync.batch import MAY_BE_ONE_LEADS, Batch, Call
from sfsync.core.model import Plan
from sfsync.errors import Permanent, SfsyncError, Stale, Transient
from sfsync.salesforce import conversions, writer
from sfsync.salesforce.budget import split
from sfsync.salesforce.tasks import close_tasks
from sfsync.worker import Configuration, Worker

WITHHELD_STEP = timedelta(minutes=15)
WITHHELD_SCORE = timedelta(hours=1)
"""What the API budget withholds is decided on again after so long."""

log = structlog.get_logger(__name__)


def act(batch: Batch, worker: Worker, configuration: Configuration, plans: Sequence[Plan]) -> None:
    """Carry out these plans as far as API requests last; leads whose plan is carried out are finished.

    Raises what a call as a whole failed with, unless that may be the fault of one of its leads.
    """
    if configuration.settings.shadow:
        for plan in plans:
            for effect in plan.effects:
                log.info("shadow: would do", lead_id=plan.lead.id, kind=effect.kind.value, key=effect.key)
            batch.finish(plan.lead.id, plan.next_check)
        return
    plans = _affordable(batch, worker, configuration, plans)
    guards.prove(worker, plans)
    call = Call.EFFECTS if any(plan.effects for plan in plans) else Call.FIELDS
    ids = [plan.lead.id for plan in plans]
    kept = None
    try:
        kept = witness.kept(worker, configuration, plans, batch.inputs)
        outcomes = writer.write(worker.session, plans, configuration.policy.hash, kept)
    except Transient as failure:
        if kept is not None and failure.error_code in MAY_BE_ONE_LEADS:
            batch.fails(call, ids, failure)
            return
        if failure.maybe_done:  # the next observation tells: `_work` goes on after what is known here
            batch.last_error |= dict.fromkeys(ids, failure)
        raise
    now = worker.session.now or configuration.read_at
    for plan in plans:
        outcome = outcomes[plan.lead.id]
        if not isinstance(outcome.error, Transient) and (plan.effects or plan.changes_fields):
            batch.came_off.add(call)
        match outcome.error:
            case None:
                batch.done(plan, configuration.worker_id)
                batch.to_post += outcome.to_post
            case Permanent() as error if not batch.may_be_of_old_people(error):
                batch.refuse(plan.lead, str(error), now, error.error_code or "", error.said)
            case Permanent() | Stale() | Transient() as error:
                batch.keys[plan.lead.id] = tuple(effect.key for effect in plan.effects)
                batch.not_written(plan.lead, error)
                if error.error_code in MAY_BE_ONE_LEADS:
                    batch.fails(call, [plan.lead.id], error)
            case error:
                raise error
    _close_tasks(worker, configuration, [plan for plan in plans if outcomes[plan.lead.id].error is None])


def _close_tasks(worker: Worker, configuration: Configuration, plans: Iterable[Plan]) -> None:
    """Complete the Tasks that are done with. Best effort: a rep's Tasks may be out of our reach."""
    ids = [id_ for plan in plans for id_ in plan.closes]
    interactions = configuration.policy.sla.interactions
    if not ids or interactions is None:
        return
    status = interactions.completed or worker.closing_status()
    refused = len(ids) if status is None else close_tasks(worker.session, ids, status)
    if refused:
        log.warning("the org did not let us complete Tasks that are done with", tasks=refused)


def note_conversions(worker: Worker, lead_ids: Sequence[str]) -> None:
    """Let the events of converted leads look up what these became. Best effort: no decision reads it."""
    try:
        refused = conversions.note(worker.session, lead_ids)
    except SfsyncError as error:
        log.warning("the events of converted leads do not say what these became", reason=str(error))
        return
    if refused:
        log.warning("the org did not let events say what their lead became", events=refused)


def _affordable(
    batch: Batch, worker: Worker, configuration: Configuration, plans: Sequence[Plan]
) -> list[Plan]:
    """The plans whose lane is open. The others are let go and decided on again later: only the row as it was
    read is remembered, so that it wakes nobody meanwhile."""
    kept, withheld = split(plans, worker.lanes(configuration.policy))
    now = worker.session.now or configuration.read_at
    for plan in withheld:
        later = now + (WITHHELD_STEP if plan.effects else WITHHELD_SCORE)
        check = later if plan.next_check is None else min(later, plan.next_check)
        batch.finish(plan.lead.id, check, batch.fingerprint(plan.lead, configuration.worker_id))
    batch.withheld += len(withheld)
    return kept
