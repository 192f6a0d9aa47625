"""Posts, once each: a post takes no key, so the ledger row is claimed before it is made.

`To Post → Posting` (with claimant and time; a validation rule lets one claimant through, and only one that knows what
time it is) `→ Posted`. A claim older than 15 minutes was left by a crash: whether it posted is read from the record's
feed, where the row's Name stands in the post. What one post, one feed or one row is refused is a matter of that row
and stops no other; what is left is raised when all that could be done is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sfsync.errors import Budget, Config, Permanent, SfsyncError, Stale, Transient
from sfsync.salesforce import rows, shapes, soql
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.failures import classify, may_be_one_records, of_one_record
from sfsync.salesforce.names import EVENT
from sfsync.salesforce.session import Session

CLAIM_LASTS = timedelta(minutes=15)
WAITING = (
    f"SELECT Id FROM {EVENT} WHERE IsDeleted = false AND Chatter_State__c IN ('To Post', 'Posting')"
    " AND CreatedDate = LAST_N_DAYS:90 ORDER BY Id LIMIT 1000"
)
"""The query for ledger rows whose post is still to be made; CreatedDate has an index [D], the state has none."""
LONGEST_POST = 9_000
FEED_PAGES = 4
FEEDS_FAIL = 8
"""After so many feeds in a row that fail the others are left to the next time: it is the org, and no lead."""
FEEDS_HOLD = timedelta(minutes=10)
"""So long what was read of rows and feeds is acted on: who takes a row over after that cannot have claimed, posted and
died meanwhile, since a claim lasts longer and names its time to within two minutes."""
CHATTER_OFF = "FUNCTIONALITY_NOT_ENABLED"
"""Without Chatter the Task and the ledger row are the notice; there is nothing to try again."""
NO_CHATTER = "Chatter is switched off in this org; the Task is the notice."
NO_RIGHT = "Let the integration user see this lead, and assign it SFSync_Worker_Chatter (docs/org-setup.md)."
_UNTOLD = "Whether it was posted cannot be told, so it is not posted again"
NO_FEED = f"{_UNTOLD}: the lead's feed is refused."
LONG_FEED = f"{_UNTOLD}: too many other posts on the lead since. Look in its feed for the name of this row."
GONE = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED"})
LONGEST_NOTE = 255

# Of several failures the first kind in this order is raised: what stops everything, then what all must wait for.
_PRECEDENCE = (Config, Budget, Transient, Stale, Permanent)


class LongFeed(Permanent):
    """Raised when a post may stand further down in a feed than it is read."""


class Mark(msgspec.Struct, frozen=True):
    """What becomes of a row: its state, the post's id, and why somebody heard nothing."""

    state: str
    post_id: str | None = None
    note: str | None = None


class Waiting(msgspec.Struct, frozen=True):
    """A ledger row whose post is to be made."""

    id: str
    name: str
    lead_id: str
    mentions: tuple[str, ...]
    text: str
    state: str
    claimed_at: datetime | None


def waiting(session: Session, ids: Sequence[str]) -> tuple[list[Waiting], dict[str, Mark], datetime]:
    """Those of these rows that still have a post to make, what becomes of those that cannot be read, and the time."""
    query = (
        "SELECT Id, Name, Lead_Id__c, Mentions__c, Detail__c, Chatter_State__c,"
        f" Chatter_Claimed_At__c FROM {EVENT} WHERE Id IN {soql.ids(ids)}"
        " AND Chatter_State__c IN ('To Post', 'Posting') ORDER BY Id"
    )
    pages, now = first_pages(session, [query])
    found: list[Waiting] = []
    unread: dict[str, Mark] = {}
    for row in all_rows(session, pages[0]):
        try:
            found.append(_waiting(row))
        except (shapes.Unreadable, OverflowError) as error:
            unread[row["Id"]] = Mark("Failed", note=f"this event cannot be read: {error}")
    return found, unread, now


def _waiting(row: Mapping[str, Any]) -> Waiting:
    found = shapes.read(row, shapes.WaitingRow, EVENT)
    return Waiting(
        found.id,
        found.name,
        found.lead_id,
        tuple(filter(None, (found.mentions or "").split(","))),
        found.text or "",
        found.state,
        shapes.optional_utc(found.claimed_at),
    )


def post(session: Session, ids: Sequence[str], claimant: str) -> int:
    """Make the posts of these rows (at most 200) and return how many were made.

    `claimant` is a name nobody else has. Raises, after all that could be done, Transient when some have to be
    tried again later, Budget when Chatter takes no more, Permanent when a row cannot be written; Config only
    for what concerns every row.
    """
    found, unread, now = waiting(session, ids)
    failures = _mark(session, unread)
    free = [row for row in found if row.state == "To Post"]
    posted, unmade = _claim_and_make(session, free, claimant, now)
    failures += unmade
    over = [row for row in found if row.state != "To Post" and _is_over(row, now)]
    marks, absent, unknown = _look_up(session, over)
    failures += unknown + _mark(session, marks)
    # Reading feeds takes its time, and a claim names the present one or is refused.
    present = session.now or now
    if present - now < FEEDS_HOLD:
        more, unmade = _claim_and_make(session, absent, claimant, present)
        posted += more
        failures += unmade
    if failures:
        raise min(failures, key=_rank)
    return posted


def _is_over(row: Waiting, now: datetime) -> bool:
    return row.claimed_at is None or now - row.claimed_at >= CLAIM_LASTS


def _claim_and_make(
    session: Session, free: Sequence[Waiting], claimant: str, now: datetime
) -> tuple[int, list[SfsyncError]]:
    """Claim these rows and post what could be claimed: how many posts were made, and what failed."""
    if not free:
        return 0, []
    ours, refusals = _claim(session, free, claimant, now)
    posted, unmade = _make(session, ours) if ours else (0, [])
    return posted, unmade + refusals


def _rank(error: SfsyncError) -> int:
    return next(rank for rank, kind in enumerate(_PRECEDENCE) if isinstance(error, kind))


def _claim(
    session: Session, found: Sequence[Waiting], claimant: str, now: datetime
) -> tuple[list[Waiting], list[SfsyncError]]:
    """The rows that this claimant now holds, and why others could not be claimed if not for somebody else's haste:
    a row that refuses every write keeps no other from being posted.
    """
    records = [
        {
            "attributes": {"type": EVENT},
            "id": row.id,
            "Chatter_State__c": "Posting",
            "Chatter_Claim__c": claimant,
            "Chatter_Claimed_At__c": rows.written(now),
        }
        for row in found
    ]
    errors = _update(session, records)
    ours = [msgspec.structs.replace(row, claimed_at=now) for row in found if row.id not in errors]
    return ours, [error for error in errors.values() if not isinstance(error, Stale)]


def _update(session: Session, records: Sequence[dict[str, Any]]) -> dict[str, SfsyncError]:
    """Update ledger rows and return the refusals; writing the same again is harmless, so a lost reply is asked for
    again. A refusal is Config only where every row gets one that cannot lie in the row.
    """
    answer = session.patch("composite/sobjects", {"allOrNone": False, "records": records}, repeatable=True)
    refusals = {
        record["id"]: classify(item.get("errors"))
        for record, item in zip(records, answer.body, strict=True)
        if not item.get("success")
    }
    of_the_org = [error for error in refusals.values() if not may_be_one_records(error)]
    if len(of_the_org) == len(records):
        return refusals
    return {id_: of_one_record(error) for id_, error in refusals.items()}


def _make(session: Session, claimed: Sequence[Waiting]) -> tuple[int, list[SfsyncError]]:
    """Post what is claimed, say what became of each, and return how many posts were made and what failed.

    Chatter refuses a whole post for one mention of somebody inactive: that post is made for the others, and
    the row says who was left out.
    """
    marks, refused, failures = _send(session, claimed)
    again: list[Waiting] = []
    notes: dict[str, str] = {}
    names = _inactive(session, [id_ for row, _ in refused for id_ in row.mentions])
    for row, refusal in refused:
        left_out = [names[id_] for id_ in row.mentions if id_ in names]
        still = tuple(id_ for id_ in row.mentions if id_ not in names)
        if left_out:
            notes[row.id] = f"Not mentioned, being no longer active: {', '.join(left_out)}."
        if left_out and still:
            again.append(msgspec.structs.replace(row, mentions=still))
        else:
            marks[row.id] = Mark("Failed", note=notes.get(row.id, _why(refusal)))
    failures += _mark(session, marks)
    if again:
        more, refused, more_failures = _send(session, again)
        more |= {row.id: Mark("Failed", note=_why(refusal)) for row, refusal in refused}
        more = {
            id_: msgspec.structs.replace(mark, note=notes[id_]) if mark.state == "Posted" else mark
            for id_, mark in more.items()
        }
        failures += more_failures + _mark(session, more)
        marks |= more
    return sum(mark.state == "Posted" for mark in marks.values()), failures


def _send(
    session: Session, claimed: Sequence[Waiting]
) -> tuple[dict[str, Mark], list[tuple[Waiting, SfsyncError]], list[SfsyncError]]:
    """One call with all these posts: what became of them, those refused for good, and why some must wait."""
    body = {"inputs": [{"richInput": _element(row)} for row in claimed]}
    wait = {row.id: Mark("To Post") for row in claimed}
    try:
        answer = session.post("chatter/feed-elements/batch", body, in_parts=True)
    except Transient as error:
        if not error.maybe_done:
            return wait, [], [error]
        # What is in the feed was posted; the rest stays claimed until the claim runs out.
        found, _, _ = _look_up(session, claimed)
        return found, [], [error] if len(found) < len(claimed) else []
    except SfsyncError as error:
        if error.error_code == CHATTER_OFF:
            return {row.id: Mark("Failed", note=NO_CHATTER) for row in claimed}, [], []
        return wait, [], [_in_our_words(error)]
    marks: dict[str, Mark] = {}
    refused: list[tuple[Waiting, SfsyncError]] = []
    failures: list[SfsyncError] = []
    for row, result in zip(claimed, answer.body["results"], strict=True):
        if result["statusCode"] < 300:
            marks[row.id] = Mark("Posted", result["result"]["id"])
            continue
        refusal = classify(result["result"], status=result["statusCode"])
        if refusal.error_code == CHATTER_OFF:
            marks[row.id] = Mark("Failed", note=NO_CHATTER)
        elif isinstance(refusal, Permanent | Stale | Config):
            refused.append((row, refusal))
        else:
            failures.append(_in_our_words(refusal))
            if not (isinstance(refusal, Transient) and refusal.maybe_done):
                marks[row.id] = Mark("To Post")
    return marks, refused, failures


def _why(refusal: SfsyncError) -> str:
    """What a row says of its refusal; the call was let in, so a missing right is one to this lead."""
    if isinstance(refusal, Config) and may_be_one_records(refusal):
        return f"{refusal.error_code}: {NO_RIGHT}"
    return str(refusal)


def _in_our_words(error: SfsyncError) -> SfsyncError:
    """Chatter's hourly limit speaks with the errorCode of the daily one."""
    if not isinstance(error, Budget):
        return error
    return Budget(
        "Chatter takes no more posts this hour: those that wait go out later", error_code=error.error_code
    )


def _inactive(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Those of these users who are not active (any more), with their names."""
    wanted = sorted({id_ for id_ in ids if soql.is_id(id_)})
    if not wanted:
        return {}
    query = f"SELECT Id, Name FROM User WHERE Id IN {soql.ids(wanted)} AND IsActive = false ORDER BY Id"
    pages, _ = first_pages(session, [query])
    return {row["Id"]: row["Name"] for row in all_rows(session, pages[0])}


def _look_up(
    session: Session, claimed: Sequence[Waiting]
) -> tuple[dict[str, Mark], list[Waiting], list[SfsyncError]]:
    """What the feeds say of posts that may have been made: what becomes of those that are there and of those whose
    feed is refused or too long, those that are not there, and why the rest cannot be told yet.
    """
    marks: dict[str, Mark] = {}
    absent: list[Waiting] = []
    failures: list[SfsyncError] = []
    in_a_row = 0
    for number, row in enumerate(claimed):
        try:
            post_id = find_post(session, row)
        except Budget as error:
            failures.append(_in_our_words(error))
            break
        except Transient as error:
            failures.append(error)
            in_a_row += 1
            if in_a_row == FEEDS_FAIL:
                break
            continue
        except LongFeed as error:
            marks[row.id] = Mark("Failed", note=str(error))
        except SfsyncError as error:
            if error.error_code == CHATTER_OFF:
                marks |= {left.id: Mark("Failed", note=NO_CHATTER) for left in claimed[number:]}
                break
            if not may_be_one_records(error):
                raise
            marks[row.id] = Mark("Failed", note=f"{error.error_code or 'Refused'}: {NO_FEED} {NO_RIGHT}")
        else:
            if post_id is None:
                absent.append(row)
            else:
                marks[row.id] = Mark("Posted", post_id)
        in_a_row = 0
    return marks, absent, failures


def find_post(session: Session, row: Waiting) -> str | None:
    """The id of the post in the lead's feed that carries this row's Name, if it is there; with the lead, its
    feed is gone. A feed begins with the newest [D], and what is older than the claim is not looked at.

    Raises LongFeed when FEED_PAGES pages do not reach back to the claim.
    """
    url = (
        f"chatter/feeds/record/{soql.record_id(row.lead_id)}/feed-elements?pageSize=100&sort=CreatedDateDesc"
    )
    try:
        answer = session.get(url)
    except (Permanent, Stale) as error:
        if error.error_code in GONE:
            return None
        raise
    for further in reversed(range(FEED_PAGES)):
        elements = answer.body["elements"]
        for element in elements:
            if f"({row.name})" in ((element.get("body") or {}).get("text") or ""):
                return str(element["id"])
        if not answer.body.get("nextPageUrl") or (elements and _before_claim(elements[-1], row)):
            return None
        if further:
            answer = session.next_page(answer.body["nextPageUrl"])
    raise LongFeed(LONG_FEED)


def _before_claim(element: Mapping[str, Any], row: Waiting) -> bool:
    """Whether this post is older than the row's claim, by far more than the claim's time can be wrong."""
    if row.claimed_at is None:
        return False
    try:
        return datetime.fromisoformat(element["createdDate"]) < row.claimed_at - CLAIM_LASTS
    except (KeyError, TypeError, ValueError):
        return False


def _element(row: Waiting) -> dict[str, Any]:
    segments: list[dict[str, str]] = []
    for user_id in row.mentions:
        segments += [{"type": "Mention", "id": user_id}, {"type": "Text", "text": " "}]
    segments.append({"type": "Text", "text": f"{row.text[:LONGEST_POST]} ({row.name})"})
    return {
        "feedElementType": "FeedItem",
        "subjectId": row.lead_id,
        "body": {"messageSegments": segments},
    }


def _mark(session: Session, marks: Mapping[str, Mark]) -> list[SfsyncError]:
    """Write what became of these rows, and return why some could not be written: they are looked up again when
    their claim is over.
    """
    if not marks:
        return []
    records: list[dict[str, Any]] = []
    for id_, mark in marks.items():
        record: dict[str, Any] = {"attributes": {"type": EVENT}, "id": id_, "Chatter_State__c": mark.state}
        if mark.post_id is not None:
            record["Chatter_Post_Id__c"] = mark.post_id
        if mark.note is not None:
            record["Chatter_Note__c"] = mark.note[:LONGEST_NOTE]
        records.append(record)
    return list(_update(session, records).values())
