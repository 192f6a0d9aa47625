"""Faults are rules: the nth matching request from now, and as many after it as the rule says, go wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from sfsync.localorg.errors import ApiError

BEFORE = frozenset(
    {"drop_before", "reset", "http_503", "html_503", "http_500", "session_expired", "limit_exceeded"}
)
"""The request is not carried out."""
AFTER = frozenset({"drop_after_commit", "truncated_json", "slow_body"})
"""The request is carried out; its reply suffers."""
ROWS = frozenset({"lock_row", "partial_failure"})
"""Single rows of the request are refused."""
OTHER = frozenset({"latency", "expired_locator", "query_timeout"})
FAULTS = BEFORE | AFTER | ROWS | OTHER


class BadRule(Exception):
    """Raised when a fault rule cannot be understood; its text says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that has struck one request.

    Attributes:
        name: one of FAULTS.
        arg: seconds for latency and slow_body; the record id or the number of rows for lock_row;
            the share of rows (0–1) for partial_failure; 'revoke' for session_expired; the limit's name
            for limit_exceeded.
        seed: makes a partial failure repeatable.
    """

    name: str
    arg: Any = None
    seed: int = 0


@dataclass(slots=True)
class Rule:
    """One rule; `seen` counts the requests that matched it so far."""

    fault: str
    method: str
    path: str
    nth: int
    times: int
    arg: Any
    probability: float
    random: random.Random
    seen: int = 0
    struck: int = 0

    def matches(self, method: str, path: str) -> bool:
        """The request is one that the rule speaks of."""
        return (not self.method or self.method == method) and self.path in path

    def as_json(self) -> dict[str, Any]:
        """The rule as the control plane shows it."""
        return {
            "fault": self.fault,
            "match": {"method": self.method or None, "path": self.path or None, "nth": self.nth},
            "times": self.times,
            "arg": self.arg,
            "seen": self.seen,
            "struck": self.struck,
        }


class GivenMatch(msgspec.Struct, forbid_unknown_fields=True):
    """The `match` of a rule as the control plane takes it."""

    method: str | None = None
    path: str | None = None
    nth: Annotated[int, msgspec.Meta(ge=1)] | None = None


class GivenRule(msgspec.Struct, forbid_unknown_fields=True):
    """A rule as the control plane takes it."""

    fault: str
    match: GivenMatch | None = None
    times: Annotated[int, msgspec.Meta(ge=1)] = 1
    arg: Any = None
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    seed: int = 0


class Faults:
    """The rules in the order in which they were given; the first one that is due strikes."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, rule: dict[str, Any]) -> Rule:
        """Take a rule `{"match": {"method", "path", "nth"}, "fault", "times", "arg", "probability", "seed"}`.

        `probability` (default 1) strikes only that share of the due requests, by `seed`. Raises BadRule.
        """
        try:
            given = msgspec.convert(rule, GivenRule)
        except msgspec.ValidationError as error:
            raise BadRule(str(error)) from None
        if given.fault not in FAULTS:
            raise BadRule(f"unknown fault {given.fault!r}; there are {', '.join(sorted(FAULTS))}")
        if given.fault in ("latency", "slow_body") and not is_number(given.arg):
            raise BadRule(f"{given.fault} needs arg, the seconds")
        match = given.match or GivenMatch()
        made = Rule(
            fault=given.fault,
            method=(match.method or "").upper(),
            path=match.path or "",
            nth=match.nth or 1,
            times=given.times,
            arg=given.arg,
            probability=given.probability,
            random=random.Random(given.seed),
        )
        self.rules.append(made)
        return made

    def take(self, method: str, path: str) -> list[Fault]:
        """The faults that strike this request: one latency at most and one other at most."""
        struck: dict[bool, Fault] = {}
        for rule in self.rules:
            if rule.struck >= rule.times or not rule.matches(method, path):
                continue
            rule.seen += 1
            is_latency = rule.fault == "latency"
            if rule.seen < rule.nth or is_latency in struck:
                continue
            if rule.probability < 1 and rule.random.random() >= rule.probability:
                continue
            rule.struck += 1
            struck[is_latency] = Fault(rule.fault, rule.arg, rule.random.getrandbits(32))
        return list(struck.values())

    def clear(self) -> None:
        """Forget all rules."""
        self.rules.clear()


class RowFailures:
    """Refuses some of the rows that a request writes with UNABLE_TO_LOCK_ROW."""

    def __init__(self, fault: Fault, status: int) -> None:
        self._fault = fault
        self._status = status
        self._random = random.Random(fault.seed)
        self._struck = 0

    def __call__(self, record_id: str) -> None:
        """Raise UNABLE_TO_LOCK_ROW when this row is to fail."""
        if self._is_due(record_id):
            self._struck += 1
            raise lock_error(record_id, self._status)

    def _is_due(self, record_id: str) -> bool:
        argument = self._fault.arg
        if self._fault.name == "partial_failure":
            share = argument if is_number(argument) else 0.5
            return bool(self._random.random() < share)
        if isinstance(argument, str):
            return record_id[:15] == argument[:15]
        return self._struck < (argument if isinstance(argument, int) else 1)


def lock_error(record_id: str, status: int) -> ApiError:
    """UNABLE_TO_LOCK_ROW in the words that clients have reported."""
    return ApiError.of(
        status,
        "UNABLE_TO_LOCK_ROW",
        f"unable to obtain exclusive access to this record or 1 records: {record_id or '0'}",
    )


def is_number(value: object) -> bool:
    """`value` is an int or a float, not a bool."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
