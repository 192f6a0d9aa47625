"""`sfsync check` tries the guard rules on a lead that can tell, and loses nothing of what else it found."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from sfsync.ports import Reply
from sfsync.report.check import check
from sfsync.report.finding import Finding
from tests.inprocess import ROOT, Send, begun


def misspelt(tmp_path: Path, **changes: str) -> Path:
    """The shipped policy with `old → new` in the file of this name."""
    made = copytree(ROOT / "mappings", tmp_path / "mappings")
    for name, change in changes.items():
        old, new = change.split(" → ")
        file = made / f"{name}.yaml"
        text = file.read_text()
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new))
    return made


def told(findings: list[Finding], of: str) -> list[tuple[str, str]]:
    return [(one.level, one.message) for one in findings if of in one.where]


def guards(findings: list[Finding]) -> list[tuple[str, str]]:
    return told(findings, "validation rules")


@pytest.mark.parametrize("field", ["Industri__c", "Owner.Shoe__c", "Campain.Name"])
def test_a_misspelt_field_is_told_with_its_line_and_so_is_all_else(tmp_path: Path, field: str) -> None:
    world = begun()
    lead = world.create_lead()
    made = misspelt(
        tmp_path,
        lead=f"industry: Industry → industry: {field}",
        sla="answered: {any: [{CallType: Inbound}, → answered: {any: [{CallTyp: Inbound},",
        routing="queue: Lead Queue → queue: Leads Queue",
    )
    found = check(world.worker(documents(made)), lead)
    [(level, message)] = told(found, "lead.yaml")
    assert level == "error"
    assert f"the org's Lead has no field {field}" in message
    assert [message for _, message in told(found, "sla.yaml")] == [
        "the org's Task has no field CallTyp, or sfsync may not read it; did you mean `CallType`?"
    ]
    assert len(told(found, "routing.yaml")) == 1
    assert guards(found) == [("ok", "the guard rules refuse a wrong write")]
    assert [level for level, _ in told(found, lead)] == ["ok"], (
        "the rehearsal asks for nothing of the mapping's"
    )


def test_a_converted_lead_that_comes_first_does_not_keep_the_guards_from_being_tried() -> None:
    world = begun()
    first, second = sorted((world.create_lead(), world.create_lead()))
    world.once()
    world.control("convert", lead_id=first)
    assert guards(check(world.worker())) == [("ok", "the guard rules refuse a wrong write")]
    world.control("convert", lead_id=second)
    [(level, message)] = guards(check(world.worker()))
    assert (level, message.split(";")[0]) == ("warning", "no lead to try the guard rules on")


def test_a_lead_that_something_else_locks_is_passed_over() -> None:
    world = begun()
    leads = sorted(world.create_lead() for _ in range(3))
    locked = leads[:1]

    def approval(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if b"probe0" not in (body or b"") or not any(one.encode() in (body or b"") for one in locked):
            return reply
        answer = json.loads(reply.body)
        for result in answer["compositeResponse"]:
            result["body"] = [{"errorCode": "ENTITY_IS_LOCKED", "message": "the entity is locked"}]
        return Reply(reply.status, reply.headers, json.dumps(answer).encode())

    with world.interposed(approval):
        assert guards(check(world.worker())) == [("ok", "the guard rules refuse a wrong write")]
        locked += leads[1:]
        [(level, message)] = guards(check(world.worker()))
    assert level == "warning"
    assert message.startswith("the guard rules could not be tried")


def test_what_the_org_does_not_show_ends_one_look_and_is_told_with_the_others() -> None:
    world = begun()
    world.create_lead()
    gone = world.create_lead()
    world.rest("DELETE", f"sobjects/Lead/{gone}")

    def hidden(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if path.endswith("sobjects/SLA_Policy__c/describe"):
            missing = b'[{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]'
            return Reply(404, send().headers, missing)
        return send()

    with world.interposed(hidden):
        found = check(world.worker(), gone)
    assert any("SLA_Policy__c is missing" in message for _, message in told(found, "SLA_Event__c"))
    assert guards(found) == [("ok", "the guard rules refuse a wrong write")]
    assert told(found, gone) == [("error", f"there is no lead {gone} in this org, or sfsync may not see it")]
