"""Doubts about the real Salesforce, each shown both ways."""

from __future__ import annotations

from typing import Any

from tests.conformance.cases import (
    ANYTHING,
    FACTS,
    NO_RULES,
    TEXT,
    Case,
    Check,
    Step,
    entry,
    error,
    get,
    lead,
    new_lead,
    patch,
    post,
    soql,
    sub,
    with_keys,
)
from tests.conformance.table_composite import NO_NAME, RULE

REP2_LEAVES = patch("/sobjects/User/{rep2}", {"IsActive": False})
HISTORY = soql("SELECT Field FROM LeadHistory WHERE Field != 'created'")
MOVED = (new_lead(), patch("/sobjects/Lead/{lead}", {"OwnerId": "{rep2}"}, headers=NO_RULES))
CONVERTED = (new_lead(), post("/_org/convert", {"lead_id": "{lead}"}))
EVENT = post("/sobjects/SLA_Event__c", {"Key__c": "k1", "Lead__c": "{lead}", "Kind__c": "Converted"})


def _doubt(says: str, check: Check, given: tuple[Step, ...] = (), **settings: Any) -> Case:
    return Case(says, FACTS + ", the ten questions", "?", (check,), given, settings)


DOUBTS = (
    *(
        _doubt(
            f"an inactive owner is refused with {status}",
            Check(
                post("/sobjects/Lead", lead(OwnerId="{rep2}"), headers=NO_RULES),
                status,
                error("INACTIVE_OWNER_OR_USER"),
            ),
            (REP2_LEAVES,),
            inactive_owner_status=status,
        )
        for status in (400, 403)
    ),
    *(
        _doubt(
            f"too little access is refused with {status}",
            Check(patch("/sobjects/Lead/{lead}", {"OwnerId": "{rep}"}, user="rep"), status, [ANYTHING]),
            (new_lead(OwnerId="{manager}"),),
            insufficient_access_status=status,
        )
        for status in (400, 403)
    ),
    *(
        _doubt(
            f"a change of what is not there is refused as {code}",
            Check(patch("/sobjects/Lead/00Q000000000000EAA", {"Title": "x"}), status, error(code)),
            missing_update_status=status,
            missing_update_code=code,
        )
        for status, code in ((404, "NOT_FOUND"), (400, "INVALID_CROSS_REFERENCE_KEY"))
    ),
    _doubt(
        "a row may look up a converted lead",
        Check(EVENT, 201),
        CONVERTED,
        child_may_look_up_converted_lead=True,
    ),
    _doubt(
        "a row may not look up a converted lead",
        Check(EVENT, 400, [ANYTHING]),
        CONVERTED,
        child_may_look_up_converted_lead=False,
    ),
    *(
        _doubt(
            f"a new lead has {count or 'no'} row of history",
            Check(soql("SELECT Field FROM LeadHistory"), 200, with_keys(totalSize=count)),
            (new_lead(),),
            created_history_row=bool(count),
        )
        for count in (0, 1)
    ),
    *(
        _doubt(
            f"on update the assignment rule {'takes' if taken else 'leaves'} a lead",
            Check(
                soql("SELECT OwnerId FROM Lead"),
                200,
                with_keys(records=[with_keys(OwnerId="{queue}" if taken else "{rep}")]),
            ),
            (new_lead(), RULE, patch("/sobjects/Lead/{lead}", {"Title": "x"})),
            assignment_on_update=taken,
        )
        for taken in (True, False)
    ),
    *(
        _doubt(
            f"a query inside composite gives pages of at most {rows} rows",
            Check(
                post("/composite", {"compositeRequest": [sub("q", "GET", "/query?q=SELECT+Id+FROM+Lead")]}),
                200,
                with_keys(compositeResponse=[entry("q", 200, with_keys(done=rows > 3))]),
            ),
            (new_lead(), new_lead(), new_lead()),
            composite_page_rows=rows,
        )
        for rows in (2, 2000)
    ),
    *(
        _doubt(
            f"a request to Chatter costs {cost} calls",
            Check(
                get("/chatter/feeds/record/{lead}/feed-elements"),
                200,
                headers={"Sforce-Limit-Info": f"api-usage={1 + cost}/110000"},
            ),
            (new_lead(),),
            chatter_call_cost=cost,
        )
        for cost in (0, 1)
    ),
    *(
        _doubt(
            f"a closed task {'has' if filled else 'may lack'} the time of its completion",
            Check(
                soql("SELECT IsClosed, CompletedDateTime FROM Task"),
                200,
                with_keys(records=[with_keys(IsClosed=True, CompletedDateTime=TEXT if filled else None)]),
            ),
            (new_lead(), post("/sobjects/Task", {"WhoId": "{lead}", "Status": "Completed"})),
            completed_date_time=filled,
        )
        for filled in (True, False)
    ),
    *(
        _doubt(
            f"Date may be {ahead} seconds off the time of what is written",
            Check(get("/limits"), 200, headers={"Date": f"Mon, 02 Nov 2026 {shown} GMT"}),
            date_ahead_s=ahead,
        )
        for ahead, shown in ((2, "09:00:02"), (-2, "08:59:58"))
    ),
    _doubt(
        "an owner change may write one history row",
        Check(HISTORY, 200, with_keys(totalSize=1)),
        MOVED,
        owner_history_writes_two_rows=False,
    ),
)


def _owner_field(name: str) -> Case:
    return Case(
        f"an owner change may stand in history as {name}",
        FACTS + ", question 4",
        "?",
        (
            Check(
                HISTORY,
                200,
                with_keys(records=[with_keys(Field=name), with_keys(Field=name)]),
            ),
        ),
        (
            post("/_org/settings", {"owner_history_field": name}),
            *MOVED,
        ),
    )


DOUBTS += (_owner_field("Owner"), _owner_field("ownerAssignment"))


def _order(backwards: bool) -> Case:
    """The first node that fails is the one that tells why; the other was never tried, or taken back."""
    told, halted = error("REQUIRED_FIELD_MISSING"), error("PROCESSING_HALTED")
    nodes = [sub(name, "POST", "/sobjects/Lead", NO_NAME) for name in ("a", "b")]
    bodies = (halted, told) if backwards else (told, halted)
    entries = [entry(name, 400, body) for name, body in zip(("a", "b"), bodies, strict=True)]
    answer = {"graphId": "g", "graphResponse": {"compositeResponse": entries}, "isSuccessful": False}
    return Case(
        f"nodes of a graph without a reference may run {'backwards' if backwards else 'as they are written'}",
        "REST developer guide, which names no order",
        "?",
        (
            Check(
                post("/composite/graph", {"graphs": [{"graphId": "g", "compositeRequest": nodes}]}),
                200,
                {"graphs": [answer]},
            ),
        ),
        (),
        {"graph_runs_backwards": backwards},
    )


DOUBTS += (_order(backwards=False), _order(backwards=True))


def _heeded(graph_headers: str, says: str, of_call: bool, of_node: bool, owner: str) -> Case:
    """A lead that is made in a graph, with Sforce-Auto-Assign FALSE on the call, on the node, or on both."""
    node = sub("a", "POST", "/sobjects/Lead", lead(), **({"httpHeaders": NO_RULES} if of_node else {}))
    graphs = {"graphs": [{"graphId": "g", "compositeRequest": [node]}]}
    return Case(
        says,
        "REST developer guide, until v60; later ones show no headers of a node",
        "?",
        (
            Check(post("/composite/graph", graphs, headers=NO_RULES if of_call else {}), 200),
            Check(soql("SELECT OwnerId FROM Lead"), 200, with_keys(records=[with_keys(OwnerId=owner)])),
        ),
        (RULE,),
        {"graph_headers": graph_headers},
    )


DOUBTS += (
    _heeded("node", "a node's own Sforce-Auto-Assign may count in a graph", False, True, "{rep}"),
    _heeded("node", "then that of the whole call does not", True, False, "{queue}"),
    _heeded("call", "the whole call's Sforce-Auto-Assign may count in a graph", True, False, "{rep}"),
    _heeded("call", "then a node's own does not", False, True, "{queue}"),
    _heeded("none", "no Sforce-Auto-Assign may count in a graph", True, True, "{queue}"),
)
