"""Tokens for registered apps: the signature counts, and so does everything it signs."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sfsync.localorg.app import App
from sfsync.localorg.org import Org
from tests.conformance.cases import Step, get, post
from tests.conformance.harness import SCHEMA, START, Conversation, begin

NOW = 1_800_000_000
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def talk() -> Conversation:
    made = begin(App(Org(SCHEMA, START), wall_clock=lambda: float(NOW)))
    status, _, _ = made.run(
        post("/_org/connected_app", {"client_id": "app", "client_secret": "secret", "certificate": PEM})
    )
    assert status == 200
    return made


def encoded(value: dict[str, Any] | bytes) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(talk: Conversation, basic: str = "", **form: str) -> tuple[int, Any]:
    """(status, body) of a token request; `basic` is 'id:secret' for the Authorization header."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": "org.example:80"}
    if basic:
        headers["Authorization"] = f"Basic {base64.b64encode(basic.encode()).decode()}"
    status, _, body = talk.run(Step("POST", "/services/oauth2/token", urlencode(form), headers, user=""))
    return status, body


def by_assertion(talk: Conversation, key: rsa.RSAPrivateKey = KEY, **changes: Any) -> tuple[int, Any]:
    """(status, body) of a JWT bearer request for the integration user, with changed claims."""
    user = talk.run(Step("GET", "/query?q=SELECT Username FROM User WHERE Id = '{worker}'"))[2]
    claims = {
        "iss": "app",
        "sub": user["records"][0]["Username"],
        "aud": "https://login.salesforce.com",
        "exp": NOW + 180,
        **changes,
    }
    signed = f"{encoded({'alg': 'RS256'})}.{encoded(claims)}"
    signature = key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    return token(talk, grant_type=grant, assertion=f"{signed}.{encoded(signature)}")


def test_a_signed_assertion_gets_a_token_that_works(talk: Conversation) -> None:
    status, body = by_assertion(talk)
    assert status == 200, body
    assert body["instance_url"] == "http://org.example:80"
    talk.tokens["jwt"] = body["access_token"]
    assert talk.run(get("/limits", user="jwt"))[0] == 200


def test_the_identity_url_of_a_token_says_whose_it_is_and_nobody_elses(talk: Conversation) -> None:
    _, body = by_assertion(talk)
    path = body["id"].removeprefix("http://org.example:80")
    talk.tokens["jwt"] = body["access_token"]
    status, _, identity = talk.run(get(path, user="jwt"))
    assert (status, identity["user_id"]) == (200, talk.known["worker"])
    assert identity["username"] == "integration@sfsync.invalid"
    assert talk.run(get(path, user="rep"))[0] == 404
    assert talk.run(get(path, user=""))[0] == 403


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "another"}, "invalid_client_id"),
        ({"sub": "nobody@example.invalid"}, "invalid_grant"),
        ({"aud": "https://evil.example"}, "invalid_grant"),
        ({"exp": NOW - 1}, "invalid_grant"),
        ({"exp": NOW + 3600}, "invalid_grant"),
        ({"exp": "soon"}, "invalid_grant"),
    ],
)
def test_an_assertion_that_claims_something_else_gets_none(
    talk: Conversation, changes: dict[str, Any], error: str
) -> None:
    status, body = by_assertion(talk, **changes)
    assert (status, body["error"]) == (400, error)


def test_a_signature_of_another_key_gets_no_token(talk: Conversation) -> None:
    status, body = by_assertion(talk, OTHER_KEY)
    assert (status, body["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("assertion", ["", "x", "a.b.c", "e30.e30.e30", "ä.ö.ü"])
def test_an_assertion_that_is_none_gets_no_token(talk: Conversation, assertion: str) -> None:
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    status, body = token(talk, grant_type=grant, assertion=assertion)
    assert (status, body["error"]) == (400, "invalid_grant")


def test_a_password_gets_a_token_and_a_wrong_one_none(talk: Conversation) -> None:
    username = talk.run(Step("GET", "/query?q=SELECT Username FROM User WHERE Id = '{rep}'"))[2]["records"][
        0
    ]["Username"]
    talk.run(post("/_org/password", {"username": username, "password": "right"}))
    form = {"grant_type": "password", "client_id": "app", "client_secret": "secret", "username": username}
    assert token(talk, **form, password="right")[0] == 200
    status, body = token(talk, **form, password="wrong")
    assert (status, body["error"]) == (400, "invalid_grant")
    assert token(talk, **{**form, "client_secret": "guess"}, password="right")[1]["error"] == "invalid_client"


def test_client_credentials_need_a_user_to_run_as(talk: Conversation) -> None:
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"}
    assert token(talk, **form)[1]["error"] == "invalid_grant"


def test_an_app_may_say_who_it_is_by_basic_authentication(talk: Conversation) -> None:
    username = talk.run(Step("GET", "/query?q=SELECT Username FROM User WHERE Id = '{rep}'"))[2]
    app = {"client_id": "own", "client_secret": "se:cret", "run_as": username["records"][0]["Username"]}
    talk.run(post("/_org/connected_app", app))
    assert token(talk, "own:se:cret", grant_type="client_credentials")[0] == 200
    assert token(talk, "own:guess", grant_type="client_credentials")[1]["error"] == "invalid_client"
    assert token(talk, "nobody", grant_type="client_credentials")[1]["error"] == "invalid_client_id"


def test_another_grant_is_not_supported(talk: Conversation) -> None:
    assert token(talk, grant_type="implicit")[1]["error"] == "unsupported_grant_type"


def test_a_refresh_token_is_good_for_the_app_that_the_user_approved_and_no_other(talk: Conversation) -> None:
    user = talk.run(Step("GET", "/query?q=SELECT Username FROM User WHERE Id = '{rep}'"))[2]
    approval = {"client_id": "app", "username": user["records"][0]["Username"]}
    refresh = talk.run(post("/_org/refresh_token", approval))[2]["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": "app", "client_secret": "secret"}
    status, body = token(talk, **form, refresh_token=refresh)
    assert status == 200, body
    assert body["id"].endswith(talk.known["rep"])
    assert token(talk, **form, refresh_token=refresh + "x")[1]["error"] == "invalid_grant"
    talk.run(post("/_org/connected_app", {"client_id": "other", "client_secret": "secret"}))
    stolen = {**form, "client_id": "other"}
    assert token(talk, **stolen, refresh_token=refresh)[1]["error"] == "invalid_grant"
    assert talk.run(post("/_org/refresh_token", {"client_id": "nobody", "username": "x"}))[0] == 400


def test_a_token_names_my_domain_where_the_org_has_one(talk: Conversation) -> None:
    talk.run(post("/_org/settings", {"my_domain_url": "https://acme.my.salesforce.com"}))
    assert by_assertion(talk)[1]["instance_url"] == "https://acme.my.salesforce.com"
    assert by_assertion(talk, aud="https://acme.my.salesforce.com")[0] == 200
