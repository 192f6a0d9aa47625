"""Each post is made once, whatever is lost, raced, refused or dead on the way."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Any

import pytest

from sfsync.errors import Budget, Permanent, Transient
from sfsync.poll import tick
from sfsync.ports import Post, Reply
from sfsync.reconcile import handle
from sfsync.salesforce import chatter
from sfsync.salesforce.session import Session
from tests.garbled import Garbled
from tests.inprocess import Crash, Interpose, Send, World, begun

BATCH = "chatter/feed-elements/batch"
CLAIMS = "composite/sobjects"
A, B, C = "claimant-a", "claimant-b", "claimant-c"


def waiting(number: int = 1) -> tuple[World, list[str]]:
    """A world in which so many leads have a post to be made, and the ids of the ledger's rows."""
    world = begun()
    for _ in range(number):
        world.create_lead()
    worker = world.worker()
    tick(worker)
    handle(world.queue.messages.pop(0), worker)
    world.queue.messages.clear()
    return world, [row["Id"] for row in world.events()]


def states(world: World) -> list[str]:
    return [row["Chatter_State__c"] for row in world.events()]


def names_posted(world: World) -> list[str]:
    """The names of the rows that stand in posts, over all feeds."""
    rows = world.org.database.table("FeedItem").rows.values()
    return sorted(str(row["Body"]).rsplit("(", 1)[1].rstrip(")") for row in rows)


def each_once(world: World) -> bool:
    return names_posted(world) == [row["Name"] for row in world.events()]


def just(before: str, act: Any) -> Interpose:
    """Do `act` once, just before a request to this path goes on."""
    done = []

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        if before in path and not done:
            done.append(True)
            act()
        return send()

    return interpose


def after(which: str, error: BaseException) -> Interpose:
    """Let a request to this path happen and raise `error` instead of its reply."""

    def interpose(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        if which in path:
            raise error
        return reply

    return interpose


def raising(error: BaseException) -> Any:
    def act() -> None:
        raise error

    return act


def test_a_post_mentions_whom_the_row_names_and_bears_the_rows_name() -> None:
    world, ids = waiting()
    assert chatter.post(world.session(), ids, A) == 1
    row = world.events()[0]
    feed = world.rest("GET", f"chatter/feeds/record/{row['Lead_Id__c']}/feed-elements")["elements"]
    mentions = [one["record"]["id"] for one in feed[0]["body"]["messageSegments"] if one["type"] == "Mention"]
    assert mentions == [world.rep]
    assert feed[0]["body"]["text"].endswith(f"({row['Name']})")
    assert (row["Chatter_State__c"], row["Chatter_Post_Id__c"]) == ("Posted", feed[0]["id"])


def test_many_posts_cost_four_calls() -> None:
    world, ids = waiting(60)
    with world.counted() as calls:
        assert chatter.post(world.session(), ids, A) == 60
    assert calls == ["composite", CLAIMS, BATCH, CLAIMS]
    assert each_once(world)


def test_asked_twice_it_posts_once() -> None:
    world, ids = waiting(2)
    assert chatter.post(world.session(), ids, A) == 2
    assert chatter.post(world.session(), ids, A) == 0
    assert chatter.post(world.session(), ids, B) == 0
    assert each_once(world)


def test_of_two_claimants_one_posts() -> None:
    world, ids = waiting(3)
    with world.interposed(just(CLAIMS, lambda: chatter.post(world.session(), ids[:2], B))):
        assert chatter.post(world.session(), ids, A) == 1
    assert each_once(world)
    assert states(world) == ["Posted"] * 3


def test_a_claim_that_another_holds_is_left_alone() -> None:
    world, ids = waiting()
    with world.interposed(just(BATCH, lambda: chatter.post(world.session(), ids, B))):
        assert chatter.post(world.session(), ids, A) == 1
    assert each_once(world)


@pytest.mark.parametrize("late", [False, True])
def test_after_a_crash_before_the_post_another_posts_when_the_claim_is_over(late: bool) -> None:
    world, ids = waiting()
    with world.interposed(just(BATCH, raising(Crash()))), pytest.raises(Crash):
        chatter.post(world.session(), ids, A)
    world.advance(seconds=chatter.CLAIM_LASTS.total_seconds() - (0 if late else 1))
    assert chatter.post(world.session(), ids, B) == late
    assert names_posted(world) == (["SLA-000001"] if late else [])


def test_after_a_crash_behind_the_post_the_feed_tells_that_it_was_made() -> None:
    world, ids = waiting(2)
    with world.interposed(after(BATCH, Crash())), pytest.raises(Crash):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["Posting"] * 2
    world.advance(minutes=15)
    assert chatter.post(world.session(), ids, B) == 0
    assert states(world) == ["Posted"] * 2
    assert all(row["Chatter_Post_Id__c"] for row in world.events())
    assert each_once(world)


def test_two_who_take_over_a_dead_claim_post_once() -> None:
    world, ids = waiting()
    with world.interposed(just(BATCH, raising(Crash()))), pytest.raises(Crash):
        chatter.post(world.session(), ids, A)
    world.advance(minutes=15)
    with world.interposed(just(CLAIMS, lambda: chatter.post(world.session(), ids, B))):
        assert chatter.post(world.session(), ids, C) == 0
    assert each_once(world)


def test_who_does_not_know_yet_that_time_has_moved_on_claims_nothing() -> None:
    """Its claim would be over for everybody else at once, while its post is on its way."""
    world, ids = waiting()
    slept = Session(world.transport, world.slept.append, world.ports.random, elapsed=lambda: 0.0)
    slept.get("limits")
    world.advance(minutes=16)
    assert chatter.post(slept, ids, A) == 0
    assert states(world) == ["To Post"]
    with world.interposed(just(BATCH, lambda: chatter.post(world.session(), ids, B))):
        assert chatter.post(slept, ids, C) == 1
    assert each_once(world)


def test_a_lost_reply_is_looked_up_in_the_feed_at_once() -> None:
    world, ids = waiting(3)
    world.fault("drop_after_commit", BATCH)
    assert chatter.post(world.session(), ids, A) == 3
    assert states(world) == ["Posted"] * 3
    assert each_once(world)


def test_a_post_that_may_still_be_on_its_way_waits_until_its_claim_is_over() -> None:
    world, ids = waiting()
    world.fault("html_503", BATCH)
    with pytest.raises(Transient) as raised:
        chatter.post(world.session(), ids, A)
    assert raised.value.maybe_done
    assert states(world) == ["Posting"]
    world.advance(minutes=14)
    assert chatter.post(world.session(), ids, B) == 0
    world.advance(minutes=1)
    assert chatter.post(world.session(), ids, B) == 1
    assert each_once(world)


def test_a_post_that_certainly_was_not_made_waits_again() -> None:
    world, ids = waiting(2)
    world.fault("limit_exceeded", BATCH, times=4, arg="ConcurrentPerOrgLongTxn")
    with pytest.raises(Transient, match="too many long requests at once"):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["To Post"] * 2
    assert chatter.post(world.session(), ids, B) == 2
    assert each_once(world)


def test_a_lost_reply_to_the_claim_is_asked_for_again() -> None:
    world, ids = waiting(2)
    world.fault("drop_after_commit", CLAIMS)
    assert chatter.post(world.session(), ids, A) == 2
    assert each_once(world)


def test_a_post_whose_mark_was_lost_is_marked_when_its_claim_is_over() -> None:
    world, ids = waiting()
    world.fault("lock_row", CLAIMS, nth=2, arg=ids[0])
    with pytest.raises(Transient):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["Posting"]
    world.advance(minutes=15)
    chatter.post(world.session(), ids, B)
    assert states(world) == ["Posted"]
    assert each_once(world)


def test_an_older_claim_is_found_behind_a_hundred_other_posts() -> None:
    world, ids = waiting()
    with world.interposed(after(BATCH, Crash())), pytest.raises(Crash):
        chatter.post(world.session(), ids, A)
    lead = world.events()[0]["Lead_Id__c"]
    world.advance(minutes=20)
    for number in range(130):
        session = world.org.session(world.transport.token)
        world.org.post(session, lead, [{"type": "Text", "text": f"chat (number {number})"}])
    chatter.post(world.session(), ids, B)
    assert states(world) == ["Posted"]


def chat(world: World, number: int) -> None:
    """Somebody writes this many posts on the lead of the first event."""
    lead = world.events()[0]["Lead_Id__c"]
    session = world.org.session(world.transport.token)
    for _ in range(number):
        world.org.post(session, lead, [{"type": "Text", "text": "(chat)"}])


def made(world: World) -> list[str]:
    """The names of the rows that stand in posts, without what others wrote."""
    return [name for name in names_posted(world) if name != "chat"]


def feeds(calls: list[str]) -> int:
    return sum("feeds/record" in path for path in calls)


@pytest.mark.parametrize(
    "died", [just(BATCH, raising(Crash())), after(BATCH, Crash())], ids=["before the post", "behind it"]
)
def test_in_a_feed_that_is_too_long_to_tell_nothing_is_posted_again_and_no_page_is_fetched_for_nothing(
    died: Interpose,
) -> None:
    world, ids = waiting(2)
    with world.interposed(died), pytest.raises(Crash):
        chatter.post(world.session(), ids[:1], A)
    before = made(world)
    world.advance(minutes=20)
    chat(world, 401)
    with world.counted() as calls:
        assert chatter.post(world.session(), ids, B) == 1
    assert feeds(calls) == chatter.FEED_PAGES
    assert states(world) == ["Failed", "Posted"]
    assert world.events()[0]["Chatter_Note__c"] == chatter.LONG_FEED
    assert len(chatter.LONG_FEED) <= chatter.LONGEST_NOTE
    assert made(world) == [*before, world.events()[1]["Name"]]


def test_a_feed_is_read_as_far_as_the_claim_and_no_further() -> None:
    world, ids = waiting()
    chat(world, 450)
    world.advance(minutes=20)
    with world.interposed(just(BATCH, raising(Crash()))), pytest.raises(Crash):
        chatter.post(world.session(), ids, A)
    world.advance(minutes=20)
    chat(world, 99)
    with world.counted() as calls:
        assert chatter.post(world.session(), ids, B) == 1
    assert feeds(calls) == 1
    assert made(world) == [world.events()[0]["Name"]]


def test_a_lost_reply_is_looked_up_in_a_long_feed_as_far_as_its_own_claim() -> None:
    world, ids = waiting()
    chat(world, 450)
    world.advance(minutes=20)
    world.fault("html_503", BATCH)
    with world.counted() as calls, pytest.raises(Transient):
        chatter.post(world.session(), ids, A)
    assert feeds(calls) == 1
    assert states(world) == ["Posting"]
    world.advance(minutes=15)
    assert chatter.post(world.session(), ids, B) == 1
    assert made(world) == [world.events()[0]["Name"]]


def test_a_feed_of_four_full_pages_is_read_to_its_end() -> None:
    world, ids = waiting()
    with world.interposed(after(BATCH, Crash())), pytest.raises(Crash):
        chatter.post(world.session(), ids, A)
    world.advance(minutes=20)
    chat(world, 399)
    with world.counted() as calls:
        assert chatter.post(world.session(), ids, B) == 0
    assert feeds(calls) == 4
    assert states(world) == ["Posted"]
    assert made(world) == [world.events()[0]["Name"]]


def with_mentions_of_somebody_inactive(world: World, row_id: str, *others: str) -> str:
    """Let this row mention a user who is no longer active, and these; the user's name."""
    table, users = world.org.database.table("SLA_Event__c"), world.org.database.table("User")
    inactive = world.org.people.reps[4]
    users.put({**users.rows[inactive], "IsActive": False})
    table.put({**table.rows[row_id], "Mentions__c": ",".join([inactive, *others])})
    return str(users.rows[inactive]["Name"])


def test_of_somebody_inactive_and_others_the_others_are_told_and_the_row_says_so() -> None:
    world, ids = waiting(3)
    name = with_mentions_of_somebody_inactive(world, ids[1], world.rep, world.executive)
    assert chatter.post(world.session(), ids, A) == 3
    row = world.events()[1]
    feed = world.rest("GET", f"chatter/feeds/record/{row['Lead_Id__c']}/feed-elements")["elements"]
    mentions = [one["record"]["id"] for one in feed[0]["body"]["messageSegments"] if one["type"] == "Mention"]
    assert mentions == [world.rep, world.executive]
    assert row["Chatter_Note__c"] == f"Not mentioned, being no longer active: {name}."
    assert (row["Chatter_State__c"], row["Chatter_Post_Id__c"]) == ("Posted", feed[0]["id"])
    assert each_once(world)


def test_a_post_that_mentions_only_somebody_inactive_is_not_made_and_stops_no_other() -> None:
    world, ids = waiting(3)
    name = with_mentions_of_somebody_inactive(world, ids[1])
    assert chatter.post(world.session(), ids, A) == 2
    assert states(world) == ["Posted", "Failed", "Posted"]
    assert name in world.events()[1]["Chatter_Note__c"]
    assert chatter.post(world.session(), ids, B) == 0


@pytest.mark.parametrize("path", [CLAIMS, BATCH])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_post_without_the_inactive_one_is_made_once_wherever_a_worker_dies(nth: int, path: str) -> None:
    world, ids = waiting(2)
    with_mentions_of_somebody_inactive(world, ids[0], world.rep)
    seen: list[str] = []

    def dies(method: str, asked: str, body: bytes | None, send: Send) -> Reply:
        reply = send()
        seen.extend([asked] if asked.endswith(path) else [])
        if len(seen) == nth and asked.endswith(path):
            raise Crash
        return reply

    with world.interposed(dies), suppress(Crash):
        chatter.post(world.session(), ids, A)
    world.advance(minutes=15)
    chatter.post(world.session(), ids, B)
    assert states(world) == ["Posted"] * 2
    assert each_once(world)


def test_a_deleted_lead_fails_its_post_and_no_other() -> None:
    world, ids = waiting(3)
    world.rest("DELETE", f"sobjects/Lead/{world.events()[0]['Lead_Id__c']}")
    assert chatter.post(world.session(), ids, A) == 2
    assert states(world) == ["Failed", "Posted", "Posted"]


def test_a_lead_deleted_behind_a_crashed_claim_keeps_no_other_post_waiting() -> None:
    world, ids = waiting(2)
    with world.interposed(just(BATCH, raising(Crash()))), pytest.raises(Crash):
        chatter.post(world.session(), ids, A)
    world.rest("DELETE", f"sobjects/Lead/{world.events()[0]['Lead_Id__c']}")
    world.advance(minutes=15)
    assert chatter.post(world.session(), ids, B) == 1
    assert states(world) == ["Failed", "Posted"]


def test_a_row_that_refuses_its_claim_keeps_no_other_post_waiting() -> None:
    world, ids = waiting(3)
    name = world.events()[1]["Name"]
    world.customer_rule(f'Name = "{name}"', on="SLA_Event__c")
    with pytest.raises(Permanent):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["Posted", "To Post", "Posted"]
    world.rest("DELETE", "/_org/customer_rules")
    assert chatter.post(world.session(), ids, B) == 1
    assert each_once(world)


def test_a_row_that_is_locked_for_a_moment_is_posted_a_moment_later() -> None:
    world, ids = waiting(3)
    world.fault("lock_row", CLAIMS, arg=ids[1])
    with pytest.raises(Transient, match="UNABLE_TO_LOCK_ROW"):
        chatter.post(world.session(), ids, A)
    assert states(world) == ["Posted", "To Post", "Posted"]
    assert chatter.post(world.session(), ids, B) == 1
    assert each_once(world)


def test_beyond_chatters_hourly_limit_posts_go_out_later_and_each_once() -> None:
    world, ids = waiting(5)
    world.control("settings", chatter_posts_per_hour=2)
    for made in (2, 4, 5):
        refused = pytest.raises(Budget, match="this hour") if made < 5 else nullcontext()
        with refused:
            chatter.post(world.session(), ids, f"in-hour-{made}")
        assert sorted(states(world)) == ["Posted"] * made + ["To Post"] * (5 - made)
        world.advance(hours=1)
    assert each_once(world)


def test_once_chatter_takes_no_more_it_is_not_asked_for_ten_minutes_and_every_post_comes() -> None:
    world, _ = waiting(4)
    world.control("settings", chatter_posts_per_hour=3)
    with pytest.raises(Budget, match="this hour"):
        world.once()
    for _ in range(9):
        world.advance(minutes=1)
        with world.counted() as calls:
            assert world.once().posts == 0
        assert not [path for path in calls if "chatter" in path]
    world.advance(hours=1)
    world.once()
    assert states(world) == ["Posted"] * 4
    assert each_once(world)


def test_without_chatter_tasks_carry_on_and_nothing_is_tried_for_ever() -> None:
    world = begun()
    world.control("settings", chatter_enabled=False)
    world.create_lead()
    world.once()
    assert states(world) == ["Failed"]
    assert "switched off" in world.events()[0]["Chatter_Note__c"]
    assert len(world.soql("SELECT Id FROM Task")) == 1
    with world.counted() as calls:
        world.once()
    assert not [path for path in calls if "chatter" in path]


def test_a_long_text_is_cut_and_keeps_its_name() -> None:
    world, ids = waiting()
    row = world.org.database.table("SLA_Event__c").rows[ids[0]]
    world.org.database.table("SLA_Event__c").put({**row, "Detail__c": "x" * 30_000})
    assert chatter.post(world.session(), ids, A) == 1
    assert each_once(world)


def test_the_loop_brings_posts_that_were_left_behind() -> None:
    world, _ = waiting(2)
    assert states(world) == ["To Post"] * 2
    world.once()
    assert states(world) == ["Posted"] * 2


def test_a_claim_lasts_fifteen_minutes() -> None:
    assert timedelta(minutes=15) == chatter.CLAIM_LASTS


def test_nothing_is_posted_in_shadow_mode() -> None:
    world, ids = waiting()
    world.change_settings(Shadow__c=True)
    handle(Post(tuple(ids)), world.worker())
    assert states(world) == ["To Post"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("Chatter_Claimed_At__c", "soon"), ("Lead_Id__c", None), ("Mentions__c", 7), ("Detail__c", ["Canary"])],
)
def test_an_event_that_cannot_be_read_has_no_post_and_keeps_no_other_from_being_posted(
    field: str, value: object
) -> None:
    world, ids = waiting(3)
    garbled = Garbled("SLA_Event__c", field, value, by="Id")
    with world.interposed(garbled.arriving(ids[1])):
        assert chatter.post(world.session(), ids, A) == 2
        assert chatter.post(world.session(), ids, B) == 0
    first, bad, last = world.events()
    assert [row["Chatter_State__c"] for row in (first, bad, last)] == ["Posted", "Failed", "Posted"]
    assert f"this event cannot be read: SLA_Event__c {ids[1]}: {field} is " in bad["Chatter_Note__c"]
    assert "Canary" not in bad["Chatter_Note__c"]
    assert names_posted(world) == [first["Name"], last["Name"]]
