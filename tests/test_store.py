"""The Redis store and its fake keep the same promises: each test runs against both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsync.embedded_redis import embedded_redis
from sfsync.errors import Config, Transient
from sfsync.ports import Marks, Store
from sfsync.store import PARTS, RedisStore, connect_redis, require_noeviction
from tests import fakes

A, B, C = "00Q000000000001AAA", "00Q000000000002AAA", "00Q000000000003AAA"
LIFE = Marks(epoch="first-life", cursor_at=7, cursor_id=A, config_epoch="ab")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    with embedded_redis(tmp_path_factory.mktemp("redis")) as url:
        client = connect_redis(url)
        yield client
        client.close()


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return fakes.MemoryStore()
    client: redis.Redis = request.getfixturevalue("client")
    client.flushall()
    return RedisStore(client, "00D000000000001")


@pytest.fixture
def alive(store: Store) -> Store:
    store.begin(LIFE)
    return store


def test_an_empty_store_has_no_epoch(store: Store) -> None:
    assert store.marks() is None


def test_marks_come_back_as_they_were_written(alive: Store) -> None:
    assert alive.marks() == LIFE


def test_saving_replaces_the_marks_of_the_same_epoch(alive: Store) -> None:
    later = Marks(epoch=LIFE.epoch, index_complete=True, cursor_at=8, cursor_id=B)
    assert alive.save(later)
    assert alive.marks() == later


def test_a_new_epoch_forgets_every_hint_of_the_old_one(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 10, B: 5}, {A: b"print"})
    alive.claim(LIFE.epoch, [B], 20)
    alive.attempt(LIFE.epoch, [A])
    alive.begin(Marks(epoch="second"))
    assert alive.known("second", [A]) == [None]
    assert alive.in_flight("second") == []
    assert alive.fingerprints("second", [A]) == [None]
    assert alive.attempt("second", [A]) == {A: 1}


@pytest.mark.parametrize("epoch", ["another", ""])
def test_a_write_of_another_epoch_is_refused_and_changes_nothing(alive: Store, epoch: str) -> None:
    alive.settle(LIFE.epoch, {A: 10}, {A: b"print"})
    alive.claim(LIFE.epoch, [B], 20)
    assert not alive.save(Marks(epoch=epoch, cursor_at=99))
    assert not alive.claim(epoch, [A], 30)
    assert alive.take_due(epoch, 99, 100, 9) == []
    assert not alive.settle(epoch, {A: None, B: 1}, {A: b"other"})
    assert alive.attempt(epoch, [A]) == {A: 0}
    assert alive.known(epoch, [A]) == [None]
    assert alive.in_flight(epoch) == []
    assert alive.fingerprints(epoch, [A]) == [None]
    assert alive.marks() == LIFE
    assert alive.known(LIFE.epoch, [A]) == [10]
    assert alive.in_flight(LIFE.epoch) == [B]
    assert alive.fingerprints(LIFE.epoch, [A]) == [b"print"]
    assert alive.attempt(LIFE.epoch, [A]) == {A: 1}


def test_an_id_is_known_with_its_time_while_it_is_due_or_claimed_and_in_its_own_epoch(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 10}, {C: b"print"})
    alive.claim(LIFE.epoch, [B], 20)
    assert alive.known(LIFE.epoch, [A, B, C]) == [10, 20, None]
    alive.settle(LIFE.epoch, {A: None}, {})
    assert alive.known(LIFE.epoch, [A]) == [None]
    assert alive.known("another", [A, B]) == [None, None]
    assert alive.known(LIFE.epoch, []) == []


def test_a_change_of_an_activity_is_unseen_until_it_was_noted(alive: Store) -> None:
    assert alive.unseen(LIFE.epoch, ["00T 1", "00T 2"]) == ["00T 1", "00T 2"]
    assert alive.saw(LIFE.epoch, {"00T 1": 10}, 0)
    assert alive.unseen(LIFE.epoch, ["00T 1", "00T 2", "00U 1"]) == ["00T 2", "00U 1"]
    assert alive.unseen(LIFE.epoch, []) == []


def test_a_later_change_of_the_same_activity_is_another_one(alive: Store) -> None:
    alive.saw(LIFE.epoch, {"00T1 2026-11-02T09:00:00.000+0000": 10}, 0)
    later = "00T1 2026-11-02T09:00:01.000+0000"
    assert alive.unseen(LIFE.epoch, [later]) == [later]


def test_what_will_not_be_read_again_is_forgotten_and_what_may_be_is_kept(alive: Store) -> None:
    alive.saw(LIFE.epoch, {"before": 9, "at": 10, "after": 11}, 0)
    alive.saw(LIFE.epoch, {}, 10)
    assert alive.unseen(LIFE.epoch, ["before", "at", "after"]) == ["before"]


def test_changes_that_another_life_saw_are_unseen(alive: Store) -> None:
    alive.saw(LIFE.epoch, {"00T 1": 10}, 0)
    assert not alive.saw("another", {"00T 2": 10}, 0)
    assert alive.unseen("another", ["00T 1"]) == ["00T 1"]
    assert alive.unseen(LIFE.epoch, ["00T 2"]) == ["00T 2"]
    alive.begin(Marks(epoch="second"))
    assert alive.unseen("second", ["00T 1"]) == ["00T 1"]


def test_every_write_is_refused_while_there_is_no_epoch(store: Store) -> None:
    assert not store.save(LIFE)
    assert not store.claim(LIFE.epoch, [A], 30)
    assert not store.settle(LIFE.epoch, {A: 1}, {})
    assert store.take_due(LIFE.epoch, 99, 100, 9) == []


def test_a_claimed_lead_is_in_flight_and_no_longer_due(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 10, B: 20}, {})
    assert alive.claim(LIFE.epoch, [A, C], 50)
    assert alive.in_flight(LIFE.epoch) == [A, C]
    assert alive.known(LIFE.epoch, [A, B]) == [50, 20]


def test_a_check_is_due_at_its_second_and_not_before(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 10}, {})
    assert alive.take_due(LIFE.epoch, 9, 60, 9) == []
    assert alive.take_due(LIFE.epoch, 10, 60, 9) == [A]


def test_what_is_taken_is_claimed_and_taken_once(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 10, B: 11}, {})
    assert alive.take_due(LIFE.epoch, 12, 60, 9) == [A, B]
    assert alive.take_due(LIFE.epoch, 12, 60, 9) == []
    assert alive.in_flight(LIFE.epoch) == [A, B]
    assert alive.known(LIFE.epoch, [A, B]) == [60, 60]


def test_a_claim_that_ran_out_is_taken_again(alive: Store) -> None:
    alive.claim(LIFE.epoch, [A], 60)
    assert alive.take_due(LIFE.epoch, 59, 90, 9) == []
    assert alive.take_due(LIFE.epoch, 60, 90, 9) == [A]
    assert alive.take_due(LIFE.epoch, 60, 90, 9) == []


def test_lost_claims_come_before_checks_and_the_oldest_first_within_the_limit(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 5, B: 4}, {})
    alive.claim(LIFE.epoch, [C], 6)
    assert alive.take_due(LIFE.epoch, 9, 90, 2) == [C, B]
    assert alive.take_due(LIFE.epoch, 9, 90, 2) == [A]


def test_settling_ends_the_claim_and_sets_the_next_check(alive: Store) -> None:
    alive.claim(LIFE.epoch, [A, B], 60)
    assert alive.settle(LIFE.epoch, {A: 100, B: None}, {A: b"\x00\xff"})
    assert alive.in_flight(LIFE.epoch) == []
    assert alive.known(LIFE.epoch, [A, B]) == [100, None]
    assert alive.fingerprints(LIFE.epoch, [B, A]) == [None, b"\x00\xff"]


def test_a_look_that_another_has_overtaken_only_brings_the_next_check_forward(alive: Store) -> None:
    slow = alive.attempt(LIFE.epoch, [A, B, C])
    alive.attempt(LIFE.epoch, [A, B, C])
    assert alive.settle(LIFE.epoch, {A: 50, B: 50, C: None}, {A: b"new", B: b"new"}, {A: 2, B: 2, C: 2})
    assert alive.settle(LIFE.epoch, {A: 100, B: 10, C: 100}, {A: b"old", B: b"old", C: b"old"}, slow)
    assert alive.known(LIFE.epoch, [A, B, C]) == [50, 10, 100]
    assert alive.fingerprints(LIFE.epoch, [A, B, C]) == [b"new", b"new", None]


def test_a_look_that_another_is_overtaking_leaves_the_claim_to_that_one(alive: Store) -> None:
    slow = alive.attempt(LIFE.epoch, [A, B])
    alive.claim(LIFE.epoch, [A, B], 60)
    alive.attempt(LIFE.epoch, [A, B])
    assert alive.settle(LIFE.epoch, {A: None, B: 30}, {B: b"old"}, slow)
    assert alive.known(LIFE.epoch, [A, B]) == [60, 30]
    assert alive.in_flight(LIFE.epoch) == [B, A]
    assert alive.fingerprints(LIFE.epoch, [A, B]) == [None, None]


def test_a_look_that_was_interrupted_takes_back_its_own_attempt_and_no_other(alive: Store) -> None:
    for _ in range(3):
        looks = alive.attempt(LIFE.epoch, [A, B])
    assert looks == {A: 3, B: 3}
    alive.settle(LIFE.epoch, {A: 10, B: 10}, {}, looks, [A])
    assert alive.attempt(LIFE.epoch, [A, B]) == {A: 3, B: 1}
    alive.settle(LIFE.epoch, {A: 10, B: 10}, {}, {A: 3, B: 1}, [A, B])
    assert alive.attempt(LIFE.epoch, [A, B]) == {A: 3, B: 1}


def test_a_lead_without_a_next_check_leaves_with_its_fingerprint(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 100}, {A: b"old"})
    alive.settle(LIFE.epoch, {A: None}, {A: b"new"})
    assert alive.known(LIFE.epoch, [A]) == [None]
    assert alive.fingerprints(LIFE.epoch, [A]) == [None]


def test_a_lead_that_was_handed_out_is_known_by_that_row_as_long_as_it_is_claimed(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 100, B: 100}, {A: b"a", B: b"b"})
    alive.claim(LIFE.epoch, [A], 60)
    assert alive.fingerprints(LIFE.epoch, [A, B]) == [b"a", b"b"]
    assert alive.handed(LIFE.epoch, {A: b"newer", B: b"of a look that has ended"})
    assert alive.fingerprints(LIFE.epoch, [A, B, C]) == [b"newer", b"b", None]
    assert alive.fingerprints("second", [A]) == [None]
    assert not alive.handed("second", {A: b"another life's"})
    alive.settle(LIFE.epoch, {A: 100}, {})
    alive.claim(LIFE.epoch, [A], 60)
    assert alive.fingerprints(LIFE.epoch, [A]) == [None], (
        "its look has ended: nothing is left of the hand-out"
    )


def test_many_leads_are_handed_out_at_once(alive: Store) -> None:
    ids = [f"00Q{number:015d}" for number in range(10_000)]
    alive.claim(LIFE.epoch, ids, 60)
    assert alive.handed(LIFE.epoch, dict.fromkeys(ids, b"row"))
    assert alive.fingerprints(LIFE.epoch, ids) == [b"row"] * 10_000
    assert alive.handed(LIFE.epoch, {})


def test_a_settled_lead_without_a_fingerprint_loses_the_one_it_had(alive: Store) -> None:
    alive.settle(LIFE.epoch, {A: 100, B: 100}, {A: b"a", B: b"b"})
    alive.settle(LIFE.epoch, {A: 100}, {})
    assert alive.fingerprints(LIFE.epoch, [A, B]) == [None, b"b"]


def test_attempts_add_up_until_the_lead_is_settled(alive: Store) -> None:
    assert alive.attempt(LIFE.epoch, [A, B, A]) == {A: 1, B: 1}
    assert alive.attempt(LIFE.epoch, [A]) == {A: 2}
    alive.settle(LIFE.epoch, {A: 100}, {})
    assert alive.attempt(LIFE.epoch, [A, B]) == {A: 1, B: 2}


def test_nothing_to_do_is_fine(alive: Store) -> None:
    assert alive.claim(LIFE.epoch, [], 1)
    assert alive.settle(LIFE.epoch, {}, {})
    assert alive.take_due(LIFE.epoch, 99, 100, 0) == []
    assert alive.fingerprints(LIFE.epoch, []) == []
    assert alive.attempt(LIFE.epoch, []) == {}


def test_fifty_thousand_leads_pass_in_one_call(alive: Store) -> None:
    ids = [f"00Q{number:015d}" for number in range(50_000)]
    assert alive.claim(LIFE.epoch, ids, 60)
    assert alive.settle(LIFE.epoch, dict.fromkeys(ids, 100), dict.fromkeys(ids, b"print"))
    assert alive.fingerprints(LIFE.epoch, ids) == [b"print"] * 50_000
    assert alive.take_due(LIFE.epoch, 100, 200, 50_000) == ids


def test_a_lease_is_held_by_one_until_it_runs_out(store: Store) -> None:
    assert store.lease("tick", "one", 0, 60)
    assert not store.lease("tick", "two", 59, 120)
    assert store.lease("tick", "one", 30, 90)
    assert not store.lease("tick", "two", 60, 120)
    assert store.lease("tick", "two", 90, 120)
    assert store.lease("route", "one", 90, 120)


def test_a_lease_is_renewed_only_while_nobody_else_has_had_it(store: Store) -> None:
    assert not store.renew("tick", "one", 60)
    store.lease("tick", "one", 0, 60)
    assert store.renew("tick", "one", 90)
    assert not store.lease("tick", "two", 89, 120)
    store.lease("tick", "two", 90, 120)
    assert not store.renew("tick", "one", 150)
    store.release("tick", "two")
    assert not store.renew("tick", "one", 150)


def test_only_the_holder_gives_a_lease_back(store: Store) -> None:
    store.lease("tick", "one of many", 0, 60)
    store.release("tick", "two")
    assert not store.lease("tick", "two", 1, 60)
    store.release("tick", "one of many")
    assert store.lease("tick", "two", 1, 60)
    store.release("other", "two")


def test_a_lease_outlives_the_epoch(alive: Store) -> None:
    alive.lease("tick", "one", 0, 60)
    alive.begin(Marks(epoch="second"))
    assert not alive.lease("tick", "two", 1, 60)


_ids = st.lists(st.sampled_from([A, B, C]), max_size=3)
_epochs = st.sampled_from(["first-life", "first-life", "first-life", "second"])
_times = st.integers(0, 6)
_calls = st.one_of(
    st.tuples(st.just("begin"), st.builds(Marks, epoch=_epochs)),
    st.tuples(st.just("save"), st.builds(Marks, epoch=_epochs, cursor_at=_times)),
    st.tuples(st.just("claim"), _epochs, _ids, _times),
    st.tuples(st.just("take_due"), _epochs, _times, _times, st.integers(0, 3)),
    st.tuples(
        st.just("settle"),
        _epochs,
        st.dictionaries(st.sampled_from([A, B, C]), st.none() | _times),
        st.dictionaries(st.sampled_from([A, B, C]), st.binary(max_size=2)),
        st.dictionaries(st.sampled_from([A, B, C]), st.integers(1, 2)),
        _ids,
    ),
    st.tuples(st.just("handed"), _epochs, st.dictionaries(st.sampled_from([A, B, C]), st.binary(max_size=2))),
    st.tuples(st.just("attempt"), _epochs, _ids),
    st.tuples(st.just("lease"), st.just("tick"), st.sampled_from("xy"), _times, _times),
    st.tuples(st.just("renew"), st.just("tick"), st.sampled_from("xy"), _times),
    st.tuples(st.just("release"), st.just("tick"), st.sampled_from("xy")),
    st.tuples(st.just("forget"), st.lists(st.sampled_from(PARTS), max_size=2)),
)


@settings(max_examples=150, deadline=None)
@given(calls=st.lists(_calls, max_size=12))
def test_the_fake_answers_as_redis_does_whatever_is_asked(
    client: redis.Redis, calls: list[tuple[object, ...]]
) -> None:
    client.flushall()
    real, fake = RedisStore(client, "org"), fakes.MemoryStore()
    for name, *arguments in [("begin", LIFE), *calls]:
        if name == "forget":
            for part in arguments[0]:  # type: ignore[attr-defined]
                client.delete(f"sfsync:{{org}}:{part}")
            fake.forget(arguments[0])  # type: ignore[arg-type]
        else:
            assert getattr(real, str(name))(*arguments) == getattr(fake, str(name))(*arguments), name
        for epoch in ("first-life", "second"):
            assert real.in_flight(epoch) == fake.in_flight(epoch)
            assert real.known(epoch, [A, B, C]) == fake.known(epoch, [A, B, C])
            assert real.fingerprints(epoch, [A, B, C]) == fake.fingerprints(epoch, [A, B, C])
        assert real.marks() == fake.marks()


def test_marks_that_cannot_be_read_mean_a_cold_start(client: redis.Redis) -> None:
    client.hset("sfsync:{org}:marks", mapping={"epoch": "x", "marks": b"\xc1"})
    assert RedisStore(client, "org").marks() is None


def test_two_orgs_share_a_redis_without_seeing_each_other(client: redis.Redis) -> None:
    client.flushall()
    RedisStore(client, "one").begin(LIFE)
    assert RedisStore(client, "two").marks() is None


def test_no_key_has_an_expiry(client: redis.Redis) -> None:
    client.flushall()
    store = RedisStore(client, "org")
    store.begin(LIFE)
    store.settle(LIFE.epoch, {A: 1}, {A: b"x"})
    store.claim(LIFE.epoch, [B], 1)
    store.handed(LIFE.epoch, {B: b"x"})
    store.attempt(LIFE.epoch, [B])
    store.lease("tick", "one", 0, 60)
    store.saw(LIFE.epoch, {"00T 1": 1}, 0)
    keys = client.keys("*")
    assert len(keys) == len(PARTS)  # type: ignore[arg-type]
    assert all(client.ttl(key) == -1 for key in keys)  # type: ignore[union-attr]


def test_a_redis_that_is_not_there_is_transient_and_says_no_url(tmp_path: Path) -> None:
    store = RedisStore(connect_redis(f"unix://:secret@{tmp_path}/none.sock"), "org")
    with pytest.raises(Transient) as caught:
        store.marks()
    assert "secret" not in str(caught.value)


def test_a_full_redis_is_transient(client: redis.Redis) -> None:
    client.flushall()
    store = RedisStore(client, "org")
    store.begin(LIFE)
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(Transient):
            store.save(LIFE)
    finally:
        client.config_set("maxmemory", "0")


def test_a_redis_that_evicts_is_refused_at_the_start(client: redis.Redis) -> None:
    require_noeviction(client)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(Config, match="noeviction"):
            require_noeviction(client)
    finally:
        client.config_set("maxmemory-policy", "noeviction")


def test_a_redis_url_of_no_known_kind_is_a_configuration_error() -> None:
    with pytest.raises(Config, match="REDIS_URL"):
        connect_redis("http://localhost")


def test_a_certificate_authority_without_tls_is_a_configuration_error() -> None:
    with pytest.raises(Config, match="rediss://"):
        connect_redis("redis://localhost", ca_file="ca.pem")


def test_tls_checks_the_certificate_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    options = connect_redis("rediss://localhost").connection_pool.connection_kwargs
    assert options["ssl_cert_reqs"].name == "CERT_REQUIRED"
    assert options["ssl_check_hostname"]
    assert capsys.readouterr().out == ""
    options = connect_redis("rediss://localhost", verify=False).connection_pool.connection_kwargs
    assert options["ssl_cert_reqs"].name == "CERT_NONE"
    assert "not checked" in capsys.readouterr().out
