"""`sfsync explain ID`: score, clocks, timeline and what happens next, for one lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from sfsync.cli import show
from sfsync.cli.doors import looking, settings_and_logging
from sfsync.core.explain import ClockView, Explanation
from sfsync.core.explain import explain as explained
from sfsync.errors import Config, Permanent
from sfsync.salesforce.details import details
from sfsync.salesforce.names import SETTINGS
from sfsync.salesforce.published import published
from sfsync.worker import Configuration

BEGAN_WITH = {
    "created": "the lead's creation",
    "017": "a change of the lead",
    "00T": "a Task",
    "00U": "an Event",
    "02s": "an e-mail",
}
"""By the run's name, or the first characters of the Id that it is; the rest are band entries in the ledger."""

ENDED_BY = {
    "owner": "a change of owner",
    "stage": "a change of status",
    "left": "a change of status",
    "band": "another band",
    "interaction": "an interaction",
    "converted": "conversion",
}


def explain(
    lead_id: Annotated[str, typer.Argument(help="The Lead's id, 15 or 18 characters.", metavar="ID")],
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="How it stood, or would stand, then: 2026-11-03T21:00:00Z."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say why a lead stands where it does, and what comes next.

    Score by rule, each clock, the lead's story with the policy behind each decision, and what a run would do with
    it now. With --at, the same at another time: what happened later has not happened then. Nothing is written.
    """
    moment = None if at is None else _moment(at)
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
        for one in observed.unread.values():
            raise Permanent(f"{lead_id} cannot be read: {one.why}")
        facts = next(iter(observed.facts.values()), None)
        if facts is None:
            raise Permanent(f"there is no lead {lead_id} in this org, or sfsync may not see it")
        loads, _ = reader.loads(configuration.policy, observed.now)
        hashes = {entry.policy for entry in facts.ledger if entry.policy is not None}
        kept = published(worker.session, hashes) if hashes else {}
        try:
            found = explained(
                facts,
                configuration.policy,
                configuration.org_or_now(),
                observed.now,
                loads,
                at=moment,
                halted=_halted(configuration),
                versions={hash_: one.version for hash_, one in kept.items()}
                | {configuration.policy.hash: configuration.policy.version},
                details=details(worker.session, facts.lead.id) if facts.ledger else {},
            )
        except ValueError as error:
            raise Permanent(f"--at {at}: {error}") from None
    if as_json:
        show.document(found)
    else:
        _print(found)


def _halted(configuration: Configuration) -> str | None:
    """Why runs do nothing in this org, whatever becomes of the lead."""
    if configuration.switched_off is not None:
        return f"nothing is done: {configuration.switched_off}"
    if configuration.settings.shadow:
        return f"nothing is written: Shadow__c is on in {SETTINGS}"
    return None


def _moment(at: str) -> datetime:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise Config(f"--at takes a time like 2026-11-03T21:00:00Z, not {at!r}") from None
    if moment.tzinfo is None:
        raise Config(f"--at {at}: which time zone? Add Z for UTC, or an offset such as +01:00")
    return moment.astimezone(UTC)


def _print(found: Explanation) -> None:
    facts: dict[str, object] = {
        "lead": found.lead_id,
        "owner": found.owner,
        "status": f"{found.status} (stage {found.stage})",
        "score": f"{found.score} of 100: {found.band}",
        "as of": found.now,
        "policy": _policy(found, found.policy) + (f", {found.applied}" if found.applied else ""),
        "looked at again": found.next_check,
    }
    if found.halted is not None:
        facts["runs"] = f"{found.halted}; below stands what they would do"
    if found.refused is not None:
        facts["last write"] = f"refused: {found.refused}"
    if found.idle is not None and not found.left_alone:
        facts["clocks"] = f"none counts: {found.idle}"
    show.facts(facts, as_json=False)
    if found.left_alone:
        show.console.print("No policy applies to this lead: it is left alone (policies.yaml).")
        return
    show.lines("Score", [*_score(found)])
    for view in found.clocks:
        _print_clock(view)
    if (coming := found.next_follow_up) is not None:
        show.facts(
            {"first contact": coming.first_contact, "next": f"{coming.step} at {show.text(coming.due_at)}"},
            as_json=False,
            title=f"Follow-ups: {coming.label}",
        )
    show.rows(
        "Timeline",
        ["when (UTC)", "what", "who", "policy"],
        [
            [
                f"{one.at:%Y-%m-%d %H:%M:%S}",
                f"{one.what}\n{one.detail}" if one.detail else one.what,
                one.who,
                _policy(found, one.policy),
            ]
            for one in found.timeline
        ],
    )
    if found.now == found.read_at:
        show.lines("Would be done now", found.would_do)
        return
    show.lines(f"Would be done at {show.text(found.now)}", found.would_do)
    then = (
        "As if nothing happened until then, and nobody had looked."
        if found.now > found.read_at
        else "Owner, status, band and events are those of that time; policy, people, loads and the lead's other"
        " fields are as they are now."
    )
    show.console.print(then, style="italic")


def _score(found: Explanation) -> Iterator[str]:
    """A line for each criterion; below it each rule that counted, where the line does not say it all."""
    for part in found.criteria:
        yield part.line
        if part.is_plain:
            continue
        for rule in part.rules:
            yield f"    {rule.points:+g}  {rule.reason}"
        if part.given != part.points:
            yield f"    {part.given:g} in all, kept within 0 to {part.most:g}"


def _policy(found: Explanation, hash_: str | None) -> str:
    """A policy as a person tells it from others: its version and the beginning of its hash."""
    if hash_ is None:
        return ""
    version = found.policies.get(hash_)
    return f"{version} ({hash_[:6]})" if version else hash_


def _began_with(run: str) -> str:
    what = BEGAN_WITH.get(run) or BEGAN_WITH.get(run[:3], "the entry into a band")
    return what if run == "created" else f"{what} ({run})"


def _print_clock(view: ClockView) -> None:
    facts: dict[str, object] = {"stands": view.state, "owner": view.owner}
    if view.run is None:
        facts |= {"started": "not known", "due": "not known"}
    else:
        due = "due" if view.idle is None else "would be due"
        facts |= {"started": f"{show.text(view.started_at)} with {_began_with(view.run)}", due: view.due_at}
    if view.pauses:
        facts["stood still"] = "; ".join(
            f"{show.text(since)} to {'now' if until is None else show.text(until)}"
            for since, until in view.pauses
        )
    if view.ended_at is not None:
        facts["ended"] = f"{show.text(view.ended_at)} by {ENDED_BY.get(str(view.ended_by), view.ended_by)}"
    if view.next_step is not None:
        facts["next step"] = f"{view.next_step} at {show.text(view.next_at)}"
    if view.left_out:
        facts["left out"] = "; ".join(view.left_out)
    show.facts(facts, as_json=False, title=f"Clock {view.clock}: {view.label}")
