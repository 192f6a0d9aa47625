"""`sfsync status`: is it on, since when, what waits, how the leads stand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.report.figures import Figures, comparison, figures


def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say whether sfsync is on, and how leads and reps stand.

    Everything is read from the org, nothing is written. The reps' figures are counted from the ledger.
    """
    settings = settings_and_logging(quiet=True)
    with looking(settings) as worker:
        configuration = worker.configuration()
        policy = configuration.policy
        _, to_post, now = worker.reader(policy).to_look_at()
        found = figures(
            worker.session, {id_: user.name for id_, user in configuration.org_or_now().users.items()}
        )
        compared = comparison(worker.session)
        usage = worker.session.usage
    facts: dict[str, object] = {
        "org": settings.login()[0],
        "time_of_the_org": now,
        "enabled": configuration.settings.enabled,
        "shadow": configuration.settings.shadow,
        "enforced_from": configuration.settings.enforce_from,
        "policy": policy.hash,
        "scoring": f"{policy.scoring.policy} {policy.scoring.version}",
        "service_levels": f"{policy.sla.policy} {policy.sla.version}",
        "open_leads": sum(found.bands.values()),
        "posts_waiting": len(to_post),
        "api_used": usage.used if usage else None,
        "api_limit": usage.total if usage else None,
        "api_lanes_open": ", ".join(lane.name.lower() for lane in worker.lanes_known(policy)) or "none",
        "looks_overdue": found.overdue,
        **asdict(compared),
    }
    if as_json:
        show.document(facts | {"figures": found})
        return
    show.facts(facts, as_json=False)
    show.rows("Leads by status", ["status", "leads"], list(found.funnel.items()))
    show.rows("Open leads by band", ["band", "leads"], list(found.bands.items()))
    show.rows("Events", ["kind", "events"], list(found.events.items()))
    adherence(found)


def adherence(found: Figures) -> None:
    """Print the table of reps."""
    show.rows(
        "Adherence by rep",
        ["rep", "runs", "in time", "adherence", "own hours", "escalated", "lost"],
        [
            [
                one.rep,
                one.runs,
                one.met,
                f"{one.adherence:.0%}" if one.adherence is not None else "–",
                round(one.own_minutes / 60, 1),
                one.escalated,
                one.lost,
            ]
            for one in found.reps
        ],
    )
