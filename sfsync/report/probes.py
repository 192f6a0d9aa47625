"""What only a write can tell: do the guard rules refuse a wrong one, and would the org take a real one?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfsync.errors import Config
from sfsync.report.finding import SET_UP, Finding
from sfsync.salesforce import guard_rules, writer
from sfsync.salesforce.composite import rows_if_shown
from sfsync.salesforce.names import REVISION
from sfsync.salesforce.reader import LeadReader
from sfsync.salesforce.session import Session
from sfsync.worker import Worker

TRIED = 3
"""So many leads are tried; a lead that an approval locks, or that its own rules refuse, says nothing of ours."""

_RULES = "validation rules"


def guards(session: Session) -> Iterator[Finding]:
    """Whether the guard rules refuse a wrong write to one of the first leads that are not converted.

    It asks for nothing that a mapping names: what is wrong with a mapping is told elsewhere.
    """
    leads = rows_if_shown(
        session,
        f"SELECT Id, OwnerId, Status, {REVISION} FROM Lead WHERE IsConverted = false ORDER BY Id LIMIT {TRIED}",
    )
    if leads is None:
        return  # the field is not there, and that is told with the other fields
    if not leads:
        yield Finding("warning", _RULES, "no lead to try the guard rules on; the worker tries before it acts")
        return
    for lead in leads:
        proven = guard_rules.probe(
            session, lead["Id"], int(lead[REVISION] or 0), lead["OwnerId"], lead["Status"]
        )
        if proven is not None:
            yield (
                Finding("ok", _RULES, "the guard rules refuse a wrong write")
                if proven
                else Finding("error", _RULES, f"the SFSync_Stale rules on Lead are not active; {SET_UP}")
            )
            return
    yield Finding(
        "warning",
        _RULES,
        "the guard rules could not be tried: something else refuses to write the first leads; the worker tries "
        "before it acts",
    )


def rehearse(worker: Worker, lead_id: str) -> Iterator[Finding]:
    """Send the lead's real write with one part that must fail: the org's own rules speak, nothing is kept.

    It reads the lead without the fields that a mapping names. Raises Config where there is no such lead.
    """
    reader = LeadReader(worker.session, (), (), None, worker.identity().user_id, {})
    observed = reader.observe([lead_id])
    facts = next(iter(observed.facts.values()), None)
    if observed.unread:
        why = ", ".join(one.why for one in observed.unread.values())
        yield Finding("error", lead_id, f"sfsync cannot read this lead: {why}")
        return
    if facts is None:
        raise Config(f"there is no lead {lead_id} in this org, or sfsync may not see it")
    policy = worker.configuration().policy
    told = writer.rehearse(worker.session, facts.lead, policy.hash, observed.now)
    if told.refused is not None:
        yield Finding("error", lead_id, f"the org refuses what sfsync writes: {told.refused}")
    elif told.accepted:
        yield Finding("ok", lead_id, f"{_joined(told.accepted)} would be accepted")
    else:
        yield Finding(
            "warning", lead_id, "nothing can be said: Salesforce did not come to the part that must fail"
        )


def _joined(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
