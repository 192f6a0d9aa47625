"""Whom do escalations reach where a rep has no manager, or one who is no longer there?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfsync.core import routing
from sfsync.core.model import Org, User
from sfsync.core.policy import Policy
from sfsync.mappings.loading import Documents
from sfsync.mappings.yaml_lines import Path, Source
from sfsync.report.finding import Finding, in_file

_SHOWN = 5


def managers(documents: Documents, policy: Policy, org: Org) -> Iterator[Finding]:
    """The reps whose own manager is never told, at the line of the first step that is to tell one.

    It is a warning as long as somebody is told instead (see `routing.manager_of`), and an error where nobody is.
    """
    alone: dict[tuple[str, str | None], list[str]] = {}
    for rep in _reps(policy, org):
        manager = org.users.get(rep.manager_id) if rep.manager_id is not None else None
        if manager is None or not manager.active:
            lacking = "no manager" if rep.manager_id is None else "a manager who is inactive"
            instead = routing.manager_of(rep.id, policy, org)
            alone.setdefault((lacking, instead), []).append(rep.username)
    file, at = _told_there(documents)
    for (lacking, instead), reps in alone.items():
        have = f"{len(reps)} {'rep has' if len(reps) == 1 else 'reps have'} {lacking} ({_listed(reps)})"
        told = "reaches nobody" if instead is None else f"goes to {org.users[instead].username}"
        message = f"{have}: what is for the manager {told}; enter one as Manager on the user in Setup"
        yield in_file("error" if instead is None else "warning", documents.problem(file, at, message))


def _reps(policy: Policy, org: Org) -> list[User]:
    """Everybody to whom this policy gives leads."""
    rules = policy.routing
    groups = [rules.reps, *(one.reps for one in (*rules.territories, *rules.expertise))]
    return list({user.id: user for group in groups for user in routing.members(group, org)}.values())


def _told_there(documents: Documents) -> tuple[str, Path]:
    """The file and the path of the first thing that tells a rep's manager, else of those who answer for managers."""
    sla, scoring = documents.sources["sla"], documents.sources["scoring"]
    clocks = [at for _, at in sla.entries("clocks") if sla.get(*at, "runs_while", "owner") != "queue"]
    steps = [at for clock in clocks for _, at in sla.entries(*clock, "steps")]
    beside: Sequence[Path] = [("decision",), ("follow_ups",)]
    for file, source, places in (
        ("sla", sla, [*steps, *beside]),
        ("scoring", scoring, [at for _, at in scoring.entries("bands")]),
    ):
        for at in places:
            if _tells(source, at):
                return file, at
    return "routing", ("managers",)


def _tells(source: Source, at: Path) -> bool:
    posts = [(*at, "post"), *((*also, "post") for _, also in source.entries(*at, "also"))]
    told = {one for post in posts for one, _ in source.entries(*post)}
    return "manager" in told or source.get(*at, "task", "to") == "manager"


def _listed(reps: Sequence[str]) -> str:
    return ", ".join(reps[:_SHOWN]) + (", …" if len(reps) > _SHOWN else "")
