"""Does the org have each Lead Status that the policy names, written just so?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfsync.core.policy import Policy
from sfsync.mappings.loading import Documents
from sfsync.mappings.yaml_lines import Path
from sfsync.report.finding import Finding, in_file
from sfsync.report.listed import Level, Picklist, lacking, meant


def stages(documents: Documents, policy: Policy, field: Mapping[str, Any]) -> Iterator[Finding]:
    """The statuses that Lead Status (as the REST API describes the field) does not have, each with its line.

    Salesforce takes any text for this field, so that leads may have a status that it does not list: `unlisted` says
    so. Of one that sfsync itself sets nothing does: nothing in the org would know it.
    """
    listed = Picklist.of([field])
    if listed is None:
        return
    there = list(listed.values.values())
    nurtures = any(band.nurture for band in policy.scoring.bands)
    for stage, wanted in documents.lead.stages.items():
        for index, status in enumerate(wanted):
            is_set = index == 0 and nurtures and stage in ("open", "nurture")
            yield from _status(documents, "lead", ("stages", stage, index), status, there, listed, is_set)
    for name, clock in documents.sla.clocks.items():
        for index, status in enumerate([] if clock.paused_while is None else clock.paused_while.status):
            at = ("clocks", name, "paused_while", "status", index)
            yield from _status(documents, "sla", at, status, there, listed, is_set=False)


def _status(
    documents: Documents,
    file: str,
    at: Path,
    status: str,
    there: Sequence[str],
    listed: Picklist,
    is_set: bool,
) -> Iterator[Finding]:
    if status in there:
        return
    if is_set:
        message = f"Lead Status has no value {status!r}: sfsync would put leads into it"
        yield in_file("error", documents.problem(file, at, f"{message}{meant(status, there)}"))
    elif status not in documents.lead.unlisted:
        level: Level = "warning" if status in listed.before.values() else "error"
        what = f"Lead Status has no value {status!r}: no lead will ever be in it"
        message = lacking(what, "Lead Status", status, there, level)
        yield in_file(level, documents.problem(file, at, message))
