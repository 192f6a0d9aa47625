"""`sfsync plan`: what a run would do now, as a diff; nothing is written."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer
from rich.console import Console

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.core import words
from sfsync.core.model import Effect, Org, Plan
from sfsync.report.dry_run import dry_run
from sfsync.salesforce.names import SLA_FIELDS


def plan(
    limit: Annotated[
        int, typer.Option(min=0, metavar="NUMBER", help="Show at most so many leads; the counts are of all.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a run would do now; nothing is written.

    Every open lead is decided on as a run would, whatever the kill switch and the shadow mode say. Fields
    that begin with SLA_ are sfsync's own; a line with + is an event that would be written, a Task or a post.
    """
    settings = settings_and_logging(quiet=True)
    with looking(settings) as worker, Console(stderr=True).status("reading leads") as status:
        found = dry_run(worker, lambda looked: status.update(f"{looked} leads decided"))
        configuration = worker.configuration()
        org = configuration.org_or_now()
    kinds = Counter(effect.kind.value for one in found.plans for effect in one.effects)
    owners = Counter(one.owner_id for one in found.plans if one.owner_id)
    counts: dict[str, Any] = {
        "leads_looked_at": found.looked,
        "leads_changed": len(found.plans),
        "leads_left_alone": found.left_alone,
        "events": dict(kinds),
        "owner_changes": {words.person(org, id_): number for id_, number in owners.items()},
        "withheld": sum(one.withheld is not None for one in found.plans),
        "refused": len(found.refused),
    }
    changes = [_diff(one, org) for one in found.plans[:limit]]
    if as_json:
        refused = [{"lead_id": id_, "why": why} for id_, why in found.refused.items()]
        show.document(counts | {"leads": changes, "refused_leads": refused})
        return
    show.facts(
        {
            name: ", ".join(f"{key} {number}" for key, number in value.items()) or "none"
            if isinstance(value, dict)
            else value
            for name, value in counts.items()
        },
        as_json=False,
    )
    if configuration.settings.enforce_from is None:
        show.console.print(
            "Nothing has run yet. The first run begins enforcement: what began before it gets its score and band, "
            "and no clock counts for it (Not Applicable)."
        )
    if found.refused:
        lines = [[id_, why] for id_, why in list(found.refused.items())[:limit]]
        show.rows("Would be set aside", ["lead", "why"], lines)
    for change in changes:
        show.rows(
            f"Lead {change['lead_id']}, {change['status']}, {change['owner']}",
            ["what", "before", "after"],
            [list(line.values()) for line in change["changes"]],
        )
    if len(changes) < len(found.plans):
        show.console.print(f"{len(found.plans) - len(changes)} more leads would change: --limit shows more.")


def _diff(one: Plan, org: Org) -> dict[str, Any]:
    """The lead as it stands and what would change: fields old and new, then events with what goes with them."""
    before, after = one.lead.sla, one.sla
    lines: list[tuple[str, object, object]] = []
    if one.owner_id is not None:
        lines.append(("Owner", words.person(org, one.lead.owner_id), words.person(org, one.owner_id)))
    if one.status is not None:
        lines.append(("Status", one.lead.status, one.status))
    lines += [
        (field, getattr(before, name), getattr(after, name))
        for name, field in SLA_FIELDS.items()
        if getattr(before, name) != getattr(after, name)
    ]
    for effect in one.effects:
        lines += _event(effect, org)
    if one.withheld is not None:
        lines.append(("withheld", None, one.withheld))
    return {
        "lead_id": one.lead.id,
        "owner": words.person(org, one.lead.owner_id),
        "status": one.lead.status,
        "changes": [{"what": what, "before": old, "after": new} for what, old, new in lines],
    }


def _event(effect: Effect, org: Org) -> list[tuple[str, object, object]]:
    lines: list[tuple[str, object, object]] = [(f"+ {effect.kind.value}", None, effect.detail)]
    if effect.task is not None:
        task, who = effect.task, words.person(org, effect.task.owner_id)
        about = f"{who}: {task.subject} (due {task.due.isoformat()}, {task.priority})"
        lines.append(("+ Task", None, about))
    if effect.mentions:
        told = ", ".join(f"@{words.person(org, id_)}" for id_ in effect.mentions)
        lines.append(("+ post", None, f"to {told}"))
    return lines
