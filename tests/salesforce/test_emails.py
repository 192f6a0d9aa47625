"""E-mail where the org keeps it as EmailMessage: the lead's replies, the reps' own, each once and at its time."""

from __future__ import annotations

from sfsync.core.model import Interaction
from sfsync.mappings.loading import MODELS, Documents, check
from sfsync.mappings.yaml_lines import read
from tests.inprocess import World, begun
from tests.shipped import MAPPINGS, everything


def with_messages() -> Documents:
    """The shipped policy of an org whose e-mails are EmailMessages."""
    texts = {name: (MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8") for name in MODELS}
    texts["sla"] = texts["sla"].replace("email_source: task ", "email_source: email_message ")
    return check([read(MAPPINGS / f"{name}.yaml", text.encode()) for name, text in texts.items()], [])


def email(world: World, lead: str, *, incoming: bool, sent: str, by: str | None = None) -> str:
    """An e-mail from or to the lead: the EmailMessage's Id."""
    values = {
        "Subject": "Offer",
        "Incoming": incoming,
        "MessageDate": sent,
        "Status": "0" if incoming else "3",
    }
    id_ = str(world.rest("POST", "sobjects/EmailMessage", values, by=by)["id"])
    kind = "FromAddress" if incoming else "ToAddress"
    relation = {"EmailMessageId": id_, "RelationId": lead, "RelationType": kind}
    world.rest("POST", "sobjects/EmailMessageRelation", relation, by=by)
    return id_


def seen(world: World, lead: str, of: Documents) -> list[Interaction]:
    worker = world.worker(of)
    facts = worker.reader(worker.configuration().policy).observe([lead]).facts[lead]
    return list(facts.interactions)


def test_what_the_lead_wrote_is_a_reply_and_what_a_rep_wrote_is_the_reps() -> None:
    world = begun()
    lead, other = world.create_lead(), world.create_lead()
    world.advance(hours=2)
    sent = email(world, lead, incoming=False, sent="2026-11-02T09:30:00Z", by=world.rep)
    reply = email(world, lead, incoming=True, sent="2026-11-02T10:15:00Z")
    email(world, other, incoming=True, sent="2026-11-02T10:20:00Z")
    found = [
        (one.id, one.kind, f"{one.at:%H:%M}", one.by, one.answered)
        for one in seen(world, lead, with_messages())
    ]
    assert found == [(sent, "email", "09:30", world.rep, False), (reply, "reply", "10:15", "", True)]


def test_one_that_hangs_on_a_lead_by_two_relations_counts_once() -> None:
    world = begun()
    lead = world.create_lead()
    id_ = email(world, lead, incoming=False, sent="2026-11-02T09:00:00Z", by=world.rep)
    again = {"EmailMessageId": id_, "RelationId": lead, "RelationType": "CcAddress"}
    world.rest("POST", "sobjects/EmailMessageRelation", again)
    assert [one.id for one in seen(world, lead, with_messages())] == [id_]


def test_they_are_not_read_where_e_mail_shows_up_as_tasks_and_tasks_of_e_mails_not_where_it_does_not() -> (
    None
):
    world = begun()
    lead = world.create_lead()
    message = email(world, lead, incoming=True, sent="2026-11-02T09:00:00Z")
    values = {"WhoId": lead, "OwnerId": world.rep, "Subject": "Email: Offer", "TaskSubtype": "Email"}
    task = str(world.rest("POST", "sobjects/Task", {**values, "Status": "Completed"}, by=world.rep)["id"])
    assert [one.id for one in seen(world, lead, everything())] == [task]
    assert [one.id for one in seen(world, lead, with_messages())] == [message]


def test_a_reps_e_mail_is_a_first_contact_and_a_reply_breaks_the_silence() -> None:
    world = begun()
    lead = world.create_lead()
    of = with_messages()
    world.once(world.worker(of))
    world.update(lead, by=world.rep, Status="Accepted")
    world.advance(hours=1)
    email(world, lead, incoming=False, sent="2026-11-02T09:45:00Z", by=world.rep)
    email(world, lead, incoming=True, sent="2026-11-02T09:50:00Z")
    world.update(lead, by=world.rep, Title="Buyer")
    world.once(world.worker(of))
    met = [row["Clock__c"] for row in world.events(lead) if row["Kind__c"] == "Met"]
    assert sorted(met) == ["accept", "first_contact", "follow_up", "silence", "silence"]
