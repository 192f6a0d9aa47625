"""The production doors, opened from the settings."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis
import structlog
from dramatiq.brokers.redis import RedisBroker

from jobs.broker import DramatiqQueue, build_broker, presume_workers_dead
from sfsync.embedded_redis import embedded_redis
from sfsync.ports import Ports
from sfsync.salesforce.authentication import AccessToken, Authentication, ClientCredentials, JwtBearer
from sfsync.salesforce.transport import SalesforceTransport
from sfsync.settings import CredentialsLogin, JwtLogin, Login, Settings
from sfsync.store import RedisStore, connect_redis, require_noeviction


@dataclass(frozen=True, slots=True)
class Doors:
    """What a process needs: the ports, and the broker that its workers serve."""

    ports: Ports
    broker: RedisBroker


class SystemRandom:
    """`ports.Random` from the operating system."""

    def token(self) -> str:
        return secrets.token_hex(8)

    def uniform(self, low: float, high: float) -> float:
        return secrets.SystemRandom().uniform(low, high)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


@contextmanager
def open_doors(settings: Settings) -> Iterator[Doors]:
    """Open the doors to the org and to Redis, and close them at the end.

    Raises Config when a setting is missing or wrong or Redis evicts, Transient when Redis is out of reach.
    Nothing is sent to the org yet.
    """
    instance_url, login = settings.login()
    name = urlsplit(instance_url).netloc.lower()
    with ExitStack() as opened:
        transport = SalesforceTransport(
            instance_url,
            _authentication(login),
            connect_timeout_s=settings.connect_timeout,
            read_timeout_s=settings.read_timeout,
        )
        opened.callback(transport.close)
        client = opened.enter_context(_redis(settings))
        require_noeviction(client)
        broker = build_broker(client, name)
        if settings.redis_url is None:
            presume_workers_dead(broker)
        ports = Ports(
            transport=transport,
            store=RedisStore(client, name),
            queue=DramatiqQueue(broker),
            sleep=_sleep,
            random=SystemRandom(),
        )
        yield Doors(ports, broker)


@contextmanager
def _redis(settings: Settings) -> Iterator[redis.Redis]:
    if settings.redis_url is not None:
        ca_file = None if settings.redis_ca_file is None else str(settings.redis_ca_file)
        url = settings.redis_url.get_secret_value()
        with closing(connect_redis(url, ca_file=ca_file, verify=settings.redis_tls_verify)) as client:
            yield client
        return
    structlog.get_logger("sfsync").info(
        "REDIS_URL is not set: a private Redis is used", data=str(settings.data_dir.absolute())
    )
    with embedded_redis(settings.data_dir) as url, closing(connect_redis(url)) as client:
        yield client


def _authentication(login: Login) -> Authentication:
    if isinstance(login, JwtLogin):
        return Authentication(
            JwtBearer(
                client_id=login.client_id,
                username=login.username,
                private_key=login.private_key,
                login_url=login.login_url,
                audience=login.audience,
            )
        )
    if isinstance(login, CredentialsLogin):
        return Authentication(
            ClientCredentials(
                client_id=login.client_id, client_secret=login.client_secret, login_url=login.login_url
            )
        )
    return Authentication(AccessToken(login.access_token))
