"""Redis over TLS: a real Redis behind a TLS terminator of our own, since the carried server speaks none."""

from __future__ import annotations

import datetime
import ipaddress
import selectors
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from jobs.broker import DramatiqQueue, build_broker
from jobs.in_process import in_process_workers
from sfsync.embedded_redis import embedded_redis
from sfsync.errors import Config
from sfsync.ports import Look, Marks, Message
from sfsync.store import RedisStore, connect_redis, require_noeviction

LOOK = Look(("00Q000000000001AAA",))


def made(directory: Path, name: str, *addresses: str) -> tuple[Path, Path]:
    """An authority's certificate and, signed by it, the chain and key of a server at these addresses."""
    day = datetime.datetime.now(datetime.UTC)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} authority")])

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(day - datetime.timedelta(days=1))
            .not_valid_after(day + datetime.timedelta(days=1))
        )

    authority = (
        certificate(issuer, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, SHA256())
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(one)) for one in addresses])
    server = (
        certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
        .add_extension(names, critical=False)
        .sign(authority_key, SHA256())
    )
    authority_file, server_file = directory / f"{name}-ca.pem", directory / f"{name}.pem"
    authority_file.write_bytes(authority.public_bytes(Encoding.PEM))
    server_file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + server.public_bytes(Encoding.PEM)
    )
    return authority_file, server_file


def relay(one: ssl.SSLSocket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    with closing(one), closing(other), selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ, (one, other))
        ready.register(other, selectors.EVENT_READ, (other, one))
        while True:
            for event, _ in ready.select():
                source, target = event.data
                try:
                    data = source.recv(65536)
                    while isinstance(source, ssl.SSLSocket) and source.pending():
                        data += source.recv(65536)
                    target.sendall(data)
                except OSError:
                    return
                if not data:
                    return


@contextmanager
def terminator(redis_socket: str, server_file: Path) -> Iterator[int]:
    """A port on loopback that speaks TLS and leads to the Redis at `redis_socket`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    threads: list[threading.Thread] = []

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                secured = context.wrap_socket(plain, server_side=True)
            except OSError:
                plain.close()
                continue
            behind = socket.socket(socket.AF_UNIX)
            behind.connect(redis_socket)
            threads.append(threading.Thread(target=relay, args=(secured, behind), daemon=True))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, args=(listener,), daemon=True)
        accepting.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(5)
    for thread in threads:
        thread.join(5)


@pytest.fixture(scope="module")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url.removeprefix("unix://")


def test_with_its_authority_pinned_store_and_jobs_work_over_tls(redis_socket: str, tmp_path: Path) -> None:
    authority, server = made(tmp_path, "redis", "127.0.0.1")
    handled: list[Message] = []
    with (
        terminator(redis_socket, server) as port,
        closing(connect_redis(f"rediss://127.0.0.1:{port}", ca_file=str(authority))) as client,
    ):
        require_noeviction(client)
        store = RedisStore(client, "tls")
        store.begin(Marks(epoch="one"))
        assert store.marks() == Marks(epoch="one")
        broker = build_broker(client, "tls")
        DramatiqQueue(broker).put([LOOK])
        with in_process_workers(broker, handled.append, 1) as workers:
            assert workers.drain(20) == []
        broker.close()
    assert handled == [LOOK]


@pytest.mark.parametrize("pinned", [None, "another's"])
def test_a_certificate_of_an_unknown_authority_is_refused_and_the_line_says_what_to_set(
    redis_socket: str, tmp_path: Path, pinned: str | None
) -> None:
    _, server = made(tmp_path, "redis", "127.0.0.1")
    other, _ = made(tmp_path, "other", "127.0.0.1")
    ca_file = None if pinned is None else str(other)
    with (
        terminator(redis_socket, server) as port,
        closing(connect_redis(f"rediss://user:secret@127.0.0.1:{port}", ca_file=ca_file)) as client,
        pytest.raises(Config, match="SFSYNC_REDIS_CA_FILE") as refused,
    ):
        require_noeviction(client)
    assert "secret" not in str(refused.value)


def test_a_certificate_of_another_host_is_refused(redis_socket: str, tmp_path: Path) -> None:
    authority, server = made(tmp_path, "redis", "192.0.2.1")
    with (
        terminator(redis_socket, server) as port,
        closing(connect_redis(f"rediss://127.0.0.1:{port}", ca_file=str(authority))) as client,
        pytest.raises(Config, match="certificate"),
    ):
        require_noeviction(client)


def test_without_verification_it_works_and_each_start_says_so(
    redis_socket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, server = made(tmp_path, "redis", "192.0.2.1")
    with (
        terminator(redis_socket, server) as port,
        closing(connect_redis(f"rediss://127.0.0.1:{port}", verify=False)) as client,
    ):
        require_noeviction(client)
    assert "SFSYNC_REDIS_TLS_VERIFY=false" in "".join(capsys.readouterr())


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_a_configuration_error_at_once(
    tmp_path: Path, content: str | None
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)
    with pytest.raises(Config, match="SFSYNC_REDIS_CA_FILE"):
        connect_redis("rediss://127.0.0.1:1", ca_file=str(ca_file))
