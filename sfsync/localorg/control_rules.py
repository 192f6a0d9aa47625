"""Rules as a customer's admin would make them: assignment, duplicates, validation, required fields, flows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from sfsync.localorg.control_admin import BadControl, converted, only, text_of
from sfsync.localorg.customer import Flow
from sfsync.localorg.formula import Formula, FormulaError
from sfsync.localorg.schema import ValidationRule, Value
from sfsync.localorg.settings import AssignmentEntry, DuplicateRule

if TYPE_CHECKING:
    from sfsync.localorg.app import App


class GivenRule(msgspec.Struct, forbid_unknown_fields=True):
    """A validation rule as the control plane takes it."""

    object_name: str
    formula: str
    message: str
    name: str = "Customer_Rule"
    error_field: str | None = None


class GivenFlow(msgspec.Struct, forbid_unknown_fields=True):
    """A before-save flow as the control plane takes it: it refuses, or it changes."""

    object_name: str
    name: str = "Customer_Flow"
    condition: str | None = None
    refusal: str | None = None
    changes: dict[str, Value | None] = {}
    code: str = "CANNOT_EXECUTE_FLOW_TRIGGER"


def assignment_rule(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Switch the active Lead assignment rule: `{"entries": [{"owner_id", "formula"?}]}`; none: off."""
    only(given, "entries", "owner_id", "active")
    if given.get("active") is False:
        entries: list[Any] = []
    elif "owner_id" in given:
        entries = [{"owner_id": text_of(given, "owner_id")}]
    else:
        entries = given.get("entries", [])
    app.org.settings.assignment_rule = converted(entries, tuple[AssignmentEntry, ...])
    return {"entries": msgspec.to_builtins(app.org.settings.assignment_rule)}


def duplicate_rules(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Switch duplicate rules: `{"rules": [{"object_name", "match_fields", "name"?, "block"?}]}`."""
    only(given, "rules")
    app.org.settings.duplicate_rules = converted(given.get("rules", []), tuple[DuplicateRule, ...])
    return {"rules": msgspec.to_builtins(app.org.settings.duplicate_rules)}


def customer_rules(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Add a customer's rules: `{"validation_rules": […], "required": [["Lead", "City"]], "flows": […]}`."""
    only(given, "validation_rules", "required", "flows")
    rules = converted(given.get("validation_rules", []), list[GivenRule])
    required = converted(given.get("required", []), list[tuple[str, str]])
    flows = converted(given.get("flows", []), list[GivenFlow])
    made_rules = [
        ValidationRule(
            one.object_name,
            one.name,
            _formula(app, one.object_name, one.formula),
            one.message,
            one.error_field,
        )
        for one in rules
    ]
    made_flows = [
        Flow(
            one.object_name,
            one.name,
            None if one.condition is None else _formula(app, one.object_name, one.condition),
            one.refusal,
            one.changes,
            one.code,
        )
        for one in flows
    ]
    customer = app.org.customer
    customer.validation_rules += made_rules
    customer.required += required
    customer.flows += made_flows
    return {
        "validation_rules": len(customer.validation_rules),
        "required": len(customer.required),
        "flows": len(customer.flows),
    }


def clear_customer_rules(app: App, _given: Mapping[str, Any]) -> dict[str, Any]:
    """The customer has no rules of its own again."""
    app.org.customer.clear()
    return {"cleared": True}


def _formula(app: App, object_name: str, text: str) -> Formula:
    if app.org.schema.object(object_name) is None:
        raise BadControl(f"there is no object {object_name}")
    try:
        return app.org.formula(object_name, text)
    except FormulaError as error:
        raise BadControl(f"{text}: {error}") from None
