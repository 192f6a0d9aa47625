"""Composite graph."""

from __future__ import annotations

from tests.conformance.cases import (
    ANYTHING,
    NO_RULES,
    Case,
    Check,
    an_id,
    each,
    entry,
    error,
    lead,
    new_lead,
    post,
    soql,
    sub,
    with_keys,
)
from tests.conformance.table_composite import HALTED, NO_NAME, NONE_LEFT

TAKEN = "duplicate value found: Key__c duplicates value on record with id: {event15}"


def _graph(graph_id: str, *nodes: object) -> dict[str, object]:
    return {"graphId": graph_id, "compositeRequest": list(nodes)}


def _answer(graph_id: str, successful: bool, *entries: object) -> dict[str, object]:
    return {
        "graphId": graph_id,
        "graphResponse": {"compositeResponse": list(entries)},
        "isSuccessful": successful,
    }


def _many(count: int, values: dict[str, object]) -> dict[str, object]:
    return {"graphs": [_graph(f"g{n}", sub("a", "POST", "/sobjects/Lead", values)) for n in range(count)]}


def _event(key: str) -> dict[str, object]:
    return {
        "Key__c": key,
        "Lead_Id__c": "{lead}",
        "Kind__c": "Warned",
        "Occurred_At__c": "2026-11-02T09:00:00Z",
    }


GRAPH = (
    Case(
        "a graph's nodes refer to each other and all stay",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/graph",
                    {
                        "graphs": [
                            _graph(
                                "one",
                                sub("task", "POST", "/sobjects/Task", {"WhoId": "{lead}", "Subject": "Call"}),
                                sub(
                                    "event",
                                    "POST",
                                    "/sobjects/SLA_Event__c",
                                    {**_event("k1"), "Task_Id__c": "@{task.id}"},
                                ),
                                sub(
                                    "lead",
                                    "PATCH",
                                    "/sobjects/Lead/{lead}",
                                    {"Title": "Seen"},
                                    httpHeaders=NO_RULES,
                                ),
                            )
                        ]
                    },
                ),
                200,
                {
                    "graphs": [
                        _answer(
                            "one",
                            True,
                            entry("task", 201, {"id": an_id("00T"), "success": True, "errors": []}),
                            entry("event", 201, {"id": an_id(), "success": True, "errors": []}),
                            entry("lead", 204, None, {}),
                        )
                    ]
                },
                {"Sforce-Limit-Info": "api-usage=2/110000"},
            ),
        ),
        given=(new_lead(),),
    ),
    Case(
        "each graph is its own transaction: one that fails takes back only itself",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/graph",
                    {
                        "graphs": [
                            _graph("good", sub("a", "POST", "/sobjects/Lead", lead(LastName="Stays"))),
                            _graph(
                                "bad",
                                sub("a", "POST", "/sobjects/Lead", lead()),
                                sub("b", "POST", "/sobjects/Lead", NO_NAME),
                            ),
                        ]
                    },
                ),
                200,
                {
                    "graphs": [
                        _answer("good", True, entry("a", 201, ANYTHING)),
                        _answer(
                            "bad",
                            False,
                            entry("a", 400, HALTED, {}),
                            entry("b", 400, error("REQUIRED_FIELD_MISSING"), {}),
                        ),
                    ]
                },
            ),
            Check(soql("SELECT LastName FROM Lead"), 200, with_keys(records=[with_keys(LastName="Stays")])),
        ),
    ),
    Case(
        "a duplicate key rolls the graph back and names our field and the row that has it",
        "salesforce.stackexchange.com/questions/197382",
        "C",
        (
            Check(
                post(
                    "/composite/graph",
                    {
                        "graphs": [
                            _graph(
                                "again",
                                sub("task", "POST", "/sobjects/Task", {"WhoId": "{lead}", "Subject": "Call"}),
                                sub("event", "POST", "/sobjects/SLA_Event__c", _event("k1")),
                            )
                        ]
                    },
                ),
                200,
                {
                    "graphs": [
                        _answer(
                            "again",
                            False,
                            entry("task", 400, HALTED),
                            entry(
                                "event",
                                400,
                                error(
                                    "DUPLICATE_VALUE",
                                    TAKEN,
                                ),
                            ),
                        )
                    ]
                },
            ),
            Check(soql("SELECT COUNT() FROM Task"), 200, with_keys(totalSize=0)),
        ),
        given=(
            new_lead(),
            post("/sobjects/SLA_Event__c", _event("k1"), keep={"event": "id"}),
        ),
    ),
    Case(
        "after 14 failed graphs the rest is halted without having been tried",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/graph",
                    {
                        "graphs": [
                            *_many(14, NO_NAME)["graphs"],  # type: ignore[misc]
                            _graph("last", sub("a", "POST", "/sobjects/Lead", lead())),
                        ]
                    },
                ),
                200,
                {
                    "graphs": [
                        *(
                            _answer(f"g{n}", False, entry("a", 400, error("REQUIRED_FIELD_MISSING")))
                            for n in range(14)
                        ),
                        _answer("last", False, entry("a", 400, error("PROCESSING_HALTED"))),
                    ]
                },
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "75 graphs are taken",
        "REST developer guide",
        "D",
        (
            Check(
                post("/composite/graph", _many(75, lead())),
                200,
                {"graphs": each(with_keys(isSuccessful=True), 75)},
                {"Sforce-Limit-Info": "api-usage=1/110000"},
            ),
        ),
    ),
    Case(
        "76 graphs are refused",
        "REST developer guide; the code is not known",
        "G",
        (Check(post("/composite/graph", _many(76, lead())), 400, error("LIMIT_EXCEEDED")), NONE_LEFT),
    ),
    Case(
        "501 nodes are refused",
        "REST developer guide; the code is not known",
        "G",
        (
            Check(
                post(
                    "/composite/graph",
                    {
                        "graphs": [
                            _graph(
                                f"g{g}", *(sub(f"n{n}", "POST", "/sobjects/Lead", lead()) for n in range(167))
                            )
                            for g in range(3)
                        ]
                    },
                ),
                400,
                error("LIMIT_EXCEEDED"),
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "a chain of references deeper than 15 is refused",
        "REST developer guide; the code is not known",
        "G",
        (
            Check(
                post(
                    "/composite/graph",
                    {
                        "graphs": [
                            _graph(
                                "deep",
                                sub("n0", "POST", "/sobjects/Lead", lead()),
                                *(
                                    sub(f"n{n}", "POST", "/sobjects/Lead", lead(Title=f"@{{n{n - 1}.id}}"))
                                    for n in range(1, 16)
                                ),
                            )
                        ]
                    },
                ),
                400,
                error("LIMIT_EXCEEDED"),
            ),
            NONE_LEFT,
        ),
    ),
    Case(
        "a graph takes rows only, no query",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/graph",
                    {"graphs": [_graph("q", sub("a", "GET", "/query?q=SELECT+Id+FROM+Lead"))]},
                ),
                200,
                {"graphs": [_answer("q", False, entry("a", 404, error("NOT_FOUND")))]},
            ),
        ),
    ),
    Case(
        "a node that refers to a failed node is halted with it",
        "REST developer guide",
        "D",
        (
            Check(
                post(
                    "/composite/graph",
                    {
                        "graphs": [
                            _graph(
                                "chain",
                                sub("a", "POST", "/sobjects/Lead", NO_NAME),
                                sub("b", "POST", "/sobjects/Task", {"WhoId": "@{a.id}", "Subject": "x"}),
                            )
                        ]
                    },
                ),
                200,
                {
                    "graphs": [
                        _answer(
                            "chain",
                            False,
                            entry("a", 400, error("REQUIRED_FIELD_MISSING")),
                            entry("b", 400, error("PROCESSING_HALTED")),
                        )
                    ]
                },
            ),
        ),
    ),
)
