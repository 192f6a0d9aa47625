"""`@{ref.path}` in a subrequest stands for a value out of an earlier subrequest's body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sfsync.localorg.rest_call import whole_number

REFERENCE = re.compile(r"@\{([^}]*)\}")
STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+|\*)\]")
NAME = re.compile(r"[A-Za-z0-9_]+")


class BadReference(Exception):
    """Raised when a reference leads nowhere; its text is Salesforce's."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(f"Invalid reference specified. No value for {path} found in {name}.")


def names_in(value: object) -> set[str]:
    """The reference ids that a URL or a body refers to."""
    if isinstance(value, str):
        return {match.group(0) for text in REFERENCE.findall(value) if (match := NAME.match(text))}
    if isinstance(value, Mapping):
        return set[str]().union(*(names_in(item) for item in value.values()))
    if isinstance(value, list):
        return set[str]().union(*(names_in(item) for item in value))
    return set()


def resolve(value: Any, bodies: Mapping[str, Any]) -> Any:
    """`value` with its references replaced; `bodies` are those of the subrequests that succeeded.

    A string that is one reference takes the value as it is; inside a longer string it is written out.
    Raises BadReference.
    """
    if isinstance(value, str):
        if "@{" not in value:
            return value
        whole = REFERENCE.fullmatch(value)
        if whole is not None:
            return _look_up(whole.group(1), bodies)
        return REFERENCE.sub(lambda match: _as_text(_look_up(match.group(1), bodies)), value)
    if isinstance(value, dict):
        return {key: resolve(item, bodies) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, bodies) for item in value]
    return value


def _look_up(path: str, bodies: Mapping[str, Any]) -> Any:
    head = NAME.match(path)
    name = head.group(0) if head is not None else path
    if head is None or name not in bodies:
        raise BadReference(path, name)
    found = _follow(bodies[name], path, head.end(), name)
    if found is None:
        raise BadReference(path, name)
    return found


def _follow(value: Any, path: str, position: int, name: str) -> Any:
    if position == len(path):
        return value
    step = STEP.match(path, position)
    if step is None:
        raise BadReference(path, name)
    key, index = step.groups()
    if key is not None:
        if not isinstance(value, Mapping):
            raise BadReference(path, name)
        return _follow(value.get(key), path, step.end(), name)
    if not isinstance(value, list):
        raise BadReference(path, name)
    if index == "*":
        return ",".join(_as_text(_follow(item, path, step.end(), name)) for item in value)
    place = whole_number(index)
    if place is None or place >= len(value):
        raise BadReference(path, name)
    return _follow(value[place], path, step.end(), name)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
