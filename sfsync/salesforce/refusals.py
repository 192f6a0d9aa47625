"""Leads that cannot be written: each says why, as far as its org lets us, and the ledger says so once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import msgspec
import structlog

from sfsync.core.model import Effect, Kind, Lead, LeadSla, Plan
from sfsync.errors import SfsyncError, Stale
from sfsync.salesforce import writer
from sfsync.salesforce.session import Session

LONGEST_SYNC_ERROR = 255

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a lead is set aside until `again`.

    Attributes:
        reason: in our words.
        told: what is written on the lead: the reason, and what the org itself said, which may echo values.
        code: the org's errorCode, or what of ours failed.
        at: when it was refused.
        fingerprint: what the lead's row is remembered by where it cannot be read, else None.
    """

    lead: Lead
    reason: str
    told: str
    code: str
    at: datetime
    again: datetime
    fingerprint: bytes | None = None


def is_said(refusal: Refusal) -> bool:
    """The lead says so already, and when it is tried again."""
    sla = refusal.lead.sla
    return sla.sync_error == _words(refusal) and sla.next_check is not None and sla.next_check > refusal.at


def report(session: Session, refused: Sequence[Refusal], policy_hash: str) -> dict[str, LeadSla]:
    """Say on each of these leads why it is refused, unless it says so already, and once for each reason in the
    ledger.

    Both are best effort, since the org may refuse these writes too. Returns the worker-owned fields of the
    leads that took theirs, as they stand now. The next check is written too: the detector would take one long
    past for a lead that was forgotten.
    """
    notes = [_note(one) for one in refused if not is_said(one)]
    said: dict[str, LeadSla] = {}
    try:
        outcomes = writer.write(session, notes, policy_hash)
    except SfsyncError as error:
        log.warning("could not say on the leads why they are refused", error=str(error), leads=len(notes))
    else:
        for note in notes:
            if outcomes[note.lead.id].error is None:
                said[note.lead.id] = msgspec.structs.replace(note.sla, revision=note.lead.sla.revision + 1)
    try:
        errors = writer.record(
            session, [(one.lead, _event(one, policy_hash)) for one in refused], policy_hash
        )
    except SfsyncError as error:
        log.warning("could not record the refusals", error=str(error), leads=len(refused))
    else:
        for lost in (error for error in errors if error is not None and not isinstance(error, Stale)):
            log.warning("could not record a refusal", lead_id=lost.lead_id, error=str(lost))
    return said


def _note(refusal: Refusal) -> Plan:
    lead = refusal.lead
    sla = msgspec.structs.replace(lead.sla, sync_error=_words(refusal), next_check=refusal.again)
    return Plan(lead=lead, sla=sla)


def _words(refusal: Refusal) -> str:
    return refusal.told[:LONGEST_SYNC_ERROR].strip()


def _event(refusal: Refusal, policy_hash: str) -> Effect:
    """The ledger's row. Its key names the fact: that under this policy this lead, with this owner and status,
    is refused for this reason; tried again day after day it is the same fact. What the org itself said stands on
    the lead alone: it may echo values, and the row outlives the lead."""
    lead = refusal.lead
    fact = "|".join((policy_hash, refusal.code, lead.owner_id, lead.status))
    return Effect(
        key=f"{lead.id}:error:{blake2b(fact.encode(), digest_size=8).hexdigest()}",
        kind=Kind.ERROR,
        occurred_at=refusal.at,
        rep=lead.owner_id if lead.owner_id.startswith("005") else None,
        detail=refusal.reason,
    )
