"""Business hours and holidays as the org has them, not yet joined.

No object of Salesforce's API says which Holiday belongs to which BusinessHours [D]: the policy does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sfsync.core.holidays import CalendarError, Holiday
from sfsync.core.hours import Calendar

DEFAULT = "default"
"""The name under which the org's default BusinessHours stand besides their own."""


class OrgHours(msgspec.Struct, frozen=True):
    """The org's BusinessHours without holidays, and its Holidays; both by name.

    One that cannot be used stands as a text that says why. Several Holidays may have one name: one for each
    year, say.
    """

    hours: Mapping[str, Calendar | str] = {}
    holidays: Mapping[str, tuple[Holiday, ...] | str] = {}

    @classmethod
    def from_salesforce(
        cls, hours: Iterable[Mapping[str, Any]], holidays: Iterable[Mapping[str, Any]]
    ) -> OrgHours:
        """What these rows of BusinessHours and Holiday, as the REST API gives them, say. Never raises."""
        found: dict[str, Calendar | str] = {}
        for row in hours:
            try:
                calendar: Calendar | str = Calendar.from_salesforce(row)
            except CalendarError as error:
                calendar = str(error)
            for name in (row["Name"], *([DEFAULT] if row["IsDefault"] else [])):
                found[name] = calendar
        days: dict[str, tuple[Holiday, ...] | str] = {}
        for row in holidays:
            name, before = row["Name"], days.get(row["Name"], ())
            try:
                one = Holiday.from_salesforce(row)
                days[name] = before if isinstance(before, str) else tuple(sorted({*before, one}))
            except CalendarError as error:
                days[name] = str(error)
        return cls(found, days)
