"""Doubts about the real Salesforce, each shown both ways."""

from __future__ import annotations

from typing import Any

from tests.conformance.cases import (
    ANYTHING,
    FACTS,
    NO_RULES,
    Case,
    Check,
    Step,
    error,
    lead,
    new_lead,
    patch,
    post,
    soql,
    with_keys,
)

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
