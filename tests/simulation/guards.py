"""The guards of the worker, each as a patch that takes it out: the simulation must find out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

import sfsync.acting
import sfsync.core.assignment
import sfsync.core.clock
import sfsync.core.ladder
import sfsync.core.ledger
import sfsync.limits
import sfsync.localorg.dml
import sfsync.poll
import sfsync.reconcile
import sfsync.salesforce.chatter
import sfsync.salesforce.crossings
import sfsync.salesforce.guard_rules
import sfsync.salesforce.reader
import sfsync.salesforce.room
import sfsync.salesforce.session
import sfsync.salesforce.writer
import sfsync.worker
from sfsync.batch import Batch
from sfsync.core.blast_radius import Grant
from sfsync.core.clock import Ladder
from sfsync.errors import Permanent
from sfsync.localorg.draft import resolver
from sfsync.localorg.formula import Formula
from sfsync.localorg.schema import Schema, ValidationRule
from sfsync.ports import Marks
from sfsync.salesforce.session import Session
from tests.simulation import seeds
from tests.simulation.doors import _Store
from tests.simulation.guards_of_hints import (
    a_deleted_lead_is_forgotten,
    claim_on_what_is_handed_out,
    cold_start,
    cursor_moves_behind_what_is_handed_out,
    detector,
    epoch_of_the_hints,
    fingerprint_of_what_was_looked_at,
    fingerprint_of_what_was_written,
    history_of_what_was_looked_at,
    overlap_of_the_poll,
    second_look_after_an_owner_or_status_was_changed,
    ties_of_the_poll_are_told_apart_by_id,
)
from tests.simulation.sizes import HARSH, RACY, SMALL, Size
from tests.simulation.weeks import (
    AHEAD,
    ARCHIVED,
    BINNED,
    CHANGED,
    DEPLOYED,
    EMPTIED,
    HELD_UP,
    LATE,
    LIMITED,
    LOST,
    PAGED,
    POISONED,
    REFUSED,
    SHORT,
    SPENDING,
    STEPWISE,
    SWITCHED,
    UNANSWERED,
    UNFETCHED,
)

Patch = Callable[[pytest.MonkeyPatch], None]


def _without_rules(patch: pytest.MonkeyPatch, *names: str, instead: Sequence[ValidationRule] = ()) -> None:
    """The org's validation rules without these; the worker's own probe of them is out as well."""
    schema = seeds.ground()
    rules: Mapping[str, Any] = {
        name: tuple(rule for rule in some if rule.name not in names) for name, some in schema.rules.items()
    }
    assert sum(map(len, rules.values())) == sum(map(len, schema.rules.values())) - len(names)
    rules = {
        name: (*some, *(rule for rule in instead if rule.object_name == name)) for name, some in rules.items()
    }
    weaker = Schema(schema.objects.values(), rules, schema.bundles)
    patch.setattr(seeds, "ground", lambda: weaker)
    patch.setattr(sfsync.salesforce.guard_rules, "probe", lambda *_: True)


def guard_against_people(patch: pytest.MonkeyPatch) -> None:
    _without_rules(patch, "SFSync_Stale_Owner_Or_Status")


def guard_against_ourselves(patch: pytest.MonkeyPatch) -> None:
    _without_rules(patch, "SFSync_Stale_Revision", "SFSync_Stale_Rewrite")


def guard_against_a_rewrite(patch: pytest.MonkeyPatch) -> None:
    _without_rules(patch, "SFSync_Stale_Rewrite")


def claim_before_a_post(patch: pytest.MonkeyPatch) -> None:
    _without_rules(patch, "SFSync_Claim")


def a_claim_names_the_orgs_present_time(patch: pytest.MonkeyPatch) -> None:
    """As if a claim were old when it says so."""
    schema = seeds.ground()
    claim = next(rule for rule in schema.rules["SLA_Event__c"] if rule.name == "SFSync_Claim")
    formula = Formula.parse(
        """AND(ISCHANGED(Chatter_Claim__c), ISPICKVAL(Chatter_State__c, "Posting"),
        NOT(ISPICKVAL(PRIORVALUE(Chatter_State__c), "To Post")),
        OR(NOT(ISPICKVAL(PRIORVALUE(Chatter_State__c), "Posting")),
        Chatter_Claimed_At__c < PRIORVALUE(Chatter_Claimed_At__c) + 15 / 1440))""",
        resolver(schema, "SLA_Event__c", frozenset()),
    )
    trusting = dataclasses.replace(claim, formula=formula)
    _without_rules(patch, "SFSync_Claim", instead=(trusting,))


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


def steps_before_the_newest_are_void(patch: pytest.MonkeyPatch) -> None:
    """As if the ledger said of no step that it was done."""
    done = Ladder._done
    patch.setattr(Ladder, "_done", lambda self, *given: (-1, None, done(self, *given)[2]))


def a_renamed_step_is_known_by_its_former_name(patch: pytest.MonkeyPatch) -> None:
    """As if nobody read `was`; what is done by its event would hide it."""
    a_step_of_other_files_is_known_by_its_event(patch)
    made = Ladder.of

    def without(cls: type[Ladder], *given: Any) -> Ladder:
        ladder = made(*given)
        return dataclasses.replace(
            ladder, order={rung.step.step: index for index, rung in enumerate(ladder.rungs)}
        )

    patch.setattr(Ladder, "of", classmethod(without))


def a_step_of_other_files_is_known_by_its_event(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ladder, "position", lambda self, entry, *_: self.order.get(entry.step))


def feed_is_read_before_a_claim_is_taken_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.salesforce.chatter, "find_post", lambda session, row: None)


def a_post_without_a_reply_is_not_sent_again(patch: pytest.MonkeyPatch) -> None:
    post = Session.post

    def again(self: Session, path: str, body: object, **options: Any) -> Any:
        return post(self, path, body, **options | ({"repeatable": True} if "chatter" in path else {}))

    patch.setattr(Session, "post", again)


def time_is_salesforces(patch: pytest.MonkeyPatch) -> None:
    """As if decided by the clock of a worker that is an hour fast."""
    date = sfsync.salesforce.session._date

    def fast(value: str) -> datetime | None:
        told = date(value)
        return None if told is None else told + timedelta(hours=1)

    patch.setattr(sfsync.salesforce.session, "_date", fast)


def a_date_far_ahead_is_not_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.salesforce.session, "AHEAD_S", 1e12)


def turn_of_who_spends_the_room(patch: pytest.MonkeyPatch) -> None:
    """As if it were everybody's turn."""
    patch.setattr(sfsync.limits.Turn, "taken", lambda self, now: True)
    patch.setattr(sfsync.limits.Turn, "kept", lambda self, now: True)


def a_turn_that_another_look_has_had_is_over(patch: pytest.MonkeyPatch) -> None:
    """As if a turn lasted until whoever has it writes."""
    patch.setattr(sfsync.limits.Turn, "kept", lambda self, now: True)


def lanes_of_the_api_requests(patch: pytest.MonkeyPatch) -> None:
    """As if whatever is decided were worth its requests, however few are left."""
    patch.setattr(sfsync.acting, "split", lambda plans, lanes: (list(plans), []))


def refusal_of_one_lead_is_its_own(patch: pytest.MonkeyPatch) -> None:
    """As if a lead that the org refuses stopped those that were looked at with it."""

    def stop(batch: Any, lead: Any, reason: str, *others: object) -> None:
        raise Permanent(reason)

    patch.setattr(Batch, "refuse", stop)


def attempts_are_counted(patch: pytest.MonkeyPatch) -> None:
    """As if a lead that kills whoever looks at it were handed out for ever, and the others with it."""
    patch.setattr(sfsync.reconcile, "SUSPECT_AFTER", 1 << 30)


def limit_of_owner_changes(patch: pytest.MonkeyPatch) -> None:
    """As if the ledger said that there is always room for one more."""
    loads = sfsync.salesforce.reader.LeadReader.loads
    patch.setattr(
        sfsync.salesforce.reader.LeadReader, "loads", lambda self, *given: (loads(self, *given)[0], 1 << 30)
    )


def limit_of_band_changes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.salesforce.crossings, "bound", lambda plans, *given: plans)


def release_of_what_is_withheld(patch: pytest.MonkeyPatch) -> None:
    """As if nobody's release counted."""
    patch.setattr(sfsync.salesforce.room, "Grant", lambda start, until, number: Grant(start, until, 0))


def configuration_epoch(patch: pytest.MonkeyPatch) -> None:
    """As if a change of the policy or of the org were none: then no lead is looked at again because of it."""
    patch.setattr(sfsync.worker, "_epoch", lambda *_: "one:and the same")


def a_worker_of_other_files_decides_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.worker.Configuration, "has_files_of", lambda self, epoch: True)


def who_finds_no_marks_decides_nothing(patch: pytest.MonkeyPatch) -> None:
    """As if what is not in Redis said that leads are decided with the files of whoever looks."""
    marks, has_files_of = _Store.marks, sfsync.worker.Configuration.has_files_of
    patch.setattr(_Store, "marks", lambda self: marks(self) or Marks(epoch=""))
    patch.setattr(
        sfsync.worker.Configuration,
        "has_files_of",
        lambda self, epoch: epoch == "" or has_files_of(self, epoch),
    )


def an_org_that_was_read_before_it_changed_is_read_again(patch: pytest.MonkeyPatch) -> None:
    """As if what a process has read of the org were good for its ten minutes, whatever others have read since."""
    patch.setattr(sfsync.worker, "_is_older", lambda known, marks: False)


def archived_runs_are_over(patch: pytest.MonkeyPatch) -> None:
    """As if the row that stands for an archived ledger did not say that nothing of before then is acted on."""
    patch.setattr(sfsync.core.ledger.Ledger, "enforced", lambda self, org: org)


def archived_bands_are_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.core.ledger.Ledger, "archived_bands", 0)


def kill_switch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sfsync.worker.Configuration, "switched_off", None)


def shadow_mode(patch: pytest.MonkeyPatch) -> None:
    """As if what is only to be logged were carried out."""
    of_the_org = sfsync.worker.configuration

    def without(session: Session) -> Any:
        found = of_the_org(session)
        settings = msgspec.structs.replace(found.settings, shadow=False)
        return msgspec.structs.replace(found, settings=settings)

    patch.setattr(sfsync.worker, "configuration", without)


QUICK: tuple[tuple[Patch, Size], ...] = (
    (guard_against_people, RACY),
    (unique_key_of_the_ledger, RACY),
    (claim_before_a_post, RACY),
    (feed_is_read_before_a_claim_is_taken_over, UNANSWERED),
    (a_post_without_a_reply_is_not_sent_again, UNANSWERED),
    (fingerprint_of_what_was_looked_at, HARSH),
    (fingerprint_of_what_was_written, SMALL),
    (second_look_after_an_owner_or_status_was_changed, SMALL),
    (cold_start, HARSH),
    (time_is_salesforces, SMALL),
    (a_date_far_ahead_is_not_believed, AHEAD),
    (beginning_of_enforcement, HARSH),
    (steps_before_the_newest_are_void, SMALL),
    (refusal_of_one_lead_is_its_own, REFUSED),
    (claim_on_what_is_handed_out, UNFETCHED),
    (who_finds_no_marks_decides_nothing, EMPTIED),
    (attempts_are_counted, POISONED),
    (limit_of_owner_changes, LIMITED),
    (turn_of_who_spends_the_room, SPENDING),
    (configuration_epoch, CHANGED),
    (a_worker_of_other_files_decides_nothing, CHANGED),
    (archived_runs_are_over, ARCHIVED),
    (kill_switch, SWITCHED),
    (shadow_mode, SWITCHED),
)
"""Those whose absence shows within a few seeds of this size: tried by `make test`."""

RARE: tuple[tuple[Patch, Size], ...] = (
    (lanes_of_the_api_requests, SHORT),
    (epoch_of_the_hints, EMPTIED),
    (guard_against_ourselves, RACY),
    (guard_against_a_rewrite, RACY),
    (a_claim_names_the_orgs_present_time, HELD_UP),
    (overlap_of_the_poll, LATE),
    (ties_of_the_poll_are_told_apart_by_id, PAGED),
    (cursor_moves_behind_what_is_handed_out, PAGED),
    (history_of_what_was_looked_at, PAGED),
    (a_turn_that_another_look_has_had_is_over, SPENDING),
    (detector, LOST),
    (limit_of_band_changes, LIMITED),
    (release_of_what_is_withheld, LIMITED),
    (a_deleted_lead_is_forgotten, BINNED),
    (grace_after_a_warning, HARSH),
    (who_failed_a_lead_never_gets_it_back, HARSH),
    (a_renamed_step_is_known_by_its_former_name, DEPLOYED),
    (a_step_of_other_files_is_known_by_its_event, STEPWISE),
    (an_org_that_was_read_before_it_changed_is_read_again, DEPLOYED),
    (archived_bands_are_counted, ARCHIVED),
)
"""Those that take a longer search: tried by `make guards`."""
