"""When the policy's documents are due for their review (requirement P4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import msgspec

from sfsync.core.documents import Header
from sfsync.core.policy import Policy

REVIEWED_EACH: Mapping[str, timedelta] = {
    "scoring": timedelta(days=92),
    "sla": timedelta(days=92),
    "routing": timedelta(days=366),
    "compliance": timedelta(days=366),
}
"""How often each is to be reviewed: what is scored and promised quarterly, the rest yearly."""


class Review(msgspec.Struct, frozen=True):
    """A review that is due.

    Attributes:
        file: the mapping file without its suffix.
        reviewed_on: the last review.
    """

    file: str
    header: Header
    reviewed_on: date

    @property
    def key(self) -> str:
        """Names the review in the ledger: one that was held is followed by another."""
        return f"review:{self.file}:{self.reviewed_on}:{self.header.policy}"[:255]


def is_due(file: str, header: Header, today: date) -> bool:
    """Whether it is due; one of which nobody wrote down a review always is."""
    return header.reviewed_on is None or header.reviewed_on + REVIEWED_EACH[file] < today


def due(policy: Policy, today: date) -> Iterator[Review]:
    """The reviews that are due, each once, of this policy and of those beside it.

    A document without `reviewed_on` is left out: nothing says when its review fell due.
    """
    seen: set[str] = set()
    for one in policy.all:
        for file in REVIEWED_EACH:
            header: Header = getattr(one, file)
            if header.reviewed_on is None or not is_due(file, header, today):
                continue
            review = Review(file, header, header.reviewed_on)
            if review.key not in seen:
                seen.add(review.key)
                yield review
