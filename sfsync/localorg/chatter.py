"""Posts on records: FeedItems whose text is plain and whose mentions notify."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.dml import WriteOptions, create
from sfsync.localorg.engine import Engine, not_found
from sfsync.localorg.errors import ApiError
from sfsync.localorg.ids import canonical
from sfsync.localorg.schema import Row

MOST_MENTIONS = 25
MOST_CHARACTERS = 10_000
OBJECTS = frozenset({"FeedItem"})
"""What an org without Chatter does not have."""

_SEGMENTS = "#segments"
"""A key that no field has: the segments of a post stay with its row, unseen by SOQL."""
_HOUR = 3600


def post(
    engine: Engine, session: Session, subject_id: str, segments: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Post text and mentions to a record's, user's or group's feed; returns the feed element.

    A segment is `{"type": "Text", "text"}` or `{"type": "Mention", "id"}` (or `"username"`). Raises ApiError
    404 for a subject or user that is not there, 400 for more than 25 mentions or 10,000 characters, 503
    beyond the hourly limit, 403 in an org without Chatter.
    """
    _require_chatter(engine)
    subject = _subject(engine, session, subject_id)
    shown = [_segment(engine, one) for one in segments]
    text = "".join(str(one["text"]) for one in shown)
    if not text.strip():
        raise ApiError.bare(400, "POST_BODY_BLANK", "The post body cannot be blank")
    if len(text) > MOST_CHARACTERS:
        raise ApiError.bare(
            400, "POST_BODY_TOO_LONG", f"Your post can't have more than {MOST_CHARACTERS:,} characters."
        )
    if sum(one["type"] == "Mention" for one in shown) > MOST_MENTIONS:
        raise ApiError.bare(
            400, "LIMIT_EXCEEDED", f"You can mention at most {MOST_MENTIONS} people or groups in a post."
        )
    _check_hourly_limit(engine, session)
    with engine.database.transaction():
        values = {"ParentId": subject, "Body": text}
        item_id = create(engine, session, "FeedItem", values, WriteOptions())
        table = engine.database.table("FeedItem")
        row = {**table.rows[item_id], _SEGMENTS: json.dumps(shown)}
        table.put(row)
    return _element(engine, row)


def feed(engine: Engine, session: Session, subject_id: str) -> list[dict[str, Any]]:
    """The posts on a record, newest first.

    Raises ApiError 404 for a subject that is not there, 403 in an org without Chatter.
    """
    _require_chatter(engine)
    subject = _subject(engine, session, subject_id)
    table = engine.database.table("FeedItem")
    rows = [table.rows[one] for one in table.find("ParentId", [subject])]
    live = [row for row in rows if not row.get("IsDeleted")]
    live.sort(key=lambda row: (row["CreatedDate"], row["Id"]), reverse=True)
    return [_element(engine, row) for row in live]


def _require_chatter(engine: Engine) -> None:
    if not engine.settings.chatter_enabled:
        raise ApiError.bare(403, "FUNCTIONALITY_NOT_ENABLED", "Chatter is not enabled")


def _subject(engine: Engine, session: Session, subject_id: str) -> str:
    identifier = session.user_id if subject_id == "me" else canonical(subject_id) or subject_id
    object_type = engine.schema.of_id(identifier)
    row = engine.row(identifier)
    if object_type is None or row is None or row.get("IsDeleted"):
        raise not_found()
    if object_type.name not in engine.schema.objects["FeedItem"].fields["ParentId"].reference_to:
        raise ApiError.bare(
            400, "INVALID_ID_FIELD", f"Feeds are not enabled for {object_type.label}: {subject_id}"
        )
    sees = session.sees(object_type.name)
    if not session.permissions.on(object_type).read or (sees is not None and not sees(row)):
        raise not_found()
    return identifier


def _segment(engine: Engine, stated: Mapping[str, Any]) -> dict[str, Any]:
    match stated.get("type"):
        case "Text" if isinstance(stated.get("text"), str):
            return {"type": "Text", "text": stated["text"]}
        case "Mention":
            identifier = _mentioned(engine, stated)
            name = engine.name_of(identifier) or ""
            return {
                "type": "Mention",
                "text": f"@{name}",
                "name": name,
                "accessible": True,
                "record": {
                    "id": identifier,
                    "type": "User" if identifier[:3] == "005" else "CollaborationGroup",
                    "url": f"/services/data/vXX.0/chatter/users/{identifier}",
                },
            }
    raise ApiError.bare(
        400,
        "JSON_PARSER_ERROR",
        f"Unsupported message segment: {stated.get('type')} (Text and Mention are known)",
    )


def _mentioned(engine: Engine, stated: Mapping[str, Any]) -> str:
    if isinstance(stated.get("username"), str):
        found = engine.database.table("User").find("Username", [stated["username"]])
        if found:
            return found[0]
    identifier = canonical(str(stated.get("id", "")))
    row = engine.row(identifier) if identifier and identifier[:3] in ("005", "0F9") else None
    if identifier is None or row is None:
        raise ApiError.bare(
            404, "NOT_FOUND", f"The mentioned user or group does not exist: {stated.get('id')}"
        )
    if row.get("IsActive") is False:
        raise ApiError.bare(400, "INVALID_OPERATION", f"The mentioned user is not active: {identifier}")
    return identifier


def _check_hourly_limit(engine: Engine, session: Session) -> None:
    limit = engine.settings.chatter_posts_per_hour
    if limit is None:
        return
    table = engine.database.table("FeedItem")
    begins = engine.now() - engine.now() % _HOUR
    recent = table.range("CreatedDate", (begins, ""), None)
    if sum(table.rows[one].get("CreatedById") == session.user_id for one in recent) >= limit:
        raise ApiError.bare(
            503,
            "REQUEST_LIMIT_EXCEEDED",
            "You have reached the limit for the number of Chatter requests in an hour. Try again later.",
        )


def _element(engine: Engine, row: Row) -> dict[str, Any]:
    item_id, author, parent = str(row["Id"]), str(row["CreatedById"]), str(row["ParentId"])
    text = str(row.get("Body", ""))
    segments = json.loads(str(row[_SEGMENTS])) if _SEGMENTS in row else [{"type": "Text", "text": text}]
    parent_type = engine.schema.of_id(parent)
    created = datetime.fromtimestamp(int(row["CreatedDate"]), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "id": item_id,
        "url": f"/services/data/vXX.0/chatter/feed-elements/{item_id}",
        "feedElementType": "FeedItem",
        "type": "TextPost",
        "visibility": "AllUsers",
        "event": False,
        "isDeleteRestricted": False,
        "createdDate": created,
        "modifiedDate": created,
        "relativeCreatedDate": created,
        "body": {"isRichText": False, "text": text, "messageSegments": segments},
        "header": {"isRichText": None, "text": engine.name_of(author), "messageSegments": []},
        "actor": _summary(engine, author, "User"),
        "parent": _summary(engine, parent, parent_type.name if parent_type else None),
        "capabilities": {
            "comments": {"page": {"items": [], "total": 0, "nextPageUrl": None}},
            "chatterLikes": {"isLikedByCurrentUser": False, "page": {"items": [], "total": 0}},
        },
    }


def _summary(engine: Engine, record_id: str, kind: str | None) -> dict[str, Any]:
    return {
        "id": record_id,
        "type": kind,
        "name": engine.name_of(record_id),
        "url": f"/services/data/vXX.0/chatter/records/{record_id}",
    }
