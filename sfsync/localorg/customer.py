"""What a customer's own org adds: rules, required fields and flows that refuse or change writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfsync.localorg.formula import Formula
from sfsync.localorg.schema import ValidationRule, Value


@dataclass(frozen=True, slots=True)
class Flow:
    """A record-triggered flow that runs before the save.

    Attributes:
        condition: when it runs; None means on every write.
        refusal: the text it fails with, or None.
        changes: what it sets.
        code: the errorCode of its refusal (Apex triggers refuse with CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY).
    """

    object_name: str
    name: str
    condition: Formula | None = None
    refusal: str | None = None
    changes: Mapping[str, Value | None] = field(default_factory=dict)
    code: str = "CANNOT_EXECUTE_FLOW_TRIGGER"


@dataclass(slots=True)
class CustomerRules:
    """Added at run time; empty in a new org.

    Attributes:
        required: (object, field) pairs that may not be null.
    """

    validation_rules: list[ValidationRule] = field(default_factory=list)
    required: list[tuple[str, str]] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    def clear(self) -> None:
        """The org has none again."""
        self.validation_rules.clear()
        self.required.clear()
        self.flows.clear()
