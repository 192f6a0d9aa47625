"""The control plane below `/_org`: time, faults, the call log and what an admin or another user would do.

It needs no token, costs no API call and is never faulted. Its errors are `{"error": "…"}` with status 400.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from sfsync.localorg import control_admin, control_rules
from sfsync.localorg.control_admin import BadControl, moment, only, seconds_of, shown, text_of
from sfsync.localorg.errors import ApiError
from sfsync.localorg.faults import BadRule
from sfsync.localorg.rest_call import Answer

if TYPE_CHECKING:
    from sfsync.localorg.app import App

ROOT = "/_org"
Work = Callable[["App", Mapping[str, Any]], Any]


def is_control(path: str) -> bool:
    """The path belongs to the control plane."""
    return path == ROOT or path.startswith(ROOT + "/")


def handle(app: App, method: str, path: str, query: str, body: bytes) -> Answer:
    """Answer a request of the control plane; the app's lock is held."""
    name = path[len(ROOT) :].strip("/")
    works = ROUTES.get(name)
    if works is None:
        return Answer(404, {"error": f"there is no {path}; there are {', '.join(sorted(ROUTES))}"})
    work = works.get("GET" if method == "HEAD" else method)
    if work is None:
        return Answer(405, {"error": f"{method} is not for {path}; {', '.join(works)} are"})
    try:
        given: dict[str, Any] = dict(parse_qsl(query))
        if body.strip():
            decoded = msgspec.json.decode(body)
            if not isinstance(decoded, dict):
                raise BadControl("the body must be a JSON object")
            given |= decoded
        return Answer(200, work(app, given))
    except (BadControl, BadRule, msgspec.DecodeError) as error:
        return Answer(400, {"error": str(error)})
    except ApiError as error:
        return Answer(error.status, error.body())


def _clock(app: App, _given: Mapping[str, Any]) -> dict[str, Any]:
    """The org's time: `{"now"}`."""
    clock = app.org.clock
    return {"now": shown(clock.now())}


def _set_clock(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Move the clock: `{"advance_s": N}`, `{"now": "2026-11-02T09:00:00Z"}` or `{"flow": bool}`."""
    only(given, "advance_s", "now", "flow")
    if not given:
        raise BadControl("say advance_s, now or flow")
    if "flow" in given:
        if not isinstance(given["flow"], bool):
            raise BadControl("flow must be true or false")
        app.org.clock.set_flow(given["flow"])
    if "now" in given:
        app.org.clock.set(moment(text_of(given, "now")))
    if "advance_s" in given:
        app.org.clock.advance(seconds_of(given, "advance_s"))
    return _clock(app, {})


def _faults(app: App, _given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules, with how often each has matched and struck."""
    return [rule.as_json() for rule in app.faults.rules]


def _add_fault(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Add a rule: `{"match": {"method", "path", "nth"}, "fault", "times", "arg", "probability", "seed"}`."""
    return app.faults.add(dict(given)).as_json()


def _clear_faults(app: App, _given: Mapping[str, Any]) -> dict[str, Any]:
    """Forget all rules."""
    cleared = len(app.faults.rules)
    app.faults.clear()
    return {"cleared": cleared}


def _calls(app: App, _given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every API call, oldest first: method, path, cost, headers that matter, SOQL, status, at."""
    return [record.as_json(shown(record.at)) for record in app.calls.records]


def _forget_calls(app: App, _given: Mapping[str, Any]) -> dict[str, Any]:
    """Empty the list of calls; what was spent of the day's quota stays spent."""
    forgotten = len(app.calls.records)
    app.calls.forget()
    return {"forgotten": forgotten}


def _under_way(app: App, _given: Mapping[str, Any]) -> dict[str, Any]:
    """How many requests have come and are not carried out yet: `{"requests"}`."""
    return {"requests": app.under_way}


def _about(_app: App, _given: Mapping[str, Any]) -> dict[str, Any]:
    """What there is, in the words of the code."""
    return {
        f"{ROOT}/{name}".rstrip("/"): {
            method: (work.__doc__ or "").split("\n")[0] for method, work in works.items()
        }
        for name, works in sorted(ROUTES.items())
    }


ROUTES: dict[str, dict[str, Work]] = {
    "": {"GET": _about},
    "clock": {"GET": _clock, "POST": _set_clock},
    "faults": {"GET": _faults, "POST": _add_fault, "DELETE": _clear_faults},
    "calls": {"GET": _calls, "DELETE": _forget_calls},
    "under_way": {"GET": _under_way},
    "late_commit": {"POST": control_admin.late_commit},
    "convert": {"POST": control_admin.convert},
    "merge": {"POST": control_admin.merge},
    "undelete": {"POST": control_admin.undelete},
    "login": {"POST": control_admin.login},
    "logout": {"POST": control_admin.logout},
    "settings": {"GET": control_admin.settings, "POST": control_admin.change_settings},
    "assignment_rule": {"POST": control_rules.assignment_rule},
    "duplicate_rules": {"POST": control_rules.duplicate_rules},
    "customer_rules": {"POST": control_rules.customer_rules, "DELETE": control_rules.clear_customer_rules},
    "connected_app": {"POST": control_admin.connected_app},
    "password": {"POST": control_admin.password},
    "refresh_token": {"POST": control_admin.refresh_token},
}
