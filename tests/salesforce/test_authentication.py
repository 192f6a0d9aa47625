"""Tokens: minted as Salesforce wants it, renewed once for all threads, and nowhere to be read."""

from __future__ import annotations

import base64
import json
import threading
from urllib.parse import parse_qs

import pytest
import responses
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from sfsync.errors import Config, Transient
from sfsync.salesforce.authentication import AccessToken, Authentication, ClientCredentials, JwtBearer

LOGIN = "https://login.salesforce.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
NOW = 1_793_620_800.0  # 2026-11-02T12:00:00Z
NOON = "Mon, 02 Nov 2026 12:00:00 GMT"


def jwt(private_key: str = PEM, *, now: float = NOW) -> JwtBearer:
    return JwtBearer(
        client_id="consumer-key",
        username="sfsync@example.com",
        private_key=SecretStr(private_key),
        login_url=LOGIN,
        audience=LOGIN,
        clock=lambda: now,
    )


def credentials() -> ClientCredentials:
    return ClientCredentials(
        client_id="consumer-key",
        client_secret=SecretStr("app-secret"),
        login_url="https://example.my.salesforce.com",
    )


def form(call: int = 0) -> dict[str, list[str]]:
    body = responses.calls[call].request.body
    assert isinstance(body, bytes)
    return parse_qs(body.decode())


def claims(call: int = 0) -> dict[str, object]:
    part = form(call)["assertion"][0].split(".")[1]
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return decoded


@responses.activate
def test_jwt_bearer_signs_what_salesforce_asks_for() -> None:
    responses.post(f"{LOGIN}/services/oauth2/token", json={"access_token": "minted", "instance_url": "x"})
    assert jwt()().get_secret_value() == "minted"
    assert form()["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert claims() == {
        "iss": "consumer-key",
        "sub": "sfsync@example.com",
        "aud": LOGIN,
        "exp": int(NOW) + 180,
    }
    signed, _, signature = form()["assertion"][0].rpartition(".")
    KEY.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
    )


@responses.activate
@pytest.mark.parametrize("wrong_by", [-3600, 3600])
def test_a_worker_whose_clock_is_an_hour_off_still_logs_in(wrong_by: float) -> None:
    refused = {"error": "invalid_grant", "error_description": "expired authorization code"}
    responses.post(f"{LOGIN}/services/oauth2/token", status=400, json=refused, headers={"Date": NOON})
    responses.post(f"{LOGIN}/services/oauth2/token", json={"access_token": "minted"})
    assert jwt(now=NOW + wrong_by)().get_secret_value() == "minted"
    assert claims(1)["exp"] == int(NOW) + 180


@responses.activate
def test_client_credentials_ask_the_orgs_own_domain() -> None:
    responses.post("https://example.my.salesforce.com/services/oauth2/token", json={"access_token": "minted"})
    assert credentials()().get_secret_value() == "minted"
    assert form() == {
        "grant_type": ["client_credentials"],
        "client_id": ["consumer-key"],
        "client_secret": ["app-secret"],
    }


@responses.activate
@pytest.mark.parametrize(
    ("error", "description", "remedy"),
    [
        ("invalid_client_id", "client identifier invalid", "SFSYNC_CLIENT_ID"),
        ("invalid_grant", "user hasn't approved this consumer", "pre-authorize"),
        ("invalid_grant", "audience is invalid", "SFSYNC_LOGIN_URL"),
        ("invalid_grant", "no client credentials user enabled", "run-as user"),
        ("invalid_grant", "invalid assertion", "SFSYNC_PRIVATE_KEY"),
        ("invalid_grant", "authentication failure for canary@example.com", "SFSYNC_USERNAME"),
        ("new_error", "canary@example.com", "HTTP 400"),
    ],
)
def test_a_refused_login_says_what_to_change(error: str, description: str, remedy: str) -> None:
    responses.post(
        f"{LOGIN}/services/oauth2/token",
        status=400,
        json={"error": error, "error_description": description},
        headers={"Date": NOON},
    )
    with pytest.raises(Config, match=remedy) as caught:
        jwt()()
    assert "\n" not in str(caught.value)
    assert "canary" not in str(caught.value)
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, "<html>"),
        (429, "{}"),
        (200, "<html>"),
        (200, "{}"),
        (200, '{"access_token":""}'),
        (200, '{"access_token":"canary\\n"}'),
        (200, '{"access_token":"canary canary"}'),
        (200, '{"access_token":"canary\\u20ac"}'),
        (400, '{"error":"unknown_error","error_description":"retry your request"}'),
    ],
)
def test_a_login_that_is_unavailable_is_transient(status: int, body: str) -> None:
    responses.post(f"{LOGIN}/services/oauth2/token", status=status, body=body)
    with pytest.raises(Transient) as caught:
        jwt()()
    assert "canary" not in str(caught.value)


def test_a_key_with_written_line_ends_is_understood() -> None:
    assert jwt(PEM.replace("\n", "\\n"))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "not a key",
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode(),
    ],
    ids=["empty", "no pem", "not rsa"],
)
def test_any_other_key_is_a_configuration_error_that_does_not_show_it(key: str) -> None:
    with pytest.raises(Config, match="SFSYNC_PRIVATE_KEY") as caught:
        jwt(key)
    assert "not a key" not in str(caught.value)


def test_a_secret_is_never_sent_in_the_clear() -> None:
    with pytest.raises(Config, match="SFSYNC_LOGIN_URL"):
        ClientCredentials(
            client_id="x", client_secret=SecretStr("y"), login_url="http://example.my.salesforce.com"
        )


def test_a_token_is_minted_once_however_many_threads_find_it_refused() -> None:
    minted: list[str] = []

    def mint() -> SecretStr:
        minted.append(f"token {len(minted)}")
        return SecretStr(minted[-1])

    authentication = Authentication(mint)
    old = authentication.token()
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(authentication.renewed(old).get_secret_value()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["token 1"] * 8
    assert minted == ["token 0", "token 1"]


def test_secrets_do_not_show() -> None:
    authentication = Authentication(AccessToken(SecretStr("very-secret")))
    token = authentication.token()
    assert "very-secret" not in repr(token) + str(token) + repr(vars(authentication))
