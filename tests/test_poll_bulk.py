"""A cold start of very many leads reads their ids by one Bulk query."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from sfsync.poll import tick
from sfsync.ports import Look, Reply
from sfsync.salesforce import bulk
from tests.inprocess import Send, World

Change = Callable[[Reply], Reply]
MANY = 6_000
THRESHOLD = 500


def cold(world: World, threshold: int) -> tuple[list[str], list[str]]:
    """The leads that a cold start hands out, and the calls it takes."""
    worker = world.worker()
    worker.bulk_above = threshold
    worker.configuration()
    world.store.forget()
    with world.counted() as calls:
        assert tick(worker).cold
    ids = [id_ for one in world.queue.messages if isinstance(one, Look) for id_ in one.lead_ids]
    world.queue.messages.clear()
    return sorted(ids), calls


def many() -> tuple[World, list[str]]:
    world = World()
    world.once()
    world.app.settings.composite_page_rows = 200
    return world, sorted(world.create_leads(MANY))


def test_above_the_threshold_a_cold_start_takes_four_calls_and_sees_the_same_leads() -> None:
    world, leads = many()
    by_page, paged = cold(world, MANY)
    in_bulk, few = cold(world, THRESHOLD)
    assert by_page == in_bulk == leads
    assert few[:2] == ["composite", "jobs/query"]
    assert (len(few), len(paged)) == (4, 7)


def test_results_of_several_parts_are_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "IDS_A_PART", 2_500)
    world, leads = many()
    worker = world.worker()
    worker.bulk_above = THRESHOLD
    reader = worker.reader(worker.configuration().policy)
    parts = list(reader.to_look_at_in_bulk(world.slept.append))
    assert [len(part) for part in parts] == [2_500, 2_500, 1_000]
    assert sorted(id_ for part in parts for id_ in part) == leads


def test_where_bulk_queries_fail_it_goes_page_by_page() -> None:
    world, leads = many()
    world.fault("http_500", "jobs/query", times=100)
    with capture_logs() as logs:
        ids, _ = cold(world, THRESHOLD)
    assert ids == leads
    assert "the Bulk query failed: page by page instead" in [one["event"] for one in logs]


def page(body: bytes, **headers: str) -> Change:
    """A reply of 200 with this body instead of a part of the result."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda reply: Reply(200, {"date": reply.headers["date"], **told}, body)


def without(name: str) -> Change:
    return lambda reply: Reply(
        200, {key: value for key, value in reply.headers.items() if key != name}, reply.body
    )


@pytest.mark.parametrize(
    "change",
    [
        page(b"<html>Please log in</html>", content_type="text/html"),
        page(b"\xff\xfe<"),
        page(b"x" * 200_000),
        page(b""),
        lambda reply: Reply(204, reply.headers, b""),
        page(b'"Id"\n"00Q5g5000000001AAA"\n', sforce_numberofrecords="2"),
        page(b'"Id"\n'),
        page(b'"Id"\n"<html>"\n'),
        lambda reply: Reply(200, reply.headers, reply.body[: len(reply.body) // 2]),
        without("sforce-locator"),
    ],
    ids=[
        "html",
        "not utf-8",
        "one long line",
        "nothing",
        "no content",
        "fewer than it says",
        "fewer than the job says",
        "no ids",
        "cut off",
        "a proxy drops the locator",
    ],
)
def test_what_is_not_the_whole_result_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    monkeypatch.setattr(bulk, "IDS_A_PART", 2_500)
    world, leads = many()

    def spoil(method: str, path: str, body: bytes | None, send: Send) -> Reply:
        return change(send()) if "/results" in path else send()

    with capture_logs() as logs, world.interposed(spoil):
        ids, _ = cold(world, THRESHOLD)
    assert sorted(set(ids)) == leads
    assert "the Bulk query failed: page by page instead" in [one["event"] for one in logs]
