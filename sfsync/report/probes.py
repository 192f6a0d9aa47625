"""What only a write can tell: do the guard rules refuse a wrong one?"""

from __future__ import annotations

from collections.abc import Iterator

from sfsync.report.finding import SET_UP, Finding
from sfsync.salesforce import guard_rules
from sfsync.salesforce.composite import rows_if_shown
from sfsync.salesforce.names import REVISION
from sfsync.salesforce.session import Session

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
