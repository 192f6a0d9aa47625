"""Composite batch."""

from __future__ import annotations

from tests.conformance.cases import (
    ANYTHING,
    TEXT,
    Case,
    Check,
    an_id,
    error,
    get,
    lead,
    new_lead,
    post,
    soql,
    with_keys,
)
from tests.conformance.table_composite import COUNT, NO_NAME

BATCH = (
    Case(
        "batch runs independent subrequests and says whether any failed",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/batch",
                    {
                        "batchRequests": [
                            {"method": "POST", "url": "v68.0/sobjects/Lead", "richInput": lead()},
                            {"method": "POST", "url": "v68.0/sobjects/Lead", "richInput": NO_NAME},
                            {"method": "GET", "url": "v68.0/limits"},
                        ]
                    },
                ),
                200,
                {
                    "hasErrors": True,
                    "results": [
                        {"statusCode": 201, "result": with_keys(success=True)},
                        {"statusCode": 400, "result": error("REQUIRED_FIELD_MISSING")},
                        {"statusCode": 200, "result": with_keys(DailyApiRequests=ANYTHING)},
                    ],
                },
                {"Sforce-Limit-Info": "api-usage=3/110000"},
            ),
            Check(soql(COUNT), 200, with_keys(totalSize=1)),
        ),
    ),
    Case(
        "haltOnError stops a batch with 412",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/batch",
                    {
                        "haltOnError": True,
                        "batchRequests": [
                            {"method": "POST", "url": "v68.0/sobjects/Lead", "richInput": NO_NAME},
                            {"method": "GET", "url": "v68.0/limits"},
                        ],
                    },
                ),
                200,
                {
                    "hasErrors": True,
                    "results": [
                        {"statusCode": 400, "result": ANYTHING},
                        {"statusCode": 412, "result": error("BATCH_PROCESSING_HALTED", TEXT)},
                    ],
                },
            ),
        ),
    ),
    Case(
        "Chatter can be reached through batch",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/batch",
                    {
                        "batchRequests": [
                            {
                                "method": "POST",
                                "url": "v68.0/chatter/feed-elements",
                                "richInput": {
                                    "feedElementType": "FeedItem",
                                    "subjectId": "{lead}",
                                    "body": {"messageSegments": [{"type": "Text", "text": "hello"}]},
                                },
                            }
                        ]
                    },
                ),
                200,
                {"hasErrors": False, "results": [{"statusCode": 201, "result": with_keys(id=an_id("0D5"))}]},
            ),
            Check(get("/chatter/feeds/record/{lead}/feed-elements"), 200, with_keys(elements=[ANYTHING])),
        ),
        given=(new_lead(),),
    ),
)
