"""Real Redis for the jobs' tests, and a broker on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from jobs.broker import SteadyBroker, build_broker
from sfsync.embedded_redis import embedded_redis
from sfsync.store import connect_redis


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    client = connect_redis(redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def broker(client: redis.Redis) -> SteadyBroker:
    broker = build_broker(client, "org")
    broker.middleware[2].min_backoff = 1  # type: ignore[attr-defined]
    return broker
