"""`sfsync explain ID`: score, clocks, timeline and what happens next, for one lead."""

from __future__ import annotations

from typing import Annotated

import typer

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.core.explain import Explanation
from sfsync.core.explain import explain as explained
from sfsync.errors import Permanent


def explain(
    lead_id: Annotated[str, typer.Argument(help="The Lead's id, 15 or 18 characters.", metavar="ID")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say why a lead stands where it stands, and what happens next. Nothing is written."""
    settings = settings_and_logging(quiet=True)
    with looking(settings) as worker:
        configuration = worker.configuration()
        reader = worker.reader(configuration.policy)
        observed = reader.observe([lead_id])
        facts = next(iter(observed.facts.values()), None)
        if facts is None:
            raise Permanent(f"there is no lead {lead_id} in this org, or sfsync may not see it")
        loads, _ = reader.loads(configuration.policy, observed.now)
        found = explained(facts, configuration.policy, configuration.org_or_now(), observed.now, loads)
    if as_json:
        show.document(found)
    else:
        _print(found)


def _print(found: Explanation) -> None:
    show.facts(
        {
            "lead": found.lead_id,
            "owner": found.owner,
            "status": f"{found.status} (stage {found.stage})",
            "score": f"{found.score} of 100: {found.band}",
            "as of": found.now,
            "policy": found.policy,
            "looked at again": found.next_check,
        },
        as_json=False,
    )
    show.rows("Score", ["rule"], [[reason] for reason in found.reasons])
    show.rows(
        "Clocks",
        ["clock", "run", "owner", "started", "due", "ended", "next step", "at"],
        [
            [
                view.clock if view.enforced else f"{view.clock} (before enforcement)",
                view.run,
                view.owner,
                view.started_at,
                view.due_at,
                f"{show.text(view.ended_at)} by {view.ended_by}" if view.ended_at else None,
                view.next_step,
                view.next_at,
            ]
            for view in found.clocks
        ],
    )
    show.rows("Timeline", ["when", "what", "who"], [[one.at, one.what, one.who] for one in found.timeline])
    show.rows("Would be done now", ["what"], [[line] for line in found.would_do or ["nothing"]])
