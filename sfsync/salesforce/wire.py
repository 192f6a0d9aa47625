"""HTTP to one origin and nowhere else: time-outs, TLS, size limits, and what a lost connection means."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from sfsync.errors import Config, SfsyncError, Transient
from sfsync.ports import Reply
from sfsync.salesforce.connections import TimelyAdapter

KEEP_OWNER = {"Sforce-Auto-Assign": "FALSE"}
"""On every request, every node of a graph and every collection of leads: absent, the org's assignment rules may take
the lead, also when the org's own automation touches it because of a Task or a ledger row [D]. Whether Salesforce heeds
the header of a call for its subrequests, or that of a node in a graph, is not documented (any more) [?]."""

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 120.0
LARGEST_BODY = 64 * 1024 * 1024

_PORTION = 64 * 1024

_PATH = re.compile(r"/(?:[!$&'()*+,;=:@A-Za-z0-9._~%/?-])*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|\[::1\]")
_HEADER = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def allowed_origin(url: str, setting: str) -> str:
    """Return `https://host[:port]` of a URL that we may send secrets to; plain http only on loopback.

    `setting` is the variable to blame. Raises Config when it is no such URL.
    """
    complaint = f"{setting} must look like https://your-domain.my.salesforce.com"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Config(f"{complaint}.") from None
    host = parts.netloc.removesuffix(f":{port}") if port is not None else parts.netloc
    if port == 0 or not _HOST.fullmatch(host) or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise Config(f"{complaint}: a host and nothing else.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise Config(f"{complaint}; plain http is for loopback only.")
    origin = f"{parts.scheme}://{host.lower()}" + (f":{port}" if port is not None else "")
    if url.lower().removesuffix("/") != origin:
        # urlsplit drops line ends, tabs and empty parts without a word; what is used is what was written.
        raise Config(f"{complaint}: a host and nothing else, no line end either.")
    return origin


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Wire(requests.Session):
    """A `requests.Session` that knows one origin, follows nothing, keeps no cookies and heeds no environment.

    One thread uses it at a time.
    """

    def __init__(
        self,
        origin: str,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        super().__init__()
        self.origin = origin
        self.trust_env = False
        self.headers = CaseInsensitiveDict(
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Connection": "keep-alive",
                "User-Agent": "sfsync",
            }
        )
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for adapter in self.adapters.values():
            adapter.close()
        self.adapters.clear()
        self.mount(f"{origin}/", TimelyAdapter())
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._largest_body = largest_body

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, ever: requests would work out the next request although nobody follows it, and read the whole
        body for that, however large, and stumble over a Location that is no URL.
        """

    def exchange(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str]
    ) -> Reply:
        """Send one request and return its complete reply, whatever its status.

        Raises Transient when there is none, Config when the server's certificate is not to be trusted or the request
        is none that can be sent.
        """
        if not _PATH.fullmatch(path) or path.startswith("//"):
            raise Config("A path that is not a path of the org: not sent.")
        for name, value in headers.items():
            if not _HEADER.fullmatch(value):
                raise Config(f"A value that the header {name} cannot hold: not sent.")
        with _our_errors():
            response = requests.Session.request(
                self,
                method,
                self.origin + path,
                data=body,
                headers=dict(headers),
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            )
            with response:
                content = b"".join(self._portions(response))
        received = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, received, content)

    def _portions(self, response: requests.Response) -> Iterator[bytes]:
        size = 0
        # read1 comes back with whatever has arrived; iter_content would wait until a portion is full.
        while portion := response.raw.read1(_PORTION, decode_content=True):
            size += len(portion)
            if size > self._largest_body:
                raise Config(f"The server's reply is larger than {self._largest_body} bytes: not read on.")
            yield portion


@contextmanager
def _our_errors() -> Iterator[None]:
    """Turn the failures of `requests` and urllib3 into ours, without their texts: those quote URLs."""
    try:
        yield
    except (requests.RequestException, HTTPError) as error:
        raise _ours(error) from None


def _ours(error: Exception) -> SfsyncError:
    if isinstance(error, requests.ConnectTimeout) or _caused_by(error, NewConnectionError):
        return Transient("The server cannot be reached.")
    if _caused_by(error, ssl.SSLCertVerificationError):
        return Config("The server's TLS certificate cannot be verified.")
    if isinstance(error, (requests.Timeout, ReadTimeoutError)):
        return Transient("The server did not answer in time.", maybe_done=True)
    if isinstance(error, (requests.ConnectionError, HTTPError)):
        return Transient("The connection was lost before the whole reply was there.", maybe_done=True)
    # What is left is what requests says of a URL or a header before it sends anything.
    return Config(f"A request that cannot be sent ({type(error).__name__}): please report it.")


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
