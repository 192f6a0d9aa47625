"""Each guard earns its place: taken out by a patch, the simulation finds out within so many seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

import sfsync.core.assignment
import sfsync.core.clock
import sfsync.core.ladder
import sfsync.localorg.checks
import sfsync.localorg.dml
import sfsync.poll
import sfsync.reconcile
import sfsync.salesforce.chatter
import sfsync.salesforce.session
import sfsync.salesforce.writer
import sfsync.worker
from sfsync.localorg.schema import Schema
from tests.simulation import seeds
from tests.simulation.sizes import HARSH, RACY, Size

SEEDS = 120

Patch = Callable[[pytest.MonkeyPatch], None]


def _without_rules(patch: pytest.MonkeyPatch, *names: str) -> None:
    """The org's validation rules without these; the worker's own probe of them is out as well."""
    schema, documents = seeds.ground()
    rules: Mapping[str, Any] = {
        name: tuple(rule for rule in some if rule.name not in names) for name, some in schema.rules.items()
    }
    assert sum(map(len, rules.values())) == sum(map(len, schema.rules.values())) - len(names)
    weaker = Schema(schema.objects.values(), rules, schema.bundles)
    patch.setattr(seeds, "ground", lambda: (weaker, documents))
    patch.setattr(sfsync.salesforce.writer, "probe_guards", lambda session, lead: True)


def guard_against_people(patch: pytest.MonkeyPatch) -> None:
    _without_rules(patch, "SFSync_Stale_Owner_Or_Status")


def guard_against_ourselves(patch: pytest.MonkeyPatch) -> None:
    _without_rules(patch, "SFSync_Stale_Revision", "SFSync_Stale_Rewrite")


def guard_against_a_rewrite(patch: pytest.MonkeyPatch) -> None:
    _without_rules(patch, "SFSync_Stale_Rewrite")


def claim_before_a_post(patch: pytest.MonkeyPatch) -> None:
    _without_rules(patch, "SFSync_Claim")


def unique_key_of_the_ledger(patch: pytest.MonkeyPatch) -> None:
    """Without the revision rule, too: on a lead that is not converted either of them is enough."""
    guard_against_ourselves(patch)
    check = sfsync.localorg.dml.check_unique
    patch.setattr(
        sfsync.localorg.dml,
        "check_unique",
        lambda engine, plan, row, before: (
            None if plan.object_type.name == "SLA_Event__c" else check(engine, plan, row, before)
        ),
    )


def overlap_of_the_poll(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.poll, "OVERLAP", timedelta(0))


def fingerprint_of_what_was_looked_at(patch: pytest.MonkeyPatch) -> None:
    """As if a row that was looked at once were known for good."""
    patch.setattr(sfsync.poll.rows, "fingerprint", lambda lead, worker_id: b"known")


def cold_start(patch: pytest.MonkeyPatch) -> None:
    """As if an index that was begun were complete, and no configuration ever changed."""

    def nothing(worker: Any, configuration: Any, marks: Any) -> Any:
        now = int(configuration.read_at.timestamp())
        done = msgspec.structs.replace(
            marks, index_complete=True, cursor_at=now, config_epoch=configuration.epoch, detector_at=now
        )
        worker.ports.store.save(done)
        return sfsync.poll.Tick(cold=True)

    patch.setattr(sfsync.poll, "_cold", nothing)


def grace_after_a_warning(patch: pytest.MonkeyPatch) -> None:
    made = sfsync.core.clock.Ladder.of
    patch.setattr(
        sfsync.core.clock.Ladder,
        "of",
        classmethod(lambda cls, *given: dataclasses.replace(made(*given), grace=0)),
    )


def who_failed_a_lead_never_gets_it_back(patch: pytest.MonkeyPatch) -> None:
    for module in (sfsync.core.assignment, sfsync.core.ladder):
        patch.setattr(module, "failed_before", lambda draft: set())


def beginning_of_enforcement(patch: pytest.MonkeyPatch) -> None:
    of_the_org = sfsync.worker.Configuration.org
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    patch.setattr(
        sfsync.worker.Configuration,
        "org",
        lambda self: msgspec.structs.replace(of_the_org(self), enforce_from=long_ago),
    )


GUARDS: tuple[tuple[Patch, Size, int], ...] = (
    (guard_against_people, RACY, 0),
    (guard_against_ourselves, RACY, 40),
    (guard_against_a_rewrite, RACY, 40),
    (unique_key_of_the_ledger, RACY, 0),
    (claim_before_a_post, RACY, 0),
    (fingerprint_of_what_was_looked_at, HARSH, 0),
    (cold_start, HARSH, 0),
    (beginning_of_enforcement, HARSH, 0),
    (grace_after_a_warning, HARSH, 0),
)
"""Each with the seeds that are tried: `SEEDS` of this size, from here on."""


@pytest.mark.parametrize(("guard", "size", "first"), GUARDS, ids=lambda part: getattr(part, "__name__", ""))
def test_a_guard_that_is_taken_out_is_missed(
    guard: Patch, size: Size, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard(monkeypatch)
    tried = (seeds.simulate(seed, size) for seed in range(first, first + SEEDS))
    broken = next((outcome for outcome in tried if outcome.broken is not None), None)
    assert broken is not None, f"{SEEDS} seeds hold without it"
