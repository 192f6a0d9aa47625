"""What one post, one feed or one row is refused stops no other post, and nobody posts twice for not having looked."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from sfsync.errors import Config, Permanent, Transient
from sfsync.ports import Reply
from sfsync.salesforce import chatter
from tests.inprocess import Crash, Interpose, Send, World
from tests.salesforce.test_chatter import (
    BATCH,
    CLAIMS,
    A,
    B,
    C,
    after,
    each_once,
    just,
    names_posted,
    raising,
    states,
    waiting,
)

NO_ACCESS = "INSUFFICIENT_ACCESS"
OF_NEXT_YEAR = "A_CODE_FROM_NEXT_YEAR"


def refusing(status: int, code: str) -> Reply:
    headers = {"content-type": "application/json", "date": "Mon, 02 Nov 2026 10:00:00 GMT"}
    return Reply(status, headers, json.dumps([{"errorCode": code, "message": "Canary"}]).encode())


def answering(which: str, status: int, code: str, requests: list[str] | None = None) -> Interpose:
    """Answer each request to this path so, carrying none of them out."""

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if which not in path:
            return send()
        if requests is not None:
            requests.append(path)
        return refusing(status, code)

    return interpose


def item_refused(lead: str, status: int, code: str) -> Interpose:
    """Carry out a batch of posts but for this lead's, which is refused so."""

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if BATCH not in path:
            return send()
        inputs = json.loads(body or b"")["inputs"]
        refused = [one["richInput"]["subjectId"] == lead for one in inputs]
        reply = send(
            json.dumps(
                {"inputs": [one for one, not_it in zip(inputs, refused, strict=True) if not not_it]}
            ).encode()
        )
        done = iter(json.loads(reply.body)["results"])
        refusal = {"statusCode": status, "result": [{"errorCode": code, "message": "Canary"}]}
        results = [refusal if not_it else next(done) for not_it in refused]
        return Reply(201, reply.headers, json.dumps({"hasErrors": True, "results": results}).encode())

    return interpose


def row_refused(row_id: str, state: str, code: str) -> Interpose:
    """Carry out writes to the ledger but for those of this state to this row."""

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        records = json.loads(body or b"{}").get("records", []) if CLAIMS in path else []
        kept = [one for one in records if (one["id"], one.get("Chatter_State__c")) != (row_id, state)]
        if len(kept) == len(records):
            return send()
        refusal = {"success": False, "errors": [{"statusCode": code, "message": "Canary", "fields": []}]}
        done = iter(())
        reply = Reply(200, refusing(200, "").headers, b"[]")
        if kept:
            reply = send(json.dumps({"allOrNone": False, "records": kept}).encode())
            done = iter(json.loads(reply.body))
        results = [next(done) if one in kept else refusal for one in records]
        return Reply(200, reply.headers, json.dumps(results).encode())

    return interpose


def left_behind(world: World, ids: list[str]) -> None:
    """A worker claimed these rows and died before it posted; its claim is over."""
    with world.interposed(just(BATCH, raising(Crash()))), suppress(Crash):
        chatter.post(world.session(), ids, A)
    world.advance(minutes=15)


def lead_of(world: World, number: int) -> str:
    return str(world.events()[number]["Lead_Id__c"])


@pytest.mark.parametrize(("status", "code"), [(403, NO_ACCESS), (401, OF_NEXT_YEAR), (403, OF_NEXT_YEAR)])
def test_a_post_that_lacks_a_right_fails_with_what_to_do_and_the_others_are_made(
    status: int, code: str
) -> None:
    world, ids = waiting(3)
    with world.interposed(item_refused(lead_of(world, 1), status, code)):
        assert chatter.post(world.session(), ids, A) == 2
        assert chatter.post(world.session(), ids, B) == 0
    assert states(world) == ["Posted", "Failed", "Posted"]
    note = world.events()[1]["Chatter_Note__c"]
    assert code in note
    assert "SFSync_Worker_Chatter" in note
    assert "Canary" not in note


def test_what_the_whole_call_lacks_is_a_matter_of_the_setup_and_every_post_waits() -> None:
    world, ids = waiting(2)
    with world.interposed(answering(BATCH, 403, NO_ACCESS)), pytest.raises(Config):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["To Post"] * 2


def test_a_post_that_the_server_failed_on_is_looked_for_in_the_feed_before_it_is_made_again() -> None:
    world, ids = waiting(2)
    with (
        world.interposed(item_refused(lead_of(world, 1), 500, "UNKNOWN_EXCEPTION")),
        pytest.raises(Transient),
    ):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["Posted", "Posting"]
    world.advance(minutes=15)
    with world.counted() as calls:
        assert chatter.post(world.session(), ids, B) == 1
    assert [path for path in calls if "feeds/record" in path]
    assert each_once(world)


def test_a_crash_before_chatter_was_switched_off_ends_as_every_post_without_chatter() -> None:
    world, ids = waiting(3)
    left_behind(world, ids[:2])
    world.control("settings", chatter_enabled=False)
    with world.counted() as calls:
        assert chatter.post(world.session(), ids, B) == 0
    assert states(world) == ["Failed"] * 3
    assert {row["Chatter_Note__c"] for row in world.events()} == {chatter.NO_CHATTER}
    assert len([path for path in calls if "feeds/record" in path]) == 1


@pytest.mark.parametrize("code", [NO_ACCESS, OF_NEXT_YEAR])
def test_a_feed_that_we_may_not_read_fails_its_row_and_no_other(code: str) -> None:
    world, ids = waiting(3)
    left_behind(world, ids[:2])
    with world.interposed(answering(f"feeds/record/{lead_of(world, 0)}", 403, code)):
        assert chatter.post(world.session(), ids, B) == 2
    assert states(world) == ["Failed", "Posted", "Posted"]
    note = world.events()[0]["Chatter_Note__c"]
    assert code in note
    assert "not posted again" in note
    assert len(names_posted(world)) == 2


def test_a_login_that_no_longer_counts_is_no_rows_matter() -> None:
    world, ids = waiting(2)
    left_behind(world, ids[:1])
    with (
        world.interposed(answering("feeds/record/", 403, "API_DISABLED_FOR_ORG")),
        pytest.raises(Config),
    ):
        chatter.post(world.session(), ids, B)
    assert states(world) == ["Posting", "Posted"]


def test_a_feed_that_fails_keeps_no_other_post_waiting_and_its_own_until_it_can_be_read() -> None:
    world, ids = waiting(4)
    left_behind(world, ids[1:3])
    with (
        world.interposed(answering(f"feeds/record/{lead_of(world, 1)}", 500, "UNKNOWN_EXCEPTION")),
        pytest.raises(Transient, match="UNKNOWN_EXCEPTION"),
    ):
        chatter.post(world.session(), ids, B)
    assert states(world) == ["Posted", "Posting", "Posted", "Posted"]
    assert chatter.post(world.session(), ids, C) == 1
    assert each_once(world)


def test_an_org_whose_feeds_all_fail_is_not_asked_for_each_and_new_posts_are_made() -> None:
    world, ids = waiting(20)
    left_behind(world, ids[:19])
    asked: list[str] = []
    with (
        world.interposed(answering("feeds/record/", 500, "UNKNOWN_EXCEPTION", asked)),
        pytest.raises(Transient),
    ):
        chatter.post(world.session(), ids, B)
    assert len(set(asked)) == chatter.FEEDS_FAIL < 19
    assert states(world) == ["Posting"] * 19 + ["Posted"]


def test_posts_are_claimed_at_the_time_that_it_is_after_the_feeds_were_read() -> None:
    world, ids = waiting(2)
    left_behind(world, ids[:1])
    slow = just("feeds/record/", lambda: world.advance(minutes=4))
    with world.interposed(slow):
        assert chatter.post(world.session(), ids, B) == 2
    assert each_once(world)


def test_nothing_is_claimed_on_the_word_of_a_feed_that_was_read_too_long_ago() -> None:
    """Another may have claimed, posted and died since."""
    world, ids = waiting(2)
    left_behind(world, ids)

    def another_posts_and_dies() -> None:
        reading, world.transport.interpose = world.transport.interpose, after(BATCH, Crash())
        with suppress(Crash):
            chatter.post(world.session(), ids[:1], B)
        world.transport.interpose = reading
        world.advance(minutes=16)

    with world.interposed(just(f"feeds/record/{lead_of(world, 1)}", another_posts_and_dies)):
        assert chatter.post(world.session(), ids, C) == 0
    assert chatter.post(world.session(), ids, C) == 1
    assert each_once(world)


@pytest.mark.parametrize("code", ["FIELD_CUSTOM_VALIDATION_EXCEPTION", NO_ACCESS])
def test_a_row_that_refuses_to_be_marked_keeps_no_other_post_waiting_and_ends_no_run(code: str) -> None:
    world, ids = waiting(3)
    left_behind(world, ids[:1])
    world.org.post(
        world.org.session(world.transport.token),
        lead_of(world, 0),
        [{"type": "Text", "text": f"made ({world.events()[0]['Name']})"}],
    )
    with world.interposed(row_refused(ids[0], "Posted", code)), pytest.raises(Permanent, match=code):
        chatter.post(world.session(), ids, B)
    assert states(world) == ["Posting", "Posted", "Posted"]
    assert chatter.post(world.session(), ids, C) == 0
    assert states(world) == ["Posted"] * 3
    assert each_once(world)


@pytest.mark.parametrize("code", ["FIELD_CUSTOM_VALIDATION_EXCEPTION", NO_ACCESS, "INVALID_FIELD"])
def test_a_post_whose_row_refuses_its_mark_is_made_once_and_the_others_are_marked(code: str) -> None:
    world, ids = waiting(3)
    with world.interposed(row_refused(ids[1], "Posted", code)), pytest.raises(Permanent, match=code):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["Posted", "Posting", "Posted"]
    world.advance(minutes=15)
    chatter.post(world.session(), ids, B)
    assert states(world) == ["Posted"] * 3
    assert each_once(world)


@pytest.mark.parametrize(("code", "kind"), [(NO_ACCESS, Permanent), ("INVALID_FIELD", Config)])
def test_what_every_row_is_refused_is_the_orgs_unless_it_may_lie_in_each(
    code: str, kind: type[Exception]
) -> None:
    world, ids = waiting(1)
    with world.interposed(row_refused(ids[0], "Posting", code)), pytest.raises(kind, match=code):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["To Post"]


def stopped_after_the_first_post(code: str, status: int) -> Interpose:
    """Carry out the first post of each batch, and say that the whole was stopped."""

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if BATCH not in path:
            return send()
        send(json.dumps({"inputs": json.loads(body or b"")["inputs"][:1]}).encode())
        return refusing(status, code)

    return interpose


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "REQUEST_RUNNING_TOO_LONG"),
        (503, "SERVER_UNAVAILABLE"),
        (400, "QUERY_TIMEOUT"),
        (400, "UNABLE_TO_LOCK_ROW"),
        (500, "UNKNOWN_EXCEPTION"),
    ],
)
def test_a_batch_that_was_stopped_half_way_is_looked_up_before_anything_is_posted_again(
    status: int, code: str
) -> None:
    world, ids = waiting(3)
    with (
        world.interposed(stopped_after_the_first_post(code, status)),
        pytest.raises(Transient, match=code) as raised,
    ):
        chatter.post(world.session(), ids, A)
    assert raised.value.maybe_done
    assert states(world) == ["Posted", "Posting", "Posting"]
    assert len(names_posted(world)) == 1
    world.advance(minutes=15)
    assert chatter.post(world.session(), ids, B) == 2
    assert each_once(world)


def test_after_a_batch_that_was_stopped_one_feed_that_fails_leaves_the_others_marked() -> None:
    world, ids = waiting(3)
    lead = lead_of(world, 0)

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if BATCH in path:
            send()
            return refusing(503, "SERVER_UNAVAILABLE")
        return refusing(500, "UNKNOWN_EXCEPTION") if f"feeds/record/{lead}" in path else send()

    with world.interposed(interpose), pytest.raises(Transient):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["Posting", "Posted", "Posted"]
    world.advance(minutes=15)
    chatter.post(world.session(), ids, B)
    assert each_once(world)
