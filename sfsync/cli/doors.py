"""Opens the doors that the environment names: the org, Redis, the queue, the policy."""

from __future__ import annotations

import logging
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from urllib.parse import urlsplit

import redis
import structlog

from jobs.broker import DramatiqQueue, SteadyBroker, build_broker, presume_workers_dead
from sfsync.embedded_redis import embedded_redis
from sfsync.errors import Config, Transient
from sfsync.mappings.loading import documents
from sfsync.ports import Message, Ports, Queue, Store, Transport
from sfsync.report.fields import named
from sfsync.salesforce.authentication import AccessToken, Authentication, ClientCredentials, JwtBearer
from sfsync.salesforce.session import Session
from sfsync.salesforce.transport import SalesforceTransport
from sfsync.settings import CredentialsLogin, JwtLogin, Login, Settings, TokenLogin, load_settings
from sfsync.store import RedisStore, connect_redis, require_noeviction
from sfsync.worker import Worker

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Dice:
    """`ports.Random` from the machine's own randomness."""

    def token(self) -> str:
        return secrets.token_hex(8)

    def uniform(self, low: float, high: float) -> float:
        return SystemRandom().uniform(low, high)


class NoQueue:
    """The queue of a command that only looks: nothing may be put."""

    def put(self, messages: Sequence[Message]) -> None:
        raise Config("this command does not hand out work")


class NoStore:
    """The store of a command that only looks: it has no use for hints."""

    def __getattr__(self, name: str) -> object:
        raise Config("this command does not use Redis")


@dataclass(frozen=True, slots=True)
class Doors:
    """A worker that can work, and the broker whose messages it handles."""

    worker: Worker
    broker: SteadyBroker


def settings_and_logging(*, quiet: bool = False) -> Settings:
    """The environment's settings; logs go to stderr from here on, warnings only when `quiet`."""
    settings = load_settings()
    set_up_logging(settings.log_format, max(LEVELS[settings.log_level], logging.WARNING if quiet else 0))
    return settings


def set_up_logging(log_format: str, level: int) -> None:
    """Logs go to stderr, a line each, as text or JSON; `level` is the least that is shown."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if log_format == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s")


@contextmanager
def working(settings: Settings, elapsed: Callable[[], float] = time.monotonic) -> Iterator[Doors]:
    """A worker with every door open; raises Config or PolicyError before anything is sent.

    `elapsed` is what the session holds the org's clock against.
    """
    found = documents(settings.mappings)
    with closing(_transport(settings)) as transport, _redis(settings) as client:
        name = urlsplit(settings.login()[0]).netloc.lower()
        broker = build_broker(client, name)
        if settings.redis_url is None:
            presume_workers_dead(broker)
        ports = _ports(transport, RedisStore(client, name), DramatiqQueue(broker))
        session = _session(ports, settings, elapsed)
        worker = Worker(ports, session, found, timedelta(seconds=settings.poll_interval))
        with _naming_fields(worker):
            yield Doors(worker, broker)


@contextmanager
def looking(settings: Settings) -> Iterator[Worker]:
    """A worker that can only look: it reads the org and decides, without Redis and queue."""
    found = documents(settings.mappings)
    with closing(_transport(settings)) as transport:
        ports = _ports(transport, NoStore(), NoQueue())  # type: ignore[arg-type]
        session = _session(ports, settings)
        worker = Worker(ports, session, found, timedelta(seconds=settings.poll_interval))
        with _naming_fields(worker):
            yield worker


@contextmanager
def _naming_fields(worker: Worker) -> Iterator[None]:
    """What the org does not understand is raised with the line of the mapping file that it comes from."""
    try:
        yield
    except Config as error:
        raise named(error, worker.session, worker.documents.all) from error


def _session(ports: Ports, settings: Settings, elapsed: Callable[[], float] = time.monotonic) -> Session:
    """The first contact with the org; raises Transient that names the variables which say where it is."""
    try:
        return Session.negotiated(ports.transport, ports.sleep, ports.random, elapsed=elapsed)
    except Transient as error:
        instance_url, login = settings.login()
        places = [f"SFSYNC_INSTANCE_URL ({instance_url})"]
        if not isinstance(login, TokenLogin):
            places.append(f"SFSYNC_LOGIN_URL ({login.login_url})")
        raise Transient(f"{error} Check {' and '.join(places)}, then the network.") from error


def _ports(transport: Transport, store: Store, queue: Queue) -> Ports:
    return Ports(
        transport=transport,
        store=store,
        queue=queue,
        sleep=time.sleep,
        random=Dice(),
        elapsed=time.monotonic,
    )


def _transport(settings: Settings) -> SalesforceTransport:
    instance_url, login = settings.login()
    return SalesforceTransport(
        instance_url,
        _authentication(login),
        connect_timeout_s=settings.connect_timeout,
        read_timeout_s=settings.read_timeout,
    )


def _authentication(login: Login) -> Authentication:
    match login:
        case JwtLogin():
            return Authentication(
                JwtBearer(
                    client_id=login.client_id,
                    username=login.username,
                    private_key=login.private_key,
                    login_url=login.login_url,
                    audience=login.audience,
                )
            )
        case CredentialsLogin():
            return Authentication(
                ClientCredentials(
                    client_id=login.client_id, client_secret=login.client_secret, login_url=login.login_url
                )
            )
    return Authentication(AccessToken(login.access_token))


@contextmanager
def _redis(settings: Settings) -> Iterator[redis.Redis]:
    if settings.redis_url is None:
        structlog.get_logger("sfsync").info(
            "REDIS_URL is not set: a private Redis is used", data=str(settings.data_dir)
        )
        with embedded_redis(settings.data_dir) as url, closing(connect_redis(url)) as client:
            yield client
        return
    ca_file = None if settings.redis_ca_file is None else str(settings.redis_ca_file)
    url = settings.redis_url.get_secret_value()
    with closing(connect_redis(url, ca_file=ca_file, verify=settings.redis_tls_verify)) as client:
        try:
            require_noeviction(client)
        except Transient as error:
            raise Transient(f"{error} Check REDIS_URL, then whether that server is up.") from error
        yield client
