"""How sfsync gets its access token, and a new one when Salesforce refuses the old.

JWT bearer and client credentials have no refresh token: a new access token is minted with the same secret.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlencode

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from sfsync.errors import Config, Transient
from sfsync.ports import Reply
from sfsync.salesforce.wire import Wire, allowed_origin

TOKEN_PATH = "/services/oauth2/token"
ASSERTION_LIFETIME_S = 180
CLOCK_TOLERANCE_S = 30.0

_TOKEN = re.compile("[!-~]+")


class Mint(Protocol):
    """Makes access tokens. Raises Config when it never will again, Transient when it may in a moment."""

    def __call__(self) -> SecretStr: ...


class Authentication:
    """The access token that all threads share."""

    def __init__(self, mint: Mint) -> None:
        self._mint = mint
        self._lock = threading.Lock()
        self._token: SecretStr | None = None

    def token(self) -> SecretStr:
        """The current token; the first call mints it."""
        with self._lock:
            if self._token is None:
                self._token = self._mint()
            return self._token

    def renewed(self, refused: SecretStr) -> SecretStr:
        """A token other than `refused`: another thread's newer one, or one minted now."""
        with self._lock:
            if self._token is None or self._token == refused:
                self._token = None
                self._token = self._mint()
            return self._token


class AccessToken:
    """A token that was given: used as it is, and never renewed."""

    def __init__(self, token: SecretStr) -> None:
        self._token: SecretStr | None = token

    def __call__(self) -> SecretStr:
        token, self._token = self._token, None
        if token is None:
            raise Config(
                "Salesforce refuses SFSYNC_ACCESS_TOKEN, which cannot be renewed. Set a new one, or "
                "SFSYNC_CLIENT_ID with SFSYNC_USERNAME and SFSYNC_PRIVATE_KEY, or with SFSYNC_CLIENT_SECRET."
            )
        return token


class JwtBearer:
    """OAuth 2.0 JWT bearer: a short-lived assertion signed with the connected app's private key (RS256).

    `login_url` is where tokens are minted (https://login.salesforce.com, https://test.salesforce.com or a
    My Domain), `audience` what the assertion says it is for. `clock` gives Unix seconds; when it is so wrong
    that Salesforce refuses the assertion, the assertion is made again by Salesforce's own clock.
    """

    def __init__(
        self,
        *,
        client_id: str,
        username: str,
        private_key: SecretStr,
        login_url: str,
        audience: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client_id = client_id
        self._username = username
        self._key = _rsa_key(private_key)
        self._origin = allowed_origin(login_url, "SFSYNC_LOGIN_URL")
        self._audience = audience
        self._clock = clock

    def __call__(self) -> SecretStr:
        now = self._clock()
        with Wire(self._origin) as wire:
            reply = self._ask(wire, now)
            theirs = _unix_date(reply)
            if reply.status == 400 and theirs is not None and abs(theirs - now) > CLOCK_TOLERANCE_S:
                reply = self._ask(wire, theirs)
        return _token(reply)

    def _ask(self, wire: Wire, now: float) -> Reply:
        claims = {
            "iss": self._client_id,
            "sub": self._username,
            "aud": self._audience,
            "exp": int(now) + ASSERTION_LIFETIME_S,
        }
        signed = b".".join(_base64url(msgspec.json.encode(part)) for part in ({"alg": "RS256"}, claims))
        signature = self._key.sign(signed, PKCS1v15(), SHA256())
        assertion = b".".join((signed, _base64url(signature))).decode()
        return _ask(
            wire, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        )


class ClientCredentials:
    """OAuth 2.0 client credentials: the connected app's own secret; the app names the user it runs as.

    `login_url` is the org's My Domain: Salesforce mints these tokens nowhere else.
    """

    def __init__(self, *, client_id: str, client_secret: SecretStr, login_url: str) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._origin = allowed_origin(login_url, "SFSYNC_LOGIN_URL")

    def __call__(self) -> SecretStr:
        with Wire(self._origin) as wire:
            reply = _ask(
                wire,
                {
                    "grant_type": "client_credentials",
                    "client_id": self._client_id,
                    "client_secret": self._client_secret.get_secret_value(),
                },
            )
        return _token(reply)


class _Minted(msgspec.Struct):
    access_token: str


class _Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""


# (error, what the description says in lower case, what to do); the first that fits speaks.
_REMEDIES = (
    ("invalid_client_id", "", "SFSYNC_CLIENT_ID is not the consumer key of an app in this org"),
    ("invalid_client", "", "SFSYNC_CLIENT_ID or SFSYNC_CLIENT_SECRET is wrong"),
    ("invalid_app_access", "", "let the integration user use the app (its policies, permitted users)"),
    ("invalid_grant", "approved", "pre-authorize the integration user for the app (permitted users)"),
    ("invalid_grant", "audience", "SFSYNC_LOGIN_URL does not fit: login for production, test for a sandbox"),
    ("invalid_grant", "client credentials user", "name a run-as user in the app's client credentials flow"),
    ("invalid_grant", "assertion", "SFSYNC_PRIVATE_KEY does not belong to the app's certificate"),
    ("invalid_grant", "", "check SFSYNC_USERNAME, SFSYNC_CLIENT_ID and SFSYNC_LOGIN_URL"),
    ("unsupported_grant_type", "", "enable the app's JWT bearer or client credentials flow"),
    ("inactive_user", "", "the integration user is inactive"),
    ("inactive_org", "", "the org is locked, closed or suspended"),
)


def _ask(wire: Wire, form: Mapping[str, str]) -> Reply:
    return wire.exchange(
        "POST",
        TOKEN_PATH,
        body=urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


def _token(reply: Reply) -> SecretStr:
    if reply.status == 200:
        try:
            token = msgspec.json.decode(reply.body, type=_Minted).access_token
        except (msgspec.DecodeError, UnicodeDecodeError):
            token = ""
        if not _TOKEN.fullmatch(token):
            raise Transient("Salesforce's login answered something that is not a token.")
        return SecretStr(token)
    try:
        refusal = msgspec.json.decode(reply.body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        refusal = _Refusal()
    description = refusal.error_description.lower()
    if reply.status >= 500 or reply.status == 429 or "retry your request" in description:
        raise Transient(f"Salesforce's login is unavailable (HTTP {reply.status}).")
    for error, said, remedy in _REMEDIES:
        if refusal.error == error and said in description:
            raise Config(f"Salesforce refuses the login ({error}): {remedy}.")
    raise Config(f"Salesforce refuses the login (HTTP {reply.status}): check SFSYNC_LOGIN_URL and the app.")


def _unix_date(reply: Reply) -> float | None:
    try:
        date = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return None
    return date.replace(tzinfo=date.tzinfo or UTC).timestamp()


def _rsa_key(private_key: SecretStr) -> RSAPrivateKey:
    # An environment variable or a platform's form often holds the two characters \n for each line's end.
    text = private_key.get_secret_value().replace("\\n", "\n")
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise Config("SFSYNC_PRIVATE_KEY must be an RSA private key in PEM form without a passphrase.")
    return key


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
