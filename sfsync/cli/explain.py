"""`sfsync explain ID`: score, clocks, timeline and what happens next, for one lead."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.core.explain import ClockView, Explanation
from sfsync.core.explain import explain as explained
from sfsync.errors import Permanent


def explain(
    lead_id: Annotated[str, typer.Argument(help="The Lead's id, 15 or 18 characters.", metavar="ID")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say why a lead stands where it does, and what comes next.

    Score by rule, each clock, the lead's story, and what a run would do with it now. Nothing is written.
    """
    if re.fullmatch("00Q[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?", lead_id) is None:
        raise Permanent(
            f"{lead_id!r} is no Lead's id: that has 15 or 18 letters and digits and begins with 00Q"
        )
    settings = settings_and_logging(quiet=True)
    with looking(settings) as worker:
        configuration = worker.configuration()
        reader = worker.reader(configuration.policy)
        try:
            observed = reader.observe([lead_id])
        except Permanent as error:
            if error.error_code != "INVALID_QUERY_FILTER_OPERATOR":
                raise
            raise Permanent(
                f"{lead_id} is no Lead's id: its last three characters do not fit the rest"
            ) from error
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
            "policy": f"{found.policy} ({found.applied})" if found.applied else found.policy,
            "looked at again": found.next_check,
        },
        as_json=False,
    )
    if found.left_alone:
        show.console.print("No policy applies to this lead: it is left alone (policies.yaml).")
        return
    show.lines("Score", found.reasons)
    for view in found.clocks:
        _print_clock(view)
    show.rows("Timeline", ["when", "what", "who"], [[one.at, one.what, one.who] for one in found.timeline])
    show.lines("Would be done now", found.would_do)


def _print_clock(view: ClockView) -> None:
    facts: dict[str, object] = {
        "run": view.run if view.enforced else f"{view.run} (began before enforcement: nothing is done)",
        "owner": view.owner,
        "started": view.started_at,
        "due": view.due_at,
    }
    if view.ended_at is not None:
        facts["ended"] = f"{show.text(view.ended_at)} by {view.ended_by}"
    if view.next_step is not None:
        facts["next step"] = f"{view.next_step} at {show.text(view.next_at)}"
    show.facts(facts, as_json=False, title=f"Clock {view.clock}: {view.label}")
