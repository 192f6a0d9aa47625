"""Posts, once each: a post takes no key, so the ledger row is claimed before it is made.

`To Post → Posting` (with claimant and time; a validation rule lets one claimant through, and only one that knows what
time it is) `→ Posted`. A claim older than 15 minutes was left by a crash: whether it posted is read from the record's
feed, where the row's Name stands in the post.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sfsync.errors import Budget, Permanent, SfsyncError, Stale, Transient
from sfsync.salesforce import rows, shapes, soql
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.failures import classify
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
CHATTER_OFF = "FUNCTIONALITY_NOT_ENABLED"
"""Without Chatter the Task and the ledger row are the notice; there is nothing to try again."""
NO_CHATTER = "Chatter is switched off in this org; the Task is the notice."
GONE = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED"})


LONGEST_NOTE = 255


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

    `claimant` is a name nobody else has. Raises Transient when some have to be tried again later.
    """
    found, unread, now = waiting(session, ids)
    _mark(session, unread)
    free: list[Waiting] = []
    for row in found:
        if row.state == "To Post":
            free.append(row)
        elif row.claimed_at is None or now - row.claimed_at >= CLAIM_LASTS:
            made = find_post(session, row)
            if made is not None:
                _mark(session, {row.id: Mark("Posted", made)})
            else:
                free.append(row)
    if not free:
        return 0
    ours, refusal = _claim(session, free, claimant, now)
    posted = _make(session, ours) if ours else 0
    if refusal is not None:
        raise refusal
    return posted


def _claim(
    session: Session, found: Sequence[Waiting], claimant: str, now: datetime
) -> tuple[list[Waiting], SfsyncError | None]:
    """The rows that this claimant now holds, and why one could not be claimed if not for somebody else's haste:
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
    refusals = (error for error in errors.values() if error is not None and not isinstance(error, Stale))
    return [row for row in found if errors[row.id] is None], next(refusals, None)


def _update(session: Session, records: Sequence[dict[str, Any]]) -> dict[str, SfsyncError | None]:
    """Update ledger rows; writing the same again is harmless, so a lost reply is asked for again."""
    answer = session.patch("composite/sobjects", {"allOrNone": False, "records": records}, repeatable=True)
    return {
        record["id"]: None if item.get("success") else classify(item.get("errors"))
        for record, item in zip(records, answer.body, strict=True)
    }


def _make(session: Session, claimed: Sequence[Waiting]) -> int:
    """Post what is claimed, say what became of each, and return how many posts were made.

    Chatter refuses a whole post for one mention of somebody inactive: that post is made for the others, and
    the row says who was left out.
    """
    marks, refused, later = _send(session, claimed)
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
            marks[row.id] = Mark("Failed", note=notes.get(row.id, str(refusal)))
    _mark(session, marks)
    if again:
        more, refused, later_still = _send(session, again)
        more |= {row.id: Mark("Failed", note=str(refusal)) for row, refusal in refused}
        more = {
            id_: msgspec.structs.replace(mark, note=notes[id_]) if mark.state == "Posted" else mark
            for id_, mark in more.items()
        }
        _mark(session, more)
        marks, later = marks | more, later or later_still
    if later is not None:
        raise later
    return sum(mark.state == "Posted" for mark in marks.values())


def _send(
    session: Session, claimed: Sequence[Waiting]
) -> tuple[dict[str, Mark], list[tuple[Waiting, SfsyncError]], SfsyncError | None]:
    """One call with all these posts: what became of them, those refused for good, and why some must wait."""
    body = {"inputs": [{"richInput": _element(row)} for row in claimed]}
    try:
        answer = session.post("chatter/feed-elements/batch", body)
    except Transient as error:
        if not error.maybe_done:
            _mark(session, {row.id: Mark("To Post") for row in claimed})
            raise
        made = {row.id: find_post(session, row) for row in claimed}
        # What is in the feed was posted; the rest stays claimed until the claim runs out.
        found = {id_: Mark("Posted", post_id) for id_, post_id in made.items() if post_id is not None}
        return found, [], error if len(found) < len(claimed) else None
    except SfsyncError as error:
        if error.error_code == CHATTER_OFF:
            return {row.id: Mark("Failed", note=NO_CHATTER) for row in claimed}, [], None
        _mark(session, {row.id: Mark("To Post") for row in claimed})
        raise _in_our_words(error) from None
    marks: dict[str, Mark] = {}
    refused: list[tuple[Waiting, SfsyncError]] = []
    later: SfsyncError | None = None
    for row, result in zip(claimed, answer.body["results"], strict=True):
        if result["statusCode"] < 300:
            marks[row.id] = Mark("Posted", result["result"]["id"])
            continue
        refusal = classify(result["result"], status=result["statusCode"])
        if refusal.error_code == CHATTER_OFF:
            marks[row.id] = Mark("Failed", note=NO_CHATTER)
        elif isinstance(refusal, Permanent | Stale):
            refused.append((row, refusal))
        else:
            marks[row.id] = Mark("To Post")
            later = _in_our_words(refusal)
    return marks, refused, later


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


def find_post(session: Session, row: Waiting) -> str | None:
    """The id of the post in the lead's feed that carries this row's Name, if it is there; with the lead, its
    feed is gone.
    """
    url = f"chatter/feeds/record/{soql.record_id(row.lead_id)}/feed-elements?pageSize=100"
    try:
        answer = session.get(url)
    except (Permanent, Stale) as error:
        if error.error_code in GONE:
            return None
        raise
    for _ in range(FEED_PAGES):
        for element in answer.body["elements"]:
            if f"({row.name})" in ((element.get("body") or {}).get("text") or ""):
                return str(element["id"])
        if not answer.body.get("nextPageUrl"):
            return None
        answer = session.next_page(answer.body["nextPageUrl"])
    return None


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


def _mark(session: Session, marks: Mapping[str, Mark]) -> None:
    if not marks:
        return
    records: list[dict[str, Any]] = []
    for id_, mark in marks.items():
        record: dict[str, Any] = {"attributes": {"type": EVENT}, "id": id_, "Chatter_State__c": mark.state}
        if mark.post_id is not None:
            record["Chatter_Post_Id__c"] = mark.post_id
        if mark.note is not None:
            record["Chatter_Note__c"] = mark.note[:LONGEST_NOTE]
        records.append(record)
    for error in _update(session, records).values():
        if error is not None:
            raise error
