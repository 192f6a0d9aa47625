"""Each wrong or missing setting gets one line that names the variable and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sfsync.errors import Config
from sfsync.settings import CredentialsLogin, JwtLogin, Settings, TokenLogin, load_settings, variables

ORG = "https://example.my.salesforce.com"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SFSYNC_") or name == "REDIS_URL":
            monkeypatch.delenv(name)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_without_any_setting_there_are_defaults() -> None:
    settings = load_settings()
    assert settings.mappings == Path("mappings")
    assert settings.data_dir == Path(".sfsync")
    assert settings.redis_url is None
    assert settings.poll_interval == 60
    assert settings.redis_tls_verify


def test_the_platforms_variable_has_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, REDIS_URL="rediss://redis.example")
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "rediss://redis.example"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, SFSYNC_CLIENT_SECRET="", SFSYNC_POLL_INTERVAL="").poll_interval == 60


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SFSYNC_POLL_INTERVAL", "soon", "SFSYNC_POLL_INTERVAL: input should be a valid integer"),
        ("SFSYNC_POLL_INTERVAL", "0", "SFSYNC_POLL_INTERVAL: input should be greater than or equal to 1"),
        ("SFSYNC_READ_TIMEOUT", "600", "SFSYNC_READ_TIMEOUT: input should be less than or equal to 150"),
        ("SFSYNC_LOG_FORMAT", "xml", "SFSYNC_LOG_FORMAT: input should be 'text' or 'json'"),
        ("SFSYNC_MAPPING", "x", "SFSYNC_MAPPING is no setting of sfsync; did you mean SFSYNC_MAPPINGS?"),
        ("SFSYNC_REDIS_URL", "x", "SFSYNC_REDIS_URL is no setting of sfsync; did you mean"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    with pytest.raises(Config) as caught:
        given(monkeypatch, **{name: value})
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


def test_all_wrong_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Config) as caught:
        given(monkeypatch, SFSYNC_POLL_INTERVAL="x", SFSYNC_THREADS="0", SFSYNC_NONSENSE="1")
    assert len(str(caught.value).splitlines()) == 3


def test_a_token_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    url, login = given(monkeypatch, SFSYNC_INSTANCE_URL=ORG, SFSYNC_ACCESS_TOKEN="t0ken").login()
    assert url == ORG
    assert isinstance(login, TokenLogin)
    assert login.access_token.get_secret_value() == "t0ken"


@pytest.mark.parametrize(
    ("org", "login_url", "audience", "minted_at", "meant_for"),
    [
        (ORG, None, None, ORG, "https://login.salesforce.com"),
        (ORG, "login", None, "https://login.salesforce.com", "https://login.salesforce.com"),
        (ORG, "test", None, "https://test.salesforce.com", "https://test.salesforce.com"),
        (ORG, ORG, None, ORG, "https://login.salesforce.com"),
        (ORG, ORG, "test", ORG, "https://test.salesforce.com"),
        (ORG, ORG, "https://a.example", ORG, "https://a.example"),
        (
            "https://a--b.sandbox.my.salesforce.com",
            None,
            None,
            "https://a--b.sandbox.my.salesforce.com",
            "https://test.salesforce.com",
        ),
        (
            "https://a.scratch.my.salesforce.com",
            None,
            None,
            "https://a.scratch.my.salesforce.com",
            "https://test.salesforce.com",
        ),
    ],
)
def test_jwt_is_minted_where_the_org_is(
    monkeypatch: pytest.MonkeyPatch,
    org: str,
    login_url: str | None,
    audience: str | None,
    minted_at: str,
    meant_for: str,
) -> None:
    optional = {"SFSYNC_LOGIN_URL": login_url, "SFSYNC_AUDIENCE": audience}
    _, login = given(
        monkeypatch,
        SFSYNC_INSTANCE_URL=org,
        SFSYNC_CLIENT_ID="id",
        SFSYNC_USERNAME="user",
        SFSYNC_PRIVATE_KEY="pem",
        **{name: value for name, value in optional.items() if value is not None},
    ).login()
    assert isinstance(login, JwtLogin)
    assert (login.login_url, login.audience) == (minted_at, meant_for)


def test_the_private_key_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("pem")
    _, login = given(
        monkeypatch,
        SFSYNC_INSTANCE_URL=ORG,
        SFSYNC_CLIENT_ID="id",
        SFSYNC_USERNAME="user",
        SFSYNC_PRIVATE_KEY_FILE=str(tmp_path / "key.pem"),
    ).login()
    assert isinstance(login, JwtLogin)
    assert login.private_key.get_secret_value() == "pem"


def test_client_credentials_are_asked_of_the_orgs_own_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    _, login = given(
        monkeypatch, SFSYNC_INSTANCE_URL=ORG, SFSYNC_CLIENT_ID="id", SFSYNC_CLIENT_SECRET="secret"
    ).login()
    assert isinstance(login, CredentialsLogin)
    assert login.login_url == ORG


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({}, "SFSYNC_INSTANCE_URL"),
        ({"SFSYNC_INSTANCE_URL": ORG}, "SFSYNC_CLIENT_ID"),
        ({"SFSYNC_INSTANCE_URL": ORG, "SFSYNC_CLIENT_ID": "id"}, "SFSYNC_PRIVATE_KEY"),
        (
            {"SFSYNC_INSTANCE_URL": ORG, "SFSYNC_CLIENT_ID": "id", "SFSYNC_PRIVATE_KEY": "pem"},
            "SFSYNC_USERNAME",
        ),
        (
            {"SFSYNC_INSTANCE_URL": ORG, "SFSYNC_CLIENT_ID": "id", "SFSYNC_PRIVATE_KEY_FILE": "/none"},
            "SFSYNC_PRIVATE_KEY_FILE",
        ),
    ],
)
def test_a_login_that_is_not_complete_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], missing: str
) -> None:
    with pytest.raises(Config) as caught:
        given(monkeypatch, **values).login()
    assert missing in str(caught.value)
    assert "\n" not in str(caught.value)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(
        monkeypatch,
        SFSYNC_ACCESS_TOKEN="canary",
        SFSYNC_PRIVATE_KEY="canary",
        SFSYNC_CLIENT_SECRET="canary",
        REDIS_URL="redis://:canary@redis.example",
    )
    assert "canary" not in repr(settings)


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {}", "\n{}\t"])
def test_what_surrounds_a_mounted_secret_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch, around: str
) -> None:
    _, login = given(
        monkeypatch, SFSYNC_INSTANCE_URL=ORG, SFSYNC_ACCESS_TOKEN=around.format("00D!AQ")
    ).login()
    assert isinstance(login, TokenLogin)
    assert login.access_token.get_secret_value() == "00D!AQ"
    monkeypatch.delenv("SFSYNC_ACCESS_TOKEN")
    settings = given(
        monkeypatch,
        SFSYNC_CLIENT_ID=around.format("id"),
        SFSYNC_CLIENT_SECRET=around.format("secret"),
        REDIS_URL=around.format("redis://redis.example"),
    )
    _, login = settings.login()
    assert isinstance(login, CredentialsLogin)
    assert (login.client_id, login.client_secret.get_secret_value()) == ("id", "secret")
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://redis.example"


def test_a_secret_of_nothing_but_a_line_end_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, SFSYNC_ACCESS_TOKEN="\n").access_token is None


UNDECODABLE = "canary\udcff"
"""What Python makes of an environment variable that holds the byte 0xFF."""


@pytest.mark.parametrize(
    "name",
    [
        "SFSYNC_ACCESS_TOKEN",
        "SFSYNC_CLIENT_ID",
        "SFSYNC_CLIENT_SECRET",
        "SFSYNC_USERNAME",
        "SFSYNC_AUDIENCE",
        "REDIS_URL",
    ],
)
@pytest.mark.parametrize("value", ["can\nary", "can\x00ary", UNDECODABLE])
def test_what_no_login_can_hold_is_refused_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, name: value})
    with pytest.raises(Config) as caught:
        load_settings()
    said = str(caught.value)
    assert said.startswith(f"{name}: must be one ")
    assert said.endswith("copy it again.")
    assert "\n" not in said
    assert "can" not in said.removeprefix(name)


@pytest.mark.parametrize("name", ["SFSYNC_ACCESS_TOKEN", "SFSYNC_CLIENT_ID", "SFSYNC_CLIENT_SECRET"])
@pytest.mark.parametrize("value", ["canary€", "canary canary", "“canary”"])
def test_tokens_and_consumer_secrets_are_one_word_of_ascii(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(Config) as caught:
        given(monkeypatch, **{name: value})
    assert str(caught.value).startswith(f"{name}: must be one word of visible ASCII characters")
    assert "canary" not in str(caught.value)


def test_a_name_beyond_ascii_is_salesforces_to_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, SFSYNC_USERNAME="jürgen@example.com").username == "jürgen@example.com"


def test_every_variable_says_what_it_is_for() -> None:
    assert all(variables().values())
    assert "REDIS_URL" in variables()
