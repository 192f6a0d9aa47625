"""Rules look at a row before it is saved: flows, validation rules, duplicate rules, the assignment rule."""

from __future__ import annotations

from typing import Any

from sfsync.localorg.access import Session
from sfsync.localorg.draft import resolver
from sfsync.localorg.engine import Engine
from sfsync.localorg.errors import ApiError, ErrorItem
from sfsync.localorg.formula import Formula, FormulaContext
from sfsync.localorg.plan import Plan
from sfsync.localorg.schema import Row, Value


def parse_formula(engine: Engine, object_name: str, text: str) -> Formula:
    """A formula on this object. Raises FormulaError as Salesforce would on saving it."""
    formula = engine.formulas.get((object_name, text))
    if formula is None:
        permissions = frozenset(name for bundle in engine.schema.bundles for name in bundle.custom)
        formula = Formula.parse(text, resolver(engine.schema, object_name, permissions))
        engine.formulas[object_name, text] = formula
    return formula


def context_of(engine: Engine, session: Session, row: Row, before: Row | None) -> FormulaContext:
    """What a formula sees of a write: the new values, the committed ones, the user, the time."""
    user = engine.database.table("User").get(session.user_id) or {}

    def related(path: str) -> Value | None:
        head, *rest = path.split(".")
        if head == "$User":
            return user.get(rest[0])
        if head in ("$UserRole", "$Profile"):
            parent = engine.row(str(user.get(f"{head[1:]}Id" if head == "$Profile" else "UserRoleId", "")))
            return parent.get(rest[0]) if parent else None
        if head == "$Setup":
            return _setting(engine, user, rest[0], rest[1])
        at: Row | None = row
        for step in path.split(".")[:-1]:
            name, _, target = step.partition(":")
            value = str(at.get(name, "")) if at else ""
            found = engine.schema.of_id(value)
            at = engine.row(value) if found is not None and found.name == target else None
        return at.get(path.rpartition(".")[2]) if at else None

    return FormulaContext(
        record=row,
        prior=before,
        now=engine.now(),
        user_id=session.user_id,
        permissions=session.permissions.custom,
        time_zone=str(user.get("TimeZoneSidKey", "UTC")),
        related=related,
    )


def _setting(engine: Engine, user: Row, object_name: str, field_name: str) -> Value | None:
    """A hierarchy custom setting: the user's value, else the profile's, else the org's."""
    table = engine.database.table(object_name)
    for level in (user.get("Id"), user.get("ProfileId"), *engine.database.table("Organization").rows):
        for one in table.find("SetupOwnerId", [level] if level is not None else []):
            value = table.rows[one].get(field_name)
            if value is not None:
                return value
    return None


def run_flows(engine: Engine, session: Session, plan: Plan, row: Row, before: Row | None) -> None:
    """The customer's before-save flows, in the order they were added: they change the row or refuse it."""
    for flow in engine.customer.flows:
        if flow.object_name != plan.object_type.name:
            continue
        if flow.condition is not None and not flow.condition.holds(context_of(engine, session, row, before)):
            continue
        if flow.refusal is not None:
            raise ApiError.of(400, flow.code, flow.refusal)
        for name, value in flow.changes.items():
            if value is None:
                row.pop(name, None)
            else:
                row[name] = value


def check_rules(engine: Engine, session: Session, plan: Plan, row: Row, before: Row | None) -> None:
    """ApiError FIELD_CUSTOM_VALIDATION_EXCEPTION with the message of every validation rule that fails."""
    name = plan.object_type.name
    rules = plan.rules
    if engine.customer.validation_rules:
        rules += tuple(rule for rule in engine.customer.validation_rules if rule.object_name == name)
    if not rules:
        return
    context = context_of(engine, session, row, before)
    failed = [
        ErrorItem(
            "FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, (rule.error_field,) if rule.error_field else ()
        )
        for rule in rules
        if rule.formula.holds(context)
    ]
    if failed:
        raise ApiError(400, failed)


def check_duplicates(engine: Engine, plan: Plan, row: Row, before: Row | None, allowed: bool) -> None:
    """ApiError DUPLICATES_DETECTED when a duplicate rule finds rows that agree with this one."""
    name = plan.object_type.name
    for rule in engine.settings.duplicate_rules:
        if rule.object_name != name or (allowed and not rule.block):
            continue
        values = {one: row.get(one) for one in rule.match_fields}
        if None in values.values() or (before and all(before.get(k) == v for k, v in values.items())):
            continue
        matches = [
            other
            for other, candidate in engine.database.table(name).rows.items()
            if other != row["Id"]
            and not candidate.get("IsDeleted")
            and all(_same(candidate.get(field), value) for field, value in values.items())
        ]
        if matches:
            raise ApiError(400, (_duplicate_item(name, rule.name, matches, allow=not rule.block),))


def _same(left: Value | None, right: Value | None) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return left == right


def _duplicate_item(name: str, rule: str, matches: list[str], allow: bool) -> ErrorItem:
    result: dict[str, Any] = {
        "allowSave": allow,
        "duplicateRule": rule,
        "duplicateRuleEntityType": name,
        "errorMessage": "Use one of these records?",
        "matchResults": [
            {
                "entityType": name,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": [
                    {
                        "additionalInformation": [],
                        "fieldDiffs": [],
                        "matchConfidence": 100.0,
                        "record": {
                            "attributes": {
                                "type": name,
                                "url": f"/services/data/vXX.0/sobjects/{name}/{one}",
                            },
                            "Id": one,
                        },
                    }
                    for one in matches
                ],
                "rule": rule.replace("Duplicate", "Match"),
                "size": len(matches),
                "success": True,
            }
        ],
    }
    return ErrorItem("DUPLICATES_DETECTED", "Use one of these records?", extra={"duplicateResut": result})


def assigned_owner(engine: Engine, session: Session, plan: Plan, row: Row, before: Row | None) -> str | None:
    """The owner that the active assignment rule gives the lead, or None when no entry takes it."""
    if plan.object_type.name != "Lead":
        return None
    if before is not None and not engine.settings.assignment_on_update:
        return None
    for entry in engine.settings.assignment_rule:
        if not entry.formula:
            return entry.owner_id
        if parse_formula(engine, "Lead", entry.formula).holds(context_of(engine, session, row, before)):
            return entry.owner_id
    return None
