"""Are the people whom the policies name in this org, and is it clear who is meant?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal

from sfsync.core import reviews, routing
from sfsync.core.documents import People
from sfsync.core.model import Org
from sfsync.core.policy import Policy
from sfsync.errors import Problem
from sfsync.mappings.conditions import named_values
from sfsync.mappings.loading import Documents
from sfsync.mappings.words import nearest
from sfsync.mappings.yaml_lines import Path
from sfsync.report.finding import Finding, in_file
from sfsync.report.managers import managers
from sfsync.salesforce.composite import rows_if_shown
from sfsync.salesforce.session import Session


def people(
    session: Session, every: Iterable[Documents], policies: Sequence[Policy], org: Org
) -> Iterator[Finding]:
    """Who is no active user of the org, who is nobody, and which names mean several; one call."""
    roles = Counter(str(row["Name"]) for row in rows_if_shown(session, "SELECT Name FROM UserRole") or ())
    for documents, policy in zip(every, policies, strict=True):
        for path, meant in _groups(policy):
            for message in _wrong(meant, org, roles):
                yield in_file("error", documents.problem("routing", path, message))
            if meant.role is not None and roles[meant.role] > 1:
                message = (
                    f"the org has {roles[meant.role]} roles called {meant.role!r}: the users of all are meant"
                )
                yield in_file("warning", documents.problem("routing", (*path, "role"), message))
        for number, absence in enumerate(policy.routing.absences):
            if not _is_active(absence.user, org):
                at = ("absences", number, "user")
                message = f"{_no_user(absence.user, org)}: nobody is absent by this line"
                yield in_file("error", documents.problem("routing", at, message))
        yield from _keepers(documents, org)
        for level, problem in _owners_asked_for(documents, org, roles):
            yield in_file(level, problem)
        yield from managers(documents, policy, org)
        reps = routing.members(policy.routing.reps, org)
        yield Finding("ok", "User", f"{len(reps)} reps get leads")


def _keepers(documents: Documents, org: Org) -> Iterator[Finding]:
    """Who is said to keep a policy, and cannot."""
    for name in reviews.REVIEWED_EACH:
        keeper = getattr(documents, name).owner
        if keeper is not None and not _is_active(keeper, org):
            message = f"{_no_user(keeper, org)}: the executive gets the Task when its review is due"
            yield in_file("error", documents.problem(name, ("owner",), message))


def _owners_asked_for(
    documents: Documents, org: Org, roles: Collection[str]
) -> Iterator[tuple[Literal["warning", "error"], Problem]]:
    """Owners whom the choice of a calendar asks for, and of whom the org has none; a role that is there may wait for
    somebody to hold it, and so may a time zone.
    """
    users = [user for user in org.users.values() if user.active]
    there: dict[str, set[str]] = {
        "owner_username": {user.username for user in users},
        "owner_role": {user.role for user in users if user.role is not None},
        "owner_time_zone": {user.time_zone for user in users},
    }
    may_wait = {role.casefold() for role in roles}
    source = documents.sources["sla"]
    for _, calendar in source.entries("calendars"):
        for _, at in source.entries(*calendar, "choose"):
            for name, wanted, here in named_values(source.get(*at, "when"), (*at, "when")):
                known = there.get(name)
                if known is not None and str(wanted).casefold() not in {one.casefold() for one in known}:
                    near = nearest(wanted, known)
                    meant = f"; did you mean `{near}`?" if near is not None else ""
                    waits = name == "owner_time_zone" or str(wanted).casefold() in may_wait
                    message = f"no active user has the {name} {wanted!r}{meant}"
                    yield "warning" if waits else "error", source.problem(here, message)


def _groups(policy: Policy) -> list[tuple[Path, People]]:
    rules = policy.routing
    groups: list[tuple[Path, People]] = [
        (("reps",), rules.reps),
        (("managers",), rules.managers),
        (("executive",), rules.executive),
    ]
    for kind, named in (("territories", rules.territories), ("expertise", rules.expertise)):
        groups += [((kind, number, "reps"), rule.reps) for number, rule in enumerate(named)]
    return groups


def _wrong(meant: People, org: Org, roles: Iterable[str]) -> Iterator[str]:
    yield from (_no_user(name, org) for name in meant.users if not _is_active(name, org))
    if meant.role is not None and not any(
        user.active and user.role == meant.role for user in org.users.values()
    ):
        held = {user.role for user in org.users.values() if user.active and user.role is not None}
        near = nearest(meant.role, held | set(roles))
        other = f"; did you mean `{near}`?" if near not in (None, meant.role) else ""
        yield f"no active user of the org has the role {meant.role!r}{other}"


def _is_active(username: str, org: Org) -> bool:
    return routing.user_called(username, org) is not None


def _no_user(username: str, org: Org) -> str:
    near = nearest(username, [user.username for user in org.users.values() if user.active])
    return f"{username} is no active user of the org" + (f"; did you mean `{near}`?" if near else "")
