"""Salesforce's own host names, answered by the emulated org: clients that insist on https need no change.

A client is told what anybody behind a company's proxy tells it: a proxy for https, and a certificate authority
to trust. The proxy ends TLS itself and passes what it reads to the org.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

MY_DOMAIN = "acme.my.salesforce.com"
HOSTS = ("login.salesforce.com", "test.salesforce.com", MY_DOMAIN)


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """A certificate for a day: an authority when it signs itself, one for HOSTS otherwise."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
    )
    if subject == issuer:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    else:
        names = [x509.DNSName(host) for host in HOSTS]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, SHA256())


def _issue(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """(the authority's certificate, a server's TLS context for HOSTS); their files are put into `directory`."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("sfsync tests", authority_key, "sfsync tests", authority_key)
    certificate = _certificate(MY_DOMAIN, key, "sfsync tests", authority_key)
    trusted, chain = directory / "authority.pem", directory / "server.pem"
    trusted.write_bytes(authority.public_bytes(Encoding.PEM))
    chain.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return trusted, context


class SalesforceHosts:
    """An https proxy behind which HOSTS are one emulated org; also a context manager.

    Attributes:
        proxy_url: for HTTPS_PROXY, once started.
        authority: PEM of the certificate authority to trust (REQUESTS_CA_BUNDLE).
        refused: hosts that were asked for and are none of HOSTS.
    """

    def __init__(self, instance_url: str, directory: Path) -> None:
        upstream = urlsplit(instance_url)
        assert upstream.hostname is not None
        assert upstream.port is not None
        self._upstream = (upstream.hostname, upstream.port)
        self.authority, self._context = _issue(directory)
        self.proxy_url = ""
        self.refused: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="salesforce hosts", daemon=True)
        self._clients: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def environment(self) -> dict[str, str]:
        """What a client that is built on requests has to be told, in the environment."""
        proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.proxy_url)
        none = dict.fromkeys(("ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"), "")
        trust = {name: str(self.authority) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
        return proxies | none | trust

    def __enter__(self) -> SalesforceHosts:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        port = self._server.sockets[0].getsockname()[1]
        self.proxy_url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._clients)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        self._writers.add(writer)
        try:
            await self._tunnel(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            # The client has gone; there is nobody left to tell.
            return
        finally:
            self._clients.discard(task)
            self._writers.discard(writer)
            # A polite end of TLS would wait for the client to agree.
            writer.transport.abort()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split(" ", 2)
        host, _, port = target.partition(":")
        if method != "CONNECT" or port != "443" or host not in HOSTS:
            self.refused.append(target)
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.start_tls(self._context)
        org_reader, org_writer = await asyncio.open_connection(*self._upstream)
        try:
            await asyncio.gather(_pump(reader, org_writer), _pump(org_reader, writer))
        finally:
            org_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what is read until it ends, then close the other side."""
    try:
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    finally:
        writer.close()
