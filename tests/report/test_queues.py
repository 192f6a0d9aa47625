"""`sfsync check` says which queue of the policy the org has not, and which cannot hold leads, at its line."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from sfsync.ports import Reply
from sfsync.report.check import check
from sfsync.report.finding import Finding
from tests.inprocess import ROOT, Send, World, begun

BAND = "- band: Nurture"


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    return copytree(ROOT / "mappings", tmp_path / "mappings")


def routed_to(mappings: Path, queue: str) -> None:
    change(mappings / "routing.yaml", "queue: Lead Queue", f"queue: {queue}")


def given_to(mappings: Path, owner: str) -> None:
    change(mappings / "scoring.yaml", BAND, f"{BAND}\n    owner: {owner}")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new))


def of_cases() -> World:
    """An org with a second queue, which holds Contacts."""
    world = begun()
    queue = world.rest("POST", "sobjects/Group", {"Name": "Other Queue", "Type": "Queue"})["id"]
    world.rest("POST", "sobjects/QueueSobject", {"QueueId": queue, "SobjectType": "Contact"})
    return world


def wrong(world: World, mappings: Path) -> list[Finding]:
    return [one for one in check(world.worker(documents(mappings))) if ".yaml" in one.where]


def line(file: Path, part: str) -> str:
    lines = file.read_text().splitlines()
    return f"{file}:{next(number for number, text in enumerate(lines, 1) if part in text)}"


def test_a_queue_that_cannot_hold_leads_is_an_error_at_its_line(mappings: Path) -> None:
    routed_to(mappings, "Other Queue")
    given_to(mappings, "Other Queue")
    found = {one.where: one for one in wrong(of_cases(), mappings)}
    assert found.keys() == {
        line(mappings / "routing.yaml", "queue: Other"),
        line(mappings / "scoring.yaml", "owner: Other"),
    }
    for one in found.values():
        assert one.level == "error"
        assert one.message.startswith("the queue 'Other Queue' cannot hold leads")
        assert one.message.endswith("(Lead Queue)")


def test_what_cannot_hold_leads_is_what_the_org_refuses_to_give_them_to() -> None:
    world = of_cases()
    [other] = world.soql("SELECT Id FROM Group WHERE Name = 'Other Queue'")
    lead = world.create_lead()
    status, refused = world.ask("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": other["Id"]})
    assert status == 400
    assert refused[0]["message"] == "Queue not associated with this SObject type"


@pytest.mark.parametrize("owner", ["Nobody", "nobody@example.com"])
def test_a_band_that_gives_its_leads_to_nobody_is_an_error_at_its_line(mappings: Path, owner: str) -> None:
    given_to(mappings, owner)
    [one] = wrong(begun(), mappings)
    assert (one.level, one.where) == ("error", line(mappings / "scoring.yaml", f"owner: {owner}"))
    assert one.message == f"the org has no active user and no queue {owner!r}; its queues are Lead Queue"


def test_a_band_may_give_its_leads_to_a_user_or_a_queue_for_leads(mappings: Path) -> None:
    world = begun()
    given_to(mappings, "Lead Queue")
    assert wrong(world, mappings) == []
    [user] = world.soql(f"SELECT Username FROM User WHERE Id = '{world.rep}'")
    change(mappings / "scoring.yaml", "owner: Lead Queue", f"owner: {user['Username']}")
    assert wrong(world, mappings) == []


def test_a_queue_that_another_is_called_like_is_an_error_at_its_line(mappings: Path) -> None:
    world = begun()
    given_to(mappings, "Lead Queue")
    [first] = world.soql("SELECT Id FROM Group WHERE Name = 'Lead Queue'")
    other = {"Name": "Lead Queue", "DeveloperName": "Lead_Queue_2", "Type": "Queue"}
    second = world.rest("POST", "sobjects/Group", other)["id"]
    world.rest("POST", "sobjects/QueueSobject", {"QueueId": second, "SobjectType": "Lead"})
    found = wrong(world, mappings)
    assert {(one.level, one.where) for one in found} == {
        ("error", line(mappings / "routing.yaml", "queue: Lead Queue")),
        ("error", line(mappings / "scoring.yaml", "owner: Lead Queue")),
    }
    for one in found:
        assert one.message.startswith(
            f"the org has 2 queues called 'Lead Queue' ({first['Id']}, {second}), and {first['Id']} would get"
        )


def test_an_owner_who_is_a_user_and_a_queue_is_an_error_at_its_line(mappings: Path) -> None:
    world = begun()
    [user] = world.soql(f"SELECT Username FROM User WHERE Id = '{world.rep}'")
    queue = world.rest("POST", "sobjects/Group", {"Name": user["Username"], "Type": "Queue"})["id"]
    world.rest("POST", "sobjects/QueueSobject", {"QueueId": queue, "SobjectType": "Lead"})
    given_to(mappings, user["Username"])
    [one] = wrong(world, mappings)
    assert one.where == line(mappings / "scoring.yaml", "owner: ")
    assert "is a user and a queue: the user gets the leads; rename the queue" in one.message


def test_an_org_that_does_not_show_what_its_queues_hold_is_warned_of(mappings: Path) -> None:
    world = begun()
    routed_to(mappings, "Nowhere")

    def hidden(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        return send((body or b"").replace(b"QueueSobject", b"NoQueueSobject") if body else None)

    with world.interposed(hidden):
        found = check(world.worker(documents(mappings)))
    assert [one.level for one in found if one.where == "Queue"] == ["warning"]
    assert [one.message for one in found if "routing.yaml" in one.where] == [
        "the org has no such queue; it has Lead Queue"
    ]
