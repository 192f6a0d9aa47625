"""What the control plane does to the org itself: log in, convert, merge, and an admin's switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from sfsync.localorg.access import Session
from sfsync.localorg.org import WriteOptions
from sfsync.localorg.rest_oauth import ConnectedApp

if TYPE_CHECKING:
    from sfsync.localorg.app import App


class BadControl(Exception):
    """Raised when a request to the control plane cannot be understood; its text says why."""


def only(given: Mapping[str, Any], *names: str) -> None:
    """Raise BadControl for keys that mean nothing here."""
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise BadControl(f"unknown: {', '.join(unknown)}; known: {', '.join(names)}")


def text_of(given: Mapping[str, Any], name: str) -> str:
    """The non-empty string `name`; raises BadControl."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise BadControl(f"{name} must be a text")
    return value


def login(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """A token for any user: `{"username"}` or `{"user_id"}`."""
    only(given, "username", "user_id")
    user_id = _user_id(app, given)
    return {"access_token": app.org.issue_token(user_id), "user_id": user_id}


def logout(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """End the session of `{"access_token"}`; its query locators end with it."""
    only(given, "access_token")
    token = text_of(given, "access_token")
    app.org.expire_token(token)
    app.locators.close_session(token)
    return {"ended": True}


def _user_id(app: App, given: Mapping[str, Any]) -> str:
    if "user_id" in given:
        return text_of(given, "user_id")
    username = text_of(given, "username")
    found = app.oauth.user_named(username)
    if found is None:
        raise BadControl(f"there is no active user {username}")
    return found


def _acting(app: App, given: Mapping[str, Any], default: str) -> Session:
    user_id = _user_id(app, given) if {"user_id", "username"} & set(given) else default
    return app.org.session(app.org.issue_token(user_id))


def settings(app: App, _given: Mapping[str, Any]) -> dict[str, Any]:
    """All switches and what they stand at."""
    return {
        item.name: msgspec.to_builtins(getattr(holder, item.name))
        for holder in (app.org.settings, app.settings)
        for item in fields(holder)
    }


def change_settings(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn switches: `{name: value}`; the value's type must fit. Answers all of them."""
    for name, value in given.items():
        for holder in (app.org.settings, app.settings):
            described = {item.name for item in fields(holder)}
            if name in described:
                setattr(holder, name, _fitting(holder, name, value))
                break
        else:
            raise BadControl(f"there is no setting {name}; there are {', '.join(settings(app, {}))}")
    return settings(app, {})


def _fitting(holder: object, name: str, value: Any) -> Any:
    try:
        whole = msgspec.convert({name: value}, type(holder))
    except msgspec.ValidationError as error:
        raise BadControl(f"{name}: {error}") from None
    return getattr(whole, name)


def converted(value: Any, wanted: Any) -> Any:
    """The JSON value as the wanted type; raises BadControl."""
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise BadControl(str(error)) from None


def merge(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Merge leads as a user would: `{"master_id", "loser_ids", "values"?, "user_id"?}`."""
    only(given, "master_id", "loser_ids", "values", "user_id", "username")
    losers = converted(given.get("loser_ids", []), list[str])
    session = _acting(app, given, app.org.people.integration)
    master = text_of(given, "master_id")
    with app.org.transaction():
        app.org.merge(session, master, losers, given.get("values") or {})
    return {"id": master, "mergedRecordIds": losers}


def undelete(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Take a row back from the recycle bin: `{"id", "user_id"?}`."""
    only(given, "id", "user_id", "username")
    record_id = text_of(given, "id")
    with app.org.transaction():
        app.org.undelete(_acting(app, given, app.org.people.integration), record_id)
    return {"id": record_id}


def connected_app(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Register an app that may ask for tokens, by the names of ConnectedApp; `client_id` is required."""
    only(given, "client_id", "client_secret", "certificate", "run_as")
    made = converted(dict(given), ConnectedApp)
    app.oauth.apps[made.client_id] = made
    return {"client_id": made.client_id}


def refresh_token(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Approve an app as a user does in a browser: `{"client_id", "username"}` gives a refresh token."""
    only(given, "client_id", "username")
    client_id = text_of(given, "client_id")
    if client_id not in app.oauth.apps:
        raise BadControl(f"there is no connected app {client_id}")
    return {"refresh_token": app.oauth.approve(client_id, text_of(given, "username"))}


def password(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a user a password (with its security token, if any): `{"username", "password"}`."""
    only(given, "username", "password")
    username = text_of(given, "username")
    app.oauth.passwords[username.lower()] = text_of(given, "password")
    return {"username": username}


def convert(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a lead as a user would: `{"lead_id", "user_id"?, …}`, the rest by convertLead's own names."""
    only(
        given,
        "lead_id",
        "user_id",
        "username",
        "converted_status",
        "account_id",
        "contact_id",
        "opportunity_name",
        "create_opportunity",
    )
    choices = {name: value for name, value in given.items() if name not in ("lead_id", "user_id", "username")}
    session = _acting(app, given, app.org.people.integration)
    made = app.org.convert(session, text_of(given, "lead_id"), **choices)
    return dict(msgspec.to_builtins(made))


def late_commit(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Hold a write back: `{"sobject", "values", "id"?, "after_s"? | "visible_at"?, "user_id"?}`.

    It happens now and is seen `after_s` seconds of the org's clock later (or at `visible_at`) with its
    SystemModstamp of now; without a time it is seen after `{"release": true}`. An `id` makes it an update.
    """
    only(given, "sobject", "values", "id", "after_s", "visible_at", "user_id", "username", "release")
    org = app.org
    if given.get("release") is True:
        return {"released": org.late_commits.release(everything=True)}
    visible_at = _visible_at(app, given)
    object_name, values = text_of(given, "sobject"), given.get("values")
    if not isinstance(values, dict):
        raise BadControl("values must be an object")
    object_type = org.schema.object(object_name)
    if object_type is None:
        raise BadControl(f"there is no object {object_name}")
    session = _acting(app, given, org.people.integration)
    options = WriteOptions(auto_assign=False)

    def write() -> str:
        if "id" not in given:
            return org.create(session, object_type.name, values, options)
        org.update(session, object_type.name, text_of(given, "id"), values, options)
        return text_of(given, "id")

    record_id = org.late_commit(write, visible_at)
    return {"id": record_id, "visible_at": None if visible_at is None else shown(visible_at)}


def _visible_at(app: App, given: Mapping[str, Any]) -> int | None:
    if "visible_at" in given:
        return moment(text_of(given, "visible_at"))
    if "after_s" not in given:
        return None
    return app.org.clock.now() + seconds_of(given, "after_s")


def seconds_of(given: Mapping[str, Any], name: str) -> int:
    """The whole number of seconds `name`, 0 or more; raises BadControl."""
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadControl(f"{name} must be a whole number of seconds from 0")
    return value


def shown(at: int) -> str:
    """Unix seconds as the control plane writes them: '2026-11-02T09:00:00Z'."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> int:
    """Unix seconds of an ISO 8601 time with its zone; raises BadControl."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise BadControl(f"'{text}' is no time such as 2026-11-02T09:00:00Z") from None
    if parsed.tzinfo is None:
        raise BadControl(f"'{text}' has no time zone; end it with Z")
    return int(parsed.timestamp())
