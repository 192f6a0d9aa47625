"""The guards of the poll and of its hints, each as a patch that takes it out: the simulation must find out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

import sfsync.poll
from sfsync.batch import Batch
from sfsync.ports import Marks
from sfsync.salesforce import rows
from sfsync.salesforce.reader import LeadReader
from tests.fakes import MemoryStore


def overlap_of_the_poll(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.poll, "OVERLAP", timedelta(0))


def ties_of_the_poll_are_told_apart_by_id(patch: pytest.MonkeyPatch) -> None:
    """As if a poll that was interrupted went on behind the second of the row that it had come to."""
    poll = LeadReader.poll

    def behind(self: LeadReader, since: datetime, after: tuple[datetime, str] | None, *others: Any) -> Any:
        return poll(self, after[0] + timedelta(seconds=1) if after else since, None, *others)

    patch.setattr(LeadReader, "poll", behind)


def cursor_moves_behind_what_is_handed_out(patch: pytest.MonkeyPatch) -> None:
    """As if it were saved before the leads of its page are handed out."""
    fresh = sfsync.poll._fresh

    def moved_first(worker: Any, reader: Any, marks: Marks, page: Any) -> Any:
        if marks.poll_began_at:  # the comparison has no cursor
            worker.ports.store.save(sfsync.poll._moved(marks, page, worker.session.now))
        return fresh(worker, reader, marks, page)

    patch.setattr(sfsync.poll, "_fresh", moved_first)


def fingerprint_of_what_was_looked_at(patch: pytest.MonkeyPatch) -> None:
    """As if a row that was looked at once were known for good."""
    patch.setattr(sfsync.poll.rows, "fingerprint", lambda lead, worker_id, newest: b"known")


def fingerprint_of_what_was_written(patch: pytest.MonkeyPatch) -> None:
    """As if our own write were a change like any other."""
    done = Batch.done

    def forget(self: Batch, plan: Any, worker_id: str) -> None:
        done(self, plan, worker_id)
        if plan.effects or plan.changes_fields:
            self.fingerprints.pop(plan.lead.id, None)

    patch.setattr(Batch, "done", forget)


def history_of_what_was_looked_at(patch: pytest.MonkeyPatch) -> None:
    """As if our own write could not hide what somebody did, and took back, just before."""
    patch.setattr(rows, "newest", lambda history: "")


def second_look_after_an_owner_or_status_was_changed(patch: pytest.MonkeyPatch) -> None:
    """As if such a write were known like any other of our own; its history row would show that it is not."""
    history_of_what_was_looked_at(patch)

    def done(batch: Any, plan: Any, worker_id: str) -> None:
        sla = msgspec.structs.replace(plan.sla, revision=plan.lead.sla.revision + 1)
        owner, status = plan.owner_id or plan.lead.owner_id, plan.status or plan.lead.status
        lead = msgspec.structs.replace(
            plan.lead, sla=sla, modified_by=worker_id, owner_id=owner, status=status
        )
        batch.finish(plan.lead.id, plan.next_check, batch.fingerprint(lead, worker_id))

    patch.setattr(Batch, "done", done)


def cold_start(patch: pytest.MonkeyPatch) -> None:
    """As if an index that was begun were complete, and no configuration ever changed."""

    def nothing(worker: Any, configuration: Any, marks: Any) -> Any:
        now = int(configuration.read_at.timestamp())
        done = msgspec.structs.replace(marks, index_complete=True, cursor_at=now, detector_at=now)
        worker.ports.store.save(done)
        return sfsync.poll.Tick(cold=True)

    patch.setattr(sfsync.poll, "_cold", nothing)


def detector(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.poll, "DETECTOR_EVERY", timedelta(days=99))


def epoch_of_the_hints(patch: pytest.MonkeyPatch) -> None:
    """As if hints from before Redis was emptied were as good as those from after it: then a poll in whose middle
    that happens saves its marks, and an empty index passes for a complete one."""
    patch.setattr(MemoryStore, "_same", lambda self, epoch: True)


def claim_on_what_is_handed_out(patch: pytest.MonkeyPatch) -> None:
    """As if a lead left the index when it is handed out: then a change whose jobs all get too old is lost."""

    def claim(self: MemoryStore, epoch: str, ids: Sequence[str], until: int) -> bool:
        for lead_id in ids:
            self._due.pop(lead_id, None)
        return self._same(epoch)

    patch.setattr(MemoryStore, "claim", claim)


def a_deleted_lead_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """As if it were still known as it was last looked at: then one that comes back is not looked at again."""
    settle = MemoryStore.settle

    def keep(
        self: MemoryStore,
        epoch: str,
        checks: Mapping[str, int | None],
        fingerprints: Mapping[str, bytes],
        *others: Any,
    ) -> bool:
        gone = {id_: self._fingerprints[id_] for id_ in checks if id_ in self._fingerprints}
        done = settle(self, epoch, checks, fingerprints, *others)
        self._fingerprints.update({id_: known for id_, known in gone.items() if checks[id_] is None})
        return done

    patch.setattr(MemoryStore, "settle", keep)
