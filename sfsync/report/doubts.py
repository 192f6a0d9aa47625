"""What may be meant as it is written, and is more often a mistake: warnings of `check`, each with its line.

Each has a way of writing what is meant that is not doubtful.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sfsync.core.policy import Policy
from sfsync.mappings.loading import Documents
from sfsync.report.doubtful_calendars import hours, long_times
from sfsync.report.doubtful_clocks import clocks, ladders
from sfsync.report.doubtful_scores import scores
from sfsync.report.doubtful_words import lists, people_alike, texts, versions
from sfsync.report.finding import Finding, in_file


def doubts(documents: Documents, policy: Policy, today: date) -> Iterator[Finding]:
    """What is doubtful in one policy's files, held against its calendars and this day."""
    for found in (
        hours(documents, today),
        long_times(documents, policy),
        clocks(documents),
        ladders(documents, policy),
        scores(documents),
        lists(documents),
        texts(documents),
        people_alike(documents),
        versions(documents, policy),
    ):
        for problem in found:
            yield in_file("warning", problem)
