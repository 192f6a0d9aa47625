"""Chatter."""

from __future__ import annotations

from typing import Any

from tests.conformance.cases import (
    ANYTHING,
    FACTS,
    Case,
    Check,
    an_id,
    delete,
    error,
    get,
    new_lead,
    patch,
    post,
    soql,
    with_keys,
)


def _body(*segments: object, subject: str = "{lead}") -> dict[str, Any]:
    return {
        "feedElementType": "FeedItem",
        "subjectId": subject,
        "body": {"messageSegments": list(segments)},
    }


def _text(text: str) -> dict[str, str]:
    return {"type": "Text", "text": text}


def _mention(user: str) -> dict[str, str]:
    return {"type": "Mention", "id": user}


FEED = get("/chatter/feeds/record/{lead}/feed-elements")
LEAD = (new_lead(),)

CHATTER = (
    Case(
        "a post with a mention is created and stands in the record's feed",
        "Connect REST API developer guide",
        "D",
        (
            Check(
                post("/chatter/feed-elements", _body(_text("SLA-000001 please look "), _mention("{rep}"))),
                201,
                with_keys(id=an_id("0D5"), feedElementType="FeedItem", body=with_keys(text=ANYTHING)),
            ),
            Check(
                FEED, 200, with_keys(elements=[with_keys(id=an_id("0D5"), type="TextPost")], nextPageUrl=None)
            ),
        ),
        given=LEAD,
    ),
    Case(
        "25 mentions are taken",
        "Connect REST API developer guide",
        "D",
        (Check(post("/chatter/feed-elements", _body(*(_mention("{rep}") for _ in range(25)))), 201),),
        given=LEAD,
    ),
    Case(
        "26 mentions are refused",
        "Connect REST API developer guide; the code is not known",
        "G",
        (
            Check(
                post("/chatter/feed-elements", _body(*(_mention("{rep}") for _ in range(26)))),
                400,
                error("LIMIT_EXCEEDED"),
            ),
            Check(FEED, 200, with_keys(elements=[])),
        ),
        given=LEAD,
    ),
    Case(
        "more than 10,000 characters are refused",
        "Connect REST API developer guide; the code is not known",
        "G",
        (
            Check(
                post("/chatter/feed-elements", _body(_text("x" * 10_001))), 400, error("POST_BODY_TOO_LONG")
            ),
            Check(post("/chatter/feed-elements", _body(_text("x" * 10_000))), 201),
        ),
        given=LEAD,
    ),
    Case(
        "an inactive user cannot be mentioned",
        FACTS,
        "G",
        (
            Check(post("/chatter/feed-elements", _body(_text("x "), _mention("{rep2}"))), 400, [ANYTHING]),
            Check(FEED, 200, with_keys(elements=[])),
        ),
        given=(*LEAD, patch("/sobjects/User/{rep2}", {"IsActive": False})),
    ),
    Case(
        "posts in a batch answer one by one",
        "Connect REST API developer guide",
        "D",
        (
            Check(
                post(
                    "/chatter/feed-elements/batch",
                    {
                        "inputs": [
                            {"richInput": _body(_text("one"))},
                            {"richInput": _body(_text("two"), subject="00Q000000000000EAA")},
                        ]
                    },
                ),
                201,
                {
                    "hasErrors": True,
                    "results": [
                        {"statusCode": 201, "result": with_keys(id=an_id("0D5"))},
                        with_keys(statusCode=ANYTHING, result=[ANYTHING]),
                    ],
                },
            ),
            Check(FEED, 200, with_keys(elements=[ANYTHING])),
        ),
        given=LEAD,
    ),
    Case(
        "501 posts in a batch are refused",
        "Connect REST API developer guide; the code is not known",
        "G",
        (
            Check(
                post("/chatter/feed-elements/batch", {"inputs": [{"richInput": _body(_text("x"))}] * 501}),
                400,
                error("LIMIT_EXCEEDED"),
            ),
        ),
        given=LEAD,
    ),
    Case(
        "beyond the hourly limit a post answers 503",
        FACTS,
        "D",
        (
            Check(post("/chatter/feed-elements", _body(_text("one"))), 201),
            Check(post("/chatter/feed-elements", _body(_text("two"))), 201),
            Check(post("/chatter/feed-elements", _body(_text("three"))), 503, [ANYTHING]),
            Check(FEED, 200, with_keys(elements=[ANYTHING, ANYTHING])),
            Check(post("/_org/clock", {"advance_s": 3600}), 200),
            Check(post("/chatter/feed-elements", _body(_text("later"))), 201),
        ),
        given=LEAD,
        settings={"chatter_posts_per_hour": 2},
    ),
    Case(
        "without an hourly limit posts go on",
        FACTS + ", the other way",
        "G",
        tuple(Check(post("/chatter/feed-elements", _body(_text("again"))), 201) for _ in range(3)),
        given=LEAD,
        settings={"chatter_posts_per_hour": None},
    ),
    Case(
        "a post answers at its own address until it is deleted",
        "Chatter REST API developer guide: feed-elements/{feedElementId}",
        "D",
        (
            Check(get("{post}"), 200, with_keys(id=an_id("0D5"), url="{post}", type="TextPost")),
            Check(delete("{post}"), 204),
            Check(get("{post}"), 404),
            Check(get("/chatter/feeds/record/{lead}/feed-elements"), 200, with_keys(elements=[])),
            Check(soql("SELECT Id FROM LeadFeed"), 200, with_keys(totalSize=0)),
            Check(get("/chatter/feed-elements/foo"), 404, error("NOT_FOUND")),
        ),
        given=(
            new_lead(),
            post(
                "/chatter/feed-elements",
                {
                    "feedElementType": "FeedItem",
                    "subjectId": "{lead}",
                    "body": {"messageSegments": [{"type": "Text", "text": "Hello"}]},
                },
                keep={"post": "url"},
            ),
        ),
    ),
)
