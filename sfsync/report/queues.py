"""Are the queues that the policies name in this org, and can they hold leads?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sfsync.core import routing
from sfsync.core.model import Org
from sfsync.core.policy import Policy
from sfsync.errors import Problem
from sfsync.mappings.loading import Documents
from sfsync.report.finding import SET_UP, Finding, in_file
from sfsync.salesforce.composite import rows_if_shown
from sfsync.salesforce.session import Session


def queues(
    session: Session, documents: Iterable[Documents], policies: Iterable[Policy], org: Org
) -> Iterator[Finding]:
    """What is wrong with the queues of routing and of bands, each with its line; one call.

    A queue owns records of those objects only that QueueSobject lists for it [D]: Salesforce refuses to give it
    any other.
    """
    found = rows_if_shown(session, "SELECT QueueId FROM QueueSobject WHERE SobjectType = 'Lead'")
    if found is None:
        yield Finding(
            "warning", "Queue", f"sfsync may not see which queues hold leads: {SET_UP}, section 3, View Setup"
        )
    fit = None if found is None else {row["QueueId"] for row in found}
    for one, policy in zip(documents, policies, strict=True):
        for problem in _wrong(one, policy, org, fit):
            yield in_file("error", problem)


def _wrong(documents: Documents, policy: Policy, org: Org, fit: set[str] | None) -> Iterator[Problem]:
    wanted = policy.routing.queue
    queue = routing.queue_called(wanted, org)
    if wanted is not None and queue is None:
        yield documents.problem(
            "routing", ("queue",), f"the org has no such queue; it has {_there(org, fit)}"
        )
    elif queue is not None and not _holds_leads(queue, fit):
        yield documents.problem("routing", ("queue",), _no_leads(wanted, org, fit))
    if several := _several(wanted, org):
        yield documents.problem("routing", ("queue",), several)
    for number, band in enumerate(policy.scoring.bands):
        at = ("bands", number, "owner")
        queue = routing.queue_called(band.owner, org)
        if band.owner is None or routing.user_called(band.owner, org) is not None:
            if queue is not None:
                message = f"{band.owner!r} is a user and a queue: the user gets the leads; rename the queue"
                yield documents.problem("scoring", at, message)
            continue
        if several := _several(band.owner, org):
            yield documents.problem("scoring", at, several)
        if queue is None:
            message = (
                f"the org has no active user and no queue {band.owner!r}; its queues are {_there(org, fit)}"
            )
            yield documents.problem("scoring", at, message)
        elif not _holds_leads(queue, fit):
            yield documents.problem("scoring", at, _no_leads(band.owner, org, fit))


def _several(name: str | None, org: Org) -> str | None:
    """What to say where several queues have this name: a label is free, unlike the API name."""
    named = sorted(id_ for id_, one in org.queues.items() if one == name)
    if len(named) < 2:
        return None
    return (
        f"the org has {len(named)} queues called {name!r} ({', '.join(named)}), and {named[0]} would get the leads: "
        "give each a name of its own in Setup → Queues"
    )


def _holds_leads(queue: str, fit: set[str] | None) -> bool:
    return fit is None or queue in fit


def _no_leads(name: str | None, org: Org, fit: set[str] | None) -> str:
    return (
        f"the queue {name!r} cannot hold leads: add Lead to its Supported Objects in Setup → Queues, or name another "
        f"({_there(org, fit)})"
    )


def _there(org: Org, fit: set[str] | None) -> str:
    """The queues that can be named."""
    return ", ".join(sorted({name for id_, name in org.queues.items() if _holds_leads(id_, fit)})) or "none"
