"""Settings from the environment: `SFSYNC_…`, plus the platform's `REDIS_URL`.

Everything about the policy is in mappings/; what stands here differs between machines.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sfsync.errors import Config

PREFIX = "SFSYNC_"

MOST_TO_CONNECT_S = 20
MOST_TO_READ_S = 150
"""An org that answers no sooner is taken for one that does not. So a write is over before its turn is (limits.LASTS),
and a look before the platform of jobs ends it (jobs/broker.py)."""

_LOGIN_URLS = {"login": "https://login.salesforce.com", "test": "https://test.salesforce.com"}


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A token that was given, and that cannot be renewed."""

    access_token: SecretStr


@dataclass(frozen=True, slots=True)
class JwtLogin:
    """OAuth JWT bearer; `audience` is what the assertion says it is for."""

    client_id: str
    username: str
    private_key: SecretStr
    login_url: str
    audience: str


@dataclass(frozen=True, slots=True)
class CredentialsLogin:
    """OAuth client credentials."""

    client_id: str
    client_secret: SecretStr
    login_url: str


Login = TokenLogin | JwtLogin | CredentialsLogin


def _text(may_be: Callable[[str], object], otherwise: str) -> BeforeValidator:
    """Takes a text without what surrounds it, since a mounted secret ends with its file's line end; what is blank is as
    good as none. What it otherwise cannot be is said without its value.
    """

    def taken(value: object) -> object:
        if not isinstance(value, str):
            return value
        text = value.strip()
        if text and not may_be(text):
            raise PydanticCustomError("text", otherwise)
        return text or None

    return BeforeValidator(taken)


_WORD = _text(
    re.compile("[!-~]+").fullmatch,
    "Must be one word of visible ASCII characters, without a blank or a line end within: copy it again",
)
_LINE = _text(str.isprintable, "Must be one line of text in UTF-8: copy it again")


class Settings(BaseSettings):
    """What the environment says, checked. `load_settings` makes one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=False,
    )

    instance_url: str | None = Field(default=None, description="the org's My Domain URL")
    access_token: Annotated[SecretStr | None, _WORD] = Field(
        default=None, description="a session that was got elsewhere (sandbox, demo)"
    )
    client_id: Annotated[str | None, _WORD] = Field(
        default=None, description="consumer key of the External Client App"
    )
    username: Annotated[str | None, _LINE] = Field(
        default=None, description="the integration user, for JWT bearer"
    )
    private_key: SecretStr | None = Field(
        default=None, description="PEM text of the app's key, for JWT bearer"
    )
    private_key_file: Path | None = Field(default=None, description="or the file that holds it")
    client_secret: Annotated[SecretStr | None, _WORD] = Field(
        default=None, description="consumer secret, for client credentials"
    )
    login_url: str | None = Field(
        default=None, description="login, test, or the URL where tokens are minted; unset: the org's own"
    )
    audience: Annotated[str | None, _LINE] = Field(
        default=None, description="the JWT's audience; follows from the URLs if unset"
    )
    connect_timeout: Annotated[float, Field(gt=0, le=MOST_TO_CONNECT_S)] = Field(
        default=10.0, description=f"seconds, at most {MOST_TO_CONNECT_S}"
    )
    read_timeout: Annotated[float, Field(gt=0, le=MOST_TO_READ_S)] = Field(
        default=120.0, description=f"seconds, at most {MOST_TO_READ_S}"
    )

    mappings: Path = Field(default=Path("mappings"), description="the directory of the policy's files")
    data_dir: Path = Field(default=Path(".sfsync"), description="where the private Redis keeps its data")
    redis_url: Annotated[
        SecretStr | None,
        _LINE,
        Field(
            validation_alias="REDIS_URL",
            description="redis://, rediss:// or unix://; unset: a private Redis",
        ),
    ] = None
    redis_ca_file: Path | None = Field(
        default=None, description="authority of the rediss:// server's certificate"
    )
    redis_tls_verify: bool = Field(
        default=True, description="false: encrypted, but who is at the other end is not checked"
    )
    poll_interval: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=60, description="seconds between two polls"
    )
    threads: Annotated[int, Field(ge=1, le=32)] = Field(
        default=4, description="jobs at a time in one process"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="how logs are written")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="what is logged"
    )

    def login(self) -> tuple[str, Login]:
        """The org's URL and how to get a token for it.

        Raises Config with one line that names the variable that is missing or wrong.
        """
        if self.instance_url is None:
            raise Config(
                "SFSYNC_INSTANCE_URL is not set: the org's My Domain URL, such as "
                "https://your-domain.my.salesforce.com."
            )
        if self.access_token is not None:
            return self.instance_url, TokenLogin(self.access_token)
        if self.client_id is None:
            raise Config(
                "SFSYNC_CLIENT_ID is not set: the consumer key of the External Client App "
                "(or set SFSYNC_ACCESS_TOKEN)."
            )
        if self.client_secret is not None and self.private_key is None and self.private_key_file is None:
            login_url = _LOGIN_URLS.get(self.login_url or "", self.login_url or self.instance_url)
            return self.instance_url, CredentialsLogin(self.client_id, self.client_secret, login_url)
        key = self._key()
        if self.username is None:
            raise Config("SFSYNC_USERNAME is not set: the integration user that the JWT is for.")
        login_url, audience = self._login_url_and_audience(self.instance_url)
        return self.instance_url, JwtLogin(self.client_id, self.username, key, login_url, audience)

    def _key(self) -> SecretStr:
        if self.private_key is not None:
            return self.private_key
        if self.private_key_file is None:
            raise Config(
                "Neither SFSYNC_PRIVATE_KEY (or SFSYNC_PRIVATE_KEY_FILE) nor SFSYNC_CLIENT_SECRET is set: "
                "the app's key for JWT bearer, or its secret for client credentials."
            )
        try:
            return SecretStr(self.private_key_file.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise Config(
                f"SFSYNC_PRIVATE_KEY_FILE {self.private_key_file} cannot be read ({type(error).__name__})."
            ) from error

    def _login_url_and_audience(self, instance_url: str) -> tuple[str, str]:
        # The org's own domain mints its tokens even where its login policy closes the shared ones to it. Salesforce
        # wants login or test as the audience wherever that is; which of them is told by the name of the domain.
        of_test = any(f".{kind}.my.salesforce.com" in instance_url.lower() for kind in ("sandbox", "scratch"))
        usual = _LOGIN_URLS["test" if of_test else "login"]
        login_url = _LOGIN_URLS.get(self.login_url or "", self.login_url or instance_url)
        audience = self.audience or (login_url if login_url in _LOGIN_URLS.values() else usual)
        return login_url, _LOGIN_URLS.get(audience, audience)


def load_settings() -> Settings:
    """Return the environment's settings.

    Raises Config with one line for each variable that is wrong or unknown, without its value.
    """
    unknown = [
        _unknown(name) for name in sorted(os.environ) if name.startswith(PREFIX) and name not in _VARIABLES
    ]
    try:
        settings = Settings()
    except ValidationError as error:
        raise Config(
            "\n".join(unknown + [_wrong(detail["loc"], detail["msg"]) for detail in error.errors()])
        ) from None
    if unknown:
        raise Config("\n".join(unknown))
    return settings


def variables() -> dict[str, str]:
    """Every variable with what it is for, in the order of the settings."""
    return {_VARIABLE[name]: field.description or "" for name, field in Settings.model_fields.items()}


_VARIABLE = {
    name: str(field.validation_alias or f"{PREFIX}{name.upper()}")
    for name, field in Settings.model_fields.items()
}
_VARIABLES = frozenset(_VARIABLE.values())


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _VARIABLES, n=1)
    return f"{name} is no setting of sfsync" + (f"; did you mean {near[0]}?" if near else ".")


def _wrong(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0])
    said = message[:1].lower() + message[1:]
    return f"{_VARIABLE.get(name, name)}: {said}."
