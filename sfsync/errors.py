"""Failures have kinds, and the kind says what happens next.

SfsyncError
├── Transient      may work in a moment: tried again with jittered backoff
├── Stale          the lead is no longer what was decided on: observe again
├── Permanent      this lead cannot be written: quarantined with its reason, the others go on
├── Budget         no API calls to spend: wait for quota
└── Config         somebody must change something: stop and say what
    └── PolicyError    one or more mistakes in mappings/, each with file and line
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SfsyncError(Exception):
    """The root of everything that sfsync raises on purpose.

    Attributes:
        lead_id: the Lead it is about, if it is about one.
        error_code: Salesforce's errorCode, if Salesforce said it.
        said: Salesforce's own words. They may echo field values: write them back to Salesforce, nowhere else.
    """

    def __init__(self, message: str, *, lead_id: str | None = None, error_code: str | None = None) -> None:
        super().__init__(message)
        self.lead_id = lead_id
        self.error_code = error_code
        self.said = ""


class Transient(SfsyncError):
    """Raised when the same request may succeed in a moment.

    Attributes:
        maybe_done: the request may have been carried out (its reply was lost).
    """

    def __init__(
        self,
        message: str,
        *,
        lead_id: str | None = None,
        error_code: str | None = None,
        maybe_done: bool = False,
    ) -> None:
        super().__init__(message, lead_id=lead_id, error_code=error_code)
        self.maybe_done = maybe_done


class Stale(SfsyncError):
    """Raised when Salesforce refused a write because the lead has moved on since it was read."""


class Permanent(SfsyncError):
    """Raised when this lead's write will be refused until the lead or the org changes."""


class Budget(SfsyncError):
    """Raised when the org's API quota, or our share of it, is used up."""


class Config(SfsyncError):
    """Raised when nothing will work until somebody changes a setting, a permission or a policy."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a mapping file, said so that an admin can mend it.

    Attributes:
        file: the file's path as the admin gave it.
        line: 1-based; 0 when the file as a whole is meant.
        message: what is wrong and what to do.
    """

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class PolicyError(Config):
    """Raised with every mistake found in the mapping files, never only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))
