"""Hints in Redis: the poll's marks, the due index, claims, fingerprints, attempts, leases, seen changes.

Everything here may vanish at any moment without harm; `ports.Store` says what each method promises.
All keys of one org share a hash tag, so that they live in one slot of a Redis Cluster, and each change is
one Lua script that first compares the epoch: a worker that slept through an emptied Redis changes nothing.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import msgspec
import redis
import structlog

from sfsync import store_scripts
from sfsync.errors import Config, Transient
from sfsync.ports import Marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redis.commands.core import Script

CONNECT_TIMEOUT_S = 5.0
REPLY_TIMEOUT_S = 15.0

PARTS = ("marks", "due", "claims", "fingerprints", "attempts", "leases", "seen", "handed")
"""The kinds of hints, each under its own key."""


def connect_redis(url: str, *, ca_file: str | None = None, verify: bool = True) -> redis.Redis:
    """Return a client of the Redis at `url` (`redis://`, `rediss://` or `unix://`); nothing is sent yet.

    `ca_file` pins the authority of a `rediss://` server's certificate. `verify=False` keeps the encryption
    and gives up knowing whom one talks to; it is logged each time. Raises Config when the URL makes no sense.
    """
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_timeout": REPLY_TIMEOUT_S,
        "health_check_interval": 30,
    }
    if url.startswith("rediss://"):
        if not verify:
            structlog.get_logger(__name__).warning(
                "The Redis server's certificate is not checked (SFSYNC_REDIS_TLS_VERIFY=false)."
            )
        options["ssl_cert_reqs"] = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
        options["ssl_check_hostname"] = verify
        if ca_file is not None:
            options["ssl_ca_certs"] = _readable_authority(ca_file)
    elif ca_file is not None:
        raise Config("SFSYNC_REDIS_CA_FILE needs a REDIS_URL that begins with rediss://.")
    try:
        return redis.Redis.from_url(url, **options)
    except ValueError as error:
        raise Config("REDIS_URL must begin with redis://, rediss:// or unix://.") from error


def _readable_authority(ca_file: str) -> str:
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # SSLError is one, for a file that holds no certificate
        raise Config(
            f"SFSYNC_REDIS_CA_FILE {ca_file} must be a file with an authority's certificate in PEM form "
            f"({type(error).__name__})."
        ) from error
    return ca_file


def require_noeviction(client: redis.Redis) -> None:
    """Raise Config when this Redis throws keys away as memory gets short: queued jobs would vanish silently.

    Raises Transient when Redis cannot be reached.
    """
    with redis_errors():
        memory = client.info("memory")
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise Config(
            f"Redis has maxmemory-policy {policy} and would throw queued work away. "
            "Set it to noeviction (CONFIG SET maxmemory-policy noeviction, or in your provider's settings)."
        )


@contextmanager
def redis_errors() -> Iterator[None]:
    """Let Redis' failures come out as ours, without their texts: they may hold a URL with its password."""
    try:
        yield
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise Config("Redis refuses the user or password in REDIS_URL.") from error
    except redis.RedisError as error:
        if _caused_by(error, ssl.SSLCertVerificationError):
            raise Config(
                "The certificate of the Redis server cannot be verified: set SFSYNC_REDIS_CA_FILE to its "
                "authority's certificate. (SFSYNC_REDIS_TLS_VERIFY=false gives up knowing who answers.)"
            ) from error
        if isinstance(error, redis.exceptions.OutOfMemoryError) or _refused_writes(error, "OOM"):
            raise Transient("Redis is full: give it more memory; nothing is lost meanwhile.") from error
        if _refused_writes(error, "MISCONF"):
            raise Transient("Redis cannot save to its disk and takes no writes until it can.") from error
        raise Transient(f"Redis did not do what was asked ({type(error).__name__}).") from error


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _refused_writes(error: redis.RedisError, code: str) -> bool:
    """Whether Redis said this code, also out of a script, where it stands in the middle of the text."""
    return isinstance(error, redis.ResponseError) and code in str(error)


class RedisStore:
    """The Store of production.

    `name` tells orgs that share one Redis apart: the org's id, or its host name.
    """

    def __init__(self, client: redis.Redis, name: str) -> None:
        self._client = client
        self._keys = [f"sfsync:{{{name}}}:{part}" for part in PARTS]
        self._scripts: dict[str, Script] = {}

    def marks(self) -> Marks | None:
        """The stored marks; None as well when what is stored cannot be read."""
        with redis_errors():
            stored = cast("bytes | None", self._client.hget(self._keys[0], "marks"))
        if stored is None:
            return None
        try:
            return msgspec.msgpack.decode(stored, type=Marks)
        except msgspec.DecodeError:
            # Another version of sfsync wrote them, or something else did: as good as none.
            return None

    def begin(self, marks: Marks) -> None:
        """Forget everything but the leases, which belong to whoever is at work right now."""
        self._run(store_scripts.BEGIN, marks.epoch, msgspec.msgpack.encode(marks))

    def save(self, marks: Marks) -> bool:
        return bool(self._run(store_scripts.SAVE, marks.epoch, msgspec.msgpack.encode(marks)))

    def claim(self, epoch: str, ids: Sequence[str], until: int) -> bool:
        return bool(self._run(store_scripts.CLAIM, epoch, until, *ids))

    def take_due(self, epoch: str, now: int, until: int, limit: int) -> list[str]:
        """Claim what is due: claims that ran out first, then checks, each the oldest first."""
        return _texts(self._run(store_scripts.TAKE_DUE, epoch, now, until, limit))

    def in_flight(self, epoch: str) -> list[str]:
        return _texts(self._run(store_scripts.IN_FLIGHT, epoch))

    def settle(
        self,
        epoch: str,
        checks: Mapping[str, int | None],
        fingerprints: Mapping[str, bytes],
        looks: Mapping[str, int] = {},
        interrupted: Collection[str] = (),
    ) -> bool:
        arguments: list[str | int | bytes] = [epoch, len(checks)]
        for lead_id, check in checks.items():
            next_check, was_interrupted = "" if check is None else check, 1 if lead_id in interrupted else ""
            arguments += (lead_id, next_check, looks.get(lead_id, ""), was_interrupted)
        for lead_id, fingerprint in fingerprints.items():
            if checks.get(lead_id, 0) is not None:
                arguments += (lead_id, fingerprint)
        return bool(self._run(store_scripts.SETTLE, *arguments))

    def known(self, epoch: str, ids: Sequence[str]) -> list[int | None]:
        return [None if one is None else int(one) for one in self._run(store_scripts.KNOWN, epoch, *ids)]

    def handed(self, epoch: str, fingerprints: Mapping[str, bytes]) -> bool:
        arguments = [part for one in fingerprints.items() for part in one]
        return bool(self._run(store_scripts.HANDED, epoch, *arguments))

    def fingerprints(self, epoch: str, ids: Sequence[str]) -> list[bytes | None]:
        return list(self._run(store_scripts.FINGERPRINTS, epoch, *ids))

    def unseen(self, epoch: str, changes: Sequence[str]) -> list[str]:
        return _texts(self._run(store_scripts.UNSEEN, epoch, *changes)) if changes else []

    def saw(self, epoch: str, changes: Mapping[str, int], before: int) -> bool:
        scored = [part for change, at in changes.items() for part in (at, change)]
        return bool(self._run(store_scripts.SAW, epoch, before, *scored))

    def attempt(self, epoch: str, ids: Sequence[str]) -> dict[str, int]:
        """Count; 0 for each lead in a foreign epoch."""
        distinct = list(dict.fromkeys(ids))
        return dict(zip(distinct, self._run(store_scripts.ATTEMPT, epoch, *distinct), strict=True))

    def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        return bool(self._run(store_scripts.LEASE, name, holder, now, until))

    def renew(self, name: str, holder: str, until: int) -> bool:
        return bool(self._run(store_scripts.RENEW, name, holder, until))

    def release(self, name: str, holder: str) -> None:
        self._run(store_scripts.RELEASE, name, holder)

    def _run(self, body: str, *arguments: str | int | bytes) -> Any:
        script = self._scripts.get(body)
        if script is None:
            script = self._scripts[body] = self._client.register_script(store_scripts.PRELUDE + body)
        with redis_errors():
            return script(keys=self._keys, args=arguments)


def _texts(ids: Iterable[bytes]) -> list[str]:
    return [lead_id.decode() for lead_id in ids]
