"""`/services/oauth2`: who a token belongs to, and tokens for registered connected apps."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sfsync.localorg.access import Session
from sfsync.localorg.org import Org
from sfsync.localorg.rest_call import Answer, not_found

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
LONGEST_LIFE = 300
"""Seconds that an assertion may still live [D]."""


class OAuthError(Exception):
    """Raised when no token is given; `error` and the text are what the client reads."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """An app that may ask for tokens.

    Attributes:
        client_id: the consumer key.
        client_secret: '' when the app has none.
        certificate: PEM of the certificate or public key that its assertions are signed with, or ''.
        run_as: username that client credentials log in, or ''.
    """

    client_id: str
    client_secret: str = ""
    certificate: str = ""
    run_as: str = ""


class OAuth:
    """The org's connected apps, the passwords of its users, and which apps they have approved."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.apps: dict[str, ConnectedApp] = {}
        self.passwords: dict[str, str] = {}
        self._refresh_tokens: dict[str, tuple[str, str]] = {}

    def approve(self, client_id: str, username: str) -> str:
        """The refresh token that the app holds once the user has approved it in a browser."""
        secret = hashlib.sha256(f"{client_id}:{username}:{len(self._refresh_tokens)}".encode()).hexdigest()
        token = f"5Aep{secret}"
        self._refresh_tokens[token] = (client_id, username)
        return token

    def token(self, form: Mapping[str, str], *, instance_url: str, wall_clock: int) -> Answer:
        """Answer a token request; `wall_clock` (Unix seconds) is what assertions' expiry is held to."""
        try:
            user_id = self._user_id(self._username(form, instance_url, wall_clock))
        except OAuthError as error:
            return Answer(400, {"error": error.error, "error_description": str(error)})
        token = self._org.issue_token(user_id)
        organization_id = next(iter(self._org.database.table("Organization").rows), "")
        issued_at = str(wall_clock * 1000)
        identity = f"{instance_url}/id/{organization_id}/{user_id}"
        secret = hmac.new(b"sfsync local org", (identity + issued_at).encode(), "sha256").digest()
        return Answer(
            200,
            {
                "access_token": token,
                "signature": base64.b64encode(secret).decode(),
                "scope": "api",
                "instance_url": instance_url,
                "id": identity,
                "token_type": "Bearer",
                "issued_at": issued_at,
            },
        )

    def userinfo(self, session: Session) -> Answer:
        """Who the token belongs to (OpenID Connect); not counted as an API request [G]."""
        user = self._org.database.table("User").rows[session.user_id]
        organization_id = next(iter(self._org.database.table("Organization").rows), "")
        return Answer(
            200,
            {
                "sub": f"https://login.salesforce.com/id/{organization_id}/{session.user_id}",
                "user_id": session.user_id,
                "organization_id": organization_id,
                "preferred_username": user.get("Username"),
                "zoneinfo": user.get("TimeZoneSidKey"),
                "user_type": "STANDARD",
                "active": True,
            },
        )

    def identity(self, session: Session, path: str) -> Answer:
        """The identity URL of a token answer, `/id/{organization}/{user}`: only the user's own is shown [G]."""
        organization_id = next(iter(self._org.database.table("Organization").rows), "")
        if path.rstrip("/") != f"/id/{organization_id}/{session.user_id}":
            raise not_found()
        user = self._org.database.table("User").rows[session.user_id]
        named = {
            "username": "Username",
            "nick_name": "CommunityNickname",
            "display_name": "Name",
            "email": "Email",
            "first_name": "FirstName",
            "last_name": "LastName",
            "timezone": "TimeZoneSidKey",
        }
        return Answer(
            200,
            {
                "id": f"https://login.salesforce.com{path}",
                "asserted_user": True,
                "user_id": session.user_id,
                "organization_id": organization_id,
                **{shown: user.get(field) for shown, field in named.items()},
                "active": True,
                "user_type": "STANDARD",
            },
        )

    def user_named(self, username: str) -> str | None:
        """The id of the active user with this username, in any case."""
        for record_id, row in self._org.database.table("User").rows.items():
            if str(row.get("Username", "")).lower() == username.lower() and row.get("IsActive"):
                return record_id
        return None

    def _user_id(self, username: str) -> str:
        user_id = self.user_named(username)
        if user_id is None:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return user_id

    def _username(self, form: Mapping[str, str], instance_url: str, wall_clock: int) -> str:
        grant = form.get("grant_type", "")
        if grant == JWT_BEARER:
            return self._by_assertion(form.get("assertion", ""), instance_url, wall_clock)
        if grant not in ("client_credentials", "password", "refresh_token"):
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        app = self.apps.get(form.get("client_id", ""))
        if app is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if app.client_secret != form.get("client_secret", ""):
            raise OAuthError("invalid_client", "invalid client credentials")
        if grant == "client_credentials":
            if not app.run_as:
                raise OAuthError("invalid_grant", "no client credentials user enabled")
            return app.run_as
        if grant == "refresh_token":
            holder, approved_by = self._refresh_tokens.get(form.get("refresh_token", ""), ("", ""))
            if holder != app.client_id:
                raise OAuthError("invalid_grant", "expired access/refresh token")
            return approved_by
        username = form.get("username", "")
        password = self.passwords.get(username.lower())
        if password is None or password != form.get("password", ""):
            raise OAuthError("invalid_grant", "authentication failure - Invalid Password")
        return username

    def _by_assertion(self, assertion: str, instance_url: str, wall_clock: int) -> str:
        signed, _, signature = assertion.rpartition(".")
        header, _, payload = signed.partition(".")
        try:
            head, claims = (msgspec.json.decode(_unbase64(part)) for part in (header, payload))
            raw_signature = _unbase64(signature)
        # Base64, UTF-8 and JSON all say ValueError for what they cannot read.
        except ValueError:
            raise OAuthError("invalid_grant", "invalid assertion") from None
        if not isinstance(head, dict) or head.get("alg") != "RS256" or not isinstance(claims, dict):
            raise OAuthError("invalid_grant", "invalid assertion")
        app = self.apps.get(str(claims.get("iss")))
        if app is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if not _is_signed(app.certificate, signed.encode(), raw_signature):
            raise OAuthError("invalid_grant", "invalid assertion")
        if claims.get("aud") not in (*LOGIN_HOSTS, instance_url):
            raise OAuthError("invalid_grant", "audience is invalid")
        _check_expiry(claims, wall_clock)
        return str(claims.get("sub", ""))


def client_of(authorization: str) -> dict[str, str]:
    """The client_id and client_secret of HTTP Basic authentication; nothing when the header is none."""
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client_id, "client_secret": secret}


def _check_expiry(claims: Mapping[str, Any], wall_clock: int) -> None:
    expiry = claims.get("exp")
    if isinstance(expiry, str) and expiry.isdecimal():
        expiry = int(expiry)
    if not isinstance(expiry, (int, float)) or not wall_clock < expiry <= wall_clock + LONGEST_LIFE:
        raise OAuthError("invalid_grant", "assertion expired")


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_signed(certificate: str, signed: bytes, signature: bytes) -> bool:
    pem = certificate.encode()
    if not pem:
        return False
    if b"BEGIN CERTIFICATE" in pem:
        key: object = x509.load_pem_x509_certificate(pem).public_key()
    else:
        key = load_pem_public_key(pem)
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
