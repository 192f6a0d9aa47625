"""What a run would do now, decided on the org's real leads and written nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from sfsync.core.decide import decide
from sfsync.core.model import Plan
from sfsync.salesforce import crossings
from sfsync.worker import Worker


class DryRun(msgspec.Struct, frozen=True):
    """Plans that would do something, and how many leads were looked at, and left alone by every policy.

    Attributes:
        refused: why the other leads would be set aside: they cannot be read, or not decided on.
    """

    looked: int
    left_alone: int
    plans: list[Plan]
    refused: Mapping[str, str]


def dry_run(worker: Worker, progress: Callable[[int], None]) -> DryRun:
    """Decide on every lead that a run would look at; `progress` hears of each batch's size."""
    configuration = worker.configuration()
    policy, org = configuration.policy, configuration.org_or_now()
    reader = worker.reader(policy)
    page, _, now = reader.to_look_at()
    loads, left = reader.loads(policy, now)
    looked = left_alone = 0
    plans: list[Plan] = []
    refused: dict[str, str] = {}
    while True:
        ids = [row["Id"] for row in page.rows]
        for start in range(0, len(ids), 200):
            observed = reader.observe(ids[start : start + 200])
            refused |= {id_: one.why for id_, one in observed.unread.items()}
            for facts in observed.facts.values():
                try:
                    plan = decide(facts, policy, org, observed.now, loads, owner_changes_left=left)
                except Exception as error:  # noqa: BLE001 - as in a run, one lead must not stop the others
                    refused[facts.lead.id] = f"deciding on it fails ({type(error).__name__})"
                    continue
                left_alone += plan.left_alone
                if plan.owner_id is not None:
                    loads, left = loads.given(plan.owner_id, observed.now), left - 1
                if plan.effects or plan.changes_fields or plan.withheld:
                    plans.append(plan)
            looked += len(observed.facts) + len(observed.unread)
            progress(looked)
        following = reader.next_pages(page)
        if not following:
            left = crossings.left(worker.session, policy, now)
            return DryRun(looked, left_alone, crossings.bound(plans, left, now), refused)
        page = msgspec.structs.replace(following[-1], rows=[row for one in following for row in one.rows])
