"""A conformance case: requests to make first, then requests and what Salesforce is known to answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Certainty = Literal["D", "R", "C", "T", "G", "?"]
"""As in salesforce-facts.md: documented, recorded, third-party code, tried, general knowledge, open."""


Fill = Callable[[Any], Any]
"""Puts what was kept in the place of `{names}`."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Stands in an expected body for any value that passes the test."""

    says: str
    passes: Callable[[Any, Fill], bool]

    def __repr__(self) -> str:
        return f"<{self.says}>"


ANYTHING = Matcher("anything", lambda _value, _fill: True)
ABSENT = Matcher("nothing", lambda value, _fill: value is None)
TEXT = Matcher("a text", lambda value, _fill: isinstance(value, str) and value != "")
NUMBER = Matcher(
    "a number", lambda value, _fill: isinstance(value, int | float) and not isinstance(value, bool)
)


def an_id(prefix: str = "") -> Matcher:
    """An 18-character id, of this object if a key prefix is given."""
    return like(f"{prefix}[A-Za-z0-9]{{{18 - len(prefix)}}}")


def like(pattern: str) -> Matcher:
    """A text that the regular expression matches from end to end."""
    return Matcher(
        f"like {pattern}", lambda value, _fill: isinstance(value, str) and bool(re.fullmatch(pattern, value))
    )


def with_keys(**expected: Any) -> Matcher:
    """An object that has at least these keys with these values."""
    return Matcher(
        f"an object with {expected}",
        lambda value, fill: (
            isinstance(value, dict)
            and all(name in value and matches(wanted, value[name], fill) for name, wanted in expected.items())
        ),
    )


def each(expected: Any, count: int | None = None) -> Matcher:
    """A list of which each item matches, of this length if one is given."""
    return Matcher(
        f"a list of {count or 'any number of'} {expected}",
        lambda value, fill: (
            isinstance(value, list)
            and (count is None or len(value) == count)
            and all(matches(expected, item, fill) for item in value)
        ),
    )


def matches(expected: Any, actual: Any, fill: Fill) -> bool:
    """`actual` is what is expected: equal, key by key, except where a Matcher stands."""
    if isinstance(expected, Matcher):
        return expected.passes(actual, fill)
    if isinstance(expected, Mapping):
        return (
            isinstance(actual, Mapping)
            and expected.keys() == actual.keys()
            and all(matches(wanted, actual[name], fill) for name, wanted in expected.items())
        )
    if isinstance(expected, list | tuple):
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(matches(wanted, item, fill) for wanted, item in zip(expected, actual, strict=True))
        )
    return type(expected) is type(actual) and bool(fill(expected) == actual)


def error(code: str, message: Any = TEXT, fields: Sequence[str] | None = None) -> list[Any]:
    """The body of a refusal with one item; `fields` None: the key may be there or not."""
    if fields is None:
        return [with_keys(errorCode=code, message=message)]
    return [{"errorCode": code, "message": message, "fields": list(fields)}]


def item_error(code: str, message: Any = TEXT, fields: Any = ANYTHING) -> dict[str, Any]:
    """The result of a collection's row that was refused."""
    return {
        "success": False,
        "errors": [with_keys(statusCode=code, message=message, fields=fields)],
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One request. `{names}` in path, headers and body stand for what was kept before.

    Attributes:
        path: below `/services/data/v68.0` unless it begins with `/services` or `/_org`.
        keep: name → where in the body its value is, e.g. `{"lead": "id"}` or `{"a": "0.id"}`.
        user: whose session: 'worker' (the integration user), 'rep', 'rep2', 'manager' or '' for none.
    """

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    user: str = "worker"


@dataclass(frozen=True, slots=True)
class Check:
    """A request and the answer to it; `headers` by any case."""

    step: Step
    status: int
    body: Any = ANYTHING
    headers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One fact.

    Attributes:
        says: the fact, as a sentence.
        source: where it is known from.
        certainty: how sure that is.
        given: requests made first; each must answer below 400.
        checks: requests with their answers, in order.
        settings: switches turned before (emulated org only): the case then shows the other side of a doubt.
    """

    says: str
    source: str
    certainty: Certainty
    checks: tuple[Check, ...]
    given: tuple[Step, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def get(path: str, **more: Any) -> Step:
    """GET."""
    return Step("GET", path, **more)


def post(path: str, body: Any = None, **more: Any) -> Step:
    """POST."""
    return Step("POST", path, body, **more)


def patch(path: str, body: Any, **more: Any) -> Step:
    """PATCH."""
    return Step("PATCH", path, body, **more)


def delete(path: str, **more: Any) -> Step:
    """DELETE."""
    return Step("DELETE", path, **more)


def soql(statement: str, **more: Any) -> Step:
    """A query, its statement escaped for the URL by the harness."""
    return Step("GET", f"/query?q={statement}", **more)


def new_lead(keep: str = "lead", **values: Any) -> Step:
    """Create a lead and keep its id."""
    return post("/sobjects/Lead", lead(**values), keep={keep: "id"}, headers=NO_RULES)


def lead(**values: Any) -> dict[str, Any]:
    """The fields of an ordinary lead."""
    return {"LastName": "Case", "Company": "Conformance", "OwnerId": "{rep}", **values}


def sub(reference_id: str, method: str, url: str, body: Any = None, **more: Any) -> dict[str, Any]:
    """A subrequest; `url` below `/services/data/v68.0`."""
    made: dict[str, Any] = {
        "referenceId": reference_id,
        "method": method,
        "url": f"/services/data/v68.0{url}",
    }
    if body is not None:
        made["body"] = body
    return {**made, **more}


def entry(reference_id: str | None, status: int, body: Any, headers: Any = ANYTHING) -> dict[str, Any]:
    """An entry of a compositeResponse."""
    return {"referenceId": reference_id, "httpStatusCode": status, "body": body, "httpHeaders": headers}


NO_RULES = {"Sforce-Auto-Assign": "FALSE"}
FACTS = "salesforce-facts.md"
