"""Every API call that reached the org is on record with what it cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DAY = 86_400
HEADERS_THAT_MATTER = (
    "sforce-auto-assign",
    "sforce-duplicate-rule-header",
    "sforce-query-options",
    "sforce-call-options",
    "if-unmodified-since",
    "if-modified-since",
    "content-type",
    "content-encoding",
    "accept-encoding",
)


@dataclass(slots=True)
class CallRecord:
    """One API call.

    Attributes:
        method, path: as sent; the path without its query string.
        at: the org's time, Unix seconds.
        headers: those of the request that change what it means, by lower-case name.
        user_id: whose session it was; '' when there was none.
        cost: API calls charged for it.
        status: of the outer reply; 0 until there is one.
        soql: every statement it ran, inner queries included.
        subrequests: (method, url) of each subrequest of a composite body.
        fault: the name of the fault that was injected, or ''.
    """

    method: str
    path: str
    at: int
    headers: dict[str, str]
    user_id: str = ""
    cost: int = 0
    status: int = 0
    soql: list[str] = field(default_factory=list)
    subrequests: list[tuple[str, str]] = field(default_factory=list)
    fault: str = ""

    def as_json(self, at: str) -> dict[str, Any]:
        """The record as the control plane shows it; `at` is the formatted time."""
        return {
            "method": self.method,
            "path": self.path,
            "at": at,
            "headers": self.headers,
            "user_id": self.user_id,
            "cost": self.cost,
            "status": self.status,
            "soql": self.soql,
            "subrequests": [{"method": method, "url": url} for method, url in self.subrequests],
            "fault": self.fault,
        }


class CallLog:
    """The calls in the order in which they arrived, and what the last 24 hours cost."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []
        self._charges: deque[tuple[int, int]] = deque()
        self._used = 0

    def open(self, method: str, path: str, headers: Mapping[str, str], at: int) -> CallRecord:
        """Note a call that has arrived."""
        shown = {name: headers[name] for name in HEADERS_THAT_MATTER if name in headers}
        record = CallRecord(method, path, at, shown)
        self.records.append(record)
        return record

    def charge(self, record: CallRecord, cost: int) -> None:
        """Add `cost` API calls to the record and to the day."""
        record.cost += cost
        self._charges.append((record.at, cost))
        self._used += cost

    def used(self, now: int) -> int:
        """API calls charged in the 24 hours before `now`."""
        while self._charges and self._charges[0][0] <= now - DAY:
            self._used -= self._charges.popleft()[1]
        return self._used

    def forget(self) -> None:
        """Empty the list; the day's use stays, as it would in Salesforce."""
        self.records.clear()
