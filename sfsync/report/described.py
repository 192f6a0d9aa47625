"""Objects and their fields, as the org describes them to the integration user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sfsync.errors import Config, Permanent
from sfsync.report.finding import SET_UP
from sfsync.salesforce.session import Session

Described = Mapping[str, Mapping[str, Any]]
Describe = Callable[[str], Described]
"""The fields of an object, by name, as the REST API describes them."""


def described(session: Session, name: str) -> dict[str, Any]:
    """The description of an object; raises Config where there is none that the user may see."""
    try:
        body: dict[str, Any] = session.get(f"sobjects/{name}/describe").body
    except Permanent as error:
        raise Config(f"{name} is missing or not readable: {error}; {SET_UP}") from error
    return body


def fields_of(session: Session, name: str) -> dict[str, dict[str, Any]]:
    """The fields of an object, by name; raises Config as `described` does."""
    return {field["name"]: field for field in described(session, name)["fields"]}


_HOLDS: Mapping[str, str | None] = {
    "boolean": "boolean",
    **dict.fromkeys(("int", "double", "currency", "percent", "long"), "number"),
    **dict.fromkeys(("date", "datetime", "time", "anyType", "address", "location"), None),
}
"""What the kinds of fields hold that are no texts; of some it is said elsewhere."""


def held_by(field: Mapping[str, Any]) -> str | None:
    """What a field that is described so holds, as a `type` of lead.yaml; None where it is neither."""
    return _HOLDS.get(field["type"], "text")
