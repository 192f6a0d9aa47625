"""An org that has other words for its Task Statuses: ours are open in its words, and closed in its words."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.localorg.metadata import load_schema
from sfsync.mappings.loading import Documents, documents
from sfsync.ports import Reply
from sfsync.report.check import check
from tests import inprocess
from tests.inprocess import ROOT, Send, World, begun

VALUE = """    <standardValue>
        <fullName>{name}</fullName>
        <default>{default}</default>
        <label>{name}</label>
        <closed>{closed}</closed>
    </standardValue>
"""
OPEN, CLOSED = "false", "true"
RENAMED = {"Offen": OPEN, "In Arbeit": OPEN, "Erledigt": CLOSED, "Hinfällig": CLOSED}


def world_with(
    tmp_path: Path, patch: pytest.MonkeyPatch, statuses: dict[str, str], default: str = "Offen"
) -> World:
    """An org whose Task Statuses are these, in this order."""
    values = [
        VALUE.format(name=name, closed=closed, default="true" if name == default else "false")
        for name, closed in statuses.items()
    ]
    metadata = copytree(ROOT / "salesforce", tmp_path / "salesforce")
    sets = metadata / "starter/main/default/standardValueSets"
    (sets / "TaskStatus.standardValueSet-meta.xml").write_text(
        '<StandardValueSet xmlns="http://soap.sforce.com/2006/04/metadata">\n'
        f"    <sorted>false</sorted>\n{''.join(values)}</StandardValueSet>\n",
        encoding="utf-8",
    )
    schema = load_schema(metadata)
    patch.setattr(inprocess, "schema", lambda: schema)
    return begun()


def written(tmp_path: Path, *, completed: str | None = None, status: str | None = None) -> Documents:
    """The shipped policy, with these Task Statuses named in it."""
    made = copytree(ROOT / "mappings", tmp_path / "mappings", dirs_exist_ok=True)
    lead, sla = ((ROOT / "mappings" / f"{name}.yaml").read_text() for name in ("lead", "sla"))
    if status is not None:
        lead += f"constants: {{Task: {{Status: {status}}}}}\n"
    if completed is not None:
        assert sla.count("  email_source:") == 1
        sla = sla.replace("  email_source:", f"  completed: {completed}\n  email_source:")
    (made / "lead.yaml").write_text(lead)
    (made / "sla.yaml").write_text(sla)
    return documents(made)


def ours(world: World, lead: str) -> list[tuple[str, bool]]:
    """Status and IsClosed of the Tasks that sfsync made for this lead, in their order."""
    rows = world.soql(
        f"SELECT Status, IsClosed FROM Task WHERE WhoId = '{lead}' AND SFSync_Key__c != null ORDER BY Id"
    )
    return [(row["Status"], row["IsClosed"]) for row in rows]


def call(world: World, lead: str, status: str) -> None:
    values = {"WhoId": lead, "OwnerId": world.rep, "Subject": "Call", "TaskSubtype": "Call", "Status": status}
    world.rest("POST", "sobjects/Task", values, by=world.rep)


def followed_up(world: World, policy: Documents, status: str) -> str:
    """A lead that its owner calls, and once more when sfsync asks for it; the calls have this Status."""
    worker = world.worker(policy)
    lead = world.create_lead()
    world.once(worker)
    world.update(lead, Status="Accepted", by=world.rep)
    world.at(6)
    call(world, lead, status)
    world.at(3 * 24 + 6)
    world.once(worker)
    assert not any(closed for _, closed in ours(world, lead))
    call(world, lead, status)
    world.advance(seconds=60)
    world.once(worker)
    return lead


def test_an_org_with_renamed_statuses_gets_open_tasks_and_closes_them_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_with(tmp_path, monkeypatch, RENAMED)
    lead = followed_up(world, written(tmp_path), "Erledigt")
    assert ours(world, lead) == [("Offen", False), ("Erledigt", True)]


def test_the_policy_may_name_another_of_the_orgs_statuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_with(tmp_path, monkeypatch, RENAMED)
    policy = written(tmp_path, completed="Hinfällig", status="In Arbeit")
    lead = followed_up(world, policy, "Erledigt")
    assert ours(world, lead) == [("In Arbeit", False), ("Hinfällig", True)]


def test_the_statuses_are_asked_for_once_in_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = begun()
    worker = world.worker()
    worker.identity()
    asked = []
    for minutes in (0, 9, 11):
        world.at(1, 60 * minutes)
        worker.session.get("limits")
        with world.counted() as paths:
            assert worker.closing_status() == "Completed"
        asked.append(len(paths))
    assert asked == [1, 0, 1]


@pytest.mark.parametrize(
    ("statuses", "default", "completed", "status", "where", "words"),
    [
        (RENAMED, "Offen", None, None, "", ""),
        (RENAMED, "Offen", "Erledigt", "In Arbeit", "", ""),
        (
            RENAMED,
            "Offen",
            "Completed",
            None,
            "sla.yaml",
            "'Completed' is no Task Status of the org; those that close one are Erledigt, Hinfällig",
        ),
        (RENAMED, "Offen", "In Arbeit", None, "sla.yaml", "'In Arbeit' does not close a Task"),
        (RENAMED, "Offen", None, "Erledigt", "lead.yaml", "the Status 'Erledigt' closes a Task"),
        (
            RENAMED,
            "Offen",
            None,
            "Not Started",
            "lead.yaml",
            "the picklist Status has no value 'Not Started'",
        ),
        (
            RENAMED,
            "Erledigt",
            None,
            None,
            "lead.yaml",
            "the org's default Task Status 'Erledigt' closes a Task: what sfsync creates would be closed at once; "
            "give an open one under `constants: {Task: {Status: …}}`: Offen, In Arbeit",
        ),
        (RENAMED, "Erledigt", None, "Offen", "", ""),
        ({"Offen": OPEN}, "Offen", None, None, "sla.yaml", "no Task Status of the org closes a Task"),
    ],
)
def test_check_says_which_task_status_the_org_has_not_or_has_otherwise(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    statuses: dict[str, str],
    default: str,
    completed: str | None,
    status: str | None,
    where: str,
    words: str,
) -> None:
    world = world_with(tmp_path, monkeypatch, statuses, default)
    found = check(world.worker(written(tmp_path, completed=completed, status=status)))
    said = [(one.where, one.message) for one in found if one.level == "error"]
    assert len(said) == (1 if words else 0), said
    for place, message in said:
        assert where in place
        assert message.startswith(words)


def test_an_org_that_does_not_show_its_statuses_is_taken_to_have_salesforces_own() -> None:
    world = begun()
    world.create_lead()

    def hidden(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        return send(body.replace(b"TaskStatus", b"Nothing") if body is not None else None)

    with world.interposed(hidden):
        assert world.worker().closing_status() == "Completed"
        found = check(world.worker())
    (told,) = [one for one in found if one.where == "Task"]
    assert (told.level, "completed" in told.message) == ("warning", True)


def test_an_org_that_can_close_no_task_is_told_so_and_the_rest_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_with(tmp_path, monkeypatch, {"Offen": OPEN})
    worker = world.worker(written(tmp_path))
    lead = world.create_lead()
    world.once(worker)
    world.update(lead, Status="Accepted", by=world.rep)
    met = {"StartDateTime": "2026-11-02T14:00:00Z", "EndDateTime": "2026-11-02T15:00:00Z"}
    world.rest("POST", "sobjects/Event", {"WhoId": lead, "OwnerId": world.rep, **met}, by=world.rep)
    world.at(3 * 24 + 6)
    world.once(worker)
    assert "Attempt Due" in world.kinds(lead)
    world.update(lead, Status="Rejected", SLA_Rejection_Reason__c="Other", by=world.rep)
    world.advance(seconds=60)
    world.once(worker)
    assert ours(world, lead) == [("Offen", False), ("Offen", False)]
    assert "did not let us complete Tasks that are done with" in capsys.readouterr().out
    assert "Error" not in world.kinds(lead)
