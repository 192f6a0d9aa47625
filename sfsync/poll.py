"""Which leads need a look: changed ones, due ones, and those that nobody would look at otherwise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog

from sfsync.core import reviews, routing
from sfsync.core.mapping import OVER
from sfsync.errors import Config, Permanent, Stale, Transient
from sfsync.ports import LEADS_A_LOOK, POSTS_A_MESSAGE, Look, Marks, Message, Post
from sfsync.salesforce import activities, notices, rows, settings_record, soql
from sfsync.salesforce import reader as salesforce_reader
from sfsync.salesforce.budget import Lane
from sfsync.salesforce.composite import Page
from sfsync.salesforce.facts import AHEAD, Polled
from sfsync.salesforce.reader import LeadReader, Poll
from sfsync.worker import Configuration, Worker

OVERLAP = timedelta(minutes=5)
"""A poll reads so far behind the cursor again: transactions commit late, below it."""

CLAIM_LASTS = timedelta(minutes=10)
"""A lead that was handed out and not settled by then is handed out again."""

DETECTOR_EVERY = timedelta(minutes=15)

COMPARE_EVERY = timedelta(hours=6)
"""So often the whole index is compared with the org."""

COMPARE_OVERLAP = timedelta(hours=1)
"""So far behind the last comparison a change is looked for again: the longest transactions take minutes."""

DUE_A_TICK = 20_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick found.

    Attributes:
        looks: leads handed out; posts: ledger rows handed out.
        cold: the index was built anew.
    """

    looks: int = 0
    posts: int = 0
    cold: bool = False
    enabled: bool = True


def tick(worker: Worker, *, alone: bool = False) -> Tick:
    """Find what needs a look and hand it out.

    `alone` says that no other worker runs: leads that were handed out and never settled are handed out again
    at once, without waiting for their claims to run out.
    """
    marks = worker.ports.store.marks()
    configuration = worker.configuration(marks=marks)
    if configuration.switched_off is not None:
        log.warning("nothing is done", reason=configuration.switched_off)
        return Tick(enabled=False)
    if configuration.settings.enforce_from is None:
        configuration = begin_enforcement(worker)
    if marks is None or marks.config_epoch != configuration.epoch:
        marks = _begin(worker, configuration, marks or Marks(epoch=""))
    if not marks.index_complete:
        return _cold(worker, configuration, marks)
    return _warm(worker, configuration, marks, alone=alone)


def begin_enforcement(worker: Worker) -> Configuration:
    """Store that the policy is enforced from now on, once; leads that are there already began before."""
    found = worker.configuration(fresh=True)
    if found.settings.enforce_from is not None or found.switched_off is not None:
        return found
    at = found.read_at
    newest = salesforce_reader.newest_creation(worker.session)
    if newest is not None and newest >= at:
        at = newest + timedelta(seconds=1)
    try:
        settings_record.begin_enforcement(
            worker.session, worker.identity().organization_id, found.settings.id, str(rows.written(at))
        )
    except Stale:
        log.info("another worker has begun enforcement")
    return worker.configuration(fresh=True)


def _begin(worker: Worker, configuration: Configuration, marks: Marks) -> Marks:
    """Begin a life of the index in which leads are decided with this configuration.

    A look that is under way with another one has no part in it: what it settles is refused, and its leads are
    handed out by the cold start.
    """
    if marks.config_epoch and not configuration.has_files_of(marks.config_epoch):
        log.warning(
            "leads were decided with other files or another version: all open ones are looked at again"
        )
    marks = msgspec.structs.replace(
        marks,
        epoch=worker.ports.random.token(),
        index_complete=False,
        config_epoch=configuration.epoch,
        config_read_at=int(configuration.read_at.timestamp()),
    )
    worker.ports.store.begin(marks)
    return marks


def _cold(worker: Worker, configuration: Configuration, marks: Marks) -> Tick:
    """Look at every open lead: the index is empty."""
    reader = worker.reader(configuration.policy)
    page, to_post, now = reader.to_look_at()
    lanes = worker.lanes(configuration.policy)
    until = int((now + CLAIM_LASTS).timestamp())
    looks = 0
    for ids in _to_look_at(worker, reader, page):
        _hand_out(worker, marks, ids, until)
        looks += len(ids)
        log.info("cold start: handed out", leads=looks)
    posts = _hand_out_posts(worker, lanes, to_post)
    if Lane.TASK in lanes:
        _ask_for_reviews(worker, configuration, now)
    begun = int(now.timestamp())
    worker.ports.store.save(
        msgspec.structs.replace(
            marks,
            index_complete=True,
            cursor_at=marks.cursor_at or begun,
            activities_at=marks.activities_at or begun,
            detector_at=begun,
            compared_at=begun,
        )
    )
    return Tick(looks=looks, posts=posts, cold=True)


def _to_look_at(worker: Worker, reader: LeadReader, first: Page) -> Iterator[list[str]]:
    """The ids of the leads that a cold start looks at: page by page, very many by a Bulk query."""
    if first.total > worker.bulk_above:
        try:
            yield from reader.to_look_at_in_bulk(worker.ports.sleep)
        except (Permanent, Config, Transient) as error:
            log.warning("the Bulk query failed: page by page instead", reason=str(error))
        else:
            return
    for page in _pages(first, reader.next_pages):
        yield [row["Id"] for row in page.rows]


def _warm(worker: Worker, configuration: Configuration, marks: Marks, *, alone: bool) -> Tick:
    reader = worker.reader(configuration.policy)
    now_known = worker.session.now or configuration.read_at
    cursor = datetime.fromtimestamp(marks.cursor_at, UTC)
    after = (cursor, marks.cursor_id) if marks.cursor_id else None
    # A lead whose score is withheld looks forgotten: while scores wait, so does the detector.
    affordable = Lane.SCORE in worker.lanes_known(configuration.policy)
    detect = affordable and now_known - datetime.fromtimestamp(marks.detector_at, UTC) >= DETECTOR_EVERY
    activities_since = datetime.fromtimestamp(marks.activities_at or marks.cursor_at, UTC) - OVERLAP
    found = reader.poll(
        cursor - OVERLAP,
        after,
        now_known - 2 * worker.poll_interval if detect else None,
        activities_since,
    )
    lanes = worker.lanes(configuration.policy)
    until = int((found.now + CLAIM_LASTS).timestamp())
    if after is None:
        marks = msgspec.structs.replace(marks, poll_began_at=int(found.now.timestamp()))
    if detect:
        marks = msgspec.structs.replace(marks, detector_at=int(found.now.timestamp()))
    forgotten = _forgotten(worker, marks, found)
    handed = set(forgotten)
    _hand_out(worker, marks, forgotten, until)
    _hand_out_active(worker, marks, found, reader.next_pages, until, handed)
    for page in _pages(found.changed, reader.next_pages):
        fresh = [one for one in _fresh(worker, reader, marks, page) if one.lead.id not in handed]
        _hand_out(worker, marks, [one.lead.id for one in fresh], until, fresh)
        handed.update(one.lead.id for one in fresh)
        marks = _moved(marks, page, found.now)
        worker.ports.store.save(marks)
    # Not to `now`: what was committed late while a poll was interrupted lies below where it was resumed.
    marks = msgspec.structs.replace(
        marks,
        cursor_at=marks.poll_began_at,
        cursor_id="",
        poll_began_at=0,
        activities_at=int(found.now.timestamp()),
    )
    worker.ports.store.save(marks)
    # What lies before it was read for the last time, and what was seen of it may be forgotten.
    worker.ports.store.saw(marks.epoch, {}, int(activities_since.timestamp()))
    due = worker.ports.store.in_flight(marks.epoch) if alone else []
    due += worker.ports.store.take_due(marks.epoch, int(found.now.timestamp()), until, DUE_A_TICK)
    due = [id_ for id_ in dict.fromkeys(due) if id_ not in handed]
    _hand_out(worker, marks, due, until)
    posts = _hand_out_posts(worker, lanes, found.to_post)
    if affordable and int(found.now.timestamp()) - marks.compared_at >= COMPARE_EVERY.total_seconds():
        handed.update(_compare(worker, configuration, marks, now_known, {*handed, *due}))
        _ask_for_reviews(worker, configuration, found.now)
        worker.ports.store.save(msgspec.structs.replace(marks, compared_at=int(found.now.timestamp())))
    return Tick(looks=len(handed) + len(due), posts=posts)


def _compare(
    worker: Worker, configuration: Configuration, marks: Marks, before: datetime, handed: Collection[str]
) -> list[str]:
    """The second, slower pass: compare the whole index with the org, and hand out what it has lost.

    Open leads that nobody would look at again; leads that changed since the last comparison and are not as
    they were looked at, whatever the poll has missed (one that is over is out of the index once that was seen); and
    converted ones among these, which are looked at once more, since they leave no trace in the index and cannot be
    written. The first two are drift and are counted; what was created or changed after the poll of this tick began
    (`before` or later) is none. The settings tell of it once a day (UTC), and whenever something was found.
    """
    reader = worker.reader(configuration.policy)
    over = configuration.policy.lead.statuses(*sorted(OVER))
    since = datetime.fromtimestamp(marks.compared_at, UTC) - COMPARE_OVERLAP
    open_leads, changed, now = reader.compare(since, before)
    until = int((now + CLAIM_LASTS).timestamp())
    drifted: dict[str, None] = {}
    converted: dict[str, None] = {}
    compared = 0
    for page in _pages(open_leads, reader.next_pages):
        ids = [row["Id"] for row in page.rows]
        known = worker.ports.store.known(marks.epoch, ids)
        drifted |= dict.fromkeys(id_ for id_, at in zip(ids, known, strict=True) if at is None)
        compared += len(ids)
    for page in _pages(changed, reader.next_pages):
        fresh = _fresh(worker, reader, marks, page)
        known = worker.ports.store.known(marks.epoch, [one.lead.id for one in fresh])
        for one, at in zip(fresh, known, strict=True):
            if one.changed_at >= before:
                continue  # since the query was asked: a page may have its rows as they are when it is got
            if one.lead.is_converted:
                converted[one.lead.id] = None
            elif one.lead.status not in over or at is not None:
                drifted[one.lead.id] = None
    waiting = {*handed, *worker.ports.store.in_flight(marks.epoch)}
    lost = [id_ for id_ in drifted if id_ not in waiting]
    again = [id_ for id_ in converted if id_ not in waiting]
    _hand_out(worker, marks, [*lost, *again], until)
    log.info("compared the index with the org", leads=compared, found=len(lost), converted=len(again))
    settings = configuration.settings
    first_of_the_day = now.date() > datetime.fromtimestamp(marks.compared_at, UTC).date()
    if (lost or first_of_the_day) and settings.id is not None and not settings.shadow:
        try:
            settings_record.note_comparison(worker.session, settings.id, now, compared, len(lost))
        except (Permanent, Config) as error:
            # An integration user of least privilege may not write a custom setting; the log has the figures.
            log.info("the comparison stands in the log only", reason=str(error))
    return [*lost, *again]


def _ask_for_reviews(worker: Worker, configuration: Configuration, now: datetime) -> None:
    """Give the owner of each policy that is due for its review one Task (requirement P4)."""
    policy, org = configuration.policy, configuration.org()
    for review in reviews.due(policy, now.date()):
        if configuration.settings.shadow or review.key in worker.told:
            continue
        to = routing.user_called(review.header.owner, org) or routing.executive(policy, org)
        try:
            if notices.review_due(worker.session, review, to, now, policy.hash):
                log.info("a policy is due for its review", policy=review.header.policy)
        except (Permanent, Config) as error:
            log.warning("a review that is due could not be written down", reason=str(error))
        else:
            worker.told.add(review.key)


def _forgotten(worker: Worker, marks: Marks, found: Poll) -> list[str]:
    """Of the leads that look forgotten in the org, those that the index does not know better about.

    Where nothing can be written (the org refuses the lead; shadow mode) only the index has the next check.
    """
    now = int(found.now.timestamp())
    known = worker.ports.store.known(marks.epoch, found.unattended) if found.unattended else []
    return [id_ for id_, at in zip(found.unattended, known, strict=True) if at is None or at <= now]


def _hand_out_active(
    worker: Worker,
    marks: Marks,
    found: Poll,
    more: Callable[[Page], list[Page]],
    until: int,
    handed: set[str],
) -> None:
    """Hand out the leads with Tasks, Events and e-mails that somebody changed, once for each change.

    That a change was seen is noted only once its lead is handed out.
    """
    for first in found.activities:
        for page in _pages(first, more):
            changed = {activities.change(row): row for row in page.rows}
            fresh = worker.ports.store.unseen(marks.epoch, list(changed))
            leads = dict.fromkeys(activities.lead(changed[name]) for name in fresh)
            ids = [id_ for id_ in leads if id_ not in handed]
            _hand_out(worker, marks, ids, until)
            handed.update(ids)
            seen = {name: _seen_at(changed[name], found.now) for name in fresh}
            worker.ports.store.saw(marks.epoch, seen, 0)


def _seen_at(row: Mapping[str, Any], now: datetime) -> int:
    """When an activity was changed; now, where that cannot be read."""
    return int((rows.legible_moment(row["SystemModstamp"]) or now).timestamp())


def _moved(marks: Marks, page: Page, now: datetime) -> Marks:
    """The cursor behind the last row of a page that is handed out; one whose time cannot be read moves it nowhere."""
    for row in reversed(page.rows):
        at = rows.legible_moment(row.get("SystemModstamp"))
        if at is not None and at <= now + AHEAD and soql.is_id(str(row.get("Id"))):
            return msgspec.structs.replace(marks, cursor_at=int(at.timestamp()), cursor_id=row["Id"])
    return marks


def _fresh(worker: Worker, reader: LeadReader, marks: Marks, page: Page) -> list[Polled]:
    """The leads of a page that are not as they were when they were last looked at, or handed out to be.

    A lead that is over has no fingerprint in the index: its row is seen, or it is not.
    """
    polled = [one for one in map(reader.polled, page.rows) if soql.is_id(one.lead.id)]
    if len(polled) < len(page.rows):
        log.warning("rows of leads without an Id: nobody can look at them", rows=len(page.rows) - len(polled))
    gone: dict[str, int | None] = {one.lead.id: None for one in polled if one.lead.is_deleted}
    if gone:
        worker.ports.store.settle(marks.epoch, gone, {})
    polled = [one for one in polled if not one.lead.is_deleted]
    known = worker.ports.store.fingerprints(marks.epoch, [one.lead.id for one in polled])
    others = {
        rows.change(one.lead, one.fingerprint): one
        for one, remembered in zip(polled, known, strict=True)
        if remembered != one.fingerprint
    }
    return [others[change] for change in worker.ports.store.unseen(marks.epoch, list(others))]


def _pages(first: Page, more: Callable[[Page], list[Page]]) -> Iterator[Page]:
    yield first
    last = first
    while last.next_url is not None:
        following = more(last)
        yield from following
        last = following[-1]


def _hand_out(
    worker: Worker, marks: Marks, ids: Sequence[str], until: int, read: Sequence[Polled] = ()
) -> None:
    """Claim these leads, so that a crash loses none of them, and let somebody look.

    Those of which the row was `read` are not handed out again with the same one while they wait: who looks at them
    reads it, or a newer one. That is noted only once somebody will look.
    """
    if not ids:
        return
    worker.ports.store.claim(marks.epoch, ids, until)
    messages: list[Message] = [Look(tuple(batch)) for batch in _batches(ids, LEADS_A_LOOK)]
    worker.ports.queue.put(messages)
    if read:
        worker.ports.store.handed(marks.epoch, {one.lead.id: one.fingerprint for one in read})


def _hand_out_posts(worker: Worker, lanes: Sequence[Lane], ids: Sequence[str]) -> int:
    """Let somebody make these rows' posts; how many were handed out."""
    if not ids or Lane.REMIND not in lanes or not worker.may_post():
        return 0
    worker.ports.queue.put([Post(tuple(batch)) for batch in _batches(ids, POSTS_A_MESSAGE)])
    return len(ids)


def _batches(ids: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
