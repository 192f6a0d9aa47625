"""Do the policy's calendars say which of the org's Holidays close them?"""

from __future__ import annotations

from collections.abc import Iterator

from sfsync.core.org_hours import OrgHours
from sfsync.errors import Problem
from sfsync.mappings.loading import Documents


def unsaid_holidays(documents: Documents, org: OrgHours) -> Iterator[Problem]:
    """Calendars of the org's own hours that say nothing of holidays, in an org that has some."""
    for name, one in documents.sla.calendars.items():
        if org.holidays and one.business_hours is not None and "holidays" not in one.model_fields_set:
            yield documents.problem(
                "sla",
                ("calendars", name),
                f"the org has {len(org.holidays)} Holidays, and `{name}` is open on all of them: write "
                "`holidays: all`, a list of their names, or `holidays: none`",
            )
