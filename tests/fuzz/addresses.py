"""URLs that want our token: next pages, redirects and instance URLs made by a liar.

A recorder stands where urllib3 would open the connection: it sees the host, the port and the headers that would go
there, whatever the layers above believed.
"""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import urllib3
from pydantic import SecretStr

from sfsync.errors import Config, SfsyncError
from sfsync.salesforce.authentication import AccessToken, Authentication
from sfsync.salesforce.session import Session
from sfsync.salesforce.transport import SalesforceTransport

HOST = "example.my.salesforce.com"
TOKEN = "the-token"
_EVIL = ("evil.example", "evil.example:443", "192.0.2.1", "[2001:db8::1]", "3221225985", "0xc0000201")
_PARTS = [
    *(
        "@",
        ":",
        "//",
        "///",
        "\\",
        "\\\\",
        "/",
        "/..",
        "/../",
        "/./",
        "..;/",
        "?",
        "#",
        ";",
        "&",
        "=",
        "%",
        "|",
    ),
    *(
        "%2e%2e",
        "%2E%2E%2F",
        "%2f",
        "%5c",
        "%40",
        "%00",
        "%0d%0a",
        "%09",
        "%u002e",
        "%252e%252e%252f",
        "%c0%af",
    ),
    *("\r\n", "\n", "\r", "\t", "\0", " ", "\x0b", "\x0c", "\u0085", "\u2028", "\u00a0", "\ufeff", "\u200b"),
    *(
        "。",
        "．",
        "｡",
        "／",
        "＼",
        "＠",
        "：",
        "？",
        "＃",
        "％",
        "ⅿ",
        "ß",
        "ı",
        "İ",
        "ſ",
        "K",
        "\u0338",
        "\u202e",
    ),
    *(
        "https://",
        "http://",
        "HTTPS:",
        "https:/",
        "https:",
        "javascript:",
        "file://",
        "ftp://",
        "//",
        "ws://",
    ),
    *(
        "user@",
        "user:password@",
        f"{HOST}@",
        f"{HOST}:443@",
        f"@{HOST}",
        f".{HOST}",
        f"{HOST}.",
        "xn--e1awd7f",
    ),
    *(
        ":443",
        ":80",
        ":0",
        ":65536",
        ":-1",
        ":",
        ":٤٤٣",
        ":443x",
        ":443\\",
        "localhost",
        "127.0.0.1",
        "[::1]",
    ),
    *(
        "[::ffff:192.0.2.1]",
        "[::1%25eth0]",
        "[::1]x",
        "[",
        "]",
        "127.1",
        "0",
        "localhost.",
        "localhost\u3002",
    ),
    *(
        "Host: evil.example",
        "services",
        "data",
        "v64.0",
        "query",
        "01g5g0000000001-2000",
        "a",
        "Z",
        "9",
        "~",
        "*",
    ),
]
_BASES = (
    "/services/data/v64.0/query/01g5g0000000001-2000",
    "/services/data/v64.0/chatter/feeds/record/00Q5g5000000001/feed-elements?page=2",
    f"https://{HOST}/services/data/v64.0/query/01g5g0000000001-2000",
    f"https://{HOST}",
    "https://evil.example/services/data/v64.0/query/x",
    "//evil.example/services/data/",
    "@evil.example/services/data/",
    "http://127.0.0.1:8080",
    "http://localhost",
    "http://[::1]:1",
    "",
)


@dataclass(slots=True)
class Sent:
    """A request that would have gone out."""

    scheme: str
    host: str
    port: int | None
    path: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class Recorder:
    """What would have gone out, and the answer that each request gets."""

    sent: list[Sent] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def recorded() -> Iterator[Recorder]:
    """Nothing leaves this process; what would have is put down where the connection would be opened."""
    recorder = Recorder()

    def urlopen(pool: Any, method: str, url: str, **request: Any) -> urllib3.HTTPResponse:
        host = f"[{pool.host}]" if ":" in pool.host else pool.host
        recorder.sent.append(Sent(pool.scheme, host, pool.port, url, dict(request["headers"])))
        return urllib3.HTTPResponse(
            io.BytesIO(b"{}"),
            {"Date": "Mon, 02 Nov 2026 12:00:00 GMT", **recorder.headers},
            recorder.status,
            preload_content=False,
        )

    with patch.object(urllib3.connectionpool.HTTPConnectionPool, "urlopen", urlopen):
        yield recorder


def lie(dice: random.Random) -> str:
    """An address that was tampered with; now and then it is any text at all."""
    if dice.random() < 0.1:
        return "".join(chr(dice.choice((dice.randrange(128), dice.randrange(0xD800)))) for _ in range(12))
    text = dice.choice(_BASES)
    for _ in range(dice.randint(0, 4)):
        part = dice.choice((*_PARTS, *_EVIL)) if dice.random() < 0.8 else dice.choice(_BASES)
        at = dice.choice((0, len(text), dice.randint(0, len(text))))
        text = text[:at] + part + text[at + dice.choice((0, 0, 1)) :]
    return text


def _session(instance_url: str = f"https://{HOST}") -> Session:
    transport = SalesforceTransport(instance_url, Authentication(AccessToken(SecretStr(TOKEN))))
    return Session(transport, lambda _: None, _Dice())


class _Dice:
    def token(self) -> str:
        return "0123456789abcdef"

    def uniform(self, low: float, high: float) -> float:
        return low


def next_pages(values: int, seed: int) -> Counter[str]:
    """Offer lies as `nextRecordsUrl`; what is followed goes to the org, under /services/data/ however it is read."""
    dice, met = random.Random(seed), Counter[str]()
    session = _session()
    with recorded() as recorder:
        for _ in range(values):
            text = lie(dice)
            recorder.sent.clear()
            try:
                session.next_page(text)
            except Config:
                assert not recorder.sent, f"{text!r} was refused after it was sent"
                met["refused"] += 1
                continue
            assert [(one.scheme, one.host, one.port) for one in recorder.sent] == [("https", HOST, 443)], text
            assert _plain(recorder.sent[0].path), f"{text!r} asked for {recorder.sent[0].path!r}"
            met["followed"] += 1
    return met


def _plain(path: str) -> bool:
    """However often it is decoded, and whichever slash counts, it stays under /services/data/."""
    path = path.partition("?")[0]
    for _ in range(4):
        segments = path.replace("\\", "/").split("/")
        if segments[:3] != ["", "services", "data"] or {".", ".."} & {
            one.partition(";")[0] for one in segments
        }:
            return False
        if any(ord(character) < 33 or ord(character) > 126 for character in path):
            return False
        path = unquote(path)
    return True


def redirects(values: int, seed: int) -> Counter[str]:
    """Answer with lies as `Location`: nothing is ever sent after the answer."""
    dice, met = random.Random(seed), Counter[str]()
    session = _session()
    with recorded() as recorder:
        for _ in range(values):
            recorder.sent.clear()
            recorder.status = dice.choice((300, 301, 302, 303, 307, 308, 200, 201))
            recorder.headers = {
                "Location": lie(dice),
                "Refresh": f"0; url={lie(dice)}",
                "Content-Location": lie(dice),
            }
            try:
                session.get("limits")
                met["answered"] += 1
            except SfsyncError as error:
                met[type(error).__name__] += 1
            assert [(one.host, one.path) for one in recorder.sent] == [(HOST, "/services/data/v64.0/limits")]
    return met


def instance_urls(values: int, seed: int) -> Counter[str]:
    """Set lies as instance URL: one that is taken is a host that anybody reads the same, and gets no more."""
    dice, met = random.Random(seed), Counter[str]()
    with recorded() as recorder:
        for _ in range(values):
            text = lie(dice)
            recorder.sent.clear()
            try:
                session = _session(text)
            except Config:
                met["refused"] += 1
                continue
            session.get("limits")
            (sent,) = recorder.sent
            usual = {"https": 443, "http": 80}[sent.scheme] == sent.port
            read = {f"{sent.scheme}://{sent.host}:{sent.port}"}
            read |= {f"{sent.scheme}://{sent.host}"} if usual else set()
            assert text.lower().removesuffix("/") in read, f"{text!r} was taken for {sorted(read)}"
            loopback = sent.host in ("localhost", "[::1]") or sent.host.startswith("127.")
            assert sent.scheme == "https" or loopback, f"{text!r} would have been spoken to in the clear"
            assert isinstance(session.transport, SalesforceTransport)
            session.transport.close()
            met["taken"] += 1
    return met
