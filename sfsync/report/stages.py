"""Does the org have each Lead Status that stands for a stage, written just so?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfsync.core.policy import Policy
from sfsync.mappings.loading import Documents
from sfsync.mappings.words import nearest
from sfsync.report.finding import Finding, in_file


def stages(documents: Documents, policy: Policy, field: Mapping[str, Any]) -> Iterator[Finding]:
    """The statuses that Lead Status (as the REST API describes the field) does not have, each with its line.

    One that sfsync itself sets is an error: Salesforce takes any text for this field, and nothing in the org knows it.
    """
    there = [value["value"] for value in field["picklistValues"] if value["active"]]
    nurtures = any(band.nurture for band in policy.scoring.bands)
    for stage, wanted in documents.lead.stages.items():
        for index, status in enumerate(wanted):
            if status in there:
                continue
            is_set = index == 0 and nurtures and stage in ("open", "nurture")
            harm = "sfsync would put leads into it" if is_set else "no lead will ever be in it"
            message = f"Lead Status has no value {status!r}: {harm}{_meant(status, there)}"
            problem = documents.problem("lead", ("stages", stage, index), message)
            yield in_file("error" if is_set or _is_alone(wanted, there, stage) else "warning", problem)
    yield from _resting(documents, there)


def _resting(documents: Documents, there: Sequence[str]) -> Iterator[Finding]:
    """The statuses in which a clock is to stand still, and no lead ever is."""
    for name, clock in documents.sla.clocks.items():
        wanted = [] if clock.paused_while is None else clock.paused_while.status
        for index, status in enumerate(wanted):
            if status not in there:
                at = ("clocks", name, "paused_while", "status", index)
                message = (
                    f"Lead Status has no value {status!r}: no lead will ever be in it{_meant(status, there)}"
                )
                yield in_file("warning", documents.problem("sla", at, message))


def _is_alone(wanted: Sequence[str], there: Sequence[str], stage: str) -> bool:
    """Whether no lead can be in the stage at which clocks start."""
    return stage == "open" and not set(wanted) & set(there)


def _meant(status: str, there: Sequence[str]) -> str:
    near = nearest(status, there)
    return f"; did you mean `{near}`?" if near is not None else f"; it has {', '.join(there)}"
