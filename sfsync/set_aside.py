"""Leads that are set aside: what each says about it, and what of it is remembered."""

from __future__ import annotations

from datetime import datetime

import msgspec
import structlog

from sfsync.batch import QUARANTINE, Batch
from sfsync.salesforce import guard_rules, refusals
from sfsync.salesforce.facts import Unread
from sfsync.worker import Configuration, Worker

NEVER_ENDED = "ATTEMPTS"
"""The code of a refusal that is ours: a lead that nobody survives looking at."""

UNREADABLE = "UNREADABLE"
"""The code of a refusal of a lead of which a row cannot be read; which row and why comes after it."""

log = structlog.get_logger(__name__)


def refuse_unread(batch: Batch, one: Unread, now: datetime) -> None:
    """A lead of which a row cannot be read is set aside until it changes."""
    why = f"sfsync cannot read this lead: {one.why}"
    batch.refuse(one.lead, why, now, f"{UNREADABLE} {one.why}", fingerprint=one.fingerprint)


def refuse_stale(batch: Batch, worker: Worker, configuration: Configuration) -> None:
    """What is stale round after round is no haste of somebody else's, unless our own guards say so.

    What was not, was something else every time, such as a lead that is converted just before the last attempt: it
    is looked at anew.
    """
    now = worker.session.now or configuration.read_at
    for lead_id in list(batch.pending):
        log.warning("still stale", lead_id=lead_id, code=batch.last_code(lead_id))
        error = batch.last_error.get(lead_id)
        if error is None or guard_rules.is_guard(error):
            batch.finish(lead_id, now + QUARANTINE)
        elif lead_id not in batch.repeated:
            batch.finish(lead_id, now)
        else:
            batch.refuse(batch.tried[lead_id], str(error), now, error.error_code or "", error.said)


def condemn(batch: Batch, worker: Worker, configuration: Configuration) -> None:
    """A lead that was looked at again and again without coming to an end: set aside."""
    reader = worker.reader(configuration.policy)
    observed = reader.observe(list(batch.pending))
    batch.newest |= observed.newest
    for lead_id in list(batch.pending):
        facts = observed.facts.get(lead_id)
        if lead_id in observed.unread:
            refuse_unread(batch, observed.unread[lead_id], observed.now)
        elif facts is None:
            batch.finish(lead_id, None)
        else:
            batch.refuse(facts.lead, "looking at this lead never came to an end", observed.now, NEVER_ENDED)


def write_refusals(batch: Batch, worker: Worker, configuration: Configuration) -> None:
    """Say why leads are refused; remember each row, to notice its next change.

    Where the org refuses a lead, our saying so is such a change itself and brings one look more: behind it
    hides what somebody changed just before, which may have been all that stood in the way. A lead that nobody
    survives looking at is left alone.
    """
    if not batch.refused or configuration.settings.shadow:
        return
    said = refusals.report(worker.session, batch.refused, configuration.policy.hash)
    for one in batch.refused:
        lead = one.lead
        log.warning("refused", lead_id=lead.id, reason=one.reason)
        if one.code == NEVER_ENDED and lead.id in said:
            lead = msgspec.structs.replace(lead, sla=said[lead.id], modified_by=configuration.worker_id)
        batch.fingerprints[lead.id] = one.fingerprint or batch.fingerprint(lead, configuration.worker_id)
